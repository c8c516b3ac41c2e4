package cast

import (
	"cmp"
	"slices"
	"time"

	"localcast/bridge"
)

// maxQueued bounds the items of a receiver's queue that are kept.
const maxQueued = 100

// receiverQueue is what is known of the queue that a receiver keeps in a media session. The receiver names its items;
// statuses tell a window of them around the current one.
type receiverQueue struct {
	items   []queued
	current int64 // the id of the item that plays; 0 while nobody has told
	whole   bool  // no item is there that is not known: we have loaded the first, or have asked
}

// queued is one item of it.
type queued struct {
	id    int64
	tag   *bridge.Tag // nil for what is not ours, or is not given back
	url   string
	start float64 // seconds
}

// merge takes over what a status or QUEUE_ITEMS tells. The items are a window: what is known to stand before and behind it
// stays.
func (q *receiverQueue) merge(e object) {
	if items, ok := e.list("items"); ok {
		q.window(items)
	}
	id, ok := e.whole("currentItemId")
	if next, loads := e.whole("loadingItemId"); loads && next != 0 {
		id, ok = next, true
	}
	if ok && id != 0 {
		q.current = id
	}
}

func (q *receiverQueue) window(items []object) {
	var window []queued
	for _, o := range items {
		if id, ok := o.whole("itemId"); ok && len(window) < maxQueued {
			window = append(window, q.item(id, o))
		}
	}
	if len(window) == 0 {
		return
	}
	before, after := 0, len(q.items) // of what was known, where the window begins and ends
	for _, it := range window {
		if at := q.find(it.id); at >= 0 {
			before = at
			break
		}
	}
	for _, it := range slices.Backward(window) {
		if at := q.find(it.id); at >= 0 {
			after = at + 1
			break
		}
	}
	placed := map[int64]bool{} // an item that was moved is where the window shows it
	for _, it := range window {
		placed[it.id] = true
	}
	var all []queued
	add := func(items []queued) {
		for _, it := range items {
			if !placed[it.id] {
				placed[it.id] = true
				all = append(all, it)
			}
		}
	}
	add(q.items[:before])
	all = append(all, window...)
	add(q.items[after:])
	q.items = all[max(0, len(all)-maxQueued):]
}

// item reads one item. A window may leave out what was told before.
func (q *receiverQueue) item(id int64, o object) queued {
	it := queued{id: id}
	if at := q.find(id); at >= 0 {
		it = q.items[at]
	}
	media := o.object("media")
	if url := cmp.Or(media.text("contentId"), media.text("contentUrl")); url != "" {
		it.url = url
	}
	for _, data := range []object{o.object("customData"), media.object("customData")} {
		if tag := newTag(data); tag != nil {
			it.tag = tag
		}
	}
	if start, ok := o.number("startTime"); ok {
		it.start = start
	}
	return it
}

// drop forgets items that are gone.
func (q *receiverQueue) drop(ids []int64) {
	q.items = slices.DeleteFunc(slices.Clone(q.items), func(it queued) bool { return slices.Contains(ids, it.id) })
}

func (q *receiverQueue) find(id int64) int {
	return slices.IndexFunc(q.items, func(it queued) bool { return it.id == id })
}

// around returns what stands before and behind the item that plays.
func (q *receiverQueue) around() (before, after []queued) {
	at := q.find(q.current)
	if at < 0 {
		return nil, nil
	}
	return q.items[:at], q.items[at+1:]
}

// ahead is the item of ours with which the receiver goes on by itself, nil if it has none.
func (q *receiverQueue) ahead() *bridge.Ahead {
	_, after := q.around()
	if len(after) == 0 || after[0].tag == nil {
		return nil
	}
	return &bridge.Ahead{Tag: *after[0].tag, URL: after[0].url, Position: after[0].start}
}

// leave returns how the item of ours that plays has ended where a status says that the receiver goes on to another one, else
// nil. A status that tells another item without a word of the end of this one tells no reason: then the time does.
func (m *mediaSession) leave(e object, now time.Time) *bridge.Ended {
	if m.status.Tag == nil || m.leaving != nil {
		return nil
	}
	next, moves := e.whole("loadingItemId")
	moves = moves && next != 0 && e.text("playerState") == "IDLE" && e.text("idleReason") != ""
	if id, ok := e.whole("currentItemId"); ok && m.queue.current != 0 && id != 0 && id != m.queue.current {
		moves = true
	}
	if tag := newTag(e.object("media").object("customData")); tag != nil && *tag != *m.status.Tag {
		moves = true
	}
	if !moves {
		return nil
	}
	over := &bridge.Ended{Tag: m.status.Tag, URL: m.status.URL, Position: m.positionAt(now), Reason: bridge.EndInterrupted}
	switch reason := e.text("idleReason"); {
	case reason == "ERROR":
		over.Reason = bridge.EndError
	case reason == "FINISHED", reason == "" && m.atEnd(now):
		over.Reason = bridge.EndFinished
	}
	return over
}

// arrived returns the end of the item that was left once it is known what comes after it, else nil. was is the session
// before the status that is merged.
func (m *mediaSession) arrived(was *mediaSession) *bridge.Ended {
	if m.leaving == nil {
		return nil
	}
	s, at := &m.status, m.queue.find(m.queue.current)
	told := s.Tag != nil && *s.Tag != *was.status.Tag
	switch {
	case told:
	case at >= 0 && m.queue.items[at].tag != nil:
		m.become(m.queue.items[at], was)
	case s.Tag != nil:
		return nil // nobody has told yet what it is
	}
	over := *m.leaving
	m.leaving = nil
	over.Back = at >= 0 && at < m.queue.find(was.queue.current)
	if over.Next = s.Tag; over.Next == nil { // somebody else's, which interrupts what is ours
		over.Reason = bridge.EndInterrupted
	}
	return &over
}

// become makes an item of the receiver's queue what plays, as far as the status itself has not told it. was is the session
// before that status.
func (m *mediaSession) become(it queued, was *mediaSession) {
	s := &m.status
	if s.URL == was.status.URL && s.URL != it.url || s.Tag != nil {
		*s = bridge.MediaStatus{
			URL: it.url, State: s.State, Position: it.start, At: s.At, Rate: 1,
			CanPause: s.CanPause, CanSeek: s.CanSeek, CanSkip: s.CanSkip, CanRate: s.CanRate, CanTracks: s.CanTracks,
		}
	}
	s.Tag = it.tag
}
