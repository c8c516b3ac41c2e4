package casttest

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net"
	"sync"
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

	routes map[route]bool // the virtual connections; only the device touches them
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
			tcp.SetLinger(0) // a reset, as from a machine that has lost the connection
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

	conn := tls.Server(raw, r.tls)
	ctx, cancel := context.WithTimeout(r.ctx, handshakeTime)
	err := conn.HandshakeContext(ctx)
	cancel()
	if err != nil {
		log.Debug("TLS handshake failed", "err", err)
		return
	}
	r.dev.post(func() { r.dev.attach(l) })
	var writer sync.WaitGroup
	writer.Go(func() { l.write(conn, r.cfg) })
	err = r.read(l, conn)
	log.Debug("sender gone", "err", err)
	r.dev.post(func() { r.dev.detach(l) })
	l.close()
	writer.Wait()
}

// read hands on every message until the link ends. A link that says nothing for Config.Silence is at its end.
func (r *Receiver) read(l *link, conn net.Conn) error {
	for {
		if r.cfg.Silence > 0 {
			conn.SetReadDeadline(time.Now().Add(r.cfg.Silence))
		}
		m, err := wire.Read(conn)
		if errors.Is(err, wire.ErrMalformed) {
			r.cfg.Log.Debug("frame skipped", "device", r.cfg.Name, "remote", l.remote, "err", err)
			continue
		}
		if err != nil {
			return err
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
func (l *link) write(conn net.Conn, cfg Config) {
	defer l.close()
	ping, err := wire.Append(nil, wire.Message{
		Source: wire.Transport, Destination: wire.Transport, Namespace: wire.Heartbeat, Text: `{"type":"PING"}`,
	})
	if err != nil {
		return
	}
	var tick <-chan time.Time
	if cfg.PingInterval > 0 {
		t := time.NewTicker(cfg.PingInterval)
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
			if !l.wait(cfg.Latency - time.Since(o.since)) {
				return
			}
			frame = o.frame
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
		return true
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
