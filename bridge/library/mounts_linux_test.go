package library

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"localcast/bridge/media"
)

// inOwnMounts runs the test again, alone, in a program whose mounts nobody else sees. It reports whether this is that program.
func inOwnMounts(t *testing.T) bool {
	t.Helper()
	const inside = "LOCALCAST_TEST_OWN_MOUNTS"
	if os.Getenv(inside) != "" {
		if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
			t.Fatal(err)
		}
		return true
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.CombinedOutput()
	switch {
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.ENOSYS):
		t.Skipf("not on this system: a mount namespace is refused: %v", err)
	case err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()):
		t.Fatalf("%v\n%s", err, out)
	}
	return false
}

// mount mounts a small file system in memory at a path of the shelf.
func (s *shelf) mount(name string) {
	s.t.Helper()
	s.do(os.MkdirAll(s.path(name), 0o755))
	s.do(unix.Mount("films", s.path(name), "tmpfs", 0, "size=4m"))
	s.t.Cleanup(func() { _ = unix.Unmount(s.path(name), unix.MNT_DETACH) })
}

// bind mounts a folder at a path of the shelf.
func (s *shelf) bind(from, name string) {
	s.t.Helper()
	s.do(os.MkdirAll(s.path(name), 0o755))
	s.do(unix.Mount(from, s.path(name), "", unix.MS_BIND, ""))
	s.t.Cleanup(func() { _ = unix.Unmount(s.path(name), unix.MNT_DETACH) })
}

func (s *shelf) unmount(name string) {
	s.t.Helper()
	s.do(unix.Unmount(s.path(name), unix.MNT_DETACH))
}

// check does what Run does from time to time.
func (s *shelf) check() {
	s.t.Helper()
	s.lib.pass(s.t.Context(), s.lib.returned(s.t.Context()), deep, true)
	s.lib.pass(s.t.Context(), s.lib.lookAtMounts(s.t.Context()), here, false)
	s.lib.refresh(s.t.Context())
}

func (s *shelf) unavailable() string { return strings.Join(s.lib.Status().Unavailable, ", ") }

// eventually waits for what nobody tells of.
func (s *shelf) eventually(what string, ok func() bool) {
	s.t.Helper()
	late, again := time.NewTimer(time.Minute), time.NewTicker(5*time.Millisecond)
	defer late.Stop()
	defer again.Stop()
	for !ok() {
		select {
		case <-again.C:
		case <-late.C:
			s.t.Fatalf("%s: it did not happen", what)
		}
	}
}

func TestMountInAFolderComesAndGoes(t *testing.T) {
	if !inOwnMounts(t) {
		return
	}
	disk := filepath.Join(t.TempDir(), "disk")
	s := newShelf(t, Config{}, "a.wav")
	s.do(os.MkdirAll(filepath.Join(disk, "deep"), 0o755))
	for i, name := range []string{"x.wav", "deep/y.wav"} {
		file := filepath.Join(disk, name)
		s.do(os.WriteFile(file, wav(1, fmt.Sprint("disk", i)), 0o644))
		old := time.Now().Add(-time.Hour)
		s.do(os.Chtimes(file, old, old))
	}
	s.bind(disk, "usb/stick")
	const all = "a.wav, usb/stick/deep/y.wav, usb/stick/x.wav"
	s.scan()
	s.wantPaths(all)
	before := s.ids()
	s.lib.Events()
	for round, notice := range []func(){s.check, s.scan, func() { s.pass(shallow) }, func() { s.pass(shallow); s.scan() }, s.reopen} {
		s.unmount("usb/stick")
		if round == 4 {
			s.scan()
		}
		notice()
		s.wantPaths("a.wav")
		if got := s.unavailable(); got != "usb/stick" {
			t.Errorf("round %d: unavailable %q", round, got)
		}
		if round < 4 {
			events := s.lib.Events()
			if len(events) != 1 || events[0].Type != media.FolderUnavailable || events[0].Folder != "usb/stick" ||
				events[0].Message != "usb/stick cannot be read: nothing is mounted there" {
				t.Errorf("round %d: events %+v", round, events)
			}
		}
		if _, _, err := s.lib.Open(t.Context(), before["media/usb/stick/x.wav"]); !errors.Is(err, media.ErrNoItem) {
			t.Errorf("round %d: opened what is away: %v", round, err)
		}
		s.bind(disk, "usb/stick")
		s.check()
		s.scan()
		s.wantPaths(all)
		s.sameIDs(before)
		if got := s.unavailable(); got != "" {
			t.Errorf("round %d: unavailable %q", round, got)
		}
		if events := s.lib.Events(); len(events) != 1 || events[0].Type != media.FolderAvailable {
			t.Errorf("round %d: events %+v", round, events)
		}
	}
	// Its mount point goes with it, as desktops do it.
	s.unmount("usb/stick")
	s.remove("usb/stick")
	s.scan()
	s.scan()
	s.wantPaths("a.wav")
	s.bind(disk, "usb/stick")
	s.check()
	s.wantPaths(all)
	s.sameIDs(before)
	// What is deleted from it while it is there is deleted.
	s.remove("usb/stick/x.wav")
	s.scan()
	s.wantPaths("a.wav, usb/stick/deep/y.wav")
}

func TestAnotherDiskAtTheSamePlace(t *testing.T) {
	if !inOwnMounts(t) {
		return
	}
	s := newShelf(t, Config{}, "a.wav")
	s.mount("usb")
	s.write("usb/one.wav")
	s.scan()
	s.unmount("usb")
	s.check()
	s.mount("usb")
	s.write("usb/two.wav")
	s.check()
	s.wantPaths("a.wav, usb/two.wav")
	if got := s.unavailable(); got != "" {
		t.Errorf("unavailable %q", got)
	}
}

// TestMountThatHangs mounts a file system whose server never answers, and then dies.
func TestMountThatHangs(t *testing.T) {
	if !inOwnMounts(t) {
		return
	}
	s := newShelf(t, Config{Watch: true}, "a.wav")
	nothing := func(string) error { return nil }
	s.lib.watcher.watching = watching{add: nothing, remove: nothing}
	s.mount("nas")
	s.write("nas/x.wav", "nas/deep/y.wav")
	s.scan()
	before := s.ids()
	s.unmount("nas")
	server, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("not on this system: %v", err)
	}
	defer server.Close()
	if err := unix.Mount("nas", s.path("nas"), "fuse.nas", 0, fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0", server.Fd())); err != nil {
		t.Skipf("not on this system: FUSE is refused: %v", err)
	}
	s.t.Cleanup(func() { _ = unix.Unmount(s.path("nas"), unix.MNT_DETACH) })
	s.lib.pace.answer = 50 * time.Millisecond
	s.write("b.wav")
	s.scan()
	s.wantPaths("a.wav, b.wav")
	if got := s.unavailable(); got != "nas" {
		t.Errorf("unavailable %q", got)
	}
	if !strings.Contains(s.log.String(), "does not answer") {
		t.Errorf("not told:\n%s", s.log.String())
	}
	if got := strings.Join(s.lib.Status().Polled, ", "); got != "nas" {
		t.Errorf("polled %q", got)
	}
	// It is asked again only once what hangs has returned.
	hanging := s.lib.folders[0].volume("nas").stuck.Load()
	s.check()
	s.scan()
	s.pass(shallow)
	s.lib.pass(t.Context(), s.lib.polled(), shallow, false)
	if now := s.lib.folders[0].volume("nas").stuck.Load(); now != hanging || now == 0 {
		t.Errorf("%d calls hang, and before %d", now, hanging)
	}
	s.wantPaths("a.wav, b.wav")
	s.do(server.Close())
	s.eventually("what hung returns", func() bool { return s.lib.folders[0].volume("nas").stuck.Load() == 0 })
	s.check()
	s.wantPaths("a.wav, b.wav")
	s.unmount("nas")
	s.lib.pace.answer = time.Minute
	s.mount("nas")
	s.write("nas/x.wav", "nas/deep/y.wav")
	s.check()
	s.scan()
	s.wantPaths("a.wav, b.wav, nas/deep/y.wav, nas/x.wav")
	s.sameIDs(before)
}

func TestMountsBelow(t *testing.T) {
	if !inOwnMounts(t) {
		return
	}
	s := newShelf(t, Config{}, "a.wav")
	s.mount("with space/inner")
	s.mount("plain")
	got := mountsBelow(s.dir)
	if far, ok := got["with space/inner"]; !ok || far || len(got) != 2 {
		t.Errorf("found %v", got)
	}
}

func TestKindsOfFileSystem(t *testing.T) {
	for kind, want := range map[string]bool{"ext4": false, "btrfs": false, "tmpfs": false, "nfs4": true, "cifs": true, "fuse.sshfs": true, "fuseblk": true, "fusectl": false} {
		if got := farKind(kind); got != want {
			t.Errorf("farKind(%q) = %v", kind, got)
		}
	}
}

func TestMountPointThatVanishedIsWaitedForAsLongAsTombstones(t *testing.T) {
	if !inOwnMounts(t) {
		return
	}
	s := newShelf(t, Config{}, "a.wav")
	s.mount(".dots/usb") // hidden: none of the library
	s.mount("usb")
	s.write("usb/x.wav")
	s.scan()
	s.unmount("usb")
	s.remove("usb")
	s.scan()
	var rows int
	count := func() int {
		s.t.Helper()
		s.do(s.lib.db.write.flush())
		s.do(s.lib.db.read.QueryRowContext(t.Context(), "SELECT count(*) FROM files").Scan(&rows))
		return rows
	}
	if n := count(); n != 2 || s.unavailable() != "usb" {
		t.Errorf("%d files are known, unavailable is %q", n, s.unavailable())
	}
	long := int64(tombstoneAge/time.Second) + 60
	_, err := s.lib.db.write.exec(t.Context(), "UPDATE dirs SET away=away-? WHERE away>0", long)
	s.do(err)
	s.scan()
	if n := count(); n != 1 || s.unavailable() != "" {
		t.Errorf("after the time %d files are known, unavailable is %q", n, s.unavailable())
	}
}
