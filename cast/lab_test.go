package cast_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"localcast/bridge"
	"localcast/bridge/media"
	"localcast/cast"
	"localcast/cast/casttest"
)

// lab is a setup whose network and file server are in the hands of the test.
type lab struct {
	*setup
	relay   *relay
	files   *files
	devices *cast.Devices
	device  media.Device
	last    string // the last word of the story so far
}

// kitchen is the device in the lab: the group is one whose leader may move.
var kitchen = media.Device{ID: "0123456789abcdef0123456789abcdef", Name: "Kitchen", Host: "192.0.2.20", Port: 8009}

// film is five minutes of silence.
var film = sync.OnceValue(func() []byte { return casttest.WAV(5 * time.Minute) })

// files is the server from which the device fetches.
type files struct {
	mu   sync.Mutex
	held chan struct{} // nil, or closed when answers may go
}

// hold keeps every answer back until release is called.
func (f *files) hold() (release func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	held := make(chan struct{})
	f.held = held
	return sync.OnceFunc(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.held == held {
			f.held = nil
		}
		close(held)
	})
}

// RoundTrip serves the film under every path but /missing.
func (f *files) RoundTrip(req *http.Request) (*http.Response, error) {
	f.mu.Lock()
	held := f.held
	f.mu.Unlock()
	if held != nil {
		select {
		case <-held:
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
	}
	answer := httptest.NewRecorder()
	answer.Header().Set("Access-Control-Allow-Origin", "*") // text beside it is fetched from other origins alone
	if req.URL.Path == "/missing" {
		http.NotFound(answer, req)
	} else {
		http.ServeContent(answer, req, "film.wav", time.Time{}, bytes.NewReader(film()))
	}
	return answer.Result(), nil
}

// inBubble runs a test in a bubble of time, with a player that is online.
func inBubble(t *testing.T, c casttest.Config, test func(*lab)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		pipe := casttest.NewPipe()
		c.Listener = pipe
		l := newLab(t, c, cast.Config{}, time.Hour)
		l.relay.reach = reachPipe(pipe)
		l.start()
		test(l)
	})
}

func reachPipe(pipe *casttest.Pipe) func(context.Context) (net.Conn, error) {
	return func(ctx context.Context) (net.Conn, error) {
		conn, err := pipe.Dial(ctx)
		if err != nil {
			return nil, err
		}
		return shake(ctx, conn)
	}
}

// overTLS runs a test on real sockets, with a player that is online.
func overTLS(t *testing.T, c casttest.Config, test func(*lab)) {
	t.Helper()
	l := newLab(t, c, cast.Config{}, patience)
	l.relay.reach = func(ctx context.Context) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", l.receiver.Addr())
		if err != nil {
			return nil, err
		}
		return shake(ctx, conn)
	}
	l.device.Host, l.device.Port = split(t, l.relay.serve(t))
	l.start()
	test(l)
}

// shake makes conn a TLS connection, as a sender does.
func shake(ctx context.Context, conn net.Conn) (net.Conn, error) {
	c := tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
	if err := c.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return c, nil
}

func newLab(t *testing.T, c casttest.Config, config cast.Config, patience time.Duration) *lab {
	t.Helper()
	l := &lab{files: &files{}, relay: &relay{}, device: kitchen}
	c.Transport = l.files
	r, err := casttest.NewReceiver(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	t.Cleanup(l.relay.close)
	l.setup = &setup{
		T: t, receiver: r, reports: reports{make(chan any, 10_000)}, patience: patience,
		url: "http://192.0.2.10:8010/m/secret-token/film.wav",
	}
	l.devices = cast.New(config, slog.New(slog.DiscardHandler))
	return l
}

// bubbled reports whether the lab is in a bubble of time.
func (l *lab) bubbled() bool { return l.device.Host == kitchen.Host }

// start runs the player and waits until it is online.
func (l *lab) start() {
	l.Helper()
	l.player = l.devices.Player(bridge.Sighting{Device: l.device}, l.reports)
	if l.bubbled() {
		cast.SetDial(l.player, l.relay.dial)
		l.relay.move("192.0.2.20:8009")
	}
	l.run()
	l.status(func(st bridge.Status) bool { return st.Online })
}

// pass lets time go by in a bubble, until nobody has anything to do.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// story is what was told since the last call, and while want is not there yet what comes then, in short: each change of
// the picture, each end, and each answer that is no plain yes.
func (l *lab) story(want string) string {
	l.Helper()
	var words []string
	tell := func(v any) {
		if word := brief(v); word != "" && word != l.last {
			words = append(words, word)
			l.last = word
		}
	}
	for len(l.reports.all) > 0 {
		l.seen = append(l.seen, <-l.reports.all)
	}
	for _, v := range l.seen {
		tell(v)
	}
	l.seen = nil
	deadline := time.After(l.patience)
	for strings.Join(words, ", ") != want {
		select {
		case v := <-l.reports.all:
			tell(v)
		case <-deadline:
			return strings.Join(words, ", ")
		}
	}
	return want
}

// tells asks for a story, and that nothing comes of it afterwards that can be waited for.
func (l *lab) tells(want string) {
	l.Helper()
	if got := l.story(want); got != want {
		l.Fatalf("told:   %s\nwanted: %s", got, want)
	}
}

// brief is a report in short; "" for what changes nothing.
func brief(v any) string {
	switch v := v.(type) {
	case bridge.Done:
		if v.Fail != nil {
			return fmt.Sprintf("%s: %s", v.Fail.Kind, v.Fail.Message)
		}
		return "ok"
	case bridge.Ended:
		words := "ended " + string(v.Reason)
		if v.Next != nil {
			words += " then " + v.Next.Entry
		}
		return strings.TrimSpace(words + " " + v.Message)
	case bridge.Status:
		switch {
		case !v.Online:
			return "offline"
		case v.Idle:
			return "off"
		case !v.Asked:
			return ""
		case v.Media == nil && v.Default:
			return "empty"
		case v.Media == nil:
			return v.App
		case v.Media.Tag == nil || v.Media.Tag.Bridge != "b":
			return string(v.Media.State) + " another's"
		}
		return string(v.Media.State)
	}
	return ""
}

// another is a second bridge that uses the same device.
func (l *lab) another() *setup {
	l.Helper()
	s := &setup{T: l.T, receiver: l.receiver, reports: reports{make(chan any, 10_000)}, patience: l.patience, url: l.url + "?2"}
	devices := cast.New(cast.Config{}, slog.New(slog.DiscardHandler))
	s.player = devices.Player(bridge.Sighting{Device: l.device}, s.reports)
	if l.bubbled() {
		cast.SetDial(s.player, l.relay.dial)
	}
	s.run()
	s.status(func(st bridge.Status) bool { return st.Online })
	return s
}

// settled asks that the player and the device agree, that nothing was loaded but what a test asked for, and that the
// player obeys still.
func (l *lab) settled(loads int) {
	l.Helper()
	volume := 61
	if l.receiver.Snapshot().Volume > 0.6 {
		volume = 23
	}
	l.obey(bridge.Order{Kind: bridge.OrderVolume, Volume: volume})
	st := l.status(func(st bridge.Status) bool { return st.Volume == volume && st.Asked })
	snap := l.receives(func(s casttest.Snapshot) bool { return int(s.Volume*100+0.5) == volume })
	if len(snap.Loads) != loads {
		l.Errorf("the device has loaded %d times, wanted %d", len(snap.Loads), loads)
	}
	told := "IDLE"
	if st.Media != nil && st.Media.State != bridge.PlayLoading {
		told = strings.ToUpper(string(st.Media.State))
	}
	if told != snap.PlayerState || st.Online && !st.Idle && st.AppID != snap.AppID {
		l.Errorf("told %s of %s; the device is %s in %s", told, st.AppID, snap.PlayerState, snap.AppID)
	}
	if st.Media != nil && st.Media.State == bridge.PlayPaused && (st.Media.Position-snap.Position.Seconds()) > 0.1 {
		l.Errorf("told to stand at %v; the device stands at %v", st.Media.Position, snap.Position)
	}
}

// follow is an order that an entry shall follow what plays.
func (l *lab) follow(entry string) bridge.Order {
	o := l.load()
	o.Kind, o.Load.Tag.Entry = bridge.OrderPrepare, entry
	return o
}

// pendingLoad sends a load, and does not wait for its answer.
func (l *lab) pendingLoad() bridge.Order {
	o := l.load()
	l.serial++
	o.Serial, o.Load.Tag = l.serial, bridge.Tag{Bridge: "b", Entry: "e1", Serial: l.serial}
	l.player.Do(o)
	return o
}
