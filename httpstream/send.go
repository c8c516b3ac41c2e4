package httpstream

import (
	"errors"
	"io"
	"net/http"
	"time"
)

var errChanged = errors.New("the file changed while it was streamed")

const (
	// pieceBytes is how much is handed to the kernel at a time: small enough that a slow but living client always finishes
	// one within pieceTimeout, and that cancellation and accounting are prompt. To a client that takes pieces quicker than in
	// pieceQuick they grow up to pieceMost, so that they cost as little as they are few.
	pieceBytes = 256 << 10
	pieceMost  = 2 << 20
	pieceQuick = 20 * time.Millisecond
	// pieceTimeout ends a response that moves nothing: the client has vanished, or has paused for long and will come back
	// with a range.
	pieceTimeout = 5 * time.Minute
)

// part is a span of the file with what comes before it in the body of a multipart answer.
type part struct {
	head string
	span
}

// send sends the parts. Its error says that bytes are missing.
func (s *Server) send(w http.ResponseWriter, r *http.Request, t *transfer) (err error) {
	st := t.stream
	s.meter.begin(st)
	defer s.meter.end(st)
	t.flow = newFlow(r.Context(), t.version.size, t.item.Duration)
	defer t.flow.end()
	if t.mayHang {
		err = s.sendRead(r.Context(), w, t)
	} else {
		err = s.sendLocal(w, t)
	}
	if errors.Is(err, errChanged) || errors.Is(err, errStuck) {
		s.log.Warn("a stream was cut", "device", st.device, "item", st.item, "remote", r.RemoteAddr, "err", err)
	}
	s.log.Debug("stream", "device", st.device, "item", st.item, "remote", r.RemoteAddr, "range", st.ranges, "bytes", st.bytes.Load(),
		"stalls", st.stalls.Load(), "first_byte", time.Duration(st.firstByte.Load()), "dur", time.Since(st.began), "complete", err == nil)
	return err
}

func (s *Server) sendLocal(w http.ResponseWriter, t *transfer) error {
	for _, p := range t.parts {
		if err := s.sendPart(w, t, p); err != nil {
			return err
		}
	}
	return nil
}

// sendPart sends one part in pieces that go through sendfile: it is the os.File under a single LimitedReader, which
// io.CopyN makes, that net.TCPConn recognises.
func (s *Server) sendPart(w http.ResponseWriter, t *transfer, p part) error {
	deadlines := http.NewResponseController(w)
	if _, err := io.WriteString(w, p.head); err != nil {
		return err
	}
	if _, err := t.file.Seek(p.start, io.SeekStart); err != nil {
		return err
	}
	c := s.cache.open(t.file, t.version, p.start)
	defer c.close()
	piece := int64(pieceBytes)
	for from, end := p.start, p.start+p.length; from < end; {
		if t.stream.bytes.Load() > 0 { // else it was looked at just now
			if err := t.version.check(t.file); err != nil {
				return err
			}
		}
		piece = min(piece, c.next(from, end))
		began := time.Now()
		// A writer without deadlines, as in tests, never blocks.
		_ = deadlines.SetWriteDeadline(began.Add(pieceTimeout))
		n, err := io.CopyN(w, t.file, min(piece, end-from))
		from += n
		now := time.Now()
		s.sent(t, n, now)
		piece = nextPiece(piece, now.Sub(began))
		if errors.Is(err, io.EOF) {
			err = errChanged
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// sent notes that n more bytes of a transfer were handed to the kernel.
func (s *Server) sent(t *transfer, n int64, now time.Time) {
	s.meter.sent(t.stream, n, now)
	t.flow.sent(n)
}

// nextPiece returns how large the piece after one is that took some time.
func nextPiece(piece int64, took time.Duration) int64 {
	if took < pieceQuick {
		return min(2*piece, pieceMost)
	}
	return max(piece/2, pieceBytes)
}
