package cast_test

import (
	"bufio"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"localcast/bridge"
	"localcast/bridge/media"
	"localcast/cast"
)

// castv2 is a receiver made of npm's castv2, which knows nothing of this program. It says what it was asked.
type castv2 struct {
	port  int
	asked map[string]int // by type; filled when the receiver has ended
}

// newCastv2 starts the receiver; end ends it and waits. The test is skipped where node or its module is not installed.
func newCastv2(t *testing.T) (r *castv2, end func()) {
	t.Helper()
	modules := os.Getenv("LOCALCAST_NODE_MODULES")
	if modules == "" {
		modules = filepath.Join("testdata", "castv2", "node_modules")
	}
	modules, err := filepath.Abs(modules)
	if err != nil {
		t.Fatal(err)
	}
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join(modules, "castv2"))
	}
	if err != nil {
		if os.Getenv("LOCALCAST_REQUIRE_PEERS") != "" {
			t.Fatal(err)
		}
		t.Skipf("castv2 is not installed: npm ci in cast/testdata/castv2 (%v)", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	t.Cleanup(cancel)
	command := exec.CommandContext(ctx, node, filepath.Join("testdata", "castv2", "receiver.js"))
	command.Env = append(os.Environ(), "NODE_PATH="+modules)
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	if err := json.NewEncoder(in).Encode(identity(t)); err != nil {
		t.Fatal(err)
	}
	r = &castv2{asked: make(map[string]int)}
	lines := bufio.NewScanner(out)
	var first struct{ Port int }
	if !lines.Scan() || json.Unmarshal(lines.Bytes(), &first) != nil || first.Port == 0 {
		t.Fatalf("the receiver said %q", lines.Text())
	}
	r.port = first.Port
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines.Scan() {
			var line struct{ Type, Text string }
			if json.Unmarshal(lines.Bytes(), &line) == nil {
				r.asked[line.Type+line.Text]++
			}
		}
	}()
	return r, func() {
		if err := in.Close(); err != nil {
			t.Error(err)
		}
		<-read
		if err := command.Wait(); err != nil {
			t.Error(err)
		}
	}
}

// identity is a key and a certificate for a server, as node takes them.
func identity(t *testing.T) map[string]string {
	t.Helper()
	lender := httptest.NewTLSServer(nil)
	defer lender.Close()
	own := lender.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(own.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"key":  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})),
		"cert": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: own.Certificate[0]})),
	}
}

// The sender drives a receiver that others have written: connect, launch, load, pause, seek, volume, stop.
func TestAnIndependentReceiver(t *testing.T) {
	receiver, end := newCastv2(t)
	dev := media.Device{Name: "Other", Host: "127.0.0.1", Port: receiver.port}
	s := &setup{T: t, reports: reports{make(chan any, 1000)}, patience: patience, url: "http://192.0.2.10/tone.wav"}
	devices := cast.New(cast.Config{Static: []cast.Static{{Host: dev.Host, Port: dev.Port}}}, slog.New(slog.DiscardHandler))
	s.player = devices.Player(bridge.Sighting{Device: dev}, s.reports)
	s.run()
	s.status(func(st bridge.Status) bool { return st.Online && st.Idle && st.Volume == 50 })

	o := s.load()
	o.Load.Position = 20
	s.obey(o)
	m := s.state(bridge.PlayPlaying)
	if m.Tag == nil || m.Tag.Entry != "e1" || m.Position < 20 || m.Duration != 600 || m.Title != "Tone" {
		t.Errorf("plays %+v", m)
	}
	s.obey(bridge.Order{Kind: bridge.OrderPause})
	s.state(bridge.PlayPaused)
	s.obey(bridge.Order{Kind: bridge.OrderSeek, Position: 300})
	if m := s.state(bridge.PlayPaused); m.Position != 300 {
		t.Errorf("stands at %v", m.Position)
	}
	s.obey(bridge.Order{Kind: bridge.OrderResume})
	s.state(bridge.PlayPlaying)
	for _, level := range []int{0, 29, 100} {
		s.obey(bridge.Order{Kind: bridge.OrderVolume, Volume: level})
		s.status(func(st bridge.Status) bool { return st.Volume == level })
	}
	s.obey(bridge.Order{Kind: bridge.OrderMute, Muted: true})
	s.status(func(st bridge.Status) bool { return st.Muted })
	s.obey(bridge.Order{Kind: bridge.OrderStopMedia})
	if e := await(s, "the end", func(bridge.Ended) bool { return true }); e.Reason != bridge.EndCancelled || e.Position < 300 {
		t.Errorf("ended %+v", e)
	}
	s.obey(s.load())
	s.state(bridge.PlayPlaying)
	s.obey(bridge.Order{Kind: bridge.OrderStopApp})
	s.status(func(st bridge.Status) bool { return st.Idle && st.Media == nil })
	s.stop()
	end()
	for kind, want := range map[string]int{
		"LAUNCH": 1, "LOAD": 2, "PAUSE": 1, "SEEK": 1, "PLAY": 1, "SET_VOLUME": 4, "STOP": 2, "CONNECT": 2, "CLOSE": 0,
	} {
		if receiver.asked[kind] != want {
			t.Errorf("%s was sent %d times, wanted %d; in all %v", kind, receiver.asked[kind], want, receiver.asked)
		}
	}
}
