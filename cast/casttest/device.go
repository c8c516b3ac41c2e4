package casttest

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"localcast/cast/wire"
)

// A device is the state of the receiver. One goroutine, loop, owns all of it; links, fetches and timers send it
// functions to run. Every method runs there, except post, ask, look and closeIdle.
type device struct {
	cfg    Config
	log    *slog.Logger
	clock  clock
	client *http.Client
	ctx    context.Context // ends with the receiver
	calls  chan func()
	looks  chan func()    // like calls, but they change nothing
	work   sync.WaitGroup // every goroutine of the receiver

	links  map[*link]bool
	timers map[*timer]bool
	due    *timer // the next moment at which something happens by itself

	on        bool          // it has power
	speaks    chan struct{} // nil, or closed when a silence ends
	network   network
	host      string // of mDNS, without dashes: a group's is its leader's
	announced string // the status text that mDNS has told
	announces []*announcer

	level float64
	muted bool
	app   *app // nil only on a speaker that is idle

	launchDelay  time.Duration
	launchFault  launchFault
	loseFinished bool // the next FINISHED is told to nobody
	refuseQueue  bool // it knows no queue messages

	session     *session // nil: nothing is loaded
	lastSession int
	lastItem    int
	idleSince   time.Duration // device time since when nothing is loaded, or play is paused

	refuse  func(contentID string) *LoadError
	loads   records[LoadRecord]
	fetches records[FetchRecord]
	changed chan struct{} // closed and replaced after each change
}

// An app is what runs on the receiver.
type app struct {
	id, name   string
	transport  string // also the session id
	namespaces []string
	senders    bool // a sender has connected to it
	aloof      bool // it tells neither transport nor namespaces
}

func newDevice(ctx context.Context, cfg Config) *device {
	transport := cfg.Transport
	if transport == nil {
		transport = &http.Transport{MaxConnsPerHost: 8}
	}
	d := &device{
		cfg: cfg, log: cfg.Log.With("device", cfg.Name),
		clock:  clock{start: time.Now(), speed: cfg.Speed},
		client: &http.Client{Transport: transport},
		ctx:    ctx, calls: make(chan func()), looks: make(chan func()),
		links: make(map[*link]bool), timers: make(map[*timer]bool),
		level: 0.5, changed: make(chan struct{}),
		on: true, host: strings.ReplaceAll(cfg.ID, "-", ""), launchDelay: cfg.LaunchDelay,
	}
	d.network.fetches.Store(cfg.Bandwidth)
	d.app = d.idleApp()
	return d
}

// loop runs what is posted until ctx ends.
func (d *device) loop(ctx context.Context) {
	defer d.shutdown()
	for {
		select {
		case <-ctx.Done():
			return
		case f := <-d.looks:
			f()
		case f := <-d.calls:
			f()
			d.schedule()
			close(d.changed)
			d.changed = make(chan struct{})
		}
	}
}

func (d *device) shutdown() {
	for t := range d.timers {
		t.timer.Stop()
	}
}

// closeIdle gives back the connections that fetches have left open.
func (d *device) closeIdle() {
	if d.cfg.Transport == nil {
		d.client.CloseIdleConnections()
	}
}

// post has the owner run f, unless the receiver has ended. It waits for its turn.
func (d *device) post(f func()) {
	select {
	case d.calls <- f:
	case <-d.ctx.Done():
	}
}

// ask has the owner run f and waits until it has.
func (d *device) ask(f func()) bool { return d.through(d.calls, f) }

// look is ask for an f that only reads, so that nobody is told of a change.
func (d *device) look(f func()) bool { return d.through(d.looks, f) }

func (d *device) through(calls chan<- func(), f func()) bool {
	done := make(chan struct{})
	select {
	case calls <- func() { defer close(done); f() }:
		<-done
		return true
	case <-d.ctx.Done():
		return false
	}
}

// A timer runs a function on the owner's goroutine later. Stopped there, it never does.
type timer struct {
	timer   *time.Timer
	stopped bool
}

// after runs f on the owner's goroutine once delay of device time has passed.
func (d *device) after(delay time.Duration, f func()) *timer {
	t := &timer{}
	t.timer = time.AfterFunc(d.clock.real(delay), func() {
		d.post(func() {
			delete(d.timers, t)
			if !t.stopped {
				f()
			}
		})
	})
	d.timers[t] = true
	return t
}

func (d *device) stop(t *timer) {
	if t != nil {
		t.stopped = true
		t.timer.Stop()
		delete(d.timers, t)
	}
}

func (d *device) attach(l *link) {
	if !d.on {
		l.close()
		return
	}
	d.links[l] = true
	l.mute.Store(d.speaks != nil)
	d.log.Debug("sender connected", "remote", l.remote)
}

func (d *device) detach(l *link) { delete(d.links, l) }

// A request is one JSON message of a sender's.
type request struct {
	from         *link
	sender, peer string
	namespace    string
	kind         string
	id           int64
	body         object
}

// An object is a JSON object whose members are kept as they came.
type object map[string]json.RawMessage

// get decodes a member into v and reports whether it is there and of v's type. null counts as absent.
func (o object) get(name string, v any) bool {
	raw, ok := o[name]
	return ok && string(raw) != "null" && json.Unmarshal(raw, v) == nil
}

// has reports whether a member is there and not null.
func (o object) has(name string) bool {
	raw, ok := o[name]
	return ok && string(raw) != "null"
}

// text returns a member that is a string, else "".
func (o object) text(name string) string {
	var s string
	o.get(name, &s)
	return s
}

// receive routes one message: to the platform, to the app that runs, or nowhere.
func (d *device) receive(l *link, m wire.Message) {
	if !d.links[l] {
		return
	}
	d.log.Debug("from sender", "remote", l.remote, "topic", m.Namespace, "json", m.Text)
	req := &request{from: l, sender: m.Source, peer: m.Destination, namespace: m.Namespace}
	if err := json.Unmarshal([]byte(m.Text), &req.body); err != nil {
		d.log.Debug("message is no JSON object", "remote", l.remote, "err", err)
		return
	}
	req.kind = req.body.text("type")
	req.body.get("requestId", &req.id)
	if req.peer != wire.PlatformReceiver && (d.app == nil || req.peer != d.app.transport || d.app.aloof) {
		d.sendClose(l, req.peer, req.sender)
		return
	}
	if m.Namespace == wire.Connection {
		d.connection(req)
		return
	}
	if !l.routes[route{req.sender, req.peer}] {
		d.log.Debug("message without CONNECT", "remote", l.remote)
		return
	}
	switch {
	case req.peer == wire.PlatformReceiver && m.Namespace == wire.Receiver:
		d.platform(req)
	case req.peer == wire.PlatformReceiver && m.Namespace == wire.Multizone:
		d.multizone(req)
	case m.Namespace == wire.Media && slices.Contains(d.app.namespaces, wire.Media) && req.peer == d.app.transport:
		d.media(req)
	}
}

// connection makes and ends virtual connections.
func (d *device) connection(req *request) {
	r := route{req.sender, req.peer}
	switch req.kind {
	case "CONNECT":
		req.from.routes[r] = true
		if d.app != nil && req.peer == d.app.transport && !d.app.senders {
			d.app.senders = true
			d.broadcastReceiver(0)
		}
	case "CLOSE":
		delete(req.from.routes, r)
		if d.cfg.StopOnClose && req.peer != wire.PlatformReceiver && !d.connected(req.peer) {
			d.endApp()
			d.broadcastReceiver(0)
		}
	}
}

// connected reports whether a sender is connected to peer.
func (d *device) connected(peer string) bool {
	for l := range d.links {
		if l.connectedTo(peer) {
			return true
		}
	}
	return false
}

func (l *link) connectedTo(peer string) bool {
	for r := range l.routes {
		if r.peer == peer {
			return true
		}
	}
	return false
}

// broadcast sends body from peer to `*` on each link that is connected to peer.
func (d *device) broadcast(peer, namespace string, body any) {
	for l := range d.links {
		if l.connectedTo(peer) {
			d.send(l, peer, wire.Broadcast, namespace, body)
		}
	}
}

// reply sends body to the asker alone.
func (d *device) reply(req *request, body any) {
	d.send(req.from, req.peer, req.sender, req.namespace, body)
}

// invalid answers with INVALID_REQUEST.
func (d *device) invalid(req *request, reason string) {
	d.reply(req, map[string]any{"type": "INVALID_REQUEST", "requestId": req.id, "reason": reason})
}

func (d *device) send(l *link, from, to, namespace string, body any) {
	text, err := json.Marshal(body)
	if err == nil {
		err = l.send(wire.Message{Source: from, Destination: to, Namespace: namespace, Text: string(text)})
	}
	d.log.Debug("to sender", "remote", l.remote, "topic", namespace, "json", string(text))
	if err != nil {
		d.log.Warn("message not sent", "remote", l.remote, "err", err)
	}
}

// sendClose tells sender that there is no connection to peer, or no longer.
func (d *device) sendClose(l *link, peer, sender string) {
	delete(l.routes, route{sender, peer})
	d.send(l, peer, sender, wire.Connection, map[string]string{"type": "CLOSE"})
}

// closeTransport ends every virtual connection to peer.
func (d *device) closeTransport(peer string) {
	for l := range d.links {
		for _, r := range slices.Collect(maps.Keys(l.routes)) {
			if r.peer == peer {
				d.sendClose(l, peer, r.sender)
			}
		}
	}
}
