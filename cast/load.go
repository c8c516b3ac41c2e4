package cast

import (
	"time"

	"localcast/bridge"
	"localcast/cast/wire"
)

// launchAgain is how old an unanswered LAUNCH must be for another order to send a new one.
const launchAgain = 10 * time.Second

// launch is the start of the Default Media Receiver; the zero launch is none under way.
type launch struct {
	request int64
	at      time.Time
	retried bool
	stop    bool // the app was not wanted any more before it ran
}

// loading is a load under way. Its request is 0 while the app is being launched.
type loading struct {
	order     bridge.Order
	deadline  time.Time
	request   int64
	transport string // the app it was sent to
	session   int64  // its media session, where known
	known     bool
	refused   bool       // the app answered by CLOSE
	relaunch  bool       // the app was launched anew for it
	jump      bool       // it goes to what the receiver has ahead
	tag       bridge.Tag // of what plays when it is done
	stop      bool       // nobody wants it any more: its session is stopped when it shows
}

// owns reports whether m is what the load brought about: by its customData, else by the session that the answer named.
func (l *loading) owns(m *mediaSession) bool {
	if l.request == 0 {
		return false
	}
	if m.status.Tag != nil {
		return *m.status.Tag == l.tag
	}
	return l.known && m.id == l.session
}

func (s *session) startLoad(o bridge.Order, now time.Time) {
	s.cancelLoad()
	if s.past != nil {
		s.past.stop = false // the new load interrupts it
	}
	s.forgetPrepare()
	if len(o.Load.URL) > maxContentID {
		s.finish(o, refuse("the address of the item is longer than a Chromecast takes"))
		return
	}
	s.load = &loading{order: o, deadline: now.Add(loadTimeout), tag: o.Load.Tag}
	s.start(now)
}

// wake starts the app and loads nothing.
func (s *session) wake(o bridge.Order, now time.Time) {
	s.cancelLoad()
	if s.receiver.app.ready() {
		s.finish(o, nil)
		return
	}
	if len(s.waiters) >= maxWaiters {
		s.finish(o, busy())
		return
	}
	s.waiters = append(s.waiters, &waiter{
		order: o, deadline: now.Add(orderTimeout), shown: func() bool { return s.receiver.app.ready() },
	})
	s.start(now)
}

// start sees to it that the Default Media Receiver runs; launched is called when it does.
func (s *session) start(now time.Time) {
	s.launch.stop = false
	switch {
	case s.receiver.app.ready():
		s.launched()
	case s.launch.request == 0 || now.Sub(s.launch.at) > launchAgain:
		s.launch = launch{at: now}
		s.sendLaunch()
	}
}

func (s *session) sendLaunch() {
	message := object{"type": "LAUNCH", "appId": wire.DefaultMediaReceiver}
	s.launch.request = s.ask(wire.PlatformReceiver, wire.Receiver, message)
}

// launchStatus takes what newer devices say at once of a LAUNCH: a user may have to allow it first.
func (s *session) launchStatus(o object) {
	id, _ := o.whole("launchRequestId")
	if s.launch.request == 0 || id != s.launch.request {
		return
	}
	switch o.text("status") {
	case "USER_PENDING_AUTHORIZATION":
		s.notify(s.name + " asks for permission to cast")
	case "USER_NOT_ALLOWED":
		s.endLaunch("casting was not allowed on the device")
	case "USER_ALLOWED":
		s.notify("")
	}
}

func (s *session) notify(notice string) {
	s.changed = s.changed || notice != s.notice
	s.notice = notice
}

// relaunch repeats the LAUNCH under way, once; it reports whether it did.
func (s *session) relaunch() bool {
	if s.launch.request == 0 || s.launch.retried {
		return false
	}
	s.launch.retried = true
	s.sendLaunch()
	return true
}

func (s *session) launchFailed(id int64, o object) {
	if s.launch.request == 0 || id != 0 && id != s.launch.request {
		return
	}
	if o.text("reason") == "CANCELLED" && s.relaunch() {
		return
	}
	s.endLaunch(refusal(o).Message)
}

// endLaunch fails what waits for the app.
func (s *session) endLaunch(message string) {
	fail := &bridge.Fail{Kind: bridge.FailLaunch, Message: message}
	s.launch = launch{}
	s.notify("")
	s.resolve(func(w *waiter) (bool, *bridge.Fail) { return w.order.Kind == bridge.OrderWake, fail })
	if s.load != nil && s.load.request == 0 {
		s.loadFailed(fail)
	}
}

// launched goes on when the Default Media Receiver runs.
func (s *session) launched() {
	unwanted := s.launch.stop
	s.launch = launch{}
	s.notify("")
	if s.load != nil && s.load.request == 0 {
		s.sendLoad()
	} else if unwanted && s.load == nil {
		s.ask(wire.PlatformReceiver, wire.Receiver, object{"type": "STOP", "sessionId": s.receiver.app.session})
	}
}

func (s *session) sendLoad() {
	l := s.load
	if s.findAhead() {
		return
	}
	message := loadMessage(l.order.Load, s.receiver.app.session)
	l.request, l.transport = s.number(message), s.transport
	s.loadedAt = l.request
	if err := s.say(s.transport, wire.Media, message); err != nil {
		s.loadFailed(refuse(err.Error()))
	}
}

// loadTimedOut fails a load that has waited too long: for the app, or for the app to play.
func (s *session) loadTimedOut() {
	if s.load.request == 0 {
		s.endLaunch("the media app did not start in time")
		return
	}
	s.abandon(noAnswer())
}

// loadRefused sends a LOAD again that the app answered by CLOSE.
func (s *session) loadRefused() {
	if l := s.load; l != nil && l.transport == s.transport && !l.known && !l.refused {
		l.refused = true
		s.sendLoad()
	}
}

// appChanged settles a load whose app is gone. Where it was gone before the load came, it is launched anew, once; else
// somebody else wanted something else, and is obeyed.
func (s *session) appChanged(now time.Time) {
	l := s.load
	if l == nil || l.request == 0 || l.transport == s.transport {
		return
	}
	if l.refused && !l.relaunch {
		l.relaunch, l.request, l.transport = true, 0, ""
		s.start(now)
		return
	}
	message := "another app took the device"
	if s.receiver.app.id == "" {
		message = "the app was closed on the device"
	}
	s.loadFailed(&bridge.Fail{Kind: bridge.FailCancelled, Message: message})
}

// loadAnswered notes which session answers a LOAD.
func (s *session) loadAnswered(id int64, entries []object) {
	for _, l := range []*loading{s.load, s.past} {
		if l == nil || l.request == 0 || l.request != id {
			continue
		}
		for _, e := range entries {
			state := playState(e)
			session, known := e.object("extendedStatus").whole("mediaSessionId")
			if !known || state != bridge.PlayLoading {
				session, known = e.whole("mediaSessionId")
			}
			if state != stateIdle && known {
				l.session, l.known = session, true
			} else if e.text("idleReason") == "ERROR" && l == s.load {
				s.loadFailed(refuseMedia(e))
			}
		}
	}
}

// loadProgress answers a load that plays. IDLE with LOADING may carry the answer's id and is no success yet.
func (s *session) loadProgress() {
	m := s.media.current
	if m == nil {
		return
	}
	if s.load != nil && s.load.owns(m) {
		s.load.session, s.load.known = m.id, true
		if m.status.Tag == nil { // not every receiver gives it back
			tag := s.load.tag
			m.status.Tag = &tag
		}
		if m.status.State != bridge.PlayLoading {
			s.loaded()
		}
	}
	if s.past != nil && s.past.stop && s.past.owns(m) {
		s.past.stop = false
		s.ask(s.transport, wire.Media, object{"type": "STOP", "mediaSessionId": m.id})
	}
}

// loadEnded answers a load whose session ended before it played.
func (s *session) loadEnded(e bridge.Ended) {
	switch e.Reason {
	case bridge.EndFinished:
		s.loaded()
	case bridge.EndError:
		s.loadFailed(refuse(e.Message))
	case bridge.EndInterrupted:
		s.loadFailed(&bridge.Fail{Kind: bridge.FailCancelled, Message: "another sender took the device"})
	default:
		s.loadFailed(&bridge.Fail{Kind: bridge.FailCancelled, Message: "it was stopped on the device"})
	}
}

// loaded answers the load, and tells the tag of what plays where the receiver had it before.
func (s *session) loaded() {
	l := s.load
	s.load = nil
	d := bridge.Done{Serial: l.order.Serial}
	if l.tag != l.order.Load.Tag {
		d.Plays = &l.tag
	} else if m := s.media.current; m != nil {
		m.queue.whole = true
	}
	s.done = append(s.done, d)
}

func (s *session) loadFailed(fail *bridge.Fail) {
	s.finish(s.load.order, fail)
	s.past, s.load = s.load, nil
}

// cancelLoad ends the load under way because a later order takes its place.
func (s *session) cancelLoad() {
	s.abandon(&bridge.Fail{Kind: bridge.FailCancelled, Message: "replaced by a later command"})
}

// abandon ends the load under way, if there is one, and lets nothing come of it: if the device works on it still, its
// session is stopped when it shows.
func (s *session) abandon(fail *bridge.Fail) {
	if s.load == nil {
		return
	}
	s.load.stop = s.load.request != 0
	s.loadFailed(fail)
}
