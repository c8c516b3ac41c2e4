package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"localcast/cast/casttest"
)

// forTelevision reads a file of the guide, as somebody uses it whose device is kuche_tv.
func forTelevision(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("docs", "home-assistant", file))
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer("kitchen", "kuche_tv", "goldberg variations", "first").Replace(string(text))
}

// useFiles puts the files of the guide where people put them. They count from the next restart on.
func (a *assistant) useFiles() {
	a.t.Helper()
	put := func(path, text string) {
		a.t.Helper()
		path = filepath.Join(a.dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			a.t.Fatal(err)
		}
		file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
		if err != nil {
			a.t.Fatal(err)
		}
		defer file.Close()
		if _, err := file.WriteString("\n" + text); err != nil {
			a.t.Fatal(err)
		}
	}
	for _, file := range []string{"automations.yaml", "scripts.yaml"} { // they begin as an empty list and object
		if err := os.Remove(filepath.Join(a.dir, file)); err != nil {
			a.t.Fatal(err)
		}
		put(file, forTelevision(a.t, file))
	}
	put("blueprints/automation/localcast/play-by-voice.yaml", forTelevision(a.t, "play-by-voice.yaml"))
	put("automations.yaml", "- {id: voice, alias: Play by voice, use_blueprint: {path: localcast/play-by-voice.yaml, input: {}}}\n")
	put("configuration.yaml", `
input_boolean: {button: {name: Button}}
template:
  - binary_sensor: {name: Doorbell, state: "{{ is_state('input_boolean.button', 'on') }}"}
`)
}

// filesAreUsed uses what the files of the guide bring, and leaves the television stopped.
func filesAreUsed(h *home, a *assistant) {
	a.t.Helper()
	for words, want := range map[string]string{
		"play song b on Küche TV":      "Playing Song B by The Sines on Küche TV",
		"play song c on the küche":     "Playing Song C by The Sines on Küche TV",
		"play xyzzy plugh in Küche TV": "I found nothing for xyzzy plugh",
	} {
		if got := a.say(words); got != want {
			a.t.Errorf("%q is answered %q, want %q", words, got, want)
		}
	}
	a.awaitState("sensor.kuche_tv", "playing")

	h.write("media/Sounds/Doorbell.wav", tones(2*time.Second, 880))
	from := h.ear.mark()
	h.ear.say("bridge/command/rescan", "PRESS")
	h.ear.await(from, "bridge/library", func(p string) bool { return strings.Contains(p, `"tracks":4`) })
	from = h.ear.mark()
	a.call("input_boolean/turn_on", "input_boolean.button", nil)
	h.ear.await(from, "kuche_tv/event", func(p string) bool { return strings.Contains(p, "announcement_started") })
	h.ear.await(from, "kuche_tv/event", func(p string) bool { return strings.Contains(p, "announcement_finished") })
	a.awaitState("sensor.kuche_tv", "playing")

	from = h.ear.mark()
	a.call("script/turn_on", "script.localcast_sleep", map[string]any{"variables": map[string]any{"device": "kuche_tv", "minutes": 45}})
	h.ear.await(from, "bridge/response/sleep", func(p string) bool { return strings.Contains(p, `"status":"ok"`) })
	a.call("script/turn_on", "script.localcast_say", map[string]any{"variables": map[string]any{"message": "Dinner", "device": "kuche_tv"}})
	h.ear.await(from, "bridge/response/announce", func(p string) bool { return strings.Contains(p, `"unsupported"`) }) // there is no voice
	a.call("script/turn_on", "script.localcast_good_night", nil)
	h.ear.await(from, "bridge/response/stop", func(p string) bool { return strings.Contains(p, `"status":"ok"`) })
	a.awaitState("sensor.kuche_tv", "off")

	for _, people := range []string{"0", "1"} {
		if status, said := a.post("/api/states/zone.home", map[string]any{"state": people}); status >= 300 {
			a.t.Fatalf("zone.home: %d %s", status, said)
		}
	}
	a.awaitState("sensor.kuche_tv", "playing")
	h.device(func(s casttest.Snapshot) bool { return s.PlayerState == "PLAYING" })
	a.call("button/press", "button.kuche_tv_stop", nil)
	a.awaitState("sensor.kuche_tv", "off")
}

// dashboardFits has Home Assistant take the dashboard of the guide, and checks that what it shows is there.
func dashboardFits(a *assistant) {
	a.t.Helper()
	var config map[string]any
	if err := yaml.Unmarshal([]byte(forTelevision(a.t, "dashboard.yaml")), &config); err != nil {
		a.t.Fatal(err)
	}
	for _, command := range []map[string]any{
		{"type": "lovelace/dashboards/create", "url_path": "local-cast", "title": "LocalCast", "mode": "storage"},
		{"type": "lovelace/config/save", "url_path": "local-cast", "config": config},
	} {
		ws[json.RawMessage](a, command)
	}
	shown := entitiesIn(config)
	if len(shown) < 15 {
		a.t.Errorf("the dashboard shows only %v", shown)
	}
	for _, id := range shown {
		if a.entity(id).State == gone {
			a.t.Errorf("the dashboard shows %s, which is not there", id)
		}
	}
}

// entitiesIn lists the entities of cards, sorted.
func entitiesIn(cards any) []string {
	found := map[string]bool{}
	var look func(any)
	look = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if id, ok := v["entity"].(string); ok {
				found[id] = true
			}
			for _, inner := range v {
				look(inner)
			}
		case []any:
			for _, inner := range v {
				look(inner)
			}
		}
	}
	look(cards)
	return slices.Sorted(maps.Keys(found))
}
