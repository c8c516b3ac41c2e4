package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"go.uber.org/goleak"

	"localcast/cast/casttest"
)

// asProgram makes the test binary be the program itself, so that a test can kill it.
const asProgram = "LOCALCAST_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	// An advertiser of zeroconf sleeps for up to two seconds after it was shut down.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/grandcat/zeroconf.(*Server).probe"))
}

// patience bounds every wait of an end-to-end test.
const patience = 30 * time.Second

// home is a household: a broker, a simulated Chromecast, a folder of music and the program.
type home struct {
	t      *testing.T
	dir    string
	broker string // host:port
	tv     *casttest.Receiver
	ear    *ear
	log    *logBuffer
}

// newHome builds the household but does not start the program. Songs are the lengths of its tracks.
func newHome(t *testing.T, broker string, songs ...time.Duration) *home {
	t.Helper()
	return newHomeAt(t, 10, broker, songs...)
}

// newHomeAt builds a household whose television has a time of its own.
func newHomeAt(t *testing.T, speed float64, broker string, songs ...time.Duration) *home {
	t.Helper()
	h := &home{t: t, dir: t.TempDir(), broker: broker, log: &logBuffer{}}
	for i, d := range songs {
		h.write(fmt.Sprintf("media/Music/The Sines/First/%02d - Song %c.wav", i+1, 'A'+i), tones(d, 220*float64(i+1)))
	}
	tv, err := casttest.NewReceiver(casttest.Config{Name: "Küche TV", Speed: speed, ReadAhead: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tv.Close)
	h.tv = tv
	return h
}

func (h *home) write(path string, data []byte) {
	h.t.Helper()
	path = filepath.Join(h.dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		h.t.Fatal(err)
	}
	h.old(path)
}

// old makes a file a minute old, else it would be waited for, as it may not be whole yet.
func (h *home) old(path string) {
	h.t.Helper()
	past := time.Now().Add(-time.Minute)
	if err := os.Chtimes(path, past, past); err != nil {
		h.t.Fatal(err)
	}
}

// config writes the configuration file. embedded says that the program brings its broker.
func (h *home) config(embedded bool) string {
	host, port, err := net.SplitHostPort(h.tv.Addr())
	if err != nil {
		h.t.Fatal(err)
	}
	lines := []string{
		"mqtt:",
		"  broker: mqtt://" + h.broker,
		"library: {folders: [media]}",
		"cast:",
		"  discovery: false",
		fmt.Sprintf("  devices: [{host: %s, port: %s, id: %s, name: Küche TV}]", host, port, h.tv.ID()),
		"http: {listen: '127.0.0.1:0'}",
		"log: {level: debug}",
	}
	if embedded {
		lines[1] = "  embedded: {listen: '" + h.broker + "'}"
	}
	h.write("config.yaml", []byte(strings.Join(lines, "\n")+"\n"))
	return filepath.Join(h.dir, "config.yaml")
}

// start runs the program inside the test, and returns what ends it and waits for its exit code.
func (h *home) start(config string) (stop func() int) {
	ctx, cancel := context.WithCancel(context.Background())
	code := make(chan int, 1)
	go func() {
		code <- start(ctx, []string{"-config", config}, terminal{out: h.log, err: h.log, getenv: func(string) string { return "" }})
	}()
	var once sync.Once
	result := -1
	stop = func() int {
		once.Do(func() {
			cancel()
			select {
			case result = <-code:
			case <-time.After(patience):
				h.t.Error("the program does not end")
			}
		})
		return result
	}
	h.t.Cleanup(func() {
		stop()
		if h.t.Failed() {
			h.t.Logf("the program said:\n%s", h.log)
		}
	})
	return stop
}

// listen connects a client of the household, which hears everything below the base topic.
func (h *home) listen() {
	h.t.Helper()
	h.ear = &ear{t: h.t, news: make(chan struct{}, 1)}
	h.ear.client = paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + h.broker).SetClientID("household").
		SetConnectRetry(true).SetConnectRetryInterval(50 * time.Millisecond).SetMaxReconnectInterval(50 * time.Millisecond).
		SetOrderMatters(true).SetDefaultPublishHandler(h.ear.message).
		SetOnConnectHandler(func(c paho.Client) { c.Subscribe("localcast/#", 1, nil) }))
	if token := h.ear.client.Connect(); !token.WaitTimeout(patience) || token.Error() != nil {
		h.t.Fatalf("the household cannot reach the broker: %v", token.Error())
	}
	h.t.Cleanup(func() {
		h.ear.client.Disconnect(100)
		h.ear.heardTheContract()
	})
}

// ear hears what is published, in order.
type ear struct {
	t      *testing.T
	client paho.Client
	news   chan struct{}

	mu    sync.Mutex
	heard []heard
}

type heard struct {
	topic    string // below the base topic
	payload  string
	retained bool
}

func (e *ear) message(_ paho.Client, m paho.Message) {
	e.mu.Lock()
	e.heard = append(e.heard, heard{strings.TrimPrefix(m.Topic(), "localcast/"), string(m.Payload()), m.Retained()})
	e.mu.Unlock()
	select {
	case e.news <- struct{}{}:
	default:
	}
}

// mark is a place in what was heard: what comes later is awaited from there.
func (e *ear) mark() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.heard)
}

// await returns the payload of the first message from a mark on, on a topic, that ok likes.
func (e *ear) await(from int, topic string, ok func(payload string) bool) string {
	e.t.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		e.mu.Lock()
		all := e.heard
		e.mu.Unlock()
		for _, m := range all[from:] {
			if m.topic == topic && ok(m.payload) {
				return m.payload
			}
		}
		select {
		case <-e.news:
		case <-timeout.C:
			for _, m := range all[from:] {
				e.t.Logf("heard %s %s", m.topic, shorten(m.payload, 300))
			}
			e.t.Fatalf("nothing fitting was heard on %s", topic)
		}
	}
}

func (e *ear) say(topic, payload string) {
	e.t.Helper()
	if token := e.client.Publish("localcast/"+topic, 1, false, payload); !token.WaitTimeout(patience) || token.Error() != nil {
		e.t.Fatalf("publish %s: %v", topic, token.Error())
	}
}

// ask sends a command to the television and returns its answer.
func (e *ear) ask(command, payload string) answer {
	e.t.Helper()
	from := e.mark()
	e.say("kuche_tv/command/"+command, payload)
	return decode[answer](e.t, e.await(from, "kuche_tv/response/"+command, func(string) bool { return true }))
}

type answer struct {
	Status string
	Error  *struct{ Code, Message string }
	Speech string
	Data   struct {
		Revision, Length int
		Entries          []json.RawMessage
		Results          []struct{ Item, Title, Kind string }
	}
}

type deviceState struct {
	State, Title, Entry string
	QueueIndex          *int `json:"queue_index"`
	QueueLength         int  `json:"queue_length"`
	Position            *float64
	Repeat              string
	Shuffle, Ours       bool
	Volume              int
	Muted               bool
}

func decode[T any](t *testing.T, payload string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(payload), &v); err != nil {
		t.Fatalf("%v in %s", err, payload)
	}
	return v
}

// state waits until the television's state is as wanted, from a mark on.
func (e *ear) state(from int, ok func(deviceState) bool) deviceState {
	e.t.Helper()
	return decode[deviceState](e.t, e.await(from, "kuche_tv/state", func(p string) bool { return ok(decode[deviceState](e.t, p)) }))
}

func (e *ear) ready(tracks int) {
	e.t.Helper()
	e.await(0, "kuche_tv/availability", func(p string) bool { return p == "online" })
	e.await(0, "bridge/availability", func(p string) bool { return p == "online" })
	e.await(0, "bridge/library", func(p string) bool {
		l := decode[struct {
			Tracks   int
			Scanning bool
		}](e.t, p)
		return l.Tracks == tracks && !l.Scanning
	})
}

// brokers are the two a household can have.
func brokers(t *testing.T, test func(t *testing.T, address string, embedded bool)) {
	t.Run("embedded broker", func(t *testing.T) { test(t, freePort(t), true) })
	t.Run("mosquitto", func(t *testing.T) { test(t, mosquitto(t), false) })
}

// freePort is an address on which nobody listens, for what must be told before it listens. It is below the ports that systems
// hand out, so that no connection of another program takes it meanwhile.
func freePort(t *testing.T) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(10_000))
		if ln, err := net.Listen("tcp", address); err == nil {
			ln.Close()
			return address
		}
	}
	t.Fatal("no port is free")
	return ""
}

// peer finds a program nobody here wrote; without it the test is skipped, or fails where all must be there.
func peer(t *testing.T, name string) string {
	t.Helper()
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin", "/usr/local/sbin") {
		if path := filepath.Join(dir, name); executable(path) {
			return path
		}
	}
	if os.Getenv("LOCALCAST_REQUIRE_PEERS") != "" {
		t.Fatalf("%s is not installed", name)
	}
	t.Skipf("%s is not installed", name)
	return ""
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// mosquitto starts a broker and returns its address.
func mosquitto(t *testing.T) string {
	t.Helper()
	return mosquittoAt(t, peer(t, "mosquitto"), freePort(t))
}

func mosquittoAt(t *testing.T, path, address string) string {
	t.Helper()
	startMosquitto(t, path, address)
	return address
}

// startMosquitto starts a broker that keeps nothing, and returns what ends it before the test does.
func startMosquitto(t *testing.T, path, address string) (stop func()) {
	t.Helper()
	_, port, _ := net.SplitHostPort(address)
	config := filepath.Join(t.TempDir(), "mosquitto.conf")
	text := "listener " + port + " 127.0.0.1\nallow_anonymous true\npersistence false\n"
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "-c", config)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	t.Cleanup(stop)
	return stop
}

func TestPlayBySearch(t *testing.T) {
	brokers(t, func(t *testing.T, address string, embedded bool) {
		h := newHome(t, address, 20*time.Second, 20*time.Second, 20*time.Second)
		stop := h.start(h.config(embedded))
		h.listen()
		h.ear.ready(3)

		found := h.ear.ask("search", "song b")
		if len(found.Data.Results) != 1 || found.Data.Results[0].Title != "Song B" {
			t.Fatalf("search found %+v", found.Data.Results)
		}
		from := h.ear.mark()
		if a := h.ear.ask("play", "song b"); a.Status != "ok" || a.Speech != "Playing Song B by The Sines on Küche TV" {
			t.Fatalf("play answered %+v", a)
		}
		playing := h.ear.state(from, func(s deviceState) bool { return s.State == "playing" })
		if playing.Title != "Song B" || !playing.Ours || playing.QueueLength != 1 || *playing.QueueIndex != 0 {
			t.Errorf("state says %+v", playing)
		}
		h.fetchedWhole("media/Music/The Sines/First/02 - Song B.wav")
		h.ear.await(from, "kuche_tv/event", func(p string) bool { return strings.Contains(p, "item_started") })

		from = h.ear.mark()
		if code := stop(); code != exitOK {
			t.Errorf("exit code %d", code)
		}
		if !embedded {
			h.ear.await(from, "bridge/availability", func(p string) bool { return p == "offline" })
		}
		if s := h.tv.Snapshot(); s.PlayerState != "PLAYING" {
			t.Errorf("after the end of the program the film is %s", s.PlayerState)
		}
	})
}

// fetchedWhole waits until the television has fetched a file by ranges, and compares the bytes.
func (h *home) fetchedWhole(path string) {
	h.t.Helper()
	data, err := os.ReadFile(filepath.Join(h.dir, filepath.FromSlash(path)))
	if err != nil {
		h.t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	want := hex.EncodeToString(sum[:])
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err = h.tv.Await(ctx, func(casttest.Snapshot) bool {
		for _, l := range h.tv.Loads() {
			if l.SHA256 == want {
				return true
			}
		}
		return false
	})
	if err != nil {
		h.t.Fatalf("the bytes of %s never came: %v; loads %+v", path, err, h.tv.Loads())
	}
	for _, f := range h.tv.Fetches() {
		if f.Range == "" || f.Status != 206 {
			h.t.Errorf("fetch %+v is no range", f)
		}
	}
}

func TestQueuePlaysOn(t *testing.T) {
	brokers(t, func(t *testing.T, address string, embedded bool) {
		h := newHome(t, address, 5*time.Second, 5*time.Second, 5*time.Second)
		h.start(h.config(embedded))
		h.listen()
		h.ear.ready(3)
		if a := h.ear.ask("play", `{"query":"First","kind":"album"}`); a.Status != "ok" || a.Data.Length != 3 {
			t.Fatalf("play answered %+v", a)
		}
		h.ear.await(0, "kuche_tv/event", func(p string) bool { return strings.Contains(p, "queue_finished") })
		var titles []string
		for _, l := range h.tv.Loads() {
			var m struct{ Title string }
			if err := json.Unmarshal(l.Metadata, &m); err != nil {
				t.Fatal(err)
			}
			titles = append(titles, m.Title+" "+l.Ended)
		}
		if got, want := strings.Join(titles, ", "), "Song A FINISHED, Song B FINISHED, Song C FINISHED"; got != want {
			t.Errorf("the television played %s, want %s", got, want)
		}
		end := h.ear.state(0, func(s deviceState) bool { return s.State == "idle" && s.QueueLength == 3 })
		if end.QueueIndex != nil {
			t.Errorf("at the end the index is %d", *end.QueueIndex)
		}
	})
}

// TestEndThatNobodySaw cuts the link while a song plays and loses the word of its end: the queue goes on, once.
func TestEndThatNobodySaw(t *testing.T) {
	h := newHomeAt(t, 1, freePort(t), 3*time.Second, time.Minute)
	h.start(h.config(true))
	h.listen()
	h.ear.ready(2)
	h.ear.ask("play", `{"query":"First","kind":"album"}`)
	h.ear.state(0, func(s deviceState) bool { return s.State == "playing" })
	h.tv.LoseFinished()
	h.tv.Drop()
	h.ear.state(0, func(s deviceState) bool { return s.State == "playing" && s.Title == "Song B" })
	h.ear.await(0, "kuche_tv/event", func(p string) bool { return strings.Contains(p, "item_finished") })
	if loads := h.tv.Loads(); len(loads) != 2 {
		t.Errorf("%d loads, want one for each song", len(loads))
	}
}

func TestTransport(t *testing.T) {
	h := newHome(t, freePort(t), 10*time.Minute, 10*time.Minute)
	h.start(h.config(true))
	h.listen()
	h.ear.ready(2)
	h.ear.ask("play", `{"query":"First","kind":"album"}`)
	h.ear.state(0, func(s deviceState) bool { return s.State == "playing" && s.Title == "Song A" })
	for _, row := range []struct {
		command, payload string
		state            func(deviceState) bool
	}{
		{"pause", "PRESS", func(s deviceState) bool { return s.State == "paused" }},
		{"resume", "PRESS", func(s deviceState) bool { return s.State == "playing" }},
		{"seek", "2:00", func(s deviceState) bool { return s.State == "playing" && *s.Position >= 119 && *s.Position < 300 }},
		{"volume", "35", func(s deviceState) bool { return s.Volume == 35 }},
		{"mute", "ON", func(s deviceState) bool { return s.Muted }},
		{"mute", "TOGGLE", func(s deviceState) bool { return !s.Muted }},
		{"next", "PRESS", func(s deviceState) bool { return s.State == "playing" && s.Title == "Song B" }},
		{"previous", "{}", func(s deviceState) bool { return s.State == "playing" && s.Title == "Song A" }},
		{"repeat", "all", func(s deviceState) bool { return s.Repeat == "all" }},
		{"shuffle", "ON", func(s deviceState) bool { return s.Shuffle }},
		{"toggle", "PRESS", func(s deviceState) bool { return s.State == "paused" }},
		{"stop", "PRESS", func(s deviceState) bool { return s.State == "off" && s.Title == "Song A" }},
		{"wake", "PRESS", func(s deviceState) bool { return s.State == "idle" }},
		{"play", "PRESS", func(s deviceState) bool { return s.State == "playing" && s.Title == "Song A" }},
		{"queue_clear", "PRESS", func(s deviceState) bool { return s.State == "idle" && s.QueueLength == 0 }},
	} {
		from := h.ear.mark()
		if a := h.ear.ask(row.command, row.payload); a.Status != "ok" {
			t.Fatalf("%s %s answered %+v", row.command, row.payload, a)
		}
		h.ear.state(from, row.state)
	}
}

func TestKilledProgramKeepsTheQueue(t *testing.T) {
	brokers(t, func(t *testing.T, address string, embedded bool) {
		h := newHome(t, address, 5*time.Minute, 5*time.Minute, 5*time.Minute)
		config := h.config(embedded)
		first := h.child(config)
		h.listen()
		h.ear.ready(3)
		h.ear.ask("play", `{"query":"First","kind":"album"}`)
		h.ear.state(0, func(s deviceState) bool { return s.State == "playing" })
		h.ear.ask("next", "PRESS")
		h.ear.ask("repeat", "all")
		if a := h.ear.ask("queue_add", "song a"); a.Status != "ok" || a.Data.Length != 4 {
			t.Fatalf("queue_add answered %+v", a)
		}
		h.kill(first)

		from := h.ear.mark()
		h.child(config)
		h.ear.await(from, "bridge/availability", func(p string) bool { return p == "online" })
		s := h.ear.state(from, func(s deviceState) bool { return s.State == "playing" })
		if s.QueueLength != 4 || *s.QueueIndex != 1 || s.Repeat != "all" || s.Title != "Song B" {
			t.Errorf("after the kill the state is %+v", s)
		}
		if loads := h.tv.Loads(); len(loads) != 2 {
			t.Errorf("%d loads, want 2: what runs is taken up without a new one", len(loads))
		}
		if a := h.ear.ask("queue_list", "PRESS"); len(a.Data.Entries) != 4 {
			t.Errorf("queue_list answered %+v", a)
		}
	})
}

// child runs the program as a process of its own.
func (h *home) child(config string) *exec.Cmd {
	h.t.Helper()
	cmd := exec.Command(os.Args[0], "-config", config)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	cmd.Stdout, cmd.Stderr = h.log, h.log
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		h.kill(cmd)
		if h.t.Failed() {
			h.t.Logf("the program said:\n%s", h.log)
		}
	})
	return cmd
}

func (h *home) kill(cmd *exec.Cmd) {
	_ = cmd.Process.Kill() // it may have ended
	_ = cmd.Wait()
}

// logBuffer collects what the program says.
type logBuffer struct {
	mu      sync.Mutex
	b       bytes.Buffer
	written chan struct{} // closed at the next write; nil while nobody waits
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.written != nil {
		close(l.written)
		l.written = nil
	}
	return l.b.Write(p)
}

// news is closed when something is written.
func (l *logBuffer) news() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.written == nil {
		l.written = make(chan struct{})
	}
	return l.written
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestBrokerThatComesLater(t *testing.T) {
	h := newHome(t, freePort(t), time.Minute)
	path := peer(t, "mosquitto")
	h.start(h.config(false))
	h.log.await(t, "cannot be asked for another bridge")
	h.broker = mosquittoAt(t, path, h.broker)
	h.listen()
	h.ear.ready(1)
}

func TestSecondBridgeEnds(t *testing.T) {
	h := newHome(t, mosquitto(t), time.Minute)
	h.start(h.config(false))
	h.listen()
	h.ear.ready(1)
	from := h.ear.mark()

	var said logBuffer
	args := []string{"-config", h.config(false), "-data", t.TempDir()}
	if code := start(t.Context(), args, terminal{out: &said, err: &said, getenv: func(string) string { return "" }}); code != exitSecond {
		t.Errorf("exit code %d, want %d: %s", code, exitSecond, &said)
	}
	h.ear.say("bridge/command/ping", "PRESS")
	h.ear.await(from, "bridge/response/ping", func(p string) bool { return strings.Contains(p, `"transaction":null`) })
	h.ear.never(from, func(m heard) bool {
		return strings.HasPrefix(m.topic, "bridge/a") || strings.HasPrefix(m.topic, "bridge/i")
	})
}

// never fails if something was heard from a mark on.
func (e *ear) never(from int, what func(heard) bool) {
	e.t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, m := range e.heard[from:] {
		if what(m) {
			e.t.Errorf("heard %s %s", m.topic, shorten(m.payload, 200))
		}
	}
}

// await waits until the program has said something.
func (l *logBuffer) await(t *testing.T, words string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		news := l.news() // before the look, so that nothing slips between
		if strings.Contains(l.String(), words) {
			return
		}
		select {
		case <-news:
		case <-ctx.Done():
			t.Fatalf("the program never said %q:\n%s", words, l)
		}
	}
}
