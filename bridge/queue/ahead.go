package queue

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"time"
)

// renewEvery is how often what stands ahead is asked for again, so that its address never grows too old. Where it is good
// still, nothing is sent.
const renewEvery = time.Minute

// ahead is what the receiver goes on with by itself when what plays ends.
type ahead struct {
	known bool    // what stands there is what was asked for
	entry EntryID // 0: nothing
	start float64
	asked uint64 // the order that asked for it; 0 once the device has answered
}

// follower is the index of the entry that plays after the current one has ended by itself, -1 if none does. What says that
// nothing shall follow, says it here: then the receiver is given nothing either.
func (m *Machine[T]) follower() int {
	if m.sleep.after {
		return -1
	}
	if e := m.list.current(); m.list.head.Repeat == RepeatOne && e != nil && !e.Failed {
		return m.list.index
	}
	return m.successor()
}

// successor is the index of the entry behind the current one, -1 if there is none. Behind the last one of a queue that
// repeats it is the first of the next round.
func (m *Machine[T]) successor() int {
	l := &m.list
	at := l.after(l.index, false)
	if at >= 0 || l.head.Repeat != RepeatAll {
		return at
	}
	if !l.head.Shuffle {
		return l.after(-1, false)
	}
	return l.nextRound()
}

// nextRound is the index of the entry with which a shuffled queue begins again after its last one, which is another than
// that where there is another. It is known before the round is dealt, because the receiver is given it before, and stays
// the same while the last one plays: it depends on nothing but the entries.
func (l *list[T]) nextRound() int {
	best, least := l.after(-1, false), uint64(math.MaxUint64)
	if best < 0 {
		return best
	}
	for i, e := range l.entries {
		if e.Failed || i == l.index {
			continue
		}
		h := fnv.New64a()
		for _, id := range []EntryID{l.entries[0].ID, l.head.Current, e.ID} {
			_ = binary.Write(h, binary.BigEndian, int64(id)) // a hash takes all
		}
		if sum := h.Sum64(); sum <= least {
			best, least = i, sum
		}
	}
	return best
}

// turn deals a shuffled queue anew where the entry at an index begins its next round, and returns that entry's index then.
func (m *Machine[T]) turn(at int) int {
	l := &m.list
	if !l.head.Shuffle || l.head.Repeat != RepeatAll || at > l.index || l.index < 0 || len(l.entries) < 2 {
		return at
	}
	l.head.Revision++
	l.shuffle(true, l.entries[at].ID, m.random)
	return 0
}

// begin is where an entry begins when it plays after the current one: an entry that has played to its end begins at 0 the
// next time.
func (m *Machine[T]) begin(e *Entry[T]) float64 {
	if e.ID == m.list.head.Current {
		return 0
	}
	return e.Start
}

// prepare sees to it that the receiver has what follows. Pictures are shown by themselves: receivers make nothing of a
// queue with pictures in it.
func (m *Machine[T]) prepare() {
	s := m.play
	if s == nil || m.talk != nil || !s.confirmed || s.lost || s.alone || m.closing != 0 || !m.device.Online {
		return
	}
	e, start := Entry[T]{}, 0.0
	if at := m.follower(); at >= 0 && m.list.entries[at].Interval == 0 && m.list.current().Interval == 0 {
		e, start = *m.list.entries[at], m.begin(m.list.entries[at])
	}
	a := &m.ahead
	due := !m.renewAt.IsZero() && !m.now.Before(m.renewAt)
	if a.known && a.entry == e.ID && a.start == start && !due {
		return
	}
	m.serial++
	m.ahead = ahead{known: true, entry: e.ID, start: start, asked: m.serial}
	m.renewAt = time.Time{}
	if e.ID != 0 {
		m.renewAt = m.now.Add(renewEvery)
	}
	m.emit(Prepare[T]{Serial: m.serial, Entry: e, Position: start})
}

// prepared takes the answer to a Prepare. A receiver that refuses is not asked again while this session plays: the next
// entry is loaded when this one has ended.
func (m *Machine[T]) prepared(in Done) {
	switch a := &m.ahead; {
	case in.Serial == 0 || in.Serial != a.asked:
	case in.Fail == "":
		a.asked = 0
		if m.list.head.Ahead != a.entry {
			m.list.head.Ahead = a.entry
			m.keep(m.list.head.Playing)
		}
	case m.play != nil:
		m.play.alone = true
		m.forgetAhead()
	}
}

// forgetAhead says that the receiver has nothing that is known of.
func (m *Machine[T]) forgetAhead() {
	m.ahead, m.renewAt = ahead{}, time.Time{}
	m.list.head.Ahead = 0
}

// movedOn takes that the receiver has gone on by itself, or was told to by somebody in the room. It is true about what
// plays: no load, unless nothing of the queue may follow or what plays is not in it any more.
func (m *Machine[T]) movedOn(in Ended) {
	if in.Reason == Finished {
		m.tellFinished()
	}
	if in.Reason == Error {
		m.tellFailed(in.Message)
	}
	over := in.Reason == Finished || in.Reason == Error
	at, next := m.list.find(in.Next), m.follower()
	switch {
	case over && m.nodAfter():
	case over && next < 0:
		m.end()
		m.order(Do{What: DoStopMedia})
	case at >= 0 && !m.list.entries[at].Failed:
		m.adopt(m.arrive(at, !in.Back), in.NextSerial)
	case next >= 0:
		m.startNext(next)
	default:
		m.end()
		m.order(Do{What: DoStopMedia})
	}
}

// overtaken puts right what our own order about what follows has ended, because the receiver was quicker: what had begun plays
// again, and where somebody in the room was on the way to the next one, that plays.
func (m *Machine[T]) overtaken(in Ended) {
	s := m.play
	if next := m.successor(); in.Reason != Cancelled && next >= 0 {
		m.startNext(next)
		return
	}
	m.load(m.list.index, s.where(m.now), !m.active())
	m.play.started = s.started // it is the same play
}

// arrive returns the index of the entry to which the receiver has gone. Where it went forward to what stood ahead, and the
// queue was edited meanwhile, the end has overtaken the edit: the entry then goes to behind the one that ended, so that
// nothing is passed over.
func (m *Machine[T]) arrive(at int, forward bool) int {
	l, next := &m.list, m.follower()
	if at == next && forward {
		return m.turn(at)
	}
	if l.index < 0 || at == l.index || !forward {
		return at
	}
	to := l.index + 1
	if at < l.index {
		to--
	}
	if to == at {
		return at
	}
	l.head.Revision++
	l.move(at, to)
	return to
}

// adopt makes the entry at an index current, which the device plays in a session with that serial; 0 has lost its tag, and
// is named anew.
func (m *Machine[T]) adopt(at int, serial uint64) {
	if serial == 0 {
		m.serial++
		serial = m.serial
	}
	e := m.list.entries[at]
	start := m.begin(e)
	m.list.setCurrent(e.ID)
	m.list.head.EndedAt = 0
	m.forgetAhead()
	m.serial = max(m.serial, serial)
	m.play = &session{
		serial: serial, entry: e.ID, state: Buffering, confirmed: true, position: start, at: m.now, rate: 1, duration: e.Duration,
	}
	m.note(true)
}
