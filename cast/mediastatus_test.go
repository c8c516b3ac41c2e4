package cast

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"localcast/bridge"
	"localcast/bridge/media"
)

// mergeAll merges MEDIA_STATUS payloads, 10 s apart, and returns the view and what ended.
func mergeAll(t *testing.T, v *mediaView, payloads ...string) []ending {
	t.Helper()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	var ended []ending
	for _, p := range payloads {
		o, err := parse(p)
		if err != nil {
			t.Fatal(err)
		}
		entries, known := o.list("status")
		if !known {
			t.Fatalf("no list in %s", p)
		}
		ended = append(ended, v.merge(entries, now)...)
		now = now.Add(10 * time.Second)
	}
	return ended
}

// What real devices were seen to send, shortened: the Default Media Receiver of a Chromecast Ultra, a first generation, a
// Nest Hub, and others.
const (
	fullStatus = `{"type":"MEDIA_STATUS","requestId":287,"status":[{"mediaSessionId":1,"playbackRate":1,"playerState":"PLAYING",
		"currentTime":12.5,"supportedMediaCommands":274447,"volume":{"level":1,"muted":false},"activeTrackIds":[],
		"media":{"contentId":"http://192.0.2.10/a.mp4","streamType":"BUFFERED","contentType":"video/mp4",
		"metadata":{"metadataType":2,"seriesTitle":"Bluey","title":"Hospital","season":0,"episode":2,
		"images":[{"url":"http://192.0.2.10/a.jpg"}]},"duration":421.3,"tracks":[{"trackId":1,"type":"VIDEO"}],
		"customData":{"bridge":"b","entry":"e7","serial":3},"breakClips":[],"breaks":[]},
		"currentItemId":1,"items":[{"itemId":1}],"repeatMode":"REPEAT_OFF"}]}`
	delta = `{"type":"MEDIA_STATUS","requestId":0,"status":[{"mediaSessionId":1,"playbackRate":1,"playerState":"PAUSED",
		"currentTime":20,"supportedMediaCommands":274447,"volume":{"level":1,"muted":false},"currentItemId":1}]}`
	oldest = `{"type":"MEDIA_STATUS","requestId":0,"status":[{"mediaSessionId":7,"playbackRate":1,"playerState":"PLAYING",
		"currentTime":0,"supportedMediaCommands":15,"volume":{"level":1,"muted":false},
		"media":{"contentId":"x","streamType":2,"contentType":"","duration":null}}]}`
	finished = `{"type":"MEDIA_STATUS","requestId":0,"status":[{"mediaSessionId":1,"playbackRate":1,"playerState":"IDLE",
		"currentTime":0,"supportedMediaCommands":274447,"volume":{"level":1,"muted":false},"currentItemId":1,"idleReason":"FINISHED"}]}`
	emptyList = `{"type":"MEDIA_STATUS","requestId":3,"status":[]}`
)

func entry(fields string) string { return `{"type":"MEDIA_STATUS","status":[{` + fields + `}]}` }

func TestMediaStatusMerges(t *testing.T) {
	start := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	later := start.Add(10 * time.Second)
	full := bridge.MediaStatus{
		Tag: &bridge.Tag{Bridge: "b", Entry: "e7", Serial: 3}, URL: "http://192.0.2.10/a.mp4", State: bridge.PlayPlaying,
		Position: 12.5, At: start, Rate: 1, Duration: 421.3, Title: "Hospital", Show: "Bluey", Season: media.Num(0),
		Episode: media.Num(2), ContentType: "video/mp4", Artwork: "http://192.0.2.10/a.jpg", CanPause: true, CanSeek: true,
		CanRate: true, CanTracks: true,
	}
	plain := bridge.MediaStatus{State: bridge.PlayPlaying, At: start, Rate: 1, CanPause: true, CanSeek: true}
	for name, row := range map[string]struct {
		in    []string
		from  bridge.MediaStatus
		alter func(*bridge.MediaStatus)
		ended int
	}{
		"a full status": {in: []string{fullStatus}, from: full},
		"a later one omits media: what was known stays": {
			in: []string{fullStatus, delta}, from: full,
			alter: func(s *bridge.MediaStatus) {
				s.State, s.Position, s.At = bridge.PlayPaused, 20, later
			},
		},
		"one that omits currentTime: the position goes on": {
			in: []string{fullStatus, entry(`"mediaSessionId":1,"playerState":"PAUSED"`)}, from: full,
			alter: func(s *bridge.MediaStatus) {
				s.State, s.Position, s.At = bridge.PlayPaused, 22.5, later
			},
		},
		"a null playerState changes nothing": {
			in: []string{fullStatus, entry(`"mediaSessionId":1,"playerState":null,"currentTime":30`)}, from: full,
			alter: func(s *bridge.MediaStatus) { s.Position, s.At = 30, later },
		},
		"streamType as a number, duration null": {in: []string{oldest}, from: plain, alter: func(s *bridge.MediaStatus) { s.URL = "x" }},
		"duration -1 is unknown":                {in: []string{entry(`"playerState":"PLAYING","media":{"duration":-1}`)}, from: plain},
		"no mediaSessionId, no media":           {in: []string{entry(`"playerState":"PLAYING"`)}, from: plain},
		"fields of the wrong type lose nothing but themselves": {
			in: []string{entry(`"mediaSessionId":"5","playerState":"PLAYING","currentTime":"7.5","playbackRate":"fast",` +
				`"supportedMediaCommands":[],"media":{"contentId":17,"duration":"90","metadata":"x","contentType":false,` +
				`"customData":"ours"},"items":{},"extendedStatus":"LOADING","idleReason":3`)},
			from:  plain,
			alter: func(s *bridge.MediaStatus) { s.Position, s.URL, s.Duration = 7.5, "17", 90 },
		},
		"numbers that no double holds": {
			in:   []string{entry(`"mediaSessionId":1e999,"playerState":"PLAYING","currentTime":1e999,"media":{"duration":1e999}`)},
			from: plain,
		},
		"a playbackRate of 0 is no rate": {in: []string{entry(`"playerState":"PLAYING","playbackRate":0`)}, from: plain},
		"a time before the start":        {in: []string{entry(`"playerState":"PLAYING","currentTime":-3`)}, from: plain},
		"a rate counts for the position": {
			in:   []string{entry(`"playerState":"PLAYING","playbackRate":1.5`), entry(`"playerState":"BUFFERING"`)},
			from: plain,
			alter: func(s *bridge.MediaStatus) {
				s.State, s.Rate, s.Position, s.At = bridge.PlayBuffering, 1.5, 15, later
			},
		},
		"contentUrl where contentId is empty": {
			in:   []string{entry(`"playerState":"PLAYING","media":{"contentId":"","contentUrl":"http://x"}`)},
			from: plain, alter: func(s *bridge.MediaStatus) { s.URL = "http://x" },
		},
		"another item in the same session: nothing old is true": {
			in:   []string{fullStatus, entry(`"mediaSessionId":1,"playerState":"PLAYING","currentTime":0,"media":{"contentId":"b"}`)},
			from: plain, alter: func(s *bridge.MediaStatus) { s.URL, s.At, s.CanRate, s.CanTracks = "b", later, true, true },
		},
		"the same file once more, by its tag": {
			in: []string{fullStatus, entry(`"mediaSessionId":1,"playerState":"PLAYING","currentTime":0,` +
				`"media":{"contentId":"http://192.0.2.10/a.mp4","customData":{"bridge":"b","entry":"e8","serial":3}}`)},
			from: plain, ended: 1,
			alter: func(s *bridge.MediaStatus) {
				s.Tag, s.URL = &bridge.Tag{Bridge: "b", Entry: "e8", Serial: 3}, "http://192.0.2.10/a.mp4"
				s.At, s.CanRate, s.CanTracks = later, true, true
			},
		},
		"an announcement's entry is null": {
			in: []string{entry(`"playerState":"PLAYING",` +
				`"media":{"customData":{"bridge":"b","entry":null,"serial":4,"announcement":true}}`)},
			from: plain, alter: func(s *bridge.MediaStatus) { s.Tag = &bridge.Tag{Bridge: "b", Serial: 4} },
		},
		"somebody else's customData": {
			in:   []string{entry(`"playerState":"PLAYING","media":{"customData":{"entry":"e7","serial":4}}`)},
			from: plain,
		},
		"IDLE and extendedStatus LOADING: it loads": {
			in: []string{entry(`"mediaSessionId":1,"playerState":"IDLE","currentTime":0,` +
				`"extendedStatus":{"playerState":"LOADING","media":{"contentId":"n"}}`)},
			from: plain, alter: func(s *bridge.MediaStatus) { s.State, s.URL = bridge.PlayLoading, "n" },
		},
		"FINISHED with loadingItemId: the receiver's queue moves on": {
			in: []string{fullStatus, entry(`"mediaSessionId":1,"playerState":"IDLE",` +
				`"idleReason":"FINISHED","currentTime":0,"loadingItemId":2`)},
			from: full, alter: func(s *bridge.MediaStatus) {
				s.State, s.Position, s.At = bridge.PlayLoading, 0, later
			},
		},
		"a television without a pause": {
			in:   []string{entry(`"playerState":"PLAYING","supportedMediaCommands":0`)},
			from: plain, alter: func(s *bridge.MediaStatus) { s.CanPause, s.CanSeek = false, false },
		},
		"a queue without its buttons": {
			in:   []string{entry(`"playerState":"PLAYING","supportedMediaCommands":3,"items":[{"itemId":1},{"itemId":2}]`)},
			from: plain, alter: func(s *bridge.MediaStatus) { s.CanSkip = true },
		},
		"buttons without a queue": {
			in:   []string{entry(`"playerState":"PLAYING","supportedMediaCommands":195`)},
			from: plain, alter: func(s *bridge.MediaStatus) { s.CanSkip = true },
		},
		"text tracks, and which are active; a later status that tells none changes none": {
			in: []string{
				entry(`"playerState":"PLAYING","activeTrackIds":[2,"3",{},1.5],"media":{"contentId":"c","tracks":[` +
					`{"trackId":1,"type":"VIDEO"},{"trackId":2,"type":"TEXT","language":"de","name":"Deutsch","trackContentId":"http://x/de.vtt"},` +
					`"x",{"type":"TEXT"},{"trackId":3,"type":"TEXT","language":"und"}]}`),
				entry(`"playerState":"PLAYING","currentTime":10,"activeTrackIds":null,"media":{"contentId":"c","tracks":5}`),
			},
			from: plain,
			alter: func(s *bridge.MediaStatus) {
				s.URL, s.Position, s.At, s.Shown = "c", 10, later, []int{2, 3}
				s.Tracks = []bridge.Track{{ID: 2, URL: "http://x/de.vtt", Language: "de", Name: "Deutsch"}, {ID: 3}}
			},
		},
		"no track is active any more": {
			in:   []string{entry(`"playerState":"PLAYING","activeTrackIds":[2]`), entry(`"playerState":"PLAYING","activeTrackIds":[],"currentTime":0`)},
			from: plain, alter: func(s *bridge.MediaStatus) { s.At = later },
		},
		"music": {
			in: []string{entry(`"playerState":"PLAYING","media":{"metadata":{"metadataType":3,"title":"T","artist":"A","albumName":"B",` +
				`"subtitle":"S","images":["x",{"url":"u"}]}}`)},
			from: plain,
			alter: func(s *bridge.MediaStatus) {
				s.Title, s.Artist, s.Album, s.Subtitle, s.Artwork = "T", "A", "B", "S", "u"
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var v mediaView
			if ended := mergeAll(t, &v, row.in...); len(ended) != row.ended {
				t.Errorf("ended %+v", ended)
			}
			want := row.from
			if row.alter != nil {
				row.alter(&want)
			}
			if v.current == nil || !reflect.DeepEqual(v.current.status, want) {
				t.Errorf("got  %+v\nwant %+v", v.current, want)
			}
		})
	}
}

func TestMediaStatusEnds(t *testing.T) {
	idle := func(more string) string { return entry(`"mediaSessionId":1,"playerState":"IDLE",` + more) }
	at := func(seconds, more string) string { return entry(`"mediaSessionId":1,"currentTime":` + seconds + more) }
	other := func(id string) string {
		return entry(`"mediaSessionId":` + id + `,"playerState":"PLAYING","media":{"contentId":"b"}`)
	}
	const interrupted = `"idleReason":"INTERRUPTED"`
	for name, row := range map[string]struct {
		in    []string
		want  string // the one end
		plays string // what is loaded afterwards
	}{
		"FINISHED":              {in: []string{fullStatus, finished}, want: "finished at 22.5"},
		"FINISHED is told once": {in: []string{fullStatus, finished, finished, emptyList}, want: "finished at 22.5"},
		"FINISHED that tells where": {
			in:   []string{fullStatus, idle(`"idleReason":"FINISHED","currentTime":421.3`)},
			want: "finished at 421.3",
		},
		"CANCELLED":   {in: []string{fullStatus, idle(`"idleReason":"CANCELLED"`)}, want: "cancelled at 22.5"},
		"INTERRUPTED": {in: []string{fullStatus, idle(interrupted)}, want: "interrupted at 22.5"},
		"paused time does not run": {
			in: []string{fullStatus, delta, idle(`"idleReason":"CANCELLED"`)}, want: "cancelled at 20",
		},
		"ERROR": {
			in: []string{fullStatus, idle(`"idleReason":"ERROR"`)}, want: "error at 22.5: the device could not play it",
		},
		"ERROR with a code": {
			in:   []string{fullStatus, idle(`"idleReason":"ERROR","detailedErrorCode":102`)},
			want: "error at 22.5: the device could not decode the file",
		},
		"a reason of the wrong type":  {in: []string{fullStatus, idle(`"idleReason":{}`)}, want: "cancelled at 22.5"},
		"an empty list in the middle": {in: []string{fullStatus, emptyList}, want: "cancelled at 22.5"},
		"an empty list near the end":  {in: []string{fullStatus, at("405", ""), emptyList}, want: "finished at 415"},
		"paused near the end, then an empty list": {
			in: []string{fullStatus, at("415", `,"playerState":"PAUSED"`), emptyList}, want: "cancelled at 415",
		},
		"no position beyond the end": {in: []string{fullStatus, at("420", ""), finished}, want: "finished at 421.3"},
		"another session takes its place": {
			in: []string{fullStatus, other("2")}, want: "interrupted at 22.5", plays: "b",
		},
		"its late IDLE does not end the new one": {
			in: []string{fullStatus, other("2"), idle(interrupted)}, want: "interrupted at 22.5", plays: "b",
		},
		"a status of a lower session is old news": {
			in:   []string{other("4"), other("3"), entry(`"mediaSessionId":4,"playerState":"IDLE","idleReason":"FINISHED"`)},
			want: "finished at 20",
		},
		"the old session outside, the new one inside extendedStatus": {
			in: []string{fullStatus, idle(interrupted +
				`,"extendedStatus":{"playerState":"LOADING","mediaSessionId":2,"media":{"contentId":"n"}}`)},
			want: "interrupted at 22.5", plays: "n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := mediaView{rising: true}
			wantEnd(t, mergeAll(t, &v, row.in...), row.want)
			plays := ""
			if v.current != nil {
				plays = v.current.status.URL
			}
			if plays != row.plays {
				t.Errorf("plays %q, wanted %q", plays, row.plays)
			}
		})
	}
	t.Run("other apps' ids may fall", func(t *testing.T) {
		var v mediaView
		wantEnd(t, mergeAll(t, &v, other("4"), other("3")), "interrupted at 10")
	})
}

func wantEnd(t *testing.T, ended []ending, want string) {
	t.Helper()
	if len(ended) != 1 {
		t.Fatalf("%d ends: %+v", len(ended), ended)
	}
	got := fmt.Sprintf("%s at %v", ended[0].Reason, ended[0].Position)
	if ended[0].Message != "" {
		got += ": " + ended[0].Message
	}
	if got != want {
		t.Errorf("ended %s; wanted %s", got, want)
	}
}
