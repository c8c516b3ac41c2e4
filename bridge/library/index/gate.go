package index

import "slices"

// The gate: what a match must have so that a command may act on it without asking.
const (
	mostDoubtful = 34 // percent of the weight of the query: words that stand for others though they are words themselves
	halfDoubtful = 50 // the same where it is one word, another is as it was said, and it costs no more than oneSlip
	oneSlip      = 160
	mostGuessed  = 240 // the mean cost of words that stand for others
	mostFar      = 330 // the cost of one such word
	mostAlone    = 130 // that of the only word of a title
	mostAloneOdd = 160 // the same where no word is written so
	mostAloneFew = 60  // the same for a short word that would stand for one of hardly any title
	shortWord    = 6   // letters
	oddly        = 5   // words of a hundred thousand with the same three letters in a row
	nearlyWhole  = 80  // the cost of a word that is begun and counts as misspelt
	commoner     = 2   // how many times commoner than another a word is that was likely meant as it is
	farCommoner  = 4   // the same for one that could also be begun
	wellNamed    = 2   // words as they were said that make up for one that may be something else
	margin       = 12  // points before the best with another title
)

// evidence is what speaks against a match. Shares are percent of the weight of the query.
type evidence struct {
	heavy    int  // words that are not light
	named    int  // heavy words that are there as they were said
	light    bool // a light word is there as it was said
	absent   bool // a word is nowhere, an article apart, or a number is another
	doubtful int  // share of the words that stand for others though they are words themselves
	doubts   int  // how many these are
	slip     int  // the cost of the worst of them
	meant    bool // one of these was likely meant as it is
	guessed  int  // mean cost of all others that stand for others
	begun    bool // the last word is only begun
	word     bool // and is a word itself
	common   bool // one that is far commoner than that which it would begin
	odd      int  // how common the oddest letters of a word that stands for another are; see vocabulary.odd
	far      bool // one of these, not odd, is far from what it would stand for
	remote   bool // one only sounds like what it would stand for, or is not odd and more than one error away
	few      bool // one is short, and would stand for a word of hardly any title
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
	case e.begun && !e.onlyBegun(), e.doubtful > e.mayDoubt(), e.meant:
		return false
	case e.heavy == 1 && e.guessed > e.alone(), e.guessed > mostGuessed, e.far, e.remote && e.named < wellNamed:
		return false
	}
	return s.accounted(first.doc, q, own.met) && int(first.score)-s.rival(first) >= margin
}

// alone is how far the only word of a title may be from what it stands for. Names that are hardly in any title lie close to
// each other where they are short.
func (e *evidence) alone() int {
	switch {
	case e.few:
		return mostAloneFew
	case e.odd < oddly:
		return mostAloneOdd
	}
	return mostAlone
}

// mayDoubt is what share of the query may be words that stand for others though they are words themselves.
func (e *evidence) mayDoubt() int {
	if e.doubts == 1 && e.named > 0 && e.slip <= oneSlip {
		return halfDoubtful
	}
	return mostDoubtful
}

// onlyBegun reports whether the last word is likely one that somebody has not typed in full. Where it is the only one that
// tells something, another must show at least that a title was begun, as in "the immigr".
func (e *evidence) onlyBegun() bool {
	switch {
	case e.letters == 1, e.doubtful > 0:
		return false
	case e.heavy == 1:
		return e.light && !e.word && e.guessed == 0 && e.letters >= oneError
	}
	return !e.common || e.named >= wellNamed
}

// weighEvidence looks at the terms of the reading and the document that were scored last.
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
			e.absent = e.absent || t.last || !loose(t.word)
		case c <= numeralCost:
			if heavy {
				e.named++
			}
			e.light = e.light || !heavy
		case t.number():
			e.absent = true
		case t.last && t.from < t.to && c < beginning+begun && (t.exact != none || c > nearlyWhole) && !s.guess(t, c):
			e.begun, e.word, e.letters = true, t.exact != none, t.letters
			e.common = e.word && s.x.spread(t.exact) > farCommoner*s.x.spread(s.standsFor(t, c))
		case s.x.usual(t):
			e.doubtful, e.doubts, e.slip = e.doubtful+t.weight, e.doubts+1, max(e.slip, c)
			e.meant = e.meant || s.meant(t, s.standsFor(t, c))
		default:
			e.guessed += t.weight * c
			s.weighGuess(&e, t, c)
		}
	}
	e.doubtful, e.guessed = 100*e.doubtful/max(total, 1), e.guessed/max(total, 1)
	return e
}

// weighGuess looks at a term that is no word itself and stands for another one.
func (s *search) weighGuess(e *evidence, t *term, c int) {
	const fewTitles = 19 // a 2^19th of all that is written down of where words occur
	w, odd := s.standsFor(t, c), s.x.odd(t.word)
	e.odd = min(e.odd, odd)
	e.far = e.far || c > mostFar && odd >= oddly
	if w < t.from || w >= t.to {
		said, word := []rune(t.word), []rune(string(s.x.word(w)))
		e.remote = e.remote || !within(said, word, 2) || c > mostGuessed && odd >= oddly && !within(said, word, 1)
	}
	e.few = e.few || t.letters <= shortWord && s.x.spread(w) <= len(s.x.postings)>>fewTitles
}

// meant reports whether a term that is a word itself was likely meant as it is and not as w: it is the commoner one, more
// than one error away, or so short that every other word would do.
func (s *search) meant(t *term, w uint32) bool {
	return t.letters < oneError || s.x.spread(t.exact) > commoner*s.x.spread(w) ||
		!within([]rune(t.word), []rune(string(s.x.word(w))), 1)
}

// standsFor returns the word of the document scored last for which a term stands at the cost c.
func (s *search) standsFor(t *term, c int) uint32 {
	for _, text := range s.scorer.text {
		for _, w := range text {
			if s.x.cost(t, w) == c {
				return w
			}
		}
	}
	return none
}

// loose reports whether an article may be said of a title that does not have it. Those of other languages are said because
// they are there.
func loose(word string) bool { return word == "the" || word == "a" || word == "an" }

// usual reports whether a word is itself a word, of more than one title.
func (x *Index) usual(t *term) bool { return t.exact != none && x.spread(t.exact) > rareSpread }

const rareSpread = 4 // bytes of a vocabulary's postings

// guess reports whether a term costs c because of a word that it may be misspelt for.
func (s *search) guess(t *term, c int) bool {
	return slices.ContainsFunc(t.other, func(n near) bool { return int(n.cost) == c && (n.word < t.from || n.word >= t.to) })
}

// accounted reports whether the terms that the own title of a document does not meet name the whole of something that it
// belongs to: its show, its artist, its album. Where nothing was said of what kind it is, a single common word is no such
// name: "the girl rush" is not the episode "The Girl" of "Rush".
func (s *search) accounted(d uint32, q *reading, met uint32) bool {
	away, words := 0, 0
	for i := range q.terms {
		if t := &q.terms[i]; met&(1<<i) == 0 && !article(t.word) {
			away, words = away+t.weight, words+1
		}
	}
	if words == 0 {
		return true
	}
	if s.allowed == nil && words == 1 && away < s.x.rareWeight() {
		return false
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
