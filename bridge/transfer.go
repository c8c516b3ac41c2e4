package bridge

import (
	"context"
	"time"

	"localcast/bridge/media"
	"localcast/bridge/queue"
)

const (
	// adoptWithin bounds how long the device to which a queue moves may take until it plays, refusals on the way included.
	adoptWithin = 5 * time.Minute
	// releaseWithin bounds how long the device that it leaves may take until all of it is on the disk; commitWithin the write
	// that moves it, which a disk may hold up that nobody can ask whether it was made.
	releaseWithin = 2 * saveWithin
	commitWithin  = 10 * time.Minute
	// stepsKept is more than the answers that a transfer can have, so that no device waits for who reads them.
	stepsKept = 16
)

// move is the transfer of a queue. The two devices never wait for each other: a goroutine of the Bridge's hands each of them
// what the other has answered, and gives up after a while. Until the store has moved the rows, in one transaction, the source
// has its whole queue.
type move struct {
	id    uint64
	to    *device
	err   *Error // why there is no to
	data  any    // and what might have been meant
	steps chan queue.Effect
	// begin starts that goroutine, for the device that the queue leaves.
	begin func(from *device, q queue.Moving[media.Item])
}

// step is one step of a transfer, in a device's mailbox.
type step struct {
	move *move
	in   queue.Input
}

// newMove prepares a transfer to the device that a command names.
func (b *Bridge) newMove(req Transfer) *move {
	b.moves++
	m := &move{id: b.moves, steps: make(chan queue.Effect, stepsKept)}
	to, err := b.named(req.To, true)
	if err != nil {
		m.err = &err.Error
		if err.Code == Ambiguous {
			m.data = DeviceChoices{Alternatives: entries(err.could)}
		}
		return m
	}
	m.to = to
	m.begin = func(from *device, q queue.Moving[media.Item]) { b.carry(m, from, q) }
	return m
}

// transfer makes the machine's input of a transfer, if there is a device for it.
func (r *running) transfer(t *turn) {
	m := t.command.move
	if m.err != nil {
		t.err, t.data = m.err, m.data
		return
	}
	in := queue.Transfer{Revision: t.command.Revision, ID: m.id, Itself: m.to == r.device}
	t.input = func(ref queue.Ref) queue.Input { in.Ref = ref; return in }
}

// moveStep takes a step of a transfer.
func (r *running) moveStep(s step) {
	r.moves[s.move.id] = s.move
	r.step(s.in)
	switch s.in.(type) {
	case queue.Handed, queue.Abandon:
		delete(r.moves, s.move.id)
	}
}

// moving tells the transfer what the machine has answered.
func (r *running) moving(id uint64, e queue.Effect) {
	if m := r.moves[id]; m != nil {
		select {
		case m.steps <- e:
		default:
		}
	}
	if _, last := e.(queue.Committed); last {
		delete(r.moves, id)
	}
}

// run moves a queue from one device to the other, and tells the one that it leaves how that went.
func (m *move) run(ctx context.Context, from *device, q queue.Moving[media.Item]) {
	end := m.steer(ctx, from, q)
	if ctx.Err() != nil {
		return // the disk alone knows where the queue is, and it is read at the next start
	}
	end.ID = m.id
	if end.Code != "" {
		m.to.mail.put(step{m, queue.Abandon{ID: m.id}})
	}
	if end.Code == queue.CodeOffline {
		end.Message = m.to.name() + " is offline"
	}
	from.mail.put(step{m, end})
}

// steer has the two devices take the steps, and returns how it ended.
func (m *move) steer(ctx context.Context, from *device, q queue.Moving[media.Item]) queue.Handed {
	reason := m.fit(&q)
	m.to.mail.put(step{m, queue.Adopt[media.Item]{ID: m.id, Queue: q, Reason: reason}})
	for within := adoptWithin; ; {
		e, ok := m.next(ctx, from, within)
		if !ok {
			return queue.Handed{Code: queue.CodeRejected, Message: "the transfer took too long"}
		}
		switch e := e.(type) {
		case queue.Withdrawn:
			return queue.Handed{Code: queue.CodeConflict, Message: "the transfer was called back"}
		case queue.Adopted:
			if e.Code != "" {
				return queue.Handed{Code: e.Code, Message: e.Message}
			}
			from.mail.put(step{m, queue.Release{ID: m.id}})
			within = releaseWithin
		case queue.Released[media.Item]:
			if e.Code != "" {
				return queue.Handed{Code: e.Code, Message: e.Message}
			}
			m.to.mail.put(step{m, queue.Commit[media.Item]{ID: m.id, Topic: from.topic, Change: e.Change}})
			within = commitWithin
		case queue.Committed:
			return queue.Handed{
				Code: e.Code, Message: e.Message, Revision: e.Revision, Length: e.Length, Entry: e.Entry, Failed: e.Failed,
			}
		}
	}
}

// next waits for the next answer of one of the devices; it reports false when there will be none.
func (m *move) next(ctx context.Context, from *device, within time.Duration) (queue.Effect, bool) {
	timeout := time.NewTimer(within)
	defer timeout.Stop()
	select {
	case e := <-m.steps:
		return e, true
	case <-timeout.C:
	case <-m.to.done:
	case <-from.done:
	case <-ctx.Done():
	}
	return nil, false
}

// fit marks what the other device cannot play, and only that; it returns why.
func (m *move) fit(q *queue.Moving[media.Item]) (reason string) {
	info := m.to.about()
	for i := range q.Rows {
		e := &q.Rows[i].Entry
		ok, why := Playable(info, e.Item)
		if e.Failed = !ok; e.Failed {
			reason = why
		}
	}
	return reason
}

// transferSpeech says what became of a transfer.
func transferSpeech(t turn, o queue.Outcome, err *Error, from string) string {
	m := t.command.move
	switch {
	case err != nil && err.Code != Internal:
		return sentence(err.Message)
	case err != nil:
		return "Something went wrong on " + from
	case o.Pending:
		return "Moving to " + m.to.name()
	}
	return "Moved to " + m.to.name()
}
