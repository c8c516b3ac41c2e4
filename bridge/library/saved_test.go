package library

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"localcast/bridge/media"
)

// playlists are the titles of the playlists that a search finds, sorted.
func (s *shelf) playlists(words string) string {
	s.t.Helper()
	var out []string
	for _, it := range s.search(media.Query{Text: words, Kinds: []media.Kind{media.Playlist}, Limit: 10}) {
		out = append(out, it.Title)
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// settled waits until the index knows what was shelved.
func (s *shelf) settled() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second)
	defer cancel()
	s.do(s.lib.Settled(ctx))
}

func TestSavedPlaylistsAreFound(t *testing.T) {
	s := newShelf(t, Config{}, "a.wav", "b.wav")
	party, rain := media.NamedList{ID: "partyaaaaa", Name: "Saturday Party"}, media.NamedList{ID: "rainyaaaaa", Name: "Rainy Party"}
	s.lib.Shelve([]media.NamedList{party}) // before it runs, as at the start of the program
	defer s.start()()
	s.awaitPaths("a.wav, b.wav")
	s.settled()
	if got := s.playlists("party"); got != "Saturday Party" {
		t.Errorf("found %q", got)
	}

	s.lib.Shelve([]media.NamedList{rain, party})
	s.settled()
	if got := s.playlists("party"); got != "Rainy Party, Saturday Party" {
		t.Errorf("found %q", got)
	}
	if it, err := s.lib.Item(t.Context(), party.ID); err != nil || it.Kind != media.Playlist || it.Title != party.Name || !s.lib.Has(party.ID) {
		t.Errorf("the item is %+v, %v", it, err)
	}
	if n := s.lib.Status().Counts.Playlists; n != 2 {
		t.Errorf("the status counts %d", n)
	}
	if got := s.browse("Playlists"); got != "Rainy Party, Saturday Party" {
		t.Errorf("browse lists %q", got)
	}
	if lists, err := s.lib.Playlists(t.Context()); err != nil || len(lists) != 0 {
		t.Errorf("%v, %v are said to be files", lists, err)
	}

	s.lib.Shelve([]media.NamedList{rain})
	if got := s.playlists("party"); got != "Rainy Party" { // at once, whatever the index knows
		t.Errorf("found %q", got)
	}
	if _, err := s.lib.Item(t.Context(), party.ID); !errors.Is(err, media.ErrNoItem) {
		t.Errorf("it is still there: %v", err)
	}
	s.settled()
	if n := s.lib.Status().Counts.Playlists; n != 1 {
		t.Errorf("the status counts %d", n)
	}
}

// browse lists the titles in the folder of a kind.
func (s *shelf) browse(title string) string {
	s.t.Helper()
	top, err := s.lib.Browse(s.t.Context(), "", "", 0, 100)
	s.do(err)
	i := slices.IndexFunc(top.Results, func(it media.Item) bool { return it.Title == title })
	if i < 0 {
		s.t.Fatalf("there is no folder %s", title)
	}
	l, err := s.lib.Browse(s.t.Context(), top.Results[i].ID, "", 0, 100)
	s.do(err)
	var out []string
	for _, it := range l.Results {
		out = append(out, it.Title)
	}
	return strings.Join(out, ", ")
}

func TestPlaylistsThatAreFilesAreListed(t *testing.T) {
	s := newShelf(t, Config{}, "a.wav", "b.wav")
	s.put("Road.m3u", []byte("a.wav\nb.wav\na.wav\n"))
	s.lib.Shelve([]media.NamedList{{ID: "partyaaaaa", Name: "Party", Length: 7}})
	s.scan()
	lists, err := s.lib.Playlists(t.Context())
	s.do(err)
	if len(lists) != 1 || lists[0].Name != "Road" || lists[0].Length != 3 || !s.lib.Has(lists[0].ID) {
		t.Errorf("they are %+v", lists)
	}
	if got := s.browse("Playlists"); got != "Road, Party" {
		t.Errorf("browse lists %q", got)
	}
	s.remove("Road.m3u")
	s.scan()
	if lists, err := s.lib.Playlists(t.Context()); err != nil || len(lists) != 0 {
		t.Errorf("once it is gone they are %+v, %v", lists, err)
	}
}

func TestSettledEndsWithItsContext(t *testing.T) {
	s := newShelf(t, Config{}, "a.wav")
	s.lib.Shelve([]media.NamedList{{ID: "partyaaaaa", Name: "Party"}})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.lib.Settled(ctx); !errors.Is(err, context.Canceled) { // nobody runs it
		t.Errorf("got %v", err)
	}
}

func TestLookup(t *testing.T) {
	s := newShelf(t, Config{}, "a.wav", "b.wav")
	s.scan()
	ids := s.ids()
	found, err := s.lib.Lookup(t.Context(), []media.ID{ids["media/b.wav"], "nothing", ids["media/a.wav"], ids["media/b.wav"]})
	s.do(err)
	if got := slices.Sorted(maps.Keys(found)); len(got) != 2 || found[ids["media/a.wav"]].Path != "media/a.wav" {
		t.Errorf("found %+v", found)
	}
	if !s.lib.Has(ids["media/a.wav"]) || s.lib.Has("nothing") {
		t.Error("what is there is not, or the other way round")
	}
}
