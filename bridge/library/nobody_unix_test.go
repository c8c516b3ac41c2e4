//go:build unix

package library

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// asNobody runs the test again, alone, as a user who may not read everything, where root runs it. It reports whether this is a
// program of such a user.
func asNobody(t *testing.T) bool {
	t.Helper()
	if os.Getuid() != 0 {
		return true
	}
	const nobody = 65534
	dir, err := os.MkdirTemp("", "localcast-nobody") //nolint:usetesting // only root may enter the folder above t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Skipf("not on this system: %v", err)
	}
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), "TMPDIR="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	if len(out) == 0 && err != nil {
		t.Skipf("not on this system: no program runs as nobody: %v", err)
	}
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Fatalf("%v\n%s", err, out)
	}
	return false
}

func TestUnreadable(t *testing.T) {
	if !asNobody(t) {
		return
	}
	s := newShelf(t, Config{}, "good.wav", "locked.wav", "dir/a.wav", "shut/b.wav")
	s.do(os.Chmod(s.path("locked.wav"), 0))
	s.do(os.Chmod(s.path("shut"), 0))
	defer os.Chmod(s.path("shut"), 0o755)
	s.scan()
	s.scan()
	s.wantPaths("dir/a.wav, good.wav")
	if n := strings.Count(s.log.String(), "WARN"); n != 2 {
		t.Errorf("%d warnings:\n%s", n, s.log.String())
	}
}

func TestFolderThatCannotBeReadLosesNothing(t *testing.T) {
	if !asNobody(t) {
		return
	}
	s := newShelf(t, Config{}, "a.wav", "dir/b.wav")
	s.scan()
	s.do(os.Chmod(s.path("dir"), 0))
	defer os.Chmod(s.path("dir"), 0o755)
	s.scan()
	s.wantPaths("a.wav, dir/b.wav")
}
