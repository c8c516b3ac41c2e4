package cast_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"localcast/bridge"
	"localcast/cast/casttest"
	"localcast/cast/wire"
)

// app lets the app that runs say something.
func (l *lab) app(text string) { l.relay.say(l.receiver.Snapshot().SessionID, wire.Media, text) }

// tell lets the app that runs tell a status of the session that is loaded; fields are of its one entry.
func (l *lab) tell(fields string) {
	l.app(fmt.Sprintf(`{"type":"MEDIA_STATUS","requestId":0,"status":[{"mediaSessionId":%d,%s}]}`,
		l.receiver.Snapshot().MediaSessionID, fields))
}

// stranger sends messages to the app as another sender, and goes.
func (l *lab) stranger(messages ...map[string]any) {
	l.Helper()
	conn, err := l.relay.reach(context.Background())
	if err != nil {
		l.Fatal(err)
	}
	read := make(chan struct{})
	go func() { // what comes is of no interest, but must be taken
		defer close(read)
		for {
			if _, err := wire.Read(conn); err != nil {
				return
			}
		}
	}()
	app := l.receiver.Snapshot().SessionID
	say := func(to, namespace string, o map[string]any) {
		text, err := json.Marshal(o)
		if err != nil {
			l.Fatal(err)
		}
		frame, err := wire.Append(nil, wire.Message{Source: "stranger", Destination: to, Namespace: namespace, Text: string(text)})
		if err == nil {
			_, err = conn.Write(frame)
		}
		if err != nil {
			l.Fatal(err)
		}
	}
	say(app, wire.Connection, map[string]any{"type": "CONNECT"})
	for i, m := range messages {
		m["requestId"] = i + 1
		say(app, wire.Media, m)
	}
	pass(time.Second)
	conn.Close()
	<-read
}

// queue has another sender play two items in the receiver's own queue.
func (l *lab) queue(more map[string]any) {
	l.Helper()
	l.obey(bridge.Order{Kind: bridge.OrderWake})
	item := func(name string) map[string]any {
		o := map[string]any{"media": map[string]any{"contentId": "http://192.0.2.10/" + name, "contentType": "audio/wav", "streamType": "BUFFERED"}}
		for k, v := range more {
			o[k] = v
		}
		return o
	}
	l.stranger(map[string]any{"type": "QUEUE_LOAD", "items": []any{item("one"), item("two")}, "repeatMode": "REPEAT_OFF"})
	l.status(func(st bridge.Status) bool { return st.Media != nil && st.Media.State == bridge.PlayPlaying })
	l.drain()
}

func loadRows() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"foreign-ids": in(casttest.Config{}, func(l *lab) {
			l.enter(playing)
			l.once("PAUSE", func(m wire.Message) {
				id := int64(body(m)["requestId"].(float64))
				l.relay.say("another-app", wire.Media, fmt.Sprintf(`{"type":"INVALID_PLAYER_STATE","requestId":%d}`, id))
				l.relay.say(wire.PlatformReceiver, wire.Receiver, fmt.Sprintf(`{"type":"INVALID_REQUEST","requestId":%d}`, id))
			})
			if d := l.order(bridge.Order{Kind: bridge.OrderPause}); d.Fail == nil || d.Fail.Kind != bridge.FailTimeout {
				l.Errorf("answered %+v", d.Fail)
			}
		}),
		"addressee": in(casttest.Config{}, func(l *lab) {
			for _, to := range []string{"*", l.relay.said("CONNECT")[0].Source} {
				l.relay.alter(func(m wire.Message) []wire.Message {
					if m.Namespace == wire.Receiver {
						m.Destination = to
					}
					return []wire.Message{m}
				}, nil)
				l.obey(bridge.Order{Kind: bridge.OrderMute, Muted: to == "*"})
			}
			l.relay.alter(nil, nil)
			l.settled(0)
		}),
		"deltas": in(casttest.Config{}, func(l *lab) {
			l.obey(l.load())
			before := l.state(bridge.PlayPlaying)
			l.obey(bridge.Order{Kind: bridge.OrderPause})
			after := l.state(bridge.PlayPaused)
			if after.Title != "Tone" || after.URL != before.URL || after.Duration != before.Duration || *after.Tag != *before.Tag {
				l.Errorf("told %+v", after)
			}
		}),
		"stale-reason": in(casttest.Config{}, func(l *lab) {
			l.receiver.SetRefuse(func(string) *casttest.LoadError { return &casttest.LoadError{Code: 104} })
			l.again()
			l.receiver.SetRefuse(nil)
			l.enter(playing)
			l.receiver.Finish()
			l.tells("ended finished, empty")
		}),
		"strange-values": in(casttest.Config{}, func(l *lab) {
			l.enter(playing)
			for _, fields := range []string{
				`"playerState":null`, `"playerState":"PLAYING","media":{"streamType":2,"duration":null}`,
				`"media":{"duration":0,"contentId":""}`, `"media":{"duration":-1}`, `"playbackRate":0`, `"volume":null`,
				`"playerState":"PLAYING","currentTime":"x","supportedMediaCommands":"all","items":7,"media":{"metadata":[]}`,
			} {
				l.tell(fields)
			}
			l.app(`{"type":"MEDIA_STATUS","requestId":0}`)
			l.settled(1)
			l.enter(playing) // the tag and the title are told anew
		}),
		"load-loading": in(casttest.Config{LoadingAnswers: true}, func(l *lab) {
			release := l.enter(loading)
			l.tells("")
			pass(time.Minute)
			l.tells("")
			release()
			l.tells("ok, buffering, playing")
		}),
		"load-at-once": in(casttest.Config{}, func(l *lab) {
			l.drain()
			l.relay.alter(func(m wire.Message) []wire.Message {
				if strings.Contains(m.Text, `"LOADING"`) {
					return nil
				}
				m.Text = strings.ReplaceAll(m.Text, `"BUFFERING"`, `"PLAYING"`)
				return []wire.Message{m}
			}, nil)
			l.pendingLoad()
			l.tells("empty, ok, playing")
		}),
		"load-failed": in(casttest.Config{}, func(l *lab) {
			l.drain()
			l.receiver.SetRefuse(func(string) *casttest.LoadError { return &casttest.LoadError{Code: 104} })
			l.again()
			l.tells("empty, loading, format: the device cannot play this format, empty")
			pass(time.Minute)
			l.tells("")
		}),
		"load-codes": in(casttest.Config{}, func(l *lab) {
			for code, want := range map[int]bridge.Fail{
				0:   {Kind: bridge.FailRefused, Message: "the device could not play it"},
				101: {Kind: bridge.FailFetch, Message: "the device gave up loading"},
				102: {Kind: bridge.FailRefused, Message: "the device could not decode the file"},
				103: {Kind: bridge.FailFetch, Message: "the device could not fetch the file"},
				104: {Kind: bridge.FailFormat, Message: "the device cannot play this format"},
				301: {Kind: bridge.FailFetch, Message: "the device could not fetch the file"},
				905: {Kind: bridge.FailRefused, Message: "the device could not play it"},
			} {
				l.receiver.SetRefuse(func(string) *casttest.LoadError { return &casttest.LoadError{Code: code} })
				if d := l.order(l.load()); d.Fail == nil || *d.Fail != want {
					l.Errorf("%d is answered %+v", code, d.Fail)
				}
			}
		}),
		"load-refused": in(casttest.Config{}, func(l *lab) {
			for kind, want := range map[string]string{
				"INVALID_PLAYER_STATE": "the device cannot do that at this moment",
				"INVALID_REQUEST":      "the device did not accept the request (INVALID_PARAMS)",
			} {
				l.receiver.SetRefuse(func(string) *casttest.LoadError { return &casttest.LoadError{Type: kind, Reason: "INVALID_PARAMS"} })
				if d := l.order(l.load()); d.Fail == nil || d.Fail.Message != want {
					l.Errorf("%s is answered %+v", kind, d.Fail)
				}
			}
		}),
		"load-slow": in(casttest.Config{}, func(l *lab) {
			l.enter(loading)
			began := time.Now()
			pass(time.Minute)
			l.tells("")
			l.obey(bridge.Order{Kind: bridge.OrderVolume, Volume: 44}) // it holds nothing up
			l.drain()
			l.tells("fetch: the device could not fetch the file, empty")
			if took := time.Since(began); took < 2*time.Minute || took > 150*time.Second {
				l.Errorf("it took %v", took)
			}
		}),
		"late-answer": in(casttest.Config{}, func(l *lab) {
			var late []wire.Message
			l.relay.alter(func(m wire.Message) []wire.Message {
				if o := body(m); o["type"] == "MEDIA_STATUS" && len(o["status"].([]any)) == 0 {
					late = append(late, m)
					return nil
				}
				return []wire.Message{m}
			}, nil)
			l.enter(playing)
			if len(late) != 1 {
				l.Fatalf("%d answers are late", len(late))
			}
			frame, err := wire.Append(nil, late[0])
			if err != nil {
				l.Fatal(err)
			}
			l.relay.inject(frame)
			pass(time.Second)
			l.tells("")
			l.settled(1)
		}),
		"buffering": in(casttest.Config{}, func(l *lab) {
			l.enter(playing)
			l.tell(`"playerState":"BUFFERING","currentTime":3`)
			l.tell(`"playerState":"PLAYING","currentTime":3`)
			l.tells("buffering, playing")
			l.settled(1)
		}),
		"long-address": in(casttest.Config{}, func(l *lab) {
			o := l.load()
			o.Load.URL = "http://192.0.2.10/" + strings.Repeat("x", 1000)
			if d := l.order(o); d.Fail == nil || d.Fail.Kind != bridge.FailRefused || len(l.relay.said("LAUNCH")) != 0 {
				l.Errorf("answered %+v", d.Fail)
			}
			o = l.load()
			o.Load.URL = "http://192.0.2.10/" + strings.Repeat("x", 1000-len("http://192.0.2.10/"))
			l.obey(o)
		}),
		"pictures": in(casttest.Config{}, func(l *lab) {
			o := l.load()
			o.Load.Artwork = "http://192.0.2.10/art.jpg"
			l.obey(o)
			if m := l.state(bridge.PlayPlaying); m.Artwork != o.Load.Artwork {
				l.Errorf("told %+v", m)
			}
		}),
	}
}

func playRows() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"ends": func(t *testing.T) {
			for want, end := range map[string]func(*lab){
				"ended finished, empty":  func(l *lab) { l.receiver.Finish() },
				"ended cancelled, empty": func(l *lab) { l.stranger(map[string]any{"type": "STOP", "mediaSessionId": 1}) },
				"ended error the device could not decode the file, empty": func(l *lab) {
					l.tell(`"playerState":"IDLE","idleReason":"ERROR","detailedErrorCode":102`)
				},
			} {
				t.Run(want, in(casttest.Config{}, func(l *lab) {
					l.enter(playing)
					end(l)
					l.tells(want)
				}))
			}
			t.Run("interrupted", in(casttest.Config{}, func(l *lab) {
				l.enter(playing)
				l.pendingLoad()
				l.tells("ended interrupted, empty, loading, ok, buffering, playing")
			}))
		},
		"cut-short": in(casttest.Config{}, func(l *lab) {
			l.enter(playing)
			pass(30 * time.Second)
			l.receiver.Finish()
			e := await(l.setup, "the end", func(bridge.Ended) bool { return true })
			if e.Reason != bridge.EndFinished || e.Position < 29 || e.Position > 31 {
				l.Errorf("told %+v: whoever decides must be able to see that it was not the end", e)
			}
		}),
		"after-the-end": in(casttest.Config{}, func(l *lab) {
			l.enter(playing)
			l.relay.silence()
			l.relay.move("")
			l.receiver.Finish()
			l.tells("offline")
			l.relay.move("192.0.2.20:8009")
			l.devices.See(l.device)
			st := l.status(func(st bridge.Status) bool { return st.Online && st.Asked })
			if !st.Default || st.Media != nil {
				l.Errorf("told %+v", st)
			}
		}),
		"moves-on": in(casttest.Config{}, func(l *lab) {
			l.queue(nil)
			l.receiver.Finish()
			l.tells("loading another's, buffering another's, playing another's")
			l.receiver.Finish()
			l.tells("ended finished, empty")
		}),
		"ids-rise": in(casttest.Config{}, func(l *lab) {
			l.enter(playing)
			l.again()
			l.drain()
			l.app(`{"type":"MEDIA_STATUS","status":[{"mediaSessionId":1,"playerState":"PLAYING","media":{"contentId":"old"}}]}`)
			l.app(`{"type":"MEDIA_STATUS","status":[{"mediaSessionId":1,"playerState":"IDLE","idleReason":"FINISHED"}]}`)
			pass(time.Second)
			l.settled(2)
		}),
		"jump": in(casttest.Config{}, func(l *lab) {
			l.queue(nil)
			item := l.receiver.Snapshot().ItemID
			l.obey(bridge.Order{Kind: bridge.OrderNext})
			l.receives(func(s casttest.Snapshot) bool { return s.ItemID == item+1 })
			l.obey(bridge.Order{Kind: bridge.OrderPrevious})
			l.receives(func(s casttest.Snapshot) bool { return s.ItemID == item })
		}),
		"jump-beyond": in(casttest.Config{}, func(l *lab) {
			l.enter(playing)
			d := l.order(bridge.Order{Kind: bridge.OrderNext})
			if d.Fail == nil || d.Fail.Kind != bridge.FailUnsupported || len(l.relay.said("QUEUE_UPDATE")) != 0 {
				l.Errorf("answered %+v", d.Fail)
			}
		}),
		"preload": in(casttest.Config{}, func(l *lab) {
			l.queue(map[string]any{"preloadTime": 60})
			pass(4*time.Minute + 30*time.Second)
			if n := len(l.receiver.Loads()); n != 2 {
				l.Errorf("%d items were fetched", n)
			}
			l.tells("")
		}),
		"insert": in(casttest.Config{}, func(l *lab) {
			l.obey(l.load())
			l.obey(l.follow("e2"))
			l.drain()
			l.receiver.Finish()
			l.tells("ended finished then e2, loading, buffering, playing")
			if loads := l.receiver.Loads(); len(loads) != 2 || loads[1].Requester != "" {
				l.Errorf("loads %+v", loads)
			}
		}),
		"queue-refused": in(casttest.Config{}, func(l *lab) {
			l.obey(l.load())
			l.receiver.RefuseQueue(true)
			if d := l.order(l.follow("e2")); d.Fail == nil || d.Fail.Kind != bridge.FailUnsupported {
				l.Errorf("answered %+v", d.Fail)
			}
			l.drain()
			l.receiver.Finish()
			l.tells("ended finished, empty")
		}),
		"went-back": in(casttest.Config{}, func(l *lab) {
			l.obey(l.load())
			l.obey(l.follow("e2"))
			l.receiver.Next()
			l.status(func(st bridge.Status) bool {
				return st.Media != nil && st.Media.Tag.Entry == "e2" && st.Media.State == bridge.PlayPlaying
			})
			l.obey(l.follow("e3"))
			l.drain()
			l.receiver.Previous()
			l.tells("ended interrupted then e1, loading, buffering, playing")
			l.obey(l.follow("e2")) // which is there still: what was behind it goes
			if s := l.receiver.Snapshot(); len(s.Queue) != 2 || len(s.Loads) != 3 {
				l.Errorf("the receiver has %d items, and has loaded %d times", len(s.Queue), len(s.Loads))
			}
		}),
		"picture-alone": in(casttest.Config{}, func(l *lab) {
			for i := range 2 {
				l.obey(l.load())
				if n := len(l.relay.said("LOAD")); n != i+1 || len(l.relay.said("QUEUE_LOAD"))+len(l.relay.said("QUEUE_INSERT")) != 0 {
					l.Errorf("LOAD was said %d times", n)
				}
			}
		}),
		"speed": in(casttest.Config{}, func(l *lab) {
			l.obey(l.load())
			if m := l.state(bridge.PlayPlaying); !m.CanRate {
				l.Fatalf("told %+v", m)
			}
			l.obey(bridge.Order{Kind: bridge.OrderRate, Rate: 1.5})
			l.status(func(st bridge.Status) bool { return st.Media.Rate == 1.5 })
			if rate := l.receiver.Snapshot().Rate; rate != 1.5 {
				l.Errorf("the device plays at %v", rate)
			}
			l.tell(`"supportedMediaCommands":15`)
			l.status(func(st bridge.Status) bool { return !st.Media.CanRate })
			if d := l.order(bridge.Order{Kind: bridge.OrderRate, Rate: 2}); d.Fail == nil || d.Fail.Kind != bridge.FailUnsupported {
				l.Errorf("answered %+v", d.Fail)
			}
		}),
		"tracks": in(casttest.Config{}, func(l *lab) {
			o := l.load()
			o.Load.Tracks = []bridge.Track{
				{ID: 1, URL: "http://192.0.2.10/de.vtt", Language: "de", Name: "Deutsch"}, {ID: 2, URL: "http://192.0.2.10/en.vtt", Language: "en"},
			}
			o.Load.Show = []int{1}
			l.obey(o)
			if m := l.state(bridge.PlayPlaying); !slices.Equal(m.Tracks, o.Load.Tracks) || !slices.Equal(m.Shown, o.Load.Show) || !m.CanTracks {
				l.Fatalf("told %+v", m)
			}
			for _, ids := range [][]int{{2}, nil, {1}} {
				l.obey(bridge.Order{Kind: bridge.OrderTracks, Tracks: ids})
				l.status(func(st bridge.Status) bool { return slices.Equal(st.Media.Shown, ids) })
			}
			if d := l.order(bridge.Order{Kind: bridge.OrderTracks, Tracks: []int{3}}); d.Fail == nil || d.Fail.Kind != bridge.FailUnsupported {
				l.Errorf("answered %+v", d.Fail)
			}
		}),
		"ranges": in(casttest.Config{}, func(l *lab) {
			l.enter(playing)
			if f := l.receiver.Fetches(); len(f) == 0 || f[0].URL != l.url || f[0].Range != "bytes=0-" {
				l.Errorf("fetched %+v", f)
			}
		}),
	}
}

func groupRows() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"group-port": in(casttest.Config{Kind: casttest.Group}, func(l *lab) {
			l.drain()
			leads := l.device
			leads.ID = "fedcba9876543210fedcba9876543210"
			l.devices.See(leads) // the address is that of the leader itself
			l.tells("offline")
			group := l.device
			group.Port = 32187
			l.relay.move("192.0.2.20:32187")
			l.devices.See(group)
			l.tells("off")
		}),
		"leader-moves": in(casttest.Config{Kind: casttest.Group}, func(l *lab) {
			l.enter(playing)
			l.relay.cut()
			l.relay.move("192.0.2.77:32188")
			l.tells("offline")
			moved := l.device
			moved.Host, moved.Port = "192.0.2.77", 32188
			l.devices.See(moved)
			l.tells("playing")
			l.settled(1)
		}),
		"follower": in(casttest.Config{Kind: casttest.Audio}, func(l *lab) {
			l.enter(playing)
			l.receiver.TakeOver(wire.GroupFollower, "Default Media Receiver")
			l.tells("ended cancelled, empty, playing another's")
			st := l.status(func(st bridge.Status) bool {
				l.receiver.SetVolume(0.31, false)
				return st.Volume == 31
			})
			if st.Idle || st.Default || st.Controllable || st.Media == nil || !st.Asked {
				l.Errorf("told %+v", st)
			}
		}),
		"leader": in(casttest.Config{Kind: casttest.Audio}, func(l *lab) {
			l.relay.alter(apps(func(a map[string]any) {
				delete(a, "transportId")
				a["namespaces"] = []any{}
			}), nil)
			l.drain()
			l.receiver.TakeOver(wire.GroupLeader, "Spotify")
			l.tells("playing another's")
			if n := len(l.relay.said("CONNECT")); n != 1 {
				l.Errorf("CONNECT was said %d times", n)
			}
		}),
		"multizone": in(casttest.Config{}, func(l *lab) {
			l.drain()
			l.relay.say(wire.PlatformReceiver, wire.Multizone,
				`{"type":"MULTIZONE_STATUS","requestId":0,"status":{"devices":[{"deviceId":"x","volume":{"level":1}}],"isMultichannel":false}}`)
			pass(time.Second)
			l.tells("")
		}),
		"mdns": TestADiscoveredDevicePlays,
	}
}
