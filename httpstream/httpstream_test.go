package httpstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"localcast/bridge"
	"localcast/bridge/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What the bridge wants of this room.
var (
	_ bridge.Links  = (*Server)(nil)
	_ bridge.Remote = Remote{}
)

const film media.ID = "abcdefghij"

// shelf is a library in a directory: each item is a file with the item's id as its name.
type shelf struct {
	dir string

	mu     sync.Mutex
	items  map[media.ID]media.Item
	covers map[media.ID][][]byte
	texts  map[media.ID][]string
	frame  func(ctx context.Context) ([]byte, error) // nil: no film has one
}

func newShelf(t testing.TB) *shelf {
	return &shelf{dir: t.TempDir(), items: map[media.ID]media.Item{}, covers: map[media.ID][][]byte{}}
}

// put adds an item with this content.
func (s *shelf) put(t testing.TB, item media.Item, content []byte) media.Item {
	t.Helper()
	if err := os.WriteFile(s.path(item.ID), content, 0o600); err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.items[item.ID] = item
	return item
}

func (s *shelf) path(id media.ID) string { return filepath.Join(s.dir, string(id)) }

func (s *shelf) Open(ctx context.Context, id media.ID) (*os.File, media.Item, error) {
	s.mu.Lock()
	item, ok := s.items[id]
	s.mu.Unlock()
	if !ok {
		return nil, media.Item{}, fmt.Errorf("open %q: %w", id, media.ErrNoItem)
	}
	f, err := os.OpenFile(s.path(id), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w: %w", media.ErrNoItem, err)
	}
	return f, item, err
}

func (s *shelf) Cover(_ context.Context, id media.ID, take func([]byte) bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	item, ok := s.items[id]
	if !ok {
		return fmt.Errorf("cover of %q: %w", id, media.ErrNoItem)
	}
	covers := s.covers[id]
	if item.Kind == media.Image {
		data, err := os.ReadFile(s.path(id))
		if err != nil {
			return err
		}
		covers = [][]byte{data}
	}
	for _, c := range covers {
		if take(c) {
			break
		}
	}
	return nil
}

func (s *shelf) FrameOf(_ context.Context, id media.ID) (media.ID, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.frame == nil {
		return "", "", nil
	}
	return id, string(id), nil
}

func (s *shelf) Frame(ctx context.Context, _ media.ID) ([]byte, error) { return s.frame(ctx) }

// start runs a server on loopback until the test ends.
func start(t testing.TB, c Config, files Files) *Server {
	t.Helper()
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	if c.DataDir == "" {
		c.DataDir = t.TempDir()
	}
	s, err := New(c, files, discard())
	if err != nil {
		t.Fatal(err)
	}
	run(t, s)
	return s
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// run runs a server until the test ends.
func run(t testing.TB, s *Server) {
	t.Helper()
	if err := s.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// client returns a client whose connections end with the test.
func client(t testing.TB) *http.Client {
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: 20 * time.Second}
}

func mediaURL(t testing.TB, s *Server, item media.Item) string {
	t.Helper()
	u, err := s.Media(item, "kitchen", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// ask sends a request and returns the answer with its body read.
func ask(t testing.TB, method, url string, fields ...string) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	resp, err := client(t).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, body
}

func get(t testing.TB, url string) (*http.Response, []byte) {
	t.Helper()
	return ask(t, http.MethodGet, url)
}

// stall asks for url, reads n bytes of the body and then no more, until the test reads on. What fits into the buffers of
// the kernel is far less than the films of these tests.
func stall(t testing.TB, url string, n int64) io.ReadCloser {
	t.Helper()
	tr := &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, network, addr)
			if tcp, ok := c.(*net.TCPConn); ok {
				err = tcp.SetReadBuffer(64 << 10)
			}
			return c, err
		},
	}
	t.Cleanup(tr.CloseIdleConnections)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Transport: tr, Timeout: 20 * time.Second}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s", url, resp.Status)
	}
	if _, err := io.CopyN(io.Discard, resp.Body, n); err != nil {
		t.Fatal(err)
	}
	return resp.Body
}

// await waits until something is so.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); !so(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}
