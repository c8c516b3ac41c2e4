package cast_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"localcast/bridge"
	"localcast/cast"
	"localcast/cast/casttest"
)

// buffer is what was logged. Its mutex guards it.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// A media address carries a token, with which everybody could fetch: no level of the log shows it, whatever happens to the
// load.
func TestTheLogShowsNoToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log buffer
		pipe := casttest.NewPipe()
		l := newLab(t, casttest.Config{Listener: pipe}, cast.Config{}, time.Hour)
		l.devices = cast.New(cast.Config{}, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
		l.relay.reach = reachPipe(pipe)
		l.start()
		l.obey(l.load())
		l.receiver.SetRefuse(func(string) *casttest.LoadError { return &casttest.LoadError{Code: 104} })
		l.again()
		l.relay.say("?", "urn:x-cast:com.google.cast.media", l.url)
		l.relay.say(l.receiver.Snapshot().SessionID, "urn:x-cast:com.google.cast.media", l.url)
		l.receiver.Drop()
		l.status(func(st bridge.Status) bool { return !st.Online })
		l.status(func(st bridge.Status) bool { return st.Online })
		if got := log.String(); !strings.Contains(got, "type=LOAD") || strings.Contains(got, "secret-token") {
			t.Errorf("logged:\n%s", got)
		}
	})
}
