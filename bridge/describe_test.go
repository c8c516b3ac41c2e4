package bridge

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"localcast/bridge/media"
	"localcast/bridge/queue"
)

// told runs a script and returns the last state of the kitchen.
func told(t *testing.T, script string) (s DeviceState) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{})
		defer func() { w.stop() }()
		w.run(script)
		s = w.journal.last["kitchen"]
	})
	return s
}

// asJSON is what a client reads of it, without the clock and what a row does not name.
func asJSON(t *testing.T, s DeviceState, keys []string) string {
	t.Helper()
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, key := range keys {
		out = append(out, fmt.Sprintf("%s=%s", key, all[key]))
	}
	return strings.Join(out, " ")
}

func TestDeviceState(t *testing.T) {
	for name, row := range map[string]struct{ script, want string }{
		"of an episode": {kitchen + ". kitchen: play item=bluey2\n. kitchen done\n. kitchen plays 12",
			`state="playing" title="Bluey" subtitle="S01E02 Hospital" artist=null season=1 episode=2 year=null kind="episode" ` +
				`item="bluey2" entry="e1" content_type="video/mp4" duration=420 position=12 rate=1 ours=true app="Default Media Receiver" ` +
				`queue_index=0 queue_length=1 artwork=null subtitles=null subtitle_tracks=[] error=null`},
		"subtitles, though nothing else has changed": {playing + ". kitchen subtitled 1 0\n. kitchen subtitled 1 9",
			`state="playing" subtitles="en" ` +
				`subtitle_tracks=[{"track":1,"language":"de-AT","name":"Deutsch"},{"track":2,"language":"en","name":null}]`},
		"of what is off and has a queue": {playing + ". kitchen plays 30\n. kitchen: stop\n. kitchen done\n. kitchen off",
			`state="off" title="Alien" item="alien" entry="e1" duration=7000 position=30 app=null queue_index=0`},
		"of what has nothing": {kitchen,
			`state="off" title=null item=null entry=null duration=null position=null position_updated_at=null volume=30 queue_index=null`},
		"of a device that was never reached": {". appears Kitchen id=a1",
			`state="off" volume=null muted=false ours=true`},
		"of an app with nothing loaded": {kitchen + ". kitchen idles", `state="idle" app="Default Media Receiver" ours=true`},
		"of another's media: what its app tells, and the queue waits": {playing + ". kitchen app YouTube plays Cats",
			`state="playing" title="Cats" artist="Somebody" item=null entry=null kind=null content_type="video/webm" duration=60 position=12 ` +
				`ours=false app="YouTube" queue_index=0 queue_length=2 artwork="http://elsewhere/cats.jpg"`},
		"of another's app that tells nothing": {playing + ". kitchen app Netflix",
			`state="idle" title=null item=null entry=null duration=null position=null ours=false app="Netflix" queue_index=0`},
		"another's media stays while its app is asked anew": {
			playing + ". kitchen app YouTube plays Cats\n. kitchen unasked\n. kitchen volume 50",
			`state="playing" title="Cats" ours=false volume=50`,
		},
		"the failure, until something plays": {playing + ". kitchen breaks it could not be decoded",
			`state="buffering" title="Hurt" error="It could not be decoded"`},
		"no failure any more": {playing + ". kitchen breaks it could not be decoded\n. kitchen done\n. kitchen plays 0",
			`state="playing" title="Hurt" error=null`},
	} {
		t.Run(name, func(t *testing.T) {
			var keys []string
			for _, pair := range strings.Fields(row.want) {
				if key, _, ok := strings.Cut(pair, "="); ok {
					keys = append(keys, key)
				}
			}
			if got := asJSON(t, told(t, row.script), keys); got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
		})
	}
}

func TestPicture(t *testing.T) {
	for script, want := range map[string]string{
		kitchen:                            "http://here/art/neutral",
		kitchen + ". kitchen: play aliens": "http://here/art/aliens",
		kitchen + ". kitchen: play alien kind=movie": "http://here/art/neutral",
		playing + ". kitchen app YouTube plays Cats": "http://elsewhere/cats.jpg",
	} {
		if got := told(t, script).Picture; got != want {
			t.Errorf("%s\nshows %s, want %s", script, got, want)
		}
	}
}

func TestQueueWindow(t *testing.T) {
	for _, row := range []struct {
		length, index int
		first, shown  int
	}{
		{150, -1, 0, 100},
		{150, 0, 0, 100},
		{150, 25, 0, 100},
		{150, 26, 1, 100},
		{150, 100, 50, 100},
		{150, 149, 50, 100},
		{30, 29, 0, 30},
		{0, -1, 0, 0},
	} {
		t.Run(fmt.Sprintf("%d of %d", row.index, row.length), func(t *testing.T) {
			var saved SavedQueue
			for i := range row.length {
				saved.Rows = append(saved.Rows, queue.Row[media.Item]{Entry: Entry{ID: queue.EntryID(i + 1), Duration: 10}, Rank: int64(i)})
			}
			saved.Head.Current = queue.EntryID(row.index + 1)
			j := newJournal()
			ports := Ports{Devices: newFakeDevices(j), Links: fakeLinks{}, Publisher: j}
			d := newDevice(ports, newHousehold(ports, nil), Config{ID: "b1"}, Sighting{}, saved, nil, slog.New(slog.DiscardHandler))
			s := newRunning(d, nil, nil).queueState()
			if s.First != row.first || len(s.Entries) != row.shown || s.Length != row.length || s.Duration != float64(10*row.length) {
				t.Errorf("first %d, %d entries of %d, %g s; wanted %+v", s.First, len(s.Entries), s.Length, s.Duration, row)
			}
		})
	}
}
