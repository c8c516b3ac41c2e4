package index

// lexicon numbers words in the order in which it first meets them, so that the common ones have small numbers.
type lexicon struct {
	bytes []byte
	at    []uint32 // word n is bytes[at[n]:at[n+1]]
	table []uint32 // open addressing: number+1, 0 is free; a power of two long
}

func newLexicon() lexicon {
	return lexicon{at: []uint32{0}, table: make([]uint32, 1<<10)}
}

func (l *lexicon) len() int             { return len(l.at) - 1 }
func (l *lexicon) word(n uint32) []byte { return l.bytes[l.at[n]:l.at[n+1]] }
func (l *lexicon) mask() uint32         { return uint32(len(l.table) - 1) }

// number returns the number of a word, a new one for a new word.
func (l *lexicon) number(w string) uint32 {
	i := hash(w) & l.mask()
	for ; l.table[i] != 0; i = (i + 1) & l.mask() {
		if n := l.table[i] - 1; string(l.word(n)) == w {
			return n
		}
	}
	n := uint32(l.len())
	l.bytes = append(l.bytes, w...)
	l.at = append(l.at, uint32(len(l.bytes)))
	l.table[i] = n + 1
	if l.len() > len(l.table)/4*3 {
		l.grow()
	}
	return n
}

func (l *lexicon) grow() {
	l.table = make([]uint32, 2*len(l.table))
	for n := range uint32(l.len()) {
		i := hash(l.word(n)) & l.mask()
		for l.table[i] != 0 {
			i = (i + 1) & l.mask()
		}
		l.table[i] = n + 1
	}
}

// hash is FNV-1a.
func hash[T string | []byte](w T) uint32 {
	h := uint32(2166136261)
	for i := range len(w) {
		h = (h ^ uint32(w[i])) * 16777619
	}
	return h
}
