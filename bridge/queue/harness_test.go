package queue

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// house is a machine and the device it plays on, driven by lines of text. A line is an input; behind -> stand the effects
// it must have. Items are letters; entries are told as the id and the item: "load e1(a)". What is to be stored is stored
// at once, unless the disk is told to wait.
type house struct {
	*Machine[string]
	now    time.Time
	ref    Ref
	loaded uint64  // the serial of the last load
	entry  EntryID // and its entry
	last   Report  // the last report
	level  int     // the volume of the device
	muted  bool
	fixed  bool
	asked  map[uint64]Do
	orders []uint64 // the serials of the orders the device has not answered
	slow   bool     // the disk waits
	broken bool     // the disk fails at once
	queues string   // "": the device takes no queue messages, and stories do not tell of them; "yes"; "slowly": when told to
	aheads []uint64 // the serials of the Prepares without an answer
	given  uint64   // of the last one
	saved  map[EntryID]Row[string]
	head   Head
	left   Head // of a queue that was released
	owed   []uint64
	watch  func(Effect) // sees every effect
}

func newHouse() *house {
	h := &house{now: time.Unix(1_000_000, 0), saved: map[EntryID]Row[string]{}, watch: func(Effect) {}, level: 30, asked: map[uint64]Do{}}
	h.Machine = New(Saved[string]{}, backwards, 60)
	return h
}

// backwards is a random source under which a shuffle of n entries is a known order.
func backwards(int) int { return 0 }

// restart makes the machine anew from what was stored.
func (h *house) restart() {
	s := Saved[string]{Head: h.head}
	for _, r := range h.saved {
		s.Rows = append(s.Rows, r)
	}
	h.Machine = New(s, backwards, 60)
}

// run does one line and returns what it effected, in words.
func (h *house) run(t *testing.T, line string) string {
	t.Helper()
	name, rest, _ := strings.Cut(line, " ")
	switch name {
	case "wait":
		d, err := time.ParseDuration(rest)
		if err != nil {
			t.Fatal(err)
		}
		return h.wait(d)
	case "restart":
		h.restart()
		return ""
	case "leave": // the bridge stops, and keeps the place
		h.head = h.Rest(h.now)
		return ""
	case "disk":
		return h.disk(rest)
	case "adopt", "abandon", "release", "commit", "handed", "kept":
		return strings.Join(h.step(h.moves(name, strings.Fields(rest))), ", ")
	case "dones": // the device answers all that it was asked
		var said []string
		for len(h.orders) > 0 {
			said = append(said, h.step(h.input(t, "done", nil))...)
		}
		return strings.Join(said, ", ")
	case "queues":
		h.queues = rest
		return ""
	case "queue":
		var b strings.Builder
		for i := range h.Len() {
			e := h.At(i)
			mark := ""
			if i == h.Index() {
				mark = "*"
			}
			if e.Failed {
				mark += "!"
			}
			b.WriteString(mark + e.Item)
		}
		return b.String()
	case "state":
		v := h.View()
		s := string(v.State)
		if !v.Ours {
			s += " foreign"
		}
		if a, ok := h.Beside(); ok {
			return fmt.Sprintf("%s says %s at %g", s, a.Item, v.Position)
		}
		return fmt.Sprintf("%s at %g", s, h.Rest(h.now).Position)
	}
	return strings.Join(h.step(h.input(t, name, strings.Fields(rest))), ", ")
}

// disk says what the disk does: it "waits", "works" again, turns out to be "full" for what waits, which was one write, or
// is "broken" from now on.
func (h *house) disk(does string) string {
	h.slow, h.broken = does == "waits", does == "broken"
	owed := h.owed
	h.owed = nil
	if does == "full" && len(owed) > 0 {
		return strings.Join(h.step(Stored{Ticket: owed[len(owed)-1], Failed: "disk full"}), ", ")
	}
	var said []string
	for _, ticket := range owed {
		said = append(said, h.step(Stored{Ticket: ticket})...)
	}
	return strings.Join(said, ", ")
}

// wait lets time pass, ringing the alarms on the way.
func (h *house) wait(d time.Duration) string {
	end := h.now.Add(d)
	var said []string
	for !h.alarm.IsZero() && !h.alarm.After(end) {
		h.now = h.alarm
		said = append(said, h.step(Tick{})...)
	}
	h.now = end
	return strings.Join(said, ", ")
}

func (h *house) step(in Input) []string {
	var said []string
	for _, e := range h.Step(h.now, in) {
		h.watch(e)
		switch e := e.(type) {
		case Persist[string]:
			h.persist(e)
		case Keep:
			h.head = e.Head
		case Copy:
			h.owed = append(h.owed, e.Ticket)
			said = append(said, "copy")
		case Load[string]:
			h.loaded, h.entry = e.Serial, e.Entry.ID
			at := ""
			if e.Position != 0 {
				at = fmt.Sprintf(" at %g", e.Position)
			}
			if e.Paused {
				at += " paused"
			}
			said = append(said, fmt.Sprintf("load %s(%s)%s", e.Entry.ID, e.Entry.Item, at))
		case Prepare[string]:
			h.given = e.Serial
			if h.aheads = append(h.aheads, e.Serial); h.queues != "" {
				said = append(said, aheadOf(e))
			}
		case Do:
			h.orders, h.asked[e.Serial] = append(h.orders, e.Serial), e
			said = append(said, order(e))
		case Reply:
			said = append(said, outcome(e.Outcome))
		case Offer[string], Withdrawn, Adopted, Released[string], Committed:
			said = append(said, h.moving(e))
		case Happened[string]:
			about := strings.TrimRight(fmt.Sprintf("%s %s", e.Event, e.Entry.Item), " ")
			if e.Event == AnnouncementFinished {
				about += ": " + e.Message
			}
			said = append(said, about)
		}
	}
	if h.queues != "slowly" && len(h.aheads) > 0 {
		in := Done{Serial: h.ahead1()}
		if h.queues == "" {
			in.Fail = FailUnsupported
		}
		said = append(said, h.step(in)...)
	}
	if !h.slow && len(h.owed) > 0 {
		in := Stored{Ticket: h.owed[0]}
		if h.broken {
			in.Failed = "no disk"
		}
		h.owed = h.owed[1:]
		said = append(said, h.step(in)...)
	}
	return said
}

func (h *house) persist(p Persist[string]) {
	h.owed = append(h.owed, p.Ticket)
	if h.broken {
		return
	}
	if p.Change.All {
		clear(h.saved)
	}
	for _, r := range p.Change.Put {
		h.saved[r.Entry.ID] = r
	}
	for _, id := range p.Change.Drop {
		delete(h.saved, id)
	}
	h.head = p.Change.Head
}

// ahead1 is the oldest Prepare that the device has not answered, 0 for none.
func (h *house) ahead1() (serial uint64) {
	if len(h.aheads) > 0 {
		serial, h.aheads = h.aheads[0], h.aheads[1:]
	}
	return serial
}

// order is the oldest order that the device has not answered, 0 for none.
func (h *house) order() (serial uint64) {
	if len(h.orders) > 0 {
		serial, h.orders = h.orders[0], h.orders[1:]
	}
	return serial
}

func aheadOf(p Prepare[string]) string {
	switch {
	case p.Entry.ID == 0:
		return "ahead nothing"
	case p.Position != 0:
		return fmt.Sprintf("ahead %s(%s) at %g", p.Entry.ID, p.Entry.Item, p.Position)
	}
	return fmt.Sprintf("ahead %s(%s)", p.Entry.ID, p.Entry.Item)
}

func order(d Do) string {
	switch d.What {
	case DoSeek:
		return fmt.Sprintf("seek to %g", d.Position)
	case DoVolume:
		return fmt.Sprintf("volume to %d", d.Volume)
	case DoMute:
		return fmt.Sprintf("mute %v", d.Muted)
	case DoRate:
		return fmt.Sprintf("rate to %g", d.Rate)
	case DoTracks:
		return fmt.Sprintf("track %d", d.Track)
	}
	return "order " + string(d.What)
}

func outcome(o Outcome) string {
	s := "ok"
	if o.Code != "" {
		s = string(o.Code)
	}
	if o.Pending {
		s += " pending"
	}
	if o.Queued {
		s += " queued"
	}
	if o.Moved {
		s += fmt.Sprintf(" moved %d/%d %s", o.Revision, o.Length, o.Entry)
	}
	if o.Lost {
		s += " lost"
	}
	if o.Capped {
		s += " capped"
	}
	for _, id := range o.Failed {
		s += " refused " + id.String()
	}
	return s
}

// input reads a line's words.
func (h *house) input(t *testing.T, name string, args []string) Input {
	t.Helper()
	h.ref++
	number := func(i int) float64 {
		n, err := strconv.ParseFloat(args[i], 64)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return n
	}
	entry := func(i int) EntryID {
		id, err := ParseEntry(args[i])
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	signed := func() bool { return strings.HasPrefix(args[0], "+") || strings.HasPrefix(args[0], "-") }
	switch name {
	case "play", "insert", "next-up", "add":
		if len(args) == 0 {
			return Resume{h.ref, true}
		}
		mode := map[string]Mode{"play": Replace, "insert": Insert, "next-up": PutNext, "add": Append}[name]
		return h.plays(mode, args)
	case "resume":
		return Resume{h.ref, false}
	case "pause":
		return Pause{h.ref}
	case "toggle":
		return Toggle{h.ref}
	case "stop":
		return Stop{h.ref}
	case "next":
		return Next{h.ref}
	case "previous":
		return Previous{h.ref}
	case "wake":
		return Wake{h.ref}
	case "save":
		return Save{h.ref}
	case "look":
		return Turn{h.ref}
	case "announce":
		return h.announces(args)
	case "transfer":
		return h.transfers(args)
	case "sleep": // after a time, "after" the item, or "off"
		d, _ := time.ParseDuration(args[0])
		return Sleep{Ref: h.ref, After: d, AfterItem: args[0] == "after"}
	case "seek":
		return Seek{h.ref, number(0), signed()}
	case "volume":
		return Volume{h.ref, int(number(0)), signed()}
	case "mute":
		if len(args) == 0 {
			return Mute{h.ref, nil}
		}
		on := args[0] == "on"
		return Mute{h.ref, &on}
	case "speed":
		return Speed{h.ref, number(0)}
	case "subtitles":
		return Subtitles{h.ref, int(number(0))}
	case "remove":
		var ids []EntryID
		for i := range args {
			ids = append(ids, entry(i))
		}
		return Remove{Ref: h.ref, Entries: ids}
	case "move":
		return Move{Ref: h.ref, Entry: entry(0), To: int(number(1))}
	case "jump":
		return Jump{Ref: h.ref, Entry: entry(0)}
	case "clear":
		return Clear{Ref: h.ref, KeepCurrent: len(args) > 0}
	case "shuffle":
		return Shuffle{Ref: h.ref, On: args[0] == "on"}
	case "repeat":
		return SetRepeat{h.ref, Repeat(args[0])}
	}
	return h.word(t, name, args)
}

// plays reads items and "from SECONDS", "at REVISION", "shown SECONDS" and "shuffled" among them.
func (h *house) plays(mode Mode, args []string) Input {
	p := Play[string]{Ref: h.ref, Mode: mode}
	for i := 0; i < len(args); i++ {
		n := 0.0
		if i+1 < len(args) {
			n, _ = strconv.ParseFloat(args[i+1], 64)
		}
		switch args[i] {
		case "from":
			p.Start = &n
		case "at":
			r := int64(n)
			p.Revision = &r
		case "shown":
			for j := range p.Items {
				p.Items[j].Interval = n
			}
		case "shuffled":
			on := true
			p.Shuffle = &on
			continue
		default:
			p.Items = append(p.Items, Entry[string]{Item: args[i]})
			continue
		}
		i++
	}
	return p
}

// announces reads an item, and "loud LEVEL" and "force" behind it.
func (h *house) announces(args []string) Input {
	a := Announce[string]{Ref: h.ref, Item: Entry[string]{Item: args[0], Duration: 8}}
	for i, arg := range args {
		switch arg {
		case "loud":
			level, _ := strconv.Atoi(args[i+1])
			a.Volume = &level
		case "force":
			a.Force = true
		case "endless":
			a.Item.Duration = 0
		case "shown":
			a.Item.Duration = 0
			a.Item.Interval, _ = strconv.ParseFloat(args[i+1], 64)
		}
	}
	return a
}

// word reads what the device says.
func (h *house) word(t *testing.T, name string, args []string) (said Input) {
	t.Helper()
	r := Report{Online: true, Asked: true, Receiver: true, Volume: h.level, Muted: h.muted, VolumeFixed: h.fixed}
	defer func() {
		if report, ok := said.(Report); ok {
			h.last = report
		}
	}()
	number := func(i int, or float64) float64 {
		if len(args) <= i {
			return or
		}
		n, err := strconv.ParseFloat(args[i], 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	id := func() EntryID {
		id, err := ParseEntry(args[0])
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	ours := func(s State) Report {
		r.Playing = true
		e := EntryID(0)
		if c := h.list.current(); c != nil {
			e = c.ID
		}
		if h.talk != nil {
			e = 0
		}
		r.Media = Session{
			Ours: true, Entry: e, Serial: h.Head().Serial, State: s,
			Position: number(0, h.Rest(h.now).Position), At: h.now, Rate: 1, Duration: 100,
		}
		if h.talk != nil {
			r.Media.Position, r.Media.Duration = number(0, 0), 8
		}
		return r
	}
	switch name {
	case "unkept": // the position could not be written
		return Stored{Failed: "disk full"}
	case "offline":
		return Report{}
	case "online", "off": // nothing runs
		r.Idle, r.Receiver = true, false
		return r
	case "idle": // our receiver app with nothing loaded
		return r
	case "fixed":
		h.fixed, r.VolumeFixed = true, true
		return r
	case "unasked": // the link is back, but what plays is not known yet
		r.Asked = false
		return r
	case "playing":
		return ours(Playing)
	case "able": // it plays, and can change speed and track
		r = ours(Playing)
		r.Media.CanRate, r.Media.CanTracks = true, true
		return r
	case "paused":
		return ours(Paused)
	case "buffering":
		return ours(Buffering)
	case "runs": // an entry of ours with a serial, at a position
		r.Playing = true
		r.Media = Session{
			Ours: true, Entry: id(), Serial: uint64(number(1, 0)), State: Playing,
			Position: number(2, 0), At: h.now, Rate: 1, Duration: 100,
		}
		return r
	case "other": // another sender's media, which allows everything; "mute" is an app that allows nothing
		r.Receiver, r.Playing = false, true
		r.Media = Session{State: Playing, At: h.now, Rate: 1, CanPause: true, CanSeek: true, CanSkip: true, CanRate: true, CanTracks: true}
		if len(args) > 0 {
			r.Playing, r.Media = false, Session{}
		}
		return r
	case "loaded":
		return Done{Serial: h.loaded}
	case "refused":
		return Done{Serial: h.loaded, Fail: FailRefused, Reason: "it cannot play this format"}
	case "lost":
		return Done{Serial: h.loaded, Fail: FailOffline}
	case "done":
		serial := h.order()
		switch d := h.asked[serial]; d.What {
		case DoVolume:
			h.level = d.Volume
		case DoMute:
			h.muted = d.Muted
		}
		return Done{Serial: serial}
	case "level": // somebody else sets the volume
		h.level = int(number(0, 0))
		r = h.last
		r.Volume = h.level
		return r
	case "muted": // the device is mute, and does what it did
		h.muted = len(args) == 0
		r = h.last
		r.Muted = h.muted
		return r
	case "says": // an announcement of ours at a position, that of the last load or with a serial
		r.Playing = true
		r.Media = Session{Ours: true, Serial: uint64(number(1, float64(h.loaded))), State: Playing, Position: number(0, 0), At: h.now, Rate: 1, Duration: 8}
		return r
	case "fast": // it plays at another speed, with subtitles
		r = ours(Playing)
		r.Media.CanRate, r.Media.CanTracks, r.Media.Rate, r.Media.Track = true, true, 1.5, 7
		return r
	case "dropped": // the link went before the device answered
		return Done{Serial: h.order(), Fail: FailOffline}
	case "denied":
		return Done{Serial: h.order(), Fail: FailRefused, Reason: "no"}
	case "snatched": // another sender took the device while it loaded
		return Done{Serial: h.loaded, Fail: FailCancelled, Reason: "another sender took the device"}
	case "unlaunched": // the app that would play did not start
		return Done{Serial: h.loaded, Fail: FailLaunch, Reason: "casting was not allowed on the device"}
	case "ended": // what plays ended, and the device does not give back its tag
		return Ended{Serial: h.Head().Serial, Reason: Finished}
	case "finished":
		return Ended{Serial: h.Head().Serial, Reason: Finished}
	case "holds": // the device has taken what was given to it first
		return Done{Serial: h.ahead1()}
	case "holds-not":
		return Done{Serial: h.ahead1(), Fail: FailRefused}
	case "goes-on", "skips", "goes-back", "breaks-off": // the device moves on to an entry with that serial
		e := Ended{Serial: h.Head().Serial, Next: id(), NextSerial: uint64(number(1, float64(h.given)))}
		e.Reason = map[string]EndReason{"goes-on": Finished, "skips": Interrupted, "goes-back": Interrupted, "breaks-off": Error}[name]
		e.Back = name == "goes-back"
		return e
	case "nobody's": // the end of another sender's session
		return Ended{Reason: Finished}
	case "late": // the end of a session before this one
		return Ended{Serial: h.loaded - 1, Reason: Finished}
	case "interrupted":
		return Ended{Serial: h.Head().Serial, Reason: Interrupted}
	case "cancelled":
		return Ended{Serial: h.Head().Serial, Reason: Cancelled}
	case "overtaken": // what our order took out of the device's queue had just begun
		return Ended{Serial: h.Head().Serial, Reason: Cancelled, Overtaken: true}
	case "overtaken-on-its-way": // the device was on its way from what plays to what our order took out
		return Ended{Serial: h.Head().Serial, Reason: Interrupted, Overtaken: true}
	case "broke":
		return Ended{Serial: h.Head().Serial, Reason: Error, Message: "it could not be decoded"}
	}
	t.Fatalf("no such line: %s", name)
	return nil
}
