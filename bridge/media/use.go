package media

import "time"

// Use is what a household did with an item.
type Use struct {
	Position float64 // seconds: where it would resume; 0 if it begins at the start
	Watched  bool
	Plays    int
	LastAt   int64 // unix seconds of the last play; 0 is never
}

// Used is the use of one item. Path and Size are those of its file, by which it is found again after the catalogue was lost.
type Used struct {
	Item ID
	Path string
	Size int64
	Use  Use
}

// Play is one play of something on a device.
type Play struct {
	Device  string // the topic name
	Serial  uint64 // of its load: with Device it names the play
	At      time.Time
	Item    ID // "" for what is not in the library
	Title   string
	Seconds float64 // really played
}

// NamedList is a playlist as it is listed.
type NamedList struct {
	ID     ID
	Name   string
	Length int
}
