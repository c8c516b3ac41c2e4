package library

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"localcast/bridge/media"
)

func TestWatch(t *testing.T) {
	s := newShelf(t, Config{Watch: true}, "a.wav")
	if remote(s.dir) {
		t.Skip("not on this system: temporary folders lie on a file system that cannot be watched")
	}
	defer s.start()()
	s.awaitPaths("a.wav")
	a := s.ids()["media/a.wav"]

	s.write("b.wav")
	s.awaitPaths("a.wav, b.wav")
	s.write("new/deep/folder/c.wav")
	s.awaitPaths("a.wav, b.wav, new/deep/folder/c.wav")
	s.write("new/deep/folder/d.wav")
	s.awaitPaths("a.wav, b.wav, new/deep/folder/c.wav, new/deep/folder/d.wav")
	s.move("new", "renamed")
	s.awaitPaths("a.wav, b.wav, renamed/deep/folder/c.wav, renamed/deep/folder/d.wav")
	s.remove("renamed/deep/folder/d.wav") // below a folder whose name has changed
	s.awaitPaths("a.wav, b.wav, renamed/deep/folder/c.wav")
	s.move("a.wav", "renamed/a.wav")
	s.awaitPaths("b.wav, renamed/a.wav, renamed/deep/folder/c.wav")
	if got := s.ids()["media/renamed/a.wav"]; got != a {
		t.Errorf("the moved file has id %s, had %s", got, a)
	}
	s.remove("renamed")
	s.awaitPaths("b.wav")
	s.write("renamed/e.wav") // the folder is a new one
	s.awaitPaths("b.wav, renamed/e.wav")
	s.write("renamed/f.wav")
	s.awaitPaths("b.wav, renamed/e.wav, renamed/f.wav")
	s.put("b.wav", wav(3, "other"))
	s.await("a file written anew", func() bool {
		f := s.search(media.Query{Text: "b", Kinds: []media.Kind{media.Track}})
		return len(f) > 0 && f[0].Duration == 3
	})
	if strings.Contains(s.log.String(), "WARN") {
		t.Errorf("warnings:\n%s", s.log.String())
	}
}

func TestFileIsFoundOnceItIsWritten(t *testing.T) {
	s := newShelf(t, Config{Watch: true}, "a.wav")
	if remote(s.dir) {
		t.Skip("not on this system: temporary folders lie on a file system that cannot be watched")
	}
	defer s.start()()
	s.awaitPaths("a.wav")
	// Its time stays the present one: it is found when that has passed.
	s.do(os.WriteFile(s.path("b.wav"), wav(1, "b"), 0o644))
	s.awaitPaths("a.wav, b.wav")
}

func TestRescanWhileRunning(t *testing.T) {
	s := newShelf(t, Config{}, "a.wav")
	defer s.start()()
	s.awaitPaths("a.wav")
	s.write("b.wav")
	s.do(s.lib.Rescan("media"))
	s.awaitPaths("a.wav, b.wav")
}

func TestRescanFromTimeToTime(t *testing.T) {
	s := newShelf(t, Config{Rescan: 20 * time.Millisecond}, "a.wav")
	defer s.start()()
	s.awaitPaths("a.wav")
	s.write("b.wav")
	s.awaitPaths("a.wav, b.wav")
}

func TestRootThatComesAndGoesWhileRunning(t *testing.T) {
	s := newShelf(t, Config{Watch: true}, "a.wav")
	defer s.startAt(pace{settle: 50 * time.Millisecond, debounce: 20 * time.Millisecond, poll: time.Hour, check: 20 * time.Millisecond})()
	s.awaitPaths("a.wav")
	aside := s.dir + ".aside"
	s.do(os.Rename(s.dir, aside))
	s.await("the folder goes", func() bool { return len(s.lib.Status().Unavailable) == 1 && s.paths() == "" })
	s.do(os.Rename(aside, s.dir))
	s.awaitPaths("a.wav")
	s.write("b.wav") // it is watched again
	s.awaitPaths("a.wav, b.wav")
}

func TestPolledWhereWatchesRunOut(t *testing.T) {
	s := newShelf(t, Config{Watch: true}, "a/a.wav", "b/b.wav")
	stopped := s.startWith(pace{settle: 50 * time.Millisecond, debounce: 20 * time.Millisecond, poll: 20 * time.Millisecond, check: time.Hour},
		func(path string) error {
			if filepath.Base(path) == "b" {
				return fmt.Errorf("watch %s: %w", path, syscall.ENOSPC)
			}
			return nil
		})
	defer stopped()
	s.await("the status tells", func() bool { return strings.Join(s.lib.Status().Polled, " ") == "media" && !s.lib.Status().Scanning })
	s.write("b/new.wav")
	s.awaitPaths("a/a.wav, b/b.wav, b/new.wav")
	if n := strings.Count(s.log.String(), "max_user_watches"); n != 1 {
		t.Errorf("told %d times:\n%s", n, s.log.String())
	}
}

// startWith runs the library with another way to watch a folder.
func (s *shelf) startWith(p pace, add func(string) error) (stop func()) {
	s.t.Helper()
	s.lib.watcher.begin = func() (watching, error) {
		return watching{add, func(string) error { return nil }, func() {}}, nil
	}
	return s.startAt(p)
}

func TestLostChangesAreLookedFor(t *testing.T) {
	s := newShelf(t, Config{Watch: true}, "a/a.wav", "b/b.wav")
	stop := s.startWith(pace{settle: 50 * time.Millisecond, debounce: 20 * time.Millisecond, poll: time.Hour, check: time.Hour}, func(string) error { return nil })
	defer stop()
	s.awaitPaths("a/a.wav, b/b.wav")
	s.await("the scan ends", func() bool { return !s.lib.Status().Scanning })
	s.write("b/new.wav")
	s.lib.watcher.note("", true)
	s.awaitPaths("a/a.wav, b/b.wav, b/new.wav")
	if !strings.Contains(s.log.String(), "more changed") {
		t.Errorf("not told:\n%s", s.log.String())
	}
	s.await("they are watched again", func() bool { return len(s.lib.Status().Polled) == 0 })
}

func TestWatcherIsBounded(t *testing.T) {
	w := newWatcher()
	for i := range maxDirty + 10 {
		w.note(fmt.Sprint("/", i), false)
	}
	if dirty, overflow := w.take(); len(dirty) != maxDirty || !overflow {
		t.Errorf("%d folders, overflow %v", len(dirty), overflow)
	}
	if dirty, overflow := w.take(); len(dirty) != 0 || overflow {
		t.Error("taken twice")
	}
}

// TestDiskThatHangs shows what happens while system calls do not return.
func TestDiskThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fo := &volume{}
		release := make(chan struct{})
		var dropped atomic.Int32
		hang := func() (int, error) { <-release; return 7, nil }
		drop := func(int) { dropped.Add(1) }
		for i := range maxStuck {
			begun := time.Now()
			if _, err := call(t.Context(), fo, time.Second, hang, drop); !errors.Is(err, errStalled) || time.Since(begun) != time.Second {
				t.Errorf("call %d: %v after %v", i, err, time.Since(begun))
			}
		}
		begun := time.Now()
		if _, err := call(t.Context(), fo, time.Second, hang, drop); !errors.Is(err, errStalled) || time.Since(begun) != 0 {
			t.Errorf("beyond the bound: %v after %v", err, time.Since(begun))
		}
		close(release)
		synctest.Wait()
		if dropped.Load() != maxStuck {
			t.Errorf("%d results were dropped, want %d", dropped.Load(), maxStuck)
		}
		if v, err := call(t.Context(), fo, time.Second, hang, drop); v != 7 || err != nil {
			t.Errorf("after it answers again: %d, %v", v, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		never := make(chan struct{})
		defer close(never)
		if _, err := call(ctx, fo, time.Hour, func() (int, error) { <-never; return 0, nil }, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
	})
}
