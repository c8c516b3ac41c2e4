package queue

import "time"

// start loads the entry at an index, from a position in seconds, and returns the load's serial.
func (m *Machine[T]) start(at int, position float64) uint64 { return m.load(at, position, false) }

// load is start, or has the entry wait where it begins.
func (m *Machine[T]) load(at int, position float64, paused bool) uint64 {
	from := uint64(0)
	if m.play != nil && m.play.confirmed {
		from = m.play.serial
	}
	m.gone()
	m.closing = 0
	e := m.list.entries[at]
	m.list.setCurrent(e.ID)
	m.serial++
	m.play = &session{
		serial: m.serial, entry: e.ID, state: Loading, position: position, at: m.now, rate: 1, duration: e.Duration,
		held: paused, wantPaused: paused,
	}
	m.list.head.EndedAt = 0
	m.ahead = ahead{known: true} // a load replaces all that the receiver had
	m.note(!paused)
	m.cutAt = time.Time{}
	m.emit(Load[T]{Serial: m.serial, Entry: *e, Position: position, Paused: paused, From: from})
	return m.serial
}

// startNext loads the entry at an index that comes after the current one, and returns the load's serial.
func (m *Machine[T]) startNext(at int) uint64 {
	start := m.begin(m.list.entries[at])
	return m.start(m.turn(at), start)
}

// finished goes on after the current entry has played to its end.
func (m *Machine[T]) finished() {
	m.tellFinished()
	if m.nodAfter() {
		return
	}
	if next := m.follower(); next >= 0 {
		m.startNext(next)
		return
	}
	m.end()
}

// tellFinished notes that the current entry has played to its end.
func (m *Machine[T]) tellFinished() {
	e := m.list.current()
	m.happen(ItemFinished, e, "")
	m.play.ended = true
	if m.play.lost {
		m.count() // another may have been played out before this step ends
	}
	if e.Start != 0 {
		e.Start = 0
		m.list.touch(e.ID)
	}
}

// end brings the queue to its end: nothing is current any more.
func (m *Machine[T]) end() {
	m.gone()
	m.list.setCurrent(0)
	h := &m.list.head
	h.EndedAt = h.Next
	m.note(false)
	h.Position, h.Duration = 0, 0
	m.happen(QueueFinished, nil, "")
}

// failed marks the current entry as refused and goes on with the next; the commands that wait for the load wait for that
// one, or are refused when none is left.
func (m *Machine[T]) failed(reason string) {
	serial, e := m.play.serial, m.list.current()
	m.tellFailed(reason)
	next := m.successor()
	for i := range m.replies {
		if r := &m.replies[i]; r.serial == serial && r.load {
			r.outcome.Failed = append(r.outcome.Failed, e.ID)
			if next >= 0 {
				r.outcome.Entry = m.list.entries[next].ID
			}
		}
	}
	if next < 0 {
		m.decide(serial, func(o *Outcome) { o.Code, o.Message = CodeRejected, reason })
		m.end()
		return
	}
	if !m.device.Online {
		m.decide(serial, func(o *Outcome) { o.Code, o.Message = outcomeOf(FailOffline, "") })
		m.play = nil
		m.list.setCurrent(m.list.entries[next].ID)
		m.note(false)
		return
	}
	successor := m.startNext(next)
	for i := range m.replies {
		if r := &m.replies[i]; r.serial == serial {
			r.serial = successor
		}
	}
}

// tellFailed marks the current entry as refused.
func (m *Machine[T]) tellFailed(reason string) {
	e := m.list.current()
	e.Failed = true
	m.list.touch(e.ID)
	m.failure = reason
	m.happen(ItemFailed, e, reason)
}

// resumeAt is where play without anything starts: the current entry at its position, else the first entry added since the
// queue ended, else the first; -1 if the queue is empty or all of it failed.
func (m *Machine[T]) resumeAt() (at int, position float64) {
	l := &m.list
	if l.index >= 0 && !l.entries[l.index].Failed {
		return l.index, l.head.Position
	}
	if l.head.EndedAt != 0 {
		for i, e := range l.entries {
			if e.ID >= l.head.EndedAt && !e.Failed {
				return i, e.Start
			}
		}
	}
	if at = l.after(-1, false); at >= 0 {
		return at, l.entries[at].Start
	}
	return -1, 0
}
