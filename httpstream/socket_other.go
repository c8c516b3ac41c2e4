//go:build !linux

package httpstream

import (
	"net"
	"syscall"

	"localcast/bridge"
)

// tuning stays empty: the system has no such options.
type tuning struct {
	allowed []string
	memory  int64

	bridge.NetworkInfo
	abroad string
	advice string
}

func (*tuning) apply(syscall.RawConn) error { return nil }

func setCongestion(*net.TCPConn, string) {}

func setPace(*net.TCPConn, int64) {}
