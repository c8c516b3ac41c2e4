// Package index finds items by words, and knows which container holds what. An Index is built once from the catalogue and
// never changes: a few flat arrays without pointers, so that a large library costs little memory and the garbage collector
// nothing. It does no I/O, keeps no clock, and does not hold the items themselves: it answers with their ids.
package index

import (
	"slices"
	"sort"

	"localcast/bridge/media"
)

// none stands for a container that a document is not in.
const none = ^uint32(0)

// Index is the skeleton of a library. Documents are numbered in natural order: by kind, then by what makes the kind's order.
type Index struct {
	n       int     // how many documents there are
	ids     numbers // by document, packed
	byID    numbers // documents, sorted by id
	runs    []run   // of one kind, in order
	years   []uint16
	class   numbers // by document: the place in classes
	classes []media.Item
	place   numbers // by document: its rank when folders are listed by path

	home   numbers  // by document: the place in homes
	homes  []shared // what neighbours share
	extras []byte   // the words of homes: how many, and these

	// The words of document d begin at tokens[tokenAt(d)], all as varints: how many are its title's, its own name's and
	// others, and these. A word has a number there, small for a common one; rank tells its place in the vocabulary.
	tokens  []byte
	tokenAt numbers
	rank    numbers

	vocabulary
	weights []uint8 // by word: how much it tells

	free chan set // sets of documents that a search has used, for the next one
}

// mostFree bounds the sets that are kept.
const mostFree = 12

// blank returns an empty set of documents.
func (x *Index) blank() set {
	select {
	case s := <-x.free:
		clear(s)
		return s
	default:
		return newSet(x.n)
	}
}

// copyOf returns a set of the same documents.
func (x *Index) copyOf(o set) set {
	select {
	case s := <-x.free:
		copy(s, o)
		return s
	default:
		return slices.Clone(o)
	}
}

// giveBack takes a set that nobody uses any more; nil is none.
func (x *Index) giveBack(s set) {
	if s == nil {
		return
	}
	select {
	case x.free <- s:
	default:
	}
}

// run is where documents of a kind begin.
type run struct {
	from uint32
	kind uint8
}

// shared are the containers that hold a document, see Doc, and where the words of their names begin in extras.
type shared struct {
	folder, group, artist, genre uint32
	extra                        uint32
}

// Len is the number of documents, containers among them.
func (x *Index) Len() int { return x.n }

// Has reports whether the item is in the index.
func (x *Index) Has(id media.ID) bool { return x.find(id) != none }

// find returns an item's document.
func (x *Index) find(id media.ID) uint32 {
	p, ok := pack(id)
	if !ok {
		return none
	}
	i := sort.Search(x.n, func(i int) bool { return x.ids.get(int(x.byID.get(i))) >= p })
	if i < x.n {
		if d := x.byID.get(i); x.ids.get(int(d)) == p {
			return uint32(d)
		}
	}
	return none
}

func (x *Index) id(d uint32) media.ID { return unpack(x.ids.get(int(d))) }

// kind returns a document's kind.
func (x *Index) kind(d uint32) media.Kind {
	i := sort.Search(len(x.runs), func(i int) bool { return x.runs[i].from > d })
	return media.Kinds()[x.runs[i-1].kind]
}

// eachRun calls f for each run of documents of one kind.
func (x *Index) eachRun(f func(kind media.Kind, from, to uint32)) {
	for i, r := range x.runs {
		to := uint32(x.n)
		if i+1 < len(x.runs) {
			to = x.runs[i+1].from
		}
		f(media.Kinds()[r.kind], r.from, to)
	}
}

func (x *Index) homeOf(d uint32) shared { return x.homes[x.home.get(int(d))] }

// Count returns how many items of each kind there are.
func (x *Index) Count() map[media.Kind]int {
	counts := map[media.Kind]int{}
	for _, k := range media.Kinds() {
		counts[k] = 0
	}
	x.eachRun(func(k media.Kind, from, to uint32) { counts[k] += int(to - from) })
	return counts
}

// OfKind returns the items of the kinds, in natural order.
func (x *Index) OfKind(kinds ...media.Kind) []media.ID {
	var out []media.ID
	x.eachRun(func(k media.Kind, from, to uint32) {
		if slices.Contains(kinds, k) {
			for d := from; d < to; d++ {
				out = append(out, x.id(d))
			}
		}
	})
	return out
}

// Children returns what a container holds directly, containers first, each in natural order; nil if it is not there.
func (x *Index) Children(id media.ID) []media.ID {
	c := x.find(id)
	if c == none {
		return nil
	}
	kind := x.kind(c)
	docs := x.inHomes(func(h shared) bool { return x.directlyIn(h, c, kind) })
	slices.SortStableFunc(docs, func(a, b uint32) int {
		ca, cb := x.kind(a).Container(), x.kind(b).Container()
		switch {
		case ca != cb && ca:
			return -1
		case ca != cb:
			return 1
		case kind == media.Folder:
			return x.byPlace(a, b)
		}
		return int(a) - int(b)
	})
	return x.unpackAll(docs)
}

// inHomes returns the documents of the homes that pass. Homes stand in the order of their documents, which are looked for by
// halves.
func (x *Index) inHomes(pass func(shared) bool) []uint32 {
	var docs []uint32
	for i, h := range x.homes {
		if !pass(h) {
			continue
		}
		from := sort.Search(x.n, func(d int) bool { return x.home.get(d) >= uint64(i) })
		for d := from; d < x.n && x.home.get(d) == uint64(i); d++ {
			docs = append(docs, uint32(d))
		}
	}
	return docs
}

func (x *Index) byPlace(a, b uint32) int { return int(x.place.get(int(a))) - int(x.place.get(int(b))) }

// directlyIn reports whether the container c lists what lies in h itself.
func (x *Index) directlyIn(h shared, c uint32, kind media.Kind) bool {
	switch kind {
	case media.Folder:
		return h.folder == c
	case media.Genre:
		return h.genre == c
	case media.Artist:
		// A piece on another's album stands beside the artist's own albums.
		if h.artist == c && h.group != c {
			return h.group == none || x.homeOf(h.group).group != c
		}
	}
	return h.group == c
}

// Playable returns the items in a container, however deep, that are played, in natural order: at most limit, none if the
// container is not there. What is played itself holds itself.
func (x *Index) Playable(id media.ID, limit int) []media.ID {
	c := x.find(id)
	if c == none {
		return nil
	}
	kind := x.kind(c)
	if !kind.Container() {
		return x.unpackAll([]uint32{c}[:min(limit, 1)])
	}
	docs := slices.DeleteFunc(x.inHomes(x.holds(c)),
		func(d uint32) bool { return x.kind(d).Container() })
	if kind == media.Folder {
		slices.SortFunc(docs, x.byPlace)
	}
	return x.unpackAll(docs[:min(limit, len(docs))])
}

// maxDepth bounds how deep containers lie in each other.
const maxDepth = 300

// holds returns what tells whether the container c holds what lies in a home, however deep. Folders lie in folders alone,
// and no folder lies in anything else.
func (x *Index) holds(c uint32) func(shared) bool {
	above := func(h shared) uint32 { return h.group }
	if x.kind(c) == media.Folder {
		above = func(h shared) uint32 { return h.folder }
	}
	return func(h shared) bool {
		if h.genre == c || h.artist == c {
			return true
		}
		for p, depth := above(h), 0; p != none && depth < maxDepth; p, depth = above(x.homeOf(p)), depth+1 {
			if p == c {
				return true
			}
		}
		return false
	}
}

func (x *Index) unpackAll(docs []uint32) []media.ID {
	out := make([]media.ID, len(docs))
	for i, d := range docs {
		out[i] = x.id(d)
	}
	return out
}

// pack writes an id as a number, five bits a character.
func pack(id media.ID) (uint64, bool) {
	if len(id) != media.IDLength {
		return 0, false
	}
	p := uint64(0)
	for _, c := range []byte(id) {
		switch {
		case c >= 'a' && c <= 'z':
			p = p<<5 | uint64(c-'a')
		case c >= '2' && c <= '7':
			p = p<<5 | uint64(c-'2'+26)
		default:
			return 0, false
		}
	}
	return p, true
}

func unpack(p uint64) media.ID {
	const letters = "abcdefghijklmnopqrstuvwxyz234567"
	var id [media.IDLength]byte
	for i := media.IDLength - 1; i >= 0; i-- {
		id[i] = letters[p&31]
		p >>= 5
	}
	return media.ID(id[:])
}
