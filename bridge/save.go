package bridge

import (
	"context"
	"slices"
	"time"

	"localcast/bridge/media"
	"localcast/bridge/queue"
)

// save is what waits to be stored of one queue: changes that became one, or only the head, and the playlists made of it.
type save struct {
	change *queue.Change[media.Item]
	ticket uint64 // of the last change or playlist in it
	head   *queue.Head
	also   *queue.Also[media.Item] // stored with change
	lists  []copiedList
}

// copiedList is a queue that becomes a playlist.
type copiedList struct {
	name  string
	items []media.Item
}

// with adds what came later.
func (s save) with(next save) save {
	s.lists = append(slices.Clip(s.lists), next.lists...)
	s.ticket = max(s.ticket, next.ticket)
	if next.also != nil {
		s.also = next.also
	}
	switch {
	case next.change == nil && next.head == nil:
	case next.change == nil && s.change != nil:
		merged := *s.change
		merged.Head = *next.head
		s.change = &merged
	case next.change == nil:
		s.head = next.head
	case s.change != nil:
		merged := s.change.Merge(*next.change)
		s.change = &merged
	default:
		s.change, s.head = next.change, nil
	}
	return s
}

func (s save) empty() bool { return s.change == nil && s.head == nil && len(s.lists) == 0 }

// copied is the queue as it is now, for the playlist that a command makes of it.
func (r *running) copied(e queue.Copy) save {
	l := copiedList{items: make([]media.Item, r.machine.Len())}
	if req, ok := r.owed[e.Ref].command.Request.(Save); ok {
		l.name = req.Name
	}
	for i := range l.items {
		l.items[i] = r.machine.At(i).Item
	}
	return save{ticket: e.Ticket, lists: []copiedList{l}}
}

// saved takes the outcome of a write.
func (r *running) saved(s queue.Stored) {
	r.busy = false
	r.step(s)
	r.send()
}

// send hands what is unsent to the disk, unless the disk is still busy: then it grows meanwhile, into one write.
func (r *running) send() {
	if r.busy || r.unsent.empty() {
		return
	}
	r.busy = true
	r.saves <- r.unsent
	r.unsent = save{}
}

// keep writes what it is given, in order, and reports each write.
func (d *device) keep(ctx context.Context, saves <-chan save, stored chan<- queue.Stored) {
	for s := range saves {
		out := queue.Stored{Ticket: s.ticket}
		if err := d.write(ctx, s); err != nil {
			out.Failed = err.Error()
			d.log.Error("the queue could not be stored; is the disk full?", "err", err)
		}
		stored <- out
	}
}

func (d *device) write(ctx context.Context, s save) error {
	ctx, cancel := context.WithTimeout(ctx, saveWithin)
	defer cancel()
	for _, l := range s.lists { // first, so that what fails has not moved a queue
		if err := d.house.shelf.save(ctx, l.name, l.items); err != nil {
			return err
		}
	}
	switch {
	case s.also != nil:
		return d.ports.Store.MoveQueue(ctx, s.also.Topic, s.also.Change, d.topic, *s.change)
	case s.change != nil:
		return d.ports.Store.SaveQueue(ctx, d.topic, *s.change)
	case s.head != nil:
		started := time.Now()
		err := d.ports.Store.SavePosition(ctx, d.topic, *s.head)
		d.log.Debug("position kept", "dur", time.Since(started))
		return err
	}
	return nil
}

// linger returns a context that ends closeWithin after parent.
func linger(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(parent))
	stop := context.AfterFunc(parent, func() { time.AfterFunc(closeWithin, cancel) })
	return ctx, func() { stop(); cancel() }
}
