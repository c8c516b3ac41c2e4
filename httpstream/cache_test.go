package httpstream

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func newTestKept(t *testing.T) (k *kept, log *bytes.Buffer) {
	t.Helper()
	log = &bytes.Buffer{}
	return newKept(filepath.Join(t.TempDir(), "kept"), slog.New(slog.NewTextHandler(log, nil))), log
}

func (k *kept) has(keys ...string) string {
	var out []string
	for _, key := range keys {
		if _, ok := k.get(key); ok {
			out = append(out, key)
		}
	}
	return strings.Join(out, " ")
}

func TestKeptIsFoundAgain(t *testing.T) {
	k, _ := newTestKept(t)
	if _, ok := k.get("a"); ok {
		t.Error("there is something before anything was put")
	}
	k.put("a", []byte("first"))
	k.put("a", []byte("second"))
	k.put("empty", nil)
	again := newKept(k.dir, k.log)
	if data, ok := again.get("a"); string(data) != "second" || !ok {
		t.Errorf("%q, %v", data, ok)
	}
	if data, ok := again.get("empty"); len(data) != 0 || !ok {
		t.Errorf("%q, %v", data, ok)
	}
	if k.total != int64(len("second"))+8 {
		t.Errorf("%d bytes are counted", k.total)
	}
}

// TestKeptIsBounded: what was not used for longest goes first.
func TestKeptIsBounded(t *testing.T) {
	k, _ := newTestKept(t)
	k.most = 1000
	now := time.Now().Add(-100 * time.Hour)
	k.now = func() time.Time { return now }
	put := func(key string) {
		k.put(key, make([]byte, 296))
		if err := os.Chtimes(k.path(key), now, now); err != nil {
			t.Fatal(err)
		}
		now = now.Add(2 * keptTouch)
	}
	put("a")
	put("b")
	put("c")
	if got := k.has("a"); got != "a" {
		t.Errorf("a is gone before there was too much")
	}
	now = now.Add(2 * keptTouch)
	put("d")
	if got := k.has("a", "b", "c", "d"); got != "a c d" {
		t.Errorf("%s are left, want a c d: b was not used for longest", got)
	}
	if k.total > k.most {
		t.Errorf("%d bytes are kept, more than %d", k.total, k.most)
	}
	k.put("huge", make([]byte, 5000))
	if got := k.has("a", "b", "c", "d", "huge"); got != "" || k.total != 0 {
		t.Errorf("%s are left, %d bytes", got, k.total)
	}
}

func TestKeptAfterAPowerCut(t *testing.T) {
	k, _ := newTestKept(t)
	k.put("a", []byte("whole"))
	k.put("b", []byte("whole"))
	for key, content := range map[string]string{"a": "", "b": "whoXXXXXX"} {
		if err := os.WriteFile(k.path(key), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	half := filepath.Join(k.dir, keptUnfinished+"1")
	if err := os.WriteFile(half, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	again := newKept(k.dir, k.log)
	if got := again.has("a", "b"); got != "" {
		t.Errorf("%s are taken for whole", got)
	}
	again.put("a", []byte("whole"))
	if got := again.has("a", "b"); got != "a" {
		t.Errorf("%q is found", got)
	}
	if _, err := os.Stat(half); err == nil {
		t.Error("what was half written is still there")
	}
}

func TestKeptOnADiskThatFails(t *testing.T) {
	k, log := newTestKept(t)
	if err := os.WriteFile(k.dir, []byte("in the way"), 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		k.put(fmt.Sprint(i), []byte("x"))
	}
	if got := k.has("0", "1", "2"); got != "" {
		t.Errorf("%s are found", got)
	}
	if n := strings.Count(log.String(), "WARN"); n != 1 {
		t.Errorf("%d warnings:\n%s", n, log)
	}
	if err := os.Remove(k.dir); err != nil {
		t.Fatal(err)
	}
	if k.put("a", []byte("x")); k.has("a") != "a" {
		t.Error("nothing is kept once the disk is well again")
	}
}

func TestKeptInAFolderThatIsRemoved(t *testing.T) {
	k, log := newTestKept(t)
	k.put("a", []byte("x"))
	if err := os.RemoveAll(k.dir); err != nil {
		t.Fatal(err)
	}
	k.put("b", []byte("x"))
	k.put("c", []byte("x"))
	if got := k.has("a", "b", "c"); got != "b c" {
		t.Errorf("%q is found, want what was put after the folder had gone", got)
	}
	if log.Len() > 0 {
		t.Errorf("it complains:\n%s", log)
	}
}
