package index

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"sort"
	"unicode/utf8"
)

// vocabulary holds every word, sorted, and where each occurs.
type vocabulary struct {
	// Word w is words[wordAt(w):wordAt(w+1)].
	words  []byte
	wordAt numbers

	// The documents that have word w, at postings[postingAt(w):postingAt(w+1)], as runs of neighbours: the distance from the
	// end of the run before, doubled and one more if the run is longer than one; then, if so, its length less two.
	postings  []byte
	postingAt numbers

	// The words by their length in letters: those of length n are byLength[lengthAt[n]:lengthAt[n+1]], the longest in the
	// last. marks tells which letters each of them has.
	byLength numbers
	lengthAt [longestWord + 2]int
	marks    []uint32

	// The words by what they sound like: the sound of bySound(i) is sounds[i], sorted.
	sounds  []uint32
	bySound numbers

	// How many words have three letters in a row, by the letters: see shape.
	shapes []uint16
}

// longestWord bounds the letters of words that are compared with each other.
const longestWord = 30

func (v *vocabulary) size() int { return len(v.marks) }

// word returns word w.
func (v *vocabulary) word(w uint32) []byte {
	return v.words[v.wordAt.get(int(w)):v.wordAt.get(int(w)+1)]
}

// prefixRange returns the words [from, to) that begin with p; if p itself is a word, it is from.
func (v *vocabulary) prefixRange(p string) (from, to uint32) {
	n, prefix := v.size(), []byte(p)
	a := sort.Search(n, func(i int) bool { return bytes.Compare(v.word(uint32(i)), prefix) >= 0 })
	b := a + sort.Search(n-a, func(i int) bool { return !bytes.HasPrefix(v.word(uint32(a+i)), prefix) })
	return uint32(a), uint32(b)
}

// known returns a word's place.
func (v *vocabulary) known(word string) (uint32, bool) {
	w, to := v.prefixRange(word)
	return w, w < to && string(v.word(w)) == word
}

// spread is how much is written down of where a word occurs: a measure of how common it is.
func (v *vocabulary) spread(w uint32) int {
	return int(v.postingAt.get(int(w)+1) - v.postingAt.get(int(w)))
}

// mark adds to s the documents that have word w. Most of the time of a search is spent here, so that the varints are read
// by hand.
func (v *vocabulary) mark(s set, w uint32) {
	at, b := uint32(0), v.postings[v.postingAt.get(int(w)):v.postingAt.get(int(w)+1)]
	for i := 0; i < len(b); {
		gap := uint32(b[i])
		i++
		if gap >= 0x80 {
			gap &= 0x7f
			for shift := 7; ; shift += 7 {
				c := b[i]
				i++
				gap |= uint32(c&0x7f) << shift
				if c < 0x80 {
					break
				}
			}
		}
		at += gap >> 1
		if gap&1 == 0 {
			s[at/64] |= 1 << (at % 64)
			at++
			continue
		}
		length, n := binary.Uvarint(b[i:])
		i += n
		s.addRange(at, at+uint32(length)+2)
		at += uint32(length) + 2
	}
}

// reader reads varints.
type reader []byte

func (r *reader) next() uint32 {
	b := *r
	if b[0] < 0x80 {
		*r = b[1:]
		return uint32(b[0])
	}
	v, n := binary.Uvarint(b)
	*r = b[n:]
	return uint32(v)
}

// texts writes down the words of the documents that stay.
func (b *Builder) texts(x *Index, live set) {
	size := 0
	for _, block := range b.tokens {
		size += len(block)
	}
	tokens := make([]byte, 0, size)
	x.tokenAt = newNumbers(x.n+1, uint64(size))
	from, to := 0, 0
	for i, block := range b.tokens {
		for r := reader(block); len(r) > 0; from++ {
			whole := r
			for n := r.next() + r.next() + r.next(); n > 0; n-- {
				r.next()
			}
			if live.has(uint32(from)) {
				x.tokenAt.set(to, uint64(len(tokens)))
				tokens = append(tokens, whole[:len(whole)-len(r)]...)
				to++
			}
		}
		b.tokens[i] = nil
	}
	x.tokenAt.set(to, uint64(len(tokens)))
	x.tokens, b.tokens = slices.Clip(tokens), nil
}

// spell sorts the words and writes them down.
func (b *Builder) spell(x *Index) {
	lex := &b.lex
	lex.table = nil
	used := newSet(lex.len())
	for r := reader(x.tokens); len(r) > 0; {
		for n := r.next() + r.next() + r.next(); n > 0; n-- {
			used.add(r.next())
		}
	}
	for r := reader(x.extras); len(r) > 0; {
		for n := r.next(); n > 0; n-- {
			used.add(r.next())
		}
	}
	order := make([]uint32, 0, used.count())
	size := 0
	used.each(func(n uint32) bool {
		order, size = append(order, n), size+len(lex.word(n))
		return true
	})
	slices.SortFunc(order, func(a, c uint32) int { return bytes.Compare(lex.word(a), lex.word(c)) })
	x.rank = newNumbers(lex.len(), uint64(len(order)))
	x.words, x.wordAt = make([]byte, 0, size), newNumbers(len(order)+1, uint64(size))
	for w, n := range order {
		x.rank.set(int(n), uint64(w))
		x.wordAt.set(w, uint64(len(x.words)))
		x.words = append(x.words, lex.word(n)...)
	}
	x.wordAt.set(len(order), uint64(len(x.words)))
	b.lex = lexicon{}
	x.lengths(len(order))
	x.listen(len(order))
	x.know(len(order))
}

// lengths sorts the words by their length.
func (v *vocabulary) lengths(n int) {
	v.marks, v.byLength = make([]uint32, n), newNumbers(n, uint64(n))
	length := func(w int) int { return min(utf8.RuneCount(v.word(uint32(w))), longestWord) }
	for w := range n {
		v.lengthAt[length(w)+1]++
	}
	for l := range longestWord + 1 {
		v.lengthAt[l+1] += v.lengthAt[l]
	}
	next := v.lengthAt
	for w := range n {
		l := length(w)
		v.byLength.set(next[l], uint64(w))
		v.marks[next[l]] = letters(v.word(uint32(w)))
		next[l]++
	}
}

// shape numbers three letters in a row; what is no letter from a to z, the ends of a word among it, counts as one more.
func shape(a, b, c byte) int {
	n := 0
	for _, l := range [3]byte{a, b, c} {
		n *= 27
		if l >= 'a' && l <= 'z' {
			n += int(l-'a') + 1
		}
	}
	return n
}

// eachShape calls f for all letters in a row, three at a time, the ends of the word among them.
func eachShape[T string | []byte](word T, f func(shape int)) {
	at := func(i int) byte {
		if i < 0 || i >= len(word) {
			return 0
		}
		return word[i]
	}
	for i := range len(word) {
		f(shape(at(i-1), at(i), at(i+1)))
	}
}

// know counts the shapes of all words.
func (v *vocabulary) know(n int) {
	v.shapes = make([]uint16, 27*27*27)
	for w := range n {
		eachShape(v.word(uint32(w)), func(s int) { v.shapes[s] = min(v.shapes[s], math.MaxUint16-1) + 1 })
	}
}

// odd returns how many words of a hundred thousand have the oddest three letters of a word.
func (v *vocabulary) odd(word string) int {
	least := math.MaxInt32
	eachShape(word, func(s int) { least = min(least, int(v.shapes[s])) })
	return least * 1000 / max(v.size()/100, 1)
}

// listen sorts the words by their sound. Numbers and words in other letters than a to z have none.
func (v *vocabulary) listen(n int) {
	type heard struct{ sound, word uint32 }
	all := make([]heard, 0, n)
	for w := range n {
		if s := sound(v.word(uint32(w))); s != 0 {
			all = append(all, heard{s, uint32(w)})
		}
	}
	slices.SortFunc(all, func(a, b heard) int {
		if a.sound != b.sound {
			if a.sound < b.sound {
				return -1
			}
			return 1
		}
		return int(a.word) - int(b.word)
	})
	v.sounds, v.bySound = make([]uint32, len(all)), newNumbers(len(all), uint64(n))
	for i, h := range all {
		v.sounds[i] = h.sound
		v.bySound.set(i, uint64(h.word))
	}
}

// post writes down where each word occurs. It goes through the documents twice: once to know how much there is to write of
// each word, and once to write it in its place.
func (x *Index) post() {
	p := poster{x: x, begin: make([]uint32, x.size()), end: make([]uint32, x.size()), last: make([]uint32, x.size()),
		at: make([]uint32, x.size())}
	p.run()
	total := uint64(0)
	for _, n := range p.at {
		total += uint64(n)
	}
	x.postingAt = newNumbers(x.size()+1, total)
	at := uint32(0)
	for w, n := range p.at {
		x.postingAt.set(w, uint64(at))
		p.at[w] = at
		at += n
		p.begin[w], p.end[w], p.last[w] = 0, 0, 0
	}
	x.postingAt.set(x.size(), uint64(at))
	p.out = make([]byte, at)
	p.run()
	x.postings = p.out
}

// poster is the state of writing: of each word the run of documents that is still growing, and the end of the run before.
type poster struct {
	x                *Index
	begin, end, last []uint32
	at               []uint32 // where the next run is written; without out, how much there is
	out              []byte
}

func (p *poster) run() {
	x := p.x
	words := reader(x.tokens)
	for d := range uint32(x.n) {
		for n := words.next() + words.next() + words.next(); n > 0; n-- {
			p.note(uint32(x.rank.get(int(words.next()))), d)
		}
		for r, n := x.extra(d); n > 0; n-- {
			p.note(uint32(x.rank.get(int(r.next()))), d)
		}
	}
	for w := range p.begin {
		p.flush(w)
	}
}

// note adds a document to those of a word.
func (p *poster) note(w, d uint32) {
	switch {
	case p.end[w] == d+1: // it has the word twice
		return
	case p.end[w] != d || p.end[w] == p.begin[w]:
		p.flush(int(w))
		p.begin[w] = d
	}
	p.end[w] = d + 1
}

// flush writes the run of a word.
func (p *poster) flush(w int) {
	length := p.end[w] - p.begin[w]
	if length == 0 {
		return
	}
	var b [2 * binary.MaxVarintLen32]byte
	gap := uint64(p.begin[w]-p.last[w]) << 1
	if length > 1 {
		gap |= 1
	}
	n := binary.PutUvarint(b[:], gap)
	if length > 1 {
		n += binary.PutUvarint(b[n:], uint64(length-2))
	}
	if p.out != nil {
		copy(p.out[p.at[w]:], b[:n])
	}
	p.at[w] += uint32(n)
	p.last[w], p.begin[w] = p.end[w], p.end[w]
}

// extra returns the words that d has from its containers, and how many.
func (x *Index) extra(d uint32) (reader, uint32) {
	r := reader(x.extras[x.homeOf(d).extra:])
	n := r.next()
	return r, n
}
