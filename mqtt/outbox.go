package mqtt

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"time"
)

// The retained topics of a device, in the order in which they are published on a connect.
const (
	leafAvailability  = "availability"
	leafState         = "state"
	leafQueue         = "queue"
	leafSearch        = "search"
	leafArtwork       = "artwork"
	leafSelectQueue   = "select/queue"
	leafSelectResults = "select/results"
)

// The retained topics of the bridge, in the order in which they are published on a connect.
const (
	leafInfo      = "info"
	leafLibrary   = "library"
	leafStreams   = "streams"
	leafPlaylists = "playlists"
	leafDevices   = "devices"
)

// The bounds of an outbox.
const (
	maxAnswers = 1000    // answers that wait while the broker is away
	maxLetters = 20_000  // answers and events that wait to be sent on a connection: a flood is answered, not dropped
	maxBytes   = 8 << 20 // of payload in these
	maxLogs    = 10      // log lines that wait to be sent
)

// pace is how often a topic may be written: one message each every, and at most burst at once after a pause. The zero
// pace has no limit.
type pace struct {
	every time.Duration
	burst int
}

// paceOf is the pace of a topic. A device's topics get at most ten messages in any second: three at once, and one more
// each 140 ms, which spreads a long burst evenly.
func paceOf(lane, leaf string) pace {
	switch {
	case lane == onDiscovery:
		return pace{apart, 1}
	case lane != onBridge && leaf != leafAvailability:
		return pace{140 * time.Millisecond, 3}
	case lane == onBridge && leaf == leafLibrary:
		return pace{time.Second, 1}
	case lane == onBridge && leaf == leafStreams:
		return pace{5 * time.Second, 1}
	}
	return pace{}
}

// logPace is the pace of the log topic.
const logPace = time.Second

// message is one message that leaves.
type message struct {
	topic    string
	payload  []byte
	qos      byte
	retained bool
	answer   bool  // it is not lost with a connection, but sent again on the next
	slot     *slot // the retained topic it tells of, nil for a message of its own
}

// letter is a message of its own that waits; order is its place among all that waits.
type letter struct {
	message
	order uint64
}

// slot is one retained topic.
type slot struct {
	lane, leaf string
	topic      string
	payload    []byte // the last one, sent or not; empty: to be cleared
	dirty      bool   // payload is to be sent
	order      uint64 // its place among all that waits, while dirty
	pace       pace
	due        time.Time // by the generic cell rate algorithm: when the messages so far are worked off
}

// ready is when the slot may be sent by its pace.
func (s *slot) ready() time.Time {
	return s.due.Add(-time.Duration(max(s.pace.burst-1, 0)) * s.pace.every)
}

// outbox is all that waits to leave, and the memory of all that is retained. Who fills it never waits; the one session
// empties it. The mutex guards everything.
type outbox struct {
	base topics
	wake chan struct{} // holds a value when something came

	mu      sync.Mutex
	open    bool // a session is on
	order   uint64
	lanes   map[string]map[string]*slot // by topic name, onBridge or onDiscovery, then by leaf
	dirty   []*slot                     // by order
	replay  []*slot                     // what a new connection still has to be told
	letters []letter                    // by order
	bytes   int                         // of payload in letters
	dropped int                         // letters lost since begin, or since end
	logs    []message
	logDue  time.Time

	announced map[string]*slot // by topic name or onBridge: where Home Assistant is told of it
	withdrawn time.Time        // when something was last withdrawn from Home Assistant
}

func newOutbox(base topics) *outbox {
	return &outbox{
		base: base, wake: make(chan struct{}, 1), lanes: make(map[string]map[string]*slot), announced: make(map[string]*slot),
	}
}

// put replaces the payload of a retained topic; the payload that it has already is not sent again. first is true if nothing
// was retained of the device before.
func (o *outbox) put(lane, leaf string, payload []byte) (first bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	first = !o.retains(lane)
	o.set(lane, leaf, payload)
	return first
}

// seed is put for a topic that has no payload yet.
func (o *outbox) seed(lane, leaf string, payload []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if s := o.lanes[lane][leaf]; s == nil || len(s.payload) == 0 {
		o.set(lane, leaf, payload)
	}
}

// has reports whether something is retained of a device.
func (o *outbox) has(device string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.retains(device)
}

func (o *outbox) retains(lane string) bool {
	for _, s := range o.lanes[lane] {
		if len(s.payload) > 0 {
			return true
		}
	}
	return false
}

func (o *outbox) set(lane, leaf string, payload []byte) {
	s := o.lanes[lane][leaf]
	if s == nil {
		if o.lanes[lane] == nil {
			o.lanes[lane] = make(map[string]*slot)
		}
		s = &slot{lane: lane, leaf: leaf, topic: o.base.of(lane, leaf), pace: paceOf(lane, leaf)}
		if lane == onDiscovery {
			s.topic = leaf
		}
		o.lanes[lane][leaf] = s
	} else if bytes.Equal(s.payload, payload) {
		return
	}
	s.payload = payload
	o.soil(s)
}

// soil marks a slot to be sent. One that waits already keeps its place, unless a letter was written since: an answer
// leaves before the state that it caused.
func (o *outbox) soil(s *slot) {
	if s.dirty {
		if len(o.letters) == 0 || o.letters[len(o.letters)-1].order < s.order {
			return
		}
		o.dirty = slices.DeleteFunc(o.dirty, func(other *slot) bool { return other == s })
	}
	o.order++
	s.dirty, s.order = true, o.order
	o.dirty = append(o.dirty, s)
	o.signal()
}

// clear empties every retained topic of a device, also those that an earlier run of the program has written.
func (o *outbox) clear(device string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, leaf := range leaves(device) {
		o.set(device, leaf, nil)
	}
}

// post adds messages of their own, which leave in their order and before every state told after them. What is no answer
// is only for who listens now, and forgotten while there is no session. Where too many wait the oldest are dropped; overflow
// is true when the first one was since begin, or since end.
func (o *outbox) post(messages ...message) (overflow bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	before := o.dropped
	for _, m := range messages {
		if !o.open && !m.answer {
			continue
		}
		o.order++
		o.letters = append(o.letters, letter{m, o.order})
		o.bytes += len(m.payload)
	}
	o.bound()
	o.signal()
	return before == 0 && o.dropped > 0
}

// bound drops the oldest letters where too many wait.
func (o *outbox) bound() {
	most := maxLetters
	if !o.open {
		most = maxAnswers
	}
	for len(o.letters) > most || o.bytes > maxBytes && len(o.letters) > 1 {
		o.pick()
		o.dropped++
	}
}

// pick takes the oldest letter out.
func (o *outbox) pick() message {
	m := o.letters[0].message
	o.letters[0] = letter{}
	o.letters = o.letters[1:]
	o.bytes -= len(m.payload)
	return m
}

// log adds a line for the log topic; while maxLogs of them wait, it is forgotten.
func (o *outbox) log(m message) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.logs) < maxLogs {
		o.logs = append(o.logs, m)
		o.signal()
	}
}

// begin starts a session: everything retained is to be sent, in the order of the contract. It tells how many answers were
// dropped since the last one ended.
func (o *outbox) begin() (dropped int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.open = true
	o.repeat()
	dropped, o.dropped = o.dropped, 0
	return dropped
}

// again has everything retained sent once more, in the order of the contract.
func (o *outbox) again() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.repeat()
	o.signal()
}

// repeat makes the replay anew.
func (o *outbox) repeat() {
	o.replay = o.replay[:0]
	for lane := range o.lanes {
		if lane != onBridge && lane != onDiscovery {
			o.replay = append(o.replay, o.laneOf(lane)...)
		}
	}
	slices.SortStableFunc(o.replay, func(a, b *slot) int { return strings.Compare(a.lane, b.lane) })
	o.replay = slices.Concat(o.announcements(), o.replay, o.laneOf(onBridge))
}

// end ends a session. Answers among what was sent and not acknowledged are kept for the next, the latest maxAnswers.
func (o *outbox) end(unacknowledged []message) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.open, o.dropped = false, 0
	waiting := o.letters
	o.letters, o.bytes = nil, 0
	keep := func(l letter) {
		if l.answer {
			o.letters = append(o.letters, l)
			o.bytes += len(l.payload)
		}
	}
	for _, m := range unacknowledged {
		keep(letter{message: m})
	}
	for _, l := range waiting {
		keep(l)
	}
	o.bound()
}

// replayed reports whether everything retained was taken since begin.
func (o *outbox) replayed() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.replay) == 0
}

// acknowledged notes that the broker has a message: a topic that was cleared is forgotten.
func (o *outbox) acknowledged(m message) {
	if m.slot == nil || len(m.payload) > 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	s := m.slot
	if len(s.payload) > 0 || s.dirty || o.lanes[s.lane][s.leaf] != s {
		return
	}
	delete(o.lanes[s.lane], s.leaf)
	if len(o.lanes[s.lane]) == 0 {
		delete(o.lanes, s.lane)
	}
}

// next takes what leaves next. ok is false when nothing is due; wait is then how long until something is, 0 for "when
// woken". In a hurry the pace is not kept.
func (o *outbox) next(now time.Time, hurry bool) (m message, ok bool, wait time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s, wait := o.first(now, hurry)
	if len(o.letters) > 0 && (s == nil || len(o.replay) > 0 || o.letters[0].order < s.order) {
		return o.pick(), true, 0
	}
	if len(o.replay) > 0 {
		again, left := o.resume(now, hurry)
		if left > 0 {
			return message{}, false, left
		}
		if again != nil {
			s = again
		}
	}
	if s != nil {
		return o.take(s, now), true, 0
	}
	if len(o.logs) > 0 {
		if left := o.logDue.Sub(now); left > 0 && !hurry {
			return message{}, false, sooner(wait, left)
		}
		m = o.logs[0]
		o.logs = slices.Delete(o.logs, 0, 1)
		o.logDue = now.Add(logPace)
		return m, true, 0
	}
	return message{}, false, wait
}

// take makes the message of a slot and notes that it leaves.
func (o *outbox) take(s *slot, now time.Time) message {
	if s.dirty {
		s.dirty = false
		o.dirty = slices.DeleteFunc(o.dirty, func(other *slot) bool { return other == s })
	}
	if s.due.Before(now) {
		s.due = now
	}
	s.due = s.due.Add(s.pace.every)
	if s.lane == onDiscovery && len(s.payload) == 0 {
		o.withdrawn = now
	}
	return message{topic: s.topic, payload: s.payload, qos: 1, retained: true, slot: s}
}

// first is the slot that has waited longest among those that may be sent; without one it says how long until one may, 0
// for never.
func (o *outbox) first(now time.Time, hurry bool) (s *slot, wait time.Duration) {
	for _, s := range o.dirty {
		if o.held(s) {
			continue
		}
		left := o.ready(s, hurry).Sub(now)
		if left <= 0 {
			return s, 0
		}
		wait = sooner(wait, left)
	}
	return nil, wait
}

// held reports whether a slot has to wait for another one of its device: the state for the queue that it counts in and
// for "offline", "online" for the state, a chosen option for the queue or search that it belongs to and for the
// announcement of the options.
func (o *outbox) held(s *slot) bool {
	waits := func(leaf string) bool {
		other := o.lanes[s.lane][leaf]
		return other != nil && other.dirty
	}
	switch s.leaf {
	case leafState:
		return waits(leafQueue) || waits(leafAvailability) && string(o.lanes[s.lane][leafAvailability].payload) == offline
	case leafAvailability:
		return string(s.payload) == online && waits(leafState)
	case leafSelectQueue:
		return waits(leafQueue) || o.unannounced(s.lane)
	case leafSelectResults:
		return waits(leafSearch) || o.unannounced(s.lane)
	}
	return false
}

// laneOf returns the slots of a lane in the order of the contract.
func (o *outbox) laneOf(lane string) []*slot {
	var slots []*slot
	for _, leaf := range leaves(lane) {
		if s := o.lanes[lane][leaf]; s != nil {
			slots = append(slots, s)
		}
	}
	return slots
}

// leaves returns the retained topics of a lane in the order of the contract.
func leaves(lane string) []string {
	if lane == onBridge {
		return []string{leafInfo, leafLibrary, leafStreams, leafPlaylists, leafDevices, leafSearch}
	}
	return []string{
		leafAvailability, leafState, leafQueue, leafSearch, leafArtwork, leafSelectQueue, leafSelectResults,
	}
}

// signal wakes the session.
func (o *outbox) signal() {
	nudge(o.wake)
}

// sooner is the shorter of two waits, where 0 is none.
func sooner(a, b time.Duration) time.Duration {
	if a == 0 {
		return b
	}
	return min(a, b)
}
