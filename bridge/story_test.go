package bridge

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"localcast/bridge/media"
	"localcast/bridge/voice"
)

// world is a bridge among fakes, driven by lines of text. A line that begins with > is something that happens; the lines
// behind it are all that leaves because of it. A line that begins with a dot happens too, and what leaves is passed over.
//
//	> appears Kitchen id=a1 kind=audio   discovery sees a device; static and topic=... come from the configuration
//	> kitchen online | gone | idles      its link comes or goes, its app has nothing loaded
//	> kitchen done | refuses WHY | cannot WHY   it answers the load under way, else its oldest order
//	> kitchen plays 20 | pauses 20       it reports the session of its last load at a position
//	> kitchen finishes | interrupted     that session ends
//	> kitchen runs e1 3 20               it reports a session by its tag; "rests" where that is paused
//	> kitchen speaks 4 20              it reports an announcement by its serial
//	> kitchen untagged http://... 20     it reports one without a tag, by its address
//	> kitchen app Netflix                another app takes it; "app YouTube plays Cats" with media
//	> kitchen: play alien                a command on the device's topic
//	> bridge: ping                       a command on the bridge's
//	> bridge to Kitchen TV: pause        one with a device argument
//	> disk waits | works | full          "works in 1s" comes true a little later
//	> wait 5s | stop | start             "stop within 3s" where it may take longer than 2 s
//	> kill                               and start again; "kill ignoring Den", "kill naming a1 cooker" change the configuration
//	> flood                              as many searches on the bridge as may wait
//	> catalogue lost | library gained    its items get other ids; something happens in it
type world struct {
	*testing.T
	config  Config
	journal *journal
	devices *fakeDevices
	library *fakeLibrary
	store   *fakeStore
	bridge  *Bridge
	stop    func()
}

// story runs a script in a bubble of time.
func story(t *testing.T, config Config, script string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, config)
		defer func() { w.stop() }()
		w.run(script)
	})
}

func newWorld(t *testing.T, config Config) *world {
	t.Helper()
	config.ID = "b1"
	w := &world{T: t, config: config, journal: newJournal(), library: newFakeLibrary(), store: newFakeStore()}
	w.start()
	w.journal.take()
	return w
}

func (w *world) start() {
	w.Helper()
	w.devices = newFakeDevices(w.journal)
	grammar, err := voice.New("en")
	if err != nil {
		w.Fatal(err)
	}
	w.bridge = New(w.config, Ports{
		Devices: w.devices, Library: w.library, Links: fakeLinks{}, Remote: fakeRemote{}, Store: w.store,
		Playlists: w.store, Diary: w.store, Publisher: w.journal, Grammar: grammar,
	}, slog.New(slog.DiscardHandler))
	if err := w.bridge.Load(w.Context()); err != nil {
		w.Fatal(err)
	}
	ctx, cancel := context.WithCancel(w.Context())
	ended := make(chan error, 1)
	go func(b *Bridge) { ended <- b.Run(ctx) }(w.bridge)
	w.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			w.Error(err)
		}
		w.stop = func() {}
	}
	synctest.Wait()
}

// run does a script's lines and compares what leaves.
func (w *world) run(script string) {
	w.Helper()
	var said, want []string
	line, checked := "", false
	check := func() {
		w.Helper()
		if !checked {
			return
		}
		if got, want := byLane(said), byLane(want); !slices.Equal(got, want) {
			w.Errorf("%s\n got  %s\n want %s", line, strings.Join(got, "\n      "), strings.Join(want, "\n      "))
		}
	}
	for text := range strings.Lines(script) {
		text = strings.TrimSpace(text)
		switch {
		case text == "":
		case text[0] == '>' || text[0] == '.':
			check()
			line, checked, want = text, text[0] == '>', nil
			w.do(strings.TrimSpace(text[1:]))
			synctest.Wait()
			said = w.journal.take()
		default:
			want = append(want, text)
		}
	}
	check()
}

// do makes one thing happen.
func (w *world) do(line string) {
	w.Helper()
	if to, rest, ok := strings.Cut(line, ": "); ok {
		w.command(to, rest)
		return
	}
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "appears":
		w.devices.found <- w.sighting(rest)
	case "disk":
		does, after, later := strings.Cut(rest, " in ")
		d, _ := time.ParseDuration(after)
		if later {
			go func() { <-time.After(d); w.store.disk(does) }()
			return
		}
		w.store.disk(does)
	case "wait":
		d, err := time.ParseDuration(rest)
		if err != nil {
			w.Fatal(err)
		}
		<-time.After(d)
	case "stop":
		began, within := time.Now(), 2*time.Second
		if d, err := time.ParseDuration(strings.TrimPrefix(rest, "within ")); err == nil {
			within = d
		}
		w.stop()
		if took := time.Since(began); took > within {
			w.Errorf("the bridge took %v to stop, wanted %v at most", took, within)
		}
	case "flood": // as many searches on the bridge as may wait
		for range commandsWaiting {
			w.command("bridge", "search slow alien")
			synctest.Wait()
		}
	case "catalogue": // it was lost, and the films have other ids now
		w.library.items[0].ID = "again"
	case "library":
		w.library.happens(media.LibraryEvent{Type: media.LibraryUpdated, Folder: "films", Added: 3})
	case "start":
		w.start()
	case "kill": // what the bridge does at its end does not reach the disk
		survives := w.store.copy()
		w.stop()
		w.journal.take()
		w.store = survives
		if what, ok := strings.CutPrefix(rest, "ignoring "); ok {
			w.config.Ignore = strings.Split(what, ",")
		}
		if what, ok := strings.CutPrefix(rest, "naming "); ok {
			place, topic, _ := strings.Cut(what, " ")
			w.config.Topics = map[string]string{place: topic}
		}
		w.start()
	default:
		w.player(word, rest)
	}
}

// player lets a Chromecast do something.
func (w *world) player(topic, what string) {
	w.Helper()
	p := w.devices.player(topic)
	if p == nil {
		w.Fatalf("there is no %s", topic)
	}
	word, rest, _ := strings.Cut(what, " ")
	switch word {
	case "online":
		p.tell(func(s *Status) {
			*s = Status{Online: true, Host: "10.0.0.1", Idle: true, Asked: true, Controllable: true, Volume: 30}
		})
	case "gone":
		p.tell(func(s *Status) { *s = Status{} })
	case "unasked": // it is not known yet what it plays
		p.tell(func(s *Status) {
			*s = Status{Online: true, Host: "10.0.0.1", App: "Default Media Receiver", Default: true, Volume: 30}
		})
	case "off":
		p.tell(func(s *Status) { s.Idle, s.App, s.Default, s.Media = true, "", false, nil })
	case "done":
		p.done(nil)
	case "refuses":
		p.done(&Fail{FailRefused, rest})
	case "cannot": // for the file's format
		p.done(&Fail{FailFormat, rest})
	case "volume":
		p.tell(func(s *Status) { s.Volume, _ = strconv.Atoi(rest) })
	case "asks": // the user has to allow it
		p.tell(func(s *Status) { s.Notice = rest })
	case "finishes", "breaks", "interrupted":
		e := Ended{Message: rest, Reason: map[string]EndReason{
			"finishes": EndFinished, "breaks": EndError, "interrupted": EndInterrupted,
		}[word]}
		if m := p.status.Media; m != nil {
			e.Tag, e.URL = m.Tag, m.URL
		}
		p.reports.Ended(e)
	default:
		w.session(p, word, rest)
	}
}

// session lets a Chromecast report what it plays.
func (w *world) session(p *fakePlayer, word, rest string) {
	w.Helper()
	receiver := func(s *Status) {
		s.Online, s.Asked, s.Host, s.Controllable = true, true, "10.0.0.1", true
		s.Idle, s.App, s.Default, s.Media = false, "Default Media Receiver", true, nil
	}
	ours := func(change func(*MediaStatus)) {
		p.tell(func(s *Status) {
			receiver(s)
			s.Media = p.media()
			change(s.Media)
		})
	}
	scan := func(into ...any) {
		w.Helper()
		if _, err := fmt.Sscan(rest, into...); err != nil {
			w.Fatalf("%s %s: %v", word, rest, err)
		}
	}
	switch word {
	case "idles": // our app runs with nothing loaded
		p.tell(receiver)
	case "plays":
		ours(func(m *MediaStatus) { scan(&m.Position) })
	case "subtitled": // it plays with two text tracks, of which the one with that id shows
		ours(func(m *MediaStatus) {
			m.CanRate, m.CanTracks, m.Shown = true, true, []int{0}
			m.Tracks = []Track{{ID: 7, Language: "de-AT", Name: "Deutsch"}, {ID: 9, Language: "en"}}
			scan(&m.Position, &m.Shown[0])
		})
	case "pauses":
		ours(func(m *MediaStatus) { m.State = PlayPaused; scan(&m.Position) })
	case "runs", "rests": // a load of an earlier bridge: entry, serial, position
		ours(func(m *MediaStatus) {
			if word == "rests" {
				m.State = PlayPaused
			}
			m.Tag, m.Duration = &Tag{Bridge: "b1"}, 7000
			scan(&m.Tag.Entry, &m.Tag.Serial, &m.Position)
		})
	case "speaks": // an announcement of an earlier bridge: serial, position
		ours(func(m *MediaStatus) {
			m.Tag, m.Title, m.Duration = &Tag{Bridge: "b1"}, "Hurt", 200
			scan(&m.Tag.Serial, &m.Position)
		})
	case "untagged": // address, position
		ours(func(m *MediaStatus) {
			m.Tag, m.Duration = nil, 7000
			scan(&m.URL, &m.Position)
		})
	case "app":
		app, title, plays := strings.Cut(rest, " plays ")
		p.tell(func(s *Status) {
			s.Idle, s.App, s.Default, s.Media = false, app, false, nil
			if plays {
				s.Media = &MediaStatus{
					State: PlayPlaying, Position: 12, At: time.Now(), Rate: 1, Duration: 60, Title: title, Artist: "Somebody",
					ContentType: "video/webm", Artwork: "http://elsewhere/cats.jpg", CanPause: true,
				}
			}
		})
	default:
		w.Fatalf("what does %q mean?", p.topic+" "+word)
	}
}

// words takes a line apart: KEY=VALUE by their keys, the rest as one text.
func words(line string) (text string, args map[string]string) {
	args = map[string]string{}
	var rest []string
	for _, word := range strings.Fields(line) {
		if key, value, ok := strings.Cut(word, "="); ok && !strings.Contains(key, "/") {
			args[key] = value
		} else {
			rest = append(rest, word)
		}
	}
	return strings.Join(rest, " "), args
}

func (w *world) sighting(line string) Sighting {
	w.Helper()
	name, args := words(line)
	s := Sighting{Device: media.Device{
		ID: args["id"], Name: name, Topic: args["topic"], Host: args["host"], Port: 8009,
		Model: args["model"], Kind: media.DeviceKind(args["kind"]),
	}}
	if s.Host == "" {
		s.Host = "10.0.0.1"
	}
	if s.Kind == media.AudioDevice {
		s.Capabilities = []string{"audio"}
	}
	if most, ok := args["max"]; ok {
		s.Static = true
		s.MaxVolume, _ = strconv.Atoi(most)
	}
	return s
}

// command sends one.
func (w *world) command(to, line string) {
	w.Helper()
	name, rest, _ := strings.Cut(line, " ")
	c := Command{Name: name, Device: to}
	if spoken, ok := strings.CutPrefix(to, "bridge to "); ok {
		c.Device, c.Spoken = spoken, true
	} else if to == "bridge" {
		c.Device = ""
	}
	text, args := words(rest)
	if r, ok := args["revision"]; ok {
		n, _ := strconv.ParseInt(r, 10, 64)
		c.Revision = &n
	}
	c.Request = w.request(to, name, text, args)
	w.bridge.Command(c)
}

func (w *world) request(to, name, text string, args map[string]string) Request {
	w.Helper()
	number, _ := strconv.Atoi(text)
	signed := strings.HasPrefix(text, "+") || strings.HasPrefix(text, "-")
	seconds := float64(number)
	switch name {
	case "play", "queue_add":
		p := playRequest(text, args)
		if name == "queue_add" {
			p.Enqueue = EnqueueAdd
		}
		if to == "bridge" {
			return PlaySomewhere{Play: p, Area: args["area"]}
		}
		return p
	case "seek":
		if signed {
			return Seek{Offset: &seconds}
		}
		return Seek{Position: &seconds}
	case "speed":
		rate, _ := strconv.ParseFloat(text, 64)
		return Speed{Rate: rate}
	case "subtitles":
		if text == "off" || number > 0 {
			return Subtitles{Track: number, Off: text == "off"}
		}
		return Subtitles{Language: text}
	case "volume":
		if signed {
			return Volume{Delta: &number}
		}
		return Volume{Level: &number}
	case "queue_remove":
		if index, err := strconv.Atoi(text); err == nil {
			return QueueRemove{Index: &index}
		}
		return QueueRemove{Entries: strings.Fields(text)}
	case "queue_jump":
		if index, err := strconv.Atoi(text); err == nil {
			return QueueJump{Index: &index}
		}
		return QueueJump{Entry: text}
	case "queue_move":
		entry, to, _ := strings.Cut(text, " ")
		index, _ := strconv.Atoi(to)
		return QueueMove{Entry: entry, To: index}
	case "queue_clear":
		return QueueClear{}
	case "queue_list":
		return QueueList{Offset: number, Limit: 100}
	case "shuffle":
		return Shuffle{Enabled: text == "on"}
	case "repeat":
		return Repeat{Mode: text}
	case "search":
		offset, _ := strconv.Atoi(args["offset"])
		q := media.Query{Text: text, Limit: 20, Offset: offset, Within: w.container(args["within"])}
		return Search{Query: q, Quiet: args["quiet"] != ""}
	case "browse":
		return Browse{Item: w.container(text), Limit: 100}
	case "rescan":
		return Rescan{Folder: text}
	case "forget":
		return Forget{Device: text}
	case "transfer":
		return Transfer{To: text}
	case "save":
		return Save{Name: text}
	case "playlist_delete":
		return PlaylistDelete{Name: text}
	case "history":
		offset, _ := strconv.Atoi(args["offset"])
		return History{Device: text, Offset: offset, Limit: 100}
	case "sleep":
		minutes, _ := strconv.ParseFloat(text, 64)
		return Sleep{Minutes: minutes, AfterItem: text == "after"}
	case "announce":
		return announceRequest(text, args)
	}
	plain := map[string]Request{
		"pause": Pause{}, "resume": Resume{}, "toggle": Toggle{}, "stop": Stop{}, "next": Next{}, "previous": Previous{},
		"wake": Wake{}, "mute": Mute{}, "ping": Ping{}, "playlists": Playlists{},
	}
	if plain[name] == nil {
		w.Fatalf("no such command: %s", name)
	}
	return plain[name]
}

func announceRequest(text string, args map[string]string) Announce {
	a := Announce{
		Source:  Source{Query: text, Item: media.ID(args["item"]), URL: args["url"]},
		Message: strings.ReplaceAll(args["message"], "_", " "),
		Title:   args["title"], ContentType: args["content_type"], Force: args["force"] != "",
	}
	if level, err := strconv.Atoi(args["volume"]); err == nil {
		a.Volume = &level
	}
	return a
}

// container is the id of a container that is named by it, or, since theirs are drawn, a saved playlist by its name.
func (w *world) container(name string) media.ID {
	for _, i := range w.library.shelved() {
		if i.Title == name {
			return i.ID
		}
	}
	return media.ID(name)
}

func playRequest(text string, args map[string]string) Play {
	p := Play{
		Source:  Source{Query: text, Item: media.ID(args["item"]), URL: args["url"], Playlist: args["playlist"]},
		Enqueue: Enqueue(args["enqueue"]), Title: args["title"], ContentType: args["content_type"],
	}
	p.Source.Result, _ = strconv.Atoi(args["result"])
	if items := args["items"]; items != "" {
		for id := range strings.SplitSeq(items, ",") {
			p.Source.Items = append(p.Source.Items, media.ID(id))
		}
	}
	if kind := args["kind"]; kind != "" {
		p.Kinds = []media.Kind{media.Kind(kind)}
	}
	if start, err := strconv.ParseFloat(args["start"], 64); err == nil {
		p.Start = &start
	}
	return p
}
