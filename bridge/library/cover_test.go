package library

import (
	"bytes"
	"errors"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"localcast/bridge/media"
)

// covers are the names of the files whose content an item is offered as its picture, the best first. Only contents of
// named are known.
func (s *shelf) covers(id media.ID, among ...string) string {
	s.t.Helper()
	var out []string
	s.do(s.lib.Cover(s.t.Context(), id, func(picture []byte) bool {
		name := "?"
		for _, n := range among {
			if bytes.Equal(picture, named(n)) {
				name = n
			}
		}
		out = append(out, name)
		return false
	}))
	return strings.Join(out, ", ")
}

// named is a picture that tells its name.
func named(name string) []byte { return append(content(name), name...) }

func (s *shelf) one(kind media.Kind, title string) media.ID {
	s.t.Helper()
	found := s.search(media.Query{Text: title, Kinds: []media.Kind{kind}})
	if len(found) == 0 {
		s.t.Fatalf("no %s %s", kind, title)
	}
	return found[0].ID
}

func TestCovers(t *testing.T) {
	pictures := []string{"album/cover.png", "films/Heat (1995)-poster.png", "films/Heat (1995)-fanart.png", "Show/poster.png", "Show/fanart.png",
		"Show/season01-poster.png", "Show/Season 1/Show S01E01-thumb.png", "Show/Season 2/folder.png", "photos/sunset.png",
		"ABBA/artist.png", "ABBA/Arrival/front.png", "back/fanart.png", "back/logo.png"}
	s := newShelf(t, Config{}, "plain/a.wav", "album/b.wav", "films/Heat (1995).mkv", "films/Ronin (1998).mkv",
		"Show/Season 1/Show S01E01.mkv", "Show/Season 1/Show S01E02.mkv", "Show/Season 2/Show S02E01.mkv", "ABBA/Arrival/01 - Money.wav",
		"back/c.mkv")
	s.put("tagged/c.mp3", tagged(map[string]string{"APIC": "image/png\x00\x03\x00" + string(named("inner.png"))}))
	for _, p := range pictures {
		s.put(p, named(p))
	}
	s.scan()
	ids := s.ids()
	for _, row := range []struct {
		id         media.ID
		what, want string // the contents, the best first
	}{
		{ids["media/plain/a.wav"], "a file without", ""},
		{ids["media/album/b.wav"], "a track in a folder with a cover", "album/cover.png"},
		{ids["media/films/Heat (1995).mkv"], "a film with a poster of its own", "films/Heat (1995)-poster.png"},
		{ids["media/films/Ronin (1998).mkv"], "a film beside another's poster", ""},
		{ids["media/back/c.mkv"], "a film with a background only", "back/fanart.png"},
		{ids["media/Show/Season 1/Show S01E01.mkv"], "an episode with a thumb", "Show/Season 1/Show S01E01-thumb.png, Show/poster.png"},
		{ids["media/Show/Season 1/Show S01E02.mkv"], "an episode without", "Show/poster.png"},
		{ids["media/photos/sunset.png"], "a picture", "photos/sunset.png"},
		{ids["media/tagged/c.mp3"], "a track with a cover in its tags", "inner.png"},
		{s.folder("media/album"), "a folder with a cover", "album/cover.png, album/cover.png"},
		{s.folder("media/tagged"), "a folder with a track that has one", "inner.png"},
		{s.folder("media/photos"), "a folder of pictures", "photos/sunset.png"},
		{s.folder("media/plain"), "a folder without", ""},
		{s.one(media.Show, "show"), "a show", "Show/poster.png, Show/Season 1/Show S01E01-thumb.png, Show/poster.png, Show/poster.png, " +
			"Show/Season 2/folder.png, Show/poster.png"},
		{s.one(media.Season, "season 1"), "a season with a poster beside its folder", "Show/season01-poster.png, " +
			"Show/Season 1/Show S01E01-thumb.png, Show/poster.png, Show/poster.png"},
		{s.one(media.Season, "season 2"), "a season with one in its folder", "Show/Season 2/folder.png, Show/Season 2/folder.png, Show/poster.png"},
		{s.one(media.Artist, "abba"), "an artist", "ABBA/artist.png, ABBA/Arrival/front.png, ABBA/Arrival/front.png, ABBA/artist.png"},
		{s.one(media.Album, "arrival"), "an album", "ABBA/Arrival/front.png, ABBA/artist.png"},
	} {
		if got := s.covers(row.id, append(pictures, "inner.png")...); got != row.want {
			t.Errorf("%s\n got %s\nwant %s", row.what, got, row.want)
		}
		it, err := s.lib.Item(t.Context(), row.id)
		if err != nil || it.HasArtwork != (row.want != "") {
			t.Errorf("%s: HasArtwork is %v, %v", row.what, it.HasArtwork, err)
		}
	}
	if !strings.Contains(s.paths(), "photos/sunset.png") || strings.Contains(s.paths(), "poster") {
		t.Errorf("in the library: %s", s.paths())
	}
}

func TestOneGoodPictureIsEnough(t *testing.T) {
	s := newShelf(t, Config{}, "Show/poster.png", "Show/Season 1/Show S01E01.mkv", "Show/Season 1/Show S01E01-thumb.png")
	s.scan()
	offered := 0
	s.do(s.lib.Cover(t.Context(), s.one(media.Show, "show"), func([]byte) bool { offered++; return offered == 2 }))
	if offered != 2 {
		t.Errorf("%d pictures were offered, want none after a good one", offered)
	}
}

func TestNoFramesWithoutFFmpeg(t *testing.T) {
	s := newShelf(t, Config{}, "a.mp4")
	s.scan()
	if film, key, err := s.lib.FrameOf(t.Context(), s.ids()["media/a.mp4"]); film != "" || key != "" || err != nil {
		t.Errorf("%q, %q, %v", film, key, err)
	}
}

// patience is how long a test waits for ffmpeg, however busy the machine is.
const patience = 3 * time.Minute

// redFilm is the path of a film of two seconds, 1600 x 400 and red.
func redFilm(t *testing.T, program string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "red.mp4")
	cmd := exec.CommandContext(t.Context(), program, "-loglevel", "error", "-f", "lavfi", "-i", "color=red:size=1600x400:rate=5:duration=2",
		"-c:v", "mpeg4", "-g", "5", path)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

func TestFrames(t *testing.T) {
	program := peer(t, "ffmpeg")
	s := newShelf(t, Config{FFmpeg: program}, "Show/Season 1/Show S01E02.mkv", "music/a.wav")
	s.lib.pace.program = patience
	data, err := os.ReadFile(redFilm(t, program))
	s.do(err)
	s.put("Show/Season 1/Show S01E01.mp4", data)
	s.scan()
	id := s.ids()["media/Show/Season 1/Show S01E01.mp4"]
	for _, of := range []media.ID{id, s.one(media.Show, "show"), s.folder("media/Show")} {
		film, key, err := s.lib.FrameOf(t.Context(), of)
		if film != id || !strings.HasPrefix(key, string(id)) || err != nil {
			t.Errorf("of %s: %q, %q, %v", of, film, key, err)
		}
		if it, err := s.lib.Item(t.Context(), of); err != nil || !it.HasArtwork {
			t.Errorf("%s has no artwork: %v", of, err)
		}
	}
	frame, err := s.lib.Frame(t.Context(), id)
	s.do(err)
	c, err := jpeg.Decode(bytes.NewReader(frame))
	s.do(err)
	if r, g, _, _ := c.At(600, 100).RGBA(); c.Bounds().Dx() != 1280 || c.Bounds().Dy() != 320 || r>>8 < 200 || g>>8 > 60 {
		t.Errorf("the frame is %v, its colour %v", c.Bounds(), c.At(600, 100))
	}
	if _, err := s.lib.Frame(t.Context(), s.ids()["media/Show/Season 1/Show S01E02.mkv"]); !errors.Is(err, media.ErrNoItem) {
		t.Errorf("a film without a frame: %v", err)
	}
	if film, _, err := s.lib.FrameOf(t.Context(), s.ids()["media/music/a.wav"]); film != "" || err != nil {
		t.Errorf("a song has a frame: %q, %v", film, err)
	}
	before := id
	_, key, _ := s.lib.FrameOf(t.Context(), id)
	s.put("Show/Season 1/Show S01E01.mp4", append(data, 0))
	s.scan()
	if film, changed, err := s.lib.FrameOf(t.Context(), before); film != before || changed == key || err != nil {
		t.Errorf("after a change: %q, %q, %v", film, changed, err)
	}
}

// TestFramesAreOfFilmsOnly: ffmpeg takes a file for nothing but a film's container, whatever it holds; some formats are lists
// of other files to open.
func TestFramesAreOfFilmsOnly(t *testing.T) {
	program := peer(t, "ffmpeg")
	s := newShelf(t, Config{FFmpeg: program})
	s.lib.pace.program = patience
	outside := redFilm(t, program)
	s.put("playlist.mp4", []byte("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://"+outside+"\n#EXT-X-ENDLIST\n"))
	s.put("list.mkv", []byte("ffconcat version 1.0\nfile '"+outside+"'\n"))
	s.put("picture.mp4", content("picture.png"))
	s.put("frames.mp4", []byte("YUV4MPEG2 W2 H2 F1:1 C420jpeg\nFRAME\n\x80\x80\x80\x80\x80\x80"))
	s.scan()
	for _, path := range []string{"playlist.mp4", "list.mkv", "picture.mp4", "frames.mp4"} {
		if frame, err := s.lib.Frame(t.Context(), s.ids()["media/"+path]); !errors.Is(err, media.ErrNoItem) {
			t.Errorf("%s: %d bytes, %v", path, len(frame), err)
		}
	}
}
