package cast_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"localcast/bridge"
	"localcast/bridge/media"
	"localcast/cast"
	"localcast/cast/casttest"
)

// patience bounds what a test waits for.
const patience = 20 * time.Second

// reports keeps what a player tells, for a test to await.
type reports struct{ all chan any }

func (r reports) Status(s bridge.Status) { r.all <- s }
func (r reports) Ended(e bridge.Ended)   { r.all <- e }
func (r reports) Done(d bridge.Done)     { r.all <- d }

// setup is a simulated Chromecast, a player of it that runs, and a file to play.
type setup struct {
	*testing.T
	receiver *casttest.Receiver
	player   bridge.Player
	reports  reports
	url      string
	serial   uint64
	stop     func() // ends the player and waits for it
	patience time.Duration
	seen     []any // every report that a test has waited past, and the one it waited for
}

func newSetup(t *testing.T, c casttest.Config) *setup {
	t.Helper()
	r, err := casttest.NewReceiver(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		http.ServeContent(w, req, "tone.wav", time.Time{}, bytes.NewReader(wav(10)))
	}))
	t.Cleanup(files.Close)
	s := &setup{T: t, receiver: r, reports: reports{make(chan any, 1000)}, url: files.URL + "/tone.wav", patience: patience}
	host, port := split(t, r.Addr())
	devices := cast.New(cast.Config{Static: []cast.Static{{Host: host, Port: port}}}, slog.New(slog.DiscardHandler))
	s.player = devices.Player(bridge.Sighting{Device: media.Device{Name: "Kitchen", Host: host, Port: port}}, s.reports)
	s.run()
	s.status(func(st bridge.Status) bool { return st.Online })
	return s
}

// run runs the player until the end of the test.
func (s *setup) run() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.player.Run(ctx) }()
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			s.Error(err)
		}
	})
	s.Cleanup(s.stop)
}

func split(t *testing.T, address string) (string, int) {
	t.Helper()
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return host, port
}

// wav is that many seconds of silence: mono, 8 bits, 8 kHz.
func wav(seconds int) []byte {
	data := make([]byte, seconds*8000)
	var b bytes.Buffer
	b.WriteString("RIFF")
	binary.Write(&b, binary.LittleEndian, uint32(36+len(data)))
	b.WriteString("WAVEfmt ")
	binary.Write(&b, binary.LittleEndian, struct {
		Size             uint32
		Format, Channels uint16
		Rate, Bytes      uint32
		Align, Bits      uint16
	}{16, 1, 1, 8000, 8000, 1, 8})
	b.WriteString("data")
	binary.Write(&b, binary.LittleEndian, uint32(len(data)))
	b.Write(data)
	return b.Bytes()
}

// await returns the first report that is wanted; others are passed over.
func await[T any](s *setup, what string, want func(T) bool) T {
	s.Helper()
	deadline := time.After(s.patience)
	from := len(s.seen)
	for {
		select {
		case v := <-s.reports.all:
			s.seen = append(s.seen, v)
			if r, ok := v.(T); ok && want(r) {
				return r
			}
		case <-deadline:
			s.Fatalf("waited in vain for %s; passed over %+v", what, s.seen[from:])
		}
	}
}

func (s *setup) status(want func(bridge.Status) bool) bridge.Status {
	s.Helper()
	return await(s, "a status", want)
}

func (s *setup) state(want bridge.PlayState) bridge.MediaStatus {
	s.Helper()
	return *s.status(func(st bridge.Status) bool { return st.Media != nil && st.Media.State == want }).Media
}

// order sends an order and waits for its answer.
func (s *setup) order(o bridge.Order) bridge.Done {
	s.Helper()
	s.serial++
	o.Serial = s.serial
	if o.Load != nil {
		o.Load.Tag = bridge.Tag{Bridge: "b", Entry: cmp.Or(o.Load.Tag.Entry, "e1"), Serial: s.serial}
	}
	s.player.Do(o)
	return await(s, "an answer to "+string(o.Kind), func(d bridge.Done) bool { return d.Serial == o.Serial })
}

func (s *setup) obey(o bridge.Order) {
	s.Helper()
	if d := s.order(o); d.Fail != nil {
		s.Fatalf("%s: %v: %v", o.Kind, d.Fail.Kind, d.Fail)
	}
}

func (s *setup) load() bridge.Order {
	return bridge.Order{Kind: bridge.OrderLoad, Load: &bridge.Load{
		Item: media.Item{Kind: media.Track, Title: "Tone"}, URL: s.url, ContentType: "audio/wav",
	}}
}

// receives waits until the device is as wanted.
func (s *setup) receives(want func(casttest.Snapshot) bool) casttest.Snapshot {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), s.patience)
	defer cancel()
	snap, err := s.receiver.Await(ctx, want)
	if err != nil {
		s.Fatalf("the device never came there (%v); it is %+v", err, snap)
	}
	return snap
}

func TestPlayToTheEnd(t *testing.T) {
	for name, c := range map[string]casttest.Config{
		"the answer to LOAD is BUFFERING": {Speed: 20},
		"it is LOADING":                   {Speed: 20, LaunchStatus: true, LoadingAnswers: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t, c)
			s.obey(s.load())
			m := s.state(bridge.PlayPlaying)
			if m.Tag == nil || m.Tag.Entry != "e1" || m.URL != s.url || m.Title != "Tone" || m.Duration != 10 ||
				m.ContentType != "audio/wav" {
				t.Errorf("plays %+v", m)
			}
			e := await(s, "the end", func(bridge.Ended) bool { return true })
			if e.Reason != bridge.EndFinished || e.Tag == nil || *e.Tag != *m.Tag || e.URL != s.url {
				t.Errorf("ended %+v", e)
			}
			s.status(func(st bridge.Status) bool { return st.Media == nil && st.Default && st.Asked })
		})
	}
}

func TestControls(t *testing.T) {
	s := newSetup(t, casttest.Config{})
	load := s.load()
	load.Load.Position, load.Load.Paused = 2, true
	s.obey(load)
	if m := s.state(bridge.PlayPaused); m.Position != 2 {
		t.Errorf("paused at %v", m.Position)
	}
	s.obey(bridge.Order{Kind: bridge.OrderResume})
	s.state(bridge.PlayPlaying)
	s.obey(bridge.Order{Kind: bridge.OrderSeek, Position: 6})
	s.status(func(st bridge.Status) bool { return st.Media != nil && st.Media.Position >= 6 })
	s.obey(bridge.Order{Kind: bridge.OrderPause})
	s.state(bridge.PlayPaused)

	for _, level := range []int{0, 7, 100, 29} {
		s.obey(bridge.Order{Kind: bridge.OrderVolume, Volume: level})
		s.status(func(st bridge.Status) bool { return st.Volume == level })
	}
	s.obey(bridge.Order{Kind: bridge.OrderMute, Muted: true})
	s.status(func(st bridge.Status) bool { return st.Muted && st.Volume == 29 })

	s.obey(bridge.Order{Kind: bridge.OrderStopMedia})
	e := await(s, "the end", func(bridge.Ended) bool { return true })
	if e.Reason != bridge.EndCancelled || e.Position < 6 {
		t.Errorf("ended %+v", e)
	}
	s.obey(bridge.Order{Kind: bridge.OrderStopApp})
	s.status(func(st bridge.Status) bool { return st.Idle })
	s.obey(bridge.Order{Kind: bridge.OrderWake})
	s.status(func(st bridge.Status) bool { return st.Default && st.Media == nil })
}

func TestWhatTheRoomDoesIsTold(t *testing.T) {
	s := newSetup(t, casttest.Config{})
	s.obey(s.load())
	s.state(bridge.PlayPlaying)
	s.receiver.Pause()
	s.state(bridge.PlayPaused)
	s.receiver.SetVolume(0.123, true)
	s.status(func(st bridge.Status) bool { return st.Volume == 12 && st.Muted })
	s.receiver.CloseApp()
	if e := await(s, "the end", func(bridge.Ended) bool { return true }); e.Reason != bridge.EndCancelled {
		t.Errorf("ended %+v", e)
	}
	s.status(func(st bridge.Status) bool { return st.Idle && st.Media == nil })
}

func TestRefusedLoads(t *testing.T) {
	for name, row := range map[string]struct {
		refuse casttest.LoadError
		kind   bridge.FailKind
		want   string
	}{
		"of a format":    {casttest.LoadError{Code: 104}, bridge.FailFormat, "the device cannot play this format"},
		"without a code": {casttest.LoadError{}, bridge.FailRefused, "the device could not play it"},
		"as a request": {
			casttest.LoadError{Type: "INVALID_REQUEST", Reason: "INVALID_PARAMS"},
			bridge.FailRefused, "the device did not accept the request (INVALID_PARAMS)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t, casttest.Config{})
			s.receiver.SetRefuse(func(string) *casttest.LoadError { return &row.refuse })
			d := s.order(s.load())
			if d.Fail == nil || d.Fail.Kind != row.kind || d.Fail.Message != row.want {
				t.Errorf("answered %+v", d.Fail)
			}
			s.receiver.SetRefuse(nil)
			s.obey(s.load())
			s.state(bridge.PlayPlaying)
		})
	}
}

func TestALoadOverWhatPlays(t *testing.T) {
	s := newSetup(t, casttest.Config{})
	s.obey(s.load())
	first := *s.state(bridge.PlayPlaying).Tag
	second := s.load()
	second.Serial, second.Load.Tag = 2, bridge.Tag{Bridge: "b", Entry: "e2", Serial: 2}
	s.player.Do(second)
	e := await(s, "the end", func(bridge.Ended) bool { return true })
	if e.Reason != bridge.EndInterrupted || e.Tag == nil || *e.Tag != first {
		t.Errorf("ended %+v", e)
	}
	if m := s.state(bridge.PlayPlaying); m.Tag.Serial != 2 {
		t.Errorf("plays %+v", m)
	}
}

func TestALostLinkFindsTheFilmStillRunning(t *testing.T) {
	s := newSetup(t, casttest.Config{})
	s.obey(s.load())
	before := s.state(bridge.PlayPlaying)
	s.receiver.Drop()
	s.status(func(st bridge.Status) bool { return !st.Online })
	s.status(func(st bridge.Status) bool { return st.Online })
	after := s.state(bridge.PlayPlaying)
	if after.Tag == nil || *after.Tag != *before.Tag || after.URL != before.URL {
		t.Errorf("plays %+v", after)
	}
	if loads := s.receiver.Loads(); len(loads) != 1 {
		t.Errorf("%d loads", len(loads))
	}
	s.obey(bridge.Order{Kind: bridge.OrderPause})
	s.state(bridge.PlayPaused)
}

func TestATakeoverIsToldAndNothingIsLaunched(t *testing.T) {
	s := newSetup(t, casttest.Config{})
	s.obey(s.load())
	s.state(bridge.PlayPlaying)
	s.receiver.TakeOver("233637DE", "YouTube")
	// Whether the app says CANCELLED before it is replaced is the receiver's affair.
	e := await(s, "the end", func(bridge.Ended) bool { return true })
	if e.Reason != bridge.EndInterrupted && e.Reason != bridge.EndCancelled {
		t.Errorf("ended %+v", e)
	}
	st := s.status(func(st bridge.Status) bool { return st.App == "YouTube" && st.Asked })
	if st.Default || st.Idle || st.Media != nil || !st.Controllable {
		t.Errorf("status %+v", st)
	}
	if snap := s.receiver.Snapshot(); snap.AppID != "233637DE" || len(snap.Loads) != 1 {
		t.Errorf("the device runs %s, %d loads", snap.AppID, len(snap.Loads))
	}
	s.obey(s.load())
	s.state(bridge.PlayPlaying)
}

func TestShutdownLeavesTheFilmRunning(t *testing.T) {
	s := newSetup(t, casttest.Config{StopOnClose: true})
	s.obey(s.load())
	s.state(bridge.PlayPlaying)
	s.stop()
	if snap := s.receives(func(c casttest.Snapshot) bool { return c.Senders == 0 }); snap.PlayerState != "PLAYING" {
		t.Errorf("the device is %s", snap.PlayerState)
	}
}

func TestADiscoveredDevicePlays(t *testing.T) {
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		t.Skip("not on this system: there is no interface lo")
	}
	r, err := casttest.NewReceiver(casttest.Config{Name: "Whole house", Kind: casttest.Group, Advertise: lo})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	devices := cast.New(cast.Config{Discovery: true, Interfaces: []string{"lo"}}, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	seen := make(chan bridge.Sighting, 100)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	running.Go(func() {
		if err := devices.Run(ctx, func(s bridge.Sighting) {
			select {
			case seen <- s:
			default:
			}
		}); err != nil {
			t.Error(err)
		}
	})
	for s := range seen {
		if s.Name != "Whole house" {
			continue
		}
		if s.Kind != media.GroupDevice || strings.Contains(s.ID, "-") || len(s.ID) != 32 {
			t.Errorf("found %+v", s)
		}
		set := &setup{T: t, receiver: r, reports: reports{make(chan any, 1000)}, patience: patience}
		player := devices.Player(s, set.reports)
		running.Go(func() {
			if err := player.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		st := set.status(func(st bridge.Status) bool { return st.Online })
		if st.Host != s.Host {
			t.Errorf("linked to %s, found at %s", st.Host, s.Host)
		}
		return
	}
}
