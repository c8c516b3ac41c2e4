package bridge

import (
	"fmt"
	"net/url"
	"time"
)

// silenceWithin is how long a device has to ask for what it was told to load before people are told that it does not.
const silenceWithin = 10 * time.Second

// silence watches whether a device asks for what it was told to load. A firewall that keeps devices from the streamer's port
// shows itself in nothing else.
type silence struct {
	timer  *time.Timer
	serial uint64    // of the load
	since  time.Time // when it was ordered
	from   string    // where the device was told to fetch
	told   string    // what people are told; "" while nothing is amiss
}

// listen begins to watch a load. One that is fetched elsewhere only ends what was told of the last: nobody here sees it fetched.
func (s *silence) listen(l *Load) {
	*s = silence{timer: s.timer, serial: l.Tag.Serial, since: time.Now()}
	s.timer.Stop()
	if u, err := url.Parse(l.URL); err == nil && l.Item.URL == "" {
		s.from = u.Scheme + "://" + u.Host
		s.timer.Reset(silenceWithin)
	}
}

// end ends the watch of a load; what was told of one that failed stays true until the next.
func (s *silence) end(serial uint64, failed bool) {
	if serial != s.serial {
		return
	}
	s.timer.Stop()
	if !failed {
		s.told = ""
	}
}

// silent tells people where the device has asked for nothing so far. The time counts only while the app that fetches runs.
func (r *running) silent() {
	s := &r.silence
	switch {
	case !r.status.Online:
		return
	case !r.status.Default:
		s.timer.Reset(silenceWithin)
		return
	case r.ports.Links.Fetched(r.topic, s.since):
		return
	}
	s.told = fmt.Sprintf("%s has not fetched from %s; is the port open?", nameOf(r.info), s.from)
	r.log.Warn("a device does not fetch what it shall play; is the port open?", "from", s.from)
	r.publish(false)
}
