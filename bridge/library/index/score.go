package index

// Scores are whole numbers up to best, from which everything that does not fit is taken away: what the words of the query
// cost, by their weight; what of the title they leave out; and that they stand elsewhere or in another order.
const (
	best       = 1000
	numbered   = 930 // an episode by its show and number
	queryShare = 900 // for a query of which no word is there
	titleShare = 300 // for a title of which no word is named
	elsewhere  = 120 // for words that are those of the artist, the album, the show
	disordered = 20
	notFirst   = 20
	lowest     = 1
)

// fit is how the terms of a query meet one text.
type fit struct {
	met     uint32 // terms: bits
	covered int    // weight of the words that are met
	total   int    // weight of all words
	missed  int    // how many words are not, articles apart
	inOrder bool
	first   bool // it begins with a word that is met, light ones apart
}

// scorer scores the documents of one search.
type scorer struct {
	x     *Index
	costs [maxWords]int // of each term, in the document at hand
	text  [3][]uint32   // the words of title, name and others
}

// read reads the words of a document.
func (s *scorer) read(d uint32) {
	r := reader(s.x.tokens[s.x.tokenAt.get(int(d)):])
	counts := [3]uint32{r.next(), r.next(), r.next()}
	for i, n := range counts {
		s.text[i] = s.text[i][:0]
		for range n {
			s.text[i] = append(s.text[i], uint32(s.x.rank.get(int(r.next()))))
		}
	}
	for r, n := s.x.extra(d); n > 0; n-- {
		s.text[2] = append(s.text[2], uint32(s.x.rank.get(int(r.next()))))
	}
}

// score tells how well a document fits a reading.
func (s *scorer) score(d uint32, q *reading) (score int, own fit) {
	s.read(d)
	title, name := s.text[0], s.text[1]
	var about []uint32 // what the document belongs to
	if len(name) > 0 {
		title, about = name, title
	}
	for i := range q.terms {
		s.costs[i] = absentCost
	}
	own = s.meet(title, q.terms)
	belongs := fit{}
	if about != nil {
		belongs = s.elsewhere(about, q.terms, own.met)
	}
	others := s.elsewhere(s.text[2], q.terms, own.met|belongs.met)
	spent, weight, away := 0, 0, 0
	for i := range q.terms {
		w := q.terms[i].weight
		weight += w
		spent += w * s.costs[i]
		if (belongs.met|others.met)&(1<<i) != 0 {
			away += w
		}
	}
	score = best - q.cost - queryShare*spent/(absentCost*weight)
	switch {
	case own.met == 0 && len(about) > 0 && belongs.covered == belongs.total && others.met != 0:
		score -= best - numbered
	default:
		score -= titleShare*(own.total-own.covered)/max(own.total, 1) + elsewhere*away/weight
		if !own.inOrder {
			score -= disordered
		}
		if !own.first {
			score -= notFirst
		}
	}
	return max(score, lowest), own
}

func (x *Index) isArticle(w uint32) bool { return x.weights[w] == 1 && article(string(x.word(w))) }

// meet finds for each word of a text the term that it fits best, no term twice.
func (s *scorer) meet(words []uint32, terms []term) fit {
	f := fit{inOrder: true, first: true}
	last, seen := -1, false
	for at, w := range words {
		weight := int(s.x.weights[w])
		f.total += weight
		found, cost := -1, absentCost
		for i := range terms {
			if f.met&(1<<i) != 0 {
				continue
			}
			if c := s.x.cost(&terms[i], w); c < cost {
				found, cost = i, c
			}
		}
		if found < 0 {
			if !s.x.isArticle(w) || at == len(words)-1 { // at the end it is none: "Song A"
				f.missed++
			}
			f.first = f.first && (seen || weight == 1)
			continue
		}
		seen = true
		f.met |= 1 << found
		f.covered += weight
		s.costs[found] = cost
		f.inOrder = f.inOrder && found > last
		last = found
	}
	f.first = f.first && seen
	return f
}

// elsewhere looks for the terms that are not met yet among other words.
func (s *scorer) elsewhere(words []uint32, terms []term, met uint32) fit {
	var f fit
	for _, w := range words {
		f.total++
		for i := range terms {
			if met&(1<<i) != 0 {
				continue
			}
			if c := s.x.cost(&terms[i], w); c < s.costs[i] {
				if f.met&(1<<i) == 0 {
					f.covered++
				}
				s.costs[i] = c
				f.met |= 1 << i
			}
		}
	}
	return f
}
