package cast

import (
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"localcast/bridge"
	"localcast/cast/wire"
)

// How long a session waits.
const (
	loadTimeout  = 150 * time.Second // an unreachable URL can take a receiver 130 s
	orderTimeout = 5 * time.Second
	helloTimeout = 10 * time.Second // for the first RECEIVER_STATUS on a link
	mediaTimeout = 4 * time.Second  // for an app's first MEDIA_STATUS; a picture is settled within 5 s
	echoTimeout  = time.Second      // for the new volume, where the answer tells the old one
	overdueAfter = 5 * time.Second  // beyond the expected end of an item before the device is asked
	overdueEvery = 15 * time.Second // between two such questions
)

// maxWaiters bounds the orders that wait for an answer; each waits 5 s at most.
const maxWaiters = 64

var (
	errNoHello = errors.New("the device did not tell its status")
	errRefused = errors.New("the device closes every connection to its receiver")
)

// session is what is said on one link: which app runs, what it plays, and the orders that wait for an answer. It has no
// goroutine and no socket of its own: the player's Run alone calls it. What it tells, it tells in the order that
// bridge.Reports asks for, when the message or the order is dealt with.
type session struct {
	self string // our sender id
	name string // the device's name, for people
	host string // the IP address of the device
	say  func(to, namespace string, o object) error
	tell bridge.Reports
	// opened is called before the first status is told.
	opened func()
	log    *slog.Logger

	request  int64 // the last request id
	receiver receiver
	media    mediaView
	notice   string

	online    bool
	hello     time.Time // when the link fails without a RECEIVER_STATUS
	asking    time.Time // until when an app's first MEDIA_STATUS is waited for; zero: no more
	closed    int       // how often the receiver itself has sent CLOSE
	transport string    // the app to which CONNECT was sent
	heard     bool      // it has said something
	evicted   bool      // it has sent CLOSE
	rejoined  bool      // CONNECT was sent to it twice
	asked     int64     // the request id of the last GET_STATUS to it
	doubted   time.Time // when it was last asked because an end is overdue

	waiters  []*waiter
	launch   launch
	load     *loading
	past     *loading // the last load that came to nothing: its session's end is not told
	loadedAt int64    // the request id of the last LOAD
	upcoming preparing
	removed  removal

	done    []bridge.Done
	ended   []bridge.Ended
	changed bool // there is a new picture to tell
}

// waiter is an order that waits for the device.
type waiter struct {
	order    bridge.Order
	request  int64  // 0: only the effect counts
	from     string // who answers
	deadline time.Time
	// shown reports whether the device shows the effect, which counts like an answer; nil: it has none to be seen.
	shown func() bool
	// obeyed, if set, is called when the device has answered yes.
	obeyed func()
	// wary says that an answer may tell the value of before the order: then the effect is waited for a little longer.
	wary, echoed bool
}

// begin opens the conversation. Request ids begin anywhere, so that they rarely equal another sender's.
func (s *session) begin(now time.Time) {
	s.request = 1 + rand.Int64N(1<<29)
	s.hello = now.Add(helloTimeout)
	s.greet()
}

// greet connects to the receiver and asks for its status.
func (s *session) greet() {
	s.send(wire.PlatformReceiver, wire.Connection, connectMessage())
	s.ask(wire.PlatformReceiver, wire.Receiver, object{"type": "GET_STATUS"})
}

// ask sends a short request and returns its id.
func (s *session) ask(to, namespace string, o object) int64 {
	id := s.number(o)
	s.send(to, namespace, o)
	return id
}

// number gives a request its id.
func (s *session) number(o object) int64 {
	s.request++
	o["requestId"] = s.request
	return s.request
}

// send sends a short message. Sending fails only for what is too long, which such a message never is.
func (s *session) send(to, namespace string, o object) {
	if err := s.say(to, namespace, o); err != nil {
		s.log.Debug("did not send", "err", err)
	}
}

// handle takes one message of the device. Its error ends the link.
func (s *session) handle(m wire.Message, now time.Time) error {
	if m.Destination != s.self && m.Destination != wire.Broadcast {
		return nil
	}
	o, err := parse(m.Text)
	if err != nil {
		s.log.Debug("skipped a message", "remote", m.Source, "namespace", m.Namespace, "err", err)
		return nil
	}
	switch m.Namespace {
	case wire.Connection:
		if o.text("type") == "CLOSE" {
			err = s.handleClose(m.Source, now)
		}
	case wire.Receiver:
		if m.Source == wire.PlatformReceiver {
			s.handleReceiver(o, now)
		}
	case wire.Media:
		if m.Source == s.transport {
			s.heard = true
			s.handleMedia(o, m.Destination == s.self, now)
		}
	}
	s.flush()
	return err
}

// handleClose takes a CLOSE of the receiver or an app. At the first contact it may come for no reason that lasts (groups do
// it): then a second try is due, and only one.
func (s *session) handleClose(from string, now time.Time) error {
	switch {
	case from == wire.PlatformReceiver:
		if s.closed++; s.closed > 3 {
			return errRefused
		}
		s.greet()
		s.relaunch()
	case from != s.transport:
	case !s.heard && !s.rejoined:
		s.join(now)
		s.rejoined = true
		s.loadRefused()
	default:
		// The app is gone, or does not want us: the receiver knows.
		s.evicted = true
		s.ask(wire.PlatformReceiver, wire.Receiver, object{"type": "GET_STATUS"})
	}
	return nil
}

func (s *session) handleReceiver(o object, now time.Time) {
	id, _ := o.whole("requestId")
	switch o.text("type") {
	case "RECEIVER_STATUS":
		status := o.object("status")
		if status == nil {
			return
		}
		s.receiver.merge(status)
		s.hello, s.changed = time.Time{}, true
		s.closed = 0
		s.follow(now)
		s.answer(id, wire.PlatformReceiver, nil, now)
	case "LAUNCH_STATUS":
		s.launchStatus(o)
	case "LAUNCH_ERROR":
		if other, ok := o.whole("launchRequestId"); ok && id == 0 {
			id = other
		}
		s.launchFailed(id, o)
	case "INVALID_REQUEST", "ERROR":
		if id != 0 && id == s.launch.request {
			s.launchFailed(id, o)
			return
		}
		s.answer(id, wire.PlatformReceiver, refusal(o), now)
	}
}

// follow goes where the receiver's app went.
func (s *session) follow(now time.Time) {
	a := s.receiver.app
	transport := ""
	if a.controllable() {
		transport = a.transport
	}
	switch {
	case transport != s.transport:
		reason := "INTERRUPTED"
		if a.id == "" {
			reason = "CANCELLED"
		}
		s.end(s.media.end(reason, now))
		s.media = mediaView{rising: a.standard}
		s.transport, s.asking = transport, time.Time{}
		s.heard, s.evicted, s.rejoined = false, false, false
		if transport != "" {
			s.join(now)
		}
		s.appChanged(now)
	case s.evicted && !s.rejoined && transport != "":
		s.join(now)
		s.rejoined = true
	}
	if a.ready() {
		s.launched()
	}
}

// join opens the virtual connection to the app and asks what it plays.
func (s *session) join(now time.Time) {
	s.send(s.transport, wire.Connection, connectMessage())
	s.asking = now.Add(mediaTimeout)
	s.asked = s.ask(s.transport, wire.Media, object{"type": "GET_STATUS"})
}

// handleMedia takes a message of the app; mine says that it was sent to us alone.
func (s *session) handleMedia(o object, mine bool, now time.Time) {
	id, _ := o.whole("requestId")
	switch o.text("type") {
	case "MEDIA_STATUS":
		entries, known := o.list("status")
		if !known {
			return
		}
		s.asking, s.changed = time.Time{}, true
		if len(entries) == 0 && id != 0 && id == s.asked && id < s.loadedAt {
			return // asked before the load and answered late: nothing was loaded then
		}
		s.loadAnswered(id, entries)
		was := s.media.copy()
		ended := s.media.merge(entries, now)
		s.overtaken(id, was, ended)
		s.end(ended)
		s.loadProgress()
		s.prepareAnswered(id, o, nil)
		s.answer(id, s.transport, nil, now)
	case "QUEUE_ITEMS":
		s.prepareAnswered(id, o, nil)
	case "QUEUE_CHANGE":
		s.queueChanged(o)
	case "LOAD_FAILED", "LOAD_CANCELLED", "INVALID_PLAYER_STATE", "INVALID_REQUEST", "INVALID_COMMAND", "ERROR":
		// An answer without an id is our load's if it came to us alone, unless it may speak of a load that was replaced.
		ours := id == 0 && mine && o.text("type") != "LOAD_CANCELLED"
		if s.load != nil && s.load.request != 0 && (id == s.load.request || ours) {
			if !s.jumpRefused(o) {
				s.loadFailed(refusal(o))
			}
			return
		}
		s.media.accuse(o)
		s.prepareAnswered(id, o, refusal(o))
		s.answer(id, s.transport, refusal(o), now)
	}
}

// queueChanged takes what the receiver tells of its queue beside the statuses: they leave out what is not around the item
// that plays.
func (s *session) queueChanged(o object) {
	ids, _ := o["itemIds"].([]any)
	if m := s.media.current; m != nil && o.text("changeType") == "REMOVE" {
		var gone []int64
		for _, id := range wholeNumbers(ids) {
			gone = append(gone, int64(id))
		}
		m.queue.drop(gone)
		s.changed = true
	}
}

// end notes sessions that are over. A load that ends before it played is answered as a failed order instead.
func (s *session) end(list []ending) {
	for _, e := range list {
		if s.load != nil && s.load.owns(e.session) {
			s.loadEnded(e.Ended)
			if e.Reason != bridge.EndFinished {
				continue
			}
		} else if s.past != nil && s.past.owns(e.session) {
			continue
		}
		s.ended = append(s.ended, e.Ended)
	}
}

// answer resolves the orders that the device has answered, by id and source, or whose effect it shows.
func (s *session) answer(id int64, from string, fail *bridge.Fail, now time.Time) {
	s.resolve(func(w *waiter) (bool, *bridge.Fail) {
		shown := w.shown != nil && w.shown()
		if id == 0 || w.request != id || w.from != from {
			return shown, nil
		}
		if fail == nil && w.wary && !shown {
			w.echoed, w.deadline = true, now.Add(echoTimeout)
			return false, nil
		}
		if fail == nil && w.obeyed != nil {
			w.obeyed()
		}
		return true, fail
	})
}

// resolve ends those waiters for which is says so.
func (s *session) resolve(is func(*waiter) (bool, *bridge.Fail)) {
	kept := s.waiters[:0]
	for _, w := range s.waiters {
		if over, fail := is(w); over {
			s.finish(w.order, fail)
		} else {
			kept = append(kept, w)
		}
	}
	clear(s.waiters[len(kept):])
	s.waiters = kept
}

func (s *session) finish(o bridge.Order, fail *bridge.Fail) {
	s.done = append(s.done, bridge.Done{Serial: o.Serial, Fail: fail})
	if fail == nil && (o.Kind == bridge.OrderVolume || o.Kind == bridge.OrderMute) {
		s.changed = true // what the device has made of it is told, even if that is nothing
	}
}

// expire ends what has waited too long. Its error ends the link.
func (s *session) expire(now time.Time) error {
	due := func(t time.Time) bool { return !t.IsZero() && !now.Before(t) }
	if due(s.hello) {
		return errNoHello
	}
	if due(s.asking) {
		s.asking, s.changed = time.Time{}, true
	}
	s.resolve(func(w *waiter) (bool, *bridge.Fail) {
		if w.echoed {
			return due(w.deadline), nil
		}
		return due(w.deadline), noAnswer()
	})
	if s.load != nil && due(s.load.deadline) {
		s.loadTimedOut()
	}
	if s.upcoming.order != nil && due(s.upcoming.deadline) {
		s.preparedAs(noAnswer())
	}
	if due(s.overdue()) {
		s.doubted = now
		s.asked = s.ask(s.transport, wire.Media, object{"type": "GET_STATUS"})
	}
	if s.load == nil && !s.wakes() {
		s.notify("") // nobody waits for the permission any more
	}
	s.flush()
	return nil
}

// overdue is when to ask whether what plays still does: some time after it must have ended without a word, because the word
// may have been lost, and again while it goes on. It is zero where no end is to be expected.
func (s *session) overdue() time.Time {
	m := s.media.current
	if m == nil || s.load != nil {
		return time.Time{}
	}
	p := m.status
	if p.State != bridge.PlayPlaying || p.At.IsZero() || p.Duration <= 0 || p.Rate <= 0 {
		return time.Time{}
	}
	left := (p.Duration - p.Position) / p.Rate
	at := p.At.Add(time.Duration(left*float64(time.Second)) + overdueAfter)
	if again := s.doubted.Add(overdueEvery); again.After(at) {
		return again
	}
	return at
}

func noAnswer() *bridge.Fail {
	return &bridge.Fail{Kind: bridge.FailTimeout, Message: "the device did not answer in time"}
}

// wakes reports whether somebody waits for the app to start with nothing loaded.
func (s *session) wakes() bool {
	return slices.ContainsFunc(s.waiters, func(w *waiter) bool { return w.order.Kind == bridge.OrderWake })
}

// next returns when expire is due; the zero time if nothing waits.
func (s *session) next() time.Time {
	first := s.hello
	sooner := func(t time.Time) {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	sooner(s.asking)
	sooner(s.overdue())
	for _, w := range s.waiters {
		sooner(w.deadline)
	}
	if s.upcoming.order != nil {
		sooner(s.upcoming.deadline)
	}
	if s.load != nil {
		sooner(s.load.deadline)
	}
	return first
}

// abort ends every order that waits, because the link is gone.
func (s *session) abort(fail *bridge.Fail) {
	s.resolve(func(*waiter) (bool, *bridge.Fail) { return true, fail })
	if s.load != nil {
		s.finish(s.load.order, fail)
		s.load = nil
	}
	for _, o := range []*bridge.Order{s.upcoming.order, s.upcoming.later} {
		if o != nil {
			s.finish(*o, fail)
		}
	}
	s.upcoming = preparing{}
	s.changed = false
	s.flush()
}

// flush tells what the last step brought about: answers, then ends, then the picture that shows them.
func (s *session) flush() {
	if s.changed && !s.online && s.hello.IsZero() {
		s.online = true
		s.opened()
	}
	for _, d := range s.done {
		s.tell.Done(d)
	}
	for _, e := range s.ended {
		s.tell.Ended(e)
	}
	if s.changed && s.online {
		s.tell.Status(s.picture())
		s.changed = false
	}
	s.done, s.ended = s.done[:0], s.ended[:0]
}

// picture is all that is known of the device.
func (s *session) picture() bridge.Status {
	r := s.receiver
	p := bridge.Status{
		Online: true, Host: s.host, Idle: r.app.id == "", App: r.app.name, AppID: r.app.id,
		Default: r.app.standard, Controllable: r.app.controllable(),
		Volume: r.volume, Muted: r.muted, VolumeFixed: r.fixed, Notice: s.notice, Asked: s.asking.IsZero(),
	}
	if m := s.media.current; m != nil {
		status := m.status
		if status.Tag != nil {
			status.Ahead = m.queue.ahead()
		}
		p.Media = &status
	}
	if r.app.member {
		// Its own list of media is empty while its group plays. It tells no more than that.
		p.Media = &bridge.MediaStatus{State: bridge.PlayPlaying, Rate: 1}
	}
	return p
}
