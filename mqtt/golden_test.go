package mqtt

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"localcast/bridge"
	"localcast/bridge/media"
)

var rewrite = flag.Bool("update", false, "write the golden files anew")

var noon = time.Date(2026, 11, 22, 12, 0, 0, 123e6, time.UTC)

// newClient makes a client that is never run.
func newClient(t *testing.T) *Client {
	t.Helper()
	c, err := New(Config{
		Broker: "mqtt://127.0.0.1", ClientID: "localcast", BaseTopic: "localcast", DiscoveryPrefix: "homeassistant",
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	c.outbox.begin()
	drain(c.outbox)
	return c
}

// drain takes everything that would leave, whatever the pace.
func drain(o *outbox) []message {
	var all []message
	for {
		m, ok, _ := o.next(noon, true)
		if !ok {
			return all
		}
		all = append(all, m)
	}
}

// golden compares what a client sent with a file of testdata, and holds it against the schemas.
func golden(t *testing.T, name string, sent []message) {
	t.Helper()
	asPublished(t, sent)
	var b bytes.Buffer
	for _, m := range sent {
		fmt.Fprintf(&b, "%s (qos %d", m.topic, m.qos)
		if m.retained {
			b.WriteString(", retained")
		}
		fmt.Fprintf(&b, ")\n%s\n", m.payload)
	}
	file := filepath.Join("testdata", name+".golden")
	if *rewrite {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Errorf("%s\ngot\n%s\nwant\n%s", file, b.Bytes(), want)
	}
}

// The item, entry and state of the contract's examples.
var (
	hospital = bridge.ItemState{
		Item: "k3v9x2m4q8", Title: "Bluey", Subtitle: "S01E02 Hospital", Kind: "episode", Show: "Bluey",
		Season: media.Num(1), Episode: media.Num(2), Year: media.Num(2018), Duration: 421.3, ContentType: "video/mp4",
		Size: media.Num(123_456_789), Artwork: "http://192.0.2.10:8010/art/k3v9x2m4q8.jpg", Position: 12.5, Playable: true, Score: 1,
	}
	silent = bridge.ItemState{
		Item: "p5n6r7s2t3", Title: "Rock & <Roll>", Subtitle: "Band · Album", Kind: "track", Artist: "Band", Album: "Album",
		Genre: "Rock", Duration: bridge.Unknown, Reason: "the device has no speaker", Score: 0.5,
	}
	playing = bridge.DeviceState{
		Device: "kitchen", State: "playing", Title: "Bluey", Subtitle: "S01E02 Hospital", Show: "Bluey",
		Season: media.Num(1), Episode: media.Num(2), Year: media.Num(2018), Kind: "episode",
		Item: "k3v9x2m4q8", Entry: "e7", ContentType: "video/mp4", Duration: 421.3, Position: 12.5,
		PositionAt: bridge.Time{Time: noon}, Rate: 1, Volume: media.Num(35), Repeat: "off",
		QueueIndex: media.Num(2), QueueLength: 14, App: "Default Media Receiver", Ours: true,
		Artwork:        "http://192.0.2.10:8010/art/k3v9x2m4q8.jpg",
		SubtitleTracks: []bridge.SubtitleTrack{{Track: 1, Language: "en", Name: "English"}},
		Picture:        "http://192.0.2.10:8010/art/k3v9x2m4q8.jpg",
	}
	entries = []bridge.EntryState{
		{Entry: "e5", Item: "k3v9x2m4q7", Title: "Bluey", Subtitle: "S01E01 Magic Xylophone", Kind: "episode", Duration: 430.1},
		{Entry: "e7", Title: "stream", Duration: bridge.Unknown, Artwork: "http://192.0.2.10:8010/art/x.jpg", Failed: true},
	}
)

func TestStatesAreWrittenAsTheContractSays(t *testing.T) {
	off := bridge.DeviceState{
		Device: "kitchen", State: "off", Duration: bridge.Unknown, Position: bridge.Unknown, Rate: 1, Repeat: "off", Ours: true,
		Error: "the device cannot play this format", Picture: "http://192.0.2.10:8010/art/none.png",
	}
	for name, states := range map[string][]bridge.State{
		"availability": {bridge.Availability{Device: "kitchen", Online: true}, bridge.Availability{Device: "hall"}},
		"state":        {playing},
		"state-off":    {off},
		"queue": {bridge.QueueState{
			Device: "kitchen", Revision: 17, Index: media.Num(1), Length: 14, Duration: 5120.5, Repeat: "off", Entries: entries,
		}},
		"queue-window": {bridge.QueueState{
			Device: "kitchen", Revision: 18, Index: media.Num(91), Length: 200, Repeat: "all", Shuffle: true, First: 90, Entries: entries,
		}},
		"queue-empty": {bridge.QueueState{Device: "kitchen", Repeat: "off"}},
		"search": {bridge.SearchState{
			Device: "kitchen", Query: "rock", Total: 12, Results: []bridge.ItemState{hospital, silent}, Chosen: 2,
		}},
		"bridge-search": {bridge.SearchState{Query: "bluey", Total: 1, Results: []bridge.ItemState{hospital}}},
		"devices": {bridge.DeviceList{Devices: []bridge.DeviceEntry{
			{Device: "kitchen", ID: "0123456789abcdef0123456789abcdef", Name: "Küche TV", Model: "Chromecast Ultra", Host: "192.0.2.20",
				Port: 8009, Kind: "video", Online: true, Capabilities: []string{"audio", "video"}},
			{Device: "new", ID: "192_0_2_21_8009", Name: "new", Host: "192.0.2.21", Port: 8009, Kind: "video"},
		}}},
		"devices-none": {bridge.DeviceList{}},
		"library": {bridge.LibraryState{
			Total: 1234, Movies: 1000, Episodes: 200, Videos: 20, Tracks: 10, Images: 4, Playlists: 1, Folders: 2, Scanning: true,
			Progress: 0.25, LastScanAt: bridge.Time{Time: noon}, Unavailable: []string{"films"}, Polled: []string{"music"},
		}},
		"library-new": {bridge.LibraryState{Progress: bridge.Unknown}},
		"streams":     {bridge.StreamState{Active: 3, Limit: 64, BytesTotal: 1 << 40, BytesPerSecond: 1 << 20}},
		"playlists":   {bridge.PlaylistState{Playlists: []bridge.PlaylistEntry{{Item: "k3v9x2m4q7", Name: "Party", Length: 3}}}},
		"info": {bridge.Info{
			ID: "q7x2k9d4m1", Contract: 1, Version: "0.1.0", StartedAt: bridge.Time{Time: noon}, BaseTopic: "localcast", Language: "en",
			StreamURL: "http://192.0.2.10:8010", Network: bridge.NetworkInfo{CongestionControl: "bbr", NotSentLowat: 262144},
			MQTT: bridge.MQTTInfo{Embedded: true},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClient(t)
			for _, s := range states {
				c.State(s)
			}
			golden(t, name, drain(c.outbox))
		})
	}
}

func TestForgottenDeviceIsCleared(t *testing.T) {
	c := newClient(t)
	c.State(playing)
	c.State(bridge.Availability{Device: "kitchen", Online: true})
	c.State(bridge.QueueState{Device: "kitchen", Repeat: "off"})
	drain(c.outbox)
	c.State(bridge.DeviceList{})
	c.State(bridge.Gone{Device: "kitchen", ID: "0123456789abcdef0123456789abcdef"})
	golden(t, "gone", drain(c.outbox))
}

func TestEventsAreWrittenAsTheContractSays(t *testing.T) {
	c := newClient(t)
	for _, e := range []bridge.EventType{
		bridge.ItemStarted, bridge.ItemFinished, bridge.ItemFailed, bridge.QueueFinished, bridge.TakenOver,
		bridge.AnnouncementStarted, bridge.AnnouncementFinished,
	} {
		c.Event(bridge.Event{Type: e, At: noon, Device: "kitchen", Entry: "e7", Item: "k3v9x2m4q8", Title: "Bluey", Message: "why"})
	}
	c.Event(bridge.Event{Type: bridge.QueueFinished, At: noon, Device: "kitchen"})
	for _, e := range []bridge.EventType{
		bridge.DeviceAdded, bridge.DeviceRemoved, bridge.LibraryUpdated, bridge.FolderUnavailable, bridge.FolderAvailable,
	} {
		c.Event(bridge.Event{
			Bridge: true, Type: e, At: noon, Device: "kitchen", Name: "Kitchen", Folder: "films", Added: 3, Message: "why",
		})
	}
	c.Event(bridge.Event{Bridge: true, Type: bridge.LibraryUpdated, At: noon})
	golden(t, "events", drain(c.outbox))
}

func TestAnswersAreWrittenAsTheContractSays(t *testing.T) {
	c := newClient(t)
	c.State(bridge.DeviceList{Devices: []bridge.DeviceEntry{{Device: "kitchen", ID: "0123456789abcdef0123456789abcdef"}}})
	drain(c.outbox)
	answer := func(topic, payload string, a bridge.Answer) {
		t.Helper()
		r := decoded(t, topic, payload)
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		a.Command = r.Command
		a.Command.Origin = r.Reply
		if a.Device == "" {
			a.Device = r.Command.Device
		}
		c.Answer(a)
	}
	answer("kitchen/command/play", `{"query":"bluey","transaction":"42"}`, bridge.Answer{
		Speech: "Playing Bluey, season 1 episode 2, on Kitchen",
		Data:   bridge.QueueData{Revision: 18, Length: 14, Entry: "e7", Entries: []string{"e7"}, Item: &hospital, Pending: new(bool)},
	})
	answer("kitchen/command/queue_clear", `{"transaction":42}`, bridge.Answer{
		Speech: "Cleared", Data: bridge.QueueData{Revision: 19},
	})
	answer("kitchen/command/queue_list", `{}`, bridge.Answer{Speech: "Nothing is queued", Data: bridge.QueuePage{Revision: 19}})
	answer("kitchen/command/pause", `PRESS`, bridge.Answer{Speech: "Paused"})
	answer("kitchen/command/pause", `{"response_topic":"my/answers"}`, bridge.Answer{Speech: "Paused"})
	answer("kitchen/command/pause", `{"response_topic":"localcast/kitchen/response/pause"}`, bridge.Answer{Speech: "Paused"})
	answer("01234567-89AB-cdef-0123-456789abcdef/command/pause", `PRESS`, bridge.Answer{Device: "kitchen", Speech: "Paused"})
	answer("bridge/command/pause", `{"device":"Küche TV","transaction":"43"}`, bridge.Answer{Device: "kitchen", Speech: "Paused"})
	answer("bridge/command/ping", `{"transaction":"p"}`, bridge.Answer{
		Speech: "I am here", Data: bridge.PingData{Version: "0.1.0", ID: "q7x2k9d4m1"},
	})
	answer("bridge/command/search", `{"query":"x"}`, bridge.Answer{
		Speech: "I found nothing for x", Data: bridge.SearchData{SearchState: bridge.SearchState{Query: "x"}},
	})
	answer("bridge/command/browse", `{}`, bridge.Answer{Speech: "Nothing is there", Data: bridge.BrowseData{}})
	answer("bridge/command/playlists", `{}`, bridge.Answer{Speech: "There are no playlists", Data: bridge.PlaylistState{}})
	answer("bridge/command/history", `{"device":"den"}`, bridge.Answer{Speech: "Nothing was played", Data: bridge.HistoryData{}})
	answer("bridge/command/history", `{}`, bridge.Answer{Speech: "2 plays, the latest was Radio on Kitchen", Data: bridge.HistoryData{
		Total: 2, Results: []bridge.HistoryEntry{
			{At: bridge.Time{Time: noon}, Device: "kitchen", Title: "Radio", Seconds: 0.25},
			{At: bridge.Time{Time: noon.Add(-time.Hour)}, Device: "kitchen", Item: "k3v9x2m4q8", Title: "Bluey", Seconds: 421},
		},
	}})
	answer("bridge/command/stop", `{"device":"all"}`, bridge.Answer{Speech: "Stopped", Data: bridge.AllData{
		Results: []bridge.DeviceOutcome{
			{Device: "hall", Status: "error", Error: &bridge.Error{Code: bridge.Rejected, Message: "it did not"}}, {Device: "kitchen", Status: "ok"},
		},
	}})
	answer("bridge/command/stop", `{"device":"k"}`, bridge.Answer{
		Err: &bridge.Error{Code: bridge.Ambiguous, Message: "k may be two"}, Speech: "Which one", Data: bridge.DeviceChoices{},
	})
	for _, code := range []bridge.Code{
		bridge.NotFound, bridge.Ambiguous, bridge.Offline, bridge.NotPlaying, bridge.Busy, bridge.Rejected, bridge.Unsupported,
		bridge.Conflict, bridge.Internal,
	} {
		a := bridge.Answer{Err: &bridge.Error{Code: code, Message: "it is so"}, Speech: "It is so"}
		if code == bridge.NotFound || code == bridge.Ambiguous {
			a.Data = bridge.Alternatives{}
		}
		answer("kitchen/command/play", `{"query":"blooey","transaction":"43"}`, a)
	}
	answer("attic/command/pause", `PRESS`, bridge.Answer{
		Device: "attic", Err: &bridge.Error{Code: bridge.NotFound, Message: "no device is called attic"}, Speech: "I know no attic",
	})
	golden(t, "answers", drain(c.outbox))
}

func TestRefusedCommandsAreAnsweredWithoutTheBridge(t *testing.T) {
	c := newClient(t)
	c.State(bridge.DeviceList{Devices: []bridge.DeviceEntry{{Device: "kitchen", ID: "0123456789abcdef0123456789abcdef"}}})
	drain(c.outbox)
	for _, m := range []struct{ topic, payload string }{
		{"kitchen/command/volume", `{"level":150,"transaction":"42","response_topic":"my/answers"}`},
		{"0123456789abcdef0123456789abcdef/command/volume", `loud`},
		{"kitchen/command/dance", `{"transaction":7}`},
		{"kitchen/command", `pause`},
		{"kitchen/command", `{"command":"dance","transaction":"x"}`},
		{"attic/command/volume", `loud`},
		{"bridge/command/volume", `{"device":"kitchen","level":"5"}`},
		{"bridge/command/rescan", `films`},
		{"bridge/command/rescan", `{"response_topic":"localcast/kitchen/state"}`},
		{"bridge/command", `{`},
	} {
		c.receive("localcast/"+m.topic, []byte(m.payload), func(cmd bridge.Command) {
			t.Errorf("%s %s is obeyed: %+v", m.topic, m.payload, cmd)
		})
	}
	golden(t, "refusals", drain(c.outbox))
}

func TestLogLinesLeakNothing(t *testing.T) {
	c := newClient(t)
	log := slog.New(c.LogHandler(slog.DiscardHandler))
	_, missing := os.Open("/media/my films/secret/x.mkv")
	for i, write := range []func(){
		func() { log.Info("not published") },
		func() { log.Warn("folder is gone", "folder", "/media/my films") },
		func() { log.Error("cannot read", "item", "k3v9x2m4q8", "err", missing) },
		func() {
			log.With("device", "kitchen").Warn("cannot fetch", "url", "http://user:word@192.0.2.10:8010/m/token/x.mp4?sig=1")
		},
		func() {
			log.Warn("probe failed", "err", errors.New(`exec "/usr/bin/ff probe": exit status 1 (/var/lib/x.db, path=/srv/a)`))
		},
		func() {
			log.Warn("nothing to hide", "topic", "localcast/kitchen/command/play", "dur", 3*time.Second, "ratio", "1/2")
		},
		func() {
			log.WithGroup("g").Warn("late", "err", fmt.Errorf("open: %w", &fs.PathError{Op: "stat", Path: "/a/b c", Err: fs.ErrNotExist}))
		},
	} {
		write()
		if got, want := len(c.outbox.logs), i; got != want {
			t.Fatalf("%d lines are published, want %d", got, want)
		}
	}
	sent := drain(c.outbox)
	for i := range sent {
		var line logLine
		if err := json.Unmarshal(sent[i].payload, &line); err != nil {
			t.Fatalf("%s %q: %v", sent[i].topic, sent[i].payload, err)
		}
		line.At = bridge.Time{Time: noon}
		sent[i].payload, _ = marshal(line)
	}
	golden(t, "log", sent)
}
