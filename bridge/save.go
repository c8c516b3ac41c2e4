package bridge

import (
	"context"
	"time"

	"localcast/bridge/media"
	"localcast/bridge/queue"
)

// save is what waits to be stored of one queue: changes that became one, or only the head.
type save struct {
	change *queue.Change[media.Item]
	ticket uint64 // of the last change in it
	head   *queue.Head
}

// with adds what came later.
func (s save) with(next save) save {
	switch {
	case next.change == nil && s.change != nil:
		merged := *s.change
		merged.Head = *next.head
		s.change = &merged
	case next.change == nil:
		s.head = next.head
	case s.change != nil:
		merged := s.change.Merge(*next.change)
		s.change, s.ticket = &merged, next.ticket
	default:
		s.change, s.ticket, s.head = next.change, next.ticket, nil
	}
	return s
}

// saved takes the outcome of a write.
func (r *running) saved(s queue.Stored) {
	r.busy = false
	r.step(s)
	r.send()
}

// send hands what is unsent to the disk, unless the disk is still busy: then it grows meanwhile, into one write.
func (r *running) send() {
	if r.busy || r.unsent == (save{}) {
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
	if s.change != nil {
		return d.ports.Store.SaveQueue(ctx, d.topic, *s.change)
	}
	started := time.Now()
	err := d.ports.Store.SavePosition(ctx, d.topic, *s.head)
	d.log.Debug("position kept", "dur", time.Since(started))
	return err
}

// linger returns a context that ends closeWithin after parent.
func linger(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(parent))
	stop := context.AfterFunc(parent, func() { time.AfterFunc(closeWithin, cancel) })
	return ctx, func() { stop(); cancel() }
}
