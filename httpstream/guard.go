package httpstream

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"localcast/bridge/media"
)

// maxStuck is how many calls to one library folder may hang in the kernel before further requests for it are refused.
const maxStuck = 4

// errStuck is the error for a folder of which too many calls hang.
var errStuck = errors.New("the disk does not answer")

// guard bounds what hangs in the kernel. A call to a network or FUSE file system whose server is gone may not return for
// ever, and nothing ends it; it keeps a thread. So such calls run on goroutines of their own, are left behind when they take
// too long, and are counted for their library folder, which is given up while too many of them hang. Other folders do not
// notice.
type guard struct {
	lateAfter time.Duration  // how long a call may take before it counts
	running   sync.WaitGroup // all that it has started and that has not ended

	mu    sync.Mutex
	stuck map[string]int // by folder; no zeros
}

// lateAfter is what a disk that spins up or a server that is busy gets.
const lateAfter = 5 * time.Second

// call is something that may hang. guard.mu guards it.
type call struct {
	folder      string
	late, ended bool
}

// folderOf names the library folder that an item lies in: paths begin with it.
func folderOf(item media.Item) string {
	folder, _, _ := strings.Cut(item.Path, "/")
	return folder
}

// refuses reports whether so many calls to a folder hang that it is given up for now.
func (g *guard) refuses(folder string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.stuck[folder] >= maxStuck
}

// late counts a call as one that hangs, or no longer. It reports whether the call still runs.
func (g *guard) late(c *call, late bool) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if c.ended {
		return false
	}
	if c.late != late {
		c.late = late
		g.count(c.folder, late)
	}
	return true
}

// leave leaves a call behind: if it does not return soon it counts.
func (g *guard) leave(c *call) { time.AfterFunc(g.lateAfter, func() { g.late(c, true) }) }

// end tells that a call has returned for good. It reports whether it was late.
func (g *guard) end(c *call) (late bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c.ended = true
	if c.late {
		g.count(c.folder, false)
	}
	return c.late
}

func (g *guard) count(folder string, more bool) {
	if g.stuck == nil {
		g.stuck = make(map[string]int)
	}
	if more {
		g.stuck[folder]++
		return
	}
	if g.stuck[folder]--; g.stuck[folder] == 0 {
		delete(g.stuck, folder)
	}
}

// within runs f, which touches a folder, and waits for it while ctx lasts. After that f goes on by itself, and abandoned, if
// there is one, gets what it brings in the end. Where the folder is given up already the error is errStuck, and f never runs.
func within[T any](ctx context.Context, g *guard, folder string, f func() (T, error), abandoned func(T)) (T, error) {
	var zero T
	if g.refuses(folder) {
		return zero, errStuck
	}
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	c := &call{folder: folder}
	g.running.Go(func() {
		value, err := f()
		if late := g.end(c); late && abandoned != nil && err == nil {
			abandoned(value)
			return
		}
		done <- result{value, err}
	})
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
	}
	if g.late(c, true) {
		return zero, ctx.Err()
	}
	r := <-done // it returned at the last moment
	return r.value, r.err
}
