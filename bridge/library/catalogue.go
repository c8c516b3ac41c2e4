package library

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"localcast/bridge/media"
)

// catalogue is library.db. Only the goroutine of New and then of Run writes; read may be used by all.
type catalogue struct {
	db    *sql.DB // of the writer
	write *writer
	read  *sql.DB
	// What is asked for each item that is shown or fetched is prepared: an item by its id, where its file lies, and the path of a
	// folder.
	item, place, dirPath *sql.Stmt
	// frames is true where films without a picture show a frame.
	frames bool
}

// schemaVersion is the user_version of library.db. Another one means that another release wrote it.
const schemaVersion = 5

// Items outlive their files: what is gone keeps its rows, with the time at which it was missed, for tombstoneAge. n is what
// rows refer to each other by; id is what the world knows. A container's key says what makes it the same again.
// nfo tells which NFO file
// was read for a file, and of a folder also what its tvshow.nfo says. listed is what the playlists hold that are files. mount
// marks folders in which another file system was mounted, away the folders below one that is not there, since when.
const schema = `
CREATE TABLE roots(
	id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE, available INTEGER NOT NULL DEFAULT 1);
CREATE TABLE items(
	n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, key TEXT UNIQUE,
	title TEXT NOT NULL, subtitle TEXT NOT NULL DEFAULT '', name TEXT NOT NULL DEFAULT '', artist TEXT NOT NULL DEFAULT '',
	album TEXT NOT NULL DEFAULT '', show TEXT NOT NULL DEFAULT '', genre TEXT NOT NULL DEFAULT '',
	season INTEGER, episode INTEGER, year INTEGER NOT NULL DEFAULT 0,
	duration REAL NOT NULL DEFAULT 0, content_type TEXT NOT NULL DEFAULT '', size INTEGER NOT NULL DEFAULT 0,
	path TEXT NOT NULL DEFAULT '', format TEXT NOT NULL DEFAULT '', video TEXT NOT NULL DEFAULT '', audio TEXT NOT NULL DEFAULT '',
	width INTEGER NOT NULL DEFAULT 0, height INTEGER NOT NULL DEFAULT 0, channels INTEGER NOT NULL DEFAULT 0,
	languages TEXT NOT NULL DEFAULT '', picture INTEGER NOT NULL DEFAULT 0,
	folder_n INTEGER, group_n INTEGER, artist_n INTEGER, genre_n INTEGER,
	sort BLOB NOT NULL DEFAULT x'', place BLOB NOT NULL DEFAULT x'');
CREATE INDEX items_sort ON items(sort);
CREATE INDEX items_place ON items(place);
CREATE INDEX items_path ON items(path);
CREATE TABLE dirs(
	n INTEGER PRIMARY KEY, root INTEGER NOT NULL, parent INTEGER NOT NULL, name BLOB NOT NULL,
	dev INTEGER NOT NULL DEFAULT 0, inode INTEGER NOT NULL DEFAULT 0, mtime INTEGER NOT NULL DEFAULT 0,
	listed INTEGER NOT NULL DEFAULT 0, cover BLOB NOT NULL DEFAULT x'', gone INTEGER,
	mount INTEGER NOT NULL DEFAULT 0, away INTEGER NOT NULL DEFAULT 0, nfo TEXT NOT NULL DEFAULT '', UNIQUE(root, parent, name));
CREATE INDEX dirs_inode ON dirs(inode);
CREATE TABLE files(
	n INTEGER PRIMARY KEY, root INTEGER NOT NULL, dir INTEGER NOT NULL, name BLOB NOT NULL,
	dev INTEGER NOT NULL, inode INTEGER NOT NULL, size INTEGER NOT NULL, mtime INTEGER NOT NULL,
	sum BLOB NOT NULL, cover BLOB NOT NULL DEFAULT x'', subs BLOB NOT NULL DEFAULT x'', nfo TEXT NOT NULL DEFAULT '', gone INTEGER);
CREATE UNIQUE INDEX files_name ON files(dir, name) WHERE gone IS NULL;
CREATE INDEX files_inode ON files(inode);
CREATE INDEX files_sum ON files(size, sum, gone);
CREATE TABLE listed(
	n INTEGER NOT NULL, place INTEGER NOT NULL, path TEXT NOT NULL DEFAULT '', url TEXT NOT NULL DEFAULT '',
	title TEXT NOT NULL DEFAULT '', duration REAL NOT NULL DEFAULT 0, PRIMARY KEY(n, place)) WITHOUT ROWID;
`

// openCatalogue opens library.db in a folder for use, which reads it. One that is damaged, or that another release wrote, is
// set aside: it can be rebuilt from the folders, and only ids are lost with it. After an error nothing is open.
func openCatalogue(dir string, log *slog.Logger, use func(*catalogue) error) error {
	path := filepath.Join(dir, "library.db")
	err := tryCatalogue(path, use)
	if err == nil {
		return nil
	}
	if !damaged(err) && !errors.Is(err, errSchema) {
		return fmt.Errorf("open library.db: %w", err)
	}
	aside := path + ".damaged-" + time.Now().UTC().Format("20060102T150405")
	if err := os.Rename(path, aside); err != nil {
		return fmt.Errorf("set the damaged library.db aside: %w", err)
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Rename(path+suffix, aside+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("set the damaged library.db aside: %w", err)
		}
	}
	log.Error("library.db cannot be read; it was set aside and is rebuilt from the folders, with new item ids",
		"kept", filepath.Base(aside), "err", err)
	if err := tryCatalogue(path, use); err != nil {
		return fmt.Errorf("open a new library.db: %w", err)
	}
	return nil
}

var errSchema = errors.New("another release of the program wrote it")

// tryCatalogue opens library.db and hands it to use; after an error it is closed.
func tryCatalogue(path string, use func(*catalogue) error) error {
	c, err := newCatalogue(path)
	if err != nil {
		return err
	}
	if err := use(c); err != nil {
		return errors.Join(err, c.close())
	}
	return nil
}

func newCatalogue(path string) (*catalogue, error) {
	open := func(conns int, pragmas ...string) (*sql.DB, error) {
		abs, err := filepath.Abs(path)
		if err != nil {
			return nil, err
		}
		q := url.Values{"_pragma": append(pragmas, "busy_timeout(5000)", "cache_size(-2000)", "temp_store(memory)")}
		db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: abs}).EscapedPath()+"?"+q.Encode())
		if err != nil {
			return nil, err
		}
		db.SetMaxOpenConns(conns)
		db.SetMaxIdleConns(conns)
		return db, nil
	}
	db, err := open(1, "journal_mode(wal)", "synchronous(normal)")
	if err != nil {
		return nil, err
	}
	if err := prepare(db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	conn, err := db.Conn(context.Background())
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	read, err := open(2, "query_only(1)")
	if err != nil {
		return nil, errors.Join(err, conn.Close(), db.Close())
	}
	c := &catalogue{db: db, write: &writer{conn: conn, prepared: map[string]*sql.Stmt{}}, read: read}
	for _, s := range []struct {
		stmt **sql.Stmt
		text string
	}{{&c.item, itemQuery}, {&c.place, placeQuery}, {&c.dirPath, dirPathQuery}} {
		if *s.stmt, err = read.Prepare(s.text); err != nil {
			return nil, errors.Join(err, c.close())
		}
	}
	return c, nil
}

// prepare checks the file and makes the tables of a new one.
func prepare(db *sql.DB) error {
	var verdict string
	if err := db.QueryRow("PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", errDamaged, verdict)
	}
	var version int
	if err := db.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	switch version {
	case schemaVersion:
		return nil
	case 0:
		_, err := db.Exec(fmt.Sprintf("BEGIN;%s PRAGMA user_version=%d; COMMIT;", schema, schemaVersion))
		return err
	}
	return errSchema
}

var errDamaged = errors.New("the file is damaged")

// damaged reports whether SQLite says that the file is none of its own, or broken.
func damaged(err error) bool {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
			return true
		}
	}
	return errors.Is(err, errDamaged)
}

func (c *catalogue) close() error {
	for _, s := range []*sql.Stmt{c.item, c.place, c.dirPath} {
		if s != nil {
			s.Close()
		}
	}
	return errors.Join(c.read.Close(), c.write.close(), c.db.Close())
}

// newID returns a random id. Fifty bits make a clash unlikely; the UNIQUE column makes it impossible.
func newID() media.ID {
	const letters = "abcdefghijklmnopqrstuvwxyz234567"
	var b [media.IDLength]byte
	rand.Read(b[:]) // never fails
	for i := range b {
		b[i] = letters[b[i]&31]
	}
	return media.ID(b[:])
}

// itemColumns are what scanItem reads of items i. An item has artwork, too, where it lies in a folder d with a cover, or in
// one below such a folder p, or is such a folder o itself.
const (
	ownColumns = `i.id, i.kind, i.title, i.subtitle, i.name, i.artist, i.album, i.show, i.genre, i.season, i.episode, i.year,
	i.duration, i.content_type, i.size, i.path, i.format, i.video, i.audio, i.width, i.height, i.channels, i.languages, i.picture`
	itemColumns = ownColumns + ` OR coalesce(d.cover, x'') <> x'' OR coalesce(o.cover, x'') <> x''
	OR coalesce(p.parent, 0) > 0 AND p.cover <> x''`
	itemTables = `items i LEFT JOIN dirs d ON d.n = i.folder_n AND i.kind <> 'folder' LEFT JOIN dirs p ON p.n = d.parent
	LEFT JOIN dirs o ON o.n = i.n`
)

// scanItem reads the columns itemColumns, and what more the query asked for.
func scanItem(rows interface{ Scan(...any) error }, more ...any) (media.Item, error) {
	var it media.Item
	var season, episode sql.NullInt64
	err := rows.Scan(append([]any{&it.ID, &it.Kind, &it.Title, &it.Subtitle, &it.Name, &it.Artist, &it.Album, &it.Show, &it.Genre,
		&season, &episode, &it.Year, &it.Duration, &it.ContentType, &it.Size, &it.Path, &it.Format, &it.VideoCodec,
		&it.AudioCodec, &it.Width, &it.Height, &it.Channels, &it.Languages, &it.HasArtwork}, more...)...)
	if season.Valid {
		it.Season = media.Num(int(season.Int64))
	}
	if episode.Valid {
		it.Episode = media.Num(int(episode.Int64))
	}
	return it, err
}

const itemQuery = "SELECT " + itemColumns + " FROM " + itemTables + " WHERE i.id = ?"

// items returns the items with these ids, in their order; those that are not there are left out.
func (c *catalogue) items(ctx context.Context, ids []media.ID) ([]media.Item, error) {
	out := make([]media.Item, 0, len(ids))
	for _, id := range ids {
		it, err := scanItem(c.item.QueryRowContext(ctx, string(id)))
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, err
		}
		it.HasArtwork = it.HasArtwork || c.frames && (framed(it.Kind) || it.Kind == media.Show || it.Kind == media.Season)
		out = append(out, it)
	}
	return out, nil
}
