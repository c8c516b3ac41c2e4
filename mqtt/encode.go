package mqtt

import (
	"bytes"
	"encoding/json"
	"fmt"

	"localcast/bridge"
	"localcast/bridge/media"
)

// The plain payloads of the availability topics.
const (
	online  = "online"
	offline = "offline"
)

// update is the new payload of one retained topic.
type update struct {
	device  string // a topic name, or onBridge
	leaf    string // what follows it in the topic
	payload []byte
}

// encode turns what the world is told into the retained payloads that say it. Gone is not among them: it has no payload.
func encode(s bridge.State) ([]update, error) {
	switch s := s.(type) {
	case bridge.Availability:
		payload := offline
		if s.Online {
			payload = online
		}
		return []update{{s.Device, leafAvailability, []byte(payload)}}, nil
	case bridge.DeviceState:
		return encodeDevice(s)
	case bridge.QueueState:
		s.Entries = some(s.Entries)
		u, err := encodeJSON(s.Device, leafQueue, s)
		return append(u, update{s.Device, leafSelectQueue, []byte(chosenEntry(s))}), err
	case bridge.SearchState:
		s.Results = some(s.Results)
		if s.Device == "" {
			return encodeJSON(onBridge, leafSearch, s)
		}
		u, err := encodeJSON(s.Device, leafSearch, s)
		return append(u, update{s.Device, leafSelectResults, []byte(chosenResult(s))}), err
	case bridge.DeviceList:
		list := make([]bridge.DeviceEntry, 0, len(s.Devices))
		for _, d := range s.Devices {
			d.Capabilities = some(d.Capabilities)
			list = append(list, d)
		}
		return encodeJSON(onBridge, leafDevices, list)
	case bridge.LibraryState:
		s.Unavailable, s.Polled = some(s.Unavailable), some(s.Polled)
		return encodeJSON(onBridge, leafLibrary, s)
	case bridge.PlaylistState:
		s.Playlists = some(s.Playlists)
		return encodeJSON(onBridge, leafPlaylists, s)
	case bridge.StreamState:
		return encodeJSON(onBridge, leafStreams, s)
	case bridge.Info:
		return encodeJSON(onBridge, leafInfo, s)
	}
	return nil, fmt.Errorf("encode %T: there is no topic for it", s)
}

// encodeDevice gives a device's state and its artwork. Without a picture the artwork topic stays as it is: it always
// holds a URL that answers.
func encodeDevice(s bridge.DeviceState) ([]update, error) {
	s.SubtitleTracks = some(s.SubtitleTracks)
	u, err := encodeJSON(s.Device, leafState, s)
	if s.Picture != "" {
		u = append(u, update{s.Device, leafArtwork, []byte(s.Picture)})
	}
	return u, err
}

func encodeJSON(device, leaf string, v any) ([]update, error) {
	payload, err := marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode %s/%s: %w", device, leaf, err)
	}
	return []update{{device, leaf, payload}}, nil
}

// some is the slice, or an empty one for nil: an array of the contract is never null.
func some[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// marshal is json.Marshal that leaves <, > and & as they are.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// The events as the contract writes them; the two have keys of their own.
type (
	deviceEvent struct {
		Type    bridge.EventType `json:"event_type"`
		At      bridge.Time      `json:"at"`
		Device  bridge.Text      `json:"device"`
		Entry   bridge.Text      `json:"entry"`
		Item    bridge.Text      `json:"item"`
		Title   bridge.Text      `json:"title"`
		Message bridge.Text      `json:"message"`
	}
	bridgeEvent struct {
		Type    bridge.EventType `json:"event_type"`
		At      bridge.Time      `json:"at"`
		Device  bridge.Text      `json:"device"`
		Name    bridge.Text      `json:"name"`
		Folder  bridge.Text      `json:"folder"`
		Added   media.Number     `json:"added"`
		Removed media.Number     `json:"removed"`
		Message bridge.Text      `json:"message"`
	}
)

// encodeEvent gives an event's payload.
func encodeEvent(e bridge.Event) ([]byte, error) {
	at := bridge.Time{Time: e.At}
	if !e.Bridge {
		return marshal(deviceEvent{
			Type: e.Type, At: at, Device: bridge.Text(e.Device), Entry: bridge.Text(e.Entry), Item: bridge.Text(e.Item),
			Title: bridge.Text(e.Title), Message: bridge.Text(e.Message),
		})
	}
	b := bridgeEvent{
		Type: e.Type, At: at, Device: bridge.Text(e.Device), Name: bridge.Text(e.Name), Folder: bridge.Text(e.Folder),
		Message: bridge.Text(e.Message),
	}
	if e.Type == bridge.LibraryUpdated {
		b.Added, b.Removed = media.Num(e.Added), media.Num(e.Removed)
	}
	return marshal(b)
}

// answer is the answer to a command as the contract writes it.
type answer struct {
	Command     bridge.Text     `json:"command"`
	Device      bridge.Text     `json:"device"`
	Status      string          `json:"status"`
	Transaction json.RawMessage `json:"transaction"`
	Error       *bridge.Error   `json:"error"`
	Speech      string          `json:"speech"`
	Data        any             `json:"data"`
}

// encodeAnswer gives an answer's payload.
func encodeAnswer(a bridge.Answer, r reply) ([]byte, error) {
	out := answer{
		Command: bridge.Text(shorten(r.name)), Device: bridge.Text(a.Device), Status: "ok",
		Transaction: r.transaction, Error: a.Err, Speech: a.Speech, Data: filled(a.Data),
	}
	if a.Err != nil {
		out.Status = "error"
	}
	return marshal(out)
}

// filled is the data of an answer with its arrays made, {} for none.
func filled(data any) any {
	switch d := data.(type) {
	case nil:
		return struct{}{}
	case bridge.QueuePage:
		d.Entries = some(d.Entries)
		return d
	case bridge.SearchData:
		d.Results = some(d.Results)
		return d
	case bridge.BrowseData:
		d.Results = some(d.Results)
		return d
	case bridge.AllData:
		d.Results = some(d.Results)
		return d
	case bridge.PlaylistState:
		d.Playlists = some(d.Playlists)
		return d
	case bridge.HistoryData:
		d.Results = some(d.Results)
		return d
	case bridge.Alternatives:
		d.Alternatives = some(d.Alternatives)
		return d
	case bridge.DeviceChoices:
		d.Alternatives = some(d.Alternatives)
		return d
	}
	return data
}

// logLine is a warning or an error as the contract writes it.
type logLine struct {
	Level   string      `json:"level"`
	Message string      `json:"message"`
	At      bridge.Time `json:"at"`
}

// chosenEntry is the option of the queue select that is now chosen.
func chosenEntry(q bridge.QueueState) string {
	index, ok := q.Index.Get()
	if at := index - q.First; ok && at >= 0 && at < len(q.Entries) {
		e := q.Entries[at]
		return option(index+1, e.Title, string(e.Subtitle))
	}
	return noOption
}

// chosenResult is the option of the results select that was last played.
func chosenResult(s bridge.SearchState) string {
	if n := s.Chosen; n > 0 && n <= len(s.Results) && n <= maxOptions {
		r := s.Results[n-1]
		return option(n, r.Title, string(r.Subtitle))
	}
	return noOption
}
