package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"localcast/bridge"
	"localcast/bridge/media"
	"localcast/httpstream"
)

// nobody listens.
type nobody struct{ answers, states, events int }

func (n *nobody) Answer(bridge.Answer) { n.answers++ }
func (n *nobody) State(bridge.State)   { n.states++ }
func (n *nobody) Event(bridge.Event)   { n.events++ }

// scrape is what Prometheus reads of the figures.
func scrape(t *testing.T, f *figures) string {
	t.Helper()
	registry := prometheus.NewRegistry()
	for _, c := range f.collectors() {
		if err := registry.Register(c); err != nil {
			t.Fatal(err)
		}
	}
	w := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

// ours are the lines of the program's own figures, but for the version.
func ours(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "localcast_") && !strings.HasPrefix(line, "localcast_build_info") {
			out = append(out, strings.TrimPrefix(strings.TrimSpace(line), "localcast_"))
		}
	}
	slices.Sort(out)
	return out
}

func TestFigures(t *testing.T) {
	listener := &nobody{}
	connected := true
	f := newFigures(listener, func() bool { return connected })
	now := time.Unix(1_800_000_000, 0)
	f.now = func() time.Time { return now }

	f.State(bridge.DeviceList{Devices: []bridge.DeviceEntry{{Device: "kitchen", Online: true}, {Device: "den"}, {Device: "hall"}}})
	f.State(bridge.QueueState{Device: "kitchen", Length: 14})
	f.State(bridge.QueueState{Device: "hall", Length: 3})
	f.State(bridge.DeviceState{Device: "kitchen", State: "playing"})
	f.State(bridge.DeviceState{Device: "den", State: "off"})
	f.State(bridge.DeviceState{Device: "hall", State: "off"})
	f.State(bridge.Gone{Device: "hall"})
	f.State(bridge.LibraryState{Scanning: true})
	now = now.Add(90 * time.Second)
	f.State(bridge.LibraryState{Scanning: true, Movies: 1})
	now = now.Add(30 * time.Second)
	f.State(bridge.LibraryState{Movies: 2, Tracks: 40, Unavailable: []string{"usb"}, LastScanAt: bridge.Time{Time: now}})
	f.Answer(bridge.Answer{Command: bridge.Command{Name: "play"}})
	f.Answer(bridge.Answer{Command: bridge.Command{Name: "play"}})
	f.Answer(bridge.Answer{Command: bridge.Command{Name: "play"}, Err: &bridge.Error{Code: bridge.NotFound}})
	f.Event(bridge.Event{Type: bridge.ItemStarted})
	connected = false

	want := []string{
		`broker_connected 0`,
		`commands_total{command="play",outcome="not_found"} 1`, `commands_total{command="play",outcome="ok"} 2`,
		`devices_state{state="buffering"} 0`, `devices_state{state="idle"} 0`, `devices_state{state="off"} 1`,
		`devices_state{state="paused"} 0`, `devices_state{state="playing"} 1`,
		`devices{online="false"} 2`, `devices{online="true"} 1`,
		`events_total{event="item_started"} 1`,
		`library_folders_unavailable 1`,
		`library_items{kind="episode"} 0`, `library_items{kind="image"} 0`, `library_items{kind="movie"} 2`,
		`library_items{kind="playlist"} 0`, `library_items{kind="track"} 40`, `library_items{kind="video"} 0`,
		`library_last_scan_timestamp_seconds 1.80000012e+09`,
		`library_scan_seconds 120`,
		`library_scanning 0`,
		`queue_entries{device="kitchen"} 14`,
	}
	if got := ours(scrape(t, f)); !slices.Equal(got, want) {
		t.Errorf("\n got %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
	if *listener != (nobody{answers: 3, states: 10, events: 1}) {
		t.Errorf("what goes on is %+v", *listener)
	}
}

// TestFiguresAreNamedAsPrometheusWants: also while nothing is known, and of the whole process.
func TestFiguresAreNamedAsPrometheusWants(t *testing.T) {
	f := newFigures(&nobody{}, func() bool { return true })
	f.Answer(bridge.Answer{Command: bridge.Command{Name: "play"}})
	f.Event(bridge.Event{Type: bridge.ItemStarted})
	text := scrape(t, f)
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
	for _, name := range []string{"go_goroutines", "process_resident_memory_bytes", "localcast_build_info", "localcast_library_items"} {
		if !strings.Contains(text, name+" ") && !strings.Contains(text, name+"{") {
			t.Errorf("%s is not told", name)
		}
	}
}

// oneFilm is a library of one film.
type oneFilm struct {
	httpstream.Files
	path string
}

func (f oneFilm) Open(context.Context, media.ID) (*os.File, media.Item, error) {
	file, err := os.Open(f.path)
	return file, media.Item{Path: "films/film.mp4"}, err
}

// writing is a client that does something whenever bytes come.
type writing struct {
	http.ResponseWriter
	do func()
}

func (w writing) Write(p []byte) (int, error) {
	w.do()
	return w.ResponseWriter.Write(p)
}

// TestEveryFigureIsExplained: docs/metrics.md has a row for each figure of ours, and no other.
func TestEveryFigureIsExplained(t *testing.T) {
	f := newFigures(&nobody{}, func() bool { return true })
	now := time.Unix(1_800_000_000, 0)
	f.now = func() time.Time { now = now.Add(time.Second); return now }
	f.Answer(bridge.Answer{Command: bridge.Command{Name: "play"}})
	f.Event(bridge.Event{Type: bridge.ItemStarted})
	f.State(bridge.QueueState{Device: "kitchen"})
	f.State(bridge.LibraryState{Scanning: true})
	f.State(bridge.LibraryState{LastScanAt: bridge.Time{Time: time.Unix(1_800_000_000, 0)}})
	const origin = "http://192.0.2.1"
	files := oneFilm{path: filepath.Join(t.TempDir(), "film.mp4")}
	if err := os.WriteFile(files.path, []byte("film"), 0o600); err != nil {
		t.Fatal(err)
	}
	config := httpstream.Config{DataDir: t.TempDir(), Advertise: origin, Collectors: f.collectors()}
	server, err := httpstream.New(config, files, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	get := func(w http.ResponseWriter, path string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
		r.RemoteAddr = "127.0.0.1:1234"
		server.Handler().ServeHTTP(w, r)
	}
	film, err := server.Media(media.Item{ID: "abcdefghij", Path: "film.mp4"}, "kitchen", "")
	if err != nil {
		t.Fatal(err)
	}
	get(httptest.NewRecorder(), "/metrics") // the first answer is counted when it was given
	var body string
	get(writing{httptest.NewRecorder(), func() { // while a film streams
		w := httptest.NewRecorder()
		get(w, "/metrics")
		body = w.Body.String()
	}}, strings.TrimPrefix(film, origin))
	names := func(text, pattern string) []string {
		var out []string
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
			out = append(out, m[1])
		}
		slices.Sort(out)
		return out
	}
	page, err := os.ReadFile("docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	told, explained := names(body, `(?m)^# TYPE (localcast_\w+) `), names(string(page), "(?m)^\\| `(localcast_\\w+)` \\|")
	if len(told) < 10 || !slices.Equal(told, explained) {
		t.Errorf("\ntold      %s\nexplained %s", told, explained)
	}
}
