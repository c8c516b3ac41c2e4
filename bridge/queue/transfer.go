package queue

import (
	"fmt"
	"time"
)

// Moving is a queue on its way to another device.
type Moving[T any] struct {
	Rows     []Row[T] // in the order of play, with the ids they had; those that the other device cannot play are Failed
	Current  EntryID
	Repeat   Repeat
	Shuffle  bool
	Position float64 // seconds: where the current entry is
	Plays    bool    // the current entry plays, or is paused: it goes on there
	Paused   bool
}

// A transfer takes these steps, each an input of one of the two devices that an effect answers. Transfer has the source Offer
// its queue; Adopt has the target load it, beside its own queue, and tell by Adopted what came of that; Release has the
// source tell, by Released, what is left of its queue once it is gone, when everything of it is stored; Commit has the target
// make the queue its own, which is stored together with what is left at the source, and tell that by Committed; Handed ends
// it at the source. Until then the source plays on and has all of its queue: whatever fails before leaves it there.

// The steps at the two devices.
type (
	// Adopt has the target try a queue. Reason says why Failed rows cannot be played there.
	Adopt[T any] struct {
		ID     uint64
		Queue  Moving[T]
		Reason string
	}
	// Abandon has the target give up a queue that it tries.
	Abandon struct{ ID uint64 }
	// Release has the source let its queue go.
	Release struct{ ID uint64 }
	// Commit has the target make the queue its own. Topic and Change are the source and what is left there.
	Commit[T any] struct {
		ID     uint64
		Topic  string
		Change Change[T]
	}
	// Handed tells the source how it ended: with a Code it came to nothing.
	Handed struct {
		ID       uint64
		Code     Code
		Message  string
		Revision int64 // of the target, as are the others
		Length   int
		Entry    EntryID
		Failed   []EntryID
	}
)

// The answers. A Code says that the step came to nothing, and the transfer with it.
type (
	// Offer tells what is to be moved.
	Offer[T any] struct {
		Ref   Ref
		ID    uint64
		Queue Moving[T]
	}
	// Withdrawn tells that the source goes on with something else.
	Withdrawn struct{ ID uint64 }
	// Adopted tells that the target plays the queue, or has it at rest.
	Adopted struct {
		ID      uint64
		Code    Code
		Message string
	}
	// Released tells what is left at the source.
	Released[T any] struct {
		ID      uint64
		Code    Code
		Message string
		Change  Change[T]
	}
	// Committed tells what the queue is at the target.
	Committed struct {
		ID       uint64
		Code     Code
		Message  string
		Revision int64
		Length   int
		Entry    EntryID
		Failed   []EntryID
	}
)

// Also is a change of another queue, for one transaction with one's own.
type Also[T any] struct {
	Topic  string
	Change Change[T]
}

func (Offer[T]) effect()    {}
func (Withdrawn) effect()   {}
func (Adopted) effect()     {}
func (Released[T]) effect() {}
func (Committed) effect()   {}

// offer is a transfer away from here.
type offer struct {
	id       uint64
	name     uint64 // under which its command waits
	revision int64
	leaving  bool // it shall be released as soon as everything is stored; no command is taken until that is settled
	released bool // and was
	left     Head // what is left then
}

// trial is a queue that was moved here and is not ours yet. While it is loaded m.play is its session, whose entry is not in
// the list.
type trial[T any] struct {
	id       uint64
	moving   Moving[T]
	at       int  // the row that plays; -1: none does
	accepted bool // the device plays it
	old      list[T]
	ticket   uint64 // of the write that makes it ours; 0: not yet
}

// transfer offers the queue to another device.
func (m *Machine[T]) transfer(in Transfer) {
	l := &m.list
	switch {
	case m.conflicts(in.Ref, in.Revision):
		return
	case in.Itself:
		m.answer(in.Ref, Outcome{})
		return
	case m.offer != nil || m.trial != nil:
		m.refuse(in.Ref, CodeBusy, "another transfer is under way")
		return
	case len(l.entries) == 0:
		m.refuse(in.Ref, CodeNotFound, "the queue is empty")
		return
	}
	m.cancelLoads("transfer")
	m.serial++
	m.offer = &offer{id: in.ID, name: m.serial, revision: l.head.Revision}
	q := Moving[T]{Current: l.head.Current, Repeat: l.head.Repeat, Shuffle: l.head.Shuffle, Position: l.head.Position}
	for _, e := range l.entries {
		q.Rows = append(q.Rows, Row[T]{Entry: *e, Rank: e.rank, Natural: e.natural})
	}
	switch s, p := m.play, l.head.Plan; {
	case m.talk != nil:
		q.Plays, q.Paused = p.Then == ThenPlay || p.Then == ThenPause, p.Then == ThenPause
	case s != nil && m.closing == 0:
		q.Plays, q.Paused, q.Position = true, !m.active(), s.seek.or(s.where(m.now))
		if s.wantSeek != nil {
			q.Position = *s.wantSeek
		}
	}
	m.emit(Offer[T]{Ref: in.Ref, ID: in.ID, Queue: q})
	m.awaitLoad(in.Ref, m.offer.name, Outcome{})
}

// withdraw ends a transfer away from here because of a later command.
func (m *Machine[T]) withdraw() {
	if o := m.offer; o != nil && !o.leaving {
		m.offer = nil
		m.emit(Withdrawn{ID: o.id})
	}
}

// release lets the queue go, unless it was changed since it was offered.
func (m *Machine[T]) release(in Release) {
	o := m.offer
	if o == nil || o.id != in.ID {
		m.emit(Released[T]{ID: in.ID, Code: CodeConflict, Message: "the transfer was given up"})
		return
	}
	if have := m.list.head.Revision; have != o.revision {
		m.emit(Released[T]{ID: in.ID, Code: CodeConflict, Message: fmt.Sprintf(
			"the queue was changed meanwhile: it was at revision %d and is at %d", o.revision, have)})
		return
	}
	o.leaving = true
}

// releaseStored releases the queue once everything of it is stored, so that no older write can come behind.
func (m *Machine[T]) releaseStored() {
	o, h := m.offer, m.list.head
	if o == nil || !o.leaving || o.released || m.stored < m.ticket || m.list.changed() || !m.storeAt.IsZero() {
		return
	}
	o.released = true
	o.left = Head{Revision: h.Revision + 1, Next: h.Next, Repeat: RepeatOff, Serial: h.Serial, At: m.now.UnixMilli(), Plan: h.Plan}
	m.emit(Released[T]{ID: o.id, Change: Change[T]{All: true, Head: o.left}})
}

// handing reports whether the queue is being handed over: until that is over nothing is stored, a plan neither.
func (m *Machine[T]) handing() bool { return m.offer != nil && m.offer.released }

// Leaving reports whether the queue is on the way to another device, so that no command must come between.
func (m *Machine[T]) Leaving() bool { return m.offer != nil && m.offer.leaving }

// handed ends a transfer away from here. Where it came to nothing, everything is as it was.
func (m *Machine[T]) handed(in Handed) {
	o, l := m.offer, &m.list
	if o == nil || o.id != in.ID {
		return
	}
	m.offer = nil
	if in.Code != "" {
		l.all = l.all || o.released // nobody knows what the disk has
		m.decide(o.name, func(out *Outcome) { out.Code, out.Message = in.Code, in.Message })
		return
	}
	closes := m.device.Online && (m.play != nil || m.device.Receiver)
	m.gone()
	m.forgetAhead()
	l.clear(0)
	l.all, l.stored = false, o.left
	was := l.head
	l.head = o.left
	l.head.Serial, l.head.Plan, l.head.Revision, l.head.Next = was.Serial, was.Plan, max(was.Revision, o.left.Revision), was.Next
	m.queueNews = true
	if closes {
		m.closing = m.order(Do{What: DoStopApp})
	}
	m.decide(o.name, func(out *Outcome) {
		out.Moved, out.Revision, out.Length, out.Entry, out.Failed = true, in.Revision, in.Length, in.Entry, in.Failed
	})
}

// adoptQueue tries a queue that is moved here: it is loaded where it was.
func (m *Machine[T]) adoptQueue(in Adopt[T]) {
	switch {
	case !m.device.Online:
		m.emit(Adopted{ID: in.ID, Code: CodeOffline, Message: "the device is offline"})
		return
	case m.trial != nil || m.offer != nil:
		m.emit(Adopted{ID: in.ID, Code: CodeBusy, Message: "another transfer is under way there"})
		return
	}
	t := &trial[T]{id: in.ID, moving: in.Queue, at: -1}
	for i := range t.moving.Rows {
		e := &t.moving.Rows[i].Entry
		if e.ID == t.moving.Current {
			t.at = i
		}
		e.ID = m.list.head.Next
		m.list.head.Next++
	}
	if !t.moving.Plays || t.at < 0 {
		t.moving.Plays, t.accepted = false, true
		m.trial = t
		m.emit(Adopted{ID: in.ID})
		return
	}
	position := t.moving.Position
	if t.moving.Rows[t.at].Entry.Failed {
		if t.at, position = t.following(); t.at < 0 {
			m.emit(Adopted{ID: in.ID, Code: CodeUnsupported, Message: in.Reason})
			return
		}
	}
	m.cancelLoads("transfer")
	if m.play != nil {
		m.halt()
	}
	m.trial = t
	m.try(position)
}

// following is the row behind the one that plays which may be played, -1 if there is none, and where it begins.
func (t *trial[T]) following() (at int, position float64) {
	for i := t.at + 1; i < len(t.moving.Rows); i++ {
		if e := t.moving.Rows[i].Entry; !e.Failed {
			return i, e.Start
		}
	}
	return -1, 0
}

// try loads a row of the trial.
func (m *Machine[T]) try(position float64) {
	q := &m.trial.moving
	e := q.Rows[m.trial.at].Entry
	m.closing, m.cutAt = 0, time.Time{}
	m.forgetAhead()
	m.serial++
	m.play = &session{
		serial: m.serial, entry: e.ID, state: Loading, position: position, at: m.now, rate: 1, duration: e.Duration,
		held: q.Paused, wantPaused: q.Paused,
	}
	m.emit(Load[T]{Serial: m.serial, Entry: e, Position: position, Paused: q.Paused})
}

// tried takes the answer to a load of the trial. A row that is refused gives way to the next.
func (m *Machine[T]) tried(in Done) {
	t := m.trial
	switch in.Fail {
	case "":
		t.accepted = true
		if m.play.state == Loading {
			m.play.state = Buffering
		}
		m.emit(Adopted{ID: t.id})
	case FailOffline, FailCancelled, FailLaunch:
		code, message := outcomeOf(in.Fail, in.Reason)
		m.untry(code, message)
	default:
		t.moving.Rows[t.at].Entry.Failed = true
		next, position := t.following()
		if next < 0 {
			m.failure = in.Reason
			m.untry(CodeRejected, in.Reason)
			return
		}
		t.at = next
		m.try(position)
	}
}

// tryNext goes on to the next row of a queue that is tried.
func (m *Machine[T]) tryNext(ref Ref) {
	t := m.trial
	if next, position := t.following(); next >= 0 {
		t.at, t.accepted = next, false
		m.try(position)
		m.answer(ref, Outcome{})
		return
	}
	m.untry(CodeConflict, "it was ended by next")
	m.await(ref, m.order(Do{What: DoStopMedia}), Outcome{})
}

// untry gives up a queue that was to be moved here. What was here before is here still, and waits.
func (m *Machine[T]) untry(code Code, message string) {
	t := m.trial
	m.trial = nil
	if t.at >= 0 && t.moving.Plays {
		m.forget()
	}
	m.emit(Adopted{ID: t.id, Code: code, Message: message})
}

// abandon gives up a queue that was to be moved here, because of the other device.
func (m *Machine[T]) abandon(in Abandon) {
	t := m.trial
	if t == nil || t.id != in.ID || t.ticket != 0 {
		return
	}
	loads := t.moving.Plays
	m.untry(CodeConflict, "the transfer was given up")
	if loads && m.device.Online {
		m.order(Do{What: DoStopMedia})
	}
}

// commit makes the queue that was tried ours.
func (m *Machine[T]) commit(in Commit[T]) {
	t := m.trial
	if t == nil || t.id != in.ID || !t.accepted || t.ticket != 0 {
		m.emit(Committed{ID: in.ID, Code: CodeConflict, Message: "the transfer was given up there"})
		return
	}
	q, l := t.moving, &m.list
	if !q.Plays && m.play != nil {
		m.cancelLoads("transfer")
		m.halt()
		m.order(Do{What: DoStopMedia})
	}
	t.old = m.list
	current := EntryID(0)
	if t.at >= 0 {
		current = q.Rows[t.at].Entry.ID
	}
	h := l.head
	m.list = newList(Saved[T]{Rows: q.Rows, Head: Head{
		Revision: h.Revision + 1, Next: h.Next, Current: current, Repeat: q.Repeat, Shuffle: q.Shuffle, Serial: h.Serial,
		Position: q.Position, At: m.now.UnixMilli(), Plan: h.Plan,
	}})
	m.list.all = true
	t.ticket, m.also = m.ticket+1, &Also[T]{Topic: in.Topic, Change: in.Change}
	if s := m.play; s != nil && q.Plays {
		s.confirmed = true
		if s.duration == 0 {
			s.duration = m.list.current().Duration
		}
		m.note(!q.Paused)
		if md := m.device.Media; m.device.Playing && md.Ours && md.Serial == s.serial { // told while it was tried
			m.update(md)
		}
		m.catchUp()
	}
}

// committed tells when the queue that was moved here is stored; where that failed, what was here before is back.
func (m *Machine[T]) committed(in Stored) {
	t := m.trial
	if t == nil || t.ticket == 0 || in.Ticket < t.ticket {
		return
	}
	m.trial = nil
	if in.Failed == "" {
		c := Committed{ID: t.id, Revision: m.list.head.Revision, Length: len(m.list.entries), Entry: m.list.head.Current}
		for _, r := range t.moving.Rows {
			if r.Entry.Failed {
				c.Failed = append(c.Failed, r.Entry.ID)
			}
		}
		m.emit(c)
		return
	}
	if m.play != nil && m.device.Online {
		m.order(Do{What: DoStopMedia})
	}
	m.gone()
	was := m.list.head
	m.list = t.old
	h := &m.list.head
	h.Next, h.Revision, h.Serial, h.Plan = was.Next, was.Revision+1, was.Serial, was.Plan
	m.list.all, m.queueNews = true, true
	m.emit(Committed{ID: t.id, Code: CodeInternal, Message: "the move could not be stored: " + in.Failed})
}

// trying reports whether a queue is tried that is not ours yet: m.play is its session then, if it plays.
func (m *Machine[T]) trying() bool {
	return m.trial != nil && m.trial.ticket == 0 && m.trial.moving.Plays
}
