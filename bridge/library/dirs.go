package library

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"localcast/bridge/media"
)

// dirRow is a folder as the catalogue knows it. The root's own row has no parent and no name.
type dirRow struct {
	n, parent         int64
	name              string
	dev, inode, mtime int64
	listed            int64 // mtime when its listing was last read; 0 if it has to be read again
	cover             string
	gone              bool
}

// rootRow returns the root's own row among the folders, which is made when it is missing.
func (s *scan) rootRow(ctx context.Context) (dirRow, error) {
	rows, err := s.dirsIn(ctx, 0)
	if err != nil {
		return dirRow{}, err
	}
	if d, ok := rows[""]; ok {
		return d, nil
	}
	d := dirRow{}
	err = s.w.transact(func() (err error) {
		d.n, err = s.newDir(ctx, d, "")
		return err
	})
	return d, err
}

// subdir is a folder in the one that is visited. fresh is true for one that was not here before, moved for one that was
// elsewhere.
type subdir struct {
	row                dirRow
	fresh, moved, link bool
}

// subdirs finds the rows of the folders in a listing, or makes them; a folder that was moved here keeps its row.
func (s *scan) subdirs(ctx context.Context, d dirRow, rel string, list listing) ([]subdir, error) {
	rows, err := s.dirsIn(ctx, d.n)
	if err != nil {
		return nil, err
	}
	var out []subdir
	moved := map[int64]bool{}
	for _, e := range list.dirs {
		if s.l.isRoot(filepath.Join(s.fo.path, filepath.FromSlash(join(rel, e.name)))) {
			continue // another of the configured folders
		}
		row, known := rows[e.name]
		delete(rows, e.name)
		sub := subdir{row: row, fresh: row.gone || row.inode != e.inode}
		switch {
		case !known:
			if sub, err = s.newOrMoved(ctx, d, rel, e); err != nil {
				return nil, err
			}
			moved[sub.row.n] = true
		case sub.fresh:
			s.l.unwatch(s.fo, join(rel, e.name)) // the watch was of what was here before
		}
		sub.link = e.link
		out = append(out, sub)
	}
	for _, row := range rows {
		if !row.gone && !moved[row.n] {
			s.lost[row.n] = s.fo.root
			s.l.unwatch(s.fo, join(rel, row.name))
		}
	}
	return out, nil
}

// newOrMoved finds the row of a folder that is not known at its place.
func (s *scan) newOrMoved(ctx context.Context, d dirRow, rel string, e entry) (subdir, error) {
	sub := subdir{row: dirRow{parent: d.n, name: e.name}, fresh: true}
	err := s.w.transact(func() error {
		candidates, err := s.dirsLike(ctx, e)
		if err != nil {
			return err
		}
		for _, c := range candidates {
			from, err := s.dirPath(ctx, c.n)
			if err != nil || s.dirStays(ctx, c, from) {
				continue
			}
			s.l.unwatch(s.fo, from)
			sub = subdir{row: c, moved: true}
			sub.row.parent, sub.row.name = d.n, e.name
			delete(s.lost, c.n)
			s.changed++
			return s.moveDir(ctx, sub.row)
		}
		sub.row.n, err = s.newDir(ctx, sub.row, join(rel, e.name))
		return err
	})
	return sub, err
}

// loseDir marks a folder and all below it as gone.
func (s *scan) loseDir(ctx context.Context, n int64) error {
	const below = `WITH RECURSIVE below(n) AS (SELECT ? UNION ALL SELECT d.n FROM dirs d JOIN below b ON d.parent = b.n) `
	k, err := s.w.exec(ctx, below+"UPDATE files SET gone=? WHERE gone IS NULL AND dir IN (SELECT n FROM below)", n, s.stamp)
	s.removed += int(k)
	if err == nil {
		_, err = s.w.exec(ctx, below+"UPDATE dirs SET gone=?, listed=0 WHERE gone IS NULL AND n IN (SELECT n FROM below)", n, s.stamp)
	}
	return err
}

// dirsIn returns the folders known in another, by name.
func (s *scan) dirsIn(ctx context.Context, parent int64) (map[string]dirRow, error) {
	rows := map[string]dirRow{}
	err := s.w.query(ctx, func(r *sql.Rows) error {
		d := dirRow{parent: parent}
		var name, cover []byte
		err := r.Scan(&d.n, &name, &d.dev, &d.inode, &d.mtime, &d.listed, &cover, &d.gone)
		d.name, d.cover = string(name), string(cover)
		rows[d.name] = d
		return err
	}, "SELECT n, name, dev, inode, mtime, listed, cover, gone IS NOT NULL FROM dirs WHERE root=? AND parent=?", s.fo.root, parent)
	return rows, err
}

// dirsLike returns the folders that may be this one under another path: renaming keeps inode and time.
func (s *scan) dirsLike(ctx context.Context, e entry) ([]dirRow, error) {
	var out []dirRow
	if e.inode == 0 {
		return nil, nil
	}
	err := s.w.query(ctx, func(r *sql.Rows) error {
		d := dirRow{inode: e.inode, dev: e.dev, mtime: e.mtime}
		var name []byte
		err := r.Scan(&d.n, &d.parent, &name, &d.gone)
		d.name = string(name)
		out = append(out, d)
		return err
	}, "SELECT n, parent, name, gone IS NOT NULL FROM dirs WHERE root=? AND inode=? AND dev=? AND mtime=? AND parent<>0",
		s.fo.root, e.inode, e.dev, e.mtime)
	return out, err
}

// dirStays reports whether a folder is where the catalogue has it, or may be.
func (s *scan) dirStays(ctx context.Context, d dirRow, rel string) bool {
	if _, ok := s.lost[d.n]; ok || d.gone {
		return false
	}
	e, err := call(ctx, s.fo, listTimeout, func() (entry, error) { return s.l.stat(s.fo, rel) }, nil)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	return e.inode == d.inode
}

// dirPath returns a folder's path below its root.
func (s *scan) dirPath(ctx context.Context, n int64) (string, error) {
	path := ""
	for range maxDepth + 1 {
		var parent int64
		var name []byte
		err := s.w.query(ctx, func(r *sql.Rows) error { return r.Scan(&parent, &name) }, "SELECT parent, name FROM dirs WHERE n=?", n)
		if err != nil || parent == 0 {
			return path, err
		}
		if path == "" {
			path = string(name)
		} else {
			path = string(name) + "/" + path
		}
		n = parent
	}
	return "", errors.New("a folder lies in itself")
}

// newDir makes a folder's item and row; call it within a transaction.
func (s *scan) newDir(ctx context.Context, d dirRow, rel string) (int64, error) {
	n, err := s.w.insert(ctx, media.Folder, nil)
	if err != nil {
		return 0, err
	}
	_, err = s.w.exec(ctx, "INSERT INTO dirs(n, root, parent, name) VALUES(?,?,?,?)", n, s.fo.root, d.parent, []byte(d.name))
	if err != nil {
		return 0, err
	}
	d.n = n
	return n, s.describeDir(ctx, d, rel)
}

func (s *scan) moveDir(ctx context.Context, d dirRow) error {
	_, err := s.w.exec(ctx, "UPDATE dirs SET parent=?, name=? WHERE n=?", d.parent, []byte(d.name), d.n)
	return err
}

// describeDir writes the item of a folder.
func (s *scan) describeDir(ctx context.Context, d dirRow, rel string) error {
	path := s.fo.base
	if rel != "" {
		path = join(s.fo.base, shown(rel))
	}
	it := media.Item{Kind: media.Folder, Title: path[strings.LastIndexByte(path, '/')+1:], Subtitle: parentName(path), Path: path}
	return s.w.update(ctx, d.n, it, links{folder: d.parent}, sortKey(media.Folder, path), natural(path))
}

// saveDir notes that a folder's listing was read. One that changed within the last moments may change again without its
// time showing it, so it is read again next time; so is one with files that are still being written.
func (s *scan) saveDir(ctx context.Context, d dirRow, rel string, list listing, at time.Time) error {
	e := list.self
	listed := e.mtime
	if s.young(e.mtime, at) || s.unsettled[target{s.fo, rel}] {
		listed = 0
	}
	if !d.gone && d.dev == e.dev && d.inode == e.inode && d.mtime == e.mtime && d.listed == listed && d.cover == list.cover {
		return nil
	}
	err := s.w.transact(func() error {
		_, err := s.w.exec(ctx, "UPDATE dirs SET dev=?, inode=?, mtime=?, listed=?, cover=?, gone=NULL WHERE n=?",
			e.dev, e.inode, e.mtime, listed, []byte(list.cover), d.n)
		return err
	})
	if err != nil {
		return fmt.Errorf("write library.db: %w", err)
	}
	if d.cover != list.cover {
		s.changed++
	}
	return nil
}
