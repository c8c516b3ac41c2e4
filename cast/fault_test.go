package cast_test

import (
	"cmp"
	"encoding/binary"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"localcast/bridge"
	"localcast/cast"
	"localcast/cast/casttest"
	"localcast/cast/wire"
)

// phase is what a device does when something goes wrong.
type phase string

const (
	idle    phase = "idle"
	loading phase = "loading"
	playing phase = "playing"
	paused  phase = "paused"
)

// enter brings the device there, and returns what lets a load that waits go on.
func (l *lab) enter(p phase) (release func()) {
	l.Helper()
	release = func() {}
	switch p {
	case loading:
		release = l.files.hold()
		l.Cleanup(release)
		l.pendingLoad()
		l.state(bridge.PlayLoading)
	case playing:
		l.obey(l.load())
		l.state(bridge.PlayPlaying)
	case paused:
		l.obey(l.load())
		l.state(bridge.PlayPlaying)
		l.obey(bridge.Order{Kind: bridge.OrderPause})
		l.state(bridge.PlayPaused)
	}
	l.drain()
	return release
}

// fault is something that goes wrong with a device, and what a player tells of it.
type fault struct {
	name string
	// do makes it happen, and waits for what it must wait for.
	do func(*lab)
	// story is what is told, by what the device did; a phase without one is not of interest.
	story map[phase]string
	loads int // that do asked for
	// real says that nothing here waits for long, so that it is tried over real TLS as well.
	real   bool
	config casttest.Config
}

// online is how soon a player must be online again.
const online = 10 * time.Second

// back brings the device back at an address and lets discovery see it, and asks that the player is online soon.
func (l *lab) back(host string) {
	l.Helper()
	if !l.devices.Missing() {
		l.Error("discovery does not look for the device that is missing")
	}
	began := time.Now()
	l.relay.move(host + ":8009")
	seen := l.device
	seen.Host = host
	l.devices.See(seen)
	l.status(func(st bridge.Status) bool { return st.Online })
	if took := time.Since(began); took > online {
		l.Errorf("online %v after it was back", took)
	}
	if l.devices.Missing() {
		l.Error("discovery looks for a device that is there")
	}
}

// lost waits until the link is given up.
func (l *lab) lost() {
	l.Helper()
	began := time.Now()
	l.status(func(st bridge.Status) bool { return !st.Online })
	if took := time.Since(began); took > cast.SilentAfter {
		l.Errorf("offline after %v", took)
	}
}

// elsewhere has another app run, for faults of a launch.
func (l *lab) elsewhere() {
	l.Helper()
	l.receiver.TakeOver("233637DE", "YouTube")
	l.status(func(st bridge.Status) bool { return st.App == "YouTube" && st.Asked })
	l.drain()
}

// drain forgets what was told.
func (l *lab) drain() {
	if l.bubbled() {
		synctest.Wait() // what comes at once has come
	}
	for len(l.reports.all) > 0 {
		l.seen = append(l.seen, <-l.reports.all)
	}
	for _, v := range l.seen {
		l.last = cmp.Or(brief(v), l.last)
	}
	l.seen = nil
}

// again loads, and waits for the answer.
func (l *lab) again() { l.order(l.load()) }

// odd are messages no sentence of which is as it should be.
var odd = []string{
	"", "{", "null", "[]", "7", `"x"`, `{}`, `{"type":5}`, `{"type":null,"requestId":"x"}`,
	`{"type":"RECEIVER_STATUS"}`, `{"type":"RECEIVER_STATUS","status":[]}`, `{"type":"RECEIVER_STATUS","status":{"applications":"x"}}`,
	`{"type":"RECEIVER_STATUS","status":{"applications":5,"volume":{"level":"loud","muted":"no","controlType":7}}}`,
	`{"type":"MEDIA_STATUS"}`, `{"type":"MEDIA_STATUS","status":{}}`, `{"type":"MEDIA_STATUS","status":[5,null,"x"],"requestId":{}}`,
	`{"type":"LOAD_FAILED","requestId":"x","detailedErrorCode":[]}`, `{"type":"LAUNCH_STATUS","launchRequestId":{}}`,
	`{"type":"LAUNCH_ERROR","requestId":[1]}`, `{"type":"QUEUE_CHANGE","changeType":"UPDATE","itemIds":"x"}`,
	`{"responseType":"GET_APP_AVAILABILITY","availability":{}}`, `{"type":"DEVICE_UPDATED","device":3}`,
}

func faults() []fault {
	app := map[phase]string{
		idle: "YouTube", loading: "cancelled: another sender took the device, empty, YouTube",
		playing: "ended cancelled, empty, YouTube", paused: "ended cancelled, empty, YouTube",
	}
	none := map[phase]string{idle: "", loading: "", playing: "", paused: ""}
	same := map[phase]string{
		idle: "offline, off", loading: "offline: Kitchen is offline, offline, loading",
		playing: "offline, playing", paused: "offline, paused",
	}
	launched := "empty, loading, ok, buffering, playing"
	const others = "loading another's, buffering another's, playing another's"
	return []fault{
		{
			name: "a reboot without FIN", story: map[phase]string{
				idle: "offline, off", loading: "offline: Kitchen is offline, offline, off", playing: "offline, off", paused: "offline, off",
			},
			do: func(l *lab) {
				l.relay.silence()
				l.relay.move("")
				l.receiver.CloseApp()
				l.lost()
				pass(time.Minute)
				l.back("192.0.2.20")
			},
		},
		{
			name: "another address, before the silence is noticed", story: same,
			do: func(l *lab) {
				l.relay.silence()
				l.relay.move("192.0.2.99:8009")
				seen := l.device
				seen.Host = "192.0.2.99"
				began := time.Now()
				l.devices.See(seen)
				l.status(func(st bridge.Status) bool { return !st.Online })
				l.status(func(st bridge.Status) bool { return st.Online })
				if took := time.Since(began); took > online {
					l.Errorf("online %v after it was seen", took)
				}
			},
		},
		{
			name: "another address, after a minute", story: same,
			do: func(l *lab) {
				l.relay.silence()
				l.relay.move("")
				l.lost()
				pass(time.Minute)
				l.back("192.0.2.99")
			},
		},
		{
			name: "a group whose leader moves", story: same,
			do: func(l *lab) {
				l.relay.move("192.0.2.30:32187")
				l.relay.cut()
				l.status(func(st bridge.Status) bool { return !st.Online })
				seen, began := l.device, time.Now()
				seen.Host, seen.Port = "192.0.2.30", 32187
				l.devices.See(seen)
				l.status(func(st bridge.Status) bool { return st.Online })
				if took := time.Since(began); took > online {
					l.Errorf("online %v after it was seen", took)
				}
			},
		},
		{
			name: "a link that is reset", real: true, story: same,
			do: func(l *lab) { l.receiver.Drop() },
		},
		{
			name: "a takeover by another app", real: true, story: app,
			do: func(l *lab) { l.receiver.TakeOver("233637DE", "YouTube") },
		},
		{
			name: "a takeover by another sender", real: true, loads: 1, story: map[phase]string{
				idle:    "empty, " + others,
				loading: "cancelled: another sender took the device, empty, " + others,
				playing: "ended interrupted, empty, " + others,
				paused:  "ended interrupted, empty, " + others,
			},
			do: func(l *lab) {
				other := l.another()
				runs := l.receiver.Snapshot().AppID == wire.DefaultMediaReceiver
				other.obey(bridge.Order{Kind: bridge.OrderWake})
				if !runs {
					l.status(func(st bridge.Status) bool { return st.Default && st.Asked })
				}
				o := other.load()
				o.Serial, o.Load.Tag = 9, bridge.Tag{Bridge: "c", Entry: "e1", Serial: 9}
				l.files.hold()() // it is served again
				other.player.Do(o)
				await(other, "an answer", func(d bridge.Done) bool { return d.Fail == nil })
				l.Cleanup(other.stop)
			},
		},
		{
			name: "a lost FINISHED", story: map[phase]string{playing: "offline, empty", paused: "offline, empty"},
			do: func(l *lab) {
				l.relay.silence()
				l.relay.move("")
				l.receiver.Finish()
				l.lost()
				l.back("192.0.2.20")
			},
		},
		{
			name: "a slow launch", loads: 1, config: casttest.Config{LaunchDelay: 20 * time.Second, LaunchStatus: true},
			story: map[phase]string{idle: launched, loading: launched, playing: launched, paused: launched},
			do: func(l *lab) {
				l.elsewhere()
				l.files.hold()()
				l.again()
			},
		},
		{
			name: "LAUNCH_ERROR", real: true, story: map[phase]string{
				idle: "launch: the device does not know the media app", loading: "launch: the device does not know the media app",
				playing: "launch: the device does not know the media app", paused: "launch: the device does not know the media app",
			},
			do: func(l *lab) {
				l.elsewhere()
				l.relay.alter(nil, editing("LAUNCH", func(o map[string]any) { o["appId"] = "NONE" }))
				l.again()
				l.relay.alter(nil, nil)
			},
		},
		{
			name: "LOAD_FAILED without a code", real: true, loads: 1, story: map[phase]string{
				idle:    "empty, loading, refused: the device could not play it, empty",
				loading: "cancelled: replaced by a later command, empty, loading, refused: the device could not play it, empty",
				playing: "ended interrupted, empty, loading, refused: the device could not play it, empty",
				paused:  "ended interrupted, empty, loading, refused: the device could not play it, empty",
			},
			do: func(l *lab) {
				l.receiver.SetRefuse(func(string) *casttest.LoadError { return &casttest.LoadError{} })
				l.again()
			},
		},
		{
			name: "silence for 15 s, then all is as before", story: same,
			do: func(l *lab) {
				l.relay.silence()
				began := time.Now()
				l.lost()
				l.status(func(st bridge.Status) bool { return st.Online })
				if took := time.Since(began); took > cast.SilentAfter+online {
					l.Errorf("online again after %v", took)
				}
			},
		},
		{
			name: "a network of 4 KiB/s", story: none,
			do: func(l *lab) {
				l.relay.throttle(4 << 10)
				for i := range 10 {
					l.obey(bridge.Order{Kind: bridge.OrderVolume, Volume: 40 + i})
					pass(3 * time.Second)
				}
				l.drain()
			},
		},
		{
			name: "binary frames", real: true, story: none,
			do: func(l *lab) {
				for _, namespace := range []string{wire.Receiver, wire.Media, wire.Connection, wire.Heartbeat, wire.DeviceAuth, "x"} {
					frame, err := wire.Append(nil, wire.Message{
						Source: wire.PlatformReceiver, Destination: "*", Namespace: namespace, Binary: []byte{0, 255, 1},
					})
					if err != nil {
						l.Fatal(err)
					}
					l.relay.inject(frame)
				}
			},
		},
		{
			name: "garbage in a frame", real: true, story: none,
			do: func(l *lab) { l.relay.inject([]byte{0, 0, 0, 4, 255, 255, 255, 255, 0, 0, 0, 0}) },
		},
		{
			name: "a frame of more than 65,536 bytes", real: true, story: same,
			do: func(l *lab) { l.relay.inject(binary.BigEndian.AppendUint32(nil, wire.MaxFrame+1)) },
		},
		{
			name: "no Cast at all", real: true, story: same,
			do: func(l *lab) { l.relay.inject([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) },
		},
		{
			name: "odd types in every field", real: true, story: none,
			do: func(l *lab) {
				snap := l.receiver.Snapshot()
				for _, text := range odd {
					l.relay.say(wire.PlatformReceiver, wire.Receiver, text)
					l.relay.say(snap.SessionID, wire.Media, text)
					l.relay.say(wire.PlatformReceiver, wire.Connection, text)
				}
			},
		},
	}
}

// Faults are tried while the device is idle, loads, plays and is paused. The player tells what it must and nothing else,
// loads nothing by itself, and does what it is told afterwards.
func TestFaults(t *testing.T) {
	for _, f := range faults() {
		for p, story := range f.story {
			try := func(l *lab) {
				release := l.enter(p)
				loads := len(l.receiver.Loads()) + f.loads
				f.do(l)
				l.tells(story)
				release()
				switch {
				case p == loading && story == "": // the load is still waited for
					l.tells("ok, buffering, playing")
				case p == loading && strings.HasSuffix(story, "loading"): // it is taken up
					l.tells("buffering, playing")
				}
				l.settled(loads)
			}
			t.Run(f.name+"/"+string(p), func(t *testing.T) {
				inBubble(t, f.config, func(l *lab) {
					try(l)
					l.drain()
					pass(20 * time.Second)
					synctest.Wait()
					l.settled(len(l.receiver.Loads()))
				})
			})
			if f.real {
				t.Run(f.name+"/"+string(p)+"/over TLS", func(t *testing.T) {
					t.Parallel()
					overTLS(t, f.config, try)
				})
			}
		}
	}
}
