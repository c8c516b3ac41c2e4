package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
)

// Announced returns what Home Assistant was told: by discovery topic, the platform of each component by its key. It is
// never nil.
func (s *Store) Announced(ctx context.Context) (map[string]map[string]string, error) {
	announced, err := s.readAnnounced(ctx)
	if err != nil {
		return nil, fmt.Errorf("read what was announced: %w", err)
	}
	return announced, nil
}

func (s *Store) readAnnounced(ctx context.Context) (map[string]map[string]string, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT topic, platforms FROM announced`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	announced := make(map[string]map[string]string)
	for rows.Next() {
		var topic string
		var text []byte
		if err := rows.Scan(&topic, &text); err != nil {
			return nil, err
		}
		platforms := make(map[string]string)
		if err := json.Unmarshal(text, &platforms); err != nil {
			return nil, fmt.Errorf("platforms of %s: %w", topic, err)
		}
		announced[topic] = platforms
	}
	return announced, rows.Err()
}

// SaveAnnounced remembers what is told on some discovery topics, in place of what was remembered of them. A topic whose
// platforms are nil is forgotten.
func (s *Store) SaveAnnounced(ctx context.Context, changes map[string]map[string]string) error {
	err := s.write(ctx, true, func(ctx context.Context, tx *sql.Tx) error {
		for topic, platforms := range changes {
			if err := s.saveAnnounced(ctx, tx, topic, platforms); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("save what was announced: %w", err)
	}
	return nil
}

func (s *Store) saveAnnounced(ctx context.Context, tx *sql.Tx, topic string, platforms map[string]string) error {
	if platforms == nil {
		_, err := tx.StmtContext(ctx, s.statements.deleteAnnounced).ExecContext(ctx, topic)
		return err
	}
	text, err := json.Marshal(platforms)
	if err != nil {
		return err
	}
	_, err = tx.StmtContext(ctx, s.statements.putAnnounced).ExecContext(ctx, topic, string(text))
	return err
}
