package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// errInUse says that another program holds the data folder.
var errInUse = errors.New("is in use by another localcast")

// lockDataDir makes the data folder where there is none, and locks it for this process until release is called or the
// process ends. The error wraps errInUse while another process holds it. The lock is the kernel's: a crash leaves none
// behind, and the file "lock" itself says nothing.
func lockDataDir(dir string) (release func() error, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make data_dir: %w", unwritable(err))
	}
	lock := flock.New(filepath.Join(dir, "lock"), flock.SetPermissions(0o600))
	locked, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock data_dir: %w", unwritable(err))
	}
	if !locked {
		return nil, fmt.Errorf("data_dir %s %w: stop that one, or give this one another data_dir (-data)", dir, errInUse)
	}
	return lock.Close, nil
}

// unwritable adds to an error what helps where this user may not write.
func unwritable(err error) error {
	if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return fmt.Errorf("%w: give the folder to the user this runs as (chown %d), or name another with -data", err, os.Getuid())
}
