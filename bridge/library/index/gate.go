package index

import "slices"

// The gate: what a match must have so that a command may act on it without asking.
const (
	mostDoubtful = 34  // percent of the weight of the query: words that stand for others though they are words themselves
	mostGuessed  = 240 // the mean cost of words that stand for others
	mostFar      = 330 // the cost of one such word
	mostAlone    = 130 // that of the only word of a title
	mostAloneOdd = 160 // the same where no word is written so
	oddly        = 5   // words of a hundred thousand with the same three letters in a row
	nearlyWhole  = 80  // the cost of a word that is begun and counts as misspelt
	margin       = 30  // points before the best with another title
)

// evidence is what speaks against a match. Shares are percent of the weight of the query.
type evidence struct {
	heavy    int  // words that are not light
	named    int  // heavy words that are there as they were said
	absent   bool // a word is nowhere, an article apart, or a number is another
	doubtful int  // share of the words that stand for others though they are words themselves
	guessed  int  // mean cost of all others that stand for others
	begun    bool // the last word is only begun
	word     bool // and is a word itself
	odd      int  // how common the oddest letters of a word that stands for another are; see vocabulary.odd
	far      bool // one of these, not odd, is far from what it would stand for
	letters  int  // of the word that is only begun
}

// sure reports whether the first result is what the words name: the whole of its title, and nothing that it does not have.
// A word that is in no title is likely to be a misspelt one; one that is itself a word was likely meant as it is.
func (s *search) sure(first scored) bool {
	q := &s.readings[first.reading]
	_, own := s.scorer.score(first.doc, q)
	e := s.weighEvidence(q)
	exact := e.doubtful == 0 && e.guessed == 0 && !e.begun
	switch {
	case e.absent, own.missed > 0 && own.met != 0, q.cost > 0 && !exact, !own.inOrder && e.heavy > 1:
		return false
	case own.met == 0: // a part of a show, by its number
		return int(first.score) >= numbered-numeralCost || s.acronym(first.doc, q)
	case exact:
		return s.accounted(first.doc, q, own.met)
	case e.begun && (e.doubtful+e.guessed > 0 || e.letters == 1 || e.heavy == 1), e.doubtful > mostDoubtful:
		return false
	case e.heavy == 1 && e.guessed > e.alone(), e.guessed > mostGuessed, e.far:
		return false
	}
	return s.accounted(first.doc, q, own.met) && int(first.score)-s.rival(first) >= margin
}

// alone is how far the only word of a title may be from what it stands for.
func (e *evidence) alone() int {
	if e.odd < oddly {
		return mostAloneOdd
	}
	return mostAlone
}

// weighEvidence looks at the terms of the reading that was scored last.
func (s *search) weighEvidence(q *reading) evidence {
	e := evidence{odd: 1 << 30}
	total := 0
	for i := range q.terms {
		t, c := &q.terms[i], s.scorer.costs[i]
		total += t.weight
		heavy := t.weight > 1
		if heavy {
			e.heavy++
		}
		switch {
		case c == absentCost:
			e.absent = e.absent || t.last || !article(t.word)
		case c <= numeralCost:
			if heavy {
				e.named++
			}
		case t.number():
			e.absent = true
		case t.last && t.from < t.to && c < beginning+begun && (t.exact != none || c > nearlyWhole) && !s.guess(t, c):
			e.begun, e.word, e.letters = true, t.exact != none, t.letters
		case s.x.usual(t):
			e.doubtful += t.weight
		default:
			e.guessed += t.weight * c
			odd := s.x.odd(t.word)
			e.odd = min(e.odd, odd)
			e.far = e.far || c > mostFar && odd >= oddly
		}
	}
	e.doubtful, e.guessed = 100*e.doubtful/max(total, 1), e.guessed/max(total, 1)
	return e
}

// usual reports whether a word is itself a word, of more than one title.
func (x *Index) usual(t *term) bool { return t.exact != none && x.spread(t.exact) > rareSpread }

const rareSpread = 4 // bytes of a vocabulary's postings

// guess reports whether a term costs c because of a word that it may be misspelt for.
func (s *search) guess(t *term, c int) bool {
	return slices.ContainsFunc(t.other, func(n near) bool { return int(n.cost) == c && (n.word < t.from || n.word >= t.to) })
}

// accounted reports whether the terms that the own title of a document does not meet name the whole of something that it
// belongs to: its show, its artist, its album.
func (s *search) accounted(d uint32, q *reading, met uint32) bool {
	away := false
	for i := range q.terms {
		away = away || met&(1<<i) == 0 && !article(q.terms[i].word)
	}
	if !away {
		return true
	}
	h := s.x.homeOf(d)
	for _, c := range []uint32{h.artist, h.group} {
		for ; c != none; c = s.x.homeOf(c).group {
			s.scorer.read(c)
			left := uint32(0)
			title := s.scorer.meet(s.scorer.text[0], q.terms)
			for i := range q.terms {
				if met&(1<<i) == 0 && title.met&(1<<i) == 0 && !article(q.terms[i].word) {
					left |= 1 << i
				}
			}
			if left == 0 && title.missed == 0 {
				return true
			}
		}
	}
	return false
}

// acronym reports whether the query is the letters of a document's title as one word: "swat" for S.W.A.T.
func (s *search) acronym(d uint32, q *reading) bool {
	var letters []byte
	s.scorer.read(d)
	for _, w := range s.scorer.text[0] {
		letters = append(letters, s.x.word(w)...)
	}
	return len(q.terms) == 1 && q.terms[0].word == string(letters)
}

// rival returns the score of the best other title of which all is named as well, 0 where there is none close by.
func (s *search) rival(first scored) int {
	const closeBy, most = 120, 200
	title := s.titleOf(first.doc)
	for i, f := range s.found {
		if f.score < first.score-closeBy || i == most {
			break
		}
		if f.useless || slices.Equal(s.titleOf(f.doc), title) {
			continue
		}
		if _, own := s.scorer.score(f.doc, &s.readings[f.reading]); own.missed == 0 && own.met != 0 {
			return int(f.score)
		}
	}
	return 0
}

// titleOf returns the words that a document is called by, articles apart.
func (s *search) titleOf(d uint32) []uint32 {
	s.scorer.read(d)
	words := s.scorer.text[0]
	if name := s.scorer.text[1]; len(name) > 0 {
		words = name
	}
	words = slices.Clone(words)
	last := max(len(words)-1, 0)
	return append(slices.DeleteFunc(words[:last:last], s.x.isArticle), words[last:]...)
}
