package fleet

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// Watch times what begins and ends, each under a number. It may be used by several goroutines.
type Watch struct {
	mu    sync.Mutex // guards what follows
	began map[int]time.Time
	taken []time.Duration
}

// NewWatch makes a watch that has timed nothing.
func NewWatch() *Watch { return &Watch{began: make(map[int]time.Time)} }

// Begin notes that n begins now.
func (w *Watch) Begin(n int) {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.began[n] = now
}

// End notes that n has ended; one that did not begin, or has ended already, does not count.
func (w *Watch) End(n int) {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	if began, ok := w.began[n]; ok {
		w.taken = append(w.taken, now.Sub(began))
		delete(w.began, n)
	}
}

// Reset forgets everything, also what has begun.
func (w *Watch) Reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.began)
	w.taken = nil
}

// Figures are what watches have timed together.
type Figures struct {
	Samples       int
	Open          int // what has begun and not ended
	P50, P99, Max time.Duration
}

// Sum takes the figures of watches; without samples the times are 0.
func Sum(watches ...*Watch) Figures {
	var all []time.Duration
	var f Figures
	for _, w := range watches {
		w.mu.Lock()
		all = append(all, w.taken...)
		f.Open += len(w.began)
		w.mu.Unlock()
	}
	if f.Samples = len(all); f.Samples == 0 {
		return f
	}
	slices.Sort(all)
	at := func(share float64) time.Duration { return all[min(int(share*float64(len(all))), len(all)-1)] }
	f.P50, f.P99, f.Max = at(0.5), at(0.99), all[len(all)-1]
	return f
}

// String gives the figures as the end of a row of a Markdown table: samples, p50, p99, longest.
func (f Figures) String() string {
	ms := func(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond)) }
	return fmt.Sprintf("%d | %s | %s | %s |", f.Samples, ms(f.P50), ms(f.P99), ms(f.Max))
}
