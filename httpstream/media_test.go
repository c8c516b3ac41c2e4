//go:build unix

package httpstream

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"localcast/bridge/media"
)

func TestAnItemIsFetchedByItsAddress(t *testing.T) {
	files := newShelf(t)
	content := bytes.Repeat([]byte("0123456789"), 100_000)
	item := files.put(t, media.Item{ID: film, Path: "films/A film?.mp4", ContentType: "video/mp4", Duration: 60}, content)
	s := start(t, Config{}, files)

	resp, body := ask(t, "GET", mediaURL(t, s, item), "Range", "bytes=700000-")
	if resp.StatusCode != 206 || !bytes.Equal(body, content[700_000:]) || resp.Header.Get("Content-Type") != "video/mp4" ||
		resp.Header.Get("Content-Range") != "bytes 700000-999999/1000000" {
		t.Errorf("got %s, %d bytes, %v", resp.Status, len(body), resp.Header)
	}
}

func TestWhatIsNotServed(t *testing.T) {
	files := newShelf(t)
	item := files.put(t, media.Item{ID: film, Path: "films/film.mp4"}, []byte("film"))
	gone := files.put(t, media.Item{ID: "bbbbbbbbbb"}, nil)
	pipe := files.put(t, media.Item{ID: "cccccccccc"}, nil)
	secret := files.put(t, media.Item{ID: "eeeeeeeeee"}, nil)
	s := start(t, Config{}, files)
	path := func(item media.Item) string { return strings.TrimPrefix(mediaURL(t, s, item), s.StreamURL()) }
	token := strings.Split(path(item), "/")[2]
	expired := s.signer.media(film, "peertag1", time.Now().Add(-time.Second))
	for _, i := range []media.Item{gone, pipe, secret} {
		if err := os.Remove(files.path(i.ID)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(files.path(pipe.ID), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(files.path(secret.ID), 0o700); err != nil {
		t.Fatal(err)
	}
	rows := []struct {
		about, path string
		status      int
	}{
		{"the item itself", path(item), 200},
		{"by another name", "/m/" + token + "/other.mkv", 200},
		{"without a token", "/m/film.mp4", 403},
		{"without anything", "/m/", 403},
		{"without a name", "/m/" + token, 403},
		{"with an empty name", "/m/" + token + "/", 403},
		{"with a folder for a name", "/m/" + token + "/a/b", 403},
		{"with a path that climbs", "/m/" + token + "/../../../etc/passwd", 403},
		{"with an escaped path that climbs", "/m/" + token + "/..%2f..%2fetc%2fpasswd", 403},
		{"with a path for a token", "/m/..%2f..%2fetc/passwd", 403},
		{"a zero byte", "/m/%00/film.mp4", 403},
		{"a forged token", "/m/" + strings.Replace(token, "abc", "abd", 1) + "/film.mp4", 403},
		{"a damaged token", "/m/" + token[:len(token)-1] + "/film.mp4", 403},
		{"an expired token", "/m/" + expired + "/film.mp4", 403},
		{"a token for media as one for artwork", "/art/" + token + "/film.jpg", 403},
		{"an item that was removed from the library", path(media.Item{ID: "dddddddddd"}), 404},
		{"an item whose file is gone", path(gone), 404},
		{"an item that has become a pipe", path(pipe), 404},
		{"an item that has become a folder", path(secret), 404},
		{"the root", "/", 404},
		{"a file of the system", "/etc/passwd", 404},
		{"a path that climbs", "/../../etc/passwd", 404},
		{"two slashes", "//m/" + token + "/film.mp4", 404},
		{"another case", "/M/" + token + "/film.mp4", 404},
		{"below health", "/healthz/x", 404},
	}
	for _, row := range rows {
		t.Run(row.about, func(t *testing.T) {
			if resp, _ := get(t, s.StreamURL()+row.path); resp.StatusCode != row.status {
				t.Errorf("GET %s: %s, want %d", row.path, resp.Status, row.status)
			}
		})
	}
}

func TestAPageMayReadEveryAnswer(t *testing.T) {
	files := newShelf(t)
	film := mediaURL(t, start(t, Config{}, files), files.put(t, media.Item{ID: film}, []byte("film")))
	base := film[:strings.Index(film, "/m/")]
	for _, row := range []struct{ method, url string }{
		{"GET", film}, {"HEAD", film}, {"OPTIONS", film}, {"POST", film}, {"GET", base + "/m/x/y"}, {"GET", base + "/nowhere"},
		{"GET", base + "/healthz"}, {"GET", base + "/metrics"}, {"GET", base + "/art/x/y"},
	} {
		resp, _ := ask(t, row.method, row.url, "Origin", "https://www.gstatic.com")
		if h := resp.Header; h.Get("Access-Control-Allow-Origin") != "*" ||
			h.Get("Access-Control-Expose-Headers") != "Content-Length, Content-Range, Accept-Ranges" {
			t.Errorf("%s %s: %v", row.method, row.url, h)
		}
	}
	resp, _ := ask(t, "OPTIONS", film, "Access-Control-Request-Headers", "range")
	if h := resp.Header; resp.StatusCode != 204 || h.Get("Access-Control-Allow-Methods") != "GET, HEAD, OPTIONS" ||
		h.Get("Access-Control-Allow-Headers") != "Content-Type, Accept-Encoding, Range" {
		t.Errorf("OPTIONS: %s, %v", resp.Status, h)
	}
}

// megabytes is a film that no buffer of the kernel swallows, and of which no two MiB are the same.
func megabytes(n int) []byte {
	content := bytes.Repeat([]byte("0123456789abcdef"), n<<16)
	for i := range n {
		content[i<<20] = byte(i)
	}
	return content
}

func TestAFileThatChangesEndsItsStream(t *testing.T) {
	const size = 48
	rows := []struct {
		about  string
		change func(path string) error
		// whole is true where the old content can still be sent to its end.
		whole bool
	}{
		{"truncated", func(path string) error { return os.Truncate(path, 8<<20) }, false},
		{"emptied", func(path string) error { return os.Truncate(path, 0) }, false},
		{"grown", func(path string) error { return os.Truncate(path, (size+1)<<20) }, false},
		{"written over in its place", func(path string) error {
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteAt([]byte("new"), 40<<20)
			return errors.Join(err, f.Close())
		}, false},
		{"replaced by another file", func(path string) error {
			if err := os.WriteFile(path+".new", []byte("new"), 0o600); err != nil {
				return err
			}
			return os.Rename(path+".new", path)
		}, true},
		{"removed", os.Remove, true},
	}
	content := megabytes(size)
	for _, row := range rows {
		t.Run(row.about, func(t *testing.T) {
			files := newShelf(t)
			item := files.put(t, media.Item{ID: film}, content)
			long := time.Now().Add(-time.Hour)
			if err := os.Chtimes(files.path(film), long, long); err != nil {
				t.Fatal(err)
			}
			s := start(t, Config{}, files)
			const read = 1 << 20
			body := stall(t, mediaURL(t, s, item), read)
			if err := row.change(files.path(film)); err != nil {
				t.Fatal(err)
			}
			rest, err := io.ReadAll(body)
			if !bytes.HasPrefix(content[read:], rest) {
				t.Error("two contents were mixed")
			}
			if row.whole != (err == nil) {
				t.Errorf("the stream ended after %d bytes with %v", len(rest), err)
			}
		})
	}
}

func TestAnotherStreamThanTheLastIsRefused(t *testing.T) {
	files := newShelf(t)
	item := files.put(t, media.Item{ID: film}, megabytes(32))
	s := start(t, Config{MaxStreams: 2}, files)
	url := mediaURL(t, s, item)
	first := stall(t, url, 1)
	stall(t, url, 1)
	if got := s.Streams(); got.Active != 2 || got.Limit != 2 {
		t.Errorf("Streams() = %+v", got)
	}
	resp, body := get(t, url)
	if resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" || !strings.Contains(string(body), "http.max_streams") {
		t.Errorf("the third stream: %s, %v, %q", resp.Status, resp.Header, body)
	}
	for _, url := range []string{s.StreamURL() + "/healthz", s.Artwork(media.Item{}, "")} {
		if resp, _ := get(t, url); resp.StatusCode != 200 {
			t.Errorf("beside full streams, %s answers %s", url, resp.Status)
		}
	}
	first.Close()
	// The server hears of it in its own time.
	for deadline := time.Now().Add(10 * time.Second); ; {
		resp, _ := ask(t, "GET", url, "Range", "bytes=0-0")
		if resp.StatusCode == 206 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("after a stream has ended: %s", resp.Status)
		}
	}
}

func TestCurlResumes(t *testing.T) {
	curl := peer(t, "curl")
	files := newShelf(t)
	content := megabytes(3)
	item := files.put(t, media.Item{ID: film, Path: "a/ü film #1.mp4"}, content)
	url := mediaURL(t, start(t, Config{}, files), item)
	file := filepath.Join(t.TempDir(), "film")
	if err := os.WriteFile(file, content[:1_234_567], 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		out, err := exec.CommandContext(t.Context(), curl, append([]string{"-sS", "--fail", "--max-time", "10"}, args...)...).CombinedOutput()
		if err != nil {
			t.Errorf("curl %v: %v: %.200s", args, err, out)
		}
		return string(out)
	}
	run("-C", "-", "-o", file, url)
	if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, content) {
		t.Errorf("resumed: %d bytes, %v", len(got), err)
	}
	if got := run("-r", "1048570-1048579", url); got != string(content[1048570:1048580]) {
		t.Errorf("a range: %q", got)
	}
}

// TestADateIsToldOnlyWhenItStandsForOneContent: RFC 9110, sections 8.8.2.1 and 8.8.2.2.
func TestADateIsToldOnlyWhenItStandsForOneContent(t *testing.T) {
	modified := time.Date(2026, 1, 2, 3, 4, 5, 600_000_000, time.UTC)
	v := version{inode: 1, size: 2, modified: modified.UnixNano()}
	for after, told := range map[time.Duration]bool{
		-time.Hour: false, 0: false, 399 * time.Millisecond: false, 400 * time.Millisecond: true, time.Hour: true,
	} {
		got := v.validators(modified.Add(after)).modified
		if got.IsZero() == told || told && !got.Equal(modified.Truncate(time.Second)) {
			t.Errorf("%v after the change: %v", after, got)
		}
	}
	for _, other := range []version{
		{2, 2, v.modified}, {1, 3, v.modified}, {1, 2, v.modified + 1},
	} {
		if now := modified.Add(time.Hour); other.validators(now).etag == v.validators(now).etag {
			t.Errorf("%v and %v have the same tag", other, v)
		}
	}
}
