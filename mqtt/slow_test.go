package mqtt

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
	mochi "github.com/mochi-mqtt/server/v2"

	"localcast/bridge"
	"localcast/bridge/media"
)

// trickle is a connection whose peer gets slowRate bytes a second, behind a send buffer that takes everything at once.
type trickle struct {
	net.Conn
	buffer chan []byte
	close  func() error
}

const slowRate = 25_000

func newTrickle(conn net.Conn) *trickle {
	s := &trickle{Conn: conn, buffer: make(chan []byte, 100_000)}
	ended := make(chan struct{})
	s.close = sync.OnceValue(func() error { close(ended); return conn.Close() })
	go func() {
		for {
			select {
			case <-ended:
				return
			case b := <-s.buffer:
				select {
				case <-ended:
					return
				case <-time.After(time.Duration(len(b)) * time.Second / slowRate):
				}
				_, _ = conn.Write(b) // who is gone does not hear it
			}
		}
	}()
	return s
}

func (s *trickle) Write(b []byte) (int, error) {
	s.buffer <- append([]byte(nil), b...)
	return len(b), nil
}

func (s *trickle) Close() error { return s.close() }

func TestASlowLinkIsNotTakenForALostOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := mochi.New(&mochi.Options{Logger: quietly()})
		if err := server.AddHook(&accessList{}, nil); err != nil {
			t.Fatal(err)
		}
		if err := server.Serve(); err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		log := newFlow()
		c, err := New(announcing, log.logger())
		if err != nil {
			t.Fatal(err)
		}
		dials := 0
		c.dial = func(context.Context) (net.Conn, error) {
			dials++
			ours, theirs := net.Pipe()
			go server.EstablishConnection("pipe", theirs)
			return newTrickle(ours), nil
		}
		list := bridge.DeviceList{}
		for i := range 60 {
			d := bridge.DeviceEntry{Device: fmt.Sprintf("device_%d", i), ID: fmt.Sprintf("%032x", i)}
			list.Devices = append(list.Devices, d)
			queue := bridge.QueueState{Device: d.Device, Repeat: "off"}
			for e := range 100 {
				queue.Entries = append(queue.Entries, bridge.EntryState{Entry: fmt.Sprint("e", e), Title: strings.Repeat("t", 100)})
			}
			c.State(queue)
		}
		c.State(list)
		stop := start(t, func(ctx context.Context) error { return c.Run(ctx, func(bridge.Command) {}) })
		<-time.After(10 * time.Minute) // the retained topics alone take 90 s
		synctest.Wait()
		if kept, _ := server.Topics.Retained.Get("localcast/bridge/availability"); string(kept.Payload) != online {
			t.Errorf("availability is %q after ten minutes", kept.Payload)
		}
		if dials != 1 {
			t.Errorf("%d connections, want one", dials)
		}
		if said := log.String(); strings.Contains(said, "level=WARN") {
			t.Errorf("it warns:\n%s", said)
		}
		stop()
	})
}

// forgetful is a broker that acknowledges what is published and never answers a subscription.
func forgetful(conn net.Conn) {
	defer conn.Close()
	for {
		read, err := packets.ReadPacket(conn)
		if err != nil {
			return
		}
		var answer packets.ControlPacket
		switch p := read.(type) {
		case *packets.ConnectPacket:
			answer = packets.NewControlPacket(packets.Connack)
		case *packets.PublishPacket:
			ack := packets.NewControlPacket(packets.Puback).(*packets.PubackPacket)
			ack.MessageID, answer = p.MessageID, ack
		case *packets.PingreqPacket:
			answer = packets.NewControlPacket(packets.Pingresp)
		default:
			continue
		}
		if answer.Write(conn) != nil {
			return
		}
	}
}

func TestABrokerThatNeverAnswersASubscriptionIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := newFlow()
		c, err := New(announcing, log.logger())
		if err != nil {
			t.Fatal(err)
		}
		c.dial = func(context.Context) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go forgetful(theirs)
			return ours, nil
		}
		stop := start(t, func(ctx context.Context) error { return c.Run(ctx, func(bridge.Command) {}) })
		began := time.Now()
		for i := 0; !strings.Contains(log.String(), "subscribe to the commands: no answer"); i++ {
			if time.Since(began) > subackMost+time.Minute {
				t.Fatalf("it is waited for after %v:\n%s", time.Since(began), log)
			}
			c.State(bridge.DeviceState{Device: "kitchen", Volume: media.Num(i % 100)}) // what is published arrives all the time
			<-time.After(time.Second)
			synctest.Wait()
		}
		if waited := time.Since(began); waited < subackMost {
			t.Errorf("it is left after %v, though what was published arrived", waited)
		}
		stop()
	})
}

func TestAFloodIsAnsweredWhole(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, k kind) {
		url, _ := k.start(t)
		ear := listen(t, url, "localcast/kitchen/response/+")
		log := newFlow()
		obey(t, Config{Broker: url}, log.logger())
		ready := listen(t, url, "localcast/bridge/availability")
		ready.until("bridge/availability", online)
		const flood = 5000
		for i := range flood {
			ear.client.Publish("localcast/kitchen/command/pause", 0, false, fmt.Sprintf(`{"transaction":"t%d"}`, i))
		}
		for i := range flood {
			if got, want := ear.await("kitchen/response/pause"), fmt.Sprintf(`"transaction":"t%d"`, i); !strings.Contains(got, want) {
				t.Fatalf("answer %d is %s", i, got)
			}
		}
		if said := log.String(); strings.Contains(said, "dropped") {
			t.Errorf("it says:\n%s", said)
		}
	})
}

func TestAFloodOfRetainedCommandsIsToldInAFewLines(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, k kind) {
		url, _ := k.start(t)
		ear := listen(t, url, "localcast/+/command/#")
		const flood = 500
		for i := range flood {
			ear.client.Publish(fmt.Sprintf("localcast/device_%d/command/stop", i), 1, true, "PRESS")
		}
		ear.retain("device_last/command/stop", "PRESS")
		for range flood + 1 {
			ear.next()
		}
		log := newFlow()
		o, _ := obey(t, Config{Broker: url}, log.logger())
		for range flood + 1 {
			if h := ear.next(); h.payload != "" {
				t.Fatalf("%s came instead of the clearing of a command", h.topic)
			}
		}
		if n := strings.Count(log.String(), "level=WARN"); n != retainedTold+1 {
			t.Errorf("%d warnings, want %d:\n%s", n, retainedTold+1, log)
		}
		if len(o.commands) > 0 {
			t.Errorf("%v was obeyed", <-o.commands)
		}
	})
}
