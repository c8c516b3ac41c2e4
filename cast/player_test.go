package cast_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
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
	s := &setup{T: t, receiver: r, reports: reports{make(chan any, 1000)}, url: files.URL + "/tone.wav"}
	host, port := split(t, r.Addr())
	devices := cast.New(cast.Config{Static: []cast.Static{{Host: host, Port: port}}}, slog.New(slog.DiscardHandler))
	s.player = devices.Player(bridge.Sighting{Device: media.Device{Name: "Kitchen", Host: host, Port: port}}, s.reports)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.player.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	s.status(func(st bridge.Status) bool { return st.Online })
	return s
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
	deadline := time.After(patience)
	var passed []any
	for {
		select {
		case v := <-s.reports.all:
			if r, ok := v.(T); ok && want(r) {
				return r
			}
			passed = append(passed, v)
		case <-deadline:
			s.Fatalf("waited in vain for %s; passed over %+v", what, passed)
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
		o.Load.Tag = bridge.Tag{Bridge: "b", Entry: "e1", Serial: s.serial}
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

func TestPlayToTheEnd(t *testing.T) {
	s := newSetup(t, casttest.Config{Speed: 20, LaunchStatus: true, LoadingAnswers: true})
	s.obey(s.load())
	if m := s.state(bridge.PlayPlaying); m.Tag == nil || m.Tag.Entry != "e1" || m.URL != s.url || m.Title != "Tone" {
		t.Errorf("plays %+v", m)
	}
	e := await(s, "the end", func(bridge.Ended) bool { return true })
	if e.Reason != bridge.EndFinished || e.Tag == nil || e.Position > 10 {
		t.Errorf("ended %+v", e)
	}
}
