package library

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"localcast/bridge/media"
)

// TestMeasure tells how long scans of a large library take, and what memory it needs. It runs where LOCALCAST_MEASURE is
// the number of files to make.
func TestMeasure(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("LOCALCAST_MEASURE"))
	if err != nil {
		t.Skip("not asked for: LOCALCAST_MEASURE is not set")
	}
	s := newShelf(t, Config{})
	words := []string{"Blue", "River", "Night", "Stone", "Summer", "Ghost", "Paper", "Iron", "Golden", "Silent", "Winter", "Fire"}
	for i := range n {
		w := func(k int) string { return words[(i/k)%len(words)] }
		switch name := fmt.Sprintf("%s %s %d", w(1), w(7), i/50); i % 3 {
		case 0:
			s.put(fmt.Sprintf("films/%s (%d)/film.mp4", fmt.Sprintf("%s %d", name, i), 1950+i%70), mp4(name+fmt.Sprint(i)))
		case 1:
			s.put(fmt.Sprintf("tv/%s/Season %d/S%02dE%02d %s.mp4", name, i/12%5, i/12%5, i%50, w(3)), mp4(name+fmt.Sprint(i)))
		default:
			s.put(fmt.Sprintf("music/%s/%s/%02d %s.wav", w(1), name, i%50, w(5)), wav(1, name+fmt.Sprint(i))[:400])
		}
	}
	heap := func() float64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc) / (1 << 20)
	}
	before := heap()
	timed := func(what string, f func()) {
		begun := time.Now()
		f()
		t.Logf("%-28s %8.3f s, heap %5.1f MB above the start", what, time.Since(begun).Seconds(), heap()-before)
	}
	timed("first scan", s.scan)
	timed("unchanged scan, deep", s.scan)
	timed("unchanged scan, shallow", func() { s.pass(shallow) })
	timed("open again", s.reopen)
	timed("build the index", func() { s.do(s.lib.reindex(t.Context())) })
	for _, q := range []string{"blue", "blue river", "s01e02", "g", "silent winter 12"} {
		begun := time.Now()
		const times = 50
		for range times {
			s.search(media.Query{Text: q})
		}
		t.Logf("search %-20q %8.3f ms for %d of %d", q, float64(time.Since(begun).Microseconds())/1000/times, len(s.search(media.Query{Text: q})), s.lib.index.Load().Len())
	}
	info, err := os.Stat(s.cfg.DataDir + "/library.db")
	s.do(err)
	t.Logf("%d files: library.db has %.1f MB", len(s.ids()), float64(info.Size())/(1<<20))
}
