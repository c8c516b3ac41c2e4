package cast

import (
	"slices"
	"time"

	"localcast/bridge"
	"localcast/cast/wire"
)

// preloadTime is how long before the end of an item, in seconds, the receiver begins to fetch the next.
const preloadTime = 20

// preparing is the order about what follows that is under way; the zero preparing is none. One at a time is talked about
// with the receiver: of those that come meanwhile only the last counts.
type preparing struct {
	order    *bridge.Order
	request  int64 // of what was sent for it; 0: nothing yet
	removes  []int64
	asks     bool // it asks for the items of the queue
	deadline time.Time
	later    *bridge.Order
	laterBy  time.Time // its deadline
}

// removal is what was taken out of the receiver's queue last.
type removal struct {
	request int64
	items   []int64
}

// remove takes items out of the receiver's queue, in answer to nobody.
func (s *session) remove(m *mediaSession, items []int64) {
	m.queue.drop(items)
	s.removed = removal{items: items, request: s.ask(s.transport, wire.Media, object{
		"type": "QUEUE_REMOVE", "mediaSessionId": m.id, "itemIds": items,
	})}
}

// overtaken marks ends that the answer to our removal tells: the receiver had gone to what was removed while that was on its
// way. was is the session before.
func (s *session) overtaken(id int64, was *mediaSession, list []ending) {
	if id == 0 || id != s.removed.request || was == nil || !slices.Contains(s.removed.items, was.queue.current) {
		return
	}
	for i := range list {
		if e := &list[i]; e.session.id == was.id && e.Next == nil && e.Reason != bridge.EndError {
			e.Overtaken = true
			if was.leaving == nil {
				e.Reason = bridge.EndCancelled
			}
		}
	}
}

// prepare takes an order about what follows.
func (s *session) prepare(o bridge.Order, now time.Time) {
	if s.upcoming.order != nil {
		if s.upcoming.later != nil {
			s.finish(*s.upcoming.later, replacedOrder())
		}
		s.upcoming.later, s.upcoming.laterBy = &o, now.Add(orderTimeout)
		return
	}
	s.upcoming = preparing{order: &o, deadline: now.Add(orderTimeout)}
	s.sendPrepare()
}

// forgetPrepare ends the orders about what follows that have not been carried out, because something else will play.
func (s *session) forgetPrepare() {
	p := &s.upcoming
	if p.later != nil {
		s.finish(*p.later, replacedOrder())
		p.later = nil
	}
	if p.order != nil && p.asks {
		s.finish(*p.order, replacedOrder())
		*p = preparing{}
	}
}

func replacedOrder() *bridge.Fail {
	return &bridge.Fail{Kind: bridge.FailCancelled, Message: "replaced by a later command"}
}

// sendPrepare says what is to be said for the order, if anything: what stands right already is left alone.
func (s *session) sendPrepare() {
	m, p := s.media.current, &s.upcoming
	if m == nil || m.status.Tag == nil || s.load != nil {
		s.preparedAs(refuse("nothing of ours plays that anything could follow"))
		return
	}
	if !m.queue.whole && m.queue.current != 0 && !p.asks { // after a restart
		p.asks = true
		p.request = s.ask(s.transport, wire.Media, object{
			"type": "QUEUE_GET_ITEMS", "mediaSessionId": m.id, "itemId": m.queue.current, "prevCount": 2, "nextCount": 3,
		})
		return
	}
	want := p.order.Load
	if want != nil && len(want.URL) > maxContentID {
		s.preparedAs(refuse("the address of the item is longer than a Chromecast takes"))
		return
	}
	insert, remove := m.queue.plan(want)
	message := object{"mediaSessionId": m.id}
	p.removes = nil
	switch {
	case insert:
		message["type"], message["items"] = "QUEUE_INSERT", []object{queueItem(want)}
		if _, after := m.queue.around(); len(after) > 0 {
			message["insertBefore"] = after[0].id
		}
	case len(remove) > 0:
		message["type"], message["itemIds"] = "QUEUE_REMOVE", remove
		p.removes = remove
	default:
		s.preparedAs(nil)
		return
	}
	p.asks, p.request = false, s.number(message)
	if len(p.removes) > 0 {
		s.removed = removal{request: p.request, items: p.removes}
	}
	if err := s.say(s.transport, wire.Media, message); err != nil {
		s.preparedAs(refuse(err.Error()))
	}
}

// findAhead sees whether the receiver has what is to be loaded: it plays that already, because it has gone on by itself, or
// it has it ahead, and is told to go there. What is on its way there is waited for. It reports false where a LOAD is needed.
func (s *session) findAhead() bool {
	l, m := s.load, s.media.current
	want := l.order.Load
	if m == nil || m.status.Tag == nil || want.From == 0 || l.refused || l.relaunch || want.Paused {
		return false
	}
	if t := *m.status.Tag; t.Serial != want.From && t.Bridge == want.Tag.Bridge && t.Entry == want.Tag.Entry {
		s.request++ // nothing is sent, and no answer comes
		l.jump, l.tag, l.request, l.transport = true, t, s.request, s.transport
		if m.status.State != bridge.PlayLoading {
			s.loaded()
		}
		return true
	}
	if p := s.upcoming.order; p != nil && p.Load != nil && p.Load.Tag.Entry == want.Tag.Entry {
		return true
	}
	_, after := m.queue.around()
	if len(after) == 0 || !after[0].is(want) {
		return false
	}
	message := object{"type": "QUEUE_UPDATE", "mediaSessionId": m.id, "currentItemId": after[0].id}
	l.jump, l.tag = true, *after[0].tag
	l.request, l.transport = s.number(message), s.transport
	l.session, l.known = m.id, true
	s.loadedAt = l.request
	s.send(s.transport, wire.Media, message)
	return true
}

// jumpRefused loads what a receiver did not go to; it reports whether the load under way was a jump. What could not be
// played there cannot be loaded either.
func (s *session) jumpRefused(o object) bool {
	l := s.load
	if !l.jump || o.text("type") == "LOAD_FAILED" || o.text("type") == "LOAD_CANCELLED" {
		return false
	}
	l.jump, l.known, l.request, l.tag, l.order.Load.From = false, false, 0, l.order.Load.Tag, 0
	s.sendLoad()
	return true
}

// plan says what the receiver's queue lacks so that want follows what plays and nothing else does, and what is too much
// in it. One item that has played may stay, so that somebody in the room can go back to it. What is to go goes last, so
// that at no moment nothing follows.
func (q *receiverQueue) plan(want *bridge.Load) (insert bool, remove []int64) {
	before, after := q.around()
	if want != nil && len(after) > 0 && after[0].is(want) {
		after = after[1:]
	} else {
		insert = want != nil
	}
	for _, it := range before[:max(0, len(before)-1)] {
		remove = append(remove, it.id)
	}
	for _, it := range after {
		remove = append(remove, it.id)
	}
	return insert, remove
}

// is reports whether an item is what a load asks for. Its serial may be another: it was given when the item was.
func (it queued) is(l *bridge.Load) bool {
	return it.tag != nil && it.tag.Bridge == l.Tag.Bridge && it.tag.Entry == l.Tag.Entry && it.url == l.URL && it.start == max(l.Position, 0)
}

// prepareAnswered takes an answer on the media namespace that may be the one to the order. items, if the queue was asked
// for, are in o.
func (s *session) prepareAnswered(id int64, o object, fail *bridge.Fail) {
	p := &s.upcoming
	if p.order == nil || p.request == 0 || id != p.request {
		return
	}
	p.request = 0
	m := s.media.current
	if p.asks {
		if m != nil {
			m.queue.merge(o)
			m.queue.whole = true
		}
		s.sendPrepare()
		return
	}
	if fail == nil && m != nil {
		m.queue.drop(p.removes)
		m.queue.claim(p.order.Load)
	}
	s.preparedAs(fail)
}

// claim finds the item that was inserted for a load, where the receiver does not give our mark back.
func (q *receiverQueue) claim(l *bridge.Load) {
	_, after := q.around()
	if l != nil && len(after) > 0 && after[0].tag == nil && after[0].url == l.URL {
		tag := l.Tag
		after[0].tag = &tag
	}
}

// preparedAs answers the order and takes up the one that came after it. Once the right one stands there, what is too much
// goes without being waited for.
func (s *session) preparedAs(fail *bridge.Fail) {
	p := s.upcoming
	s.upcoming = preparing{}
	s.finish(*p.order, fail)
	if fail != nil {
		s.log.Debug("the device was given nothing to go on with", "err", fail)
	}
	if p.later != nil {
		s.upcoming = preparing{order: p.later, deadline: p.laterBy}
		s.sendPrepare()
		return
	}
	if s.load != nil && s.load.request == 0 && s.receiver.app.ready() {
		s.sendLoad() // it has waited
		return
	}
	m := s.media.current
	if fail != nil || m == nil {
		return
	}
	s.changed = true // the picture tells what stands ahead
	if insert, remove := m.queue.plan(p.order.Load); !insert && len(remove) > 0 {
		s.remove(m, remove)
	}
}

// queueItem is a load as an item of a receiver's queue.
func queueItem(l *bridge.Load) object {
	o := object{
		"media": mediaOf(l), "autoplay": true, "startTime": max(l.Position, 0), "preloadTime": preloadTime, "customData": customData(l.Tag),
	}
	if len(l.Tracks) > 0 {
		o["activeTrackIds"] = trackIDs(l.Show)
	}
	return o
}
