package store

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"localcast/bridge/media"
)

func TestUsesAreReplacedAndForgotten(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	film := media.Used{Item: "film", Path: "films/\xff.mp4", Size: 1 << 40, Use: media.Use{Position: 12.5, Plays: 2, LastAt: 1_700_000_000}}
	song := media.Used{Item: "song", Use: media.Use{Watched: true, Plays: 9}}
	expect := func(want ...media.Used) {
		t.Helper()
		s = reopen(t, s, dir)
		got, err := s.Uses(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(got, func(a, b media.Used) int { return cmp.Compare(a.Item, b.Item) })
		if !slices.Equal(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	note := func(durable bool, uses ...media.Used) {
		t.Helper()
		if err := s.SavePlays(t.Context(), uses, nil, durable); err != nil {
			t.Fatal(err)
		}
	}
	expect()
	note(true, film, song)
	expect(film, song)
	film.Use.Position = 99
	note(false, film)
	expect(film, song)
	if err := s.ForgetUses(t.Context(), []media.ID{"film", "never seen"}); err != nil {
		t.Fatal(err)
	}
	expect(song)
}

func TestPlaysAreWrittenWithoutASyncUnlessAsked(t *testing.T) {
	const normal, full = 1, 2
	s := openStore(t, t.TempDir())
	for _, want := range []int{normal, full} {
		if err := s.SavePlays(t.Context(), []media.Used{{Item: "film"}}, nil, want == full); err != nil {
			t.Fatal(err)
		}
		if got := synchronous(t, s); got != want {
			t.Errorf("committed with synchronous %d, want %d", got, want)
		}
	}
}

// plays reads all plays, as "device item seconds".
func plays(t *testing.T, s *Store, device string, offset, limit int) (total int, told []string) {
	t.Helper()
	total, page, err := s.Plays(t.Context(), device, offset, limit)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range page {
		told = append(told, fmt.Sprintf("%s %s %q %g", p.Device, p.Item, p.Title, p.Seconds))
	}
	return total, told
}

func TestPlays(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	at := func(n int) time.Time { return time.UnixMilli(1_700_000_000_123).Add(time.Duration(n) * time.Second) }
	add := func(plays ...media.Play) {
		t.Helper()
		if err := s.SavePlays(t.Context(), nil, plays, true); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(device string, offset, limit, total int, want ...string) {
		t.Helper()
		if n, got := plays(t, s, device, offset, limit); n != total || !slices.Equal(got, want) {
			t.Errorf("%q from %d: got %d %q, want %d %q", device, offset, n, got, total, want)
		}
	}
	expect("", 0, 10, 0)
	add(media.Play{Device: "den", Serial: 3, At: at(1), Item: "film", Title: "Film", Seconds: 10},
		media.Play{Device: "attic", Serial: 3, At: at(2), Title: "Radio", Seconds: 5})
	add(media.Play{Device: "den", Serial: 3, At: at(60), Item: "film", Title: "Film", Seconds: 2.5}) // the same, further on
	s = reopen(t, s, dir)
	expect("", 0, 10, 2, `attic  "Radio" 5`, `den film "Film" 12.5`)
	expect("", 1, 10, 2, `den film "Film" 12.5`)
	expect("", 0, 1, 2, `attic  "Radio" 5`)
	expect("den", 0, 10, 1, `den film "Film" 12.5`)
	expect("nowhere", 0, 10, 0)
	if _, page, err := s.Plays(t.Context(), "den", 0, 1); err != nil || !page[0].At.Equal(at(1)) || page[0].Serial != 3 {
		t.Errorf("it was played at %v as %d, %v", page[0].At, page[0].Serial, err)
	}
	add(media.Play{Device: "cellar", Serial: 3, At: at(3), Item: "song"})
	for _, to := range []string{"cellar", ""} { // takes the place of what is there; and is forgotten
		if err := s.MovePlays(t.Context(), map[string]string{"cellar": "attic", "": "den"}[to], to); err != nil {
			t.Fatal(err)
		}
	}
	expect("", 0, 10, 1, `cellar  "Radio" 5`)
}

func TestOnlyTheLatestPlaysAreKept(t *testing.T) {
	s := openStore(t, t.TempDir())
	var all []media.Play
	for n := range keptPlays + 20 {
		// All at one moment but the first, which is the latest.
		all = append(all, media.Play{Device: "den", Serial: uint64(n), At: time.UnixMilli(int64(1000 - min(n, 1))), Item: "x"})
	}
	if err := s.SavePlays(t.Context(), nil, all, true); err != nil {
		t.Fatal(err)
	}
	total, page, err := s.Plays(t.Context(), "", 0, keptPlays)
	if err != nil || total != keptPlays || page[0].Serial != 0 {
		t.Errorf("%d are kept, %v, the latest is %+v", total, err, page[0])
	}
}

func TestPlaylists(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	item := row(1, 1).Entry.Item
	radio := media.Item{Title: "Radio", URL: "http://192.0.2.1/radio", ContentType: "audio/mpeg"}
	keep := func(id media.ID, name string, items ...media.Item) {
		t.Helper()
		if err := s.SavePlaylist(t.Context(), id, name, items); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(want ...media.NamedList) {
		t.Helper()
		s = reopen(t, s, dir)
		got, err := s.Playlists(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(got, func(a, b media.NamedList) int { return cmp.Compare(a.ID, b.ID) })
		if !slices.Equal(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	holds := func(id media.ID, want ...media.Item) {
		t.Helper()
		if got, err := s.Playlist(t.Context(), id); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s holds %+v, %v; want %+v", id, got, err, want)
		}
	}
	expect()
	keep("a", "Party", item, radio, item)
	keep("b", "Quiet")
	expect(media.NamedList{ID: "a", Name: "Party", Length: 3}, media.NamedList{ID: "b", Name: "Quiet"})
	holds("a", item, radio, item)
	holds("b")
	holds("nothing")
	keep("a", "PARTY", radio)
	expect(media.NamedList{ID: "a", Name: "PARTY", Length: 1}, media.NamedList{ID: "b", Name: "Quiet"})
	holds("a", radio)
	for _, id := range []media.ID{"a", "nothing"} {
		if err := s.DeletePlaylist(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	expect(media.NamedList{ID: "b", Name: "Quiet"})
	holds("a")
	var left int
	if err := s.db.QueryRowContext(t.Context(), "SELECT count(*) FROM listed").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d rows are left of playlists that are gone, %v", left, err)
	}
}
