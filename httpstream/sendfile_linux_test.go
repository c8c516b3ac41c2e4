package httpstream

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"localcast/bridge/media"
)

// forbiddenFrom is the first descriptor from which the child may not read more than sniffed bytes at once.
const (
	forbiddenFrom = 900
	sniffed       = 512 // what net/http itself reads of every body
	childVariable = "LOCALCAST_TEST_SENDFILE"
)

// TestSendfileIsReached streams from a child process in which the kernel refuses to read the film into memory: every
// read(2) of it is an error, so that only sendfile(2) can have sent its bytes. What the same child serves through a wrapped
// ResponseWriter has to fail, or else the test would see nothing.
func TestSendfileIsReached(t *testing.T) {
	if os.Getenv(childVariable) != "" {
		serveWithoutReading(t)
		return
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(exe, "-test.run=^TestSendfileIsReached$")
	child.Env = append(os.Environ(), childVariable+"=1")
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		in.Close() // which ends the child
		_, _ = io.Copy(io.Discard, out)
		if err := child.Wait(); err != nil {
			t.Errorf("the child: %v", err)
		}
	}()
	var direct, wrapped string
	if _, err := fmt.Fscanln(out, &direct, &wrapped); err != nil {
		t.Fatalf("the child told no addresses: %v", err)
	}
	if direct == "skip" {
		t.Skip("not on this system: there are no seccomp filters")
	}
	want := sendfileContent()
	if got, err := fetch(t, direct, ""); err != nil || !bytes.Equal(got, want) {
		t.Errorf("the whole: %d bytes, %v; want %d bytes: the file was read instead of sent", len(got), err, len(want))
	}
	if got, err := fetch(t, direct, "bytes=1000000-"); err != nil || !bytes.Equal(got, want[1_000_000:]) {
		t.Errorf("a range: %d bytes, %v", len(got), err)
	}
	got, err := fetch(t, direct, "bytes=10-1000009,2000000-2999999")
	if err != nil || !bytes.Contains(got, want[10:1_000_010]) || !bytes.Contains(got, want[2_000_000:3_000_000]) {
		t.Errorf("two ranges: %d bytes, %v", len(got), err)
	}
	if got, err := fetch(t, wrapped, ""); err == nil {
		t.Errorf("%d bytes were read into memory: the filter is not in force", len(got))
	}
}

func sendfileContent() []byte { return bytes.Repeat([]byte("0123456789abcde\n"), 200_000) }

func fetch(t *testing.T, url, ranges string) ([]byte, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if ranges != "" {
		r.Header.Set("Range", ranges)
	}
	resp, err := client(t).Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

// serveWithoutReading is the child: it serves until its standard input ends.
func serveWithoutReading(t *testing.T) {
	files := highFiles{newShelf(t)}
	item := files.put(t, media.Item{ID: film}, sendfileContent())
	s := start(t, Config{}, files)
	// The same server as seen through middleware that knows nothing of ReadFrom.
	wrapped := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.Handler().ServeHTTP(struct{ http.ResponseWriter }{w}, r)
	}))
	wrapped.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	wrapped.Start()
	defer wrapped.Close()
	direct := mediaURL(t, s, item)
	if err := forbidReading(); err != nil {
		direct = "skip"
	}
	fmt.Println(direct, strings.Replace(direct, "http://"+s.Addr().String(), wrapped.URL, 1))
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// highFiles opens with descriptors from forbiddenFrom on.
type highFiles struct{ *shelf }

func (h highFiles) Open(ctx context.Context, id media.ID) (*os.File, media.Item, error) {
	f, item, err := h.shelf.Open(ctx, id)
	if err != nil {
		return nil, item, err
	}
	defer f.Close()
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, forbiddenFrom)
	return os.NewFile(uintptr(fd), f.Name()), item, err
}

// forbidReading makes the kernel answer EIO to every read of more than sniffed bytes from a descriptor of forbiddenFrom or
// above, in all threads and until the process ends.
func forbidReading() error {
	const (
		load    = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		equal   = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		atLeast = unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K
		more    = unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K
		ret     = unix.BPF_RET | unix.BPF_K
		// Where seccomp_data holds the number of the call and the low halves of its arguments; little-endian.
		number, fd, count = 0, 16, 32
	)
	program := []unix.SockFilter{
		{Code: load, K: number},
		{Code: equal, K: unix.SYS_READ, Jt: 1},
		{Code: equal, K: unix.SYS_PREAD64, Jf: 4},
		{Code: load, K: fd},
		{Code: atLeast, K: forbiddenFrom, Jf: 2},
		{Code: load, K: count},
		{Code: more, K: sniffed, Jt: 1},
		{Code: ret, K: unix.SECCOMP_RET_ALLOW},
		{Code: ret, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EIO)},
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	filter := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC,
		uintptr(unsafe.Pointer(&filter)))
	if errno != 0 {
		return errno
	}
	return nil
}
