package library

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"localcast/bridge/library/names"
)

// folder is one of the configured folders: a root of the library.
type folder struct {
	path   string // absolute and clean
	base   string // what it is called on every topic
	root   int64  // its row in roots
	own    volume
	mounts atomic.Pointer[map[string]*volume] // what is mounted below it, by path; the goroutine of Run replaces it

	// Owned by the goroutine of Run.
	away   bool // it cannot be read now
	polled bool // it cannot be watched
}

// How long the disk may take. A network folder whose server is gone keeps a system call for ever.
const (
	listTimeout  = 20 * time.Second // a disk may have to spin up
	probeTimeout = 15 * time.Second
	openTimeout  = 10 * time.Second
	maxStuck     = 4 // calls of one file system that may hang before it counts as stalled
)

var errStalled = errors.New("the folder does not answer")

// stalled reports whether so many calls hang that the file system as a whole does.
func (v *volume) stalled() bool { return v.stuck.Load() >= maxStuck }

// absolute is the path of what lies at rel in the folder.
func (fo *folder) absolute(rel string) string { return filepath.Join(fo.path, filepath.FromSlash(rel)) }

// call runs f, which touches the disk, and waits for it as long as ctx and d allow. Then f goes on by itself, and drop, if
// given, gets what it brings in the end; while maxStuck such calls hang, every further one fails at once.
func call[T any](ctx context.Context, on *volume, d time.Duration, f func() (T, error), drop func(T)) (T, error) {
	var zero T
	if on.stalled() {
		return zero, errStalled
	}
	type result struct {
		v   T
		err error
	}
	done := make(chan result, 1)
	var state atomic.Int32 // 0 while both may, 1 once f has returned in time, 2 once it was given up
	go func() {
		v, err := f()
		if state.CompareAndSwap(0, 1) {
			done <- result{v, err}
			return
		}
		on.stuck.Add(-1)
		if drop != nil && err == nil {
			drop(v)
		}
	}()
	timer := time.NewTimer(d)
	defer timer.Stop()
	var cause error
	select {
	case r := <-done:
		return r.v, r.err
	case <-timer.C:
		cause = errStalled
	case <-ctx.Done():
		cause = ctx.Err()
	}
	on.stuck.Add(1)
	if state.CompareAndSwap(0, 2) {
		return zero, cause
	}
	on.stuck.Add(-1)
	r := <-done // it returned at the last moment
	return r.v, r.err
}

// entry is a file or folder as a listing finds it.
type entry struct {
	name              string
	dev, inode, mtime int64 // mtime in nanoseconds since 1970
	size              int64
	link              bool // it was reached through a symlink, and is what that leads to
	mount             bool // something is mounted there: nothing else of it is known, since it might not answer
}

// listing is what lies in one folder.
type listing struct {
	self   entry
	dirs   []entry
	files  []entry           // media, by name
	cover  string            // the picture that stands for the folder; "" for none
	covers map[string]string // pictures of single files, by the file's stem in lower case
	// subtitles of single files, by the file's stem in lower case, and the folders of subtitles that were looked into.
	subtitles map[string][]string
	beside    []string
	nfos      map[string]entry // NFO files, by the stem that they are for in lower case
}

// list reads a folder. Symlinks are left out unless follow resolves them.
func (fo *folder) list(rel string, follow func(name string) (entry, bool, error)) (listing, error) {
	sub, err := fo.openRoot(rel)
	if err != nil {
		return listing{}, err
	}
	defer sub.Close()
	dir, err := sub.Open(".")
	if err != nil {
		return listing{}, err
	}
	defer dir.Close()
	info, err := dir.Stat()
	if err != nil {
		return listing{}, err
	}
	l := listing{self: entryOf("", info), covers: map[string]string{}, nfos: map[string]entry{}}
	bare, err := unrooted(dir)
	if err != nil {
		return listing{}, err
	}
	defer bare.Close()
	found, err := bare.ReadDir(-1)
	if err != nil {
		return listing{}, err
	}
	var pictures []entry
	stems := map[string]bool{}
	for _, d := range found {
		if d.IsDir() && fo.mounted(join(rel, d.Name())) {
			if !names.SkipFolder(rel[strings.LastIndexByte(rel, '/')+1:], d.Name()) {
				l.dirs = append(l.dirs, entry{name: d.Name(), mount: true})
			}
			continue
		}
		if stem := names.NFOOf(d.Name()); stem != "" && d.Type().IsRegular() {
			if info, err := sub.Lstat(d.Name()); err == nil {
				l.nfos[stem] = entryOf(d.Name(), info)
			}
			continue
		}
		e, isDir, err := look(sub, d, follow)
		medium, _ := names.Medium(d.Name())
		switch {
		case errors.Is(err, errNotOurs):
		case err != nil:
			return listing{}, err // were it left out, it would count as deleted
		case isDir && !names.SkipFolder(rel[strings.LastIndexByte(rel, '/')+1:], e.name):
			l.dirs = append(l.dirs, e)
		case isDir || names.SkipFile(e.name) || e.size == 0:
		case medium == names.Picture:
			pictures = append(pictures, e)
		case medium == names.List:
			l.files = append(l.files, e)
		case medium != names.None:
			l.files = append(l.files, e)
			stems[stemOf(e.name)] = true
		}
	}
	l.subtitles, l.beside = sidecars(sub, found, stems, onlyFilm(l.files), follow != nil)
	byName := func(a, b entry) int { return strings.Compare(a.name, b.name) }
	slices.SortFunc(pictures, byName)
	l.sortPictures(pictures, stems)
	slices.SortFunc(l.files, byName)
	slices.SortFunc(l.dirs, byName)
	return l, nil
}

// sortPictures separates covers from pictures that are looked at for themselves.
func (l *listing) sortPictures(pictures []entry, stems map[string]bool) {
	best := names.NoCover
	for _, e := range pictures {
		switch rank := names.CoverRank(e.name, stems); rank {
		case names.NoCover:
			l.files = append(l.files, e)
		case names.FileCover:
			if of := names.CoverOf(e.name); l.covers[of] == "" {
				l.covers[of] = e.name
			}
		case names.OtherArt:
		default:
			if best == names.NoCover || rank < best {
				best, l.cover = rank, e.name
			}
		}
	}
}

var errNotOurs = errors.New("neither a folder nor a regular file that the library could hold")

// look tells what a directory entry is; the error is errNotOurs for what is left out.
func look(sub *os.Root, d fs.DirEntry, follow func(string) (entry, bool, error)) (e entry, isDir bool, err error) {
	medium, _ := names.Medium(d.Name())
	switch t := d.Type(); {
	case t.IsDir():
	case t.IsRegular() && medium != names.None:
	case t&fs.ModeSymlink != 0 && follow != nil:
		e, isDir, err := follow(d.Name())
		if err != nil {
			return entry{}, false, errNotOurs // it leads nowhere, or out
		}
		e.name, e.link = d.Name(), true
		return e, isDir, nil
	default:
		return entry{}, false, errNotOurs
	}
	info, err := sub.Lstat(d.Name())
	switch {
	case errors.Is(err, fs.ErrNotExist): // it went while we looked
		return entry{}, false, errNotOurs
	case err != nil:
		return entry{}, false, err
	case !info.IsDir() && !info.Mode().IsRegular():
		return entry{}, false, errNotOurs
	}
	return entryOf(d.Name(), info), info.IsDir(), nil
}

// stat looks at one path below the folder without following a link.
func (fo *folder) stat(rel string) (entry, fs.FileInfo, error) {
	root, err := os.OpenRoot(fo.path)
	if err != nil {
		return entry{}, nil, err
	}
	defer root.Close()
	info, err := root.Lstat(local(rel))
	if err != nil {
		return entry{}, nil, err
	}
	return entryOf(info.Name(), info), info, nil
}

// openRoot opens a folder below this one such that nothing outside of it can be reached. The root is opened anew each time:
// a file system that was mounted meanwhile is seen, and none is kept from being unmounted.
func (fo *folder) openRoot(rel string) (*os.Root, error) {
	root, err := os.OpenRoot(fo.path)
	if err != nil || rel == "" {
		return root, err
	}
	defer root.Close()
	return root.OpenRoot(rel)
}

// open opens a regular file below the folder; a FIFO or a device is refused without waiting for it.
func (fo *folder) open(rel string) (*os.File, error) {
	root, err := os.OpenRoot(fo.path)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := root.OpenFile(rel, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errNotRegular
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// empty reports whether the folder has nothing in it that the library could hold, as an unmounted disk's mount point.
func (fo *folder) empty() (bool, error) {
	root, err := os.OpenRoot(fo.path)
	if err != nil {
		return false, err
	}
	defer root.Close()
	dir, err := root.Open(".")
	if err != nil {
		return false, err
	}
	defer dir.Close()
	bare, err := unrooted(dir)
	if err != nil {
		return false, err
	}
	defer bare.Close()
	for {
		found, err := bare.ReadDir(100)
		for _, d := range found {
			medium, _ := names.Medium(d.Name())
			link := d.Type()&fs.ModeSymlink != 0
			if d.IsDir() && !names.SkipFolder("", d.Name()) || !d.IsDir() && medium != names.None || link {
				return false, nil
			}
		}
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
}

// join puts a path of slashes together; "" is the folder itself.
func join(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir + "/" + name
}

// local is a relative path as the os package wants it.
func local(rel string) string {
	if rel == "" {
		return "."
	}
	return filepath.FromSlash(rel)
}
