//go:build unix

package library

import (
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// unrooted is the same open folder, whose listing looks at no entry by itself: one of a folder that was opened below an os.Root
// looks at each, and one of them may be a mount that does not answer.
func unrooted(dir *os.File) (*os.File, error) {
	fd, err := unix.FcntlInt(dir.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	return os.NewFile(uintptr(fd), dir.Name()), nil
}

// entryOf takes what identifies a file: it keeps inode, size and time through a rename.
func entryOf(name string, info fs.FileInfo) entry {
	e := entry{name: name, size: info.Size(), mtime: info.ModTime().UnixNano()}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		e.dev, e.inode = int64(st.Dev), int64(st.Ino)
	}
	return e
}
