package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// published finds the commands that a page tells people to publish.
var published = regexp.MustCompile(`(?m)^\s*mosquitto_pub -t localcast/(\S+) -m ('[^']*'|\S+)`)

// TestExamplesAreObeyed publishes every command of the guides to a running program. One that the program does not
// understand would mislead its reader.
func TestExamplesAreObeyed(t *testing.T) {
	h := newHome(t, freePort(t), time.Minute, time.Minute)
	h.start(h.config(true))
	h.listen()
	h.ear.ready(2)
	h.ear.ask("play", `{"query":"first","kind":"album"}`)
	for _, page := range []string{
		"README.md", "docs/mqtt.md", "docs/household.md", "docs/pictures-and-subtitles.md", "docs/announcements.md",
	} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		examples := published.FindAllStringSubmatch(string(text), -1)
		if len(examples) < 4 {
			t.Errorf("%s has %d examples; are they written otherwise?", page, len(examples))
		}
		for _, e := range examples {
			h.example(t, page, e[1], strings.Trim(e[2], "'"))
		}
	}
}

// example publishes one command, for the household's own device, and looks at the answer.
func (h *home) example(t *testing.T, page, topic, payload string) {
	t.Helper()
	topic = strings.Replace(topic, "kitchen/", "kuche_tv/", 1)
	payload = strings.ReplaceAll(payload, "Kitchen", "Küche TV")
	to, rest, _ := strings.Cut(topic, "/command")
	name := strings.TrimPrefix(rest, "/")
	if name == "" {
		name = decode[struct{ Command string }](t, payload).Command
	}
	from := h.ear.mark()
	h.ear.say(topic, payload)
	said := h.ear.await(from, to+"/response/"+name, func(string) bool { return true })
	a := decode[answer](t, said)
	if a.Error != nil && strings.Contains(a.Error.Message, "announce.tts_url") {
		return // it is understood: words are spoken where there is a voice
	}
	if a.Error != nil && (a.Error.Code == "invalid" || a.Error.Code == "unsupported") {
		t.Errorf("%s: %s with %s is answered: %s", page, topic, payload, a.Error.Message)
	}
}
