package casttest_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"

	"localcast/cast/casttest"
	"localcast/cast/wire"
)

// filmURL is what plays when something goes wrong.
const filmURL = "http://files/film.wav"

var films = sync.OnceValue(func() map[string][]byte {
	ten := casttest.WAV(10 * time.Minute)
	return map[string][]byte{"film.wav": ten, "next.wav": ten}
})

// play launches and loads, and returns the app's transport.
func (st *stage) play(s *sender) string {
	st.t.Helper()
	app := s.launch()
	s.load(app, filmURL, "audio/wav", nil)
	s.awaitState("PLAYING")
	return app
}

// heard forgets what came, and returns what was in it of the given type.
func (s *sender) heard(kind string) (n int) {
	for {
		select {
		case m := <-s.in:
			var e event
			if json.Unmarshal([]byte(m.Text), &e) == nil && e.Type == kind {
				n++
			}
		default:
			return n
		}
	}
}

func (s *sender) linked() bool {
	select {
	case err := <-s.gone:
		s.gone <- err
		return false
	default:
		return true
	}
}

func TestASilentDevice(t *testing.T) {
	bubble(t, casttest.Config{}, films(), func(t *testing.T, st *stage) {
		s := st.awake("sender-1")
		app := st.play(s)
		st.r.SetSilent(true)
		st.r.SetSilent(true)
		synctest.Wait()
		s.heard("")
		s.ask(app, wire.Media, "PAUSE", obj{"mediaSessionId": 1})
		raw, err := st.pipe.Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		connected := make(chan error, 1)
		go func() {
			connected <- tls.Client(raw, &tls.Config{InsecureSkipVerify: true}).HandshakeContext(t.Context())
		}()
		pass(time.Minute)
		if n := len(s.in); n != 0 || !s.linked() {
			t.Errorf("%d messages came from a silent device; the link is there: %v", n, s.linked())
		}
		select {
		case err := <-connected:
			t.Fatalf("a silent device took part in a TLS handshake, which gave %v", err)
		default:
		}
		if got := st.r.Snapshot(); got.PlayerState != "PLAYING" || got.Position < time.Minute || got.Senders != 1 {
			t.Errorf("after a minute of silence: %+v", got)
		}
		st.r.SetSilent(false)
		if err := <-connected; err != nil {
			t.Errorf("after the silence: %v", err)
		}
		e := s.answer(s.ask(app, wire.Media, "GET_STATUS", nil))
		if e.state() != "PLAYING" {
			t.Errorf("it answers %s", e.Text)
		}
	})
}

func TestASilentSenderIsDroppedAfterTheDevicesSilence(t *testing.T) {
	bubble(t, casttest.Config{}, nil, func(t *testing.T, st *stage) {
		s := st.dial("sender-1")
		s.connect(wire.PlatformReceiver)
		st.r.SetSilent(true)
		pass(time.Minute)
		st.r.SetSilent(false)
		pass(11 * time.Second)
		if s.linked() {
			t.Error("a sender that says nothing is still linked")
		}
	})
}

func TestPowerOff(t *testing.T) {
	bubble(t, casttest.Config{LaunchDelay: 3 * time.Second}, films(), func(t *testing.T, st *stage) {
		s := st.awake("sender-1")
		st.play(s)
		st.r.SetVolume(0.3, false)
		synctest.Wait()
		s.heard("")
		st.r.PowerOff()
		pass(time.Minute)
		if n := len(s.in); n != 0 || !s.linked() {
			t.Fatalf("%d messages came from a device without power; the link is there: %v", n, s.linked())
		}
		st.r.TakeOver("233637DE", "YouTube")
		st.r.SetVolume(1, true)
		if got := st.r.Snapshot(); got.AppID != wire.Backdrop || got.PlayerState != "IDLE" || got.Volume != 0.3 || got.Senders != 0 {
			t.Errorf("without power: %+v", got)
		}
		st.dial("sender-2").awaitGone()
		st.r.PowerOn()
		s.awaitGone() // its next PING is answered by a reset
		again := st.awake("sender-1")
		again.connect(wire.PlatformReceiver)
		e := again.answer(again.ask(wire.PlatformReceiver, wire.Receiver, "GET_STATUS", nil))
		if r := e.receiver(); len(r.Applications) != 1 || !r.Applications[0].IsIdleScreen || float32(r.Volume.Level) != 0.3 {
			t.Errorf("after the reboot: %s", e.Text)
		}
		loads := st.r.Loads()
		if len(loads) != 1 || loads[0].Ended == "" {
			t.Errorf("loads %+v", loads)
		}
		again.load(again.launch(), filmURL, "audio/wav", nil)
		if m := again.awaitState("PLAYING").media(); m.MediaSessionID != 1 {
			t.Errorf("session %d after a reboot", m.MediaSessionID)
		}
	})
}

func TestPowerOffEndsALaunch(t *testing.T) {
	bubble(t, casttest.Config{LaunchDelay: 3 * time.Second}, nil, func(t *testing.T, st *stage) {
		s := st.awake("sender-1")
		s.connect(wire.PlatformReceiver)
		s.ask(wire.PlatformReceiver, wire.Receiver, "LAUNCH", obj{"appId": wire.DefaultMediaReceiver})
		synctest.Wait()
		st.r.PowerOff()
		st.r.PowerOn()
		pass(10 * time.Second)
		if got := st.r.Snapshot().AppID; got != wire.Backdrop {
			t.Errorf("app %s runs after a reboot", got)
		}
	})
}

func TestMove(t *testing.T) {
	for _, row := range []struct {
		name string
		kind casttest.Kind
		cut  bool
	}{
		{"a new lease leaves the links lying dead", casttest.Video, false},
		{"a group's new leader cuts the links", casttest.Group, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			bubble(t, casttest.Config{Kind: row.kind}, films(), func(t *testing.T, st *stage) {
				s := st.awake("sender-1")
				st.play(s)
				old := st.pipe
				st.pipe = casttest.NewPipe()
				if err := st.r.Move(st.pipe); err != nil {
					t.Fatal(err)
				}
				pass(time.Minute)
				if s.linked() == row.cut {
					t.Errorf("the link is there: %v", s.linked())
				}
				if _, err := old.Dial(t.Context()); err == nil {
					t.Error("somebody answers at the old address")
				}
				s2 := st.awake("sender-1")
				s2.connect(wire.PlatformReceiver)
				e := s2.answer(s2.ask(wire.PlatformReceiver, wire.Receiver, "GET_STATUS", nil))
				if r := e.receiver(); len(r.Applications) != 1 || r.Applications[0].AppID != wire.DefaultMediaReceiver {
					t.Errorf("at the new address: %s", e.Text)
				}
				if got := st.r.Snapshot(); got.PlayerState != "PLAYING" {
					t.Errorf("what played is %s", got.PlayerState)
				}
			})
		})
	}
}

func TestMoveAfterClose(t *testing.T) {
	r := start(t, casttest.Config{})
	r.Close()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Move(ln); !errors.Is(err, casttest.ErrClosed) {
		t.Errorf("got %v", err)
	}
	if _, err := ln.Accept(); err == nil {
		t.Error("the listener is open still")
	}
}

// An announcement is what one mDNS message tells of a receiver.
type announcement struct {
	port   uint16
	target string
	st, rs string
	ttl    uint32
}

func (l mdnsListener) told(t *testing.T, id string) (a announcement) {
	t.Helper()
	for {
		for _, rr := range l.next(t).Answer {
			if !strings.Contains(rr.Header().Name, strings.ReplaceAll(id, "-", "")) {
				continue
			}
			switch rr := rr.(type) {
			case *dns.SRV:
				a.port, a.target, a.ttl = rr.Port, rr.Target, rr.Hdr.Ttl
			case *dns.TXT:
				for _, txt := range rr.Txt {
					if v, ok := strings.CutPrefix(txt, "st="); ok {
						a.st = v
					}
					if v, ok := strings.CutPrefix(txt, "rs="); ok {
						a.rs = v
					}
				}
			}
		}
		if a.target != "" {
			return a
		}
	}
}

// until returns the next announcement that ok likes.
func (l mdnsListener) until(t *testing.T, id string, ok func(announcement) bool) announcement {
	t.Helper()
	for {
		if a := l.told(t, id); ok(a) {
			return a
		}
	}
}

func TestMDNSTellsWhatChanges(t *testing.T) {
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		t.Skipf("not on this system: there is no loopback interface of that name: %v", err)
	}
	listener := listenMDNS(t, lo)
	r := start(t, casttest.Config{Kind: casttest.Group, Advertise: lo})
	first := listener.told(t, r.ID())
	if first.st != "0" || first.rs != "" || first.ttl == 0 {
		t.Errorf("idle, it tells %+v", first)
	}
	r.TakeOver("233637DE", "YouTube")
	listener.until(t, r.ID(), func(a announcement) bool { return a.st == "1" && a.rs == "YouTube" })
	r.CloseApp()
	listener.until(t, r.ID(), func(a announcement) bool { return a.st == "0" && a.rs == "" })

	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Move(ln); err != nil {
		t.Fatal(err)
	}
	port := uint16(ln.Addr().(*net.TCPAddr).Port)
	moved := listener.until(t, r.ID(), func(a announcement) bool { return a.port == port })
	if moved.target == first.target {
		t.Errorf("the group's new leader has the host name of the old: %s", moved.target)
	}
	if r.Addr() != ln.Addr().String() {
		t.Errorf("Addr is %s", r.Addr())
	}

	r.PowerOff()
	r.PowerOn()
	if a := listener.told(t, r.ID()); a.ttl == 0 {
		t.Error("a device that loses its power says goodbye")
	}
	r.Close()
	listener.until(t, r.ID(), func(a announcement) bool { return a.ttl == 0 })
}

func TestALostFinished(t *testing.T) {
	items := []obj{
		{"media": obj{"contentId": filmURL, "contentType": "audio/wav"}},
		{"media": obj{"contentId": "http://files/next.wav", "contentType": "audio/wav"}},
	}
	bubble(t, casttest.Config{}, films(), func(t *testing.T, st *stage) {
		s := st.awake("sender-1")
		app := s.launch()
		s.ask(app, wire.Media, "QUEUE_LOAD", obj{"items": items})
		s.awaitState("PLAYING")
		st.r.LoseFinished()
		st.r.Finish()
		e := s.await("a status", func(e event) bool { return e.Type == "MEDIA_STATUS" })
		if e.state() != "IDLE/LOADING" || e.media().CurrentItemID != 2 {
			t.Errorf("after an end that was lost: %s", e.Text)
		}
		s.awaitState("PLAYING")
		st.r.Finish()
		s.awaitState("IDLE/FINISHED") // that one is told
	})
	bubble(t, casttest.Config{}, films(), func(t *testing.T, st *stage) {
		s := st.awake("sender-1")
		app := st.play(s)
		st.r.LoseFinished()
		st.r.Finish()
		e := s.answer(s.ask(app, wire.Media, "GET_STATUS", nil))
		if string(e.Status) != "[]" {
			t.Errorf("the answer is %s", e.Text)
		}
		if n := s.heard("MEDIA_STATUS"); n != 0 {
			t.Errorf("%d statuses of a lost end", n)
		}
	})
}

func TestLaunchesThatGoWrong(t *testing.T) {
	launch := obj{"appId": wire.DefaultMediaReceiver}
	for _, reason := range []string{"CANCELLED", "NOT_FOUND", "SYSTEM_ERROR", "CAST_INIT_TIMEOUT"} {
		bubble(t, casttest.Config{LaunchStatus: true}, nil, func(t *testing.T, st *stage) {
			s := st.awake("sender-1")
			s.connect(wire.PlatformReceiver)
			st.r.RefuseLaunch(1, reason)
			e := s.answer(s.ask(wire.PlatformReceiver, wire.Receiver, "LAUNCH", launch))
			if e.Type != "LAUNCH_ERROR" || e.Reason != reason {
				t.Errorf("answered by %s", e.Text)
			}
			s.launch() // the second works
		})
	}
	bubble(t, casttest.Config{}, nil, func(t *testing.T, st *stage) {
		s := st.awake("sender-1")
		s.connect(wire.PlatformReceiver)
		st.r.RefuseLaunch(1, "")
		s.ask(wire.PlatformReceiver, wire.Receiver, "LAUNCH", launch)
		s.await("CLOSE", func(e event) bool { return e.Type == "CLOSE" && e.Source == wire.PlatformReceiver })
		s.launch()
	})
}

func TestALaunchThatAPersonIsAskedFor(t *testing.T) {
	for _, allowed := range []bool{true, false} {
		bubble(t, casttest.Config{}, nil, func(t *testing.T, st *stage) {
			s := st.awake("sender-1")
			s.connect(wire.PlatformReceiver)
			st.r.HoldLaunch()
			id := s.ask(wire.PlatformReceiver, wire.Receiver, "LAUNCH", obj{"appId": wire.DefaultMediaReceiver})
			said := func(status string) {
				t.Helper()
				s.await(status, func(e event) bool {
					return e.Type == "LAUNCH_STATUS" && e.LaunchRequestID == id && e.RequestID == 0 && string(e.Status) == `"`+status+`"`
				})
			}
			said("USER_PENDING_AUTHORIZATION")
			pass(time.Minute)
			if n := s.heard("RECEIVER_STATUS"); n != 0 {
				t.Errorf("%d statuses while the person thinks", n)
			}
			st.r.AnswerLaunch(allowed)
			if !allowed {
				said("USER_NOT_ALLOWED")
				if got := st.r.Snapshot().AppID; got != wire.Backdrop {
					t.Errorf("app %s runs", got)
				}
				return
			}
			said("USER_ALLOWED")
			if apps := s.answer(id).receiver().Applications; len(apps) != 1 || apps[0].AppID != wire.DefaultMediaReceiver {
				t.Errorf("what runs: %+v", apps)
			}
		})
	}
}

func TestSetLaunchDelay(t *testing.T) {
	bubble(t, casttest.Config{}, nil, func(t *testing.T, st *stage) {
		s := st.awake("sender-1")
		st.r.SetLaunchDelay(30 * time.Second)
		began := time.Now()
		s.connect(wire.PlatformReceiver)
		id := s.ask(wire.PlatformReceiver, wire.Receiver, "LAUNCH", obj{"appId": wire.DefaultMediaReceiver})
		if pass(29 * time.Second); st.r.Snapshot().AppID != wire.Backdrop {
			t.Error("the app runs already")
		}
		s.answer(id)
		if took := time.Since(began); took < 30*time.Second {
			t.Errorf("launched after %v", took)
		}
	})
}

func TestAnAppWithoutTransport(t *testing.T) {
	bubble(t, casttest.Config{}, films(), func(t *testing.T, st *stage) {
		s := st.awake("sender-1")
		st.play(s)
		st.r.TakeOverAloof("CA5E8412", "Netflix")
		e := s.await("its status", func(e event) bool {
			return e.Type == "RECEIVER_STATUS" && e.receiver().Applications[0].DisplayName == "Netflix"
		})
		if strings.Contains(e.Text, "transportId") || strings.Contains(e.Text, "namespaces") {
			t.Errorf("it tells %s", e.Text)
		}
		hidden := st.r.Snapshot().SessionID
		s.connect(hidden)
		s.await("CLOSE", func(e event) bool { return e.Type == "CLOSE" && e.Source == hidden })
	})
}

func TestAFollowerIsNotIdleButPlaysNothing(t *testing.T) {
	bubble(t, casttest.Config{Kind: casttest.Audio}, nil, func(t *testing.T, st *stage) {
		s := st.awake("sender-1")
		s.connect(wire.PlatformReceiver)
		synctest.Wait()
		st.r.TakeOver(wire.GroupFollower, "Default Media Receiver")
		e := s.await("its status", func(e event) bool { return e.Type == "RECEIVER_STATUS" })
		app := e.receiver().Applications[0]
		if app.AppID != wire.GroupFollower || len(app.Namespaces) != 1 || app.Namespaces[0].Name != wire.Media {
			t.Errorf("it tells %s", e.Text)
		}
		s.connect(app.TransportID)
		if e := s.answer(s.ask(app.TransportID, wire.Media, "GET_STATUS", nil)); string(e.Status) != "[]" {
			t.Errorf("it plays %s", e.Text)
		}
	})
}

func TestASlowNetwork(t *testing.T) {
	bubble(t, casttest.Config{ReadAhead: 64 << 10}, films(), func(t *testing.T, st *stage) {
		s := st.awake("sender-1")
		app := st.play(s)
		st.r.SetBandwidth(4 << 10) // the film takes 8,000 bytes a second
		s.heard("")
		pass(time.Minute)
		if n := s.heard("MEDIA_STATUS"); n == 0 || st.r.Snapshot().Position >= time.Minute {
			t.Errorf("%d statuses; at %v after a minute of half the bytes", n, st.r.Snapshot().Position)
		}
		began := time.Now()
		e := s.answer(s.ask(app, wire.Media, "GET_STATUS", nil))
		if took, want := time.Since(began), time.Duration(len(e.Text))*time.Second/(4<<10); took < want {
			t.Errorf("an answer of %d bytes came in %v, wanted at least %v", len(e.Text), took, want)
		}
		st.r.SetBandwidth(0)
		pass(time.Minute)
		if got := st.r.Snapshot(); got.PlayerState != "PLAYING" {
			t.Errorf("%s on a good network", got.PlayerState)
		}
	})
}

// readFrames returns what has come: "binary", or the text.
func readFrames(s *sender) (kinds []string) {
	for {
		select {
		case m := <-s.in:
			switch {
			case m.Binary != nil:
				kinds = append(kinds, "binary")
			default:
				kinds = append(kinds, m.Text)
			}
		default:
			return kinds
		}
	}
}

func TestSendingBadFrames(t *testing.T) {
	bubble(t, casttest.Config{PingInterval: -1}, nil, func(t *testing.T, st *stage) {
		s := st.awake("sender-1")
		app := s.launch()
		synctest.Wait()
		readFrames(s)

		st.r.SendBinary()
		synctest.Wait()
		if got := readFrames(s); len(got) != 5 || slices.ContainsFunc(got, func(k string) bool { return k != "binary" }) {
			t.Errorf("SendBinary sends %q", got)
		}

		st.r.SendOdd()
		synctest.Wait()
		odd := readFrames(s)
		if len(odd) < 40 || !slices.Contains(odd, "") || !slices.Contains(odd, `{"type":5}`) {
			t.Errorf("SendOdd sends %q", odd)
		}
		s.answer(s.ask(app, wire.Media, "GET_STATUS", nil))
	})
	for name, row := range map[string]struct {
		do   func(*casttest.Receiver)
		want error
	}{
		"garbage":  {(*casttest.Receiver).SendGarbage, wire.ErrMalformed},
		"too long": {(*casttest.Receiver).SendOversize, wire.ErrTooLong},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, casttest.Config{}, nil, func(t *testing.T, st *stage) {
				s := st.awake("sender-1")
				s.connect(wire.PlatformReceiver)
				s.answer(s.ask(wire.PlatformReceiver, wire.Receiver, "GET_STATUS", nil))
				row.do(st.r)
				err := <-s.gone // this sender ends at what it cannot read
				s.gone <- err
				if !strings.Contains(err.Error(), row.want.Error()) {
					t.Errorf("a sender reads %v, wanted %v", err, row.want)
				}
			})
		})
	}
}

func TestSteeringAfterClose(t *testing.T) {
	r := start(t, casttest.Config{})
	r.Close()
	r.PowerOff()
	r.PowerOn()
	r.SetSilent(true)
	r.SendOdd()
	r.HoldLaunch()
	r.AnswerLaunch(true)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Await(ctx, func(casttest.Snapshot) bool { return false }); !errors.Is(err, casttest.ErrClosed) {
		t.Errorf("got %v", err)
	}
}
