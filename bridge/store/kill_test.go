package store

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
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

// writeUntilKilled tells each change on standard output once it is acknowledged.
func writeUntilKilled(dir string) {
	s, err := Open(dir, quiet())
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for i := range children {
		topic := fmt.Sprint("device", i)
		saved, err := s.Queue(context.Background(), topic)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		go func() {
			for n := saved.Head.Revision + 1; ; n++ {
				if err := s.SaveQueue(context.Background(), topic, step(n)); err != nil {
					fmt.Println(err)
					os.Exit(1)
				}
				os.Stdout.WriteString(fmt.Sprintln(topic, n))
			}
		}()
	}
	select {}
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

// runAndKill runs a child until it has acknowledged count changes, kills it, and notes the last change of each queue.
func runAndKill(t *testing.T, dir string, count int, acknowledged map[string]int64) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
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
