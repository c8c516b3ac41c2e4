package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"localcast/cast/casttest"
)

// clip is an MP4 of that length with a track of film, though nothing to see.
func clip(d time.Duration) []byte {
	box := func(kind string, parts ...[]byte) []byte {
		body := bytes.Join(parts, nil)
		return append(binary.BigEndian.AppendUint32(nil, uint32(8+len(body))), append([]byte(kind), body...)...)
	}
	zeros := func(n int) []byte { return make([]byte, n) }
	length := binary.BigEndian.AppendUint32([]byte{0, 0, 0x03, 0xe8}, uint32(d.Milliseconds()))
	stsd := box("stsd", zeros(7), []byte{1}, box("avc1", zeros(24), []byte{2, 0x80, 1, 0x68}, zeros(50)))
	track := box("trak", box("mdia", box("hdlr", zeros(8), []byte("vide"), zeros(13)), box("minf", box("stbl", stsd))))
	return bytes.Join([][]byte{box("ftyp", []byte("isom"), zeros(4)), box("moov", box("mvhd", zeros(12), length, zeros(80)), track),
		box("mdat", zeros(200_000))}, nil)
}

// photo is a JPEG of one colour.
func photo(t *testing.T, w, h int, c color.Color) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		r, g, b, a := c.RGBA()
		img.Pix[i] = []uint8{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), uint8(a >> 8)}[i%4]
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// texts is what a state says of subtitles.
type texts struct {
	State, Title string
	Subtitles    *string
	Tracks       []struct {
		Track          int
		Language, Name string
	} `json:"subtitle_tracks"`
}

// shown waits for a state in which the film plays with subtitles in a language, "" for none, and returns its tracks.
func (e *ear) shown(from int, language string) (tracks string) {
	e.t.Helper()
	said := decode[texts](e.t, e.await(from, "kuche_tv/state", func(p string) bool {
		s := decode[texts](e.t, p)
		return s.State == "playing" && (language == "" && s.Subtitles == nil || s.Subtitles != nil && *s.Subtitles == language)
	}))
	var out []string
	for _, t := range said.Tracks {
		out = append(out, fmt.Sprintf("%d %s %s", t.Track, t.Language, t.Name))
	}
	return strings.Join(out, ", ")
}

// readText waits until the television has read a whole text, by its address, and compares the bytes.
func (h *home) readText(times int, want string) {
	h.t.Helper()
	sum := sha256.Sum256([]byte(want))
	ctx, cancel := context.WithTimeout(h.t.Context(), patience)
	defer cancel()
	_, err := h.tv.Await(ctx, func(casttest.Snapshot) bool {
		n := 0
		for _, f := range h.tv.Fetches() {
			if strings.Contains(f.URL, "/subs/") && f.Complete && f.Err == "" && f.ContentType == "text/vtt; charset=utf-8" &&
				f.SHA256 == hex.EncodeToString(sum[:]) {
				n++
			}
		}
		return n == times
	})
	if err != nil {
		h.t.Fatalf("%q was not read %d times: %v; %+v", want, times, err, h.tv.Fetches())
	}
}

// alter changes the configuration file.
func (h *home) alter(config, from, to string) {
	h.t.Helper()
	text, err := os.ReadFile(config)
	if err != nil || !strings.Contains(string(text), from) {
		h.t.Fatalf("no %q in the configuration: %v", from, err)
	}
	h.write("config.yaml", []byte(strings.Replace(string(text), from, to, 1)))
}

// films waits until the library has scanned so many films, episodes and pictures.
func (e *ear) films(movies, episodes, images int) {
	e.t.Helper()
	e.await(0, "kuche_tv/availability", func(p string) bool { return p == "online" })
	e.await(0, "bridge/availability", func(p string) bool { return p == "online" })
	e.await(0, "bridge/library", func(p string) bool {
		l := decode[struct {
			Movies, Episodes, Images int
			Scanning                 bool
		}](e.t, p)
		return l.Movies == movies && l.Episodes == episodes && l.Images == images && !l.Scanning
	})
}

// TestSubtitlesAreChosenAndShown: the television really reads the texts, by the rules for other origins.
func TestSubtitlesAreChosenAndShown(t *testing.T) {
	h := newHomeAt(t, 1, freePort(t))
	h.write("media/Heat (1995).mp4", clip(time.Hour))
	h.write("media/Heat (1995).de.srt", []byte("1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>Sch\xf6ne Gr\xfc\xdfe</i> aus der Ferne\r\n"))
	h.write("media/Subs/2_English.srt", []byte("1\n00:00:01,000 --> 00:00:02,500\nHello & goodbye\n"))
	h.write("media/Heat (1995).Songs.srt", []byte("1\n00:00:01,000 --> 00:00:02,500\nLa la\n"))
	config := h.config(true)
	h.alter(config, "folders: [media]", "folders: [media], subtitle_languages: [sv, de]")
	h.start(config)
	h.listen()
	h.ear.films(1, 0, 0)
	const german, english = "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n<i>Schöne Grüße</i> aus der Ferne\n\n",
		"WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nHello &amp; goodbye\n\n"
	const tracks = "1 de German, 2 en English"
	const others = "Songs" // of no language that anybody knows

	from := h.ear.mark()
	if a := h.ear.ask("play", `{"query":"heat"}`); a.Status != "ok" {
		t.Fatalf("play answered %+v", a)
	}
	if got := h.ear.shown(from, "de"); got != tracks+", 3  "+others {
		t.Errorf("by themselves: the tracks are %s", got)
	}
	h.readText(1, german)
	for _, step := range []struct{ payload, language string }{
		{"en", "en"}, {"off", ""}, {`{"track":1}`, "de"}, {`{"language":"english"}`, "en"}, {`{"track":3}`, "Songs"}, {`{"off":true}`, ""},
	} {
		from := h.ear.mark()
		if a := h.ear.ask("subtitles", step.payload); a.Status != "ok" {
			t.Fatalf("subtitles %s answered %+v", step.payload, a)
		}
		if got := h.ear.shown(from, step.language); got != tracks+", 3  "+others {
			t.Errorf("after subtitles %s the tracks are %s", step.payload, got)
		}
	}
	h.readText(2, english)
	h.readText(2, german)
	if a := h.ear.ask("subtitles", "sv"); a.Error == nil || a.Error.Code != "not_found" {
		t.Errorf("a language that is not there: %+v", a)
	}

	// What comes later is there at the next play, and what was mended is shown as it is now.
	h.write("media/Heat (1995).sv.ass", []byte("[Events]\nDialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,Hej\\Nhej\n"))
	written := time.Now()
	h.ear.say("bridge/command/rescan", "{}")
	h.ear.await(0, "bridge/library", func(p string) bool {
		l := decode[struct {
			Scanning bool
			LastScan *time.Time `json:"last_scan_at"`
		}](t, p)
		return !l.Scanning && l.LastScan != nil && l.LastScan.After(written)
	})
	from = h.ear.mark()
	h.ear.ask("play", `{"query":"heat"}`)
	if got := h.ear.shown(from, "sv"); got != tracks+", 3 sv Swedish, 4  "+others {
		t.Errorf("after a rescan the tracks are %s", got)
	}
	h.readText(1, "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nHej\nhej\n\n")
}

// TestSubtitlesOfWhatFollows: the next item goes to the television before it begins, with its subtitles.
func TestSubtitlesOfWhatFollows(t *testing.T) {
	h := newHomeAt(t, 1, freePort(t))
	for _, n := range []string{"1", "2"} {
		h.write("media/Show/Show S01E0"+n+".mp4", clip(time.Hour))
		h.write("media/Show/Show S01E0"+n+".en.srt", []byte("1\n00:00:01,000 --> 00:00:02,500\nEpisode "+n+"\n"))
	}
	config := h.config(true)
	h.alter(config, "folders: [media]", "folders: [media], subtitle_languages: [en]")
	h.start(config)
	h.listen()
	h.ear.films(0, 2, 0)
	from := h.ear.mark()
	h.ear.ask("play", `{"query":"show","kind":"show"}`)
	h.ear.shown(from, "en")
	h.readText(1, "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nEpisode 1\n\n")
	from = h.ear.mark()
	if !h.tv.Finish() {
		t.Fatal("nothing plays")
	}
	h.ear.shown(from, "en")
	h.readText(1, "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nEpisode 2\n\n")
}

// TestSlideShow: the photos of a folder, one after the other, at the size of a screen; the last stays.
func TestSlideShow(t *testing.T) {
	h := newHomeAt(t, 1, freePort(t))
	h.write("media/Holiday/1 beach.jpg", photo(t, 2400, 900, color.RGBA{200, 180, 40, 255}))
	h.write("media/Holiday/2 wood.jpg", photo(t, 640, 480, color.RGBA{20, 120, 20, 255}))
	h.write("media/Holiday/3 town.jpg", photo(t, 900, 1800, color.RGBA{120, 40, 40, 255}))
	h.start(h.config(true))
	h.listen()
	h.ear.films(0, 0, 3)
	var folder string
	for _, r := range h.ear.ask("browse", `{"path":"media"}`).Data.Results {
		if r.Title == "Holiday" {
			folder = r.Item
		}
	}
	from := h.ear.mark()
	if a := h.ear.ask("play", `{"item":"`+folder+`","interval":0.5}`); a.Status != "ok" || a.Data.Length != 3 {
		t.Fatalf("play answered %+v", a)
	}
	for _, title := range []string{"1 beach", "2 wood", "3 town"} { // of states only the latest is sure to be told
		h.ear.await(from, "kuche_tv/event", func(p string) bool {
			return strings.Contains(p, `"item_started"`) && strings.Contains(p, `"title":"`+title+`"`)
		})
	}
	h.ear.state(from, func(s deviceState) bool { return s.State == "playing" && s.Title == "3 town" })
	var shown []string
	for _, l := range h.tv.Loads() {
		if !l.Began || l.ErrorCode != 0 {
			continue
		}
		var m struct{ Title string }
		if err := json.Unmarshal(l.Metadata, &m); err != nil {
			t.Fatal(err)
		}
		_, body := h.fetch(l.ContentID)
		c, err := jpeg.DecodeConfig(bytes.NewReader(body))
		shown = append(shown, fmt.Sprintf("%s %d x %d", m.Title, c.Width, c.Height))
		if err != nil {
			t.Error(err)
		}
	}
	if got, want := strings.Join(shown, ", "), "1 beach 1920 x 720, 2 wood 640 x 480, 3 town 540 x 1080"; got != want {
		t.Errorf("shown were %s, want %s", got, want)
	}
}

// fetch asks a server of the household.
func (h *home) fetch(url string) (*http.Response, []byte) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		h.t.Fatal(err)
	}
	tr := &http.Transport{DisableKeepAlives: true}
	resp, err := (&http.Client{Transport: tr}).Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return resp, body
}

// TestArtworkIsAlwaysAnAddressThatAnswers: with nothing loaded, of what has a picture, of what has none, of what is broken.
func TestArtworkIsAlwaysAnAddressThatAnswers(t *testing.T) {
	h := newHome(t, freePort(t), time.Minute)
	h.write("media/Films/Heat (1995)/Heat (1995).mp4", clip(time.Hour))
	h.write("media/Films/Heat (1995)/poster.jpg", photo(t, 600, 900, color.RGBA{20, 120, 200, 255}))
	h.write("media/Films/Ronin (1998)/Ronin (1998).mp4", clip(time.Hour))
	h.write("media/Films/Ronin (1998)/poster.jpg", []byte("broken"))
	h.start(h.config(true))
	h.listen()
	h.ear.films(2, 0, 0)
	size := func(from int) string {
		t.Helper()
		url := h.ear.await(from, "kuche_tv/artwork", func(string) bool { return true })
		resp, body := h.fetch(url + "?w=300")
		c, err := jpeg.DecodeConfig(bytes.NewReader(body))
		if err != nil || resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "image/jpeg" {
			t.Fatalf("%s: %s, %v", url, resp.Status, err)
		}
		return fmt.Sprintf("%d x %d", c.Width, c.Height)
	}
	if got := size(0); got != "300 x 300" {
		t.Errorf("with nothing loaded it is %s", got)
	}
	for _, row := range []struct{ query, want string }{{"heat", "300 x 450"}, {"ronin", "300 x 300"}} {
		from := h.ear.mark()
		if a := h.ear.ask("play", row.query); a.Status != "ok" {
			t.Fatalf("play answered %+v", a)
		}
		if got := size(from); got != row.want {
			t.Errorf("of %s it is %s, want %s", row.query, got, row.want)
		}
	}
	base, _, _ := strings.Cut(h.ear.await(0, "kuche_tv/artwork", func(string) bool { return true }), "/art/")
	if resp, body := h.fetch(base + "/healthz"); resp.StatusCode != http.StatusOK ||
		strings.TrimSpace(string(body)) != `{"status":"ok","broker":true,"library":true,"disk":true}` {
		t.Errorf("/healthz: %s, %s", resp.Status, body)
	}
	h.ear.await(0, "bridge/devices", func(p string) bool { return strings.Contains(p, `"online":true`) })
	resp, body := h.fetch(base + "/metrics")
	for _, line := range []string{
		`localcast_commands_total{command="play",outcome="ok"} 2`, `localcast_devices{online="true"} 1`, `localcast_broker_connected 1`,
		`localcast_library_items{kind="movie"} 2`, `localcast_queue_entries{device="kuche_tv"} 1`, "go_goroutines ",
	} {
		if resp.StatusCode != http.StatusOK || !strings.Contains(string(body), line) {
			t.Errorf("/metrics: %s, no line %s", resp.Status, line)
		}
	}
}
