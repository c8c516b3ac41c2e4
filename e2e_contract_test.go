package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"localcast/bridge/store"
	"localcast/cast/casttest"
	"localcast/docs/schema"
)

// schemas are the contract as machines read it, compiled once.
var schemas = sync.OnceValues(schema.Load)

func contract(t *testing.T) *schema.Contract {
	t.Helper()
	c, err := schemas()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// heardTheContract fails if anything was published that is not as the contract says. Commands are the household's own.
func (e *ear) heardTheContract() {
	c := contract(e.t)
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, m := range e.heard {
		if isCommand(m.topic) {
			continue
		}
		if err := c.Check(whole(m.topic), []byte(m.payload)); err != nil {
			e.t.Error(err)
		}
	}
}

// whole is the topic of something that was heard.
func whole(topic string) string {
	if strings.HasPrefix(topic, "homeassistant/") {
		return topic
	}
	return "localcast/" + topic
}

// isCommand reports whether a topic below the base is one of a command's.
func isCommand(topic string) bool {
	levels := strings.Split(topic, "/")
	return len(levels) >= 2 && levels[1] == "command"
}

// wholeContract is a household in which everything that the contract has is used once. What was used is counted by what was heard.
type wholeContract struct {
	*home
	contract  *schema.Contract
	arguments map[string]map[string]bool // by command: those with which it was answered as wanted
	codes     map[string]bool
	asked     int
}

// ask sends a command, to a topic below the base, and fails unless it is answered with the code, "" for ok.
func (u *wholeContract) ask(topic, payload, code string) usedAnswer {
	u.t.Helper()
	to, name, _ := strings.Cut(topic, "/command")
	name = strings.TrimPrefix(name, "/")
	var arguments map[string]any
	if strings.HasPrefix(payload, "{") {
		arguments = decode[map[string]any](u.t, payload)
		u.asked++
		arguments["transaction"] = fmt.Sprint("t", u.asked)
		if name == "" {
			name, _ = arguments["command"].(string)
		}
		text, err := json.Marshal(arguments)
		if err != nil {
			u.t.Fatal(err)
		}
		payload = string(text)
	}
	if command, ok := u.contract.Commands[name]; ok && arguments != nil && code != "invalid" {
		if err := command.Check([]byte(payload)); err != nil {
			u.t.Errorf("%s %s is not as the contract says: %v", topic, payload, err)
		}
	}
	from := u.ear.mark()
	u.ear.say(topic, payload)
	said := u.ear.await(from, to+"/response/"+name, func(p string) bool {
		return arguments == nil || strings.Contains(p, fmt.Sprintf("%q:%q", "transaction", arguments["transaction"]))
	})
	a := decode[usedAnswer](u.t, said)
	if a.Error.Code != code {
		u.t.Fatalf("%s %s is answered with %q, want %q: %s", topic, payload, a.Error.Code, code, said)
	}
	u.codes[code] = true
	if u.arguments[name] == nil {
		u.arguments[name] = map[string]bool{}
	}
	for argument := range arguments {
		u.arguments[name][argument] = u.arguments[name][argument] || code != "invalid" && code != "unsupported"
	}
	return a
}

// tell sends a command to the television, which is to obey it.
func (u *wholeContract) tell(command, payload string) usedAnswer {
	u.t.Helper()
	return u.ask("kuche_tv/command/"+command, payload, "")
}

type usedAnswer struct {
	Error struct{ Code, Message string }
	Data  struct {
		Revision, Length, Total int
		Entries                 []any // names in most answers, whole entries in that of queue_list
		Results                 []struct{ Item, Title, Path string }
		Alternatives            []struct{ Item, Title string }
	}
}

// newWholeContract starts the program twice: between, its disk is made to refuse Song D.
func newWholeContract(t *testing.T) *wholeContract {
	t.Helper()
	h := newHome(t, freePort(t), 10*time.Minute, 10*time.Minute, 10*time.Minute, 10*time.Minute)
	config := h.config(true)
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(freePort(t)) // where nobody is
	radio := fmt.Sprintf("devices: [{host: 127.0.0.1, port: %s, id: 0123456789abcdef0123456789abcdef, name: Küche Radio}, ", port)
	speech := "announce: {tts_url: '" + h.bell(10*time.Minute) + "?text={text}'}\n"
	h.write("config.yaml", []byte(strings.Replace(string(text), "devices: [", radio, 1)+speech))
	stop := h.start(config)
	h.listen()
	h.ear.ready(4)
	stop()
	h.ear.client.Disconnect(100)
	h.breakDisk("Song D")
	h.start(config)
	h.listen()
	h.ear.ready(4)
	h.ear.client.Subscribe("homeassistant/#", 1, nil)
	return &wholeContract{home: h, contract: contract(t), arguments: map[string]map[string]bool{}, codes: map[string]bool{}}
}

// breakDisk has the store refuse to keep an entry with a title.
func (h *home) breakDisk(title string) {
	h.t.Helper()
	found, err := filepath.Glob(filepath.Join(h.dir, "*", store.FileName))
	if err != nil || len(found) != 1 {
		h.t.Fatalf("%d stores are there, want 1: %v", len(found), err)
	}
	db, err := sql.Open("sqlite", found[0])
	if err != nil {
		h.t.Fatal(err)
	}
	defer db.Close()
	_, err = db.ExecContext(h.t.Context(), "CREATE TRIGGER broken BEFORE INSERT ON entry WHEN NEW.title = '"+title+
		"' BEGIN SELECT RAISE(ABORT, 'the disk is broken'); END")
	if err != nil {
		h.t.Fatal(err)
	}
}

// TestEveryPartOfTheContractIsUsed uses every command with every argument, brings about every code and hears every topic and
// event.
func TestEveryPartOfTheContractIsUsed(t *testing.T) {
	u := newWholeContract(t)
	u.useTheLibrary()
	u.useTheQueue()
	u.usePlaylists()
	u.usePlayback()
	u.useAnnouncements()
	u.useTheBridge()
	u.useEveryCode()
	u.complain()
}

func (u *wholeContract) useTheLibrary() {
	u.ask("bridge/command/ping", `{}`, "")
	u.ask("bridge/command/playlists", `{}`, "")
	root := u.ask("bridge/command/browse", `{}`, "").Data.Results
	if len(root) == 0 {
		u.t.Fatal("the library has no root")
	}
	u.ask("bridge/command/browse", `{"item":"`+root[0].Item+`","offset":0,"limit":5}`, "")
	u.tell("browse", `{"path":"Music"}`)
	if n := u.ask("bridge/command/search", `{"query":"song","kind":"track","artist":"The Sines","offset":1,"limit":2}`, "").Data; n.Total != 4 || len(n.Results) != 2 {
		u.t.Errorf("a page of a search is %+v", n)
	}
	if n := u.ask("bridge/command/search", `{"query":"song","genre":"Polka"}`, "").Data.Total; n != 0 {
		u.t.Errorf("%d songs are polkas", n)
	}
	if n := u.ask("bridge/command/search", `{"query":"song","year":"1890-1899"}`, "").Data.Total; n != 0 {
		u.t.Errorf("%d songs are of that time", n)
	}
	album := u.tell("search", `{"query":"first","kind":["album"]}`).Data.Results
	if len(album) == 0 {
		u.t.Fatal("the album is not found")
	}
	if n := u.tell("search", `{"query":"song","within":"`+album[0].Item+`","quiet":true}`).Data.Total; n != 4 {
		u.t.Errorf("%d songs are in the album, want 4", n)
	}
	for _, command := range []string{"play", "queue_add", "announce"} {
		a := u.ask("kuche_tv/command/"+command, `{"query":"song"}`, "ambiguous")
		if len(a.Data.Alternatives) != 4 || !strings.HasPrefix(a.Data.Alternatives[0].Title, "Song ") || !strings.Contains(a.Error.Message, "Song B") {
			u.t.Errorf("%s of what four songs begin with: %+v", command, a)
		}
	}
	if a := u.ask("kuche_tv/command/play", `{"query":"xyzzy"}`, "not_found"); a.Data.Alternatives == nil {
		u.t.Errorf("play of nothing: %+v", a)
	}
}

// songs are the ids of the songs, in order.
func (u *wholeContract) songs() []string {
	u.t.Helper()
	var ids []string
	for _, title := range []string{"song a", "song b", "song c"} {
		found := u.tell("search", `{"query":"`+title+`"}`).Data.Results
		if len(found) == 0 {
			u.t.Fatalf("%s is not found", title)
		}
		ids = append(ids, found[0].Item)
	}
	return ids
}

func (u *wholeContract) useTheQueue() {
	id := u.songs() // the last search found Song C
	web := httptest.NewServer(http.FileServer(http.Dir(filepath.Join(u.dir, "media", "Music", "The Sines", "First"))))
	u.t.Cleanup(web.Close)
	url := `"url":"` + web.URL + `/01%20-%20Song%20A.wav","title":"Radio","content_type":"audio/wav","artwork":"` + web.URL + `/p.png"`
	length := func(n int, a usedAnswer) usedAnswer {
		u.t.Helper()
		if a.Data.Length != n {
			u.t.Fatalf("the queue has %d entries, want %d", a.Data.Length, n)
		}
		return a
	}
	length(1, u.tell("play", `{"item":"`+id[0]+`","start":5,"shuffle":false,"enqueue":"replace"}`))
	length(2, u.tell("play", `{"result":1,"enqueue":"next"}`))
	added := length(4, u.tell("play", `{"items":["`+id[0]+`","`+id[1]+`"],"interval":8,"enqueue":"add"}`))
	length(5, u.tell("play", fmt.Sprintf(`{%s,"enqueue":"play","revision":%d}`, url, added.Data.Revision)))
	length(1, u.tell("play", `{"query":"song b","kind":"track"}`))
	length(1, u.ask("bridge/command/play", `{"query":"song c","area":"Küche TV"}`, ""))
	length(1, u.ask("bridge/command/play", `{"query":"song a","device":"Küche TV"}`, ""))

	length(2, u.tell("queue_add", `{"query":"song b","kind":"track","start":1,"interval":8,"shuffle":false}`))
	added = length(4, u.tell("queue_add", `{"items":["`+id[0]+`","`+id[1]+`"]}`))
	length(5, u.tell("queue_add", fmt.Sprintf(`{"item":"%s","revision":%d}`, id[2], added.Data.Revision)))
	length(6, u.tell("queue_add", `{`+url+`}`))
	length(7, u.tell("queue_add", `{"result":1}`))
	listed := u.tell("queue_list", `{"offset":1,"limit":6}`)
	if len(listed.Data.Entries) != 6 {
		u.t.Fatalf("the page has %d entries, want 6", len(listed.Data.Entries))
	}
	entry := func(at int) string { return fmt.Sprintf("%q", listed.Data.Entries[at-1].(map[string]any)["entry"]) }
	moved := u.tell("queue_move", fmt.Sprintf(`{"entry":%s,"to":6,"revision":%d}`, entry(1), listed.Data.Revision))
	length(6, u.tell("queue_remove", fmt.Sprintf(`{"entry":%s,"revision":%d}`, entry(1), moved.Data.Revision)))
	length(4, u.tell("queue_remove", fmt.Sprintf(`{"entries":[%s,%s]}`, entry(2), entry(3))))
	length(3, u.tell("queue_remove", `{"index":3}`))
	u.tell("queue_jump", `{"index":1}`)
	u.tell("queue_jump", `{"entry":`+entry(4)+`}`)
	shuffled := u.tell("shuffle", `{"enabled":true}`)
	u.tell("shuffle", fmt.Sprintf(`{"enabled":false,"revision":%d}`, shuffled.Data.Revision))
	u.tell("repeat", `{"mode":"all"}`)
	kept := length(1, u.tell("queue_clear", `{"keep_current":true}`))
	length(0, u.tell("queue_clear", fmt.Sprintf(`{"revision":%d}`, kept.Data.Revision)))
	u.tell("repeat", `off`)
	u.tell("transfer", fmt.Sprintf(`{"to":"Küche TV","revision":%d}`, u.tell("queue_list", `{}`).Data.Revision)) // it is there already
}

func (u *wholeContract) usePlaylists() {
	u.tell("queue_add", `{"query":"song b"}`)
	u.tell("save", `{"name":"Party"}`)
	u.tell("queue_add", `{"playlist":"party"}`)
	if n := u.tell("play", `{"playlist":"Party"}`).Data.Length; n != 1 {
		u.t.Errorf("the playlist holds %d songs, want 1", n)
	}
	u.ask("bridge/command/playlist_delete", `{"name":"Party"}`, "")
	u.ask("kuche_tv/command/play", `{"playlist":"Party"}`, "not_found")
	if got := u.ask("bridge/command/history", `{"device":"Küche TV","offset":0,"limit":1}`, "").Data; len(got.Results) != 1 || got.Total < 1 {
		u.t.Errorf("the history is %+v", got)
	}
	u.tell("queue_clear", `{}`)
}

func (u *wholeContract) usePlayback() {
	u.tell("play", `{"query":"song a"}`)
	u.tell("queue_add", `{"query":"song b"}`)
	from := u.ear.mark()
	for _, c := range []struct{ command, payload string }{
		{"seek", `{"position":60}`}, {"seek", `{"offset":-30}`}, {"volume", `{"level":20}`}, {"volume", `{"delta":5}`},
		{"mute", `{"muted":true}`}, {"mute", `{}`}, {"pause", `{}`}, {"resume", `{}`}, {"toggle", `{}`}, {"toggle", `{}`},
		{"speed", `{"rate":1}`}, {"subtitles", `{"off":true}`},
		{"sleep", `{"minutes":30}`}, {"sleep", `{"after":"item"}`}, {"sleep", `0`},
		{"next", `{}`}, {"previous", `{}`}, {"stop", `{}`}, {"wake", `{}`}, {"play", `PRESS`},
	} {
		u.tell(c.command, c.payload)
	}
	u.ear.state(from, func(s deviceState) bool { return s.Volume == 25 && s.State == "playing" && s.Title == "Song A" })
	u.ask("kuche_tv/command/subtitles", `{"track":1}`, "not_found") // songs have none
	u.ask("kuche_tv/command/subtitles", `{"language":"en"}`, "not_found")
	u.ask("kuche_tv/command", `{"command":"pause","response_topic":"localcast/kuche_tv/response/mine"}`, "")
	u.ear.await(from, "kuche_tv/response/mine", func(string) bool { return true })
	u.ask("bridge/command/resume", `{"device":"all"}`, "")
	u.ear.state(from, func(s deviceState) bool { return s.State == "playing" })
	for _, title := range []string{"Song B", ""} {
		from = u.ear.mark()
		if !u.tv.Finish() {
			u.t.Fatal("nothing plays that could end")
		}
		u.ear.state(from, func(s deviceState) bool {
			return title == "" && s.State == "idle" || s.State == "playing" && s.Title == title
		})
	}
}

// useAnnouncements plays announcements of every kind over a song, which goes on after each.
func (u *wholeContract) useAnnouncements() {
	id := u.songs()[1]
	from := u.ear.mark()
	u.tell("play", `{"query":"song a"}`)
	u.ear.state(from, func(s deviceState) bool { return s.State == "playing" && s.Title == "Song A" })
	bell := u.bell(10 * time.Minute)
	for _, row := range []struct{ payload, title string }{
		{`{"query":"song b"}`, "Song B"},
		{`{"item":"` + id + `","volume":40}`, "Song B"},
		{`{"url":"` + bell + `","title":"Bell","content_type":"audio/wav"}`, "Bell"},
		{`{"message":"Dinner is ready","force":false}`, "Dinner is ready"},
	} {
		u.tell("seek", `{"position":0}`) // so that it does not end meanwhile
		from := u.ear.mark()
		u.tell("announce", row.payload)
		u.ear.state(from, func(s deviceState) bool { return s.State == "playing" && s.Title == row.title && s.Entry == "" })
		u.ear.await(from, "kuche_tv/event", func(p string) bool { return strings.Contains(p, `"announcement_started"`) })
		from = u.ear.mark()
		u.tell("next", `{}`)
		u.ear.await(from, "kuche_tv/event", func(p string) bool { return strings.Contains(p, `"announcement_finished"`) })
		u.ear.state(from, func(s deviceState) bool { return s.State == "playing" && s.Title == "Song A" && s.Volume == 25 })
	}
}

func (u *wholeContract) useTheBridge() {
	happens := func(event string, does func()) {
		u.t.Helper()
		from := u.ear.mark()
		does()
		u.ear.await(from, "bridge/event", func(p string) bool { return strings.Contains(p, `"`+event+`"`) })
	}
	happens("library_updated", func() {
		u.write("media/Music/The Sines/First/05 - Song E.wav", tones(time.Minute, 880))
		u.ask("bridge/command/rescan", `{"folder":"media"}`, "")
	})
	media := filepath.Join(u.dir, "media")
	move := func(from, to string) {
		if err := os.Rename(from, to); err != nil {
			u.t.Fatal(err)
		}
		u.ask("bridge/command/rescan", `{}`, "")
	}
	happens("folder_unavailable", func() { move(media, media+".away") })
	from := u.ear.mark()
	happens("folder_available", func() { move(media+".away", media) })
	u.ear.await(from, "bridge/library", func(p string) bool { // the folder is there before its songs are found again
		l := decode[struct {
			Tracks      int
			Scanning    bool
			Unavailable []string `json:"unavailable_folders"`
		}](u.t, p)
		return l.Tracks == 5 && !l.Scanning && len(l.Unavailable) == 0
	})
}

// useEveryCode brings about each code. What leaves something broken comes last.
func (u *wholeContract) useEveryCode() {
	u.ask("kuche_tv/command/volume", `{"level":150}`, "invalid")
	u.ask("kuche_tv/command/play", `{"query":"zzyzx"}`, "not_found")
	u.ask("bridge/command/pause", `{"device":"Küche"}`, "ambiguous")
	u.ask("kuche_radio/command/pause", `{}`, "offline")
	u.ask("kuche_tv/command/queue_clear", `{"revision":1}`, "conflict")
	u.tell("stop", `{}`)
	u.ask("kuche_tv/command/seek", `{"position":5}`, "not_playing")
	u.ask("kuche_tv/command/queue_add", `{"query":"song d"}`, "internal")
	u.flood()

	from := u.ear.mark()
	u.tv.SetRefuse(func(string) *casttest.LoadError { return &casttest.LoadError{} })
	u.ask("kuche_tv/command/play", `{"query":"song a"}`, "rejected")
	u.tv.SetRefuse(nil)
	u.ear.await(from, "kuche_tv/event", func(p string) bool { return strings.Contains(p, `"item_failed"`) })

	from = u.ear.mark()
	u.tell("play", `{"query":"song a"}`)
	u.ear.state(from, func(s deviceState) bool { return s.State == "playing" })
	u.tv.TakeOver("233637DE", "YouTube")
	u.ear.state(from, func(s deviceState) bool { return !s.Ours })
	u.ask("kuche_tv/command/seek", `{"position":5}`, "unsupported")

	from = u.ear.mark()
	u.ask("bridge/command/forget", `{"device":"Küche Radio"}`, "")
	u.ear.await(from, "bridge/event", func(p string) bool { return strings.Contains(p, `"device_removed"`) })
}

// flood sends more commands than can wait, while one waits for a server that does not answer.
func (u *wholeContract) flood() {
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	u.t.Cleanup(slow.Close)
	from := u.ear.mark()
	u.ear.say("kuche_tv/command/play", slow.URL+"/radio")
	const browses = 40
	for range browses {
		u.ear.say("kuche_tv/command/browse", `{}`)
	}
	u.ear.await(from, "kuche_tv/response/browse", func(p string) bool { return strings.Contains(p, `"busy"`) })
	u.codes["busy"] = true
	close(release)
	u.ear.await(from, "kuche_tv/response/play", func(string) bool { return true })
	u.ear.await(from, "kuche_tv/response/browse", func(string) bool { // what still waits would fill the next command's inbox
		u.ear.mu.Lock()
		defer u.ear.mu.Unlock()
		answered := 0
		for _, m := range u.ear.heard[from:] {
			if m.topic == "kuche_tv/response/browse" {
				answered++
			}
		}
		return answered == browses
	})
}

// complain names all that was not used.
func (u *wholeContract) complain() {
	c := u.contract
	common := map[string]bool{}
	for name, command := range c.Commands {
		for argument := range u.arguments[name] {
			common[argument] = true
		}
		if u.arguments[name] == nil {
			u.t.Errorf("%s was not used", name)
		}
		for _, argument := range command.Arguments {
			if !u.arguments[name][argument] {
				u.t.Errorf("%s was not used with %s", name, argument)
			}
		}
	}
	for _, argument := range c.Common {
		if !common[argument] {
			u.t.Errorf("no command was used with %s", argument)
		}
	}
	for code := range c.Codes {
		if !u.codes[code] {
			u.t.Errorf("no command was answered with %s", code)
		}
	}
	u.ear.mu.Lock()
	defer u.ear.mu.Unlock()
	for _, topic := range c.Topics {
		var payloads []string
		for _, m := range u.ear.heard {
			if t, ok := c.Topic(whole(m.topic)); ok && t.Name == topic.Name {
				payloads = append(payloads, m.payload)
			}
		}
		if len(payloads) == 0 {
			u.t.Errorf("nothing was heard on %s", topic.Name)
		}
		all := strings.Join(payloads, "\n")
		for _, event := range topic.Events {
			if !strings.Contains(all, `"`+event+`"`) && !slices.Contains(notHeard(), event) {
				u.t.Errorf("%s was not heard", event)
			}
		}
	}
}

// notHeard are events that this household does not bring about. device_added needs a device that is discovered, and here
// all are in the configuration, known before there is a broker.
func notHeard() []string { return []string{"device_added"} }
