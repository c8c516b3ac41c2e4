package library

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"localcast/bridge/media"
)

// Open opens an item's file for reading; the caller closes it. Only regular files below the configured folders are ever
// opened. The error wraps media.ErrNoItem where there is no such item or file, or its folder is away.
func (l *Library) Open(ctx context.Context, id media.ID) (*os.File, media.Item, error) {
	it, err := l.Item(ctx, id)
	if err != nil {
		return nil, media.Item{}, err
	}
	fo, dir, name, _, err := l.place(ctx, id)
	if err != nil {
		return nil, media.Item{}, err
	}
	rel := join(dir, name)
	f, err := call(ctx, fo.volume(rel), openTimeout, func() (*os.File, error) { return l.openFile(fo, rel) }, func(f *os.File) { f.Close() })
	if err != nil {
		return nil, media.Item{}, fmt.Errorf("open %q: %w", it.Path, noItem(err))
	}
	return f, it, nil
}

// noItem makes an error wrap media.ErrNoItem where the file is not there, or is no regular file any more.
func noItem(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNotRegular) {
		return fmt.Errorf("%w: %w", media.ErrNoItem, err)
	}
	return err
}

// place returns where an item's file lies: its folder, the path of its directory, its name, and that of its own cover.
func (l *Library) place(ctx context.Context, id media.ID) (fo *folder, dir, name, cover string, err error) {
	var root, parent int64
	var rawName, rawCover, rawDir []byte
	err = l.db.place.QueryRowContext(ctx, string(id)).Scan(&root, &parent, &rawName, &rawCover)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, "", "", "", absent(id)
	}
	if err == nil {
		err = l.db.dirPath.QueryRowContext(ctx, parent).Scan(&rawDir)
	}
	if err != nil {
		return nil, "", "", "", fmt.Errorf("look up %s: %w", id, err)
	}
	if fo = l.folderOf(root); fo == nil {
		return nil, "", "", "", absent(id)
	}
	return fo, string(rawDir), string(rawName), string(rawCover), nil
}

// placeQuery gives where the file of an item lies.
const placeQuery = `SELECT f.root, f.dir, f.name, f.cover FROM items i JOIN files f ON f.n = i.n WHERE i.id=? AND f.gone IS NULL`

// dirPathQuery gives a folder's path below its root. The names are bytes; they are only put together.
const dirPathQuery = `WITH RECURSIVE up(parent, path, depth) AS (
	SELECT parent, name, 0 FROM dirs WHERE n=?
	UNION ALL
	SELECT d.parent, CASE WHEN d.parent = 0 THEN up.path ELSE CAST(d.name || x'2f' || up.path AS BLOB) END, up.depth+1
	FROM up JOIN dirs d ON d.n = up.parent WHERE up.depth < 200)
	SELECT path FROM up ORDER BY depth DESC LIMIT 1`

var errNotRegular = errors.New("it is no regular file")

// openFile opens a regular file below a folder.
func (l *Library) openFile(fo *folder, rel string) (*os.File, error) {
	at, rel, err := l.locate(fo, rel)
	if err != nil {
		return nil, err
	}
	return at.open(rel)
}

// list reads a folder below one of the configured ones.
func (l *Library) list(fo *folder, rel string) (listing, error) {
	at, real, err := l.locate(fo, rel)
	if err != nil {
		return listing{}, err
	}
	if !l.cfg.FollowSymlinks {
		return at.list(real, nil)
	}
	return at.list(real, func(name string) (entry, bool, error) {
		e, info, err := l.statAt(fo, join(rel, name))
		return e, err == nil && info.IsDir(), err
	})
}

// stat looks at one path below a folder.
func (l *Library) stat(fo *folder, rel string) (entry, error) {
	e, _, err := l.statAt(fo, rel)
	return e, err
}

func (l *Library) statAt(fo *folder, rel string) (entry, fs.FileInfo, error) {
	at, rel, err := l.locate(fo, rel)
	if err != nil {
		return entry{}, nil, err
	}
	return at.stat(rel)
}

// locate returns where a path leads. With FollowSymlinks it may cross links, absolute ones too, and ends in whichever
// configured folder holds its target; os.Root, which opens it then, sees no link that leaves that folder.
func (l *Library) locate(fo *folder, rel string) (*folder, string, error) {
	if !l.cfg.FollowSymlinks || rel == "" {
		return fo, rel, nil
	}
	real, err := filepath.EvalSymlinks(fo.absolute(rel))
	if err != nil {
		return nil, "", err
	}
	for _, at := range l.folders {
		root, err := filepath.EvalSymlinks(at.path)
		if err != nil {
			continue
		}
		below, err := filepath.Rel(root, real)
		if err == nil && filepath.IsLocal(below) {
			if below == "." {
				below = ""
			}
			return at, filepath.ToSlash(below), nil
		}
	}
	return nil, "", fmt.Errorf("the link %s leads out of the library folders", strings.TrimPrefix(rel, fo.path))
}
