package index

import (
	"slices"

	"localcast/bridge/media"
)

// Scores are whole numbers up to best, so that ranking is counting. What matches exactly lies above what begins with the
// query, and that above what merely has its words.
const (
	best       = 1000 // the title is the query
	complete   = 950  // the query names the whole title and more that fits, in any order
	beginning  = 700  // the title begins with the query: up to beginning+200
	inTitle    = 500  // the title has all words: up to inTitle+190
	scattered  = 200  // some words are elsewhere: up to scattered+290
	prefixCost = 10   // for each word that is met by a prefix only
)

// fit counts how the terms of a query meet one text of a document.
type fit struct {
	words    int  // of the text
	covered  int  // words of the text that some term meets
	met      int  // terms that the text meets
	whole    int  // terms that it meets with a whole word
	inOrder  bool // the text begins with the terms, in their order
	sequence int  // how many of the first words did so far
}

// score tells how well a document that meets all terms does so.
func (x *Index) score(d uint32, terms []term) int {
	t := x.tokensOf(d)
	var metAny, wholeAny uint64
	title := fitText(&t, terms, &metAny, &wholeAny)
	own := title
	if name := fitText(&t, terms, &metAny, &wholeAny); name.words > 0 {
		own = name // an episode's own title; its show is then only where it belongs
	}
	for len(t) > 0 {
		w := t.next()
		for i, q := range terms {
			if q.isWhole(w) {
				wholeAny |= 1 << i
			}
		}
	}
	n := len(terms)
	partial := 0 // terms that nowhere are a whole word
	for i := range terms {
		if wholeAny&(1<<i) == 0 {
			partial++
		}
	}
	share := 0.0
	if own.words > 0 {
		share = float64(own.covered) / float64(own.words)
	}
	score := 0
	switch {
	case own.words > 0 && own.inOrder && own.words == n && own.whole == n:
		score = best
	case own.words > 0 && own.covered == own.words && partial == 0:
		score = complete
	case own.inOrder && own.met == n:
		score = beginning + int(200*share)
	case own.met == n:
		score = inTitle + int(190*share)
	default:
		score = scattered + int(190*share) + 100*own.met/n
	}
	return max(score-prefixCost*partial, 1)
}

// fitText reads one text of a document, its number of words first.
func fitText(t *tokens, terms []term, metAny, wholeAny *uint64) fit {
	f := fit{words: int(t.next()), inOrder: true}
	var met, whole uint64
	for i := range f.words {
		w := t.next()
		covered := false
		for j, q := range terms {
			if !q.has(w) {
				continue
			}
			met |= 1 << j
			if q.isWhole(w) {
				whole |= 1 << j
				covered = true
			} else if j == len(terms)-1 {
				covered = true // the word that is still being typed
			}
		}
		if covered {
			f.covered++
		}
		if i < len(terms) && !(terms[i].isWhole(w) || i == len(terms)-1 && terms[i].has(w)) {
			f.inOrder = false
		}
	}
	f.inOrder = f.inOrder && f.words >= len(terms)
	for j := range terms {
		if met&(1<<j) != 0 {
			f.met++
		}
		if whole&(1<<j) != 0 {
			f.whole++
		}
	}
	*metAny |= met
	*wholeAny |= whole
	return f
}

// ranking sorts documents by counting: one list for each score, twice, since what cannot be played comes last.
type ranking struct {
	total   int
	buckets [2][][]uint32
}

func newRanking() *ranking {
	return &ranking{buckets: [2][][]uint32{make([][]uint32, best+1), make([][]uint32, best+1)}}
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
		doc uint32
		use media.Use
	}
	all := make([]used, len(docs))
	for i, d := range docs {
		all[i] = used{d, use(unpack(x.ids[d]))}
	}
	slices.SortStableFunc(all, func(a, b used) int {
		if pa, pb := a.use.Position > 0, b.use.Position > 0; pa != pb {
			if pa {
				return -1
			}
			return 1
		}
		switch {
		case a.use.LastAt > b.use.LastAt:
			return -1
		case a.use.LastAt < b.use.LastAt:
			return 1
		}
		return 0
	})
	for i, u := range all {
		docs[i] = u.doc
	}
}
