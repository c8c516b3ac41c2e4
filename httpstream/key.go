package httpstream

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// keyBytes is the length of the signing key.
const keyBytes = 32

// loadKey returns the key in a file, and makes one where there is none. Its errors say what to do.
func loadKey(path string) ([]byte, error) {
	key, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read the signing key: %w; make it readable for this user, or remove it", err)
	}
	if len(key) != keyBytes {
		return nil, fmt.Errorf("the signing key %s is damaged: it holds %d bytes instead of %d; remove it, and a new one is "+
			"made (addresses given out before will end)", path, len(key), keyBytes)
	}
	return key, nil
}

// makeKey writes a new key so that a crash at any moment leaves either no key or a whole one.
func makeKey(path string) (key []byte, err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".signing-*") // which makes it 0600
	if err != nil {
		return nil, fmt.Errorf("make a signing key: %w; data_dir must be writable", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // what is left of it is in nobody's way
			err = fmt.Errorf("write a signing key: %w; is data_dir full?", err)
		}
	}()
	key = make([]byte, keyBytes)
	rand.Read(key)
	_, err = f.Write(key)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return nil, err
	}
	return key, syncDir(dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
