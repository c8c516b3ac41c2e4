package bridge

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"localcast/bridge/media"
	"localcast/bridge/queue"
)

const (
	// inboxSize is how many commands wait for one device before the next is answered busy.
	inboxSize = 32
	// owedMost is how many commands of one device may wait for their answer before the next is taken up.
	owedMost = 64
	// renamedMost is of how many entries it is remembered that their items have another id now.
	renamedMost = 100
	// saveWithin bounds one write to the store, and closeWithin what is left of it when the bridge stops.
	saveWithin  = 30 * time.Second
	closeWithin = 3 * time.Second
	// Why commands are refused that nobody came to.
	shuttingDown = "the bridge is shutting down"
	tooMany      = "too many commands wait"
)

// device is one Chromecast: a queue, a player, and the one goroutine that owns both. Commands pass a resolver first, which
// turns words into items, in the order in which they came.
type device struct {
	ports    Ports
	house    *household
	bridgeID string
	speech   string // as in Config
	log      *slog.Logger
	topic    string
	maxVol   int
	// languages are those whose subtitles are switched on by themselves, the best first.
	languages []string
	player    Player
	saved     SavedQueue

	inbox chan Command
	turns chan turn // from the resolver
	mail  *mailbox
	// shown is what others may know of the device; its goroutine replaces it. changed is signalled when it does.
	shown   atomic.Pointer[shown]
	changed chan<- struct{}

	stop    context.CancelFunc // set by whoever starts Run
	done    chan struct{}      // closed when Run has returned
	leaving bool               // it is being forgotten; the Bridge's
	unsaved atomic.Bool        // what is known of it is not on disk
	// changedTastes is set when about tells other refused formats than are on disk.
	changedTastes atomic.Bool
}

// shown is a device as the rest of the bridge sees it.
type shown struct {
	info   media.Device
	online bool
	ours   bool
}

func newDevice(
	p Ports, house *household, c Config, s Sighting, saved SavedQueue, changed chan<- struct{}, log *slog.Logger,
) *device {
	d := &device{
		ports: p, house: house, bridgeID: c.ID, speech: c.Speech, languages: c.SubtitleLanguages,
		log: log.With("device", s.Topic), topic: s.Topic, maxVol: s.MaxVolume, saved: saved,
		inbox: make(chan Command, inboxSize), turns: make(chan turn), mail: newMailbox(), changed: changed,
		done: make(chan struct{}),
	}
	d.shown.Store(&shown{info: s.Device, ours: true})
	d.player = p.Devices.Player(s, d.mail)
	return d
}

// command takes a command, or reports false when too many wait. It never blocks.
func (d *device) command(c Command) bool {
	select {
	case d.inbox <- c:
		return true
	default:
		return false
	}
}

// about is what is known of the device.
func (d *device) about() media.Device { return d.shown.Load().info }

// name is what people call the device.
func (d *device) name() string { return nameOf(d.about()) }

// refuse answers a command that the device never came to.
func (d *device) refuse(c Command, code Code, message string) {
	deliver(d.ports.Publisher, Answer{Command: c, Device: d.topic, Err: &Error{code, message}, Speech: sentence(message)})
}

// dismiss refuses the commands that still wait. The device has stopped, and nobody sends it another.
func (d *device) dismiss(code Code, message string) {
	for len(d.inbox) > 0 {
		d.refuse(<-d.inbox, code, message)
	}
}

// run plays until ctx ends, and leaves what runs on the device alone then. Writes may go on until disk ends. The player
// ends last, so that its end is not taken for a lost link.
func (d *device) run(ctx, disk context.Context) error {
	defer close(d.done)
	g, ctx := errgroup.WithContext(ctx)
	linked, unlink := context.WithCancel(context.WithoutCancel(ctx))
	saves, stored := make(chan save, 1), make(chan queue.Stored, 1)
	g.Go(func() error { return d.player.Run(linked) })
	g.Go(func() error { return d.resolve(ctx) })
	g.Go(func() error { d.keep(disk, saves, stored); return nil })
	g.Go(func() error {
		defer unlink()
		defer close(saves)
		newRunning(d, saves, stored).loop(ctx)
		return nil
	})
	return g.Wait()
}

// running is what only the goroutine of a device touches.
type running struct {
	*device
	machine *queue.Machine[media.Item]
	info    media.Device
	status  Status
	seen    bool // the device was online once

	ref   queue.Ref
	owed  map[queue.Ref]turn // commands without an answer yet
	moves map[uint64]*move   // transfers under way, by their ids
	alarm *time.Timer

	saves  chan<- save
	stored <-chan queue.Stored
	unsent save // what waits for the disk
	busy   bool // the disk works on an earlier one

	tastes      tastes
	silence     silence
	toldOnline  bool
	otherTracks bool // other subtitles than were told
	search      SearchState
	// renamed are the items of entries that were given another id since, because the catalogue was lost.
	renamed map[queue.EntryID]media.Item
}

func newRunning(d *device, saves chan<- save, stored <-chan queue.Stored) *running {
	return &running{
		device: d, machine: queue.New(d.saved, rand.IntN, d.maxVol), info: d.about(),
		tastes: tastes{doubted: map[string]media.ID{}}, silence: silence{timer: stoppedTimer()},
		owed: map[queue.Ref]turn{}, moves: map[uint64]*move{}, renamed: map[queue.EntryID]media.Item{}, alarm: stoppedTimer(),
		saves: saves, stored: stored,
		search: SearchState{Device: d.topic, Results: []ItemState{}},
	}
}

func stoppedTimer() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}

func (r *running) loop(ctx context.Context) {
	defer r.alarm.Stop()
	defer r.silence.timer.Stop()
	for {
		turns := r.turns
		if len(r.owed) >= owedMost || len(r.unsent.lists) > 0 || r.machine.Leaving() {
			turns = nil
		}
		select {
		case <-ctx.Done():
			r.close()
			return
		case <-r.mail.news:
			for _, letter := range r.mail.take() {
				r.letter(letter)
			}
		case t := <-turns:
			r.take(t)
		case s := <-r.stored:
			r.saved(s)
		case <-r.alarm.C:
			r.step(queue.Tick{})
		case <-r.silence.timer.C:
			r.silent()
		}
	}
}

// close ends a device's work: who waits is answered once the disk has what it shall have, and the queue's place is kept.
func (r *running) close() {
	r.step(queue.Quit{})
	if r.busy {
		r.saved(<-r.stored)
	}
	h := r.machine.Rest(time.Now())
	r.unsent = r.unsent.with(save{head: &h})
	if r.send(); r.busy {
		r.saved(<-r.stored)
	}
	for _, t := range r.owed {
		r.refuse(t.command, Busy, shuttingDown)
	}
}

// letter takes one thing from the mailbox.
func (r *running) letter(l any) {
	switch l := l.(type) {
	case Status:
		media := r.status.Media
		r.tastes.played = r.tastes.played && l.Online
		r.status = l
		if l.Online && !l.Asked {
			r.status.Media = media // still as far as anybody knows
		}
		r.otherTracks = !sameSubtitles(media, r.status.Media)
		if m := l.Media; m != nil && m.Tag != nil && m.State == PlayPlaying {
			r.silence.end(m.Tag.Serial, false)
		}
		r.step(r.report(l))
		if r.otherTracks && r.toldOnline {
			r.publish(false)
		}
	case Ended:
		r.tastes.fault = l.Fault
		r.step(r.ended(l))
	case Done:
		r.silence.end(l.Serial, l.Fail != nil)
		d := queue.Done{Serial: l.Serial}
		if l.Fail != nil {
			d.Fail, d.Reason = queue.Fail(l.Fail.Kind), l.Fail.Message
			if r.tastes.fault = faultOf(l.Fail.Kind); l.Fail.Kind == FailFormat || l.Fail.Kind == FailFetch {
				d.Fail = queue.FailRefused
			}
		}
		if l.Plays != nil {
			d.Plays = l.Plays.Serial
		}
		r.step(d)
	case step:
		r.moveStep(l)
	case Sighting:
		r.info = known(r.info, l.Device)
		if l.Static {
			r.machine.Limit(l.MaxVolume)
		}
		r.show()
	}
}

// report turns a player's status into the machine's, which knows whose media it is.
func (r *running) report(s Status) queue.Report {
	out := queue.Report{
		Online: s.Online, Idle: s.Idle, Receiver: s.Default, Asked: s.Asked,
		Volume: s.Volume, Muted: s.Muted, VolumeFixed: s.VolumeFixed, App: s.App, Notice: s.Notice,
	}
	m := s.Media
	if m == nil || !s.Asked {
		return out
	}
	out.Playing = true
	out.Media = queue.Session{
		Ahead: r.standsAhead(m),
		State: queue.State(m.State), Position: m.Position, At: m.At, Rate: m.Rate, Duration: m.Duration,
		CanPause: m.CanPause, CanSeek: m.CanSeek, CanSkip: m.CanSkip, CanRate: m.CanRate, CanTracks: m.CanTracks,
		Track: m.shown(),
	}
	if s.Default {
		out.Media.Ours, out.Media.Entry, out.Media.Serial = r.recognise(m.Tag, m.URL)
	}
	return out
}

// standsAhead is the serial of what the receiver has to go on with, if that is ours.
func (r *running) standsAhead(m *MediaStatus) uint64 {
	if m.Ahead == nil || m.Ahead.Tag.Bridge != r.bridgeID {
		return 0
	}
	return m.Ahead.Tag.Serial
}

// recognise tells whether a session is ours: by its tag, which names no entry where it is an announcement's, else by the item
// in its URL, which the current entry has before any other.
func (r *running) recognise(tag *Tag, url string) (ours bool, entry queue.EntryID, serial uint64) {
	if tag != nil {
		if tag.Bridge != r.bridgeID {
			return false, 0, 0
		}
		if tag.Entry == "" {
			return true, 0, tag.Serial
		}
		id, err := queue.ParseEntry(tag.Entry)
		return err == nil, id, tag.Serial
	}
	item, ok := r.ports.Links.Item(url)
	if !ok {
		return false, 0, 0
	}
	if at := r.machine.Index(); at >= 0 && r.machine.At(at).Item.ID == item {
		return true, r.machine.At(at).ID, 0
	}
	for i := range r.machine.Len() {
		if e := r.machine.At(i); e.Item.ID == item {
			return true, e.ID, 0
		}
	}
	return false, 0, 0
}

func (r *running) ended(e Ended) queue.Ended {
	out := queue.Ended{Reason: queue.EndReason(e.Reason), Message: e.Message, Overtaken: e.Overtaken}
	if e.Tag != nil && e.Tag.Bridge == r.bridgeID {
		out.Serial = e.Tag.Serial
	} else if ours, entry, _ := r.recognise(e.Tag, e.URL); ours && entry == r.machine.Head().Current {
		out.Serial = r.machine.Head().Serial
	}
	if ours, entry, serial := r.recognise(e.Next, ""); ours {
		out.Next, out.NextSerial, out.Back = entry, serial, e.Back
	}
	return out
}

// take hands a resolved command to the machine.
func (r *running) take(t turn) {
	r.ref++
	switch req := t.command.Request.(type) {
	case Subtitles:
		t.input, t.err = r.subtitles(req)
	case Transfer:
		r.transfer(&t)
	case Save:
		t.count = r.machine.Len()
		if t.err = r.house.shelf.room(req.Name, t.count); t.err == nil {
			t.input = func(ref queue.Ref) queue.Input { return queue.Save{Ref: ref} }
		}
	}
	r.owed[r.ref] = t
	if t.input == nil {
		r.step(queue.Turn{Ref: r.ref})
		return
	}
	r.step(t.input(r.ref))
}

// step lets the machine decide, and acts.
func (r *running) step(in queue.Input) {
	for _, e := range r.machine.Step(time.Now(), in) {
		r.act(e)
	}
}

func (r *running) act(e queue.Effect) {
	switch e := e.(type) {
	case queue.Load[media.Item]:
		r.load(e)
	case queue.Prepare[media.Item]:
		r.prepare(e)
	case queue.Do:
		o := Order{Serial: e.Serial, Kind: OrderKind(e.What), Position: e.Position, Volume: e.Volume, Muted: e.Muted, Rate: e.Rate}
		if e.Track > 0 {
			o.Tracks = []int{e.Track}
		}
		r.player.Do(o)
	case queue.Persist[media.Item]:
		r.unsent = r.unsent.with(save{change: &e.Change, ticket: e.Ticket, also: e.Also})
		r.send()
	case queue.Keep:
		r.unsent = r.unsent.with(save{head: &e.Head})
		r.send()
	case queue.Copy:
		r.unsent = r.unsent.with(r.copied(e))
		r.send()
	case queue.Played[media.Item]:
		if item, ok := r.renamed[e.Entry.ID]; ok {
			e.Entry.Item = item
		}
		r.house.diary.played(r.topic, e)
	case queue.Offer[media.Item]:
		m := r.owed[e.Ref].command.move
		r.moves[e.ID] = m
		m.begin(r.device, e.Queue)
	case queue.Withdrawn:
		r.moving(e.ID, e)
	case queue.Adopted:
		r.moving(e.ID, e)
	case queue.Released[media.Item]:
		r.moving(e.ID, e)
	case queue.Committed:
		r.moving(e.ID, e)
	case queue.Reply:
		t := r.owed[e.Ref]
		delete(r.owed, e.Ref)
		r.reply(t, e.Outcome, nil)
	case queue.Happened[media.Item]:
		r.ports.Publisher.Event(Event{
			Type: EventType(e.Event), At: time.Now(), Device: r.topic,
			Entry: e.Entry.ID.String(), Item: e.Entry.Item.ID, Title: e.Entry.Item.Title, Message: e.Message,
		})
		r.learn(EventType(e.Event), e.Entry.Item)
	case queue.Publish:
		r.publish(e.Queue)
	case queue.Alarm:
		r.alarm.Stop()
		if !e.At.IsZero() {
			r.alarm.Reset(time.Until(e.At))
		}
	}
}

// known merges what a sighting tells into what is known; what it does not tell stays.
func known(was, now media.Device) media.Device {
	if now.ID != "" {
		was.ID = now.ID
	}
	if now.Name != "" {
		was.Name = now.Name
	}
	if now.Model != "" {
		was.Model = now.Model
	}
	if now.Host != "" {
		was.Host, was.Port = now.Host, now.Port
	}
	if now.Kind != "" {
		was.Kind = now.Kind
	}
	if len(now.Capabilities) > 0 {
		was.Capabilities = now.Capabilities
	}
	return was
}

// show lets others see what the device is now.
func (r *running) show() {
	v := r.machine.View()
	r.shown.Store(&shown{info: r.info, online: v.Online, ours: v.Ours})
	select {
	case r.changed <- struct{}{}:
	default:
	}
}
