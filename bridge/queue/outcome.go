package queue

// ended takes the end of a media session.
func (m *Machine[T]) ended(in Ended) {
	s := m.play
	if s == nil || in.Serial != s.serial || !s.confirmed || !m.device.Online {
		return
	}
	switch {
	case m.talk != nil:
		m.talkEnded(in)
	case in.Next != 0:
		if m.closing == 0 {
			m.movedOn(in)
		}
	case in.Reason == Finished && s.lost:
		m.endedUnseen()
	case in.Reason == Finished && m.closing == 0:
		m.finished()
	case in.Reason == Error:
		m.failed(in.Message)
	case in.Overtaken && m.closing == 0:
		m.overtaken(in)
	default:
		if m.closing == 0 {
			m.cutAt = m.now
		}
		m.halt()
	}
}

// done takes the answer to a load or an order.
func (m *Machine[T]) done(in Done) {
	if in.Serial == m.mend {
		m.mend = 0
	}
	if in.Fail == FailOffline && m.mending {
		m.mending, m.mend, m.cut = false, 0, true
	}
	if s := m.play; s != nil && s.serial == in.Serial && !s.confirmed {
		switch {
		case m.talk != nil:
			m.spoken(in)
		case m.trying():
			m.tried(in)
		default:
			m.loaded(in)
		}
		return
	}
	m.arrived(in)
	m.slept(in)
	m.prepared(in)
	code, message := outcomeOf(in.Fail, in.Reason)
	m.decide(in.Serial, func(o *Outcome) { o.Code, o.Message = code, message })
}

// arrived settles what was on its way to the device with an order. A seek and a stop are believed at once; of the others
// the next report tells what came of them.
func (m *Machine[T]) arrived(in Done) {
	if in.Serial == 0 {
		return
	}
	ok := in.Fail == ""
	switch in.Serial {
	case m.level.serial:
		m.level = pending[int]{to: m.level.to, arrived: ok}
	case m.muting.serial:
		m.muting = pending[bool]{to: m.muting.to, arrived: ok}
	case m.closing:
		m.closing = 0
		if ok {
			if m.play != nil {
				m.halt()
			}
			m.device.Idle, m.device.Receiver, m.device.App = true, false, ""
		}
	}
	s := m.play
	switch {
	case s == nil:
	case in.Serial == s.seek.serial:
		if ok {
			s.position, s.at = s.seek.to, m.now
			m.keep(m.list.head.Playing)
		}
		s.seek = pending[float64]{}
	case in.Serial == s.hold.serial:
		s.hold.serial = 0
		if !ok {
			s.hold = pending[State]{}
		}
	}
}

// loaded takes the outcome of the load under way.
func (m *Machine[T]) loaded(in Done) {
	s := m.play
	switch in.Fail {
	case "":
		s.confirmed = true
		if in.Plays != 0 {
			s.serial = in.Plays
			m.ahead.known = false
			m.note(m.list.head.Playing)
		}
		if s.state == Loading {
			s.state = Buffering
		}
		m.decide(in.Serial, func(o *Outcome) { o.Entry = s.entry })
		m.catchUp()
	case FailOffline:
		m.decide(in.Serial, func(o *Outcome) { o.Code, o.Message = outcomeOf(in.Fail, in.Reason) })
		m.vanish()
	case FailCancelled: // by another sender, or on the device itself: the next report tells
		m.decide(in.Serial, func(o *Outcome) { o.Code, o.Message = CodeRejected, in.Reason })
		m.cutAt = m.now
		m.vanish()
	case FailLaunch:
		m.decide(in.Serial, func(o *Outcome) { o.Code, o.Message = CodeRejected, in.Reason })
		m.failure = in.Reason
		m.vanish()
	default:
		m.failed(in.Reason)
	}
}
