// Package voice turns words into what is meant, and what happened into words. It knows no library: it takes a sentence
// apart and leaves it to others to find what the words name.
package voice

import (
	"fmt"
	"slices"
	"strings"

	"localcast/bridge/media"
)

// Pick says which episode of a show is meant.
type Pick string

// The picks: the zero Pick is none.
const (
	Latest Pick = "latest" // the newest one
	Next   Pick = "next"   // the one that comes next for who watches
)

// Reading is one way to understand a sentence.
type Reading struct {
	// Title is what is named; "" where only an Artist is.
	Title string
	// Artist is whose it is, and Show what it is an episode of; "" where nothing was said of that.
	Artist, Show string
	// Kinds are what it can be; none is anything. With a Pick, a Season or an Episode they are those of Title, the show.
	Kinds []media.Kind
	// Season and Episode number a part of Title.
	Season, Episode media.Number
	Pick            Pick
	Shuffle         bool
}

// Query returns the words to search for.
func (r Reading) Query() string {
	return strings.Join(strings.Fields(r.Title+" "+r.Show+" "+r.Artist), " ")
}

// Plain reports whether the words are meant as they are: a title, of anything.
func (r Reading) Plain() bool {
	return len(r.Kinds) == 0 && r.Pick == "" && !r.Shuffle && r.Artist == "" && r.Show == "" && !r.Season.Known() && !r.Episode.Known()
}

const (
	mostReadings = 10 // ways to understand one sentence
	longest      = 40 // words of a sentence; what is longer is a title and nothing else
	longestName  = 12 // words of the name of a device
)

// Readings returns the ways to understand a sentence that names no device: first the very words as a title, then what the
// patterns of the language make of it, then the words without what is said for politeness. There is none for no words.
func (g *Grammar) Readings(text string) []Reading {
	all := tokens(text)
	if len(all) == 0 || g == nil {
		if text = strings.TrimSpace(text); text == "" {
			return nil
		}
		return []Reading{{Title: text}}
	}
	out := []Reading{{Title: said(all)}}
	if len(all) > longest {
		return out
	}
	bare := g.strip(all)
	for i := range g.patterns {
		for _, r := range g.matches(&g.patterns[i], bare) {
			if len(out) < mostReadings {
				out = append(out, r)
			}
		}
	}
	for _, words := range [][]token{bare, g.withoutArticle(bare)} {
		if title := said(words); len(words) > 0 && title != out[0].Title && (len(out) == 1 || title != out[len(out)-1].Title) {
			out = append(out, Reading{Title: title})
		}
	}
	return out
}

// strip takes away what is said before and after without a meaning, unless nothing would be left.
func (g *Grammar) strip(words []token) []token {
	for again := true; again; {
		again = false
		for _, w := range g.words["before"] {
			if len(words) > len(w) && starts(words, w) {
				words, again = words[len(w):], true
			}
		}
		if n := g.wellBefore(words); n > 0 {
			words, again = words[n:], true
		}
	}
	return g.withoutAfter(words)
}

// wellBefore counts the words at the beginning that mean nothing where something else without a meaning follows.
func (g *Grammar) wellBefore(words []token) int {
	n := 0
	for again := true; again; {
		again = false
		for _, w := range g.words["well before"] {
			if len(words) > n+len(w) && starts(words[n:], w) {
				n, again = n+len(w), true
			}
		}
	}
	if slices.ContainsFunc(g.words["before"], func(w []string) bool { return starts(words[n:], w) }) {
		return n
	}
	return 0
}

func (g *Grammar) withoutArticle(words []token) []token {
	for _, a := range g.words["articles"] {
		if len(words) > len(a) && starts(words, a) {
			return words[len(a):]
		}
	}
	return words
}

// Device takes the words that name a device from the end of a sentence such as "Bluey on the kitchen display, please": the
// longest tail behind "on" or "in" of which isDevice says that it is a name. query is what is left; device is "" where
// none is named.
func (g *Grammar) Device(text string, isDevice func(words string) bool) (query, device string) {
	words := strings.Fields(text)
	if g == nil {
		return strings.Join(words, " "), ""
	}
	end := g.withoutAfter(tokens(text))
	for i := max(1, len(end)-2-longestName); i+1 < len(end); i++ {
		if !g.is("at", end[i]) {
			continue
		}
		tail := end[i+1:]
		names := [][]token{tail}
		if len(tail) > 1 && g.is("device", tail[0]) {
			names = append(names, tail[1:])
		}
		for _, name := range names {
			if spoken := plainly(name); isDevice(spoken) {
				return said(end[:i]), spoken
			}
		}
	}
	return strings.Join(words, " "), ""
}

// withoutAfter takes away what is said at the end without a meaning, unless nothing would be left.
func (g *Grammar) withoutAfter(words []token) []token {
	for again := true; again; {
		again = false
		for _, w := range g.words["after"] {
			if len(words) > len(w) && starts(words[len(words)-len(w):], w) {
				words, again = words[:len(words)-len(w)], true
			}
		}
	}
	return words
}

func (g *Grammar) is(list string, t token) bool {
	for _, w := range g.words[list] {
		if len(w) == 1 && w[0] == t.plain {
			return true
		}
	}
	return false
}

// plainly puts tokens together without the signs around them.
func plainly(tokens []token) string {
	return strings.TrimFunc(said(tokens), func(c rune) bool { return strings.ContainsRune(".,;:!?\"\u201c\u201d", c) })
}

// Title is how an item is called when it is spoken: "Bluey, season 1 episode 2", "Alien", "Hurt by Johnny Cash".
func Title(i media.Item) string {
	season, hasSeason := i.Season.Get()
	episode, hasEpisode := i.Episode.Get()
	switch {
	case i.Kind == media.Episode && hasSeason && hasEpisode:
		return fmt.Sprintf("%s, season %d episode %d", i.Title, season, episode)
	case i.Kind == media.Episode && hasEpisode:
		return fmt.Sprintf("%s, episode %d", i.Title, episode)
	case i.Kind == media.Track && i.Artist != "":
		return i.Title + " by " + i.Artist
	}
	return i.Title
}

// Count says a number of things: "no entries", "1 entry", "3 entries".
func Count(n int, one, many string) string {
	switch n {
	case 0:
		return "no " + many
	case 1:
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Or lists names of which one is meant: "Alien", "Alien or Aliens", "Alien, Aliens or Alien 3".
func Or(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
