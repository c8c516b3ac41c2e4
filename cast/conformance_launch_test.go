package cast_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"localcast/bridge"
	"localcast/cast/casttest"
	"localcast/cast/wire"
)

// once has the first message of a type that the player sends go to do, in place of the device.
func (l *lab) once(kind string, do func(wire.Message)) {
	var first sync.Once
	l.relay.alter(nil, func(m wire.Message) []wire.Message {
		out := []wire.Message{m}
		if body(m)["type"] == kind {
			first.Do(func() {
				out = nil
				do(m)
			})
		}
		return out
	})
}

// answers sends an answer to a request in the receiver's name; it holds the id as %v.
func (l *lab) answers(m wire.Message, text string) {
	l.relay.say(m.Destination, m.Namespace, fmt.Sprintf(text, int64(body(m)["requestId"].(float64))))
}

// apps edits each application of a RECEIVER_STATUS.
func apps(edit func(map[string]any)) func(wire.Message) []wire.Message {
	return editing("RECEIVER_STATUS", func(o map[string]any) {
		list, _ := o["status"].(map[string]any)["applications"].([]any)
		for _, a := range list {
			edit(a.(map[string]any))
		}
	})
}

// loads asks that a load plays, and that LAUNCH was said so many times.
func (l *lab) loads(launches int) {
	l.Helper()
	l.obey(l.load())
	l.state(bridge.PlayPlaying)
	if n := len(l.relay.said("LAUNCH")); n != launches {
		l.Errorf("LAUNCH was said %d times, wanted %d", n, launches)
	}
	l.settled(1)
}

func (l *lab) launchFails(want string) {
	l.Helper()
	d := l.order(l.load())
	if d.Fail == nil || d.Fail.Kind != bridge.FailLaunch || d.Fail.Message != want {
		l.Errorf("answered %+v, wanted %s", d.Fail, want)
	}
}

func launchRows() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"launch-status": in(casttest.Config{LaunchStatus: true, LaunchDelay: 3 * time.Second}, func(l *lab) { l.loads(1) }),
		"launch-permission": in(casttest.Config{LaunchStatus: true, LaunchDelay: 3 * time.Second}, func(l *lab) {
			l.relay.alter(editing("LAUNCH_STATUS", func(o map[string]any) { o["status"] = "USER_PENDING_AUTHORIZATION" }), nil)
			o := l.pendingLoad()
			l.status(func(st bridge.Status) bool { return st.Notice == "Kitchen asks for permission to cast" })
			l.status(func(st bridge.Status) bool { return st.Notice == "" })
			await(l.setup, "the answer", func(d bridge.Done) bool { return d.Serial == o.Serial && d.Fail == nil })
		}),
		"launch-forbidden": in(casttest.Config{LaunchStatus: true, LaunchDelay: time.Hour}, func(l *lab) {
			l.relay.alter(editing("LAUNCH_STATUS", func(o map[string]any) { o["status"] = "USER_NOT_ALLOWED" }), nil)
			l.launchFails("casting was not allowed on the device")
		}),
		"launch-late": in(casttest.Config{LaunchDelay: 3 * time.Second}, func(l *lab) {
			l.loads(1)
			if said := l.relay.said("CONNECT"); len(said) != 2 {
				l.Errorf("CONNECT was said %d times", len(said))
			}
		}),
		"launch-closed": in(casttest.Config{}, func(l *lab) {
			l.once("LAUNCH", func(m wire.Message) { l.relay.say(m.Destination, wire.Connection, `{"type":"CLOSE"}`) })
			l.loads(2)
		}),
		"hello-closed": in(casttest.Config{}, func(l *lab) {
			l.drain()
			l.once("GET_STATUS", func(m wire.Message) { l.relay.say(m.Destination, wire.Connection, `{"type":"CLOSE"}`) })
			l.relay.cut()
			l.tells("offline, off")
			l.loads(1)
		}),
		"launch-cancelled": in(casttest.Config{}, func(l *lab) {
			l.once("LAUNCH", func(m wire.Message) {
				l.answers(m, `{"type":"LAUNCH_ERROR","requestId":%v,"reason":"CANCELLED"}`)
			})
			l.loads(2)
		}),
		"launch-error": in(casttest.Config{LaunchDelay: time.Hour}, func(l *lab) {
			for reason, want := range map[string]string{
				"NOT_FOUND": "the device does not know the media app", "BAD_PARAMETER": "the device could not start the media app",
				"SYSTEM_ERROR":      "the device could not start the media app",
				"CAST_INIT_TIMEOUT": "the media app did not start: the device may have no way to the internet",
			} {
				l.once("LAUNCH", func(m wire.Message) {
					<-time.After(time.Second)
					l.answers(m, `{"type":"LAUNCH_ERROR","requestId":%v,"reason":"`+reason+`"}`)
				})
				l.launchFails(want)
			}
		}),
		"launch-unready": in(casttest.Config{}, func(l *lab) {
			l.relay.alter(apps(func(a map[string]any) { a["namespaces"] = []any{} }), nil)
			o := l.pendingLoad()
			l.status(func(st bridge.Status) bool { return st.Default && !st.Controllable })
			pass(time.Second)
			if n := len(l.relay.said("LOAD")); n != 0 {
				l.Errorf("LOAD was said %d times to an app that cannot take it", n)
			}
			l.relay.alter(nil, nil)
			l.receiver.SetVolume(0.2, false) // its status tells all
			await(l.setup, "the answer", func(d bridge.Done) bool { return d.Serial == o.Serial && d.Fail == nil })
		}),
		"availability": in(casttest.Config{}, func(l *lab) {
			l.drain()
			l.relay.say(wire.PlatformReceiver, wire.Receiver,
				`{"responseType":"GET_APP_AVAILABILITY","requestId":1,"availability":{"CC1AD845":"APP_AVAILABLE"}}`)
			pass(time.Second)
			l.tells("")
		}),
		"idle-empty": in(casttest.Config{Kind: casttest.Audio}, func(l *lab) {
			if st := l.seen[len(l.seen)-1].(bridge.Status); !st.Idle || st.App != "" || !st.Asked {
				l.Errorf("told %+v", st)
			}
			l.loads(1)
		}),
		"idle-screen": in(casttest.Config{Kind: casttest.Video}, func(l *lab) {
			if st := l.seen[len(l.seen)-1].(bridge.Status); !st.Idle || st.App != "" || !st.Asked {
				l.Errorf("told %+v", st)
			}
			l.loads(1)
		}),
		"status-text": in(casttest.Config{}, func(l *lab) {
			l.relay.alter(apps(func(a map[string]any) { a["statusText"] = "Bereit zum Streamen" }), nil)
			l.loads(1)
		}),
		"unreachable-app": in(casttest.Config{}, func(l *lab) {
			l.relay.alter(apps(func(a map[string]any) { delete(a, "transportId") }), nil)
			l.receiver.TakeOver("233637DE", "YouTube")
			st := l.status(func(st bridge.Status) bool { return st.App == "YouTube" })
			if st.Controllable || !st.Asked || st.Idle {
				l.Errorf("told %+v", st)
			}
			if d := l.order(bridge.Order{Kind: bridge.OrderPause}); d.Fail == nil || d.Fail.Kind != bridge.FailUnsupported {
				l.Errorf("answered %+v", d.Fail)
			}
			l.obey(bridge.Order{Kind: bridge.OrderVolume, Volume: 12})
			if said := l.relay.said("CONNECT"); len(said) != 1 {
				l.Errorf("CONNECT was said to it: %v", said)
			}
		}),
		"universal-id": in(casttest.Config{}, func(l *lab) {
			l.relay.alter(apps(func(a map[string]any) { a["appId"] = "AndroidNativeApp" }), nil)
			l.obey(l.load())
			if st := l.status(func(st bridge.Status) bool { return st.Media != nil }); !st.Default {
				l.Errorf("told %+v", st)
			}
		}),
		"app-closes": in(casttest.Config{}, func(l *lab) {
			l.enter(paused)
			l.tells("ended cancelled, empty, off")
			o := l.load()
			o.Load.Position = 60
			l.obey(o)
			if m := l.state(bridge.PlayPlaying); m.Position < 60 {
				l.Errorf("plays at %v", m.Position)
			}
			l.obey(bridge.Order{Kind: bridge.OrderStopMedia})
			l.drain()
			l.tells("off")
		}),
		"room": in(casttest.Config{}, func(l *lab) {
			l.enter(playing)
			l.receiver.Pause()
			l.tells("paused")
			l.receiver.Resume()
			l.tells("playing")
			l.receiver.SetVolume(0.123, true)
			l.status(func(st bridge.Status) bool { return st.Volume == 12 && st.Muted })
			l.receiver.CloseApp()
			l.tells("ended cancelled, empty, off")
		}),
	}
}

func volumeRows() map[string]func(*testing.T) {
	level := func(tell func(float64) float64) func(wire.Message) []wire.Message {
		return editing("RECEIVER_STATUS", func(o map[string]any) {
			v := o["status"].(map[string]any)["volume"].(map[string]any)
			v["level"] = tell(v["level"].(float64))
		})
	}
	fixed := func(control string) func(*testing.T) {
		return in(casttest.Config{VolumeControl: control}, func(l *lab) {
			st := l.seen[len(l.seen)-1].(bridge.Status)
			d := l.order(bridge.Order{Kind: bridge.OrderVolume, Volume: 30})
			if want := control == "fixed"; st.VolumeFixed != want || (d.Fail != nil) != want || want && d.Fail.Kind != bridge.FailUnsupported {
				l.Errorf("%s: told fixed %v, answered %+v", control, st.VolumeFixed, d.Fail)
			}
		})
	}
	return map[string]func(*testing.T){
		"volume-of-device": in(casttest.Config{}, func(l *lab) {
			l.obey(bridge.Order{Kind: bridge.OrderVolume, Volume: 20})
			l.enter(playing) // its session tells a volume of 1
			if st := l.story(""); st != "" {
				l.Errorf("told %s", st)
			}
			l.receiver.Pause()
			if st := l.status(func(st bridge.Status) bool { return st.Media.State == bridge.PlayPaused }); st.Volume != 20 {
				l.Errorf("told %d", st.Volume)
			}
		}),
		"volume-noise": in(casttest.Config{}, func(l *lab) {
			for percent := range 101 {
				l.obey(bridge.Order{Kind: bridge.OrderVolume, Volume: percent})
				if percent != 50 { // where it was
					l.status(func(st bridge.Status) bool { return st.Volume == percent })
				}
			}
			if n := len(l.relay.said("SET_VOLUME")); n != 101 {
				l.Errorf("SET_VOLUME was said %d times", n)
			}
		}),
		"volume-fixed": func(t *testing.T) {
			for _, control := range []string{"attenuation", "master", "fixed"} {
				t.Run(control, fixed(control))
			}
		},
		"volume-steps": in(casttest.Config{}, func(l *lab) {
			l.relay.alter(level(func(v float64) float64 { return float64(int(v*15+0.5)) / 15 }), nil)
			began := time.Now()
			l.obey(bridge.Order{Kind: bridge.OrderVolume, Volume: 30})
			if took := time.Since(began); took > 2*time.Second {
				l.Errorf("answered after %v", took)
			}
			told := func(v any) bool { st, ok := v.(bridge.Status); return ok && st.Volume == 33 }
			if !slices.ContainsFunc(l.seen, told) {
				l.Errorf("told %+v", l.seen)
			}
			if n := len(l.relay.said("SET_VOLUME")); n != 1 {
				l.Errorf("SET_VOLUME was said %d times", n)
			}
		}),
		"volume-echo": in(casttest.Config{}, func(l *lab) {
			echoed := false
			l.relay.alter(level(func(v float64) float64 {
				if !echoed {
					echoed = true
					return 0.5
				}
				return v
			}), nil)
			l.serial++
			l.player.Do(bridge.Order{Serial: l.serial, Kind: bridge.OrderVolume, Volume: 70})
			pass(time.Millisecond)
			l.receiver.SetVolume(0.7, false) // the new one comes by itself
			if d := await(l.setup, "the answer", func(bridge.Done) bool { return true }); d.Fail != nil {
				l.Errorf("answered %+v", d.Fail)
			}
			if st := l.status(func(bridge.Status) bool { return true }); st.Volume != 70 { // that comes after the answer
				l.Errorf("told %d after the answer", st.Volume)
			}
			if n := len(l.relay.said("SET_VOLUME")); n != 1 {
				l.Errorf("SET_VOLUME was said %d times", n)
			}
		}),
		"volume-creeps": in(casttest.Config{Kind: casttest.Group}, func(l *lab) {
			last := 20
			for i := range 100 {
				l.receiver.SetVolume(0.2+float64(i)*0.001, false)
				st := l.status(func(bridge.Status) bool { return true })
				if st.Volume < last || st.Volume > last+1 {
					l.Errorf("%d after %d", st.Volume, last)
				}
				last = st.Volume
			}
			if last != 30 {
				l.Errorf("it ends at %d", last)
			}
		}),
	}
}
