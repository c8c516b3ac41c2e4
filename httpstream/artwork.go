package httpstream

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"localcast/bridge/media"
)

const (
	// artworkRequests bounds the requests for pictures in hand, and with them the memory that pictures on their way take.
	artworkRequests = 16
	artworkTimeout  = 10 * time.Second
	minWidth        = 16
	maxWidth        = 1280
)

// gallery bounds what pictures cost.
type gallery struct {
	requests chan struct{}
	decoder  chan struct{} // one picture is read and scaled at a time
}

func newGallery() *gallery {
	return &gallery{make(chan struct{}, artworkRequests), make(chan struct{}, 1)}
}

// serveArtwork serves an item's picture as JPEG, no wider than asked and never enlarged. What cannot be shown is answered
// with the neutral picture.
func (s *Server) serveArtwork(w http.ResponseWriter, r *http.Request, rest string) (int, error) {
	token, named := tokenAndName(rest)
	id, ok := s.signer.readArtwork(token)
	if !ok || !named {
		return fail(w, http.StatusForbidden, "this address is not valid"), nil
	}
	width, err := parseWidth(r.URL.Query().Get("w"))
	if err != nil {
		return fail(w, http.StatusBadRequest, err.Error()), nil
	}
	select {
	case s.gallery.requests <- struct{}{}:
		defer func() { <-s.gallery.requests }()
	default:
		return busy(w, "too many pictures are asked for at once"), nil
	}
	p, err := s.picture(r, id, width)
	if err != nil {
		return s.failOpen(w, id, err), nil
	}
	if p.status == http.StatusPreconditionFailed {
		return fail(w, p.status, "the picture is not the one that is meant"), nil
	}
	h := w.Header()
	h.Set("ETag", p.etag)
	h.Set("Cache-Control", "public, max-age=3600")
	if p.status == http.StatusNotModified {
		w.WriteHeader(p.status)
		return p.status, nil
	}
	return write(w, p.status, "image/jpeg", p.jpeg)
}

// picture is an answer with a picture, or with none where the client's conditions want none.
type picture struct {
	status int
	etag   string
	jpeg   []byte
}

// picture makes the picture of an item, waiting for its turn.
func (s *Server) picture(r *http.Request, id media.ID, width int) (picture, error) {
	ctx, cancel := context.WithTimeout(r.Context(), artworkTimeout)
	defer cancel()
	select {
	case s.gallery.decoder <- struct{}{}:
		defer func() { <-s.gallery.decoder }()
	case <-ctx.Done():
		return picture{}, ctx.Err()
	}
	var cover []byte
	var err error
	if id != neutral {
		if cover, _, err = s.files.Cover(ctx, id); err != nil {
			return picture{}, err
		}
	}
	sum := sha256.Sum256(cover)
	v := validators{etag: fmt.Sprintf(`"%x-%d"`, sum[:12], width)}
	p := picture{status: v.evaluate(r.Header), etag: v.etag}
	if p.status != http.StatusOK {
		return p, nil
	}
	if p.jpeg, err = scaledJPEG(cover, width); err != nil {
		if len(cover) > 0 {
			s.log.Debug("the neutral picture stands in", "item", id, "err", err)
		}
		p.jpeg = neutralJPEG(width)
	}
	return p, nil
}

var errWidth = fmt.Errorf("w is the width of the picture: wanted a number from %d to %d", minWidth, maxWidth)

// parseWidth reads the width asked for; a number out of range stands for the nearest in it, and none for the largest.
func parseWidth(s string) (int, error) {
	if s == "" {
		return maxWidth, nil
	}
	w, err := strconv.Atoi(s)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, errWidth
	}
	return min(max(w, minWidth), maxWidth), nil
}
