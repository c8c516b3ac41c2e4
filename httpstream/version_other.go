//go:build !unix

package httpstream

import "io/fs"

func inodeOf(fs.FileInfo) uint64 { return 0 }
