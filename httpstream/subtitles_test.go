package httpstream

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"localcast/bridge/media"
)

// ReadSubtitle gives what a test has put beside an item.
func (s *shelf) ReadSubtitle(_ context.Context, id media.ID, track int) ([]byte, media.Subtitle, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	texts := s.texts[id]
	if track < 1 || track > len(texts) {
		return nil, media.Subtitle{}, fmt.Errorf("subtitles %d of %q: %w", track, id, media.ErrNoItem)
	}
	return []byte(texts[track-1]), media.Subtitle{Track: track, Language: "de", Name: "German"}, nil
}

// write puts texts beside an item.
func (s *shelf) write(id media.ID, texts ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.texts = map[media.ID][]string{id: texts}
}

func subtitlesURL(t testing.TB, s *Server, item media.Item, track int) string {
	t.Helper()
	u, err := s.Subtitles(item, track, "kitchen", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestSubtitlesAreServedAsWebVTT(t *testing.T) {
	files := newShelf(t)
	s := start(t, Config{}, files)
	item := files.put(t, media.Item{ID: film, Path: "films/Heat (1995).mkv", Duration: 60}, nil)
	files.write(film, "1\n00:00:01,000 --> 00:00:02,000\nViele Gr\xfc\xdfe aus der Ferne\n", "no subtitles", "WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n")
	for track, want := range []string{"WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nViele Grüße aus der Ferne\n\n", noText, "WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n"} {
		url := subtitlesURL(t, s, item, track+1)
		if !strings.HasSuffix(url, "/Heat%20%281995%29.vtt") {
			t.Errorf("the address is %s", url)
		}
		for range 2 { // made, and kept
			resp, body := ask(t, http.MethodGet, url, "Origin", "https://www.gstatic.com", "Range", "bytes=0-")
			if resp.StatusCode != http.StatusOK || string(body) != want {
				t.Errorf("track %d: %s, %q", track+1, resp.Status, body)
			}
			for field, value := range map[string]string{"Content-Type": "text/vtt; charset=utf-8", "Access-Control-Allow-Origin": "*"} {
				if got := resp.Header.Get(field); got != value {
					t.Errorf("%s is %q", field, got)
				}
			}
			if again, _ := ask(t, http.MethodGet, url, "If-None-Match", resp.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
				t.Errorf("asked for again: %s", again.Status)
			}
			if other, _ := ask(t, http.MethodGet, url, "If-Match", `"x"`); other.StatusCode != http.StatusPreconditionFailed {
				t.Errorf("another is meant: %s", other.Status)
			}
		}
	}
}

// TestMendedSubtitles: what is kept of a file is not served for another content of it.
func TestMendedSubtitles(t *testing.T) {
	files := newShelf(t)
	s := start(t, Config{}, files)
	item := files.put(t, media.Item{ID: film}, nil)
	for _, word := range []string{"wrong", "right"} {
		files.write(film, "1\n00:00:01,000 --> 00:00:02,000\n"+word+"\n")
		if _, body := get(t, subtitlesURL(t, s, item, 1)); !strings.Contains(string(body), word) {
			t.Errorf("%q, want %s", body, word)
		}
	}
}

func TestWhoMayReadSubtitles(t *testing.T) {
	files := newShelf(t)
	s := start(t, Config{}, files)
	item := files.put(t, media.Item{ID: film}, nil)
	files.write(film, "WEBVTT\n")
	good := subtitlesURL(t, s, item, 1)
	later := s.now().Add(unknownDuration*2 + 26*time.Hour)
	for url, want := range map[string]int{
		good:                                        200,
		subtitlesURL(t, s, item, 2):                 404,
		strings.Replace(good, ".1.", ".2.", 1):      403,
		good[:strings.LastIndexByte(good, '/')]:     403,
		strings.Replace(good, "/subs/", "/m/", 1):   403,
		strings.Replace(good, "/subs/", "/art/", 1): 403,
	} {
		if resp, _ := get(t, url); resp.StatusCode != want {
			t.Errorf("GET %s: %s, want %d", url, resp.Status, want)
		}
	}
	expired := start(t, Config{DataDir: s.config.DataDir}, files)
	expired.now = func() time.Time { return later }
	url := strings.Replace(good, s.Addr().String(), expired.Addr().String(), 1)
	if resp, _ := get(t, url); resp.StatusCode != http.StatusForbidden {
		t.Errorf("an expired one: %s", resp.Status)
	}
}

func (l library) ReadSubtitle(ctx context.Context, _ media.ID, _ int) ([]byte, media.Subtitle, error) {
	return nil, media.Subtitle{}, l.open(ctx)
}

func TestSubtitlesThatCannotBeRead(t *testing.T) {
	for _, row := range []struct {
		about  string
		open   func(ctx context.Context) error
		status int
	}{
		{"gone", func(context.Context) error { return fmt.Errorf("open: %w", media.ErrNoItem) }, 404},
		{"forbidden by the system", func(context.Context) error { return os.ErrPermission }, 500},
		{"on a disk that hangs", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, 503},
	} {
		t.Run(row.about, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, p := startInMemory(t, library{open: row.open})
				path := strings.TrimPrefix(subtitlesURL(t, s, media.Item{ID: film}, 1), s.StreamURL())
				if status, _ := request(t, p, path); status != row.status {
					t.Errorf("%d, want %d", status, row.status)
				}
			})
		})
	}
}
