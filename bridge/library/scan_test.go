package library

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"localcast/bridge/media"
)

func TestIDsStay(t *testing.T) {
	for _, row := range []struct {
		name   string
		before []string
		change func(s *shelf)
		// want maps each path afterwards to the one before whose id it has; "" is a new id.
		want map[string]string
	}{
		{"nothing happens", []string{"a.wav"}, func(s *shelf) {}, map[string]string{"a.wav": "a.wav"}},
		{"renamed", []string{"a.wav"}, func(s *shelf) { s.move("a.wav", "b.wav") }, map[string]string{"b.wav": "a.wav"}},
		{"only the case changes", []string{"a.wav"}, func(s *shelf) { s.move("a.wav", "A.wav") }, map[string]string{"A.wav": "a.wav"}},
		{"moved to a folder that is read later", []string{"a/x.wav", "b/y.wav"}, func(s *shelf) { s.move("a/x.wav", "b/x.wav") },
			map[string]string{"b/x.wav": "a/x.wav", "b/y.wav": "b/y.wav"}},
		{"moved to a folder that is read earlier", []string{"b/x.wav", "a/y.wav"}, func(s *shelf) { s.move("b/x.wav", "a/x.wav") },
			map[string]string{"a/x.wav": "b/x.wav", "a/y.wav": "a/y.wav"}},
		{"moved and renamed", []string{"a/x.wav"}, func(s *shelf) { s.move("a/x.wav", "c/d/z.wav") }, map[string]string{"c/d/z.wav": "a/x.wav"}},
		{"numbered anew", []string{"1.wav", "2.wav", "3.wav"}, func(s *shelf) {
			s.move("3.wav", "4.wav")
			s.move("2.wav", "3.wav")
			s.move("1.wav", "2.wav")
		}, map[string]string{"2.wav": "1.wav", "3.wav": "2.wav", "4.wav": "3.wav"}},
		{"swapped", []string{"1.wav", "2.wav"}, func(s *shelf) {
			s.move("1.wav", "x")
			s.move("2.wav", "1.wav")
			s.move("x", "2.wav")
		}, map[string]string{"1.wav": "2.wav", "2.wav": "1.wav"}},
		{"folder renamed", []string{"a/b/x.wav", "a/y.wav"}, func(s *shelf) { s.move("a", "z") },
			map[string]string{"z/b/x.wav": "a/b/x.wav", "z/y.wav": "a/y.wav"}},
		{"folder moved into another", []string{"a/x.wav", "b/y.wav"}, func(s *shelf) { s.move("a", "b/a") },
			map[string]string{"b/a/x.wav": "a/x.wav", "b/y.wav": "b/y.wav"}},
		{"written anew in its place", []string{"a.wav"}, func(s *shelf) { s.put("a.wav", wav(3, "other")) }, map[string]string{"a.wav": "a.wav"}},
		{"copied", []string{"a.wav"}, func(s *shelf) { s.put("b.wav", wav(1, "a.wav")) }, map[string]string{"a.wav": "a.wav", "b.wav": ""}},
		{"moved by copying", []string{"a.wav"}, func(s *shelf) {
			s.put("b/c.wav", wav(1, "a.wav"))
			s.remove("a.wav")
		}, map[string]string{"b/c.wav": "a.wav"}},
		{"replaced by another known file", []string{"a.wav", "b.wav"}, func(s *shelf) { s.move("a.wav", "b.wav") }, map[string]string{"b.wav": "a.wav"}},
		{"moved, and another put in its place", []string{"a.wav"}, func(s *shelf) {
			s.move("a.wav", "b.wav")
			s.put("a.wav", wav(2, "new"))
		}, map[string]string{"a.wav": "", "b.wav": "a.wav"}},
		{"numbered anew, and a new first one", []string{"1.wav", "2.wav"}, func(s *shelf) {
			s.move("2.wav", "3.wav")
			s.move("1.wav", "2.wav")
			s.put("1.wav", wav(2, "new"))
		}, map[string]string{"1.wav": "", "2.wav": "1.wav", "3.wav": "2.wav"}},
		{"deleted beside a new one", []string{"a.wav"}, func(s *shelf) {
			s.remove("a.wav")
			s.put("b.wav", wav(2, "new"))
		}, map[string]string{"b.wav": ""}},
		{"out of a folder that is deleted", []string{"a/b/x.wav", "a/y.wav"}, func(s *shelf) {
			s.move("a/b", "c")
			s.remove("a")
		}, map[string]string{"c/x.wav": "a/b/x.wav"}},
	} {
		for _, reach := range []reach{deep, shallow} {
			if reach == shallow && strings.HasPrefix(row.name, "written") {
				continue // that is for the watch or a deep scan to see
			}
			t.Run(fmt.Sprintf("%s, %s", row.name, []string{"here", "shallow", "deep"}[reach]), func(t *testing.T) {
				s := newShelf(t, Config{}, row.before...)
				s.scan()
				before := s.ids()
				old := map[media.ID]bool{}
				for _, id := range before {
					old[id] = true
				}
				row.change(s)
				s.pass(reach)
				after := s.ids()
				for path, from := range row.want {
					got, ok := after["media/"+path]
					switch {
					case !ok:
						t.Errorf("%s is not there", path)
					case from == "" && old[got]:
						t.Errorf("%s has an old id", path)
					case from != "" && got != before["media/"+from]:
						t.Errorf("%s has not the id of %s", path, from)
					}
				}
				if len(after) != len(row.want) {
					t.Errorf("there is %s", s.paths())
				}
			})
		}
	}
}

func TestFoldersKeepTheirIDs(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(s *shelf)
		want   map[string]string // each path afterwards, and the one before whose id it has
	}{
		{"renamed", func(s *shelf) { s.move("a", "z") }, map[string]string{"z": "a", "z/b": "a/b", "c": "c"}},
		{"moved", func(s *shelf) { s.move("a/b", "c/b") }, map[string]string{"a": "a", "c/b": "a/b", "c": "c"}},
		{"swapped", func(s *shelf) {
			s.move("a", "x")
			s.move("c", "a")
			s.move("x", "c")
		}, map[string]string{"a": "c", "c": "a", "c/b": "a/b"}},
		{"renamed to a name that another had", func(s *shelf) {
			s.remove("c")
			s.scan()
			s.move("a", "c")
		}, map[string]string{"c": "a", "c/b": "a/b"}},
		{"replaced by another", func(s *shelf) {
			s.remove("c")
			s.move("a", "c")
		}, map[string]string{"c": "a", "c/b": "a/b"}},
		{"deleted and made again", func(s *shelf) {
			s.remove("c")
			s.write("c/y.wav")
		}, map[string]string{"a": "a", "a/b": "a/b", "c": "c"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newShelf(t, Config{}, "a/w.wav", "a/b/x.wav", "c/y.wav")
			s.scan()
			before := map[string]media.ID{}
			for _, path := range []string{"a", "a/b", "c"} {
				before[path] = s.folder("media/" + path)
			}
			files := s.ids()
			row.change(s)
			s.scan()
			for path, from := range row.want {
				if got := s.folder("media/" + path); got != before[from] {
					t.Errorf("%s has not the id of %s", path, from)
				}
				if it, err := s.lib.Item(t.Context(), before[from]); err != nil || it.Path != "media/"+path {
					t.Errorf("the item of %s: %+v, %v", path, it, err)
				}
			}
			for path, id := range s.ids() {
				if it, err := s.lib.Item(t.Context(), id); err != nil || it.Path != path {
					t.Errorf("%s: %+v, %v", path, it, err)
				}
			}
			if row.name == "swapped" && s.ids()["media/c/b/x.wav"] != files["media/a/b/x.wav"] {
				t.Error("the files have new ids")
			}
		})
	}
}

func TestTombstones(t *testing.T) {
	s := newShelf(t, Config{}, "ABBA/Hits/1 - a.wav", "b.wav")
	s.scan()
	id := s.ids()["media/ABBA/Hits/1 - a.wav"]
	artist := s.search(media.Query{Text: "abba", Kinds: []media.Kind{media.Artist}})[0].ID
	gone := func() {
		t.Helper()
		s.remove("ABBA")
		s.scan()
		s.wantPaths("b.wav")
		if _, err := s.lib.Item(t.Context(), id); !errors.Is(err, media.ErrNoItem) {
			t.Errorf("the deleted file: %v", err)
		}
		if _, err := s.lib.Item(t.Context(), artist); !errors.Is(err, media.ErrNoItem) {
			t.Errorf("the artist without music: %v", err)
		}
	}
	age := func(days int) {
		t.Helper()
		for _, table := range []string{"files", "dirs"} {
			_, err := s.lib.db.write.exec(t.Context(), "UPDATE "+table+" SET gone=? WHERE gone IS NOT NULL", time.Now().AddDate(0, 0, -days).Unix())
			s.do(err)
		}
		s.scan()
	}
	gone()
	age(29)
	s.write("ABBA/Hits/1 - a.wav")
	s.scan()
	if got := s.ids()["media/ABBA/Hits/1 - a.wav"]; got != id {
		t.Errorf("back after 29 days: %s, was %s", got, id)
	}
	if again := s.search(media.Query{Text: "abba", Kinds: []media.Kind{media.Artist}}); len(again) != 1 || again[0].ID != artist {
		t.Errorf("the artist: %+v", again)
	}
	gone()
	age(31)
	n, err := s.lib.db.write.number(t.Context(), "SELECT count(*) FROM items WHERE kind IN ('artist','album','track')")
	if err != nil || n != 1 { // b.wav
		t.Errorf("%d rows are left after 31 days, %v", n, err)
	}
	s.write("ABBA/Hits/1 - a.wav")
	s.scan()
	if got := s.ids()["media/ABBA/Hits/1 - a.wav"]; got == "" || got == id {
		t.Errorf("back after 31 days: %s, was %s", got, id)
	}
}

func TestRootThatComesAndGoes(t *testing.T) {
	for _, row := range []struct {
		name      string
		go_, back func(s *shelf, aside string) error
	}{
		{"is unmounted, leaving an empty folder",
			func(s *shelf, aside string) error {
				return errors.Join(os.Rename(s.dir, aside), os.Mkdir(s.dir, 0o755))
			},
			func(s *shelf, aside string) error { return errors.Join(os.Remove(s.dir), os.Rename(aside, s.dir)) }},
		{"is not there",
			func(s *shelf, aside string) error { return os.Rename(s.dir, aside) },
			func(s *shelf, aside string) error { return os.Rename(aside, s.dir) }},
		{"is a file",
			func(s *shelf, aside string) error {
				return errors.Join(os.Rename(s.dir, aside), os.WriteFile(s.dir, nil, 0o644))
			},
			func(s *shelf, aside string) error { return errors.Join(os.Remove(s.dir), os.Rename(aside, s.dir)) }},
	} {
		t.Run(row.name, func(t *testing.T) {
			base := t.TempDir()
			s := newShelf(t, Config{Folders: []string{filepath.Join(base, "media"), filepath.Join(base, "other")}}, "a.wav", "d/b.wav", "../other/c.wav")
			s.scan()
			before := s.ids()
			s.lib.Events()
			s.do(row.go_(s, filepath.Join(base, "aside")))
			if s.lib.returned(t.Context()) != nil {
				t.Error("it was taken for one that came back")
			}
			check := func(when string) {
				t.Helper()
				s.wantPaths("other/c.wav")
				if st := s.lib.Status(); strings.Join(st.Unavailable, " ") != "media" || st.Counts.Tracks != 1 {
					t.Errorf("%s: %+v", when, st)
				}
			}
			check("looked at")
			e := s.lib.Events()
			if len(e) != 1 || e[0].Type != media.FolderUnavailable || e[0].Folder != "media" || strings.Contains(e[0].Message, base) {
				t.Errorf("events %+v", e)
			}
			s.scan()
			check("scanned")
			s.reopen()
			check("opened again")
			s.scan()
			check("scanned again")
			s.do(row.back(s, filepath.Join(base, "aside")))
			s.lib.pass(t.Context(), s.lib.returned(t.Context()), deep, true)
			for path, id := range before {
				if got := s.ids()[path]; got != id {
					t.Errorf("%s came back as %q, was %s", path, got, id)
				}
			}
			e = s.lib.Events()
			if len(e) != 1 || e[0].Type != media.FolderAvailable || len(s.lib.Status().Unavailable) != 0 {
				t.Errorf("events %+v, status %+v", e, s.lib.Status())
			}
		})
	}
}

func TestFolderThatIsConfiguredNoMore(t *testing.T) {
	base := t.TempDir()
	both := []string{filepath.Join(base, "media"), filepath.Join(base, "other")}
	s := newShelf(t, Config{Folders: both}, "a.wav", "../other/c.wav")
	s.scan()
	before := s.ids()
	s.cfg.Folders = both[:1]
	s.reopen()
	s.wantPaths("a.wav")
	s.cfg.Folders = both
	s.reopen()
	s.scan()
	if got := s.ids(); got["other/c.wav"] != before["other/c.wav"] || len(got) != 2 {
		t.Errorf("got %v, had %v", got, before)
	}
}

func TestFolderInsideAnother(t *testing.T) {
	base := filepath.Join(t.TempDir(), "media")
	s := newShelf(t, Config{Folders: []string{base, filepath.Join(base, "music")}}, "a.wav", "music/b.wav")
	s.scan()
	s.wantPaths("a.wav, music/b.wav")
	if id := s.ids()["music/b.wav"]; id == "" {
		t.Errorf("there is %v", s.ids())
	}
}

func TestWhatIsLeftOut(t *testing.T) {
	s := newShelf(t, Config{}, "a.wav", ".hidden.wav", ".dir/b.wav", "@eaDir/c.wav", "lost+found/d.wav", ".Trash-1000/e.wav",
		"Heat (1995)/Heat.mkv", "Heat (1995)/Sample/heat.mkv", "Heat (1995)/heat-trailer.mkv", "Heat (1995)/Extras/making of.mkv")
	s.put("empty.wav", nil)
	s.put("notes.txt", []byte("text"))
	s.put("film.mkv.part", mp4("x"))
	s.scan()
	s.wantPaths("Heat (1995)/Heat.mkv, a.wav")
}

func TestBrokenFilesCostOneWarningEach(t *testing.T) {
	s := newShelf(t, Config{}, "good.wav")
	s.put("Broken Film (1999).mkv", bytes.Repeat([]byte("\x1aE\xdf\xa3nonsense"), 50))
	s.put("broken.mp3", append([]byte("ID3\x03\x00\x00\x00\x00\x00\x00"), bytes.Repeat([]byte("no"), 2000)...))
	s.put("strange.avi", []byte("RIFF....AVI what we cannot look into"))
	s.scan()
	s.scan()
	s.wantPaths("Broken Film (1999).mkv, broken.mp3, good.wav, strange.avi")
	for file, want := range map[string]int{"Broken Film": 1, "broken.mp3": 1, "strange.avi": 0, "good.wav": 0} {
		if got := strings.Count(s.log.String(), file); got != want {
			t.Errorf("%s: %d warnings, want %d\n%s", file, got, want, s.log.String())
		}
	}
	if found := s.search(media.Query{Text: "broken film"}); len(found) != 1 || found[0].ContentType != "video/x-matroska" || found[0].Year != 1999 {
		t.Errorf("found %+v", found)
	}
}

func TestStrangeNames(t *testing.T) {
	long := strings.Repeat("ä", 125) + ".wav" // 254 bytes
	s := newShelf(t, Config{}, "caf\xe9/\xfcber.wav", long, "new\nline.wav", "tab\t'quote\".wav", "back\\slash.wav", "%41?x=#y.wav")
	s.scan()
	s.wantPaths(strings.Join([]string{"%41?x=#y.wav", "back\\slash.wav", "café/über.wav", "new\nline.wav", "tab\t'quote\".wav", long}, ", "))
	found := s.search(media.Query{Text: "uber", Kinds: []media.Kind{media.Track}})
	if len(found) != 1 {
		t.Fatalf("found %+v", found)
	}
	for _, id := range s.ids() {
		f, it, err := s.lib.Open(t.Context(), id)
		if err != nil {
			t.Errorf("open %q: %v", it.Path, err)
			continue
		}
		f.Close()
	}
	if l, err := s.lib.Browse(t.Context(), "", "media/café", 0, 10); err != nil || l.Total != 1 {
		t.Errorf("browse: %+v, %v", l, err)
	}
}

func TestFilesBeingWritten(t *testing.T) {
	s := newShelf(t, Config{}, "old.wav")
	s.put("new.wav", wav(1, "new"))
	now := time.Now()
	s.do(os.Chtimes(s.path("new.wav"), now, now))
	s.scan()
	s.wantPaths("old.wav")
	if len(s.lib.unsettled) != 1 {
		t.Errorf("%d folders are to be looked at again", len(s.lib.unsettled))
	}
	s.age("new.wav")
	s.pass(shallow) // the folder itself has not changed
	s.wantPaths("new.wav, old.wav")
	if len(s.lib.unsettled) != 0 {
		t.Errorf("%d folders are to be looked at again", len(s.lib.unsettled))
	}
	future := now.Add(24 * time.Hour)
	s.put("future.wav", wav(1, "future"))
	s.do(os.Chtimes(s.path("future.wav"), future, future))
	s.scan()
	s.wantPaths("future.wav, new.wav, old.wav")
}

func TestShallowScanReadsOnlyWhatChanged(t *testing.T) {
	s := newShelf(t, Config{}, "a/x.wav", "b/y.wav")
	for _, dir := range []string{"a", "b", ""} {
		s.age(dir)
	}
	s.scan()
	// Another length at the same place leaves the folder's time as it is: only a deep scan looks at every file.
	s.put("a/x.wav", wav(5, "other"))
	s.write("b/z.wav")
	s.pass(shallow)
	s.wantPaths("a/x.wav, b/y.wav, b/z.wav")
	if got := s.search(media.Query{Text: "x", Kinds: []media.Kind{media.Track}}); got[0].Duration != 1 {
		t.Error("the shallow scan looked at a file in a folder that has not changed")
	}
	s.scan()
	if got := s.search(media.Query{Text: "x", Kinds: []media.Kind{media.Track}}); got[0].Duration != 5 {
		t.Error("the deep scan did not see the change")
	}
}

func TestRescan(t *testing.T) {
	s := newShelf(t, Config{}, "a/x.wav", "b/y.wav")
	s.scan()
	s.write("a/new.wav", "b/new.wav", "c/d/new.wav")
	rescan := func(folder string) {
		t.Helper()
		s.do(s.lib.Rescan(folder))
		<-s.lib.asked
		s.lib.pass(t.Context(), s.lib.takeRequests(), deep, true)
	}
	rescan("a")
	s.wantPaths("a/new.wav, a/x.wav, b/y.wav")
	rescan("media/b/")
	s.wantPaths("a/new.wav, a/x.wav, b/new.wav, b/y.wav")
	rescan("media/c/d") // which the catalogue does not know yet
	s.wantPaths("a/new.wav, a/x.wav, b/new.wav, b/y.wav, c/d/new.wav")
	s.remove("a")
	rescan("media")
	s.wantPaths("b/new.wav, b/y.wav, c/d/new.wav")
	s.remove("b")
	rescan("")
	s.wantPaths("c/d/new.wav")
	for _, name := range []string{"none", "..", "../media", "a", s.dir, "c/d/new.wav"} {
		if err := s.lib.Rescan(name); !errors.Is(err, media.ErrNoItem) {
			t.Errorf("Rescan(%q): %v", name, err)
		}
	}
}

func TestFilesThatAreNone(t *testing.T) {
	s := newShelf(t, Config{}, "a.wav")
	s.scan()
	id := s.ids()["media/a.wav"]
	s.remove("a.wav")
	if _, _, err := s.lib.Open(t.Context(), id); !errors.Is(err, media.ErrNoItem) {
		t.Errorf("a deleted file: %v", err)
	}
	s.do(os.Mkdir(s.path("a.wav"), 0o755))
	if _, _, err := s.lib.Open(t.Context(), id); !errors.Is(err, media.ErrNoItem) {
		t.Errorf("a folder in its place: %v", err)
	}
}

// TestFilesThatAreAlikeAreLookedUpByIndex holds that a thousand copies of one file cost no more each than one: the rows that
// are like a new file are found by an index, without being sorted, and few of them are looked at.
func TestFilesThatAreAlikeAreLookedUpByIndex(t *testing.T) {
	s := newShelf(t, Config{})
	for _, state := range []string{"gone IS NULL", "gone IS NOT NULL"} {
		var plan string
		rows, err := s.lib.db.read.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+strayedQuery+"size=? AND sum=? AND "+state+" LIMIT ?", 1, []byte("x"), maxLike)
		s.do(err)
		for rows.Next() {
			var id, parent, unused int
			var detail string
			s.do(rows.Scan(&id, &parent, &unused, &detail))
			plan += detail + "\n"
		}
		s.do(rows.Err())
		if !strings.Contains(plan, "USING INDEX files_sum (size=? AND sum=? AND gone") || strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("%s: the plan is\n%s", state, plan)
		}
	}
}

func TestFilesThatAreAlikeKeepTheirIDs(t *testing.T) {
	s := newShelf(t, Config{})
	var want []string
	for i := range 20 {
		name := fmt.Sprintf("a/%02d.wav", i)
		s.put(name, wav(1, "the same"))
		want = append(want, name)
	}
	s.scan()
	s.wantPaths(strings.Join(want, ", "))
	before := s.ids()
	s.move("a", "b")
	s.scan()
	for path, id := range s.ids() {
		if old := "media/a/" + filepath.Base(path); before[old] != id {
			t.Errorf("%s has id %s, had %s", path, id, before[old])
		}
	}
}

func TestAFolderThatHangsIsScannedLast(t *testing.T) {
	base := t.TempDir()
	s := newShelf(t, Config{Folders: []string{filepath.Join(base, "nas"), filepath.Join(base, "disk"), filepath.Join(base, "other")}}, "../disk/a.wav", "../other/b.wav")
	nas := s.lib.folders[0]
	nas.own.stuck.Store(maxStuck) // its server is gone
	var order []string
	for _, target := range answeringFirst(t.Context(), s.lib.targets("")) {
		order = append(order, target.fo.base)
	}
	if got := strings.Join(order, " "); got != "disk other nas" {
		t.Errorf("scanned in the order %s", got)
	}
	s.scan()
	if got := strings.Join(s.lib.Status().Unavailable, " "); got != "nas" || len(s.ids()) != 2 {
		t.Errorf("unavailable %q, there are %s", got, s.paths())
	}
}

func TestHostileTree(t *testing.T) {
	deep := strings.Repeat("d/", maxDepth+20)
	longFolder, longFile := strings.Repeat("f", 255), strings.Repeat("x", 251)+".wav"
	s := newShelf(t, Config{}, "a.wav", deep+"lost.wav", deep[:20]+"found.wav", longFolder+"/"+longFile, "CASE/one.wav", "case/two.wav",
		"-rf.wav", " .wav", "..wav.wav", "nul\x01.wav", "\xff\xfe.wav", "a.wav.wav", "emoji \U0001f600.wav", "e\u0301.wav")
	s.scan()
	want := []string{" .wav", "-rf.wav", "CASE/one.wav", "a.wav", "a.wav.wav", "case/two.wav", deep[:20] + "found.wav", "emoji \U0001f600.wav",
		"e\u0301.wav", longFolder + "/" + longFile, "nul\x01.wav", "ÿþ.wav"}
	got := strings.Split(s.paths(), ", ")
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("%q is not there; there is %q", w, got)
		}
	}
	if len(got) != len(want) {
		t.Errorf("there are %d items, not %d: %q", len(got), len(want), got)
	}
	if !strings.Contains(s.log.String(), "too deep") {
		t.Errorf("nothing is said of what lies too deep:\n%s", s.log.String())
	}
	before := s.ids()
	s.move("CASE", "Case")
	s.scan()
	after := s.ids()
	if after["media/Case/one.wav"] != before["media/CASE/one.wav"] || after["media/case/two.wav"] != before["media/case/two.wav"] {
		t.Error("a folder whose name changed in its case alone has new ids")
	}
}
