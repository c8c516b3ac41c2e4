// Package store keeps on disk what must survive a power cut: the devices by their topic names, their queues, the playlists,
// what was watched and played, what Home Assistant was told, and the bridge's own id. All of it lies in state.db, an SQLite
// database in the data folder.
//
// A change that a method has returned from without an error is on the disk, with the exception of SavePosition, and of
// SavePlays where it is not asked to wait. Changes that are asked for at the same time share one transaction and one sync.
// Only changed rows are written.
//
// The package never decides anything about queues, and never throws away a database that it cannot read: it sets it aside.
// It starts no goroutine: of the callers that wait, one writes for all of them.
package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
)

// FileName is the name of the database in the data folder. SQLite keeps a second file beside it, with -wal at its end.
const FileName = "state.db"

// Store is the durable state. Its methods may be called at the same time. Each takes a context: a call whose context ends
// before its turn has come changes nothing; after that it waits for the disk, so that its outcome is always known.
type Store struct {
	db         *sql.DB // one connection
	statements statements

	// Who has put a value into turn makes the pending changes; durable is his.
	turn    chan struct{}
	durable bool        // the connection syncs at a commit
	pending chan *write // changes that wait for the next transaction
	closed  chan struct{}
}

// Open opens the database in dataDir, which must exist, and makes it where there is none. No other program may have it
// open: that is refused with an error. A database that is damaged is set aside under another name, which is logged as an
// error, and an empty one takes its place. One that a newer version has written is refused.
func Open(dataDir string, log *slog.Logger) (*Store, error) {
	path := filepath.Join(dataDir, FileName)
	db, err := openDatabase(path)
	if damaged(err) {
		aside, moveErr := setAside(path)
		if moveErr != nil {
			return nil, fmt.Errorf("open %s: it is damaged (%w) and cannot be set aside: %w", path, err, moveErr)
		}
		log.Error("the database of queues and device names is damaged; it was set aside, and an empty one is used. "+
			"What is in it can perhaps be saved: sqlite3 FILE .recover", "path", aside, "err", err)
		db, err = openDatabase(path)
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	s := &Store{
		db:      db,
		turn:    make(chan struct{}, 1),
		durable: true,
		pending: make(chan *write, maxPending),
		closed:  make(chan struct{}),
	}
	if err := s.statements.prepare(context.Background(), db); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.Close())
	}
	return s, nil
}

// Close waits for the transaction that is under way and closes the database. Calls that still wait, or come later, are
// refused with ErrClosed. It is called once.
func (s *Store) Close() error {
	s.turn <- struct{}{} // and never taken out again
	close(s.closed)
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close %s: %w", FileName, err)
	}
	return nil
}

// ID returns the bridge's own id, ten characters of a-z and 0-9. It is drawn when it is first asked for, and kept.
func (s *Store) ID(ctx context.Context) (string, error) {
	drawn, err := drawID()
	if err != nil {
		return "", err
	}
	var id string
	err = s.write(ctx, true, func(ctx context.Context, tx *sql.Tx) error {
		return tx.StmtContext(ctx, s.statements.keepMeta).QueryRowContext(ctx, "id", drawn).Scan(&id)
	})
	if err != nil {
		return "", fmt.Errorf("keep the bridge's id: %w", err)
	}
	return id, nil
}

// drawID draws ten characters of a-z and 0-9, each as likely as the others.
func drawID() (string, error) {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	id := make([]byte, 0, 10)
	for len(id) < cap(id) {
		var b [16]byte
		if _, err := rand.Read(b[:]); err != nil {
			return "", fmt.Errorf("draw an id: %w", err)
		}
		for _, x := range b {
			// 252 is the largest multiple of 36 in a byte.
			if x < 252 && len(id) < cap(id) {
				id = append(id, letters[x%36])
			}
		}
	}
	return string(id), nil
}
