package queue

import (
	"fmt"
	"strconv"
	"strings"
)

// EntryID names an entry of one device's queue for ever. It is written "e7"; the zero EntryID is none.
type EntryID int64

// String returns the id as clients see it, or "" for none.
func (e EntryID) String() string {
	if e == 0 {
		return ""
	}
	return "e" + strconv.FormatInt(int64(e), 10)
}

// ParseEntry reads what String writes; its error says what an entry looks like.
func ParseEntry(s string) (EntryID, error) {
	digits, ok := strings.CutPrefix(s, "e")
	n, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || n < 1 || digits[0] < '1' || digits[0] > '9' {
		return 0, fmt.Errorf("%q is no entry: wanted e and a number, such as e7", s)
	}
	return EntryID(n), nil
}

// Repeat says what follows an entry that has played to its end.
type Repeat string

// The modes of the MQTT contract. The zero Repeat counts as RepeatOff.
const (
	RepeatOff Repeat = "off"
	RepeatAll Repeat = "all"
	RepeatOne Repeat = "one"
)

// Entry is one place in a queue. T is what it plays; the queue carries it and never looks inside.
type Entry[T any] struct {
	ID       EntryID
	Item     T
	Duration float64 // seconds; 0 is unknown
	Start    float64 // seconds: where it begins when it is loaded afresh
	Interval float64 // seconds a still picture is shown; 0 for what has an end of its own
	Failed   bool    // the device refused it; skipped until asked for by name

	rank    int64 // its place in the order of play
	natural int64 // its place while shuffle is off
}

// Row is an entry as it is stored: its places are sort keys with gaps between them, so that an edit changes few rows.
type Row[T any] struct {
	Entry         Entry[T]
	Rank, Natural int64
}

// Head is all of a queue but its entries: small, and stored as one row.
type Head struct {
	Revision int64
	Next     EntryID // the id the next entry will get
	Current  EntryID
	Repeat   Repeat
	Shuffle  bool
	// EndedAt is the Next of the moment at which the queue came to its end, or 0: play then goes on with the first entry
	// that is not older.
	EndedAt EntryID
	Serial  uint64 // of the last load, or of what the receiver has gone on to
	// Ahead is what the receiver has to go on with by itself; 0: nothing, as far as is known.
	Ahead EntryID
	// Where the current entry is, and whether it was playing then.
	Position float64 // seconds
	At       int64   // unix milliseconds at which Position was true
	Duration float64 // seconds; 0 is unknown
	Playing  bool
	Plan     Plan // what follows the announcements; zero while there are none
}

// Change is what a step changed: the rows to write and to drop, and the head. Changes are cumulative: apply them in order.
type Change[T any] struct {
	All  bool // Put is the whole queue: drop every row that is not in it
	Put  []Row[T]
	Drop []EntryID
	Head Head
}

// Merge returns the one change that does what c and then next do.
func (c Change[T]) Merge(next Change[T]) Change[T] {
	if next.All {
		return next
	}
	gone := map[EntryID]bool{}
	for _, id := range next.Drop {
		gone[id] = true
	}
	for _, r := range next.Put {
		gone[r.Entry.ID] = true
	}
	out := Change[T]{All: c.All, Head: next.Head, Drop: append(append([]EntryID(nil), c.Drop...), next.Drop...)}
	for _, r := range c.Put {
		if !gone[r.Entry.ID] {
			out.Put = append(out.Put, r)
		}
	}
	out.Put = append(out.Put, next.Put...)
	return out
}

// Saved is a queue as it was stored.
type Saved[T any] struct {
	Head Head
	Rows []Row[T] // in any order
}
