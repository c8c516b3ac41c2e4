package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"localcast/bridge/media"
	"localcast/bridge/queue"
)

// Queue returns the queue of a device, the zero Saved if there is none. The rows come in no order.
func (s *Store) Queue(ctx context.Context, topic string) (queue.Saved[media.Item], error) {
	saved, err := s.readQueue(ctx, topic)
	if err != nil {
		return queue.Saved[media.Item]{}, fmt.Errorf("read the queue of %s: %w", topic, err)
	}
	return saved, nil
}

func (s *Store) readQueue(ctx context.Context, topic string) (saved queue.Saved[media.Item], err error) {
	// A transaction, so that head and entries are of one moment.
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return saved, err
	}
	defer tx.Rollback()

	var number int64
	var plan []byte
	h := &saved.Head
	err = tx.StmtContext(ctx, s.statements.selectHead).QueryRowContext(ctx, topic).Scan(&number, &h.Revision, &h.Next, &h.Current,
		&h.Repeat, &h.Shuffle, &h.EndedAt, &h.Serial, &h.Position, &h.At, &h.Duration, &h.Playing, &plan, &h.Ahead)
	if errors.Is(err, sql.ErrNoRows) {
		return saved, nil
	}
	if err == nil {
		h.Plan, err = decodePlan(plan)
	}
	if err != nil {
		return saved, err
	}
	rows, err := tx.StmtContext(ctx, s.statements.selectEntries).QueryContext(ctx, number)
	if err != nil {
		return saved, err
	}
	defer rows.Close()
	for rows.Next() {
		row, err := scanEntry(rows)
		if err != nil {
			return saved, err
		}
		saved.Rows = append(saved.Rows, row)
	}
	return saved, rows.Err()
}

func scanEntry(rows *sql.Rows) (row queue.Row[media.Item], err error) {
	e := &row.Entry
	var (
		id    media.ID
		path  string
		size  int64
		title string
		rest  []byte
	)
	err = rows.Scan(&e.ID, &row.Rank, &row.Natural, &e.Duration, &e.Start, &e.Interval, &e.Failed, &id, &path, &size, &title, &rest)
	if err != nil {
		return row, err
	}
	var d details
	if err := json.Unmarshal(rest, &d); err != nil {
		return row, fmt.Errorf("entry %s: %w", e.ID, err)
	}
	e.Item = media.Item(d)
	e.Item.ID, e.Item.Path, e.Item.Size, e.Item.Title = id, path, size, title
	return row, nil
}

// SaveQueue applies a change to the queue of a device and returns when it is on the disk; concurrent calls share a commit.
// Changes are cumulative: after one that failed, the next must have All set.
func (s *Store) SaveQueue(ctx context.Context, topic string, c queue.Change[media.Item]) error {
	rest, err := encodeDetails(c.Put)
	if err == nil {
		err = s.write(ctx, true, func(ctx context.Context, tx *sql.Tx) error { return s.applyChange(ctx, tx, topic, c, rest) })
	}
	if err != nil {
		return fmt.Errorf("save the queue of %s: %w", topic, err)
	}
	return nil
}

// MoveQueue applies a change to each of two queues in one transaction, and returns when it is on the disk: both are there,
// or none.
func (s *Store) MoveQueue(
	ctx context.Context, from string, left queue.Change[media.Item], to string, c queue.Change[media.Item],
) error {
	leftRest, err := encodeDetails(left.Put)
	var rest [][]byte
	if err == nil {
		rest, err = encodeDetails(c.Put)
	}
	if err == nil {
		err = s.write(ctx, true, func(ctx context.Context, tx *sql.Tx) error {
			if err := s.applyChange(ctx, tx, from, left, leftRest); err != nil {
				return err
			}
			return s.applyChange(ctx, tx, to, c, rest)
		})
	}
	if err != nil {
		return fmt.Errorf("move the queue of %s to %s: %w", from, to, err)
	}
	return nil
}

// applyChange writes a change; rest holds the column details of each row that is put.
func (s *Store) applyChange(ctx context.Context, tx *sql.Tx, topic string, c queue.Change[media.Item], rest [][]byte) error {
	var number int64
	if err := tx.StmtContext(ctx, s.statements.putHead).QueryRowContext(ctx, headColumns(topic, c.Head)...).Scan(&number); err != nil {
		return err
	}
	if c.All {
		if _, err := tx.StmtContext(ctx, s.statements.deleteEntries).ExecContext(ctx, number); err != nil {
			return err
		}
	}
	put := tx.StmtContext(ctx, s.statements.putEntry)
	for i := range c.Put {
		row, e := &c.Put[i], &c.Put[i].Entry
		_, err := put.ExecContext(ctx, number, e.ID, row.Rank, row.Natural, e.Duration, e.Start, e.Interval, e.Failed,
			e.Item.ID, e.Item.Path, e.Item.Size, e.Item.Title, string(rest[i]))
		if err != nil {
			return fmt.Errorf("entry %s: %w", e.ID, err)
		}
	}
	drop := tx.StmtContext(ctx, s.statements.deleteEntry)
	for _, id := range c.Drop {
		if _, err := drop.ExecContext(ctx, number, id); err != nil {
			return fmt.Errorf("drop entry %s: %w", id, err)
		}
	}
	return nil
}

// SavePosition writes the head of a queue that was saved before, and nothing where there is none. It does not wait for the
// disk: a power cut may lose it. A head that is older than the saved one, by revision, next entry or load, is passed over,
// so that it may overtake SaveQueue and undo nothing.
func (s *Store) SavePosition(ctx context.Context, topic string, h queue.Head) error {
	err := s.write(ctx, false, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.StmtContext(ctx, s.statements.updateHead).ExecContext(ctx, headColumns(topic, h)...)
		return err
	})
	if err != nil {
		return fmt.Errorf("save the position of %s: %w", topic, err)
	}
	return nil
}

// headColumns returns the columns of a head in the order of the table. SQLite has no unsigned numbers.
func headColumns(topic string, h queue.Head) []any {
	return []any{topic, h.Revision, h.Next, h.Current, h.Repeat, h.Shuffle, h.EndedAt, int64(h.Serial), h.Position, h.At,
		h.Duration, h.Playing, encodePlan(h.Plan), h.Ahead}
}

// encodePlan returns what stands in the column plan: "" for the zero Plan.
func encodePlan(p queue.Plan) string {
	if p == (queue.Plan{}) {
		return ""
	}
	text, err := json.Marshal(planned(p))
	if err != nil {
		return "" // a number that is none, which no device tells: what it interrupted then waits
	}
	return string(text)
}

func decodePlan(text []byte) (queue.Plan, error) {
	if len(text) == 0 {
		return queue.Plan{}, nil
	}
	var p planned
	if err := json.Unmarshal(text, &p); err != nil {
		return queue.Plan{}, fmt.Errorf("the plan for restoring: %w", err)
	}
	return queue.Plan(p), nil
}

// planned is a queue.Plan as it stands in the column; the two have the same fields.
type planned struct {
	Then    queue.Then    `json:"then"`
	Volume  int           `json:"volume"`
	Muted   bool          `json:"muted,omitempty"`
	Unmute  bool          `json:"unmute,omitempty"`
	Entry   queue.EntryID `json:"entry,omitempty"`
	Rate    float64       `json:"rate,omitempty"`
	Track   int           `json:"track,omitempty"`
	Left    float64       `json:"left,omitempty"`
	Ends    int64         `json:"ends"`
	Started bool          `json:"started,omitempty"`
}

func encodeDetails(rows []queue.Row[media.Item]) ([][]byte, error) {
	rest := make([][]byte, len(rows))
	for i := range rows {
		var err error
		if rest[i], err = json.Marshal(details(rows[i].Entry.Item)); err != nil {
			return nil, fmt.Errorf("entry %s: %w", rows[i].Entry.ID, err)
		}
	}
	return rest, nil
}

// details is an item as it stands in the column of that name: all but what has a column of its own. The conversion from
// and to media.Item compiles only while the two have the same fields, so that none is forgotten here.
type details struct {
	ID          media.ID     `json:"-"`
	Kind        media.Kind   `json:"kind,omitempty"`
	Title       string       `json:"-"`
	Subtitle    string       `json:"subtitle,omitempty"`
	Artist      string       `json:"artist,omitempty"`
	Album       string       `json:"album,omitempty"`
	Show        string       `json:"show,omitempty"`
	Genre       string       `json:"genre,omitempty"`
	Season      media.Number `json:"season,omitzero"`
	Episode     media.Number `json:"episode,omitzero"`
	Year        int          `json:"year,omitempty"`
	Name        string       `json:"name,omitempty"`
	Duration    float64      `json:"duration,omitempty"`
	ContentType string       `json:"content_type,omitempty"`
	Size        int64        `json:"-"`
	URL         string       `json:"url,omitempty"`
	Artwork     string       `json:"artwork,omitempty"`
	Path        string       `json:"-"`
	Format      string       `json:"format,omitempty"`
	VideoCodec  string       `json:"video_codec,omitempty"`
	AudioCodec  string       `json:"audio_codec,omitempty"`
	Width       int          `json:"width,omitempty"`
	Height      int          `json:"height,omitempty"`
	Channels    int          `json:"channels,omitempty"`
	Languages   string       `json:"languages,omitempty"`
	HasArtwork  bool         `json:"has_artwork,omitempty"`
}
