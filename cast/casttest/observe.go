package casttest

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"
)

// A LoadRecord is one item that the receiver began to load, by LOAD, by a queue message, or because its own queue moved on.
type LoadRecord struct {
	ContentID, ContentType, StreamType string
	CustomData, Metadata               json.RawMessage // of the media; nil if absent
	Autoplay                           bool
	CurrentTime                        time.Duration // where play was to start
	Requester                          string        // the sender's id; "" where the receiver's queue moved on by itself
	MediaSessionID, ItemID             int

	Began     bool          // it became the current item; false while it is only preloaded
	Loaded    bool          // the media was found to be playable
	Duration  time.Duration // once loaded; 0 for pictures and live streams
	Ended     string        // FINISHED, INTERRUPTED, CANCELLED or ERROR; "" while it is there
	Err       string        // why it failed, for people
	ErrorCode int           // the detailedErrorCode; 0 if there was none
	// SHA256 is the hexadecimal digest of the file, once every byte from the first to the last has been read.
	SHA256 string
}

// A FetchRecord is one HTTP request of the receiver's.
type FetchRecord struct {
	URL          string
	Range        string // the header that was sent
	Offset       int64  // what it asked for
	Status       int    // 0 while there is no answer
	ContentType  string
	ContentRange string
	Bytes        int64  // of the body that were read so far
	Done         bool   // nothing more is read of it
	Complete     bool   // read to the end of the body
	SHA256       string // of the bytes that were read, hexadecimal, once Done
	Err          string // why it broke; "" if the receiver itself wanted no more
}

// records keeps the latest of something. Whoever holds an entry may change it on the owner's goroutine.
type records[T any] struct{ kept []*T }

// maxRecords bounds what a receiver remembers.
const maxRecords = 1000

func (r *records[T]) add(v *T) *T {
	if len(r.kept) == maxRecords {
		r.kept = slices.Delete(r.kept, 0, 1)
	}
	r.kept = append(r.kept, v)
	return v
}

func (r *records[T]) copies() []T {
	out := make([]T, len(r.kept))
	for i, v := range r.kept {
		out[i] = *v
	}
	return out
}

// A Snapshot is the receiver at one moment.
type Snapshot struct {
	Senders   int    // links
	AppID     string // "" on an idle speaker
	AppName   string
	SessionID string // of the app; its transport id too
	Volume    float64
	Muted     bool

	// What is loaded; zero if nothing is. PlayerState is IDLE, too, while it is loading.
	PlayerState    string
	Loading        bool
	MediaSessionID int
	ItemID         int
	ContentID      string
	CustomData     json.RawMessage // of the media
	Position       time.Duration   // of this moment: its passing wakes no Await
	Duration       time.Duration
	Rate           float64
	RepeatMode     string
	Queue          []string // the contentIds of all items
	Ahead          []Item   // what it goes on with by itself, until the end of the queue

	Loads   []LoadRecord  // the latest 1,000, oldest first
	Fetches []FetchRecord // likewise
}

// An Item is one of the receiver's queue.
type Item struct {
	ID         int
	ContentID  string
	CustomData json.RawMessage // of the media
	Start      time.Duration   // where it begins
}

// snapshot runs on the owner's goroutine.
func (d *device) snapshot() Snapshot {
	s := Snapshot{
		Senders: len(d.links), Volume: d.level, Muted: d.muted, PlayerState: "IDLE",
		Loads: d.loads.copies(), Fetches: d.fetches.copies(),
	}
	if d.app != nil {
		s.AppID, s.AppName, s.SessionID = d.app.id, d.app.name, d.app.transport
	}
	if d.session != nil {
		p, it := d.session.play, d.session.current()
		s.PlayerState, s.Loading, s.MediaSessionID, s.ItemID = p.state(), p.loading, d.session.id, it.id
		s.ContentID, s.CustomData = it.contentID(), it.media["customData"]
		s.Position, s.Duration, s.Rate, s.RepeatMode = d.position(p), p.duration, p.rate, d.session.repeat
		for _, it := range d.session.items {
			s.Queue = append(s.Queue, it.contentID())
		}
		for _, it := range d.session.items[d.session.at+1:] {
			s.Ahead = append(s.Ahead, Item{ID: it.id, ContentID: it.contentID(), CustomData: it.media["customData"], Start: it.startTime})
		}
	}
	return s
}

// ErrClosed says that the receiver was closed.
var ErrClosed = errors.New("receiver is closed")

// Snapshot tells how things stand. After Close it is the zero value.
func (r *Receiver) Snapshot() Snapshot {
	s, _ := r.look()
	return s
}

// look returns a snapshot and what is closed when it is out of date; nil after Close.
func (r *Receiver) look() (s Snapshot, changed <-chan struct{}) {
	if !r.dev.look(func() { s, changed = r.dev.snapshot(), r.dev.changed }) {
		return Snapshot{}, nil
	}
	return s, changed
}

// Await returns the first snapshot that ok likes. ok is asked at once and after each change, on the caller's goroutine;
// changes that follow each other at once may be seen as one, but Loads and Fetches keep what was between. The error is
// ErrClosed, or ctx's with the last snapshot.
func (r *Receiver) Await(ctx context.Context, ok func(Snapshot) bool) (Snapshot, error) {
	for {
		s, changed := r.look()
		switch {
		case changed == nil:
			return s, ErrClosed
		case ok(s):
			return s, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return s, ctx.Err()
		case <-r.ctx.Done():
			return s, ErrClosed
		}
	}
}

// Loads are the latest 1,000 loads, oldest first.
func (r *Receiver) Loads() []LoadRecord { return r.Snapshot().Loads }

// Fetches are the latest 1,000 HTTP requests, oldest first.
func (r *Receiver) Fetches() []FetchRecord { return r.Snapshot().Fetches }

// LoadError is how a LOAD is refused.
type LoadError struct {
	Type   string // LOAD_FAILED if empty
	Code   int    // detailedErrorCode; 0 leaves it out, as some devices do
	Reason string // left out if empty
}

// SetRefuse has refuse asked at each load; what it returns is how the load fails, nil lets it pass. It is called on the
// receiver's goroutine and must call no method of the Receiver. A nil refuse takes it away.
func (r *Receiver) SetRefuse(refuse func(contentID string) *LoadError) {
	r.dev.ask(func() { r.dev.refuse = refuse })
}

// Finish ends the current item now, as if it had played to its end. It reports whether something was playing or paused.
func (r *Receiver) Finish() (finished bool) {
	r.withPlay(func(*play) {
		finished = true
		r.dev.endItem("FINISHED")
	})
	return finished
}

// Pause pauses as somebody in the room does.
func (r *Receiver) Pause() {
	r.withPlay(func(p *play) {
		r.dev.hold(p, true)
		r.dev.broadcastMedia(0, brief)
	})
}

// Resume goes on as somebody in the room makes it.
func (r *Receiver) Resume() {
	r.withPlay(func(p *play) {
		r.dev.hold(p, false)
		r.dev.broadcastMedia(0, brief)
	})
}

// Next plays the next item of the queue, as somebody with a remote control makes it. It reports whether there is one.
func (r *Receiver) Next() bool { return r.skip(1) }

// Previous plays the item before, likewise.
func (r *Receiver) Previous() bool { return r.skip(-1) }

func (r *Receiver) skip(by int) (skipped bool) {
	r.steer(func() {
		s := r.dev.session
		if s == nil {
			return
		}
		if to := s.at + by; to >= 0 && to < len(s.items) {
			skipped = true
			r.dev.goTo(to, "INTERRUPTED", nil, s.items[to].startTime)
		}
	})
	return skipped
}

// steer has the owner run f and waits until it has, unless there is no power.
func (r *Receiver) steer(f func()) {
	r.dev.ask(func() {
		if r.dev.on {
			f()
		}
	})
}

func (r *Receiver) withPlay(f func(*play)) {
	r.steer(func() {
		if s := r.dev.session; s != nil && !s.play.loading {
			f(s.play)
		}
	})
}

// SetVolume turns the volume as the device's own buttons do. level is from 0 to 1.
func (r *Receiver) SetVolume(level float64, muted bool) {
	r.steer(func() {
		r.dev.level, r.dev.muted = min(1, max(0, level)), muted
		r.dev.broadcastReceiver(0)
	})
}

// Drop cuts every link by a reset. What plays goes on.
func (r *Receiver) Drop() {
	r.steer(func() {
		for l := range r.dev.links {
			l.close()
		}
	})
}

// TakeOver starts another app in place of what runs, as another sender does. It has the media namespace and plays nothing.
func (r *Receiver) TakeOver(appID, name string) {
	r.steer(func() {
		r.dev.startApp(appID, name, "media")
		r.dev.broadcastReceiver(0)
	})
}

// CloseApp ends what runs, as "stop casting" of a remote control does.
func (r *Receiver) CloseApp() {
	r.steer(func() {
		r.dev.endApp()
		r.dev.broadcastReceiver(0)
	})
}
