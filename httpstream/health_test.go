package httpstream

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"localcast/bridge/media"
)

func TestHealth(t *testing.T) {
	rows := []struct {
		about                 string
		broker, library, disk bool
		status                int
		body                  string
	}{
		{"all is well", true, true, true, 200, `{"status":"ok","broker":true,"library":true,"disk":true}`},
		{"the broker is away", false, true, true, 200, `{"status":"degraded","broker":false,"library":true,"disk":true}`},
		{"the library is not read yet", true, false, true, 200, `{"status":"degraded","broker":true,"library":false,"disk":true}`},
		{"the disk cannot be written", true, true, false, 503, `{"status":"degraded","broker":true,"library":true,"disk":false}`},
	}
	for _, row := range rows {
		t.Run(row.about, func(t *testing.T) {
			dir := t.TempDir()
			s := start(t, Config{DataDir: dir, Health: func() (broker, library bool) { return row.broker, row.library }}, newShelf(t))
			if !row.disk {
				if err := os.RemoveAll(dir); err != nil {
					t.Fatal(err)
				}
			}
			resp, body := get(t, s.StreamURL()+"/healthz")
			if resp.StatusCode != row.status || string(body) != row.body+"\n" || resp.Header.Get("Content-Type") != "application/json" ||
				resp.Header.Get("Cache-Control") != "no-store" || !json.Valid(body) {
				t.Errorf("%s, %s, %v", resp.Status, body, resp.Header)
			}
			if resp, body := ask(t, http.MethodHead, s.StreamURL()+"/healthz"); resp.StatusCode != row.status || len(body) != 0 {
				t.Errorf("HEAD: %s, %q", resp.Status, body)
			}
		})
	}
}

func TestADiskIsAskedOnceInAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		d := newDiskCheck(dir)
		if !d.writable() {
			t.Fatal("the disk cannot be written")
		}
		if entries, _ := os.ReadDir(dir); len(entries) != 0 {
			t.Errorf("left behind: %v", entries)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		<-time.After(diskRecent - 1)
		if !d.writable() {
			t.Error("asked again too early")
		}
		<-time.After(1)
		if d.writable() {
			t.Error("not asked again")
		}
	})
}

func TestADiskThatHangsIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiskCheck(t.TempDir())
		<-d.result // somebody is asking, and gets no answer
		began := time.Now()
		if d.writable() || time.Since(began) != diskTimeout {
			t.Errorf("answered after %v", time.Since(began))
		}
	})
}

func TestWhoMayReadMetrics(t *testing.T) {
	rows := []struct {
		about, metrics, remote string
		status                 int
	}{
		{"this machine", "", "127.0.0.1:1234", 200},
		{"this machine by IPv6", "loopback", "[::1]:1234", 200},
		{"this machine by IPv4 in IPv6", "loopback", "[::ffff:127.0.0.1]:1234", 200},
		{"another machine", "loopback", "192.0.2.20:1234", 403},
		{"nobody knows who", "loopback", "", 403},
		{"another machine, which may", "all", "192.0.2.20:1234", 200},
		{"this machine, which may not", "off", "127.0.0.1:1234", 404},
	}
	for _, row := range rows {
		t.Run(row.about, func(t *testing.T) {
			s := listening(t, Config{Listen: "127.0.0.1:0", Metrics: row.metrics})
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody)
			r.RemoteAddr = row.remote
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, r)
			if w.Code != row.status {
				t.Errorf("GET /metrics: %d, want %d", w.Code, row.status)
			}
		})
	}
}

func TestMetrics(t *testing.T) {
	files := newShelf(t)
	item := files.put(t, media.Item{ID: film}, make([]byte, 12_345))
	s := start(t, Config{}, files)
	var body string
	for _, url := range []string{mediaURL(t, s, item), s.StreamURL() + "/somewhere/else", s.StreamURL() + "/metrics"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
		r.RemoteAddr = "127.0.0.1:1234"
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r) // which has counted when it returns
		body = w.Body.String()
	}
	for _, want := range []string{
		"localcast_http_streams_active 0\n", "localcast_http_stream_bytes_total 12345\n", "localcast_http_streams_refused_total 0\n",
		"localcast_http_stream_stalls_total 0\n", "localcast_http_first_byte_seconds_count 1\n",
		`localcast_http_responses_total{code="200",kind="m"} 1` + "\n", `localcast_http_responses_total{code="404",kind="other"} 1` + "\n",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is missing from\n%s", want, body)
		}
	}
}

func TestRemoteContentType(t *testing.T) {
	var asked atomic.Value
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r.Method)
		switch r.URL.Path {
		case "/film":
			w.Header().Set("Content-Type", "Video/MP4; codecs=\"avc1\"")
		case "/moved":
			http.Redirect(w, r, "/film", http.StatusFound)
		case "/untold":
			w.Header()["Content-Type"] = nil
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	for path, want := range map[string]string{"/film": "video/mp4", "/moved": "video/mp4", "/untold": "", "/nowhere": ""} {
		got, err := Remote{}.ContentType(t.Context(), server.URL+path)
		if got != want || (err == nil) != (want != "") || asked.Load() != http.MethodHead {
			t.Errorf("ContentType(%q) = %q, %v, by %v", path, got, err, asked.Load())
		}
	}
	for _, address := range []string{"ftp://127.0.0.1/x", "no address", "http://127.0.0.1:1/", "file:///etc/passwd"} {
		if got, err := (Remote{}).ContentType(t.Context(), address); err == nil {
			t.Errorf("ContentType(%q) = %q", address, got)
		}
	}
}
