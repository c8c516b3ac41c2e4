package broker

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/mochi-mqtt/server/v2/packets"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 15 * time.Second

// serve runs a broker until the test ends or stop is called.
func serve(t *testing.T, cfg Config, log *slog.Logger) (b *Broker, stop func()) {
	t.Helper()
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	b, err := New(cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(patience):
			t.Error("the broker does not stop")
		}
	})
	t.Cleanup(stop)
	return b, stop
}

func quietly() *slog.Logger { return slog.New(slog.DiscardHandler) }

// client is a client of the broker.
type client struct {
	paho.Client
	t     *testing.T
	heard chan paho.Message
	lost  chan struct{}
}

func options(b *Broker, id string) *paho.ClientOptions {
	return paho.NewClientOptions().AddBroker(b.URL()).SetClientID(id).SetProtocolVersion(4).SetAutoReconnect(false)
}

func connect(t *testing.T, opts *paho.ClientOptions) *client {
	t.Helper()
	c := &client{t: t, heard: make(chan paho.Message, 100_000), lost: make(chan struct{})}
	opts.SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { c.heard <- m })
	opts.SetConnectionLostHandler(func(paho.Client, error) { close(c.lost) })
	c.Client = paho.NewClient(opts)
	c.done(c.Connect())
	t.Cleanup(func() { c.Disconnect(100) })
	return c
}

func (c *client) done(token paho.Token) {
	c.t.Helper()
	if !token.WaitTimeout(patience) {
		c.t.Fatal("the broker does not answer")
	}
	if err := token.Error(); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) next() paho.Message {
	c.t.Helper()
	select {
	case m := <-c.heard:
		return m
	case <-time.After(patience):
		c.t.Fatal("nothing comes")
		return nil
	}
}

func TestWhoMayListenWhere(t *testing.T) {
	for name, row := range map[string]struct {
		cfg  Config
		want string // of the error; "" for none
	}{
		"loopback, open":           {Config{Listen: "127.0.0.1:0"}, ""},
		"localhost, open":          {Config{Listen: "localhost:0"}, ""},
		"loopback of IPv6, open":   {Config{Listen: "[::1]:0"}, ""},
		"everywhere, open":         {Config{Listen: ":0"}, "set mqtt.embedded.username and password"},
		"all addresses, open":      {Config{Listen: "0.0.0.0:0"}, "set mqtt.embedded.username and password"},
		"a name, open":             {Config{Listen: "nas:0"}, "set mqtt.embedded.username and password"},
		"everywhere, with a user":  {Config{Listen: "0.0.0.0:0", Username: "u", Password: "p"}, ""},
		"a user without password":  {Config{Listen: "127.0.0.1:0", Username: "u"}, "belong together"},
		"a password without user":  {Config{Listen: "127.0.0.1:0", Password: "p"}, "belong together"},
		"no port":                  {Config{Listen: "127.0.0.1"}, "wanted host:port"},
		"an address of another pc": {Config{Listen: "192.0.2.1:0", Username: "u", Password: "p"}, "mqtt.embedded.listen: "},
	} {
		b, err := New(row.cfg, quietly())
		switch {
		case row.want == "" && err != nil:
			if strings.Contains(row.cfg.Listen, "::1") {
				continue // a machine without IPv6
			}
			t.Errorf("%s: %v", name, err)
		case row.want == "":
			b.listener.Listener.Close()
		case err == nil || !strings.Contains(err.Error(), row.want):
			t.Errorf("%s: %v, want %q", name, err, row.want)
		}
	}
}

func TestTakenPortNamesTheLineToWrite(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, err = New(Config{Listen: taken.Addr().String()}, quietly())
	want := "mqtt:\n  broker: mqtt://" + taken.Addr().String()
	if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "mqtt.embedded.listen") {
		t.Errorf("got %v\nwant it to say\n%s", err, want)
	}
}

func TestURL(t *testing.T) {
	b, err := New(Config{Listen: "0.0.0.0:0", Username: "u", Password: "p"}, quietly())
	if err != nil {
		t.Fatal(err)
	}
	defer b.listener.Listener.Close()
	_, port, _ := net.SplitHostPort(b.Addr().String())
	if got, want := b.URL(), "mqtt://127.0.0.1:"+port; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestWhoMayConnect(t *testing.T) {
	var log bytes.Buffer
	b, stop := serve(t, Config{Username: "user", Password: "secret word"}, slog.New(slog.NewTextHandler(&log, nil)))
	for _, row := range []struct {
		username, password string
		allowed            bool
	}{
		{"user", "secret word", true}, {"user", "secret", false}, {"", "", false}, {"USER", "secret word", false}, {"", "secret word", false},
	} {
		c := paho.NewClient(options(b, "c").SetUsername(row.username).SetPassword(row.password))
		token := c.Connect()
		token.WaitTimeout(patience)
		if got := token.Error() == nil; got != row.allowed {
			t.Errorf("%q with %q: connected %v, want %v", row.username, row.password, got, row.allowed)
		}
		c.Disconnect(100)
	}
	stop()
	if log.Len() > 0 {
		t.Errorf("what clients do is logged above Debug:\n%s", &log)
	}
}

// TestPublishersAgree lets four publishers write one retained topic: all subscribers must hear the same, and the last that
// they hear must be what is retained.
func TestPublishersAgree(t *testing.T) {
	b, _ := serve(t, Config{}, quietly())
	const publishers, messages = 4, 1000
	residents := []*client{connect(t, options(b, "r1")), connect(t, options(b, "r2"))}
	for _, r := range residents {
		r.done(r.Subscribe("t", 1, nil))
	}
	var writers sync.WaitGroup
	for p := range publishers {
		c := connect(t, options(b, fmt.Sprint("p", p)))
		writers.Go(func() {
			for i := range messages {
				token := c.Publish("t", 1, true, fmt.Sprintf("%d %d", p, i))
				if i%50 == 0 || i == messages-1 {
					token.WaitTimeout(patience)
				}
			}
		})
	}
	writers.Wait()
	var story [2][]string
	for i, r := range residents {
		for len(story[i]) < publishers*messages {
			// The first message may come twice: while the subscription is being made, and as retained.
			if m := r.next(); !m.Retained() {
				story[i] = append(story[i], string(m.Payload()))
			}
		}
	}
	for i := range story[0] {
		if story[0][i] != story[1][i] {
			t.Fatalf("message %d: one subscriber heard %q, the other %q", i, story[0][i], story[1][i])
		}
	}
	late := connect(t, options(b, "late"))
	late.done(late.Subscribe("t", 1, nil))
	if got, want := string(late.next().Payload()), story[0][len(story[0])-1]; got != want {
		t.Errorf("%q is retained, but %q was delivered last", got, want)
	}
}

// TestOlderNeverComesAfterNewer lets subscribers come while 500 retained topics are written over and over: on no topic may
// one hear an older message after a newer one.
func TestOlderNeverComesAfterNewer(t *testing.T) {
	b, _ := serve(t, Config{}, quietly())
	const topics, guests = 500, 40
	mouth := connect(t, options(b, "mouth"))
	stop, stopped := make(chan struct{}), make(chan struct{})
	first := make(chan struct{})
	go func() {
		defer close(stopped)
		for round := 1; ; round++ {
			for topic := range topics {
				select {
				case <-stop:
					return
				default:
				}
				token := mouth.Publish(fmt.Sprint("t/", topic), 1, true, strconv.Itoa(round))
				if topic%10 == 0 {
					token.WaitTimeout(patience)
				}
			}
			if round == 1 {
				close(first)
			}
		}
	}()
	<-first
	for g := range guests {
		c := connect(t, options(b, fmt.Sprint("g", g)))
		c.done(c.Subscribe("t/#", 1, nil))
		last := make(map[string]int)
		for range 3 * topics {
			m := c.next()
			round, err := strconv.Atoi(string(m.Payload()))
			if err != nil {
				t.Fatal(err)
			}
			if round < last[m.Topic()] {
				t.Errorf("%s: %d came after %d (retained: %v)", m.Topic(), round, last[m.Topic()], m.Retained())
			}
			last[m.Topic()] = round
		}
		c.Disconnect(100)
	}
	close(stop)
	<-stopped
}

// TestWillKeepsTheOrder cuts clients whose will says "offline" while others say "online": the last that is heard is what is
// retained.
func TestWillKeepsTheOrder(t *testing.T) {
	b, _ := serve(t, Config{}, quietly())
	ear := connect(t, options(b, "ear"))
	ear.done(ear.Subscribe("a", 1, nil))
	other := connect(t, options(b, "other"))
	const rounds = 100
	last := ""
	for i := range rounds {
		conn, err := net.Dial("tcp", b.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		// Clean session, and a will "off" on "a" with QoS 1 and retain.
		write(t, conn, "\x10\x16\x00\x04MQTT\x04\x2e\x00\x3c\x00\x02w"+string(rune('0'+i%10))+"\x00\x01a\x00\x03off")
		read(t, conn, 4)
		conn.Close()
		token := other.Publish("a", 1, true, "on")
		for heard := 0; heard < 2; {
			// The first message may come twice: while the subscription is being made, and as retained.
			if m := ear.next(); !m.Retained() {
				last = string(m.Payload())
				heard++
			}
		}
		other.done(token)
	}
	late := connect(t, options(b, "late"))
	late.done(late.Subscribe("a", 1, nil))
	if got := string(late.next().Payload()); got != last {
		t.Errorf("%q is retained, but %q was heard last", got, last)
	}
}

func write(t *testing.T, conn net.Conn, bytes string) {
	t.Helper()
	if _, err := conn.Write([]byte(bytes)); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, conn net.Conn, count int) []byte {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, count)
	for at := 0; at < count; {
		n, err := conn.Read(b[at:])
		if err != nil {
			t.Fatal(err)
		}
		at += n
	}
	return b
}

func TestSlowSubscriberIsDisconnectedAndHoldsUpNobody(t *testing.T) {
	b, _ := serve(t, Config{}, quietly())
	slow, err := net.Dial("tcp", b.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	write(t, slow, "\x10\x10\x00\x04MQTT\x04\x02\x00\x00\x00\x04slow") // keep-alive 0
	read(t, slow, 4)
	write(t, slow, "\x82\x06\x00\x01\x00\x01t\x00")
	read(t, slow, 5)

	ear := connect(t, options(b, "ear"))
	ear.done(ear.Subscribe("t", 1, nil))
	mouth := connect(t, options(b, "mouth"))
	payload := bytes.Repeat([]byte("x"), 4096)
	for i := 0; ; i++ {
		mouth.done(mouth.Publish("t", 1, true, payload))
		ear.next()
		if _, there := b.server.Clients.Get("slow"); !there {
			break
		}
		if i > 4*maxPending {
			t.Fatal("who reads nothing is still connected")
		}
	}
}

func TestNoSessionOutlivesItsConnection(t *testing.T) {
	b, _ := serve(t, Config{}, quietly())
	c := connect(t, options(b, "c").SetCleanSession(false))
	c.done(c.Subscribe("t", 1, nil))
	c.Disconnect(100)
	other := connect(t, options(b, "other"))
	other.done(other.Publish("t", 1, false, "missed"))
	again := connect(t, options(b, "c").SetCleanSession(false))
	other.done(other.Publish("t", 1, false, "not subscribed"))
	again.done(again.Subscribe("t", 1, nil))
	other.done(other.Publish("t", 1, false, "heard"))
	if got := string(again.next().Payload()); got != "heard" {
		t.Errorf("%q was kept", got)
	}
}

func TestFewAtATimeGetsQoS0(t *testing.T) {
	b, _ := serve(t, Config{}, quietly())
	conn, err := net.Dial("tcp", b.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// MQTT 5 with a receive maximum of 5.
	write(t, conn, "\x10\x11\x00\x04MQTT\x05\x02\x00\x3c\x03\x21\x00\x05\x00\x01c")
	head := read(t, conn, 2)
	if head[0] != 0x20 {
		t.Fatalf("no CONNACK but %x", head)
	}
	read(t, conn, int(head[1]))
	write(t, conn, "\x82\x07\x00\x01\x00\x00\x01t\x01")
	suback := read(t, conn, 6)
	if suback[0] != packets.Suback<<4 || suback[5] != 0 {
		t.Errorf("SUBACK %x, want QoS 0", suback)
	}
}

func TestRetainedIsBounded(t *testing.T) {
	var log bytes.Buffer
	b, stop := serve(t, Config{}, slog.New(slog.NewTextHandler(&log, nil)))
	c := connect(t, options(b, "c"))
	for i := range maxRetained + 100 {
		token := c.Publish(fmt.Sprint("t/", i), 1, true, "x")
		if i%100 == 0 {
			c.done(token)
		}
	}
	c.done(c.Publish("t/0", 1, true, "y"))
	if got := b.server.Topics.Retained.Len(); got > maxRetained+50 { // and those of $SYS
		t.Errorf("%d topics are retained", got)
	}
	if m, ok := b.server.Topics.Retained.Get("t/0"); !ok || string(m.Payload) != "y" {
		t.Errorf("a topic that is retained cannot be changed any more")
	}
	stop()
	if got := strings.Count(log.String(), "level=ERROR"); got != 1 {
		t.Errorf("it is told %d times, want once:\n%s", got, &log)
	}
}

func TestLimits(t *testing.T) {
	t.Run("a packet that is too long ends its connection", func(t *testing.T) {
		b, _ := serve(t, Config{}, quietly())
		c := connect(t, options(b, "c"))
		c.Publish("t", 0, false, make([]byte, maxPacket))
		select {
		case <-c.lost:
		case <-time.After(patience):
			t.Error("it is still connected")
		}
	})
	t.Run("a page of an answer fits", func(t *testing.T) {
		b, _ := serve(t, Config{}, quietly())
		c := connect(t, options(b, "c"))
		c.done(c.Subscribe("t", 1, nil))
		c.done(c.Publish("t", 1, false, make([]byte, maxPacket-100)))
		if got := len(c.next().Payload()); got != maxPacket-100 {
			t.Errorf("%d bytes came", got)
		}
	})
	t.Run("too many clients are refused", func(t *testing.T) {
		b, _ := serve(t, Config{}, quietly())
		for i := range maxClients {
			connect(t, options(b, fmt.Sprint("c", i)))
		}
		one := paho.NewClient(options(b, "one too many"))
		token := one.Connect()
		if !token.WaitTimeout(patience) || token.Error() == nil {
			t.Errorf("client %d was taken", maxClients+1)
		}
	})
}

func TestStopEndsEveryConnection(t *testing.T) {
	b, stop := serve(t, Config{}, quietly())
	c := connect(t, options(b, "c"))
	silent, err := net.Dial("tcp", b.Addr().String()) // sends no CONNECT
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	began := time.Now()
	stop()
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it stops after %v", took)
	}
	<-c.lost
	if _, err := net.Dial("tcp", b.Addr().String()); err == nil {
		t.Error("it still listens")
	}
}

func TestNothingRetainedExpires(t *testing.T) {
	b, _ := serve(t, Config{}, quietly())
	if got := b.server.Options.Capabilities.MaximumMessageExpiryInterval; got != 0 {
		t.Errorf("what is retained goes after %d s", got)
	}
}

// TestNamesakes lets clients of one identifier come at the same moment: all but one must be sent away, and that one must hear
// what it subscribes to.
func TestNamesakes(t *testing.T) {
	b, _ := serve(t, Config{}, quietly())
	mouth := connect(t, options(b, "mouth"))
	const namesakes = 3
	for round := range 50 {
		left := make(map[*client]bool)
		lost := make(chan *client, namesakes)
		var coming sync.WaitGroup
		for range namesakes {
			c := &client{t: t, heard: make(chan paho.Message, 10)}
			left[c] = true
			opts := options(b, "same")
			opts.SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { c.heard <- m })
			opts.SetConnectionLostHandler(func(paho.Client, error) { lost <- c })
			c.Client = paho.NewClient(opts)
			coming.Go(func() {
				if token := c.Connect(); !token.WaitTimeout(patience) || token.Error() != nil {
					lost <- c // sent away while it came
					return
				}
				c.Subscribe("t", 1, nil).WaitTimeout(patience)
			})
		}
		coming.Wait()
		for len(left) > 1 {
			select {
			case c := <-lost:
				delete(left, c)
			case <-time.After(patience):
				t.Fatalf("round %d: %d clients of one identifier stay connected, wanted 1", round, len(left))
			}
		}
		mouth.done(mouth.Publish("t", 1, false, strconv.Itoa(round)))
		for c := range left {
			if m := c.next(); string(m.Payload()) != strconv.Itoa(round) {
				t.Fatalf("round %d: heard %q", round, m.Payload())
			}
			c.Disconnect(1)
		}
	}
}
