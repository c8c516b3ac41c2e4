package casttest

import (
	"encoding/json"
	"time"

	"localcast/cast/wire"
)

// commands is the supportedMediaCommands of the Default Media Receiver: pause, seek, stream volume and mute, queue and
// track edits, but neither next (64) nor previous (128), though both work.
const commands = 274447

// maxContentID is how many characters a contentId may have.
const maxContentID = 1000

// A session is what LOAD or QUEUE_LOAD started: a queue of items, one of which is current.
type session struct {
	id     int
	items  []*item
	at     int // index of the current item
	repeat string
	play   *play // of the current item
}

func (s *session) current() *item { return s.items[s.at] }

// An item is one entry of a session's queue.
type item struct {
	id               int
	media            object
	customData       json.RawMessage
	autoplay         bool
	startTime        time.Duration
	playbackDuration time.Duration // 0: to the end
	preloadTime      time.Duration
	tracks           []int
}

func (i *item) contentID() string { return i.media.text("contentId") }
func (i *item) live() bool        { return i.media.text("streamType") == "LIVE" }

// url is what is fetched: contentUrl where there is one, as newer senders give it.
func (i *item) url() string { return or(i.media.text("contentUrl"), i.contentID()) }

func (i *item) title() string {
	var metadata object
	i.media.get("metadata", &metadata)
	return metadata.text("title")
}

// newItem reads an item from a queue item or a LOAD, both of which say alike what is there. The reason of a refusal is
// the one of INVALID_REQUEST.
func newItem(o object) (it *item, refusal string) {
	it = &item{autoplay: true}
	if !o.get("media", &it.media) || it.url() == "" || len([]rune(it.contentID())) > maxContentID {
		return nil, "INVALID_PARAMS"
	}
	var start, length, preload float64
	o.get("autoplay", &it.autoplay)
	o.get("startTime", &start)
	o.get("currentTime", &start)
	o.get("playbackDuration", &length)
	o.get("preloadTime", &preload)
	o.get("activeTrackIds", &it.tracks)
	it.startTime, it.playbackDuration, it.preloadTime = fromSeconds(start), fromSeconds(length), fromSeconds(preload)
	it.customData = o["customData"]
	return it, ""
}

func fromSeconds(s float64) time.Duration { return time.Duration(max(0, s) * float64(time.Second)) }

// media answers the media namespace.
func (d *device) media(req *request) {
	switch req.kind {
	case "GET_STATUS":
		d.reply(req, d.mediaMessage(req.id, true))
		return
	case "LOAD":
		d.load(req)
		return
	}
	d.control(req)
}

// control answers what needs a session.
func (d *device) control(req *request) {
	handlers := map[string]func(*request, *play){
		"PLAY": d.resume, "PAUSE": d.pause, "SEEK": d.seek, "STOP": d.stopMedia,
		"SET_PLAYBACK_RATE": d.setRate, "EDIT_TRACKS_INFO": d.editTracks,
	}
	handle, known := handlers[req.kind]
	var id int
	switch {
	case !known:
		d.invalid(req, "INVALID_COMMAND")
	case d.session == nil:
		d.reply(req, map[string]any{"type": "INVALID_PLAYER_STATE", "requestId": req.id})
	case !req.body.get("mediaSessionId", &id) || id != d.session.id:
		d.invalid(req, "INVALID_MEDIA_SESSION_ID")
	case d.session.play.loading && req.kind != "STOP":
		d.reply(req, map[string]any{"type": "INVALID_PLAYER_STATE", "requestId": req.id})
	default:
		handle(req, d.session.play)
	}
}

// load answers LOAD: one item that replaces what is there.
func (d *device) load(req *request) {
	it, refusal := newItem(req.body)
	if refusal != "" {
		d.invalid(req, refusal)
		return
	}
	it.customData = nil // a LOAD's own customData does not come back
	d.startSession(req, []*item{it}, 0, "REPEAT_OFF")
}

func (d *device) resume(req *request, p *play) {
	p.paused = false
	d.move(p, d.position(p))
	d.broadcastMedia(req.id, false)
}

func (d *device) pause(req *request, p *play) {
	d.hold(p)
	d.broadcastMedia(req.id, false)
}

// hold pauses.
func (d *device) hold(p *play) {
	p.paused = true
	d.idleSince = d.clock.now()
	d.move(p, d.position(p))
}

// seek jumps to currentTime, or by relativeTime. What is fetched already needs no new request.
func (d *device) seek(req *request, p *play) {
	var to float64
	switch {
	case req.body.get("currentTime", &to):
	case req.body.get("relativeTime", &to):
		to += d.position(p).Seconds()
	default:
		to = d.position(p).Seconds()
	}
	if p.medium.kind == image || p.item.live() {
		d.invalid(req, "INVALID_PARAMS")
		return
	}
	switch req.body.text("resumeState") {
	case "PLAYBACK_START":
		p.paused = false
	case "PLAYBACK_PAUSE":
		p.paused = true
	}
	d.jump(p, min(fromSeconds(to), p.duration))
	d.broadcastMedia(req.id, false)
}

func (d *device) stopMedia(req *request, _ *play) { d.endSession("CANCELLED", req.id) }

func (d *device) setRate(req *request, p *play) {
	rate := p.rate
	var factor float64
	if req.body.get("relativePlaybackRate", &factor) {
		rate *= factor
	} else if !req.body.get("playbackRate", &rate) {
		rate = 0
	}
	if rate < 0.5 || rate > 2 {
		d.invalid(req, "INVALID_PARAMS")
		return
	}
	position := d.position(p)
	p.rate = rate
	d.move(p, position)
	d.broadcastMedia(req.id, false)
}

// editTracks chooses among the tracks that the LOAD named.
func (d *device) editTracks(req *request, p *play) {
	chosen := p.tracks
	if req.body.has("activeTrackIds") {
		chosen = nil
		if !req.body.get("activeTrackIds", &chosen) || !p.item.hasTracks(chosen) {
			d.invalid(req, "INVALID_PARAMS")
			return
		}
	}
	if req.body.has("textTrackStyle") {
		p.item.media["textTrackStyle"] = req.body["textTrackStyle"]
	}
	d.useTracks(p, chosen)
	d.broadcastMedia(req.id, false)
}

type track struct {
	TrackID        int    `json:"trackId"`
	Type           string `json:"type"`
	TrackContentID string `json:"trackContentId"`
}

func (i *item) sideTracks() []track {
	var all []track
	i.media.get("tracks", &all)
	return all
}

func (i *item) hasTracks(ids []int) bool {
	for _, id := range ids {
		found := false
		for _, t := range i.sideTracks() {
			found = found || t.TrackID == id
		}
		if !found {
			return false
		}
	}
	return true
}

type mediaMessage struct {
	Type      string        `json:"type"`
	Status    []mediaStatus `json:"status"`
	RequestID int64         `json:"requestId"`
}

type mediaStatus struct {
	MediaSessionID int             `json:"mediaSessionId"`
	PlaybackRate   float64         `json:"playbackRate"`
	PlayerState    string          `json:"playerState"`
	CurrentTime    float64         `json:"currentTime"`
	Commands       int             `json:"supportedMediaCommands"`
	Volume         volume          `json:"volume"`
	ActiveTrackIDs []int           `json:"activeTrackIds,omitempty"`
	Media          object          `json:"media,omitempty"`
	CurrentItemID  int             `json:"currentItemId"`
	LoadingItemID  int             `json:"loadingItemId,omitempty"`
	Extended       *extendedStatus `json:"extendedStatus,omitempty"`
	Items          []queueItem     `json:"items,omitempty"`
	RepeatMode     string          `json:"repeatMode,omitempty"`
	IdleReason     string          `json:"idleReason,omitempty"`
}

type extendedStatus struct {
	PlayerState    string `json:"playerState"`
	Media          object `json:"media"`
	MediaSessionID int    `json:"mediaSessionId"`
}

type queueItem struct {
	ItemID           int             `json:"itemId"`
	Media            object          `json:"media,omitempty"`
	Autoplay         bool            `json:"autoplay"`
	StartTime        float64         `json:"startTime,omitempty"`
	PlaybackDuration float64         `json:"playbackDuration,omitempty"`
	PreloadTime      float64         `json:"preloadTime,omitempty"`
	CustomData       json.RawMessage `json:"customData,omitempty"`
	OrderID          int             `json:"orderId"`
}

func (i *item) queueItem(order int) queueItem {
	return queueItem{
		ItemID: i.id, Media: i.media, Autoplay: i.autoplay, StartTime: i.startTime.Seconds(),
		PlaybackDuration: i.playbackDuration.Seconds(), PreloadTime: i.preloadTime.Seconds(),
		CustomData: i.customData, OrderID: order,
	}
}

// status is the session's status; whole adds media and items, which deltas omit.
func (d *device) status(s *session, whole bool) mediaStatus {
	p := s.play
	out := mediaStatus{
		MediaSessionID: s.id, PlaybackRate: p.rate, PlayerState: p.state(), CurrentTime: d.position(p).Seconds(),
		Commands: commands, Volume: volume{Level: 1}, ActiveTrackIDs: p.tracks,
		CurrentItemID: s.current().id, RepeatMode: s.repeat,
	}
	if p.loading {
		out.Extended = &extendedStatus{PlayerState: "LOADING", Media: p.item.media, MediaSessionID: s.id}
	}
	if whole {
		out.Media = p.item.media
		for i := max(0, s.at-1); i <= min(s.at+1, len(s.items)-1); i++ {
			out.Items = append(out.Items, s.items[i].queueItem(i))
		}
	}
	return out
}

func (d *device) mediaMessage(requestID int64, whole bool) mediaMessage {
	m := mediaMessage{Type: "MEDIA_STATUS", Status: []mediaStatus{}, RequestID: requestID}
	if d.session != nil {
		m.Status = append(m.Status, d.status(d.session, whole))
	}
	return m
}

// broadcastMedia tells every sender of the app how play stands. requestID is that of the request which changed it, so
// that all see it; 0 if none did.
func (d *device) broadcastMedia(requestID int64, whole bool) {
	d.broadcast(d.app.transport, wire.Media, d.mediaMessage(requestID, whole))
}
