//go:build !linux

package library

// mountsBelow is not known here: what is mounted below a folder is part of it.
func mountsBelow(string) map[string]bool { return map[string]bool{} }
