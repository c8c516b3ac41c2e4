package queue

import "time"

// speaks does what follows when an announcement begins to play, or plays again.
func (m *Machine[T]) speaks() {
	s, p := m.play, &m.list.head.Plan
	left := s.duration - s.where(m.now)
	if s.duration <= 0 {
		left = 0
	}
	if e := m.talk.item; e.Interval > 0 { // a picture
		left = e.Interval
		if s.turnAt.IsZero() {
			s.turnAt = m.now.Add(time.Duration(left * float64(time.Second)))
		}
	}
	p.Ends = m.ends(left)
	if !s.started {
		s.started, p.Started = true, true
		m.failure = ""
		m.happen(AnnouncementStarted, &m.talk.item, "")
	}
	m.list.stored.Plan = *p
	m.emit(Keep{Head: m.list.head})
}

// spoken takes the answer to the load of an announcement. One that fails lets everything come back all the same.
func (m *Machine[T]) spoken(in Done) {
	t := m.talk
	code, message := outcomeOf(in.Fail, in.Reason)
	if in.Fail == FailCancelled {
		code = CodeRejected
	}
	m.decide(in.Serial, func(o *Outcome) { o.Code, o.Message = code, message })
	switch in.Fail {
	case "":
		m.play.confirmed = true
		if m.play.state == Loading {
			m.play.state = Buffering
		}
		m.catchUp()
	case FailOffline: // what was there may run on: that is met again when the link is back
		m.over, m.cut = t.over, true
		m.talk, m.play = nil, nil
		m.hushAll(CodeOffline, "the device went offline")
	case FailCancelled: // by another sender, or on the device itself: the next report tells
		m.play.confirmed, t.cut = true, Cancelled
	case FailLaunch:
		m.failure = in.Reason
		m.list.head.Plan.Then = ThenNothing
		m.hushAll(CodeRejected, in.Reason)
		m.silent("", false)
	default:
		m.failure = in.Reason
		m.silent("", false)
	}
}

// talkEnded takes the end of the announcement's session.
func (m *Machine[T]) talkEnded(in Ended) {
	switch {
	case m.play.lost:
		m.talkUnseen()
	case in.Reason == Finished:
		m.silent(byItself, false)
	case in.Reason == Error:
		m.failure = in.Message
		m.silent("it broke off: "+in.Message, false)
	default:
		m.talk.cut = in.Reason
	}
}

// talkGone settles an announcement that a report does not show any more.
func (m *Machine[T]) talkGone(foreign bool) {
	t, p := m.talk, &m.list.head.Plan
	switch {
	case foreign:
		p.Then = ThenNothing
		m.hushAll(CodeUnsupported, "another app took the device")
		m.silent("another app took the device", false)
		m.happen(TakenOver, m.list.current(), "")
	case m.play.lost:
		m.talkUnseen()
	case m.device.Idle || t.cut == Interrupted || m.play.state == Paused:
		// The app was closed, or is about to be somebody else's: who did that does not want it back.
		p.Then = ThenNothing
		m.hushAll(CodeConflict, "it was stopped on the device")
		m.silent("it was stopped on the device", false)
	default:
		m.silent("it was stopped on the device", false)
	}
}

// talkUnseen settles an announcement that ended while nobody watched.
func (m *Machine[T]) talkUnseen() {
	if !m.timely() {
		m.list.head.Plan.Then = ThenNothing
	}
	m.silent("it ended while the device was out of reach", false)
}

// timely reports whether everything may still come back after an announcement whose end nobody saw.
func (m *Machine[T]) timely() bool {
	return m.now.Sub(time.UnixMilli(m.list.head.Plan.Ends)) <= restoreWithin
}

// silent ends the announcement and goes on with the next or with what was before. shows says that its session is not over: that
// of a picture, which has no end.
func (m *Machine[T]) silent(how string, shows bool) {
	m.hush(how)
	if len(m.talks) > 0 && m.list.head.Plan.Then != ThenNothing {
		t := m.talks[0]
		m.talks = m.talks[1:]
		m.speak(t)
		return
	}
	m.restore(shows)
}

// hush forgets the announcement and its session, and tells how it ended if it was told that it began.
func (m *Machine[T]) hush(how string) {
	t, started := m.talk, m.play.started
	m.talk = nil
	m.forget()
	if started {
		m.list.head.Plan.Started = false
		m.happen(AnnouncementFinished, &t.item, how)
	}
}

// overruled ends the announcement because something else shall play: only volume and mute come back.
func (m *Machine[T]) overruled() {
	m.hush("something else was played")
	m.list.head.Plan.Then = ThenNothing
	m.restore(true)
}

// breakOff ends the announcement for the command named by, which is answered when the device has what follows.
func (m *Machine[T]) breakOff(ref Ref, by string) {
	m.cancelLoads(by)
	m.hush("ended by " + by)
	if len(m.talks) > 0 && by == "next" {
		t := m.talks[0]
		m.talks = m.talks[1:]
		m.speak(t)
		m.answer(ref, Outcome{})
		return
	}
	m.hushAll(CodeConflict, "replaced by "+by)
	serial, loads := m.restore(true)
	switch {
	case loads:
		m.awaitLoad(ref, serial, Outcome{})
	case serial != 0:
		m.await(ref, serial, Outcome{})
	default:
		m.answer(ref, Outcome{})
	}
}

// replay begins the announcement again.
func (m *Machine[T]) replay(ref Ref) {
	if !m.play.confirmed {
		m.answer(ref, Outcome{})
		return
	}
	m.await(ref, m.seekTo(0), Outcome{})
}

// restore puts everything back as the plan says. speaking says that the announcement is still on the device. It returns the
// serial of the order that ends it, 0 for none, and whether that is a load.
func (m *Machine[T]) restore(speaking bool) (serial uint64, loads bool) {
	p := m.list.head.Plan
	if !m.device.Online {
		m.cut = true
		return 0, false
	}
	m.cut, m.mending = false, true
	raised := m.raised
	m.raised = false
	if now := m.level.or(m.device.Volume); p.Volume >= 0 && (now != p.Volume || raised) && p.Then != "" && !m.device.VolumeFixed {
		m.level = pending[int]{serial: m.order(Do{What: DoVolume, Volume: p.Volume}), to: p.Volume}
	}
	if now := m.muting.or(m.device.Muted); !p.Unmute && (now != p.Muted || raised && p.Muted) && p.Then != "" {
		m.muting = pending[bool]{serial: m.order(Do{What: DoMute, Muted: p.Muted}), to: p.Muted}
	}
	at, position := m.resumeAt()
	same := at >= 0 && m.list.index == at && m.list.head.Current == p.Entry
	switch {
	case p.Then == ThenNothing:
	case p.Then == ThenClose:
		if speaking || !m.device.Idle {
			m.mend = m.order(Do{What: DoStopApp})
			m.closing = m.mend
		}
	case same && (p.Then == ThenPlay || p.Then == ThenPause):
		m.mend, loads = m.goOn(at, position, p), true
	case p.Then == ThenPlay && m.list.index >= 0 && at >= 0: // what played was removed
		m.mend, loads = m.start(at, position), true
	case speaking:
		m.mend = m.order(Do{What: DoStopMedia})
	}
	return m.mend, loads
}

// goOn loads the current entry where the announcement has interrupted it.
func (m *Machine[T]) goOn(at int, position float64, p Plan) uint64 {
	serial := m.load(at, position, p.Then == ThenPause)
	s := m.play
	s.started, s.left, s.wantTrack = true, p.Left, &p.Track
	if p.Rate != 1 {
		s.wantRate = p.Rate
	}
	return serial
}

// mended forgets the plan when all has been put back.
func (m *Machine[T]) mended() {
	if m.mending && m.mend == 0 && m.level.serial == 0 && m.muting.serial == 0 {
		m.mending, m.list.head.Plan = false, Plan{}
	}
}

// afterCut settles a plan whose announcement was lost sight of with the program or the link, when a report shows that it
// does not play any more.
func (m *Machine[T]) afterCut(foreign bool) {
	p := &m.list.head.Plan
	m.play = nil
	if p.Started {
		p.Started = false
		m.happen(AnnouncementFinished, nil, "it ended while the device was out of reach")
	}
	if foreign {
		m.happen(TakenOver, m.list.current(), "")
	}
	if foreign || !m.timely() {
		p.Then = ThenNothing
	}
	m.restore(false)
}

// takeUpTalk takes up an announcement of ours that runs, though this machine did not load it: after a restart or a lost link.
func (m *Machine[T]) takeUpTalk(md Session) {
	h := &m.list.head
	t := &talk[T]{heard: m.device.Volume, over: m.over}
	if h.Plan.Then == "" || m.mending {
		h.Plan = m.plan(t)
	}
	if m.play != nil {
		m.over = max(m.over, min(m.play.serial, md.Serial-1))
	}
	m.cut, m.mending, m.mend, m.planned = false, false, 0, 0
	m.serial = max(m.serial, md.Serial)
	h.Playing, h.Serial = false, m.serial
	m.talk = t
	m.play = &session{
		serial: md.Serial, state: Buffering, confirmed: true, started: h.Plan.Started,
		position: md.Position, at: md.At, rate: md.Rate, duration: md.Duration,
	}
	m.update(md)
}
