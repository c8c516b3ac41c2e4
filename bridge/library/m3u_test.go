package library

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"localcast/bridge/media"
)

func TestPlaylistFiles(t *testing.T) {
	base := t.TempDir()
	s := newShelf(t, Config{Folders: []string{filepath.Join(base, "media"), filepath.Join(base, "more")}},
		"ABBA/01 Waterloo.wav", "ABBA/02 Fernando.wav", "Queen/Bohemian.wav", "lists/Ä.wav", "../more/x.wav", "../outside/y.wav", "films/Heat (1995).mp4")
	s.put("lists/Party.m3u8", []byte("\xef\xbb\xbf#EXTM3U\r\n#EXTINF:123,ABBA - Waterloo\r\n../ABBA/01 Waterloo.wav\r\n\r\n# a note\r\n"+
		"..\\Queen\\Bohemian.wav\r\n#EXTINF:-1 tvg-id=\"x\",Radio One\r\nhttp://radio.example/stream\r\nhttps://x.example/clip.mp4\r\n"+
		"Ä.wav\r\n../films/Heat (1995).mp4\r\n../nothing.wav\r\n../../outside/y.wav\r\nC:\\Music\\z.wav\r\n"+
		s.path("ABBA/02 Fernando.wav")+"\r\nfile://"+strings.ReplaceAll(s.path("../more/x.wav"), " ", "%20")+"\r\n../ABBA/01 Waterloo.wav\r\n"))
	s.put("lists/old.m3u", []byte("\xc4.wav\r../ABBA/02 Fernando.wav\r"))
	s.put("films/stream.m3u8", []byte("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:9,\nseg0.ts\n"))
	s.put("empty.m3u", []byte("#EXTM3U\n"))
	s.scan()
	items := func(id media.ID, limit int) string {
		t.Helper()
		found, err := s.lib.Items(t.Context(), id, limit)
		s.do(err)
		var out []string
		for _, it := range found {
			if it.URL != "" {
				out = append(out, fmt.Sprintf("%s %s %s %s", it.Kind, it.Title, it.ContentType, it.URL))
			} else {
				out = append(out, it.Path)
			}
		}
		return strings.Join(out, "\n")
	}
	party := s.finds("party", media.Playlist)
	const want = "media/ABBA/01 Waterloo.wav\nmedia/Queen/Bohemian.wav\ntrack Radio One audio/mpeg http://radio.example/stream\n" +
		"video clip.mp4 video/mp4 https://x.example/clip.mp4\nmedia/lists/Ä.wav\nmedia/films/Heat (1995).mp4\nmedia/ABBA/02 Fernando.wav\nmore/x.wav\nmedia/ABBA/01 Waterloo.wav"
	if got := items(party.ID, 100); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := items(party.ID, 2); got != "media/ABBA/01 Waterloo.wav\nmedia/Queen/Bohemian.wav" {
		t.Errorf("the first two are\n%s", got)
	}
	if got := items(s.finds("old", media.Playlist).ID, 100); got != "media/lists/Ä.wav\nmedia/ABBA/02 Fernando.wav" {
		t.Errorf("in Latin-1, with the ends of lines of old Macs:\n%s", got)
	}
	l, err := s.lib.Browse(t.Context(), party.ID, "", 1, 2)
	if err != nil || l.Total != 9 || len(l.Results) != 2 || l.Results[0].Path != "media/Queen/Bohemian.wav" || l.Of.Title != "Party" {
		t.Errorf("browsed %+v, %v", l, err)
	}
	if n := s.lib.Status().Counts.Playlists; n != 3 {
		t.Errorf("%d playlists", n)
	}
	if found := s.search(media.Query{Text: "stream"}); len(found) > 0 {
		t.Errorf("a stream's playlist is found: %+v", found)
	}
	if strings.Contains(s.log.String(), "WARN") {
		t.Errorf("warnings:\n%s", s.log.String())
	}

	// What is gone is left out; a list that changes or moves stays the same item.
	s.remove("Queen")
	s.put("lists/Party.m3u8", []byte("../Queen/Bohemian.wav\n../ABBA/02 Fernando.wav\n"))
	s.scan()
	if got := items(party.ID, 100); got != "media/ABBA/02 Fernando.wav" {
		t.Errorf("after the change\n%s", got)
	}
	s.move("lists/Party.m3u8", "ABBA/Party.m3u8")
	s.scan()
	s.put("ABBA/Party.m3u8", []byte("02 Fernando.wav\n"))
	s.scan()
	if got := items(party.ID, 100); got != "media/ABBA/02 Fernando.wav" {
		t.Errorf("after the move\n%s", got)
	}
	s.remove("ABBA/Party.m3u8")
	s.scan()
	if _, err := s.lib.Items(t.Context(), party.ID, 10); !errors.Is(err, media.ErrNoItem) {
		t.Errorf("a playlist that is gone: %v", err)
	}
}

func TestPlaylistFilesAreBounded(t *testing.T) {
	list, err := parseList([]byte(strings.Repeat("a.wav\n", longestList+5)))
	if len(list) != longestList || err == nil {
		t.Errorf("%d entries, %v", len(list), err)
	}
	list, err = parseList([]byte("#EXTINF:1e400," + strings.Repeat("x", 5000) + "\n" + strings.Repeat("y", 5000) + "\nb.wav\n#EXTINF:NaN,"))
	if err != nil || len(list) != 1 || len(list[0].title) > 512 {
		t.Errorf("%d entries, %v", len(list), err)
	}
}

func FuzzParseList(f *testing.F) {
	f.Add([]byte("#EXTM3U\n#EXTINF:123,A - B\na.wav\n"))
	f.Add([]byte("\xff\xfea\x00\n\x00"))
	f.Add([]byte("#EXT-X-TARGETDURATION:10"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, _ := parseList(data)
		for _, e := range list {
			if e.where == "" || !(e.duration >= 0 && e.duration < 1e6) || len(e.title) > 512 {
				t.Errorf("%+v", e)
			}
		}
	})
}
