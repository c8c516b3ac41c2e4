package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"localcast/bridge/media"
)

// keptPlays is how many plays are kept; the oldest go.
const keptPlays = 500

// Uses returns what is remembered of items, in no order.
func (s *Store) Uses(ctx context.Context) ([]media.Used, error) {
	uses, err := s.readUses(ctx)
	if err != nil {
		return nil, fmt.Errorf("read what was watched: %w", err)
	}
	return uses, nil
}

func (s *Store) readUses(ctx context.Context) ([]media.Used, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT item, path, size, position, watched, plays, last_at FROM used`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []media.Used
	for rows.Next() {
		var u media.Used
		err := rows.Scan(&u.Item, &u.Path, &u.Size, &u.Use.Position, &u.Use.Watched, &u.Use.Plays, &u.Use.LastAt)
		if err != nil {
			return nil, err
		}
		all = append(all, u)
	}
	return all, rows.Err()
}

// SavePlays keeps what was played: the uses in place of those of the same items, and the plays, whose Seconds are added to
// what is kept of the same play. Of plays only the latest are kept; uses are kept until ForgetUses. Unless it is durable it
// does not wait for the disk: a power cut may lose it.
func (s *Store) SavePlays(ctx context.Context, uses []media.Used, plays []media.Play, durable bool) error {
	err := s.write(ctx, durable, func(ctx context.Context, tx *sql.Tx) error {
		put := tx.StmtContext(ctx, s.statements.putUsed)
		for _, u := range uses {
			_, err := put.ExecContext(ctx, u.Item, u.Path, u.Size, u.Use.Position, u.Use.Watched, u.Use.Plays, u.Use.LastAt)
			if err != nil {
				return fmt.Errorf("item %s: %w", u.Item, err)
			}
		}
		add := tx.StmtContext(ctx, s.statements.addPlay)
		for _, p := range plays {
			_, err := add.ExecContext(ctx, p.Device, int64(p.Serial), p.At.UnixMilli(), p.Item, p.Title, p.Seconds)
			if err != nil {
				return fmt.Errorf("play of %s: %w", p.Item, err)
			}
		}
		if len(plays) == 0 {
			return nil
		}
		_, err := tx.StmtContext(ctx, s.statements.prunePlays).ExecContext(ctx, keptPlays)
		return err
	})
	if err != nil {
		return fmt.Errorf("save what was played: %w", err)
	}
	return nil
}

// ForgetUses forgets the use of items.
func (s *Store) ForgetUses(ctx context.Context, items []media.ID) error {
	err := s.write(ctx, true, func(ctx context.Context, tx *sql.Tx) error {
		drop := tx.StmtContext(ctx, s.statements.deleteUsed)
		for _, id := range items {
			if _, err := drop.ExecContext(ctx, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("forget what was watched: %w", err)
	}
	return nil
}

// Plays returns how many plays are kept, of one device or of all for "", and those of a page of them, the latest first.
func (s *Store) Plays(ctx context.Context, device string, offset, limit int) (total int, plays []media.Play, err error) {
	total, plays, err = s.readPlays(ctx, device, offset, limit)
	if err != nil {
		return 0, nil, fmt.Errorf("read what was played: %w", err)
	}
	return total, plays, nil
}

func (s *Store) readPlays(ctx context.Context, device string, offset, limit int) (total int, plays []media.Play, err error) {
	// A transaction, so that the number and the page are of one moment.
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return 0, nil, err
	}
	defer tx.Rollback()
	err = tx.QueryRowContext(ctx, `SELECT count(*) FROM play WHERE ?1 = '' OR device = ?1`, device).Scan(&total)
	if err != nil {
		return 0, nil, err
	}
	rows, err := tx.QueryContext(ctx, `SELECT device, serial, at, item, title, seconds FROM play WHERE ?1 = '' OR device = ?1
		ORDER BY at DESC, device, serial DESC LIMIT ?2 OFFSET ?3`, device, limit, offset)
	if err != nil {
		return 0, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var p media.Play
		var serial, at int64
		if err := rows.Scan(&p.Device, &serial, &at, &p.Item, &p.Title, &p.Seconds); err != nil {
			return 0, nil, err
		}
		p.Serial, p.At = uint64(serial), time.UnixMilli(at)
		plays = append(plays, p)
	}
	return total, plays, rows.Err()
}

// MovePlays gives the plays of a device to the topic name it has now; "" forgets them.
func (s *Store) MovePlays(ctx context.Context, from, to string) error {
	err := s.write(ctx, true, func(ctx context.Context, tx *sql.Tx) error {
		if to == "" {
			_, err := tx.StmtContext(ctx, s.statements.deletePlays).ExecContext(ctx, from)
			return err
		}
		_, err := tx.StmtContext(ctx, s.statements.movePlays).ExecContext(ctx, to, from)
		return err
	})
	if err != nil {
		return fmt.Errorf("move the plays of %s: %w", from, err)
	}
	return nil
}
