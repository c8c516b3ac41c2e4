package bridge

import (
	"context"
	"time"

	"localcast/bridge/media"
	"localcast/bridge/queue"
	"localcast/bridge/voice"
)

// Ports are the rooms the bridge works with.
type Ports struct {
	Devices   Devices
	Library   Library
	Links     Links
	Remote    Remote
	Store     Store
	Playlists SavedPlaylists
	Diary     Diary
	Publisher Publisher
	// Grammar takes sentences apart; nil: words are titles, and name no device.
	Grammar *voice.Grammar
}

// The queue of a device carries library items and URLs.
type (
	// Entry is an entry of a device's queue.
	Entry = queue.Entry[media.Item]
	// QueueChange is what a step changed in a device's queue.
	QueueChange = queue.Change[media.Item]
	// SavedQueue is a queue as it was stored.
	SavedQueue = queue.Saved[media.Item]
)

// Sighting is what discovery or the configuration tells of one Chromecast. Topic is set only where the configuration
// names it.
type Sighting struct {
	media.Device
	MaxVolume int  // 1 to 100; 0 where the configuration says nothing
	Static    bool // it stands in the configuration
}

// Devices finds Chromecasts and makes their players.
type Devices interface {
	// Run looks for devices until ctx ends and calls found for every sighting, the same device again each time it is seen.
	// found never blocks. It returns nil when ctx ends.
	Run(ctx context.Context, found func(Sighting)) error
	// Player makes the player of one device. It starts nothing. The player resolves where the device is by itself.
	Player(s Sighting, reports Reports) Player
}

// Player is one Chromecast: orders go in, reports come out. It never decides anything by itself but how to keep its link.
type Player interface {
	// Run keeps a link to the device until ctx ends, and leaves what plays there alone when it does. It returns nil then.
	Run(ctx context.Context) error
	// Do hands over an order and returns at once. Each order is answered by exactly one Reports.Done with its Serial, at
	// the latest after the order's own deadline (150 s for a load, 5 s for the others), also when the link is lost or Run
	// ends. Orders are carried out in the order given; a load that waits never holds up the orders after it, and ends with
	// FailCancelled when a later load, stop or wake comes.
	Do(Order)
}

// Reports takes what a player tells. No method blocks, so that a player may call them from its reader.
type Reports interface {
	// Status is a whole picture of the device; a later one replaces an earlier.
	Status(Status)
	// Ended tells the end of a media session and is never lost or merged. It comes before the Status that shows it.
	Ended(Ended)
	// Done answers an order. It comes before the Status that shows its effect.
	Done(Done)
}

// OrderKind is what an order asks of a player.
type OrderKind string

// The orders. Resume, pause, seek and stop of media go to the media session that is on the device, whoever loaded it.
const (
	OrderLoad      OrderKind = "load"       // launch the media receiver if needed, and load
	OrderWake      OrderKind = "wake"       // launch the media receiver with nothing loaded
	OrderResume    OrderKind = "resume"     // PLAY
	OrderPause     OrderKind = "pause"      // PAUSE
	OrderSeek      OrderKind = "seek"       // SEEK to Position
	OrderStopMedia OrderKind = "stop_media" // STOP of the media session; the app stays
	OrderStopApp   OrderKind = "stop_app"   // STOP of the receiver's app
	OrderVolume    OrderKind = "volume"     // SET_VOLUME level
	OrderMute      OrderKind = "mute"       // SET_VOLUME muted
	OrderNext      OrderKind = "next"       // the next item of another sender's queue
	OrderPrevious  OrderKind = "previous"
	OrderTracks    OrderKind = "tracks" // EDIT_TRACKS_INFO: show Tracks and no others
	OrderRate      OrderKind = "rate"   // SET_PLAYBACK_RATE
	// OrderPrepare has the receiver go on with Load by itself when what plays of ours has ended, and with nothing else;
	// with a nil Load it goes on with nothing. An item that stands there with the same entry, address and position is left
	// as it is. A later one replaces one that waits, which ends with FailCancelled.
	OrderPrepare OrderKind = "prepare"
)

// Order is one thing a player shall do.
type Order struct {
	Serial   uint64 // names the order; rises; for a load it is the load's serial
	Kind     OrderKind
	Load     *Load   // for OrderLoad and OrderPrepare
	Position float64 // seconds, for OrderSeek
	Volume   int     // 0 to 100, for OrderVolume
	Muted    bool    // for OrderMute
	Tracks   []int   // ids, for OrderTracks; empty for none
	Rate     float64 // 0.5 to 2, for OrderRate; 1 is normal
}

// Load is a media item to be loaded.
type Load struct {
	Tag         Tag
	Item        media.Item // what the receiver shows of it
	URL         string     // where the device fetches it
	ContentType string     // a MIME type, never ""
	Artwork     string     // the URL of a picture, or ""
	Position    float64    // seconds at which it starts
	Paused      bool       // load, but do not play
	Tracks      []Track    // WebVTT beside the file; their ids are ours to give, from 1
	Show        []int      // the ids of those that show from the start
	// From is the serial in the tag of what plays, as far as the caller knows; 0 for nothing. A device that has the item
	// ahead of that jumps to it, and one that plays the entry with another serial has jumped by itself: Done tells the tag.
	From uint64
}

// Track is a text track that a device can show.
type Track struct {
	ID       int
	URL      string // of a WebVTT file that allows other origins; "" for one within the stream
	Language string // BCP 47; "" is unknown
	Name     string // for people
}

// Tag is the customData of a LOAD, by which a running item is recognised.
type Tag struct {
	Bridge string // the id of the bridge that loaded it
	Entry  string // "e7"; "" for an announcement
	Serial uint64
}

// Done answers an order.
type Done struct {
	Serial uint64
	Plays  *Tag  // for a load that found what it was to load on the device: its tag there
	Fail   *Fail // nil: the device has confirmed it; a load plays, buffers with its media open, or is paused as asked
}

// FailKind says why an order came to nothing.
type FailKind string

// The kinds of failure.
const (
	FailRefused     FailKind = "refused"     // the device answered no: Message says why, if it did
	FailFormat      FailKind = "format"      // it answered that it cannot play files of this kind
	FailFetch       FailKind = "fetch"       // it answered that the file could not be had
	FailTimeout     FailKind = "timeout"     // no answer in time
	FailOffline     FailKind = "offline"     // no link, or it was lost meanwhile
	FailCancelled   FailKind = "cancelled"   // replaced by a later order, or another sender took the device
	FailUnsupported FailKind = "unsupported" // the device or its app has no such function
	FailLaunch      FailKind = "launch"      // the app that plays for us did not start, which tells nothing of the item
)

// Fail is why an order came to nothing. Message is a clause for people: "the device cannot play this format".
type Fail struct {
	Kind    FailKind
	Message string
}

// Fault says what was wrong with something that did not play.
type Fault int

// The faults.
const (
	FaultUnknown   Fault = iota // the device did not say
	FaultFormat                 // the device cannot play files of this kind
	FaultElsewhere              // the file could not be fetched, or was not wanted any more: that tells nothing of it
)

// Error gives the message.
func (f *Fail) Error() string { return f.Message }

// Ended tells that an item has ended, and its media session with it unless the receiver moves on to Next.
type Ended struct {
	Tag      *Tag   // nil for what another sender loaded
	URL      string // its contentId, by which it is recognised where Tag was lost
	Reason   EndReason
	Message  string  // for EndError: a clause for people
	Fault    Fault   // for EndError
	Position float64 // seconds: the last that is known
	Next     *Tag    // the item of ours that the receiver plays after it in the same session; nil for none
	Back     bool    // Next stands before it in the receiver's queue: somebody went back
	// Overtaken says that nobody has ended the session but we: what was to be taken out of the receiver's queue had just begun
	// to play, or to load. Reason is then EndCancelled for that item itself, else that of the one before it.
	Overtaken bool
}

// EndReason is a receiver's idleReason.
type EndReason string

// The reasons of the Cast media protocol.
const (
	EndFinished    EndReason = "finished"
	EndInterrupted EndReason = "interrupted"
	EndCancelled   EndReason = "cancelled"
	EndError       EndReason = "error"
)

// Status is a whole picture of a device.
type Status struct {
	Online bool   // false: the link is lost, and nothing else here counts
	Host   string // the IP address of the device on this link
	// What its receiver tells: Idle is true for no app or the idle screen.
	Idle    bool
	App     string // the app's display name; "" while Idle
	AppID   string
	Default bool // the app is the Default Media Receiver
	// Controllable is false for an app to which nothing can be sent.
	Controllable bool

	Volume      int // 0 to 100
	Muted       bool
	VolumeFixed bool

	// Asked is false while it is not known yet what the app has loaded: Media then says nothing. A player settles it within
	// 5 s; where no app runs, or one without media, it is true at once.
	Asked bool
	Media *MediaStatus // nil: nothing is loaded
	// Notice is a sentence for the user while the device waits for something ("Kitchen asks for permission"); else "".
	Notice string
}

// PlayState is what a media session does.
type PlayState string

// The states of a media session.
const (
	PlayLoading   PlayState = "loading"
	PlayBuffering PlayState = "buffering"
	PlayPlaying   PlayState = "playing"
	PlayPaused    PlayState = "paused"
)

// MediaStatus is what a media session tells.
type MediaStatus struct {
	Tag      *Tag // nil for what another sender loaded, or where the receiver does not give it back
	URL      string
	State    PlayState
	Position float64   // seconds
	At       time.Time // when Position was true; zero where nothing tells it
	Rate     float64   // 1 is normal
	Duration float64   // seconds; 0 is unknown or live

	// What the app shows; "" and unknown where it tells nothing.
	Title, Subtitle, Artist, Album, Show string
	Season, Episode                      media.Number
	ContentType, Artwork                 string
	// What the session allows beyond play and stop.
	CanPause, CanSeek, CanSkip, CanRate, CanTracks bool
	// Tracks are the text tracks that can be shown, and Shown the ids of all tracks that are active.
	Tracks []Track
	Shown  []int
	Ahead  *Ahead // nil: nothing, or it is not known, or it is another's
}

// Ahead is the item of ours with which a receiver goes on by itself.
type Ahead struct {
	Tag      Tag
	URL      string
	Position float64 // seconds at which it begins
}

// Library is the catalogue and its search.
type Library interface {
	// Search answers a query. It takes at most a few milliseconds unless ctx ends first. use and playable may be nil.
	Search(ctx context.Context, q media.Query, use func(media.ID) media.Use, playable func(media.Item) (bool, string)) (media.Page, error)
	// Item returns one item; its error wraps media.ErrNoItem for an id that is not there (any more).
	Item(ctx context.Context, id media.ID) (media.Item, error)
	// Items returns what a container holds that is played, in natural order, at most limit; ErrNoItem as Item.
	Items(ctx context.Context, id media.ID, limit int) ([]media.Item, error)
	// Browse lists what a container holds, containers first, in natural order. The container is named by its id, or by its
	// path (media.Item.Path); with neither it lists the roots and the kinds, as folders. ErrNoItem as Item.
	Browse(ctx context.Context, id media.ID, path string, offset, limit int) (media.Listing, error)
	// Find returns the item whose file has this Path and size, for a queue that outlives a catalogue; ErrNoItem if none.
	Find(ctx context.Context, path string, size int64) (media.Item, error)
	// Subtitles returns the text tracks that lie beside an item's file, in the order in which people choose; ErrNoItem as Item.
	Subtitles(ctx context.Context, id media.ID) ([]media.Subtitle, error)
	// Has reports whether an item is there. It is cheap.
	Has(id media.ID) bool
	// Lookup returns those of the items that are there, by their ids.
	Lookup(ctx context.Context, ids []media.ID) (map[media.ID]media.Item, error)
	// Playlists lists the playlists that are files of the library, with the number of their entries.
	Playlists(ctx context.Context) ([]media.NamedList, error)
	// Shelve has the saved playlists found, in place of those it was given before: by Item, Search and Browse, as containers
	// whose content only the bridge knows. It returns at once; what is not among them any more is not found from then on,
	// what is new once Settled returns, for which Run has to run.
	Shelve(saved []media.NamedList)
	Settled(ctx context.Context) error
	// Rescan begins a scan of the folder, or of all for "", and returns at once; ErrNoItem for an unknown folder.
	Rescan(folder string) error
	// Status is what the library is and does.
	Status() media.LibraryStatus
	// Events returns what happened since it was last asked, oldest first.
	Events() []media.LibraryEvent
	// Changed gets a value after each change of Status and after each event; it holds one at most.
	Changed() <-chan struct{}
}

// Links makes the addresses by which devices and people fetch from us.
type Links interface {
	// Media is the URL from which the device at host fetches the item's file; host is an IP address or a name. For a URL
	// item it is that URL.
	Media(item media.Item, device, host string) (string, error)
	// Lasts reports whether url is an address from which the device at host can fetch the item as long as one that Media
	// makes now would last at least until half its time is over.
	Lasts(url string, item media.Item, host string) bool
	// Fetched reports whether the device, named as for Media, has asked for any item's file at or after a moment.
	Fetched(device string, since time.Time) bool
	// Artwork is the URL of an item's picture, or of the neutral picture where it has none; it never expires. host is as in
	// Media; "" gives the address for everybody, which stands below stream_url.
	Artwork(item media.Item, host string) string
	// Subtitles is the URL from which the device at host fetches one of the item's media.Subtitle, by its Track, as WebVTT.
	Subtitles(item media.Item, track int, device, host string) (string, error)
	// Item tells which item a media URL of ours is for; ok is false for any other URL.
	Item(url string) (id media.ID, ok bool)
}

// Remote asks what lies behind an address that is not ours.
type Remote interface {
	// ContentType asks the server of url for its MIME type, for at most 5 s.
	ContentType(ctx context.Context, url string) (string, error)
}

// Store keeps what must survive. Every method that changes something returns when it is on disk.
type Store interface {
	// Devices returns what is remembered, by topic name.
	Devices(ctx context.Context) ([]media.Device, error)
	// SaveDevice remembers a device under its topic name, replacing what was there.
	SaveDevice(ctx context.Context, d media.Device) error
	// ForgetDevice removes a device and its queue.
	ForgetDevice(ctx context.Context, topic string) error
	// Queue returns a device's queue, the zero SavedQueue if there is none.
	Queue(ctx context.Context, topic string) (SavedQueue, error)
	// SaveQueue applies a change; concurrent calls share a commit.
	SaveQueue(ctx context.Context, topic string, c QueueChange) error
	// MoveQueue applies a change to each of two queues: both are on disk, or none.
	MoveQueue(ctx context.Context, from string, left QueueChange, to string, c QueueChange) error
	// SavePosition writes only the head, without a sync of its own: a power cut may lose it.
	SavePosition(ctx context.Context, topic string, h queue.Head) error
}

// Publisher tells the world. No method blocks, and what one device's goroutine publishes leaves in that order.
type Publisher interface {
	// Answer answers a command; each command is answered once.
	Answer(Answer)
	// State replaces what was last told of the same thing; in a burst only the latest leaves.
	State(State)
	// Event is told once, to who listens now.
	Event(Event)
}
