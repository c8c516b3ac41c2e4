package mqtt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"

	"localcast/bridge"
)

// The times of a client's life.
const (
	firstRetry  = 500 * time.Millisecond
	lastRetry   = 15 * time.Second
	shortLife   = 10 * time.Second       // a connection lost sooner may have been taken away by a namesake
	shortLives  = 3                      // of them in a row are told
	subackTime  = 10 * time.Second       // without a sign that what was sent before arrives
	subackMost  = 5 * time.Minute        // in all
	flushTime   = 2 * time.Second        // for what waits when the client stops
	goodbyeTime = 500 * time.Millisecond // for the last "offline"
	stopTime    = 3 * time.Second        // after which a stopping client waits for the broker no more
	inFlight    = 100                    // messages sent and not acknowledged
	// bytesInFlight bounds them as well: what comes next waits behind no more than that, also on a link of a few KB a second.
	bytesInFlight = 64 << 10
	// retainedTold is how many retained commands are logged singly on a connection.
	retainedTold = 3
)

// Run keeps the connection until ctx ends and then returns nil: it connects, again and again with a growing pause, tells
// all that is retained, and hands what comes to commands, which must not block. When ctx ends it sends what waits, for at
// most two seconds, publishes "offline" and disconnects.
func (c *Client) Run(ctx context.Context, commands func(bridge.Command)) error {
	stop := c.herald.start(ctx)
	defer stop()
	pause, short, told := firstRetry, 0, trouble("")
	for {
		connected, lasted, err := c.attempt(ctx, commands)
		switch {
		case ctx.Err() != nil:
			return nil
		case !connected:
			told = c.unreachable(err, told)
		default:
			c.log.Warn("the broker was lost", "err", err)
			told = ""
			if short++; lasted >= shortLife {
				pause, short = firstRetry, 0
			} else if short%shortLives == 0 {
				c.log.Error("another client uses client_id " + c.cfg.ClientID + ", or the broker refuses what is published: " +
					"give each bridge its own mqtt.client_id and mqtt.base_topic")
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(jitter(pause)):
		}
		pause = min(2*pause, lastRetry)
	}
}

// attempt makes one connection and uses it until it is lost or ctx ends; it tells how long that was.
func (c *Client) attempt(ctx context.Context, commands func(bridge.Command)) (connected bool, lasted time.Duration, err error) {
	s := &session{
		Client: c, echoes: newEchoes(c.echoing()...), sawOffline: make(chan struct{}, 1), sawBirth: make(chan struct{}, 1),
	}
	will := c.availability(offline)
	s.link, err = c.connect(ctx, c.cfg.ClientID, &will, func(topic string, payload []byte, retained bool) {
		s.receive(ctx, topic, payload, retained, commands)
	})
	if err != nil {
		return false, 0, err
	}
	began := time.Now()
	c.log.Info("connected to the broker", "remote", c.broker.Host)
	err = s.run(ctx)
	return true, time.Since(began), err
}

// jitter varies a pause by a fifth, so that many clients do not come back at once.
func jitter(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.8 + 0.4*rand.Float64()))
}

// birthPause is how long after the birth of a Home Assistant everything is told again: 1 to 5 s, so that not all its
// devices do it at once.
func birthPause() time.Duration { return time.Second + rand.N(4*time.Second) }

// trouble is a reason for having no connection.
type trouble string

// unreachable logs why there is no connection, once for each trouble until there was one. told is the trouble that was
// logged last.
func (c *Client) unreachable(err error, told trouble) trouble {
	now, level := trouble("no connection to the broker"), slog.LevelWarn
	if errors.Is(err, packets.ErrorRefusedBadUsernameOrPassword) || errors.Is(err, packets.ErrorRefusedNotAuthorised) {
		now, level = "the broker refuses mqtt.username and mqtt.password", slog.LevelError
	}
	if now == told {
		level = slog.LevelDebug
	}
	c.log.Log(context.Background(), level, string(now)+"; it is tried again", "err", err)
	return now
}

// availability is the message of the bridge's own availability.
func (c *Client) availability(payload string) message {
	return message{topic: c.topics.availability(), payload: []byte(payload), qos: 1, retained: true}
}

// session is the use of one connection. Its fields belong to its run.
type session struct {
	*Client
	link       *link
	flights    []flight
	flying     int                  // bytes of payload in flights
	progress   time.Time            // when the broker last acknowledged something
	suback     *paho.SubscribeToken // nil until the commands are subscribed to
	online     bool                 // "online" was published
	echoes     *echoes              // what has not come back yet
	sawOffline chan struct{}        // holds a value when somebody published "offline" for us
	sawBirth   chan struct{}        // holds a value when Home Assistant has said that it is there
	heard      atomic.Int64         // when the broker last sent a message, in nanoseconds; receive writes it
	retained   int                  // commands that were cleared; receive's
}

// flight is a message that was sent and is not known to have arrived.
type flight struct {
	message
	token paho.Token
}

// receive takes what the broker sends; it runs on the connection's goroutine.
func (s *session) receive(ctx context.Context, topic string, payload []byte, retained bool, commands func(bridge.Command)) {
	s.heard.Store(time.Now().UnixNano())
	s.hearOurselves(topic, payload, retained)
	switch {
	case ctx.Err() != nil:
	case topic == s.topics.availability():
		if !retained && string(payload) == offline {
			nudge(s.sawOffline)
		}
	case topic == s.herald.births():
		if !retained && string(payload) == online {
			nudge(s.sawBirth)
		}
	case retained:
		s.clear(topic, payload)
	default:
		s.Client.receive(topic, payload, commands)
	}
}

// clear takes a command off the broker that was kept there for us.
func (s *session) clear(topic string, payload []byte) {
	if _, ok := s.topics.parse(topic); !ok || len(payload) == 0 {
		return
	}
	s.post(message{topic: topic, qos: 1, retained: true})
	switch s.retained++; {
	case s.retained <= retainedTold:
		s.log.Warn("a retained command was not obeyed but cleared: publish commands without retain", "topic", topic)
	case s.retained == retainedTold+1:
		s.log.Warn("there are more retained commands; each is cleared, and told at the level debug")
		fallthrough
	default:
		s.log.Debug("a retained command was cleared", "topic", topic)
	}
}

// nudge puts a value into a channel that holds one.
func nudge(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// filters are what a session subscribes to.
func (s *session) filters() []string {
	filters := append(s.topics.commands(), s.echoing()...)
	if births := s.herald.births(); births != "" {
		filters = append(filters, births)
	}
	return filters
}

// run publishes until the connection is lost or ctx ends.
func (s *session) run(ctx context.Context) error {
	s.connected.Store(true)
	defer s.connected.Store(false)
	if dropped := s.outbox.begin(); dropped > 0 {
		s.log.Warn("answers were dropped while the broker was away", "count", dropped)
	}
	ended := make(chan struct{})
	defer close(ended)
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-ended:
		case <-time.After(stopTime):
			s.link.cut(errors.New("the client has to stop"))
		}
	})
	defer stop()
	err := s.pump(ctx)
	if ctx.Err() != nil {
		s.goodbye()
	} else {
		err = s.reason(err)
		s.link.drop()
	}
	_ = s.land()
	unacknowledged := make([]message, 0, len(s.flights))
	for _, f := range s.flights {
		unacknowledged = append(unacknowledged, f.message)
	}
	s.outbox.end(unacknowledged)
	return err
}

// reason is why the connection was lost, where err is only what came of it.
func (s *session) reason(err error) error {
	select {
	case <-s.link.lost:
		return s.link.why
	case <-time.After(100 * time.Millisecond):
		return err
	}
}

// pump sends what waits, in order, and subscribes once all that is retained was sent.
func (s *session) pump(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var late, birth, silence <-chan time.Time
	var asked, listening time.Time // since when the answer to the subscription and echoes are awaited
	for {
		wait, err := s.send(false)
		if err != nil {
			return err
		}
		if s.suback == nil && s.outbox.replayed() {
			s.suback = s.link.subscribe(s.filters()...)
			late, asked = time.After(subackTime), time.Now()
		}
		var due <-chan time.Time
		if wait > 0 {
			timer.Reset(wait)
			due = timer.C
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.link.lost:
			return s.link.why
		case <-s.outbox.wake:
		case <-s.landed():
		case <-due:
		case <-s.subscribed():
			late = nil
			if err := s.announce(); err != nil {
				return err
			}
			silence, listening = time.After(echoTime), time.Now()
		case <-silence:
			if left := s.stillHears(listening); left > 0 {
				silence = time.After(left)
				continue
			}
			s.warnOfSilence()
		case <-late:
			left := s.stillLands(asked)
			if left <= 0 {
				return fmt.Errorf("subscribe to the commands: no answer in %v", time.Since(asked).Round(time.Second))
			}
			late = time.After(left)
		case <-s.sawOffline:
			if !s.online {
				continue
			}
			if err := s.fly(s.availability(online)); err != nil {
				return err
			}
		case <-s.sawBirth:
			if birth == nil {
				birth = time.After(birthPause())
			}
		case <-birth:
			birth = nil
			s.outbox.again()
		}
	}
}

// send sends what is due while there is room in flight, and says how long until more is due.
func (s *session) send(hurry bool) (wait time.Duration, err error) {
	if err := s.land(); err != nil {
		return 0, err
	}
	for len(s.flights) < inFlight && s.flying < bytesInFlight {
		m, ok, wait := s.outbox.next(time.Now(), hurry)
		if !ok {
			return wait, nil
		}
		if err := s.fly(m); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// fly sends one message. Its error says that the connection is of no use any more.
func (s *session) fly(m message) error {
	s.log.Debug("publish", "topic", m.topic, "bytes", len(m.payload))
	s.flights = append(s.flights, flight{m, s.link.publish(m)})
	s.flying += len(m.payload)
	return s.land()
}

// land takes out of flight what has arrived. Brokers acknowledge in order. Its error is that of a message that will not
// arrive on this connection.
func (s *session) land() error {
	for len(s.flights) > 0 {
		f := s.flights[0]
		select {
		case <-f.token.Done():
		default:
			return nil
		}
		if err := f.token.Error(); err != nil {
			return fmt.Errorf("publish to %s: %w", f.topic, err)
		}
		s.outbox.acknowledged(f.message)
		s.herald.delivered(f.message)
		s.flights = s.flights[1:]
		s.flying -= len(f.payload)
		s.progress = time.Now()
	}
	return nil
}

// stillLands is how much longer the answer to a subscription may take that was asked for then; nothing is left below 0. It waits
// behind what was sent before it.
func (s *session) stillLands(asked time.Time) time.Duration {
	return min(subackTime-time.Since(s.progress), subackMost-time.Since(asked))
}

// landed is closed when the oldest message in flight has arrived; nil while there is none.
func (s *session) landed() <-chan struct{} {
	if len(s.flights) == 0 {
		return nil
	}
	return s.flights[0].token.Done()
}

// subscribed is closed when the broker has answered the subscription; nil before it was asked and after it was handled.
func (s *session) subscribed() <-chan struct{} {
	if s.suback == nil || s.online {
		return nil
	}
	return s.suback.Done()
}

// announce publishes "online" once the commands are subscribed to.
func (s *session) announce() error {
	if err := s.suback.Error(); err != nil {
		return fmt.Errorf("subscribe to the commands: %w", err)
	}
	for _, filter := range refused(s.suback) {
		s.log.Error("the broker refuses a subscription: allow it in its access list", "topic", filter)
		s.echoes.settle(filter)
	}
	s.online = true
	return s.fly(s.availability(online))
}

// goodbye sends what waits, then "offline", and disconnects.
func (s *session) goodbye() {
	end := time.After(flushTime)
	for {
		if _, err := s.send(true); err != nil {
			break
		}
		if len(s.flights) == 0 {
			break
		}
		select {
		case <-s.landed():
			continue
		case <-s.outbox.wake:
			continue
		case <-s.link.lost:
		case <-end:
		}
		break
	}
	token := s.link.publish(s.availability(offline))
	select {
	case <-token.Done():
	case <-time.After(goodbyeTime):
	}
	s.link.leave()
}
