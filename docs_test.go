package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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

// TestEveryPageIsLinked: the README names each page of docs, and some page each of those in its folders; records of decisions
// have their folder. No page names a file that is not there.
func TestEveryPageIsLinked(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)
	pages, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir("docs", func(path string, _ fs.DirEntry, err error) error {
		if filepath.Ext(path) == ".md" {
			pages = append(pages, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	byReadme, byOthers := map[string]bool{}, map[string]bool{"README.md": true}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range link.FindAllStringSubmatch(string(text), -1) {
			to := filepath.Join(filepath.Dir(page), l[1])
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s names %s, which is not there", page, l[1])
			}
			if page == "README.md" {
				byReadme[to] = true
			} else if page != to {
				byOthers[to] = true
			}
		}
	}
	lost := slices.DeleteFunc(slices.Clone(pages), func(page string) bool {
		return byReadme[page] || byOthers[page] && filepath.Dir(page) != "docs" || filepath.Dir(page) == "docs/decisions"
	})
	if len(pages) < 20 || len(lost) > 0 {
		t.Errorf("of %d pages nothing leads to %q", len(pages), lost)
	}
}
