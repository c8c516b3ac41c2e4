package fleet_test

import (
	"testing"
	"testing/synctest"
	"time"

	"localcast/bench/fleet"
)

func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := fleet.NewWatch(), fleet.NewWatch()
		first.Begin(1)
		second.Begin(1)
		second.Begin(2)
		<-time.After(2 * time.Millisecond)
		first.End(1)
		first.End(1) // has ended already
		first.End(7) // has never begun
		<-time.After(4 * time.Millisecond)
		second.End(1)
		want := fleet.Figures{Samples: 2, Open: 1, P50: 6 * time.Millisecond, P99: 6 * time.Millisecond, Max: 6 * time.Millisecond}
		if got := fleet.Sum(first, second); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		second.Reset()
		if got, want := fleet.Sum(second), (fleet.Figures{}); got != want {
			t.Errorf("after a reset: got %+v, want %+v", got, want)
		}
		if got, want := fleet.Sum(first).String(), "1 | 2.00 ms | 2.00 ms | 2.00 ms |"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
