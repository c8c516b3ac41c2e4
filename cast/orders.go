package cast

import (
	"time"

	"localcast/bridge"
	"localcast/cast/wire"
)

// do carries out an order, or fails it at once.
func (s *session) do(o bridge.Order, now time.Time) {
	switch o.Kind {
	case bridge.OrderLoad:
		s.startLoad(o, now)
	case bridge.OrderWake:
		s.wake(o, now)
	case bridge.OrderVolume, bridge.OrderMute:
		s.setVolume(o, now)
	case bridge.OrderStopApp:
		s.stopApp(o, now)
	case bridge.OrderStopMedia:
		s.stopMedia(o, now)
	case bridge.OrderResume:
		s.control(o, now, object{"type": "PLAY"}, waiter{shown: s.plays})
	case bridge.OrderPause:
		s.control(o, now, object{"type": "PAUSE"}, waiter{shown: s.paused})
	case bridge.OrderSeek:
		s.control(o, now, object{"type": "SEEK", "currentTime": max(o.Position, 0)}, waiter{})
	case bridge.OrderTracks:
		s.showTracks(o, now)
	case bridge.OrderRate:
		s.setRate(o, now)
	case bridge.OrderPrepare:
		s.prepare(o, now)
	case bridge.OrderNext:
		s.jump(o, now, 1)
	case bridge.OrderPrevious:
		s.jump(o, now, -1)
	default:
		s.finish(o, &bridge.Fail{Kind: bridge.FailUnsupported, Message: "the device cannot do that"})
	}
	s.flush()
}

// await sends what an order needs and lets it wait for the answer. w says how the answer is known.
func (s *session) await(o bridge.Order, now time.Time, to, namespace string, message object, w waiter) {
	if len(s.waiters) >= maxWaiters {
		s.finish(o, busy())
		return
	}
	// The answer comes by handle, on this same goroutine, so that it always finds the waiter.
	w.order, w.request, w.from, w.deadline = o, s.number(message), to, now.Add(orderTimeout)
	if err := s.say(to, namespace, message); err != nil {
		s.finish(o, refuse(err.Error()))
		return
	}
	s.waiters = append(s.waiters, &w)
}

func busy() *bridge.Fail { return refuse("too many orders are waiting for the device") }

func (s *session) setVolume(o bridge.Order, now time.Time) {
	volume := object{"level": float64(min(max(o.Volume, 0), 100)) / 100}
	w := waiter{wary: true, shown: func() bool { return s.receiver.volume == o.Volume }}
	switch {
	case o.Kind == bridge.OrderMute:
		volume = object{"muted": o.Muted}
		w.shown = func() bool { return s.receiver.muted == o.Muted }
	case s.receiver.fixed:
		s.finish(o, &bridge.Fail{Kind: bridge.FailUnsupported, Message: "the volume of the device is fixed"})
		return
	}
	message := object{"type": "SET_VOLUME", "volume": volume}
	s.await(o, now, wire.PlatformReceiver, wire.Receiver, message, w)
}

func (s *session) stopApp(o bridge.Order, now time.Time) {
	s.cancelLoad()
	s.launch.stop = s.launch.request != 0
	a := s.receiver.app
	if a.id == "" {
		s.finish(o, nil)
		return
	}
	gone := func() bool { return s.receiver.app.session != a.session || s.receiver.app.id == "" }
	s.await(o, now, wire.PlatformReceiver, wire.Receiver, object{"type": "STOP", "sessionId": a.session}, waiter{shown: gone})
}

func (s *session) stopMedia(o bridge.Order, now time.Time) {
	loading := s.load != nil
	s.cancelLoad()
	m := s.media.current
	if m == nil && loading {
		s.finish(o, nil) // nothing is loaded yet, and what comes of the load is stopped when it shows
		return
	}
	gone := func() bool { return s.media.current == nil || s.media.current.id != m.id }
	s.control(o, now, object{"type": "STOP"}, waiter{shown: gone})
}

// control sends a message to the media session that is on the device.
func (s *session) control(o bridge.Order, now time.Time, message object, w waiter) {
	m := s.media.current
	if m == nil {
		s.finish(o, &bridge.Fail{Kind: bridge.FailUnsupported, Message: "the device has nothing loaded that can be controlled"})
		return
	}
	message["mediaSessionId"] = m.id
	s.await(o, now, s.transport, wire.Media, message, w)
}

// showTracks chooses among the tracks of what is loaded. An answer need not tell which are active.
func (s *session) showTracks(o bridge.Order, now time.Time) {
	m := s.media.current
	if m != nil && (!m.status.CanTracks || !m.hasTracks(o.Tracks)) {
		s.finish(o, &bridge.Fail{Kind: bridge.FailUnsupported, Message: "the device has no such subtitles"})
		return
	}
	message := object{"type": "EDIT_TRACKS_INFO", "activeTrackIds": trackIDs(o.Tracks)}
	s.control(o, now, message, waiter{obeyed: func() { m.status.Shown, s.changed = o.Tracks, true }})
}

func (s *session) setRate(o bridge.Order, now time.Time) {
	m := s.media.current
	if m != nil && !m.status.CanRate {
		s.finish(o, &bridge.Fail{Kind: bridge.FailUnsupported, Message: "the device plays at no other speed"})
		return
	}
	shown := func() bool { return s.media.current == m && m.status.Rate == o.Rate }
	s.control(o, now, object{"type": "SET_PLAYBACK_RATE", "playbackRate": o.Rate}, waiter{shown: shown})
}

// jump goes to another item of a queue on the receiver. Beyond a queue's end a jump would end the session, so that it is
// tried only where a queue is known.
func (s *session) jump(o bridge.Order, now time.Time, by int) {
	if m := s.media.current; m != nil && !m.status.CanSkip {
		s.finish(o, &bridge.Fail{Kind: bridge.FailUnsupported, Message: "the app has nothing to skip to"})
		return
	}
	s.control(o, now, object{"type": "QUEUE_UPDATE", "jump": by}, waiter{})
}

func (s *session) plays() bool {
	m := s.media.current
	return m != nil && (m.status.State == bridge.PlayPlaying || m.status.State == bridge.PlayBuffering)
}

func (s *session) paused() bool {
	m := s.media.current
	return m != nil && m.status.State == bridge.PlayPaused
}
