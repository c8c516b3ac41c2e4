package casttest_test

import (
	"context"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"localcast/cast/casttest"
	"localcast/cast/wire"
)

// bubble runs f in a testing/synctest bubble with a receiver in it: no socket, and time that passes only when everything
// waits. A file of /NAME is served as files[NAME].
func bubble(t *testing.T, cfg casttest.Config, files map[string][]byte, f func(*testing.T, *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		pipe := casttest.NewPipe()
		st := &stage{t: t, pipe: pipe, over: make(chan struct{})}
		st.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			name := r.URL.Path[1:]
			content, ok := files[name]
			if !ok {
				http.NotFound(w, r)
				return
			}
			http.ServeContent(w, r, name, time.Time{}, newReader(content))
		})
		cfg.Listener = pipe
		cfg.Transport = st
		r, err := casttest.NewReceiver(cfg)
		if err != nil {
			t.Fatal(err)
		}
		st.r = r
		defer func() {
			close(st.over)
			r.Close()
			for _, s := range st.senders {
				s.conn.Close()
			}
		}()
		f(t, st)
	})
}

// A stage is what a test in a bubble plays on. It is the receiver's HTTP transport, too.
type stage struct {
	t       *testing.T
	r       *casttest.Receiver
	pipe    *casttest.Pipe
	handler http.Handler
	over    chan struct{} // closed at the end of the test
	senders []*sender
}

// dial connects a sender that answers PING, so that time may pass.
func (st *stage) dial(id string) *sender {
	st.t.Helper()
	raw, err := st.pipe.Dial(st.t.Context())
	if err != nil {
		st.t.Fatal(err)
	}
	s := newSender(st.t, raw, id)
	st.senders = append(st.senders, s)
	return s
}

// awake is dial with a heartbeat.
func (st *stage) awake(id string) *sender {
	st.t.Helper()
	s := st.dial(id)
	frame, err := wire.Append(nil, wire.Message{
		Source: id, Destination: wire.PlatformReceiver, Namespace: wire.Heartbeat, Text: `{"type":"PING"}`,
	})
	if err != nil {
		st.t.Fatal(err)
	}
	go func() {
		for {
			if _, err := s.conn.Write(frame); err != nil {
				return
			}
			select {
			case <-time.After(5 * time.Second):
			case <-st.over:
				return
			}
		}
	}()
	return s
}

// pass lets time pass.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// RoundTrip answers by the handler, in memory. The body comes through an unbuffered pipe, so that a reader who stops
// stops the server.
func (st *stage) RoundTrip(req *http.Request) (*http.Response, error) {
	body, out := io.Pipe()
	w := &memoryWriter{header: make(http.Header), out: out, started: make(chan struct{})}
	stop := context.AfterFunc(req.Context(), func() { body.CloseWithError(req.Context().Err()) })
	go func() {
		defer stop()
		st.handler.ServeHTTP(w, req)
		w.WriteHeader(http.StatusOK)
		out.Close()
	}()
	select {
	case <-w.started:
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	length := int64(-1)
	if n := w.header.Get("Content-Length"); n != "" {
		length = parseInt(n)
	}
	return &http.Response{
		Status: http.StatusText(w.status), StatusCode: w.status, Header: w.header, Body: body, ContentLength: length,
		Request: req,
	}, nil
}

type memoryWriter struct {
	header  http.Header
	status  int
	out     *io.PipeWriter
	started chan struct{}
}

func (w *memoryWriter) Header() http.Header { return w.header }

func (w *memoryWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
		close(w.started)
	}
}

// breakOff ends the connection in the middle.
func (w *memoryWriter) breakOff() { w.out.CloseWithError(io.ErrUnexpectedEOF) }

func (w *memoryWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.out.Write(b)
}
