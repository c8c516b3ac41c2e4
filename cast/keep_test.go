package cast

import (
	"context"
	"errors"
	"net"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"localcast/bridge"
	"localcast/bridge/media"
	"localcast/cast/wire"
)

// keeper is a player whose network is in the hands of the test, in a synctest bubble.
type keeper struct {
	*player
	devices *Devices
	tries   []time.Duration // when it tried to connect, since it began
	at      []string        // where
	peers   chan *peer
	told    chan any
	stop    func() // ends Run and waits for it
}

// pass lets time go by in a bubble, until nobody has anything to do.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func (k *keeper) Status(s bridge.Status) { k.told <- s }
func (k *keeper) Ended(e bridge.Ended)   { k.told <- e }
func (k *keeper) Done(d bridge.Done)     { k.told <- d }

// keep runs a player for as long as the test. With accept the device answers; else nothing listens.
func keep(t *testing.T, c Config, dev media.Device, accept bool) *keeper {
	k := &keeper{peers: make(chan *peer, 10), told: make(chan any, 1000), devices: New(c, quiet())}
	k.player = k.devices.Player(bridge.Sighting{Device: dev}, k).(*player)
	began := time.Now()
	k.dial = func(_ context.Context, address string) (net.Conn, error) {
		k.tries, k.at = append(k.tries, time.Since(began)), append(k.at, address)
		if !accept {
			return nil, errors.New("connection refused")
		}
		ours, theirs := net.Pipe()
		k.peers <- newPeer(t, theirs)
		return ours, nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- k.Run(ctx) }()
	k.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(k.stop)
	return k
}

// welcome answers the first GET_STATUS on a new link and returns the link when the player is online.
func (k *keeper) welcome(t *testing.T) *peer {
	t.Helper()
	p := <-k.peers
	p.says(wire.Message{Source: wire.PlatformReceiver, Destination: wire.Broadcast, Namespace: wire.Receiver, Text: idleScreen})
	if s, ok := (<-k.told).(bridge.Status); !ok || !s.Online {
		t.Fatalf("told %+v", s)
	}
	return p
}

var kitchen = media.Device{ID: someID, Name: "Kitchen", Host: "192.0.2.20", Port: 8009}

func TestRetryBacksOffWithJitter(t *testing.T) {
	for name, row := range map[string]struct {
		config Config
		last   time.Duration
	}{
		"found by discovery":         {Config{}, time.Minute},
		"named by the configuration": {Config{Static: []Static{{Host: kitchen.Host, Port: kitchen.Port}}}, 8 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := keep(t, row.config, kitchen, false)
				pass(10 * time.Minute)
				longest := 2 * time.Second
				for i := 1; i < len(k.tries); i++ {
					wait := k.tries[i] - k.tries[i-1]
					if wait < longest/2 || wait > longest {
						t.Errorf("wait %d is %v, wanted %v to %v", i, wait, longest/2, longest)
					}
					longest = min(2*longest, row.last)
				}
				if len(k.tries) < 10 {
					t.Errorf("%d tries in ten minutes", len(k.tries))
				}
			})
		})
	}
}

func TestASightingIsTriedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keep(t, Config{}, kitchen, false)
		pass(10 * time.Minute)
		before := len(k.tries)
		moved := kitchen
		moved.Host = "192.0.2.99"
		k.devices.directory.see(moved)
		pass(leastGap)
		if len(k.at) != before+1 || k.at[before] != "192.0.2.99:8009" {
			t.Errorf("tried %v", k.at[before:])
		}
	})
}

func TestADeviceThatDropsEveryLinkIsNotHammered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keep(t, Config{}, kitchen, true)
		for range 100 { // it is seen ten times a second
			select {
			case p := <-k.peers:
				p.conn.Close()
			default:
			}
			k.devices.directory.see(kitchen)
			pass(100 * time.Millisecond)
		}
		if len(k.tries) > 11 {
			t.Errorf("%d tries in 10 s", len(k.tries))
		}
	})
}

func TestALinkToAnAddressThatAnotherDeviceHasNowIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keep(t, Config{Static: []Static{{Host: kitchen.Host, Port: kitchen.Port, ID: someID}}}, kitchen, true)
		k.welcome(t)
		bath := media.Device{ID: otherID, Name: "Bath", Host: kitchen.Host, Port: kitchen.Port}
		k.devices.directory.see(bath)
		if s, ok := (<-k.told).(bridge.Status); !ok || s.Online {
			t.Fatalf("told %+v", s)
		}
		pass(10 * time.Minute)
		if len(k.at) != 1 {
			t.Errorf("tried %v where another device is", k.at[1:])
		}
		moved := kitchen
		moved.Host = "192.0.2.99"
		k.devices.directory.see(moved)
		pass(leastGap)
		if len(k.at) != 2 || k.at[1] != "192.0.2.99:8009" {
			t.Errorf("tried %v", k.at)
		}
		k.welcome(t)
	})
}

func TestADeviceThatIsSeenElsewhereIsAskedForASignOfLife(t *testing.T) {
	moved := kitchen
	moved.Host = "192.0.2.99"
	t.Run("it gives one: it has two addresses", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			k := keep(t, Config{}, kitchen, true)
			p := k.welcome(t)
			for range 3 {
				k.devices.directory.see(moved)
				synctest.Wait()
				p.says(pong)
				pass(probedFor)
			}
			if len(k.at) != 1 {
				t.Errorf("tried %v", k.at)
			}
		})
	})
	t.Run("it does not: it has moved", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			k := keep(t, Config{}, kitchen, true)
			k.welcome(t)
			began := time.Now()
			k.devices.directory.see(moved)
			if s, ok := (<-k.told).(bridge.Status); !ok || s.Online || time.Since(began) != probedFor {
				t.Fatalf("told %+v after %v", s, time.Since(began))
			}
			k.welcome(t)
			if time.Since(began) > 10*time.Second || k.at[1] != "192.0.2.99:8009" {
				t.Errorf("online again after %v, tried %v", time.Since(began), k.at)
			}
		})
	})
}

func TestADeviceOfUnknownAddressIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keep(t, Config{}, media.Device{ID: someID, Name: "Kitchen"}, false)
		pass(time.Hour)
		k.devices.directory.see(kitchen)
		synctest.Wait()
		if len(k.at) != 1 || k.at[0] != "192.0.2.20:8009" {
			t.Errorf("tried %v", k.at)
		}
	})
}

func TestAStaticDeviceIsTriedWhereItIsConfiguredAndWhereItIsSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keep(t, Config{Static: []Static{{Host: "192.0.2.1", Port: 8009, ID: someID}}}, kitchen, false)
		k.devices.directory.see(kitchen)
		pass(time.Minute)
		seen := make(map[string]bool)
		for _, address := range k.at {
			seen[address] = true
		}
		if !seen["192.0.2.1:8009"] || !seen["192.0.2.20:8009"] || len(seen) != 2 {
			t.Errorf("tried %v", k.at)
		}
	})
}

func TestAThousandReconnectsLeaveNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keep(t, Config{}, kitchen, true)
		p := k.welcome(t)
		synctest.Wait()
		before := runtime.NumGoroutine()
		for range 1000 {
			p.conn.Close()
			if s, ok := (<-k.told).(bridge.Status); !ok || s.Online {
				t.Fatalf("told %+v", s)
			}
			p = k.welcome(t)
		}
		synctest.Wait()
		if after := runtime.NumGoroutine(); after < before-2 || after > before+2 {
			t.Errorf("%d goroutines, and %d after 1,000 reconnects", before, after)
		}
	})
}

func TestOfflineOrdersAreAnsweredAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keep(t, Config{}, kitchen, false)
		synctest.Wait()
		k.Do(order(1, bridge.OrderLoad))
		want := bridge.Done{Serial: 1, Fail: &bridge.Fail{Kind: bridge.FailOffline, Message: "Kitchen is offline"}}
		if d, ok := (<-k.told).(bridge.Done); !ok || d.Serial != 1 || *d.Fail != *want.Fail {
			t.Errorf("told %+v", d)
		}
	})
}

func TestASilentLinkIsLostAndMadeAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keep(t, Config{}, kitchen, true)
		k.welcome(t)
		if k.devices.directory.missing() {
			t.Error("a device with a link is missing")
		}
		k.devices.directory.see(kitchen)
		k.Do(order(1, bridge.OrderLoad))
		k.Do(order(2, bridge.OrderMute))
		began := time.Now()
		answered := make(map[uint64]int)
		for lost := false; !lost; {
			switch v := (<-k.told).(type) {
			case bridge.Done:
				answered[v.Serial]++
				if v.Fail == nil || v.Serial == 1 && v.Fail.Kind != bridge.FailOffline {
					t.Errorf("told %+v", v)
				}
			case bridge.Status:
				if lost = !v.Online; lost && answered[1]+answered[2] != 2 {
					t.Errorf("offline before the answers: %v", answered)
				}
			}
		}
		if after := time.Since(began); after != silentAfter {
			t.Errorf("lost after %v", after)
		}
		select {
		case <-k.devices.directory.lost:
		default:
			t.Error("discovery was not told")
		}
		if !k.devices.directory.missing() {
			t.Error("a device without a link is not missing")
		}
		k.welcome(t)
		if since := time.Since(began); since < silentAfter+time.Second || since > silentAfter+10*time.Second {
			t.Errorf("online again after %v", since)
		}
		k.Do(order(3, bridge.OrderStopApp))
		if d, ok := (<-k.told).(bridge.Done); !ok || d.Serial != 3 || d.Fail != nil {
			t.Errorf("told %+v", d)
		}
	})
}

func TestTheEndOfRunAnswersWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keep(t, Config{}, kitchen, true)
		p := k.welcome(t)
		k.Do(order(1, bridge.OrderLoad))
		synctest.Wait()
		k.stop()
		for m := range p.got {
			if m.Namespace == wire.Connection && m.Text == `{"type":"CLOSE"}` {
				t.Error("CLOSE was sent: what plays would stop")
			}
		}
		k.Do(order(2, bridge.OrderPause))
		for _, serial := range []uint64{1, 2} {
			for {
				if d, ok := (<-k.told).(bridge.Done); ok {
					if d.Serial != serial || d.Fail == nil || d.Fail.Kind != bridge.FailOffline {
						t.Errorf("told %+v", d)
					}
					break
				}
			}
		}
	})
}
