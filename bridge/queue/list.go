package queue

import (
	"cmp"
	"slices"
)

// Max is the largest number of entries a queue holds.
const Max = 20000

// gap is the distance at which sort keys are laid out.
const gap = 1 << 20

// list is the entries in the order of play, and the head. It knows what has changed since the last take, so that a
// change is stored as the rows it touched.
type list[T any] struct {
	entries []*Entry[T]
	head    Head
	index   int // of head.Current in entries, -1 for none

	dirty   map[EntryID]struct{}
	dropped []EntryID
	all     bool // every row changed
	stored  Head // as of the last take
}

func newList[T any](s Saved[T]) list[T] {
	l := list[T]{head: s.Head, dirty: map[EntryID]struct{}{}}
	if l.head.Next < 1 {
		l.head.Next = 1
	}
	if l.head.Repeat == "" {
		l.head.Repeat = RepeatOff
	}
	for _, r := range s.Rows {
		e := r.Entry
		e.rank, e.natural = r.Rank, r.Natural
		l.entries = append(l.entries, &e)
		l.head.Next = max(l.head.Next, e.ID+1)
	}
	slices.SortStableFunc(l.entries, func(a, b *Entry[T]) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.ID, b.ID))
	})
	l.setCurrent(l.head.Current)
	l.stored = l.head
	return l
}

// find returns the index of an entry, -1 if it is not there.
func (l *list[T]) find(id EntryID) int {
	return slices.IndexFunc(l.entries, func(e *Entry[T]) bool { return e.ID == id })
}

// setCurrent makes an entry current; one that is not there, and 0, make none.
func (l *list[T]) setCurrent(id EntryID) {
	l.index = -1
	if id != 0 {
		l.index = l.find(id)
	}
	if l.index < 0 {
		id = 0
	}
	l.head.Current = id
}

// current returns the current entry, or nil.
func (l *list[T]) current() *Entry[T] {
	if l.index < 0 {
		return nil
	}
	return l.entries[l.index]
}

// touch notes that an entry's row must be written.
func (l *list[T]) touch(id EntryID) { l.dirty[id] = struct{}{} }

// insert puts entries before the index at, gives them their ids and returns these.
func (l *list[T]) insert(at int, entries []Entry[T]) []EntryID {
	added := make([]*Entry[T], len(entries))
	ids := make([]EntryID, len(entries))
	for i := range entries {
		e := entries[i]
		e.ID = l.head.Next
		l.head.Next++
		added[i], ids[i] = &e, e.ID
		l.touch(e.ID)
	}
	atEnd := at == len(l.entries)
	l.entries = slices.Insert(l.entries, at, added...)
	l.keyRanks(at, len(added))
	if l.head.Shuffle {
		l.keyNaturals(at, added, atEnd)
	}
	l.setCurrent(l.head.Current)
	return ids
}

// keyRanks gives n entries from index at their places between their neighbours. While shuffle is off the place is the
// natural one too.
func (l *list[T]) keyRanks(at, n int) {
	width, end := int64(n+1)*gap, at+n
	lo, hi := int64(0), width
	switch {
	case at > 0 && end < len(l.entries):
		lo, hi = l.entries[at-1].rank, l.entries[end].rank
	case at > 0:
		lo = l.entries[at-1].rank
		hi = lo + width
	case end < len(l.entries):
		hi = l.entries[end].rank
		lo = hi - width
	}
	step := (hi - lo) / int64(n+1)
	if step == 0 {
		l.renumber()
		return
	}
	for i, e := range l.entries[at : at+n] {
		e.rank = lo + int64(i+1)*step
		if !l.head.Shuffle {
			e.natural = e.rank
		}
	}
}

// renumber lays all places out anew, where two neighbours have no room between them any more.
func (l *list[T]) renumber() {
	l.all = true
	for i, e := range l.entries {
		e.rank = int64(i+1) * gap
		if !l.head.Shuffle {
			e.natural = e.rank
		}
	}
}

// keyNaturals gives entries that were inserted while shuffle is on their natural places: behind the entry before them,
// or at the end.
func (l *list[T]) keyNaturals(at int, added []*Entry[T], atEnd bool) {
	isNew := map[EntryID]bool{}
	for _, e := range added {
		isNew[e.ID] = true
	}
	order := make([]*Entry[T], 0, len(l.entries))
	for _, e := range l.entries {
		if !isNew[e.ID] {
			order = append(order, e)
		}
	}
	slices.SortFunc(order, byNatural)
	place := len(order)
	if !atEnd {
		place = 0
		if at > 0 {
			before := l.entries[at-1].ID
			place = 1 + slices.IndexFunc(order, func(e *Entry[T]) bool { return e.ID == before })
		}
	}
	width := int64(len(added)+1) * gap
	lo, hi := int64(0), width
	switch {
	case place > 0 && place < len(order):
		lo, hi = order[place-1].natural, order[place].natural
	case place > 0:
		lo = order[place-1].natural
		hi = lo + width
	case len(order) > 0:
		hi = order[0].natural
		lo = hi - width
	}
	if step := (hi - lo) / int64(len(added)+1); step > 0 {
		for i, e := range added {
			e.natural = lo + int64(i+1)*step
		}
		return
	}
	l.all = true
	for i, e := range slices.Insert(order, place, added...) {
		e.natural = int64(i+1) * gap
	}
}

func byNatural[T any](a, b *Entry[T]) int {
	return cmp.Or(cmp.Compare(a.natural, b.natural), cmp.Compare(a.ID, b.ID))
}

// remove takes entries out. A current entry among them leaves none current.
func (l *list[T]) remove(ids map[EntryID]bool) {
	l.entries = slices.DeleteFunc(l.entries, func(e *Entry[T]) bool {
		if ids[e.ID] {
			l.dropped = append(l.dropped, e.ID)
			delete(l.dirty, e.ID)
		}
		return ids[e.ID]
	})
	l.setCurrent(l.head.Current)
}

// clear takes all entries out but the one named keep, if it is there.
func (l *list[T]) clear(keep EntryID) {
	l.entries = slices.DeleteFunc(l.entries, func(e *Entry[T]) bool { return e.ID != keep })
	clear(l.dirty)
	l.dropped, l.all = nil, true
	l.setCurrent(l.head.Current)
}

// move puts the entry at index from to index to, which it has afterwards.
func (l *list[T]) move(from, to int) {
	e := l.entries[from]
	l.entries = slices.Insert(slices.Delete(l.entries, from, from+1), to, e)
	l.touch(e.ID)
	l.keyRanks(to, 1)
	l.setCurrent(l.head.Current)
}

// shuffle switches to a random order in which first, if it is there, comes first; off brings the natural order back.
func (l *list[T]) shuffle(on bool, first EntryID, random func(n int) int) {
	l.head.Shuffle, l.all = on, true
	if !on {
		slices.SortFunc(l.entries, byNatural)
		l.renumber()
		l.setCurrent(l.head.Current)
		return
	}
	rest := l.entries
	if at := l.find(first); at >= 0 {
		l.entries[0], l.entries[at] = l.entries[at], l.entries[0]
		rest = l.entries[1:]
	}
	for i := len(rest) - 1; i > 0; i-- {
		j := random(i + 1)
		rest[i], rest[j] = rest[j], rest[i]
	}
	l.renumber()
	l.setCurrent(l.head.Current)
}

// changed reports whether there is something to store.
func (l *list[T]) changed() bool {
	return l.all || len(l.dirty) > 0 || len(l.dropped) > 0 || l.head != l.stored
}

// take returns what has changed since the last take.
func (l *list[T]) take() Change[T] {
	c := Change[T]{All: l.all, Head: l.head, Drop: l.dropped}
	if l.all {
		c.Drop, c.Put = nil, make([]Row[T], 0, len(l.entries))
	}
	for _, e := range l.entries {
		if _, ok := l.dirty[e.ID]; ok || l.all {
			c.Put = append(c.Put, Row[T]{Entry: *e, Rank: e.rank, Natural: e.natural})
		}
	}
	clear(l.dirty)
	l.dropped, l.all, l.stored = nil, false, l.head
	return c
}

// after returns the index of the entry that follows index at, failed ones passed over, wrapping if told so; -1 if none
// follows. With at -1 it is the first.
func (l *list[T]) after(at int, wrap bool) int {
	n := len(l.entries)
	for i := at + 1; i < n; i++ {
		if !l.entries[i].Failed {
			return i
		}
	}
	if wrap {
		for i := 0; i <= at && i < n; i++ {
			if !l.entries[i].Failed {
				return i
			}
		}
	}
	return -1
}

// before returns the index of the entry before index at that has not failed, -1 if there is none.
func (l *list[T]) before(at int) int {
	for i := at - 1; i >= 0; i-- {
		if !l.entries[i].Failed {
			return i
		}
	}
	return -1
}
