package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"localcast/bridge/media"
)

// Playlists returns the saved playlists, in no order.
func (s *Store) Playlists(ctx context.Context) ([]media.NamedList, error) {
	lists, err := s.readPlaylists(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the playlists: %w", err)
	}
	return lists, nil
}

func (s *Store) readPlaylists(ctx context.Context) ([]media.NamedList, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT id, name, (SELECT count(*) FROM listed WHERE playlist = number) FROM playlist`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var lists []media.NamedList
	for rows.Next() {
		var l media.NamedList
		if err := rows.Scan(&l.ID, &l.Name, &l.Length); err != nil {
			return nil, err
		}
		lists = append(lists, l)
	}
	return lists, rows.Err()
}

// Playlist returns the items of a playlist, in its order, as they were when it was saved; none if it is not there.
func (s *Store) Playlist(ctx context.Context, id media.ID) ([]media.Item, error) {
	items, err := s.readPlaylist(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read the playlist %s: %w", id, err)
	}
	return items, nil
}

func (s *Store) readPlaylist(ctx context.Context, id media.ID) ([]media.Item, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT item, path, size, title, details FROM listed
		WHERE playlist = (SELECT number FROM playlist WHERE id = ?) ORDER BY place`, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var items []media.Item
	for rows.Next() {
		var item media.Item
		var rest []byte
		if err := rows.Scan(&item.ID, &item.Path, &item.Size, &item.Title, &rest); err != nil {
			return nil, err
		}
		var d details
		if err := json.Unmarshal(rest, &d); err != nil {
			return nil, fmt.Errorf("item %s: %w", item.ID, err)
		}
		d.ID, d.Path, d.Size, d.Title = item.ID, item.Path, item.Size, item.Title
		items = append(items, media.Item(d))
	}
	return items, rows.Err()
}

// SavePlaylist keeps a playlist, in place of the one with that id.
func (s *Store) SavePlaylist(ctx context.Context, id media.ID, name string, items []media.Item) error {
	rest := make([][]byte, len(items))
	for i, item := range items {
		var err error
		if rest[i], err = json.Marshal(details(item)); err != nil {
			return fmt.Errorf("save the playlist %q: item %s: %w", name, item.ID, err)
		}
	}
	err := s.write(ctx, true, func(ctx context.Context, tx *sql.Tx) error {
		var number int64
		if err := tx.StmtContext(ctx, s.statements.putPlaylist).QueryRowContext(ctx, id, name).Scan(&number); err != nil {
			return err
		}
		if _, err := tx.StmtContext(ctx, s.statements.deleteListed).ExecContext(ctx, number); err != nil {
			return err
		}
		put := tx.StmtContext(ctx, s.statements.putListed)
		for i, item := range items {
			if _, err := put.ExecContext(ctx, number, i, item.ID, item.Path, item.Size, item.Title, string(rest[i])); err != nil {
				return fmt.Errorf("item %s: %w", item.ID, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("save the playlist %q: %w", name, err)
	}
	return nil
}

// DeletePlaylist removes a playlist; one that is not there is no error.
func (s *Store) DeletePlaylist(ctx context.Context, id media.ID) error {
	err := s.write(ctx, true, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.StmtContext(ctx, s.statements.deletePlaylist).ExecContext(ctx, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("delete the playlist %s: %w", id, err)
	}
	return nil
}
