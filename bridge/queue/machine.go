// Package queue decides what one Chromecast does: it holds the queue, takes commands and what the device reports, and says
// what is to be done. Step is the whole behaviour of the product in one place. It is pure: no I/O, no clock, no goroutine;
// time and randomness are handed in, and what it wants done it returns as effects, whose outcomes come back as inputs.
//
// Every load has a serial. What a report says of a session with an older serial no longer counts, so that a late word
// about what was replaced never moves the queue.
package queue

import "time"

const (
	// AnswerWithin is how long a command waits for the device before it is answered without it.
	AnswerWithin = 5 * time.Second
	// KeepEvery is how often the position is kept while something plays.
	KeepEvery = 10 * time.Second
	// storeAgain is how long it takes until what could not be stored is tried again.
	storeAgain = 10 * time.Second
	// drift is how far, in seconds, a reported position may lie from the expected one before it counts as a jump.
	drift = 2.0
	// restartAfter is how far into an item, in seconds, previous restarts it.
	restartAfter = 5.0
	// earlyEnd and lateEnd bound, around the expected end of an item, the time at which an end that nobody saw still
	// lets the queue go on.
	earlyEnd = 10 * time.Second
	lateEnd  = 60 * time.Second
	// takenWithin is how soon after the end of our session another's app or media counts as having taken the device.
	takenWithin = 5 * time.Second
)

// Machine is the queue of one device and what is known of the device. It is not safe for concurrent use: the device's own
// goroutine holds it.
type Machine[T any] struct {
	list      list[T]
	random    func(n int) int
	maxVolume int

	now time.Time // of the step under way
	out []Effect  // of the step under way

	device  Report
	play    *session  // what we loaded or took up; its entry is the current one
	serial  uint64    // the highest given to a load or an order
	over    uint64    // sessions up to this serial are given up on this link, whatever a late report says
	cutAt   time.Time // when our session was ended from elsewhere; a report soon after may tell by whom
	failure string
	level   pending[int]
	muting  pending[bool]
	closing uint64 // the order that closes our app
	ahead   ahead
	renewAt time.Time // when what stands ahead is asked for again; zero: nothing does

	talks   []*talk[T] // announcements that wait
	talk    *talk[T]   // that is on the device, with play as its session; nil: none is
	planned uint64     // the ticket of the plan for the first of talks; 0: none is written
	cut     bool       // there is a plan, and it is not known yet what became of its announcement
	mending bool       // everything is being put back
	raised  bool       // volume or mute were changed for an announcement, whatever the device has told since
	mend    uint64     // the order that puts back what played; 0: none is under way

	sleep sleep
	offer *offer    // nil: the queue goes nowhere
	trial *trial[T] // nil: no queue comes
	also  *Also[T]  // goes with the next Persist

	replies []reply
	fresh   int       // replies from here on belong to the step under way
	ticket  uint64    // of the last Persist
	stored  uint64    // the last ticket whose outcome is known
	storeAt time.Time // when a queue that could not be stored is stored whole; zero: it is stored

	told      View
	queueNews bool
	otherNews bool // another sender's media may show something new
	keepAt    time.Time
	alarm     time.Time
	tally     tally[T]
	broken    broken
}

// session is one load of ours, from the order on.
type session struct {
	serial    uint64
	entry     EntryID
	state     State
	confirmed bool // the device has taken the load
	started   bool // it has played
	began     bool // it has begun to play under this machine: it was not taken up
	ended     bool // it has played to its end
	lost      bool // the link went while it ran
	alone     bool // the receiver takes nothing that would follow it
	// position in seconds was true at at.
	position, rate, duration float64
	at                       time.Time
	seek                     pending[float64]
	hold                     pending[State] // Playing or Paused; it stands until a report shows what came of it
	// What was asked while it loads, applied once it plays.
	wantPaused bool
	wantSeek   *float64
	held       bool      // it was loaded to wait where it begins
	wantRate   float64   // 0: as the device does
	wantTrack  *int      // the subtitles that showed, 0 for none; nil: as the load has them
	left       float64   // seconds for which its picture is still to be shown; 0: as long as ever
	turnAt     time.Time // when a picture has been shown for long enough; zero for none
}

// pending is a value on its way to the device. What is asked next counts from it.
type pending[V comparable] struct {
	serial  uint64 // of the order; 0: none is on its way
	to      V
	arrived bool // the order was carried out, and no report has come since
}

// or is the value on its way or just arrived, or now if there is none.
func (p pending[V]) or(now V) V {
	if p.serial != 0 || p.arrived {
		return p.to
	}
	return now
}

// reported forgets a value that has arrived: a report tells what came of it.
func (p *pending[V]) reported() { p.arrived = false }

// New makes the machine of a device from what was stored, the zero Saved for a new one. random returns a number from 0
// to n-1. maxVolume caps volume commands; 0 is no cap.
func New[T any](saved Saved[T], random func(n int) int, maxVolume int) *Machine[T] {
	m := &Machine[T]{list: newList(saved), random: random, serial: saved.Head.Serial}
	m.Limit(maxVolume)
	if h := m.list.head; h.Playing && h.Current != 0 {
		m.play = &session{
			serial: h.Serial, entry: h.Current, state: Playing, confirmed: true, started: true, lost: true,
			position: h.Position, rate: 1, duration: h.Duration, at: time.UnixMilli(h.At),
		}
		m.tally = tally[T]{of: m.play, name: m.play.serial, lost: true, lostAt: m.play.at, left: h.Position}
		if e := m.list.current(); e != nil {
			m.tally.entry = *e
		}
	}
	m.cut = m.list.head.Plan.Then != ""
	m.told = m.View()
	return m
}

// Limit caps volume commands from now on; 0 is no cap.
func (m *Machine[T]) Limit(maxVolume int) {
	if maxVolume == 0 {
		maxVolume = 100
	}
	m.maxVolume = maxVolume
}

// Step takes what happened at now and returns what is to be done, in order.
func (m *Machine[T]) Step(now time.Time, in Input) []Effect {
	m.now, m.out, m.fresh = now, nil, len(m.replies)
	if !m.command(in) {
		m.happened(in)
	}
	m.settle()
	return m.out
}

// happened takes the inputs that are no commands.
func (m *Machine[T]) happened(in Input) {
	switch in := in.(type) {
	case Report:
		m.report(in)
	case Ended:
		m.ended(in)
	case Done:
		m.done(in)
	case Stored:
		m.hasStored(in)
	case Tick:
		m.tick()
	case Adopt[T]:
		m.adoptQueue(in)
	case Abandon:
		m.abandon(in)
	case Release:
		m.release(in)
	case Commit[T]:
		m.commit(in)
	case Handed:
		m.handed(in)
	case Quit:
		m.expire(true, "the bridge stopped before the device answered")
		m.rest()
	}
}

// hasStored takes the outcome of a Persist. After a failure only the whole queue will do: it is stored with the next change,
// which may be under way already, or after a pause. A Keep that failed is made up for by the next.
func (m *Machine[T]) hasStored(in Stored) {
	if in.Ticket == 0 {
		return
	}
	if in.Failed != "" {
		m.notStored(in)
		if m.planned > m.stored && m.planned <= in.Ticket {
			m.unplan()
			m.decide(m.talks[0].name, func(o *Outcome) {
				o.Code, o.Message = CodeInternal, "how to put everything back could not be stored: "+in.Failed
			})
			m.talks = m.talks[1:]
		}
		m.storeAt = m.now.Add(storeAgain)
		if in.Ticket < m.ticket {
			m.storeAt = m.now
		}
	}
	m.stored = max(m.stored, in.Ticket)
	m.committed(in)
}

func (m *Machine[T]) emit(e Effect) { m.out = append(m.out, e) }

// order asks something of the player and returns the order's serial.
func (m *Machine[T]) order(d Do) uint64 {
	m.serial++
	d.Serial = m.serial
	m.emit(d)
	return m.serial
}

func (m *Machine[T]) happen(event Event, entry *Entry[T], message string) {
	h := Happened[T]{Event: event, Message: message}
	if entry != nil {
		h.Entry = *entry
	}
	m.emit(h)
}

// settle does what every step ends with: store what changed, answer who can be answered, tell the world, set the alarm.
func (m *Machine[T]) settle() {
	m.count()
	l := &m.list
	m.mended()
	m.doze()
	m.speakNext()
	again := !m.storeAt.IsZero() && !m.now.Before(m.storeAt)
	m.releaseStored()
	if (l.changed() || again) && !m.handing() {
		h, s := l.head, l.stored
		m.queueNews = m.queueNews || l.all || len(l.dirty)+len(l.dropped) > 0 ||
			h.Revision != s.Revision || h.Current != s.Current || h.Repeat != s.Repeat || h.Shuffle != s.Shuffle
		l.all = l.all || !m.storeAt.IsZero()
		m.storeAt = time.Time{}
		m.ticket++
		m.emit(Persist[T]{Ticket: m.ticket, Change: l.take(), Also: m.also})
		m.also = nil
		for i := m.fresh; i < len(m.replies); i++ {
			m.replies[i].ticket = m.ticket
		}
	}
	m.flush()
	if m.stored == m.ticket { // what the receiver is given is on disk first, so that its name is never another's
		m.prepare()
	}
	if view := m.View(); !m.holds() && (m.queueNews || m.otherNews || view != m.told) {
		m.emit(Publish{Queue: m.queueNews})
		m.told, m.queueNews, m.otherNews = view, false, false
	}
	if at := m.nextAlarm(); !at.Equal(m.alarm) {
		m.alarm = at
		m.emit(Alarm{At: at})
	}
}

// nextAlarm is the earliest moment at which something is due; zero if nothing is.
func (m *Machine[T]) nextAlarm() time.Time {
	var at time.Time
	sooner := func(t time.Time) {
		if !t.IsZero() && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
	for _, r := range m.replies {
		if r.serial != 0 {
			sooner(r.until)
		}
	}
	if !m.handing() {
		sooner(m.storeAt)
	}
	sooner(m.dozeAt())
	if m.play != nil && !m.play.lost && m.now.Before(m.renewAt) {
		sooner(m.renewAt)
	}
	if s := m.play; s != nil && s.state == Playing && !s.lost {
		if m.talk == nil {
			sooner(m.keepAt)
		}
		sooner(s.turnAt)
	}
	return at
}

// tick does what has come due.
func (m *Machine[T]) tick() {
	m.alarm = time.Time{}
	m.expire(false, "the device did not answer within 5 s")
	s := m.play
	if s == nil || s.state != Playing || s.lost {
		return
	}
	turns := !s.turnAt.IsZero() && !m.now.Before(s.turnAt)
	if m.talk != nil {
		if turns {
			m.silent(byItself, true)
		}
		return
	}
	if turns {
		s.turnAt = time.Time{}
		if m.sleep.after || m.follower() >= 0 {
			m.finished()
			return
		}
	}
	if !m.now.Before(m.keepAt) {
		m.keepAt = m.now.Add(KeepEvery)
		m.keep(true)
	}
}

// keep stores where the current entry is without waiting for the disk.
func (m *Machine[T]) keep(playing bool) {
	m.note(playing)
	m.list.stored = m.list.head
	m.emit(Keep{Head: m.list.head})
}

// where is the session's position in seconds at now.
func (s *session) where(now time.Time) float64 {
	p := s.position
	if s.state == Playing && !s.lost {
		p += s.rate * now.Sub(s.at).Seconds()
	}
	if s.duration > 0 {
		p = min(p, s.duration)
	}
	return max(p, 0)
}

// active reports whether our session plays or is about to, by what was asked last.
func (m *Machine[T]) active() bool {
	s := m.play
	if s == nil || m.closing != 0 {
		return false
	}
	if s.hold.to != "" {
		return s.hold.to == Playing
	}
	return s.state != Paused && !s.wantPaused
}

// View is what the world is told beside the queue.
func (m *Machine[T]) View() View {
	d := m.device
	v := View{
		Online: d.Online, Volume: d.Volume, Muted: d.Muted, VolumeFixed: d.VolumeFixed,
		Ours: !m.foreign(), Rate: 1, App: d.App, Notice: d.Notice, Error: m.failure,
	}
	v.State = m.state()
	s := m.play
	switch {
	case !v.Ours && d.Playing:
		v.Position, v.At, v.Rate, v.Duration = d.Media.Position, d.Media.At, d.Media.Rate, d.Media.Duration
	case !v.Ours:
	case s != nil:
		v.Position, v.At, v.Rate, v.Duration = s.position, s.at, s.rate, s.duration
	case m.list.index >= 0:
		h := m.list.head
		v.Position, v.At, v.Duration = h.Position, time.UnixMilli(h.At), m.list.current().Duration
	}
	return v
}

// foreign reports whether another app or another sender's media holds the device.
func (m *Machine[T]) foreign() bool {
	return m.device.Online && m.play == nil && m.device.foreign()
}

func (m *Machine[T]) state() State {
	d := m.device
	switch {
	case !d.Online:
		return Off
	case m.play != nil && m.play.state == Loading:
		return Buffering
	case m.play != nil:
		return m.play.state
	case m.foreign() && d.Playing:
		if d.Media.State == Loading {
			return Buffering
		}
		return d.Media.State
	case d.Idle:
		return Off
	}
	return Idle
}

// Head is the queue's head. Position in it is where the current entry was when that was last stored.
func (m *Machine[T]) Head() Head { return m.list.head }

// Len is the number of entries.
func (m *Machine[T]) Len() int { return len(m.list.entries) }

// Index is the place of the current entry, -1 if none is.
func (m *Machine[T]) Index() int { return m.list.index }

// At returns the entry at an index from 0 to Len()-1.
func (m *Machine[T]) At(i int) Entry[T] { return *m.list.entries[i] }

// Beside is what plays beside the queue: an announcement, or the entry of a queue that is about to be moved here; false
// where nothing does.
func (m *Machine[T]) Beside() (Entry[T], bool) {
	switch {
	case m.talk != nil:
		return m.talk.item, true
	case m.trying():
		e := m.trial.moving.Rows[m.trial.at].Entry
		e.ID = 0
		return e, true
	}
	return Entry[T]{}, false
}

// Find returns the entry with this id.
func (m *Machine[T]) Find(id EntryID) (Entry[T], bool) {
	if i := m.list.find(id); i >= 0 {
		return *m.list.entries[i], true
	}
	return Entry[T]{}, false
}

// Rest returns the head as it is to be kept when the bridge stops: with the place of what plays at now. What runs beyond a
// lost link keeps the place and the moment at which it was last seen.
func (m *Machine[T]) Rest(now time.Time) Head {
	h := m.list.head
	if s := m.play; s != nil && !s.lost && m.talk == nil && !m.trying() {
		h.Position, h.At = s.where(now), now.UnixMilli()
	}
	return h
}
