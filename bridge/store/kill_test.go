package store

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"localcast/bridge/queue"
)

// childDirEnv makes the test binary write to the store in that folder until it is killed.
const childDirEnv = "LOCALCAST_STORE_TEST_CHILD"

// children is how many queues the child writes to at the same time.
const children = 4

// step is change number n of the script that is written to every queue: entry n comes, and an older one goes.
func step(n int64) change {
	c := change{Put: rows{row(queue.EntryID(n), n)}, Head: head(n, queue.EntryID(n+1))}
	if n%3 == 0 {
		c.Drop = []queue.EntryID{queue.EntryID(n / 3)}
	}
	return c
}

// TestWriteUntilKilled is the child of the test below, and nothing otherwise. It tells each change on standard output once
// it is acknowledged.
func TestWriteUntilKilled(t *testing.T) {
	dir := os.Getenv(childDirEnv)
	if dir == "" {
		return
	}
	s := openStore(t, dir)
	var wg sync.WaitGroup
	for i := range children {
		topic := fmt.Sprint("device", i)
		n := readQueueSorted(t, s, topic).Head.Revision
		wg.Go(func() {
			for !t.Failed() {
				n++
				if err := s.SaveQueue(t.Context(), topic, step(n)); err != nil {
					t.Error(err)
				}
				fmt.Fprintln(os.Stdout, topic, n)
			}
		})
	}
	wg.Wait()
}

func TestKillLosesNothingThatWasAcknowledged(t *testing.T) {
	dir := t.TempDir()
	acknowledged := map[string]int64{}
	for round := range 5 {
		runAndKill(t, dir, 20+37*round, acknowledged)
		s := openStore(t, dir)
		for topic, n := range acknowledged {
			got := readQueueSorted(t, s, topic)
			if r := got.Head.Revision; r < n || r > n+1 {
				t.Fatalf("round %d: %s is at change %d, %d was acknowledged", round, topic, r, n)
			}
			checkScript(t, got)
			acknowledged[topic] = got.Head.Revision
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if len(acknowledged) != children {
		t.Errorf("%d queues were written, wanted %d", len(acknowledged), children)
	}
}

// A power cut may leave the end of the journal unwritten or torn.
func TestJournalThatIsCutShortIsReadUpToTheLastWholeCommit(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	const last = 30
	for n := range int64(last) {
		save(t, s, "kitchen", step(n+1))
	}
	var files [2][]byte // as they lie there while the program runs
	for i, name := range []string{"state.db", "state.db-wal"} {
		var err error
		if files[i], err = os.ReadFile(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	base, journal := files[0], files[1]
	before := int64(-1)
	for part := range 21 {
		cut := slices.Clone(journal[:len(journal)*part/20])
		if part < 20 && len(cut) > 100 {
			cut[len(cut)-50] ^= 0xff
		}
		dir := t.TempDir()
		for name, content := range map[string][]byte{"state.db": base, "state.db-wal": cut} {
			if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s := openStore(t, dir)
		got := readQueueSorted(t, s, "kitchen")
		checkScript(t, got)
		if got.Head.Revision < before {
			t.Errorf("%d of 20 parts hold change %d, fewer hold %d", part, got.Head.Revision, before)
		}
		before = got.Head.Revision
		if kept, _ := filepath.Glob(filepath.Join(dir, "*damaged*")); len(kept) > 0 {
			t.Errorf("a journal that was cut counts as damage: %q", kept)
		}
	}
	if before != last {
		t.Errorf("the whole journal holds change %d, wanted %d", before, last)
	}
}

// runAndKill runs a child until it has acknowledged count changes, kills it, and notes the last change of each queue.
func runAndKill(t *testing.T, dir string, count int, acknowledged map[string]int64) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestWriteUntilKilled$")
	child.Env = append(os.Environ(), childDirEnv+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for told := 1; lines.Scan(); told++ {
		topic, number, _ := strings.Cut(lines.Text(), " ")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			t.Errorf("the child says %q", lines.Text())
		}
		acknowledged[topic] = n
		if told == count {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := child.Wait(); err == nil || t.Failed() {
		t.Fatalf("the child was not killed: %v", err)
	}
}

// checkScript checks that a queue is what the script makes of it up to its revision.
func checkScript(t *testing.T, got savedQueue) {
	t.Helper()
	want := model{}
	for n := int64(1); n <= got.Head.Revision; n++ {
		want.apply(step(n))
	}
	want.check(t, got)
}
