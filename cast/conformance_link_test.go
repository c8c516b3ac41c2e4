package cast_test

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gogo/protobuf/proto"
	pb "github.com/vishen/go-chromecast/cast/proto"

	"localcast/bridge"
	"localcast/cast"
	"localcast/cast/casttest"
	"localcast/cast/wire"
)

// byHand runs a player against a device that a test plays itself, byte by byte.
func byHand(test func(*lab, net.Conn)) func(*testing.T) {
	return func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := newLab(t, casttest.Config{Listener: casttest.NewPipe()}, cast.Config{}, time.Hour)
			l.player = l.devices.Player(bridge.Sighting{Device: l.device}, l.reports)
			ours, theirs := net.Pipe()
			cast.SetDial(l.player, func(context.Context, string) (net.Conn, error) { return ours, nil })
			l.run()
			defer theirs.Close()
			test(l, theirs)
			theirs.Close()
			l.stop()
		})
	}
}

// frame reads the body of a frame.
func frame(t *testing.T, conn io.Reader) *pb.CastMessage {
	t.Helper()
	var head [4]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, binary.BigEndian.Uint32(head[:]))
	if _, err := io.ReadFull(conn, b); err != nil {
		t.Fatal(err)
	}
	var m pb.CastMessage
	if err := proto.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return &m
}

const nothingRuns = `{"type":"RECEIVER_STATUS","requestId":0,"status":{"volume":{"level":0.5,"muted":false}}}`

func linkRows() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"tls": func(t *testing.T) {
			s := newSetup(t, casttest.Config{})
			conn, err := tls.Dial("tcp", s.receiver.Addr(), nil)
			if err == nil {
				conn.Close()
				t.Error("the certificate is one that anybody would trust")
			}
			s.obey(s.load())
		},
		"frame": in(casttest.Config{}, func(l *lab) {
			m := wire.Message{Source: wire.PlatformReceiver, Destination: "*", Namespace: wire.Receiver}
			least, err := wire.Append(nil, m)
			if err != nil {
				l.Fatal(err)
			}
			status := strings.Replace(nothingRuns, "0.5", "0.77", 1)
			m.Text = status + strings.Repeat(" ", wire.MaxFrame-(len(least)-4)-len(status)-2) // the length of the text takes two more
			whole, err := wire.Append(nil, m)
			if err != nil || len(whole) != 4+wire.MaxFrame {
				l.Fatalf("a frame of %d bytes, %v", len(whole), err)
			}
			l.relay.inject(whole)
			l.status(func(st bridge.Status) bool { return st.Volume == 77 })
			l.relay.inject(binary.BigEndian.AppendUint32(nil, wire.MaxFrame+1))
			l.status(func(st bridge.Status) bool { return !st.Online })
		}),
		"fields": byHand(func(l *lab, conn net.Conn) {
			for range 2 {
				m := frame(l.T, conn)
				if m.GetProtocolVersion() != pb.CastMessage_CASTV2_1_0 || m.ProtocolVersion == nil || m.GetSourceId() == "" ||
					m.GetDestinationId() != wire.PlatformReceiver || m.GetNamespace() == "" ||
					m.GetPayloadType() != pb.CastMessage_STRING || m.GetPayloadUtf8() == "" || m.PayloadBinary != nil {
					l.Errorf("sent %v", m)
				}
			}
		}),
		"text-as-bytes": byHand(func(l *lab, conn net.Conn) {
			frame(l.T, conn)
			from, to, space := wire.PlatformReceiver, "*", wire.Receiver
			b, err := proto.Marshal(&pb.CastMessage{
				ProtocolVersion: pb.CastMessage_CASTV2_1_0.Enum(), SourceId: &from, DestinationId: &to, Namespace: &space,
				PayloadType: pb.CastMessage_STRING.Enum(), PayloadBinary: []byte(nothingRuns),
			})
			if err != nil {
				l.Fatal(err)
			}
			frame(l.T, conn)
			if _, err := conn.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...)); err != nil {
				l.Fatal(err)
			}
			l.status(func(st bridge.Status) bool { return st.Online && st.Volume == 50 })
		}),
		"namespaces": in(casttest.Config{}, func(l *lab) {
			l.obey(l.load())
			l.relay.mu.Lock()
			defer l.relay.mu.Unlock()
			for _, m := range l.relay.sent {
				if m.Namespace != wire.Connection && m.Namespace != wire.Receiver && m.Namespace != wire.Media {
					l.Errorf("sent on %s", m.Namespace)
				}
			}
		}),
		"own-ping": in(casttest.Config{PingInterval: 2 * time.Second}, func(l *lab) {
			answered := make(chan wire.Message, 100)
			l.relay.alter(nil, func(m wire.Message) []wire.Message {
				if body(m)["type"] == "PONG" {
					answered <- m
				}
				return []wire.Message{m}
			})
			if m := <-answered; m.Source != wire.Transport || m.Destination != wire.Transport {
				l.Errorf("answered %+v", m)
			}
		}),
		"connect": in(casttest.Config{}, func(l *lab) {
			l.obey(l.load())
			l.relay.cut()
			l.status(func(st bridge.Status) bool { return !st.Online })
			l.state(bridge.PlayPlaying)
			said := l.relay.said("CONNECT")
			app := l.receiver.Snapshot().SessionID
			if len(said) != 4 || said[0].Destination != wire.PlatformReceiver || said[1].Destination != app ||
				said[2].Destination != wire.PlatformReceiver || said[3].Destination != app ||
				said[0].Source != said[1].Source || said[1].Source == said[2].Source {
				l.Errorf("CONNECT by %+v", said)
			}
		}),
		"unknown-transport": in(casttest.Config{}, func(l *lab) {
			l.enter(playing)
			l.relay.alter(editing("RECEIVER_STATUS", func(map[string]any) {}), func(m wire.Message) []wire.Message {
				if body(m)["type"] == "PAUSE" {
					m.Destination = "web-99"
				}
				return []wire.Message{m}
			})
			d := l.order(bridge.Order{Kind: bridge.OrderPause})
			if d.Fail == nil || d.Fail.Kind != bridge.FailTimeout {
				l.Errorf("answered %+v", d.Fail)
			}
			l.relay.say(l.receiver.Snapshot().SessionID, wire.Connection, `{"type":"CLOSE"}`)
			l.relay.alter(nil, nil)
			l.tells("timeout: the device did not answer in time, playing")
			l.settled(1)
		}),
		"leave": in(casttest.Config{StopOnClose: true}, func(l *lab) {
			l.enter(playing)
			l.stop()
			if snap := l.receives(func(s casttest.Snapshot) bool { return s.Senders == 0 }); snap.PlayerState != "PLAYING" {
				l.Errorf("the device is %s", snap.PlayerState)
			}
			if said := l.relay.said("CLOSE"); len(said) != 0 {
				l.Errorf("said %v", said)
			}
		}),
		"heartbeat": in(casttest.Config{}, func(l *lab) {
			l.drain()
			pings := make(chan wire.Message, 100)
			l.relay.alter(nil, func(m wire.Message) []wire.Message {
				if body(m)["type"] == "PING" {
					pings <- m
				}
				return []wire.Message{m}
			})
			pass(time.Minute)
			if n := len(pings); n < 11 || n > 13 {
				l.Errorf("%d PINGs in a minute", n)
			}
			l.tells("")
		}),
		"silence": in(casttest.Config{}, func(l *lab) {
			l.drain()
			l.relay.silence()
			l.relay.move("")
			began := time.Now()
			l.tells("offline")
			if took := time.Since(began); took < 10*time.Second || took > 15*time.Second {
				l.Errorf("offline after %v", took)
			}
		}),
	}
}
