// Package mqtt is the bridge's side of MQTT: it keeps a connection to a broker, publishes what the bridge tells, decodes
// messages to commands and sends their answers. It speaks the contract that docs/mqtt.md tells users about, in MQTT 3.1.1.
//
// Client remembers the last payload of each retained topic and publishes all of them on every connect, so that nobody else
// hears of a lost broker. It announces the devices to Home Assistant, and takes back what it announced once it is no longer
// true. It never decides what a command does, never blocks who tells it something, and keeps nothing on disk itself.
package mqtt

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"localcast/bridge"
)

// Config says which broker to use, and how. Broker, ClientID and BaseTopic must be set.
type Config struct {
	// Broker is mqtt://host:port, mqtts://, ws:// or wss://; without a port it is 1883, 8883, 80 or 443. It holds no
	// credentials.
	Broker   string
	Username string
	Password string
	ClientID string
	// BaseTopic is where all topics begin; it may contain slashes, but none at its ends.
	BaseTopic string
	// KeepAlive is how long a silent connection lasts before the broker is asked for a sign of life: 1 s to 65,535 s, without
	// the parts of a second; 0 is 30 s.
	KeepAlive time.Duration
	TLS       TLS
	// DiscoveryPrefix is where Home Assistant's discovery is; no answer is sent there. "" is nowhere.
	DiscoveryPrefix string
	// Discovery announces the bridge and its devices below DiscoveryPrefix. Without it everything that was announced before
	// is taken back.
	Discovery bool
	// StatusTopic is where Home Assistant says "online" when it has started. "" is nowhere.
	StatusTopic string
	Version     string // of LocalCast, as Home Assistant shows it
}

// TLS is how mqtts and wss brokers are verified, and how they verify us. The zero TLS trusts the system's authorities.
type TLS struct {
	CAFile             string // PEM; replaces the system's authorities
	CertFile, KeyFile  string // PEM; a client certificate
	ServerName         string // expected in the broker's certificate, "" for the host of Broker
	InsecureSkipVerify bool
}

// Client is one connection to a broker, kept for ever. It is a bridge.Publisher: its methods never block, and what they are
// given leaves when there is a connection. The zero Client cannot be used.
type Client struct {
	cfg     Config
	broker  *url.URL
	tls     *tls.Config // nil where the broker's URL asks for none
	topics  topics
	log     *slog.Logger
	outbox  *outbox
	herald  *herald
	repeats *repeats
	scrub   scrubber
	// names leads from the ids and topic names of devices to their topic names.
	names     atomic.Pointer[map[string]string]
	connected atomic.Bool                             // written by the session
	silent    map[string]bool                         // the topics that echo nothing, once that was told; the session's
	dial      func(context.Context) (net.Conn, error) // opens a connection to the broker
}

// Connected reports whether there is a connection to the broker now.
func (c *Client) Connected() bool { return c.connected.Load() }

// New checks cfg and reads its files; it connects nowhere. Warnings and errors that are logged to log are published too.
func New(cfg Config, log *slog.Logger) (*Client, error) {
	broker, err := parseBroker(cfg.Broker)
	if err != nil {
		return nil, err
	}
	if err := checkName("mqtt.base_topic", cfg.BaseTopic); err != nil {
		return nil, err
	}
	if cfg.DiscoveryPrefix != "" || cfg.Discovery {
		if err := checkName("homeassistant.discovery_prefix", cfg.DiscoveryPrefix); err != nil {
			return nil, err
		}
	}
	if cfg.StatusTopic != "" {
		if err := checkName("homeassistant.status_topic", cfg.StatusTopic); err != nil {
			return nil, err
		}
	}
	if cfg.ClientID == "" {
		return nil, errors.New("mqtt.client_id is empty: set it to a name that no other client of the broker has")
	}
	if cfg.KeepAlive == 0 {
		cfg.KeepAlive = 30 * time.Second
	}
	if cfg.KeepAlive < time.Second || cfg.KeepAlive > math.MaxUint16*time.Second {
		return nil, fmt.Errorf("mqtt.keep_alive is %v: wanted 1s to %v", cfg.KeepAlive, math.MaxUint16*time.Second)
	}
	c := &Client{cfg: cfg, broker: broker, topics: topics{base: cfg.BaseTopic, discovery: cfg.DiscoveryPrefix}}
	if secure(broker) {
		if c.tls, err = cfg.TLS.load(broker.Hostname()); err != nil {
			return nil, err
		}
	}
	c.outbox = newOutbox(c.topics)
	c.repeats = newRepeats()
	c.scrub = newScrubber()
	c.log = slog.New(c.LogHandler(log.Handler()))
	c.names.Store(&map[string]string{})
	c.herald = newHerald(cfg, c.outbox, c.log)
	c.silent = make(map[string]bool)
	c.dial = c.dialBroker
	c.tell(bridge.SearchState{})
	return c, nil
}

// parseBroker reads the URL of a broker and adds the port that is usual for its scheme.
func parseBroker(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		// The error would repeat the URL, and with it a password that somebody put there.
		return nil, errors.New("mqtt.broker is no URL: wanted mqtt://host:1883, or mqtts://, ws://, wss://")
	}
	port, ok := map[string]string{"mqtt": "1883", "mqtts": "8883", "ws": "80", "wss": "443"}[u.Scheme]
	switch {
	case !ok || u.Hostname() == "":
		return nil, fmt.Errorf("mqtt.broker %q is no broker: wanted mqtt://host:1883, or mqtts://, ws://, wss://", u.Redacted())
	case u.User != nil:
		return nil, errors.New("mqtt.broker must not hold credentials: use mqtt.username and mqtt.password")
	case u.Port() == "":
		u.Host += ":" + port
	}
	return u, nil
}

// secure reports whether the broker is spoken to over TLS.
func secure(broker *url.URL) bool { return broker.Scheme == "mqtts" || broker.Scheme == "wss" }

// State publishes s, unless the broker has it already.
func (c *Client) State(s bridge.State) {
	switch s := s.(type) {
	case bridge.Gone:
		c.herald.hear(s)
		c.outbox.clear(s.Device)
		return
	case bridge.DeviceList:
		c.learn(s)
	}
	c.herald.hear(s)
	c.tell(s)
}

// tell puts a state into the outbox. A device that was not heard of before has an empty search, and nothing chosen in its
// selects.
func (c *Client) tell(s bridge.State) {
	updates, err := encode(s)
	if err != nil {
		c.log.Error("cannot publish a state", "err", err)
		return
	}
	for _, u := range updates {
		if first := c.outbox.put(u.device, u.leaf, u.payload); first && u.device != onBridge {
			c.seed(u.device)
		}
	}
}

// seed tells of a device what is true before anything happened.
func (c *Client) seed(device string) {
	empty, err := encode(bridge.SearchState{Device: device})
	if err != nil {
		c.log.Error("cannot publish an empty search", "device", device, "err", err)
		return
	}
	for _, u := range append(empty, update{device, leafSelectQueue, []byte(noOption)}) {
		c.outbox.seed(u.device, u.leaf, u.payload)
	}
}

// learn keeps the names by which a topic may call a device.
func (c *Client) learn(l bridge.DeviceList) {
	names := make(map[string]string, 2*len(l.Devices))
	for _, d := range l.Devices {
		if d.ID != "" {
			names[d.ID] = d.Device
		}
	}
	for _, d := range l.Devices {
		names[d.Device] = d.Device
	}
	c.names.Store(&names)
}

// known returns the topic name of a device that was named by it or by its id.
func (c *Client) known(device string) (topic string, ok bool) {
	names := *c.names.Load()
	if topic, ok = names[device]; ok {
		return topic, true
	}
	if topic, ok = names[strings.ToLower(strings.ReplaceAll(device, "-", ""))]; ok {
		return topic, true
	}
	return device, device != onBridge && c.outbox.has(device)
}

// Event publishes e to who listens now; while there is no connection it is forgotten.
func (c *Client) Event(e bridge.Event) {
	payload, err := encodeEvent(e)
	if err != nil {
		c.log.Error("cannot publish an event", "err", err)
		return
	}
	on := e.Device
	if e.Bridge {
		on = onBridge
	}
	c.post(message{topic: c.topics.of(on, "event"), payload: payload})
}

// Answer publishes the answer to a command where the contract wants it, and where its sender does.
func (c *Client) Answer(a bridge.Answer) {
	r, ok := a.Command.Origin.(reply)
	if !ok {
		r = reply{bridge: a.Command.Device == "" || a.Command.Spoken, name: a.Command.Name, known: true}
	}
	payload, err := encodeAnswer(a, r)
	if err != nil {
		c.log.Error("cannot publish the data of an answer", "err", err)
		a.Data, a.Err = nil, &bridge.Error{Code: bridge.Internal, Message: "the answer cannot be written"}
		if payload, err = encodeAnswer(a, r); err != nil {
			return // without data it always can
		}
	}
	messages := c.addressed(a.Device, r, payload)
	if r.key != (key{}) {
		if a.Err != nil && a.Err.Code == bridge.Busy {
			c.repeats.done(r.key, nil)
		} else {
			c.repeats.done(r.key, messages)
		}
	}
	c.post(messages...)
}

// addressed makes the messages of an answer: on the response topic of who answers, the bridge's for an unknown device, and
// on the topic that the sender named.
func (c *Client) addressed(device string, r reply, payload []byte) []message {
	on, name := onBridge, r.name
	if !r.bridge {
		if topic, ok := c.known(device); ok {
			on = topic
		}
	}
	if !r.known {
		name = "unknown"
	}
	standard := c.topics.response(on, name)
	messages := []message{{topic: standard, payload: payload, qos: 1, answer: true}}
	if r.topic != "" && r.topic != standard {
		messages = append(messages, message{topic: r.topic, payload: payload, qos: 1, answer: true})
	}
	return messages
}

// post hands messages to the outbox.
func (c *Client) post(messages ...message) {
	if c.outbox.post(messages...) {
		c.log.Warn("the broker takes messages too slowly: the oldest answers are dropped")
	}
}
