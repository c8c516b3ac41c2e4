package index

import (
	"slices"

	"localcast/bridge/media"
)

// Scores are whole numbers up to best, so that ranking is counting. What matches exactly lies above what begins with the
// query, and that above what merely has its words.
const (
	best       = 1000 // the own title is the query
	complete   = 950  // the query names the whole own title and more that fits, in any order
	numbered   = 900  // the query names an episode by its show and number
	beginning  = 650  // the own title begins with the query: up to beginning+200
	inTitle    = 450  // the own title has all words: up to inTitle+190
	scattered  = 150  // some words are elsewhere: up to scattered+290
	prefixCost = 10   // for each word that is met by a prefix only
)

// fit counts how the terms of a query meet one text of a document.
type fit struct {
	words      int    // of the text
	covered    int    // words of the text that some term meets
	met, whole uint64 // terms that the text meets at all, and with a whole word: bits
	inOrder    bool   // the text begins with the terms, in their order
}

// score tells how well a document that meets all terms does so. The own title of an episode is its name where it has one;
// its show, which stands as its title, is then only where it belongs.
func (x *Index) score(d uint32, terms []term) int {
	t := x.tokensOf(d)
	title := fitText(&t, terms)
	own := fitText(&t, terms)
	whole := title.whole | own.whole
	if own.words == 0 {
		own = title
	}
	for len(t) > 0 {
		w := t.next()
		for i, q := range terms {
			if q.isWhole(w) {
				whole |= 1 << i
			}
		}
	}
	n := len(terms)
	all := uint64(1)<<n - 1
	partial := n - count(whole&all)
	share := 0.0
	if own.words > 0 {
		share = float64(own.covered) / float64(own.words)
	}
	var score int
	switch {
	case own.words == n && own.inOrder && own.whole == all:
		score = best
	case own.words > 0 && own.covered == own.words && partial == 0:
		score = complete
	case title.words > 0 && title.covered == title.words && partial == 0 && n > title.words && own.met == 0:
		score = numbered
	case own.inOrder && own.met == all:
		score = beginning + int(200*share)
	case own.met == all:
		score = inTitle + int(190*share)
	default:
		score = scattered + int(190*share) + 100*count(own.met)/n
	}
	return max(score-prefixCost*partial, 1)
}

// fitText reads one text of a document, its number of words first. The last term may be a word that is still being typed:
// it covers what it begins.
func fitText(t *tokens, terms []term) fit {
	f := fit{words: int(t.next())}
	last := len(terms) - 1
	f.inOrder = f.words >= len(terms)
	for i := range f.words {
		w := t.next()
		covered := false
		for j, q := range terms {
			if !q.has(w) {
				continue
			}
			f.met |= 1 << j
			if q.isWhole(w) {
				f.whole |= 1 << j
			}
			covered = covered || q.isWhole(w) || j == last
		}
		if covered {
			f.covered++
		}
		if i < last && !terms[i].isWhole(w) || i == last && !terms[i].has(w) {
			f.inOrder = false
		}
	}
	return f
}

// ranking sorts documents by counting: one list for each score, twice, since what cannot be played comes last.
type ranking struct {
	total   int
	buckets [2][best + 1][]uint32
}

func (r *ranking) add(d uint32, score int, playable bool) {
	half := 0
	if !playable {
		half = 1
	}
	r.buckets[half][score] = append(r.buckets[half][score], d)
	r.total++
}

// page returns the hits that q asks for. Only the lists that reach into the page are sorted by use.
func (x *Index) page(r *ranking, q media.Query, use func(media.ID) media.Use, verdicts []verdict) []Hit {
	var hits []Hit
	pass := max(q.Offset, 0)
	for half := range r.buckets {
		for score := best; score >= 0 && len(hits) < q.Limit; score-- {
			docs := r.buckets[half][score]
			if pass >= len(docs) {
				pass -= len(docs)
				continue
			}
			x.sortByUse(docs, use)
			for _, d := range docs[pass:] {
				if len(hits) == q.Limit {
					break
				}
				v := verdicts[x.class[d]]
				hits = append(hits, Hit{unpack(x.ids[d]), float64(score) / best, v.ok, v.reason})
			}
			pass = 0
		}
	}
	return hits
}

// sortByUse puts what is in progress first, then what was played last; the rest stays in natural order.
func (x *Index) sortByUse(docs []uint32, use func(media.ID) media.Use) {
	if use == nil || len(docs) < 2 {
		return
	}
	type used struct {
		doc        uint32
		inProgress bool
		last       int64
	}
	all := make([]used, len(docs))
	for i, d := range docs {
		u := use(unpack(x.ids[d]))
		all[i] = used{d, u.Position > 0, u.LastAt}
	}
	slices.SortStableFunc(all, func(a, b used) int {
		switch {
		case a.inProgress != b.inProgress && a.inProgress, a.inProgress == b.inProgress && a.last > b.last:
			return -1
		case a.inProgress != b.inProgress, a.last < b.last:
			return 1
		}
		return 0
	})
	for i, u := range all {
		docs[i] = u.doc
	}
}
