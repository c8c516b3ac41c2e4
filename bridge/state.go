package bridge

import (
	"bytes"
	"encoding/json"
	"math"
	"time"

	"localcast/bridge/media"
)

// Contract is the number of the MQTT contract this program speaks.
const Contract = 1

// State is something that stays true until it is replaced: one of DeviceState, QueueState, SearchState, Availability,
// DeviceList, LibraryState, StreamState, PlaylistState, Info or Gone. Their JSON is the MQTT contract's.
type State interface{ state() }

func (DeviceState) state()   {}
func (QueueState) state()    {}
func (SearchState) state()   {}
func (Availability) state()  {}
func (DeviceList) state()    {}
func (LibraryState) state()  {}
func (PlaylistState) state() {}
func (StreamState) state()   {}
func (Info) state()          {}
func (Gone) state()          {}

// Time is a moment as the contract writes it: RFC 3339 in UTC with milliseconds; the zero Time is null.
type Time struct{ time.Time }

// MarshalJSON gives the moment, or null.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return []byte(t.UTC().Format(`"2006-01-02T15:04:05.000Z"`)), nil
}

// Text is a string that is null in JSON when it is empty.
type Text string

// MarshalJSON gives the string, or null.
func (t Text) MarshalJSON() ([]byte, error) {
	if t == "" {
		return []byte("null"), nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // as whoever encodes the rest of the payload does
	err := e.Encode(string(t))
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// Seconds is a time span in seconds; in JSON it is rounded to milliseconds, and null below zero, which is unknown.
type Seconds float64

// Unknown is a span of time that nobody knows.
const Unknown Seconds = -1

// Known returns s as Seconds where 0 stands for unknown, as in media.Item.
func Known(s float64) Seconds {
	if s <= 0 {
		return Unknown
	}
	return Seconds(s)
}

// MarshalJSON gives the seconds, or null.
func (s Seconds) MarshalJSON() ([]byte, error) {
	if s < 0 || math.IsNaN(float64(s)) || math.IsInf(float64(s), 0) {
		return []byte("null"), nil
	}
	return json.Marshal(math.Round(float64(s)*1000) / 1000)
}

// Availability tells whether a device can be reached.
type Availability struct {
	Device string `json:"-"` // the topic name
	Online bool
}

// DeviceState is what one device does.
type DeviceState struct {
	Device string `json:"-"` // the topic name

	State       string       `json:"state"` // off, idle, buffering, playing, paused
	Title       Text         `json:"title"`
	Subtitle    Text         `json:"subtitle"`
	Artist      Text         `json:"artist"`
	Album       Text         `json:"album"`
	Show        Text         `json:"show"`
	Season      media.Number `json:"season"`
	Episode     media.Number `json:"episode"`
	Year        media.Number `json:"year"`
	Kind        Text         `json:"kind"`
	Item        Text         `json:"item"`
	Entry       Text         `json:"entry"`
	ContentType Text         `json:"content_type"`
	Duration    Seconds      `json:"duration"`
	Position    Seconds      `json:"position"`
	PositionAt  Time         `json:"position_updated_at"`
	Rate        float64      `json:"rate"`
	Volume      media.Number `json:"volume"`
	Muted       bool         `json:"muted"`
	VolumeFixed bool         `json:"volume_fixed"`
	Repeat      string       `json:"repeat"`
	Shuffle     bool         `json:"shuffle"`
	QueueIndex  media.Number `json:"queue_index"`
	QueueLength int          `json:"queue_length"`
	App         Text         `json:"app"`
	Ours        bool         `json:"ours"`
	Artwork     Text         `json:"artwork"`
	Subtitles   Text         `json:"subtitles"`
	// SubtitleTracks is never nil.
	SubtitleTracks []SubtitleTrack `json:"subtitle_tracks"`
	Error          Text            `json:"error"`

	// Picture is told on a topic of its own: Artwork, or the neutral picture's URL; never "".
	Picture string `json:"-"`
}

// SubtitleTrack is one track a user can choose.
type SubtitleTrack struct {
	Track    int  `json:"track"` // from 1
	Language Text `json:"language"`
	Name     Text `json:"name"`
}

// QueueState is a device's queue: a window of it around the current entry.
type QueueState struct {
	Device string `json:"-"` // the topic name

	Revision int64        `json:"revision"`
	Index    media.Number `json:"index"`
	Length   int          `json:"length"`
	Duration float64      `json:"duration"` // seconds: the sum of what is known
	Repeat   string       `json:"repeat"`
	Shuffle  bool         `json:"shuffle"`
	First    int          `json:"first"` // the index of Entries[0]
	Entries  []EntryState `json:"entries"`
}

// EntryState is one entry of a queue.
type EntryState struct {
	Entry    string  `json:"entry"`
	Item     Text    `json:"item"`
	Title    string  `json:"title"`
	Subtitle Text    `json:"subtitle"`
	Kind     Text    `json:"kind"`
	Duration Seconds `json:"duration"`
	Artwork  Text    `json:"artwork"`
	Failed   bool    `json:"failed"`
}

// SearchState is the last search made on a device, or on the bridge where Device is "".
type SearchState struct {
	Device  string      `json:"-"` // the topic name
	Query   string      `json:"query"`
	Total   int         `json:"total"`
	Results []ItemState `json:"results"`
	// Chosen is the result last played, from 1; 0 for none. It is told on a topic of its own.
	Chosen int `json:"-"`
}

// ItemState is an item as search and browse tell it.
type ItemState struct {
	Item        Text         `json:"item"`
	Title       string       `json:"title"`
	Subtitle    Text         `json:"subtitle"`
	Kind        Text         `json:"kind"`
	Artist      Text         `json:"artist"`
	Album       Text         `json:"album"`
	Show        Text         `json:"show"`
	Season      media.Number `json:"season"`
	Episode     media.Number `json:"episode"`
	Year        media.Number `json:"year"`
	Genre       Text         `json:"genre"`
	Duration    Seconds      `json:"duration"`
	ContentType Text         `json:"content_type"`
	Size        media.Number `json:"size"`
	Artwork     Text         `json:"artwork"`
	Position    float64      `json:"position"`
	Watched     bool         `json:"watched"`
	Playable    bool         `json:"playable"`
	Reason      Text         `json:"reason"`
	Score       float64      `json:"score"`
}

// DeviceList is every device that is known, sorted by topic name.
type DeviceList struct{ Devices []DeviceEntry }

// DeviceEntry is one known device.
type DeviceEntry struct {
	Device       string   `json:"device"` // the topic name
	ID           string   `json:"id"`
	Name         string   `json:"name"`
	Model        Text     `json:"model"`
	Host         string   `json:"host"`
	Port         int      `json:"port"`
	Kind         string   `json:"kind"`
	Online       bool     `json:"online"`
	Capabilities []string `json:"capabilities"`
}

// LibraryState is what the library holds and does.
type LibraryState struct {
	Total       int      `json:"total"`
	Movies      int      `json:"movies"`
	Episodes    int      `json:"episodes"`
	Videos      int      `json:"videos"`
	Tracks      int      `json:"tracks"`
	Images      int      `json:"images"`
	Playlists   int      `json:"playlists"`
	Folders     int      `json:"folders"`
	Scanning    bool     `json:"scanning"`
	Progress    Seconds  `json:"progress"` // 0 to 1, or Unknown
	LastScanAt  Time     `json:"last_scan_at"`
	Unavailable []string `json:"unavailable_folders"`
	Polled      []string `json:"polled_folders"`
}

// StreamState is what the streamer does.
type StreamState struct {
	Active         int   `json:"active"`
	Limit          int   `json:"limit"`
	BytesTotal     int64 `json:"bytes_total"`
	BytesPerSecond int64 `json:"bytes_per_second"`
}

// Info is what the bridge is. It changes only at a restart or with an address.
type Info struct {
	ID        string      `json:"id"`
	Contract  int         `json:"contract"`
	Version   string      `json:"version"`
	StartedAt Time        `json:"started_at"`
	BaseTopic string      `json:"base_topic"`
	Language  string      `json:"language"`
	StreamURL string      `json:"stream_url"`
	Network   NetworkInfo `json:"network"`
	MQTT      MQTTInfo    `json:"mqtt"`
}

// NetworkInfo is what the kernel granted the streamer's sockets.
type NetworkInfo struct {
	CongestionControl string `json:"congestion_control"`
	NotSentLowat      int    `json:"notsent_lowat"` // bytes; 0 where the system has none
}

// MQTTInfo says which broker is in use.
type MQTTInfo struct {
	Embedded bool `json:"embedded"`
}

// PlaylistState is every playlist: the saved ones, and those that are files of the library.
type PlaylistState struct {
	Playlists []PlaylistEntry `json:"playlists"`
}

// PlaylistEntry is one of them.
type PlaylistEntry struct {
	Item   string `json:"item"`
	Name   string `json:"name"`
	Length int    `json:"length"`
}

// Gone tells that a device is forgotten: all that was told of it is to be withdrawn.
type Gone struct{ Device, ID string }

// EventType names an event.
type EventType string

// The events of a device and, from DeviceAdded on, of the bridge.
const (
	ItemStarted          EventType = "item_started"
	ItemFinished         EventType = "item_finished"
	ItemFailed           EventType = "item_failed"
	QueueFinished        EventType = "queue_finished"
	TakenOver            EventType = "taken_over"
	AnnouncementStarted  EventType = "announcement_started"
	AnnouncementFinished EventType = "announcement_finished"

	DeviceAdded       EventType = "device_added"
	DeviceRemoved     EventType = "device_removed"
	LibraryUpdated    EventType = "library_updated"
	FolderUnavailable EventType = "folder_unavailable"
	FolderAvailable   EventType = "folder_available"
)

// Event is something that happened once. Bridge is true for the bridge's own events, which tell Name, Folder, Added and
// Removed; the events of a device tell Entry, Item and Title.
type Event struct {
	Bridge         bool
	Type           EventType
	At             time.Time
	Device         string // the topic name; "" for none
	Entry          string
	Item           media.ID
	Title          string
	Name, Folder   string
	Added, Removed int
	Message        string
}
