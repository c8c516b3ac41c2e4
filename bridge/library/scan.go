package library

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"strings"
	"time"

	"localcast/bridge/media"
)

// reach is how far a scan goes.
type reach int

const (
	here    reach = iota // this folder, and below it only what is new
	shallow              // all folders below; those whose listing has not changed are not read again
	deep                 // all folders and files below
)

// maxDepth bounds how deep folders lie in each other.
const maxDepth = 100

// scan is one pass over some folders. It is used by one goroutine.
type scan struct {
	l     *Library
	w     *writer
	stamp int64 // unix seconds of its beginning: the time at which files are gone
	told  bool  // its progress is told

	fo       *folder // that is being scanned
	progress float64 // 0 to 1

	missing    map[int64]int64 // files that were not where they belong and have not turned up elsewhere, with their roots
	lost       map[int64]int64 // folders, likewise
	displaced  map[int64]bool  // files whose place another one took, and which have not turned up elsewhere
	containers map[string]int64
	pictured   map[int64]bool  // containers that are known to have a cover
	unsettled  map[target]bool // folders with files that are still being written

	added, changed, removed int
	published               time.Time
}

func (l *Library) newScan(told bool) *scan {
	return &scan{
		l: l, w: l.db.write, told: told, stamp: time.Now().Unix(), published: time.Now(),
		missing: map[int64]int64{}, lost: map[int64]int64{}, displaced: map[int64]bool{},
		containers: map[string]int64{}, pictured: map[int64]bool{}, unsettled: map[target]bool{},
	}
}

// dirRow is a folder as the catalogue knows it.
type dirRow struct {
	n, parent         int64
	name              string
	dev, inode, mtime int64
	listed            int64 // mtime when its listing was last read; 0 if it has to be read again
	cover             string
	gone              bool
}

// identity recognises a folder that a chain of links leads back to.
type identity struct{ dev, inode int64 }

// target scans one folder. Errors that concern all of it (it is stalled, ctx ended, library.db cannot be written) are
// returned; all others cost a warning.
func (s *scan) target(ctx context.Context, t target, r reach, share float64) error {
	s.fo = t.fo
	if s.told && t.rel == "" {
		s.l.mayWatch(ctx, t.fo)
	}
	root, err := s.rootRow(ctx)
	if err != nil {
		return err
	}
	d, rel := root, ""
	// Go down to the folder; where the catalogue does not know a step, what is above it is scanned instead.
	for _, name := range strings.Split(t.rel, "/") {
		if t.rel == "" {
			break
		}
		rows, err := s.dirsIn(ctx, d.n)
		if err != nil {
			return err
		}
		next, ok := rows[name]
		if !ok || next.gone {
			break
		}
		d, rel = next, join(rel, name)
	}
	return s.visit(ctx, d, rel, r, false, nil, share)
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

// visit scans one folder and what r reaches below it. moved is true where its path has changed, so that all below it has to
// be described anew. above are the folders that lead to it.
func (s *scan) visit(ctx context.Context, d dirRow, rel string, r reach, moved bool, above []identity, share float64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.l.watch(s.fo, rel)
	if r == shallow && !moved {
		if same, err := s.unchanged(ctx, d, rel); err != nil || same {
			if err != nil {
				return s.complain(rel, err)
			}
			return s.knownBelow(ctx, d, rel, above, share)
		}
	}
	now := time.Now()
	list, err := call(ctx, s.fo, listTimeout, func() (listing, error) { return s.l.list(s.fo, rel) }, nil)
	if err == nil && rel == "" {
		err = s.present(ctx, list)
	}
	if err != nil {
		return s.complain(rel, err)
	}
	self := identity{list.self.dev, list.self.inode}
	for _, a := range above {
		if a == self && self.inode != 0 {
			return nil // a link leads back up
		}
	}
	if len(above) >= maxDepth {
		return s.complain(rel, errors.New("folders are nested too deep here"))
	}
	if moved {
		if err := s.w.transact(func() error { return s.describeDir(ctx, d, rel) }); err != nil {
			return fmt.Errorf("write library.db: %w", err)
		}
	}
	if err := s.files(ctx, d, rel, list, moved, share/float64(len(list.dirs)+1)); err != nil {
		return err
	}
	subdirs, err := s.subdirs(ctx, d, rel, list)
	if err != nil {
		return err
	}
	if err := s.saveDir(ctx, d, rel, list, now); err != nil {
		return err
	}
	above = append(above[:len(above):len(above)], self)
	for _, sub := range subdirs {
		if r == here && !sub.fresh && !sub.moved {
			continue
		}
		below := r
		if sub.fresh || sub.moved || moved {
			below = deep
		}
		err := s.visit(ctx, sub.row, join(rel, sub.row.name), below, moved || sub.moved, above, share/float64(len(subdirs)+1))
		if err != nil {
			return err
		}
	}
	return nil
}

// complain decides what an error of one folder means: of the root, or when the disk hangs, it ends the root's scan; else it
// costs a warning, and what is known of the folder stays as it is.
func (s *scan) complain(rel string, err error) error {
	if rel == "" || errors.Is(err, errStalled) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return &folderError{err}
	}
	if !errors.Is(err, fs.ErrNotExist) { // it went while we looked: its parent will tell
		s.l.warnOnce("a folder cannot be read; what is known of it stays", join(s.fo.base, shown(rel)), err)
	}
	return nil
}

// present looks at a root's own listing. An empty one with files in the catalogue is taken for a disk that is not mounted.
func (s *scan) present(ctx context.Context, list listing) error {
	if len(list.dirs)+len(list.files) == 0 {
		if err := s.l.missed(ctx, s.fo); err != nil {
			return err
		}
	}
	s.l.arrive(ctx, s.fo)
	return nil
}

// spare keeps the files and folders of a root whose scan failed.
func (s *scan) spare(root int64) {
	of := func(_, r int64) bool { return r == root }
	maps.DeleteFunc(s.missing, of)
	maps.DeleteFunc(s.lost, of)
}

// folderError says that a root as a whole cannot be read.
type folderError struct{ err error }

func (e *folderError) Error() string { return e.err.Error() }
func (e *folderError) Unwrap() error { return e.err }

// unchanged reports whether a folder's listing is the one that was read last.
func (s *scan) unchanged(ctx context.Context, d dirRow, rel string) (bool, error) {
	if d.listed == 0 {
		return false, nil
	}
	e, err := call(ctx, s.fo, listTimeout, func() (entry, error) { return s.l.stat(s.fo, rel) }, nil)
	return e.mtime == d.listed && e.inode == d.inode, err
}

// knownBelow visits the folders that the catalogue knows in one that has not changed.
func (s *scan) knownBelow(ctx context.Context, d dirRow, rel string, above []identity, share float64) error {
	rows, err := s.dirsIn(ctx, d.n)
	if err != nil {
		return err
	}
	above = append(above[:len(above):len(above)], identity{d.dev, d.inode})
	part := share / float64(len(rows)+1)
	s.advance(part)
	for name, row := range rows {
		if row.gone {
			continue
		}
		if err := s.visit(ctx, row, join(rel, name), shallow, false, above, part); err != nil {
			return err
		}
	}
	return nil
}

// subdir is a folder in the one that is visited.
type subdir struct {
	row          dirRow
	fresh, moved bool
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

// advance moves the progress on and tells it in whole percents.
func (s *scan) advance(by float64) {
	before := int(s.progress * 100)
	s.progress = min(s.progress+by, 1)
	if p := s.progress; s.told && int(p*100) > before {
		s.l.tell(func(st *media.LibraryStatus) { st.Progress = p })
	}
}

// finish marks what is gone and returns how many items came and went.
func (s *scan) finish(ctx context.Context) error {
	err := s.w.transact(func() error {
		for n := range s.lost {
			if err := s.loseDir(ctx, n); err != nil {
				return err
			}
		}
		for n := range s.missing {
			k, err := s.w.exec(ctx, "UPDATE files SET gone=? WHERE n=? AND gone IS NULL", s.stamp, n)
			if err != nil {
				return err
			}
			s.removed += int(k)
		}
		return nil
	})
	s.removed += len(s.displaced)
	if err != nil {
		return fmt.Errorf("write library.db: %w", err)
	}
	return nil
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
	}, "SELECT n, parent, name, gone IS NOT NULL FROM dirs WHERE root=? AND inode=? AND dev=? AND mtime=? AND parent<>0", s.fo.root, e.inode, e.dev, e.mtime)
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

// young reports whether a time is so short ago that what it stands for may still be changing. A time in the future is not:
// it comes from a wrong clock and would never pass.
func (s *scan) young(mtime int64, now time.Time) bool {
	age := now.Sub(time.Unix(0, mtime))
	return age < s.l.pace.settle && age > -s.l.pace.settle
}
