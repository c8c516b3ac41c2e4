package library

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"localcast/bridge/media"
)

// tombstoneAge is how long what is gone keeps its id for its return.
const tombstoneAge = 30 * 24 * time.Hour

// maxWarned bounds the paths of which is remembered that they were warned about.
const maxWarned = 10_000

// Run scans the folders and keeps the catalogue up to date until ctx ends; then it returns nil. Run it once.
func (l *Library) Run(ctx context.Context) error {
	defer l.startWatching()()
	var rescan <-chan time.Time
	if l.cfg.Rescan > 0 {
		t := time.NewTicker(l.cfg.Rescan)
		defer t.Stop()
		rescan = t.C
	}
	check, poll := time.NewTicker(l.pace.check), time.NewTicker(l.pace.poll)
	defer check.Stop()
	defer poll.Stop()

	l.reshelve(ctx)
	l.pass(ctx, l.targets(""), deep, true)
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-l.asked:
			l.pass(ctx, l.takeRequests(), deep, true)
		case <-l.shelved:
			l.reshelve(ctx)
		case <-rescan:
			l.pass(ctx, l.targets(""), l.routine(), true)
		case <-check.C:
			l.pass(ctx, l.returned(ctx), deep, true)
			l.pass(ctx, l.lookAtMounts(ctx), here, false)
			l.refresh(ctx)
		case <-poll.C:
			failed := l.failed
			l.failed = nil
			l.pass(ctx, failed, deep, false)
			l.pass(ctx, l.polled(), shallow, false)
		case <-l.watcher.wake:
			l.passChanged(ctx)
		case <-l.settling():
			l.pass(ctx, l.due(), here, false)
		}
	}
	return nil
}

// Scan looks through all folders once; it takes the place of Run. It returns in how many folders files are still being
// written, which are left out, and an error where library.db could not be written. A folder that cannot be read is told by
// Status.
func (l *Library) Scan(ctx context.Context) (writing int, err error) {
	l.pass(ctx, l.targets(""), deep, true)
	switch {
	case ctx.Err() != nil:
		return 0, fmt.Errorf("scan: %w", ctx.Err())
	case len(l.failed) > 0:
		return 0, errors.New("library.db could not be written; the log says why")
	}
	return len(l.unsettled), nil
}

// settling fires when it is time to look again at files that were being written.
func (l *Library) settling() <-chan time.Time {
	if len(l.unsettled) == 0 {
		return nil
	}
	next := slices.MinFunc(slices.Collect(maps.Values(l.unsettled)), func(a, b retry) int { return a.at.Compare(b.at) })
	return time.After(time.Until(next.at))
}

// due returns the folders that it is time to look at again.
func (l *Library) due() []target {
	var out []target
	for t, r := range l.unsettled {
		if !r.at.After(time.Now()) {
			out = append(out, t)
		}
	}
	return out
}

// routine is how far the scan from time to time goes: folders that are watched have told of changes in files.
func (l *Library) routine() reach {
	if l.cfg.Watch && len(l.polled()) == 0 {
		return shallow
	}
	return deep
}

// polled returns the folders that have to be looked at in intervals.
func (l *Library) polled() []target {
	var out []target
	for _, fo := range l.folders {
		switch {
		case fo.away:
		case fo.polled:
			out = append(out, target{fo, ""})
		case l.cfg.Watch:
			for _, rel := range fo.farMounts() {
				out = append(out, target{fo, rel})
			}
		}
	}
	return out
}

// returned looks whether the folders are there. It tells of those that went, and returns those that came back.
func (l *Library) returned(ctx context.Context) []target {
	var out []target
	for _, fo := range l.folders {
		if fo.away && fo.own.stuck.Load() > 0 {
			continue // it still hangs
		}
		empty, err := call(ctx, &fo.own, listTimeout, fo.empty, nil)
		if err == nil && empty {
			err = l.missed(ctx, fo)
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil && fo.away:
			out = append(out, target{fo, ""})
		case err != nil && !fo.away:
			l.leave(ctx, fo, err)
		}
	}
	l.refresh(ctx)
	return out
}

var errEmpty = errors.New("it is empty, as if its disk were not mounted")

// missed returns errEmpty for an empty folder whose files the catalogue knows.
func (l *Library) missed(ctx context.Context, fo *folder) error {
	n, err := l.db.write.number(ctx, "SELECT EXISTS(SELECT 1 FROM files WHERE root=? AND gone IS NULL)", fo.root)
	if err == nil && n != 0 {
		err = errEmpty
	}
	return err
}

// leave notes that a folder cannot be read: its items are away until it comes back.
func (l *Library) leave(ctx context.Context, fo *folder, cause error) {
	if fo.away {
		return
	}
	l.setAway(ctx, fo, true)
	l.watcher.forget(fo.path)
	l.log.Warn("a library folder is not available; its items are kept until it comes back", "folder", fo.base, "err", cause)
	l.happened(media.LibraryEvent{
		Type: media.FolderUnavailable, At: time.Now(), Folder: fo.base, Message: fmt.Sprintf("%s cannot be read: %s", fo.base, reason(cause)),
	})
}

// reason is an error without the paths of the host.
func reason(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "it is not there"
	case errors.Is(err, fs.ErrPermission):
		return "permission denied"
	case errors.Is(err, errEmpty), errors.Is(err, errStalled), errors.Is(err, errUnmounted):
		return err.Error()
	}
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err.Error()
	}
	return "it fails"
}

// arrive notes that a folder can be read again.
func (l *Library) arrive(ctx context.Context, fo *folder) {
	if !fo.away {
		return
	}
	l.setAway(ctx, fo, false)
	l.log.Info("a library folder is available again", "folder", fo.base)
	l.happened(media.LibraryEvent{Type: media.FolderAvailable, At: time.Now(), Folder: fo.base})
}

func (l *Library) setAway(ctx context.Context, fo *folder, away bool) {
	fo.away, l.stale = away, true
	err := l.db.write.transact(func() error {
		_, err := l.db.write.exec(ctx, "UPDATE roots SET available=? WHERE id=?", !away, fo.root)
		return err
	})
	if err != nil {
		l.log.Error("library.db cannot be written", "err", err)
	}
	l.tellFolders()
}

// tellFolders brings the status in line with the folders.
func (l *Library) tellFolders() {
	var away, polled []string
	for _, fo := range l.folders {
		if fo.away {
			away = append(away, fo.base)
			continue
		}
		if fo.polled || l.behind {
			polled = append(polled, fo.base)
		} else if l.cfg.Watch {
			for _, rel := range fo.farMounts() {
				polled = append(polled, shown(rel))
			}
		}
	}
	away = append(away, l.goneMounts()...)
	l.tell(func(s *media.LibraryStatus) { s.Unavailable, s.Polled = away, polled })
}

// refresh builds the index anew if it is out of date.
func (l *Library) refresh(ctx context.Context) {
	if !l.stale {
		return
	}
	if err := l.reindex(ctx); err != nil && ctx.Err() == nil {
		l.log.Error("the search does not know the latest changes", "err", err)
		return
	}
	l.stale = false
}

// reshelve builds the index anew if other playlists are saved than it knows.
func (l *Library) reshelve(ctx context.Context) {
	l.mu.Lock()
	known := l.indexed
	l.mu.Unlock()
	if known != l.saved.Load() {
		l.stale = true
		l.refresh(ctx)
	}
}

// pass scans the targets. told is false for the small looks between the scans that the status shows.
func (l *Library) pass(ctx context.Context, targets []target, r reach, told bool) {
	if len(targets) == 0 || ctx.Err() != nil {
		return
	}
	begun := time.Now()
	if told {
		l.tell(func(s *media.LibraryStatus) { s.Scanning, s.Progress = true, 0 })
	}
	if told {
		targets = answeringFirst(ctx, targets)
	}
	s := l.newScan(told)
	err := errors.Join(s.targets(ctx, targets, r), l.db.write.flush())
	l.stale = l.stale || s.added+s.changed+s.removed > 0
	l.refresh(ctx)
	l.settle(targets, s)
	if s.added+s.changed+s.removed > 0 {
		l.happened(media.LibraryEvent{Type: media.LibraryUpdated, At: time.Now(), Added: s.added, Removed: s.removed})
		l.log.Info("library changed", "added", s.added, "changed", s.changed, "removed", s.removed,
			"dur", time.Since(begun).Round(time.Millisecond))
	}
	l.tellFolders()
	if told {
		l.tell(func(st *media.LibraryStatus) {
			st.Scanning, st.Progress = false, 0
			if err == nil {
				st.LastScan = time.Now()
			}
		})
	}
	switch {
	case err == nil || ctx.Err() != nil:
	case damaged(err):
		l.log.Error("library.db is damaged; at the next start it is set aside and rebuilt from the folders", "err", err)
	default:
		l.failed = append(l.failed, targets...)
		l.log.Error("library.db cannot be brought up to date; it is tried again in a while", "err", err)
	}
}

// answerSoon is how long a root may take to say that it is there before the others are scanned first.
const answerSoon = time.Second

// answeringFirst puts the folders last that do not answer at once, so that they keep no other waiting.
func answeringFirst(ctx context.Context, targets []target) []target {
	slow := map[*folder]*atomic.Bool{}
	for _, t := range targets {
		slow[t.fo] = &atomic.Bool{}
	}
	if len(slow) < 2 {
		return targets
	}
	var asked sync.WaitGroup
	for fo, late := range slow {
		asked.Go(func() {
			_, err := call(ctx, &fo.own, answerSoon, func() (entry, error) { return fo.lstat("") }, nil)
			late.Store(errors.Is(err, errStalled))
		})
	}
	asked.Wait()
	return slices.Concat(
		slices.DeleteFunc(slices.Clone(targets), func(t target) bool { return slow[t.fo].Load() }),
		slices.DeleteFunc(slices.Clone(targets), func(t target) bool { return !slow[t.fo].Load() }))
}

// settle notes what has to be looked at again: soon at first, then less and less often.
func (l *Library) settle(targets []target, s *scan) {
	for t := range l.unsettled {
		if slices.Contains(targets, t) && !s.unsettled[t] {
			delete(l.unsettled, t)
		}
	}
	for t := range s.unsettled {
		times := l.unsettled[t].times
		l.unsettled[t] = retry{time.Now().Add(l.pace.settle << min(times, 4)), times + 1}
	}
}

// targets scans each target and then settles what is gone.
func (s *scan) targets(ctx context.Context, targets []target, r reach) error {
	for _, t := range targets {
		err := s.target(ctx, t, r, 1/float64(len(targets)))
		if whole, ok := errors.AsType[*folderError](err); ok && ctx.Err() == nil {
			s.spare(t.fo.root)
			s.l.leave(ctx, t.fo, whole.err)
		} else if err != nil {
			return err
		}
	}
	if err := s.finish(ctx); err != nil {
		return err
	}
	if r == here {
		return nil
	}
	return s.purge(ctx)
}

// purge forgets what has been gone for longer than tombstoneAge, and the containers that held nothing else.
func (s *scan) purge(ctx context.Context) error {
	err := s.w.transact(func() error {
		before := s.stamp - int64(tombstoneAge/time.Second)
		if err := s.l.giveUpMounts(ctx, before); err != nil {
			return err
		}
		forgotten := int64(0)
		for _, table := range []string{"files", "dirs"} {
			n, err := s.w.exec(ctx, "DELETE FROM items WHERE n IN (SELECT n FROM "+table+" WHERE gone < ?)", before)
			if err != nil {
				return err
			}
			if _, err := s.w.exec(ctx, "DELETE FROM "+table+" WHERE gone < ?", before); err != nil {
				return err
			}
			forgotten += n
		}
		if forgotten == 0 {
			return nil
		}
		if _, err := s.w.exec(ctx, "DELETE FROM listed WHERE n NOT IN (SELECT n FROM files)"); err != nil {
			return err
		}
		s.l.stale = true
		// What holds others comes after what it holds: shows after seasons, artists after albums.
		for _, kinds := range []string{"'season','album'", "'show','artist','genre'"} {
			_, err := s.w.exec(ctx, "DELETE FROM items WHERE kind IN ("+kinds+`) AND n NOT IN (SELECT group_n FROM items
				WHERE group_n IS NOT NULL UNION SELECT artist_n FROM items WHERE artist_n IS NOT NULL
				UNION SELECT genre_n FROM items WHERE genre_n IS NOT NULL)`)
			if err != nil {
				return err
			}
		}
		clear(s.containers)
		return nil
	})
	if err != nil {
		return fmt.Errorf("write library.db: %w", err)
	}
	return nil
}

// retire takes the files of folders that are configured no more for gone.
func (l *Library) retire(ctx context.Context, kept map[int64]bool) error {
	var old []int64
	err := l.db.write.query(ctx, func(r *sql.Rows) error {
		var id int64
		err := r.Scan(&id)
		if !kept[id] {
			old = append(old, id)
		}
		return err
	}, "SELECT id FROM roots")
	for _, id := range old {
		for _, table := range []string{"files", "dirs"} {
			if err == nil {
				_, err = l.db.write.exec(ctx, "UPDATE "+table+" SET gone=? WHERE root=? AND gone IS NULL", time.Now().Unix(), id)
			}
		}
	}
	return err
}

// warnOnce warns about a path, and not again of the same.
func (l *Library) warnOnce(what, path string, err error) {
	if l.warned[path] == err.Error() {
		return
	}
	if len(l.warned) >= maxWarned {
		clear(l.warned)
	}
	l.warned[path] = err.Error()
	l.log.Warn(what, "item", path, "err", err)
}

// folderOf returns the folder with this row in roots, nil if it is configured no more.
func (l *Library) folderOf(root int64) *folder {
	i := slices.IndexFunc(l.folders, func(f *folder) bool { return f.root == root })
	if i < 0 {
		return nil
	}
	return l.folders[i]
}

// isRoot reports whether a path is one of the configured folders.
func (l *Library) isRoot(path string) bool {
	return slices.ContainsFunc(l.folders, func(f *folder) bool { return f.path == path })
}
