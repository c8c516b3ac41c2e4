package queue

import (
	"cmp"
	"math"
	"time"
)

// report takes a whole picture of the device.
func (m *Machine[T]) report(r Report) {
	was := m.device
	m.level.reported()
	m.muting.reported()
	if !r.Online {
		m.device = Report{Volume: was.Volume, Muted: was.Muted, VolumeFixed: was.VolumeFixed}
		if was.Online {
			m.over = 0
			m.lose()
		}
		return
	}
	if !r.Asked {
		if was.Online {
			m.device.Volume, m.device.Muted, m.device.VolumeFixed = r.Volume, r.Muted, r.VolumeFixed
			m.device.Notice = r.Notice
		}
		return
	}
	if r.Playing && r.Media.Ours && m.stale(r.Media) {
		r.Playing, r.Media = false, Session{}
	}
	steady(was, &r)
	m.serial = max(m.serial, r.Media.Ahead)
	m.device = r
	m.overhear()
	m.overhearFade(was)
	cut := !m.cutAt.IsZero() && m.now.Sub(m.cutAt) <= takenWithin
	s := m.play
	foreign := r.foreign()
	m.otherNews = foreign
	switch {
	case s != nil && !s.confirmed && (m.trying() || !(r.Playing && r.Media.Ours && r.Media.Serial == s.serial)):
		// Our load is under way: what was there before may show for a while.
	case r.Playing && r.Media.Ours && s != nil && s.is(r.Media):
		m.update(r.Media)
	case r.Playing && r.Media.Ours:
		m.takeUp(r.Media)
	case m.cut && (s == nil || m.list.head.Plan.Then != ThenNothing):
		m.afterCut(foreign)
	case m.talk != nil:
		m.talkGone(foreign)
	case foreign && s != nil:
		m.halt()
		m.happen(TakenOver, m.list.current(), "")
	case foreign && cut:
		m.cutAt = time.Time{}
		m.happen(TakenOver, m.list.current(), "")
	case s != nil && s.lost:
		m.endedUnseen()
	case s != nil:
		m.vanish()
	}
	if m.cut { // what was to come back is there, or not to be had
		m.list.head.Plan.Then = ThenNothing
		m.restore(false)
	}
}

// foreign reports whether another app or another sender's media holds the device.
func (r Report) foreign() bool {
	if r.Playing {
		return !r.Media.Ours
	}
	return !r.Idle && !r.Receiver
}

// where is the session's position in seconds at now.
func (s Session) where(now time.Time) float64 {
	if s.State == Playing {
		return s.Position + s.Rate*now.Sub(s.At).Seconds()
	}
	return s.Position
}

// steady keeps what was told of another sender's position where only time has passed since.
func steady(was Report, r *Report) {
	a, b := was.Media, r.Media
	if !was.Playing || !r.Playing || a.Ours || b.Ours || a.State != b.State || a.Rate != b.Rate {
		return
	}
	if math.Abs(b.Position-a.where(b.At)) <= drift {
		r.Media.Position, r.Media.At = a.Position, a.At
	}
}

// stale reports whether a session of ours is one that is known to have ended.
func (m *Machine[T]) stale(md Session) bool {
	return md.Serial != 0 && md.Serial <= m.over && (m.play == nil || md.Serial != m.play.serial)
}

// is reports whether md tells of s. A session without a tag is recognised by its item.
func (s *session) is(md Session) bool {
	if md.Serial != 0 {
		return md.Serial == s.serial
	}
	return md.Entry == 0 || md.Entry == s.entry
}

// update merges what the device tells of our session.
func (m *Machine[T]) update(md Session) {
	s := m.play
	wasLost, was := s.lost, s.state
	state := md.State
	if state == Loading && s.confirmed {
		state = Buffering
	}
	off := md.where(m.now) - s.where(m.now)
	if state != s.state || md.Rate != s.rate || math.Abs(off) > drift || wasLost {
		s.position, s.at, s.rate = md.Position, md.At, md.Rate
	}
	s.state, s.lost = state, false
	if wasLost {
		m.ahead, s.alone = ahead{}, false
	}
	if s.hold.serial == 0 {
		s.hold = pending[State]{}
	}
	if md.Duration > 0 {
		s.duration = md.Duration
		if e := m.list.current(); m.talk == nil && (e.Duration == 0 || math.Abs(e.Duration-md.Duration) > 1) {
			e.Duration = md.Duration
			m.list.touch(e.ID)
		}
	}
	if state == Playing && (was != Playing || wasLost) {
		m.plays()
	}
	if state == Paused && was != Paused {
		m.note(false)
	}
	m.catchUp()
}

// plays does what follows when our session begins to play, or plays again.
func (m *Machine[T]) plays() {
	if m.talk != nil {
		m.speaks()
		return
	}
	s, e := m.play, m.list.current()
	m.failure = ""
	m.keepAt = m.now.Add(KeepEvery)
	if e.Failed {
		e.Failed = false
		m.list.touch(e.ID)
	}
	if !s.started {
		s.started, s.began = true, true
		m.happen(ItemStarted, e, "")
	}
	if e.Interval > 0 {
		s.turnAt = m.now.Add(time.Duration(cmp.Or(s.left, e.Interval) * float64(time.Second)))
		s.left = 0
	}
	if !m.list.head.Playing {
		m.note(true)
	}
}

// catchUp applies what was asked of a load while it was under way.
func (m *Machine[T]) catchUp() {
	s := m.play
	if !s.confirmed || s.state == Loading {
		return
	}
	if s.wantSeek != nil {
		m.seekTo(*s.wantSeek)
		s.wantSeek = nil
	}
	m.holdAsAsked()
	md := m.device.Media
	if s.wantRate != 0 && md.CanRate {
		m.order(Do{What: DoRate, Rate: s.wantRate})
		s.wantRate = 0
	}
	if s.wantTrack != nil && md.CanTracks {
		if md.Track != *s.wantTrack {
			m.order(Do{What: DoTracks, Track: *s.wantTrack})
		}
		s.wantTrack = nil
	}
}

// holdAsAsked pauses what shall wait. What was loaded to wait is left to do so, unless it is to play by now.
func (m *Machine[T]) holdAsAsked() {
	s := m.play
	switch {
	case s.held && s.wantPaused && s.state == Buffering:
		return
	case s.wantPaused && s.state != Paused:
		m.holdTo(Paused, DoPause)
	case s.held && !s.wantPaused && s.state != Playing:
		m.holdTo(Playing, DoResume)
	}
	s.wantPaused, s.held = false, false
}

// note writes into the head where the current entry is and whether it plays.
func (m *Machine[T]) note(playing bool) {
	if m.talk != nil || m.trying() {
		return // the place is that of what is in the queue
	}
	h := &m.list.head
	h.Position, h.At, h.Playing = 0, m.now.UnixMilli(), playing
	if s := m.play; s != nil {
		h.Position, h.Duration, h.Serial = s.where(m.now), s.duration, s.serial
	}
}

// takeUp takes a running session of ours that this machine did not load, or not last: after a restart, or where the
// receiver went on by itself. One whose entry is gone is replaced by what should play.
func (m *Machine[T]) takeUp(md Session) {
	if md.Entry == 0 && md.Serial != 0 {
		m.takeUpTalk(md)
		return
	}
	if m.talk != nil {
		m.hush("something else was played")
		m.cut = true
	}
	l := &m.list
	wentOn := md.Serial > l.head.Serial && (m.play == nil || m.play.lost) // unseen, to what stood ahead
	if wentOn && m.play != nil && m.playedOut(md) {
		m.tellFinished()
	}
	at := l.find(md.Entry)
	if at < 0 {
		m.replace(md, wentOn)
		return
	}
	if wentOn {
		at = m.arrive(at, true)
	}
	m.adopt(at, md.Serial)
	s := m.play
	s.started = !wentOn || m.cut // what an announcement interrupted has been told
	s.position, s.at, s.rate, s.duration = md.Position, md.At, md.Rate, md.Duration
	m.note(md.State != Paused)
	m.update(md)
}

// playedOut reports whether our session, which nobody saw end, had played to its end when md began.
func (m *Machine[T]) playedOut(md Session) bool {
	s := m.play
	if s.state == Paused || s.duration <= 0 {
		return false
	}
	began := m.now.Add(-time.Duration(md.where(m.now) / max(md.Rate, 0.5) * float64(time.Second)))
	late := began.Sub(s.end())
	return late >= -earlyEnd && late <= lateEnd
}

// end is when the session plays to its end.
func (s *session) end() time.Time {
	return s.at.Add(time.Duration((s.duration - s.position) / s.rate * float64(time.Second)))
}

// replace takes the place of a session of ours whose entry is not in the queue any more. wentOn says that the receiver
// came to it by itself.
func (m *Machine[T]) replace(md Session, wentOn bool) {
	l := &m.list
	m.over = max(m.over, md.Serial)
	m.device.Playing = false
	at, start := l.index, l.head.Position
	if wentOn && m.play != nil {
		if at = m.follower(); at >= 0 {
			start = m.begin(l.entries[at])
			at = m.turn(at)
		}
	}
	switch {
	case at >= 0 && !l.entries[at].Failed && md.State != Paused:
		m.start(at, start)
		return
	case at >= 0:
		m.gone()
		l.setCurrent(l.entries[at].ID)
		m.note(false)
		l.head.Position, l.head.Duration = start, l.entries[at].Duration
	case m.play != nil:
		m.end()
	}
	m.order(Do{What: DoStopMedia})
}

// lose notes that the link went: what ran may run on, unseen.
func (m *Machine[T]) lose() {
	if t := m.trial; t != nil && t.ticket == 0 {
		m.untry(CodeOffline, "the device went offline")
	}
	m.hushAll(CodeOffline, "the device went offline")
	if m.talk == nil && m.list.head.Plan.Then != "" {
		m.mending, m.mend, m.cut = false, 0, true
	}
	m.sleep.fading = false
	s := m.play
	if s == nil || !s.confirmed {
		return
	}
	playing := s.state == Playing || s.state == Buffering
	s.position, s.at = s.where(m.now), m.now
	s.lost, m.closing = true, 0
	m.ahead, m.renewAt = ahead{}, time.Time{}
	m.note(playing)
}

// endedUnseen settles what ended while nobody watched: the queue goes on only around the time at which the item must have
// played to its end. Where the receiver had the next one, that has played since, and the same is asked of it.
func (m *Machine[T]) endedUnseen() {
	s, l := m.play, &m.list
	late := m.now.Sub(s.end())
	if s.state == Paused || s.duration <= 0 || late < -earlyEnd {
		m.vanish()
		return
	}
	if at := l.find(l.head.Ahead); at >= 0 && l.head.Ahead != 0 {
		e := l.entries[at]
		lasts := time.Duration((e.Duration - m.begin(e)) * float64(time.Second))
		if late > lateEnd || e.Duration > 0 && late >= lasts-earlyEnd {
			ended := s.end()
			m.tellFinished()
			m.serial++
			m.adopt(m.arrive(at, true), m.serial)
			m.play.lost, m.play.started, m.play.began, m.play.at, m.play.state = true, true, true, ended, Playing
			m.happen(ItemStarted, e, "")
			m.endedUnseen()
			return
		}
	}
	if late > lateEnd {
		m.vanish()
		return
	}
	m.finished()
}

// vanish ends our session where it is, though nobody has told its end: should it show again, it is taken up.
func (m *Machine[T]) vanish() {
	m.note(false)
	m.play = nil
	m.forgetAhead()
}

// halt ends our session where it is: the queue waits there.
func (m *Machine[T]) halt() {
	m.note(false)
	m.gone()
}

// gone forgets our session. While the link is lost it may still run: then it is met again when the link is back.
func (m *Machine[T]) gone() {
	if m.trying() {
		m.untry(CodeConflict, "something else was asked of the device")
		return
	}
	if m.talk != nil {
		m.overruled()
		return
	}
	m.forget()
}

// forget is gone for what is no announcement, and for one that is dealt with.
func (m *Machine[T]) forget() {
	if m.play == nil {
		return
	}
	if m.device.Online {
		m.over = m.serial
	}
	m.play = nil
	m.forgetAhead()
	if m.device.Media.Ours {
		m.device.Playing, m.device.Media = false, Session{}
	}
}
