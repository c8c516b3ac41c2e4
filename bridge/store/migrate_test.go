package store

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	"localcast/bridge/media"
)

// TestEveryEarlierSchemaIsBroughtUpToDate opens what each earlier version wrote: what was in it is still there, and what is
// new can be kept.
func TestEveryEarlierSchemaIsBroughtUpToDate(t *testing.T) {
	for version := 1; version < len(migrations()); version++ {
		t.Run(fmt.Sprint("schema ", version), func(t *testing.T) {
			dir := t.TempDir()
			writeSchema(t, dir, version)
			s := openStore(t, dir)
			if id, err := s.ID(t.Context()); err != nil || id != "abcdefghij" {
				t.Errorf("the id is %q, %v", id, err)
			}
			if q := readQueueSorted(t, s, "kitchen"); q.Head.Revision != 7 || len(q.Rows) != 1 || q.Rows[0].Entry.Item.Title != "Alien" {
				t.Errorf("the queue is %+v", q)
			}
			if err := s.SaveAnnounced(t.Context(), announced{"topic": {"play": "button"}}); err != nil {
				t.Error(err)
			}
			save(t, s, "kitchen", change{Head: head(8, 9)})
			if err := s.SavePlaylist(t.Context(), "abcdefghij", "Party", []media.Item{{Title: "Hurt"}}); err != nil {
				t.Error(err)
			}
			if err := s.SavePlays(t.Context(), []media.Used{{Item: "k3v9x2m4q8"}}, []media.Play{{Device: "kitchen"}}, true); err != nil {
				t.Error(err)
			}
		})
	}
}

// writeSchema makes a database as that version left it.
func writeSchema(t *testing.T, dir string, version int) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	steps := append(migrations()[:version:version],
		fmt.Sprintf("PRAGMA user_version = %d", version),
		"INSERT INTO meta (key, value) VALUES ('id', 'abcdefghij')",
		`INSERT INTO queue (topic, revision, next, current, repeat, shuffle, ended_at, serial, position, at, duration, playing)
			VALUES ('kitchen', 7, 2, 1, 'off', 0, 0, 3, 12, 5, 7000, 0)`,
		`INSERT INTO entry (queue, id, rank, natural, duration, start, interval, failed, item, path, size, title, details)
			VALUES (1, 1, 0, 0, 7000, 0, 0, 0, 'k3v9x2m4q8', 'films/alien.mp4', 5, 'Alien', '{"kind":"movie"}')`)
	for _, step := range steps {
		if _, err := db.ExecContext(t.Context(), step); err != nil {
			t.Fatalf("%s: %v", step, err)
		}
	}
}
