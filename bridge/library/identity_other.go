//go:build !unix

package library

import "io/fs"

// entryOf knows no inodes here: files are recognised by their content.
func entryOf(name string, info fs.FileInfo) entry {
	return entry{name: name, size: info.Size(), mtime: info.ModTime().UnixNano()}
}
