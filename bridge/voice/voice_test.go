package voice_test

import (
	"strings"
	"testing"

	"localcast/bridge/media"
	"localcast/bridge/voice"
)

func TestDevice(t *testing.T) {
	isDevice := func(words string) bool {
		w := strings.ToLower(words)
		return w == "kitchen" || w == "kitchen display" || w == "living room"
	}
	for _, row := range []struct{ said, query, device string }{
		{"Bluey", "Bluey", ""},
		{"Bluey on Kitchen", "Bluey", "Kitchen"},
		{"Bluey on the kitchen display", "Bluey", "kitchen display"},
		{"Bluey on the kitchen display, please", "Bluey", "kitchen display"},
		{"Bluey in the kitchen. Thank you!", "Bluey", "kitchen"},
		{"Murder on the Orient Express", "Murder on the Orient Express", ""},
		{"Murder on the Train on kitchen", "Murder on the Train", "kitchen"},
		{"Singing in the Rain in the living room", "Singing in the Rain", "living room"},
		{"the latest Bluey on my living room", "the latest Bluey", "living room"},
		{"on kitchen", "on kitchen", ""},
		{"", "", ""},
	} {
		query, device := english(t).Device(row.said, isDevice)
		if query != row.query || device != row.device {
			t.Errorf("%q: got %q on %q, want %q on %q", row.said, query, device, row.query, row.device)
		}
	}
}

func english(t testing.TB) *voice.Grammar {
	t.Helper()
	g, err := voice.New("en")
	if err != nil {
		t.Fatal(err)
	}
	return g
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

func TestOr(t *testing.T) {
	for want, names := range map[string][]string{
		"": nil, "Alien": {"Alien"}, "Alien or Aliens": {"Alien", "Aliens"}, "Alien, Aliens or Alien 3": {"Alien", "Aliens", "Alien 3"},
	} {
		if got := voice.Or(names); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
