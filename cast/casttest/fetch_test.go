package casttest_test

import (
	"encoding/binary"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"localcast/cast/casttest"
	"localcast/cast/wire"
)

// atom is one MP4 box.
func atom(name string, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(8+len(body)))
	return append(append(b, name...), body...)
}

// mvhd is a version 0 movie header of so many seconds.
func mvhd(seconds uint32) []byte {
	b := make([]byte, 100)
	binary.BigEndian.PutUint32(b[12:], 1000)
	binary.BigEndian.PutUint32(b[16:], 1000*seconds)
	return atom("mvhd", b)
}

// noise is n bytes that differ, so that no two pieces of them have the same digest.
func noise(n int) []byte {
	b := make([]byte, 0, n+8)
	for i := uint64(1); len(b) < n; i++ {
		b = binary.BigEndian.AppendUint64(b, i*0x9e3779b97f4a7c15)
	}
	return b[:n]
}

// mp4 is a film of a minute whose moov is at the end.
func mp4(mdat int) []byte {
	head := append(atom("ftyp", []byte("isomiso2")), atom("mdat", noise(mdat))...)
	return append(head, atom("moov", append(mvhd(60), atom("trak", noise(200_000))...))...)
}

// ranges are the Range headers of the media's requests.
func (st *stage) ranges() (out []string) {
	for _, f := range st.r.Fetches() {
		out = append(out, f.Range)
	}
	return out
}

func (st *stage) loaded(what string, cfg obj) (*sender, string) {
	st.t.Helper()
	s := st.awake("sender-1")
	app := s.launch()
	s.load(app, "http://host/"+what, "video/mp4", cfg)
	s.awaitState("PLAYING")
	return s, app
}

func TestAnMP4IsReadFromItsTail(t *testing.T) {
	film := mp4(3_000_000)
	bubble(t, casttest.Config{}, map[string][]byte{"film.mp4": film}, func(t *testing.T, st *stage) {
		s, _ := st.loaded("film.mp4", nil)
		pass(0)
		tail := 16 + 8 + 3_000_000
		want := []string{"bytes=0-", fmt.Sprintf("bytes=%d-", tail), "bytes=65536-"}
		if got := st.ranges(); !slices.Equal(got, want) {
			t.Errorf("asked for %q, want %q", got, want)
		}
		fetches := st.r.Fetches()
		if f := fetches[0]; !f.Done || f.Complete || f.Err != "" || f.Bytes != 65536 {
			t.Errorf("the first request was not simply given up: %+v", f)
		}
		if f := fetches[1]; !f.Complete || f.SHA256 != digest(film[tail:]) {
			t.Errorf("the tail was not read: %+v", f)
		}
		pass(time.Minute)
		s.awaitState("IDLE/FINISHED")
		if l := st.r.Loads()[0]; l.Duration != time.Minute || l.SHA256 != digest(film) {
			t.Errorf("load %+v, want 1 minute and %s", l, digest(film))
		}
	})
}

func TestASmallGapIsReadThrough(t *testing.T) {
	film := mp4(500_000)
	bubble(t, casttest.Config{}, map[string][]byte{"film.mp4": film}, func(t *testing.T, st *stage) {
		st.loaded("film.mp4", nil)
		if got := st.ranges(); len(got) != 1 {
			t.Errorf("asked for %q", got)
		}
		if l := st.r.Loads()[0]; l.Duration != time.Minute {
			t.Errorf("duration %v", l.Duration)
		}
	})
}

// The film of a minute has 8,000 bytes a second.
func TestReadAheadIsBounded(t *testing.T) {
	bubble(t, casttest.Config{ReadAhead: 100_000}, minute(), func(t *testing.T, st *stage) {
		s, app := st.film()
		read := func() int64 { return st.r.Fetches()[0].Bytes }
		pass(time.Second)
		full := read()
		if full < 100_000 || full > 100_000+64<<10 {
			t.Errorf("%d bytes are read ahead", full)
		}
		pass(4 * time.Second)
		if n := read(); n != full {
			t.Errorf("%d bytes were read before half of the buffer was used", n-full)
		}
		s.answer(s.ask(app, wire.Media, "PAUSE", obj{"mediaSessionId": 1}))
		before := read()
		pass(10 * time.Minute)
		if n := read(); n != before {
			t.Errorf("%d bytes were read while paused", n-before)
		}
		s.answer(s.ask(app, wire.Media, "PLAY", obj{"mediaSessionId": 1}))
		pass(25 * time.Second)
		if n := read(); n < 240_000+50_000 || n > 240_000+100_000+64<<10 {
			t.Errorf("%d bytes are read at 30 s", n)
		}
		if got := st.ranges(); len(got) != 1 {
			t.Errorf("asked for %q", got)
		}
	})
}

func TestWithoutBoundTheFileIsReadAtOnce(t *testing.T) {
	files := minute()
	bubble(t, casttest.Config{ReadAhead: -1}, files, func(t *testing.T, st *stage) {
		st.film()
		pass(time.Second)
		if l := st.r.Loads()[0]; l.SHA256 != digest(files["film.wav"]) || l.Ended != "" {
			t.Errorf("load %+v", l)
		}
	})
}

func TestSeekAbortsAndAsksForARange(t *testing.T) {
	bubble(t, casttest.Config{ReadAhead: 100_000}, minute(), func(t *testing.T, st *stage) {
		s, app := st.film()
		seek := func(to float64) {
			t.Helper()
			s.answer(s.ask(app, wire.Media, "SEEK", obj{"mediaSessionId": 1, "currentTime": to}))
			s.awaitState("PLAYING")
		}
		seek(2)
		if got := st.ranges(); len(got) != 1 {
			t.Errorf("a seek to what is there already asked for %q", got)
		}
		seek(50)
		seek(10)
		pass(0)
		// 480,044 bytes in a minute.
		if got, want := st.ranges(), []string{"bytes=0-", "bytes=400036-", "bytes=80007-"}; !slices.Equal(got, want) {
			t.Errorf("asked for %q, want %q", got, want)
		}
		for _, f := range st.r.Fetches()[:1] {
			if !f.Done || f.Complete || f.Err != "" {
				t.Errorf("not aborted: %+v", f)
			}
		}
		pass(time.Minute)
		s.awaitState("IDLE/FINISHED")
	})
}

func TestSeekAbortsAConnectionThatHangs(t *testing.T) {
	bubble(t, casttest.Config{ReadAhead: -1}, minute(), func(t *testing.T, st *stage) {
		files := st.handler
		st.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Range") != "bytes=0-" {
				files.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Content-Range", "bytes 0-480043/480044")
			w.WriteHeader(http.StatusPartialContent)
			w.Write(minute()["film.wav"][:200_000])
			<-r.Context().Done()
		})
		s, app := st.film()
		pass(time.Second) // all that comes has come
		s.answer(s.ask(app, wire.Media, "SEEK", obj{"mediaSessionId": 1, "currentTime": 50}))
		s.awaitState("PLAYING")
		if got, want := st.ranges(), []string{"bytes=0-", "bytes=400036-"}; !slices.Equal(got, want) {
			t.Errorf("asked for %q, want %q", got, want)
		}
	})
}

func TestASmallBufferIsEnoughToPlay(t *testing.T) {
	bubble(t, casttest.Config{ReadAhead: 20_000}, minute(), func(t *testing.T, st *stage) {
		s, app := st.film()
		s.answer(s.ask(app, wire.Media, "SEEK", obj{"mediaSessionId": 1, "currentTime": 30}))
		s.awaitState("PLAYING")
		pass(30 * time.Second)
		s.awaitState("IDLE/FINISHED")
	})
}

func TestSeekToTheVeryEndFinishes(t *testing.T) {
	bubble(t, casttest.Config{ReadAhead: 100_000}, minute(), func(t *testing.T, st *stage) {
		s, app := st.film()
		s.ask(app, wire.Media, "SEEK", obj{"mediaSessionId": 1, "currentTime": 99})
		s.awaitState("IDLE/FINISHED")
	})
}

func TestALoadFromTheMiddle(t *testing.T) {
	bubble(t, casttest.Config{}, map[string][]byte{"film.mp4": append(append(atom("ftyp", []byte("isomiso2")),
		atom("moov", mvhd(60))...), atom("mdat", noise(6_000_000))...)}, func(t *testing.T, st *stage) {
		s, _ := st.loaded("film.mp4", obj{"currentTime": 30})
		if got, want := st.ranges(), []string{"bytes=0-", "bytes=3000070-"}; !slices.Equal(got, want) {
			t.Errorf("asked for %q, want %q", got, want)
		}
		pass(10 * time.Second)
		if got := st.r.Snapshot().Position; got != 40*time.Second {
			t.Errorf("after 10 s the position is %v", got)
		}
		pass(20 * time.Second)
		s.awaitState("IDLE/FINISHED")
	})
}

func TestLoadFails(t *testing.T) {
	answer := func(status int, contentType, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
			w.Write([]byte(body))
		}
	}
	wav := string(casttest.WAV(time.Second))
	for name, row := range map[string]struct {
		h    http.HandlerFunc
		url  string
		code int
	}{
		"404":                          {h: answer(404, "text/plain", "gone"), code: 104},
		"403":                          {h: answer(403, "text/plain", "no"), code: 104},
		"500":                          {h: answer(500, "audio/wav", wav), code: 103},
		"503":                          {h: answer(503, "audio/wav", wav), code: 103},
		"a page in place of the file":  {h: answer(200, "text/html; charset=utf-8", wav), code: 104},
		"bytes of no known format":     {h: answer(200, "video/mp4", "not a film"), code: 104},
		"nothing at all":               {h: answer(200, "video/mp4", ""), code: 104},
		"a URL that is none":           {url: "film.mp4", code: 104},
		"a scheme that is not fetched": {url: "ftp://host/film.mp4", code: 104},
		"a range that was not asked for": {h: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Range", "bytes 7-99/100")
			w.WriteHeader(206)
			w.Write([]byte(wav))
		}, code: 103},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, casttest.Config{}, nil, func(t *testing.T, st *stage) {
				st.handler = row.h
				if row.url == "" {
					row.url = "http://host/film"
				}
				s := st.awake("sender-1")
				app := s.launch()
				e := s.answer(s.load(app, row.url, "video/mp4", nil))
				if e.Type != "LOAD_FAILED" || e.DetailedErrorCode != row.code || e.ItemID != 1 || e.Destination != "sender-1" {
					t.Errorf("answered to %s by %s", e.Destination, e.Text)
				}
				if e := s.awaitState("IDLE/ERROR"); e.Destination != wire.Broadcast {
					t.Errorf("ERROR goes to %s", e.Destination)
				}
				if e := s.answer(s.ask(app, wire.Media, "GET_STATUS", nil)); string(e.Status) != "[]" {
					t.Errorf("afterwards: %s", e.Text)
				}
				if l := st.r.Loads()[0]; l.Err == "" || l.ErrorCode != row.code || l.Loaded {
					t.Errorf("load %+v", l)
				}
			})
		})
	}
}

func TestAServerThatIsNotThere(t *testing.T) {
	r := start(t, casttest.Config{})
	s := dial(t, r, "sender-1")
	app := s.launch()
	e := s.answer(s.load(app, "http://127.0.0.1:1/film.mp4", "video/mp4", nil))
	if e.Type != "LOAD_FAILED" || e.DetailedErrorCode != 103 {
		t.Errorf("answered by %s", e.Text)
	}
}

func TestAServerThatNeverAnswers(t *testing.T) {
	bubble(t, casttest.Config{}, nil, func(t *testing.T, st *stage) {
		st.handler = gate(nil, nil)
		s := st.awake("sender-1")
		app := s.launch()
		s.load(app, "http://host/film.mp4", "video/mp4", nil)
		pass(129 * time.Second)
		if !st.r.Snapshot().Loading {
			t.Error("gives up before 130 s")
		}
		pass(2 * time.Second)
		if l := st.r.Loads()[0]; l.ErrorCode != 103 || l.Ended != "ERROR" {
			t.Errorf("load %+v", l)
		}
	})
}

// breaking serves content, but each connection breaks after so many bytes.
func breaking(content []byte, after func(offset int) int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var from int
		fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from)
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(content)-1, len(content)))
		w.WriteHeader(206)
		n := min(len(content), from+after(from))
		w.Write(content[from:n])
		if n < len(content) {
			w.(interface{ breakOff() }).breakOff()
		}
	}
}

func TestABrokenConnectionIsTakenUpAgain(t *testing.T) {
	film := minute()["film.wav"]
	bubble(t, casttest.Config{ReadAhead: -1}, nil, func(t *testing.T, st *stage) {
		st.handler = breaking(film, func(int) int { return 200_000 })
		st.film()
		pass(10 * time.Second)
		if got, want := st.ranges(), []string{"bytes=0-", "bytes=200000-", "bytes=400000-"}; !slices.Equal(got, want) {
			t.Errorf("asked for %q, want %q", got, want)
		}
		if l := st.r.Loads()[0]; l.SHA256 != digest(film) {
			t.Errorf("load %+v, want %s", l, digest(film))
		}
	})
}

func TestAServerThatIsGoneForGoodEndsPlay(t *testing.T) {
	bubble(t, casttest.Config{ReadAhead: -1}, nil, func(t *testing.T, st *stage) {
		st.handler = breaking(minute()["film.wav"], func(offset int) int {
			if offset == 0 {
				return 200_000
			}
			return 0
		})
		s, _ := st.film()
		pass(29 * time.Second)
		if e := s.awaitState("BUFFERING"); !near(e.media().CurrentTime, 25) {
			t.Errorf("plays on from nothing: %s", e.Text)
		}
		pass(2 * time.Second)
		s.awaitState("IDLE/ERROR")
		if n := len(st.ranges()); n != 31 {
			t.Errorf("%d requests, want the first and 30 tries", n)
		}
	})
}

func TestASlowNetworkStalls(t *testing.T) {
	bubble(t, casttest.Config{Bandwidth: 4000}, minute(), func(t *testing.T, st *stage) {
		before := time.Now()
		s, _ := st.loadedSlowly()
		pass(20 * time.Second)
		s.awaitState("BUFFERING")
		s2 := st.r.Snapshot()
		if s2.PlayerState != "BUFFERING" {
			t.Errorf("it is %s at %v", s2.PlayerState, s2.Position)
		}
		pass(2 * time.Minute)
		s.awaitState("PLAYING")
		s.awaitState("IDLE/FINISHED")
		if l := st.r.Loads()[0]; l.Ended != "FINISHED" {
			t.Errorf("after %v: %+v", time.Since(before), l)
		}
	})
}

// loadedSlowly is film on a slow network.
func (st *stage) loadedSlowly() (*sender, string) {
	st.t.Helper()
	s := st.awake("sender-1")
	app := s.launch()
	s.load(app, "http://host/film.wav", "audio/wav", nil)
	pass(time.Minute)
	s.awaitState("PLAYING")
	return s, app
}

func TestPicturesStay(t *testing.T) {
	png := "\x89PNG\r\n\x1a\n and so on"
	bubble(t, casttest.Config{}, map[string][]byte{"a.png": []byte(png)}, func(t *testing.T, st *stage) {
		s := st.awake("sender-1")
		app := s.launch()
		e := s.answer(s.load(app, "http://host/a.png", "image/png", nil))
		if m := e.media(); m.Media.Duration != nil || m.Media.MediaCategory != "IMAGE" {
			t.Errorf("LOAD is answered by %s", e.Text)
		}
		s.awaitState("PLAYING")
		pass(time.Hour)
		if got := st.r.Snapshot(); got.PlayerState != "PLAYING" || got.Position != 0 {
			t.Errorf("after an hour %s at %v", got.PlayerState, got.Position)
		}
		e = s.answer(s.ask(app, wire.Media, "SEEK", obj{"mediaSessionId": 1, "currentTime": 5}))
		if e.Type != "INVALID_PLAYER_STATE" {
			t.Errorf("SEEK in a picture is answered by %s", e.Text)
		}
	})
}

func TestALiveStreamEndsWhenTheServerDoes(t *testing.T) {
	packet := append([]byte{0x47}, make([]byte, 187)...)
	bubble(t, casttest.Config{}, nil, func(t *testing.T, st *stage) {
		st.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for range 100 {
				for range 40 {
					if _, err := w.Write(packet); err != nil {
						return
					}
				}
				<-time.After(100 * time.Millisecond)
			}
		})
		s := st.awake("sender-1")
		app := s.launch()
		id := s.load(app, "http://host/radio", "video/mp2t", obj{
			"media": obj{"contentId": "http://host/radio", "contentType": "video/mp2t", "streamType": "LIVE"},
		})
		if m := s.answer(id).media(); m.Media.Duration != nil {
			t.Errorf("a live stream of %v s", *m.Media.Duration)
		}
		s.awaitState("PLAYING")
		e := s.answer(s.ask(app, wire.Media, "SEEK", obj{"mediaSessionId": 1, "currentTime": 5}))
		if e.Type != "INVALID_PLAYER_STATE" {
			t.Errorf("SEEK in a live stream is answered by %s", e.Text)
		}
		pass(time.Minute)
		s.awaitState("IDLE/FINISHED")
	})
}

func TestAFileThatIsCalledLiveIsAFile(t *testing.T) {
	bubble(t, casttest.Config{}, minute(), func(t *testing.T, st *stage) {
		s := st.awake("sender-1")
		app := s.launch()
		id := s.load(app, "", "", obj{
			"media": obj{"contentId": "http://host/film.wav", "streamType": "LIVE"},
		})
		if m := s.answer(id).media(); m.Media.Duration == nil || *m.Media.Duration != 60 {
			t.Errorf("media %+v", m.Media)
		}
	})
}

func TestSideLoadedTracks(t *testing.T) {
	tracks := []any{
		obj{"trackId": 1, "type": "TEXT", "trackContentId": "http://host/en.vtt", "trackContentType": "text/vtt"},
		obj{"trackId": 2, "type": "TEXT", "trackContentId": "http://host/de.vtt", "trackContentType": "text/vtt"},
	}
	files := minute()
	files["en.vtt"], files["de.vtt"] = []byte("WEBVTT\n"), []byte("WEBVTT\n\n")
	load := obj{"activeTrackIds": []int{1}, "media": obj{
		"contentId": "http://host/film.wav", "contentType": "audio/wav", "tracks": tracks,
	}}
	bubble(t, casttest.Config{}, files, func(t *testing.T, st *stage) {
		plain := st.handler
		s := st.awake("sender-1")
		app := s.launch()
		e := s.answer(s.load(app, "", "", load))
		if e.Type != "LOAD_FAILED" || e.DetailedErrorCode != 104 {
			t.Errorf("without CORS the LOAD is answered by %s", e.Text)
		}
		st.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
			plain.ServeHTTP(w, r)
		})
		if m := s.answer(s.load(app, "", "", load)).media(); !slices.Equal(m.ActiveTrackIDs, []int{1}) {
			t.Errorf("active tracks %v", m.ActiveTrackIDs)
		}
		s.awaitState("PLAYING")
		pass(0) // the first track is there
		e = s.answer(s.ask(app, wire.Media, "EDIT_TRACKS_INFO", obj{"mediaSessionId": 2, "activeTrackIds": []int{2}}))
		if got := e.media().ActiveTrackIDs; !slices.Equal(got, []int{2}) {
			t.Errorf("active tracks %v", got)
		}
		pass(0)
		var texts []string
		for _, f := range st.r.Fetches() {
			if f.ContentType == "text/vtt; charset=utf-8" && f.Complete {
				texts = append(texts, f.URL)
			}
		}
		if want := []string{"http://host/en.vtt", "http://host/de.vtt"}; !slices.Equal(texts, want) {
			t.Errorf("fetched %q, want %q", texts, want)
		}
	})
}
