package bridge

import "localcast/bridge/media"

// Command is one thing somebody asks of the bridge or of a device. It is answered by exactly one Publisher.Answer.
type Command struct {
	Name string // as the contract names it: "queue_add"
	// Device is whom it is for, "" for the bridge itself. Where Spoken is false it came in a topic, and only a topic name
	// or an id will do; else friendly names and prefixes of them are tried too, and "all" is every device.
	Device string
	Spoken bool
	// Revision, if set, is the queue's revision the sender believes in.
	Revision *int64
	Request  Request
	// Origin is whatever the sender needs to send the answer back; the bridge carries it and never looks inside.
	Origin any

	deliver func(Answer) // takes the answer in place of the Publisher
	move    *move        // of a transfer
}

// Request is the arguments of a command: one of the types below. A type without fields stands for a name without
// arguments.
type Request interface{ request() }

// Source is what to play: exactly one field is set.
type Source struct {
	Item     media.ID
	Items    []media.ID
	Query    string
	URL      string
	Playlist string
	Result   int // from 1: in the device's last search
}

// Enqueue says where played items go.
type Enqueue string

// The modes of the contract; the zero Enqueue counts as EnqueueReplace.
const (
	EnqueueReplace Enqueue = "replace"
	EnqueuePlay    Enqueue = "play" // insert behind the current entry and start
	EnqueueNext    Enqueue = "next"
	EnqueueAdd     Enqueue = "add"
)

// The requests a device takes.
type (
	// Play plays something; with the zero Source it resumes.
	Play struct {
		Source   Source
		Enqueue  Enqueue
		Kinds    []media.Kind // narrows Query
		Start    *float64     // seconds
		Shuffle  *bool
		Interval float64 // seconds for each picture; 0 is the default
		// What to say of a URL.
		Title, ContentType, Artwork string
	}
	Pause    struct{}
	Resume   struct{}
	Toggle   struct{}
	Stop     struct{}
	Next     struct{}
	Previous struct{}
	Wake     struct{}
	// Seek goes to Position, or by Offset from where it is, in seconds; one is set.
	Seek struct{ Position, Offset *float64 }
	// Volume sets Level, 0 to 100, or changes it by Delta; one is set.
	Volume struct{ Level, Delta *int }
	// Mute sets or, with nil, toggles.
	Mute struct{ Muted *bool }
	// QueueRemove removes Entries or the entry at Index; one is set.
	QueueRemove struct {
		Entries []string
		Index   *int
	}
	// QueueMove moves an entry to the index To, which it has afterwards.
	QueueMove struct {
		Entry string
		To    int
	}
	// QueueJump plays an entry, named by Entry or Index.
	QueueJump struct {
		Entry string
		Index *int
	}
	QueueClear struct{ KeepCurrent bool }
	// QueueList asks for a page of 1 to 500 entries.
	QueueList struct{ Offset, Limit int }
	// Shuffle switches shuffle.
	Shuffle struct{ Enabled bool }
	// Repeat sets off, all or one.
	Repeat struct{ Mode string }
	// Save keeps the queue as a playlist of that name.
	Save struct{ Name string }
	// Transfer moves the queue to another device, named as people name devices.
	Transfer struct{ To string }
	// Announce plays Source, or Message, a url or words, and restores what was before.
	Announce struct {
		Source             Source
		Message            string
		Volume             *int // 0 to 100
		Title, ContentType string
		Force              bool
	}
	// Subtitles chooses a track, from 1, or a language, or none; one is set.
	Subtitles struct {
		Track    int
		Language string
		Off      bool
	}
	// Speed sets the playback rate, 0.5 to 2.
	Speed struct{ Rate float64 }
	// Sleep stops after Minutes, or at the end of the item; 0 minutes cancels.
	Sleep struct {
		Minutes   float64
		AfterItem bool
	}
	// Browse lists a container, named by Item or Path, or the roots and kinds.
	Browse struct {
		Item          media.ID
		Path          string
		Offset, Limit int
	}
	// Search searches for the device, or for nobody in particular on the bridge. A Quiet one leaves no trace but its answer.
	Search struct {
		Query media.Query
		Quiet bool
	}
)

// The requests the bridge takes for itself.
type (
	// Rescan scans a folder, or all for "".
	Rescan struct{ Folder string }
	Ping   struct{}
	// Forget forgets a device.
	Forget struct{ Device string }
	// PlaySomewhere is play on the bridge without a device argument: the words of its query, or Area, name the device.
	PlaySomewhere struct {
		Play Play
		Area string
	}
	Playlists      struct{}
	PlaylistDelete struct{ Name string }
	// History lists plays, the latest first, of one device or of all.
	History struct {
		Device        string
		Offset, Limit int
	}
)

func (Play) request()           {}
func (Pause) request()          {}
func (Resume) request()         {}
func (Toggle) request()         {}
func (Stop) request()           {}
func (Next) request()           {}
func (Previous) request()       {}
func (Wake) request()           {}
func (Seek) request()           {}
func (Volume) request()         {}
func (Mute) request()           {}
func (QueueRemove) request()    {}
func (QueueMove) request()      {}
func (QueueJump) request()      {}
func (QueueClear) request()     {}
func (QueueList) request()      {}
func (Shuffle) request()        {}
func (Repeat) request()         {}
func (Search) request()         {}
func (Rescan) request()         {}
func (Ping) request()           {}
func (Save) request()           {}
func (Transfer) request()       {}
func (Announce) request()       {}
func (Subtitles) request()      {}
func (Speed) request()          {}
func (Sleep) request()          {}
func (Browse) request()         {}
func (PlaySomewhere) request()  {}
func (Playlists) request()      {}
func (PlaylistDelete) request() {}
func (History) request()        {}
func (Forget) request()         {}

// Code is why a command was not obeyed.
type Code string

// The codes of the contract.
const (
	Invalid     Code = "invalid" // the message says which argument, what came and what is wanted
	NotFound    Code = "not_found"
	Ambiguous   Code = "ambiguous"
	Offline     Code = "offline"
	NotPlaying  Code = "not_playing"
	Busy        Code = "busy"
	Rejected    Code = "rejected" // the device refused
	Unsupported Code = "unsupported"
	Conflict    Code = "conflict"
	Internal    Code = "internal"
)

// Error is why a command was not obeyed, in words for people.
type Error struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
}

// Error gives the message.
func (e *Error) Error() string { return e.Message }

// Answer answers a command.
type Answer struct {
	Command Command
	// Device is the topic name of the device that answers; as it came if it is unknown; "" for the bridge.
	Device string
	Err    *Error // nil: ok
	Speech string // never ""
	Data   any    // becomes the answer's data: one of the Data types, or nil for {}
}

// QueueData is the data of play and the queue commands.
type QueueData struct {
	Revision int64  `json:"revision"`
	Length   int    `json:"length"`
	Entry    string `json:"entry,omitempty"`
	// Entries are those that were added, in their order.
	Entries []string   `json:"entries,omitempty"`
	Item    *ItemState `json:"item,omitempty"`
	Pending *bool      `json:"pending,omitempty"` // set by what loads: true if it does not play yet
	Queued  bool       `json:"queued,omitempty"`  // the device is offline: it waits in the queue
	Failed  []string   `json:"failed,omitempty"`  // the entries the device refused
}

// QueuePage is the data of queue_list.
type QueuePage struct {
	Revision int64        `json:"revision"`
	Offset   int          `json:"offset"`
	Length   int          `json:"length"`
	Entries  []EntryState `json:"entries"`
}

// SearchData is the data of search.
type SearchData struct {
	SearchState
	Offset int `json:"offset"`
}

// BrowseData is the data of browse. Of the top, item, path and title are null.
type BrowseData struct {
	Item    Text        `json:"item"`
	Path    Text        `json:"path"`
	Title   Text        `json:"title"`
	Total   int         `json:"total"`
	Offset  int         `json:"offset"`
	Results []ItemState `json:"results"`
}

// AnnounceData is the data of announce where it does not play yet.
type AnnounceData struct {
	Pending bool `json:"pending"`
}

// AllData is the data of a command sent to all devices.
type AllData struct {
	Results []DeviceOutcome `json:"results"`
}

// DeviceOutcome is what one of all devices answered.
type DeviceOutcome struct {
	Device string `json:"device"`
	Status string `json:"status"` // ok or error
	Error  *Error `json:"error"`
}

// Alternatives is the data of not_found and ambiguous.
type Alternatives struct {
	Alternatives []ItemState `json:"alternatives"`
}

// DeviceChoices is the data of ambiguous where it is open which device is meant.
type DeviceChoices struct {
	Alternatives []DeviceEntry `json:"alternatives"`
}

// HistoryData is the data of history.
type HistoryData struct {
	Total   int            `json:"total"`
	Offset  int            `json:"offset"`
	Results []HistoryEntry `json:"results"`
}

// HistoryEntry is one play: what was played where, and for how long really.
type HistoryEntry struct {
	At      Time    `json:"at"`
	Device  string  `json:"device"`
	Item    Text    `json:"item"`
	Title   string  `json:"title"`
	Seconds Seconds `json:"seconds"`
}

// PingData is the data of ping.
type PingData struct {
	Version string `json:"version"`
	ID      string `json:"id"`
}
