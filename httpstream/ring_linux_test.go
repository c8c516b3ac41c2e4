package httpstream

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"testing"

	"localcast/bridge/media"
)

// mounted is a shelf of which one film lies on a FUSE mount.
func mounted(t *testing.T) (*shelf, *fuseMount, media.Item) {
	t.Helper()
	m := mountFUSE(t)
	files := newShelf(t)
	item := files.put(t, media.Item{ID: film, Path: "nas/film.mp4"}, nil)
	if err := os.Remove(files.path(film)); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(m.path(), files.path(film)); err != nil {
		t.Fatal(err)
	}
	return files, m, item
}

func TestAFilmOnAFUSEMount(t *testing.T) {
	content := megabytes(20)
	files, mount, item := mounted(t)
	local := files.put(t, media.Item{ID: "bbbbbbbbbb", Path: "disk/film.mp4"}, content)
	s := start(t, Config{MaxStreams: 8}, files)
	url := mediaURL(t, s, item)

	if resp, body := get(t, url); resp.StatusCode != 200 || !bytes.Equal(body, content) {
		t.Errorf("the whole: %s, %d bytes", resp.Status, len(body))
	}
	resp, body := ask(t, "GET", url, "Range", "bytes=10-1000009,2000000-2999999")
	if got := parts(t, resp, body); len(got) != 2 || !bytes.Equal(got[0], content[10:1_000_010]) || !bytes.Equal(got[1], content[2_000_000:3_000_000]) {
		t.Errorf("two ranges: %s, %d parts", resp.Status, len(got))
	}

	film := stall(t, url, 1)
	mount.stall(t)
	type result struct {
		rest []byte
		err  error
	}
	stalled := make(chan result, 1)
	go func() { rest, err := io.ReadAll(film); stalled <- result{rest, err} }()
	mount.hangs(t) // the stream hangs
	if resp, body := get(t, mediaURL(t, s, local)); resp.StatusCode != 200 || !bytes.Equal(body, content) {
		t.Errorf("a film elsewhere, meanwhile: %s, %d bytes", resp.Status, len(body))
	}
	if resp, _ := get(t, s.StreamURL()+"/healthz"); resp.StatusCode != 200 {
		t.Errorf("health, meanwhile: %s", resp.Status)
	}
	mount.resume()
	if r := <-stalled; r.err != nil || !bytes.Equal(r.rest, content[1:]) {
		t.Errorf("once the disk is back: %d bytes, %v", len(r.rest), r.err)
	}
}

func TestAMountThatDiesEndsItsStreams(t *testing.T) {
	files, mount, item := mounted(t)
	s := start(t, Config{}, files)
	body := stall(t, mediaURL(t, s, item), 1<<20)
	mount.stall(t)
	got := make(chan error, 1)
	go func() { _, err := io.Copy(io.Discard, body); got <- err }()
	mount.hangs(t)
	mount.kill()
	if err := <-got; err == nil {
		t.Error("the stream ended as if it were whole")
	}
	s.guard.running.Wait()
	if resp, _ := get(t, mediaURL(t, s, item)); resp.StatusCode < 400 {
		t.Errorf("a dead mount: %s", resp.Status)
	}
}

// TestAMountThatHangsIsGivenUp has clients come and go until nobody else is made to wait.
func TestAMountThatHangsIsGivenUp(t *testing.T) {
	content := megabytes(20)
	files, mount, item := mounted(t)
	local := files.put(t, media.Item{ID: "bbbbbbbbbb", Path: "disk/film.mp4"}, content)
	s, err := New(Config{Listen: "127.0.0.1:0", DataDir: t.TempDir()}, files, discard())
	if err != nil {
		t.Fatal(err)
	}
	s.guard.lateAfter = 1 // which a call that hangs exceeds, and none that ends
	run(t, s)
	url := mediaURL(t, s, item)
	mount.stall(t)
	for range maxStuck {
		ctx, cancel := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			if resp, err := client(t).Do(r); err == nil {
				resp.Body.Close()
			}
		}()
		mount.hangs(t)
		cancel()
		<-gone
	}
	await(t, "the folder is given up", func() bool { return s.guard.refuses("nas") })
	await(t, "no stream is under way", func() bool { return s.Streams().Active == 0 })
	resp, _ := ask(t, "HEAD", url)
	if resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" {
		t.Errorf("one more: %s, %v", resp.Status, resp.Header)
	}
	if resp, body := get(t, mediaURL(t, s, local)); resp.StatusCode != 200 || !bytes.Equal(body, content) {
		t.Errorf("another folder: %s, %d bytes", resp.Status, len(body))
	}
	mount.resume()
	await(t, "the folder is taken up again", func() bool { return !s.guard.refuses("nas") })
	if resp, body := get(t, url); resp.StatusCode != 200 || !bytes.Equal(body, content) {
		t.Errorf("once the disk is back: %s, %d bytes", resp.Status, len(body))
	}
}

// parts returns what a multipart answer holds.
func parts(t *testing.T, resp *http.Response, body []byte) (out [][]byte) {
	t.Helper()
	_, params, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	for r := multipart.NewReader(bytes.NewReader(body), params["boundary"]); ; {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(p)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b)
	}
}
