package library

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"localcast/bridge/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shelf is a library under test whose folders are temporary.
type shelf struct {
	t   *testing.T
	lib *Library
	dir string // the first folder, called "media"
	cfg Config
	log journal
}

// journal is a log that may be read while it is written.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// newShelf makes a library with files in its folder; nothing is scanned yet.
func newShelf(t *testing.T, cfg Config, files ...string) *shelf {
	t.Helper()
	s := &shelf{t: t, dir: filepath.Join(t.TempDir(), "media")}
	if cfg.Folders == nil {
		cfg.Folders = []string{s.dir}
	}
	s.dir = cfg.Folders[0]
	cfg.DataDir = t.TempDir()
	s.cfg = cfg
	for _, f := range cfg.Folders {
		if err := os.MkdirAll(f, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	s.write(files...)
	s.open()
	t.Cleanup(s.close)
	return s
}

func (s *shelf) open() {
	s.t.Helper()
	lib, err := New(s.cfg, slog.New(slog.NewTextHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		s.t.Fatal(err)
	}
	s.lib = lib
}

func (s *shelf) close() {
	if s.lib == nil {
		return
	}
	if err := s.lib.Close(); err != nil {
		s.t.Error(err)
	}
	s.lib = nil
}

// reopen ends the program and starts it again.
func (s *shelf) reopen() {
	s.t.Helper()
	s.close()
	s.open()
}

// scan looks through everything, as Run does when it begins, and tells how many items came, changed and went.
func (s *shelf) scan() { s.t.Helper(); s.pass(deep) }

func (s *shelf) pass(r reach) {
	s.t.Helper()
	s.lib.pass(s.t.Context(), s.lib.targets(""), r, true)
	if text := s.log.String(); strings.Contains(text, "ERROR") {
		s.t.Fatalf("errors:\n%s", text)
	}
}

// write makes files whose content differs with their paths, an hour old.
func (s *shelf) write(files ...string) {
	s.t.Helper()
	for _, name := range files {
		s.put(name, content(name))
	}
}

// content is a small file that fits the name: a film, a picture or a sound.
func content(name string) []byte {
	switch filepath.Ext(name) {
	case ".mkv", ".mp4":
		return mp4(name)
	case ".png":
		var b bytes.Buffer
		if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 2+len(name), 2))); err != nil {
			panic(err)
		}
		return b.Bytes()
	}
	return wav(1, name)
}

func (s *shelf) put(name string, data []byte) {
	s.t.Helper()
	s.do(os.MkdirAll(filepath.Dir(s.path(name)), 0o755))
	s.do(os.WriteFile(s.path(name), data, 0o644))
	s.age(name)
}

// age makes a file look as if it had been written an hour ago.
func (s *shelf) age(name string) {
	s.t.Helper()
	old := time.Now().Add(-time.Hour).Add(time.Duration(len(name)) * time.Millisecond)
	s.do(os.Chtimes(s.path(name), old, old))
}

func (s *shelf) path(name string) string { return filepath.Join(s.dir, filepath.FromSlash(name)) }

func (s *shelf) move(from, to string) {
	s.t.Helper()
	s.do(os.MkdirAll(filepath.Dir(s.path(to)), 0o755))
	s.do(os.Rename(s.path(from), s.path(to)))
}

func (s *shelf) remove(name string) { s.t.Helper(); s.do(os.RemoveAll(s.path(name))) }

func (s *shelf) do(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *shelf) search(q media.Query) []media.Item {
	s.t.Helper()
	q.Limit = 100
	p, err := s.lib.Search(s.t.Context(), q, nil, nil)
	s.do(err)
	var out []media.Item
	for _, r := range p.Results {
		out = append(out, r.Item)
	}
	return out
}

// ids maps the paths of all that is played to its ids.
func (s *shelf) ids() map[string]media.ID {
	s.t.Helper()
	out := map[string]media.ID{}
	for _, id := range s.lib.index.Load().OfKind(media.Movie, media.Episode, media.Video, media.Track, media.Image) {
		it, err := s.lib.Item(s.t.Context(), id)
		s.do(err)
		out[it.Path] = it.ID
	}
	return out
}

func (s *shelf) paths() string {
	s.t.Helper()
	var out []string
	for p := range s.ids() {
		out = append(out, strings.TrimPrefix(p, "media/"))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func (s *shelf) wantPaths(want string) {
	s.t.Helper()
	if got := s.paths(); got != want {
		s.t.Errorf("\n got %s\nwant %s\n%s", got, want, s.log.String())
	}
}

// sameIDs asserts that each path has the id that it had.
func (s *shelf) sameIDs(before map[string]media.ID) {
	s.t.Helper()
	for path, id := range s.ids() {
		if old, ok := before[path]; ok && old != id {
			s.t.Errorf("%s has id %s, had %s", path, id, old)
		}
	}
}

// folder is the id of the folder at a path.
func (s *shelf) folder(path string) media.ID {
	s.t.Helper()
	l, err := s.lib.Browse(s.t.Context(), "", path, 0, 10)
	s.do(err)
	return l.Of.ID
}

// wav is a sound of some seconds, 8 bits at 8 kHz, that differs with salt.
func wav(seconds int, salt string) []byte {
	n := seconds * 8000
	b := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x40\x1f\x00\x00\x01\x00\x08\x00data")
	b = binary.LittleEndian.AppendUint32(b, uint32(n))
	sound := bytes.Repeat([]byte{0x80}, n)
	copy(sound, salt)
	return append(b, sound...)
}

// mp4 is a film of two seconds without a picture in it, that differs with salt.
func mp4(salt string) []byte {
	box := func(kind string, parts ...[]byte) []byte {
		body := bytes.Join(parts, nil)
		return append(binary.BigEndian.AppendUint32(nil, uint32(8+len(body))), append([]byte(kind), body...)...)
	}
	zeros := func(n int) []byte { return make([]byte, n) }
	stsd := box("stsd", zeros(7), []byte{1}, box("avc1", zeros(24), []byte("\x02\x80\x01\x68"), zeros(50)))
	trak := box("trak", box("mdia", box("hdlr", zeros(8), []byte("vide"), zeros(13)), box("minf", box("stbl", stsd))))
	mvhd := box("mvhd", zeros(12), []byte("\x00\x00\x03\xe8\x00\x00\x07\xd0"), zeros(80))
	return bytes.Join([][]byte{box("ftyp", []byte("isom"), zeros(4)), box("moov", mvhd, trak), box("free", []byte(salt))}, nil)
}

// tagged is an MP3 with ID3v2.3 tags.
func tagged(tags map[string]string) []byte {
	var frames []byte
	for id, v := range tags {
		frames = append(frames, id...)
		frames = binary.BigEndian.AppendUint32(frames, uint32(len(v)+1))
		frames = append(frames, 0, 0, 0)
		frames = append(frames, v...)
	}
	n := len(frames)
	b := append([]byte("ID3\x03\x00\x00"), byte(n>>21&0x7f), byte(n>>14&0x7f), byte(n>>7&0x7f), byte(n&0x7f))
	b = append(b, frames...)
	return append(b, bytes.Repeat(append([]byte{0xff, 0xfb, 0x90, 0x00}, make([]byte, 413)...), 40)...)
}

func TestScanSearchOpen(t *testing.T) {
	s := newShelf(t, Config{}, "ABBA/Arrival/01 - Dancing Queen.wav", "ABBA/Arrival/02 - Money.wav")
	s.scan()
	found := s.search(media.Query{Text: "dancing"})
	if len(found) != 1 {
		t.Fatalf("found %+v\n%s", found, s.log.String())
	}
	got := found[0]
	want := media.Item{
		ID: got.ID, Kind: media.Track, Title: "Dancing Queen", Name: "Dancing Queen", Subtitle: "ABBA · Arrival", Artist: "ABBA",
		Album: "Arrival", Duration: 1, ContentType: "audio/wav", Size: 8044, Path: "media/ABBA/Arrival/01 - Dancing Queen.wav",
		Format: "wav", AudioCodec: "pcm_u8", Channels: 1,
	}
	if got != want {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
	if _, err := media.ParseID(string(got.ID)); err != nil {
		t.Error(err)
	}
	f, it, err := s.lib.Open(t.Context(), got.ID)
	s.do(err)
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil || !bytes.Contains(data, []byte("Dancing")) || it != got {
		t.Errorf("opened %+v: %v", it, err)
	}
	if strings.Contains(s.log.String(), "WARN") {
		t.Errorf("warnings:\n%s", s.log.String())
	}
}

func TestUnknownItems(t *testing.T) {
	s := newShelf(t, Config{}, "a.wav")
	s.scan()
	const none = "zzzzzzzzzz"
	_, item := s.lib.Item(t.Context(), none)
	_, _, open := s.lib.Open(t.Context(), none)
	cover := s.lib.Cover(t.Context(), none, func([]byte) bool { return true })
	_, items := s.lib.Items(t.Context(), none, 10)
	_, browse := s.lib.Browse(t.Context(), none, "", 0, 10)
	_, path := s.lib.Browse(t.Context(), "", "media/none", 0, 10)
	_, inFile := s.lib.Browse(t.Context(), s.ids()["media/a.wav"], "", 0, 10)
	_, find := s.lib.Find(t.Context(), "media/a.wav", 1)
	folder := s.lib.Rescan("none")
	for what, err := range map[string]error{"Item": item, "Open": open, "Cover": cover, "Items": items, "Browse": browse,
		"Browse of a path": path, "Browse of a file": inFile, "Find": find, "Rescan": folder} {
		if !errors.Is(err, media.ErrNoItem) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestFind(t *testing.T) {
	s := newShelf(t, Config{}, "a.wav")
	s.scan()
	it, err := s.lib.Find(t.Context(), "media/a.wav", 8044)
	if err != nil || it.Path != "media/a.wav" {
		t.Errorf("found %+v, %v", it, err)
	}
}

func TestBrowse(t *testing.T) {
	s := newShelf(t, Config{}, "films/Heat (1995).mp4", "tv/Bluey/Season 1/Bluey S01E02 Hospital.mkv", "tv/Bluey/Season 1/Bluey S01E10 Hotel.mkv",
		"tv/Bluey/Specials/Bluey S00E01 Pilot.mkv", "music/ABBA/Arrival/02 - Money.wav", "music/ABBA/Arrival/10 - Tiger.wav", "music/ABBA/Arrival/1 - Queen.wav")
	s.scan()
	list := func(id media.ID, path string, offset, limit int) (string, media.Listing) {
		t.Helper()
		l, err := s.lib.Browse(t.Context(), id, path, offset, limit)
		s.do(err)
		var out []string
		for _, it := range l.Results {
			out = append(out, string(it.Kind)+":"+it.Title)
		}
		return strings.Join(out, ", "), l
	}
	of := func(l media.Listing, title string) media.ID {
		for _, it := range l.Results {
			if it.Title == title {
				return it.ID
			}
		}
		t.Fatalf("no %s", title)
		return ""
	}
	got, root := list("", "", 0, 100)
	if got != "folder:media, folder:Movies, folder:Shows, folder:Artists, folder:Albums, folder:Tracks" || root.Total != 6 || root.Of.ID != "" {
		t.Errorf("the top: %s (%d)", got, root.Total)
	}
	if got, l := list("", "media", 0, 100); got != "folder:films, folder:music, folder:tv" || l.Of.Path != "media" {
		t.Errorf("a root: %s", got)
	}
	if got, _ := list("", "media/music/ABBA/Arrival/", 0, 100); got != "track:Queen, track:Money, track:Tiger" {
		t.Errorf("a folder by its path: %s", got)
	}
	if got, l := list("", "media/music/ABBA/Arrival", 1, 1); got != "track:Money" || l.Total != 3 || l.Offset != 1 {
		t.Errorf("a page: %s of %d", got, l.Total)
	}
	if got, _ := list("", "media/music/ABBA/Arrival", 7, 1); got != "" {
		t.Errorf("beyond the end: %s", got)
	}
	got, shows := list(of(root, "Shows"), "", 0, 100)
	if got != "show:Bluey" {
		t.Errorf("the shows: %s", got)
	}
	got, seasons := list(of(shows, "Bluey"), "", 0, 100)
	if got != "season:Season 1, season:Specials" {
		t.Errorf("the seasons: %s", got)
	}
	_, episodes := list(of(seasons, "Season 1"), "", 0, 100)
	if len(episodes.Results) != 2 || episodes.Results[0].Subtitle != "S01E02 Hospital" || episodes.Of.Subtitle != "Bluey" {
		t.Errorf("the episodes: %+v", episodes)
	}
	for _, container := range []media.ID{of(root, "Shows"), of(shows, "Bluey"), s.folder("media/tv")} {
		items, err := s.lib.Items(t.Context(), container, 2)
		if err != nil || len(items) != 2 || items[0].Name != "Hospital" || items[1].Name != "Hotel" {
			t.Errorf("items of %s: %+v, %v", container, items, err)
		}
	}
	before := root.Results
	s.reopen()
	s.scan()
	if _, again := list("", "", 0, 100); !slices.Equal(again.Results, before) {
		t.Errorf("after a restart the containers are %+v", again.Results)
	}
}

func TestContainersFromTags(t *testing.T) {
	s := newShelf(t, Config{})
	s.put("Ann/First/1.mp3", tagged(map[string]string{"TIT2": "One", "TPE1": "Ann", "TALB": "First", "TCON": "Jazz", "TYER": "1999", "TRCK": "1"}))
	s.put("Ann/First/2.mp3", tagged(map[string]string{"TIT2": "Two", "TPE1": "Ann & Bob", "TPE2": "ann", "TALB": "First", "TCON": "Jazz", "TRCK": "2"}))
	s.put("mix/1.mp3", tagged(map[string]string{"TIT2": "Three", "TPE1": "Bob", "TALB": "Mix"}))
	s.put("mix/2.mp3", tagged(map[string]string{"TIT2": "Four", "TPE1": "Cem", "TALB": "Mix"}))
	s.scan()
	titles := func(kind media.Kind) string {
		var out []string
		items, err := s.lib.db.items(t.Context(), s.lib.index.Load().OfKind(kind))
		s.do(err)
		for _, it := range items {
			out = append(out, it.Title+"/"+it.Subtitle)
		}
		return strings.Join(out, ", ")
	}
	for kind, want := range map[media.Kind]string{
		media.Artist: "Ann/, Ann & Bob/, Bob/, Cem/",
		media.Album:  "First/Ann, Mix/Bob",
		media.Genre:  "Jazz/",
	} {
		if got := titles(kind); got != want {
			t.Errorf("%s: got %s, want %s", kind, got, want)
		}
	}
	if got := s.search(media.Query{Text: "jazz"}); len(got) != 1 || got[0].Kind != media.Genre {
		t.Errorf("found %+v", got)
	}
	if got := s.search(media.Query{Text: "four", Genre: "jazz"}); got != nil {
		t.Errorf("found %+v", got)
	}
	if got := s.search(media.Query{Text: "four", Artist: "cem"}); len(got) != 1 || got[0].Subtitle != "Cem · Mix" {
		t.Errorf("found %+v", got)
	}
}

func TestSearchWithinTheFolderOfAKind(t *testing.T) {
	s := newShelf(t, Config{}, "music/ABBA/Arrival/01 - Money.wav", "films/Money (1999).mp4")
	s.scan()
	l, err := s.lib.Browse(t.Context(), "", "", 0, 100)
	s.do(err)
	for _, it := range l.Results {
		if it.Title == "Movies" {
			if got := s.search(media.Query{Text: "money", Within: it.ID}); len(got) != 1 || got[0].Kind != media.Movie {
				t.Errorf("found %+v", got)
			}
			if got := s.search(media.Query{Text: "money", Within: it.ID, Kinds: []media.Kind{media.Track}}); got != nil {
				t.Errorf("tracks among the movies: %+v", got)
			}
		}
	}
}

func TestStatusAndEvents(t *testing.T) {
	s := newShelf(t, Config{}, "a.wav", "b.wav", "Heat (1995).mkv", "Bluey S01E01.mkv")
	if st := s.lib.Status(); st.Scanning || !st.LastScan.IsZero() || st.Counts.Folders != 1 || st.Counts.Total() != 0 {
		t.Errorf("before: %+v", st)
	}
	s.scan()
	st := s.lib.Status()
	if c := st.Counts; c.Tracks != 2 || c.Movies != 1 || c.Episodes != 1 || st.Scanning || time.Since(st.LastScan) > time.Minute {
		t.Errorf("after: %+v", st)
	}
	select {
	case <-s.lib.Changed():
	default:
		t.Error("nobody was told")
	}
	s.remove("a.wav")
	s.write("c.wav")
	s.scan()
	events := s.lib.Events()
	if len(events) != 1 || events[0].Type != media.LibraryUpdated || events[0].Added != 5 || events[0].Removed != 1 {
		t.Errorf("events %+v", events)
	}
	if again := s.lib.Events(); again != nil {
		t.Errorf("told twice: %+v", again)
	}
	s.scan()
	if again := s.lib.Events(); again != nil {
		t.Errorf("nothing changed, but %+v", again)
	}
}

func TestSearchWorksBeforeTheFirstScan(t *testing.T) {
	s := newShelf(t, Config{}, "a.wav")
	s.scan()
	s.reopen()
	if len(s.search(media.Query{Text: "a"})) == 0 {
		t.Error("nothing is known")
	}
}

func TestDamagedCatalogueIsSetAside(t *testing.T) {
	s := newShelf(t, Config{}, "a.wav")
	s.scan()
	s.close()
	file := filepath.Join(s.cfg.DataDir, "library.db")
	whole, err := os.ReadFile(file)
	s.do(err)
	for what, damage := range map[string]func() error{
		"garbage": func() error { return os.WriteFile(file, []byte(strings.Repeat("garbage ", 1000)), 0o644) },
		"pages overwritten": func() error {
			return os.WriteFile(file, append(whole[:4096:4096], bytes.Repeat([]byte{0xa5}, len(whole)-4096)...), 0o644)
		},
	} {
		s.do(damage())
		s.open()
		if text := s.log.String(); !strings.Contains(text, "ERROR") || !strings.Contains(text, "library.db") {
			t.Errorf("%s: no word about it: %s", what, text)
		}
		if aside, _ := filepath.Glob(file + ".damaged-*"); len(aside) == 0 {
			t.Errorf("%s: it was not kept", what)
		}
		s.log = journal{}
		s.scan()
		s.wantPaths("a.wav")
		s.close()
	}
}

func TestCatalogueThatCannotBeOpenedIsLeftAlone(t *testing.T) {
	cfg := Config{DataDir: filepath.Join(t.TempDir(), "none")}
	if lib, err := New(cfg, slog.New(slog.DiscardHandler)); err == nil {
		t.Errorf("opened %v", errors.Join(lib.Close()))
	}
}

// start runs the library in a hurry until the function it returns is called.
func (s *shelf) start() (stop func()) {
	s.t.Helper()
	s.lib.pace = pace{settle: 50 * time.Millisecond, debounce: 20 * time.Millisecond, poll: time.Hour, check: time.Hour}
	return s.startAt(s.lib.pace)
}

func (s *shelf) startAt(p pace) (stop func()) {
	s.t.Helper()
	s.lib.pace = p
	ctx, cancel := context.WithCancel(s.t.Context())
	done := make(chan error, 1)
	go func() { done <- s.lib.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Errorf("Run: %v", err)
		}
	}
}

// await waits until ok, which is asked after each change.
func (s *shelf) await(what string, ok func() bool) {
	s.t.Helper()
	late := time.NewTimer(20 * time.Second)
	defer late.Stop()
	for !ok() {
		select {
		case <-s.lib.Changed():
		case <-late.C:
			s.t.Fatalf("%s: it did not happen; there is %s\n%s", what, s.paths(), s.log.String())
		}
	}
}

func (s *shelf) awaitPaths(want string) {
	s.t.Helper()
	s.await(fmt.Sprintf("want %s", want), func() bool { return s.paths() == want })
}
