package main

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"localcast/cast/casttest"
)

// den adds a second television to the household, and returns it and the configuration.
func (h *home) den() (den *casttest.Receiver, config string) {
	h.t.Helper()
	den, err := casttest.NewReceiver(casttest.Config{Name: "Den", Speed: 1, ReadAhead: -1})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(den.Close)
	config = h.config(true)
	text, err := os.ReadFile(config)
	if err != nil {
		h.t.Fatal(err)
	}
	host, port, err := net.SplitHostPort(den.Addr())
	if err != nil {
		h.t.Fatal(err)
	}
	second := fmt.Sprintf("devices: [{host: %s, port: %s, id: %s, name: Den}, ", host, port, den.ID())
	h.write("config.yaml", []byte(strings.Replace(string(text), "devices: [", second, 1)))
	return den, config
}

// moving is what is said of a transfer that takes longer than 5 s.
const moving = "Moving to Den"

// denState waits until the den's state is as wanted, from a mark on.
func (e *ear) denState(from int, ok func(deviceState) bool) deviceState {
	e.t.Helper()
	return decode[deviceState](e.t, e.await(from, "den/state", func(p string) bool { return ok(decode[deviceState](e.t, p)) }))
}

// TestTransferToAnotherRoom moves an album to the den and back: it plays on where it was, and what was paused arrives paused.
func TestTransferToAnotherRoom(t *testing.T) {
	h := newHomeAt(t, 1, freePort(t), 10*time.Minute, 10*time.Minute)
	den, config := h.den()
	h.start(config)
	h.listen()
	h.ear.ready(2)
	h.ear.await(0, "den/availability", func(p string) bool { return p == "online" })
	h.playSongA()
	h.ear.ask("repeat", "all")

	from := h.ear.mark()
	if a := h.ear.ask("transfer", "Den"); a.Status != "ok" || a.Data.Length != 2 || a.Speech != "Moved to Den" && a.Speech != moving {
		t.Fatalf("transfer answered %+v", a)
	}
	s := h.ear.denState(from, func(s deviceState) bool { return s.State == "playing" && s.Title == "Song A" })
	if *s.Position < 119 || s.QueueLength != 2 || s.Repeat != "all" {
		t.Errorf("the den plays %+v", s)
	}
	left := h.ear.state(from, func(s deviceState) bool { return s.State == "off" && s.QueueLength == 0 })
	if left.QueueIndex != nil || left.Repeat != "off" {
		t.Errorf("the television is left with %+v", left)
	}

	from = h.ear.mark()
	h.ear.say("den/command/pause", "PRESS")
	h.ear.denState(from, func(s deviceState) bool { return s.State == "paused" })
	h.ear.say("den/command/transfer", `{"to":"Küche TV"}`)
	h.ear.await(from, "den/response/transfer", func(p string) bool { return strings.Contains(p, `"status":"ok"`) })
	back := h.ear.state(from, func(s deviceState) bool { return s.State == "paused" && s.Title == "Song A" })
	if *back.Position < 119 || back.QueueLength != 2 {
		t.Errorf("it comes back as %+v", back)
	}
	h.ear.denState(from, func(s deviceState) bool { return s.State == "off" && s.QueueLength == 0 })
	if r := den.Snapshot(); r.AppName == "Default Media Receiver" {
		t.Error("the den's app runs still")
	}
}

// TestTransferThatIsRefused keeps the queue where it plays.
func TestTransferThatIsRefused(t *testing.T) {
	h := newHomeAt(t, 1, freePort(t), 10*time.Minute, 10*time.Minute)
	den, config := h.den()
	h.start(config)
	h.listen()
	h.ear.ready(2)
	h.ear.await(0, "den/availability", func(p string) bool { return p == "online" })
	h.playSongA()
	den.SetRefuse(func(string) *casttest.LoadError { return &casttest.LoadError{} })
	from := h.ear.mark()
	if a := h.ear.ask("transfer", "Den"); a.Speech != moving && (a.Error == nil || a.Error.Code != "rejected") {
		t.Fatalf("transfer answered %+v", a)
	}
	h.ear.await(from, "den/state", func(p string) bool { return strings.Contains(p, `"error":"`) })
	if a := h.ear.ask("queue_list", "PRESS"); len(a.Data.Entries) != 2 {
		t.Errorf("the television has %+v", a)
	}
	if r := h.tv.Snapshot(); r.PlayerState != "PLAYING" {
		t.Errorf("the television is %s", r.PlayerState)
	}
}
