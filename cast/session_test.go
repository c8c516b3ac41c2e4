package cast

import (
	"errors"
	"strings"
	"testing"
	"time"

	"localcast/bridge"
	"localcast/cast/wire"
)

// step is a row of what happens on a link: from a state, by what is said and ordered, to what is told and sent.
type step struct {
	name string
	from func(*testing.T) *rig
	do   func(*rig)
	told []string
	sent []string
}

func run(t *testing.T, rows []step) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			r := row.from(t)
			row.do(r)
			r.wantTold(row.told...)
			r.wantSent(row.sent...)
		})
	}
}

// launching has sent LAUNCH, loadIsSent has sent LOAD, both for the order with serial 1.
func launching(t *testing.T) *rig {
	r := online(t)
	r.do(order(1, bridge.OrderLoad))
	r.wantSent("receiver-0 LAUNCH")
	r.told = nil
	return r
}

func loadIsSent(t *testing.T) *rig {
	r := launching(t)
	r.receiver(ourApp)
	r.media(`{"type":"MEDIA_STATUS","requestId":@GET_STATUS,"status":[]}`)
	r.wantSent("receiver-0 LAUNCH", "app-1 CONNECT", "app-1 GET_STATUS", "app-1 LOAD")
	r.told = nil
	return r
}

// loadIsShown is loadIsSent whose session 1 shows as LOADING.
func loadIsShown(t *testing.T) *rig {
	r := loadIsSent(t)
	r.media(`{"type":"MEDIA_STATUS","requestId":@LOAD,"status":[{"mediaSessionId":1,"playerState":"IDLE","extendedStatus":` +
		`{"playerState":"LOADING","mediaSessionId":1,"media":{"contentId":"http://192.0.2.10:8010/film.mp4"}}}]}`)
	r.wantTold("loading e1/1 at 0") // it carries the answer's id, and is no success
	r.sent = nil
	return r
}

// foreign is a device on which another sender plays in the Default Media Receiver.
func foreign(t *testing.T) *rig {
	r := online(t)
	r.receiver(ourApp)
	r.media(`{"type":"MEDIA_STATUS","status":[{"mediaSessionId":9,"playerState":"PLAYING","currentTime":4,` +
		`"supportedMediaCommands":274447,"media":{"contentId":"http://other/x"},"items":[{"itemId":1},{"itemId":2}]}]}`)
	r.forget()
	return r
}

func TestOnline(t *testing.T) {
	asked := []string{"receiver-0 CONNECT", "receiver-0 GET_STATUS"}
	again := append(asked[:2:2], asked...)
	run(t, []step{
		{
			"nothing is told before the first receiver status", newRig,
			func(r *rig) { r.media(status("PLAYING", 1, "")) }, nil, asked,
		},
		{
			"a volume alone is the idle screen", newRig, func(r *rig) { r.receiver(idleScreen) },
			[]string{"idle screen"}, asked,
		},
		{
			"an app that runs is asked what it plays", newRig, func(r *rig) { r.receiver(ourApp) },
			[]string{"app Default Media Receiver, asking"}, append(asked[:2:2], "app-1 CONNECT", "app-1 GET_STATUS"),
		},
		{
			"CONNECT goes to an app once", newRig, func(r *rig) { r.receiver(ourApp); r.receiver(ourApp) },
			[]string{"app Default Media Receiver, asking", "app Default Media Receiver, asking"},
			append(asked[:2:2], "app-1 CONNECT", "app-1 GET_STATUS"),
		},
		{
			"what plays is taken up", newRig,
			func(r *rig) { r.receiver(ourApp); r.media(status("PLAYING", 7, "")) },
			[]string{"app Default Media Receiver, asking", "playing e7/7 at 0"},
			append(asked[:2:2], "app-1 CONNECT", "app-1 GET_STATUS"),
		},
		{
			"an app that does not answer counts as empty after 4 s", newRig,
			func(r *rig) { r.receiver(ourApp); r.after(mediaTimeout) },
			[]string{"app Default Media Receiver, asking", "app Default Media Receiver"},
			append(asked[:2:2], "app-1 CONNECT", "app-1 GET_STATUS"),
		},
		{
			"an app without a transport gets nothing", newRig, func(r *rig) { r.receiver(otherApp) },
			[]string{"app YouTube"}, asked,
		},
		{
			"a member of a group that plays is not free and has nothing to control", newRig, func(r *rig) {
				r.receiver(follower)
				if p := r.told[0].(bridge.Status); p.Idle || p.Default || p.Controllable || !p.Asked {
					r.t.Errorf("told %+v", p)
				}
			},
			[]string{"playing - at 0"}, asked,
		},
		{
			"CLOSE in answer to the first CONNECT: a second try", newRig,
			func(r *rig) {
				r.says(wire.PlatformReceiver, wire.Connection, `{"type":"CLOSE"}`)
				r.receiver(idleScreen)
			},
			[]string{"idle screen"}, again,
		},
		{
			"an app that closes us out and is still there: a second try, and one", playing,
			func(r *rig) {
				for range 3 {
					r.says("app-1", wire.Connection, `{"type":"CLOSE"}`)
					r.receiver(ourApp)
				}
			},
			[]string{"playing e1/1 at 0", "playing e1/1 at 0", "playing e1/1 at 0"},
			[]string{"receiver-0 GET_STATUS", "app-1 CONNECT", "app-1 GET_STATUS", "receiver-0 GET_STATUS", "receiver-0 GET_STATUS"},
		},
		{
			"what is for another sender is not for us", newRig,
			func(r *rig) { r.saysTo("sender-2", wire.PlatformReceiver, wire.Receiver, idleScreen) }, nil, asked,
		},
		{
			"garbage is skipped", newRig,
			func(r *rig) {
				for _, text := range []string{"", "{", "[1]", "7", `"x"`, "null", `{"type":5}`, `{"type":"RECEIVER_STATUS"}`} {
					r.receiver(text)
				}
				r.receiver(idleScreen)
			},
			[]string{"idle screen"}, asked,
		},
	})
}

func TestALinkWithoutAStatusFails(t *testing.T) {
	r := newRig(t)
	if err := r.s.expire(r.now.Add(helloTimeout)); !errors.Is(err, errNoHello) {
		t.Errorf("silence gives %v", err)
	}
	r = newRig(t)
	closeIt := wire.Message{
		Source: wire.PlatformReceiver, Destination: "sender-1", Namespace: wire.Connection, Text: `{"type":"CLOSE"}`,
	}
	var err error
	for range 10 {
		if err = r.s.handle(closeIt, r.now); err != nil {
			break
		}
	}
	if !errors.Is(err, errRefused) {
		t.Errorf("CLOSE after CLOSE gives %v", err)
	}
	r = newRig(t)
	for range 10 { // a receiver that answers in between is none that refuses
		if err := r.s.handle(closeIt, r.now); err != nil {
			t.Fatal(err)
		}
		r.receiver(idleScreen)
	}
}

func TestLaunch(t *testing.T) {
	said := func(text string) func(*rig) {
		return func(r *rig) { r.says(wire.PlatformReceiver, wire.Receiver, text) }
	}
	cancelled := `{"type":"LAUNCH_ERROR","requestId":@LAUNCH,"reason":"CANCELLED"}`
	once := []string{"receiver-0 LAUNCH"}
	run(t, []step{
		{"CANCELLED is tried once more", launching, said(cancelled), nil, []string{"receiver-0 LAUNCH", "receiver-0 LAUNCH"}},
		{
			"CANCELLED twice is a refusal", launching, func(r *rig) { said(cancelled)(r); said(cancelled)(r) },
			[]string{"done 1 launch: the start of the media app was cancelled on the device"},
			[]string{"receiver-0 LAUNCH", "receiver-0 LAUNCH"},
		},
		{
			"NOT_FOUND", launching, said(`{"type":"LAUNCH_ERROR","requestId":@LAUNCH,"reason":"NOT_FOUND"}`),
			[]string{"done 1 launch: the device does not know the media app"}, once,
		},
		{
			"an error that carries the id as launchRequestId", launching,
			said(`{"type":"LAUNCH_ERROR","launchRequestId":@LAUNCH,"reason":"CAST_INIT_TIMEOUT"}`),
			[]string{"done 1 launch: the media app did not start: the device may have no way to the internet"}, once,
		},
		{"the error of another sender's launch", launching, said(`{"type":"LAUNCH_ERROR","requestId":1,"reason":"NOT_FOUND"}`), nil, once},
		{
			"a device that asks its user first", launching,
			func(r *rig) {
				said(`{"type":"LAUNCH_STATUS","launchRequestId":@LAUNCH,"status":"USER_PENDING_AUTHORIZATION"}`)(r)
				if got := r.told[0].(bridge.Status).Notice; got != "Kitchen asks for permission to cast" {
					r.t.Errorf("notice %q", got)
				}
				said(`{"type":"LAUNCH_STATUS","launchRequestId":@LAUNCH,"status":"USER_ALLOWED"}`)(r)
				if got := r.told[1].(bridge.Status).Notice; got != "" {
					r.t.Errorf("notice %q", got)
				}
			},
			[]string{"idle screen", "idle screen"}, once,
		},
		{
			"a user who says no", launching, said(`{"type":"LAUNCH_STATUS","launchRequestId":@LAUNCH,"status":"USER_NOT_ALLOWED"}`),
			[]string{"done 1 launch: casting was not allowed on the device"}, once,
		},
		{
			"no app in 150 s: that says nothing of the item", launching, func(r *rig) { r.after(loadTimeout) },
			[]string{"done 1 launch: the media app did not start in time"}, once,
		},
		{
			"a permission that nobody gives is not waited for for ever", launching,
			func(r *rig) {
				said(`{"type":"LAUNCH_STATUS","launchRequestId":@LAUNCH,"status":"USER_PENDING_AUTHORIZATION"}`)(r)
				r.after(loadTimeout)
				if got := r.told[2].(bridge.Status).Notice; got != "" {
					r.t.Errorf("notice %q", got)
				}
			},
			[]string{"idle screen", "done 1 launch: the media app did not start in time", "idle screen"}, once,
		},
		{
			"CLOSE in answer to LAUNCH: a second try", launching,
			func(r *rig) { r.says(wire.PlatformReceiver, wire.Connection, `{"type":"CLOSE"}`) }, nil,
			[]string{"receiver-0 LAUNCH", "receiver-0 CONNECT", "receiver-0 GET_STATUS", "receiver-0 LAUNCH"},
		},
		{
			"an app without its transport is not there yet", launching,
			func(r *rig) { r.receiver(strings.Replace(ourApp, `"transportId":"app-1",`, "", 1)) },
			[]string{"app Default Media Receiver"}, once,
		},
		{
			"nor is one without the media namespace", launching,
			func(r *rig) { r.receiver(strings.Replace(ourApp, wire.Media, wire.Connection, 1)) },
			[]string{"app Default Media Receiver"}, once,
		},
		{
			"an app of another id that stands for ours", launching,
			func(r *rig) {
				r.receiver(strings.Replace(ourApp, `"appId":"CC1AD845"`, `"appId":"X","universalAppId":"CC1AD845"`, 1))
			},
			[]string{"app Default Media Receiver, asking"},
			[]string{"receiver-0 LAUNCH", "app-1 CONNECT", "app-1 GET_STATUS", "app-1 LOAD"},
		},
		{
			"wake launches and loads nothing", online,
			func(r *rig) {
				r.do(order(1, bridge.OrderWake))
				r.receiver(ourApp)
			},
			[]string{"done 1", "app Default Media Receiver, asking"},
			[]string{"receiver-0 LAUNCH", "app-1 CONNECT", "app-1 GET_STATUS"},
		},
		{"wake of what is awake", playing, func(r *rig) { r.do(order(2, bridge.OrderWake)) }, []string{"done 2"}, nil},
		{
			"wake waits 5 s", online,
			func(r *rig) { r.do(order(1, bridge.OrderWake)); r.after(orderTimeout) },
			[]string{"done 1 timeout: the device did not answer in time"}, once,
		},
		{
			"a load after a wake shares its launch, for as long as that may still come", online,
			func(r *rig) {
				r.do(order(1, bridge.OrderWake))
				r.after(9 * time.Second)
				r.do(order(2, bridge.OrderLoad))
				r.wantSent(once...)
				r.after(2 * time.Second)
				r.do(order(3, bridge.OrderLoad))
			},
			[]string{
				"done 1 timeout: the device did not answer in time", "done 2 cancelled: replaced by a later command",
			},
			[]string{"receiver-0 LAUNCH", "receiver-0 LAUNCH"},
		},
		{
			"an app that was stopped before it ran is not left running", launching,
			func(r *rig) { r.do(order(2, bridge.OrderStopApp)); r.receiver(ourApp) },
			[]string{"done 1 cancelled: replaced by a later command", "done 2", "app Default Media Receiver, asking"},
			[]string{"receiver-0 LAUNCH", "app-1 CONNECT", "app-1 GET_STATUS", "receiver-0 STOP"},
		},
		{
			"a load after a load shares the launch", launching,
			func(r *rig) { r.do(order(2, bridge.OrderLoad)); r.receiver(ourApp) },
			[]string{"done 1 cancelled: replaced by a later command", "app Default Media Receiver, asking"},
			[]string{"receiver-0 LAUNCH", "app-1 CONNECT", "app-1 GET_STATUS", "app-1 LOAD"},
		},
	})
}

func TestLoad(t *testing.T) {
	fails := func(text string) func(*rig) { return func(r *rig) { r.says("app-1", wire.Media, text) } }
	sent := []string{"receiver-0 LAUNCH", "app-1 CONNECT", "app-1 GET_STATUS", "app-1 LOAD"}
	run(t, []step{
		{
			"PLAYING at once", loadIsSent,
			fails(`{"type":"MEDIA_STATUS","requestId":@LOAD,"status":[{"mediaSessionId":1,"playerState":"PLAYING"}]}`),
			[]string{"done 1", "playing e1/1 at 0"}, sent,
		},
		{
			"LOADING, BUFFERING, PLAYING", loadIsShown,
			func(r *rig) { r.media(status("BUFFERING", 1, "")); r.media(status("PLAYING", 1, "")) },
			[]string{"done 1", "buffering e1/1 at 0", "playing e1/1 at 0"}, nil,
		},
		{"PAUSED, as asked", loadIsShown, func(r *rig) { r.media(status("PAUSED", 1, "")) }, []string{"done 1", "paused e1/1 at 0"}, nil},
		{
			"no answer with our id, but a session with our tag", loadIsSent, func(r *rig) { r.media(status("PLAYING", 1, "")) },
			[]string{"done 1", "playing e1/1 at 0"}, sent,
		},
		{
			"a session with another tag is not ours", loadIsSent, func(r *rig) { r.media(status("PLAYING", 3, "")) },
			[]string{"playing e3/3 at 0"}, sent,
		},
		{
			"LOAD_FAILED, then IDLE with ERROR: one answer and no end", loadIsShown,
			func(r *rig) {
				r.s.load.request = 77
				fails(`{"type":"LOAD_FAILED","requestId":77,"detailedErrorCode":104}`)(r)
				r.media(`{"type":"MEDIA_STATUS","status":[{"mediaSessionId":1,"playerState":"IDLE","idleReason":"ERROR"}]}`)
			},
			[]string{"done 1 format: the device cannot play this format", "app Default Media Receiver"}, nil,
		},
		{
			"LOAD_FAILED without a code", loadIsSent, fails(`{"type":"LOAD_FAILED","requestId":@LOAD,"itemId":1}`),
			[]string{"done 1 refused: the device could not play it"}, sent,
		},
		{
			"LOAD_FAILED without an id, to us alone", loadIsSent, fails(`{"type":"LOAD_FAILED","detailedErrorCode":103}`),
			[]string{"done 1 fetch: the device could not fetch the file"}, sent,
		},
		{
			"LOAD_FAILED of another sender", loadIsSent,
			func(r *rig) { r.media(`{"type":"LOAD_FAILED","requestId":1}`); r.media(`{"type":"LOAD_FAILED"}`) }, nil, sent,
		},
		{
			"IDLE with ERROR and no LOAD_FAILED", loadIsShown,
			func(r *rig) {
				r.media(`{"type":"MEDIA_STATUS","status":[{"mediaSessionId":1,"playerState":"IDLE","idleReason":"ERROR"}]}`)
			},
			[]string{"done 1 refused: the device could not play it", "app Default Media Receiver"}, nil,
		},
		{
			"IDLE with ERROR as the answer", loadIsSent,
			fails(`{"type":"MEDIA_STATUS","requestId":@LOAD,"status":[{"mediaSessionId":1,"playerState":"IDLE","idleReason":"ERROR"}]}`),
			[]string{"done 1 refused: the device could not play it", "app Default Media Receiver"}, sent,
		},
		{
			"INVALID_REQUEST says why", loadIsSent, fails(`{"type":"INVALID_REQUEST","requestId":@LOAD,"reason":"INVALID_PARAMS"}`),
			[]string{"done 1 refused: the device did not accept the request (INVALID_PARAMS)"}, sent,
		},
		{
			"INVALID_PLAYER_STATE", loadIsSent, fails(`{"type":"INVALID_PLAYER_STATE","requestId":@LOAD,"x":0}`),
			[]string{"done 1 refused: the device cannot do that at this moment"}, sent,
		},
		{
			"LOAD_CANCELLED", loadIsSent, fails(`{"type":"LOAD_CANCELLED","requestId":@LOAD,"itemId":1}`),
			[]string{"done 1 cancelled: another sender took the device"}, sent,
		},
		{
			"a failure after it has opened: its end says why", playing,
			func(r *rig) {
				r.says("app-1", wire.Media, `{"type":"LOAD_FAILED","requestId":1,"detailedErrorCode":102}`)
				r.media(`{"type":"MEDIA_STATUS","status":[{"mediaSessionId":1,"playerState":"IDLE","idleReason":"ERROR"}]}`)
			},
			[]string{"ended e1/1 error at 0 the device could not decode the file", "app Default Media Receiver"}, nil,
		},
		{
			"LOAD_CANCELLED without an id may speak of the load before", loadIsSent,
			func(r *rig) { r.says("app-1", wire.Media, `{"type":"LOAD_CANCELLED"}`) }, nil, sent,
		},
		{
			"another sender's load takes its place", loadIsShown,
			func(r *rig) {
				r.media(`{"type":"MEDIA_STATUS","status":[{"mediaSessionId":2,"playerState":"PLAYING","media":{"contentId":"x"}}]}`)
			},
			[]string{"done 1 cancelled: another sender took the device", "playing - at 0"}, nil,
		},
		{
			"it is stopped by somebody", loadIsShown,
			func(r *rig) {
				r.media(`{"type":"MEDIA_STATUS","status":[{"mediaSessionId":1,"playerState":"IDLE","idleReason":"CANCELLED"}]}`)
			},
			[]string{"done 1 cancelled: it was stopped on the device", "app Default Media Receiver"}, nil,
		},
		{
			"another app", loadIsSent, func(r *rig) { r.receiver(otherApp) },
			[]string{"done 1 cancelled: another app took the device", "app YouTube"}, sent,
		},
		{
			"the app is closed", loadIsSent, func(r *rig) { r.receiver(idleScreen) },
			[]string{"done 1 cancelled: the app was closed on the device", "idle screen"}, sent,
		},
		{
			"a sound shorter than its status", loadIsShown,
			func(r *rig) {
				r.media(`{"type":"MEDIA_STATUS","status":[{"mediaSessionId":1,"playerState":"IDLE","idleReason":"FINISHED"}]}`)
			},
			[]string{"done 1", "ended e1/1 finished at 0", "app Default Media Receiver"}, nil,
		},
		{
			"an unreachable URL: 150 s, and what comes later is stopped", loadIsSent,
			func(r *rig) {
				r.after(149 * time.Second)
				r.wantTold()
				r.after(time.Second)
				r.media(status("BUFFERING", 1, ""))
			},
			[]string{"done 1 timeout: the device did not answer in time", "buffering e1/1 at 0"}, append(sent[:4:4], "app-1 STOP"),
		},
		{
			"an empty list, asked before the load and answered after", loadIsSent,
			func(r *rig) {
				r.media(status("BUFFERING", 1, ""))
				r.media(`{"type":"MEDIA_STATUS","requestId":@GET_STATUS,"status":[]}`)
			},
			[]string{"done 1", "buffering e1/1 at 0", "buffering e1/1 at 0"}, sent,
		},
		{
			"an app that was gone before the LOAD came: CLOSE, CLOSE, and it is launched anew", launching,
			func(r *rig) {
				r.receiver(ourApp)
				r.says("app-1", wire.Connection, `{"type":"CLOSE"}`)
				r.says("app-1", wire.Connection, `{"type":"CLOSE"}`)
				r.receiver(idleScreen)
			},
			[]string{"app Default Media Receiver, asking", "idle screen"},
			append(sent[:4:4], "app-1 CONNECT", "app-1 GET_STATUS", "app-1 LOAD", "receiver-0 GET_STATUS", "receiver-0 LAUNCH"),
		},
		{
			"and gone again: it is not launched a third time", launching,
			func(r *rig) {
				for range 2 {
					r.receiver(ourApp)
					r.says("app-1", wire.Connection, `{"type":"CLOSE"}`)
					r.says("app-1", wire.Connection, `{"type":"CLOSE"}`)
					r.receiver(idleScreen)
				}
			},
			[]string{
				"app Default Media Receiver, asking", "idle screen", "app Default Media Receiver, asking",
				"done 1 cancelled: the app was closed on the device", "idle screen",
			},
			append(
				append(sent[:4:4], "app-1 CONNECT", "app-1 GET_STATUS", "app-1 LOAD", "receiver-0 GET_STATUS"),
				append(sent[:4:4], "app-1 CONNECT", "app-1 GET_STATUS", "receiver-0 GET_STATUS")...,
			),
		},
		{
			"an app that closes once it was there is not launched anew", loadIsSent,
			func(r *rig) { r.says("app-1", wire.Connection, `{"type":"CLOSE"}`); r.receiver(idleScreen) },
			[]string{"done 1 cancelled: the app was closed on the device", "idle screen"}, append(sent[:4:4], "receiver-0 GET_STATUS"),
		},
		{
			"stop before anything shows: it is stopped when it does", loadIsSent,
			func(r *rig) { r.do(order(2, bridge.OrderStopMedia)); r.media(status("BUFFERING", 1, "")) },
			[]string{"done 1 cancelled: replaced by a later command", "done 2", "buffering e1/1 at 0"}, append(sent[:4:4], "app-1 STOP"),
		},
		{
			"stop, then another load, which interrupts what was to be stopped", loadIsSent,
			func(r *rig) {
				r.do(order(2, bridge.OrderStopMedia))
				r.do(order(3, bridge.OrderLoad))
				r.media(status("BUFFERING", 1, ""))
			},
			[]string{"done 1 cancelled: replaced by a later command", "done 2", "buffering e1/1 at 0"}, append(sent[:4:4], "app-1 LOAD"),
		},
		{
			"a load that replaces another: the first one's end is not told", loadIsShown,
			func(r *rig) {
				r.do(order(2, bridge.OrderLoad))
				r.media(`{"type":"MEDIA_STATUS","status":[{"mediaSessionId":1,"playerState":"IDLE","idleReason":"INTERRUPTED"}]}`)
				r.media(status("PLAYING", 2, ""))
			},
			[]string{"done 1 cancelled: replaced by a later command", "app Default Media Receiver", "done 2", "playing e2/2 at 0"},
			[]string{"app-1 LOAD"},
		},
		{
			"a load over what plays", playing,
			func(r *rig) {
				r.do(order(2, bridge.OrderLoad))
				r.now = r.now.Add(9 * time.Second)
				r.media(status("PLAYING", 2, ""))
			},
			[]string{"done 2", "ended e1/1 interrupted at 9", "playing e2/2 at 0"}, []string{"app-1 LOAD"},
		},
		{
			"an address too long for a Chromecast", online,
			func(r *rig) {
				o := order(1, bridge.OrderLoad)
				o.Load.URL = "http://192.0.2.10/" + strings.Repeat("x", 1000)
				r.do(o)
			},
			[]string{"done 1 refused: the address of the item is longer than a Chromecast takes"}, nil,
		},
	})
}

func TestTakeover(t *testing.T) {
	run(t, []step{
		{
			"by another app", playing, func(r *rig) { r.now = r.now.Add(20 * time.Second); r.receiver(otherApp) },
			[]string{"ended e1/1 interrupted at 20", "app YouTube"}, nil,
		},
		{
			"by a group that the device is a member of", playing, func(r *rig) { r.receiver(follower) },
			[]string{"ended e1/1 interrupted at 0", "playing - at 0"}, nil,
		},
		{
			"by another sender in the same app", playing,
			func(r *rig) {
				r.media(`{"type":"MEDIA_STATUS","status":[{"mediaSessionId":1,"playerState":"IDLE","idleReason":"INTERRUPTED"}]}`)
				r.media(`{"type":"MEDIA_STATUS","status":[{"mediaSessionId":2,"playerState":"PLAYING","media":{"contentId":"x"}}]}`)
			},
			[]string{"ended e1/1 interrupted at 0", "app Default Media Receiver", "playing - at 0"}, nil,
		},
		{
			"the app closes by itself", playing, func(r *rig) { r.receiver(idleScreen) },
			[]string{"ended e1/1 cancelled at 0", "idle screen"}, nil,
		},
	})
}
