package httpstream

import (
	"bytes"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// hostMemory returns how many bytes of memory this program and the page cache of its files can have: what the machine has, or
// less where a control group says so. 0 is unknown.
func hostMemory() int64 {
	var memory int64
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) == nil {
		memory = int64(uint64(info.Totalram) * uint64(info.Unit))
	}
	groups, _ := os.ReadFile("/proc/self/cgroup") // without it there are no limits to find
	for _, file := range limitFiles(string(groups)) {
		if limit, ok := readLimit(file); ok && (memory == 0 || limit < memory) {
			memory = limit
		}
	}
	return memory
}

// limitFiles returns where the memory limits of the control groups in /proc/self/cgroup stand, of version 2 and 1, those of
// the groups around them included: cgroups(7).
func limitFiles(groups string) []string {
	var files []string
	for line := range strings.Lines(groups) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 {
			continue
		}
		root, file := "/sys/fs/cgroup", "memory.max"
		switch fields[1] {
		case "":
		case "memory":
			root, file = "/sys/fs/cgroup/memory", "memory.limit_in_bytes"
		default:
			continue
		}
		for group := path.Clean("/" + fields[2]); ; group = path.Dir(group) {
			files = append(files, path.Join(root, group, file))
			if group == "/" {
				break
			}
		}
	}
	return files
}

// readLimit reads one limit; version 2 says "max" for none, version 1 an enormous number.
func readLimit(file string) (limit int64, ok bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	limit, err = strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64)
	return limit, err == nil && limit > 0
}

// mayHang reports whether a file lies on a network or FUSE file system. The question itself may hang there.
func mayHang(f *os.File) bool {
	c, err := f.SyscallConn()
	if err != nil {
		return false
	}
	var st unix.Statfs_t
	var failed error
	if err := c.Control(func(fd uintptr) { failed = unix.Fstatfs(int(fd), &st) }); err != nil || failed != nil {
		return false
	}
	switch uint32(st.Type) {
	case unix.NFS_SUPER_MAGIC, unix.SMB_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC, unix.FUSE_SUPER_MAGIC,
		unix.V9FS_MAGIC, unix.AFS_FS_MAGIC, unix.AFS_SUPER_MAGIC, unix.CODA_SUPER_MAGIC, unix.NCP_SUPER_MAGIC,
		unix.CEPH_SUPER_MAGIC:
		return true
	}
	return false
}

// advice is what the kernel is told about a file's pages.
type advice int

const (
	adviseNormal   advice = unix.FADV_NORMAL
	adviseRandom   advice = unix.FADV_RANDOM   // no read-ahead of its own
	adviseWillNeed advice = unix.FADV_WILLNEED // read them now, beside what else goes on
	adviseDontNeed advice = unix.FADV_DONTNEED // drop them from the page cache
)

// advise tells the kernel about length bytes from a position, 0 for all that follow. It is advice: what fails changes nothing.
func advise(f *os.File, from, length int64, a advice) {
	c, err := f.SyscallConn()
	if err != nil {
		return
	}
	_ = c.Control(func(fd uintptr) { _ = unix.Fadvise(int(fd), from, length, int(a)) })
}
