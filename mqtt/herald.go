package mqtt

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"localcast/bridge"
	"localcast/mqtt/homeassistant"
)

// rememberTime bounds the writing of what was announced.
const rememberTime = 5 * time.Second

// Announcements remembers from one start to the next what Home Assistant was told, so that it can be taken back when it is
// no longer true: by discovery topic, the platform of each component by its key.
type Announcements interface {
	// Announced returns all that is remembered.
	Announced(ctx context.Context) (map[string]map[string]string, error)
	// SaveAnnounced replaces what is remembered of some topics; what is nil is forgotten. It returns when it is on disk.
	SaveAnnounced(ctx context.Context, changes map[string]map[string]string) error
}

// Remember reads what was announced before this start and from now on keeps it in a. It must return before the first State.
// A Client without it takes nothing back that an earlier one announced.
func (c *Client) Remember(ctx context.Context, a Announcements) error {
	return c.herald.remember(ctx, a)
}

// herald knows what Home Assistant is to be told. What it decides goes to the outbox at once.
type herald struct {
	site    homeassistant.Site
	enabled bool
	status  string // the topic on which Home Assistant says that it is there
	outbox  *outbox
	log     *slog.Logger
	memory  Announcements // nil where nothing is remembered; not written once the client runs
	wake    chan struct{} // holds a value when something is to be saved

	mu      sync.Mutex
	devices map[string]*homeassistant.Device // by topic name; one without an id is not to be announced yet
	told    map[string]announcement          // by discovery topic: what shall be there
	known   map[string]map[string]string     // by discovery topic: what may be there, as Announcements has it
	unsaved map[string]bool                  // the topics of which known is not saved
}

// announcement is what shall be retained on a discovery topic.
type announcement struct {
	device  string // a topic name, or onBridge
	message homeassistant.Message
	payload []byte
	retires bool // the payload still removes components that message does not have
}

func newHerald(cfg Config, o *outbox, log *slog.Logger) *herald {
	return &herald{
		site:    homeassistant.Site{Prefix: cfg.DiscoveryPrefix, Base: cfg.BaseTopic, Version: cfg.Version},
		enabled: cfg.Discovery, status: cfg.StatusTopic, outbox: o, log: log, wake: make(chan struct{}, 1),
		devices: make(map[string]*homeassistant.Device), told: make(map[string]announcement),
		known: make(map[string]map[string]string), unsaved: make(map[string]bool),
	}
}

func (h *herald) remember(ctx context.Context, a Announcements) error {
	known, err := a.Announced(ctx)
	if err != nil {
		return fmt.Errorf("what Home Assistant was told: %w", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.memory = a
	maps.Copy(h.known, known)
	return nil
}

// births is the topic on which Home Assistant tells its birth; "" where that is of no interest.
func (h *herald) births() string {
	if !h.enabled {
		return ""
	}
	return h.status
}

// own is the topic on which the bridge itself is announced; "" where it is not.
func (h *herald) own() string {
	if !h.enabled {
		return ""
	}
	return h.site.BridgeTopic()
}

// start announces the bridge, takes back what is no longer true and saves what is announced so far; later changes are saved
// until stop is called.
func (h *herald) start(ctx context.Context) (stop func()) {
	ctx = context.WithoutCancel(ctx) // what is decided is saved, also when the client has to stop
	h.settle()
	h.save(ctx)
	ended := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() { h.keep(ctx, ended) })
	return func() {
		close(ended)
		all.Wait()
	}
}

// settle compares what was announced by an earlier start with what is announced now.
func (h *herald) settle() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.enabled {
		h.announce(onBridge, h.site.BridgeTopic(), h.site.Bridge())
	}
	for topic := range h.known {
		if _, ok := h.told[topic]; !ok {
			h.outbox.withdraw(topic)
		}
	}
}

// hear learns from a state what Home Assistant has to know.
func (h *herald) hear(s bridge.State) {
	if !h.enabled {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch s := s.(type) {
	case bridge.DeviceList:
		for _, e := range s.Devices {
			h.learn(e.Device, func(d *homeassistant.Device) { d.ID, d.Name, d.Model = e.ID, e.Name, string(e.Model) })
		}
	case bridge.QueueState:
		h.learn(s.Device, func(d *homeassistant.Device) { d.Queue = queueOptions(s) })
	case bridge.SearchState:
		if s.Device != "" {
			h.learn(s.Device, func(d *homeassistant.Device) { d.Results = resultOptions(s) })
		}
	case bridge.Gone:
		if d := h.devices[s.Device]; d != nil {
			delete(h.devices, s.Device)
			h.withdraw(d)
		}
	}
}

// learn changes what is known of a device, and announces it where that is new. A device whose id has changed is withdrawn
// under the old one.
func (h *herald) learn(device string, change func(*homeassistant.Device)) {
	d := h.devices[device]
	if d == nil {
		d = &homeassistant.Device{Topic: device}
		h.devices[device] = d
	}
	before := *d
	change(d)
	switch {
	case before.ID != d.ID:
		h.withdraw(&before)
	case before.Name == d.Name && before.Model == d.Model &&
		slices.Equal(before.Queue, d.Queue) && slices.Equal(before.Results, d.Results):
		return
	}
	if d.ID != "" {
		h.announce(device, h.site.Topic(d.ID), h.site.Device(*d))
	}
}

// announce puts the message of a device on its topic.
func (h *herald) announce(device, topic string, m homeassistant.Message) {
	last, retires := m.Retire(h.known[topic])
	payload, err := marshal(last)
	if err != nil {
		h.log.Error("cannot announce a device to Home Assistant", "device", device, "err", err)
		return
	}
	h.told[topic] = announcement{device, m, payload, retires}
	h.record(topic, last.Platforms())
	h.outbox.announce(device, topic, payload)
}

// withdraw clears what Home Assistant was told of a device.
func (h *herald) withdraw(d *homeassistant.Device) {
	topic := h.site.Topic(d.ID)
	if h.told[topic].device == d.Topic {
		delete(h.told, topic)
		h.outbox.withdraw(topic)
	}
}

// delivered hears that the broker has a message. What is cleared there is forgotten; components that were removed by it are
// left out from now on.
func (h *herald) delivered(m message) {
	if m.slot == nil || m.slot.lane != onDiscovery {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	told, ok := h.told[m.topic]
	switch {
	case !ok && len(m.payload) == 0:
		h.record(m.topic, nil)
	case told.retires && bytes.Equal(told.payload, m.payload):
		h.record(m.topic, told.message.Platforms())
		h.announce(told.device, m.topic, told.message)
	}
}

// record remembers what may be retained on a topic, nil for nothing.
func (h *herald) record(topic string, platforms map[string]string) {
	if maps.Equal(h.known[topic], platforms) {
		return
	}
	h.known[topic] = platforms
	if platforms == nil {
		delete(h.known, topic)
	}
	h.unsaved[topic] = true
	nudge(h.wake)
}

// keep saves what is recorded until ended is closed, and then once more.
func (h *herald) keep(ctx context.Context, ended <-chan struct{}) {
	for {
		select {
		case <-ended:
			h.save(ctx)
			return
		case <-h.wake:
			h.save(ctx)
		}
	}
}

// save writes what is not saved yet. What fails is tried again with the next change.
func (h *herald) save(ctx context.Context) {
	h.mu.Lock()
	changes := make(map[string]map[string]string, len(h.unsaved))
	for topic := range h.unsaved {
		changes[topic] = h.known[topic]
	}
	clear(h.unsaved)
	h.mu.Unlock()
	if h.memory == nil || len(changes) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, rememberTime)
	defer cancel()
	err := h.memory.SaveAnnounced(ctx, changes)
	if err == nil {
		return
	}
	h.log.Error("what Home Assistant was told cannot be remembered; is the disk full?", "err", err)
	h.mu.Lock()
	defer h.mu.Unlock()
	for topic := range changes {
		h.unsaved[topic] = true
	}
}
