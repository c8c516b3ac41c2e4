package index

// The gate: what a match must have so that a command may act on it without asking.
const (
	sureScore = 860
	margin    = 25 // to the best with another title, unless nothing is misspelt
)

// sure reports whether the first result is what the words name.
func (s *search) sure(first scored) bool {
	q := &s.readings[first.reading]
	score, own := s.scorer.score(first.doc, q)
	_ = own
	return score >= sureScore
}
