package httpstream

import (
	"fmt"
	"io/fs"
	"os"
	"time"

	"localcast/bridge/media"
)

// version tells one content of a file from another.
type version struct {
	inode    uint64 // 0 where the system has none
	size     int64
	modified int64 // nanoseconds since 1970
}

// newVersion returns the version of an open file. Its error wraps media.ErrNoItem for what is no regular file.
func newVersion(f *os.File) (version, error) {
	fi, err := f.Stat()
	if err != nil {
		return version{}, err
	}
	if !fi.Mode().IsRegular() {
		return version{}, fmt.Errorf("%w: it is no regular file", media.ErrNoItem)
	}
	return versionOf(fi), nil
}

func versionOf(fi fs.FileInfo) version {
	return version{inodeOf(fi), fi.Size(), fi.ModTime().UnixNano()}
}

// check returns errChanged where the file is not of this version any more.
func (v version) check(f *os.File) error {
	fi, err := f.Stat()
	if err != nil {
		return err
	}
	if versionOf(fi) != v {
		return errChanged
	}
	return nil
}

// validators returns what clients are told of the version. The date is left out until its second is over, and for a file
// from the future: until then the same date could come to stand for another content (RFC 9110 section 8.8.2).
func (v version) validators(now time.Time) validators {
	date := time.Unix(0, v.modified).Truncate(time.Second)
	if now.Sub(date) < time.Second {
		date = time.Time{}
	}
	return validators{fmt.Sprintf(`"%x-%x-%x"`, v.inode, v.size, v.modified), date}
}
