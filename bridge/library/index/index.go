// Package index finds items by words, and knows which container holds what. An Index is built once from the catalogue and
// never changes: a few flat arrays without pointers, so that a large library costs little memory and the garbage collector
// nothing. It does no I/O, keeps no clock, and does not hold the items themselves: it answers with their ids.
package index

import (
	"encoding/binary"
	"slices"
	"sort"
	"strings"

	"localcast/bridge/media"
)

// none stands for a container that a document is not in.
const none = ^uint32(0)

// Index is the skeleton of a library. Documents are numbered in natural order: by kind, then by what makes the kind's order.
type Index struct {
	ids     []uint64 // by document, packed
	byID    []uint32 // documents, sorted by id
	kinds   []uint8  // by document: the place in media.Kinds
	years   []uint16
	class   []uint32 // by document: the place in classes
	classes []media.Item
	place   []uint32 // by document: its rank when folders are listed by path

	// The containers that hold a document; see Doc.
	folder, group, artist, genre []uint32

	// The vocabulary, sorted: word w is words[wordAt[w]:wordAt[w+1]], and the documents that have it are delta-coded
	// varints at postings[postingAt[w]:postingAt[w+1]].
	words     []byte
	wordAt    []uint32
	postings  []byte
	postingAt []uint32

	// The words of document d, as varints at tokens[tokenAt[d]:tokenAt[d+1]]: the number of words in the title, these, the
	// same for its own name, then all others.
	tokens  []byte
	tokenAt []uint32
}

// Len is the number of documents, containers among them.
func (x *Index) Len() int { return len(x.ids) }

// Has reports whether the item is in the index.
func (x *Index) Has(id media.ID) bool { return x.find(id) != none }

// find returns an item's document.
func (x *Index) find(id media.ID) uint32 {
	p, ok := pack(id)
	if !ok {
		return none
	}
	i := sort.Search(len(x.byID), func(i int) bool { return x.ids[x.byID[i]] >= p })
	if i < len(x.byID) && x.ids[x.byID[i]] == p {
		return x.byID[i]
	}
	return none
}

func (x *Index) kind(d uint32) media.Kind { return media.Kinds()[x.kinds[d]] }

// Count returns how many items of each kind there are.
func (x *Index) Count() map[media.Kind]int {
	n := make([]int, len(media.Kinds()))
	for _, k := range x.kinds {
		n[k]++
	}
	counts := make(map[media.Kind]int, len(n))
	for i, k := range media.Kinds() {
		counts[k] = n[i]
	}
	return counts
}

// OfKind returns the items of the kinds, in natural order.
func (x *Index) OfKind(kinds ...media.Kind) []media.ID {
	var out []media.ID
	for d := range x.ids {
		if slices.Contains(kinds, x.kind(uint32(d))) {
			out = append(out, unpack(x.ids[d]))
		}
	}
	return out
}

// Children returns what a container holds directly, containers first, each in natural order; nil if it is not there.
func (x *Index) Children(id media.ID) []media.ID {
	c := x.find(id)
	if c == none {
		return nil
	}
	var docs []uint32
	for d := range uint32(len(x.ids)) {
		if x.directlyIn(d, c) {
			docs = append(docs, d)
		}
	}
	byFolder := x.kind(c) == media.Folder
	slices.SortStableFunc(docs, func(a, b uint32) int {
		ca, cb := x.kind(a).Container(), x.kind(b).Container()
		switch {
		case ca != cb && ca:
			return -1
		case ca != cb:
			return 1
		case byFolder:
			return int(x.place[a]) - int(x.place[b])
		}
		return int(a) - int(b)
	})
	return x.unpackAll(docs)
}

// directlyIn reports whether the container c lists d itself.
func (x *Index) directlyIn(d, c uint32) bool {
	switch x.kind(c) {
	case media.Folder:
		return x.folder[d] == c
	case media.Genre:
		return x.genre[d] == c
	case media.Artist:
		// A piece on another's album stands beside the artist's own albums.
		if x.artist[d] == c && x.group[d] != c {
			return x.group[d] == none || x.group[x.group[d]] != c
		}
	}
	return x.group[d] == c
}

// Playable returns the items in a container, however deep, that are played, in natural order: at most limit, none if the
// container is not there. What is played itself holds itself.
func (x *Index) Playable(id media.ID, limit int) []media.ID {
	c := x.find(id)
	if c == none {
		return nil
	}
	var docs []uint32
	for d := range uint32(len(x.ids)) {
		if !x.kind(d).Container() && (d == c || x.within(d, c)) {
			docs = append(docs, d)
		}
	}
	if x.kind(c) == media.Folder {
		slices.SortFunc(docs, func(a, b uint32) int { return int(x.place[a]) - int(x.place[b]) })
	}
	return x.unpackAll(docs[:min(limit, len(docs))])
}

// within reports whether the container c holds d, however deep.
func (x *Index) within(d, c uint32) bool {
	if x.genre[d] == c || x.artist[d] == c {
		return true
	}
	for p := x.folder[d]; p != none; p = x.folder[p] {
		if p == c {
			return true
		}
	}
	for p := x.group[d]; p != none; p = x.group[p] {
		if p == c {
			return true
		}
	}
	return false
}

func (x *Index) unpackAll(docs []uint32) []media.ID {
	out := make([]media.ID, len(docs))
	for i, d := range docs {
		out[i] = unpack(x.ids[d])
	}
	return out
}

// word returns word w of the vocabulary.
func (x *Index) word(w uint32) string { return string(x.words[x.wordAt[w]:x.wordAt[w+1]]) }

// prefixRange returns the words [from, to) that begin with p; if p itself is a word, it is from.
func (x *Index) prefixRange(p string) (from, to uint32) {
	n := len(x.wordAt) - 1
	a := sort.Search(n, func(i int) bool { return string(x.words[x.wordAt[i]:x.wordAt[i+1]]) >= p })
	b := a + sort.Search(n-a, func(i int) bool { return !strings.HasPrefix(x.word(uint32(a+i)), p) })
	return uint32(a), uint32(b)
}

// mark sets in set the bits of the documents that have word w.
func (x *Index) mark(set []uint64, w uint32) {
	d := uint64(0)
	for b := x.postings[x.postingAt[w]:x.postingAt[w+1]]; len(b) > 0; {
		delta, n := binary.Uvarint(b)
		b = b[n:]
		d += delta
		set[d/64] |= 1 << (d % 64)
	}
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
	var b [media.IDLength]byte
	for i := media.IDLength - 1; i >= 0; i-- {
		b[i] = letters[p&31]
		p >>= 5
	}
	return media.ID(b[:])
}
