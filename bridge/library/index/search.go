package index

import (
	"encoding/binary"
	"math/bits"
	"slices"

	"localcast/bridge/media"
)

// Hit is one result of a search.
type Hit struct {
	ID       media.ID
	Score    float64 // 0 to 1
	Playable bool
	Reason   string // why it is not playable
}

// maxWords bounds the words of a query that count.
const maxWords = 32

// term is one word of a query: the words of the vocabulary that begin with it. The first of them is the word itself where
// whole is true.
type term struct {
	from, to uint32
	whole    bool
}

func (t term) has(w uint32) bool     { return w >= t.from && w < t.to }
func (t term) isWhole(w uint32) bool { return t.whole && w == t.from }

// Search returns how many items match q, and those of the page that q asks for, the best first: what can be played before
// what cannot, then by score, then by use (what is in progress, then what was played last), then in natural order. use and
// playable may be nil. playable is asked once for all items of the same kind and format; it sees nothing else of them.
func (x *Index) Search(q media.Query, use func(media.ID) media.Use, playable func(media.Item) (bool, string)) (int, []Hit) {
	words := Words(q.Text)
	words = words[:min(len(words), maxWords)]
	accept, ok := x.filter(q)
	if len(words) == 0 || !ok {
		return 0, nil
	}
	terms := make([]term, len(words))
	for i, w := range words {
		from, to := x.prefixRange(w)
		if from == to {
			return 0, nil
		}
		terms[i] = term{from, to, x.word(from) == w}
	}
	verdicts := x.judge(playable)
	ranked := &ranking{}
	for set, base := x.matching(terms), 0; base < len(set); base++ {
		for rest := set[base]; rest != 0; rest &= rest - 1 {
			d := uint32(base*64 + bits.TrailingZeros64(rest))
			if accept(d) {
				ranked.add(d, x.score(d, terms), verdicts[x.class[d]].ok)
			}
		}
	}
	return ranked.total, x.page(ranked, q, use, verdicts)
}

func count(set uint64) int { return bits.OnesCount64(set) }

// verdict is what a device says of a class of items.
type verdict struct {
	ok     bool
	reason string
}

func (x *Index) judge(playable func(media.Item) (bool, string)) []verdict {
	out := make([]verdict, len(x.classes))
	for i, c := range x.classes {
		out[i].ok = true
		if playable != nil {
			out[i].ok, out[i].reason = playable(c)
		}
	}
	return out
}

// matching returns the set of documents in which every term is met.
func (x *Index) matching(terms []term) []uint64 {
	size := (len(x.ids) + 63) / 64
	var all []uint64
	for _, t := range terms {
		set := make([]uint64, size)
		for w := t.from; w < t.to; w++ {
			x.mark(set, w)
		}
		if all == nil {
			all = set
			continue
		}
		for i := range all {
			all[i] &= set[i]
		}
	}
	return all
}

// filter returns the test of q's filters; ok is false where nothing can pass it.
func (x *Index) filter(q media.Query) (accept func(uint32) bool, ok bool) {
	var kinds [16]bool
	for _, k := range q.Kinds {
		if i := slices.Index(media.Kinds(), k); i >= 0 {
			kinds[i] = true
		}
	}
	container, genre, artist := none, none, none
	if q.Within != "" {
		if container = x.find(q.Within); container == none {
			return nil, false
		}
	}
	if q.Genre != "" {
		if genre = x.named(media.Genre, q.Genre); genre == none {
			return nil, false
		}
	}
	if q.Artist != "" {
		if artist = x.named(media.Artist, q.Artist); artist == none {
			return nil, false
		}
	}
	return func(d uint32) bool {
		year := int(x.years[d])
		return (len(q.Kinds) == 0 || kinds[x.kinds[d]]) &&
			(container == none || x.within(d, container)) &&
			(genre == none || x.within(d, genre)) &&
			(artist == none || x.within(d, artist)) &&
			(q.YearFrom == 0 || year >= q.YearFrom) &&
			(q.YearTo == 0 || year > 0 && year <= q.YearTo)
	}, true
}

// named returns the container of a kind whose folded title is that of name.
func (x *Index) named(kind media.Kind, name string) uint32 {
	words := Words(name)
	for d := range uint32(len(x.ids)) {
		if x.kind(d) == kind && x.titled(d, words) {
			return d
		}
	}
	return none
}

// titled reports whether the title of d has exactly these words.
func (x *Index) titled(d uint32, words []string) bool {
	t := x.tokensOf(d)
	if n := t.next(); int(n) != len(words) {
		return false
	}
	for _, w := range words {
		if x.word(t.next()) != w {
			return false
		}
	}
	return true
}

// tokens reads the words of one document.
type tokens []byte

func (x *Index) tokensOf(d uint32) tokens { return tokens(x.tokens[x.tokenAt[d]:x.tokenAt[d+1]]) }

func (t *tokens) next() uint32 {
	v, n := binary.Uvarint(*t)
	*t = (*t)[n:]
	return uint32(v)
}
