package mqtt

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"go.uber.org/goleak"

	"localcast/bridge"
	"localcast/mqtt/broker"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must come.
const patience = time.Minute

// start runs something until the test ends or stop is called.
func start(t *testing.T, run func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(patience):
			t.Error("it does not stop")
		}
	})
	t.Cleanup(stop)
	return stop
}

// A kind of broker: start starts one on any port and gives its URL.
type kind struct {
	name  string
	start func(t *testing.T) (url string, stop func())
}

// onEveryBroker runs a test on the embedded broker and on Mosquitto.
func onEveryBroker(t *testing.T, test func(t *testing.T, k kind)) {
	for _, k := range []kind{{"embedded", embedded}, {"mosquitto", plainMosquitto}} {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			test(t, k)
		})
	}
}

func embedded(t *testing.T) (url string, stop func()) {
	t.Helper()
	b, err := broker.New(broker.Config{Listen: "127.0.0.1:0"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return b.URL(), start(t, b.Run)
}

func plainMosquitto(t *testing.T) (url string, stop func()) {
	t.Helper()
	return mosquitto(t)
}

// mosquitto starts a Mosquitto that keeps nothing on disk; lines stand at the end of its configuration.
func mosquitto(t *testing.T, lines ...string) (url string, stop func()) {
	t.Helper()
	program, err := exec.LookPath("mosquitto")
	if err != nil {
		program = "/usr/sbin/mosquitto"
	}
	if _, err := os.Stat(program); err != nil {
		if os.Getenv("LOCALCAST_REQUIRE_PEERS") != "" {
			t.Fatal("mosquitto is not installed")
		}
		t.Skip("mosquitto is not installed")
	}
	address := freeAddress(t)
	me, err := user.Current() // else it changes to a user that cannot read the test's files
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(address)
	conf := filepath.Join(t.TempDir(), "mosquitto.conf")
	text := fmt.Sprintf("user %s\nlistener %s 127.0.0.1\nallow_anonymous true\npersistence false\nmax_queued_messages 0\n%s\n", me.Username, port, strings.Join(lines, "\n"))
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-c", conf, "-v")
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	running, ended := make(chan struct{}), make(chan struct{})
	var said bytes.Buffer
	go func() {
		defer close(ended)
		ready := sync.OnceFunc(func() { close(running) })
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if strings.HasSuffix(lines.Text(), " running") {
				ready()
			}
			fmt.Fprintln(&said, lines.Text())
		}
	}()
	stop = sync.OnceFunc(func() {
		cmd.Process.Kill()
		<-ended
		cmd.Wait()
	})
	t.Cleanup(func() {
		stop()
		if t.Failed() {
			t.Logf("mosquitto said:\n%s", &said)
		}
	})
	select {
	case <-running:
	case <-ended:
		t.Fatalf("mosquitto does not start:\n%s", &said)
	case <-time.After(patience):
		t.Fatal("mosquitto does not say that it runs")
	}
	return "mqtt://" + address, stop
}

// freeAddress is an address on which nobody listens, for programs that cannot say which they took. It is below the ports
// that systems hand out, so that no connection of another test takes it meanwhile.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(12_000))
		if ln, err := net.Listen("tcp", address); err == nil {
			ln.Close()
			return address
		}
	}
	t.Fatal("no port is free")
	return ""
}

// wire is a TCP connection that can be cut, between a client and a broker.
type wire struct {
	url string

	mu     sync.Mutex
	broker string // its address
	ends   map[net.Conn]struct{}
	frozen chan struct{} // closed when it freezes
	ended  chan struct{} // closed with the test
}

// stretch makes a wire to the broker at url.
func stretch(t *testing.T, url string) *wire {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{url: "mqtt://" + ln.Addr().String(), ends: make(map[net.Conn]struct{}),
		frozen: make(chan struct{}), ended: make(chan struct{})}
	w.to(url)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			client, err := ln.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", w.target())
			if err != nil {
				client.Close()
				continue
			}
			all.Go(func() { w.carry(server, client) })
			all.Go(func() { w.carry(client, server) })
		}
	})
	t.Cleanup(func() {
		ln.Close()
		close(w.ended)
		w.cut()
		all.Wait()
	})
	return w
}

// to leads new connections to another broker.
func (w *wire) to(url string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broker = strings.TrimPrefix(url, "mqtt://")
}

func (w *wire) target() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.broker
}

// carry copies bytes from one end to the other until either is closed.
func (w *wire) carry(to, from net.Conn) {
	w.mu.Lock()
	w.ends[from] = struct{}{}
	w.mu.Unlock()
	buffer := make([]byte, 4096)
	for {
		select {
		case <-w.frozen:
			<-w.ended // nobody reads any more, and the connection stays
		default:
		}
		n, err := from.Read(buffer)
		if err != nil {
			break
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			break
		}
	}
	to.Close()
	from.Close()
	w.mu.Lock()
	delete(w.ends, from)
	w.mu.Unlock()
}

// cut breaks every connection; new ones can be made.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.ends {
		c.Close()
	}
}

// freeze lets hardly anything through any more, without breaking anything.
func (w *wire) freeze() { close(w.frozen) }

// heard is a message that a listener got.
type heard struct {
	topic, payload string
	retained       bool
}

// listener is somebody else on the broker.
type listener struct {
	t      *testing.T
	client paho.Client
	heard  chan heard
}

// listen connects to the broker and subscribes to filters.
func listen(t *testing.T, url string, filters ...string) *listener {
	t.Helper()
	l := &listener{t: t, heard: make(chan heard, 10_000)}
	opts := paho.NewClientOptions().AddBroker(url).SetClientID("listener" + strconv.FormatUint(rand.Uint64(), 36)).SetProtocolVersion(4).SetAutoReconnect(false).
		SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) {
			l.heard <- heard{m.Topic(), string(m.Payload()), m.Retained()}
		})
	l.client = paho.NewClient(opts)
	l.done(l.client.Connect())
	for _, f := range filters {
		l.done(l.client.Subscribe(f, 1, nil))
	}
	t.Cleanup(func() { l.client.Disconnect(100) })
	return l
}

func (l *listener) done(token paho.Token) {
	l.t.Helper()
	if !token.WaitTimeout(patience) {
		l.t.Fatal("the broker does not answer")
	}
	if err := token.Error(); err != nil {
		l.t.Fatal(err)
	}
}

func (l *listener) publish(topic, payload string) {
	l.t.Helper()
	l.done(l.client.Publish("localcast/"+topic, 1, false, payload))
}

func (l *listener) retain(topic, payload string) {
	l.t.Helper()
	l.done(l.client.Publish("localcast/"+topic, 1, true, payload))
}

// next is the next message.
func (l *listener) next() heard {
	l.t.Helper()
	select {
	case h := <-l.heard:
		h.topic = strings.TrimPrefix(h.topic, "localcast/")
		return h
	case <-time.After(patience):
		l.t.Fatal("nothing comes")
		return heard{}
	}
}

// until returns every message up to the one on topic with payload.
func (l *listener) until(topic, payload string) []heard {
	l.t.Helper()
	var all []heard
	for {
		h := l.next()
		all = append(all, h)
		if h.topic == topic && h.payload == payload {
			return all
		}
	}
}

// await reads until a message on topic comes and returns its payload.
func (l *listener) await(topic string) string {
	l.t.Helper()
	for {
		if h := l.next(); h.topic == topic {
			return h.payload
		}
	}
}

// flow is a log that a test can read.
type flow struct {
	mu   sync.Mutex
	text bytes.Buffer
	came chan struct{}
}

func newFlow() *flow { return &flow{came: make(chan struct{}, 1)} }

func (f *flow) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	select {
	case f.came <- struct{}{}:
	default:
	}
	return f.text.Write(p)
}

func (f *flow) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(io.Writer(f), &slog.HandlerOptions{Level: slog.LevelInfo}))
}

func (f *flow) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.text.String()
}

// await waits until the log holds text.
func (f *flow) await(t *testing.T, text string) {
	t.Helper()
	late := time.After(patience)
	for !strings.Contains(f.String(), text) {
		select {
		case <-f.came:
		case <-late:
			t.Fatalf("the log does not say %q:\n%s", text, f)
		}
	}
}

// obedient is a bridge that says yes to everything.
type obedient struct {
	client   *Client
	commands chan bridge.Command
}

// obey makes and runs a client whose commands are answered at once with ok.
func obey(t *testing.T, cfg Config, log *slog.Logger) (o *obedient, stop func()) {
	t.Helper()
	if cfg.ClientID == "" {
		cfg.ClientID = "localcast"
	}
	cfg.BaseTopic = "localcast"
	c, err := New(cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	o = &obedient{client: c, commands: make(chan bridge.Command, 10_000)}
	c.State(bridge.DeviceList{Devices: []bridge.DeviceEntry{{Device: "kitchen", ID: "0123456789abcdef0123456789abcdef"}}})
	c.State(playing)
	c.State(bridge.Availability{Device: "kitchen", Online: true})
	c.State(bridge.QueueState{Device: "kitchen", Repeat: "off"})
	return o, start(t, func(ctx context.Context) error { return c.Run(ctx, o.take) })
}

func (o *obedient) take(cmd bridge.Command) {
	o.commands <- cmd
	data := any(nil)
	if cmd.Name == "ping" {
		data = bridge.PingData{Version: "0.1.0", ID: "obedient"}
	}
	device := cmd.Device
	if device != "" {
		device = "kitchen"
	}
	o.client.Answer(bridge.Answer{Command: cmd, Device: device, Speech: "Yes", Data: data})
}
