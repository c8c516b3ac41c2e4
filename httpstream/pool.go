package httpstream

import (
	"context"
	"sync"
)

const (
	// blockBytes is how much is read at a time of a file that cannot go through sendfile.
	blockBytes = 128 << 10
	// readAhead is how many blocks one stream may hold: a megabyte ahead of its client.
	readAhead = 8
)

// pool lends blocks to streams. Each stream can always have one; what all of them hold beyond that is bounded, so that
// stalled clients cost others their read-ahead at most, never their stream.
type pool struct {
	most int // blocks lent beyond the first of each stream

	mu    sync.Mutex
	extra int      // of these, how many are lent
	users int      // loans that are open
	spare [][]byte // blocks that came back; none while there are no users
}

// loan is what one stream has of a pool. Two goroutines use it: one takes, one gives back.
type loan struct {
	pool *pool
	held int           // guarded by pool.mu
	back chan struct{} // gets a value when a block has come back; holds one at most
}

func (p *pool) open() *loan {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.users++
	return &loan{pool: p, back: make(chan struct{}, 1)}
}

// close ends a loan whose blocks have all come back.
func (l *loan) close() {
	l.pool.mu.Lock()
	defer l.pool.mu.Unlock()
	if l.pool.users--; l.pool.users == 0 {
		l.pool.spare = nil
	}
}

// take returns a block. It waits for one of this stream's to come back where it can have no more, and returns nil when ctx
// ends before that.
func (l *loan) take(ctx context.Context) []byte {
	for {
		if b := l.try(); b != nil {
			return b
		}
		select {
		case <-l.back:
		case <-ctx.Done():
			return nil
		}
	}
}

func (l *loan) try() []byte {
	p := l.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case l.held == 0:
	case l.held >= readAhead || p.extra >= p.most:
		return nil
	default:
		p.extra++
	}
	l.held++
	if n := len(p.spare); n > 0 {
		b := p.spare[n-1]
		p.spare = p.spare[:n-1]
		return b
	}
	return make([]byte, blockBytes)
}

// give takes a block back.
func (l *loan) give(b []byte) {
	p := l.pool
	p.mu.Lock()
	if l.held--; l.held > 0 {
		p.extra--
	}
	if len(p.spare) < p.most {
		p.spare = append(p.spare, b[:blockBytes])
	}
	p.mu.Unlock()
	select {
	case l.back <- struct{}{}:
	default:
	}
}
