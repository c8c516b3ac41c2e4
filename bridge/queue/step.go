package queue

import "time"

// Ref names a command until it is answered; the caller chooses it.
type Ref uint64

// Input is something that happened: a command, a report of the player, or the outcome of an effect.
type Input interface{ input() }

// The commands. Those that play answer once the device plays or refuses; those that only edit answer once the edit is
// stored; the others answer when the device has confirmed. Revision, if set, is the revision the sender believes in.
type (
	// Play puts Items into the queue; Mode says where and whether they start. There is at least one.
	Play[T any] struct {
		Ref      Ref
		Revision *int64
		Items    []Entry[T] // without ids
		Mode     Mode
		First    int      // which of Items starts
		Start    *float64 // seconds; nil leaves the entry's own Start
		Shuffle  *bool
	}
	// Resume goes on with what is paused, or starts the queue. Fresh is true for play without anything, which takes the
	// device back from another; without Fresh that one's session is resumed.
	Resume struct {
		Ref   Ref
		Fresh bool
	}
	Pause    struct{ Ref Ref }
	Toggle   struct{ Ref Ref }
	Stop     struct{ Ref Ref }
	Next     struct{ Ref Ref }
	Previous struct{ Ref Ref }
	// Wake starts the receiver with nothing loaded.
	Wake struct{ Ref Ref }
	// Seek goes to a position in seconds, or by an offset if By is true.
	Seek struct {
		Ref Ref
		To  float64
		By  bool
	}
	// Volume sets a level of 0 to 100, or changes it if By is true.
	Volume struct {
		Ref Ref
		To  int
		By  bool
	}
	// Mute mutes, or toggles with nil.
	Mute struct {
		Ref   Ref
		Muted *bool
	}
	// Speed plays faster or slower; Rate is 0.5 to 2.
	Speed struct {
		Ref  Ref
		Rate float64
	}
	// Subtitles shows a track of what plays, by the device's own id, or none with 0.
	Subtitles struct {
		Ref   Ref
		Track int
	}
	// Remove takes entries out; Index is used where Entries is empty.
	Remove struct {
		Ref      Ref
		Revision *int64
		Entries  []EntryID
		Index    int
	}
	// Move puts an entry at the index To.
	Move struct {
		Ref      Ref
		Revision *int64
		Entry    EntryID
		To       int
	}
	// Jump plays an entry; Index is used where Entry is 0.
	Jump struct {
		Ref   Ref
		Entry EntryID
		Index int
	}
	Clear struct {
		Ref         Ref
		Revision    *int64
		KeepCurrent bool
	}
	Shuffle struct {
		Ref      Ref
		Revision *int64
		On       bool
	}
	SetRepeat struct {
		Ref  Ref
		Mode Repeat
	}
	// Save has the entries stored as a list of its own, as they stand now: see Copy.
	Save struct{ Ref Ref }
	// Sleep stops After that time, or at the end of what plays if AfterItem is true, and fades the volume before; neither
	// cancels.
	Sleep struct {
		Ref       Ref
		After     time.Duration
		AfterItem bool
	}
	// Transfer moves the queue to another device: the caller sees to that, by the steps that begin with the Offer.
	Transfer struct {
		Ref      Ref
		Revision *int64
		ID       uint64 // of the transfer
		Itself   bool   // the other device is this one
	}
	// Announce plays Item in between; afterwards everything is as it was.
	Announce[T any] struct {
		Ref    Ref
		Item   Entry[T] // without an id
		Volume *int     // 0 to 100, for the announcement, which is heard then even where the device is muted; nil: as it is
		Force  bool     // take the device from another's app, which cannot be put back
	}
	// Turn is a command that needs nothing of the machine but its turn: it is answered in order, and a load that waits is
	// answered before it.
	Turn struct{ Ref Ref }
)

// Mode says where played items go.
type Mode string

// The modes. Only Replace and Insert start playback.
const (
	Replace Mode = "replace"
	Insert  Mode = "play" // behind the current entry, and start
	PutNext Mode = "next" // behind the current entry
	Append  Mode = "add"
)

// The reports and outcomes.
type (
	// Report is a whole picture of the device.
	Report struct {
		Online bool
		// Idle is true for no app or the idle screen; Receiver is true where the receiver app that plays for us runs.
		Idle, Receiver bool
		// Asked is false while it is not known yet what the app plays: Media then says nothing.
		Asked       bool
		Volume      int // 0 to 100
		Muted       bool
		VolumeFixed bool
		App, Notice string  // for people: the app that runs, and what the device waits for
		Playing     bool    // something is loaded, and Media tells of it
		Media       Session // the zero Session unless Playing
	}
	// Ended tells that an item has ended, and its session with it unless the receiver moves on to Next. Serial is that in
	// its tag, 0 for another sender's.
	Ended struct {
		Serial  uint64
		Reason  EndReason
		Message string // why, for EndError: a clause for people
		// Next is what the receiver plays after it by itself, or because somebody in the room has asked for it; 0 for nothing.
		Next       EntryID
		NextSerial uint64 // in its tag
		Back       bool   // somebody in the room went back
		// Overtaken says that nobody has ended the session but our own Prepare, which took out what had just begun. Reason is
		// Cancelled for that entry itself, else that of the one before it.
		Overtaken bool
	}
	// Done answers an Order, a Load or a Prepare.
	Done struct {
		Serial uint64
		Fail   Fail
		Reason string // a clause for people
		Plays  uint64 // for a load: the serial that is in the tag of what plays, if another; the device had it already
	}
	// Stored answers every Persist up to Ticket; it is 0 where a Keep failed.
	Stored struct {
		Ticket uint64
		Failed string // "" or why it failed
	}
	// Quit says that nobody listens to the device any more: who waits for it is answered without it.
	Quit struct{}
	// Tick says that the time an Alarm effect asked for has come.
	Tick struct{}
)

// Session is what a media session on the device does.
type Session struct {
	Ours   bool
	Entry  EntryID // 0 if it is not in our tag: with a Serial that is an announcement
	Serial uint64  // 0 if it is not in our tag
	Ahead  uint64  // the serial of what the receiver has to go on with; 0 where that is nothing of ours, or not known
	State  State
	// Position in seconds was true at At; Rate is 1 at normal speed; Duration is 0 where it is unknown.
	Position float64
	At       time.Time
	Rate     float64
	Duration float64
	// What the session allows; of our own only the last two may be missing.
	CanPause, CanSeek, CanSkip, CanRate, CanTracks bool
	Track                                          int // the subtitles that show, by the device's own id; 0 for none
}

// State is what is going on.
type State string

// The states a client sees; Loading is a session's only, and shown as Buffering.
const (
	Off       State = "off"
	Idle      State = "idle"
	Loading   State = "loading"
	Buffering State = "buffering"
	Playing   State = "playing"
	Paused    State = "paused"
)

// EndReason is why a session ended.
type EndReason string

// The reasons of the Cast media protocol.
const (
	Finished    EndReason = "finished"
	Interrupted EndReason = "interrupted"
	Cancelled   EndReason = "cancelled"
	Error       EndReason = "error"
)

// Fail is why an order came to nothing; the zero Fail is success.
type Fail string

// The failures of a player.
const (
	FailRefused     Fail = "refused"
	FailTimeout     Fail = "timeout"
	FailOffline     Fail = "offline"
	FailCancelled   Fail = "cancelled"
	FailUnsupported Fail = "unsupported"
	FailLaunch      Fail = "launch" // the app that plays for us did not start: that tells nothing of the item
)

func (Play[T]) input()     {}
func (Resume) input()      {}
func (Pause) input()       {}
func (Toggle) input()      {}
func (Stop) input()        {}
func (Next) input()        {}
func (Previous) input()    {}
func (Wake) input()        {}
func (Seek) input()        {}
func (Volume) input()      {}
func (Mute) input()        {}
func (Speed) input()       {}
func (Subtitles) input()   {}
func (Remove) input()      {}
func (Move) input()        {}
func (Jump) input()        {}
func (Clear) input()       {}
func (Shuffle) input()     {}
func (SetRepeat) input()   {}
func (Sleep) input()       {}
func (Transfer) input()    {}
func (Adopt[T]) input()    {}
func (Abandon) input()     {}
func (Release) input()     {}
func (Commit[T]) input()   {}
func (Handed) input()      {}
func (Announce[T]) input() {}
func (Save) input()        {}
func (Turn) input()        {}
func (Report) input()      {}
func (Ended) input()       {}
func (Done) input()        {}
func (Stored) input()      {}
func (Tick) input()        {}
func (Quit) input()        {}

// Effect is something the machine wants done. None blocks; what comes of it comes back as an Input.
type Effect interface{ effect() }

type (
	// Load loads an entry, or an announcement, which has no id, on the device; Done with its Serial answers.
	Load[T any] struct {
		Serial   uint64
		Entry    Entry[T]
		Position float64 // seconds
		Paused   bool    // it waits there
		// From is the serial of what the device plays, as far as is known; 0 for nothing of ours. A device that plays the
		// entry with another serial has gone on to it by itself, and one that has it ahead need not load it.
		From uint64
	}
	// Prepare gives the receiver what it shall go on with by itself when what plays ends, in place of anything else; the
	// zero Entry is nothing. What stands there already as it should, with an address that holds, is left alone. Done with
	// its Serial answers.
	Prepare[T any] struct {
		Serial   uint64
		Entry    Entry[T]
		Position float64 // seconds at which it begins
	}
	// Do is an order to the player; Done with its Serial answers.
	Do struct {
		Serial   uint64
		What     What
		Position float64
		Volume   int
		Muted    bool
		Rate     float64
		Track    int // 0: none
	}
	// Persist stores a change durably; Stored with its Ticket answers. Changes are stored in order.
	Persist[T any] struct {
		Ticket uint64
		Change Change[T]
		Also   *Also[T] // stored in the same transaction; nil: nothing
	}
	// Copy stores the entries as they stand now as a list of its own, for the command of that Ref; Stored with its Ticket
	// answers.
	Copy struct {
		Ref    Ref
		Ticket uint64
	}
	// Keep stores the head, sometime: it is how far the current entry has played.
	Keep struct{ Head Head }
	// Played tells how far an entry has been played: when it begins, every KeepEvery, and when it rests.
	Played[T any] struct {
		Entry    Entry[T]
		Serial   uint64    // of its load; with an announcement in between, that of the first
		Begun    time.Time // when the session was first seen to play
		First    bool      // it has only just begun: nothing was told of the session before
		Position float64   // seconds: where it is now
		Duration float64   // seconds; 0 is unknown
		Seconds  float64   // really played since it was last told
		Rests    bool      // it does not play on, as far as anybody knows
		Ended    bool      // it was played to its end
	}
	// Reply answers a command; each command gets exactly one.
	Reply struct {
		Ref Ref
		Outcome
	}
	// Happened tells an event.
	Happened[T any] struct {
		Event   Event
		Entry   Entry[T] // the zero Entry for none
		Message string
	}
	// Publish says that the view may have changed, and the queue too if Queue is true.
	Publish struct{ Queue bool }
	// Alarm asks for a Tick at At, in place of any earlier Alarm; the zero At asks for none.
	Alarm struct{ At time.Time }
)

// What is the verb of an order.
type What string

// The orders, as the player knows them.
const (
	DoWake      What = "wake"
	DoResume    What = "resume"
	DoPause     What = "pause"
	DoSeek      What = "seek"
	DoStopMedia What = "stop_media"
	DoStopApp   What = "stop_app"
	DoVolume    What = "volume"
	DoMute      What = "mute"
	DoNext      What = "next"
	DoPrevious  What = "previous"
	DoRate      What = "rate"
	DoTracks    What = "tracks"
)

// Event is what happened to an entry or the queue.
type Event string

// The events of the MQTT contract.
const (
	ItemStarted          Event = "item_started"
	ItemFinished         Event = "item_finished"
	ItemFailed           Event = "item_failed"
	QueueFinished        Event = "queue_finished"
	TakenOver            Event = "taken_over"
	AnnouncementStarted  Event = "announcement_started"
	AnnouncementFinished Event = "announcement_finished"
)

func (Load[T]) effect()     {}
func (Do) effect()          {}
func (Prepare[T]) effect()  {}
func (Persist[T]) effect()  {}
func (Copy) effect()        {}
func (Keep) effect()        {}
func (Played[T]) effect()   {}
func (Reply) effect()       {}
func (Happened[T]) effect() {}
func (Publish) effect()     {}
func (Alarm) effect()       {}

// Code is why a command was refused; the zero Code is success.
type Code string

// The codes, as the MQTT contract has them.
const (
	CodeInvalid     Code = "invalid"
	CodeNotFound    Code = "not_found"
	CodeOffline     Code = "offline"
	CodeNotPlaying  Code = "not_playing"
	CodeBusy        Code = "busy"
	CodeRejected    Code = "rejected"
	CodeUnsupported Code = "unsupported"
	CodeConflict    Code = "conflict"
	CodeInternal    Code = "internal"
)

// Outcome is what became of a command.
type Outcome struct {
	Code    Code
	Message string // for a Code: a clause for people
	// The queue when the answer was made.
	Revision int64
	Length   int
	// Entry is the one that plays or was asked to; Added are new ones in their order.
	Entry EntryID
	Added []EntryID
	// Failed are the entries the device refused on the way.
	Failed []EntryID
	// Loads is true for a command that loads; Pending then says that it does not play yet, Queued that it waits.
	Loads, Pending, Queued bool
	// Volume is the level that was set, Capped whether it was asked higher than the device may.
	Volume int
	Capped bool
	// Moved is true for a queue that is another device's now: Revision, Length, Entry and Failed are of that.
	Moved bool
	// Lost is true for an announcement that took the device from another, whose session cannot come back.
	Lost bool
}

// View is what the world is told of a device beside its queue.
type View struct {
	Online      bool
	State       State
	Ours        bool // false while another's app or media holds the device
	Position    float64
	At          time.Time // when Position was true; zero if nothing is current
	Rate        float64
	Duration    float64 // seconds; 0 is unknown
	Volume      int
	Muted       bool
	VolumeFixed bool
	App, Notice string
	Error       string
}
