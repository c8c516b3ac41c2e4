package mqtt

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"go.uber.org/goleak"

	"localcast/bridge"
	"localcast/mqtt/broker"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// embedded starts an embedded broker that ends with the test.
func embedded(t *testing.T, listen string) (url string, stop func()) {
	t.Helper()
	b, err := broker.New(broker.Config{Listen: listen}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return b.URL(), start(t, b.Run)
}

// start runs something until the test ends or stop is called.
func start(t *testing.T, run func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	stopped := false
	stop = func() {
		t.Helper()
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return stop
}

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
func listen(t *testing.T, url, id string, filters ...string) *listener {
	t.Helper()
	l := &listener{t: t, heard: make(chan heard, 10_000)}
	opts := paho.NewClientOptions().AddBroker(url).SetClientID(id).SetProtocolVersion(4).SetAutoReconnect(false).
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
	if !token.WaitTimeout(10 * time.Second) {
		l.t.Fatal("the broker does not answer")
	}
	if err := token.Error(); err != nil {
		l.t.Fatal(err)
	}
}

func (l *listener) publish(topic, payload string) {
	l.t.Helper()
	l.done(l.client.Publish(topic, 1, false, payload))
}

// await reads until a message on topic comes and returns its payload.
func (l *listener) await(topic string) string {
	l.t.Helper()
	late := time.After(10 * time.Second)
	for {
		select {
		case h := <-l.heard:
			if h.topic == topic {
				return h.payload
			}
		case <-late:
			l.t.Fatalf("nothing came on %s", topic)
		}
	}
}

func TestCommandIsAnswered(t *testing.T) {
	url, _ := embedded(t, "127.0.0.1:0")
	ear := listen(t, url, "ear", "localcast/#")
	c, err := New(Config{Broker: url, ClientID: "localcast", BaseTopic: "localcast"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	c.State(bridge.DeviceState{Device: "kitchen", State: "idle"})
	start(t, func(ctx context.Context) error {
		return c.Run(ctx, func(cmd bridge.Command) {
			c.Answer(bridge.Answer{Command: cmd, Device: cmd.Device, Speech: "Paused"})
		})
	})
	for ear.await("localcast/bridge/availability") != online {
	}
	ear.publish("localcast/kitchen/command/pause", `{"transaction":"t1"}`)
	const want = `{"command":"pause","device":"kitchen","status":"ok","transaction":"t1","error":null,"speech":"Paused","data":{}}`
	if got := ear.await("localcast/kitchen/response/pause"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
