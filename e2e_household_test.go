package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// film is a film without a picture in it that says how long it lasts, and differs with salt.
func film(length time.Duration, salt string) []byte {
	box := func(kind string, parts ...[]byte) []byte {
		body := bytes.Join(parts, nil)
		return append(binary.BigEndian.AppendUint32(nil, uint32(8+len(body))), append([]byte(kind), body...)...)
	}
	zeros := func(n int) []byte { return make([]byte, n) }
	picture := box("avc1", zeros(24), []byte("\x02\x80\x01\x68"), zeros(50))
	stsd := box("stsd", zeros(7), []byte{1}, picture)
	trak := box("trak", box("mdia", box("hdlr", zeros(8), []byte("vide"), zeros(13)), box("minf", box("stbl", stsd))))
	scale := binary.BigEndian.AppendUint32([]byte("\x00\x00\x03\xe8"), uint32(length.Milliseconds()))
	mvhd := box("mvhd", zeros(12), scale, zeros(80))
	return bytes.Join([][]byte{box("ftyp", []byte("isom"), zeros(4)), box("moov", mvhd, trak), box("free", []byte(salt))}, nil)
}

// newEvening is a household with a film, a show of three episodes and a song, whose television plays at the speed of life.
func newEvening(t *testing.T) *home {
	t.Helper()
	h := newHomeAt(t, 1, freePort(t), 5*time.Minute)
	h.write("media/Movies/Metropolis (1927).mp4", film(100*time.Minute, "Metropolis"))
	for n := 1; n <= 3; n++ {
		name := fmt.Sprintf("media/Shows/Magic Lantern/Season 1/Magic Lantern - S01E%02d.mp4", n)
		h.write(name, film(40*time.Minute, name))
	}
	return h
}

// begin starts the program and a client; end stops both.
func (h *home) begin() (end func()) {
	h.t.Helper()
	stop := h.start(h.config(true))
	h.listen()
	h.ear.ready(1)
	return func() {
		h.ear.client.Disconnect(100)
		stop()
	}
}

// seen is what a search tells of use.
type seen struct {
	Item, Title string
	Position    float64
	Watched     bool
}

func (h *home) find(words string) seen {
	h.t.Helper()
	from := h.ear.mark()
	h.ear.say("kuche_tv/command/search", `{"query":"`+words+`","quiet":true}`)
	said := h.ear.await(from, "kuche_tv/response/search", func(string) bool { return true })
	found := decode[struct{ Data struct{ Results []seen } }](h.t, said).Data.Results
	if len(found) == 0 {
		h.t.Fatalf("%s is not found", words)
	}
	return found[0]
}

// watch plays something, goes to a place in it and pauses there.
func (h *home) watch(payload string, at float64) {
	h.t.Helper()
	h.play(payload)
	from := h.ear.mark()
	h.ear.ask("seek", fmt.Sprint(at))
	h.ear.ask("pause", `{}`)
	h.ear.state(from, func(s deviceState) bool { return s.State == "paused" && *s.Position >= at })
}

// play plays something, and returns the state in which it does.
func (h *home) play(payload string) deviceState {
	h.t.Helper()
	from := h.ear.mark()
	if a := h.ear.ask("play", payload); a.Error != nil {
		h.t.Fatalf("play %s is answered with %+v", payload, a.Error)
	}
	return h.ear.state(from, func(s deviceState) bool { return s.State == "playing" })
}

// loseCatalogue removes library.db, as a disk that failed might: everything gets another id.
func (h *home) loseCatalogue() {
	h.t.Helper()
	found, err := filepath.Glob(filepath.Join(h.dir, "*", "library.db*"))
	if err != nil || len(found) == 0 {
		h.t.Fatalf("there is no catalogue to lose: %v", err)
	}
	for _, path := range found {
		if err := os.Remove(path); err != nil {
			h.t.Fatal(err)
		}
	}
}

func TestAFilmGoesOnAfterARestartThatLostTheCatalogue(t *testing.T) {
	h := newEvening(t)
	end := h.begin()
	h.watch("metropolis", 1000)
	was := h.find("metropolis")
	if was.Position < 1000 || was.Position > 1000+patience.Seconds() || was.Watched {
		t.Errorf("it is shown as %+v", was)
	}
	h.ear.ask("stop", `{}`)
	end()
	h.loseCatalogue()

	end = h.begin()
	defer end()
	now := h.find("metropolis")
	for late := time.Now().Add(patience); now.Position == 0 && time.Now().Before(late); now = h.find("metropolis") {
		runtime.Gosched() // what was watched finds its files soon after the scan
	}
	if now.Item == was.Item || now.Position != was.Position {
		t.Errorf("it was %+v and is %+v, want another item at the same place", was, now)
	}
	if s := h.play("metropolis"); *s.Position < 1000 || *s.Position > 1000+4*patience.Seconds() {
		t.Errorf("it goes on at %g", *s.Position)
	}
	if s := h.play(`{"query":"metropolis","start":0}`); *s.Position > 4*patience.Seconds() {
		t.Errorf("asked to start at 0 it starts at %g", *s.Position)
	}
	h.watch("metropolis", 5500) // of 6000
	if f := h.find("metropolis"); f.Position != 0 || !f.Watched {
		t.Errorf("near its end it is shown as %+v", f)
	}
	if s := h.play("metropolis"); *s.Position > 4*patience.Seconds() {
		t.Errorf("once watched it starts at %g", *s.Position)
	}
}

func TestAShowGoesOnWithTheNextEpisode(t *testing.T) {
	h := newEvening(t)
	end := h.begin()
	from := h.ear.mark()
	h.play(`{"query":"magic lantern","kind":"show"}`)
	first := h.ear.state(from, func(s deviceState) bool { return s.State == "playing" })
	if first.QueueLength != 3 || *first.QueueIndex != 0 {
		t.Errorf("it begins as %+v", first)
	}
	if !h.tv.Finish() {
		t.Fatal("nothing plays that could end")
	}
	h.ear.state(from, func(s deviceState) bool { return s.State == "playing" && s.QueueIndex != nil && *s.QueueIndex == 1 })
	h.ear.ask("stop", `{}`)
	end()

	end = h.begin()
	defer end()
	if s := h.play("magic lantern"); s.QueueLength != 3 || *s.QueueIndex != 1 {
		t.Errorf("it goes on with entry %d of %d, want the second of three", *s.QueueIndex, s.QueueLength)
	}
	h.watch(`{"query":"magic lantern season 1 episode 3"}`, 600)
	if s := h.play(`{"query":"magic lantern","kind":"show"}`); *s.QueueIndex != 2 || *s.Position < 600 {
		t.Errorf("in the midst of the third it goes on with entry %d at %g", *s.QueueIndex, *s.Position)
	}
}

func TestPlaylistsAndHistory(t *testing.T) {
	h := newEvening(t)
	end := h.begin()
	h.ear.ask("queue_add", `{"query":"song a"}`)
	h.ear.ask("queue_add", `{"query":"metropolis"}`)
	from := h.ear.mark()
	if a := h.ear.ask("save", "Movie night"); a.Speech != "Saved 2 items as Movie night" {
		t.Errorf("the answer is %+v", a)
	}
	h.ear.await(from, "bridge/playlists", func(p string) bool { return strings.Contains(p, `"name":"Movie night","length":2`) })
	end()

	end = h.begin()
	defer end()
	h.ear.await(0, "bridge/playlists", func(p string) bool { return strings.Contains(p, `"name":"Movie night","length":2`) })
	if s := h.play(`{"playlist":"movie NIGHT"}`); s.QueueLength != 2 || s.Title != "Song A" {
		t.Errorf("it plays %+v", s)
	}
	if f := h.find("movie night"); f.Title != "Movie night" {
		t.Errorf("a search finds %+v", f)
	}
	from = h.ear.mark()
	h.ear.ask("pause", `{}`)
	h.ear.state(from, func(s deviceState) bool { return s.State == "paused" })
	history := h.ear.tell("bridge", "history", `{"device":"küche"}`)
	type play struct {
		Device, Item, Title string
		Seconds             float64
	}
	plays := decode[struct{ Data struct{ Results []play } }](t, history).Data.Results
	if len(plays) != 1 || plays[0].Title != "Song A" || plays[0].Device != "kuche_tv" || plays[0].Seconds <= 0 {
		t.Errorf("the history is %+v", plays)
	}
	deleted := h.ear.tell("bridge", "playlist_delete", `{"name":"Movie Night"}`)
	if !strings.Contains(deleted, `"status":"ok"`) {
		t.Errorf("it is deleted: %s", deleted)
	}
	found := h.ear.tell("bridge", "search", `{"query":"movie night","kind":"playlist"}`)
	if !strings.Contains(found, `"results":[]`) {
		t.Errorf("a deleted playlist is found: %s", found)
	}
}

// tell sends a command and returns the answer as it comes.
func (e *ear) tell(to, command, payload string) string {
	e.t.Helper()
	from := e.mark()
	e.say(to+"/command/"+command, payload)
	return e.await(from, to+"/response/"+command, func(string) bool { return true })
}
