package httpstream

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"localcast/bridge/media"
)

// openTimeout bounds the opening of a file, and the first look at it.
const openTimeout = 10 * time.Second

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
	t, err := s.open(r, id, peer)
	if err != nil {
		return s.failOpen(w, id, err), nil
	}
	defer s.release(t)
	if p, ok := s.screened(r.Context(), t.item); ok {
		return servePicture(w, r, p)
	}
	return s.serveFile(w, r, t)
}

// open opens an item's file and looks at it, both of which may hang.
func (s *Server) open(r *http.Request, id media.ID, peer string) (*transfer, error) {
	began := time.Now()
	device := s.peers.heard(peer, s.now())
	ctx, cancel := context.WithTimeout(r.Context(), openTimeout)
	defer cancel()
	f, item, err := s.files.Open(ctx, id)
	if err != nil {
		return nil, err
	}
	t := &transfer{file: f, item: item, folder: folderOf(item)}
	t.stream = &stream{device: device, item: id, ranges: r.Header.Get("Range"), began: began, moved: began}
	type look struct {
		version version
		mayHang bool
		err     error
	}
	seen, err := within(ctx, &s.guard, t.folder, func() (l look, _ error) {
		if l.version, l.err = newVersion(f); l.err == nil {
			l.mayHang = s.mayHang(f)
		}
		return l, nil
	}, func(look) { f.Close() })
	if errors.Is(err, errStuck) || seen.err != nil {
		s.guard.running.Go(func() { f.Close() })
	}
	if err == nil {
		err = seen.err
	}
	t.version, t.mayHang = seen.version, seen.mayHang
	return t, err
}

// release closes a transfer's file.
func (s *Server) release(t *transfer) {
	switch {
	case t.file == nil:
	case t.mayHang:
		ctx, cancel := context.WithTimeout(context.Background(), openTimeout)
		defer cancel()
		_, err := within(ctx, &s.guard, t.folder, func() (struct{}, error) { return struct{}{}, t.file.Close() }, nil)
		if errors.Is(err, errStuck) {
			s.guard.running.Go(func() { t.file.Close() })
		}
	default:
		t.file.Close()
	}
}

// failOpen answers for an item that cannot be read.
func (s *Server) failOpen(w http.ResponseWriter, id media.ID, err error) int {
	switch {
	case errors.Is(err, media.ErrNoItem):
		return fail(w, http.StatusNotFound, "this item is not in the library any more")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, errStuck):
		return busy(w, "the disk does not answer")
	case errors.Is(err, context.Canceled):
		return busy(w, "the server is going down")
	}
	s.log.Warn("cannot read an item", "item", id, "err", err)
	return fail(w, http.StatusInternalServerError, "this item cannot be read")
}

// transfer is one response that carries a file's bytes.
type transfer struct {
	file    *os.File // nil once a reader owns it
	version version
	item    media.Item
	folder  string // of the library
	mayHang bool   // the file lies where reading may hang
	parts   []part
	stream  *stream
	flow    flow
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
	contentType := t.layout(spans)
	status := http.StatusOK
	if len(spans) > 0 {
		status = http.StatusPartialContent
	}
	if len(spans) == 1 {
		h.Set("Content-Range", contentRange(spans[0], t.version.size))
	}
	var length int64
	for _, p := range t.parts {
		length += int64(len(p.head)) + p.length
	}
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.FormatInt(length, 10))
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return status, nil
	}
	return status, s.send(w, r, t)
}

// layout sets the body's parts and returns its Content-Type.
func (t *transfer) layout(spans []span) (contentType string) {
	contentType = t.item.ContentType
	if contentType == "" {
		contentType = "application/octet-stream"
	}
	switch len(spans) {
	case 0:
		t.parts = []part{{span: span{0, t.version.size}}}
		return contentType
	case 1:
		t.parts = []part{{span: spans[0]}}
		return contentType
	}
	boundary := strings.ToLower(rand.Text())
	for _, s := range spans {
		head := fmt.Sprintf("\r\n--%s\r\nContent-Type: %s\r\nContent-Range: %s\r\n\r\n", boundary, contentType,
			contentRange(s, t.version.size))
		t.parts = append(t.parts, part{head, s})
	}
	t.parts = append(t.parts, part{head: "\r\n--" + boundary + "--\r\n"})
	return "multipart/byteranges; boundary=" + boundary
}

func contentRange(s span, size int64) string {
	return fmt.Sprintf("bytes %d-%d/%d", s.start, s.start+s.length-1, size)
}
