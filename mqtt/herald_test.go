package mqtt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"localcast/bridge"
	"localcast/bridge/media"
	"localcast/mqtt/homeassistant"
)

const kitchenID = "0123456789abcdef0123456789abcdef"

// announcing is the configuration of a client that announces what it tells to Home Assistant.
var announcing = Config{
	Broker: "mqtt://127.0.0.1", ClientID: "localcast", BaseTopic: "localcast",
	Discovery: true, DiscoveryPrefix: "homeassistant", StatusTopic: "homeassistant/status", Version: "0.1.0",
}

// notebook is a memory of announcements that a test can read.
type notebook struct {
	mu    sync.Mutex
	known map[string]map[string]string
	fails bool
}

func (n *notebook) Announced(context.Context) (map[string]map[string]string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.fails {
		return nil, errors.New("the disk is gone")
	}
	known := make(map[string]map[string]string)
	for topic, platforms := range n.known {
		known[topic] = maps.Clone(platforms)
	}
	return known, nil
}

func (n *notebook) SaveAnnounced(_ context.Context, changes map[string]map[string]string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.fails {
		return errors.New("the disk is full")
	}
	if n.known == nil {
		n.known = make(map[string]map[string]string)
	}
	for topic, platforms := range changes {
		n.known[topic] = maps.Clone(platforms)
		if platforms == nil {
			delete(n.known, topic)
		}
	}
	return nil
}

// topics lists what is remembered, in short.
func (n *notebook) topics() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	names := make([]string, 0, len(n.known))
	for topic := range n.known {
		names = append(names, shortTopic(topic))
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// shortTopic leaves out of a topic what is the same in every test.
func shortTopic(topic string) string {
	return strings.NewReplacer("localcast/", "", "homeassistant/device/localcast_", "ha:", "/config", "", kitchenID, "kitchen").
		Replace(topic)
}

// A desk is a client with a broker that takes everything at once, in a bubble.
type desk struct {
	*Client
	*office
	book *notebook
	quit func()
}

// sit makes a desk and connects it; tell is called before that.
func sit(t *testing.T, cfg Config, book *notebook, tell func(*Client)) *desk {
	t.Helper()
	c, err := New(cfg, quietly())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Remember(t.Context(), book); err != nil {
		t.Fatal(err)
	}
	tell(c)
	stop := c.herald.start(t.Context())
	c.outbox.begin()
	d := &desk{Client: c, book: book}
	d.office = openFor(c.outbox, func(m message) {
		c.outbox.acknowledged(m)
		c.herald.delivered(m)
	})
	d.quit = func() {
		d.office.close()
		stop()
	}
	return d
}

// left lists what left while d passed: the topics, with the options that an announcement offers and with short payloads.
func (d *desk) left(pass time.Duration) string {
	var all []string
	for _, m := range d.take(pass) {
		text := shortTopic(m.topic)
		switch {
		case len(m.payload) == 0:
			text += "="
		case strings.HasPrefix(text, "ha:"):
			text += offered(m.payload)
		case len(m.payload) < 30:
			text += "=" + string(m.payload)
		}
		all = append(all, text)
	}
	return strings.Join(all, "\n")
}

// offered tells how many options the selects of an announcement have.
func offered(payload []byte) string {
	var m struct {
		Components map[string]struct{ Options []string } `json:"cmps"`
	}
	if err := json.Unmarshal(payload, &m); err != nil {
		return err.Error()
	}
	if queue, ok := m.Components["queue"]; ok {
		return fmt.Sprintf("(%d,%d)", len(queue.Options), len(m.Components["results"].Options))
	}
	return ""
}

func (d *desk) expect(t *testing.T, pass time.Duration, want ...string) {
	t.Helper()
	if got := d.left(pass); got != strings.Join(want, "\n") {
		t.Errorf("left in %v:\n%s\nwant:\n%s", pass, got, strings.Join(want, "\n"))
	}
}

func kitchenWith(id string) bridge.DeviceList {
	return bridge.DeviceList{Devices: []bridge.DeviceEntry{{Device: "kitchen", ID: id, Name: "Kitchen"}}}
}

// queueOf is a queue of some entries with one of them current.
func queueOf(length, index int) bridge.QueueState {
	q := bridge.QueueState{Device: "kitchen", Length: length, Index: media.Num(index)}
	q.First = max(0, min(index-25, length-100))
	for n := q.First; n < min(length, q.First+100); n++ {
		q.Entries = append(q.Entries, bridge.EntryState{Entry: fmt.Sprint("e", n), Title: fmt.Sprint("Song ", n+1)})
	}
	return q
}

func tellKitchen(c *Client) {
	c.State(kitchenWith(kitchenID))
	c.State(queueOf(2, 0))
}

// all is what a connect publishes of tellKitchen.
var all = []string{
	"ha:bridge", "ha:kitchen(2,0)", "kitchen/queue", "kitchen/search", "kitchen/select/queue=1. Song 1", "kitchen/select/results=None",
	"bridge/devices", "bridge/search",
}

func TestAnnouncementsComeFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := sit(t, announcing, &notebook{}, tellKitchen)
		defer d.quit()
		d.expect(t, 0, all...)
		d.outbox.again()
		d.expect(t, 0, all...)
		if got := d.book.topics(); got != "ha:bridge ha:kitchen" {
			t.Errorf("remembered: %s", got)
		}
	})
}

func TestOptionsComeBeforeTheirChoice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := sit(t, announcing, &notebook{}, tellKitchen)
		defer d.quit()
		d.expect(t, time.Minute, all...)

		d.State(queueOf(2, 1)) // the next one plays
		d.expect(t, time.Minute, "kitchen/queue", "kitchen/select/queue=2. Song 2")
		d.State(queueOf(3, 2)) // another one is added, and plays
		d.expect(t, 0, "ha:kitchen(3,0)", "kitchen/queue", "kitchen/select/queue=3. Song 3")
		d.State(queueOf(4, 3)) // at once again
		d.expect(t, 1999*time.Millisecond, "kitchen/queue")
		d.State(queueOf(5, 4))
		d.expect(t, time.Millisecond, "kitchen/queue", "ha:kitchen(5,0)", "kitchen/select/queue=5. Song 5")

		found := bridge.SearchState{Device: "kitchen", Query: "song", Total: 1, Results: []bridge.ItemState{{Title: "Song 1"}}, Chosen: 1}
		d.State(found)
		d.expect(t, time.Second, "kitchen/search")
		d.expect(t, time.Minute, "ha:kitchen(5,1)", "kitchen/select/results=1. Song 1")
		d.State(bridge.SearchState{Query: "on the bridge"})
		d.expect(t, time.Minute, "bridge/search")
		d.State(kitchenWith(kitchenID))
		d.expect(t, time.Minute)
	})
}

func TestOptionsThatChangeDuringAReplay(t *testing.T) {
	c, err := New(announcing, quietly())
	if err != nil {
		t.Fatal(err)
	}
	tellKitchen(c)
	c.outbox.begin()
	var left []string
	for now := noon; ; {
		m, ok, wait := c.outbox.next(now, false)
		if !ok && wait == 0 {
			break
		}
		now = now.Add(wait)
		if ok {
			left = append(left, shortTopic(m.topic))
		}
		if ok && len(left) == 1 { // the announcement has left: what it offers is old now
			c.State(queueOf(3, 2))
		}
	}
	const want = "ha:kitchen kitchen/queue kitchen/search bridge/devices bridge/search ha:kitchen kitchen/select/results kitchen/select/queue"
	if got := strings.Join(left, " "); got != want {
		t.Errorf("left: %s\nwant: %s", got, want)
	}
}

func TestForgottenDeviceIsWithdrawn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := sit(t, announcing, &notebook{}, tellKitchen)
		defer d.quit()
		d.expect(t, 0, all...)
		d.State(bridge.DeviceList{})
		d.State(bridge.Gone{Device: "kitchen", ID: kitchenID})
		d.expect(t, time.Second, "bridge/devices=[]", "ha:kitchen=", "kitchen/availability=", "kitchen/queue=", "kitchen/state=",
			"kitchen/search=", "kitchen/artwork=", "kitchen/select/queue=", "kitchen/select/results=")
		if got := d.book.topics(); got != "ha:bridge" {
			t.Errorf("remembered: %s", got)
		}
		d.State(kitchenWith(kitchenID)) // it comes back, too soon
		d.State(queueOf(1, 0))
		d.expect(t, 999*time.Millisecond, "bridge/devices", "kitchen/queue", "kitchen/search")
		d.expect(t, time.Millisecond, "ha:kitchen(1,0)", "kitchen/select/results=None", "kitchen/select/queue=1. Song 1")
	})
}

func TestDeviceThatTellsItsID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := sit(t, announcing, &notebook{}, func(c *Client) { c.State(kitchenWith("192_0_2_1_8009")) })
		defer d.quit()
		d.expect(t, time.Second, "ha:bridge", "ha:192_0_2_1_8009(0,0)", "bridge/devices", "bridge/search")
		d.State(kitchenWith(kitchenID))
		d.expect(t, 1999*time.Millisecond, "ha:192_0_2_1_8009=", "bridge/devices")
		d.expect(t, time.Millisecond, "ha:kitchen(0,0)")
		if got := d.book.topics(); got != "ha:bridge ha:kitchen" {
			t.Errorf("remembered: %s", got)
		}
	})
}

func TestWhatAnEarlierStartAnnouncedIsTakenBack(t *testing.T) {
	config := func(change func(*Config)) Config {
		cfg := announcing
		change(&cfg)
		return cfg
	}
	for _, row := range []struct {
		name       string
		cfg        Config
		left       []string // before two seconds have passed
		later      int      // how many messages come then
		remembered string
	}{
		{"nothing has changed", announcing, all, 0, "ha:bridge ha:kitchen"},
		{"another prefix", config(func(c *Config) { c.DiscoveryPrefix = "ha" }), []string{"ha:kitchen=", "ha:bridge="}, 8,
			"ha/device/localcast_bridge ha/device/localcast_kitchen"},
		{"another base topic", config(func(c *Config) { c.BaseTopic = "home" }), []string{"ha:kitchen=", "ha:bridge="}, 8,
			"homeassistant/device/home_bridge homeassistant/device/home_kitchen"},
		{"discovery is off", config(func(c *Config) { c.Discovery = false }), append([]string{"ha:kitchen=", "ha:bridge="}, all[2:]...), 0, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				book := &notebook{}
				first := sit(t, announcing, book, tellKitchen)
				first.take(time.Minute)
				first.quit()

				d := sit(t, row.cfg, book, tellKitchen)
				defer d.quit()
				d.expect(t, apart-time.Millisecond, row.left...)
				if later := d.take(time.Millisecond); len(later) != row.later {
					t.Errorf("%d messages come after two seconds, want %d", len(later), row.later)
				}
				if got := book.topics(); got != row.remembered {
					t.Errorf("remembered: %s, want %s", got, row.remembered)
				}
			})
		})
	}
}

func TestAHurryDoesNotAnnounceTooSoon(t *testing.T) {
	c, err := New(announcing, quietly())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Remember(t.Context(), &notebook{known: map[string]map[string]string{"ha/old": {}}}); err != nil {
		t.Fatal(err)
	}
	tellKitchen(c)
	c.herald.settle()
	c.outbox.begin()
	var left []string
	for _, m := range drain(c.outbox) {
		left = append(left, shortTopic(m.topic))
	}
	if got, want := strings.Join(left, " "), "ha/old kitchen/queue kitchen/search bridge/devices bridge/search"; got != want {
		t.Errorf("left: %s, want %s", got, want)
	}
}

func TestAComponentThatGoesIsAnnouncedOnceMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const topic = "homeassistant/device/localcast_bridge/config"
		site := homeassistant.Site{Prefix: "homeassistant", Base: "localcast", Version: "0.1.0"}
		before := site.Bridge().Platforms()
		before["ping"] = "button"
		book := &notebook{known: map[string]map[string]string{topic: before}}
		d := sit(t, announcing, book, func(*Client) {})
		defer d.quit()
		first := d.take(apart - time.Millisecond)
		if first[0].topic != topic || !strings.Contains(string(first[0].payload), `"ping":{"p":"button"}`) {
			t.Errorf("first: %s", first[0].payload)
		}
		then := d.take(time.Millisecond)
		if len(then) != 1 || then[0].topic != topic || strings.Contains(string(then[0].payload), "ping") {
			t.Fatalf("then: %v", told(then))
		}
		if left := d.take(time.Minute); len(left) > 0 {
			t.Errorf("and then: %v", told(left))
		}
		if _, ok := book.known[topic]["ping"]; ok || len(book.known[topic]) != len(before)-1 {
			t.Errorf("remembered: %v", book.known[topic])
		}
	})
}

func TestMemoryThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := New(announcing, quietly())
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Remember(t.Context(), &notebook{fails: true}); err == nil {
			t.Error("what cannot be read is not told")
		}
		book := &notebook{}
		d := sit(t, announcing, book, func(c *Client) { book.fails = true })
		defer d.quit()
		d.take(time.Minute)
		if got := book.topics(); got != "" {
			t.Errorf("remembered: %s", got)
		}
		book.mu.Lock()
		book.fails = false
		book.mu.Unlock()
		d.State(kitchenWith(kitchenID))
		d.take(time.Minute)
		if got := book.topics(); got != "ha:bridge ha:kitchen" {
			t.Errorf("remembered once it can be: %s", got)
		}
	})
}

func TestTheChosenEntryIsAlwaysAnOption(t *testing.T) {
	for length := range 230 {
		for index := range length {
			q := queueOf(length, index)
			options := queueOptions(q)
			if !slices.Contains(options, chosenEntry(q)) || len(options) != min(length, maxOptions) {
				t.Fatalf("entry %d of %d is %q, the %d options are %q", index, length, chosenEntry(q), len(options), options)
			}
		}
	}
	q := queueOf(120, 60)
	if options := queueOptions(q); options[0] != "36. Song 36" || options[49] != "85. Song 85" {
		t.Errorf("the options are %q to %q", options[0], options[len(options)-1])
	}
	q = queueOf(120, 0)
	q.Index = media.Number{}
	if options := queueOptions(q); options[0] != "1. Song 1" || chosenEntry(q) != noOption {
		t.Errorf("without a current entry the options begin with %q, and %q is chosen", options[0], chosenEntry(q))
	}
}

func TestBirthsThatCount(t *testing.T) {
	c, err := New(announcing, quietly())
	if err != nil {
		t.Fatal(err)
	}
	deaf := announcing
	deaf.Discovery = false
	off, err := New(deaf, quietly())
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name     string
		client   *Client
		topic    string
		payload  string
		retained bool
		want     int
	}{
		{"it has started", c, "homeassistant/status", "online", false, 1},
		{"it has stopped", c, "homeassistant/status", "offline", false, 0},
		{"it has been there before us", c, "homeassistant/status", "online", true, 0},
		{"somebody else", c, "homeassistant/other", "online", false, 0},
		{"nothing was announced to it", off, "homeassistant/status", "online", false, 0},
	} {
		s := &session{Client: row.client, echoes: newEchoes(), sawOffline: make(chan struct{}, 1), sawBirth: make(chan struct{}, 1)}
		for range 2 { // the second finds the first not yet handled
			s.receive(t.Context(), row.topic, []byte(row.payload), row.retained, nil)
		}
		if got := len(s.sawBirth); got != row.want {
			t.Errorf("%s: got %d, want %d", row.name, got, row.want)
		}
	}
	for range 1000 {
		if p := birthPause(); p < time.Second || p > 5*time.Second {
			t.Fatalf("it is told everything after %v", p)
		}
	}
}

func TestHomeAssistantIsToldOnEveryConnectAndBirth(t *testing.T) {
	want := strings.Join([]string{
		"homeassistant/device/localcast_bridge/config", "homeassistant/device/localcast_" + kitchenID + "/config", whole,
	}, "\n")
	onEveryBroker(t, func(t *testing.T, k kind) {
		url, _ := k.start(t)
		ear := listen(t, url, "localcast/#", "homeassistant/device/#")
		cfg := announcing
		cfg.Broker = url
		obey(t, cfg, quietly())
		if got := topicsOf(ear.until("bridge/availability", online)); got != want {
			t.Errorf("published:\n%s\nwant:\n%s", got, want)
		}
		began := time.Now()
		ear.done(ear.client.Publish("homeassistant/status", 1, false, online))
		var again []heard
		for range strings.Count(want, "\n") { // all but the bridge's availability
			again = append(again, ear.next())
			if took := time.Since(began); took < time.Second {
				t.Fatalf("everything is told again after %v", took)
			}
		}
		if got := topicsOf(again); got+"\nbridge/availability" != want {
			t.Errorf("published after a birth:\n%s\nwant:\n%s", got, want)
		}
		late := listen(t, url, "homeassistant/device/#")
		for range 2 {
			if h := late.next(); !h.retained {
				t.Errorf("%s is not retained", h.topic)
			}
		}
	})
}
