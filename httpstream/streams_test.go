//go:build unix

package httpstream

import (
	"strings"
	"testing"
	"time"

	"localcast/bridge/media"
)

func TestAStreamIsAccountedFor(t *testing.T) {
	began := time.Now()
	var m meter
	st := &stream{device: "kitchen", item: film, began: began, moved: began}
	var over *stream
	m.ended = func(st *stream) { over = st }
	m.begin(st)
	st.sent(1000, began.Add(20*time.Millisecond))
	st.sent(1000, began.Add(9*time.Second))
	if first := time.Duration(st.firstByte.Load()); first != 20*time.Millisecond || st.stalls.Load() != 0 {
		t.Errorf("the first byte came after %v, with %d stalls", first, st.stalls.Load())
	}
	st.sent(1000, began.Add(9*time.Second+stallAfter))
	if st.stalls.Load() != 1 {
		t.Errorf("after ten seconds without a byte: %d stalls", st.stalls.Load())
	}
	if m.measure(2 * time.Second); st.rate.Load() != 1500 {
		t.Errorf("3,000 bytes in 2 s are %d a second", st.rate.Load())
	}
	if m.measure(2 * time.Second); st.rate.Load() != 0 {
		t.Errorf("nothing in 2 s is %d a second", st.rate.Load())
	}
	if m.end(st); over != st || len(m.now()) != 0 || m.active.Load() != 0 {
		t.Errorf("%d streams are left", len(m.now()))
	}
}

func TestMetricsTellOfEachStreamWhileItLasts(t *testing.T) {
	files := newShelf(t)
	item := files.put(t, media.Item{ID: film, Path: "films/film.mp4"}, megabytes(32))
	s := start(t, Config{}, files)
	url := mediaURL(t, s, item)
	one, another := stall(t, url, 1), stall(t, url, 1) // a device with two connections for a film is one stream to people
	const line = `localcast_http_stream_sent_bytes{device="kitchen",item="abcdefghij"}`
	metrics := func() string { _, body := get(t, s.StreamURL()+"/metrics"); return string(body) }
	if text := metrics(); strings.Count(text, line) != 1 || strings.Contains(text, line+" 0\n") {
		t.Errorf("%s is not told once:\n%s", line, text)
	}
	one.Close()
	another.Close()
	await(t, "the streams have ended", func() bool { return s.Streams().Active == 0 })
	if text := metrics(); strings.Contains(text, line) {
		t.Errorf("%s is told after the end", line)
	}
}

func TestPiecesGrowForWhoTakesThemQuickly(t *testing.T) {
	for _, row := range []struct {
		about string
		piece int64
		took  time.Duration
		want  int64
	}{
		{"quick: twice as much", pieceBytes, time.Millisecond, 2 * pieceBytes},
		{"no more than the most", pieceMost, time.Millisecond, pieceMost},
		{"slow: half of it", pieceMost, pieceQuick, pieceMost / 2},
		{"a player at a film's pace has the least", pieceBytes, 100 * time.Millisecond, pieceBytes},
		{"after a crowd's smaller piece", pieceBytes / 2, time.Second, pieceBytes},
	} {
		if got := nextPiece(row.piece, row.took); got != row.want {
			t.Errorf("%s: %d bytes, want %d", row.about, got, row.want)
		}
	}
}
