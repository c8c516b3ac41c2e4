// Package voice turns words into what is meant, and what happened into words. It knows no library: it takes a sentence
// apart and leaves it to others to find what the words name.
package voice

import (
	"fmt"
	"strings"

	"localcast/bridge/media"
)

// Intent is what a sentence asks for.
type Intent struct {
	Query  string // what to play
	Device string // the words that name the device, as isDevice took them; "" for none
}

// Parse takes a sentence such as "Bluey on the kitchen display" apart. isDevice tells whether words name a device; the
// longest tail behind "on" or "in" that does is cut off.
func Parse(text string, isDevice func(words string) bool) Intent {
	words := strings.Fields(text)
	for i := 1; i+1 < len(words); i++ {
		if w := strings.ToLower(words[i]); w != "on" && w != "in" {
			continue
		}
		tail := words[i+1:]
		for _, name := range [][]string{tail, withoutArticle(tail)} {
			if len(name) > 0 && isDevice(strings.Join(name, " ")) {
				return Intent{Query: strings.Join(words[:i], " "), Device: strings.Join(name, " ")}
			}
		}
	}
	return Intent{Query: strings.Join(words, " ")}
}

func withoutArticle(words []string) []string {
	if len(words) > 1 && (strings.EqualFold(words[0], "the") || strings.EqualFold(words[0], "my")) {
		return words[1:]
	}
	return nil
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
