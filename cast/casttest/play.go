package casttest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"localcast/cast/wire"
)

// unknownPace is how many bytes a second of media is taken to need where size or duration are unknown.
const unknownPace = 40_000

// A play is one item being loaded or played.
type play struct {
	item   *item
	start  time.Duration // where it begins
	asker  *request      // whose request loads it; nil if the queue moved on by itself
	record *LoadRecord

	ctx    context.Context
	cancel context.CancelFunc
	source *source

	loading bool // the source is not ready yet
	failed  *LoadError
	medium  medium
	live    bool // it ends when the server does
	// duration is 0 for pictures and live streams.
	duration time.Duration
	pace     float64 // bytes in a second of media
	paused   bool
	stalled  bool
	rate     float64
	head     playhead
	tracks   []int

	epoch      int
	epochCtx   context.Context
	abort      context.CancelFunc // ends what the source fetches in this epoch
	from, upTo int64              // what of the file was fetched in this epoch
	ended      bool               // up to its end
}

// state is the playerState.
func (p *play) state() string {
	switch {
	case p.loading:
		return "IDLE"
	case p.stalled:
		return "BUFFERING"
	case p.paused:
		return "PAUSED"
	}
	return "PLAYING"
}

func (d *device) position(p *play) time.Duration {
	at := p.head.at(d.clock.now())
	if p.duration > 0 {
		at = min(at, p.duration)
	}
	return at
}

// startSession replaces what is there by s and begins with its current item at start.
func (d *device) startSession(req *request, s *session, start time.Duration) {
	d.endSession("INTERRUPTED", 0)
	d.lastSession++
	s.id = d.lastSession
	d.number(s.items)
	d.session = s
	d.startItem(req, start)
}

// number gives the items their ids, which never come again.
func (d *device) number(items []*item) {
	for _, it := range items {
		d.lastItem++
		it.id = d.lastItem
	}
}

// startItem makes the session's current item play from start. req is nil where the queue moved on by itself.
func (d *device) startItem(req *request, start time.Duration) {
	s := d.session
	p := s.preload
	if p == nil || p.item != s.current() || p.start != start || p.failed != nil {
		d.dropPreload()
		p = d.newPlay(s.current(), start)
	}
	s.preload = nil
	s.play = p
	p.asker = req
	p.record.Began = true
	if req != nil {
		p.record.Requester = req.sender
	}
	if p.loading {
		answers := int64(0)
		if req != nil && d.cfg.LoadingAnswers {
			answers = req.id
		}
		d.broadcastMedia(answers, withMedia)
	}
	switch {
	case p.failed != nil:
		d.fail()
	case !p.loading:
		d.begin(p)
	}
}

// newPlay begins to load an item.
func (d *device) newPlay(it *item, start time.Duration) *play {
	p := &play{item: it, start: start, loading: true, rate: 1, paused: !it.autoplay}
	p.ctx, p.cancel = context.WithCancel(d.ctx)
	p.head = playhead{position: start, since: d.clock.now()}
	p.record = d.loads.add(&LoadRecord{
		ContentID: it.contentID(), ContentType: it.media.text("contentType"), StreamType: it.media.text("streamType"),
		CustomData: it.media["customData"], Metadata: it.media["metadata"], Autoplay: it.autoplay,
		CurrentTime: start, MediaSessionID: d.session.id, ItemID: it.id,
	})
	d.log.Info("loading", "item", it.label())
	if d.refuse != nil {
		if p.failed = d.refuse(it.contentID()); p.failed != nil {
			return p
		}
	}
	p.source = d.newSource(it.url())
	p.source.cors = len(it.sideTracks()) > 0
	p.source.all = d.cfg.ReadAhead < 0
	p.epochCtx, p.abort = context.WithCancel(p.ctx)
	first := p.order()
	d.work.Go(func() { p.source.run(p.ctx, first) })
	return p
}

// order is what p's source is to do.
func (p *play) order() order {
	return order{ctx: p.epochCtx, epoch: p.epoch, offset: p.from, head: p.head, pace: p.pace}
}

// move puts the play head to position, running or not as p now is, and tells the source.
func (d *device) move(p *play, position time.Duration) {
	rate := p.rate
	if p.paused || p.stalled || p.medium.kind == image {
		rate = 0
	}
	p.head = playhead{position: position, since: d.clock.now(), rate: rate}
	p.source.tell(p.order())
}

// jump goes on at position. The connection is aborted unless what is needed is among what was just fetched.
func (d *device) jump(p *play, position time.Duration) {
	p.stalled = true
	offset := int64(position.Seconds() * p.pace)
	if p.medium.size > 0 {
		offset = min(offset, p.medium.size-1)
	}
	kept := p.from
	if d.cfg.ReadAhead > 0 {
		kept = max(kept, p.upTo-2*d.cfg.ReadAhead)
	}
	if kept <= offset && offset <= p.upTo {
		d.move(p, position)
		return
	}
	abort := p.abort
	p.epoch++
	p.from, p.upTo, p.ended = offset, offset, false
	p.epochCtx, p.abort = context.WithCancel(p.ctx)
	d.move(p, position)
	abort()
}

// playOf is the play that s fetches for, nil if that is over.
func (d *device) playOf(s *source) *play {
	if d.session == nil {
		return nil
	}
	for _, p := range []*play{d.session.play, d.session.preload} {
		if p != nil && p.source == s {
			return p
		}
	}
	return nil
}

// sourceReady notes what the source has learnt, and begins to play unless it is only preloading.
func (d *device) sourceReady(s *source, m medium) {
	p := d.playOf(s)
	if p == nil {
		return
	}
	p.medium, p.loading = m, false
	p.upTo, p.ended = m.fetched, m.ended
	p.live = m.kind != image && m.duration == 0 && p.item.media.text("streamType") == "LIVE"
	if m.kind != image && !p.live {
		p.duration = cmp.Or(m.duration, p.item.media.seconds("duration", 0), d.cfg.Duration)
		p.item.media["duration"], _ = json.Marshal(p.duration.Seconds())
	}
	switch {
	case m.kind == image:
	case m.size > 0 && p.duration > 0:
		p.pace = float64(m.size) / p.duration.Seconds()
	default:
		p.pace = unknownPace
	}
	category := m.kind.category()
	if strings.HasPrefix(p.item.media.text("contentType"), "audio/") {
		category = audio.category()
	}
	p.item.media["mediaCategory"], _ = json.Marshal(category)
	p.record.Duration, p.record.Loaded = p.duration, true
	start := p.start
	if p.duration > 0 {
		start = min(start, p.duration)
	}
	d.jump(p, start)
	if p == d.session.play {
		d.begin(p)
	} else {
		d.broadcastMedia(0, brief) // tells preloadedItemId
	}
}

// begin plays what is loaded. The request is answered.
func (d *device) begin(p *play) {
	d.idleSince = d.clock.now()
	d.useTracks(p, p.item.tracks)
	answers := int64(0)
	if p.asker != nil && !d.cfg.LoadingAnswers {
		answers = p.asker.id
	}
	d.broadcastMedia(answers, withMedia)
	d.broadcastReceiver(0) // the status text has changed
}

// sourceMoved notes how far the source has come.
func (d *device) sourceMoved(s *source, epoch int, upTo int64, ended bool) {
	if p := d.playOf(s); p != nil && p.epoch == epoch {
		p.upTo, p.ended = upTo, ended
	}
}

// sourceWhole notes that a file has been read from its first byte to its last.
func (d *device) sourceWhole(s *source, sum string) {
	if p := d.playOf(s); p != nil {
		p.record.SHA256 = sum
	}
}

// sourceFailed ends the current item by an error. An item that is only preloading is tried again when its turn comes.
func (d *device) sourceFailed(s *source, err error) {
	p := d.playOf(s)
	if p == nil {
		return
	}
	p.failed = &LoadError{Code: codeNetwork}
	if fetch := (*fetchError)(nil); errors.As(err, &fetch) {
		p.failed.Code = fetch.code
	}
	d.log.Info("media failed", "item", p.item.label(), "err", err)
	p.record.Err = err.Error()
	if p == d.session.play {
		d.fail()
	}
}

// fail ends the current item, which has failed: a request that is still unanswered gets LOAD_FAILED.
func (d *device) fail() {
	p := d.session.play
	if p.loading && p.asker != nil {
		answer := map[string]any{"type": cmp.Or(p.failed.Type, "LOAD_FAILED"), "requestId": p.asker.id, "itemId": p.item.id}
		if p.failed.Code != 0 {
			answer["detailedErrorCode"] = p.failed.Code
		}
		if p.failed.Reason != "" {
			answer["reason"] = p.failed.Reason
		}
		d.reply(p.asker, answer)
		p.asker = nil
	}
	p.record.ErrorCode = p.failed.Code
	d.endItem("ERROR")
}

// endItem ends the current item; the queue moves on, or ends.
func (d *device) endItem(reason string) {
	s := d.session
	next, ok := s.following()
	if reason == "ERROR" && next <= s.at {
		ok = false // what fails is not repeated
	}
	if !ok {
		d.endSession(reason, 0)
		return
	}
	d.goTo(next, reason, nil, s.items[next].startTime)
}

// goTo leaves the current item and plays the one at index at of the queue.
func (d *device) goTo(at int, reason string, req *request, start time.Duration) {
	d.leaveItem(reason, 0, d.session.items[at].id)
	d.session.at = at
	d.startItem(req, start)
}

// leaveItem stops the current play and tells why. loading is the id of the item that comes next, 0 if none does.
func (d *device) leaveItem(reason string, requestID int64, loading int) {
	s := d.session
	p := s.play
	if p.loading && p.asker != nil {
		d.reply(p.asker, map[string]any{"type": "LOAD_CANCELLED", "requestId": p.asker.id, "itemId": p.item.id})
	}
	st := d.status(s, brief)
	st.PlayerState, st.IdleReason, st.LoadingItemID, st.Extended, st.RepeatMode = "IDLE", reason, loading, nil, ""
	if reason == "FINISHED" {
		st.CurrentTime = 0
	}
	p.record.Ended = reason
	p.cancel()
	d.log.Info("item ended", "item", p.item.label(), "reason", reason)
	if reason == "FINISHED" && d.loseFinished {
		d.loseFinished = false
		return
	}
	d.broadcast(d.app.transport, wire.Media,
		mediaMessage{Type: "MEDIA_STATUS", Status: []mediaStatus{st}, RequestID: requestID})
}

// endSession stops play for good. Afterwards the receiver's list of sessions is empty.
func (d *device) endSession(reason string, requestID int64) {
	if d.session == nil {
		return
	}
	d.dropPreload()
	d.leaveItem(reason, requestID, 0)
	d.session = nil
	d.idleSince = d.clock.now()
}

// useTracks makes ids the active tracks. Side-loaded text that was not active before is fetched.
func (d *device) useTracks(p *play, ids []int) {
	before := p.tracks
	p.tracks = ids
	for _, t := range p.item.sideTracks() {
		if t.TrackContentID == "" || !slices.Contains(ids, t.TrackID) || slices.Contains(before, t.TrackID) {
			continue
		}
		text := d.newSource(t.TrackContentID)
		text.cors, text.text = true, true
		text.order.ctx = p.ctx
		d.work.Go(text.readText)
	}
}
