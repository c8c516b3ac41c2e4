package httpstream

import (
	"sync"
	"sync/atomic"
	"time"

	"localcast/bridge"
	"localcast/bridge/media"
)

// stallAfter is how long nothing has to move for a stream to count a stall: its player has paused, or the network or the disk
// hangs.
const stallAfter = 10 * time.Second

// stream is one media response under way. Only who serves it changes it; everybody may read.
type stream struct {
	device string
	item   media.ID
	ranges string // the Range field as it came
	began  time.Time

	bytes, stalls atomic.Int64
	firstByte     atomic.Int64 // nanoseconds from began until the first bytes were handed on; 0 before
	rate          atomic.Int64 // bytes per second in the last interval
	measured      int64        // bytes at its end; measure's alone
	moved         time.Time    // when bytes were last handed on; who serves alone knows
}

// sent notes that n more bytes were handed to the kernel.
func (st *stream) sent(n int64, now time.Time) {
	if n > 0 && st.firstByte.Load() == 0 {
		st.firstByte.Store(max(int64(now.Sub(st.began)), 1))
	}
	if now.Sub(st.moved) >= stallAfter {
		st.stalls.Add(1)
	}
	st.moved = now
	st.bytes.Add(n)
}

// meter knows what is streamed. No lock is held while bytes flow.
type meter struct {
	mu      sync.Mutex
	streams map[*stream]struct{} // those under way

	bytes, stalls atomic.Int64 // of all streams, also those that have ended
	rate          atomic.Int64 // bytes per second in the last interval
	measured      int64        // bytes at its end; measure's alone
	active        atomic.Int64 // how many are in streams
	// ended is called with each stream that has ended; nil: nobody asks.
	ended func(*stream)
}

func (m *meter) begin(st *stream) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.streams == nil {
		m.streams = make(map[*stream]struct{})
	}
	m.streams[st] = struct{}{}
	m.active.Store(int64(len(m.streams)))
}

func (m *meter) end(st *stream) {
	m.mu.Lock()
	delete(m.streams, st)
	m.active.Store(int64(len(m.streams)))
	m.mu.Unlock()
	if m.ended != nil {
		m.ended(st)
	}
}

// now returns the streams under way, in no order.
func (m *meter) now() []*stream {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]*stream, 0, len(m.streams))
	for st := range m.streams {
		out = append(out, st)
	}
	return out
}

// sent notes that n more bytes of a stream were handed to the kernel.
func (m *meter) sent(st *stream, n int64, now time.Time) {
	before := st.stalls.Load()
	st.sent(n, now)
	m.stalls.Add(st.stalls.Load() - before)
	m.bytes.Add(n)
}

// measure sets the rates over the interval that has passed since it was last called.
func (m *meter) measure(interval time.Duration) {
	total := m.bytes.Load()
	m.rate.Store(perSecond(total-m.measured, interval))
	m.measured = total
	for _, st := range m.now() {
		total := st.bytes.Load()
		st.rate.Store(perSecond(total-st.measured, interval))
		st.measured = total
	}
}

func perSecond(bytes int64, interval time.Duration) int64 {
	return int64(float64(bytes) / interval.Seconds())
}

func (m *meter) state(limit int) bridge.StreamState {
	return bridge.StreamState{
		Active:         int(m.active.Load()),
		Limit:          limit,
		BytesTotal:     m.bytes.Load(),
		BytesPerSecond: m.rate.Load(),
	}
}
