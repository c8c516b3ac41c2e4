package library

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// maxMounts bounds the mounts below a folder that are told apart.
const maxMounts = 256

// mountsBelow returns the paths below a folder at which something is mounted, and whether that is of a kind that does not tell
// of changes made elsewhere. The kernel's list is read, proc_pid_mountinfo(5), so that nothing which hangs is touched.
func mountsBelow(folder string) map[string]bool {
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return nil
	}
	defer f.Close()
	out := map[string]bool{}
	lines := bufio.NewScanner(f)
	for lines.Scan() && len(out) < maxMounts {
		fields := strings.Fields(lines.Text())
		if len(fields) < 5 {
			continue
		}
		rel, err := filepath.Rel(folder, unescape(fields[4]))
		if err != nil || rel == "." || !filepath.IsLocal(rel) {
			continue
		}
		kind := ""
		for i, f := range fields {
			if f == "-" && i+1 < len(fields) {
				kind = fields[i+1]
			}
		}
		out[filepath.ToSlash(rel)] = farKind(kind)
	}
	return out
}

// unescape reads the octal escapes of mountinfo: "\040" is a space.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// farKind reports whether a kind of file system is one of remote.
func farKind(kind string) bool {
	switch kind {
	case "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "coda", "ncpfs", "ceph", "fuseblk", "davfs", "virtiofs":
		return true
	}
	return kind == "fuse" || strings.HasPrefix(kind, "fuse.")
}
