package httpstream

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// blockTimeout ends a response whose next block does not come: a disk may have to spin up, a server to come back.
const blockTimeout = 30 * time.Second

// block is a piece of the file that was read, or why there is none.
type block struct {
	data []byte // from the loan
	err  error
}

// reader reads a file's parts ahead of who sends them, on a goroutine of its own, which may hang in the kernel. It owns the
// file, and closes it.
type reader struct {
	file    *os.File
	version version
	parts   []part
	loan    *loan
	blocks  chan block
	guard   *guard
	call    *call
}

// read reads until all is read, an error or the end of ctx, and waits for that.
func (r *reader) read(ctx context.Context) {
	r.readParts(ctx)
	close(r.blocks)
	r.file.Close() // which may hang as well
	r.guard.end(r.call)
	<-ctx.Done()
	for b := range r.blocks { // the sender has gone and left them
		r.loan.give(b.data)
	}
	r.loan.close()
}

func (r *reader) readParts(ctx context.Context) {
	for _, p := range r.parts {
		for from := p.start; from < p.start+p.length; from += blockBytes {
			data := r.loan.take(ctx)
			if data == nil {
				return
			}
			data = data[:min(blockBytes, p.start+p.length-from)]
			b := block{data, r.fill(data, from)}
			select {
			case r.blocks <- b:
			case <-ctx.Done():
				r.loan.give(data)
				return
			}
			if b.err != nil {
				return
			}
		}
	}
}

// fill reads a block, and makes sure that the file is still the same once it is read.
func (r *reader) fill(data []byte, from int64) error {
	_, err := r.file.ReadAt(data, from)
	if errors.Is(err, io.EOF) {
		return errChanged
	}
	if err != nil {
		return err
	}
	return r.version.check(r.file)
}

// sendRead sends the parts of a file that lies on a network or FUSE mount: a goroutine reads ahead, as far as the pool allows,
// and the first block leaves as soon as it is there. A disk that hangs holds that goroutine, and not this one.
func (s *Server) sendRead(ctx context.Context, w http.ResponseWriter, t *transfer) error {
	ctx, cancel := context.WithCancel(ctx)
	r := &reader{
		file: t.file, version: t.version, parts: t.parts, loan: s.pool.open(), blocks: make(chan block, readAhead),
		guard: &s.guard, call: &call{folder: t.folder},
	}
	t.file = nil // it is the reader's now
	defer func() {
		cancel()
		r.guard.leave(r.call)
	}()
	s.guard.running.Go(func() { r.read(ctx) })
	for _, p := range t.parts {
		if _, err := io.WriteString(w, p.head); err != nil {
			return err
		}
		for left := p.length; left > 0; {
			b, err := r.next(ctx)
			if err == nil {
				err = s.sendBlock(w, t, b)
			}
			if b.data != nil {
				r.loan.give(b.data)
			}
			if err != nil {
				return err
			}
			left -= int64(len(b.data))
		}
	}
	return nil
}

func (s *Server) sendBlock(w http.ResponseWriter, t *transfer, b block) error {
	if b.err != nil {
		return b.err
	}
	// A writer without deadlines, as in tests, never blocks.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(pieceTimeout))
	n, err := w.Write(b.data)
	s.sent(t, int64(n), time.Now())
	return err
}

// next waits for a block.
func (r *reader) next(ctx context.Context) (block, error) {
	late := time.NewTimer(r.guard.lateAfter)
	defer late.Stop()
	timeout := time.NewTimer(blockTimeout)
	defer timeout.Stop()
	for {
		select {
		case b, ok := <-r.blocks:
			r.guard.late(r.call, false)
			if !ok {
				return block{}, io.ErrUnexpectedEOF
			}
			return b, nil
		case <-late.C:
			r.guard.late(r.call, true)
		case <-timeout.C:
			return block{}, errStuck
		case <-ctx.Done():
			return block{}, ctx.Err()
		}
	}
}
