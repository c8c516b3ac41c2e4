package store

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"
	"testing/synctest"

	"modernc.org/sqlite"
)

// countCommits counts the transactions that s commits from now on. Read it while none is under way.
func countCommits(t testing.TB, s *Store) *int {
	t.Helper()
	conn, err := s.db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	commits := new(int)
	err = conn.Raw(func(c any) error {
		c.(sqlite.HookRegisterer).RegisterCommitHook(func() int32 { *commits++; return 0 })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return commits
}

// synchronous returns SQLite's setting: 1 is NORMAL, 2 is FULL.
func synchronous(t *testing.T, s *Store) (mode int) {
	t.Helper()
	if err := s.db.QueryRow("PRAGMA synchronous").Scan(&mode); err != nil {
		t.Fatal(err)
	}
	return mode
}

func TestChangesThatComeTogetherShareACommit(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(dir, quiet())
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		commits := countCommits(t, s)

		s.turn <- struct{}{} // a transaction is under way
		const callers = 50
		var wg sync.WaitGroup
		for i := range callers {
			wg.Go(func() {
				if err := s.SaveQueue(t.Context(), fmt.Sprint("device", i), change{Head: head(int64(i), 1)}); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait() // all wait for their turn
		if *commits != 0 {
			t.Errorf("%d commits while a transaction is under way", *commits)
		}
		<-s.turn
		wg.Wait()
		if *commits != 1 {
			t.Errorf("%d changes took %d commits, wanted 1", callers, *commits)
		}
		for i := range callers {
			if got := readQueueSorted(t, s, fmt.Sprint("device", i)); got.Head != head(int64(i), 1) {
				t.Errorf("device%d has %+v", i, got.Head)
			}
		}
	})
}

func TestMoreCallersThanPlacesAllGetTheirTurn(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(dir, quiet())
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		s.turn <- struct{}{}
		var wg sync.WaitGroup
		for range maxPending + 10 {
			wg.Go(func() {
				if err := s.SaveQueue(t.Context(), "kitchen", change{Head: head(1, 1)}); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		if len(s.pending) != maxPending {
			t.Errorf("%d changes wait, wanted %d", len(s.pending), maxPending)
		}
		<-s.turn
		wg.Wait()
	})
}

func TestOneBadChangeSpoilsNoOther(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(dir, quiet())
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		s.turn <- struct{}{}
		var wg sync.WaitGroup
		for i := range 5 {
			wg.Go(func() {
				h := head(1, 1)
				if i == 2 {
					h.Position = math.NaN() // which SQLite has no column for
				}
				if err := s.SaveQueue(t.Context(), fmt.Sprint("device", i), change{Head: h}); (err != nil) != (i == 2) {
					t.Errorf("device%d: %v", i, err)
				}
			})
		}
		synctest.Wait()
		<-s.turn
		wg.Wait()
		for i := range 5 {
			if got := readQueueSorted(t, s, fmt.Sprint("device", i)); (got.Head == head(1, 1)) != (i != 2) {
				t.Errorf("device%d has %+v", i, got.Head)
			}
		}
	})
}

func TestErrorOfACommitReachesEveryCaller(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(dir, quiet())
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		s.turn <- struct{}{}
		const callers = 5
		failed := make(chan error, callers)
		for i := range callers {
			go func() { failed <- s.SaveQueue(t.Context(), fmt.Sprint("device", i), change{Head: head(1, 1)}) }()
		}
		synctest.Wait()
		if _, err := s.db.Exec("PRAGMA query_only = ON"); err != nil { // as a disk that cannot be written
			t.Fatal(err)
		}
		<-s.turn
		for range callers {
			var e *sqlite.Error
			if err := <-failed; !errors.As(err, &e) {
				t.Errorf("a caller got %v", err)
			}
		}
		if _, err := s.db.Exec("PRAGMA query_only = OFF"); err != nil {
			t.Fatal(err)
		}
		if err := s.SaveQueue(t.Context(), "device0", change{Head: head(1, 1)}); err != nil {
			t.Errorf("when the disk is back: %v", err)
		}
	})
}

func TestCloseRefusesWhoWaits(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(dir, quiet())
		if err != nil {
			t.Fatal(err)
		}
		s.turn <- struct{}{}
		outcome := make(chan error, 1)
		go func() { outcome <- s.SaveQueue(t.Context(), "kitchen", change{Head: head(1, 1)}) }()
		synctest.Wait()
		closed := make(chan error, 1)
		go func() { closed <- s.Close() }()
		synctest.Wait()
		<-s.turn
		if err := <-closed; err != nil {
			t.Error(err)
		}
		// Either it came before Close or after it; it never hangs, and what it says is true.
		err = <-outcome
		again, openErr := Open(dir, quiet())
		if openErr != nil {
			t.Fatal(openErr)
		}
		defer again.Close()
		saved := readQueueSorted(t, again, "kitchen").Head == head(1, 1)
		if saved != (err == nil) || err != nil && !errors.Is(err, ErrClosed) {
			t.Errorf("saved is %v, the caller got %v", saved, err)
		}
	})
}

func TestOnlyPositionsAreWrittenWithoutASync(t *testing.T) {
	const normal, full = 1, 2
	s := openStore(t, t.TempDir())
	save(t, s, "kitchen", change{Head: head(1, 1)})
	if got := synchronous(t, s); got != full {
		t.Errorf("SaveQueue was committed with synchronous %d", got)
	}
	if err := s.SavePosition(t.Context(), "kitchen", head(1, 1)); err != nil {
		t.Fatal(err)
	}
	if got := synchronous(t, s); got != normal {
		t.Errorf("SavePosition was committed with synchronous %d", got)
	}
	save(t, s, "kitchen", change{Head: head(2, 1)})
	if got := synchronous(t, s); got != full {
		t.Errorf("SaveQueue after SavePosition was committed with synchronous %d", got)
	}
}
