package httpstream

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// keptDir is the folder in the data directory.
	keptDir = "pictures"
	// keptBytes bounds what is kept on disk of pictures and subtitles that took work to make.
	keptBytes = 256 << 20
	// keptTouch is how often what is used is marked as used, so that a disk is not worn by reading.
	keptTouch = time.Hour
	// keptUnfinished begins the names of files that are being written.
	keptUnfinished = "new-"
)

// kept is a folder of what took work to make. What was not used for longest goes when there is more than most bytes. A disk
// that fails costs the work again, never an answer.
type kept struct {
	dir  string
	most int64
	log  *slog.Logger
	now  func() time.Time

	mu     sync.Mutex // one writes; never held while a picture is made
	total  int64      // bytes in dir, once counted
	ready  bool       // dir is there and counted
	warned bool
}

func newKept(dir string, log *slog.Logger) *kept {
	return &kept{dir: dir, most: keptBytes, log: log, now: time.Now}
}

// get returns what was put under a key. What a power cut left of it is none.
func (k *kept) get(key string) (data []byte, ok bool) {
	path := k.path(key)
	data, err := os.ReadFile(path)
	if err != nil || len(data) < 4 {
		return nil, false
	}
	data, sum := data[:len(data)-4], data[len(data)-4:]
	if crc32.ChecksumIEEE(data) != binary.BigEndian.Uint32(sum) {
		return nil, false
	}
	if fi, err := os.Stat(path); err == nil && k.now().Sub(fi.ModTime()) > keptTouch {
		_ = os.Chtimes(path, time.Time{}, k.now()) // else it goes sooner
	}
	return data, true
}

// put keeps data under a key.
func (k *kept) put(key string, data []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	err := k.write(key, data)
	if errors.Is(err, fs.ErrNotExist) { // somebody has removed the folder
		k.ready = false
		err = k.write(key, data)
	}
	if err == nil && k.total > k.most {
		err = k.evict(k.most / 10 * 9)
	}
	if err != nil && !k.warned {
		k.warned = true
		k.log.Warn("pictures and subtitles cannot be kept; they are made anew each time", "err", err)
	}
}

func (k *kept) path(key string) string {
	sum := sha256.Sum256([]byte(key))
	return filepath.Join(k.dir, hex.EncodeToString(sum[:16]))
}

// prepare makes the folder and counts what is in it.
func (k *kept) prepare() error {
	if k.ready {
		return nil
	}
	if err := os.MkdirAll(k.dir, 0o755); err != nil {
		return err
	}
	found, err := k.list()
	if err != nil {
		return err
	}
	k.total = 0
	for _, f := range found {
		if strings.HasPrefix(f.Name(), keptUnfinished) {
			_ = os.Remove(filepath.Join(k.dir, f.Name())) // the program ended while it wrote
			continue
		}
		k.total += f.Size()
	}
	k.ready = true
	return nil
}

func (k *kept) list() ([]fs.FileInfo, error) {
	found, err := os.ReadDir(k.dir)
	if err != nil {
		return nil, err
	}
	var out []fs.FileInfo
	for _, d := range found {
		if fi, err := d.Info(); err == nil && fi.Mode().IsRegular() {
			out = append(out, fi)
		}
	}
	return out, nil
}

func (k *kept) write(key string, data []byte) error {
	if err := k.prepare(); err != nil {
		return err
	}
	f, err := os.CreateTemp(k.dir, keptUnfinished)
	if err != nil {
		return err
	}
	_, err = f.Write(binary.BigEndian.AppendUint32(slices.Clip(data), crc32.ChecksumIEEE(data)))
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	path := k.path(key)
	if fi, err := os.Stat(path); err == nil {
		k.total -= fi.Size()
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	k.total += int64(len(data)) + 4
	return nil
}

// evict removes what was not used for longest, until at most limit bytes are left.
func (k *kept) evict(limit int64) error {
	found, err := k.list()
	if err != nil {
		return err
	}
	slices.SortFunc(found, func(a, b fs.FileInfo) int {
		return cmp.Or(a.ModTime().Compare(b.ModTime()), cmp.Compare(a.Name(), b.Name()))
	})
	k.total = 0
	for _, f := range found {
		k.total += f.Size()
	}
	for _, f := range found {
		if k.total <= limit {
			break
		}
		if err := os.Remove(filepath.Join(k.dir, f.Name())); err != nil {
			return err
		}
		k.total -= f.Size()
	}
	return nil
}
