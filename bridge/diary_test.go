package bridge

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"localcast/bridge/media"
	"localcast/bridge/queue"
)

// writing runs a diary in a bubble, until the test ends.
func writing(t *testing.T, test func(t *testing.T, d *diary, s *fakeStore, log *strings.Builder)) {
	synctest.Test(t, func(t *testing.T) {
		s, log := newFakeStore(), &strings.Builder{}
		d := newDiary(s, slog.New(slog.NewTextHandler(log, nil)))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { d.run(ctx, context.Background()); close(done) }()
		test(t, d, s, log)
		s.disk("works")
		cancel()
		<-done
	})
}

// played is a film that has been played for some seconds.
func played(id string, serial uint64, seconds float64) queue.Played[media.Item] {
	p := queue.Played[media.Item]{Serial: serial, Seconds: seconds, Position: 100, Duration: 7000}
	p.Entry.Item = media.Item{ID: media.ID(id), Kind: media.Movie, Title: id, Path: "films/" + id, Size: 5}
	return p
}

func TestWhoTellsTheDiaryNeverWaitsForTheDisk(t *testing.T) {
	writing(t, func(t *testing.T, d *diary, s *fakeStore, _ *strings.Builder) {
		s.disk("waits")
		for range 100 {
			d.played("den", played("alien", 1, 2))
			synctest.Wait()
		}
		if u := d.use("alien"); u.Position != 100 {
			t.Errorf("meanwhile it is known as %+v", u)
		}
		s.disk("works")
		synctest.Wait()
		if len(s.plays) != 1 || s.plays[0].Seconds != 200 || s.uses["alien"].Path != "films/alien" {
			t.Errorf("kept are %+v and %+v", s.plays, s.uses)
		}
	})
}

func TestWhatWaitsForTheDiskIsBounded(t *testing.T) {
	writing(t, func(t *testing.T, d *diary, s *fakeStore, log *strings.Builder) {
		s.disk("full")
		for n := range unwrittenMost + 500 {
			d.played("den", played(fmt.Sprint("film", n), uint64(n+1), 1))
		}
		synctest.Wait()
		if uses, plays := len(d.unwritten.uses), len(d.unwritten.plays); uses != unwrittenMost || plays != unwrittenMost {
			t.Errorf("%d items and %d plays wait, want %d of each", uses, plays, unwrittenMost)
		}
		if n := strings.Count(log.String(), "too much waits"); n != 1 {
			t.Errorf("it is said %d times that something is lost", n)
		}
		d.played("den", played("film0", 1, 1)) // of one that waits the rest is not lost
		s.disk("works")
		if err := d.write(t.Context()); err != nil {
			t.Error(err)
		}
		if len(s.uses) != unwrittenMost || len(s.plays) != unwrittenMost {
			t.Errorf("%d items and %d plays are kept", len(s.uses), len(s.plays))
		}
		for _, p := range s.plays {
			if p.Item == "film0" && p.Seconds != 2 {
				t.Errorf("of the first play %g s are kept, want 2", p.Seconds)
			}
		}
	})
}

func TestPicturesAreNotRemembered(t *testing.T) {
	writing(t, func(t *testing.T, d *diary, s *fakeStore, _ *strings.Builder) {
		p := played("lake", 1, 8)
		p.Entry.Item.Kind = media.Image
		d.played("den", p)
		synctest.Wait()
		if len(s.uses) != 0 || len(s.plays) != 1 {
			t.Errorf("kept are %+v and %+v", s.uses, s.plays)
		}
	})
}

func TestTheLeastRecentlyUsedAreForgotten(t *testing.T) {
	writing(t, func(t *testing.T, d *diary, s *fakeStore, _ *strings.Builder) {
		d.most = 100
		for n := range d.most {
			id := media.ID(fmt.Sprint("film", n))
			u := media.Used{Item: id, Use: media.Use{LastAt: int64(n), Watched: n < 5}}
			d.uses[id], s.uses[id] = u.Use, u
		}
		d.played("den", played("new", 1, 1))
		synctest.Wait()
		if want := d.most + 1 - d.most/10; len(d.uses) != want || len(s.uses) != want {
			t.Errorf("%d are known and %d kept, want %d", len(d.uses), len(s.uses), want)
		}
		if _, kept := s.uses["film5"]; kept || s.uses["new"].Use.Position != 100 {
			t.Error("the oldest is kept, or the newest is not")
		}
		if !s.uses["film0"].Use.Watched {
			t.Error("a mark is lost before what has none")
		}
	})
}

func TestWhatIsKnownIsBoundedWhileTheDiskWaits(t *testing.T) {
	writing(t, func(t *testing.T, d *diary, s *fakeStore, _ *strings.Builder) {
		s.disk("waits")
		d.played("den", played("first", 1, 1))
		synctest.Wait() // it is being written
		d.most = 100
		for n := range d.most {
			d.uses[media.ID(fmt.Sprint("film", n))] = media.Use{LastAt: int64(n)}
		}
		for n := range 2 * unwrittenMost {
			d.played("den", played(fmt.Sprint("new", n), uint64(n+2), 1))
		}
		if len(d.uses) != d.most+unwrittenMost {
			t.Errorf("%d are known, want at most %d", len(d.uses), d.most+unwrittenMost)
		}
	})
}

func TestWhatIsUsedAgainIsNotForgotten(t *testing.T) {
	writing(t, func(t *testing.T, d *diary, s *fakeStore, _ *strings.Builder) {
		d.uses["alien"], s.uses["alien"] = media.Use{LastAt: 1}, media.Used{Item: "alien"}
		for range 2 { // once in what waits, once in what could not be written
			s.disk("full")
			d.mu.Lock()
			d.forget("alien")
			d.mu.Unlock()
			if err := d.write(t.Context()); err == nil {
				t.Error("a full disk takes it")
			}
			d.played("den", played("alien", 1, 1))
			synctest.Wait()
			s.disk("works")
			if err := d.write(t.Context()); err != nil {
				t.Error(err)
			}
			if s.uses["alien"].Use.Position != 100 || d.use("alien").Position != 100 {
				t.Errorf("it is kept as %+v and known as %+v", s.uses["alien"], d.use("alien"))
			}
		}
	})
}

func TestAllThatIsKnownFindsItsFilesAgain(t *testing.T) {
	writing(t, func(t *testing.T, d *diary, s *fakeStore, _ *strings.Builder) {
		l := newFakeLibrary()
		for n := range 3 * unwrittenMost {
			old, path := media.ID(fmt.Sprint("old", n)), fmt.Sprint("films/", n)
			s.uses[old] = media.Used{Item: old, Path: path, Size: 5, Use: media.Use{Watched: true, LastAt: 7}}
			l.items = append(l.items, media.Item{ID: media.ID(fmt.Sprint("new", n)), Kind: media.Movie, Path: path})
		}
		l.items = l.items[:len(l.items)-1] // one has not come back
		if err := d.load(t.Context()); err != nil {
			t.Fatal(err)
		}
		d.played("den", played("new5", 1, 1)) // since then
		if err := d.adopt(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		if len(s.uses) != 3*unwrittenMost || !s.uses["new7"].Use.Watched || d.use("new8") != s.uses["new8"].Use {
			t.Errorf("%d are kept, one of them as %+v", len(s.uses), s.uses["new7"])
		}
		if u := d.use("new5"); u.Watched || u.Position != 100 {
			t.Errorf("what was played since is %+v", u)
		}
		if _, kept := s.uses["old3"]; kept || d.use("old3") != (media.Use{}) {
			t.Error("what has another id now is known under both")
		}
		if last := media.ID(fmt.Sprint("old", 3*unwrittenMost-1)); !d.use(last).Watched {
			t.Error("what has not come back is forgotten")
		}
	})
}
