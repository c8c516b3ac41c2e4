package httpstream

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/jpeg"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"localcast/bridge/media"
)

func TestAFrameStandsForAFilmWithoutAPicture(t *testing.T) {
	frame := encode(t, "jpeg", quarters(640, 360))
	for _, row := range []struct {
		about  string
		covers [][]byte
		frame  []byte
		err    error
		w, h   int
		taken  int64 // frames, though it is asked for three times
	}{
		{"no picture", nil, frame, nil, 320, 180, 1},
		{"a broken picture", [][]byte{[]byte("broken")}, frame, nil, 320, 180, 1},
		{"a picture behind a broken one", [][]byte{[]byte("broken"), encode(t, "png", quarters(100, 100))}, frame, nil, 100, 100, 0},
		{"no frame", nil, nil, fmt.Errorf("no frame: %w", media.ErrNoItem), 320, 320, 1},
		{"a broken frame", nil, []byte("broken"), nil, 320, 320, 1},
		{"a frame that takes too long", nil, nil, context.DeadlineExceeded, 320, 320, 1},
		{"a frame on a disk that fails: it is tried again", nil, nil, errors.New("the disk fails"), 320, 320, 3},
	} {
		t.Run(row.about, func(t *testing.T) {
			files := newShelf(t)
			item := files.put(t, media.Item{ID: film, HasArtwork: true}, nil)
			var taken atomic.Int64
			files.covers[film] = row.covers
			files.frame = func(context.Context) ([]byte, error) { taken.Add(1); return row.frame, row.err }
			s := start(t, Config{}, files)
			for range 3 {
				resp, body := get(t, s.Artwork(item, "")+"?w=320")
				c, err := jpeg.DecodeConfig(bytes.NewReader(body))
				if err != nil || resp.StatusCode != 200 || c.Width != row.w || c.Height != row.h {
					t.Errorf("%s, %d x %d, want %d x %d, %v", resp.Status, c.Width, c.Height, row.w, row.h, err)
				}
				if cache := resp.Header.Get("Cache-Control"); cache != "public, max-age=3600" {
					t.Errorf("Cache-Control is %s", cache)
				}
			}
			if n := taken.Load(); n != row.taken {
				t.Errorf("%d frames were taken, want %d", n, row.taken)
			}
		})
	}
}

// ask asks in memory for a whole answer.
func (p pipes) ask(t *testing.T, path string) (resp *http.Response, body []byte) {
	c := p.dial()
	defer c.Close()
	if _, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Error(err)
		return &http.Response{}, nil
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Error(err)
		return &http.Response{}, nil
	}
	body, err = io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	return resp, body
}

// TestAFrameThatTakesLong: who waited in vain gets the neutral picture and may ask again; the frame is made meanwhile, one at
// a time, and pictures that are there are served beside.
func TestAFrameThatTakesLong(t *testing.T) {
	frame := encode(t, "jpeg", quarters(64, 36))
	const takes = 15 * time.Second
	synctest.Test(t, func(t *testing.T) {
		var making, most, made atomic.Int64
		s, p := startInMemory(t, library{
			cover: func(context.Context) error { return nil },
			frame: func(ctx context.Context) ([]byte, error) {
				most.Store(max(most.Load(), making.Add(1)))
				defer making.Add(-1)
				select {
				case <-time.After(takes):
					made.Add(1)
					return frame, nil
				case <-ctx.Done():
					return nil, ctx.Err()
				}
			},
		})
		path := func(id media.ID) string {
			return strings.TrimPrefix(s.Artwork(media.Item{ID: id, HasArtwork: true}, ""), s.StreamURL()) + "?w=16"
		}
		began := time.Now()
		var all sync.WaitGroup
		for _, id := range []media.ID{"aaaaaaaaaa", "bbbbbbbbbb"} {
			all.Go(func() {
				resp, body := p.ask(t, path(id))
				if c, err := jpeg.DecodeConfig(bytes.NewReader(body)); err != nil || c.Height != 16 || resp.Header.Get("Cache-Control") != "no-store" {
					t.Errorf("%s: %v, %d high, %v, want the neutral picture", id, resp.Header, c.Height, err)
				}
			})
		}
		all.Wait()
		if waited := time.Since(began); waited != artworkTimeout {
			t.Errorf("the answers came after %v, want %v", waited, artworkTimeout)
		}
		<-time.After(takes - artworkTimeout + time.Second)
		var ready int
		for _, id := range []media.ID{"aaaaaaaaaa", "bbbbbbbbbb"} {
			_, body := p.ask(t, path(id))
			if c, err := jpeg.DecodeConfig(bytes.NewReader(body)); err == nil && c.Height == 9 {
				ready++
			}
		}
		if ready != 1 || most.Load() != 1 {
			t.Errorf("%d frames are ready, at most %d were made at a time", ready, most.Load())
		}
	})
}

// TestAFrameUnderWayEndsWithTheServer: goleak and the bubble see to it that nothing is left.
func TestAFrameUnderWayEndsWithTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := startInMemory(t, library{
			cover: func(context.Context) error { return nil },
			frame: func(ctx context.Context) ([]byte, error) { <-ctx.Done(); return nil, ctx.Err() },
		})
		path := strings.TrimPrefix(s.Artwork(media.Item{ID: film, HasArtwork: true}, ""), s.StreamURL()) + "?w=16"
		p.ask(t, path)
	})
}

// TestAPictureOnADiskThatHangs: the neutral one stands in, and is not to be kept.
func TestAPictureOnADiskThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := startInMemory(t, library{cover: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }})
		path := strings.TrimPrefix(s.Artwork(media.Item{ID: film, HasArtwork: true}, ""), s.StreamURL()) + "?w=16"
		resp, body := p.ask(t, path)
		if !bytes.Equal(body, neutralJPEG(16)) || resp.StatusCode != http.StatusOK || resp.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s, %v, %d bytes", resp.Status, resp.Header, len(body))
		}
	})
}
