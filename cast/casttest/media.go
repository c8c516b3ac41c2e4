package casttest

import (
	"cmp"
	"encoding/json"
	"path"
	"strings"
	"time"

	"localcast/cast/wire"
)

// supportedCommands is the supportedMediaCommands of the Default Media Receiver: pause, seek, stream volume and mute,
// queue and track edits, but neither next (64) nor previous (128), though both work.
const supportedCommands = 274447

// maxContentID is how many characters a contentId may have.
const maxContentID = 1000

// A session is what LOAD or QUEUE_LOAD started: a queue of items, one of which is current.
type session struct {
	id     int
	items  []*item
	at     int // index of the current item
	repeat string
	play   *play // of the current item
	// preload is the next item, fetched while the current one still plays; nil if none is.
	preload *play
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

// url is what is fetched: contentUrl where there is one, as newer senders give it.
func (i *item) url() string { return cmp.Or(i.media.text("contentUrl"), i.contentID()) }

func (i *item) title() string {
	var metadata object
	i.media.get("metadata", &metadata)
	return metadata.text("title")
}

// label names the item in logs. It is not the URL, which may carry a token.
func (i *item) label() string { return cmp.Or(i.title(), path.Base(i.contentID())) }

// newItem reads an item from a queue item or a LOAD, which say alike what is there, and false if it cannot be played at
// all. The receiver alone gives itemIds.
func newItem(o object) (*item, bool) {
	it := &item{autoplay: true}
	if !o.get("media", &it.media) || it.url() == "" || len([]rune(it.contentID())) > maxContentID || o.has("itemId") {
		return nil, false
	}
	it.update(o)
	return it, true
}

// update takes over what o says of the item.
func (i *item) update(o object) {
	o.get("media", &i.media)
	o.get("autoplay", &i.autoplay)
	o.get("activeTrackIds", &i.tracks)
	i.startTime = o.seconds("startTime", i.startTime)
	i.playbackDuration = o.seconds("playbackDuration", i.playbackDuration)
	i.preloadTime = o.seconds("preloadTime", i.preloadTime)
	if o.has("customData") {
		i.customData = o["customData"]
	}
}

// seconds returns a member that is a number of seconds, not negative, else def.
func (o object) seconds(name string, def time.Duration) time.Duration {
	var s float64
	if !o.get(name, &s) {
		return def
	}
	return fromSeconds(s)
}

func fromSeconds(s float64) time.Duration { return time.Duration(max(0, s) * float64(time.Second)) }

// media answers the media namespace.
func (d *device) media(req *request) {
	switch req.kind {
	case "GET_STATUS":
		d.reply(req, d.mediaMessage(req.id, withMedia))
	case "LOAD":
		d.load(req)
	case "QUEUE_LOAD":
		d.queueLoad(req, req.body)
	default:
		d.control(req)
	}
}

// control answers what needs a session.
func (d *device) control(req *request) {
	handlers := map[string]func(*request){
		"PLAY": d.resume, "PAUSE": d.pause, "SEEK": d.seek, "STOP": d.stopMedia,
		"SET_PLAYBACK_RATE": d.setRate, "EDIT_TRACKS_INFO": d.editTracks,
		"QUEUE_INSERT": d.queueInsert, "QUEUE_UPDATE": d.queueUpdate, "QUEUE_REMOVE": d.queueRemove,
		"QUEUE_REORDER": d.queueReorder, "QUEUE_GET_ITEM_IDS": d.queueItemIDs, "QUEUE_GET_ITEMS": d.queueItems,
	}
	handle, known := handlers[req.kind]
	var id int
	switch {
	case !known || d.refuseQueue && strings.HasPrefix(req.kind, "QUEUE_"):
		d.invalid(req, "INVALID_COMMAND")
	case d.session == nil:
		d.wrongState(req)
	case !req.body.get("mediaSessionId", &id) || id != d.session.id:
		d.invalid(req, "INVALID_MEDIA_SESSION_ID")
	default:
		handle(req)
	}
}

// wrongState answers that what is asked cannot be done now.
func (d *device) wrongState(req *request) {
	d.reply(req, map[string]any{"type": "INVALID_PLAYER_STATE", "requestId": req.id})
}

// playing is what is loaded. While it is still loading the request is answered with INVALID_PLAYER_STATE, and nil is
// returned.
func (d *device) playing(req *request) *play {
	if p := d.session.play; !p.loading {
		return p
	}
	d.wrongState(req)
	return nil
}

// load answers LOAD: one item that replaces what is there, or the queue in its queueData.
func (d *device) load(req *request) {
	var queue object
	if req.body.get("queueData", &queue) && queue.has("items") {
		d.queueLoad(req, queue)
		return
	}
	it, ok := newItem(req.body)
	if !ok {
		d.invalid(req, "INVALID_PARAMS")
		return
	}
	it.customData = nil // a LOAD's own does not come back
	d.startSession(req, &session{items: []*item{it}, repeat: repeatOff}, req.body.seconds("currentTime", 0))
}

func (d *device) resume(req *request) { d.setPaused(req, false) }

func (d *device) pause(req *request) { d.setPaused(req, true) }

func (d *device) setPaused(req *request, paused bool) {
	if p := d.playing(req); p != nil {
		d.hold(p, paused)
		d.broadcastMedia(req.id, brief)
	}
}

// hold pauses, or goes on.
func (d *device) hold(p *play, paused bool) {
	p.paused = paused
	d.idleSince = d.clock.now()
	d.move(p, d.position(p))
}

// seek jumps to currentTime, or by relativeTime. What is fetched already needs no new request.
func (d *device) seek(req *request) {
	p := d.playing(req)
	if p == nil {
		return
	}
	var to float64
	switch {
	case req.body.get("currentTime", &to):
	case req.body.get("relativeTime", &to):
		to += d.position(p).Seconds()
	default:
		to = d.position(p).Seconds()
	}
	if p.duration == 0 {
		d.wrongState(req)
		return
	}
	switch req.body.text("resumeState") {
	case "PLAYBACK_START":
		p.paused = false
	case "PLAYBACK_PAUSE":
		p.paused = true
		d.idleSince = d.clock.now()
	}
	d.jump(p, min(fromSeconds(to), p.duration))
	d.broadcastMedia(req.id, brief)
}

func (d *device) stopMedia(req *request) { d.endSession("CANCELLED", req.id) }

func (d *device) setRate(req *request) {
	p := d.playing(req)
	if p == nil {
		return
	}
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
	d.broadcastMedia(req.id, brief)
}

// editTracks chooses among the tracks that the LOAD named.
func (d *device) editTracks(req *request) {
	p := d.playing(req)
	if p == nil {
		return
	}
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
	d.broadcastMedia(req.id, brief)
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
	PreloadedID    int             `json:"preloadedItemId,omitempty"`
	Extended       *extendedStatus `json:"extendedStatus,omitempty"`
	Items          []itemStatus    `json:"items,omitempty"`
	RepeatMode     string          `json:"repeatMode,omitempty"`
	IdleReason     string          `json:"idleReason,omitempty"`
}

type extendedStatus struct {
	PlayerState    string `json:"playerState"`
	Media          object `json:"media"`
	MediaSessionID int    `json:"mediaSessionId"`
}

type itemStatus struct {
	ItemID           int             `json:"itemId"`
	Media            object          `json:"media,omitempty"`
	Autoplay         bool            `json:"autoplay"`
	StartTime        float64         `json:"startTime,omitempty"`
	PlaybackDuration float64         `json:"playbackDuration,omitempty"`
	PreloadTime      float64         `json:"preloadTime,omitempty"`
	CustomData       json.RawMessage `json:"customData,omitempty"`
	OrderID          int             `json:"orderId"`
}

func (i *item) status(order int) itemStatus {
	return itemStatus{
		ItemID: i.id, Media: i.media, Autoplay: i.autoplay, StartTime: i.startTime.Seconds(),
		PlaybackDuration: i.playbackDuration.Seconds(), PreloadTime: i.preloadTime.Seconds(),
		CustomData: i.customData, OrderID: order,
	}
}

// detail is how much a status tells: a delta leaves out what the senders know already.
type detail int

const (
	brief     detail = iota // what may have changed by itself
	withQueue               // the items around the current one too
	withMedia               // and the media
)

// status is how the session stands.
func (d *device) status(s *session, how detail) mediaStatus {
	p := s.play
	out := mediaStatus{
		MediaSessionID: s.id, PlaybackRate: p.rate, PlayerState: p.state(), CurrentTime: d.position(p).Seconds(),
		Commands: supportedCommands, Volume: volume{Level: 1}, ActiveTrackIDs: p.tracks,
		CurrentItemID: s.current().id, RepeatMode: s.repeat,
	}
	if p.loading {
		out.Extended = &extendedStatus{PlayerState: "LOADING", Media: p.item.media, MediaSessionID: s.id}
	}
	if s.preload != nil && !s.preload.loading {
		out.PreloadedID = s.preload.item.id
	}
	if how == withMedia {
		out.Media = p.item.media
	}
	if how >= withQueue {
		for i := max(0, s.at-1); i <= min(s.at+1, len(s.items)-1); i++ {
			out.Items = append(out.Items, s.items[i].status(i))
		}
	}
	return out
}

func (d *device) mediaMessage(requestID int64, how detail) mediaMessage {
	m := mediaMessage{Type: "MEDIA_STATUS", Status: []mediaStatus{}, RequestID: requestID}
	if d.session != nil {
		m.Status = append(m.Status, d.status(d.session, how))
	}
	return m
}

// broadcastMedia tells every sender of the app how play stands. requestID is that of the request which changed it, so
// that all see it; 0 if none did.
func (d *device) broadcastMedia(requestID int64, how detail) {
	d.broadcast(d.app.transport, wire.Media, d.mediaMessage(requestID, how))
}
