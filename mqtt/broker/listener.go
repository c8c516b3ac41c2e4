package broker

import (
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/mochi-mqtt/server/v2/listeners"
)

// How long a client may take.
const (
	connectTime = 10 * time.Second // to send its CONNECT
	writeTime   = 5 * time.Second  // to take what is written to it
)

// listener accepts the broker's connections. Unlike mochi's own it bounds their number from the first byte on, and has
// waited for all of them when it is closed.
type listener struct {
	net.Listener
	log   *slog.Logger
	turns *turns
	room  chan struct{} // holds a value for each connection

	mu     sync.Mutex
	conns  map[*conn]struct{}
	closed bool
	served sync.WaitGroup
}

func newListener(ln net.Listener, turns *turns, log *slog.Logger) *listener {
	// Twice the clients: those that are being refused need a connection too.
	return &listener{
		Listener: ln, log: log, turns: turns, room: make(chan struct{}, 2*maxClients), conns: make(map[*conn]struct{}),
	}
}

// The methods of mochi's listeners.Listener.

func (l *listener) Init(*slog.Logger) error { return nil }
func (l *listener) ID() string              { return "tcp" }
func (l *listener) Address() string         { return l.Addr().String() }
func (l *listener) Protocol() string        { return "tcp" }

// Serve accepts connections until the listener is closed.
func (l *listener) Serve(establish listeners.EstablishFn) {
	for {
		raw, err := l.Accept()
		if err != nil {
			if !l.pause() {
				return
			}
			continue
		}
		select {
		case l.room <- struct{}{}:
		default:
			l.log.Warn("the embedded broker has no room for another connection", "remote", raw.RemoteAddr().String())
			raw.Close()
			continue
		}
		c := &conn{Conn: raw}
		if !l.add(c) {
			raw.Close()
			return
		}
		go l.serve(c, establish)
	}
}

// pause lets an error of Accept pass, such as too many open files; it reports false when the listener was closed.
func (l *listener) pause() bool {
	l.mu.Lock()
	closed := l.closed
	l.mu.Unlock()
	if !closed {
		<-time.After(50 * time.Millisecond)
	}
	return !closed
}

// serve handles one connection to its end. A packet that makes the decoder panic costs this connection only.
func (l *listener) serve(c *conn, establish listeners.EstablishFn) {
	defer l.remove(c)
	defer func() {
		if p := recover(); p != nil {
			l.log.Error("the embedded broker failed on a packet", "remote", c.RemoteAddr().String(), "err", p)
		}
	}()
	if err := c.SetDeadline(time.Now().Add(connectTime)); err != nil {
		return
	}
	err := establish(l.ID(), c)
	l.log.Debug("broker: connection ended", "remote", c.RemoteAddr().String(), "err", err)
}

func (l *listener) add(c *conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.conns[c] = struct{}{}
	l.served.Add(1)
	return true
}

func (l *listener) remove(c *conn) {
	c.Close()
	l.turns.give(c)
	l.mu.Lock()
	delete(l.conns, c)
	l.mu.Unlock()
	<-l.room
	l.served.Done()
}

// Close closes the listener and every connection, and waits until they are handled.
func (l *listener) Close(listeners.CloseFn) {
	l.mu.Lock()
	l.closed = true
	for c := range l.conns {
		c.Close()
	}
	l.mu.Unlock()
	l.Listener.Close()
	l.served.Wait()
}

// conn bounds every write. One that fails ends the connection: what follows half a packet makes no sense.
type conn struct {
	net.Conn
	id string // the client's, from its first turn on
}

func (c *conn) Write(p []byte) (int, error) {
	err := c.SetWriteDeadline(time.Now().Add(writeTime))
	if err != nil {
		return 0, err
	}
	n, err := c.Conn.Write(p)
	if err != nil {
		c.Close()
	}
	return n, err
}
