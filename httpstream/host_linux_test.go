package httpstream

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

func TestWhereMemoryLimitsStand(t *testing.T) {
	rows := []struct {
		about, groups string
		want          []string
	}{
		{"version 2", "0::/system.slice/localcast.service\n", []string{
			"/sys/fs/cgroup/system.slice/localcast.service/memory.max", "/sys/fs/cgroup/system.slice/memory.max", "/sys/fs/cgroup/memory.max",
		}},
		{"version 2 in a container", "0::/\n", []string{"/sys/fs/cgroup/memory.max"}},
		{"version 1", "5:memory:/docker/x\n4:cpu,cpuacct:/\n1:name=systemd:/\n", []string{
			"/sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes", "/sys/fs/cgroup/memory/docker/memory.limit_in_bytes",
			"/sys/fs/cgroup/memory/memory.limit_in_bytes",
		}},
		{"outside of what this container sees", "0::/../other\n", []string{"/sys/fs/cgroup/other/memory.max", "/sys/fs/cgroup/memory.max"}},
		{"nothing", "", nil},
		{"something else", "what\n", nil},
	}
	for _, row := range rows {
		if got := limitFiles(row.groups); !slices.Equal(got, row.want) {
			t.Errorf("%s: %q, want %q", row.about, got, row.want)
		}
	}
	file := filepath.Join(t.TempDir(), "memory.max")
	for text, want := range map[string]int64{"max\n": 0, "805306368\n": 768 << 20, "": 0, "-1": 0} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, ok := readLimit(file); ok != (want > 0) || ok && got != want {
			t.Errorf("%q is read as %d, %v", text, got, ok)
		}
	}
	if memory := hostMemory(); memory < 64<<20 {
		t.Errorf("this machine has %d bytes of memory", memory)
	}
}

func TestOrdinaryFilesDoNotHang(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "film"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if mayHang(f) {
		t.Error("a file in the temporary folder counts as one on a network")
	}
}

// cachedBytes tells how many of a file's bytes are in the page cache.
func cachedBytes(t *testing.T, f *os.File, size int) (in int) {
	t.Helper()
	data, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(data)
	pages := make([]byte, size/os.Getpagesize())
	if err := mincore(data, pages); err != nil {
		t.Skipf("not on this system: mincore: %v", err)
	}
	for _, p := range pages {
		in += int(p&1) * os.Getpagesize()
	}
	return in
}

func TestWhatLiesBehindTheLastReaderIsDropped(t *testing.T) {
	const size = 64 << 20
	path := filepath.Join(t.TempDir(), "film")
	if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Sync(); err != nil { // what is not on disk yet cannot be dropped
		t.Fatal(err)
	}
	advise(f, 0, 0, adviseDontNeed)
	if cachedBytes(t, f, size) > size/2 {
		t.Skip("not on this system: the temporary folder is in memory, and nothing of it can be dropped")
	}
	if _, err := io.Copy(io.Discard, f); err != nil {
		t.Fatal(err)
	}
	before := cachedBytes(t, f, size)
	var active atomic.Int64
	p := &pageCache{memory: 256 << 20, active: &active}
	v := version{inode: 1, size: size}
	first, last := p.open(f, v, 0), p.open(f, v, 0)
	for at := int64(0); at < size; at += pieceBytes {
		first.next(at, size)
	}
	if now := cachedBytes(t, f, size); now < before/2 {
		t.Errorf("the first reader has dropped %d bytes that the last has yet to read", before-now)
	}
	first.close()
	for at := int64(0); at < size; at += pieceBytes {
		last.next(at, size)
	}
	last.close()
	if len(p.readers) != 0 {
		t.Errorf("%d readers are left", len(p.readers))
	}
	if now := cachedBytes(t, f, size); now > size/2 {
		t.Errorf("%d of %d bytes are still in the page cache", now, size)
	}
}

func TestReadAheadIsOursWhereMemoryIsShort(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "film"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var active atomic.Int64
	p := &pageCache{memory: 64 << 20, active: &active}
	c := p.open(f, version{size: 1 << 30}, 0)
	defer c.close()
	active.Store(1)
	if most := c.next(0, 1<<30); c.random || most != pieceMost {
		t.Errorf("one reader: the kernel reads ahead best; %d bytes at a time", most)
	}
	active.Store(32)
	if most := c.next(0, 1<<30); !c.random || c.ahead != windowBytes || most != pieceBytes {
		t.Errorf("32 readers in 64 MB: random %v, %d bytes ahead, %d at a time", c.random, c.ahead, most)
	}
	if c.next(pieceBytes, 1<<30); c.ahead != pieceBytes+windowBytes {
		t.Errorf("a piece later: %d bytes ahead", c.ahead)
	}
	active.Store(1)
	if c.next(2*pieceBytes, 1<<30); c.random {
		t.Error("alone again: the kernel reads ahead")
	}
	large := &pageCache{memory: 8 << 30, active: &active}
	if active.Store(64); large.crowded() || large.small() {
		t.Error("8 GB are enough for 64 streams")
	}
}

// mincore tells which pages of a mapping are in memory.
func mincore(data, pages []byte) error {
	_, _, errno := unix.Syscall(unix.SYS_MINCORE, uintptr(unsafe.Pointer(&data[0])), uintptr(len(data)), uintptr(unsafe.Pointer(&pages[0])))
	if errno != 0 {
		return errno
	}
	return nil
}
