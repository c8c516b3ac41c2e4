package mqtt

import (
	"maps"
	"slices"
	"sync"
	"time"
)

const (
	// echoTime is how long what we publish on the topics that we listen to ourselves may take to come back, counted from the
	// last message that the broker sent: an echo waits behind what came to the broker before it.
	echoTime = 10 * time.Second
	// echoMost is how long it may take on a broker that is never silent.
	echoMost = 5 * time.Minute
)

// echoes are topics on which something of our own has to come back on a connection. MQTT 3.1.1 acknowledges also what an
// access list refuses: that nothing comes back is the only sign of it.
type echoes struct {
	mu      sync.Mutex
	missing map[string]bool
}

func newEchoes(topics ...string) *echoes {
	e := &echoes{missing: make(map[string]bool)}
	for _, topic := range topics {
		e.missing[topic] = true
	}
	return e
}

// settle awaits nothing more on a topic.
func (e *echoes) settle(topic string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.missing, topic)
}

// left are the topics on which nothing has come back, sorted.
func (e *echoes) left() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Sorted(maps.Keys(e.missing))
}

// echoing are the topics that a session listens to only to hear itself: one of each root, since access lists often know
// one of them alone. The availability is awaited after "online", and Home Assistant has what it discovers the bridge by
// before that.
func (c *Client) echoing() []string {
	topics := []string{c.topics.availability()}
	if own := c.herald.own(); own != "" {
		topics = append(topics, own)
	}
	return topics
}

// hearOurselves notes what comes back of our own. It runs on the connection's goroutine.
func (s *session) hearOurselves(topic string, payload []byte, retained bool) {
	switch topic {
	case s.topics.availability():
		if retained || string(payload) != online {
			return // it is older than this connection, or the last will of an earlier one
		}
	case s.herald.own():
		if !s.outbox.announces(topic, payload) {
			return
		}
	default:
		return
	}
	s.echoes.settle(topic)
}

// stillHears is how much longer echoes may take that are awaited since then; 0 is no longer.
func (s *session) stillHears(since time.Time) time.Duration {
	quiet := time.Since(time.Unix(0, s.heard.Load()))
	if time.Since(since) >= echoMost || quiet >= echoTime {
		return 0
	}
	return echoTime - quiet
}

// warnOfSilence tells of each topic on which nothing has come back, once in the life of the client.
func (s *session) warnOfSilence() {
	for _, topic := range s.echoes.left() {
		if s.silent[topic] {
			continue
		}
		s.silent[topic] = true
		s.log.Warn("the broker drops what is published here: allow it to be written and read in its access list", "topic", topic)
	}
}
