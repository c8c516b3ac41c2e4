package queue

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// describePlayed tells a Played as "a +10 to 20 of 100", and what is unusual about it.
func describePlayed(p Played[string]) string {
	s := fmt.Sprintf("%s +%g to %g of %g", p.Entry.Item, p.Seconds, p.Position, p.Duration)
	for _, flag := range []struct {
		set  bool
		name string
	}{{p.First, "first"}, {p.Rests, "rests"}, {p.Ended, "ended"}} {
		if flag.set {
			s += " " + flag.name
		}
	}
	return s
}

func TestWhatIsTalliedOfAPlay(t *testing.T) {
	for name, row := range map[string]struct{ lines, want []string }{
		"every ten seconds, and at a pause": {
			[]string{"online", "play a", "loaded", "playing 0", "wait 25s", "paused 25", "wait 1m", "playing 25", "wait 3s", "paused 28"},
			[]string{
				"a +0 to 0 of 100 first", "a +10 to 10 of 100", "a +10 to 20 of 100", "a +5 to 25 of 100 rests",
				"a +0 to 25 of 100", "a +3 to 28 of 100 rests",
			},
		},
		"what never plays does not count": {
			[]string{"online", "play a b", "refused", "loaded", "buffering 0", "wait 30s", "stop", "done"}, nil,
		},
		"to its end, and on": {
			[]string{"online", "play a b", "loaded", "playing 95", "wait 5s", "finished", "loaded", "playing 0"},
			[]string{"a +0 to 95 of 100 first", "a +5 to 100 of 100 rests ended", "b +0 to 0 of 100 first"},
		},
		"the receiver goes on by itself": {
			[]string{"queues yes", "online", "play a b", "loaded", "playing 95", "wait 5s", "goes-on e2", "playing 0", "wait 3s", "paused 3"},
			[]string{
				"a +0 to 95 of 100 first", "a +5 to 100 of 100 rests ended", "b +0 to 0 of 100 first", "b +3 to 3 of 100 rests",
			},
		},
		"skipped": {
			[]string{"online", "play a b", "loaded", "playing 0", "wait 4s", "next"},
			[]string{"a +0 to 0 of 100 first", "a +4 to 4 of 100 rests"},
		},
		"stopped": {
			[]string{"online", "play a", "loaded", "playing 50", "wait 4s", "stop", "done"},
			[]string{"a +0 to 50 of 100 first", "a +4 to 54 of 100 rests"},
		},
		"replaced, and its entry is gone": {
			[]string{"online", "play a", "loaded", "playing 50", "wait 4s", "play b"},
			[]string{"a +0 to 50 of 100 first", "a +4 to 54 of 100 rests"},
		},
		"a stall does not count": {
			[]string{"online", "play a", "loaded", "playing 0", "wait 4s", "buffering 4", "wait 1m", "playing 4", "wait 2s", "paused 6"},
			[]string{"a +0 to 0 of 100 first", "a +4 to 4 of 100", "a +2 to 6 of 100 rests"},
		},
		"a jump forward is not playing": {
			[]string{"online", "play a", "loaded", "playing 0", "wait 4s", "seek 80", "done", "playing 80", "wait 5s", "paused 85"},
			[]string{"a +0 to 0 of 100 first", "a +9 to 85 of 100 rests"},
		},
		"beyond a lost link counts what was played": {
			[]string{"online", "play a", "loaded", "playing 0", "wait 4s", "offline", "wait 1m", "runs e1 1 34", "paused 34"},
			[]string{"a +0 to 0 of 100 first", "a +4 to 4 of 100 rests", "a +30 to 34 of 100", "a +0 to 34 of 100 rests"},
		},
		"and what ended there": {
			[]string{"online", "play a", "loaded", "playing 60", "wait 4s", "offline", "wait 40s", "idle"},
			[]string{"a +0 to 60 of 100 first", "a +4 to 64 of 100 rests", "a +36 to 100 of 100 rests ended"},
		},
		"and what the receiver went on with and played out there": {
			[]string{
				"queues yes", "online", "play a b c", "loaded", "playing 0", "goes-on e2", "playing 0", "goes-back e1 1", "playing 0",
				"wait 5s", "offline", "wait 197s", "idle",
			},
			[]string{
				"a +0 to 0 of 100 first", "a +0 to 100 of 100 rests ended", "b +0 to 0 of 100 first", "b +0 to 0 of 100 rests",
				"a +0 to 0 of 100 first", "a +5 to 5 of 100 rests", "a +95 to 100 of 100 rests ended",
				"b +100 to 100 of 100 first rests ended",
			},
		},
		"a restart counts on": {
			[]string{"online", "play a", "loaded", "playing 0", "wait 12s", "leave", "restart", "wait 5s", "runs e1 1 17", "wait 1s", "paused 18"},
			[]string{"a +0 to 0 of 100 first", "a +10 to 10 of 100", "a +5 to 17 of 100", "a +1 to 18 of 100 rests"},
		},
		"nothing is told of what was over before": {
			[]string{"online", "play a", "loaded", "playing 0", "restart", "wait 10m", "off"},
			[]string{"a +0 to 0 of 100 first"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse()
			var got []string
			h.watch = func(e Effect) {
				if p, ok := e.(Played[string]); ok {
					got = append(got, describePlayed(p))
				}
			}
			for _, line := range row.lines {
				h.run(t, line)
			}
			if !slices.Equal(got, row.want) {
				t.Errorf("got  %s\nwant %s", strings.Join(got, "\n     "), strings.Join(row.want, "\n     "))
			}
		})
	}
}

func TestTheLastOfAPlayIsToldWhenTheBridgeStops(t *testing.T) {
	h := newHouse()
	var last string
	h.watch = func(e Effect) {
		if p, ok := e.(Played[string]); ok {
			last = describePlayed(p)
		}
	}
	for _, line := range []string{"online", "play a", "loaded", "playing 0", "wait 4s"} {
		h.run(t, line)
	}
	h.step(Quit{})
	if want := "a +4 to 4 of 100 rests"; last != want {
		t.Errorf("got %q, want %q", last, want)
	}
}

func TestAnAnnouncementIsNoPlayAndEndsNone(t *testing.T) {
	h := newHouse()
	var got []string
	h.watch = func(e Effect) {
		if p, ok := e.(Played[string]); ok {
			got = append(got, fmt.Sprintf("%d: %s", p.Serial, describePlayed(p)))
		}
	}
	for _, line := range []string{
		"online", "play a", "loaded", "playing 0", "wait 20s", "announce x", "loaded", "playing 0", "wait 8s", "finished", "loaded",
		"playing 20", "wait 3s", "paused 23",
	} {
		h.run(t, line)
	}
	want := []string{
		"1: a +0 to 0 of 100 first", "1: a +10 to 10 of 100", "1: a +10 to 20 of 100", "1: a +0 to 20 of 100 rests",
		"1: a +0 to 20 of 100", "1: a +3 to 23 of 100 rests",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}
