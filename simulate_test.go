package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"localcast/cast/casttest"
	"localcast/cast/wire"
)

// simulated runs `localcast simulate` until the end of the test. What is typed goes to keys.
func simulated(t *testing.T, args ...string) (out *saidLog, keys io.Writer) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	in, keys := io.Pipe()
	out = &saidLog{news: make(chan struct{}, 1)}
	ended := make(chan int, 1)
	go func() {
		ended <- start(ctx, append([]string{"simulate", "-listen", "127.0.0.1:0"}, args...), terminal{out: out, err: out, getenv: noEnv, in: in})
	}()
	t.Cleanup(func() {
		cancel()
		in.Close()
		select {
		case code := <-ended:
			if code != exitOK || !strings.HasSuffix(out.String(), "is gone\n") {
				t.Errorf("exit code %d, told at last: %s", code, out)
			}
		case <-time.After(patience):
			t.Error("it does not end")
		}
	})
	return out, keys
}

// A saidLog is what a program prints, and lets a test wait for it.
type saidLog struct {
	logBuffer
	news chan struct{}
}

func (l *saidLog) Write(p []byte) (int, error) {
	n, err := l.logBuffer.Write(p)
	select {
	case l.news <- struct{}{}:
	default:
	}
	return n, err
}

// await waits until something is printed that matches, and returns the first submatch.
func (l *saidLog) await(t *testing.T, pattern string) string {
	t.Helper()
	timeout := time.After(patience)
	for {
		if m := regexp.MustCompile(pattern).FindStringSubmatch(l.String()); m != nil {
			return m[len(m)-1]
		}
		select {
		case <-l.news:
		case <-timeout:
			t.Fatalf("never said %q:\n%s", pattern, l)
		}
	}
}

func TestSimulate(t *testing.T) {
	out, keys := simulated(t, "-name", "Attic", "-kind", "group", "-fault", "takeover", "-fault", "louder@1ms")
	addr := out.await(t, `Attic listens on (\S+)`)
	out.await(t, `takeover: YouTube runs`)
	out.await(t, `app: YouTube`)
	out.await(t, `volume: 60 %`)

	conn, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	say := func(text, namespace string) {
		t.Helper()
		frame, err := wire.Append(nil, wire.Message{Source: "sender-1", Destination: wire.PlatformReceiver, Namespace: namespace, Text: text})
		if err == nil {
			_, err = conn.Write(frame)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	say(`{"type":"CONNECT"}`, wire.Connection)
	out.await(t, `senders: 1`)
	if _, err := io.WriteString(keys, "u\n"); err != nil {
		t.Fatal(err)
	}
	out.await(t, `launch-error: the next LAUNCH is refused`)
	for _, want := range []string{"LAUNCH_ERROR", "RECEIVER_STATUS"} {
		say(`{"type":"LAUNCH","requestId":7,"appId":"`+wire.DefaultMediaReceiver+`"}`, wire.Receiver)
		for {
			m, err := wire.Read(conn)
			if err != nil {
				t.Fatal(err)
			}
			var answer struct {
				Type      string
				RequestID int
			}
			if json.Unmarshal([]byte(m.Text), &answer); answer.RequestID != 7 {
				continue
			}
			if answer.Type != want {
				t.Errorf("LAUNCH is answered by %s, wanted %s", m.Text, want)
			}
			break
		}
	}
	out.await(t, `app: Default Media Receiver`)
	for letter, want := range map[string]string{
		"p": "pause: nothing plays", "x": `(?s)y  odd.*y  odd`, "c": "no app runs", "m": `it listens on 127\.0\.0\.1:\d+`, "i": "binary: sent",
	} {
		if _, err := io.WriteString(keys, letter+"\n"); err != nil {
			t.Fatal(err)
		}
		out.await(t, want)
	}
}

// Everything that can be asked for can be taken back, or is over at once: in the end a device is there that works.
func TestSimulatedFaults(t *testing.T) {
	tv, err := casttest.NewReceiver(casttest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer tv.Close()
	s := &simulation{tv: tv, out: io.Discard}
	seen := map[string]bool{}
	for _, f := range simulatedFaults() {
		if len(f.key) != 1 || seen[f.key] || seen[f.name] {
			t.Errorf("%s, %s: there is another", f.key, f.name)
		}
		seen[f.key], seen[f.name] = true, true
		first := f.do(s)
		second := f.do(s)
		toggles := []string{"silence", "power", "bandwidth", "slow-launch", "no-queue"}
		if slices.Contains(toggles, f.name) == (first == second) && f.name != "move" {
			t.Errorf("%s says %q, then %q", f.name, first, second)
		}
	}
	if s.silent || s.off || s.thin || s.slow || s.noQueue {
		t.Errorf("not taken back: %+v", s)
	}
	if got := tv.Snapshot(); got.AppID != wire.Backdrop {
		t.Errorf("in the end: %+v", got)
	}
	conn, err := tls.Dial("tcp", tv.Addr(), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

func TestReceiverNews(t *testing.T) {
	loading := casttest.Snapshot{AppID: "CC1AD845", AppName: "Default Media Receiver", Loading: true, ItemID: 1, ContentID: "http://h/secret/my%20film.mp4"}
	playing := loading
	playing.Loading, playing.PlayerState, playing.Duration = false, "PLAYING", time.Minute
	ended := casttest.Snapshot{AppID: "CC1AD845", Loads: []casttest.LoadRecord{
		{ContentID: "http://h/secret/my%20film.mp4", Ended: "ERROR", Err: "server answers 404", MediaSessionID: 1, ItemID: 1},
	}}
	loads := playing
	loads.Loads = []casttest.LoadRecord{{ContentID: "http://h/secret/my%20film.mp4", MediaSessionID: 1, ItemID: 1}}
	for name, row := range map[string]struct {
		before, now casttest.Snapshot
		want        string
	}{
		"nothing new":        {playing, playing, ""},
		"a sender":           {casttest.Snapshot{}, casttest.Snapshot{Senders: 1}, "senders: 1"},
		"a film is loading":  {casttest.Snapshot{AppID: "CC1AD845"}, loading, "loading my film.mp4 at 0s"},
		"it plays":           {loading, playing, "playing my film.mp4 at 0s of 1m0s"},
		"it fails":           {loads, ended, "my film.mp4 ended: error: server answers 404"},
		"an app":             {casttest.Snapshot{}, casttest.Snapshot{AppID: "233637DE", AppName: "YouTube"}, "app: YouTube"},
		"no app":             {casttest.Snapshot{AppID: "233637DE"}, casttest.Snapshot{AppID: wire.Backdrop}, "no app runs"},
		"the volume":         {casttest.Snapshot{}, casttest.Snapshot{Volume: 0.25, Muted: true}, "volume: 25 %, muted"},
		"its position alone": {playing, func() casttest.Snapshot { s := playing; s.Position = time.Second; return s }(), ""},
	} {
		if got := strings.Join(receiverNews(row.before, row.now), "\n"); got != row.want {
			t.Errorf("%s: %q, wanted %q", name, got, row.want)
		}
	}
}

func TestSimulateCommandLine(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, row := range []struct {
		args []string
		code int
		told string
	}{
		{[]string{"-help"}, exitOK, "lost-finished"},
		{[]string{"-kind", "tv"}, exitUsage, "-kind tv: it is video, audio or group"},
		{[]string{"-speed", "0"}, exitUsage, "-speed 0: it is more than 0"},
		{[]string{"-fault", "flood"}, exitUsage, "there is no such fault"},
		{[]string{"-fault", "drop@soon"}, exitUsage, "invalid duration"},
		{[]string{"-interface", "nowhere0"}, exitUsage, "-interface nowhere0: "},
		{[]string{"now"}, exitUsage, `simulate takes no "now"`},
		{[]string{"-listen", taken.Addr().String()}, exitFailed, "another address is named with -listen"},
	} {
		code, out, stderr := runMain(t, append([]string{"simulate"}, row.args...)...)
		if code != row.code || !strings.Contains(out+stderr, row.told) {
			t.Errorf("%q: exit code %d, told %q%q", row.args, code, out, stderr)
		}
	}
}

func TestSimulatedIDs(t *testing.T) {
	id := func(args ...string) string {
		t.Helper()
		o, err := parseSimulate(args, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		return o.receiver.ID
	}
	if a, b := id("-name", "a"), id("-name", "b"); a == b || a != id("-name", "a") || a == id("-name", "a", "-kind", "audio") {
		t.Errorf("ids %s and %s", a, b)
	}
}

// The guide names every fault with its letter, and what it has people type is understood.
func TestSimulatorGuide(t *testing.T) {
	if _, err := net.InterfaceByName("lo"); err != nil {
		t.Skipf("not on this system: %v", err)
	}
	page, err := os.ReadFile("docs/simulator.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range simulatedFaults() {
		if row := "| `" + f.key + "` | " + f.name + " | " + f.what + " |\n"; !bytes.Contains(page, []byte(row)) {
			t.Errorf("docs/simulator.md lacks the row\n%s", row)
		}
	}
	commands := regexp.MustCompile(`(?m)^ {4}go run \. simulate (.*)$`).FindAllSubmatch(page, -1)
	if len(commands) == 0 {
		t.Error("no example is found; are they written otherwise?")
	}
	for _, c := range commands {
		if _, err := parseSimulate(strings.Fields(string(c[1])), io.Discard); err != nil {
			t.Errorf("%s: %v", c[0], err)
		}
	}
}
