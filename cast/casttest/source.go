package casttest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"
)

const (
	chunk     = 64 << 10 // bytes of one read; also what is read to learn what a file is
	skipRead  = 1 << 20  // a gap up to this is read through; over a larger one the reader jumps
	maxJumps  = 8
	maxTail   = 16 << 20 // bound of what is read after a jump
	maxText   = 4 << 20  // bound of a side-loaded track
	maxTries  = 30       // of a connection that broke in the middle, a second apart, as seen on devices
	retryWait = time.Second
)

// A source fetches one item in a goroutine of its own and tells the device how far it has come. It keeps no bytes.
type source struct {
	dev  *device // only post is called, and with it the source… methods
	url  string
	cors bool // side-loaded tracks: the answer must allow the player's origin
	all  bool // no bound on reading ahead
	text bool // subtitles, no media

	orders chan order // holds the latest

	// Only the goroutine touches what follows.
	order  order
	answer *answer // nil between two requests
	buf    []byte
	at     int64 // offset of the next byte to read
	size   int64 // of the whole, -1 while unknown
	ended  bool  // read up to the end
	full   bool  // as much is read ahead as may be
	tries  int
	sum    hash.Hash // of the bytes from 0 to summed
	summed int64
}

// An order is all that a source must know. A later one replaces it.
type order struct {
	ctx    context.Context // ends when a later order starts elsewhere
	epoch  int             // rises with each seek
	offset int64           // where this epoch begins
	head   playhead
	pace   float64 // bytes that play consumes in a second of media; 0 while unknown
}

// newSource makes the source of one URL. It fetches nothing before it runs.
func (d *device) newSource(address string) *source {
	return &source{dev: d, url: address, orders: make(chan order, 1), buf: make([]byte, chunk), size: -1, sum: sha256.New()}
}

// tell replaces whatever order is still waiting. Only the device's goroutine calls it.
func (s *source) tell(o order) {
	select {
	case <-s.orders:
	default:
	}
	s.orders <- o
}

// readText fetches a side-loaded track. A track that cannot be fetched is not shown, and nothing else comes of it.
func (s *source) readText() {
	if s.open(0) != nil {
		return
	}
	defer s.closeAnswer(nil)
	for s.answer != nil && s.at < maxText {
		if _, err := s.read(s.buf); err != nil {
			return
		}
	}
}

// run fetches until the order's play ends.
func (s *source) run(ctx context.Context, first order) {
	defer s.closeAnswer(nil)
	s.order = first
	m, err := s.begin()
	if err != nil {
		s.fail(ctx, err)
		return
	}
	s.dev.ask(func() { s.dev.sourceReady(s, m) }) // answers with an order
	for ctx.Err() == nil {
		if err := s.step(ctx); err != nil {
			s.fail(ctx, err)
			return
		}
	}
}

func (s *source) fail(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	s.dev.post(func() { s.dev.sourceFailed(s, err) })
}

// begin opens the file, learns what it is and how long, and leaves the source ready to read on after the bytes that it
// has read from the start.
func (s *source) begin() (medium, error) {
	if err := s.open(0); err != nil {
		return medium{}, err
	}
	head, err := s.readPiece(nil)
	if err != nil {
		return medium{}, err
	}
	file, ok := identify(head)
	if !ok {
		return medium{}, &fetchError{codeUnsupported, true, errors.New("bytes of no format that the device plays")}
	}
	duration, err := s.measure(file, head)
	if err != nil {
		return medium{}, err
	}
	if s.at != s.summed { // it jumped
		if err := s.goBack(); err != nil {
			return medium{}, err
		}
	}
	return medium{kind: file.kind(), duration: duration, size: s.size, fetched: s.at, ended: s.ended}, nil
}

// measure shows the file to its container, piece by piece, until that knows how long it is.
func (s *source) measure(file container, piece []byte) (time.Duration, error) {
	for at, jumps := int64(0), 0; ; jumps++ {
		duration, next := file.look(piece, at, s.size)
		if next <= at || next >= s.size || jumps == maxJumps {
			return duration, nil
		}
		piece, at = piece[min(next-at, int64(len(piece))):], next
		var err error
		if len(piece) == 0 {
			err = s.goTo(next)
		} else if s.at == s.size {
			duration, _ = file.look(piece, at, s.size) // no more comes
			return duration, nil
		}
		if err == nil {
			piece, err = s.readPiece(piece)
		}
		if err != nil {
			return 0, err
		}
	}
}

// readPiece reads up to a chunk more and returns it behind piece.
func (s *source) readPiece(piece []byte) ([]byte, error) {
	start := len(piece)
	piece = append(piece, make([]byte, chunk)...)
	n := start
	for n < len(piece) {
		k, err := s.read(piece[n:])
		n += k
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, &fetchError{codeNetwork, false, err}
		}
	}
	return piece[:n], nil
}

// goTo reads on to offset, or jumps there if it is far.
func (s *source) goTo(offset int64) error {
	if gap := offset - s.at; gap < 0 || gap > skipRead || s.answer == nil {
		s.closeAnswer(nil)
		return s.open(offset)
	}
	for s.at < offset {
		if _, err := s.read(s.buf[:min(chunk, offset-s.at)]); err != nil {
			return &fetchError{codeNetwork, false, err}
		}
	}
	return nil
}

// goBack reads the tail to its end, because the index that a player jumps for is used whole, and returns to where the
// reading from the start was left.
func (s *source) goBack() error {
	for start := s.at; s.answer != nil && s.at-start < maxTail; {
		if _, err := s.read(s.buf); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return &fetchError{codeNetwork, false, err}
		}
	}
	s.closeAnswer(nil)
	s.at, s.ended = s.summed, false
	return nil
}

// step does the next thing: takes an order, waits, opens or reads. An error of its is the end.
func (s *source) step(ctx context.Context) error {
	wait, ever := s.room()
	if ever && wait == 0 {
		select {
		case o := <-s.orders:
			s.obey(o)
			return nil
		default:
		}
		return s.advance(ctx)
	}
	s.await(ctx, wait, ever)
	return nil
}

// await waits for an order, and no longer than wait if that is bounded.
func (s *source) await(ctx context.Context, wait time.Duration, bounded bool) {
	var due <-chan time.Time
	if bounded {
		t := time.NewTimer(s.dev.clock.real(wait))
		defer t.Stop()
		due = t.C
	}
	select {
	case o := <-s.orders:
		s.obey(o)
	case <-due:
	case <-ctx.Done():
	}
}

// obey takes a new order. One of a new epoch aborts the connection.
func (s *source) obey(o order) {
	if o.epoch != s.order.epoch {
		s.closeAnswer(nil)
		s.at, s.ended, s.full, s.tries = o.offset, false, false, 0
	}
	s.order = o
}

// room tells how long, in device time, until there is room to read, and false if that takes a new order.
func (s *source) room() (wait time.Duration, ever bool) {
	switch {
	case s.ended:
		return 0, false
	case s.all || s.order.pace == 0:
		return 0, true
	}
	now := s.dev.clock.now()
	ahead := s.at - int64(s.order.head.at(now).Seconds()*s.order.pace)
	limit := s.dev.cfg.ReadAhead
	if ahead < limit && !s.full || ahead <= limit/2 {
		s.full = false
		return 0, true
	}
	s.full = true
	return s.order.head.until(now, time.Duration(float64(s.at-limit/2)/s.order.pace*float64(time.Second)))
}

// advance opens a connection or reads a chunk. What fails in the middle is tried again.
func (s *source) advance(ctx context.Context) error {
	var err error
	if s.answer == nil {
		err = s.open(s.at)
	} else {
		var n int
		if n, err = s.read(s.buf); n > 0 {
			s.tries = 0
		}
		if errors.Is(err, io.EOF) {
			err = nil
		}
		epoch, at, ended := s.order.epoch, s.at, s.ended
		s.dev.post(func() { s.dev.sourceMoved(s, epoch, at, ended) })
	}
	switch {
	case err == nil:
		return nil
	case s.order.ctx.Err() != nil: // aborted; the order that did it is there, or on its way
		s.closeAnswer(nil)
		s.await(ctx, 0, false)
		return nil
	}
	s.closeAnswer(err)
	var fetch *fetchError
	if s.tries++; s.tries > maxTries || errors.As(err, &fetch) && fetch.final {
		return fmt.Errorf("after %d tries: %w", s.tries, err)
	}
	s.await(ctx, retryWait, true)
	return nil
}
