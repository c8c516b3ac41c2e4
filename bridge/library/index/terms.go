package index

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"
)

// Costs of what stands for a word, as of near.
const (
	numeralCost = 10
	beginning   = 20  // at least, for a word that is only begun
	begun       = 200 // more, by how much of it is missing
	begunInside = 80  // more for a word that is not the last one
	absentCost  = 1000
)

// term is one word of a query, and what of the vocabulary stands for it.
type term struct {
	word     string
	exact    uint32 // none where the vocabulary does not have it
	from, to uint32 // the words that begin with it
	other    []near // numerals and, once spread, misspelt words; sorted by word
	weight   int
	letters  int
	last     bool // it may still be being typed
	light    bool // it says little, and stands for no other word
}

// article reports whether a word may be there or not without making another title.
func article(word string) bool {
	switch word {
	case "the", "a", "an", "der", "die", "das", "le", "la", "les", "el", "los", "las", "il":
		return true
	}
	return false
}

// light reports whether a word says little about a title, whatever the library.
func light(word string) bool {
	switch word {
	case "of", "and", "to", "in", "on", "und", "de", "et":
		return true
	}
	return article(word)
}

// mostWeight is that of a word that occurs hardly anywhere.
const mostWeight = 12

// weigh fills weights: how much each word tells, by how rare it is.
func (x *Index) weigh() {
	x.weights = make([]uint8, x.size())
	for w := range x.weights {
		x.weights[w] = uint8(x.rarity(x.spread(uint32(w))))
		if light(string(x.word(uint32(w)))) {
			x.weights[w] = 1
		}
	}
}

// rarity is the weight of a word of which so much is written down, light ones apart.
func (x *Index) rarity(spread int) int {
	rare := bits.Len(uint(len(x.postings))) - bits.Len(uint(spread)) - 3
	return min(max(rare, 2), mostWeight)
}

// rareWeight is the weight of a word that occurs hardly anywhere in this library, however small that is.
func (x *Index) rareWeight() int { return x.rarity(rareSpread) }

// term makes one of a word of a query.
func (x *Index) term(word string, last bool) term {
	t := term{word: word, exact: none, last: last, letters: utf8.RuneCountInString(word), weight: mostWeight}
	if light(word) {
		t.weight = 1
	}
	t.from, t.to = x.prefixRange(word)
	if t.from < t.to && string(x.word(t.from)) == word {
		t.exact, t.weight = t.from, int(x.weights[t.from])
	}
	if t.light = light(word) && !last; t.light {
		t.from, t.to = 0, 0
		if t.exact != none {
			t.from, t.to = t.exact, t.exact+1
		}
		return t
	}
	for _, form := range numerals(word) {
		if w, ok := x.known(form); ok {
			t.other = append(t.other, near{w, numeralCost})
		}
	}
	slices.SortFunc(t.other, func(a, b near) int { return cmp.Compare(a.word, b.word) })
	return t
}

// widen adds what the word may be misspelt for.
func (x *Index) widen(t term) term {
	if t.light {
		return t
	}
	all := append(slices.Clone(t.other), x.nearTo(t.word)...)
	slices.SortFunc(all, func(a, b near) int { return cmp.Or(cmp.Compare(a.word, b.word), cmp.Compare(a.cost, b.cost)) })
	t.other = slices.CompactFunc(all, func(a, b near) bool { return a.word == b.word })
	return t
}

// number reports whether the word is a number, for which no other one stands.
func (t *term) number() bool {
	return strings.Trim(t.word, "0123456789") == "" || len(t.word) > 1 && len(numerals(t.word)) > 0
}

// cost is what it costs that w stands for the term; absentCost if it does not.
func (x *Index) cost(t *term, w uint32) int {
	if w == t.exact {
		return 0
	}
	best := absentCost
	if w >= t.from && w < t.to {
		n := utf8.RuneCount(x.word(w))
		best = beginning + begun*(n-t.letters)/n
		if !t.last {
			best += begunInside
		}
	}
	if len(t.other) > 0 {
		if i, ok := slices.BinarySearchFunc(t.other, w, func(n near, w uint32) int { return cmp.Compare(n.word, w) }); ok {
			best = min(best, int(t.other[i].cost))
		}
	}
	return best
}

// reach is how much is written down of where the words that stand for a term occur.
func (x *Index) reach(t *term) int {
	n := int(x.postingAt.get(int(t.to)) - x.postingAt.get(int(t.from)))
	for _, o := range t.other {
		n += x.spread(o.word)
	}
	return n
}

// docs returns the documents in which something stands for the term.
func (x *Index) docs(t *term) set {
	s := x.blank()
	for w := t.from; w < t.to; w++ {
		x.mark(s, w)
	}
	for _, n := range t.other {
		x.mark(s, n.word)
	}
	return s
}

// reading is a query as words: as they were typed, or with some of them joined or taken apart.
type reading struct {
	terms []term
	cost  int  // what it costs that it is not as typed, of 1000
	split bool // words were taken apart: they must stand side by side
}

const (
	respeltCost  = 15
	mostReadings = 8
	mostSplits   = 3 // of one word
)

// readings returns the ways to read words, as typed first.
func (x *Index) readings(words []string) []reading {
	out := []reading{{terms: x.terms(words)}}
	add := func(words []string, split bool) {
		if len(out) < mostReadings {
			out = append(out, reading{x.terms(words), respeltCost, split})
		}
	}
	with := func(i, n int, in ...string) []string { return slices.Concat(words[:i], in, words[i+n:]) }
	for i := range words {
		if run := letterRun(words[i:]); run > 1 {
			add(with(i, run, strings.Join(words[i:i+run], "")), false)
		}
		if i+1 < len(words) {
			if _, ok := x.known(words[i] + words[i+1]); ok {
				add(with(i, 2, words[i]+words[i+1]), false)
			}
			if n, ok := joinedNumber(words[i], words[i+1]); ok {
				add(with(i, 2, n), false)
			}
		}
	}
	for i, w := range words {
		if a, b, ok := splitNumber(w); ok {
			add(with(i, 1, a, b), true)
		}
		for _, cut := range x.cuts(w) {
			add(with(i, 1, w[:cut], w[cut:]), true)
		}
	}
	return out
}

func (x *Index) terms(words []string) []term {
	out := make([]term, len(words))
	for i, w := range words {
		out[i] = x.term(w, i == len(words)-1)
	}
	return out
}

// letterRun counts the letters that stand alone at the beginning of words.
func letterRun(words []string) int {
	n := 0
	for n < len(words) && len(words[n]) == 1 {
		n++
	}
	return n
}

// cuts returns where a word can be cut into two words that occur, the likeliest first.
func (x *Index) cuts(word string) []int {
	type cut struct{ at, spread int }
	var all []cut
	_, whole := x.known(word)
	for at := 1; at < len(word); at++ {
		if !utf8.RuneStart(word[at]) || (at == 1 || at == len(word)-1) && len(word) < 4 {
			continue
		}
		if whole && (article(word[:at]) || article(word[at:])) { // "alive" is not "a live"
			continue
		}
		a, ok := x.known(word[:at])
		if !ok {
			continue
		}
		if b, ok := x.known(word[at:]); ok {
			all = append(all, cut{at, min(x.spread(a), x.spread(b))})
		}
	}
	slices.SortStableFunc(all, func(a, b cut) int { return cmp.Compare(b.spread, a.spread) })
	var out []int
	for _, c := range all[:min(len(all), mostSplits)] {
		out = append(out, c.at)
	}
	return out
}
