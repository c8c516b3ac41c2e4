package library

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"localcast/bridge/media"
)

// writer is the one connection that writes library.db, with the statements it has prepared. One goroutine uses it. A
// statement that has begun is finished also when its ctx ends: an interrupted one would take its transaction with it.
//
// What is written is committed some statements at a time, since commits are what costs: flush makes the rest visible.
type writer struct {
	conn     *sql.Conn
	prepared map[string]*sql.Stmt // by text; the program's own few statements, so it is bounded

	open   bool // a transaction is
	begun  time.Time
	writes int // steps in it
}

// How much is lost at most when the program is killed; the next scan finds it again.
const (
	commitAfter  = time.Second
	commitWrites = 100
)

func (w *writer) close() error {
	errs := []error{w.flush()}
	for _, s := range w.prepared {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, w.conn.Close())...)
}

func (w *writer) stmt(ctx context.Context, text string) (*sql.Stmt, error) {
	if s, ok := w.prepared[text]; ok {
		return s, nil
	}
	s, err := w.conn.PrepareContext(context.WithoutCancel(ctx), text)
	if err != nil {
		return nil, fmt.Errorf("prepare %.40q: %w", text, err)
	}
	w.prepared[text] = s
	return s, nil
}

// exec runs a statement and returns how many rows it changed.
func (w *writer) exec(ctx context.Context, text string, args ...any) (int64, error) {
	s, err := w.stmt(ctx, text)
	if err != nil {
		return 0, err
	}
	r, err := s.ExecContext(context.WithoutCancel(ctx), args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// query calls each for every row of the answer; each may not use the writer.
func (w *writer) query(ctx context.Context, each func(*sql.Rows) error, text string, args ...any) error {
	s, err := w.stmt(ctx, text)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(context.WithoutCancel(ctx), args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// number returns the first column of the first row, 0 if there is none.
func (w *writer) number(ctx context.Context, text string, args ...any) (n int64, err error) {
	s, err := w.stmt(ctx, text)
	if err != nil {
		return 0, err
	}
	err = s.QueryRowContext(context.WithoutCancel(ctx), args...).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, err
}

// transact runs f, whose statements are committed together, if not at once. After an error nothing is left of what has not
// been committed.
func (w *writer) transact(f func() error) error {
	if !w.open {
		if err := w.control("BEGIN IMMEDIATE"); err != nil {
			return err
		}
		w.open, w.begun, w.writes = true, time.Now(), 0
	}
	if err := f(); err != nil {
		w.open = false
		return errors.Join(err, w.control("ROLLBACK"))
	}
	if w.writes++; w.writes < commitWrites && time.Since(w.begun) < commitAfter {
		return nil
	}
	return w.flush()
}

// flush commits what was written.
func (w *writer) flush() error {
	if !w.open {
		return nil
	}
	w.open = false
	if err := w.control("COMMIT"); err != nil {
		return errors.Join(err, w.control("ROLLBACK"))
	}
	return nil
}

func (w *writer) control(statement string) error {
	_, err := w.conn.ExecContext(context.Background(), statement)
	return err
}

// insert makes a new item with a new id and returns its row number. The rest of the row is written by update.
func (w *writer) insert(ctx context.Context, kind media.Kind, key any) (int64, error) {
	for range 10 {
		n, err := w.exec(ctx, "INSERT INTO items(id, kind, key, title) VALUES(?,?,?,'') ON CONFLICT(id) DO NOTHING",
			string(newID()), string(kind), key)
		if err != nil {
			return 0, err
		}
		if n == 1 {
			return w.number(ctx, "SELECT last_insert_rowid()")
		}
	}
	return 0, errors.New("ten random ids were taken: the random numbers of this machine are broken")
}

// links are the containers of an item, by row number; 0 is none.
type links struct{ folder, group, artist, genre int64 }

// update writes all of an item but its id and key.
func (w *writer) update(ctx context.Context, n int64, it media.Item, in links, sort, place []byte) error {
	null := func(n int64) any { return sql.NullInt64{Int64: n, Valid: n != 0} }
	num := func(n media.Number) any {
		v, ok := n.Get()
		return sql.NullInt64{Int64: int64(v), Valid: ok}
	}
	if place == nil {
		place = []byte{}
	}
	_, err := w.exec(ctx, `UPDATE items SET kind=?, title=?, subtitle=?, name=?, artist=?, album=?, show=?, genre=?, season=?,
		episode=?, year=?, duration=?, content_type=?, size=?, path=?, format=?, video=?, audio=?, width=?, height=?, channels=?,
		languages=?, picture=?, folder_n=?, group_n=?, artist_n=?, genre_n=?, sort=?, place=? WHERE n=?`,
		string(it.Kind), it.Title, it.Subtitle, it.Name, it.Artist, it.Album, it.Show, it.Genre, num(it.Season),
		num(it.Episode), it.Year, it.Duration, it.ContentType, it.Size, it.Path, it.Format, it.VideoCodec, it.AudioCodec,
		it.Width, it.Height, it.Channels, it.Languages, it.HasArtwork, null(in.folder), null(in.group), null(in.artist), null(in.genre),
		sort, place, n)
	return err
}
