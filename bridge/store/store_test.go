package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"localcast/bridge/media"
	"localcast/bridge/queue"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// openStore opens the store in dir and closes it with the test.
func openStore(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(dir, quiet())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		select {
		case <-s.closed:
		default:
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	return s
}

// reopen closes the store and opens it again.
func reopen(t testing.TB, s *Store, dir string) *Store {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return openStore(t, dir)
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// readQueueSorted returns a queue with its rows in the order of their ids.
func readQueueSorted(t testing.TB, s *Store, topic string) queue.Saved[media.Item] {
	t.Helper()
	saved, err := s.Queue(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(saved.Rows, func(a, b queue.Row[media.Item]) int { return int(a.Entry.ID - b.Entry.ID) })
	return saved
}

// row returns a row that holds an item of which every field is set.
func row(id queue.EntryID, rank int64) queue.Row[media.Item] {
	return queue.Row[media.Item]{
		Rank: rank, Natural: -rank,
		Entry: queue.Entry[media.Item]{
			ID: id, Duration: 430.1, Start: 12.5, Interval: 8, Failed: true,
			Item: media.Item{
				ID: "k3v9x2m4q8", Kind: media.Episode, Title: "Bluey", Subtitle: "S01E02 Hospital", Artist: "a", Album: "b",
				Show: "Bluey", Genre: "c", Season: media.Num(0), Episode: media.Num(2), Year: 2018, Name: "Hospital",
				Duration: 430.1, ContentType: "video/mp4", Size: 1 << 40, URL: "http://192.0.2.1/x", Artwork: "http://192.0.2.1/y",
				Path: "films/\xff\x00 '\"/é.mp4", Format: "mp4", VideoCodec: "h264", AudioCodec: "aac", Width: 1920, Height: 1080,
				Channels: 6, Languages: "eng,ger", HasArtwork: true,
			},
		},
	}
}

// head returns a head of which every field is set.
func head(revision int64, next queue.EntryID) queue.Head {
	return queue.Head{
		Revision: revision, Next: next, Current: 1, Repeat: queue.RepeatAll, Shuffle: true, EndedAt: 3,
		Serial: math.MaxUint32, Ahead: 2, Position: 12.25, At: 1795348800123, Duration: 430.1, Playing: true,
		Plan: queue.Plan{
			Then: queue.ThenPause, Volume: 30, Muted: true, Unmute: true, Entry: 1, Rate: 1.5, Track: 2, Left: 3.5,
			Ends: 1795348800999, Started: true,
		},
	}
}

type change = queue.Change[media.Item]
type rows = []queue.Row[media.Item]

func save(t testing.TB, s *Store, topic string, c change) {
	t.Helper()
	if err := s.SaveQueue(t.Context(), topic, c); err != nil {
		t.Fatal(err)
	}
}

func TestQueueComesBackAsItWasSaved(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	if got := readQueueSorted(t, s, "kitchen"); !reflect.DeepEqual(got, queue.Saved[media.Item]{}) {
		t.Errorf("a queue that was never saved is %+v", got)
	}
	full := row(1, 100)
	item := reflect.ValueOf(full.Entry.Item)
	for i := range item.NumField() {
		if item.Field(i).IsZero() {
			t.Fatalf("the test sets no %s", item.Type().Field(i).Name)
		}
	}
	empty := queue.Row[media.Item]{Entry: queue.Entry[media.Item]{ID: 2}}
	save(t, s, "kitchen", change{All: true, Put: rows{full, empty}, Head: head(1, 3)})
	save(t, s, "bath", change{Put: rows{row(1, 5)}, Head: head(7, 2)})

	s = reopen(t, s, dir)
	want := queue.Saved[media.Item]{Head: head(1, 3), Rows: rows{full, empty}}
	if got := readQueueSorted(t, s, "kitchen"); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwanted %+v", got, want)
	}
	want = queue.Saved[media.Item]{Head: head(7, 2), Rows: rows{row(1, 5)}}
	if got := readQueueSorted(t, s, "bath"); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwanted %+v", got, want)
	}
}

func TestQueueThatCannotBeStoredIsRefusedWhole(t *testing.T) {
	s := openStore(t, t.TempDir())
	save(t, s, "kitchen", change{Put: rows{row(1, 1)}, Head: head(1, 2)})
	bad := row(2, 2)
	bad.Entry.Start = math.NaN()
	worse := row(2, 2)
	worse.Entry.Item.Duration = math.NaN()
	for _, r := range (rows{bad, worse}) {
		err := s.SaveQueue(t.Context(), "kitchen", change{All: true, Put: rows{r}, Head: head(2, 3)})
		if err == nil || !strings.HasPrefix(err.Error(), "save the queue of kitchen: entry e2: ") {
			t.Errorf("got %v", err)
		}
	}
	want := queue.Saved[media.Item]{Head: head(1, 2), Rows: rows{row(1, 1)}}
	if got := readQueueSorted(t, s, "kitchen"); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwanted %+v", got, want)
	}
}

func TestSavePosition(t *testing.T) {
	saved := head(5, 9)
	later := saved
	later.Position, later.At, later.Playing = 99, saved.At+1, false
	with := func(change func(*queue.Head)) queue.Head {
		h := later
		change(&h)
		return h
	}
	tests := []struct {
		name  string
		head  queue.Head
		taken bool
	}{
		{"later in the same item", later, true},
		{"the next load", with(func(h *queue.Head) { h.Serial++; h.Current = 2 }), true},
		{"of an older revision", with(func(h *queue.Head) { h.Revision-- }), false},
		{"from before entries were added", with(func(h *queue.Head) { h.Next-- }), false},
		{"of an older load", with(func(h *queue.Head) { h.Serial-- }), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			s := openStore(t, dir)
			save(t, s, "kitchen", change{Put: rows{row(1, 1)}, Head: saved})
			if err := s.SavePosition(t.Context(), "kitchen", test.head); err != nil {
				t.Fatal(err)
			}
			want := queue.Saved[media.Item]{Head: saved, Rows: rows{row(1, 1)}}
			if test.taken {
				want.Head = test.head
			}
			for range 2 {
				if got := readQueueSorted(t, s, "kitchen"); !reflect.DeepEqual(got, want) {
					t.Errorf("got  %+v\nwanted %+v", got, want)
				}
				s = reopen(t, s, dir)
			}
		})
	}
	t.Run("of no queue", func(t *testing.T) {
		s := openStore(t, t.TempDir())
		if err := s.SavePosition(t.Context(), "kitchen", later); err != nil {
			t.Fatal(err)
		}
		if got := readQueueSorted(t, s, "kitchen"); got.Head != (queue.Head{}) {
			t.Errorf("a queue came into being: %+v", got)
		}
	})
}

func TestDevices(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	ctx := t.Context()
	check := func(want ...media.Device) {
		t.Helper()
		s = reopen(t, s, dir)
		got, err := s.Devices(ctx)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v\nwanted %+v", got, err, want)
		}
	}
	kitchen := media.Device{
		Topic: "kuche_tv", ID: "0123abcd0123abcd0123abcd0123abcd", Name: "Küche TV", Model: "Chromecast Ultra", Host: "192.0.2.20",
		Port: 8009, Kind: media.VideoDevice, Capabilities: []string{"audio", "video"}, Refused: []string{"matroska hevc ac3"},
	}
	static := media.Device{Topic: "bath", Host: "bath.example", Port: 8009}
	check()
	for _, d := range []media.Device{kitchen, static} {
		if err := s.SaveDevice(ctx, d); err != nil {
			t.Fatal(err)
		}
	}
	check(static, kitchen)

	static.ID, static.Capabilities = "ffffabcd0123abcd0123abcd0123abcd", []string{}
	if err := s.SaveDevice(ctx, static); err != nil {
		t.Fatal(err)
	}
	check(static, kitchen)

	save(t, s, "bath", change{Put: rows{row(1, 1)}, Head: head(1, 2)})
	save(t, s, "kuche_tv", change{Put: rows{row(1, 1)}, Head: head(1, 2)})
	for range 2 { // the second time it is not there any more
		if err := s.ForgetDevice(ctx, "bath"); err != nil {
			t.Fatal(err)
		}
	}
	check(kitchen)
	if got := readQueueSorted(t, s, "bath"); got.Head != (queue.Head{}) || len(got.Rows) > 0 {
		t.Errorf("the queue of a forgotten device is %+v", got)
	}
	save(t, s, "bath", change{Head: head(1, 1)})
	if got := readQueueSorted(t, s, "bath"); len(got.Rows) > 0 {
		t.Errorf("entries of a forgotten queue came back: %+v", got)
	}
	if got := readQueueSorted(t, s, "kuche_tv"); len(got.Rows) != 1 {
		t.Errorf("the queue of another device is %+v", got)
	}
}

func TestIDIsDrawnOnceAndKept(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	first, err := s.ID(t.Context())
	if err != nil || !regexp.MustCompile(`^[a-z0-9]{10}$`).MatchString(first) {
		t.Fatalf("got %q, %v", first, err)
	}
	for range 2 {
		if again, err := s.ID(t.Context()); again != first || err != nil {
			t.Errorf("got %q, %v, wanted %q", again, err, first)
		}
		s = reopen(t, s, dir)
	}
	other, err := openStore(t, t.TempDir()).ID(t.Context())
	if err != nil || other == first {
		t.Errorf("two bridges are called %q, %q: %v", first, other, err)
	}
}

func TestDamagedDatabaseIsSetAside(t *testing.T) {
	garbage := bytes.Repeat([]byte("this is no database. "), 500)
	damages := []struct {
		name   string
		damage func(whole []byte) []byte
	}{
		{"garbage", func([]byte) []byte { return garbage }},
		{"header overwritten", func(b []byte) []byte { copy(b, "SQLite format 9"); return b }},
		{"cut in half", func(b []byte) []byte { return b[:len(b)/2] }},
		{"pages overwritten", func(b []byte) []byte { copy(b[2*4096:], garbage); return b }},
	}
	for _, test := range damages {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "state.db")
			s := openStore(t, dir)
			for i := range queue.EntryID(100) {
				save(t, s, "kitchen", change{Put: rows{row(i+1, int64(i))}, Head: head(1, i+2)})
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			whole, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			bad := test.damage(whole)
			if err := os.WriteFile(path, bad, 0o600); err != nil {
				t.Fatal(err)
			}

			var logged strings.Builder
			s, err = Open(dir, slog.New(slog.NewTextHandler(&logged, nil)))
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			kept, err := filepath.Glob(path + ".damaged-*")
			if err != nil || len(kept) != 1 {
				t.Fatalf("set aside: %q, %v", kept, err)
			}
			if got, err := os.ReadFile(kept[0]); err != nil || !bytes.Equal(got, bad) {
				t.Errorf("what was set aside is not what was there: %v", err)
			}
			if !strings.Contains(logged.String(), "level=ERROR") || !strings.Contains(logged.String(), kept[0]) {
				t.Errorf("logged %q", logged.String())
			}
			if got := readQueueSorted(t, s, "kitchen"); len(got.Rows) > 0 {
				t.Errorf("the new database holds %+v", got)
			}
			save(t, s, "kitchen", change{Put: rows{row(1, 1)}, Head: head(1, 2)})
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	refused := func(t *testing.T, dir, want string) {
		t.Helper()
		s, err := Open(dir, quiet())
		if err == nil {
			s.Close()
			t.Fatal("it was opened")
		}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %q, wanted %q in it", err, want)
		}
	}
	t.Run("a database of a newer version", func(t *testing.T) {
		dir := t.TempDir()
		s := openStore(t, dir)
		if _, err := s.db.ExecContext(t.Context(), "PRAGMA user_version = 1000"); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		refused(t, dir, fmt.Sprintf("newer version of LocalCast (schema 1000, this one knows up to %d)", len(migrations())))
		if kept, _ := filepath.Glob(filepath.Join(dir, "*damaged*")); len(kept) > 0 {
			t.Errorf("it was set aside: %q", kept)
		}
	})
	t.Run("a database that is open elsewhere", func(t *testing.T) {
		dir := t.TempDir()
		openStore(t, dir)
		refused(t, dir, "another program has it open")
	})
	t.Run("a folder that is not there", func(t *testing.T) {
		refused(t, filepath.Join(t.TempDir(), "nowhere"), "state.db")
	})
	t.Run("a folder in place of the file", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "state.db"), 0o700); err != nil {
			t.Fatal(err)
		}
		refused(t, dir, "state.db")
	})
}

func TestDataFolderMayHaveAnyName(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a?b%20c#d é")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	openStore(t, dir)
	if _, err := os.Stat(filepath.Join(dir, "state.db")); err != nil {
		t.Error(err)
	}
}

func TestClosedStoreRefuses(t *testing.T) {
	s := openStore(t, t.TempDir())
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveQueue(t.Context(), "kitchen", change{}); !errors.Is(err, ErrClosed) {
		t.Errorf("SaveQueue: %v", err)
	}
	if _, err := s.Queue(t.Context(), "kitchen"); err == nil {
		t.Error("Queue answered")
	}
}

func TestCallWhoseContextHasEndedChangesNothing(t *testing.T) {
	s := openStore(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.turn <- struct{}{} // a transaction is under way
	if err := s.SaveQueue(ctx, "kitchen", change{Head: head(1, 1)}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	<-s.turn
	save(t, s, "bath", change{Head: head(1, 1)}) // makes what is pending
	if got := readQueueSorted(t, s, "kitchen"); got.Head != (queue.Head{}) {
		t.Errorf("it was made all the same: %+v", got)
	}
}

func TestMovedQueueIsInOnePlace(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	save(t, s, "kitchen", change{All: true, Put: rows{row(1, 100), row(2, 200)}, Head: head(3, 3)})
	save(t, s, "bath", change{All: true, Put: rows{row(1, 100)}, Head: head(5, 2)})
	if _, err := s.db.ExecContext(t.Context(), `CREATE TEMP TRIGGER broken BEFORE INSERT ON main.entry WHEN NEW.id = 9
		BEGIN SELECT RAISE(ABORT, 'the disk is broken'); END`); err != nil {
		t.Fatal(err)
	}
	unfit := row(9, 300)
	unfit.Entry.Item.Duration = math.NaN() // which JSON cannot tell
	for _, last := range []queue.Row[media.Item]{row(9, 300), unfit} {
		c := change{All: true, Put: rows{row(7, 100), last}, Head: head(6, 10)}
		if err := s.MoveQueue(t.Context(), "kitchen", change{All: true, Head: head(4, 3)}, "bath", c); err == nil {
			t.Error("a queue that cannot be stored was moved")
		}
	}
	moved := change{All: true, Put: rows{row(7, 100), row(8, 200)}, Head: head(6, 9)}
	lengths := func(s *Store) [2]int {
		return [2]int{len(readQueueSorted(t, s, "kitchen").Rows), len(readQueueSorted(t, s, "bath").Rows)}
	}
	if got := lengths(s); got != [2]int{2, 1} {
		t.Errorf("after what failed there are %v entries, want 2 and 1", got)
	}
	if err := s.MoveQueue(t.Context(), "kitchen", change{All: true, Head: head(4, 3)}, "bath", moved); err != nil {
		t.Fatal(err)
	}
	if err := s.SavePosition(t.Context(), "kitchen", head(3, 3)); err != nil { // that was on its way
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openStore(t, dir)
	if got := lengths(s); got != [2]int{0, 2} {
		t.Errorf("after the move there are %v entries, want 0 and 2", got)
	}
	if r := readQueueSorted(t, s, "kitchen").Head.Revision; r != 4 {
		t.Errorf("what is left is at revision %d, want 4", r)
	}
}
