package library

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// maxDirty bounds the folders that wait to be looked at; beyond it everything is.
const maxDirty = 4096

// watcher collects the folders in which something has changed.
type watcher struct {
	wake chan struct{} // capacity 1: there is something to take

	// Owned by the goroutine of Run.
	fs      *fsnotify.Watcher   // nil: nothing is watched
	watched map[string]struct{} // absolute paths

	mu       sync.Mutex // guards what follows
	dirty    map[string]struct{}
	overflow bool // changes were lost
}

func newWatcher() *watcher {
	return &watcher{wake: make(chan struct{}, 1), watched: map[string]struct{}{}, dirty: map[string]struct{}{}}
}

// startWatching begins to collect changes. The function that it returns ends that and waits for it.
func (l *Library) startWatching() func() {
	if !l.cfg.Watch {
		return func() {}
	}
	fs, err := fsnotify.NewWatcher()
	if err != nil {
		l.log.Warn("folders cannot be watched; they are looked at in intervals", "err", err)
		for _, fo := range l.folders {
			fo.polled = true
		}
		return func() {}
	}
	w := l.watcher
	w.fs = fs
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.collect(fs)
	}()
	return func() {
		if err := fs.Close(); err != nil {
			l.log.Warn("the watch of the folders did not end cleanly", "err", err)
		}
		<-done
	}
}

// collect notes what changes until fs is closed. It never waits, so that the kernel's queue does not fill.
func (w *watcher) collect(fs *fsnotify.Watcher) {
	events, errs := fs.Events, fs.Errors
	for events != nil || errs != nil {
		select {
		case e, ok := <-events:
			if !ok {
				events = nil
				continue
			}
			w.note(filepath.Dir(e.Name), false)
		case err, ok := <-errs:
			if !ok {
				errs = nil
				continue
			}
			w.note("", err != nil)
		}
	}
}

func (w *watcher) note(dir string, lost bool) {
	w.mu.Lock()
	if dir != "" && len(w.dirty) < maxDirty {
		w.dirty[dir] = struct{}{}
	} else if dir != "" {
		lost = true
	}
	w.overflow = w.overflow || lost
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// take returns what was noted and forgets it.
func (w *watcher) take() (dirty []string, overflow bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for d := range w.dirty {
		dirty = append(dirty, d)
	}
	clear(w.dirty)
	overflow, w.overflow = w.overflow, false
	return dirty, overflow
}

// quiet waits until nothing has changed for a moment, though not for long, and returns what has changed.
func (l *Library) quiet(ctx context.Context) ([]target, reach) {
	latest := time.After(3 * l.pace.debounce)
	for waiting := true; waiting; {
		select {
		case <-ctx.Done():
			return nil, here
		case <-l.watcher.wake:
		case <-time.After(l.pace.debounce):
			waiting = false
		case <-latest:
			waiting = false
		}
	}
	dirty, overflow := l.watcher.take()
	if overflow {
		l.log.Warn("more changed in the library folders than could be noted; all of them are looked through")
		return l.targets(""), deep
	}
	var out []target
	for _, path := range dirty {
		if t, ok := l.targetOf(path); ok {
			out = append(out, t)
		}
	}
	return out, here
}

// targetOf returns what an absolute path means below the innermost configured folder.
func (l *Library) targetOf(path string) (target, bool) {
	var best target
	for _, fo := range l.folders {
		rel, err := filepath.Rel(fo.path, path)
		if err != nil || !filepath.IsLocal(rel) || best.fo != nil && len(fo.path) < len(best.fo.path) {
			continue
		}
		if rel == "." {
			rel = ""
		}
		best = target{fo, filepath.ToSlash(rel)}
	}
	return best, best.fo != nil
}

// watch makes sure that a folder is watched.
func (l *Library) watch(fo *folder, rel string) {
	w := l.watcher
	if !l.cfg.Watch || w.fs == nil {
		return
	}
	if rel == "" {
		fo.polled = remote(fo.path)
	}
	if fo.polled {
		return
	}
	path := filepath.Join(fo.path, filepath.FromSlash(rel))
	if _, ok := w.watched[path]; ok {
		return
	}
	err := w.fs.Add(path)
	switch {
	case err == nil:
		w.watched[path] = struct{}{}
	case exhausted(err):
		fo.polled = true
		w.forget(fo.path)
		l.log.Warn("too many folders to watch; this one is looked at in intervals (Linux: raise fs.inotify.max_user_watches)",
			"folder", fo.base, "err", err)
	default:
		l.log.Debug("a folder cannot be watched", "folder", fo.base, "err", err)
	}
}

// forget ends the watches of a folder and of all below it, under the paths that they had when they began.
func (w *watcher) forget(path string) {
	if w.fs == nil {
		return
	}
	for p := range w.watched {
		if p == path || strings.HasPrefix(p, path+string(filepath.Separator)) {
			delete(w.watched, p)
			// A watch that has ended by itself is no error.
			if err := w.fs.Remove(p); err != nil && !errors.Is(err, fsnotify.ErrNonExistentWatch) {
				continue
			}
		}
	}
}
