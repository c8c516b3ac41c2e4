package casttest

import (
	"slices"
	"time"

	"localcast/cast/wire"
)

// The repeat modes of a queue.
const (
	repeatOff     = "REPEAT_OFF"
	repeatAll     = "REPEAT_ALL"
	repeatShuffle = "REPEAT_ALL_AND_SHUFFLE"
	repeatSingle  = "REPEAT_SINGLE"
)

// following is the index of the item that comes after the current one by itself, and false at the end of the queue.
func (s *session) following() (int, bool) {
	if s.repeat == repeatSingle {
		return s.at, true
	}
	return s.reach(s.at + 1)
}

// reach turns an index that may lie outside of the queue into one that is inside, and false if that is its end.
func (s *session) reach(at int) (int, bool) {
	n := len(s.items)
	switch {
	case s.repeat == repeatAll || s.repeat == repeatShuffle:
		return ((at % n) + n) % n, true
	case at >= n:
		return 0, false
	}
	return max(0, at), true
}

// find is the index of the item with that id, -1 if there is none.
func (s *session) find(id int) int {
	return slices.IndexFunc(s.items, func(it *item) bool { return it.id == id })
}

// newItems reads the items of a request, and false if there is none or one that cannot be played.
func newItems(body object) ([]*item, bool) {
	var raw []object
	if !body.get("items", &raw) || len(raw) == 0 {
		return nil, false
	}
	items := make([]*item, 0, len(raw))
	for _, o := range raw {
		it, ok := newItem(o)
		if !ok {
			return nil, false
		}
		items = append(items, it)
	}
	return items, true
}

// repeatMode returns a member repeatMode if it is one, else def.
func (o object) repeatMode(def string) string {
	switch mode := o.text("repeatMode"); mode {
	case repeatOff, repeatAll, repeatSingle, repeatShuffle:
		return mode
	}
	return def
}

// queueLoad answers QUEUE_LOAD, and LOAD with queueData.
func (d *device) queueLoad(req *request, body object) {
	items, ok := newItems(body)
	at := 0
	body.get("startIndex", &at)
	if !ok || at < 0 || at >= len(items) {
		d.invalid(req, "INVALID_PARAMS")
		return
	}
	start := req.body.seconds("currentTime", items[at].startTime)
	d.startSession(req, &session{items: items, at: at, repeat: body.repeatMode(repeatOff)}, start)
}

// insertionPoint is the index that insertBefore names: the end if it is absent, and false if there is no such item.
func (s *session) insertionPoint(body object) (int, bool) {
	var before int
	if !body.get("insertBefore", &before) {
		return len(s.items), true
	}
	at := s.find(before)
	return at, at >= 0
}

// queueInsert answers QUEUE_INSERT. currentItemIndex, if it is there, names the one of the new items to play at once.
func (d *device) queueInsert(req *request) {
	s := d.session
	items, ok := newItems(req.body)
	at, found := s.insertionPoint(req.body)
	if !ok || !found {
		d.invalid(req, "INVALID_PARAMS")
		return
	}
	var before int
	if at < len(s.items) {
		before = s.items[at].id
	}
	d.number(items)
	current := s.current()
	s.items = slices.Insert(s.items, at, items...)
	s.at = s.find(current.id)
	d.queueChanged(queueChange{Kind: "INSERT", ItemIDs: ids(items), InsertBefore: before})
	chosen := -1
	if req.body.get("currentItemIndex", &chosen) && chosen >= 0 && chosen < len(items) {
		d.goTo(at+chosen, "INTERRUPTED", req, req.body.seconds("currentTime", items[chosen].startTime))
		return
	}
	d.broadcastMedia(req.id, withQueue)
}

// queueUpdate answers QUEUE_UPDATE: new properties of items, a repeat mode, and a jump, by steps or to an item. A jump
// past the end ends the session.
func (d *device) queueUpdate(req *request) {
	s := d.session
	var changes []object
	req.body.get("items", &changes)
	var changed []int
	for _, o := range changes {
		var id int
		o.get("itemId", &id)
		if at := s.find(id); at >= 0 {
			s.items[at].update(o)
			changed = append(changed, id)
		}
	}
	if changed != nil {
		d.queueChanged(queueChange{Kind: "UPDATE", ItemIDs: changed})
	}
	s.repeat = req.body.repeatMode(s.repeat)
	d.checkPreload()

	var jump, target int
	switch {
	case req.body.get("jump", &jump) && jump != 0:
		at, ok := s.reach(s.at + jump)
		if !ok {
			d.endSession("INTERRUPTED", req.id)
			return
		}
		d.goTo(at, "INTERRUPTED", req, req.body.seconds("currentTime", s.items[at].startTime))
	case req.body.get("currentItemId", &target) && target != s.current().id:
		at := s.find(target)
		if at < 0 {
			d.invalid(req, "INVALID_PARAMS")
			return
		}
		d.goTo(at, "INTERRUPTED", req, req.body.seconds("currentTime", s.items[at].startTime))
	default:
		d.broadcastMedia(req.id, withQueue)
	}
}

// queueRemove answers QUEUE_REMOVE. After the current item the next that is left plays; without one the session ends.
func (d *device) queueRemove(req *request) {
	s := d.session
	var gone []int
	if !req.body.get("itemIds", &gone) {
		d.invalid(req, "INVALID_PARAMS")
		return
	}
	removed := func(it *item) bool { return slices.Contains(gone, it.id) }
	next := s.at
	for next < len(s.items) && removed(s.items[next]) {
		next++
	}
	current := s.current()
	if next == len(s.items) {
		d.endSession("CANCELLED", req.id)
		return
	}
	following := s.items[next]
	s.items = slices.DeleteFunc(s.items, removed)
	s.at = s.find(following.id)
	d.queueChanged(queueChange{Kind: "REMOVE", ItemIDs: gone})
	if following != current {
		d.goTo(s.at, "INTERRUPTED", req, following.startTime)
		return
	}
	d.broadcastMedia(req.id, withQueue)
}

// queueReorder answers QUEUE_REORDER: the named items, in the order in which they are named, go before insertBefore.
func (d *device) queueReorder(req *request) {
	s := d.session
	var named []int
	at, found := s.insertionPoint(req.body)
	if !req.body.get("itemIds", &named) || !found || at < len(s.items) && slices.Contains(named, s.items[at].id) {
		d.invalid(req, "INVALID_PARAMS")
		return
	}
	var before int
	var moved, stay []*item
	for _, id := range named {
		if from := s.find(id); from >= 0 {
			moved = append(moved, s.items[from])
		}
	}
	for i, it := range s.items {
		if i == at {
			before = it.id
			stay = append(stay, moved...)
		}
		if !slices.Contains(named, it.id) {
			stay = append(stay, it)
		}
	}
	if before == 0 {
		stay = append(stay, moved...)
	}
	current := s.current()
	s.items = stay
	s.at = s.find(current.id)
	d.queueChanged(queueChange{Kind: "UPDATE", ItemIDs: ids(s.items), ReorderIDs: ids(moved), InsertBefore: before})
	d.broadcastMedia(req.id, withQueue)
}

func (d *device) queueItemIDs(req *request) {
	d.reply(req, map[string]any{"type": "QUEUE_ITEM_IDS", "requestId": req.id, "itemIds": ids(d.session.items)})
}

// queueItems answers QUEUE_GET_ITEMS: the named items, or a window around one of them.
func (d *device) queueItems(req *request) {
	s := d.session
	var named []int
	var around, before, after int
	if req.body.get("itemId", &around) {
		req.body.get("prevCount", &before)
		req.body.get("nextCount", &after)
		if at := s.find(around); at >= 0 {
			named = ids(s.items[max(0, at-max(0, before)):min(len(s.items), at+max(0, after)+1)])
		}
	} else if !req.body.get("itemIds", &named) {
		d.invalid(req, "INVALID_PARAMS")
		return
	}
	out := []itemStatus{}
	for i, it := range s.items {
		if slices.Contains(named, it.id) {
			out = append(out, it.status(i))
		}
	}
	d.reply(req, map[string]any{"type": "QUEUE_ITEMS", "requestId": req.id, "items": out, "sequenceNumber": 0})
}

func ids(items []*item) []int {
	out := make([]int, 0, len(items))
	for _, it := range items {
		out = append(out, it.id)
	}
	return out
}

type queueChange struct {
	Type         string `json:"type"`
	RequestID    int    `json:"requestId"`
	Kind         string `json:"changeType"`
	ItemIDs      []int  `json:"itemIds"`
	ReorderIDs   []int  `json:"reorderItemIds,omitempty"`
	InsertBefore int    `json:"insertBefore,omitempty"`
}

// queueChanged tells every sender of a change of the queue.
func (d *device) queueChanged(c queueChange) {
	c.Type = "QUEUE_CHANGE"
	d.checkPreload()
	d.broadcast(d.app.transport, wire.Media, c)
}

// preloadAt is the position at which the next item begins to be fetched, and false if it is not, or is already.
func (s *session) preloadAt() (time.Duration, bool) {
	next, ok := s.following()
	end, ends := s.play.end()
	if !ok || !ends || s.preload != nil || next == s.at || s.items[next].preloadTime == 0 {
		return 0, false
	}
	return max(0, end-s.items[next].preloadTime), true
}

// preloadDue begins to fetch the next item if it is time, and reports whether it did.
func (d *device) preloadDue(now time.Duration) bool {
	s := d.session
	at, ok := s.preloadAt()
	if !ok || s.play.head.at(now)+slack < at {
		return false
	}
	next, _ := s.following()
	s.preload = d.newPlay(s.items[next], s.items[next].startTime)
	return true
}

// checkPreload gives up a preload that is no longer the next item.
func (d *device) checkPreload() {
	s := d.session
	if s.preload == nil {
		return
	}
	if next, ok := s.following(); !ok || s.items[next] != s.preload.item {
		d.dropPreload()
	}
}

func (d *device) dropPreload() {
	if p := d.session.preload; p != nil {
		p.cancel()
		p.record.Ended = "CANCELLED"
		d.session.preload = nil
	}
}
