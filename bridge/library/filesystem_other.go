//go:build !linux

package library

import (
	"errors"
	"syscall"
)

// remote is not known here: every folder is watched.
func remote(string) bool { return false }

// exhausted reports whether the system has no more watches to give.
func exhausted(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EMFILE)
}
