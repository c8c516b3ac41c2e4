package casttest

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"math"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"localcast/cast/wire"
)

const (
	handshakeTime = 10 * time.Second
	writeTime     = 5 * time.Second
	// outbox bounds the frames that wait for one sender; a sender that reads none for so long is dropped.
	outbox = 256
)

// A link is one sender's TLS connection. Its reader hands each message to the device; its writer is the only one that
// writes.
type link struct {
	remote string
	raw    net.Conn
	out    chan outgoing
	closed chan struct{}
	once   sync.Once

	mute atomic.Bool // neither side hears the other; only the device sets it

	patience *time.Timer // ends the link; the reader alone resets it, and its own function

	// Only the device touches what follows.
	routes map[route]bool // the virtual connections
	reset  bool           // whatever comes is answered by a reset, since nobody remembers the link
}

// An outgoing frame does not leave before its time.
type outgoing struct {
	frame []byte
	since time.Time
}

// A route is one virtual connection, made by CONNECT: a sender's id to receiver-0 or to an app's transport.
type route struct{ sender, peer string }

// close cuts the link without a word to the other side. It may be called from anywhere, again and again.
func (l *link) close() {
	l.once.Do(func() {
		close(l.closed)
		if tcp, ok := l.raw.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // a reset, as from a machine that has lost the connection; it can only be gone already
		}
		l.raw.Close()
	})
}

// send queues one message. A sender whose queue is full is dropped: it must not delay the others.
func (l *link) send(m wire.Message) error {
	frame, err := wire.Append(nil, m)
	if err != nil {
		return err
	}
	return l.sendFrame(frame)
}

// sendFrame is send for bytes that are not looked at.
func (l *link) sendFrame(frame []byte) error {
	if l.mute.Load() {
		return nil
	}
	select {
	case l.out <- outgoing{frame, time.Now()}:
		return nil
	case <-l.closed:
		return nil
	default:
		l.close()
		return errors.New("sender reads too slowly, dropped")
	}
}

// serve runs one link until it or the receiver ends.
func (r *Receiver) serve(raw net.Conn) {
	log := r.cfg.Log.With("device", r.cfg.Name, "remote", raw.RemoteAddr().String())
	l := &link{
		remote: raw.RemoteAddr().String(), raw: raw,
		out: make(chan outgoing, outbox), closed: make(chan struct{}), routes: make(map[route]bool),
	}
	stop := context.AfterFunc(r.ctx, l.close)
	defer stop()
	defer l.close()

	if !r.answers(l) {
		return
	}
	conn := tls.Server(raw, r.tls)
	ctx, cancel := context.WithTimeout(r.ctx, handshakeTime)
	err := conn.HandshakeContext(ctx)
	cancel()
	if err != nil {
		log.Debug("TLS handshake failed", "err", err)
		return
	}
	r.dev.post(func() { r.dev.attach(l) })
	r.watchSilence(l)
	defer l.patience.Stop()
	var writer sync.WaitGroup
	writer.Go(func() { r.write(l, conn) })
	err = r.read(l, conn)
	log.Debug("sender gone", "err", err)
	r.dev.post(func() { r.dev.detach(l) })
	l.close()
	writer.Wait()
}

// answers waits until the device answers to somebody who connects, and reports whether it ever does.
func (r *Receiver) answers(l *link) bool {
	for {
		var on bool
		var speaks <-chan struct{}
		if !r.dev.look(func() { on, speaks = r.dev.on, r.dev.speaks }) || !on {
			return false
		}
		if speaks == nil {
			return true
		}
		select {
		case <-speaks:
		case <-l.closed:
			return false
		}
	}
}

// watchSilence prepares the end of a link that says nothing for Config.Silence.
func (r *Receiver) watchSilence(l *link) {
	l.patience = time.AfterFunc(math.MaxInt64, func() {
		if l.mute.Load() && l.wait(0) {
			l.patience.Reset(r.cfg.Silence)
			return
		}
		l.close()
	})
}

// read hands on every message until the link ends.
func (r *Receiver) read(l *link, conn net.Conn) error {
	for {
		if r.cfg.Silence > 0 {
			l.patience.Reset(r.cfg.Silence)
		}
		m, err := wire.Read(conn)
		if errors.Is(err, wire.ErrMalformed) {
			r.cfg.Log.Debug("frame skipped", "device", r.cfg.Name, "remote", l.remote, "err", err)
			continue
		}
		if err != nil {
			return err
		}
		if l.mute.Load() {
			r.dev.post(func() { r.dev.unheard(l) })
			continue
		}
		if !l.wait(r.dev.network.carries(len(m.Text) + len(m.Binary))) {
			return net.ErrClosed
		}
		switch m.Namespace {
		case wire.Heartbeat:
			err = answerPing(l, m)
		case wire.DeviceAuth:
			var answer []byte
			if answer, err = authenticate(m.Binary, r.identity); err == nil {
				err = l.send(wire.Message{Source: m.Destination, Destination: m.Source, Namespace: m.Namespace, Binary: answer})
			}
		default:
			r.dev.post(func() { r.dev.receive(l, m) })
		}
		if err != nil {
			r.cfg.Log.Debug("message not answered", "device", r.cfg.Name, "remote", l.remote, "err", err)
		}
	}
}

// answerPing answers PING with PONG, the ids swapped. The transport's own namespaces need no CONNECT.
func answerPing(l *link, m wire.Message) error {
	var body struct{ Type string }
	if json.Unmarshal([]byte(m.Text), &body) != nil || body.Type != "PING" {
		return nil
	}
	return l.send(wire.Message{Source: m.Destination, Destination: m.Source, Namespace: m.Namespace, Text: `{"type":"PONG"}`})
}

// write writes what is queued, one whole frame a write, and the receiver's own PINGs.
func (r *Receiver) write(l *link, conn net.Conn) {
	defer l.close()
	ping, err := wire.Append(nil, wire.Message{
		Source: wire.Transport, Destination: wire.Transport, Namespace: wire.Heartbeat, Text: `{"type":"PING"}`,
	})
	if err != nil {
		return
	}
	var tick <-chan time.Time
	if r.cfg.PingInterval > 0 {
		t := time.NewTicker(r.cfg.PingInterval)
		defer t.Stop()
		tick = t.C
	}
	for {
		frame := ping
		select {
		case <-l.closed:
			return
		case <-tick:
		case o := <-l.out:
			if !l.wait(r.cfg.Latency - time.Since(o.since)) {
				return
			}
			frame = o.frame
		}
		if l.mute.Load() {
			continue
		}
		if !l.wait(r.dev.network.carries(len(frame))) {
			return
		}
		conn.SetWriteDeadline(time.Now().Add(writeTime))
		if _, err := conn.Write(frame); err != nil {
			return
		}
	}
}

// wait lets d pass, and reports whether the link is still there then.
func (l *link) wait(d time.Duration) bool {
	if d <= 0 {
		select {
		case <-l.closed:
			return false
		default:
			return true
		}
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-l.closed:
		return false
	}
}
