package library

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"localcast/bridge/media"
)

// tracks tells the text tracks of an item: "1 en English".
func (s *shelf) tracks(path string) string {
	s.t.Helper()
	found, err := s.lib.Subtitles(s.t.Context(), s.ids()["media/"+path])
	s.do(err)
	var out []string
	for _, t := range found {
		out = append(out, fmt.Sprintf("%d %s %s", t.Track, t.Language, t.Name))
	}
	return strings.Join(out, ", ")
}

func TestSubtitlesBesideFilms(t *testing.T) {
	rows := []struct{ about, film, want string }{
		{"none", "plain/a.mp4", ""},
		{"by language and flag", "films/Heat (1995).mp4", "4 de German, 2 en English, 3 en English (SDH), 1 en English (forced), 5  Subtitles"},
		{"another film's", "films/Heat 2.mkv", "1 fr French"},
		{"in a folder beside the only film", "alone/Film.mp4", "2 en English, 3 es Spanish, 1  Subtitles"},
		{"named by language only", "alone2/Film.mp4", ""},
		{"in a folder beside episodes, each in one of its own", "show/Show S01E01.mkv", "1 en English, 2 en English 2"},
		{"in a folder beside episodes, by their names", "show/Show S01E02.mkv", "1 en English"},
		{"of one language in two forms", "two/a.mp4", "1 en English, 2 en English 2"},
	}
	s := newShelf(t, Config{}, "plain/a.mp4", "films/Heat (1995).mp4", "films/Heat 2.mkv", "alone/Film.mp4", "alone2/Film.mp4",
		"show/Show S01E01.mkv", "show/Show S01E02.mkv", "two/a.mp4")
	for _, name := range []string{"films/Heat (1995).en.forced.srt", "films/Heat (1995).en.srt", "films/Heat (1995).eng.sdh.SRT",
		"films/Heat (1995).ger.ass", "films/Heat (1995).srt", "films/Heat 2.fr.vtt", "films/Heat (1995).idx", "films/Other.en.srt",
		"alone/Film.srt", "alone/Subs/2_English.srt", "alone/Subs/Film.spa.srt", "alone/Subs/notes.txt", "alone2/en.txt",
		"show/Subs/Show S01E01/2_eng.srt", "show/Subs/Show S01E01/3_English.srt", "show/Subs/Show S01E02.en.srt", "show/Subs/2_German.srt",
		"two/a.en.ass", "two/a.en.srt"} {
		s.put(name, []byte(name))
	}
	s.scan()
	for _, row := range rows {
		if got := s.tracks(row.film); got != row.want {
			t.Errorf("%s: %s has %q, want %q", row.about, row.film, got, row.want)
		}
	}
}

func TestSubtitlesAreRead(t *testing.T) {
	s := newShelf(t, Config{}, "a.mp4")
	s.put("a.de.srt", []byte("content"))
	s.scan()
	id := s.ids()["media/a.mp4"]
	data, about, err := s.lib.ReadSubtitle(t.Context(), id, 1)
	if err != nil || string(data) != "content" || about.Language != "de" {
		t.Errorf("%q, %+v, %v", data, about, err)
	}
	s.put("a.de.srt", make([]byte, maxSubtitle+1))
	_, _, large := s.lib.ReadSubtitle(t.Context(), id, 1)
	s.remove("a.de.srt")
	_, _, gone := s.lib.ReadSubtitle(t.Context(), id, 1)
	_, _, other := s.lib.ReadSubtitle(t.Context(), id, 2)
	_, _, nothing := s.lib.ReadSubtitle(t.Context(), "zzzzzzzzzz", 1)
	_, unknown := s.lib.Subtitles(t.Context(), "zzzzzzzzzz")
	for what, err := range map[string]error{"a file that is too large": large, "a file that is gone": gone, "another track": other, "no item": nothing, "tracks of no item": unknown} {
		if !errors.Is(err, media.ErrNoItem) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestTracksKeepTheirNumbers: an address that names a track means the same file, whatever came or went.
func TestTracksKeepTheirNumbers(t *testing.T) {
	s := newShelf(t, Config{}, "a.mp4")
	id := func() media.ID { return s.ids()["media/a.mp4"] }
	s.put("a.en.srt", []byte("x"))
	s.put("a.fr.srt", []byte("x"))
	s.scan()
	first := id()
	for _, step := range []struct {
		does func()
		want string
	}{
		{func() {}, "1 en English, 2 fr French"},
		{func() { s.put("a.de.srt", []byte("x")) }, "3 de German, 1 en English, 2 fr French"},
		{func() { s.remove("a.en.srt") }, "3 de German, 2 fr French"},
		{func() { s.put("a.cs.srt", []byte("x")) }, "4 cs Czech, 3 de German, 2 fr French"},
		{func() { s.put("Subs/2_Italian.srt", []byte("x")) }, "4 cs Czech, 3 de German, 2 fr French, 5 it Italian"},
		{func() { s.put("Subs/3_Swedish.srt", []byte("x")) }, "4 cs Czech, 3 de German, 2 fr French, 5 it Italian, 6 sv Swedish"},
		{func() { s.remove("Subs") }, "4 cs Czech, 3 de German, 2 fr French"},
	} {
		step.does()
		s.pass(shallow)
		if got := s.tracks("a.mp4"); got != step.want {
			t.Errorf("%q, want %q", got, step.want)
		}
	}
	if id() != first {
		t.Errorf("the film has another id")
	}
}

func TestColumnOfSidecars(t *testing.T) {
	column := writeSidecars("", []string{"b c.srt", "Subs/d\n.srt"})
	if got := fmt.Sprint(readSidecars(column)); got != "[{1 b c.srt} {2 Subs/d\n.srt}]" {
		t.Errorf("%s", got)
	}
	if again := writeSidecars(column, []string{"b c.srt", "Subs/d\n.srt"}); again != column {
		t.Errorf("%q became %q", column, again)
	}
	if got := fmt.Sprint(readSidecars("damaged\x00x y\x00 \x003 c")); got != "[{3 c}]" {
		t.Errorf("%s", got)
	}
}
