package httpstream

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheKeyIsMadeOnceForThisUserAlone(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "signing.key")
	key, err := loadKey(path)
	if err != nil || len(key) != keyBytes {
		t.Fatalf("loadKey = %x, %v", key, err)
	}
	again, err := loadKey(path)
	if err != nil || !bytes.Equal(key, again) {
		t.Errorf("then loadKey = %x, %v; want %x", again, err, key)
	}
	fi, err := os.Stat(path)
	if err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", fi.Mode(), err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
	if other, _ := loadKey(filepath.Join(t.TempDir(), "signing.key")); bytes.Equal(key, other) {
		t.Error("two programs have the same key")
	}
}

func TestAKeyThatIsBrokenSaysWhatToDo(t *testing.T) {
	dir := t.TempDir()
	short := filepath.Join(dir, "short")
	if err := os.WriteFile(short, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	rows := []struct{ about, path, want string }{
		{"damaged", short, "remove it"},
		{"a directory", dir, "make it readable"},
		{"no directory", filepath.Join(dir, "nowhere", "key"), "data_dir must be writable"},
	}
	for _, row := range rows {
		t.Run(row.about, func(t *testing.T) {
			if key, err := loadKey(row.path); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("loadKey = %x, %v; want an error with %q", key, err, row.want)
			}
		})
	}
	if got, _ := os.ReadFile(short); string(got) != "short" {
		t.Error("the damaged key was overwritten")
	}
}
