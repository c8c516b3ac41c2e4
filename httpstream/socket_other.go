//go:build !linux

package httpstream

import (
	"syscall"

	"localcast/bridge"
)

// tuning stays empty: the system has no such options.
type tuning struct {
	bridge.NetworkInfo
	advice string
}

func (*tuning) apply(syscall.RawConn) error { return nil }
