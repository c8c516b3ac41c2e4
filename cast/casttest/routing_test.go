package casttest_test

import (
	"encoding/binary"
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/gogo/protobuf/proto"
	pb "github.com/vishen/go-chromecast/cast/proto"

	"localcast/cast/casttest"
	"localcast/cast/wire"
)

// gate holds every answer back until release is closed.
func gate(h http.Handler, release <-chan struct{}) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
			h.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	})
}

func TestNothingIsRoutedWithoutCONNECT(t *testing.T) {
	r := start(t, casttest.Config{})
	s := dial(t, r, "sender-1")
	s.ask(wire.PlatformReceiver, wire.Receiver, "GET_STATUS", nil)
	s.connect(wire.PlatformReceiver)
	second := s.ask(wire.PlatformReceiver, wire.Receiver, "GET_STATUS", nil)
	if e := s.await("any answer", func(event) bool { return true }); e.RequestID != second {
		t.Errorf("the first answer is %s", e.Text)
	}
	s.send(wire.PlatformReceiver, wire.Connection, `{"type":"CLOSE"}`)
	s.ask(wire.PlatformReceiver, wire.Receiver, "GET_STATUS", nil)
	s.connect(wire.PlatformReceiver)
	fourth := s.ask(wire.PlatformReceiver, wire.Receiver, "GET_STATUS", nil)
	if e := s.await("any answer", func(event) bool { return true }); e.RequestID != fourth {
		t.Errorf("after CLOSE, the first answer is %s", e.Text)
	}
}

func TestAnUnknownTransportGetsCLOSE(t *testing.T) {
	r := start(t, casttest.Config{})
	s := dial(t, r, "sender-1")
	s.connect(wire.PlatformReceiver)
	for name, send := range map[string]func(){
		"CONNECT":    func() { s.connect("web-9") },
		"a message":  func() { s.ask("web-9", wire.Media, "GET_STATUS", nil) },
		"GET_STATUS": func() { s.ask("web-9", wire.Receiver, "GET_STATUS", nil) },
	} {
		send()
		e := s.await("CLOSE", func(event) bool { return true })
		if e.Type != "CLOSE" || e.Source != "web-9" || e.Destination != "sender-1" || e.Namespace != wire.Connection {
			t.Errorf("%s: answered by %+v", name, e.Message)
		}
	}
}

func TestTwoSenders(t *testing.T) {
	r := start(t, casttest.Config{})
	one, two := dial(t, r, "sender-1"), dial(t, r, "sender-2")
	two.connect(wire.PlatformReceiver)
	two.answer(two.ask(wire.PlatformReceiver, wire.Receiver, "GET_STATUS", nil))
	app := one.launch()

	e := two.await("the other's RECEIVER_STATUS", func(e event) bool { return e.Type == "RECEIVER_STATUS" })
	if apps := e.receiver().Applications; e.Destination != wire.Broadcast || e.RequestID != 1 || apps[0].TransportID != app {
		t.Errorf("the other sender sees %+v", e.Message)
	}
	url := serve(t, "film.wav", casttest.WAV(time.Minute))
	one.load(app, url, "audio/wav", nil)
	one.awaitState("PLAYING")
	if e := two.answer(two.ask(wire.PlatformReceiver, wire.Receiver, "GET_STATUS", nil)); e.Type != "RECEIVER_STATUS" {
		t.Errorf("before it connects to the app the other sender sees %s", e.Text)
	}
	two.connect(app)
	two.answer(two.ask(app, wire.Media, "GET_STATUS", nil))
	pause := one.ask(app, wire.Media, "PAUSE", obj{"mediaSessionId": 1})
	if e := two.awaitState("PAUSED"); e.RequestID != pause || e.Source != app || e.Destination != wire.Broadcast {
		t.Errorf("the other sender sees %+v", e.Message)
	}
}

func TestBadFrames(t *testing.T) {
	r := start(t, casttest.Config{})
	s := dial(t, r, "sender-1")
	s.connect(wire.PlatformReceiver)
	for name, bad := range map[string]string{
		"a body that is no message": "\x00\x00\x00\x03\xff\xff\xff",
		"an empty body":             "\x00\x00\x00\x00",
	} {
		if _, err := s.conn.Write([]byte(bad)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	for _, text := range []string{"", "no JSON", "[]", "7", `{"type":7,"requestId":"x"}`, `{"type":"SET_VOLUME","volume":"loud"}`} {
		s.send(wire.PlatformReceiver, wire.Receiver, text)
	}
	s.next = 100
	s.answer(s.ask(wire.PlatformReceiver, wire.Receiver, "GET_STATUS", nil))

	if _, err := s.conn.Write(binary.BigEndian.AppendUint32(nil, wire.MaxFrame+1)); err != nil {
		t.Fatal(err)
	}
	s.awaitGone()
}

func TestDeviceAuth(t *testing.T) {
	r := start(t, casttest.Config{})
	s := dial(t, r, "sender-1")
	nonce := []byte("0123456789abcdef")
	challenge, err := proto.Marshal(&pb.DeviceAuthMessage{
		Challenge: &pb.AuthChallenge{XXX_unrecognized: append([]byte{2<<3 | 2, byte(len(nonce))}, nonce...)},
	})
	if err != nil {
		t.Fatal(err)
	}
	frame, err := wire.Append(nil, wire.Message{
		Source: "sender-1", Destination: wire.PlatformReceiver, Namespace: wire.DeviceAuth, Binary: challenge,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.conn.Write(frame); err != nil {
		t.Fatal(err)
	}
	e := s.await("AuthResponse", func(e event) bool { return e.Namespace == wire.DeviceAuth })
	var answer pb.DeviceAuthMessage
	if err := proto.Unmarshal(e.Binary, &answer); err != nil {
		t.Fatal(err)
	}
	res := answer.GetResponse()
	if len(res.GetSignature()) == 0 || len(res.GetClientAuthCertificate()) == 0 || answer.GetError() != nil {
		t.Errorf("answer %+v", &answer)
	}
	if got := string(res.XXX_unrecognized); got != "\x2a\x10"+string(nonce) {
		t.Errorf("the sender's nonce comes back as %q", got)
	}
}

func TestHeartbeat(t *testing.T) {
	isPing := func(e event) bool { return e.Type == "PING" }
	t.Run("PING is answered, the ids swapped, without CONNECT", func(t *testing.T) {
		bubble(t, casttest.Config{}, nil, func(t *testing.T, st *stage) {
			s := st.dial("sender-1")
			s.send(wire.PlatformReceiver, wire.Heartbeat, `{"type":"PING"}`)
			e := s.await("PONG", func(e event) bool { return e.Type == "PONG" })
			if e.Source != wire.PlatformReceiver || e.Destination != "sender-1" {
				t.Errorf("PONG %+v", e.Message)
			}
		})
	})
	t.Run("the receiver sends its own every 5 s", func(t *testing.T) {
		bubble(t, casttest.Config{}, nil, func(t *testing.T, st *stage) {
			before := time.Now()
			s := st.awake("sender-1")
			s.await("PING", isPing)
			if e := s.await("PING", isPing); e.Source != wire.Transport || e.Destination != wire.Transport {
				t.Errorf("PING %+v", e.Message)
			}
			if took := time.Since(before); took != 10*time.Second {
				t.Errorf("two of them took %v", took)
			}
		})
	})
	t.Run("a sender that is silent for 10 s is dropped", func(t *testing.T) {
		bubble(t, casttest.Config{}, nil, func(t *testing.T, st *stage) {
			before := time.Now()
			silent, awake := st.dial("sender-1"), st.awake("sender-2")
			<-silent.gone
			if took := time.Since(before); took != 10*time.Second {
				t.Errorf("dropped after %v", took)
			}
			pass(time.Minute)
			if got := st.r.Snapshot().Senders; got != 1 {
				t.Errorf("%d senders are left, want the one that is awake", got)
			}
			awake.await("PING", isPing)
		})
	})
	t.Run("patience is configurable", func(t *testing.T) {
		bubble(t, casttest.Config{Silence: -1, PingInterval: -1}, nil, func(t *testing.T, st *stage) {
			s := st.dial("sender-1")
			pass(time.Hour)
			s.connect(wire.PlatformReceiver)
			s.ask(wire.PlatformReceiver, wire.Receiver, "GET_STATUS", nil)
			if e := s.await("an answer", func(event) bool { return true }); e.Type != "RECEIVER_STATUS" {
				t.Errorf("got %s", e.Text)
			}
		})
	})
}

func TestLaunch(t *testing.T) {
	r := start(t, casttest.Config{LaunchStatus: true})
	s := dial(t, r, "sender-1")
	s.connect(wire.PlatformReceiver)
	id := s.ask(wire.PlatformReceiver, wire.Receiver, "LAUNCH", obj{"appId": wire.DefaultMediaReceiver})
	e := s.await("LAUNCH_STATUS", func(event) bool { return true })
	if e.Type != "LAUNCH_STATUS" || e.LaunchRequestID != id || e.RequestID != 0 || string(e.Status) != `"USER_ALLOWED"` {
		t.Errorf("first comes %s", e.Text)
	}
	e = s.answer(id)
	app := e.receiver().Applications[0]
	if app.AppID != wire.DefaultMediaReceiver || app.SenderConnected || app.IsIdleScreen || app.SessionID == "" {
		t.Errorf("then %s", e.Text)
	}
	if !slices.ContainsFunc(app.Namespaces, func(n struct{ Name string }) bool { return n.Name == wire.Media }) {
		t.Errorf("namespaces %v", app.Namespaces)
	}
	s.connect(app.TransportID)
	e = s.await("senderConnected", func(e event) bool { return e.Type == "RECEIVER_STATUS" })
	if apps := e.receiver().Applications; !apps[0].SenderConnected || e.RequestID != 0 {
		t.Errorf("after CONNECT comes %s", e.Text)
	}
	again := s.answer(s.ask(wire.PlatformReceiver, wire.Receiver, "LAUNCH", obj{"appId": wire.DefaultMediaReceiver}))
	if got := again.receiver().Applications[0].TransportID; got != app.TransportID {
		t.Errorf("a second LAUNCH starts it anew: %s, was %s", got, app.TransportID)
	}
}

func TestLaunchTakesItsTime(t *testing.T) {
	bubble(t, casttest.Config{LaunchDelay: 3 * time.Second}, nil, func(t *testing.T, st *stage) {
		before := time.Now()
		st.awake("sender-1").launch()
		if took := time.Since(before); took.Round(time.Millisecond) != 3*time.Second {
			t.Errorf("LAUNCH took %v", took)
		}
	})
}

func TestMessagesTakeTheirTime(t *testing.T) {
	bubble(t, casttest.Config{Latency: 20 * time.Millisecond}, nil, func(t *testing.T, st *stage) {
		s := st.awake("sender-1")
		s.connect(wire.PlatformReceiver)
		before := time.Now()
		s.ask(wire.PlatformReceiver, wire.Receiver, "GET_STATUS", nil)
		s.answer(s.ask(wire.PlatformReceiver, wire.Receiver, "GET_STATUS", nil))
		if took := time.Since(before); took != 20*time.Millisecond {
			t.Errorf("two answers at once took %v", took)
		}
	})
}

func TestPlatformRequests(t *testing.T) {
	for name, row := range map[string]struct {
		cfg    casttest.Config
		kind   string
		fields obj
		kindOf string // of the answer
		reason string
		check  func(event) bool
	}{
		"an app that is not there": {kind: "LAUNCH", fields: obj{"appId": "12345678"}, kindOf: "LAUNCH_ERROR", reason: "NOT_FOUND"},
		"no app at all":            {kind: "LAUNCH", kindOf: "LAUNCH_ERROR", reason: "BAD_PARAMETER"},
		"an unknown request":       {kind: "DANCE", kindOf: "INVALID_REQUEST", reason: "INVALID_COMMAND"},
		"STOP of another session": {kind: "STOP", fields: obj{"sessionId": "x"}, kindOf: "INVALID_REQUEST",
			reason: "INVALID_SESSION_ID"},
		"a volume with the noise of a float32": {kind: "SET_VOLUME", fields: obj{"volume": obj{"level": 0.7}},
			kindOf: "RECEIVER_STATUS", check: func(e event) bool { return e.receiver().Volume.Level == float64(float32(0.7)) }},
		"mute leaves the level": {kind: "SET_VOLUME", fields: obj{"volume": obj{"muted": true}},
			kindOf: "RECEIVER_STATUS", check: func(e event) bool { v := e.receiver().Volume; return v.Muted && v.Level == 0.5 }},
		"volume 0": {kind: "SET_VOLUME", fields: obj{"volume": obj{"level": 0}},
			kindOf: "RECEIVER_STATUS", check: func(e event) bool { return e.receiver().Volume.Level == 0 }},
		"a volume above 1": {kind: "SET_VOLUME", fields: obj{"volume": obj{"level": 1.1}},
			kindOf: "INVALID_REQUEST", reason: "INVALID_PARAMS"},
		"a fixed volume stays": {cfg: casttest.Config{VolumeControl: "fixed", VolumeStep: 1}, kind: "SET_VOLUME",
			fields: obj{"volume": obj{"level": 0.1}}, kindOf: "RECEIVER_STATUS",
			check: func(e event) bool {
				v := e.receiver().Volume
				return v.Level == 0.5 && v.ControlType == "fixed" && v.StepInterval == 1
			}},
		"idle, a screen shows the backdrop": {kind: "GET_STATUS", kindOf: "RECEIVER_STATUS", check: func(e event) bool {
			a := e.receiver().Applications
			return len(a) == 1 && a[0].AppID == wire.Backdrop && a[0].IsIdleScreen
		}},
		"idle, a speaker has no applications key": {cfg: casttest.Config{Kind: casttest.Audio}, kind: "GET_STATUS",
			kindOf: "RECEIVER_STATUS", check: func(e event) bool {
				var status map[string]json.RawMessage
				return json.Unmarshal(e.Status, &status) == nil && status["applications"] == nil && status["volume"] != nil
			}},
		"availability has no type": {kind: "GET_APP_AVAILABILITY", fields: obj{"appId": []string{"CC1AD845", "X"}},
			check: func(e event) bool {
				return e.ResponseType == "GET_APP_AVAILABILITY" && e.Availability["CC1AD845"] == "APP_AVAILABLE" &&
					e.Availability["X"] == "APP_UNAVAILABLE"
			}},
	} {
		t.Run(name, func(t *testing.T) {
			s := dial(t, start(t, row.cfg), "sender-1")
			s.connect(wire.PlatformReceiver)
			e := s.answer(s.ask(wire.PlatformReceiver, wire.Receiver, row.kind, row.fields))
			if e.Type != row.kindOf || e.Reason != row.reason || row.check != nil && !row.check(e) {
				t.Errorf("answered by %s", e.Text)
			}
		})
	}
}

func TestMultizoneAnswersAsAGroupOfOne(t *testing.T) {
	r := start(t, casttest.Config{Name: "Kitchen"})
	s := dial(t, r, "sender-1")
	s.connect(wire.PlatformReceiver)
	e := s.answer(s.ask(wire.PlatformReceiver, wire.Multizone, "GET_STATUS", nil))
	var status struct {
		Devices []struct{ DeviceID, Name string }
	}
	if err := json.Unmarshal(e.Status, &status); err != nil || e.Type != "MULTIZONE_STATUS" || len(status.Devices) != 1 ||
		status.Devices[0].DeviceID != r.ID() || status.Devices[0].Name != "Kitchen" {
		t.Errorf("answered by %s", e.Text)
	}
}

func TestTheAppEnds(t *testing.T) {
	for name, row := range map[string]struct {
		cfg  casttest.Config
		end  func(r *casttest.Receiver, s *sender, app string)
		then string // the app afterwards
	}{
		"by STOP": {end: func(_ *casttest.Receiver, s *sender, app string) {
			s.ask(wire.PlatformReceiver, wire.Receiver, "STOP", obj{"sessionId": app})
		}, then: wire.Backdrop},
		"by a remote control": {end: func(r *casttest.Receiver, _ *sender, _ string) { r.CloseApp() }, then: wire.Backdrop},
		"by another app": {end: func(r *casttest.Receiver, _ *sender, _ string) { r.TakeOver("233637DE", "YouTube") },
			then: "233637DE"},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, row.cfg)
			s := dial(t, r, "sender-1")
			app := s.launch()
			s.load(app, serve(t, "film.wav", casttest.WAV(time.Minute)), "audio/wav", nil)
			s.awaitState("PLAYING")
			row.end(r, s, app)
			s.awaitState("IDLE/CANCELLED")
			s.await("CLOSE", func(e event) bool { return e.Type == "CLOSE" && e.Source == app })
			s.await("RECEIVER_STATUS", func(e event) bool {
				apps := e.receiver().Applications
				return e.Type == "RECEIVER_STATUS" && len(apps) == 1 && apps[0].AppID == row.then
			})
			s.ask(app, wire.Media, "GET_STATUS", nil)
			s.await("CLOSE from the transport that is gone", func(e event) bool { return e.Type == "CLOSE" })
		})
	}
}

func TestCLOSEOfTheLastSender(t *testing.T) {
	for name, row := range map[string]struct {
		cfg  casttest.Config
		then string
	}{
		"leaves the app":           {casttest.Config{}, wire.DefaultMediaReceiver},
		"closes it if so required": {casttest.Config{StopOnClose: true}, wire.Backdrop},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, row.cfg)
			one, two := dial(t, r, "sender-1"), dial(t, r, "sender-2")
			app := one.launch()
			two.launch()
			two.answer(two.ask(app, wire.Media, "GET_STATUS", nil))
			one.send(app, wire.Connection, `{"type":"CLOSE"}`)
			one.answer(one.ask(wire.PlatformReceiver, wire.Receiver, "GET_STATUS", nil))
			if got := r.Snapshot().AppID; got != wire.DefaultMediaReceiver {
				t.Errorf("%s runs while a sender is left", got)
			}
			two.send(app, wire.Connection, `{"type":"CLOSE"}`)
			two.answer(two.ask(wire.PlatformReceiver, wire.Receiver, "GET_STATUS", nil))
			if got := r.Snapshot().AppID; got != row.then {
				t.Errorf("%s runs, want %s", got, row.then)
			}
		})
	}
}

func TestVolumeFromTheRoom(t *testing.T) {
	r := start(t, casttest.Config{})
	s := dial(t, r, "sender-1")
	s.connect(wire.PlatformReceiver)
	s.answer(s.ask(wire.PlatformReceiver, wire.Receiver, "GET_STATUS", nil))
	r.SetVolume(0.25, true)
	e := s.await("RECEIVER_STATUS", func(e event) bool { return e.Type == "RECEIVER_STATUS" })
	if v := e.receiver().Volume; v.Level != 0.25 || !v.Muted || e.RequestID != 0 || e.Destination != wire.Broadcast {
		t.Errorf("told as %s", e.Text)
	}
}

func TestDropLeavesTheFilmRunning(t *testing.T) {
	r := start(t, casttest.Config{})
	s := dial(t, r, "sender-1")
	app := s.launch()
	s.load(app, serve(t, "film.wav", casttest.WAV(time.Minute)), "audio/wav", nil)
	s.awaitState("PLAYING")
	r.Drop()
	s.awaitGone()
	again := dial(t, r, "sender-1")
	if got := again.launch(); got != app {
		t.Errorf("the app is now %s, was %s", got, app)
	}
	e := again.answer(again.ask(app, wire.Media, "GET_STATUS", nil))
	if m := e.media(); m.PlayerState != "PLAYING" || m.Media == nil || string(m.Media.CustomData) != `{"entry":7}` {
		t.Errorf("after the return: %s", e.Text)
	}
}
