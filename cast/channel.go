package cast

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"localcast/cast/wire"
)

// The pace of a link. Receivers drop a sender that is silent for some 10 s, and a device that reboots sends no FIN.
const (
	dialTimeout    = 5 * time.Second
	writeTimeout   = 5 * time.Second
	heartbeatEvery = 5 * time.Second
	silentAfter    = 15 * time.Second
	probedFor      = 4 * time.Second
)

// The bounds of a link: more unread messages or unsent frames than these reset it.
const (
	maxUnread = 256
	maxUnsent = 128
)

var (
	errSilent = errors.New("the device is silent")
	errUnread = errors.New("the device sent more messages than could be taken")
	errUnsent = errors.New("the device takes no messages")
	errGone   = errors.New("the device closed the link")
	errClosed = errors.New("link closed")
)

// channel is one connection to a device. Its writer alone writes, whole frames; its reader never waits for whoever takes
// the messages, and answers heartbeats by itself. Both end when the channel fails or is closed.
type channel struct {
	conn net.Conn
	id   string // our sender id on this connection
	log  *slog.Logger

	in   chan wire.Message // closed by the reader after err is set
	out  chan []byte
	ping []byte        // a whole frame
	done chan struct{} // closed with the first failure
	once sync.Once
	err  error // why it ended; written before done is closed
	both sync.WaitGroup

	mu      sync.Mutex // guards probing and the read deadline that goes with it
	probing bool       // a PONG is waited for
}

// dial connects to a device by TLS, whose certificate the protocol makes self-signed: what it proves is asked by deviceauth,
// which no open sender does.
func dial(ctx context.Context, address string) (net.Conn, error) {
	d := tls.Dialer{
		NetDialer: &net.Dialer{Timeout: dialTimeout},
		Config:    &tls.Config{InsecureSkipVerify: true},
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	return d.DialContext(ctx, "tcp", address)
}

// newChannel starts a channel on conn, which it owns from then on.
func newChannel(conn net.Conn, log *slog.Logger) *channel {
	c := &channel{
		conn: conn, id: "sender-" + rand.Text(), log: log,
		in: make(chan wire.Message, maxUnread), out: make(chan []byte, maxUnsent), done: make(chan struct{}),
	}
	var err error
	c.ping, err = wire.Append(nil, wire.Message{
		Source: c.id, Destination: wire.PlatformReceiver, Namespace: wire.Heartbeat, Text: `{"type":"PING"}`,
	})
	if err != nil {
		c.fail(err)
	}
	c.both.Go(c.read)
	c.both.Go(c.write)
	return c
}

// close drops the connection and returns when reader and writer have ended. The apps on the device are not told: a CLOSE
// from the last sender can stop what plays.
func (c *channel) close() {
	c.fail(errClosed)
	c.both.Wait()
}

// probe asks for a PONG, and fails the channel if none comes soon.
func (c *channel) probe() {
	c.mu.Lock()
	c.probing = true
	err := c.conn.SetReadDeadline(time.Now().Add(probedFor))
	c.mu.Unlock()
	if err != nil {
		c.fail(fmt.Errorf("read: %w", err))
		return
	}
	select {
	case c.out <- c.ping:
	default: // enough is unsent that asks for an answer
	}
}

// wait gives the device time for its next frame.
func (c *channel) wait() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.probing {
		return nil
	}
	return c.conn.SetReadDeadline(time.Now().Add(silentAfter))
}

func (c *channel) fail(err error) {
	c.once.Do(func() {
		c.err = err
		close(c.done)
		// TLS would wait up to 5 s to say goodbye to a device that takes nothing.
		conn := c.conn
		if t, ok := conn.(*tls.Conn); ok {
			conn = t.NetConn()
		}
		_ = conn.Close() // there is nobody left to tell
	})
}

// send queues a message for the writer. It fails only for a message that is too long; a device that takes nothing fails
// the channel.
func (c *channel) send(m wire.Message) error {
	frame, err := wire.Append(nil, m)
	if err != nil {
		return err
	}
	select {
	case c.out <- frame:
	default:
		c.fail(errUnsent)
	}
	return nil
}

func (c *channel) write() {
	beat := time.NewTicker(heartbeatEvery)
	defer beat.Stop()
	for {
		frame := c.ping
		select {
		case <-c.done:
			return
		case <-beat.C:
		case frame = <-c.out:
		}
		err := c.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
		if err == nil {
			_, err = c.conn.Write(frame)
		}
		if err != nil {
			c.fail(fmt.Errorf("write: %w", err))
			return
		}
	}
}

func (c *channel) read() {
	defer close(c.in)
	r := bufio.NewReader(c.conn)
	for {
		if err := c.wait(); err != nil {
			c.fail(fmt.Errorf("read: %w", err))
			return
		}
		m, err := wire.Read(r)
		var timeout net.Error
		switch {
		case errors.Is(err, wire.ErrMalformed):
			c.log.Debug("skipped a frame", "err", err)
			continue
		case errors.As(err, &timeout) && timeout.Timeout():
			c.fail(errSilent)
			return
		case errors.Is(err, io.EOF):
			c.fail(errGone)
			return
		case err != nil:
			c.fail(fmt.Errorf("read: %w", err))
			return
		}
		if m.Namespace == wire.Heartbeat {
			c.heartbeat(m)
			continue
		}
		select {
		case c.in <- m:
		default:
			c.fail(errUnread)
			return
		}
	}
}

// heartbeat takes a PONG, and answers a PING with its ids swapped; a receiver's own has the transport on both sides.
func (c *channel) heartbeat(ping wire.Message) {
	o, err := parse(ping.Text)
	if err == nil && o.text("type") == "PONG" {
		c.mu.Lock()
		c.probing = false
		c.mu.Unlock()
	}
	if err != nil || o.text("type") != "PING" {
		return
	}
	self := ping.Destination
	if self == wire.Broadcast {
		self = c.id
	}
	err = c.send(wire.Message{
		Source: self, Destination: ping.Source, Namespace: wire.Heartbeat, Text: `{"type":"PONG"}`,
	})
	if err != nil {
		c.log.Debug("did not answer a heartbeat", "err", err)
	}
}
