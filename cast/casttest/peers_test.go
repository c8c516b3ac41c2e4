package casttest_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"localcast/cast/casttest"
	"localcast/cast/wire"
)

// Senders that nobody here wrote drive the receiver through an evening, and its own record shows what they asked for.

// missing skips a test whose peer is not there, or fails it where all must be there.
func missing(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("LOCALCAST_REQUIRE_PEERS") != "" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// program finds an external program.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		missing(t, "%s is not installed: %v", name, err)
	}
	return path
}

// evening lasts no longer than this.
const evening = 30 * time.Second

// A peerSender obeys load URL, seek SECONDS, pause, play, volume LEVEL, mute, queue URL, next, stop and close.
type peerSender interface {
	do(t *testing.T, command, argument string)
}

// spendEvening has a sender do everything once.
func spendEvening(t *testing.T, r *casttest.Receiver, by peerSender, film, next string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), evening)
	defer cancel()
	is := func(state string, at float64) func(casttest.Snapshot) bool {
		return func(s casttest.Snapshot) bool {
			return s.PlayerState == state && math.Abs(s.Position.Seconds()-at) < 15
		}
	}
	for _, step := range []struct {
		command, argument string
		ok                func(casttest.Snapshot) bool
	}{
		{"load", film, func(s casttest.Snapshot) bool {
			return s.AppID == wire.DefaultMediaReceiver && s.ContentID == film && is("PLAYING", 0)(s)
		}},
		{"seek", "300", is("PLAYING", 300)},
		{"pause", "", is("PAUSED", 300)},
		{"play", "", is("PLAYING", 300)},
		{"volume", "0.25", func(s casttest.Snapshot) bool { return math.Abs(s.Volume-0.25) < 0.001 }},
		{"mute", "", func(s casttest.Snapshot) bool { return s.Muted }},
		{"queue", next, func(s casttest.Snapshot) bool {
			return slices.Equal(s.Queue, []string{film, next}) && s.ContentID == film && s.PlayerState == "PLAYING"
		}},
		{"next", "", func(s casttest.Snapshot) bool { return s.ContentID == next && is("PLAYING", 0)(s) }},
		{"stop", "", func(s casttest.Snapshot) bool { return s.ContentID == "" }},
		{"close", "", func(s casttest.Snapshot) bool { return s.AppID == wire.Backdrop }},
	} {
		by.do(t, step.command, step.argument)
		if s, err := r.Await(ctx, step.ok); err != nil {
			s.Loads, s.Fetches = nil, nil
			t.Fatalf("%s %s: %v; the receiver: %+v", step.command, step.argument, err, s)
		}
	}
	loads := r.Loads()
	for i, l := range loads {
		if !l.Loaded || l.Duration != 10*time.Minute || l.Err != "" || l.ContentType != "audio/wav" && l.ContentType != "" {
			t.Errorf("load %d: %+v", i+1, l)
		}
	}
	if first, last := loads[0], loads[len(loads)-1]; first.ContentID != film || first.Ended != "INTERRUPTED" ||
		last.ContentID != next || last.Ended != "CANCELLED" || !last.Began || first.Requester == "" {
		t.Errorf("loads: %+v", loads)
	}
}

// eveningWith starts a receiver, and a server with a film and the next one.
func eveningWith(t *testing.T) (r *casttest.Receiver, film, next string) {
	t.Helper()
	ten := casttest.WAV(10 * time.Minute)
	return start(t, casttest.Config{Latency: 10 * time.Millisecond}), serve(t, "film.wav", ten), serve(t, "next.wav", ten)
}

// A scriptedSender is a program that reads commands and says done after each.
type scriptedSender struct {
	in  io.Writer
	out *bufio.Scanner
}

func (s scriptedSender) do(t *testing.T, command, argument string) {
	t.Helper()
	if _, err := io.WriteString(s.in, strings.TrimSpace(command+" "+argument)+"\n"); err != nil {
		t.Fatal(err)
	}
	for s.out.Scan() {
		if s.out.Text() == "done" {
			return
		}
	}
	t.Fatalf("%s: the program has ended", command)
}

// script starts a program that drives the receiver.
func script(t *testing.T, r *casttest.Receiver, program, path string) scriptedSender {
	t.Helper()
	host, port, err := net.SplitHostPort(r.Addr())
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, path, host, port)
	var said strings.Builder // to be read once the program has ended
	cmd.Stderr = &said
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	overdue := time.AfterFunc(evening, func() { cmd.Process.Kill() })
	t.Cleanup(func() {
		defer overdue.Stop()
		in.Close()
		if err := cmd.Wait(); err != nil || t.Failed() {
			t.Errorf("%s: %v\n%s", path, err, said.String())
		}
	})
	return scriptedSender{in, bufio.NewScanner(out)}
}

func TestPychromecast(t *testing.T) {
	python := os.Getenv("LOCALCAST_PYTHON")
	if python == "" {
		python = filepath.Join("..", "..", ".cache", "ci", "python", "bin", "python")
		if _, err := os.Stat(python); err != nil {
			python = program(t, "python3")
		}
	}
	if out, err := exec.Command(python, "-c", "import pychromecast").CombinedOutput(); err != nil {
		missing(t, "%s has no pychromecast: %v\n%s", python, err, out)
	}
	r, film, next := eveningWith(t)
	spendEvening(t, r, script(t, r, python, "testdata/pychromecast_sender.py"), film, next)
}

func TestCastv2Client(t *testing.T) {
	node := program(t, "node")
	if _, err := os.Stat("testdata/castv2/node_modules/castv2-client"); err != nil {
		missing(t, "castv2-client is not installed (npm ci --ignore-scripts in testdata/castv2): %v", err)
	}
	r, film, next := eveningWith(t)
	spendEvening(t, r, script(t, r, node, "testdata/castv2/sender.js"), film, next)
}

// A commandLine is go-chromecast's program, which connects anew for each command.
type commandLine struct {
	path, home, host, port string
	film                   string
}

// do runs one command. A queue is loaded whole, from a playlist, by a program that waits for its end for ever.
func (c commandLine) do(t *testing.T, command, argument string) {
	t.Helper()
	words := map[string][]string{
		"load": {"load", "--detach", "--content-type", "audio/wav", argument}, "seek": {"seek-to", argument}, "pause": {"pause"},
		"play": {"unpause"}, "volume": {"volume", argument}, "mute": {"mute"}, "next": {"next"}, "stop": {"stop"}, "close": {"stop"},
	}[command]
	if command == "queue" {
		list := filepath.Join(c.home, "evening.pls")
		text := fmt.Sprintf("[playlist]\nNumberOfEntries=2\nFile1=%s\nFile2=%s\n", c.film, argument)
		if err := os.WriteFile(list, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := c.command("load", "file://"+list)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			cmd.Process.Kill()
			cmd.Wait()
		})
		return
	}
	if out, err := c.command(words...).CombinedOutput(); err != nil {
		t.Fatalf("go-chromecast %q: %v\n%s", words, err, out)
	}
}

func (c commandLine) command(words ...string) *exec.Cmd {
	cmd := exec.Command(c.path, append([]string{"--addr", c.host, "--port", c.port, "--disable-cache"}, words...)...)
	cmd.Env = append(os.Environ(), "HOME="+c.home)
	return cmd
}

func TestGoChromecast(t *testing.T) {
	path := filepath.Join("..", "..", ".cache", "ci", "go-chromecast")
	if _, err := os.Stat(path); err != nil {
		path = program(t, "go-chromecast")
	}
	r, film, next := eveningWith(t)
	host, port, err := net.SplitHostPort(r.Addr())
	if err != nil {
		t.Fatal(err)
	}
	spendEvening(t, r, commandLine{path, t.TempDir(), host, port, film}, film, next)
}
