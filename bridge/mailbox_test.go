package bridge

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestMailbox(t *testing.T) {
	for name, row := range map[string]struct{ put, want string }{
		"two statuses become the later one":     {"status 1, status 2, status 3", "status 3"},
		"an end between them is never lost":     {"status 1, end 1, status 2", "status 1, end 1, status 2"},
		"nor one of several":                    {"end 1, end 2, status 1, status 2", "end 1, end 2, status 2"},
		"an answer keeps its place":             {"status 1, done 1, status 2, done 2", "status 1, done 1, status 2, done 2"},
		"sightings become the latest":           {"seen 1, seen 2", "seen 2"},
		"sightings and statuses in turn stay 2": {"status 1, seen 1, status 2, seen 2, status 3, seen 3", "status 3, seen 3"},
		"a sighting does not part two statuses": {"status 1, seen 1, status 2", "seen 1, status 2"},
		"nothing":                               {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMailbox()
			for _, letter := range strings.Split(row.put, ", ") {
				var n int
				what, number, _ := strings.Cut(letter, " ")
				fmt.Sscan(number, &n)
				switch what {
				case "status":
					m.Status(Status{Volume: n})
				case "end":
					m.Ended(Ended{Position: float64(n)})
				case "done":
					m.Done(Done{Serial: uint64(n)})
				case "seen":
					m.sighting(Sighting{MaxVolume: n})
				}
			}
			var got []string
			for _, letter := range m.take() {
				switch l := letter.(type) {
				case Status:
					got = append(got, fmt.Sprintf("status %d", l.Volume))
				case Ended:
					got = append(got, fmt.Sprintf("end %g", l.Position))
				case Done:
					got = append(got, fmt.Sprintf("done %d", l.Serial))
				case Sighting:
					got = append(got, fmt.Sprintf("seen %d", l.MaxVolume))
				}
			}
			if got := strings.Join(got, ", "); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
			if rest := m.take(); len(rest) > 0 {
				t.Errorf("still %d letters", len(rest))
			}
			if woken := len(m.news) > 0; woken != (row.put != "") {
				t.Errorf("woken: %v", woken)
			}
		})
	}
}

// A player's reader reports from its own goroutine while the device looks.
func TestMailboxLosesNothing(t *testing.T) {
	const most = 1000
	m := newMailbox()
	go func() {
		for i := range most {
			m.Status(Status{Volume: i})
			m.Ended(Ended{Position: float64(i)})
		}
	}()
	var ends []float64
	for len(ends) < most {
		<-m.news
		for _, letter := range m.take() {
			if e, ok := letter.(Ended); ok {
				ends = append(ends, e.Position)
			}
		}
	}
	if !slices.IsSorted(ends) {
		t.Error("the ends came out of order")
	}
}
