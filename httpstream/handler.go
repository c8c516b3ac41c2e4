package httpstream

import (
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Handler is the whole of the server's HTTP side, without its port.
func (s *Server) Handler() http.Handler { return http.HandlerFunc(s.serve) }

// bodyTimeout bounds how long the content of a request is waited for.
const bodyTimeout = 5 * time.Second

// handle answers GET and HEAD for one kind of path; rest is what follows the kind and its slash. It returns the status that
// it sent, and an error where what it sent is incomplete.
type handle func(w http.ResponseWriter, r *http.Request, rest string) (status int, err error)

// serve routes by the first segment of the path. An answer that is incomplete ends with its connection, so that the client
// sees that bytes are missing.
//
// Nothing stands between the handlers and the ResponseWriter of net/http: a wrapper without ReadFrom would lose sendfile.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "Content-Length, Content-Range, Accept-Ranges")
	h.Set("X-Content-Type-Options", "nosniff")
	kind, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	answer := s.route(kind)
	var status int
	var err error
	if r.ContentLength != 0 { // nobody wants it, and who sends it slowly must not hold the connection
		h.Set("Connection", "close")
		// A writer without deadlines, as in tests, has no slow clients either.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout))
	}
	switch {
	case r.Method == http.MethodOptions:
		h.Set("Access-Control-Allow-Methods", allowed)
		h.Set("Access-Control-Allow-Headers", "Content-Type, Accept-Encoding, Range")
		h.Set("Access-Control-Max-Age", "86400")
		h.Set("Allow", allowed)
		status = http.StatusNoContent
		w.WriteHeader(status)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.Set("Allow", allowed)
		status = fail(w, http.StatusMethodNotAllowed, "only GET, HEAD and OPTIONS are understood")
	case r.ContentLength != 0:
		status = fail(w, http.StatusBadRequest, "a request with content is not understood")
	case answer == nil:
		status = fail(w, http.StatusNotFound, "there is nothing at this address")
	default:
		status, err = answer(w, r, rest)
	}
	if answer == nil {
		kind = "other"
	}
	s.metrics.answered(kind, status)
	if s.log.Enabled(r.Context(), slog.LevelDebug) {
		s.log.Debug("http", "remote", r.RemoteAddr, "method", r.Method, "path", redact(r.URL.Path), "status", status)
	}
	if err != nil {
		panic(http.ErrAbortHandler)
	}
}

const allowed = "GET, HEAD, OPTIONS"

func (s *Server) route(kind string) handle {
	switch kind {
	case mediaKind:
		return s.serveMedia
	case artworkKind:
		return s.serveArtwork
	case subtitleKind:
		return s.serveSubtitles
	case "healthz":
		return s.serveHealth
	case "metrics":
		return s.serveMetrics
	}
	return nil
}

// fail answers with an error in words for people, and returns its status.
func fail(w http.ResponseWriter, status int, message string) int {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(message)+1))
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, message+"\n") // a client that is gone needs no answer
	return status
}

// busy answers that the client shall come again.
func busy(w http.ResponseWriter, message string) int {
	w.Header().Set("Retry-After", "5")
	return fail(w, http.StatusServiceUnavailable, message)
}

// tokenAndName splits what follows the kind of a signed address; ok is false where the name is missing or no plain one.
func tokenAndName(rest string) (token string, ok bool) {
	token, name, _ := strings.Cut(rest, "/")
	return token, name != "" && !strings.Contains(name, "/")
}
