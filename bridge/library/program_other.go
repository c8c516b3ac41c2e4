//go:build !unix

package library

// standBack does nothing here.
func standBack(_, _ int) {}
