package queue

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

// filled is a machine on a device that plays the middle one of so many entries.
func filled(n int) *Machine[string] {
	m := New(Saved[string]{}, func(n int) int { return n / 2 }, 0)
	now := time.Unix(1_000_000, 0)
	m.Step(now, Report{Online: true, Asked: true, Idle: true})
	items := make([]Entry[string], n)
	for i := range items {
		items[i] = Entry[string]{Item: "x", Duration: 200}
	}
	settle := func(effects []Effect) {
		for len(effects) > 0 {
			e := effects[0]
			effects = effects[1:]
			switch e := e.(type) {
			case Load[string]:
				effects = append(effects, m.Step(now, Done{Serial: e.Serial})...)
			case Prepare[string]:
				effects = append(effects, m.Step(now, Done{Serial: e.Serial})...)
			case Persist[string]:
				effects = append(effects, m.Step(now, Stored{Ticket: e.Ticket})...)
			}
		}
	}
	settle(m.Step(now, Play[string]{Ref: 1, Mode: Replace, Items: items, First: n / 2}))
	return m
}

// BenchmarkEdit is one edit of queues of several lengths while one of their entries plays: all that a device does about it
// but the writing. BenchmarkEdit in bridge/store has that.
func BenchmarkEdit(b *testing.B) {
	for _, length := range []int{10, 1000, 10_000} {
		for name, edit := range map[string]func(m *Machine[string], n int) Input{
			"add": func(_ *Machine[string], n int) Input {
				return Play[string]{Ref: Ref(n), Mode: Append, Items: make([]Entry[string], 1)}
			},
			"next": func(_ *Machine[string], n int) Input {
				return Play[string]{Ref: Ref(n), Mode: PutNext, Items: make([]Entry[string], 1)}
			},
			"remove": func(m *Machine[string], n int) Input {
				return Remove{Ref: Ref(n), Entries: []EntryID{m.At(m.Len() - 1).ID}}
			},
			"move": func(m *Machine[string], n int) Input {
				return Move{Ref: Ref(n), Entry: m.At(0).ID, To: m.Len() - 1}
			},
			"shuffle": func(m *Machine[string], n int) Input { return Shuffle{Ref: Ref(n), On: n%2 == 0} },
		} {
			b.Run(fmt.Sprintf("%s/%d", name, length), func(b *testing.B) {
				m := filled(length)
				now, n := time.Unix(1_000_000, 0), 1
				for b.Loop() {
					if n++; n%1000 == 0 { // else it grows, or is empty
						b.StopTimer()
						m = filled(length)
						b.StartTimer()
					}
					if m.Len() < 2 {
						b.StopTimer()
						m = filled(length)
						b.StartTimer()
					}
					for _, e := range m.Step(now, edit(m, n)) {
						if p, ok := e.(Persist[string]); ok {
							m.Step(now, Stored{Ticket: p.Ticket})
						}
					}
				}
			})
		}
	}
}

// TestALongQueueIsSmall holds the memory of 10,000 entries to a bound beyond which a small computer would feel it.
func TestALongQueueIsSmall(t *testing.T) {
	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return s.HeapAlloc
	}
	before := heap()
	m := filled(10_000)
	grown := int64(heap()) - int64(before)
	if m.Len() != 10_000 || grown > 10<<20 {
		t.Errorf("%d entries take %d bytes", m.Len(), grown)
	}
	runtime.KeepAlive(m)
}
