package store

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"
)

// maxPending bounds the changes that wait for a transaction, and so the changes in one.
const maxPending = 256

// ErrClosed says that the store was closed before the call's turn came: nothing was changed.
var ErrClosed = errors.New("the store is closed")

// write is one change that waits for a transaction.
type write struct {
	apply   func(*sql.Tx) error
	durable bool       // the commit is synced
	done    chan error // has room for the one outcome
	taken   atomic.Bool
}

// take claims the change, for the transaction that makes it or for its caller who gives it up. Only the first gets it.
func (w *write) take() bool { return w.taken.CompareAndSwap(false, true) }

// write makes a change and returns when it is committed.
//
// The changes of callers that come at the same time are made by one of them, in the order in which they came, in one
// transaction. While that one waits for the disk the next batch gathers.
func (s *Store) write(ctx context.Context, durable bool, apply func(*sql.Tx) error) error {
	w := &write{apply: apply, durable: durable, done: make(chan error, 1)}
	pending, ended, closed := s.pending, ctx.Done(), s.closed
	for {
		select {
		case pending <- w:
			pending = nil
		case s.turn <- struct{}{}:
			s.commitPending()
			<-s.turn
		case err := <-w.done:
			return err
		case <-ended:
			if w.take() {
				return context.Cause(ctx)
			}
			ended = nil
		case <-closed:
			if w.take() {
				return ErrClosed
			}
			closed = nil
		}
	}
}

// commitPending makes the changes that wait. The caller has the turn.
func (s *Store) commitPending() {
	batch := s.takePending()
	if len(batch) == 0 {
		return
	}
	err := s.commit(batch)
	if err != nil && len(batch) > 1 {
		// One change may have spoilt the transaction of the others: each gets its own.
		for _, w := range batch {
			w.done <- s.commit([]*write{w})
		}
		return
	}
	for _, w := range batch {
		w.done <- err
	}
}

// takePending takes the changes that wait, in their order, without those that were given up.
func (s *Store) takePending() []*write {
	var batch []*write
	for range maxPending {
		select {
		case w := <-s.pending:
			if w.take() {
				batch = append(batch, w)
			}
		default:
			return batch
		}
	}
	return batch
}

// commit makes changes in one transaction, all or none. It is synced if one of them is to be durable. It takes no context:
// nothing in it waits but the disk, which no deadline stops.
func (s *Store) commit(batch []*write) error {
	durable := false
	for _, w := range batch {
		durable = durable || w.durable
	}
	if err := s.setDurable(durable); err != nil {
		return err
	}
	tx, err := s.db.Begin()
	if err != nil {
		return err
	}
	for _, w := range batch {
		if err := w.apply(tx); err != nil {
			// A failing disk makes SQLite roll back by itself, and only then Rollback has an error.
			_ = tx.Rollback()
			return err
		}
	}
	return tx.Commit()
}

// setDurable chooses whether the next commit waits for the disk. Without that a commit in WAL mode only writes to the
// journal: if the program dies nothing is lost; a power cut may lose the commits since the last sync, and only them, for
// a sync is of the whole journal and SQLite stops reading it at the first frame that is not whole.
func (s *Store) setDurable(durable bool) error {
	if durable == s.durable {
		return nil
	}
	mode := "NORMAL"
	if durable {
		mode = "FULL"
	}
	if _, err := s.db.Exec("PRAGMA synchronous = " + mode); err != nil {
		return err
	}
	s.durable = durable
	return nil
}
