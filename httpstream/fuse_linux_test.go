package httpstream

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// fuseVariable holds where the child process shall mount, and fuseBytes the size of its film.
const (
	fuseVariable = "LOCALCAST_TEST_FUSE"
	fuseBytes    = 20 << 20
)

// fuseMount is a FUSE file system with one file, "film", whose reads can be made to hang. It is served by a child process: a
// process that serves itself could hang in its own exit.
type fuseMount struct {
	dir  string
	in   io.Writer
	kill func()
	// read gets a line for each read that begins to hang.
	read *bufio.Reader
}

// mountFUSE mounts a film of megabytes(20) until the test ends. The child is the test TestFUSEServer of this program.
func mountFUSE(t *testing.T) *fuseMount {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	m := &fuseMount{dir: t.TempDir()}
	child := exec.Command(exe, "-test.run=^TestFUSEServer$")
	child.Env = append(os.Environ(), fuseVariable+"="+m.dir)
	child.Stderr = os.Stderr
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
	m.in, m.read = in, bufio.NewReader(out)
	m.kill = sync.OnceFunc(func() {
		_ = child.Process.Kill()
		_ = child.Wait()
	})
	t.Cleanup(func() {
		m.kill()
		_ = unix.Unmount(m.dir, unix.MNT_DETACH) // which fails where it never was mounted
	})
	if line := m.line(t); line != "mounted" {
		t.Skipf("not on this system: FUSE cannot be mounted: %s", line)
	}
	return m
}

func (m *fuseMount) path() string { return filepath.Join(m.dir, "film") }

func (m *fuseMount) line(t *testing.T) string {
	t.Helper()
	line, err := m.read.ReadString('\n')
	if err != nil {
		t.Fatalf("the file system's server: %q, %v", line, err)
	}
	return strings.TrimSpace(line)
}

// stall makes reads hang from now on.
func (m *fuseMount) stall(t *testing.T) {
	t.Helper()
	fmt.Fprintln(m.in, "stall")
	for m.line(t) != "stalled" {
	}
}

// resume answers the reads that hang, and those that come.
func (m *fuseMount) resume() { fmt.Fprintln(m.in, "resume") }

// hangs waits for one more read that hangs.
func (m *fuseMount) hangs(t *testing.T) {
	t.Helper()
	for m.line(t) != "read" {
	}
}

// fuseServer serves the file system: the kernel's protocol (linux/fuse.h, version 7.31) over /dev/fuse.
type fuseServer struct {
	dev     int
	content []byte

	mu   sync.Mutex
	flow chan struct{} // closed while reads are answered
}

// TestFUSEServer is the child process of mountFUSE.
func TestFUSEServer(t *testing.T) {
	dir := os.Getenv(fuseVariable)
	if dir == "" {
		t.Skip("not asked for: it is what other tests start")
	}
	fd, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	m := &fuseServer{dev: fd, content: megabytes(fuseBytes >> 20), flow: make(chan struct{})}
	close(m.flow)
	err = unix.Mount("localcast-test", dir, "fuse", unix.MS_RDONLY|unix.MS_NOSUID|unix.MS_NODEV,
		fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0", fd))
	if err != nil {
		fmt.Println(err)
		return
	}
	go m.serve()
	fmt.Println("mounted")
	for orders := bufio.NewScanner(os.Stdin); orders.Scan(); {
		m.mu.Lock()
		switch orders.Text() {
		case "stall":
			m.flow = make(chan struct{})
			fmt.Println("stalled")
		case "resume":
			close(m.flow)
		}
		m.mu.Unlock()
	}
	os.Exit(0) // whoever started it has gone, and nobody waits for what hangs
}

func (m *fuseServer) serve() {
	for {
		request := make([]byte, 1<<20+4096)
		n, err := unix.Read(m.dev, request)
		if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EINTR) { // it was interrupted before it came here
			continue
		}
		if err != nil {
			return
		}
		go m.answer(request[:n])
	}
}

// The operations that a read-only file system has to know.
const (
	fuseLookup, fuseForget, fuseGetattr, fuseOpen, fuseRead, fuseStatfs, fuseRelease = 1, 2, 3, 14, 15, 17, 18
	fuseInit, fuseInterrupt, fuseForgets                                             = 26, 36, 42
)

func (m *fuseServer) answer(request []byte) {
	le := binary.LittleEndian
	operation, unique, node, in := le.Uint32(request[4:]), request[8:16], le.Uint64(request[16:]), request[40:]
	var out []byte
	status := unix.Errno(0)
	switch operation {
	case fuseForget, fuseForgets, fuseInterrupt:
		return
	case fuseInit:
		out = append(out, in[:4]...)                                  // the major version
		out = le.AppendUint32(out, 31)                                // the minor one
		out = le.AppendUint64(out, 0)                                 // no read-ahead, no flags
		out = le.AppendUint64(out, 16|12<<16|uint64(blockBytes)<<32)  // in the background, and at once
		out = append(le.AppendUint32(out, 1), make([]byte, 64-28)...) // a granularity of times, and nothing more
	case fuseLookup:
		if name, _, _ := bytes.Cut(in, []byte{0}); string(name) != "film" {
			status = unix.ENOENT
			break
		}
		out = le.AppendUint64(out, 2)
		out = le.AppendUint64(out, 1)
		out = le.AppendUint64(le.AppendUint64(out, 3600), 3600) // good for an hour
		out = append(le.AppendUint64(out, 0), m.attributes(2)...)
	case fuseGetattr:
		out = le.AppendUint64(le.AppendUint64(out, 3600), 0)
		out = append(out, m.attributes(node)...)
	case fuseOpen:
		const direct = 1 // nothing of the page cache
		out = le.AppendUint64(le.AppendUint64(out, 0), direct)
	case fuseRead:
		from, size := le.Uint64(in[8:]), uint64(le.Uint32(in[16:]))
		m.wait()
		from = min(from, uint64(len(m.content)))
		out = m.content[from:min(from+size, uint64(len(m.content)))]
	case fuseStatfs:
		out = make([]byte, 80)
	case fuseRelease:
	default:
		status = unix.ENOSYS
	}
	answer := le.AppendUint32(nil, uint32(16+len(out)))
	answer = le.AppendUint32(answer, uint32(-int32(status)))
	answer = append(append(answer, unique...), out...)
	_, _ = unix.Write(m.dev, answer) // the kernel may not wait for it any more
}

// wait waits while reads hang.
func (m *fuseServer) wait() {
	m.mu.Lock()
	flow := m.flow
	m.mu.Unlock()
	select {
	case <-flow:
	default:
		fmt.Println("read")
		<-flow
	}
}

func (m *fuseServer) attributes(node uint64) []byte {
	le := binary.LittleEndian
	size, mode := uint64(len(m.content)), uint32(unix.S_IFREG|0o444)
	if node == 1 {
		size, mode = 0, unix.S_IFDIR|0o555
	}
	a := le.AppendUint64(nil, node)
	a = le.AppendUint64(a, size)
	a = le.AppendUint64(a, size/512)
	for range 3 { // times: access, content, inode
		a = le.AppendUint64(a, 1_700_000_000)
	}
	a = append(a, make([]byte, 12)...) // their nanoseconds
	a = le.AppendUint32(a, mode)
	a = le.AppendUint32(a, 1)
	a = append(a, make([]byte, 12)...) // owner, group, device
	return le.AppendUint64(a, 4096)
}
