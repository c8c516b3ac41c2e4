package httpstream

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"time"

	"localcast/bridge/media"
	"localcast/httpstream/webvtt"
)

const (
	// textRequests bounds the requests for subtitles in hand, and with them the memory that texts on their way take.
	textRequests = 8
	textTimeout  = 20 * time.Second
	// textMaker begins the key under which a text is kept. It changes with what is made of a file.
	textMaker = "vtt 1"
)

// noText is what a device is given for a file that nobody can read: an error would end its film.
const noText = "WEBVTT\n\nNOTE There are no subtitles in this file.\n"

// desk bounds what subtitles cost.
type desk struct {
	requests chan struct{}
	writer   chan struct{} // one file is converted at a time
}

func newDesk() *desk { return &desk{make(chan struct{}, textRequests), make(chan struct{}, 1)} }

// serveSubtitles serves a text track that lies beside an item's file, as WebVTT.
func (s *Server) serveSubtitles(w http.ResponseWriter, r *http.Request, rest string) (int, error) {
	token, named := tokenAndName(rest)
	id, track, expiry, ok := s.signer.readSubtitles(token)
	if !ok || !named || !s.now().Before(expiry) {
		return fail(w, http.StatusForbidden, "this address is not valid, or not any more"), nil
	}
	select {
	case s.desk.requests <- struct{}{}:
		defer func() { <-s.desk.requests }()
	default:
		return busy(w, "too many subtitles are asked for at once"), nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), textTimeout)
	defer cancel()
	text, err := s.subtitles(ctx, id, track)
	if err != nil {
		return s.failOpen(w, id, err), nil
	}
	v := validators{etag: fmt.Sprintf(`"%x"`, sha256.Sum256(text))}
	status := v.evaluate(r.Header)
	if status == http.StatusPreconditionFailed {
		return fail(w, status, "the subtitles are not those that are meant"), nil
	}
	h := w.Header()
	h.Set("ETag", v.etag)
	h.Set("Cache-Control", "private, no-cache") // the file may be mended while its film plays
	if status == http.StatusNotModified {
		w.WriteHeader(status)
		return status, nil
	}
	return write(w, status, "text/vtt; charset=utf-8", text)
}

// subtitles returns a text track as WebVTT, which is made once.
func (s *Server) subtitles(ctx context.Context, id media.ID, track int) ([]byte, error) {
	select {
	case s.desk.writer <- struct{}{}:
		defer func() { <-s.desk.writer }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	data, about, err := s.files.ReadSubtitle(ctx, id, track)
	if err != nil {
		return nil, err
	}
	key := fmt.Sprintf("%s %s %x", textMaker, about.Language, sha256.Sum256(data))
	if text, ok := s.kept.get(key); ok {
		return text, nil
	}
	text, err := webvtt.Convert(ctx, data, about.Language)
	switch {
	case errors.Is(err, webvtt.ErrUnknown):
		s.log.Warn("subtitles cannot be shown", "item", id, "name", about.Name, "err", err)
		return []byte(noText), nil
	case err != nil:
		return nil, err
	}
	s.kept.put(key, text)
	return text, nil
}
