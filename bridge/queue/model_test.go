package queue

import (
	"slices"
	"testing"
	"time"
)

// FuzzModel plays an evening on a device that obeys, and compares the queue with a model of it that is too simple to be
// wrong: a list of names.
func FuzzModel(f *testing.F) {
	f.Add([]byte{0, 3, 11, 0, 11, 0, 4, 1, 5, 2, 11, 0, 12, 0})
	f.Add([]byte{0, 2, 9, 1, 8, 1, 11, 0, 11, 0, 11, 0, 11, 0, 8, 0, 13, 0, 14, 0})
	f.Add([]byte{0, 3, 16, 1, 2, 1, 11, 0, 4, 0, 11, 0, 16, 0})
	f.Fuzz(func(t *testing.T, in []byte) {
		e := newModelled(t)
		for i := 0; i+1 < len(in) && i < 400; i += 2 {
			e.do(int(in[i]), int(in[i+1]))
			e.check()
		}
	})
}

// modelled is a machine, the device that it commands and the model.
type modelled struct {
	*Machine[string]
	t    *testing.T
	now  time.Time
	ref  Ref
	seed uint32

	// What the device does: it plays an entry with a serial, and goes on to another by itself.
	plays, ahead     EntryID
	serial, aheadSer uint64
	slow             []Prepare[string] // what it was given and has not looked at, while lazy
	lazy             bool

	// The model.
	order, natural []EntryID
	current        EntryID
	repeat         Repeat
	shuffled       bool
	revision       int64
	last           string
}

func newModelled(t *testing.T) *modelled {
	e := &modelled{t: t, now: time.Unix(1_000_000, 0), repeat: RepeatOff}
	e.Machine = New(Saved[string]{}, func(n int) int { e.seed = e.seed*1664525 + 1013904223; return int(e.seed>>8) % n }, 0)
	e.step(Report{Online: true, Asked: true, Idle: true})
	return e
}

// step lets the machine decide, and the device obey.
func (e *modelled) step(in Input) {
	for _, effect := range e.Step(e.now, in) {
		switch effect := effect.(type) {
		case Load[string]:
			e.plays, e.serial, e.ahead, e.slow = effect.Entry.ID, effect.Serial, 0, nil
			e.step(Done{Serial: effect.Serial})
			e.tell()
		case Prepare[string]:
			e.slow = append(e.slow, effect)
			if !e.lazy {
				e.wake()
			}
		case Do:
			if effect.What == DoStopMedia || effect.What == DoStopApp {
				e.plays, e.ahead, e.slow = 0, 0, nil
			}
			e.step(Done{Serial: effect.Serial})
		case Persist[string]:
			e.step(Stored{Ticket: effect.Ticket})
		}
	}
}

// wake has the device look at what it was given.
func (e *modelled) wake() {
	given := e.slow
	e.slow = nil
	for _, p := range given {
		if e.plays != 0 {
			e.ahead, e.aheadSer = p.Entry.ID, p.Serial
		}
		e.step(Done{Serial: p.Serial})
	}
}

// tell reports what plays.
func (e *modelled) tell() {
	e.step(Report{Online: true, Asked: true, Receiver: true, Playing: true, Media: Session{
		Ours: true, Entry: e.plays, Serial: e.serial, State: Playing, At: e.now, Rate: 1, Duration: 100,
	}})
}

// do turns two numbers into something that happens, to both.
func (e *modelled) do(what, n int) {
	e.ref++
	pick := func() EntryID {
		if len(e.order) == 0 {
			return 99999
		}
		return e.order[n%len(e.order)]
	}
	items := make([]Entry[string], 1+n%3)
	switch what % 17 {
	case 0:
		e.said("play")
		e.step(Play[string]{Ref: e.ref, Mode: Replace, Items: items})
		e.replaced(len(items))
	case 1:
		e.said("add")
		e.step(Play[string]{Ref: e.ref, Mode: Append, Items: items})
		e.added(len(e.order), len(items))
	case 2:
		e.said("next up")
		e.step(Play[string]{Ref: e.ref, Mode: PutNext, Items: items})
		e.added(slices.Index(e.order, e.current)+1, len(items))
	case 3:
		e.said("insert")
		e.step(Play[string]{Ref: e.ref, Mode: Insert, Items: items})
		first := e.added(slices.Index(e.order, e.current)+1, len(items))
		e.current = first
	case 4:
		e.remove(pick())
	case 5:
		e.move(pick(), (n/7)%max(1, len(e.order)))
	case 6:
		e.said("jump")
		if id := pick(); id != 99999 {
			e.step(Jump{Ref: e.ref, Entry: id})
			e.current = id
		}
	case 7:
		e.said("clear, but what plays")
		if len(e.order) > 1 || len(e.order) == 1 && e.current == 0 {
			e.revision++
		}
		e.step(Clear{Ref: e.ref, KeepCurrent: true})
		e.order = slices.DeleteFunc(e.order, func(id EntryID) bool { return id != e.current })
		e.natural = slices.Clone(e.order)
	case 8:
		e.shuffle(n%2 == 1)
	case 9:
		e.said("repeat")
		e.repeat = []Repeat{RepeatOff, RepeatAll, RepeatOne}[n%3]
		e.step(SetRepeat{Ref: e.ref, Mode: e.repeat})
	case 10:
		e.said("next")
		if e.plays != 0 {
			e.goOn(e.successor(), func() { e.step(Next{Ref: e.ref}) })
		}
	case 11, 12, 13:
		e.finish(Finished)
	case 14:
		if e.ahead != 0 {
			e.finish(Interrupted)
		}
	case 15:
		e.said("stop and resume")
		e.step(Stop{Ref: e.ref})
		if e.step(Report{Online: true, Asked: true, Idle: true}); e.current != 0 {
			e.step(Resume{e.ref, true})
		}
	case 16:
		e.said("lazy or not")
		if e.lazy = n%2 == 1; !e.lazy {
			e.wake()
		}
	}
}

func (e *modelled) said(what string) { e.last = what }

// newest are the ids of so many entries that were added last.
func (e *modelled) newest(n int) (ids []EntryID) {
	for i := n; i > 0; i-- {
		ids = append(ids, e.list.head.Next-EntryID(i))
	}
	return ids
}

func (e *modelled) replaced(n int) {
	e.revision++
	e.natural = e.newest(n)
	e.order = slices.Clone(e.natural)
	if e.shuffled {
		e.dealt()
	}
	e.current = e.order[0]
}

// dealt takes over an order that was dealt by chance: it must hold the same.
func (e *modelled) dealt() {
	var order []EntryID
	for i := range e.Len() {
		order = append(order, e.At(i).ID)
	}
	if got, want := slices.Sorted(slices.Values(order)), slices.Sorted(slices.Values(e.order)); !slices.Equal(got, want) {
		e.t.Fatalf("%s: dealt are %v of %v", e.last, got, want)
	}
	e.order = order
}

func (e *modelled) added(at, n int) EntryID {
	e.revision++
	ids := e.newest(n)
	behind := len(e.natural)
	switch {
	case at == 0 && len(e.order) > 0:
		behind = 0
	case at < len(e.order):
		behind = slices.Index(e.natural, e.order[at-1]) + 1
	}
	e.order = slices.Insert(e.order, at, ids...)
	e.natural = slices.Insert(e.natural, behind, ids...)
	return ids[0]
}

func (e *modelled) remove(id EntryID) {
	e.said("remove")
	at := slices.Index(e.order, id)
	if at < 0 {
		return
	}
	e.revision++
	played := e.plays != 0
	e.step(Remove{Ref: e.ref, Entries: []EntryID{id}})
	e.order = slices.Delete(e.order, at, at+1)
	e.natural = slices.DeleteFunc(e.natural, func(other EntryID) bool { return other == id })
	if id != e.current {
		return
	}
	switch {
	case at < len(e.order):
		e.current = e.order[at]
	case e.repeat == RepeatAll && len(e.order) > 0:
		e.current = e.order[0]
		if e.shuffled {
			e.dealt()
		}
	default:
		e.current = 0
	}
	if played != (e.plays != 0) && e.current != 0 {
		e.t.Fatalf("removing what plays leaves %s on the device", e.plays)
	}
}

func (e *modelled) move(id EntryID, to int) {
	e.said("move")
	from := slices.Index(e.order, id)
	if from < 0 {
		return
	}
	e.step(Move{Ref: e.ref, Entry: id, To: to})
	if from != to {
		e.revision++
	}
	e.moved(from, to)
}

func (e *modelled) moved(from, to int) {
	id := e.order[from]
	e.order = slices.Insert(slices.Delete(e.order, from, from+1), to, id)
	if !e.shuffled {
		e.natural = slices.Clone(e.order)
	}
}

func (e *modelled) shuffle(on bool) {
	e.said("shuffle")
	e.step(Shuffle{Ref: e.ref, On: on})
	if on == e.shuffled {
		return
	}
	e.revision++
	if e.shuffled = on; !on {
		e.order = slices.Clone(e.natural)
		return
	}
	if e.dealt(); e.current != 0 && e.order[0] != e.current {
		e.t.Fatalf("after a shuffle %s is first, %s plays", e.order[0], e.current)
	}
}

// successor is the entry behind the current one; -1 for any but that, where a new round is to be dealt.
func (e *modelled) successor() EntryID {
	at := slices.Index(e.order, e.current)
	switch {
	case at+1 < len(e.order):
		return e.order[at+1]
	case e.repeat != RepeatAll || len(e.order) == 0:
		return 0
	case e.shuffled && len(e.order) > 1:
		return -1
	}
	return e.order[0]
}

// goOn lets play go on to an entry, or end.
func (e *modelled) goOn(to EntryID, step func()) {
	was := e.current
	step()
	switch to {
	case -1:
		e.revision++
		if e.dealt(); e.order[0] == was {
			e.t.Fatalf("%s was the last of a round and is the first of the next", was)
		}
		e.current = e.order[0]
	default:
		e.current = to
	}
}

// finish ends what plays: the device goes on by itself if it has something.
func (e *modelled) finish(why EndReason) {
	e.said("end: " + string(why))
	if e.plays == 0 {
		return
	}
	over := Ended{Serial: e.serial, Reason: why, Next: e.ahead, NextSerial: e.aheadSer}
	follows := e.successor()
	if e.repeat == RepeatOne {
		follows = e.current
	}
	gone := e.ahead
	e.plays, e.serial, e.ahead = e.ahead, e.aheadSer, 0
	if gone == 0 {
		e.slow = nil
	}
	step := func() {
		e.step(over)
		if e.plays != 0 {
			e.tell()
		}
	}
	at, cur := slices.Index(e.order, gone), slices.Index(e.order, e.current)
	switch {
	case gone == 0, gone == follows, at < 0, follows == 0 && why == Finished:
		e.goOn(follows, step)
	case follows == -1 && e.nextRoundIs(gone):
		e.goOn(-1, step)
	default: // it has overtaken an edit, which loses nothing
		step()
		e.current = gone
		to := cur + 1
		if at < cur {
			to--
		}
		if at != cur && at != to {
			e.revision++
			e.moved(at, to)
		}
	}
}

// nextRoundIs reports whether the machine has chosen id to begin the next round.
func (e *modelled) nextRoundIs(id EntryID) bool { return e.At(e.list.nextRound()).ID == id }

// check compares.
func (e *modelled) check() {
	var order []EntryID
	for i := range e.Len() {
		order = append(order, e.At(i).ID)
	}
	h := e.Head()
	if !slices.Equal(order, e.order) || h.Current != e.current || h.Repeat != e.repeat || h.Shuffle != e.shuffled {
		e.t.Fatalf("after %s the queue is %v at %s, the model has %v at %s", e.last, order, h.Current, e.order, e.current)
	}
	if h.Revision != e.revision {
		e.t.Fatalf("after %s the revision is %d, the model has %d", e.last, h.Revision, e.revision)
	}
	if e.plays != 0 && e.plays != e.current {
		e.t.Fatalf("after %s %s plays, current is %s", e.last, e.plays, e.current)
	}
	if e.plays == 0 || len(e.slow) > 0 {
		return
	}
	follows := e.successor()
	if e.repeat == RepeatOne {
		follows = e.current
	}
	if e.ahead != follows && (follows != -1 || e.ahead == e.current || e.ahead == 0) {
		e.t.Fatalf("after %s %s stands ahead, %s follows", e.last, e.ahead, follows)
	}
}
