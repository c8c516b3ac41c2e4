package mqtt

import (
	"strconv"
	"strings"

	"localcast/bridge"
	"localcast/bridge/media"
)

// where a command may be sent.
type where int

const (
	anywhere  where = iota // to a device, or to the bridge with or without a device argument
	forBridge              // to the bridge alone; a device argument is its own
)

// spec is one line of the contract's table of commands.
type spec struct {
	where    where
	all      bool // "device":"all" works
	revision bool // takes a revision
	// plain turns the plain payload into the argument it stands for; nil where there is no plain form.
	plain func(text string) (argument string, value any, err *bridge.Error)
	read  func(a *arguments, cmd bridge.Command) bridge.Request
}

// lookup returns the line of the contract's table for a command.
func lookup(name string) (s spec, ok bool) {
	for _, table := range []func(string) (spec, bool){playerCommand, queueCommand, bridgeCommand} {
		if s, ok = table(name); ok {
			return s, true
		}
	}
	return spec{}, false
}

// none reads the arguments of a command that takes none.
func none(r bridge.Request) func(*arguments, bridge.Command) bridge.Request {
	return func(*arguments, bridge.Command) bridge.Request { return r }
}

// playerCommand returns the commands about what plays now.
func playerCommand(name string) (s spec, ok bool) {
	switch name {
	case "play":
		return spec{revision: true, plain: plainSource, read: readPlay}, true
	case "pause":
		return spec{all: true, read: none(bridge.Pause{})}, true
	case "resume":
		return spec{all: true, read: none(bridge.Resume{})}, true
	case "toggle":
		return spec{read: none(bridge.Toggle{})}, true
	case "stop":
		return spec{all: true, read: none(bridge.Stop{})}, true
	case "next":
		return spec{read: none(bridge.Next{})}, true
	case "previous":
		return spec{read: none(bridge.Previous{})}, true
	case "wake":
		return spec{read: none(bridge.Wake{})}, true
	case "seek":
		return spec{plain: plainSeek, read: readSeek}, true
	case "volume":
		return spec{all: true, plain: plainVolume, read: readVolume}, true
	case "mute":
		return spec{all: true, plain: plainMute, read: readMute}, true
	case "announce":
		return spec{all: true, plain: plainSource, read: readAnnounce}, true
	case "subtitles":
		return spec{plain: plainSubtitles, read: readSubtitles}, true
	case "speed":
		return spec{plain: plainNumber("rate"), read: readSpeed}, true
	case "sleep":
		return spec{all: true, plain: plainNumber("minutes"), read: readSleep}, true
	}
	return spec{}, false
}

// queueCommand returns the commands about a device's queue.
func queueCommand(name string) (s spec, ok bool) {
	switch name {
	case "queue_add":
		return spec{revision: true, plain: plainSource, read: readQueueAdd}, true
	case "queue_remove":
		return spec{revision: true, plain: plainEntry, read: readQueueRemove}, true
	case "queue_move":
		return spec{revision: true, read: readQueueMove}, true
	case "queue_jump":
		return spec{plain: plainEntry, read: readQueueJump}, true
	case "queue_clear":
		return spec{revision: true, read: readQueueClear}, true
	case "queue_list":
		return spec{read: readQueueList}, true
	case "shuffle":
		return spec{revision: true, plain: plainShuffle, read: readShuffle}, true
	case "repeat":
		return spec{plain: plainText("mode"), read: readRepeat}, true
	case "save":
		return spec{plain: plainText("name"), read: readSave}, true
	case "transfer":
		return spec{revision: true, plain: plainText("to"), read: readTransfer}, true
	}
	return spec{}, false
}

// bridgeCommand returns the commands about the library and the bridge itself.
func bridgeCommand(name string) (s spec, ok bool) {
	switch name {
	case "search":
		return spec{plain: plainText("query"), read: readSearch}, true
	case "browse":
		return spec{read: readBrowse}, true
	case "rescan":
		return spec{where: forBridge, read: readRescan}, true
	case "ping":
		return spec{where: forBridge, read: none(bridge.Ping{})}, true
	case "playlists":
		return spec{where: forBridge, read: none(bridge.Playlists{})}, true
	case "playlist_delete":
		return spec{where: forBridge, read: readPlaylistDelete}, true
	case "history":
		return spec{where: forBridge, read: readHistory}, true
	case "forget":
		return spec{where: forBridge, read: readForget}, true
	}
	return spec{}, false
}

// sources are the arguments that say what to play, in the order of the contract.
func sources() []string { return []string{"item", "items", "query", "url", "playlist", "result"} }

// readSource reads what to play from the one of names that was given.
func readSource(a *arguments, name string) bridge.Source {
	var s bridge.Source
	switch name {
	case "item":
		s.Item = a.item(name)
	case "items":
		for _, id := range a.texts(name, "a list of item ids") {
			s.Items = append(s.Items, media.ID(id))
		}
	case "query":
		if s.Query = a.query(name); strings.TrimSpace(s.Query) == "" {
			a.wanted(name, "a text that is not empty")
		}
	case "url":
		s.URL = a.address(name)
	case "playlist":
		s.Playlist = a.text(name)
	case "result":
		s.Result = or(a.integer(name, 1, most), 0)
	}
	return s
}

func readPlay(a *arguments, cmd bridge.Command) bridge.Request {
	p := readPlayable(a, a.one(sources()...))
	p.Enqueue = bridge.Enqueue(a.choice("enqueue", string(bridge.EnqueueReplace), string(bridge.EnqueuePlay),
		string(bridge.EnqueueNext), string(bridge.EnqueueAdd)))
	if p.Enqueue == "" {
		p.Enqueue = bridge.EnqueueReplace
	}
	if !cmd.Spoken || cmd.Device != "" {
		return p
	}
	return bridge.PlaySomewhere{Play: p, Area: a.note("area")}
}

func readQueueAdd(a *arguments, _ bridge.Command) bridge.Request {
	p := readPlayable(a, a.need(sources()...))
	p.Enqueue = bridge.EnqueueAdd
	return p
}

// readPlayable reads what play and queue_add have in common; source is the argument that says what to play, "" for none.
func readPlayable(a *arguments, source string) bridge.Play {
	p := bridge.Play{Source: readSource(a, source)}
	if source == "" {
		if loose := a.any("enqueue", "kind", "start", "shuffle", "interval", "title", "content_type", "artwork"); loose != nil {
			a.wanted(loose[0], "it only beside what to play: one of item, items, query, url, playlist, result")
		}
		return p
	}
	if a.has("kind") && source != "query" {
		a.wanted("kind", "it only beside a query")
	}
	p.Kinds = readKinds(a)
	p.Start = a.number("start", 0, most, "seconds")
	p.Shuffle = a.flag("shuffle")
	if interval := a.number("interval", 0, most, "seconds"); interval != nil {
		p.Interval = *interval
	}
	if about := a.any("title", "content_type", "artwork"); about != nil && source != "url" {
		a.wanted(about[0], "it only beside a url")
	}
	p.Title, p.ContentType = a.note("title"), a.note("content_type")
	p.Artwork = a.address("artwork")
	return p
}

// readKinds reads the kinds that are wanted, one or a list.
func readKinds(a *arguments) []media.Kind {
	var kinds []media.Kind
	for _, text := range a.list("kind", "a kind or a list of kinds") {
		k, ok := media.ParseKind(text)
		if !ok {
			a.wanted("kind", "kinds among %v", media.Kinds())
		}
		kinds = append(kinds, k)
	}
	return kinds
}

func readSeek(a *arguments, _ bridge.Command) bridge.Request {
	a.need("position", "offset")
	return bridge.Seek{
		Position: a.number("position", -most, most, "seconds"),
		Offset:   a.number("offset", -most, most, "seconds"),
	}
}

func readVolume(a *arguments, _ bridge.Command) bridge.Request {
	a.need("level", "delta")
	return bridge.Volume{
		Level: rounded(a.number("level", 0, 100, "")),
		Delta: rounded(a.number("delta", -most, most, "")),
	}
}

func readMute(a *arguments, _ bridge.Command) bridge.Request {
	return bridge.Mute{Muted: a.flag("muted")}
}

func readQueueRemove(a *arguments, _ bridge.Command) bridge.Request {
	switch a.need("entry", "entries", "index") {
	case "entry":
		return bridge.QueueRemove{Entries: []string{a.text("entry")}}
	case "entries":
		return bridge.QueueRemove{Entries: a.texts("entries", "a list of entries")}
	}
	return bridge.QueueRemove{Index: a.integer("index", 0, most)}
}

func readQueueMove(a *arguments, _ bridge.Command) bridge.Request {
	a.need("entry")
	a.need("to")
	return bridge.QueueMove{Entry: a.text("entry"), To: or(a.integer("to", 0, most), 0)}
}

func readQueueJump(a *arguments, _ bridge.Command) bridge.Request {
	a.need("entry", "index")
	return bridge.QueueJump{Entry: a.text("entry"), Index: a.integer("index", 0, most)}
}

func readQueueClear(a *arguments, _ bridge.Command) bridge.Request {
	return bridge.QueueClear{KeepCurrent: a.set("keep_current")}
}

func readQueueList(a *arguments, _ bridge.Command) bridge.Request {
	return bridge.QueueList{Offset: or(a.integer("offset", 0, most), 0), Limit: or(a.integer("limit", 1, 500), 100)}
}

func readShuffle(a *arguments, _ bridge.Command) bridge.Request {
	a.need("enabled")
	return bridge.Shuffle{Enabled: a.set("enabled")}
}

func readRepeat(a *arguments, _ bridge.Command) bridge.Request {
	a.need("mode")
	return bridge.Repeat{Mode: a.choice("mode", "off", "all", "one")}
}

func readSave(a *arguments, _ bridge.Command) bridge.Request {
	a.need("name")
	name := a.query("name") // so that a search can ask for it
	if strings.TrimSpace(name) == "" {
		a.wanted("name", "a text that is not empty")
	}
	return bridge.Save{Name: name}
}

func readTransfer(a *arguments, _ bridge.Command) bridge.Request {
	a.need("to")
	return bridge.Transfer{To: a.text("to")}
}

func readAnnounce(a *arguments, _ bridge.Command) bridge.Request {
	source := a.need("item", "query", "url", "message")
	if about := a.any("title", "content_type"); about != nil && (source == "item" || source == "query") {
		a.wanted(about[0], "it only beside a url or a message")
	}
	r := bridge.Announce{
		Volume: rounded(a.number("volume", 0, 100, "")),
		Title:  a.note("title"), ContentType: a.note("content_type"),
		Force: a.set("force"),
	}
	if source == "message" {
		r.Message = a.text(source)
	} else {
		r.Source = readSource(a, source)
	}
	return r
}

func readSubtitles(a *arguments, _ bridge.Command) bridge.Request {
	a.need("track", "language", "off")
	off := a.flag("off")
	if off != nil && !*off {
		a.wanted("off", "true, or a track or language instead")
	}
	return bridge.Subtitles{Track: or(a.integer("track", 1, most), 0), Language: a.text("language"), Off: off != nil}
}

func readSpeed(a *arguments, _ bridge.Command) bridge.Request {
	a.need("rate")
	if rate := a.number("rate", 0.5, 2, ""); rate != nil {
		return bridge.Speed{Rate: *rate}
	}
	return bridge.Speed{}
}

// maxSleep is the longest time until a device goes to sleep, in minutes: a week.
const maxSleep = 7 * 24 * 60

func readSleep(a *arguments, _ bridge.Command) bridge.Request {
	if a.need("minutes", "after") == "after" {
		return bridge.Sleep{AfterItem: a.choice("after", "item") != ""}
	}
	if minutes := a.number("minutes", 0, maxSleep, "minutes"); minutes != nil {
		return bridge.Sleep{Minutes: *minutes}
	}
	return bridge.Sleep{}
}

func readSearch(a *arguments, _ bridge.Command) bridge.Request {
	if a.any("query", "kind", "within", "genre", "artist", "year") == nil {
		a.need("query")
	}
	from, to := readYears(a)
	return bridge.Search{
		Query: media.Query{
			Text: a.query("query"), Kinds: readKinds(a), Within: a.item("within"),
			Genre: a.note("genre"), Artist: a.note("artist"),
			YearFrom: from, YearTo: to,
			Offset: or(a.integer("offset", 0, most), 0), Limit: or(a.integer("limit", 0, 100), 20),
		},
		Quiet: a.set("quiet"),
	}
}

// readYears reads a year, or two with a dash between; 0 and 0 if it was not given.
func readYears(a *arguments) (from, to int) {
	const name, kind = "year", `a year such as 1994, or years such as "1990-1999"`
	if raw := a.raw[name]; len(raw) == 0 || raw[0] != '"' {
		if year := a.integer(name, 1, 9999); year != nil {
			return *year, *year
		}
		return 0, 0
	}
	var text string
	if !a.value(name, &text, kind) {
		return 0, 0
	}
	first, last, _ := strings.Cut(text, "-")
	from, err1 := strconv.Atoi(first)
	to, err2 := strconv.Atoi(last)
	if err1 != nil || err2 != nil || from < 1 || to < from || to > 9999 {
		a.wanted(name, kind)
	}
	return from, to
}

func readBrowse(a *arguments, _ bridge.Command) bridge.Request {
	a.one("item", "path")
	return bridge.Browse{
		Item: a.item("item"), Path: a.text("path"),
		Offset: or(a.integer("offset", 0, most), 0), Limit: or(a.integer("limit", 0, 500), 100),
	}
}

func readRescan(a *arguments, _ bridge.Command) bridge.Request {
	return bridge.Rescan{Folder: a.text("folder")}
}

func readPlaylistDelete(a *arguments, _ bridge.Command) bridge.Request {
	a.need("name")
	return bridge.PlaylistDelete{Name: a.text("name")}
}

func readHistory(a *arguments, _ bridge.Command) bridge.Request {
	return bridge.History{
		Device: a.text("device"),
		Offset: or(a.integer("offset", 0, most), 0), Limit: or(a.integer("limit", 0, 500), 100),
	}
}

func readForget(a *arguments, _ bridge.Command) bridge.Request {
	a.need("device")
	return bridge.Forget{Device: a.text("device")}
}
