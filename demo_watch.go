package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// demoStep bounds each call to the demonstration's own broker.
const demoStep = 5 * time.Second

// watchDemo is a client like any other: it prints what passes on the broker, and, once the simulated device is online, plays
// an album on it and says what to try.
func watchDemo(ctx context.Context, c Config, out io.Writer) error {
	w := &demoWatch{
		out: out, base: c.MQTT.BaseTopic, port: brokerPort(c),
		online: make(chan struct{}), indexed: make(chan struct{}), playing: make(chan struct{}),
	}
	client := paho.NewClient(paho.NewClientOptions().
		AddBroker("tcp://" + c.MQTT.Embedded.Listen).SetClientID("localcast-demo").SetOrderMatters(true).
		SetConnectRetry(true).SetConnectRetryInterval(200 * time.Millisecond).SetConnectTimeout(demoStep).
		SetDefaultPublishHandler(w.message).
		SetOnConnectHandler(func(cl paho.Client) { cl.Subscribe(c.MQTT.BaseTopic+"/#", 0, nil) }))
	client.Connect()
	defer client.Disconnect(100)
	for _, step := range []struct {
		when <-chan struct{}
		do   func()
	}{
		{w.indexed, func() {}},
		{w.online, func() { client.Publish(w.topic("command/play"), 1, false, `{"query":"First Waves","kind":"album"}`) }},
		{w.playing, w.invite},
	} {
		select {
		case <-ctx.Done():
			return nil
		case <-step.when:
			step.do()
		}
	}
	<-ctx.Done()
	return nil
}

// demoWatch prints messages. message runs on the client's goroutine, invite on another.
type demoWatch struct {
	base string
	port int

	mu   sync.Mutex
	out  io.Writer
	seen map[string]bool
	// Each is closed when it is so for the first time: the device is online, the library holds something, the device plays.
	online, indexed, playing chan struct{}
}

func (w *demoWatch) topic(rest string) string { return w.base + "/demo_tv/" + rest }

func (w *demoWatch) message(_ paho.Client, m paho.Message) {
	w.mu.Lock()
	defer w.mu.Unlock()
	payload := string(m.Payload())
	fmt.Fprintf(w.out, "%s  %s\n", m.Topic(), shorten(payload, 160))
	var says struct {
		State string
		Total int
	}
	_ = json.Unmarshal(m.Payload(), &says) // plain text says neither
	switch {
	case m.Topic() == w.topic("availability") && payload == "online":
		w.once(w.online, "online")
	case m.Topic() == w.base+"/bridge/library" && says.Total > 0:
		w.once(w.indexed, "indexed")
	case m.Topic() == w.topic("state") && says.State == "playing":
		w.once(w.playing, "playing")
	}
}

// once closes a channel the first time.
func (w *demoWatch) once(c chan struct{}, name string) {
	if w.seen == nil {
		w.seen = map[string]bool{}
	}
	if !w.seen[name] {
		w.seen[name] = true
		close(c)
	}
}

// invite says what to try next.
func (w *demoWatch) invite() {
	w.mu.Lock()
	defer w.mu.Unlock()
	fmt.Fprintf(w.out, `
It plays. Try, in another terminal:

  mosquitto_pub -p %[1]d -t %[2]s -m PRESS
  mosquitto_pub -p %[1]d -t %[3]s -m "blue hour"
  mosquitto_pub -p %[1]d -t %[4]s -m 20

Ctrl-C ends the demonstration and removes what it made.

`, w.port, w.topic("command/next"), w.topic("command/play"), w.topic("command/volume"))
}

// shorten cuts a payload for people.
func shorten(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return strings.TrimRight(string(r[:most]), " ") + " …"
	}
	return s
}
