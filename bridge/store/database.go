package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// openDatabase opens the database, checks it and brings its schema up to date. It keeps one connection, on which one thing
// is done at a time.
func openDatabase(path string) (*sql.DB, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	options := url.Values{
		"_txlock": {"immediate"},
		"_pragma": {
			"busy_timeout(2000)",
			"locking_mode(EXCLUSIVE)", // one program; so it needs no shared memory, which some file systems lack
			"journal_mode(WAL)",
			"synchronous(FULL)", // a commit is on the disk when it returns
			"foreign_keys(ON)",
			"cache_size(-1024)",           // KiB
			"journal_size_limit(4194304)", // bytes that the -wal file keeps
			"temp_store(MEMORY)",
		},
	}
	// A URI, since a ? in a bare path would end it.
	uri := url.URL{Scheme: "file", Path: filepath.ToSlash(absolute), RawQuery: options.Encode()}
	db, err := sql.Open("sqlite", uri.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if err := setUp(context.Background(), db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// setUp checks that the database is whole and no other program's, and brings its schema up to date.
func setUp(ctx context.Context, db *sql.DB) error {
	var verdict string
	err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict)
	switch {
	case hasCode(err, sqlite3.SQLITE_BUSY):
		return fmt.Errorf("another program has it open: %w", err)
	case err != nil:
		return err
	case verdict != "ok":
		return fmt.Errorf("%w: %s", errDamaged, verdict)
	}
	return migrate(ctx, db)
}

// migrate makes the migrations that the database has not seen yet, each in a transaction of its own.
func migrate(ctx context.Context, db *sql.DB) error {
	var version int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	steps := migrations()
	if version > len(steps) {
		return fmt.Errorf("it was written by a newer version of LocalCast (schema %d, this one knows up to %d): "+
			"run that version, or move the file away to begin anew", version, len(steps))
	}
	for ; version < len(steps); version++ {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, fmt.Sprintf("%s; PRAGMA user_version = %d", steps[version], version+1)); err != nil {
			return errors.Join(fmt.Errorf("bring it to schema %d: %w", version+1, err), tx.Rollback())
		}
		if err := tx.Commit(); err != nil {
			return fmt.Errorf("bring it to schema %d: %w", version+1, err)
		}
	}
	return nil
}

// errDamaged says that SQLite found the database inconsistent.
var errDamaged = errors.New("the database is inconsistent")

// damaged reports whether err says that the file is no sound database.
func damaged(err error) bool {
	return errors.Is(err, errDamaged) || hasCode(err, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
}

// hasCode reports whether err is an SQLite error with one of the primary result codes.
func hasCode(err error, codes ...int) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	for _, code := range codes {
		if e.Code()&0xff == code {
			return true
		}
	}
	return false
}

// setAside renames the database, and its journal with it, to a name that tells the time, and returns that name.
func setAside(path string) (string, error) {
	aside := path + ".damaged-" + time.Now().UTC().Format("20060102T150405.000Z")
	if _, err := os.Lstat(aside); err == nil {
		return "", fmt.Errorf("%s is already there", aside)
	}
	if err := os.Rename(path, aside); err != nil {
		return "", err
	}
	// With the journal beside it under the matching name SQLite can still read what was not yet moved into the database.
	if err := os.Rename(path+"-wal", aside+"-wal"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	return aside, nil
}
