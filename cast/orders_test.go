package cast

import (
	"slices"
	"strconv"
	"testing"

	"localcast/bridge"
	"localcast/cast/wire"
)

// subtitled is playing with two text tracks, the first of which shows, on a device that can change track and speed.
func subtitled(t *testing.T) *rig {
	r := playing(t)
	r.media(`{"type":"MEDIA_STATUS","status":[{"mediaSessionId":1,"supportedMediaCommands":12303,"activeTrackIds":[1],` +
		`"currentTime":0,"media":{"tracks":[{"trackId":1,"type":"TEXT"},{"trackId":2,"type":"TEXT"}]}}]}`)
	r.forget()
	return r
}

func TestOrders(t *testing.T) {
	obey := func(o bridge.Order, answer string) func(*rig) {
		return func(r *rig) { r.do(o); r.media(answer) }
	}
	ok := func(kind string) string {
		return `{"type":"MEDIA_STATUS","requestId":@` + kind + `,"status":[{"mediaSessionId":1}]}`
	}
	seek := order(2, bridge.OrderSeek)
	seek.Position = 42
	run(t, []step{
		{"pause", playing, obey(order(2, bridge.OrderPause), ok("PAUSE")), []string{"done 2", "playing e1/1 at 0"}, []string{"app-1 PAUSE"}},
		{
			"pause that shows without an answer's id", playing, obey(order(2, bridge.OrderPause), status("PAUSED", 1, "")),
			[]string{"done 2", "paused e1/1 at 0"}, []string{"app-1 PAUSE"},
		},
		{"resume", playing, obey(order(2, bridge.OrderResume), ok("PLAY")), []string{"done 2", "playing e1/1 at 0"}, []string{"app-1 PLAY"}},
		{"seek", playing, obey(seek, ok("SEEK")), []string{"done 2", "playing e1/1 at 0"}, []string{"app-1 SEEK"}},
		{
			"stop of the media", playing,
			obey(order(2, bridge.OrderStopMedia),
				`{"type":"MEDIA_STATUS","requestId":@STOP,"status":[{"mediaSessionId":1,"playerState":"IDLE","idleReason":"CANCELLED"}]}`),
			[]string{"done 2", "ended e1/1 cancelled at 0", "app Default Media Receiver"}, []string{"app-1 STOP"},
		},
		{
			"stop of the app", playing, func(r *rig) { r.do(order(2, bridge.OrderStopApp)); r.receiver(idleScreen) },
			[]string{"done 2", "ended e1/1 cancelled at 0", "idle screen"}, []string{"receiver-0 STOP"},
		},
		{"stop of no app", online, func(r *rig) { r.do(order(2, bridge.OrderStopApp)) }, []string{"done 2"}, nil},
		{
			"pause of nothing", online, func(r *rig) { r.do(order(2, bridge.OrderPause)) },
			[]string{"done 2 unsupported: the device has nothing loaded that can be controlled"}, nil,
		},
		{
			"other subtitles", subtitled, func(r *rig) {
				r.do(bridge.Order{Serial: 2, Kind: bridge.OrderTracks, Tracks: []int{2}})
				r.media(ok("EDIT_TRACKS_INFO"))
				if got := r.told[1].(bridge.Status).Media.Shown; !slices.Equal(got, []int{2}) {
					r.t.Errorf("shown %v", got)
				}
			},
			[]string{"done 2", "playing e1/1 at 0"}, []string{"app-1 EDIT_TRACKS_INFO"},
		},
		{
			"no subtitles: an empty list, and not null", subtitled, func(r *rig) {
				r.do(bridge.Order{Serial: 2, Kind: bridge.OrderTracks})
				if ids, ok := r.sent[0].object["activeTrackIds"].([]any); !ok || len(ids) != 0 {
					r.t.Errorf("sent %v", r.sent[0])
				}
			},
			nil, []string{"app-1 EDIT_TRACKS_INFO"},
		},
		{
			"subtitles that are not there", subtitled,
			func(r *rig) { r.do(bridge.Order{Serial: 2, Kind: bridge.OrderTracks, Tracks: []int{7}}) },
			[]string{"done 2 unsupported: the device has no such subtitles"}, nil,
		},
		{
			"another speed", subtitled, func(r *rig) {
				r.do(bridge.Order{Serial: 2, Kind: bridge.OrderRate, Rate: 1.5})
				if got, _ := r.sent[0].number("playbackRate"); got != 1.5 {
					r.t.Errorf("sent %v", r.sent[0])
				}
				r.media(`{"type":"MEDIA_STATUS","requestId":0,"status":[{"mediaSessionId":1,"playbackRate":1.5,"currentTime":0}]}`)
				if got := r.told[1].(bridge.Status).Media.Rate; got != 1.5 {
					r.t.Errorf("rate %v", got)
				}
			},
			[]string{"done 2", "playing e1/1 at 0"}, []string{"app-1 SET_PLAYBACK_RATE"},
		},
		{
			"another speed on a device that has one", playing,
			func(r *rig) { r.do(bridge.Order{Serial: 2, Kind: bridge.OrderRate, Rate: 1.5}) },
			[]string{"done 2 unsupported: the device plays at no other speed"}, nil,
		},
		{"next in another sender's queue", foreign, func(r *rig) { r.do(order(2, bridge.OrderNext)) }, nil, []string{"app-1 QUEUE_UPDATE"}},
		{
			"next where there is no queue", playing, func(r *rig) { r.do(order(2, bridge.OrderNext)) },
			[]string{"done 2 unsupported: the app has nothing to skip to"}, nil,
		},
		{
			"a refusal", playing, func(r *rig) {
				r.do(order(2, bridge.OrderPause))
				r.says("app-1", wire.Media, `{"type":"INVALID_PLAYER_STATE","requestId":@PAUSE,"x":0}`)
			},
			[]string{"done 2 refused: the device cannot do that at this moment"}, []string{"app-1 PAUSE"},
		},
		{
			"a command that the app does not know", playing, func(r *rig) {
				r.do(order(2, bridge.OrderPause))
				r.says("app-1", wire.Media, `{"type":"INVALID_REQUEST","requestId":@PAUSE,"reason":"INVALID_COMMAND"}`)
			},
			[]string{"done 2 unsupported: the device does not know that command"}, []string{"app-1 PAUSE"},
		},
		{
			"the answer to another order of the same id, from elsewhere", playing, func(r *rig) {
				r.do(order(2, bridge.OrderPause))
				r.says("app-2", wire.Media, `{"type":"INVALID_PLAYER_STATE","requestId":@PAUSE,"x":0}`)
				r.says(wire.PlatformReceiver, wire.Receiver, `{"type":"INVALID_REQUEST","requestId":@PAUSE,"x":0}`)
			},
			nil, []string{"app-1 PAUSE"},
		},
		{
			"no answer: 5 s", playing, func(r *rig) { r.do(order(2, bridge.OrderPause)); r.after(orderTimeout) },
			[]string{"done 2 timeout: the device did not answer in time"}, []string{"app-1 PAUSE"},
		},
		{
			"what the bridge does not know", online, func(r *rig) { r.do(order(2, "dance")) },
			[]string{"done 2 unsupported: the device cannot do that"}, nil,
		},
		{
			"a load that waits holds nothing up", loadIsSent,
			func(r *rig) { r.do(bridge.Order{Serial: 2, Kind: bridge.OrderMute, Muted: true}) }, nil,
			[]string{"receiver-0 LAUNCH", "app-1 CONNECT", "app-1 GET_STATUS", "app-1 LOAD", "receiver-0 SET_VOLUME"},
		},
		{
			"a lost link answers everybody once", loadIsSent, func(r *rig) {
				r.do(order(2, bridge.OrderMute))
				r.s.abort(&bridge.Fail{Kind: bridge.FailOffline, Message: "offline"})
				r.s.abort(&bridge.Fail{Kind: bridge.FailOffline, Message: "offline"})
			},
			[]string{"done 2 offline: offline", "done 1 offline: offline"},
			[]string{"receiver-0 LAUNCH", "app-1 CONNECT", "app-1 GET_STATUS", "app-1 LOAD", "receiver-0 SET_VOLUME"},
		},
	})
}

func TestVolume(t *testing.T) {
	level := func(text string) string {
		return `{"type":"RECEIVER_STATUS","requestId":@SET_VOLUME,"status":{"volume":` + text + `}}`
	}
	r := online(t)
	for percent := 0; percent <= 100; percent++ {
		r.forget()
		r.do(bridge.Order{Serial: 5, Kind: bridge.OrderVolume, Volume: percent})
		r.wantSent("receiver-0 SET_VOLUME")
		sent := r.sent[0].object.object("volume")
		if _, known := sent.number("level"); !known {
			t.Fatalf("no level for %d: %v", percent, sent)
		}
		// It comes back as a float32 would tell it.
		echoed, _ := sent.number("level")
		r.receiver(level(`{"level":` + strconv.FormatFloat(float64(float32(echoed)), 'g', -1, 64) + `}`))
		if got := r.told[len(r.told)-1].(bridge.Status).Volume; got != percent {
			t.Errorf("%d comes back as %d", percent, got)
		}
		r.wantTold("done 5", "idle screen")
	}

	r.forget()
	r.do(bridge.Order{Serial: 6, Kind: bridge.OrderVolume, Volume: 70})
	r.receiver(level(`{"level":0.35}`))
	r.wantTold("idle screen") // an old level echoed: no answer yet
	r.receiver(`{"type":"RECEIVER_STATUS","requestId":0,"status":{"volume":{"level":0.699999988}}}`)
	if got := r.told[1].(bridge.Status).Volume; got != 70 {
		t.Errorf("then the new level gives %d", got)
	}
	r.wantTold("done 6", "idle screen")
	r.wantSent("receiver-0 SET_VOLUME")

	r.forget()
	r.do(bridge.Order{Serial: 8, Kind: bridge.OrderVolume, Volume: 70})
	r.receiver(level(`{"level":0.666666}`)) // it has fifteen steps
	r.after(echoTimeout)
	r.wantTold("idle screen", "done 8", "idle screen") // so that it is known what became of it

	r.forget()
	r.receiver(`{"type":"RECEIVER_STATUS","status":{"volume":{"level":1,"controlType":"fixed","stepInterval":1.0}}}`)
	r.do(bridge.Order{Serial: 7, Kind: bridge.OrderVolume, Volume: 70})
	r.wantTold("idle screen", "done 7 unsupported: the volume of the device is fixed")
	r.wantSent()
}
