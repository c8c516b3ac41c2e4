package httpstream

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"localcast/bridge/media"
)

var errChanged = errors.New("the file changed while it was streamed")

const (
	// pieceBytes is how much is handed to the kernel at a time: small enough that a slow but living client always finishes
	// one within pieceTimeout, and that cancellation and accounting are prompt.
	pieceBytes = 256 << 10
	// pieceTimeout ends a response that moves nothing: the client has vanished, or has paused for long and will come back
	// with a range.
	pieceTimeout = 5 * time.Minute
	openTimeout  = 10 * time.Second
)

// serveMedia serves an item's file.
func (s *Server) serveMedia(w http.ResponseWriter, r *http.Request, rest string) (int, error) {
	token, named := tokenAndName(rest)
	id, peer, expiry, ok := s.signer.readMedia(token)
	if !ok || !named || !s.now().Before(expiry) {
		return fail(w, http.StatusForbidden, "this address is not valid, or not any more"), nil
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		s.metrics.refused.Inc()
		return busy(w, fmt.Sprintf("all %d streams are in use (http.max_streams)", s.config.MaxStreams)), nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), openTimeout)
	f, item, err := s.files.Open(ctx, id)
	cancel()
	if err != nil {
		return s.failOpen(w, id, err), nil
	}
	defer f.Close()
	if p, ok := s.screened(r.Context(), item); ok {
		return servePicture(w, r, p)
	}
	v, err := newVersion(f)
	if err != nil {
		return s.failOpen(w, id, err), nil
	}
	return s.serveFile(w, r, &transfer{file: f, version: v, item: item, device: s.peers.device(peer)})
}

// failOpen answers for an item that cannot be read.
func (s *Server) failOpen(w http.ResponseWriter, id media.ID, err error) int {
	switch {
	case errors.Is(err, media.ErrNoItem):
		return fail(w, http.StatusNotFound, "this item is not in the library any more")
	case errors.Is(err, context.DeadlineExceeded):
		return busy(w, "the disk does not answer")
	case errors.Is(err, context.Canceled):
		return busy(w, "the server is going down")
	}
	s.log.Warn("cannot read an item", "item", id, "err", err)
	return fail(w, http.StatusInternalServerError, "this item cannot be read")
}

// transfer is one response that carries a file's bytes.
type transfer struct {
	file    *os.File
	version version
	item    media.Item
	device  string
}

// serveFile decides what of the file is wanted, and sends it.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request, t *transfer) (int, error) {
	v := t.version.validators(s.now())
	h := w.Header()
	h.Set("Accept-Ranges", "bytes")
	h.Set("ETag", v.etag)
	switch status := v.evaluate(r.Header); status {
	case http.StatusNotModified:
		w.WriteHeader(status)
		return status, nil
	case http.StatusPreconditionFailed:
		return fail(w, status, "the file is not the one that is meant"), nil
	}
	if !v.modified.IsZero() {
		h.Set("Last-Modified", v.modified.UTC().Format(http.TimeFormat))
	}
	var spans []span
	if r.Method == http.MethodGet && v.rangeApplies(r.Header) {
		value, _ := list(r.Header, "Range")
		var ok bool
		if spans, ok = parseRange(value, t.version.size); !ok {
			h.Set("Content-Range", fmt.Sprintf("bytes */%d", t.version.size))
			return fail(w, http.StatusRequestedRangeNotSatisfiable, "the file has no such bytes"), nil
		}
	}
	parts, contentType := t.layout(spans)
	status := http.StatusOK
	if len(spans) > 0 {
		status = http.StatusPartialContent
	}
	if len(spans) == 1 {
		h.Set("Content-Range", contentRange(spans[0], t.version.size))
	}
	var length int64
	for _, p := range parts {
		length += int64(len(p.head)) + p.length
	}
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.FormatInt(length, 10))
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return status, nil
	}
	return status, s.send(w, r, t, parts)
}

// part is a span of the file with what comes before it in the body of a multipart answer.
type part struct {
	head string
	span
}

// layout returns the body's parts and its Content-Type.
func (t *transfer) layout(spans []span) (parts []part, contentType string) {
	contentType = t.item.ContentType
	if contentType == "" {
		contentType = "application/octet-stream"
	}
	switch len(spans) {
	case 0:
		return []part{{span: span{0, t.version.size}}}, contentType
	case 1:
		return []part{{span: spans[0]}}, contentType
	}
	boundary := strings.ToLower(rand.Text())
	for _, s := range spans {
		head := fmt.Sprintf("\r\n--%s\r\nContent-Type: %s\r\nContent-Range: %s\r\n\r\n", boundary, contentType,
			contentRange(s, t.version.size))
		parts = append(parts, part{head, s})
	}
	parts = append(parts, part{head: "\r\n--" + boundary + "--\r\n"})
	return parts, "multipart/byteranges; boundary=" + boundary
}

func contentRange(s span, size int64) string {
	return fmt.Sprintf("bytes %d-%d/%d", s.start, s.start+s.length-1, size)
}

// send sends the parts. Its error says that bytes are missing.
func (s *Server) send(w http.ResponseWriter, r *http.Request, t *transfer, parts []part) (err error) {
	s.meter.active.Add(1)
	defer s.meter.active.Add(-1)
	started := time.Now()
	var sent int64
	for _, p := range parts {
		var n int64
		n, err = s.sendPart(w, t, p)
		if sent += n; err != nil {
			break
		}
	}
	log := s.log.With("device", t.device, "item", t.item.ID, "remote", r.RemoteAddr)
	if errors.Is(err, errChanged) {
		log.Warn("a stream was cut", "err", err)
	}
	log.Debug("stream", "range", r.Header.Get("Range"), "bytes", sent, "dur", time.Since(started), "complete", err == nil)
	return err
}

// sendPart sends one part in pieces that go through sendfile: it is the os.File under a single LimitedReader, which
// io.CopyN makes, that net.TCPConn recognises.
func (s *Server) sendPart(w http.ResponseWriter, t *transfer, p part) (sent int64, err error) {
	deadlines := http.NewResponseController(w)
	if _, err := io.WriteString(w, p.head); err != nil {
		return 0, err
	}
	if _, err := t.file.Seek(p.start, io.SeekStart); err != nil {
		return 0, err
	}
	for sent < p.length {
		if err := t.version.check(t.file); err != nil {
			return sent, err
		}
		// A writer without deadlines, as in tests, never blocks.
		_ = deadlines.SetWriteDeadline(time.Now().Add(pieceTimeout))
		n, err := io.CopyN(w, t.file, min(pieceBytes, p.length-sent))
		sent += n
		s.meter.bytes.Add(n)
		if errors.Is(err, io.EOF) {
			err = errChanged
		}
		if err != nil {
			return sent, err
		}
	}
	return sent, nil
}
