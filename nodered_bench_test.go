package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"localcast/cast/casttest"
)

// nodeREDBenchEnv names a folder with a program that runs a real Node-RED:
//
//	nr start DIR PORT [dashboard]       a new instance in DIR, with Dashboard 2 if wanted
//	nr stop DIR
//	nr log DIR                          prints what it has logged
//	nr editor DIR FLOW                  imports a file in the editor, in a browser; prints what the editor complains of
//	nr import DIR FLOW BROKER-PORT      imports a file and connects it; prints what Node-RED complains of
//	nr inject DIR ID                    presses an inject node
//	nr debug DIR SECONDS                prints what debug nodes get, a line of JSON each, once it has said listening
//	nr status DIR                       prints the status of each node, a line of JSON each
const nodeREDBenchEnv = "LOCALCAST_NODE_RED_BENCH"

// nodeRED is a real Node-RED.
type nodeRED struct {
	t    *testing.T
	nr   string
	dir  string
	news chan struct{}

	mu   sync.Mutex
	said []debugLine
}

// debugLine is what a debug node was given.
type debugLine struct {
	Name  string
	Value json.RawMessage
}

// startNodeRED starts a Node-RED, with what else its palette has.
func startNodeRED(t *testing.T, bench string, palette ...string) *nodeRED {
	t.Helper()
	n := &nodeRED{t: t, nr: filepath.Join(bench, "nr"), dir: filepath.Join(t.TempDir(), "nr"), news: make(chan struct{}, 1)}
	_, port, _ := net.SplitHostPort(freePort(t))
	t.Cleanup(func() { _ = exec.Command(n.nr, "stop", n.dir).Run() })
	out, err := n.try("start", append([]string{port}, palette...)...)
	if err != nil && strings.Contains(out, "Connection refused") && n.listens(port) {
		return n // it had said that the flows have started before it listened, and nr came in between
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// listens reports whether Node-RED takes connections in the end.
func (n *nodeRED) listens(port string) bool {
	timeout, tick := time.NewTimer(benchPatience), time.NewTicker(50*time.Millisecond)
	defer timeout.Stop()
	defer tick.Stop()
	for {
		if conn, err := net.DialTimeout("tcp", net.JoinHostPort("127.0.0.1", port), time.Second); err == nil {
			conn.Close()
			return true
		}
		select {
		case <-tick.C:
		case <-timeout.C:
			return false
		}
	}
}

// do runs a command of the bench, which has succeeded only when it has nothing to complain of.
func (n *nodeRED) do(command string, args ...string) string {
	n.t.Helper()
	out, err := n.try(command, args...)
	if err != nil {
		n.t.Fatal(err)
	}
	return out
}

// try runs a command of the bench; the error holds what it has printed, too.
func (n *nodeRED) try(command string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(n.t.Context(), 2*benchPatience)
	defer cancel()
	out, err := exec.CommandContext(ctx, n.nr, append([]string{command, n.dir}, args...)...).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("nr %s %s: %w\n%s", command, strings.Join(args, " "), err, out)
	}
	return string(out), err
}

// listen collects what debug nodes get until Node-RED stops.
func (n *nodeRED) listen() {
	n.t.Helper()
	cmd := exec.Command(n.nr, "debug", n.dir, "600")
	out, err := cmd.StdoutPipe()
	if err != nil {
		n.t.Fatal(err)
	}
	warnings, err := cmd.StderrPipe()
	if err != nil {
		n.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var d debugLine
			if json.Unmarshal(lines.Bytes(), &d) != nil {
				continue
			}
			n.mu.Lock()
			n.said = append(n.said, d)
			n.mu.Unlock()
			select {
			case n.news <- struct{}{}:
			default:
			}
		}
	}()
	n.t.Cleanup(func() {
		_ = exec.Command(n.nr, "stop", n.dir).Run() // which ends the listening, too
		<-done
		_ = cmd.Wait()
	})
	if line, err := bufio.NewReader(warnings).ReadString('\n'); !strings.Contains(line, "listening") {
		n.t.Fatalf("nr debug: %s %v", line, err)
	}
}

// press presses an inject node and returns the place in what was said from which to await its effect.
func (n *nodeRED) press(id string) (mark int) {
	n.t.Helper()
	mark = n.mark()
	n.do("inject", id)
	return mark
}

func (n *nodeRED) mark() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.said)
}

// await waits until a debug node was given something with these words in it, from a mark on.
func (n *nodeRED) await(from int, name string, words ...string) {
	n.t.Helper()
	timeout := time.NewTimer(benchPatience)
	defer timeout.Stop()
	for {
		n.mu.Lock()
		said := n.said[from:]
		n.mu.Unlock()
		for _, d := range said {
			if d.Name == name && inOrder(string(d.Value), words) {
				return
			}
		}
		select {
		case <-n.news:
		case <-timeout.C:
			n.t.Fatalf("the debug node %s was never given %q, but %s", name, words, said)
		}
	}
}

// inOrder reports whether words stand in a text, in their order.
func inOrder(text string, words []string) bool {
	for _, w := range words {
		_, rest, ok := strings.Cut(text, w)
		if !ok {
			return false
		}
		text = rest
	}
	return true
}

// statusOf is the text under a node.
func (n *nodeRED) statusOf(id string) string {
	n.t.Helper()
	for line := range strings.Lines(n.do("status")) {
		s := decode[struct{ ID, Text string }](n.t, line)
		if s.ID == id {
			return s.Text
		}
	}
	return ""
}

// TestNodeRED imports the example flows into a real Node-RED and uses them.
func TestNodeRED(t *testing.T) {
	bench := os.Getenv(nodeREDBenchEnv)
	if bench == "" {
		t.Skip("not on this system: a Node-RED for tests, " + nodeREDBenchEnv)
	}
	broker := mosquitto(t)
	_, brokerPort, _ := net.SplitHostPort(broker)
	for _, file := range flowFiles() {
		t.Run("import "+file, func(t *testing.T) {
			path, err := filepath.Abs(filepath.Join("docs", "node-red", file))
			if err != nil {
				t.Fatal(err)
			}
			var palette []string
			if file == dashboardFile {
				palette = []string{"dashboard"}
			}
			startNodeRED(t, bench, palette...).do("editor", path)
			startNodeRED(t, bench, palette...).do("import", path, brokerPort)
		})
	}

	h := newHome(t, broker, 10*time.Minute, 10*time.Minute, 10*time.Minute)
	stop := h.start(h.config(false))
	h.listen()
	h.ear.ready(3)
	n := startNodeRED(t, bench)
	n.listen()
	for _, file := range flowFiles() {
		if file != dashboardFile {
			n.do("import", chosen(t, file, "kuche_tv"), brokerPort)
		}
	}
	flowsFindAndPlay(h, n)
	flowsChangeTheQueue(h, n)
	flowsAreARemote(h, n)
	flowsAnnounce(h, n)
	flowsSayGoodNight(h, n)
	deployingSendsNothing(h, n)
	stop()
	flowsNoticeTheEnd(n)
}

// device waits until the simulated Chromecast is as wanted.
func (h *home) device(ok func(casttest.Snapshot) bool) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), benchPatience)
	defer cancel()
	if s, err := h.tv.Await(ctx, ok); err != nil {
		h.t.Fatalf("the television stays %s at %s, volume %g: %v", s.PlayerState, s.Position, s.Volume, err)
	}
}

// flowsFindAndPlay plays an album, and leaves its first song paused.
func flowsFindAndPlay(h *home, n *nodeRED) {
	n.t.Helper()
	from := n.press("lcs_i02")
	n.await(from, "results", "1. First · The Sines (album)")
	n.await(from, "speech", "I found 1 item")
	from = n.press("lcs_i03")
	n.await(from, "speech", "Playing Song A")
	h.device(func(s casttest.Snapshot) bool { return s.PlayerState == "PLAYING" })
	n.await(0, "queue", "▶ 1. Song A", "2. Song B", "3. Song C")
	n.press("lcr_i02")
	h.device(func(s casttest.Snapshot) bool { return s.PlayerState == "PAUSED" })
	n.await(from, "state", "paused · Song A")
	n.await(n.press("lcs_i04"), "speech", "result")
}

// flowsChangeTheQueue leaves the songs in the order C, A, and C paused.
func flowsChangeTheQueue(h *home, n *nodeRED) {
	n.t.Helper()
	now := h.ear.await(0, "kuche_tv/queue", func(p string) bool { return strings.Contains(p, "Song C") })
	revision := decode[struct{ Revision int }](n.t, now).Revision
	stale := strings.Replace(now, fmt.Sprintf(`"revision":%d`, revision), fmt.Sprintf(`"revision":%d`, revision-1), 1)

	from := n.mark() // Node-RED has an old queue: its change is refused, and done when it has the new one
	h.ear.say("kuche_tv/queue", stale)
	n.await(from, "queue", "1. Song A", "2. Song B", "3. Song C")
	heard := h.ear.mark()
	from = n.press("lcq_i03")
	h.ear.await(heard, "kuche_tv/response/queue_move", func(p string) bool { return strings.Contains(p, `"code":"conflict"`) })
	h.ear.say("kuche_tv/queue", now)
	n.await(from, "queue", "1. Song C", "▶ 2. Song A", "3. Song B")
	n.await(from, "answer", "Küche TV")

	from = n.press("lcq_i01")
	n.await(from, "answer", "Song A")
	n.press("lcr_i02")
	h.device(func(s casttest.Snapshot) bool { return s.PlayerState == "PAUSED" })
	from = n.mark()
	h.ear.ask("queue_jump", "0")
	n.await(from, "queue", "▶ 1. Song C", "2. Song A", "3. Song B")
	from = n.press("lcq_i02")
	n.await(from, "queue", "▶ 1. Song C", "2. Song B")
	n.await(n.press("lcq_i04"), "queue", "▶ 1. Song C", "2. Song B", "5. Song C")
}

// flowsAreARemote presses each button, and leaves the device paused.
func flowsAreARemote(h *home, n *nodeRED) {
	n.t.Helper()
	state := func(want string) func(casttest.Snapshot) bool {
		return func(s casttest.Snapshot) bool { return s.PlayerState == want }
	}
	volume := func(want string) func(casttest.Snapshot) bool {
		return func(s casttest.Snapshot) bool { return fmt.Sprintf("%.2f", s.Volume) == want }
	}
	at := func(want time.Duration) func(casttest.Snapshot) bool {
		return func(s casttest.Snapshot) bool {
			return s.PlayerState == "PAUSED" && s.Position.Round(time.Second) == want
		}
	}
	item := func(s casttest.Snapshot) string { return s.ContentID }
	h.device(state("PLAYING"))
	var before string
	other := func(s casttest.Snapshot) bool { return s.PlayerState == "PLAYING" && item(s) != before }
	for _, row := range []struct {
		button string
		done   func(casttest.Snapshot) bool
	}{
		{"lcr_i02", state("PAUSED")},
		{"lcr_i01", state("PLAYING")},
		{"lcr_i03", other}, // next
		{"lcr_i04", other}, // previous, or from the start
		{"lcr_i02", state("PAUSED")},
		{"lcr_i08", at(90 * time.Second)},
		{"lcr_i07", at(120 * time.Second)},
		{"lcr_i06", at(110 * time.Second)},
		{"lcr_i09", volume("0.35")},
		{"lcr_i10", volume("0.40")},
		{"lcr_i11", volume("0.35")},
		{"lcr_i05", func(s casttest.Snapshot) bool { return s.ContentID == "" }},
		{"lcr_i01", state("PLAYING")},
		{"lcr_i02", state("PAUSED")},
	} {
		before = item(h.tv.Snapshot())
		n.press(row.button)
		h.device(row.done)
	}
	n.press("lcr_i05")
	h.device(func(s casttest.Snapshot) bool { return s.ContentID == "" })
	n.await(n.press("lcr_i03"), "refused", "Nothing is playing")
	n.press("lcr_i01")
	h.device(state("PLAYING"))
	n.await(n.press("lcr_i02"), "state", "paused")
}

// flowsAnnounce rings over a song that is paused, and leaves it paused.
func flowsAnnounce(h *home, n *nodeRED) {
	n.t.Helper()
	h.write("media/Sounds/Doorbell.wav", tones(2*time.Second, 880))
	from := h.ear.mark()
	h.ear.say("bridge/command/rescan", "PRESS")
	h.ear.await(from, "bridge/library", func(p string) bool { return strings.Contains(p, `"tracks":4`) })
	over := func(ring func()) {
		n.t.Helper()
		from := h.ear.mark()
		ring()
		h.ear.await(from, "kuche_tv/event", func(p string) bool { return strings.Contains(p, "announcement_started") })
		h.ear.await(from, "kuche_tv/event", func(p string) bool { return strings.Contains(p, "announcement_finished") })
		h.device(func(s casttest.Snapshot) bool { return s.PlayerState == "PAUSED" })
	}
	over(func() { n.await(n.press("lcb_i01"), "said", "Announcing") })
	over(func() { n.await(n.press("lcb_i03"), "said", "1 device") })
	over(func() {
		for range 2 { // the second is still the same visitor
			if sent := h.ear.client.Publish("zigbee2mqtt/doorbell", 1, false, `{"action":"pressed"}`); !sent.WaitTimeout(patience) {
				n.t.Error("the broker takes nothing")
			}
		}
	})
	n.await(n.press("lcb_i02"), "said", "announce.tts_url") // there is no voice
}

// flowsSayGoodNight sets and takes back timers, and stops everything; then the device is paused as before.
func flowsSayGoodNight(h *home, n *nodeRED) {
	n.t.Helper()
	for _, button := range []string{"lcn_i01", "lcn_i02", "lcn_i03", "lcn_i05", "lcn_i04"} {
		n.await(n.press(button), "said", "")
	}
	h.device(func(s casttest.Snapshot) bool { return fmt.Sprintf("%.2f", s.Volume) == "0.25" })
	n.press("lcn_i06")
	h.device(func(s casttest.Snapshot) bool { return s.ContentID == "" })
	n.press("lcr_i01")
	h.device(func(s casttest.Snapshot) bool { return s.PlayerState == "PLAYING" })
	n.press("lcr_i02")
	h.device(func(s casttest.Snapshot) bool { return s.PlayerState == "PAUSED" })
}

// deployingSendsNothing deploys again, with one more tab. Everything retained comes to the flows again.
func deployingSendsNothing(h *home, n *nodeRED) {
	n.t.Helper()
	path := filepath.Join(n.t.TempDir(), "tab.json")
	if err := os.WriteFile(path, []byte(`[{"id":"one_more","type":"tab","label":"One more","disabled":false,"info":"","env":[]}]`), 0o644); err != nil {
		n.t.Fatal(err)
	}
	from, said := h.ear.mark(), n.mark()
	n.do("import", path)
	n.await(said, "state", "paused · Song")
	n.await(said, "queue", "Song")
	if text := n.statusOf("lcr_show"); !strings.HasPrefix(text, "paused · Song") {
		n.t.Errorf("under the remote stands %q", text)
	}
	h.ear.mu.Lock()
	defer h.ear.mu.Unlock()
	for _, m := range h.ear.heard[from:] {
		if isCommand(m.topic) {
			n.t.Errorf("Node-RED published %s %s by itself", m.topic, m.payload)
		}
	}
}

// flowsNoticeTheEnd uses the flows without the program.
func flowsNoticeTheEnd(n *nodeRED) {
	n.t.Helper()
	from := n.press("lcs_i03")
	if text := n.statusOf("lcr_show"); text != "LocalCast does not run" {
		n.t.Errorf("under the remote stands %q", text)
	}
	n.await(from, "speech", "No answer to play within 15 s")
	if log := n.do("log"); strings.Contains(log, " error ") {
		n.t.Errorf("Node-RED has logged:\n%s", log)
	}
}
