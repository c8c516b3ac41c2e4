package cast_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"localcast/cast/wire"
)

// relay is the network between a player and a device, frame by frame, in the hands of a test.
type relay struct {
	reach func(context.Context) (net.Conn, error) // the device
	work  sync.WaitGroup

	mu sync.Mutex // guards what follows
	at string     // where the device can be reached; "" is nowhere
	// Each frame passes through one of these, unless it is nil; what they return goes on.
	fromDevice, toDevice func(wire.Message) []wire.Message
	rate                 int // bytes a second, each way; 0 is no bound
	lines                []*line
	sent                 []wire.Message // every frame from the player, but heartbeats
}

// line is one connection through the relay.
type line struct {
	near, far net.Conn // the player and the device
	writing   sync.Mutex
	mu        sync.Mutex
	mute      bool // nothing passes any more, and nobody is told
}

func (l *line) muted() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.mute
}

// noRoute is how long it takes to learn that nobody is at an address.
const noRoute = 5 * time.Second

// dial connects a player to the device, if that is at this address.
func (r *relay) dial(ctx context.Context, address string) (net.Conn, error) {
	r.mu.Lock()
	there := r.at == address
	r.mu.Unlock()
	if !there {
		select {
		case <-time.After(noRoute):
			return nil, errors.New("no route")
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	near, ours := net.Pipe()
	if err := r.join(ctx, near); err != nil {
		return nil, err
	}
	return ours, nil
}

// serve connects players by real TLS, until the test is over, and returns where.
func (r *relay) serve(t *testing.T) (address string) {
	t.Helper()
	lender := httptest.NewTLSServer(nil) // of a certificate
	certificate := lender.TLS.Certificates[0]
	lender.Close()
	ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	r.work.Go(func() {
		for {
			near, err := ln.Accept()
			if err != nil {
				return
			}
			if r.join(t.Context(), near) != nil {
				near.Close()
			}
		}
	})
	return ln.Addr().String()
}

// join relays between a player and a new connection to the device.
func (r *relay) join(ctx context.Context, near net.Conn) error {
	far, err := r.reach(ctx)
	if err != nil {
		return err
	}
	l := &line{near: near, far: far}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, l)
	r.work.Go(func() { r.pump(l, far, near, &r.fromDevice) })
	r.work.Go(func() { r.pump(l, near, far, &r.toDevice) })
	return nil
}

func (r *relay) pump(l *line, from, to net.Conn, alter *func(wire.Message) []wire.Message) {
	for {
		m, err := wire.Read(from)
		if err != nil {
			if from == l.near || !l.muted() {
				to.Close()
			}
			return
		}
		r.mu.Lock()
		rate, change := r.rate, *alter
		if from == l.near && m.Namespace != wire.Heartbeat {
			r.sent = append(r.sent, m)
		}
		r.mu.Unlock()
		messages := []wire.Message{m}
		if change != nil { // it may take its time
			messages = change(m)
		}
		for _, m := range messages {
			frame, err := wire.Append(nil, m)
			if err != nil {
				panic(err) // a test has made it
			}
			if rate > 0 {
				<-time.After(time.Duration(len(frame)) * time.Second / time.Duration(rate))
			}
			if !l.muted() {
				l.write(to, frame)
			}
		}
	}
}

// write writes a whole frame. What cannot be written is for somebody who is gone.
func (l *line) write(to net.Conn, frame []byte) {
	l.writing.Lock()
	defer l.writing.Unlock()
	_, _ = to.Write(frame)
}

// alter has each frame from the device and each to it pass through a function; nil lets them pass as they are.
func (r *relay) alter(fromDevice, toDevice func(wire.Message) []wire.Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fromDevice, r.toDevice = fromDevice, toDevice
}

// move puts the device to another address; "" is nowhere.
func (r *relay) move(address string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at = address
}

func (r *relay) throttle(rate int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rate = rate
}

// said is what players have said of one type, oldest first.
func (r *relay) said(kind string) []wire.Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []wire.Message
	for _, m := range r.sent {
		if body(m)["type"] == kind {
			all = append(all, m)
		}
	}
	return all
}

// silence lets nothing pass any more on the links of now, and tells nobody.
func (r *relay) silence() {
	r.each(func(l *line) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.mute = true
	})
}

// cut ends the links of now.
func (r *relay) cut() {
	r.each(func(l *line) {
		l.near.Close()
		l.far.Close()
	})
}

// inject writes bytes to the player as if they came from the device.
func (r *relay) inject(b []byte) { r.each(func(l *line) { l.write(l.near, b) }) }

// say lets the device say something to everybody.
func (r *relay) say(source, namespace, text string) {
	frame, err := wire.Append(nil, wire.Message{Source: source, Destination: wire.Broadcast, Namespace: namespace, Text: text})
	if err != nil {
		panic(err) // a test has made it
	}
	r.inject(frame)
}

func (r *relay) each(do func(*line)) {
	r.mu.Lock()
	lines := r.lines
	r.mu.Unlock()
	for _, l := range lines {
		do(l)
	}
}

// close ends everything and waits.
func (r *relay) close() {
	r.cut()
	r.work.Wait()
}

// body reads a message's payload.
func body(m wire.Message) map[string]any {
	var o map[string]any
	_ = json.Unmarshal([]byte(m.Text), &o) // nil for what is no object
	return o
}

// rewritten is m with another payload.
func rewritten(m wire.Message, o map[string]any) wire.Message {
	text, err := json.Marshal(o)
	if err != nil {
		panic(err) // a test has made it
	}
	m.Text = string(text)
	return m
}

// editing returns a filter that changes the payloads of one type, and lets all others pass.
func editing(kind string, edit func(map[string]any)) func(wire.Message) []wire.Message {
	return func(m wire.Message) []wire.Message {
		if o := body(m); o != nil && o["type"] == kind {
			edit(o)
			m = rewritten(m, o)
		}
		return []wire.Message{m}
	}
}
