package library

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"localcast/bridge/media"
)

// volume is a file system as far as it answers: that of a configured folder, or one that is mounted somewhere below it.
type volume struct {
	rel   string // where it is mounted, below the folder; "" for the folder's own
	far   bool   // it does not tell of changes made elsewhere
	stuck atomic.Int32
}

// mountError says that a file system mounted below a folder cannot be read.
type mountError struct {
	at  *volume
	err error
}

func (e *mountError) Error() string { return e.err.Error() }
func (e *mountError) Unwrap() error { return e.err }

// volume returns the file system on which a path lies.
func (fo *folder) volume(rel string) *volume {
	best := &fo.own
	if mounts := fo.mounts.Load(); mounts != nil {
		for at, v := range *mounts {
			if len(at) > len(best.rel) && (rel == at || strings.HasPrefix(rel, at+"/")) {
				best = v
			}
		}
	}
	return best
}

// patience is how long a listing may take. A root's disk may have to spin up; what is mounted in one may not keep it waiting
// for so long.
func (l *Library) patience(v *volume) time.Duration {
	if v.rel == "" {
		return listTimeout
	}
	return l.pace.answer
}

// mounted reports whether something is mounted at a path.
func (fo *folder) mounted(rel string) bool { return rel != "" && fo.volume(rel).rel == rel }

// survey brings what is known of the file systems below a folder up to date, and returns where one came or went. Those that
// stay keep their count of calls that hang.
func (fo *folder) survey(now map[string]bool) (changed []string) {
	before := map[string]*volume{}
	if m := fo.mounts.Load(); m != nil {
		before = *m
	}
	after := map[string]*volume{}
	for rel, far := range now {
		v := before[rel]
		if v == nil || v.far != far {
			v = &volume{rel: rel, far: far}
			changed = append(changed, rel)
		}
		after[rel] = v
	}
	for rel := range before {
		if after[rel] == nil {
			changed = append(changed, rel)
		}
	}
	fo.mounts.Store(&after)
	return changed
}

// place names what lies in a folder, for maps.
type place struct {
	fo  *folder
	rel string
}

// lookAtMounts returns the folders in which a file system was mounted or unmounted since the last look, or answers again. It
// tells of those that do not answer any more.
func (l *Library) lookAtMounts(ctx context.Context) []target {
	var out []target
	for _, fo := range l.folders {
		if fo.away {
			continue
		}
		above := func(rel string) {
			t := target{fo, parent(rel)}
			if !slices.Contains(out, t) {
				out = append(out, t)
			}
		}
		for _, rel := range fo.survey(mountsBelow(fo.path)) {
			above(rel)
		}
		for rel, v := range *fo.mounts.Load() {
			if v.stuck.Load() > 0 {
				continue // it still hangs
			}
			_, err := call(ctx, v, l.patience(v), func() (entry, error) { return fo.lstat(rel) }, nil)
			_, away := l.gone[place{fo, rel}]
			switch {
			case ctx.Err() != nil:
				return nil
			case err == nil && away:
				above(rel)
			case err != nil && !away && !errors.Is(err, fs.ErrNotExist):
				l.leaveMount(ctx, fo, rel, err)
			}
		}
	}
	return out
}

// lstat looks at one path below the folder, whatever it leads over.
func (fo *folder) lstat(rel string) (entry, error) {
	e, _, err := fo.stat(rel)
	return e, err
}

// leaveMount notes that what was mounted at a path is not there, or does not answer: its items are away until it comes back.
func (l *Library) leaveMount(ctx context.Context, fo *folder, rel string, cause error) {
	if err := l.setMountAway(ctx, fo, rel, time.Now().Unix()); err != nil {
		l.log.Error("library.db cannot be written", "err", err)
		return
	}
	l.watcher.forget(fo.absolute(rel))
	if _, known := l.gone[place{fo, rel}]; known {
		return
	}
	l.gone[place{fo, rel}] = struct{}{}
	l.stale = true
	name := shown(rel)
	l.log.Warn("a disk in a library folder is not available; its items are kept until it comes back", "folder", name, "err", cause)
	l.happened(media.LibraryEvent{
		Type: media.FolderUnavailable, At: time.Now(), Folder: name, Message: fmt.Sprintf("%s cannot be read: %s", name, reason(cause)),
	})
	l.tellFolders()
}

// arriveMount notes that a folder in which something was mounted can be read again.
func (l *Library) arriveMount(ctx context.Context, fo *folder, rel string) error {
	if err := l.setMountAway(ctx, fo, rel, 0); err != nil {
		return fmt.Errorf("write library.db: %w", err)
	}
	if _, known := l.gone[place{fo, rel}]; !known {
		return nil
	}
	delete(l.gone, place{fo, rel})
	l.stale = true
	l.log.Info("a disk in a library folder is available again", "folder", shown(rel))
	l.happened(media.LibraryEvent{Type: media.FolderAvailable, At: time.Now(), Folder: shown(rel)})
	l.tellFolders()
	return nil
}

const belowDir = `WITH RECURSIVE below(n) AS (SELECT ? UNION ALL SELECT d.n FROM dirs d JOIN below b ON d.parent = b.n) `

// setMountAway marks a folder and all below it as away since a time, or as there with 0. A folder that the catalogue does not
// know is no error.
func (l *Library) setMountAway(ctx context.Context, fo *folder, rel string, since int64) error {
	w := l.db.write
	return w.transact(func() error {
		n, err := w.number(ctx, "SELECT n FROM dirs WHERE root=? AND parent=0", fo.root)
		for _, name := range strings.Split(rel, "/") {
			if err != nil || n == 0 {
				return err
			}
			n, err = w.number(ctx, "SELECT n FROM dirs WHERE root=? AND parent=? AND name=? AND gone IS NULL", fo.root, n, []byte(name))
		}
		if err != nil || n == 0 {
			return err
		}
		_, err = w.exec(ctx, belowDir+"UPDATE dirs SET away=? WHERE n IN (SELECT n FROM below)", n, since)
		return err
	})
}

// loadMounts notes which mounts were away when the program ended.
func (l *Library) loadMounts(ctx context.Context) error {
	type found struct{ n, root int64 }
	var all []found
	err := l.db.write.query(ctx, func(r *sql.Rows) error {
		var f found
		err := r.Scan(&f.n, &f.root)
		all = append(all, f)
		return err
	}, "SELECT n, root FROM dirs WHERE mount AND away>0 AND gone IS NULL")
	if err != nil {
		return err
	}
	for _, f := range all {
		var rel []byte
		err := l.db.write.query(ctx, func(r *sql.Rows) error { return r.Scan(&rel) }, dirPathQuery, f.n)
		if err != nil {
			return err
		}
		if fo := l.folderOf(f.root); fo != nil {
			l.gone[place{fo, string(rel)}] = struct{}{}
		}
	}
	return nil
}

// giveUpMounts takes for gone what was on disks whose mount point has gone with them, and that were not seen since a time. It is
// part of a transaction.
func (l *Library) giveUpMounts(ctx context.Context, before int64) error {
	const late = "away>0 AND away<? AND root IN (SELECT id FROM roots WHERE available)"
	w := l.db.write
	_, err := w.exec(ctx, "UPDATE files SET gone=0 WHERE gone IS NULL AND dir IN (SELECT n FROM dirs WHERE "+late+")", before)
	if err != nil {
		return err
	}
	n, err := w.exec(ctx, "UPDATE dirs SET gone=0, away=0 WHERE gone IS NULL AND "+late, before)
	if err != nil || n == 0 {
		return err
	}
	clear(l.gone)
	return l.loadMounts(ctx)
}

// goneMounts returns where something that was mounted is away, in a folder that is there, by what people call it.
func (l *Library) goneMounts() []string {
	var out []string
	for at := range l.gone {
		if !at.fo.away {
			out = append(out, shown(at.rel))
		}
	}
	slices.Sort(out)
	return out
}

// farMounts returns the mounts in a folder that have to be looked at in intervals.
func (fo *folder) farMounts() []string {
	var out []string
	if mounts := fo.mounts.Load(); mounts != nil {
		for rel, v := range *mounts {
			if v.far {
				out = append(out, rel)
			}
		}
	}
	slices.Sort(out)
	return out
}

// hangs reports whether a path lies on a mount that is known not to answer: it is not asked again before what hangs there has
// returned.
func (l *Library) hangs(fo *folder, rel string) bool {
	on := fo.volume(rel)
	_, away := l.gone[place{fo, on.rel}]
	return on.rel != "" && away && on.stuck.Load() > 0
}

// broken reports whether an error means that a whole file system does not work, and not one file in it.
func broken(err error) bool {
	for _, e := range []error{errStalled, syscall.ENOTCONN, syscall.ESTALE, syscall.EIO, syscall.ENODEV, syscall.ECONNABORTED,
		syscall.ETIMEDOUT, syscall.EHOSTDOWN, syscall.ENXIO} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
