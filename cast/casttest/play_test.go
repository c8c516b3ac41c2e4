package casttest_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"localcast/cast/casttest"
	"localcast/cast/wire"
)

func newReader(b []byte) io.ReadSeeker { return bytes.NewReader(b) }

func parseInt(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func TestFromLaunchToFinished(t *testing.T) {
	file := casttest.WAV(20 * time.Second)
	r := start(t, casttest.Config{Speed: 100})
	s := dial(t, r, "sender-7")
	app := s.launch()
	url := serve(t, "film.wav", file)
	id := s.load(app, url, "audio/wav", obj{"customData": "the LOAD's own"})

	loading := s.awaitState("IDLE/LOADING")
	if loading.RequestID != 0 || loading.Destination != wire.Broadcast {
		t.Errorf("LOADING has requestId %d, to %s", loading.RequestID, loading.Destination)
	}
	answer := s.answer(id)
	m := answer.media()
	if answer.state() != "BUFFERING" || m.Media == nil || m.Media.Duration == nil || *m.Media.Duration != 20 {
		t.Fatalf("LOAD is answered by %s", answer.Text)
	}
	if got := string(m.Media.CustomData); got != `{"entry":7}` {
		t.Errorf("media.customData comes back as %s", got)
	}
	if strings.Contains(answer.Text, "the LOAD's own") {
		t.Errorf("the LOAD's own customData comes back: %s", answer.Text)
	}
	if e := s.awaitState("PLAYING"); e.media().Media != nil || e.media().Items != nil {
		t.Errorf("a later status still has media and items: %s", e.Text)
	}
	end := s.awaitState("IDLE/FINISHED")
	if got := end.media(); got.LoadingItemID != 0 || got.MediaSessionID != m.MediaSessionID || got.CurrentTime != 0 {
		t.Errorf("the end is told as %s", end.Text)
	}
	if e := s.answer(s.ask(app, wire.Media, "GET_STATUS", nil)); string(e.Status) != "[]" || e.Destination != "sender-7" {
		t.Errorf("afterwards GET_STATUS is answered to %s by %s", e.Destination, e.Text)
	}

	loads := r.Loads()
	if len(loads) != 1 || loads[0].SHA256 != digest(file) || loads[0].Ended != "FINISHED" ||
		loads[0].Requester != "sender-7" || loads[0].ContentID != url {
		t.Errorf("loads %+v", loads)
	}
	fetches := r.Fetches()
	if len(fetches) != 1 || fetches[0].Range != "bytes=0-" || fetches[0].Status != 206 || !fetches[0].Complete ||
		fetches[0].Bytes != int64(len(file)) || fetches[0].SHA256 != digest(file) {
		t.Errorf("fetches %+v", fetches)
	}
}

// film is a sender at the first PLAYING of a file of one minute.
func (st *stage) film() (s *sender, app string) {
	st.t.Helper()
	s = st.awake("sender-1")
	app = s.launch()
	s.load(app, "http://host/film.wav", "audio/wav", nil)
	s.awaitState("PLAYING")
	return s, app
}

func minute() map[string][]byte {
	return map[string][]byte{"film.wav": casttest.WAV(time.Minute)}
}

func near(got, want float64) bool { return math.Abs(got-want) < 0.01 }

func TestTransportControls(t *testing.T) {
	for name, row := range map[string]struct {
		kind   string
		fields obj
		answer string  // the state in the answer
		then   string  // the state 5 s later, as GET_STATUS tells it
		at     float64 // and the position
	}{
		"pause holds the position":              {"PAUSE", nil, "PAUSED", "PAUSED", 10},
		"play while playing changes nothing":    {"PLAY", nil, "PLAYING", "PLAYING", 15},
		"seek goes on from there":               {"SEEK", obj{"currentTime": 40}, "BUFFERING", "PLAYING", 45},
		"seek back":                             {"SEEK", obj{"currentTime": 0}, "BUFFERING", "PLAYING", 5},
		"seek by a distance":                    {"SEEK", obj{"relativeTime": -4}, "BUFFERING", "PLAYING", 11},
		"seek and pause":                        {"SEEK", obj{"currentTime": 40, "resumeState": "PLAYBACK_PAUSE"}, "BUFFERING", "PAUSED", 40},
		"double rate plays ten seconds in five": {"SET_PLAYBACK_RATE", obj{"playbackRate": 2}, "PLAYING", "PLAYING", 20},
		"a relative rate multiplies":            {"SET_PLAYBACK_RATE", obj{"relativePlaybackRate": 0.5}, "PLAYING", "PLAYING", 12.5},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, casttest.Config{}, minute(), func(t *testing.T, st *stage) {
				s, app := st.film()
				pass(10 * time.Second)
				fields := obj{"mediaSessionId": 1}
				for k, v := range row.fields {
					fields[k] = v
				}
				if e := s.answer(s.ask(app, wire.Media, row.kind, fields)); e.state() != row.answer || e.Destination != wire.Broadcast {
					t.Errorf("answered to %s by %s", e.Destination, e.Text)
				}
				pass(5 * time.Second)
				e := s.answer(s.ask(app, wire.Media, "GET_STATUS", nil))
				if m := e.media(); m.PlayerState != row.then || !near(m.CurrentTime, row.at) || m.Media == nil || len(m.Items) != 1 {
					t.Errorf("after 5 s: %s", e.Text)
				}
			})
		})
	}
}

func TestStopAndWhatFollows(t *testing.T) {
	bubble(t, casttest.Config{}, minute(), func(t *testing.T, st *stage) {
		s, app := st.film()
		e := s.answer(s.ask(app, wire.Media, "STOP", obj{"mediaSessionId": 1}))
		if e.state() != "IDLE/CANCELLED" {
			t.Errorf("STOP is answered by %s", e.Text)
		}
		e = s.answer(s.ask(app, wire.Media, "PLAY", obj{"mediaSessionId": 1}))
		if e.Type != "INVALID_PLAYER_STATE" {
			t.Errorf("PLAY without a session is answered by %s", e.Text)
		}
		s.load(app, "http://host/film.wav", "audio/wav", nil)
		if m := s.awaitState("PLAYING").media(); m.MediaSessionID != 2 || m.CurrentItemID != 2 {
			t.Errorf("the second load has session %d and item %d", m.MediaSessionID, m.CurrentItemID)
		}
	})
}

func TestAnotherLoadInterrupts(t *testing.T) {
	bubble(t, casttest.Config{}, minute(), func(t *testing.T, st *stage) {
		s, app := st.film()
		id := s.load(app, "http://host/film.wav", "audio/wav", obj{"currentTime": 30, "autoplay": false})
		if m := s.awaitState("IDLE/INTERRUPTED").media(); m.MediaSessionID != 1 || m.LoadingItemID != 0 {
			t.Errorf("interrupted: %+v", m)
		}
		s.answer(id)
		if m := s.awaitState("PAUSED").media(); m.MediaSessionID != 2 || !near(m.CurrentTime, 30) {
			t.Errorf("without autoplay and from 30 s: %+v", m)
		}
	})
}

func TestALoadThatIsOvertakenIsCancelled(t *testing.T) {
	bubble(t, casttest.Config{}, minute(), func(t *testing.T, st *stage) {
		files := st.handler
		release := make(chan struct{})
		st.handler = gate(files, release)
		s := st.awake("sender-1")
		app := s.launch()
		first := s.load(app, "http://host/film.wav", "audio/wav", nil)
		s.awaitState("IDLE/LOADING")
		e := s.answer(s.ask(app, wire.Media, "PAUSE", obj{"mediaSessionId": 1}))
		if e.Type != "INVALID_PLAYER_STATE" {
			t.Errorf("PAUSE while loading is answered by %s", e.Text)
		}
		second := s.load(app, "http://host/film.wav", "audio/wav", nil)
		if e := s.answer(first); e.Type != "LOAD_CANCELLED" || e.ItemID != 1 || e.Destination != "sender-1" {
			t.Errorf("the first LOAD is answered to %s by %s", e.Destination, e.Text)
		}
		if e := s.awaitState("IDLE/INTERRUPTED"); e.media().ExtendedStatus != nil {
			t.Errorf("the end of the first still says that it loads: %s", e.Text)
		}
		close(release)
		if e := s.answer(second); e.state() != "BUFFERING" {
			t.Errorf("the second LOAD is answered by %s", e.Text)
		}
	})
}

func TestPlayEndsOnTime(t *testing.T) {
	bubble(t, casttest.Config{Speed: 10}, minute(), func(t *testing.T, st *stage) {
		before := time.Now()
		s, _ := st.film()
		s.awaitState("IDLE/FINISHED")
		if took := time.Since(before); took < 6*time.Second || took > 6*time.Second+time.Millisecond {
			t.Errorf("a minute at speed 10 took %v", took)
		}
	})
}

func TestControlsOfTheTest(t *testing.T) {
	bubble(t, casttest.Config{}, minute(), func(t *testing.T, st *stage) {
		if st.r.Finish() {
			t.Error("Finish found something to finish on an idle receiver")
		}
		s, _ := st.film()
		st.r.Pause()
		if e := s.awaitState("PAUSED"); e.RequestID != 0 {
			t.Errorf("a pause from the room has requestId %d", e.RequestID)
		}
		st.r.Resume()
		s.awaitState("PLAYING")
		if !st.r.Finish() {
			t.Error("Finish found nothing to finish")
		}
		s.awaitState("IDLE/FINISHED")
	})
}

func TestRefusals(t *testing.T) {
	for name, row := range map[string]struct {
		refusal casttest.LoadError
		kind    string
		code    int
	}{
		"with a code":       {casttest.LoadError{Code: 104}, "LOAD_FAILED", 104},
		"without a code":    {casttest.LoadError{}, "LOAD_FAILED", 0},
		"of the wrong type": {casttest.LoadError{Type: "INVALID_REQUEST", Reason: "NOT_SUPPORTED"}, "INVALID_REQUEST", 0},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, casttest.Config{}, minute(), func(t *testing.T, st *stage) {
				st.r.SetRefuse(func(id string) *casttest.LoadError {
					if id == "http://host/film.wav" {
						return &row.refusal
					}
					return nil
				})
				s := st.awake("sender-1")
				other := st.awake("sender-2")
				app := s.launch()
				other.launch()
				other.answer(other.ask(app, wire.Media, "GET_STATUS", nil))
				e := s.answer(s.load(app, "http://host/film.wav", "audio/wav", nil))
				if e.Type != row.kind || e.DetailedErrorCode != row.code || e.Reason != row.refusal.Reason ||
					e.Destination != "sender-1" {
					t.Errorf("refused to %s by %s", e.Destination, e.Text)
				}
				s.awaitState("IDLE/ERROR")
				if e := other.await("a media status", func(e event) bool {
					return e.Type == row.kind || e.Type == "MEDIA_STATUS" && e.state() == "IDLE/ERROR"
				}); e.Type == row.kind {
					t.Errorf("the other sender sees %s", e.Text)
				}
				if l := st.r.Loads(); len(l) != 1 || l[0].Ended != "ERROR" || l[0].ErrorCode != row.code || len(st.r.Fetches()) != 0 {
					t.Errorf("loads %+v", l)
				}
			})
		})
	}
}

func TestInvalidRequests(t *testing.T) {
	long := "http://" + strings.Repeat("x", 994)
	media := obj{"contentId": "http://host/film.wav", "contentType": "audio/wav"}
	for name, row := range map[string]struct {
		kind   string
		fields obj
		reason string
	}{
		"a command that does not exist":       {"DANCE", nil, "INVALID_COMMAND"},
		"another session's id":                {"PAUSE", obj{"mediaSessionId": 9}, "INVALID_MEDIA_SESSION_ID"},
		"no session id":                       {"PAUSE", nil, "INVALID_MEDIA_SESSION_ID"},
		"a LOAD without media":                {"LOAD", nil, "INVALID_PARAMS"},
		"a LOAD without contentId":            {"LOAD", obj{"media": obj{}}, "INVALID_PARAMS"},
		"a contentId of 1,001 characters":     {"LOAD", obj{"media": obj{"contentId": long}}, "INVALID_PARAMS"},
		"a queue item with an itemId":         {"QUEUE_LOAD", obj{"items": []any{obj{"itemId": 3, "media": media}}}, "INVALID_PARAMS"},
		"a queue of nothing":                  {"QUEUE_LOAD", obj{"items": []any{}}, "INVALID_PARAMS"},
		"a start index outside of the queue":  {"QUEUE_LOAD", obj{"startIndex": 1, "items": []any{obj{"media": media}}}, "INVALID_PARAMS"},
		"a playback rate of 3":                {"SET_PLAYBACK_RATE", obj{"mediaSessionId": 1, "playbackRate": 3}, "INVALID_PARAMS"},
		"a track that is not there":           {"EDIT_TRACKS_INFO", obj{"mediaSessionId": 1, "activeTrackIds": []int{4}}, "INVALID_PARAMS"},
		"an item id that is not in the queue": {"QUEUE_UPDATE", obj{"mediaSessionId": 1, "currentItemId": 77}, "INVALID_PARAMS"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, casttest.Config{}, minute(), func(t *testing.T, st *stage) {
				s, app := st.film()
				e := s.answer(s.ask(app, wire.Media, row.kind, row.fields))
				if e.Type != "INVALID_REQUEST" || e.Reason != row.reason || e.Destination != "sender-1" {
					t.Errorf("answered to %s by %s", e.Destination, e.Text)
				}
				if got := st.r.Snapshot().PlayerState; got != "PLAYING" {
					t.Errorf("afterwards it is %s", got)
				}
			})
		})
	}
}

func TestTheAppClosesForWantOfUse(t *testing.T) {
	t.Run("nothing loaded for 5 minutes", func(t *testing.T) {
		bubble(t, casttest.Config{}, minute(), func(t *testing.T, st *stage) {
			s, _ := st.film()
			pass(time.Minute)
			s.awaitState("IDLE/FINISHED")
			pass(5*time.Minute - time.Second)
			if got := st.r.Snapshot().AppID; got != wire.DefaultMediaReceiver {
				t.Errorf("%s runs too early", got)
			}
			pass(2 * time.Second)
			if got := st.r.Snapshot().AppID; got != wire.Backdrop {
				t.Errorf("%s runs", got)
			}
			s.await("CLOSE", func(e event) bool { return e.Type == "CLOSE" })
		})
	})
	t.Run("paused for 20 minutes", func(t *testing.T) {
		bubble(t, casttest.Config{}, minute(), func(t *testing.T, st *stage) {
			s, _ := st.film()
			st.r.Pause()
			pass(20*time.Minute - time.Second)
			if got := st.r.Snapshot().PlayerState; got != "PAUSED" {
				t.Errorf("%s too early", got)
			}
			pass(2 * time.Second)
			s.awaitState("IDLE/CANCELLED")
			if got := st.r.Snapshot().AppID; got != wire.Backdrop {
				t.Errorf("%s runs", got)
			}
		})
	})
}

func TestLoadingMayCarryTheAnswer(t *testing.T) {
	bubble(t, casttest.Config{LoadingAnswers: true}, minute(), func(t *testing.T, st *stage) {
		s := st.awake("sender-1")
		app := s.launch()
		if e := s.answer(s.load(app, "http://host/film.wav", "audio/wav", nil)); e.state() != "IDLE/LOADING" {
			t.Errorf("LOAD is answered by %s", e.Text)
		}
		if e := s.awaitState("BUFFERING"); e.RequestID != 0 {
			t.Errorf("BUFFERING has requestId %d", e.RequestID)
		}
	})
}
