package queue

import "time"

// tally is what is counted of the session that plays, or played until this step.
type tally[T any] struct {
	of    *session // nil: none has played
	entry Entry[T]
	name  uint64    // the serial under which the play is told
	begun time.Time // when it was first seen to play; zero until then

	since  time.Time // it has played from then on, uncounted; zero while it does not play
	untold float64   // seconds played that were not told yet
	told   time.Time // when that was last done
	// While the link is lost: where it was then, and when.
	lost   bool
	lostAt time.Time
	left   float64 // seconds
}

// broken is the last play that was left: what is loaded when everything comes back after an announcement is the same play.
type broken struct {
	entry EntryID
	name  uint64
	begun time.Time
}

// count looks at our session when a step has done its work, and tells how far it has come: when it begins to play, every
// KeepEvery, and when it rests.
func (m *Machine[T]) count() {
	t, s := &m.tally, m.play
	if m.talk != nil || m.trying() {
		s = nil // an announcement is no play
	}
	if t.of != s {
		if t.of != nil {
			m.broken = broken{t.of.entry, t.name, t.begun}
		}
		m.leave()
		if s == nil {
			return
		}
		m.enter()
	}
	if s == nil || !s.started {
		return
	}
	played := !t.since.IsZero()
	t.add(m.now)
	switch {
	case s.state == Playing && !s.lost:
		begins := t.begun.IsZero()
		if begins {
			t.begun = m.now
		}
		if begins || m.now.Sub(t.told) >= KeepEvery {
			m.tell(false, false)
		}
	case played && (s.state == Paused || s.lost):
		m.tell(true, false)
	}
}

// enter begins with another session.
func (m *Machine[T]) enter() {
	t, s, b := &m.tally, m.play, m.broken
	*t = tally[T]{of: s, name: s.serial}
	if b.entry == s.entry && s.started && !s.began {
		t.name, t.begun = b.name, b.begun
	}
	m.broken = broken{}
	if e := m.list.current(); e != nil {
		t.entry = *e
	}
}

// add counts what has passed up to now. Beyond a lost link it is as much as the position has advanced meanwhile.
func (t *tally[T]) add(now time.Time) {
	s := t.of
	if !t.since.IsZero() {
		t.untold += now.Sub(t.since).Seconds()
	}
	t.since = time.Time{}
	if s.state == Playing && !s.lost {
		t.since = now
	}
	switch {
	case s.lost && !t.lost:
		t.lost, t.lostAt, t.left = true, s.at, s.position
	case t.lost && (!s.lost || s.ended):
		t.lost = false
		reached := s.where(now)
		if s.ended {
			reached = s.duration
		}
		t.untold += max(0, min((reached-t.left)/max(s.rate, 0.1), now.Sub(t.lostAt).Seconds()))
	}
}

// leave tells the last of a session that is ours no more.
func (m *Machine[T]) leave() {
	t := &m.tally
	if t.of == nil || t.begun.IsZero() && !t.of.ended {
		*t = tally[T]{}
		return
	}
	if t.begun.IsZero() {
		t.begun = m.now
	}
	t.add(m.now)
	m.tell(true, t.of.ended)
	*t = tally[T]{}
}

// rest tells how far our session has come when nobody will watch it any more.
func (m *Machine[T]) rest() {
	if t := &m.tally; t.of != nil && t.of == m.play && !t.begun.IsZero() {
		t.add(m.now)
		m.tell(true, false)
	}
}

// tell emits how far the session has come.
func (m *Machine[T]) tell(rests, ended bool) {
	t := &m.tally
	p := Played[T]{
		Entry: t.entry, Serial: t.name, Begun: t.begun, First: t.of.began && t.told.IsZero(), Seconds: t.untold,
		Position: t.of.where(m.now), Duration: t.of.duration, Rests: rests, Ended: ended,
	}
	if ended {
		p.Position = p.Duration
	}
	t.untold, t.told = 0, m.now
	m.emit(p)
}
