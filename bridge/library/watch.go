package library

import (
	"context"
	"path/filepath"
	"slices"
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
	begin func() (watching, error) // how the system watches; tests have other ways
	watching
	watched map[string]struct{} // absolute paths

	mu       sync.Mutex // guards what follows
	dirty    map[string]struct{}
	overflow bool // changes were lost
}

// watching is a watch that has begun; the zero watching watches nothing.
type watching struct {
	add, remove func(path string) error
	stop        func() // ends the watch and waits for it
}

func newWatcher() *watcher {
	w := &watcher{wake: make(chan struct{}, 1), watched: map[string]struct{}{}, dirty: map[string]struct{}{}}
	w.begin = w.notify
	return w
}

// startWatching begins to collect changes. The function that it returns ends that and waits for it.
func (l *Library) startWatching() func() {
	if !l.cfg.Watch {
		return func() {}
	}
	var err error
	if l.watcher.watching, err = l.watcher.begin(); err != nil {
		l.log.Warn("folders cannot be watched; they are looked at in intervals", "err", err)
		return func() {}
	}
	return l.watcher.stop
}

// notify watches by the means of the system.
func (w *watcher) notify() (watching, error) {
	fs, err := fsnotify.NewWatcher()
	if err != nil {
		return watching{}, err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.collect(fs)
	}()
	return watching{fs.Add, fs.Remove, func() {
		_ = fs.Close() // it only says that it is closed
		<-done
	}}, nil
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

// passChanged waits until nothing has changed for a moment, though not for long, and looks at what has.
func (l *Library) passChanged(ctx context.Context) {
	latest := time.After(3 * l.pace.debounce)
	for waiting := true; waiting; {
		select {
		case <-ctx.Done():
			return
		case <-l.watcher.wake:
		case <-time.After(l.pace.debounce):
			waiting = false
		case <-latest:
			waiting = false
		}
	}
	dirty, overflow := l.watcher.take()
	if overflow {
		l.overflowed(ctx)
		return
	}
	var changed []target
	for _, path := range dirty {
		if t, ok := l.targetOf(path); ok {
			changed = append(changed, t)
			delete(l.unsettled, t)
		}
	}
	for _, t := range l.due() {
		if !slices.Contains(changed, t) {
			changed = append(changed, t)
		}
	}
	l.pass(ctx, changed, here, false)
}

// overflowed looks through everything, since changes were lost. Until that is done the folders count as polled.
func (l *Library) overflowed(ctx context.Context) {
	l.log.Warn("more changed in the library folders than could be noted; all of them are looked through")
	l.behind = true
	l.tellFolders()
	l.pass(ctx, l.targets(""), deep, true)
	l.behind = false
	l.tellFolders()
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

// mayWatch decides anew whether one of the configured folders can be watched, or has to be polled.
func (l *Library) mayWatch(ctx context.Context, fo *folder) {
	if !l.cfg.Watch {
		return
	}
	far, err := call(ctx, &fo.own, listTimeout, func() (bool, error) { return remote(fo.path), nil }, nil)
	fo.polled = far || err != nil || l.watcher.add == nil
	if fo.polled {
		l.watcher.forget(fo.path)
	}
}

// watch makes sure that a folder is watched.
func (l *Library) watch(fo *folder, rel string) {
	w := l.watcher
	if w.add == nil || fo.polled || fo.volume(rel).far {
		return
	}
	path := fo.absolute(rel)
	if _, ok := w.watched[path]; ok {
		return
	}
	err := w.add(path)
	switch {
	case err == nil:
		w.watched[path] = struct{}{}
	case exhausted(err):
		fo.polled = true
		w.forget(fo.path)
		l.warnOnce("too many folders to watch; they are looked at in intervals (Linux: raise fs.inotify.max_user_watches)", fo.base, err)
	default:
		l.log.Debug("a folder cannot be watched", "folder", fo.base, "err", err)
	}
}

// unwatch ends the watches of what lies, or lay, at a path and below.
func (l *Library) unwatch(fo *folder, rel string) {
	l.watcher.forget(fo.absolute(rel))
}

// forget ends the watches of a folder and of all below it, under the paths that they had when they began.
func (w *watcher) forget(path string) {
	for p := range w.watched {
		if p == path || strings.HasPrefix(p, path+string(filepath.Separator)) {
			delete(w.watched, p)
			_ = w.remove(p) // most have ended by themselves
		}
	}
}
