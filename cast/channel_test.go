package cast

import (
	"cmp"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"localcast/cast/wire"
)

// peer is the other end of a channel, in the hands of a test. What arrives from the channel is kept by a reader.
type peer struct {
	t    *testing.T
	conn net.Conn
	got  chan wire.Message // closed when the channel has dropped the connection
}

func newPeer(t *testing.T, conn net.Conn) *peer {
	p := &peer{t, conn, make(chan wire.Message, 1000)}
	go func() {
		defer close(p.got)
		for {
			m, err := wire.Read(conn)
			if err != nil {
				return
			}
			p.got <- m
		}
	}()
	return p
}

// pair returns a channel and its peer, over an in-memory connection.
func pair(t *testing.T) (*channel, *peer) {
	ours, theirs := net.Pipe()
	c := newChannel(ours, quiet())
	t.Cleanup(func() { c.close(); theirs.Close() })
	return c, newPeer(t, theirs)
}

func (p *peer) says(m wire.Message) {
	p.t.Helper()
	frame, err := wire.Append(nil, m)
	if err != nil {
		p.t.Fatal(err)
	}
	p.writes(frame)
}

func (p *peer) writes(b []byte) {
	p.t.Helper()
	if _, err := p.conn.Write(b); err != nil {
		p.t.Fatal(err)
	}
}

var pong = wire.Message{Source: wire.PlatformReceiver, Destination: "s", Namespace: wire.Heartbeat, Text: `{"type":"PONG"}`}

func TestHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pair(t)
		began := time.Now()
		for i := range 10 { // a link that answers lives for ever
			m := <-p.got
			if m.Text != `{"type":"PING"}` || m.Source != c.id || m.Destination != wire.PlatformReceiver || m.Namespace != wire.Heartbeat {
				t.Fatalf("got %+v", m)
			}
			if at := time.Since(began); at != time.Duration(i+1)*5*time.Second {
				t.Errorf("PING %d after %v", i, at)
			}
			p.says(pong)
		}
		last := time.Now()
		<-c.done
		if silent := time.Since(last); !errors.Is(c.err, errSilent) || silent != 15*time.Second {
			t.Errorf("a silent link ended after %v with %v", silent, c.err)
		}
	})
}

func TestPongSwapsIDs(t *testing.T) {
	for name, row := range map[string]struct{ source, destination, from, to string }{
		"the platform's": {wire.Transport, wire.Transport, wire.Transport, wire.Transport},
		"a receiver's":   {wire.PlatformReceiver, "sender-1", "sender-1", wire.PlatformReceiver},
		"to everybody":   {wire.PlatformReceiver, wire.Broadcast, "", wire.PlatformReceiver}, // from us
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, p := pair(t)
				p.says(wire.Message{Source: row.source, Destination: row.destination, Namespace: wire.Heartbeat, Text: `{"type":"PING"}`})
				m := <-p.got
				if m.Text != `{"type":"PONG"}` || m.Source != cmp.Or(row.from, c.id) || m.Destination != row.to {
					t.Errorf("got %+v", m)
				}
			})
		})
	}
}

func TestChannelSurvivesWhatItCannotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pair(t)
		p.writes([]byte{0, 0, 0, 3, 255, 255, 255})
		p.says(wire.Message{Namespace: wire.Heartbeat, Binary: []byte{1}})
		p.says(wire.Message{Namespace: wire.Heartbeat, Text: "{"})
		p.says(wire.Message{Source: "x", Namespace: wire.Media, Text: "after"})
		if m := <-c.in; m.Text != "after" {
			t.Errorf("got %+v", m)
		}
	})
}

func TestChannelEnds(t *testing.T) {
	for name, row := range map[string]struct {
		do   func(*channel, *peer)
		want error
	}{
		"a frame of 4 GiB":           {func(_ *channel, p *peer) { p.writes(binary.BigEndian.AppendUint32(nil, 1<<32-1)) }, wire.ErrTooLong},
		"the device hangs up":        {func(_ *channel, p *peer) { p.conn.Close() }, errGone},
		"it hangs up within a frame": {func(_ *channel, p *peer) { p.writes([]byte{0, 0, 0, 9, 1}); p.conn.Close() }, io.ErrUnexpectedEOF},
		"it sends and nobody takes": {func(_ *channel, p *peer) {
			frame, err := wire.Append(nil, wire.Message{Namespace: wire.Media, Text: "{}"})
			for err == nil {
				_, err = p.conn.Write(frame)
			}
		}, errUnread},
		"it is closed": {func(c *channel, _ *peer) { c.close() }, errClosed},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, p := pair(t)
				synctest.Wait()
				row.do(c, p)
				<-c.done
				if !errors.Is(c.err, row.want) {
					t.Errorf("ended with %v, wanted %v", c.err, row.want)
				}
				for range p.got { // the connection is dropped: this ends
					continue
				}
			})
		})
	}
}

func TestADeviceThatTakesNothing(t *testing.T) {
	for name, row := range map[string]struct {
		messages int
		after    time.Duration
		what     string
	}{
		"one message waits for 5 s":         {1, writeTimeout, "write: "},
		"more than can wait end it at once": {maxUnsent + 2, 0, errUnsent.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := net.Pipe()
				c := newChannel(ours, quiet())
				defer theirs.Close()
				defer c.close()
				began := time.Now()
				for range row.messages {
					if err := c.send(wire.Message{Namespace: wire.Media, Text: "{}"}); err != nil {
						t.Fatal(err)
					}
				}
				<-c.done
				if got := time.Since(began); got != row.after || c.err.Error()[:len(row.what)] != row.what {
					t.Errorf("ended after %v with %v", got, c.err)
				}
			})
		})
	}
}
