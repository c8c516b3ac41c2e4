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

// FuzzMessage gives the message decoder what it likes: it says no, or gives an object each of whose fields can be asked for
// in every way, and which is no larger than what came.
func FuzzMessage(f *testing.F) {
	for _, seed := range []string{fullStatus, oldest, otherApp, `{"a":1e999,"b":-0,"c":"\ud800","d":[{}]}`, `[]`, `{} {}`, "\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := wire.Decode(body)
		if err != nil {
			m.Text = string(body)
		}
		o, err := parse(m.Text)
		if err != nil {
			return
		}
		for key := range o {
			size := len(o.text(key)) + len(o.object(key))
			list, _ := o.list(key)
			if size+len(list) > 2*len(body) { // an invalid byte becomes three
				t.Errorf("%q is %d long", key, size+len(list))
			}
			whole, isWhole := o.whole(key)
			number, isNumber := o.number(key)
			if isWhole && (!isNumber || float64(whole) != number) {
				t.Errorf("%q is %d and %v", key, whole, number)
			}
			o.flag(key)
			o.small(key)
		}
		newTag(o)
		newApp(o)
		refusal(o)
	})
}

// FuzzMerge merges three statuses: what comes of it makes sense and stays small.
func FuzzMerge(f *testing.F) {
	for _, first := range []string{fullStatus, oldest, finished, emptyList} {
		for _, second := range []string{delta, finished, emptyList, oldest} {
			f.Add(first, second, true)
		}
	}
	f.Fuzz(func(t *testing.T, first, second string, rising bool) {
		v, now := mediaView{rising: rising}, time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
		var r receiver
		ends := 0
		for _, text := range []string{first, second, second} {
			o, err := parse(text)
			if err != nil {
				return
			}
			r.merge(o)
			entries, _ := o.list("status")
			now = now.Add(time.Second)
			for _, e := range v.merge(entries, now) {
				if ends++; e.Reason == "" || e.Position < 0 {
					t.Errorf("ended %+v", e.Ended)
				}
			}
			if m := v.current; m != nil && (m.status.Position < 0 || m.status.Duration < 0 || m.status.Rate <= 0 ||
				m.status.State == stateIdle || m.status.State == stateUnknown ||
				len(m.status.Tracks) > maxTracks || len(m.status.Shown) > maxTracks) {
				t.Errorf("media %+v", m.status)
			}
			if r.volume < 0 || r.volume > 100 {
				t.Errorf("volume %d", r.volume)
			}
		}
		if ends > 3*(1+strings.Count(first, "{")+2*strings.Count(second, "{")) {
			t.Errorf("%d ends", ends)
		}
	})
}
