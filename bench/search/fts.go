package main

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"localcast/bridge/library/index"

	_ "modernc.org/sqlite" // the peer
)

// compare asks SQLite FTS5 the same queries: with its word index and with its trigram index, all words wanted, the last one
// as a beginning, best rank first. It asks the first queries of each class, at most so many.
func compare(out io.Writer, lib *collection, classes []class, most int) error {
	fmt.Fprintf(out, "\n| SQLite FTS5, %d queries of each kind | first | among five | p50 | p99 |\n|---|---|---|---|---|\n", most)
	for _, tokenizer := range []string{"unicode61 remove_diacritics 2", "trigram"} {
		db, took, err := fill(lib, tokenizer)
		if err != nil {
			return fmt.Errorf("FTS5 %s: %w", tokenizer, err)
		}
		for _, c := range classes {
			if c.absent || c.name == "voice sentences" {
				continue
			}
			o, err := askFTS(db, lib, c, strings.HasPrefix(tokenizer, "unicode"), most)
			if err != nil {
				return fmt.Errorf("FTS5 %s: %w", tokenizer, err)
			}
			fmt.Fprintf(out, "| %s: %s | %s | %s | %s | %s |\n", strings.Fields(tokenizer)[0], c.name, percent(o.first, o.asked),
				percent(o.five, o.asked), milliseconds(o.times, 50), milliseconds(o.times, 99))
		}
		var pages, size int64
		if err := db.QueryRow("SELECT page_count, page_size FROM pragma_page_count, pragma_page_size").Scan(&pages, &size); err != nil {
			return err
		}
		fmt.Fprintf(out, "| %s: %.0f MB, built in %.1f s | | | | |\n",
			strings.Fields(tokenizer)[0], float64(pages*size)/(1<<20), took.Seconds())
		if err := db.Close(); err != nil {
			return err
		}
	}
	return nil
}

func fill(lib *collection, tokenizer string) (*sql.DB, time.Duration, error) {
	begun := time.Now()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, 0, err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`CREATE VIRTUAL TABLE t USING fts5(title, other, content='', tokenize='` + tokenizer + `')`); err != nil {
		return nil, 0, err
	}
	tx, err := db.Begin()
	if err != nil {
		return nil, 0, err
	}
	stmt, err := tx.Prepare("INSERT INTO t(rowid, title, other) VALUES(?, ?, ?)")
	if err != nil {
		return nil, 0, err
	}
	for i, e := range lib.entries {
		if _, err := stmt.Exec(i+1, ownTitle(e.item), e.item.Show+" "+e.item.Artist+" "+e.item.Album); err != nil {
			return nil, 0, err
		}
	}
	err = tx.Commit()
	return db, time.Since(begun), err
}

func askFTS(db *sql.DB, lib *collection, c class, words bool, most int) (outcome, error) {
	o := outcome{name: c.name}
	for _, q := range c.queries[:min(len(c.queries), most)] {
		o.asked++
		var parts []string
		for _, w := range index.Words(q.text) {
			if words || len([]rune(w)) > 2 {
				parts = append(parts, `"`+w+`"`)
			}
		}
		if len(parts) == 0 {
			continue
		}
		match := strings.Join(parts, " ")
		if words {
			match += "*"
		}
		begun := time.Now()
		rows, err := db.Query("SELECT rowid FROM t WHERE t MATCH ? ORDER BY rank LIMIT 5", match)
		if err != nil {
			return o, err
		}
		right := -1
		for n := 0; rows.Next(); n++ {
			var id int
			if err := rows.Scan(&id); err != nil {
				return o, err
			}
			if right < 0 && q.right(lib.entries[id-1].item, "") {
				right = n
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return o, err
		}
		o.times = append(o.times, time.Since(begun))
		if right == 0 {
			o.first++
		}
		if right >= 0 {
			o.five++
		}
	}
	return o, nil
}
