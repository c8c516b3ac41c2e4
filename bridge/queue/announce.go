package queue

import "time"

// MaxTalks is how many announcements may wait for their turn.
const MaxTalks = 8

const (
	// talkLength is how long an announcement is taken to last while nobody has told.
	talkLength = 30 * time.Second
	// restoreWithin is how long after the expected end of an announcement that nobody saw everything is still put back.
	restoreWithin = 60 * time.Second
	// byItself is said of an announcement that nothing came between.
	byItself = "it was played to its end"
)

// talk is an announcement. It plays on top of the queue: while it does, m.play is its session, which has no entry, and the
// list and its head stay as they are. What comes after it is the Plan in the head.
type talk[T any] struct {
	item   Entry[T] // without an id
	volume *int
	force  bool
	name   uint64    // under which its command waits until it is loaded
	heard  int       // the level that the device has made of the announcement's, -1 while that is not known
	cut    EndReason // it was ended from elsewhere; the next report tells by whom
	over   uint64    // m.over before it was loaded
}

// Then is what follows the announcements.
type Then string

// What follows. The zero Then is that of no plan.
const (
	ThenNothing Then = "nothing" // volume and mute come back, and the queue waits
	ThenClose   Then = "close"   // the device was off: our app is closed
	ThenEmpty   Then = "empty"   // an app ran with nothing loaded
	ThenPlay    Then = "play"    // the current entry goes on where it was
	ThenPause   Then = "pause"   // it is loaded where it was, and waits there
)

// Plan is how everything is put back after announcements: for all of them it is that of the first. It is stored before the
// first of them is loaded, and until all has been put back. Where the current entry goes on stands in the head.
type Plan struct {
	Then   Then
	Volume int  // 0 to 100; -1: it was set meanwhile and stays
	Muted  bool // as it was
	Unmute bool // it was set meanwhile: Muted does not count
	// Of the session that was there: its entry, the speed, the subtitles by the device's id, and the seconds for which a picture was
	// still to be shown.
	Entry EntryID
	Rate  float64
	Track int
	Left  float64
	// Ends is when the announcement that plays should be over, in unix milliseconds, and Started whether that was told.
	Ends    int64
	Started bool
}

// announce takes an announcement: it plays at once, or waits for what is under way.
func (m *Machine[T]) announce(in Announce[T]) {
	waiting := len(m.talks)
	if m.planned != 0 {
		waiting--
	}
	switch where := m.situation(); {
	case where == offline:
		m.refuse(in.Ref, CodeOffline, "the device is offline")
		return
	case where == foreign && !in.Force:
		m.refuse(in.Ref, CodeUnsupported, "another app holds the device, and what it plays could not be restored: force takes it")
		return
	case waiting >= MaxTalks:
		m.refuse(in.Ref, CodeBusy, "too many announcements wait")
		return
	}
	o := Outcome{Loads: true, Lost: m.situation() == foreign}
	if in.Volume != nil {
		o.Volume, o.Capped = min(*in.Volume, m.maxVolume), *in.Volume > m.maxVolume
		in.Volume = &o.Volume
	}
	m.unfade()
	t := &talk[T]{item: in.Item, volume: in.Volume, force: in.Force}
	m.serial++
	t.name = m.serial
	m.talks = append(m.talks, t)
	if m.talk != nil || len(m.talks) > 1 || !m.ready() {
		o.Pending = true
		m.answer(in.Ref, o)
		return
	}
	m.awaitLoad(in.Ref, t.name, o)
}

// ready reports whether an announcement can begin: nothing of ours is on its way to the device, or being put back.
func (m *Machine[T]) ready() bool {
	s := m.play
	return m.device.Online && m.closing == 0 && !m.cut && !m.mending && !m.handing() &&
		(s == nil || s.confirmed && s.state != Loading && !s.lost)
}

// speakNext brings the first of the announcements that wait on its way once nothing stands before it: it writes the plan,
// and loads when that is stored.
func (m *Machine[T]) speakNext() {
	for m.talk == nil && len(m.talks) > 0 {
		t, h := m.talks[0], &m.list.head
		switch {
		case !m.ready():
			m.unplan()
			return
		case m.foreign() && !t.force:
			m.unplan()
			m.decide(t.name, func(o *Outcome) { o.Code, o.Message = CodeUnsupported, "another app took the device" })
			m.talks = m.talks[1:]
			continue
		}
		plan := m.plan(t)
		if m.planned == 0 || !plan.like(h.Plan) {
			if s := m.play; s != nil {
				m.note(h.Playing)
			}
			h.Plan, m.planned = plan, m.ticket
			if m.list.changed() {
				m.planned++
				return
			}
		}
		if m.stored < m.planned {
			return
		}
		m.planned = 0
		m.talks = m.talks[1:]
		h.Plan = plan
		m.speak(t)
	}
}

// unplan takes back a plan whose announcement has not been loaded.
func (m *Machine[T]) unplan() {
	if m.planned != 0 {
		m.planned, m.list.head.Plan = 0, Plan{}
	}
}

// plan is how everything is now.
func (m *Machine[T]) plan(t *talk[T]) Plan {
	d := m.device
	p := Plan{
		Then: ThenPlay, Volume: m.level.or(d.Volume), Muted: m.muting.or(d.Muted), Rate: 1, Ends: m.ends(t.item.Duration),
	}
	switch s := m.play; {
	case s == nil && (d.Idle || m.foreign()):
		p.Then = ThenClose
	case s == nil:
		p.Then = ThenEmpty
	default:
		p.Entry, p.Rate, p.Track = s.entry, s.rate, d.Media.Track
		if !m.active() {
			p.Then = ThenPause
		}
		if !s.turnAt.IsZero() {
			p.Left = max(s.turnAt.Sub(m.now).Seconds(), 1)
		}
	}
	return p
}

// like reports whether two plans differ only in what time changes by itself.
func (p Plan) like(other Plan) bool {
	p.Ends, p.Left = other.Ends, other.Left
	return p == other
}

// ends is when an announcement of so many seconds that begins now should be over; 0 seconds are unknown.
func (m *Machine[T]) ends(duration float64) int64 {
	length := talkLength
	if duration > 0 {
		length = time.Duration(duration * float64(time.Second))
	}
	return m.now.Add(length).UnixMilli()
}

// speak loads an announcement on top of whatever there is. Its plan is stored.
func (m *Machine[T]) speak(t *talk[T]) {
	h := &m.list.head
	t.over = m.over
	if s := m.play; s != nil {
		m.note(false)
		h.Position = s.seek.or(h.Position)
		m.over = m.serial
	}
	m.forgetAhead()
	m.device.Playing, m.device.Media = false, Session{}
	m.cutAt = time.Time{}
	m.serial++
	h.Serial, h.Plan.Ends, h.Plan.Started = m.serial, m.ends(t.item.Duration), false
	m.talk = t
	m.play = &session{serial: m.serial, state: Loading, at: m.now, rate: 1, duration: t.item.Duration}
	for i := range m.replies {
		if r := &m.replies[i]; r.serial == t.name {
			r.serial = m.serial
		}
	}
	m.emit(Load[T]{Serial: m.serial, Entry: t.item})
	m.raise(t)
}

// raise gives the device the announcement's own volume, and lets it be heard.
func (m *Machine[T]) raise(t *talk[T]) {
	p := &m.list.head.Plan
	now := m.level.or(m.device.Volume)
	t.heard = now
	if t.volume == nil || p.Volume < 0 {
		return
	}
	m.raised = true
	if *t.volume != now && !m.device.VolumeFixed {
		t.heard = -1
		m.level = pending[int]{serial: m.order(Do{What: DoVolume, Volume: *t.volume}), to: *t.volume}
	}
	if m.muting.or(m.device.Muted) && !p.Unmute {
		m.muting = pending[bool]{serial: m.order(Do{What: DoMute, Muted: false}), to: false}
	}
}

// overhear notices that somebody has set volume or mute during an announcement: that stays. An old level may be told once
// more, and a device may make another level of the one it was given.
func (m *Machine[T]) overhear() {
	t, p, d := m.talk, &m.list.head.Plan, m.device
	if t == nil || d.VolumeFixed {
		return
	}
	switch {
	case m.level.serial != 0 || p.Volume < 0 || d.Volume == p.Volume || d.Volume == t.heard:
	case t.heard < 0:
		t.heard = d.Volume
	default:
		p.Volume = -1
	}
	if m.muting.serial == 0 && !p.Muted && d.Muted {
		p.Unmute = true
	}
}

// hushAll drops the announcements that wait.
func (m *Machine[T]) hushAll(code Code, message string) {
	m.unplan()
	for _, t := range m.talks {
		m.decide(t.name, func(o *Outcome) { o.Code, o.Message = code, message })
	}
	m.talks = nil
}
