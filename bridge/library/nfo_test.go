package library

import (
	"os"
	"testing"
	"time"

	"localcast/bridge/media"
)

func (s *shelf) finds(text string, kind media.Kind) media.Item {
	s.t.Helper()
	found := s.search(media.Query{Text: text, Kinds: []media.Kind{kind}})
	if len(found) == 0 {
		s.t.Fatalf("no %s %q\n%s", kind, text, s.log.String())
	}
	return found[0]
}

func TestNFOFiles(t *testing.T) {
	s := newShelf(t, Config{}, "films/a/xyz.mp4", "films/b/heat-1080p.mp4", "films/c/one.mp4", "films/c/two.mp4", "tv/bl/Season 1/s01e01.mkv", "tv/bl/Season 1/s01e02.mkv", "tv/other/Other S01E01.mkv")
	s.put("films/a/movie.nfo", []byte("<movie><title>Alien</title><year>1979</year><genre>Horror</genre></movie>"))
	s.put("films/b/heat-1080p.nfo", []byte("<movie><title>Heat</title><year>1995</year></movie>"))
	s.put("films/c/movie.nfo", []byte("<movie><title>Neither</title></movie>")) // of which of the two?
	s.put("tv/bl/tvshow.nfo", []byte("<tvshow><title>Bluey</title><year>2018</year></tvshow>"))
	s.put("tv/bl/Season 1/s01e02.nfo", []byte("<episodedetails><title>Hospital</title></episodedetails>"))
	s.scan()
	if it := s.finds("alien", media.Movie); it.Path != "media/films/a/xyz.mp4" || it.Year != 1979 || it.Subtitle != "1979" || it.Genre != "Horror" {
		t.Errorf("%+v", it)
	}
	if it := s.finds("heat", media.Movie); it.Title != "Heat" || it.Year != 1995 {
		t.Errorf("%+v", it)
	}
	if found := s.search(media.Query{Text: "neither"}); found != nil {
		t.Errorf("found %+v", found)
	}
	if it := s.finds("bluey hospital", media.Episode); it.Show != "Bluey" || it.Subtitle != "S01E02 Hospital" {
		t.Errorf("%+v", it)
	}
	shows := s.search(media.Query{Text: "bluey", Kinds: []media.Kind{media.Show}})
	if len(shows) != 1 || shows[0].Year != 2018 {
		t.Errorf("shows %+v", shows)
	}
	before := s.ids()

	// What comes, changes and goes later is noticed, and only the ids stay.
	s.put("films/c/one.nfo", []byte("<movie><title>Ronin</title></movie>"))
	s.put("tv/bl/Season 1/s01e01.nfo", []byte("<episodedetails><title>Magic</title></episodedetails>"))
	s.put("tv/bl/tvshow.nfo", []byte("<tvshow><title>Blaui</title></tvshow>"))
	s.remove("films/b/heat-1080p.nfo")
	s.scan()
	s.finds("ronin", media.Movie)
	if it := s.finds("blaui magic", media.Episode); it.Show != "Blaui" || it.Subtitle != "S01E01 Magic" {
		t.Errorf("%+v", it)
	}
	if it := s.finds("blaui hospital", media.Episode); it.Show != "Blaui" {
		t.Errorf("%+v", it)
	}
	s.finds("other", media.Show)
	s.remove("tv/bl/tvshow.nfo")
	s.pass(shallow)
	if it := s.finds("bl hospital", media.Episode); it.Show != "bl" {
		t.Errorf("%+v", it)
	}
	s.sameIDs(before)
	if len(s.ids()) != len(before) {
		t.Errorf("there are %s", s.paths())
	}
}

func TestNFOOfAShowCountsWhereOneFolderIsLookedAt(t *testing.T) {
	s := newShelf(t, Config{}, "tv/bl/Season 1/s01e01.mkv")
	s.put("tv/bl/tvshow.nfo", []byte("<tvshow><title>Bluey</title></tvshow>"))
	s.scan()
	s.write("tv/bl/Season 1/s01e02.mkv")
	s.lib.pass(t.Context(), []target{{s.lib.folders[0], "tv/bl/Season 1"}}, here, false)
	for _, e := range s.search(media.Query{Text: "bluey", Kinds: []media.Kind{media.Episode}}) {
		if e.Show != "Bluey" {
			t.Errorf("%+v", e)
		}
	}
	if n := len(s.search(media.Query{Text: "bluey", Kinds: []media.Kind{media.Episode}})); n != 2 {
		t.Errorf("%d episodes of it", n)
	}
}

func TestNFOThatIsBeingWritten(t *testing.T) {
	s := newShelf(t, Config{}, "films/a/xyz.mp4")
	s.lib.pace.settle = time.Hour
	s.do(os.WriteFile(s.path("films/a/xyz.nfo"), []byte("<movie><title>Al"), 0o644))
	s.scan()
	if len(s.lib.unsettled) != 1 {
		t.Errorf("to be looked at again: %v", s.lib.unsettled)
	}
}
