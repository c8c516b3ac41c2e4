package queue

import (
	"testing"
	"time"
)

// FuzzMachine feeds a machine random commands and reports and holds it to what must always be true.
func FuzzMachine(f *testing.F) {
	f.Add([]byte{0, 0, 40, 3, 50, 1, 60, 9})
	f.Add([]byte{61, 3, 50, 0, 52, 0, 52, 0, 61, 0, 62, 0, 1, 2})
	f.Fuzz(func(t *testing.T, in []byte) {
		h := newHouse()
		c := checker{t: t, house: h, answers: map[Ref]int{}, began: h.now}
		h.watch = c.watch
		for i := 0; i+1 < len(in); i += 2 {
			c.do(in[i], int(in[i+1]))
		}
		c.comesToRest()
	})
}

type checker struct {
	*house
	t        *testing.T
	revision int64
	highest  uint64
	answers  map[Ref]int
	asked    []Ref // of the commands since the last restart
	began    time.Time
	heard    float64 // seconds that were told to have been played
	again    float64 // seconds that may have been told twice, as a restart may not know of the last
}

// do turns two bytes into an input.
func (c *checker) do(what byte, n int) {
	c.ref++
	id := EntryID(n%8 + 1)
	items := make([]Entry[string], 1+n%4)
	for i := range items {
		items[i] = Entry[string]{Item: "x", Duration: float64(n % 100)}
	}
	on, loud := n%2 == 0, n%101
	inputs := []Input{
		Play[string]{Ref: c.ref, Mode: Replace, Items: items}, Play[string]{Ref: c.ref, Mode: Insert, Items: items},
		Play[string]{Ref: c.ref, Mode: PutNext, Items: items}, Play[string]{Ref: c.ref, Mode: Append, Items: items, Shuffle: &on},
		Resume{c.ref, on}, Pause{c.ref}, Toggle{c.ref}, Stop{c.ref}, Next{c.ref}, Previous{c.ref}, Wake{c.ref},
		Seek{c.ref, float64(n), on}, Volume{c.ref, n % 101, on}, Mute{c.ref, &on},
		Remove{Ref: c.ref, Entries: []EntryID{id, id + 1}}, Remove{Ref: c.ref, Index: n % 5},
		Move{Ref: c.ref, Entry: id, To: n % 4}, Jump{Ref: c.ref, Entry: id}, Clear{Ref: c.ref, KeepCurrent: on},
		Shuffle{Ref: c.ref, On: on}, SetRepeat{c.ref, []Repeat{RepeatOff, RepeatAll, RepeatOne}[n%3]}, Turn{c.ref}, Save{c.ref},
		Announce[string]{Ref: c.ref, Item: Entry[string]{Item: "x", Duration: float64(n % 9)}, Volume: &loud, Force: on},
		Announce[string]{Ref: c.ref, Item: Entry[string]{Item: "y"}},
		Transfer{Ref: c.ref, ID: 7},
		Sleep{Ref: c.ref, After: time.Duration(n%40) * time.Second, AfterItem: n%7 == 0},
	}
	device := []string{
		"offline", "online", "idle", "playing", "paused", "buffering", "other", "other mute", "loaded", "refused", "lost", "done",
		"denied", "finished", "late", "interrupted", "cancelled", "overtaken", "overtaken-on-its-way", "broke", "unasked", "fixed", "snatched", "unlaunched", "ended",
		"nobody's", "runs e2 0 5", "runs e9 3 5", "says 1 3", "says 1", "adopt *x y at 5", "adopt *!x y paused", "adopt x resting", "abandon", "release", "commit", "handed", "kept", "fast", "muted", "level 40", "dropped", "unkept", "disk waits", "disk works", "disk full", "disk broken",
		"queues yes", "queues slowly", "holds", "holds-not", "goes-on e2", "goes-on e3 2", "skips e3", "goes-back e1 1", "breaks-off e2",
	}
	switch k := int(what) % (len(inputs) + len(device) + 2); {
	case k < len(inputs):
		c.asked = append(c.asked, c.ref)
		c.step(inputs[k])
	case k < len(inputs)+len(device) && device[k-len(inputs)] == "handed" && (c.offer == nil || !c.offer.released):
		// nobody says so of a queue that was not released
	case k < len(inputs)+len(device):
		c.run(c.t, device[k-len(inputs)])
	case k == len(inputs)+len(device):
		c.wait(time.Duration(n) * time.Second)
	default:
		c.restart()
		c.again += max(c.now.Sub(time.UnixMilli(c.head.At)).Seconds(), 0)
		c.highest, c.revision, c.asked, c.orders, c.owed = c.serial, c.head.Revision, nil, nil, nil
	}
	c.check()
}

// watch looks at every effect.
func (c *checker) watch(e Effect) {
	switch e := e.(type) {
	case Load[string]:
		if !c.device.Online {
			c.t.Fatal("load while offline")
		}
		if e.Serial <= c.highest {
			c.t.Fatalf("load %d after %d: serials must rise", e.Serial, c.highest)
		}
		if e.Entry.ID == 0 && c.list.stored.Plan.Then == "" {
			c.t.Fatal("an announcement is loaded without a plan")
		}
		if e.Entry.Failed {
			c.t.Fatalf("load of the refused entry %s", e.Entry.ID)
		}
		c.highest = e.Serial
	case Played[string]:
		c.heard += e.Seconds
		most := c.now.Sub(c.began).Seconds() + c.again
		if e.Entry.ID == 0 || e.Serial == 0 || !(e.Seconds >= 0) || !(e.Position >= 0) || c.heard > most+0.001 {
			c.t.Fatalf("in %g s it played for %g s: %+v", most, c.heard, e)
		}
	case Reply:
		if c.answers[e.Ref]++; c.answers[e.Ref] > 1 || e.Ref > c.ref {
			c.t.Fatalf("command %d of %d answered %d times", e.Ref, c.ref, c.answers[e.Ref])
		}
	}
}

// check holds the machine to its invariants.
func (c *checker) check() {
	m, l := c.Machine, &c.list
	if l.index < -1 || l.index >= len(l.entries) {
		c.t.Fatalf("index %d of %d entries", l.index, len(l.entries))
	}
	if (l.index < 0) != (l.head.Current == 0) || l.index >= 0 && l.entries[l.index].ID != l.head.Current {
		c.t.Fatalf("index %d is not the current entry %s", l.index, l.head.Current)
	}
	if m.talk != nil && (m.play == nil || m.play.entry != 0 || l.head.Plan.Then == "") {
		c.t.Fatal("an announcement without a session, or without a plan")
	}
	if len(m.talks) > MaxTalks+1 {
		c.t.Fatalf("%d announcements wait", len(m.talks))
	}
	if m.play != nil && m.talk == nil && !m.trying() && m.play.entry != l.head.Current {
		c.t.Fatalf("%s plays, %s is current", m.play.entry, l.head.Current)
	}
	if l.head.Revision < c.revision {
		c.t.Fatalf("revision %d after %d", l.head.Revision, c.revision)
	}
	c.revision = l.head.Revision
	seen := map[EntryID]bool{}
	for i, e := range l.entries {
		if seen[e.ID] || e.ID >= l.head.Next {
			c.t.Fatalf("entry %s twice, or not below the next id %s", e.ID, l.head.Next)
		}
		seen[e.ID] = true
		if i > 0 && l.entries[i-1].rank >= e.rank {
			c.t.Fatalf("ranks %d, %d out of order at %d", l.entries[i-1].rank, e.rank, i)
		}
		if !c.stores() {
			continue
		}
		if r, ok := c.saved[e.ID]; !ok || r.Rank != e.rank || r.Natural != e.natural || r.Entry.Failed != e.Failed {
			c.t.Fatalf("entry %s is stored as %+v", e.ID, r)
		}
	}
	if c.stores() && len(c.saved) != len(l.entries) {
		c.t.Fatalf("%d rows stored for %d entries", len(c.saved), len(l.entries))
	}
}

// stores reports whether the disk has all that it was given.
func (c *checker) stores() bool {
	return !c.broken && c.storeAt.IsZero() && (c.offer == nil || !c.offer.released)
}

// comesToRest lets every load fail: whatever the queue is, it must stop asking.
func (c *checker) comesToRest() {
	c.run(c.t, "disk works")
	c.run(c.t, "abandon")
	c.run(c.t, "kept")
	c.run(c.t, "online")
	c.ref++
	c.asked = append(c.asked, c.ref)
	c.step(Resume{c.ref, true})
	for range 2*(c.Len()+MaxTalks) + 8 {
		if c.play != nil && !c.play.confirmed {
			c.step(Done{Serial: c.play.serial, Fail: FailRefused})
		}
		for len(c.orders) > 0 {
			c.run(c.t, "denied")
		}
		if c.mend != 0 { // a load that was replaced
			c.step(Done{Serial: c.mend, Fail: FailCancelled})
		}
		if c.talk != nil {
			c.step(Ended{Serial: c.play.serial, Reason: Finished})
		}
	}
	if c.play != nil && !c.play.confirmed {
		c.t.Fatalf("a queue of %d entries that all fail does not come to rest", c.Len())
	}
	if c.talk != nil || len(c.talks) > 0 && c.ready() || c.list.head.Plan.Then != "" && c.planned == 0 {
		c.t.Fatalf("%d announcements wait, and the plan is %+v", len(c.talks), c.list.head.Plan)
	}
	c.wait(time.Minute)
	for _, ref := range c.asked {
		if c.answers[ref] != 1 {
			c.t.Fatalf("command %d of %d has no answer", ref, c.ref)
		}
	}
}
