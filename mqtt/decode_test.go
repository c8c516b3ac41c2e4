package mqtt

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"localcast/bridge"
	"localcast/bridge/media"
)

var contract = topics{base: "localcast", discovery: "homeassistant"}

func ptr[T any](v T) *T { return &v }

// decoded decodes a message that must be a command's, and holds it against the schemas.
func decoded(t *testing.T, topic, payload string) request {
	t.Helper()
	to, ok := contract.parse("localcast/" + topic)
	if !ok {
		t.Fatalf("%s is no topic of a command", topic)
	}
	r := contract.decode(to, []byte(payload))
	agree(t, r, payload)
	return r
}

func TestRequests(t *testing.T) {
	const item = media.ID("k3v9x2m4q8")
	url := func(u string) bridge.Source { return bridge.Source{URL: u} }
	replace := bridge.EnqueueReplace
	for _, row := range []struct {
		topic, payload string
		want           bridge.Request
	}{
		// Without arguments.
		{"kitchen/command/pause", `PRESS`, bridge.Pause{}},
		{"kitchen/command/pause", `{}`, bridge.Pause{}},
		{"kitchen/command/pause", " {}\n", bridge.Pause{}},
		{"kitchen/command/resume", `PRESS`, bridge.Resume{}},
		{"kitchen/command/toggle", `PRESS`, bridge.Toggle{}},
		{"kitchen/command/stop", `PRESS`, bridge.Stop{}},
		{"kitchen/command/next", `PRESS`, bridge.Next{}},
		{"kitchen/command/previous", `PRESS`, bridge.Previous{}},
		{"kitchen/command/wake", `{}`, bridge.Wake{}},

		// The name in the payload.
		{"kitchen/command", `{"command":"pause"}`, bridge.Pause{}},
		{"bridge/command", `{"command":"ping"}`, bridge.Ping{}},
		{"bridge/command", `{"command":"pause","device":"Küche TV"}`, bridge.Pause{}},

		// play.
		{"kitchen/command/play", `PRESS`, bridge.Play{Enqueue: replace}},
		{"kitchen/command/play", `press`, bridge.Play{Enqueue: replace, Source: bridge.Source{Query: "press"}}},
		{"kitchen/command/play", `the latest Bluey`, bridge.Play{Enqueue: replace, Source: bridge.Source{Query: "the latest Bluey"}}},
		{"kitchen/command/play", `1917`, bridge.Play{Enqueue: replace, Source: bridge.Source{Query: "1917"}}},
		{"kitchen/command/play", `http://host/a b.mp3`, bridge.Play{Enqueue: replace, Source: url("http://host/a b.mp3")}},
		{"kitchen/command/play", `https://host/x`, bridge.Play{Enqueue: replace, Source: url("https://host/x")}},
		{"kitchen/command/play", `{"item":"k3v9x2m4q8"}`, bridge.Play{Enqueue: replace, Source: bridge.Source{Item: item}}},
		{"kitchen/command/play", `{"items":["k3v9x2m4q8","aaaaaaaaaa"],"shuffle":true,"enqueue":"next"}`,
			bridge.Play{Enqueue: "next", Shuffle: ptr(true), Source: bridge.Source{Items: []media.ID{item, "aaaaaaaaaa"}}}},
		{"kitchen/command/play", `{"query":"bluey","kind":"episode"}`,
			bridge.Play{Enqueue: replace, Source: bridge.Source{Query: "bluey"}, Kinds: []media.Kind{media.Episode}}},
		{"kitchen/command/play", `{"query":"bluey","kind":["show","season"],"enqueue":"play"}`,
			bridge.Play{Enqueue: "play", Source: bridge.Source{Query: "bluey"}, Kinds: []media.Kind{media.Show, media.Season}}},
		{"kitchen/command/play", `{"playlist":"Party","enqueue":"add"}`,
			bridge.Play{Enqueue: "add", Source: bridge.Source{Playlist: "Party"}}},
		{"kitchen/command/play", `{"result":3,"start":61.5,"enqueue":"replace"}`,
			bridge.Play{Enqueue: replace, Source: bridge.Source{Result: 3}, Start: ptr(61.5)}},
		{"kitchen/command/play", `{"result":3.0,"interval":8,"shuffle":false}`,
			bridge.Play{Enqueue: replace, Source: bridge.Source{Result: 3}, Interval: 8, Shuffle: ptr(false)}},
		{"kitchen/command/play", `{"url":"http://h/x","title":"X","content_type":"audio/mpeg","artwork":"http://h/x.jpg"}`,
			bridge.Play{Enqueue: replace, Source: url("http://h/x"), Title: "X", ContentType: "audio/mpeg", Artwork: "http://h/x.jpg"}},
		{"kitchen/command/play", `{"url":"http://h/x","title":"","content_type":""}`, bridge.Play{Enqueue: replace, Source: url("http://h/x")}},

		// play on the bridge.
		{"bridge/command/play", `the latest Bluey on the kitchen display`, bridge.PlaySomewhere{
			Play: bridge.Play{Enqueue: replace, Source: bridge.Source{Query: "the latest Bluey on the kitchen display"}}}},
		{"bridge/command/play", `{"query":"bluey","area":"Kitchen"}`, bridge.PlaySomewhere{
			Play: bridge.Play{Enqueue: replace, Source: bridge.Source{Query: "bluey"}}, Area: "Kitchen"}},
		{"bridge/command/play", `{"query":"bluey","device":"kitchen"}`, bridge.Play{Enqueue: replace, Source: bridge.Source{Query: "bluey"}}},

		// seek.
		{"kitchen/command/seek", `90`, bridge.Seek{Position: ptr(90.0)}},
		{"kitchen/command/seek", `90.5`, bridge.Seek{Position: ptr(90.5)}},
		{"kitchen/command/seek", `+30`, bridge.Seek{Offset: ptr(30.0)}},
		{"kitchen/command/seek", `-10`, bridge.Seek{Offset: ptr(-10.0)}},
		{"kitchen/command/seek", `1:02:03`, bridge.Seek{Position: ptr(3723.0)}},
		{"kitchen/command/seek", `75:03`, bridge.Seek{Position: ptr(4503.0)}},
		{"kitchen/command/seek", `{"position":12.25}`, bridge.Seek{Position: ptr(12.25)}},
		{"kitchen/command/seek", `{"offset":-1e1}`, bridge.Seek{Offset: ptr(-10.0)}},

		// volume: a level is rounded.
		{"kitchen/command/volume", `35`, bridge.Volume{Level: ptr(35)}},
		{"kitchen/command/volume", `35.5`, bridge.Volume{Level: ptr(36)}},
		{"kitchen/command/volume", `0`, bridge.Volume{Level: ptr(0)}},
		{"kitchen/command/volume", `+5`, bridge.Volume{Delta: ptr(5)}},
		{"kitchen/command/volume", `-5`, bridge.Volume{Delta: ptr(-5)}},
		{"kitchen/command/volume", `{"level":100}`, bridge.Volume{Level: ptr(100)}},
		{"kitchen/command/volume", `{"level":99.5}`, bridge.Volume{Level: ptr(100)}},
		{"kitchen/command/volume", `{"level":0.4}`, bridge.Volume{Level: ptr(0)}},
		{"kitchen/command/volume", `{"delta":-250}`, bridge.Volume{Delta: ptr(-250)}},
		{"kitchen/command/volume", `{"delta":2.5}`, bridge.Volume{Delta: ptr(3)}},

		// mute, shuffle and repeat.
		{"kitchen/command/mute", `ON`, bridge.Mute{Muted: ptr(true)}},
		{"kitchen/command/mute", `OFF`, bridge.Mute{Muted: ptr(false)}},
		{"kitchen/command/mute", `TOGGLE`, bridge.Mute{}},
		{"kitchen/command/mute", `{"muted":false}`, bridge.Mute{Muted: ptr(false)}},
		{"kitchen/command/shuffle", `ON`, bridge.Shuffle{Enabled: true}},
		{"kitchen/command/shuffle", `OFF`, bridge.Shuffle{}},
		{"kitchen/command/shuffle", `{"enabled":true}`, bridge.Shuffle{Enabled: true}},
		{"kitchen/command/repeat", `off`, bridge.Repeat{Mode: "off"}},
		{"kitchen/command/repeat", `all`, bridge.Repeat{Mode: "all"}},
		{"kitchen/command/repeat", `{"mode":"one"}`, bridge.Repeat{Mode: "one"}},

		// The queue.
		{"kitchen/command/queue_add", `Bluey`, bridge.Play{Enqueue: "add", Source: bridge.Source{Query: "Bluey"}}},
		{"kitchen/command/queue_add", `http://h/x`, bridge.Play{Enqueue: "add", Source: url("http://h/x")}},
		{"kitchen/command/queue_add", `{"item":"k3v9x2m4q8","interval":5}`,
			bridge.Play{Enqueue: "add", Source: bridge.Source{Item: item}, Interval: 5}},
		{"kitchen/command/queue_remove", `e7`, bridge.QueueRemove{Entries: []string{"e7"}}},
		{"kitchen/command/queue_remove", `7`, bridge.QueueRemove{Index: ptr(7)}},
		{"kitchen/command/queue_remove", `{"entry":"e7"}`, bridge.QueueRemove{Entries: []string{"e7"}}},
		{"kitchen/command/queue_remove", `{"entries":["e7","e8"]}`, bridge.QueueRemove{Entries: []string{"e7", "e8"}}},
		{"kitchen/command/queue_remove", `{"index":0}`, bridge.QueueRemove{Index: ptr(0)}},
		{"kitchen/command/queue_move", `{"entry":"e7","to":0}`, bridge.QueueMove{Entry: "e7"}},
		{"kitchen/command/queue_jump", `e12`, bridge.QueueJump{Entry: "e12"}},
		{"kitchen/command/queue_jump", `0`, bridge.QueueJump{Index: ptr(0)}},
		{"kitchen/command/queue_jump", `{"index":3}`, bridge.QueueJump{Index: ptr(3)}},
		{"kitchen/command/queue_clear", `PRESS`, bridge.QueueClear{}},
		{"kitchen/command/queue_clear", `{"keep_current":true}`, bridge.QueueClear{KeepCurrent: true}},
		{"kitchen/command/queue_list", `{}`, bridge.QueueList{Limit: 100}},
		{"kitchen/command/queue_list", `{"offset":500,"limit":500}`, bridge.QueueList{Offset: 500, Limit: 500}},
		{"kitchen/command/save", `Party`, bridge.Save{Name: "Party"}},
		{"kitchen/command/save", `{"name":"Party"}`, bridge.Save{Name: "Party"}},
		{"kitchen/command/transfer", `Living Room`, bridge.Transfer{To: "Living Room"}},
		{"kitchen/command/transfer", `{"to":"living_room"}`, bridge.Transfer{To: "living_room"}},

		// announce.
		{"kitchen/command/announce", `doorbell`, bridge.Announce{Source: bridge.Source{Query: "doorbell"}}},
		{"kitchen/command/announce", `http://h/bell.mp3`, bridge.Announce{Source: url("http://h/bell.mp3")}},
		{"kitchen/command/announce", `{"message":"Dinner","volume":40.4,"title":"Call","force":true}`,
			bridge.Announce{Message: "Dinner", Volume: ptr(40), Title: "Call", Force: true}},
		{"kitchen/command/announce", `{"url":"http://h/x","content_type":"audio/mpeg"}`,
			bridge.Announce{Source: url("http://h/x"), ContentType: "audio/mpeg"}},
		{"kitchen/command/announce", `{"item":"k3v9x2m4q8"}`, bridge.Announce{Source: bridge.Source{Item: item}}},

		// subtitles, speed and sleep.
		{"kitchen/command/subtitles", `off`, bridge.Subtitles{Off: true}},
		{"kitchen/command/subtitles", `de`, bridge.Subtitles{Language: "de"}},
		{"kitchen/command/subtitles", `{"track":2}`, bridge.Subtitles{Track: 2}},
		{"kitchen/command/subtitles", `{"language":"en"}`, bridge.Subtitles{Language: "en"}},
		{"kitchen/command/subtitles", `{"off":true}`, bridge.Subtitles{Off: true}},
		{"kitchen/command/speed", `1.25`, bridge.Speed{Rate: 1.25}},
		{"kitchen/command/speed", `{"rate":0.5}`, bridge.Speed{Rate: 0.5}},
		{"kitchen/command/speed", `{"rate":2}`, bridge.Speed{Rate: 2}},
		{"kitchen/command/sleep", `30`, bridge.Sleep{Minutes: 30}},
		{"kitchen/command/sleep", `0`, bridge.Sleep{}},
		{"kitchen/command/sleep", `{"minutes":7.5}`, bridge.Sleep{Minutes: 7.5}},
		{"kitchen/command/sleep", `{"after":"item"}`, bridge.Sleep{AfterItem: true}},

		// search and browse.
		{"kitchen/command/search", `bluey`, bridge.Search{Query: media.Query{Text: "bluey", Limit: 20}}},
		{"bridge/command/search", `{"query":""}`, bridge.Search{Query: media.Query{Limit: 20}}},
		{"bridge/command/search", `{"query":"x","kind":["movie"],"within":"k3v9x2m4q8","genre":"Jazz","artist":"Davis","year":1959,` +
			`"limit":100,"offset":20,"quiet":true}`,
			bridge.Search{Quiet: true, Query: media.Query{Text: "x", Kinds: []media.Kind{media.Movie}, Within: item, Genre: "Jazz",
				Artist: "Davis", YearFrom: 1959, YearTo: 1959, Limit: 100, Offset: 20}}},
		{"bridge/command/search", `{"query":"","kind":"track","year":"1990-1999"}`,
			bridge.Search{Query: media.Query{Kinds: []media.Kind{media.Track}, YearFrom: 1990, YearTo: 1999, Limit: 20}}},
		{"bridge/command/search", `{"genre":"Jazz"}`, bridge.Search{Query: media.Query{Genre: "Jazz", Limit: 20}}},
		{"bridge/command/browse", `{}`, bridge.Browse{Limit: 100}},
		{"kitchen/command/browse", `{"item":"k3v9x2m4q8","offset":100,"limit":500}`, bridge.Browse{Item: item, Offset: 100, Limit: 500}},
		{"bridge/command/browse", `{"path":"films/Bluey"}`, bridge.Browse{Path: "films/Bluey", Limit: 100}},

		// The bridge's own.
		{"bridge/command/rescan", `PRESS`, bridge.Rescan{}},
		{"bridge/command/rescan", `{"folder":"films"}`, bridge.Rescan{Folder: "films"}},
		{"bridge/command/playlists", `PRESS`, bridge.Playlists{}},
		{"bridge/command/playlist_delete", `{"name":"Party"}`, bridge.PlaylistDelete{Name: "Party"}},
		{"bridge/command/history", `{}`, bridge.History{Limit: 100}},
		{"bridge/command/history", `{"device":"kitchen","offset":10,"limit":5}`, bridge.History{Device: "kitchen", Offset: 10, Limit: 5}},
		{"bridge/command/forget", `{"device":"kitchen"}`, bridge.Forget{Device: "kitchen"}},
		{"bridge/command/ping", `PRESS`, bridge.Ping{}},
	} {
		got := decoded(t, row.topic, row.payload)
		if got.Err != nil {
			t.Errorf("%s %s: %v", row.topic, row.payload, got.Err)
		} else if !reflect.DeepEqual(got.Command.Request, row.want) {
			t.Errorf("%s %s\ngot  %#v\nwant %#v", row.topic, row.payload, got.Command.Request, row.want)
		}
	}
}

func TestWhomACommandIsFor(t *testing.T) {
	for _, row := range []struct {
		topic, payload, device string
		spoken                 bool
	}{
		{"kitchen/command/pause", `PRESS`, "kitchen", false},
		{"0123456789abcdef0123456789abcdef/command/pause", `PRESS`, "0123456789abcdef0123456789abcdef", false},
		{"all/command/pause", `PRESS`, "all", false},
		{"bridge/command/pause", `{"device":"Kitchen TV"}`, "Kitchen TV", true},
		{"bridge/command/pause", `{"device":"all"}`, "all", true},
		{"bridge/command/pause", `PRESS`, "", true},
		{"bridge/command/search", `bluey`, "", true},
		{"bridge/command/search", `{"query":"bluey","device":"kitchen"}`, "kitchen", true},
		{"bridge/command/forget", `{"device":"kitchen"}`, "", true},
	} {
		got := decoded(t, row.topic, row.payload)
		if got.Err != nil || got.Command.Device != row.device || got.Command.Spoken != row.spoken {
			t.Errorf("%s %s: device %q, spoken %v, err %v; want %q, %v",
				row.topic, row.payload, got.Command.Device, got.Command.Spoken, got.Err, row.device, row.spoken)
		}
	}
}

func TestEveryDevice(t *testing.T) {
	allowed := map[string]string{
		"pause": `{"device":"all"}`, "resume": `{"device":"all"}`, "stop": `{"device":"all"}`,
		"volume": `{"device":"all","level":5}`, "mute": `{"device":"all","muted":true}`,
		"sleep": `{"device":"all","minutes":5}`, "announce": `{"device":"all","message":"Dinner"}`,
	}
	for name, payload := range allowed {
		if r := decoded(t, "bridge/command/"+name, payload); r.Err != nil {
			t.Errorf("%s: %v", name, r.Err)
		}
	}
	for name, payload := range map[string]string{
		"toggle": `{"device":"all"}`, "next": `{"device":"all"}`, "queue_clear": `{"device":"all"}`,
		"play": `{"device":"all","query":"x"}`, "seek": `{"device":"all","offset":5}`,
	} {
		r := decoded(t, "bridge/command/"+name, payload)
		if r.Err == nil || !strings.HasPrefix(r.Err.Message, `device: got "all", wanted one device`) {
			t.Errorf("%s: %v", name, r.Err)
		}
	}
}

func TestRevision(t *testing.T) {
	for name, payload := range map[string]string{
		"queue_add": `{"query":"x","revision":17}`, "queue_remove": `{"index":0,"revision":17}`,
		"queue_move": `{"entry":"e1","to":2,"revision":17}`, "queue_clear": `{"revision":17}`,
		"shuffle": `{"enabled":true,"revision":17}`, "play": `{"query":"x","revision":17}`, "transfer": `{"to":"x","revision":17}`,
	} {
		r := decoded(t, "kitchen/command/"+name, payload)
		if r.Err != nil || r.Command.Revision == nil || *r.Command.Revision != 17 {
			t.Errorf("%s: revision %v, err %v", name, r.Command.Revision, r.Err)
		}
	}
	for name, payload := range map[string]string{
		"queue_jump": `{"index":0,"revision":17}`, "pause": `{"revision":17}`, "repeat": `{"mode":"one","revision":17}`,
	} {
		if r := decoded(t, "kitchen/command/"+name, payload); r.Err == nil {
			t.Errorf("%s takes a revision", name)
		}
	}
}

func TestRefusals(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, row := range []struct{ topic, payload, want string }{
		// The payload itself.
		{"kitchen/command/play", `{"query":`, `payload: it begins with { and is no JSON object: `},
		{"kitchen/command/play", `{"query":"x"} y`, `payload: it begins with { and is no JSON object: y follows it`},
		{"kitchen/command/play", "{\"query\":\"\xff\"}", `payload: got bytes that are no UTF-8, wanted text`},
		{"kitchen/command/play", strings.Repeat("x", 64<<10+1), `payload: got 65537 bytes, wanted at most 65536`},
		{"kitchen/command/pause", `{"a":1,"a":2}`, `a: got it twice, wanted it once`},
		{"kitchen/command/pause", `now`, `payload: got now, but pause takes no plain text: wanted PRESS or a JSON object`},

		// The name.
		{"kitchen/command/dance", `PRESS`, `command: got dance, which is no command`},
		{"kitchen/command/dance", `{}`, `command: got dance, which is no command`},
		{"kitchen/command/dance", `now`, `command: got dance, which is no command`},
		{"kitchen/command", `PRESS`, `command: got nothing, wanted the name of a command`},
		{"kitchen/command", `pause`, `command: got pause, wanted a JSON object with the name of a command`},
		{"kitchen/command", `{}`, `command: got nothing, wanted the name of a command`},
		{"kitchen/command", `{"command":7}`, `command: got 7, wanted a text`},
		{"kitchen/command/pause", `{"command":"pause"}`, `command: got "pause", but pause takes no such argument`},
		{"kitchen/command/ping", `PRESS`, `ping: got it for a device, wanted it on the bridge's command topic`},

		// Unknown arguments and wrong types.
		{"kitchen/command/pause", `{"device":"kitchen"}`, `device: got "kitchen", but pause takes no such argument`},
		{"kitchen/command/volume", `{"level":5,"zoom":1}`, `zoom: got 1, but volume takes no such argument`},
		{"bridge/command/rescan", `{"device":"kitchen"}`, `device: got "kitchen", but rescan takes no such argument`},
		{"bridge/command/play", `{"query":"x","device":"kitchen","area":"hall"}`, `area: got "hall", but play takes no such argument`},
		{"bridge/command/pause", `{"device":7}`, `device: got 7, wanted a text`},
		{"bridge/command/pause", `{"device":""}`, `device: got "", wanted a text that is not empty`},
		{"kitchen/command/volume", `{"level":"35"}`, `level: got "35", wanted a number from 0 to 100`},
		{"kitchen/command/volume", `{"level":null}`, `level: got null, wanted a number from 0 to 100`},
		{"kitchen/command/volume", `{"level":true}`, `level: got true, wanted a number from 0 to 100`},
		{"kitchen/command/mute", `{"muted":1}`, `muted: got 1, wanted true or false`},
		{"kitchen/command/queue_move", `{"entry":"e1","to":"2"}`, `to: got "2", wanted a whole number from 0`},
		{"kitchen/command/play", `{"item":7}`, `item: got 7, wanted a text`},
		{"kitchen/command/play", `{"items":"k3v9x2m4q8"}`, `items: got "k3v9x2m4q8", wanted a list of item ids`},

		// What is missing, and what excludes each other.
		{"kitchen/command/volume", `{}`, `level: got nothing, wanted one of level, delta`},
		{"kitchen/command/volume", `{"level":5,"delta":5}`, `delta: got level as well, wanted only one of level, delta`},
		{"kitchen/command/seek", `PRESS`, `position: got nothing, wanted one of position, offset`},
		{"kitchen/command/shuffle", `{}`, `enabled: got nothing, wanted a value`},
		{"kitchen/command/queue_move", `{"entry":"e1"}`, `to: got nothing, wanted a value`},
		{"kitchen/command/queue_add", `PRESS`, `item: got nothing, wanted one of item, items, query, url, playlist, result`},
		{"kitchen/command/queue_add", `{"query":"x","enqueue":"add"}`, `enqueue: got "add", but queue_add takes no such argument`},
		{"kitchen/command/play", `{"item":"k3v9x2m4q8","query":"x"}`, `query: got item as well, wanted only one of item, items,`},
		{"kitchen/command/play", `{"shuffle":true}`, `shuffle: got true, wanted it only beside what to play`},
		{"kitchen/command/play", `{"item":"k3v9x2m4q8","title":"x"}`, `title: got "x", wanted it only beside a url`},
		{"kitchen/command/play", `{"item":"k3v9x2m4q8","kind":"movie"}`, `kind: got "movie", wanted it only beside a query`},
		{"kitchen/command/announce", `{}`, `item: got nothing, wanted one of item, query, url, message`},
		{"kitchen/command/announce", `{"query":"x","title":"y"}`, `title: got "y", wanted it only beside a url or a message`},
		{"kitchen/command/sleep", `{"minutes":5,"after":"item"}`, `after: got minutes as well, wanted only one of minutes, after`},
		{"kitchen/command/subtitles", `{}`, `track: got nothing, wanted one of track, language, off`},
		{"bridge/command/search", `{}`, `query: got nothing, wanted a value`},
		{"bridge/command/browse", `{"item":"k3v9x2m4q8","path":"x"}`, `path: got item as well, wanted only one of item, path`},
		{"bridge/command/forget", `{}`, `device: got nothing, wanted a value`},

		// What is out of range, or no such thing.
		{"kitchen/command/volume", `100.4`, `level: got 100.4, wanted a number from 0 to 100`},
		{"kitchen/command/volume", `{"level":-1}`, `level: got -1, wanted a number from 0 to 100`},
		{"kitchen/command/volume", `loud`, `level: got loud, wanted a number such as 35, +5 or -5`},
		{"kitchen/command/volume", `1e1`, `level: got 1e1, wanted a number such as 35, +5 or -5`},
		{"kitchen/command/volume", `NaN`, `level: got NaN, wanted a number such as 35, +5 or -5`},
		{"kitchen/command/volume", `{"level":1e999}`, `level: got 1e999, wanted a number from 0 to 100`},
		{"kitchen/command/mute", `on`, `muted: got on, wanted ON, OFF or TOGGLE`},
		{"kitchen/command/shuffle", `TOGGLE`, `enabled: got TOGGLE, wanted ON or OFF`},
		{"kitchen/command/repeat", `twice`, `mode: got "twice", wanted one of off, all, one`},
		{"kitchen/command/seek", `1:60`, `position: got 1:60, wanted seconds or a time such as 90, +30, -10 or 1:02:03`},
		{"kitchen/command/seek", `1:2:3:4`, `position: got 1:2:3:4, wanted`},
		{"kitchen/command/seek", `+1:00`, `position: got +1:00, wanted`},
		{"kitchen/command/seek", `soon`, `position: got soon, wanted`},
		{"kitchen/command/speed", `2.5`, `rate: got 2.5, wanted a number from 0.5 to 2`},
		{"kitchen/command/speed", `fast`, `rate: got fast, wanted a number`},
		{"kitchen/command/sleep", `-1`, `minutes: got -1, wanted a number of minutes from 0 to 10080`},
		{"kitchen/command/sleep", `{"after":"film"}`, `after: got "film", wanted one of item`},
		{"kitchen/command/subtitles", `{"off":false}`, `off: got false, wanted true, or a track or language instead`},
		{"kitchen/command/subtitles", `{"track":0}`, `track: got 0, wanted a whole number from 1`},
		{"kitchen/command/queue_remove", `99999999999`, `index: got 99999999999, wanted a whole number from 0`},
		{"kitchen/command/queue_remove", `{"entries":[]}`, `entries: got [], wanted a list of entries`},
		{"kitchen/command/queue_remove", `{"entries":["e1",null]}`, `entries: got ["e1",null], wanted a list of entries`},
		{"kitchen/command/queue_remove", `{"index":1.5}`, `index: got 1.5, wanted a whole number from 0`},
		{"kitchen/command/queue_list", `{"limit":0}`, `limit: got 0, wanted a whole number from 1 to 500`},
		{"kitchen/command/queue_list", `{"limit":501}`, `limit: got 501, wanted a whole number from 1 to 500`},
		{"kitchen/command/queue_clear", `{"revision":-1}`, `revision: got -1, wanted the revision of a queue`},
		{"kitchen/command/play", `{"item":""}`, `item: got "", wanted a text that is not empty`},
		{"kitchen/command/play", `{"items":["k3v9x2m4q8",7]}`, `items: got ["k3v9x2m4q8",7], wanted a list of item ids`},
		{"kitchen/command/play", `{"query":""}`, `query: got "", wanted a text that is not empty`},
		{"kitchen/command/play", `{"query":" "}`, `query: got " ", wanted a text that is not empty`},
		{"kitchen/command/play", `{"query":"x","kind":"film"}`, `kind: got "film", wanted kinds among [movie episode`},
		{"kitchen/command/play", `{"query":"x","enqueue":"now"}`, `enqueue: got "now", wanted one of replace, play, next, add`},
		{"kitchen/command/play", `{"query":"x","start":-1}`, `start: got -1, wanted a number of seconds from 0`},
		{"kitchen/command/play", `{"result":0}`, `result: got 0, wanted a whole number from 1`},
		{"kitchen/command/play", `{"url":"ftp://h/x"}`, `url: got "ftp://h/x", wanted a URL that begins with http:// or https://`},
		{"kitchen/command/play", `http://`, `url: got "http://", wanted a URL that begins with http:// or https://`},
		{"kitchen/command/announce", `{"message":"x","volume":101}`, `volume: got 101, wanted a number from 0 to 100`},
		{"kitchen/command/save", long, `name: got "` + long[:59] + `…, wanted at most 255 characters, not 300`},
		{"kitchen/command/save", `{"name":" "}`, `name: got " ", wanted a text that is not empty`},
		{"bridge/command/search", long, `query: got "` + long[:59] + `…, wanted at most 255 characters, not 300`},
		{"bridge/command/search", `{"query":"x","limit":101}`, `limit: got 101, wanted a whole number from 0 to 100`},
		{"bridge/command/search", `{"query":"x","year":"nineties"}`, `year: got "nineties", wanted a year such as 1994, or years such as "1990-1999"`},
		{"bridge/command/search", `{"query":"x","year":"1999-1990"}`, `year: got "1999-1990", wanted a year such as`},
		{"bridge/command/browse", `{"limit":501}`, `limit: got 501, wanted a whole number from 0 to 500`},

		// What is common to all.
		{"kitchen/command/pause", `{"transaction":true}`, `transaction: got true, wanted a number or a text`},
		{"kitchen/command/pause", `{"transaction":"` + long + `"}`, `transaction: got "` + long[:59] + `…, wanted at most 200 characters`},
		{"kitchen/command/pause", `{"response_topic":"a/+/b"}`, `response_topic: got "a/+/b", wanted a topic without +, # and $`},
		{"kitchen/command/pause", `{"response_topic":7}`, `response_topic: got 7, wanted a text`},
		{"kitchen/command/pause", `{"revision":1}`, `revision: got 1, but pause takes no such argument`},
	} {
		got := decoded(t, row.topic, row.payload)
		if got.Err == nil {
			t.Errorf("%s %s is obeyed as %#v, want %s", row.topic, row.payload, got.Command.Request, row.want)
		} else if got.Err.Code != bridge.Invalid || !strings.HasPrefix(got.Err.Message, row.want) {
			t.Errorf("%s %s\ngot  %s: %s\nwant %s", row.topic, row.payload, got.Err.Code, got.Err.Message, row.want)
		}
	}
}

func TestTransactionIsGivenBackAsItCame(t *testing.T) {
	for _, row := range []struct{ payload, want string }{
		{`{"transaction":"42"}`, `"42"`},
		{`{"transaction":42}`, `42`},
		{`{"transaction":1e3}`, `1e3`},
		{`{"transaction":"ü"}`, `"ü"`},
		{`{"transaction":""}`, `""`},
		{`{"transaction":"` + strings.Repeat("ü", 200) + `"}`, `"` + strings.Repeat("ü", 200) + `"`},
		{`{"transaction":"` + strings.Repeat("ü", 201) + `"}`, ``},
		{`{"transaction":null}`, ``},
		{`{"transaction":{}}`, ``},
		{`{}`, ``},
		{`{"transaction":"42","zoom":1}`, `"42"`},
		{`{"transaction":"42"`, ``},
	} {
		if got := decoded(t, "kitchen/command/pause", row.payload).Reply.transaction; string(got) != row.want {
			t.Errorf("%s: got %s, want %s", row.payload, got, row.want)
		}
	}
}

func TestResponseTopics(t *testing.T) {
	for topic, allowed := range map[string]bool{
		"my/answers":                             true,
		"localcastle":                            true,
		"homeassistants":                         true,
		"localcast/bridge/response/mine":         true,
		"localcast/kitchen/response/play":        true,
		"localcast/kitchen/response":             false,
		"localcast/kitchen/response/a/b":         false,
		"localcast//response/a":                  false,
		"localcast":                              false,
		"localcast/kitchen/state":                false,
		"localcast/kitchen/command/play":         false,
		"homeassistant":                          false,
		"homeassistant/device/x/config":          false,
		"$SYS/x":                                 false,
		"a/$b":                                   false,
		"a/+":                                    false,
		"a/#":                                    false,
		"":                                       false,
		"a\u0000b":                               false,
		"a\nb":                                   false,
		strings.Repeat("x", maxTopic):            true,
		strings.Repeat("x", maxTopic+1):          false,
		"localcast/kitchen/response/" + "\uFFFE": false,
	} {
		payload, _ := json.Marshal(map[string]string{"response_topic": topic})
		r := decoded(t, "kitchen/command/pause", string(payload))
		if got := r.Err == nil; got != allowed {
			t.Errorf("%q: allowed %v, want %v (%v)", topic, got, allowed, r.Err)
		}
		if !allowed && r.Reply.topic != "" {
			t.Errorf("%q: an answer would go there", topic)
		}
	}
}

func TestTopicsOfCommands(t *testing.T) {
	deep := topics{base: "home/cast"}
	for _, row := range []struct {
		topic string
		want  address
		ok    bool
	}{
		{"home/cast/kitchen/command/play", address{device: "kitchen", name: "play"}, true},
		{"home/cast/kitchen/command", address{device: "kitchen"}, true},
		{"home/cast/bridge/command/ping", address{bridge: true, name: "ping"}, true},
		{"home/cast/bridge/command", address{bridge: true}, true},
		{"home/cast/kitchen/command/play/now", address{}, false},
		{"home/cast/kitchen/state", address{}, false},
		{"home/cast/command", address{}, false},
		{"home/castle/kitchen/command/play", address{}, false},
		{"localcast/kitchen/command/play", address{}, false},
	} {
		got, ok := deep.parse(row.topic)
		if ok != row.ok || ok && got != row.want {
			t.Errorf("%s: %+v, %v", row.topic, got, ok)
		}
	}
}

// FuzzDecode holds what must be true of any message: it is obeyed or refused, never both; a refusal says why in UTF-8 and
// is short; what is given back is JSON; an answer goes to no forbidden topic.
func FuzzDecode(f *testing.F) {
	for _, seed := range []struct{ topic, payload string }{
		{"kitchen/command/play", `{"items":["k3v9x2m4q8"],"shuffle":true,"transaction":1}`},
		{"bridge/command", `{"command":"volume","device":"all","level":50.5,"response_topic":"a/b"}`},
		{"kitchen/command/seek", `1:02:03`},
		{"bridge/command/search", `{"query":"x","year":"1990-1999","kind":["movie"]}`},
		{"kitchen/command/queue_remove", `{"entries":["e1"],"revision":3}`},
	} {
		f.Add(seed.topic, []byte(seed.payload))
	}
	f.Fuzz(func(t *testing.T, topic string, payload []byte) {
		to, ok := contract.parse("localcast/" + topic)
		if !ok {
			return
		}
		r := contract.decode(to, payload)
		switch {
		case r.Err == nil && (r.Command.Request == nil || r.Command.Name == "" || !r.Reply.known):
			t.Errorf("obeyed without knowing what: %+v", r)
		case r.Err != nil && (r.Err.Code != bridge.Invalid || len(r.Err.Message) == 0 || len(r.Err.Message) > 2000):
			t.Errorf("refused with %+v", r.Err)
		case r.Reply.transaction != nil && !json.Valid(r.Reply.transaction):
			t.Errorf("gives back %q", r.Reply.transaction)
		case r.Reply.topic != "" && contract.checkResponse(r.Reply.topic) != nil:
			t.Errorf("answers to %q", r.Reply.topic)
		}
		if v, ok := r.Command.Request.(bridge.Volume); ok && r.Err == nil {
			if (v.Level == nil) == (v.Delta == nil) || v.Level != nil && (*v.Level < 0 || *v.Level > 100) {
				t.Errorf("volume %+v", v)
			}
		}
	})
}
