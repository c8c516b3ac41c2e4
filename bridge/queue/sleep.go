package queue

import (
	"math"
	"time"
)

const (
	// fadeTime is how long before a device goes to sleep its volume begins to fall; fadeStep the time between two steps.
	fadeTime = 10 * time.Second
	fadeStep = time.Second
)

// sleep is the sleep timer; the zero sleep is none. It does not outlive the program, but the volume that it fades does: while
// it fades there is a Plan that puts that back.
type sleep struct {
	at     time.Time // when it stops; zero for after
	after  bool      // it stops at the end of what plays
	fading bool
	span   time.Duration // of the fade
	stepAt time.Time     // when the next step is due
	stop   uint64        // the order that stops; the volume comes back when it is answered
}

// setSleep takes the command.
func (m *Machine[T]) setSleep(in Sleep) {
	m.unfade()
	stop := m.sleep.stop
	m.sleep = sleep{stop: stop, after: in.AfterItem && m.play != nil}
	if in.After > 0 && !in.AfterItem {
		m.sleep.at = m.now.Add(in.After)
	}
	m.answer(in.Ref, Outcome{})
}

// sleepsAt is when the device goes to sleep; zero where it does not, or nobody can tell.
func (m *Machine[T]) sleepsAt() time.Time {
	z, s := &m.sleep, m.play
	switch {
	case !z.at.IsZero():
		return z.at
	case !z.after || s == nil || s.state != Playing:
	case !s.turnAt.IsZero():
		return s.turnAt
	case s.duration > 0:
		return s.end()
	}
	return time.Time{}
}

// restless reports whether the sleep timer must wait: for announcements, or until the device is there.
func (m *Machine[T]) restless() bool {
	return m.talk != nil || len(m.talks) > 0 || m.mending || m.cut || m.closing != 0 || !m.device.Online ||
		m.play != nil && m.play.lost
}

// doze does what the sleep timer has due.
func (m *Machine[T]) doze() {
	z, s := &m.sleep, m.play
	if z.after && s == nil {
		z.after = false // what it was to follow is over
	}
	if m.restless() {
		return
	}
	due := m.sleepsAt()
	left := due.Sub(m.now)
	switch {
	case !z.at.IsZero() && left <= 0:
		m.nod()
	case s == nil || s.state == Paused || z.at.IsZero() && !z.after || left > fadeTime:
		m.unfade()
	case !due.IsZero() && left > 0:
		m.fade(left)
	}
}

// dozeAt is when the sleep timer has something due; zero where it waits for something else.
func (m *Machine[T]) dozeAt() time.Time {
	z, due := &m.sleep, m.sleepsAt()
	if due.IsZero() || m.restless() {
		return time.Time{}
	}
	if begins := due.Add(-fadeTime); m.now.Before(begins) {
		return begins
	}
	if z.fading && m.now.Before(z.stepAt) && (z.after || z.stepAt.Before(due)) {
		return z.stepAt
	}
	if z.after {
		return time.Time{} // the end of the item does the rest
	}
	return due
}

// fade takes the volume down, in steps, over what is left.
func (m *Machine[T]) fade(left time.Duration) {
	z, p, d := &m.sleep, &m.list.head.Plan, m.device
	if !z.fading {
		if p.Then != "" || d.VolumeFixed || d.Muted {
			return
		}
		z.fading, z.span, m.raised = true, left, true
		*p = Plan{Then: ThenNothing, Volume: m.level.or(d.Volume), Muted: d.Muted, Unmute: true}
	}
	if p.Volume < 0 || m.now.Before(z.stepAt) {
		return
	}
	z.stepAt = m.now.Add(fadeStep)
	to := int(math.Round(float64(p.Volume) * left.Seconds() / z.span.Seconds()))
	if to < m.level.or(d.Volume) {
		m.level = pending[int]{serial: m.order(Do{What: DoVolume, Volume: to}), to: to}
	}
}

// overhearFade notices that somebody has turned the volume up while it fades: it stays there.
func (m *Machine[T]) overhearFade(was Report) {
	if m.sleep.fading && m.level.serial == 0 && m.device.Volume > was.Volume {
		m.list.head.Plan.Volume = -1
	}
}

// unfade puts the volume back.
func (m *Machine[T]) unfade() {
	if m.sleep.fading {
		m.sleep.fading = false
		m.restore(false)
	}
}

// nod sends the device to sleep: it stops, and the volume comes back behind that.
func (m *Machine[T]) nod() {
	z, s := &m.sleep, m.play
	z.at, z.after = time.Time{}, false
	if s == nil {
		m.unfade()
		return
	}
	m.cancelLoads("sleep")
	m.closing = m.order(Do{What: DoStopApp})
	z.stop = m.closing
	if !s.confirmed {
		m.halt()
	}
}

// nodAfter sends the device to sleep where the current entry has ended and that was asked for: the next one waits, at its
// beginning. It reports whether it does.
func (m *Machine[T]) nodAfter() bool {
	if !m.sleep.after {
		return false
	}
	l := &m.list
	m.sleep.after = false
	if next := m.follower(); next >= 0 {
		start := m.begin(l.entries[next])
		e := l.entries[m.turn(next)]
		m.gone()
		l.setCurrent(e.ID)
		m.note(false)
		l.head.Position, l.head.Duration = start, e.Duration
	} else {
		m.end()
	}
	m.closing = m.order(Do{What: DoStopApp})
	m.sleep.stop = m.closing
	return true
}

// slept puts the volume back when the device has stopped.
func (m *Machine[T]) slept(in Done) {
	if in.Serial != 0 && in.Serial == m.sleep.stop {
		m.sleep.stop = 0
		m.unfade()
	}
}
