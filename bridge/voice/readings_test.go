package voice_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"localcast/bridge/media"
	"localcast/bridge/voice"
)

// shown writes a reading down: "Bluey kind=show season=2 episode=3".
func shown(r voice.Reading) string {
	parts := []string{r.Title}
	add := func(name string, value any) { parts = append(parts, fmt.Sprintf("%s=%v", name, value)) }
	if r.Show != "" {
		add("show", r.Show)
	}
	if r.Artist != "" {
		add("artist", r.Artist)
	}
	var kinds []string
	for _, k := range r.Kinds {
		kinds = append(kinds, string(k))
	}
	if len(kinds) > 0 {
		add("kind", strings.Join(kinds, ","))
	}
	if n, ok := r.Season.Get(); ok {
		add("season", n)
	}
	if n, ok := r.Episode.Get(); ok {
		add("episode", n)
	}
	if r.Pick != "" {
		add("pick", r.Pick)
	}
	if r.Shuffle {
		add("shuffle", "yes")
	}
	return strings.TrimSpace(strings.Join(parts, " "))
}

// TestReadings holds for each sentence the reading that is preferred behind the very words.
func TestReadings(t *testing.T) {
	for _, row := range []struct{ said, want string }{
		{"the latest episode of Bluey", "Bluey kind=show pick=latest"},
		{"the latest Bluey", "Bluey kind=show pick=latest"},
		{"the newest episode of The Daily Show", "The Daily Show kind=show pick=latest"},
		{"Bluey latest episode", "Bluey kind=show pick=latest"},
		{"the most recent Bluey episode", "Bluey kind=show pick=latest"},
		{"next episode of Bluey", "Bluey kind=show pick=next"},
		{"the next episode of Bluey", "Bluey kind=show pick=next"},
		{"continue Bluey", "Bluey kind=show pick=next"},
		{"Bluey season two episode three", "Bluey kind=show season=2 episode=3"},
		{"Bluey season 2 episode 3", "Bluey kind=show season=2 episode=3"},
		{"Bluey season 2 and episode 3", "Bluey kind=show season=2 episode=3"},
		{"Bluey series two part three", "Bluey kind=show season=2 episode=3"},
		{"the most recent Bluey", "Bluey kind=show pick=latest"},
		{"the last episode of Bluey", "Bluey kind=show pick=latest"},
		{"the current Bluey episode", "Bluey kind=show pick=latest"},
		{"Bluey S2E3", "Bluey kind=show season=2 episode=3"},
		{"Bluey s02e03", "Bluey kind=show season=2 episode=3"},
		{"Bluey 2x03", "Bluey kind=show season=2 episode=3"},
		{"S2E3 of Bluey", "Bluey kind=show season=2 episode=3"},
		{"season two episode twenty one of Bluey", "Bluey kind=show season=2 episode=21"},
		{"episode three of season two of Bluey", "Bluey kind=show season=2 episode=3"},
		{"the third episode of the second season of Bluey", "Bluey kind=show season=2 episode=3"},
		{"the 3rd episode of season 2 of Bluey", "Bluey kind=show season=2 episode=3"},
		{"Bluey, second season, third episode", "Bluey, kind=show season=2 episode=3"},
		{"Bluey season two", "Bluey kind=show season=2"},
		{"season two of Bluey", "Bluey kind=show season=2"},
		{"the second season of Bluey", "Bluey kind=show season=2"},
		{"episode one hundred and two of Naruto", "Naruto kind=show episode=102"},
		{"Naruto episode 102", "Naruto kind=show episode=102"},
		{"the episode Hospital of Bluey", "Hospital show=Bluey kind=episode"},
		{"shuffle ABBA", "ABBA shuffle=yes"},
		{"shuffle songs by ABBA", "ABBA shuffle=yes"},
		{"ABBA on shuffle", "ABBA shuffle=yes"},
		{"something by ABBA", "artist=ABBA kind=artist"},
		{"some music by ABBA", "artist=ABBA kind=artist"},
		{"songs by The Rolling Stones", "artist=The Rolling Stones kind=artist"},
		{"the band Queen", "artist=Queen kind=artist"},
		{"some Beatles", "Beatles kind=genre,artist,album,show"},
		{"some jazz music", "jazz kind=genre,artist"},
		{"the album Arrival", "Arrival kind=album"},
		{"the album Arrival by ABBA", "Arrival artist=ABBA kind=album"},
		{"Arrival album", "Arrival kind=album"},
		{"the song Waterloo", "Waterloo kind=track"},
		{"the song Stand by Me by Ben E King", "Stand by Me artist=Ben E King kind=track"},
		{"the track called Waterloo", "Waterloo kind=track"},
		{"Waterloo by ABBA", "Waterloo artist=ABBA kind=track,album"},
		{"the movie Alien", "Alien kind=movie"},
		{"Alien the movie", "Alien kind=movie"},
		{"the film Alien, please", "Alien, kind=movie"},
		{"the show Bluey", "Bluey kind=show"},
		{"my party playlist", "party kind=playlist"},
		{"the playlist Party", "Party kind=playlist"},
		{"the folder Holidays", "Holidays kind=folder"},
		{"please play the movie Alien for me", "Alien kind=movie"},
		{"Can you play the latest Bluey, please?", "Bluey, kind=show pick=latest"},
		{"! please play ... Bluey", "Bluey"},
		{"ok now just play Bluey", "Bluey"},
		{"hey, can you then put on Bluey", "Bluey"},
		{"Bluey please", "Bluey"},
	} {
		readings := english(t).Readings(row.said)
		if len(readings) < 2 || shown(readings[1]) != row.want {
			var got []string
			for _, r := range readings {
				got = append(got, shown(r))
			}
			t.Errorf("%q\n got %s\nwant %s behind the words", row.said, strings.Join(got, " | "), row.want)
		}
	}
}

// TestTitlesStayTitles: the very words come first, whatever else they could mean.
func TestTitlesStayTitles(t *testing.T) {
	for _, title := range []string{"30 Rock", "24", "Murder on the Orient Express", "Some Like It Hot", "The Last Samurai", "Next", "Please", "S1m0ne", "!!!"} {
		r := english(t).Readings(title)
		if len(r) == 0 || r[0].Title != title || !r[0].Plain() {
			t.Errorf("%q: got %+v", title, r)
		}
	}
	if r := english(t).Readings("  "); r != nil {
		t.Errorf("nothing was said, got %+v", r)
	}
	var none *voice.Grammar
	if r := none.Readings("the movie Alien"); len(r) != 1 || r[0].Title != "the movie Alien" {
		t.Errorf("without a language: got %+v", r)
	}
	if query, device := none.Device("Alien on kitchen", func(string) bool { return true }); query != "Alien on kitchen" || device != "" {
		t.Errorf("without a language: got %q on %q", query, device)
	}
}

// TestDocumentedSentences: what the documentation says that one may say is understood as more than a title.
func TestDocumentedSentences(t *testing.T) {
	page, err := os.ReadFile("../../docs/search.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	sentences := 0
	for row := range strings.Lines(table) {
		for i, said := range strings.Split(strings.Split(row, "|")[1], "`") {
			if i%2 == 0 || said == "Alien" {
				continue
			}
			sentences++
			if r := english(t).Readings(said); len(r) < 2 || r[1].Plain() {
				t.Errorf("%q is a title and nothing else", said)
			}
		}
	}
	if sentences < 30 {
		t.Errorf("only %d sentences were seen", sentences)
	}
}

func TestOnlyKnownLanguages(t *testing.T) {
	if _, err := voice.New("tlh"); err == nil || err.Error() != `language "tlh" is not known: wanted en` {
		t.Errorf("got %v", err)
	}
}

func FuzzReadings(f *testing.F) {
	for _, s := range []string{"the latest episode of Bluey", "- please", "please !", "season two episode three of", "S2E3 of x", "some", "by by by by",
		"hundred and hundred", strings.Repeat("the song of ", 13), strings.Repeat("by on ", 3000), "shuffle all the songs by", "99999999999999999999 of x", "a\xffb the movie", "x s1e99999"} {
		f.Add(s)
	}
	g, err := voice.New("en")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		readings := g.Readings(s)
		if len(readings) > 12 {
			t.Errorf("%q has %d readings", s, len(readings))
		}
		if len(strings.Fields(s)) > 0 && (len(readings) == 0 || !readings[0].Plain()) {
			t.Errorf("%q is no title: %+v", s, readings)
		}
		for _, r := range readings {
			if r.Title == "" && r.Artist == "" {
				t.Errorf("%q is read as nothing: %+v", s, r)
			}
			for _, n := range []media.Number{r.Season, r.Episode} {
				if n, ok := n.Get(); ok && (n < 0 || n > 9999) {
					t.Errorf("%q has number %d", s, n)
				}
			}
		}
		query, device := g.Device(s, func(string) bool { return true })
		if device != "" && query == "" {
			t.Errorf("%q names %q and nothing to play on it", s, device)
		}
	})
}

// TestLastAloneIsPartOfATitle: "the last" and "the current" ask for an episode only where one is spoken of.
func TestLastAloneIsPartOfATitle(t *testing.T) {
	for _, title := range []string{"The Last Summer", "The Current War", "Last Chance"} {
		for _, r := range english(t).Readings(title) {
			if !r.Plain() {
				t.Errorf("%q is also read as %s", title, shown(r))
			}
		}
	}
}

// TestNothingIsAskedForByJustAlone: what is said before "play" belongs to the title where nothing is asked for.
func TestNothingIsAskedForByJustAlone(t *testing.T) {
	for _, title := range []string{"Just in Time", "Now You See Me", "OK Computer", "Then Came You"} {
		if r := english(t).Readings(title); len(r) != 1 || r[0].Title != title {
			t.Errorf("%q is read as %+v", title, r)
		}
	}
}
