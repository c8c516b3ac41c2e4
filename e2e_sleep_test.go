package main

import (
	"testing"
	"time"
)

// TestSleepStops sends the television to sleep: it is off, and its volume, which has fallen before, is back.
func TestSleepStops(t *testing.T) {
	h := newHomeAt(t, 1, freePort(t), 10*time.Minute)
	h.start(h.config(true))
	h.listen()
	h.ear.ready(1)
	h.playSongA()
	from := h.ear.mark()
	if a := h.ear.ask("sleep", `{"minutes":0.05}`); a.Status != "ok" || a.Speech != "Küche TV stops in less than a minute" {
		t.Fatalf("sleep answered %+v", a)
	}
	s := h.ear.state(from, func(s deviceState) bool { return s.State == "off" && s.Volume == 20 })
	if s.Title != "Song A" || *s.Position < 119 {
		t.Errorf("it waits at %+v", s)
	}
	if r := h.tv.Snapshot(); r.AppName == "Default Media Receiver" {
		t.Error("its app runs still")
	}
}
