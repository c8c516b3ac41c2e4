package casttest_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"testing"
	"time"

	"localcast/cast/casttest"
	"localcast/cast/wire"
)

func newReader(b []byte) io.ReadSeeker { return bytes.NewReader(b) }

func TestFromLaunchToFinished(t *testing.T) {
	file := casttest.WAV(20 * time.Second)
	r := start(t, casttest.Config{Speed: 100})
	s := dial(t, r, "sender-7")
	app := s.launch()
	url := serve(t, "film.wav", file)
	id := s.load(app, url, "audio/wav", nil)

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
	if e := s.awaitState("PLAYING"); e.media().Media != nil || e.media().Items != nil {
		t.Errorf("a later status still has media and items: %s", e.Text)
	}
	end := s.awaitState("IDLE/FINISHED")
	if got := end.media(); got.LoadingItemID != 0 || got.MediaSessionID != m.MediaSessionID {
		t.Errorf("the end is told as %s", end.Text)
	}
	if e := s.answer(s.ask(app, wire.Media, "GET_STATUS", nil)); string(e.Status) != "[]" || e.Destination != "sender-7" {
		t.Errorf("afterwards GET_STATUS is answered to %s by %s", e.Destination, e.Text)
	}

	want := sha256.Sum256(file)
	loads := r.Loads()
	if len(loads) != 1 || loads[0].SHA256 != hex.EncodeToString(want[:]) || loads[0].Ended != "FINISHED" ||
		loads[0].Requester != "sender-7" || loads[0].ContentID != url {
		t.Errorf("loads %+v", loads)
	}
	fetches := r.Fetches()
	if len(fetches) != 1 || fetches[0].Range != "bytes=0-" || fetches[0].Status != 206 || !fetches[0].Complete ||
		fetches[0].Bytes != int64(len(file)) {
		t.Errorf("fetches %+v", fetches)
	}
}
