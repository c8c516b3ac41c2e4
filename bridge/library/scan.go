package library

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"localcast/bridge/library/names"
	"localcast/bridge/media"
)

// reach is how far a scan goes.
type reach int

const (
	here    reach = iota // this folder, and below it only what is new or has changed
	shallow              // all folders below; those whose listing has not changed are not read again
	deep                 // all folders and files below
)

const (
	maxDepth = 100 // folders in each other
	maxLinks = 2   // links on the way to a folder: folders that link to each other have paths without number
)

// scan is one pass over some folders. It is used by one goroutine.
type scan struct {
	l     *Library
	w     *writer
	stamp int64 // unix seconds of its beginning: the time at which files are gone
	told  bool  // its progress is told

	fo       *folder // that is being scanned
	progress float64 // 0 to 1

	missing    map[int64]int64  // files that were not where they belong and have not turned up elsewhere, with their roots
	lost       map[int64]int64  // folders, likewise
	displaced  map[int64]bool   // files whose place another one took, and which have not turned up elsewhere
	containers map[string]int64 // the rows of containers, by key
	pictured   map[int64]bool   // containers that are known to have a cover
	unsettled  map[target]bool  // folders with files that are still being written

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

// step is one folder of a scan.
type step struct {
	row   dirRow
	rel   string // its path below the root
	reach reach
	share float64 // of the progress
	// moved is true where the path has changed, so that all below it has to be described anew.
	moved bool
	above []identity // the folders that lead to it
	links int        // how many of those are links
	link  bool       // it is one itself
	outer names.NFO  // what the tvshow.nfo of a folder above tells
	show  names.NFO  // what that tells, or the one here
	nfo   string     // what dirs.nfo is to hold
}

// identity recognises a folder that a chain of links leads back to.
type identity struct{ dev, inode int64 }

// below is the step to a folder in this one, which has the given identity.
func (st step) below(self identity, sub subdir, share float64) step {
	next := step{
		row: sub.row, rel: join(st.rel, sub.row.name), reach: st.reach, share: share, moved: st.moved || sub.moved,
		links: st.links, show: st.show,
	}
	if sub.fresh || next.moved {
		next.reach = deep
	}
	if next.link = sub.link; sub.link {
		next.links++
	}
	next.above = slices.Concat(st.above, []identity{self})
	return next
}

// target scans one folder. Errors that concern all of it (it is stalled, ctx ended, library.db cannot be written) are
// returned; all others cost a warning.
func (s *scan) target(ctx context.Context, t target, r reach, share float64) error {
	s.fo = t.fo
	if r != here {
		s.fo.survey(mountsBelow(s.fo.path))
	}
	if s.told && t.rel == "" {
		s.l.mayWatch(ctx, t.fo)
	}
	d, err := s.rootRow(ctx)
	if err != nil {
		return err
	}
	rel, show := "", toldShow(d.nfo, names.NFO{})
	for rel != t.rel {
		name, _, _ := strings.Cut(strings.TrimPrefix(t.rel[len(rel):], "/"), "/")
		rows, err := s.dirsIn(ctx, d.n)
		if err != nil {
			return err
		}
		next, ok := rows[name]
		if !ok || next.gone {
			break // what is above a folder that the catalogue does not know is scanned instead
		}
		d, rel, show = next, join(rel, name), toldShow(next.nfo, show)
	}
	err = s.visit(ctx, step{row: d, rel: rel, reach: r, share: share, show: show})
	if _, ok := errors.AsType[*mountError](err); ok {
		return nil // it is told already, and concerns nothing else
	}
	return err
}

// visit scans one folder and what st.reach reaches below it. Where a file system is mounted that does not work, only what is
// on that is left out.
func (s *scan) visit(ctx context.Context, st step) error {
	err := s.read(ctx, st)
	if m, ok := errors.AsType[*mountError](err); ok && m.at.rel == st.rel {
		return nil
	}
	return err
}

func (s *scan) read(ctx context.Context, st step) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.l.hangs(s.fo, st.rel) {
		return nil
	}
	s.l.watch(s.fo, st.rel)
	st.outer, st.show = st.show, toldShow(st.row.nfo, st.show)
	if st.reach == shallow && !st.moved {
		switch same, err := s.unchanged(ctx, st); {
		case err != nil:
			return s.complain(ctx, st.rel, err)
		case same:
			return s.visitKnown(ctx, st)
		}
	}
	now := time.Now()
	on := s.fo.volume(st.rel)
	list, err := call(ctx, on, s.l.patience(on), func() (listing, error) { return s.l.list(s.fo, st.rel) }, nil)
	switch {
	case err != nil:
	case st.rel == "":
		err = s.present(ctx, list)
	case st.row.mount:
		err = s.presentMount(ctx, st, list)
	}
	self := identity{list.self.dev, list.self.inode}
	switch {
	case errors.Is(err, errUnmounted):
		s.l.leaveMount(ctx, s.fo, st.rel, err)
		return nil
	case err != nil:
		return s.complain(ctx, st.rel, err)
	case self.inode != 0 && slices.Contains(st.above, self):
		return nil // a link leads back up
	case len(st.above) >= maxDepth || st.links > maxLinks:
		return s.complain(ctx, st.rel, errors.New("folders lie too deep in each other here"))
	}
	for _, folder := range list.beside {
		s.l.watch(s.fo, join(st.rel, folder))
	}
	if st, err = s.readShow(ctx, st, list); err != nil {
		return s.complain(ctx, st.rel, err)
	}
	subdirs, err := s.bringIn(ctx, st, list, now)
	if err != nil {
		return err
	}
	for _, sub := range subdirs {
		if st.reach == here && !sub.fresh && !sub.moved && !sub.touched {
			continue
		}
		if err := s.visit(ctx, st.below(self, sub, st.share/float64(len(subdirs)+1))); err != nil {
			return err
		}
	}
	return nil
}

// bringIn brings the catalogue in line with a folder's listing, and returns the folders in it.
func (s *scan) bringIn(ctx context.Context, st step, list listing, now time.Time) ([]subdir, error) {
	if st.moved {
		if err := s.w.transact(func() error { return s.describeDir(ctx, st.row, st.rel) }); err != nil {
			return nil, fmt.Errorf("write library.db: %w", err)
		}
	}
	if err := s.files(ctx, st, list, st.share/float64(len(list.dirs)+1)); err != nil {
		return nil, err
	}
	subdirs, err := s.subdirs(ctx, st.row, st.rel, list)
	if err != nil {
		return nil, err
	}
	return subdirs, s.saveDir(ctx, st, list, now)
}

// unchanged reports whether a folder's listing is the one that was read last.
func (s *scan) unchanged(ctx context.Context, st step) (bool, error) {
	if st.row.listed == 0 {
		return false, nil
	}
	on := s.fo.volume(st.rel)
	e, err := call(ctx, on, s.l.patience(on), func() (entry, error) { return s.l.stat(s.fo, st.rel) }, nil)
	return e.mtime == st.row.listed && e.inode == st.row.inode, err
}

// visitKnown visits the folders that the catalogue knows in one that has not changed.
func (s *scan) visitKnown(ctx context.Context, st step) error {
	rows, err := s.dirsIn(ctx, st.row.n)
	if err != nil {
		return err
	}
	share := st.share / float64(len(rows)+1)
	s.advance(share)
	for _, row := range rows {
		if row.gone {
			continue
		}
		// Mounting does not change the folder in which it is done.
		mount := s.fo.mounted(join(st.rel, row.name))
		sub := subdir{row: row, fresh: row.away != 0 || mount && !row.mount}
		if err := s.visit(ctx, st.below(identity{st.row.dev, st.row.inode}, sub, share)); err != nil {
			return err
		}
	}
	return nil
}

// complain decides what an error of one folder means: of the root, or when the disk hangs, it ends the root's scan, or that of
// what is mounted there; else it costs a warning, and what is known of the folder stays as it is.
func (s *scan) complain(ctx context.Context, rel string, err error) error {
	on := s.fo.volume(rel)
	switch {
	case rel == "", errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &folderError{err}
	case errors.Is(err, fs.ErrNotExist): // it went while we looked: its parent will tell
	case on.rel != "" && (rel == on.rel || broken(err)):
		s.l.leaveMount(ctx, s.fo, on.rel, err)
		return &mountError{on, err}
	case errors.Is(err, errStalled):
		return &folderError{err}
	default:
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

// onMount reports whether a folder is the top of a file system other than that of the folder it lies in.
func (s *scan) onMount(st step, self entry) bool {
	if st.rel == "" {
		return false
	}
	above := s.device(st)
	return s.fo.mounted(st.rel) || !st.link && above != 0 && self.dev != above
}

// device is that of the folder in which a step's folder lies; 0 if it is not known.
func (s *scan) device(st step) int64 {
	if n := len(st.above); n > 0 {
		return st.above[n-1].dev
	}
	return 0
}

var errUnmounted = errors.New("nothing is mounted there")

// presentMount looks at the listing of a folder in which something was mounted. An empty one with files in the catalogue is
// taken for a disk that is not there.
func (s *scan) presentMount(ctx context.Context, st step, list listing) error {
	if len(list.dirs)+len(list.files) == 0 {
		n, err := s.w.number(ctx, `SELECT EXISTS(SELECT 1 FROM files WHERE dir=? AND gone IS NULL)
			OR EXISTS(SELECT 1 FROM dirs WHERE parent=? AND gone IS NULL)`, st.row.n, st.row.n)
		if err == nil && n != 0 {
			err = errUnmounted
		}
		if err != nil {
			return err
		}
	}
	if st.row.away == 0 {
		return nil
	}
	return s.l.arriveMount(ctx, s.fo, st.rel)
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

// advance moves the progress on and tells it in whole percents.
func (s *scan) advance(by float64) {
	before := int(s.progress * 100)
	s.progress = min(s.progress+by, 1)
	if p := s.progress; s.told && int(p*100) > before {
		s.l.tell(func(st *media.LibraryStatus) { st.Progress = p })
	}
}

// finish marks what is gone.
func (s *scan) finish(ctx context.Context) error {
	err := s.w.transact(func() error {
		for n := range s.lost {
			if err := s.loseDir(ctx, n); err != nil {
				return err
			}
		}
		for n := range s.missing {
			k, err := s.w.exec(ctx, `UPDATE files SET gone=? WHERE n=? AND gone IS NULL
				AND NOT EXISTS(SELECT 1 FROM dirs d WHERE d.n=files.dir AND d.away>0)`, s.stamp, n)
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

// young reports whether a time is so short ago that what it stands for may still be changing. A time in the future is not:
// it comes from a wrong clock and would never pass.
func (s *scan) young(mtime int64, now time.Time) bool {
	age := now.Sub(time.Unix(0, mtime))
	return age < s.l.pace.settle && age > -s.l.pace.settle
}
