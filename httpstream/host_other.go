//go:build !linux

package httpstream

import "os"

// hostMemory is not known here.
func hostMemory() int64 { return 0 }

// mayHang is not known here: every file goes the way of local ones.
func mayHang(*os.File) bool { return false }

// advice is what a kernel could be told about a file's pages.
type advice int

const (
	adviseNormal advice = iota
	adviseRandom
	adviseWillNeed
	adviseDontNeed
)

// advise has nobody to tell.
func advise(*os.File, int64, int64, advice) {}
