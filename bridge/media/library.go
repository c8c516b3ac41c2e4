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

// LibraryEventType names what happened to a library.
type LibraryEventType string

// The events of the MQTT contract that come from the library.
const (
	LibraryUpdated    LibraryEventType = "library_updated"
	FolderUnavailable LibraryEventType = "folder_unavailable"
	FolderAvailable   LibraryEventType = "folder_available"
)

// LibraryEvent is something that happened to a library.
type LibraryEvent struct {
	Type           LibraryEventType
	At             time.Time
	Folder         string // the base name of the folder that went or came; "" for LibraryUpdated
	Added, Removed int    // items, for LibraryUpdated; both 0 where items only changed
	Message        string // a sentence for people: why a folder went; else ""
}
