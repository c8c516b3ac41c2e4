package homeassistant

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var site = Site{Prefix: "homeassistant", Base: "localcast", Version: "0.1.0", URL: "https://example.org/localcast"}

var kitchen = Device{
	ID: "0a1b2c3d4e5f60718293a4b5c6d7e8f9", Topic: "kitchen", Name: "Kitchen", Model: "Chromecast Ultra",
	Queue:   []string{"1. Bluey · S01E01 Magic Xylophone", "2. Bluey · S01E02 Hospital", "3. The Hidden Fortress · 1958"},
	Results: []string{"1. Bluey", "2. Blue Velvet · 1986"},
}

// The files hold messages that Home Assistant 2026.11 took as they are, without a warning: they are never written anew.
func TestMessagesThatHomeAssistantTakes(t *testing.T) {
	for file, message := range map[string]Message{
		"discovery-kitchen.json": site.Device(kitchen),
		"discovery-bridge.json":  site.Bridge(),
	} {
		want, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		compare(t, file, decoded(t, encoded(t, message)), decoded(t, want))
	}
}

// compare tells where two JSON values differ.
func compare(t *testing.T, place string, got, want any) {
	t.Helper()
	g, ok := got.(map[string]any)
	w, both := want.(map[string]any)
	if !ok || !both {
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, want %v", place, got, want)
		}
		return
	}
	for key := range w {
		if _, there := g[key]; !there {
			t.Errorf("%s/%s is missing", place, key)
			continue
		}
		compare(t, place+"/"+key, g[key], w[key])
	}
	for key := range g {
		if _, there := w[key]; !there {
			t.Errorf("%s/%s is one too many: %v", place, key, g[key])
		}
	}
}

func encoded(t *testing.T, m Message) []byte {
	t.Helper()
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func decoded(t *testing.T, b []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestNames(t *testing.T) {
	for _, row := range []struct{ base, topic, wantTopic, wantID, wantEntity, wantState string }{
		{"localcast", "kitchen", "homeassistant/device/localcast_0a/config", "localcast_0a_title", "sensor.kitchen_title", "localcast/kitchen/state"},
		{"home/cast", "kitchen", "homeassistant/device/home_cast_0a/config", "home_cast_0a_title", "sensor.kitchen_title", "home/cast/kitchen/state"},
		{"Küche-2", "tv_2", "homeassistant/device/K_che-2_0a/config", "K_che-2_0a_title", "sensor.tv_2_title", "Küche-2/tv_2/state"},
		{"localcast", "TV--upstairs_", "homeassistant/device/localcast_0a/config", "localcast_0a_title", "sensor.tv_upstairs_title", "localcast/TV--upstairs_/state"},
	} {
		s := Site{Prefix: "homeassistant", Base: row.base}
		title := s.Device(Device{ID: "0a", Topic: row.topic}).Components["title"].(*component)
		got := []string{s.Topic("0a"), title.UniqueID, title.EntityID, title.StateTopic}
		if want := []string{row.wantTopic, row.wantID, row.wantEntity, row.wantState}; !slices.Equal(got, want) {
			t.Errorf("%s, %s: got %q, want %q", row.base, row.topic, got, want)
		}
	}
	if got, want := site.BridgeTopic(), "homeassistant/device/localcast_bridge/config"; got != want {
		t.Errorf("the bridge's topic is %s, want %s", got, want)
	}
	if got := (Site{Base: "Home-Cast"}).Bridge().Components["items"].(*component).EntityID; got != "sensor.home_cast_items" {
		t.Errorf("the bridge's entity is %s", got)
	}
}

func TestWhatIsUnknownIsLeftOut(t *testing.T) {
	message := decoded(t, encoded(t, Site{Prefix: "homeassistant", Base: "localcast"}.Device(Device{ID: "host_8009", Topic: "kitchen"}))).(map[string]any)
	about, origin := message["dev"].(map[string]any), message["o"].(map[string]any)
	if _, there := about["mdl"]; there || about["name"] != "kitchen" {
		t.Errorf("a device of which only the address is known is %v", about)
	}
	if _, there := origin["url"]; there {
		t.Errorf("the origin is %v", origin)
	}
	for _, key := range []string{"queue", "results"} {
		if options, ok := message["cmps"].(map[string]any)[key].(map[string]any)["options"].([]any); !ok || len(options) != 0 {
			t.Errorf("the options of an empty %s are %v, want an empty list", key, options)
		}
	}
}

// Home Assistant drops a message with any other key at its root, and shows a name that repeats the device's twice.
func TestRules(t *testing.T) {
	for _, m := range []Message{site.Device(kitchen), site.Bridge()} {
		root := decoded(t, encoded(t, m)).(map[string]any)
		for key := range root {
			if !slices.Contains([]string{"dev", "o", "cmps", "availability", "availability_mode", "state_topic", "command_topic", "qos", "encoding"}, key) {
				t.Errorf("%s is no key of the root", key)
			}
		}
		for key, c := range m.Components {
			c := c.(*component)
			if c.Name != nil && strings.Contains(strings.ToLower(*c.Name), strings.ToLower(m.About.Name)) {
				t.Errorf("the name of %s repeats that of the device", key)
			}
			if strings.Contains(string(encoded(t, Message{Components: map[string]any{key: c}})), "retain") {
				t.Errorf("the commands of %s are retained", key)
			}
		}
	}
}

func TestRetire(t *testing.T) {
	m := site.Bridge()
	same, changed := m.Retire(m.Platforms())
	if changed || string(encoded(t, same)) != string(encoded(t, m)) {
		t.Error("a message is changed though nothing goes")
	}
	if _, changed := m.Retire(nil); changed {
		t.Error("a first message is changed")
	}
	before := m.Platforms()
	before["ping"] = "button"      // is no more
	before["search"] = "sensor"    // is on another platform now
	delete(before, "connectivity") // is new
	last, changed := m.Retire(before)
	if !changed {
		t.Fatal("nothing is retired")
	}
	for key, want := range map[string]string{"ping": `{"p":"button"}`, "search": `{"p":"sensor"}`} {
		if got, _ := json.Marshal(last.Components[key]); string(got) != want {
			t.Errorf("%s is %s, want %s", key, got, want)
		}
	}
	if len(last.Components) != len(m.Components)+1 || last.Platforms()["search"] != "sensor" || m.Platforms()["search"] != "text" {
		t.Errorf("after: %v, the message itself: %v", last.Platforms(), m.Platforms())
	}
	if clean, changed := m.Retire(m.Platforms()); changed {
		t.Errorf("it is not left out afterwards: %v", clean.Platforms())
	}
}

// The guide names every entity, and none that is not there.
func TestTheGuideNamesEveryEntity(t *testing.T) {
	guide, err := os.ReadFile("../../docs/home-assistant/README.md")
	if err != nil {
		t.Fatal(err)
	}
	named := make(map[string]bool)
	for _, id := range regexp.MustCompile("`[a-z_]+\\.(kitchen|localcast)[a-z_]*`").FindAllString(string(guide), -1) {
		named[strings.Trim(id, "`")] = true
	}
	there := make(map[string]bool)
	for _, m := range []Message{site.Device(kitchen), site.Bridge()} {
		for _, c := range m.Components {
			there[c.(*component).EntityID] = true
		}
	}
	for id := range there {
		if !named[id] {
			t.Errorf("the guide does not name %s", id)
		}
	}
	for id := range named {
		if !there[id] {
			t.Errorf("the guide names %s, which is not there", id)
		}
	}
}
