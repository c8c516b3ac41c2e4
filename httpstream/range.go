package httpstream

import (
	"math"
	"strings"
)

// maxSpans is how many ranges one request may ask for; a longer set is answered with the whole representation, as RFC 9110
// section 14.2 allows against abuse.
const maxSpans = 8

// span is a part of a representation: length bytes from start. A span that parseRange returns is never empty and never
// reaches beyond the end.
type span struct{ start, length int64 }

// parseRange reads the value of a Range field for a representation of size bytes (RFC 9110 section 14.1). Several fields
// are joined by commas first.
//
// ok is false where the answer is 416: the set is malformed, or no range of it lies within the representation. Else spans
// is what to send, in the order asked for; none stands for the whole representation, which is sent where there is no Range,
// for any unit but bytes, for a set of more than 8 ranges or of ranges that overlap, and where it is empty, since a
// Content-Range cannot tell of no bytes.
func parseRange(value string, size int64) (spans []span, ok bool) {
	unit, set, found := strings.Cut(value, "=")
	if !found || !strings.EqualFold(unit, "bytes") || size == 0 {
		return nil, true
	}
	asked := 0
	for len(set) > 0 {
		var spec string
		spec, set, _ = strings.Cut(set, ",")
		if spec = strings.Trim(spec, " \t"); spec == "" {
			continue // an empty element of a list counts for nothing: section 5.6.1.2
		}
		if asked++; asked > maxSpans {
			return nil, true
		}
		s, wellFormed := parseSpec(spec, size)
		if !wellFormed {
			return nil, false
		}
		if s.length > 0 {
			spans = append(spans, s)
		}
	}
	if len(spans) == 0 {
		return nil, false
	}
	if overlapping(spans) {
		return nil, true
	}
	return spans, true
}

// parseSpec reads one int-range or suffix-range. The span is empty for a range that does not lie within size bytes.
func parseSpec(spec string, size int64) (s span, ok bool) {
	first, last, found := strings.Cut(spec, "-")
	if !found {
		return span{}, false
	}
	if first == "" {
		n, ok := parseDigits(last)
		n = min(n, size)
		return span{size - n, n}, ok
	}
	from, ok := parseDigits(first)
	to := int64(math.MaxInt64)
	if ok && last != "" {
		to, ok = parseDigits(last)
	}
	if !ok || to < from {
		return span{}, false
	}
	if from >= size {
		return span{}, true
	}
	return span{from, min(to, size-1) - from + 1}, true
}

// parseDigits reads 1*DIGIT; what does not fit becomes the largest number there is, which lies beyond every file.
func parseDigits(s string) (n int64, ok bool) {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		digit := int64(c - '0')
		if n > (math.MaxInt64-digit)/10 {
			n = math.MaxInt64
			continue
		}
		n = n*10 + digit
	}
	return n, s != ""
}

func overlapping(spans []span) bool {
	for i, a := range spans {
		for _, b := range spans[:i] {
			if a.start < b.start+b.length && b.start < a.start+a.length {
				return true
			}
		}
	}
	return false
}
