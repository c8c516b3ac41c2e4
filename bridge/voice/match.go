package voice

import (
	"strconv"
	"strings"
	"unicode"

	"localcast/bridge/media"
)

// token is a word as it was said, and as it is compared.
type token struct{ said, plain string }

// tokens takes text apart. Signs that stand alone are left out.
func tokens(text string) []token {
	var out []token
	for _, said := range strings.Fields(text) {
		plain := strings.Map(func(c rune) rune {
			if unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.Is(unicode.M, c) {
				return unicode.ToLower(c)
			}
			return -1
		}, said)
		if plain != "" {
			out = append(out, token{said, plain})
		}
	}
	return out
}

// said puts tokens together again.
func said(tokens []token) string {
	words := make([]string, len(tokens))
	for i, t := range tokens {
		words[i] = t.said
	}
	return strings.Join(words, " ")
}

// mostMatches bounds the ways in which one pattern is found in a sentence.
const mostMatches = 4

// matches returns the ways in which the sentence is one of the pattern. Slots for words take as many as they can, so that
// "stand by me by Ben" is first read as "stand by me" by Ben.
func (g *Grammar) matches(p *pattern, sentence []token) []Reading {
	var out []Reading
	g.match(p.parts, sentence, p.meaning, func(r Reading) bool {
		out = append(out, r)
		return len(out) < mostMatches
	})
	return out
}

// match calls found for each way; it stops, and returns false, once found does.
func (g *Grammar) match(parts []part, left []token, r Reading, found func(Reading) bool) bool {
	if len(parts) == 0 {
		return len(left) > 0 || found(r)
	}
	p, rest := parts[0], parts[1:]
	if p.slot != "" {
		return g.fill(p.slot, rest, left, r, found)
	}
	for _, words := range p.words {
		if starts(left, words) && !g.match(rest, left[len(words):], r, found) {
			return false
		}
	}
	return !p.optional || g.match(rest, left, r, found)
}

// fill takes what a slot can hold from the beginning of left.
func (g *Grammar) fill(s slot, rest []part, left []token, r Reading, found func(Reading) bool) bool {
	switch s {
	case slotTitle, slotArtist, slotShow:
		for n := len(left); n > 0; n-- {
			with := r
			switch words := said(left[:n]); s {
			case slotTitle:
				with.Title = words
			case slotArtist:
				with.Artist = words
			default:
				with.Show = words
			}
			if !g.match(rest, left[n:], with, found) {
				return false
			}
		}
	case slotCode:
		if len(left) > 0 {
			if season, episode, ok := code(left[0].plain); ok {
				r.Season, r.Episode = media.Num(season), media.Num(episode)
				return g.match(rest, left[1:], r, found)
			}
		}
	default:
		ordinal := s == slotOrdinalSeason || s == slotOrdinalEpisode
		if n, took := g.number(left, ordinal); took > 0 {
			if s == slotSeason || s == slotOrdinalSeason {
				r.Season = media.Num(n)
			} else {
				r.Episode = media.Num(n)
			}
			return g.match(rest, left[took:], r, found)
		}
	}
	return true
}

func starts(left []token, words []string) bool {
	if len(left) < len(words) {
		return false
	}
	for i, w := range words {
		if left[i].plain != w {
			return false
		}
	}
	return true
}

// largestNumber bounds seasons and episodes.
const largestNumber = 9999

// number reads a number, in digits or spoken, from the beginning of tokens, and returns how many of them it took.
func (g *Grammar) number(left []token, ordinal bool) (n, took int) {
	if len(left) == 0 {
		return 0, 0
	}
	digits := left[0].plain
	if ordinal {
		cut := false
		for _, ending := range g.endings {
			if d, ok := strings.CutSuffix(digits, ending); ok && !cut {
				digits, cut = d, true
			}
		}
		if !cut {
			return g.spoken(left, true)
		}
	}
	if n, err := strconv.Atoi(digits); err == nil && n >= 0 && n <= largestNumber {
		return n, 1
	}
	return g.spoken(left, ordinal)
}

// spoken reads a number of words: tens and ones, after hundreds.
func (g *Grammar) spoken(left []token, ordinal bool) (n, took int) {
	whole := false
	for i, t := range left {
		if v, ok := g.ordinal[t.plain]; ok && ordinal {
			if !joins(n, v, i > 0) {
				break
			}
			return n + v, i + 1
		}
		v, ok := g.cardinal[t.plain]
		switch {
		case whole && n >= 100 && n%100 == 0 && g.is("number joint", t):
			continue
		case ok && v == 100 && n > 0 && n < 10:
			n *= 100
		case ok && joins(n, v, i > 0):
			n += v
		default:
			ok = false
		}
		if !ok {
			break
		}
		took, whole = i+1, true
	}
	if ordinal || !whole {
		return 0, 0
	}
	return n, took
}

// joins reports whether v can be said behind n.
func joins(n, v int, behind bool) bool {
	switch {
	case !behind:
		return true
	case n >= 100 && n%100 == 0:
		return v > 0 && v < 100
	case n >= 20 && n%10 == 0 && n%100 != 10:
		return v > 0 && v < 10
	}
	return false
}

// code reads "s2e3" and "2x03".
func code(word string) (season, episode int, ok bool) {
	a, b, found := strings.Cut(word, "x")
	if rest, is := strings.CutPrefix(word, "s"); is {
		a, b, found = strings.Cut(rest, "e")
	}
	if !found {
		return 0, 0, false
	}
	season, err := strconv.Atoi(a)
	episode, err2 := strconv.Atoi(b)
	return season, episode, err == nil && err2 == nil && season >= 0 && episode >= 0 && season <= largestNumber && episode <= largestNumber
}
