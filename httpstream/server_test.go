package httpstream

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"localcast/bridge/media"
)

func TestAPortThatIsTakenNamesTheLineToWrite(t *testing.T) {
	first := start(t, Config{}, newShelf(t))
	second, err := New(Config{Listen: first.Addr().String(), DataDir: t.TempDir()}, newShelf(t), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	next := fmt.Sprintf("http:\n  listen: \"127.0.0.1:%d\"", first.Addr().Port()+1)
	if err := second.Listen(t.Context()); err == nil || !strings.Contains(err.Error(), next) {
		t.Errorf("Listen: %v; want an error with %q", err, next)
	}
	for listen, want := range map[string]string{":8010": ":8011", "[::1]:80": "[::1]:81", ":65535": ":8011", ":http": ":8011"} {
		if got := nextPort(listen); got != want {
			t.Errorf("nextPort(%q) = %q, want %q", listen, got, want)
		}
	}
}

func TestAServerThatNeverRunsGivesThePortBack(t *testing.T) {
	s, err := New(Config{Listen: "127.0.0.1:0", DataDir: t.TempDir()}, newShelf(t), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Listen(t.Context()), s.Close()); err != nil {
		t.Fatal(err)
	}
	if c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.Addr().String()); err == nil {
		c.Close()
		t.Error("the port is still open")
	}
}

func TestWhatTheConfigurationMustNotSay(t *testing.T) {
	rows := []struct {
		about string
		c     Config
		want  string
	}{
		{"no streams", Config{MaxStreams: -1}, "http.max_streams"},
		{"addresses that end before they begin", Config{TokenTTL: -time.Second}, "http.token_ttl"},
		{"metrics for whom", Config{Metrics: "friends"}, "http.metrics"},
		{"an address without http", Config{Advertise: "192.0.2.10:8010"}, "http.advertise"},
		{"an address without a host", Config{Advertise: "http://"}, "http.advertise"},
		{"an address with a password", Config{Advertise: "http://me:secret@host"}, "http.advertise"},
		{"an address with a query", Config{Advertise: "http://host/?x"}, "http.advertise"},
	}
	for _, row := range rows {
		t.Run(row.about, func(t *testing.T) {
			row.c.DataDir = t.TempDir()
			if _, err := New(row.c, newShelf(t), slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("New: %v; want an error about %s", err, row.want)
			}
		})
	}
}

// TestRunEndsInTime has a client that will never read on: start's clean-up asserts the rest.
func TestRunEndsInTime(t *testing.T) {
	files := newShelf(t)
	item := files.put(t, media.Item{ID: film}, bytes.Repeat([]byte("film"), 8<<20))
	var body io.Reader
	var began time.Time
	t.Run("serving", func(serving *testing.T) {
		s := start(serving, Config{}, files)
		body = stall(t, mediaURL(t, s, item), 1) // which outlives the server
		began = time.Now()
	})
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("Run took %v to end", took)
	}
	if n, err := io.Copy(io.Discard, body); err == nil {
		t.Errorf("the stream ended with %d bytes as if it were whole", n)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	s := start(t, Config{MaxStreams: 1}, newShelf(t))
	const bound = 1*connectionsPerStream + extraConnections
	dial := func() net.Conn {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		return c
	}
	var conns []net.Conn
	for range bound {
		conns = append(conns, dial())
	}
	for range 20 {
		if n, err := dial().Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("a connection too many: %d, %v", n, err)
		}
	}
	// Those within the bound are served.
	if _, err := io.WriteString(conns[0], "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conns[0]), nil)
	if err != nil || resp.StatusCode != 200 {
		t.Errorf("an old connection: %v, %v", resp, err)
	}
}

// pipes is a listener of connections in memory, whose clock is a test's.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error {
	select {
	case <-p.closed:
	default:
		close(p.closed)
	}
	return nil
}

func (pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 10), Port: 8010} }

func (p pipes) dial() net.Conn {
	here, there := net.Pipe()
	p.conns <- there
	return here
}

// startInMemory runs a server in a bubble of synctest.
func startInMemory(t *testing.T, files Files) (*Server, pipes) {
	t.Helper()
	c := Config{DataDir: t.TempDir(), Advertise: "http://192.0.2.10:8010"}
	s, err := New(c, files, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	p := pipes{make(chan net.Conn), make(chan struct{})}
	s.listener = p
	s.address.Store(&c.Advertise)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return s, p
}

func send(t *testing.T, c net.Conn, request string) {
	t.Helper()
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
}

func TestSlowClientsHoldNothing(t *testing.T) {
	rows := []struct {
		about  string
		speak  func(t *testing.T, c net.Conn)
		closed time.Duration
	}{
		{"one that says nothing", func(*testing.T, net.Conn) {}, headerTimeout},
		{"one that begins and does not go on", func(t *testing.T, c net.Conn) { send(t, c, "GET / HTTP/1.1\r\nHost:") }, headerTimeout},
		{"one that asks and stays", func(t *testing.T, c net.Conn) {
			send(t, c, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
			if _, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil {
				t.Error(err)
			}
		}, idleTimeout},
		{"one that announces content and sends none", func(t *testing.T, c net.Conn) {
			send(t, c, "POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
			resp, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil || resp.StatusCode != 405 || !resp.Close {
				t.Errorf("%v, %v", resp, err)
			}
		}, bodyTimeout},
		{"one that does so with OPTIONS", func(t *testing.T, c net.Conn) {
			send(t, c, "OPTIONS / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
		}, bodyTimeout},
		{"one that does not take its answer", func(t *testing.T, c net.Conn) {
			send(t, c, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
			<-time.After(answerTimeout + time.Second)
		}, answerTimeout + time.Second},
	}
	for _, row := range rows {
		t.Run(row.about, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, p := startInMemory(t, newShelf(t))
				began := time.Now()
				c := p.dial()
				defer c.Close()
				if err := c.SetDeadline(began.Add(time.Hour)); err != nil {
					t.Fatal(err)
				}
				row.speak(t, c)
				_, _ = io.Copy(io.Discard, c)
				if took := time.Since(began); took > row.closed {
					t.Errorf("the connection was closed after %v, want %v", took, row.closed)
				}
			})
		})
	}
}

// TestAPausedPlayerIsCutAndASlowOneIsNot reads a film of eight pieces.
func TestAPausedPlayerIsCutAndASlowOneIsNot(t *testing.T) {
	for _, row := range []struct {
		about string
		pause time.Duration // before each piece
		whole bool
	}{
		{"a piece in four minutes", 4 * time.Minute, true},
		{"nothing for more than five minutes", 5*time.Minute + time.Second, false},
	} {
		t.Run(row.about, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				files := newShelf(t)
				item := files.put(t, media.Item{ID: film}, make([]byte, 8*pieceBytes))
				s, p := startInMemory(t, files)
				c := p.dial()
				defer c.Close()
				path := strings.TrimPrefix(mediaURL(t, s, item), s.StreamURL())
				send(t, c, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n")
				resp, err := http.ReadResponse(bufio.NewReader(c), nil)
				if err != nil {
					t.Fatal(err)
				}
				for range 8 {
					<-time.After(row.pause)
					if _, err = io.CopyN(io.Discard, resp.Body, pieceBytes); err != nil {
						break
					}
				}
				if row.whole != (err == nil) {
					t.Errorf("the stream ended with %v", err)
				}
			})
		})
	}
}

func TestStreamsAreToldAtMostOnceInFiveSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := newShelf(t)
		item := files.put(t, media.Item{ID: film}, make([]byte, 1_000_000))
		s, p := startInMemory(t, files)
		c := p.dial()
		defer c.Close()
		path := strings.TrimPrefix(mediaURL(t, s, item), s.StreamURL())
		began := time.Now()
		for range 3 {
			send(t, c, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n")
			resp, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, resp.Body); err != nil {
				t.Fatal(err)
			}
		}
		<-s.Changed()
		if got := s.Streams(); time.Since(began) != reportEvery || got.BytesTotal != 3_000_000 || got.BytesPerSecond != 600_000 || got.Active != 0 {
			t.Errorf("after %v: %+v", time.Since(began), got)
		}
		<-s.Changed()
		if got := s.Streams(); time.Since(began) != 2*reportEvery || got.BytesTotal != 3_000_000 || got.BytesPerSecond != 0 {
			t.Errorf("after %v: %+v", time.Since(began), got)
		}
		select {
		case <-s.Changed():
			t.Error("told again, though nothing has changed")
		case <-time.After(time.Hour):
		}
	})
}

// library is a library of functions.
type library struct {
	open  func(ctx context.Context) error
	cover func(ctx context.Context) error
	frame func(ctx context.Context) ([]byte, error)
}

func (l library) Open(ctx context.Context, _ media.ID) (*os.File, media.Item, error) {
	return nil, media.Item{}, l.open(ctx)
}

func (l library) FrameOf(_ context.Context, id media.ID) (media.ID, string, error) {
	if l.frame == nil {
		return "", "", nil
	}
	return id, string(id), nil
}

func (l library) Frame(ctx context.Context, _ media.ID) ([]byte, error) { return l.frame(ctx) }

func (l library) Cover(ctx context.Context, _ media.ID, _ func([]byte) bool) error {
	return l.cover(ctx)
}

// request asks in memory and returns the answer's status and Retry-After.
func request(t *testing.T, p pipes, path string) (status int, retry string) {
	c := p.dial()
	defer c.Close()
	if _, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Error(err)
		return 0, ""
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	return resp.StatusCode, resp.Header.Get("Retry-After")
}

func TestWhatCannotBeOpened(t *testing.T) {
	rows := []struct {
		about  string
		open   func(ctx context.Context) error
		status int
		retry  string
		took   time.Duration
	}{
		{"gone", func(context.Context) error { return fmt.Errorf("open: %w", media.ErrNoItem) }, 404, "", 0},
		{"forbidden by the system", func(context.Context) error { return os.ErrPermission }, 500, "", 0},
		{"on a disk that hangs", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, 503, "5", openTimeout},
	}
	for _, row := range rows {
		t.Run(row.about, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, p := startInMemory(t, library{open: row.open})
				began := time.Now()
				path := strings.TrimPrefix(mediaURL(t, s, media.Item{ID: film}), s.StreamURL())
				status, retry := request(t, p, path)
				if took := time.Since(began); status != row.status || retry != row.retry || took != row.took {
					t.Errorf("%d, Retry-After %q, after %v", status, retry, took)
				}
			})
		})
	}
}

func TestOnePictureIsMadeAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var making, most atomic.Int64
		s, p := startInMemory(t, library{cover: func(context.Context) error {
			most.Store(max(most.Load(), making.Add(1)))
			<-time.After(100 * time.Millisecond)
			making.Add(-1)
			return nil
		}})
		path := strings.TrimPrefix(s.Artwork(media.Item{ID: film, HasArtwork: true}, ""), s.StreamURL()) + "?w=16"
		var statuses [artworkRequests]int
		var all sync.WaitGroup
		for i := range statuses {
			all.Go(func() { statuses[i], _ = request(t, p, path) })
		}
		synctest.Wait()
		if status, retry := request(t, p, path); status != 503 || retry == "" {
			t.Errorf("one request too many: %d, Retry-After %q", status, retry)
		}
		all.Wait()
		for _, status := range statuses {
			if status != 200 {
				t.Errorf("the others: %d", status)
			}
		}
		if most.Load() != 1 {
			t.Errorf("%d pictures were made at a time", most.Load())
		}
	})
}

func TestAChangedAddressIsFoundAndTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := startInMemory(t, newShelf(t))
		synctest.Wait() // until it has told what it began with
		before := "http://192.0.2.9:8010"
		now := s.address.Swap(&before)
		<-s.Changed()
		if got := s.StreamURL(); got != before {
			t.Errorf("StreamURL() = %q", got)
		}
		<-s.Changed()
		if got := s.StreamURL(); got != *now {
			t.Errorf("StreamURL() = %q, want %q", got, *now)
		}
	})
}

func TestRunTellsWhenItsPortFails(t *testing.T) {
	s := listening(t, Config{Listen: "127.0.0.1:0"})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context()); err == nil {
		t.Error("Run returned nil while its context lived")
	}
}
