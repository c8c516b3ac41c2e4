package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// bell serves a sound of a length to whoever asks for it, and returns its address.
func (h *home) bell(d time.Duration) string {
	h.t.Helper()
	sound := tones(d, 660)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "audio/wav")
		http.ServeContent(w, r, "bell.wav", time.Time{}, bytes.NewReader(sound))
	}))
	h.t.Cleanup(server.Close)
	return server.URL + "/bell"
}

// event waits for an event of the television, from a mark on.
func (e *ear) event(from int, kind string) {
	e.t.Helper()
	e.await(from, "kuche_tv/event", func(p string) bool { return strings.Contains(p, `"`+kind+`"`) })
}

// playSongA plays the album and seeks 2 minutes into Song A, at volume 20.
func (h *home) playSongA() {
	h.t.Helper()
	from := h.ear.mark()
	h.ear.ask("volume", "20")
	h.ear.ask("play", `{"query":"First","kind":"album"}`)
	h.ear.state(from, func(s deviceState) bool { return s.State == "playing" && s.Title == "Song A" })
	h.ear.ask("seek", "2:00")
	h.ear.state(from, func(s deviceState) bool { return s.State == "playing" && *s.Position >= 119 })
}

// TestAnnouncementOverASong hears a bell over a song: afterwards the song goes on where it was, at its volume.
func TestAnnouncementOverASong(t *testing.T) {
	h := newHomeAt(t, 1, freePort(t), 10*time.Minute, 10*time.Minute)
	h.start(h.config(true))
	h.listen()
	h.ear.ready(2)
	h.playSongA()
	for _, row := range []struct {
		before, state string
		ends          func()
	}{
		{"resume", "playing", func() { h.tv.Finish() }},
		{"pause", "paused", func() { h.tv.Finish() }},
		{"pause", "paused", func() { h.ear.ask("stop", "PRESS") }},
	} {
		h.ear.ask(row.before, "PRESS")
		from := h.ear.mark()
		queue := h.ear.ask("queue_list", "PRESS")
		if a := h.ear.ask("announce", `{"url":"`+h.bell(4*time.Minute)+`","title":"Bell","volume":45}`); a.Status != "ok" {
			t.Fatalf("announce answered %+v", a)
		}
		h.ear.event(from, "announcement_started")
		h.ear.state(from, func(s deviceState) bool {
			return s.State == "playing" && s.Title == "Bell" && s.Entry == "" && s.Volume == 45
		})
		from = h.ear.mark()
		row.ends()
		h.ear.event(from, "announcement_finished")
		s := h.ear.state(from, func(s deviceState) bool { return s.State == row.state && s.Title == "Song A" && s.Volume == 20 })
		if *s.Position < 119 || *s.QueueIndex != 0 {
			t.Errorf("the song goes on at %+v", s)
		}
		if after := h.ear.ask("queue_list", "PRESS"); after.Data.Revision != queue.Data.Revision {
			t.Errorf("the queue was at revision %d and is at %d", queue.Data.Revision, after.Data.Revision)
		}
		h.ear.never(from, func(m heard) bool { return m.topic == "kuche_tv/queue" })
	}
	if r := h.tv.Snapshot(); r.PlayerState != "PAUSED" {
		t.Errorf("the television is %s, and shall wait", r.PlayerState)
	}
}

// TestKillDuringAnAnnouncement kills the program while a bell is heard: the next one puts everything back, whether the bell
// still rings when it comes or not.
func TestKillDuringAnAnnouncement(t *testing.T) {
	for _, name := range []string{"it still rings", "it is over"} {
		t.Run(name, func(t *testing.T) {
			h := newHomeAt(t, 1, freePort(t), 10*time.Minute, 10*time.Minute)
			config := h.config(true)
			first := h.child(config)
			h.listen()
			h.ear.ready(2)
			h.playSongA()
			from := h.ear.mark()
			h.ear.ask("announce", `{"url":"`+h.bell(4*time.Minute)+`","volume":45}`)
			h.ear.state(from, func(s deviceState) bool { return s.State == "playing" && s.Entry == "" && s.Volume == 45 })
			h.kill(first)
			over := name == "it is over"
			if over && !h.tv.Finish() {
				t.Fatal("nothing rings")
			}

			from = h.ear.mark()
			h.child(config)
			h.ear.await(from, "bridge/availability", func(p string) bool { return p == "online" })
			if !over {
				h.ear.state(from, func(s deviceState) bool { return s.State == "playing" && s.Entry == "" && s.Volume == 45 })
				h.tv.Finish()
				h.ear.event(from, "announcement_finished") // of the other it is told before anybody listens
			}
			s := h.ear.state(from, func(s deviceState) bool { return s.State == "playing" && s.Title == "Song A" && s.Volume == 20 })
			if *s.Position < 119 || s.QueueLength != 2 {
				t.Errorf("the song goes on at %+v", s)
			}
		})
	}
}
