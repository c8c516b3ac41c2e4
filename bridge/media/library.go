package media

import (
	"errors"
	"time"
)

// ErrNoItem says that an item, folder or file is not in the library, or not any more.
var ErrNoItem = errors.New("no such item in the library")

// LibraryStatus is what a library holds and does. Folders are told by their base names, never by a path of the host.
type LibraryStatus struct {
	Counts      Counts
	Scanning    bool
	Progress    float64   // 0 to 1 while Scanning
	LastScan    time.Time // zero: never
	Unavailable []string  // folders that cannot be read now
	Polled      []string  // folders that are looked at in intervals because they cannot be watched
}
