package httpstream

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"localcast/bridge/media"
)

const (
	// artworkRequests bounds the requests for pictures in hand, and with them the memory that pictures on their way take.
	artworkRequests = 16
	artworkTimeout  = 10 * time.Second
	frameTimeout    = 25 * time.Second
	minWidth        = 16
	maxWidth        = 1280
)

// gallery bounds what pictures cost.
type gallery struct {
	requests chan struct{}
	decoder  chan struct{} // one picture is read and scaled at a time
	camera   chan struct{} // one frame is made at a time, whoever waits for it
	frames   sync.WaitGroup
	shutter  context.Context // ends with the server
}

func newGallery() *gallery {
	return &gallery{
		requests: make(chan struct{}, artworkRequests), decoder: make(chan struct{}, 1), camera: make(chan struct{}, 1),
		shutter: context.Background(),
	}
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
	p, err := s.picture(r.Context(), id, width)
	if err != nil {
		return s.failOpen(w, id, err), nil
	}
	return servePicture(w, r, p)
}

// servePicture answers with a picture, or without where the client's conditions want none.
func servePicture(w http.ResponseWriter, r *http.Request, p picture) (int, error) {
	v := validators{etag: fmt.Sprintf(`"%x"`, sha256.Sum256(p.jpeg))}
	h := w.Header()
	h.Set("ETag", v.etag)
	h.Set("Cache-Control", "public, max-age=3600")
	if p.passing {
		h.Set("Cache-Control", "no-store")
	}
	switch status := v.evaluate(r.Header); status {
	case http.StatusPreconditionFailed:
		return fail(w, status, "the picture is not the one that is meant"), nil
	case http.StatusNotModified:
		w.WriteHeader(status)
		return status, nil
	}
	return write(w, http.StatusOK, "image/jpeg", p.jpeg)
}

// picture is a picture as it is served.
type picture struct {
	jpeg    []byte
	passing bool // a better one is being made
}

// picture makes the picture of an item: the best of its own that is good, else a frame, else the neutral one, which stands in
// as well while a disk does not answer.
func (s *Server) picture(ctx context.Context, id media.ID, width int) (picture, error) {
	ctx, cancel := context.WithTimeout(ctx, artworkTimeout)
	defer cancel()
	if id == neutral {
		return picture{jpeg: neutralJPEG(width)}, nil
	}
	var own []byte
	err := s.decode(ctx, func() error {
		return s.files.Cover(ctx, id, func(data []byte) bool {
			jpeg, err := s.scaled(data, frame{width, 2 * width})
			if err != nil {
				s.log.Debug("a picture is passed over", "item", id, "err", err)
				return false
			}
			own = jpeg
			return true
		})
	})
	late := errors.Is(err, context.DeadlineExceeded)
	switch {
	case own != nil:
		return picture{jpeg: own}, nil
	case err != nil && !late:
		return picture{}, err
	}
	framed, coming := s.framed(ctx, id, width)
	if framed != nil {
		return picture{jpeg: framed}, nil
	}
	return picture{jpeg: neutralJPEG(width), passing: coming || late}, nil
}

// framed is the picture of an item that has none of its own: a frame of its film, nil for none. coming is as frame has it.
func (s *Server) framed(ctx context.Context, id media.ID, width int) (jpeg []byte, coming bool) {
	data, coming := s.frame(ctx, id)
	if len(data) == 0 {
		return nil, coming
	}
	err := s.decode(ctx, func() (err error) {
		jpeg, err = s.scaled(data, frame{width, 2 * width})
		return err
	})
	if err != nil {
		s.log.Debug("a frame is passed over", "item", id, "err", err)
		return nil, errors.Is(err, context.DeadlineExceeded)
	}
	return jpeg, false
}

// decode runs what reads and scales a picture when its turn has come.
func (s *Server) decode(ctx context.Context, f func() error) error {
	select {
	case s.gallery.decoder <- struct{}{}:
		defer func() { <-s.gallery.decoder }()
		return f()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// pictureMaker begins the keys under which pictures are kept. It changes with what is made of them.
const pictureMaker = "jpeg 1"

// scaled returns a picture scaled into a frame, which is made once.
func (s *Server) scaled(data []byte, into frame) ([]byte, error) {
	key := pictureKey(data, into)
	if jpeg, ok := s.kept.get(key); ok {
		return jpeg, nil
	}
	jpeg, err := scaledJPEG(data, into)
	if err == nil && !sameBytes(jpeg, data) {
		s.kept.put(key, jpeg)
	}
	return jpeg, err
}

func pictureKey(data []byte, into frame) string {
	return fmt.Sprintf("%s %v %x", pictureMaker, into, sha256.Sum256(data))
}

// sameBytes reports whether two slices are one.
func sameBytes(a, b []byte) bool { return len(a) == len(b) && len(a) > 0 && &a[0] == &b[0] }

// frame returns a frame of a film that stands for an item, as long as ctx lasts. coming says that one is being made that will
// be there later. Who asks again finds what was made, and that none can be made.
func (s *Server) frame(ctx context.Context, id media.ID) (data []byte, coming bool) {
	film, key, err := s.files.FrameOf(ctx, id)
	if err != nil || key == "" {
		return nil, false
	}
	key = frameMaker + " " + key
	if data, ok := s.kept.get(key); ok {
		return data, false
	}
	select {
	case s.gallery.camera <- struct{}{}:
	case <-ctx.Done():
		return nil, true
	}
	if data, ok := s.kept.get(key); ok { // who was before us has made it
		<-s.gallery.camera
		return data, false
	}
	made := make(chan []byte, 1)
	s.gallery.frames.Go(func() {
		defer func() { <-s.gallery.camera }()
		made <- s.takeFrame(film, key)
	})
	select {
	case data := <-made:
		return data, false
	case <-ctx.Done():
		return nil, true
	}
}

// frameMaker begins the keys under which frames are kept.
const frameMaker = "frame 1"

// takeFrame makes a frame, whoever waits for it, and keeps it; that there is none is kept too.
func (s *Server) takeFrame(film media.ID, key string) []byte {
	ctx, cancel := context.WithTimeout(s.gallery.shutter, frameTimeout)
	defer cancel()
	data, err := s.files.Frame(ctx, film)
	switch {
	case err == nil:
	case errors.Is(err, media.ErrNoItem):
		s.log.Debug("no frame can be made", "item", film, "err", err)
		data = nil
	default:
		if s.gallery.shutter.Err() == nil {
			s.log.Warn("no frame was made", "item", film, "err", err)
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			return nil
		}
		data = nil // else it is tried again and again
	}
	s.kept.put(key, data)
	return data
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
