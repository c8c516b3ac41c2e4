package queue

import "fmt"

// situation is what a command meets: the columns of the contract's table.
type situation int

const (
	offline situation = iota
	free              // off, or an app with nothing loaded
	foreign           // held by another
	ours
)

func (m *Machine[T]) situation() situation {
	switch {
	case !m.device.Online:
		return offline
	case m.play != nil:
		return ours
	case m.foreign():
		return foreign
	}
	return free
}

// command takes a command; it reports false for an input that is none.
func (m *Machine[T]) command(in Input) bool {
	switch in := in.(type) {
	case Play[T]:
		m.playItems(in)
	case Resume:
		m.resume(in.Ref, in.Fresh)
	case Pause:
		m.pause(in.Ref)
	case Toggle:
		m.toggle(in.Ref)
	case Stop:
		m.stop(in.Ref)
	case Next:
		m.next(in.Ref)
	case Previous:
		m.previous(in.Ref)
	case Wake:
		m.wake(in.Ref)
	case Seek:
		m.seek(in)
	case Volume:
		m.volume(in)
	case Mute:
		m.mute(in)
	case Speed:
		m.adjust(in.Ref, m.device.Media.CanRate, Do{What: DoRate, Rate: in.Rate})
	case Subtitles:
		m.adjust(in.Ref, m.device.Media.CanTracks, Do{What: DoTracks, Track: in.Track})
	case Sleep:
		m.setSleep(in)
	case Announce[T]:
		m.announce(in)
	case Turn:
		m.answer(in.Ref, Outcome{})
	default:
		return m.edit(in)
	}
	return true
}

// blocked refuses a transport command where there is nothing of ours to act on: by the situation, or by sending it on to
// the other sender's session where that allows it. It reports false if our own session is there.
func (m *Machine[T]) blocked(ref Ref, allowed bool, d Do) bool {
	switch m.situation() {
	case offline:
		m.refuse(ref, CodeOffline, "the device is offline")
	case free:
		m.refuse(ref, CodeNotPlaying, "nothing is playing")
	case foreign:
		m.sendOn(ref, allowed, d)
	default:
		return false
	}
	return true
}

// sendOn passes an order to another sender's session, if it allows it.
func (m *Machine[T]) sendOn(ref Ref, allowed bool, d Do) {
	if !allowed {
		m.refuse(ref, CodeUnsupported, "the app that holds the device does not allow this")
		return
	}
	m.await(ref, m.order(d), Outcome{})
}

func (m *Machine[T]) resume(ref Ref, fresh bool) {
	d := m.device
	switch m.situation() {
	case offline:
		m.refuse(ref, CodeOffline, "the device is offline")
	case foreign:
		if fresh && len(m.list.entries) > 0 {
			m.startQueue(ref)
			return
		}
		m.sendOn(ref, d.Playing && d.Media.CanPause, Do{What: DoResume})
	case free:
		m.startQueue(ref)
	case ours:
		s := m.play
		s.wantPaused = false
		switch {
		case m.closing != 0 || fresh && m.talk != nil && len(m.list.entries) > 0:
			m.halt()
			m.startQueue(ref)
		case s.state == Paused || s.hold.to == Paused:
			m.await(ref, m.holdTo(Playing, DoResume), m.nowPlaying())
		default:
			m.answer(ref, m.nowPlaying())
		}
	}
}

// holdTo pauses our session or resumes it, and returns the order's serial.
func (m *Machine[T]) holdTo(to State, what What) uint64 {
	m.play.hold = pending[State]{serial: m.order(Do{What: what}), to: to}
	return m.play.hold.serial
}

// seekTo moves our session, and returns the order's serial.
func (m *Machine[T]) seekTo(position float64) uint64 {
	m.play.seek = pending[float64]{serial: m.order(Do{What: DoSeek, Position: position}), to: position}
	return m.play.seek.serial
}

// nowPlaying is the outcome of a command that leaves the current entry playing.
func (m *Machine[T]) nowPlaying() Outcome {
	return Outcome{Loads: true, Entry: m.list.head.Current, Pending: m.play != nil && m.play.state == Loading}
}

// startQueue plays the queue from where it stands.
func (m *Machine[T]) startQueue(ref Ref) {
	at, position := m.resumeAt()
	switch {
	case at >= 0:
		m.awaitLoad(ref, m.start(at, position), Outcome{Entry: m.list.entries[at].ID})
	case len(m.list.entries) == 0:
		m.refuse(ref, CodeNotFound, "the queue is empty")
	default:
		m.refuse(ref, CodeRejected, "the device refused every entry of the queue")
	}
}

func (m *Machine[T]) pause(ref Ref) {
	d := m.device
	switch m.situation() {
	case offline:
		m.refuse(ref, CodeOffline, "the device is offline")
	case free:
		m.answer(ref, Outcome{})
	case foreign:
		m.sendOn(ref, d.Playing && d.Media.CanPause, Do{What: DoPause})
	case ours:
		switch s := m.play; {
		case s.state == Loading:
			s.wantPaused = true
			m.answer(ref, Outcome{})
		case s.state == Paused && s.hold.to != Playing:
			m.answer(ref, Outcome{})
		default:
			m.await(ref, m.holdTo(Paused, DoPause), Outcome{})
		}
	}
}

func (m *Machine[T]) toggle(ref Ref) {
	plays := m.situation() == ours && m.active() ||
		m.situation() == foreign && m.device.Playing && m.device.Media.State != Paused
	if plays {
		m.pause(ref)
	} else {
		m.resume(ref, m.situation() == free)
	}
}

func (m *Machine[T]) stop(ref Ref) {
	switch m.situation() {
	case offline:
		m.refuse(ref, CodeOffline, "the device is offline")
	case free:
		m.answer(ref, Outcome{})
	case foreign:
		m.sendOn(ref, m.device.Playing, Do{What: DoStopMedia})
	case ours:
		if m.talk != nil {
			m.breakOff(ref, "stop")
			return
		}
		m.sleep.after = false
		m.unfade()
		m.cancelLoads("stop")
		serial := m.order(Do{What: DoStopApp})
		if !m.play.confirmed {
			m.halt()
		}
		m.closing = serial
		m.await(ref, serial, Outcome{})
	}
}

func (m *Machine[T]) next(ref Ref) {
	if m.blocked(ref, m.device.Playing && m.device.Media.CanSkip, Do{What: DoNext}) {
		return
	}
	switch {
	case m.talk != nil:
		m.breakOff(ref, "next")
		return
	case m.trying():
		m.tryNext(ref)
		return
	}
	m.cancelLoads("next")
	if at := m.successor(); at >= 0 {
		m.awaitLoad(ref, m.startNext(at), Outcome{})
		return
	}
	m.end()
	m.await(ref, m.order(Do{What: DoStopMedia}), Outcome{})
}

func (m *Machine[T]) previous(ref Ref) {
	if m.blocked(ref, m.device.Playing && m.device.Media.CanSkip, Do{What: DoPrevious}) {
		return
	}
	s := m.play
	switch {
	case m.talk != nil:
		m.replay(ref)
		return
	case m.trying():
		s.wantSeek = new(float64)
		m.answer(ref, Outcome{})
		return
	}
	m.cancelLoads("previous")
	at := m.list.before(m.list.index)
	switch {
	case s.confirmed && (at < 0 || s.seek.or(s.where(m.now)) > restartAfter):
		m.await(ref, m.seekTo(0), Outcome{})
	case at < 0:
		m.awaitLoad(ref, m.start(m.list.index, 0), Outcome{})
	default:
		m.awaitLoad(ref, m.start(at, m.list.entries[at].Start), Outcome{})
	}
}

func (m *Machine[T]) wake(ref Ref) {
	switch m.situation() {
	case offline:
		m.refuse(ref, CodeOffline, "the device is offline")
	case foreign:
		m.refuse(ref, CodeUnsupported, "another app holds the device")
	case free:
		if m.device.Idle {
			m.await(ref, m.order(Do{What: DoWake}), Outcome{})
			return
		}
		m.answer(ref, Outcome{})
	case ours:
		m.answer(ref, Outcome{})
	}
}

func (m *Machine[T]) seek(in Seek) {
	d := m.device
	to := in.To
	if in.By && d.Playing {
		to += d.Media.where(m.now)
	}
	if m.blocked(in.Ref, d.Playing && d.Media.CanSeek, Do{What: DoSeek, Position: max(to, 0)}) {
		return
	}
	s := m.play
	to = in.To
	if in.By {
		from := s.seek.or(s.where(m.now))
		if s.wantSeek != nil {
			from = *s.wantSeek
		}
		to += from
	}
	to = max(to, 0)
	if s.duration > 0 {
		to = min(to, s.duration)
	}
	if !s.confirmed {
		s.wantSeek = &to
		m.answer(in.Ref, Outcome{})
		return
	}
	m.await(in.Ref, m.seekTo(to), Outcome{})
}

// adjust changes how our session plays, if the device can do that.
func (m *Machine[T]) adjust(ref Ref, allowed bool, d Do) {
	switch {
	case m.blocked(ref, m.device.Playing && allowed, d):
	case !m.play.confirmed || m.play.state == Loading:
		m.refuse(ref, CodeNotPlaying, "nothing is playing yet")
	case !allowed:
		m.refuse(ref, CodeUnsupported, "the device cannot do that with what it plays")
	default:
		m.await(ref, m.order(d), Outcome{})
	}
}

func (m *Machine[T]) volume(in Volume) {
	d := m.device
	switch {
	case !d.Online:
		m.refuse(in.Ref, CodeOffline, "the device is offline")
		return
	case d.VolumeFixed:
		m.refuse(in.Ref, CodeUnsupported, "the volume of the device is fixed")
		return
	}
	if p := &m.list.head.Plan; p.Then != "" {
		p.Volume = -1 // it stays
	}
	now := m.level.or(d.Volume)
	to := in.To
	if in.By {
		to = max(0, min(100, now+in.To))
	}
	o := Outcome{Volume: min(to, m.maxVolume), Capped: to > m.maxVolume}
	if o.Volume == now {
		m.answer(in.Ref, o)
		return
	}
	m.level = pending[int]{serial: m.order(Do{What: DoVolume, Volume: o.Volume}), to: o.Volume}
	m.await(in.Ref, m.level.serial, o)
}

func (m *Machine[T]) mute(in Mute) {
	if !m.device.Online {
		m.refuse(in.Ref, CodeOffline, "the device is offline")
		return
	}
	now := m.muting.or(m.device.Muted)
	muted := !now
	if in.Muted != nil {
		muted = *in.Muted
	}
	m.list.head.Plan.Unmute = m.list.head.Plan.Then != ""
	if muted == now {
		m.answer(in.Ref, Outcome{})
		return
	}
	m.muting = pending[bool]{serial: m.order(Do{What: DoMute, Muted: muted}), to: muted}
	m.await(in.Ref, m.muting.serial, Outcome{})
}

// conflicts refuses an edit whose sender believes in another revision.
func (m *Machine[T]) conflicts(ref Ref, want *int64) bool {
	if have := m.list.head.Revision; want != nil && *want != have {
		m.refuse(ref, CodeConflict, fmt.Sprintf("the queue is at revision %d, not %d", have, *want))
		return true
	}
	return false
}
