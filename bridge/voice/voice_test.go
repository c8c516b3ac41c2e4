package voice_test

import (
	"strings"
	"testing"

	"localcast/bridge/media"
	"localcast/bridge/voice"
)

func TestParse(t *testing.T) {
	isDevice := func(words string) bool {
		w := strings.ToLower(words)
		return w == "kitchen" || w == "kitchen display" || w == "living room"
	}
	for text, want := range map[string]voice.Intent{
		"Bluey":                                  {Query: "Bluey"},
		"Bluey on Kitchen":                       {Query: "Bluey", Device: "Kitchen"},
		"Bluey on the kitchen display":           {Query: "Bluey", Device: "kitchen display"},
		"Murder on the Orient Express":           {Query: "Murder on the Orient Express"},
		"Murder on the Train on kitchen":         {Query: "Murder on the Train", Device: "kitchen"},
		"Singing in the Rain in the living room": {Query: "Singing in the Rain", Device: "living room"},
		"on kitchen":                             {Query: "on kitchen"},
		"":                                       {},
	} {
		if got := voice.Parse(text, isDevice); got != want {
			t.Errorf("Parse(%q) = %+v, want %+v", text, got, want)
		}
	}
}

func TestTitle(t *testing.T) {
	for want, item := range map[string]media.Item{
		"Bluey, season 1 episode 2": {Kind: media.Episode, Title: "Bluey", Season: media.Num(1), Episode: media.Num(2)},
		"Naruto, episode 0":         {Kind: media.Episode, Title: "Naruto", Episode: media.Num(0)},
		"Hurt by Johnny Cash":       {Kind: media.Track, Title: "Hurt", Artist: "Johnny Cash"},
		"Alien":                     {Kind: media.Movie, Title: "Alien", Year: 1979},
	} {
		if got := voice.Title(item); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
