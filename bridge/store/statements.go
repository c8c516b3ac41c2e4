package store

import (
	"context"
	"database/sql"
	"fmt"
)

// statements are the prepared statements of what is done often.
type statements struct {
	keepMeta                   *sql.Stmt
	putDevice, deleteDevice    *sql.Stmt
	putHead, updateHead        *sql.Stmt
	deleteQueue, deleteEntries *sql.Stmt
	putEntry, deleteEntry      *sql.Stmt
	selectHead, selectEntries  *sql.Stmt

	putAnnounced, deleteAnnounced *sql.Stmt

	putUsed, deleteUsed                         *sql.Stmt
	addPlay, prunePlays, movePlays, deletePlays *sql.Stmt
	putPlaylist, deletePlaylist                 *sql.Stmt
	putListed, deleteListed                     *sql.Stmt
}

func (s *statements) prepare(ctx context.Context, db *sql.DB) error {
	for _, p := range []struct {
		to   **sql.Stmt
		text string
	}{
		// Keeps the value that is there, and returns it.
		{&s.keepMeta, `INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = value
			RETURNING value`},
		{&s.putDevice, `REPLACE INTO device (topic, id, name, model, host, port, kind, capabilities, refused)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`},
		{&s.deleteDevice, `DELETE FROM device WHERE topic = ?`},
		{&s.putHead, `INSERT INTO queue
			(topic, revision, next, current, repeat, shuffle, ended_at, serial, position, at, duration, playing, plan, ahead)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (topic) DO UPDATE SET revision = excluded.revision, next = excluded.next, current = excluded.current,
				repeat = excluded.repeat, shuffle = excluded.shuffle, ended_at = excluded.ended_at, serial = excluded.serial,
				position = excluded.position, at = excluded.at, duration = excluded.duration, playing = excluded.playing,
				plan = excluded.plan, ahead = excluded.ahead
			RETURNING number`},
		// Writes no head that is older than the one that is there.
		{&s.updateHead, `UPDATE queue SET revision = ?2, next = ?3, current = ?4, repeat = ?5, shuffle = ?6, ended_at = ?7,
				serial = ?8, position = ?9, at = ?10, duration = ?11, playing = ?12, plan = ?13, ahead = ?14
			WHERE topic = ?1 AND revision <= ?2 AND next <= ?3 AND serial <= ?8`},
		{&s.deleteQueue, `DELETE FROM queue WHERE topic = ?`},
		{&s.deleteEntries, `DELETE FROM entry WHERE queue = ?`},
		{&s.putEntry, `REPLACE INTO entry
			(queue, id, rank, natural, duration, start, interval, failed, item, path, size, title, details)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`},
		{&s.deleteEntry, `DELETE FROM entry WHERE queue = ? AND id = ?`},
		{&s.selectHead, `SELECT number, revision, next, current, repeat, shuffle, ended_at, serial, position, at, duration,
			playing, plan, ahead FROM queue WHERE topic = ?`},
		{&s.selectEntries, `SELECT id, rank, natural, duration, start, interval, failed, item, path, size, title, details
			FROM entry WHERE queue = ?`},
		{&s.putAnnounced, `REPLACE INTO announced (topic, platforms) VALUES (?, ?)`},
		{&s.deleteAnnounced, `DELETE FROM announced WHERE topic = ?`},
		{&s.putUsed, `REPLACE INTO used (item, path, size, position, watched, plays, last_at) VALUES (?, ?, ?, ?, ?, ?, ?)`},
		{&s.deleteUsed, `DELETE FROM used WHERE item = ?`},
		{&s.addPlay, `INSERT INTO play (device, serial, at, item, title, seconds) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (device, serial) DO UPDATE SET seconds = seconds + excluded.seconds`},
		{&s.prunePlays, `DELETE FROM play WHERE (device, serial) IN
			(SELECT device, serial FROM play ORDER BY at DESC, device, serial DESC LIMIT -1 OFFSET ?)`},
		{&s.movePlays, `UPDATE OR REPLACE play SET device = ? WHERE device = ?`},
		{&s.deletePlays, `DELETE FROM play WHERE device = ?`},
		{&s.putPlaylist, `INSERT INTO playlist (id, name) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name
			RETURNING number`},
		{&s.deletePlaylist, `DELETE FROM playlist WHERE id = ?`},
		{&s.putListed, `INSERT INTO listed (playlist, place, item, path, size, title, details) VALUES (?, ?, ?, ?, ?, ?, ?)`},
		{&s.deleteListed, `DELETE FROM listed WHERE playlist = ?`},
	} {
		var err error
		if *p.to, err = db.PrepareContext(ctx, p.text); err != nil {
			return fmt.Errorf("prepare %q: %w", p.text, err)
		}
	}
	return nil
}
