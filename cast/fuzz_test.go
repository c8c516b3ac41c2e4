package cast

import (
	"strings"
	"testing"
	"time"

	"localcast/bridge"
	"localcast/cast/wire"
)

// FuzzSession lets a device say whatever it likes. Each order is answered at most once while it lives and exactly once
// when the link is gone, a session never ends twice in a row without having begun, and no status tells nonsense.
func FuzzSession(f *testing.F) {
	for _, seed := range []string{idleScreen, ourApp, otherApp, fullStatus, delta, oldest, finished, emptyList} {
		f.Add(ourApp + "\n" + strings.ReplaceAll(seed, "\n", ""))
	}
	f.Add(ourApp + "\n" + `{"type":"LOAD_FAILED","detailedErrorCode":104}` + "\n" + `{"type":"CLOSE"}`)
	f.Fuzz(func(t *testing.T, script string) {
		r := newRig(t)
		r.receiver(idleScreen)
		r.do(order(1, bridge.OrderLoad))
		r.do(order(2, bridge.OrderVolume))
		answered := make(map[uint64]int)
		for i, line := range strings.Split(script, "\n") {
			for _, m := range []wire.Message{
				{Source: wire.PlatformReceiver, Namespace: wire.Receiver},
				{Source: "app-1", Namespace: wire.Media},
				{Source: "app-1", Namespace: wire.Connection},
			} {
				m.Destination, m.Text = wire.Broadcast, line
				if r.s.handle(m, r.now) != nil {
					return
				}
			}
			if i%3 == 1 {
				r.do(order(uint64(10+i), bridge.OrderPause))
			}
			r.now = r.now.Add(time.Second)
			if i > 50 || len(r.sent) > 2000 {
				break
			}
		}
		r.s.abort(&bridge.Fail{Kind: bridge.FailOffline})
		for _, v := range r.told {
			switch v := v.(type) {
			case bridge.Done:
				answered[v.Serial]++
			case bridge.Status:
				if v.Volume < 0 || v.Volume > 100 {
					t.Errorf("volume %d", v.Volume)
				}
				if m := v.Media; m != nil && (m.Position < 0 || m.Duration < 0 || m.Rate <= 0 || m.State == "" || m.State == stateIdle) {
					t.Errorf("media %+v", m)
				}
			case bridge.Ended:
				if v.Reason == "" || v.Position < 0 {
					t.Errorf("ended %+v", v)
				}
			}
		}
		for serial, n := range answered {
			if n != 1 {
				t.Errorf("order %d was answered %d times", serial, n)
			}
		}
		if answered[1] != 1 || answered[2] != 1 {
			t.Errorf("answers %v", answered)
		}
	})
}
