package library

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"slices"
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
	cover, nfo        string
	gone              bool
	mount             bool  // another file system was mounted there
	away              int64 // since when that is not there, in unix seconds; 0 while it is
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
	var d dirRow
	err = s.w.transact(func() (err error) {
		d, err = s.newDir(ctx, dirRow{}, "")
		return err
	})
	return d, err
}

// subdir is a folder in the one that is visited.
type subdir struct {
	row     dirRow
	fresh   bool // it was not here before
	moved   bool // it was elsewhere
	touched bool // its listing has changed since it was read
	link    bool // a link leads to it
	mount   bool // another file system is mounted there, or was
}

// subdirs finds the rows of the folders in a listing, or makes them. Those that are where they were come first, then those
// that were moved here, and only then what is new: it may have the name of one that went.
func (s *scan) subdirs(ctx context.Context, d dirRow, rel string, list listing) ([]subdir, error) {
	rows, err := s.dirsIn(ctx, d.n)
	if err != nil {
		return nil, fmt.Errorf("read library.db: %w", err)
	}
	var out []subdir
	found := map[int64]bool{}
	take := func(e entry, sub subdir) {
		sub.link = e.link
		found[sub.row.n] = true
		out = append(out, sub)
	}
	var unsure []entry
	for _, e := range list.dirs {
		row := rows[e.name]
		switch {
		case s.l.isRoot(s.fo.absolute(join(rel, e.name))):
			// It is another of the configured folders.
		case row.n != 0 && !row.gone && (e.mount || row.mount):
			// A mount is known by its place: each disk in it has other numbers.
			sub := subdir{row: row, mount: true, fresh: e.mount != row.mount || row.away != 0}
			if sub.fresh {
				s.l.unwatch(s.fo, join(rel, e.name))
			}
			take(e, sub)
		case row.n != 0 && !row.gone && row.inode == e.inode:
			take(e, subdir{row: row, touched: row.mtime != e.mtime})
			if row.mtime != e.mtime {
				// It may have been deleted and made again, with the same inode; the watch would not survive that.
				s.l.unwatch(s.fo, join(rel, e.name))
			}
		default:
			s.l.unwatch(s.fo, join(rel, e.name)) // a watch would be of what was here before
			unsure = append(unsure, e)
		}
	}
	if err := s.arrived(ctx, d, rel, unsure, rows, found, take); err != nil {
		return nil, fmt.Errorf("write library.db: %w", err)
	}
	// What may not answer comes last.
	slices.SortStableFunc(out, func(a, b subdir) int { return compare(a.mount, b.mount) })
	s.miss(ctx, rel, rows, found)
	return out, nil
}

// arrived takes the folders that were not where they are: first those that were elsewhere, then those that are new.
func (s *scan) arrived(
	ctx context.Context, d dirRow, rel string, unsure []entry, rows map[string]dirRow, found map[int64]bool, take func(entry, subdir),
) error {
	return s.w.transact(func() error {
		var rest []entry
		for _, e := range unsure {
			moved, err := s.movedHere(ctx, d, e, rows[e.name], found)
			if err != nil {
				return err
			}
			if moved.n == 0 {
				rest = append(rest, e)
				continue
			}
			take(e, subdir{row: moved, moved: true})
		}
		for _, e := range rest {
			here, err := rows[e.name], error(nil)
			if here.n == 0 || found[here.n] {
				here, err = s.newDir(ctx, dirRow{parent: d.n, name: e.name}, join(rel, e.name))
			}
			if err != nil {
				return err
			}
			take(e, subdir{row: here, fresh: true, mount: e.mount})
		}
		return nil
	})
}

// miss notes which of the folders known in one were not found there.
func (s *scan) miss(ctx context.Context, rel string, rows map[string]dirRow, found map[int64]bool) {
	for _, row := range rows {
		switch {
		case row.gone || found[row.n]:
		case row.mount: // it was taken out, and its mount point went with it
			if row.away == 0 {
				s.l.leaveMount(ctx, s.fo, join(rel, row.name), errUnmounted)
			}
		default:
			s.lost[row.n] = s.fo.root
			s.l.unwatch(s.fo, join(rel, row.name))
		}
	}
}

// movedHere returns the folder that was elsewhere and is now e in d, after it has put it there; a zero row for none. here is
// what the catalogue has at the place: it is there no longer, but may turn up elsewhere.
func (s *scan) movedHere(ctx context.Context, d dirRow, e entry, here dirRow, found map[int64]bool) (dirRow, error) {
	moved, from, err := s.movedDir(ctx, e, here.n, found)
	if err != nil || moved.n == 0 {
		return dirRow{}, err
	}
	s.l.unwatch(s.fo, from)
	delete(s.lost, moved.n)
	s.changed++
	if here.n != 0 && !found[here.n] {
		if _, err := s.w.exec(ctx, "UPDATE dirs SET parent=? WHERE n=?", -here.n, here.n); err != nil {
			return dirRow{}, err
		}
		s.lost[here.n] = s.fo.root
	}
	moved.parent, moved.name = d.n, e.name
	_, err = s.w.exec(ctx, "UPDATE dirs SET parent=?, name=? WHERE n=?", moved.parent, []byte(moved.name), moved.n)
	return moved, err
}

// movedDir returns the folder, and its path, that is e under another path; a zero row for none. Renaming keeps inode and
// time.
func (s *scan) movedDir(
	ctx context.Context, e entry, except int64, found map[int64]bool,
) (moved dirRow, from string, err error) {
	if e.inode == 0 {
		return dirRow{}, "", nil
	}
	var like []dirRow
	err = s.w.query(ctx, func(r *sql.Rows) error {
		d := dirRow{inode: e.inode, dev: e.dev, mtime: e.mtime}
		var name []byte
		err := r.Scan(&d.n, &d.parent, &name, &d.gone)
		d.name = string(name)
		like = append(like, d)
		return err
	}, "SELECT n, parent, name, gone IS NOT NULL FROM dirs WHERE root=? AND inode=? AND dev=? AND mtime=? AND parent<>0 AND n<>? AND away=0",
		s.fo.root, e.inode, e.dev, e.mtime, except)
	if err != nil {
		return dirRow{}, "", err
	}
	for _, d := range like {
		if found[d.n] {
			continue
		}
		path, err := s.dirPath(ctx, d.n)
		if err != nil {
			return dirRow{}, "", err
		}
		if !s.dirStays(ctx, d, path) {
			return d, path, nil
		}
	}
	return dirRow{}, "", nil
}

// loseDir marks a folder and all below it as gone.
func (s *scan) loseDir(ctx context.Context, n int64) error {
	if away, err := s.w.number(ctx, "SELECT away FROM dirs WHERE n=?", n); err != nil || away != 0 {
		return err // what it lies on stopped answering after it was missed
	}
	k, err := s.w.exec(ctx, belowDir+"UPDATE files SET gone=? WHERE gone IS NULL AND dir IN (SELECT n FROM below)", n, s.stamp)
	s.removed += int(k)
	if err == nil {
		_, err = s.w.exec(ctx, belowDir+"UPDATE dirs SET gone=?, listed=0 WHERE gone IS NULL AND n IN (SELECT n FROM below)", n, s.stamp)
	}
	return err
}

// dirsIn returns the folders known in another, by name.
func (s *scan) dirsIn(ctx context.Context, parent int64) (map[string]dirRow, error) {
	rows := map[string]dirRow{}
	err := s.w.query(ctx, func(r *sql.Rows) error {
		d := dirRow{parent: parent}
		var name, cover []byte
		err := r.Scan(&d.n, &name, &d.dev, &d.inode, &d.mtime, &d.listed, &cover, &d.gone, &d.mount, &d.away, &d.nfo)
		d.name, d.cover = string(name), string(cover)
		rows[d.name] = d
		return err
	}, `SELECT n, name, dev, inode, mtime, listed, cover, gone IS NOT NULL, mount, away, nfo FROM dirs
		WHERE root=? AND parent=?`, s.fo.root, parent)
	return rows, err
}

// dirStays reports whether a folder is where the catalogue has it, or may be.
func (s *scan) dirStays(ctx context.Context, d dirRow, rel string) bool {
	if _, ok := s.lost[d.n]; ok || d.gone {
		return false
	}
	e, err := call(ctx, s.fo.volume(rel), s.l.patience(s.fo.volume(rel)), func() (entry, error) { return s.l.stat(s.fo, rel) }, nil)
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

// newDir makes a folder's item and row, and returns d with its number.
func (s *scan) newDir(ctx context.Context, d dirRow, rel string) (dirRow, error) {
	var err error
	if d.n, err = s.w.insert(ctx, media.Folder, nil); err != nil {
		return dirRow{}, err
	}
	_, err = s.w.exec(ctx, "INSERT INTO dirs(n, root, parent, name) VALUES(?,?,?,?)", d.n, s.fo.root, d.parent, []byte(d.name))
	if err != nil {
		return dirRow{}, err
	}
	return d, s.describeDir(ctx, d, rel)
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
// time showing it, so it is read again next time; so is one with files that are still being written, or with folders of
// subtitles.
func (s *scan) saveDir(ctx context.Context, st step, list listing, at time.Time) error {
	d, rel, e, mount := st.row, st.rel, list.self, s.onMount(st, list.self)
	listed := e.mtime
	if s.young(e.mtime, at) || s.unsettled[target{s.fo, rel}] || len(list.beside) > 0 {
		listed = 0
	}
	if !d.gone && d.dev == e.dev && d.inode == e.inode && d.mtime == e.mtime && d.listed == listed &&
		d.cover == list.cover && d.mount == mount && d.nfo == st.nfo {
		return nil
	}
	err := s.w.transact(func() error {
		_, err := s.w.exec(ctx, "UPDATE dirs SET dev=?, inode=?, mtime=?, listed=?, cover=?, mount=?, nfo=?, gone=NULL WHERE n=?",
			e.dev, e.inode, e.mtime, listed, []byte(list.cover), mount, st.nfo, d.n)
		if err != nil {
			return err
		}
		return s.spread(ctx, d, list.cover)
	})
	if err != nil {
		return fmt.Errorf("write library.db: %w", err)
	}
	if d.cover != list.cover {
		s.changed++
	}
	return nil
}
