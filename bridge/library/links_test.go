//go:build unix

package library

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"localcast/bridge/media"
)

func (s *shelf) link(target, name string) {
	s.t.Helper()
	s.do(os.MkdirAll(filepath.Dir(s.path(name)), 0o755))
	s.do(os.Symlink(target, s.path(name)))
}

func TestSymlinksAreNotFollowedByDefault(t *testing.T) {
	s := newShelf(t, Config{}, "a.wav", "dir/b.wav")
	s.link("a.wav", "link.wav")
	s.link("dir", "linkdir")
	s.scan()
	s.wantPaths("a.wav, dir/b.wav")
}

func TestSymlinksToTargetsInsideTheFolders(t *testing.T) {
	base := t.TempDir()
	s := newShelf(t, Config{Folders: []string{filepath.Join(base, "media"), filepath.Join(base, "other")}, FollowSymlinks: true},
		"a.wav", "dir/b.wav", "../other/c.wav", "../outside/d.wav")
	s.link("a.wav", "relative.wav")
	s.link(s.path("a.wav"), "absolute.wav")
	s.link(filepath.Join(base, "other"), "fav/other")
	s.link("../outside/d.wav", "out.wav")
	s.link(filepath.Join(base, "outside"), "outdir")
	s.link("nowhere", "broken.wav")
	s.link("..", "dir/up")
	s.link(".", "self")
	s.link("loop2", "loop1")
	s.link("loop1", "loop2")
	s.scan()
	s.wantPaths("a.wav, absolute.wav, dir/b.wav, fav/other/c.wav, other/c.wav, relative.wav")
	before := s.ids()
	for path, id := range before {
		f, _, err := s.lib.Open(t.Context(), id)
		if err != nil {
			t.Errorf("open %s: %v", path, err)
			continue
		}
		s.do(f.Close())
	}
	// What a link leads to may change after the scan; nothing outside is ever opened.
	s.remove("relative.wav")
	s.link("../outside/d.wav", "relative.wav")
	if f, _, err := s.lib.Open(t.Context(), before["media/relative.wav"]); err == nil {
		t.Errorf("opened %s", f.Name())
	}
	s.remove("relative.wav")
	s.link("a.wav", "relative.wav")
	s.pass(shallow)
	s.scan()
	for path, id := range s.ids() {
		if before[path] != id {
			t.Errorf("%s has a new id", path)
		}
	}
}

func TestFoldersThatLinkToEachOther(t *testing.T) {
	s := newShelf(t, Config{FollowSymlinks: true})
	const n = 4
	for i := range n {
		s.write(fmt.Sprintf("%d/x.wav", i))
		for j := range n {
			s.link(fmt.Sprintf("../%d", j), fmt.Sprintf("%d/to%d", i, j))
		}
	}
	s.scan()
	// Each folder, what it links to, and what that links to: not every path there is.
	if got := len(s.ids()); got < n*n || got > n*n*n {
		t.Errorf("%d items in %d folders", got, n)
	}
}

func TestLinksPutInPlaceOfFilesAreNotFollowedOut(t *testing.T) {
	s := newShelf(t, Config{}, "a.wav", "dir/b.wav", "../outside/a.wav", "../outside/b.wav")
	s.scan()
	ids := s.ids()
	s.remove("a.wav")
	s.link("../outside/a.wav", "a.wav")
	s.remove("dir")
	s.link("../outside", "dir")
	for path, id := range ids {
		if f, _, err := s.lib.Open(t.Context(), id); err == nil {
			t.Errorf("%s opened %s", path, f.Name())
		}
	}
}

func TestPipesAndDevices(t *testing.T) {
	s := newShelf(t, Config{}, "a.wav", "b.wav")
	s.do(syscall.Mkfifo(s.path("pipe.wav"), 0o644))
	s.scan()
	s.wantPaths("a.wav, b.wav")
	id := s.ids()["media/a.wav"]
	s.remove("a.wav")
	s.do(syscall.Mkfifo(s.path("a.wav"), 0o644))
	if _, _, err := s.lib.Open(t.Context(), id); !errors.Is(err, media.ErrNoItem) {
		t.Errorf("a pipe in a file's place: %v", err)
	}
}
