package index

import (
	"cmp"
	"slices"

	"localcast/bridge/media"
)

// Hit is one result of a search.
type Hit struct {
	ID       media.ID
	Score    float64 // 0 to 1
	Sure     bool    // the words name this one and nothing else; told of the first hit of all only
	Playable bool
	Reason   string // why it is not playable
}

const (
	maxWords = 24 // of a query that count
	// mostScored bounds the documents that are looked at one by one; the rest stand behind them in natural order.
	mostScored = 2500
	// few is how many documents are read one by one rather than that all are gathered in which a common word occurs.
	few = 500
	// fine is a score above which misspelt words are not thought of, poor one below which a part of the words will do, and
	// worthless one below which what only that finds is not shown.
	fine, poor, worthless = 940, 700, 350
)

// Search returns how many items match q, and those of the page that q asks for, the best first: what can be played before
// what cannot, then by score, then by use (in progress, unwatched, lately played, often played), then in natural order. use
// and playable may be nil. playable is asked once for all items of the same kind and format; it sees nothing else of them.
func (x *Index) Search(q media.Query, use func(media.ID) media.Use, playable func(media.Item) (bool, string)) (int, []Hit) {
	words := Words(q.Text)
	words = words[:min(len(words), maxWords)]
	allowed, ok := x.filter(q)
	if len(words) == 0 || !ok || x.n == 0 {
		return 0, nil
	}
	s := search{x: x, scorer: scorer{x: x}, allowed: allowed, sets: map[string]set{}, verdicts: x.judge(playable)}
	s.strict(words)
	if s.top < fine && !q.AsWritten {
		s.forgiving()
	}
	s.settle()
	total, hits := len(s.found)+s.resting, s.page(q, use)
	for _, docs := range s.sets {
		x.giveBack(docs)
	}
	x.giveBack(s.rest)
	x.giveBack(s.allowed)
	return total, hits
}

// search is the state of one search.
type search struct {
	x        *Index
	scorer   scorer
	allowed  set // nil is all
	verdicts []verdict
	readings []reading
	sets     map[string]set // by the word of the term, as it was typed
	found    []scored
	rest     set // those that match and were not scored; nil is none
	resting  int
	top      int // the best score
}

// scored is a document that was looked at.
type scored struct {
	doc     uint32
	score   int16
	reading uint8
	useless bool // it cannot be played
}

// strict finds what has every word, or a word that begins so, in one of the ways to read them.
func (s *search) strict(words []string) {
	s.readings = s.x.readings(words)
	for i := range s.readings {
		if all := s.all(s.readings[i].terms); all != nil {
			if s.take(all, i, 0); i == 0 && all.count() > mostScored {
				s.rest = all
			} else {
				s.x.giveBack(all)
			}
		}
	}
}

// all returns the documents in which every term is met, nil if there are none. It begins with the rarest.
func (s *search) all(terms []term) set {
	order := needed(terms)
	for _, t := range order {
		if t.from == t.to && len(t.other) == 0 {
			return nil
		}
	}
	slices.SortStableFunc(order, func(a, b *term) int { return cmp.Compare(s.x.reach(a), s.x.reach(b)) })
	var all set
	for i, t := range order {
		docs, ok := s.sets[t.word]
		if !ok && all != nil && all.count() <= few {
			if s.keep(all, order[i:]); all.empty() {
				break
			}
			return all
		}
		if !ok {
			docs = s.x.docs(t)
			s.sets[t.word] = docs
		}
		switch {
		case all != nil:
			all.and(docs)
		case s.allowed != nil:
			all = s.x.copyOf(s.allowed)
			all.and(docs)
		default:
			all = s.x.copyOf(docs)
		}
		if all.empty() {
			break
		}
	}
	if all.empty() {
		s.x.giveBack(all)
		return nil
	}
	return all
}

// keep takes out of docs, which are few, those in which a term is met by no word.
func (s *search) keep(docs set, terms []*term) {
	docs.each(func(d uint32) bool {
		s.scorer.read(d)
		for _, t := range terms {
			meets := func(w uint32) bool { return s.x.cost(t, w) < absentCost }
			if !slices.ContainsFunc(s.scorer.text[:], func(words []uint32) bool { return slices.ContainsFunc(words, meets) }) {
				docs.remove(d)
				break
			}
		}
		return true
	})
}

// needed returns the terms without which nothing is found: all but articles, unless there is nothing else.
func needed(terms []term) []*term {
	var out []*term
	for i := range terms {
		if !terms[i].last && article(terms[i].word) {
			continue
		}
		out = append(out, &terms[i])
	}
	return out
}

// forgiving finds what has every word, or one that it may have been meant for, and then what has most of them. It is kept
// where it is better than what there is.
func (s *search) forgiving() {
	before, top := len(s.found), s.top
	plain := s.readings[0].terms
	wide := make([]term, len(plain))
	for i, t := range plain {
		wide[i] = s.x.widen(t)
	}
	var sets []set
	for _, t := range needed(wide) {
		sets = append(sets, s.x.docs(t))
	}
	s.readings = append(s.readings, reading{terms: wide})
	all := s.x.copyOf(sets[0])
	if s.allowed != nil {
		all.and(s.allowed)
	}
	for _, o := range sets[1:] {
		all.and(o)
	}
	s.take(all, len(s.readings)-1, worthless)
	s.x.giveBack(all)
	if s.top < poor && len(sets) > 1 {
		s.most(sets)
	}
	for _, docs := range sets {
		s.x.giveBack(docs)
	}
	if s.top <= top {
		s.found, s.top = s.found[:before], top
	}
}

// most finds what meets most of the terms, from all but one to half of them.
func (s *search) most(sets []set) {
	n := len(sets)
	var planes [5]set // the number of terms met, bit by bit
	for i := range planes {
		planes[i] = s.x.blank()
	}
	for _, docs := range sets {
		for i, carry := range docs {
			for p := 0; carry != 0 && p < len(planes); p++ {
				planes[p][i], carry = planes[p][i]^carry, planes[p][i]&carry
			}
		}
	}
	for want := n - 1; want >= (n+1)/2 && s.top < poor; want-- {
		some := s.x.blank()
		for i := range some {
			w := ^uint64(0)
			for p := range planes {
				if want>>p&1 == 1 {
					w &= planes[p][i]
				} else {
					w &^= planes[p][i]
				}
			}
			some[i] = w
		}
		if s.allowed != nil {
			some.and(s.allowed)
		}
		s.take(some, len(s.readings)-1, worthless)
		s.x.giveBack(some)
	}
	for _, p := range planes {
		s.x.giveBack(p)
	}
}

// take scores the documents of a set, of very many first those with titles no longer than the query.
func (s *search) take(docs set, reading, least int) {
	left := mostScored
	q := &s.readings[reading]
	consider := func(d uint32) {
		score, own := s.scorer.score(d, q)
		if score < least || q.split && !own.inOrder {
			return
		}
		s.top = max(s.top, score)
		s.found = append(s.found, scored{d, int16(score), uint8(reading), !s.verdicts[s.x.class.get(int(d))].ok})
	}
	many := docs.count() > mostScored
	for _, short := range []bool{true, false} {
		if short && !many {
			continue
		}
		docs.each(func(d uint32) bool {
			if short && !s.x.short(d, len(q.terms)) || !short && many && s.x.short(d, len(q.terms)) {
				return true
			}
			consider(d)
			left--
			return left > 0
		})
		if left == 0 {
			break
		}
	}
}

// settle sorts what was found, each document once, and puts together what was not scored.
func (s *search) settle() {
	slices.SortFunc(s.found, func(a, b scored) int {
		if a.useless != b.useless {
			if b.useless {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.doc, b.doc))
	})
	seen := s.x.blank()
	defer s.x.giveBack(seen)
	s.found = slices.DeleteFunc(s.found, func(f scored) bool {
		twice := seen.has(f.doc)
		seen.add(f.doc)
		return twice
	})
	if s.rest != nil {
		for i := range s.rest {
			s.rest[i] &^= seen[i]
		}
		s.resting = s.rest.count()
	}
}

// short reports whether a document's title or own name has at most n words.
func (x *Index) short(d uint32, n int) bool {
	r := reader(x.tokens[x.tokenAt.get(int(d)):])
	title, name := int(r.next()), int(r.next())
	return name == 0 && title <= n || name > 0 && name <= n
}

// page returns the hits that q asks for. Only the equals that reach into the page are sorted by use.
func (s *search) page(q media.Query, use func(media.ID) media.Use) []Hit {
	w := window{from: max(q.Offset, 0), size: max(q.Limit, 0)}
	useless := len(s.found)
	if i := slices.IndexFunc(s.found, func(f scored) bool { return f.useless }); i >= 0 {
		useless = i
	}
	s.rank(&w, s.found[:useless], use)
	s.fill(&w, true)
	s.rank(&w, s.found[useless:], use)
	s.fill(&w, false)
	hits := make([]Hit, len(w.docs))
	for i, f := range w.docs {
		v := s.verdicts[s.x.class.get(int(f.doc))]
		hits[i] = Hit{ID: s.x.id(f.doc), Score: float64(f.score) / best, Playable: v.ok, Reason: v.reason}
	}
	if w.from == 0 && len(hits) > 0 && len(s.found) > 0 {
		hits[0].Sure = s.sure(w.docs[0])
	}
	return hits
}

// window is the page that is being filled.
type window struct {
	from, size int
	passed     int // how many lie before what comes next
	docs       []scored
}

func (w *window) add(f scored) bool {
	if w.passed >= w.from && len(w.docs) < w.size {
		w.docs = append(w.docs, f)
	}
	w.passed++
	return len(w.docs) < w.size
}

// rank puts sorted documents into the page, equals by use.
func (s *search) rank(w *window, docs []scored, use func(media.ID) media.Use) {
	for len(docs) > 0 && len(w.docs) < w.size {
		n := 1
		for n < len(docs) && docs[n].score == docs[0].score {
			n++
		}
		if w.passed+n <= w.from {
			w.passed += n
		} else {
			s.x.sortByUse(docs[:n], use)
			for _, f := range docs[:n] {
				w.add(f)
			}
		}
		docs = docs[n:]
	}
}

// fill puts what was not scored into the page: what can be played, or what cannot.
func (s *search) fill(w *window, playable bool) {
	if s.rest == nil || len(w.docs) >= w.size {
		return
	}
	s.rest.each(func(d uint32) bool {
		if s.verdicts[s.x.class.get(int(d))].ok != playable {
			return true
		}
		return w.add(scored{doc: d, score: lowest})
	})
}

// sortByUse puts what is in progress first, then what was not watched yet, then what was played last, then what was played
// often; the rest stays in natural order. A show stays before its episodes and an album before its pieces, though they are
// what is played.
func (x *Index) sortByUse(docs []scored, use func(media.ID) media.Use) {
	if use == nil || len(docs) < 2 {
		return
	}
	uses := make(map[uint32]media.Use, len(docs))
	for _, f := range docs {
		uses[f.doc] = use(x.id(f.doc))
	}
	first := func(a, b bool) int {
		switch {
		case a == b:
			return 0
		case a:
			return -1
		}
		return 1
	}
	slices.SortStableFunc(docs, func(a, b scored) int {
		ua, ub := uses[a.doc], uses[b.doc]
		return cmp.Or(cmp.Compare(precedence(x.kind(a.doc)), precedence(x.kind(b.doc))),
			first(ua.Position > 0, ub.Position > 0), first(!ua.Watched, !ub.Watched),
			cmp.Compare(ub.LastAt, ua.LastAt), cmp.Compare(ub.Plays, ua.Plays))
	})
}

// precedence is which of equal titles comes first, whatever was played: what holds others, in natural order, then what is
// played, then folders and pictures.
func precedence(k media.Kind) int {
	order := []media.Kind{media.Show, media.Season, media.Movie, media.Artist, media.Album, media.Playlist, media.Genre}
	if i := slices.Index(order, k); i >= 0 {
		return i
	}
	if k == media.Folder || k == media.Image {
		return len(order) + 1
	}
	return len(order)
}

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
