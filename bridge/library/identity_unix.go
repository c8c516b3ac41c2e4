//go:build unix

package library

import (
	"io/fs"
	"syscall"
)

// entryOf takes what identifies a file: it keeps inode, size and time through a rename.
func entryOf(name string, info fs.FileInfo) entry {
	e := entry{name: name, size: info.Size(), mtime: info.ModTime().UnixNano()}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		e.dev, e.inode = int64(st.Dev), int64(st.Ino)
	}
	return e
}
