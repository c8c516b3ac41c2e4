package mqtt

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"localcast/bridge"
)

func quietly() *slog.Logger { return slog.New(slog.DiscardHandler) }

// topicsOf lists the topics of messages as they were published, but for the log's. What comes as retained was published
// while the listener's subscription was being made, and comes again.
func topicsOf(all []heard) string {
	var names []string
	for _, h := range all {
		if h.topic != "bridge/log" && !h.retained {
			names = append(names, h.topic)
		}
	}
	return strings.Join(names, "\n")
}

const whole = `kitchen/availability
kitchen/state
kitchen/queue
kitchen/search
kitchen/artwork
kitchen/select/queue
kitchen/select/results
bridge/devices
bridge/search
bridge/availability`

func TestConnectPublishesInOrder(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, k kind) {
		url, _ := k.start(t)
		ear := listen(t, url, "localcast/#")
		obey(t, Config{Broker: url}, quietly())
		if got := topicsOf(ear.until("bridge/availability", online)); got != whole {
			t.Errorf("published:\n%s\nwant:\n%s", got, whole)
		}
		late := listen(t, url, "localcast/#")
		for range strings.Split(whole, "\n") {
			if h := late.next(); !h.retained {
				t.Errorf("%s is not retained", h.topic)
			}
		}
	})
}

func TestCommandsAreAnswered(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, k kind) {
		url, _ := k.start(t)
		ear := listen(t, url, "localcast/#", "my/answers")
		obey(t, Config{Broker: url}, quietly())
		ear.until("bridge/availability", online)

		ear.publish("kitchen/command/pause", `{"transaction":"t1"}`)
		const want = `{"command":"pause","device":"kitchen","status":"ok","transaction":"t1","error":null,"speech":"Yes","data":{}}`
		if got := ear.await("kitchen/response/pause"); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		ear.publish("0123456789abcdef0123456789abcdef/command", `{"command":"stop"}`)
		if got := ear.await("kitchen/response/stop"); !strings.Contains(got, `"device":"kitchen"`) {
			t.Errorf("got %s", got)
		}
		ear.publish("kitchen/command/next", `{"response_topic":"my/answers"}`)
		first, second := ear.await("kitchen/response/next"), ear.await("my/answers")
		if first != second {
			t.Errorf("%s and %s are answers to one command", first, second)
		}
		ear.publish("kitchen/command/volume", `150`)
		if got := ear.await("kitchen/response/volume"); !strings.Contains(got, `"code":"invalid"`) {
			t.Errorf("got %s", got)
		}
		ear.publish("kitchen/command/pause", "")
		ear.publish("kitchen/command/resume", "PRESS")
		for h := ear.next(); h.topic != "kitchen/response/resume"; h = ear.next() {
			if h.topic == "kitchen/response/pause" {
				t.Error("an empty payload is answered")
			}
		}
	})
}

func TestCommandsKeepTheirOrder(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, k kind) {
		url, _ := k.start(t)
		ear := listen(t, url, "localcast/#")
		o, _ := obey(t, Config{Broker: url}, quietly())
		ear.until("bridge/availability", online)
		const count = 2000
		for i := range count {
			ear.client.Publish("localcast/kitchen/command/seek", 1, false, fmt.Sprint(i))
		}
		for i := range count {
			if got := *(<-o.commands).Request.(bridge.Seek).Position; got != float64(i) {
				t.Fatalf("command %d is seek %v", i, got)
			}
		}
	})
}

func TestRepeatedCommandIsExecutedOnce(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, k kind) {
		url, _ := k.start(t)
		ear := listen(t, url, "localcast/#")
		o, _ := obey(t, Config{Broker: url}, quietly())
		ear.until("bridge/availability", online)
		for range 2 {
			ear.publish("kitchen/command/next", `{"transaction":"t1"}`)
		}
		if a, b := ear.await("kitchen/response/next"), ear.await("kitchen/response/next"); a != b {
			t.Errorf("the repetition is answered with %s, not %s", b, a)
		}
		ear.publish("kitchen/command/next", `{"transaction":"t2"}`)
		ear.await("kitchen/response/next")
		for range 2 {
			ear.publish("kitchen/command/next", `PRESS`)
			ear.await("kitchen/response/next")
		}
		if got := len(o.commands); got != 4 {
			t.Errorf("%d commands were executed, want 4: two with transactions, two without", got)
		}
	})
}

func TestRetainedCommandIsClearedAndNotObeyed(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, k kind) {
		url, _ := k.start(t)
		ear := listen(t, url, "localcast/#")
		ear.retain("kitchen/command/play", "Bluey")
		ear.retain("kitchen/command", `{"command":"stop"}`)
		log := newFlow()
		o, _ := obey(t, Config{Broker: url}, log.logger())
		ear.until("kitchen/command", "")
		log.await(t, "a retained command was not obeyed but cleared")
		ear.publish("kitchen/command/pause", "PRESS")
		if cmd := <-o.commands; cmd.Name != "pause" {
			t.Errorf("%s was obeyed", cmd.Name)
		}
		late := listen(t, url, "localcast/+/command/#")
		ear.publish("kitchen/command/pause", "PRESS")
		if h := late.next(); h.retained {
			t.Errorf("%s is still retained", h.topic)
		}
	})
}

func TestLastWill(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, k kind) {
		url, _ := k.start(t)
		ear := listen(t, url, "localcast/#")
		w := stretch(t, url)
		obey(t, Config{Broker: w.url}, quietly())
		ear.until("bridge/availability", online)
		w.cut()
		ear.until("bridge/availability", offline)
		if got := topicsOf(ear.until("bridge/availability", online)); got != whole {
			t.Errorf("after a lost connection it publishes:\n%s", got)
		}
		ear.publish("kitchen/command/pause", "PRESS")
		ear.await("kitchen/response/pause")
	})
}

func TestBrokerThatRestartsEmptyGetsEverythingAgain(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, k kind) {
		url, stop := k.start(t)
		ear := listen(t, url, "localcast/#")
		w := stretch(t, url)
		o, _ := obey(t, Config{Broker: w.url}, quietly())
		ear.until("bridge/availability", online)
		stop()
		changed := playing
		changed.State = "paused"
		o.client.State(changed)
		o.client.Answer(bridge.Answer{Command: bridge.Command{Name: "pause", Device: "kitchen"}, Device: "kitchen", Speech: "Paused"})
		url, _ = k.start(t)
		w.to(url)
		ear = listen(t, url, "localcast/#")
		missing := make(map[string]bool)
		for _, topic := range strings.Split(whole, "\n") {
			missing[topic] = true
		}
		for len(missing) > 0 {
			h := ear.next()
			if h.topic == "kitchen/state" && !strings.Contains(h.payload, "paused") {
				t.Errorf("it has forgotten what happened meanwhile: %s", h.payload)
			}
			if h.payload != offline {
				delete(missing, h.topic)
			}
		}
	})
}

func TestForeignOfflineIsPutRight(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, k kind) {
		url, _ := k.start(t)
		ear := listen(t, url, "localcast/bridge/availability")
		obey(t, Config{Broker: url}, quietly())
		ear.until("bridge/availability", online)
		ear.retain("bridge/availability", offline)
		ear.until("bridge/availability", offline)
		ear.until("bridge/availability", online)
	})
}

func TestStopTellsWhatWaitsAndThenOffline(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, k kind) {
		url, _ := k.start(t)
		ear := listen(t, url, "localcast/#")
		o, stop := obey(t, Config{Broker: url}, quietly())
		ear.until("bridge/availability", online)
		for i := range 30 {
			s := playing
			s.Position = bridge.Seconds(i)
			o.client.State(s)
		}
		o.client.Answer(bridge.Answer{Command: bridge.Command{Name: "stop", Device: "kitchen"}, Device: "kitchen", Speech: "Stopped"})
		stop()
		all := ear.until("bridge/availability", offline)
		answered, last := false, ""
		for _, h := range all {
			answered = answered || h.topic == "kitchen/response/stop"
			if h.topic == "kitchen/state" {
				last = h.payload
			}
		}
		if !answered || !strings.Contains(last, `"position":29,`) {
			t.Errorf("answered %v, last state %s", answered, last)
		}
		if h := listen(t, url, "localcast/bridge/availability").next(); h.payload != offline || !h.retained {
			t.Errorf("%+v stays", h)
		}
	})
}

func TestStopDoesNotWaitForABrokerThatHangs(t *testing.T) {
	for name, size := range map[string]int{"nothing is acknowledged": 10, "nothing can be written": 200_000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, _ := embedded(t)
			ear := listen(t, url, "localcast/#")
			w := stretch(t, url)
			o, stop := obey(t, Config{Broker: w.url}, quietly())
			ear.until("bridge/availability", online)
			w.freeze()
			speech := strings.Repeat("x", size)
			for range 2 * inFlight { // more than may be in flight
				o.client.Answer(bridge.Answer{Command: bridge.Command{Name: "stop", Device: "kitchen"}, Device: "kitchen", Speech: speech})
			}
			began := time.Now()
			stop()
			if took := time.Since(began); took > 4*time.Second {
				t.Errorf("it stops after %v", took)
			}
		})
	}
}

func TestStopWhileConnecting(t *testing.T) {
	t.Parallel()
	mute, err := net.Listen("tcp", "127.0.0.1:0") // accepts and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	for name, url := range map[string]string{"nobody listens": "mqtt://" + freeAddress(t), "no answer": "mqtt://" + mute.Addr().String()} {
		t.Run(name, func(t *testing.T) {
			log := newFlow()
			_, stop := obey(t, Config{Broker: url}, log.logger())
			if name == "no answer" {
				conn, err := mute.Accept()
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
			} else {
				log.await(t, "no connection to the broker; it is tried again")
			}
			began := time.Now()
			stop()
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("it stops after %v", took)
			}
		})
	}
}

func TestWrongPasswordIsTold(t *testing.T) {
	t.Parallel()
	url := guarded(t, "user", "right")
	log := newFlow()
	obey(t, Config{Broker: url, Username: "user", Password: "wrong word"}, log.logger())
	log.await(t, "level=ERROR msg=\"the broker refuses mqtt.username and mqtt.password")
	if strings.Contains(log.String(), "wrong word") {
		t.Error("the log holds the password")
	}
	ear := listen(t, strings.Replace(url, "mqtt://", "mqtt://user:right@", 1), "localcast/#")
	obey(t, Config{Broker: url, Username: "user", Password: "right"}, quietly())
	ear.until("bridge/availability", online)
}

func TestNamesakeIsTold(t *testing.T) {
	t.Parallel()
	url, _ := embedded(t)
	log := newFlow()
	obey(t, Config{Broker: url}, log.logger())
	obey(t, Config{Broker: url}, quietly())
	log.await(t, "another client uses client_id localcast")
}

func TestWarningsArePublished(t *testing.T) {
	t.Parallel()
	url, _ := embedded(t)
	ear := listen(t, url, "localcast/#")
	o, _ := obey(t, Config{Broker: url}, quietly())
	ear.until("bridge/availability", online)
	slog.New(o.client.LogHandler(slog.DiscardHandler)).Warn("a folder is gone", "folder", "/media/films")
	if got := ear.await("bridge/log"); !strings.Contains(got, `"message":"a folder is gone (folder films)"`) {
		t.Errorf("got %s", got)
	}
}

func TestConfigIsChecked(t *testing.T) {
	good := Config{Broker: "mqtt://host", ClientID: "localcast", BaseTopic: "home/localcast", DiscoveryPrefix: "homeassistant"}
	if _, err := New(good, quietly()); err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"no broker":          {func(c *Config) { c.Broker = "" }, "mqtt.broker"},
		"another scheme":     {func(c *Config) { c.Broker = "http://host" }, "wanted mqtt://host:1883"},
		"no host":            {func(c *Config) { c.Broker = "mqtt://" }, "wanted mqtt://host:1883"},
		"credentials in url": {func(c *Config) { c.Broker = "mqtt://me:secret@host" }, "use mqtt.username and mqtt.password"},
		"no url":             {func(c *Config) { c.Broker = "mqtt://me:secret@host:x y" }, "mqtt.broker is no URL"},
		"no client id":       {func(c *Config) { c.ClientID = "" }, "mqtt.client_id is empty"},
		"no base topic":      {func(c *Config) { c.BaseTopic = "" }, "mqtt.base_topic is empty"},
		"wildcard":           {func(c *Config) { c.BaseTopic = "a/+" }, "must not contain +"},
		"system topic":       {func(c *Config) { c.BaseTopic = "$SYS" }, "must not contain +"},
		"slash at the end":   {func(c *Config) { c.BaseTopic = "localcast/" }, "must not have an empty level"},
		"bad prefix":         {func(c *Config) { c.DiscoveryPrefix = "ha/#" }, "homeassistant.discovery_prefix"},
		"no such ca":         {func(c *Config) { c.Broker, c.TLS.CAFile = "mqtts://host", "missing.pem" }, "mqtt.tls.ca_file"},
		"cert without key":   {func(c *Config) { c.Broker, c.TLS.CertFile = "mqtts://host", "x.pem" }, "belong together"},
	} {
		cfg := good
		row.change(&cfg)
		_, err := New(cfg, quietly())
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q", name, err, row.want)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error holds the password: %v", name, err)
		}
	}
}

func TestProbe(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, k kind) {
		url, _ := k.start(t)
		cfg := Config{Broker: url, ClientID: "other", BaseTopic: "localcast"}
		probe := func(id string) error { return Probe(context.Background(), cfg, id) }
		ear := listen(t, url, "localcast/#")

		if err := probe("mine"); err != nil {
			t.Errorf("on an empty broker: %v", err)
		}
		ear.retain("bridge/availability", online)
		ear.retain("bridge/info", `{"id":"dead"}`)
		if err := probe("mine"); err != nil {
			t.Errorf("after a bridge that died: %v", err)
		}
		o, stop := obey(t, Config{Broker: url}, quietly())
		o.client.State(bridge.Info{ID: "obedient"})
		ear.until("bridge/search", `{"query":"","total":0,"results":[]}`)
		ear.until("bridge/availability", online)
		if err := probe("mine"); !strings.Contains(fmt.Sprint(err), "another bridge uses this base topic") {
			t.Errorf("beside another bridge: %v", err)
		}
		if err := probe("obedient"); err != nil {
			t.Errorf("with the same id: %v", err)
		}
		stop()
		if err := probe("mine"); err != nil {
			t.Errorf("after a bridge that stopped: %v", err)
		}
	})
}

func TestProbeWithoutBroker(t *testing.T) {
	t.Parallel()
	cfg := Config{Broker: "mqtt://" + freeAddress(t), ClientID: "other", BaseTopic: "localcast"}
	if err := Probe(context.Background(), cfg, "mine"); err == nil || strings.Contains(err.Error(), ErrSecondBridge.Error()) {
		t.Errorf("without a broker: %v", err)
	}
}
