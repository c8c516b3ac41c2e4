//go:build !linux

package httpstream

import (
	"net"
	"syscall"

	"localcast/bridge"
)

// tuning stays empty: the system has no such options.
type tuning struct {
	want   string
	memory int64

	bridge.NetworkInfo
	advice string
}

func (*tuning) apply(syscall.RawConn) error { return nil }

func setLossless(*net.TCPConn) {}

func setPace(*net.TCPConn, int64) {}
