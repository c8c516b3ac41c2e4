package httpstream

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestCallsThatHangAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := guard{lateAfter: lateAfter}
		hang, abandoned := make(chan struct{}), make(chan int, maxStuck+1)
		do := func(folder string) (int, error) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			return within(ctx, &g, folder, func() (int, error) { <-hang; return 7, nil }, func(n int) { abandoned <- n })
		}
		for range maxStuck {
			if _, err := do("nas"); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("a call that hangs: %v", err)
			}
		}
		if _, err := do("nas"); !errors.Is(err, errStuck) {
			t.Errorf("one more: %v", err)
		}
		if _, err := do("disk"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("another folder is tried: %v", err)
		}
		close(hang)
		g.running.Wait()
		for range maxStuck + 1 {
			if n := <-abandoned; n != 7 {
				t.Errorf("what was abandoned brings %d", n)
			}
		}
		if n, err := do("nas"); n != 7 || err != nil || g.hanging("nas") != 0 {
			t.Errorf("once all have returned: %d, %v, %d hang", n, err, g.hanging("nas"))
		}
	})
}

func TestACallThatIsLeftCountsOnlyIfItStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := guard{lateAfter: lateAfter}
		quick, slow := &call{folder: "nas"}, &call{folder: "nas"}
		g.leave(quick)
		g.leave(slow)
		if g.end(quick) {
			t.Error("what returns at once is not late")
		}
		<-time.After(lateAfter + 1)
		synctest.Wait()
		if n := g.hanging("nas"); n != 1 {
			t.Errorf("%d calls count, want 1", n)
		}
		if late, n := g.end(slow), g.hanging("nas"); !late || n != 0 {
			t.Errorf("once it has returned: late %v, %d calls count", late, n)
		}
	})
}

func (g *guard) hanging(folder string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.stuck[folder]
}
