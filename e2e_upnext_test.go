package main

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"localcast/cast/casttest"
)

// receives waits until the television is as wanted.
func (h *home) receives(what string, ok func(casttest.Snapshot) bool) casttest.Snapshot {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s, err := h.tv.Await(ctx, ok)
	if err != nil {
		h.t.Fatalf("%s: the television never came to it: it is %s with %s, ahead %v", what, s.PlayerState, s.CustomData, ahead(s))
	}
	return s
}

// ahead are the entries with which the television goes on by itself.
func ahead(s casttest.Snapshot) string {
	var entries []string
	for _, it := range s.Ahead {
		var tag struct{ Entry string }
		if json.Unmarshal(it.CustomData, &tag) != nil {
			tag.Entry = "?"
		}
		entries = append(entries, tag.Entry)
	}
	return strings.Join(entries, " ")
}

// has waits until nothing but the entry stands ahead on the television, or nothing at all.
func (h *home) has(entry string) casttest.Snapshot {
	h.t.Helper()
	return h.receives("ahead "+entry, func(s casttest.Snapshot) bool { return ahead(s) == entry && s.PlayerState != "IDLE" })
}

// asked are the loads that a sender asked for; the others are the television's own.
func (h *home) asked() (n int) {
	for _, l := range h.tv.Loads() {
		if l.Requester != "" {
			n++
		}
	}
	return n
}

func titled(title string) func(deviceState) bool {
	return func(s deviceState) bool { return s.State == "playing" && s.Title == title }
}

// TestUpNext edits the queue while a song plays: the television has what follows at every moment, and goes on by itself.
func TestUpNext(t *testing.T) {
	h := newHomeAt(t, 1, freePort(t), 10*time.Minute, 10*time.Minute, 10*time.Minute, 10*time.Minute)
	h.start(h.config(true))
	h.listen()
	h.ear.ready(4)
	h.ear.ask("play", `{"query":"First","kind":"album"}`)
	h.has("e2")
	for _, row := range []struct{ command, payload, ahead string }{
		{"queue_move", `{"entry":"e4","to":1}`, "e4"},
		{"queue_remove", "e4", "e2"},
		{"repeat", "one", "e1"},
		{"repeat", "all", "e2"},
		{"queue_add", "song d", "e2"},
		{"shuffle", "ON", ""},
		{"shuffle", "OFF", "e2"},
		{"queue_jump", "e5", "e1"},
		{"repeat", "off", ""},
		{"queue_jump", "e1", "e2"},
	} {
		if a := h.ear.ask(row.command, row.payload); a.Status != "ok" {
			t.Fatalf("%s %s answered %+v", row.command, row.payload, a)
		}
		if row.command != "shuffle" || row.payload != "ON" {
			h.has(row.ahead)
		}
	}
	loads, from := h.asked(), h.ear.mark()
	h.tv.Finish()
	h.ear.state(from, titled("Song B"))
	h.ear.await(from, "kuche_tv/event", func(p string) bool {
		return strings.Contains(p, `"item_finished"`) && strings.Contains(p, `"e1"`)
	})
	h.has("e3")
	from = h.ear.mark()
	h.tv.Next()
	h.ear.state(from, titled("Song C"))
	h.has("e5")
	h.tv.Previous()
	h.ear.state(from, func(s deviceState) bool { return titled("Song B")(s) && *s.QueueIndex == 1 })
	h.has("e3")
	h.ear.never(from, func(m heard) bool { return m.topic == "kuche_tv/event" && strings.Contains(m.payload, "item_finished") })
	if n := h.asked(); n != loads {
		t.Errorf("%d songs were loaded though the television went on by itself", n-loads)
	}
}

// TestTheTelevisionGoesOnAlone kills the program while what follows is on the television already: it plays on, and the
// program takes up what it finds, without a load.
func TestTheTelevisionGoesOnAlone(t *testing.T) {
	h := newHomeAt(t, 1, freePort(t), 10*time.Minute, 10*time.Minute, 10*time.Minute)
	config := h.config(true)
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	h.write("config.yaml", []byte(strings.Replace(string(text), "127.0.0.1:0", freePort(t), 1)))
	first := h.child(config)
	h.listen()
	h.ear.ready(3)
	h.ear.ask("play", `{"query":"First","kind":"album"}`)
	given := h.has("e2").Ahead[0]
	h.kill(first)

	// A restart while the first one plays: what stands ahead is left as it is.
	h.log = &logBuffer{}
	from := h.ear.mark()
	second := h.child(config)
	h.ear.state(from, titled("Song A"))
	h.log.await(t, "msg=prepare")
	h.ear.ask("volume", "41") // orders are carried out one after the other
	if now := h.has("e2").Ahead[0]; now.ID != given.ID {
		t.Errorf("item %d was put in place of item %d, which was the same", now.ID, given.ID)
	}

	// Near its end the television fetches the next; then nobody is there when the end comes.
	h.ear.ask("seek", "9:50")
	h.ear.ask("pause", "PRESS")
	h.receives("the next one is fetched", func(s casttest.Snapshot) bool {
		l := s.Loads[len(s.Loads)-1]
		return l.ItemID == given.ID && l.SHA256 != ""
	})
	h.kill(second)
	h.tv.Finish()
	from = h.ear.mark()
	h.child(config)
	s := h.ear.state(from, titled("Song B"))
	if *s.QueueIndex != 1 {
		t.Errorf("the state is %+v", s)
	}
	h.has("e3")
	if n := h.asked(); n != 1 {
		t.Errorf("%d loads, want the first alone", n)
	}
}

// TestATelevisionWithoutAQueue plays an album on a device that refuses queue messages: each song is loaded when the one
// before it has ended.
func TestATelevisionWithoutAQueue(t *testing.T) {
	h := newHome(t, freePort(t), 5*time.Second, 5*time.Second, 5*time.Second)
	h.tv.RefuseQueue(true)
	h.start(h.config(true))
	h.listen()
	h.ear.ready(3)
	h.ear.ask("play", `{"query":"First","kind":"album"}`)
	h.ear.await(0, "kuche_tv/event", func(p string) bool { return strings.Contains(p, "queue_finished") })
	if n := h.asked(); n != 3 || len(h.tv.Loads()) != 3 {
		t.Errorf("%d songs were loaded, %d played, want 3", n, len(h.tv.Loads()))
	}
}
