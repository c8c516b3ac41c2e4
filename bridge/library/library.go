// Package library turns folders into a catalogue: it scans and watches them, keeps what it found in library.db, finds items
// by words, and opens their files. It reads the folders and never writes, moves or deletes anything in them; it never opens
// state.db, and it plays nothing.
//
// Items keep their ids through renames and moves. A folder that cannot be read loses none of its items: they are away until
// it comes back.
package library

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"localcast/bridge/library/index"
	"localcast/bridge/library/names"
	"localcast/bridge/media"
)

// Config says what the library is made of.
type Config struct {
	DataDir        string   // where library.db lies; it exists
	Folders        []string // the roots; what lies in two of them belongs to the inner one
	FollowSymlinks bool     // to targets inside one of the folders
	Watch          bool
	Rescan         time.Duration // between scans of everything; 0 is never
	FFprobe        string        // the path of the program that looks into what the own readers do not know; "" for none
	FFmpeg         string        // the path of the program that takes frames from films; "" for none
}

// pace is how the library waits; tests hurry it.
type pace struct {
	settle   time.Duration // a file that was written more recently is still being written
	debounce time.Duration // quiet time after a change before it is looked at
	poll     time.Duration // between looks at folders that cannot be watched
	check    time.Duration // between looks whether the folders are there
	answer   time.Duration // for what is mounted in a folder to list one of its own
	program  time.Duration // for ffmpeg to take a frame, and for ffprobe to look into a file
}

// Library is the catalogue of the folders. Its methods may be called by everyone at any time until Close.
type Library struct {
	cfg     Config
	log     *slog.Logger
	pace    pace
	db      *catalogue
	parser  *names.Parser
	folders []*folder
	tops    []top // the kinds as folders

	// Owned by the goroutine of Run, and of New before it.
	watcher   *watcher
	unsettled map[target]retry   // folders with files that are still being written
	failed    []target           // what could not be scanned, since library.db could not be written
	behind    bool               // changes were lost, and not all is looked through yet
	gone      map[place]struct{} // where something was mounted that is away
	warned    map[string]string  // paths that were warned about, and of what
	stale     bool               // library.db knows more than the index
	indexing  time.Duration      // how long the index took to build

	index   atomic.Pointer[index.Index]
	saved   atomic.Pointer[saved]
	changed chan struct{} // capacity 1
	shelved chan struct{} // capacity 1: saved was replaced
	asked   chan struct{} // capacity 1: requests is not empty

	mu       sync.Mutex // guards what follows; never held while anything blocks
	status   media.LibraryStatus
	events   []media.LibraryEvent
	requests []target
	indexed  *saved        // what the index knows
	rebuilt  chan struct{} // closed when the index has been built again
}

// retry is when to look at a folder again in which files were being written, and how often that was so.
type retry struct {
	at    time.Time
	times int
}

// New opens library.db and loads what it knows, so that everything can be found before the first scan. A damaged library.db
// is set aside. It starts nothing. Close it after Run has returned.
func New(cfg Config, log *slog.Logger) (*Library, error) {
	l := &Library{
		cfg: cfg, log: log, parser: names.New(),
		pace: pace{
			settle: 2 * time.Second, debounce: time.Second, poll: time.Minute, check: 15 * time.Second, answer: 10 * time.Second,
			program: programTimeout,
		},
		changed: make(chan struct{}, 1), asked: make(chan struct{}, 1),
		shelved: make(chan struct{}, 1), rebuilt: make(chan struct{}),
		watcher: newWatcher(), warned: map[string]string{}, unsettled: map[target]retry{}, gone: map[place]struct{}{},
	}
	l.saved.Store(&saved{})
	for _, path := range cfg.Folders {
		abs, err := filepath.Abs(path)
		if err != nil {
			return nil, fmt.Errorf("library folder %q: %w", path, err)
		}
		if !slices.ContainsFunc(l.folders, func(f *folder) bool { return f.path == abs }) {
			l.folders = append(l.folders, &folder{path: abs, base: strings.ReplaceAll(shown(filepath.Base(abs)), "/", "root")})
		}
	}
	err := openCatalogue(cfg.DataDir, log, func(c *catalogue) error {
		c.frames = cfg.FFmpeg != ""
		l.db = c
		return l.begin(context.Background())
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// begin brings the roots of library.db in line with the configuration and loads the index.
func (l *Library) begin(ctx context.Context) error {
	w := l.db.write
	err := w.transact(func() error {
		kept := map[int64]bool{}
		for _, fo := range l.folders {
			if _, err := w.exec(ctx, "INSERT INTO roots(path) VALUES(?) ON CONFLICT(path) DO NOTHING", []byte(fo.path)); err != nil {
				return err
			}
			var err error
			if fo.root, err = w.number(ctx, "SELECT id FROM roots WHERE path=?", []byte(fo.path)); err != nil {
				return err
			}
			away, err := w.number(ctx, "SELECT NOT available FROM roots WHERE id=?", fo.root)
			if err != nil {
				return err
			}
			fo.away, kept[fo.root] = away != 0, true
		}
		return l.retire(ctx, kept)
	})
	if err != nil {
		return err
	}
	if l.tops, err = makeTops(ctx, w); err != nil {
		return err
	}
	if err := l.loadMounts(ctx); err != nil {
		return err
	}
	l.status.Counts.Folders = len(l.folders)
	l.tellFolders()
	return l.reindex(ctx)
}

// Close closes library.db.
func (l *Library) Close() error { return l.db.close() }

// Changed gets a value after each change of Status and after each of Events; it holds one at most.
func (l *Library) Changed() <-chan struct{} { return l.changed }

// Status is what the library is and does.
func (l *Library) Status() media.LibraryStatus {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.status
	s.Unavailable, s.Polled = slices.Clone(s.Unavailable), slices.Clone(s.Polled)
	return s
}

// Events returns what happened since it was last called, the oldest first, and forgets it. There is at most one of a kind
// for a folder: added and removed items are summed up, and of a folder that went and came back only the last is told.
func (l *Library) Events() []media.LibraryEvent {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.events
	l.events = nil
	return out
}

// tell changes the status, and wakes who waits for that if anything is different.
func (l *Library) tell(change func(*media.LibraryStatus)) {
	l.mu.Lock()
	before := l.status
	change(&l.status)
	different := !reflect.DeepEqual(before, l.status)
	l.mu.Unlock()
	if different {
		l.wake()
	}
}

// happened notes an event, merged with those that nobody has taken yet.
func (l *Library) happened(e media.LibraryEvent) {
	l.mu.Lock()
	i := slices.IndexFunc(l.events, func(o media.LibraryEvent) bool {
		return o.Folder == e.Folder && (o.Type == media.LibraryUpdated) == (e.Type == media.LibraryUpdated)
	})
	if i >= 0 {
		e.Added, e.Removed = e.Added+l.events[i].Added, e.Removed+l.events[i].Removed
		l.events = slices.Delete(l.events, i, i+1)
	}
	l.events = append(l.events, e)
	l.mu.Unlock()
	l.wake()
}

func (l *Library) wake() {
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

// Rescan begins a scan of all folders for "", of the folder with that base name, or of what lies at that path relative to
// a root, with or without the root's base name before it. It returns at once; the error wraps media.ErrNoItem for a folder
// that is not there.
func (l *Library) Rescan(name string) error {
	targets := l.targets(strings.Trim(name, "/"))
	if len(targets) == 0 {
		return fmt.Errorf("rescan %q: %w; wanted the name of a library folder or a path in one", name, media.ErrNoItem)
	}
	l.mu.Lock()
	for _, t := range targets {
		// Beyond a handful of requests, scan everything.
		if len(l.requests) >= 64 {
			l.requests = l.targets("")
		}
		if !slices.Contains(l.requests, t) {
			l.requests = append(l.requests, t)
		}
	}
	l.mu.Unlock()
	select {
	case l.asked <- struct{}{}:
	default:
	}
	return nil
}

// target is a folder to be scanned: fo itself where rel is "".
type target struct {
	fo  *folder
	rel string
}

// targets returns what a name stands for.
func (l *Library) targets(name string) []target {
	var out []target
	for _, fo := range l.folders {
		if name == "" || name == fo.base {
			out = append(out, target{fo, ""})
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, fo := range l.folders {
		for _, rel := range []string{strings.TrimPrefix(name, fo.base+"/"), name} {
			there, err := call(context.Background(), fo.volume(rel), time.Second, func() (bool, error) {
				_, info, err := l.statAt(fo, rel)
				return err == nil && info.IsDir(), err
			}, nil)
			if err == nil && there {
				out = append(out, target{fo, rel})
				break
			}
		}
	}
	return out
}

func (l *Library) takeRequests() []target {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.requests
	l.requests = nil
	return out
}
