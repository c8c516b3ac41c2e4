package httpstream

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"localcast/bridge/media"
)

// besieged is a server whose goroutines and descriptors are counted: what an attack leaves behind fails its test.
func besieged(t *testing.T, c Config, files *shelf) *Server {
	t.Helper()
	s := start(t, c, files)
	speak(t, s, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") // what the first request brings stays
	await(t, "the first connection is closed", func() bool { return s.connCount.Load() == 0 })
	goroutines, descriptors := runtime.NumGoroutine(), openDescriptors(t)
	t.Cleanup(func() {
		await(t, "no more goroutines than before", func() bool { return runtime.NumGoroutine() <= goroutines })
		await(t, "no more descriptors than before", func() bool { return openDescriptors(t) <= descriptors })
	})
	return s
}

func openDescriptors(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// speak sends bytes on a connection of their own, and returns the status of the answer, and its body.
func speak(t *testing.T, s *Server, request string) (status int, body []byte) {
	t.Helper()
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(time.Minute))
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0, nil // it was hung up on
	}
	defer resp.Body.Close()
	body, _ = io.ReadAll(resp.Body)
	return resp.StatusCode, body
}

func TestAbusiveRequests(t *testing.T) {
	const secret = "SECRET: no byte of this may leave"
	files := newShelf(t)
	content := bytes.Repeat([]byte("film"), 5000)
	item := files.put(t, media.Item{ID: film, Path: "films/film.mp4", ContentType: "video/mp4"}, content)
	if err := os.WriteFile(files.path("secret.txt"), []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	s := besieged(t, Config{}, files)
	path := strings.TrimPrefix(mediaURL(t, s, item), s.StreamURL())
	token := strings.Split(path, "/")[2]
	many := strings.Repeat("0-0,", 1999) + "0-0"
	spread := ""
	for i := range 1500 {
		spread += fmt.Sprintf("%d-%d,", i*2, i*2)
	}
	request := func(path string, fields ...string) string {
		return "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + strings.Join(append(fields, "\r\n"), "\r\n")
	}
	rows := []struct {
		about, request string
		status         int
	}{
		{"2,000 ranges, all the same", request(path, "Range: bytes="+many), 200},
		{"1,500 ranges", request(path, "Range: bytes="+spread), 200},
		{"2,000 empty ranges", request(path, "Range: bytes="+strings.Repeat(",", 2000)), 416},
		{"a range of digits only", request(path, "Range: bytes="+strings.Repeat("9", 10_000)+"-"), 416},
		{"a header of 100 KB", request(path, "X: "+strings.Repeat("x", 100_000)), 431},
		{"a thousand entity tags", request(path, "If-None-Match: "+strings.Repeat(`"x", `, 1000)), 200},
		{"a target of 10 KB", request("/m/" + strings.Repeat("a", 10_000) + "/film.mp4"), 403},
		{"a token cut short", request("/m/" + token[:len(token)/2] + "/film.mp4"), 403},
		{"a token with a byte more", request("/m/" + token + "A/film.mp4"), 403},
		{"a token of nothing but dots", request("/m/" + strings.Repeat(".", 200) + "/film.mp4"), 403},
		{"an old token", request("/m/" + s.signer.media(film, "peertag1", time.Unix(1, 0)) + "/film.mp4"), 403},
		{"a token from before time began", request("/m/" + s.signer.media(film, "peertag1", time.Unix(-1<<40, 0)) + "/film.mp4"), 403},
		{"up and away", request("/m/../../../../etc/passwd"), 403},
		{"up and away, in bytes", request("/m/%2e%2e/%2e%2e/secret.txt"), 403},
		{"twice encoded", request("/m/%252e%252e%252fsecret.txt/x"), 403},
		{"with backslashes", request(`/m/..\..\secret.txt/x`), 403},
		{"in too many bytes of UTF-8", request("/m/%c0%ae%c0%ae/secret.txt"), 403},
		{"a zero byte behind a token", request("/m/" + token + "%00/secret.txt"), 403},
		{"a name that climbs", request("/m/" + token + "/..%2fsecret.txt"), 403},
		{"an address for the name", request("/m/" + token + "/http:%2f%2fexample.org"), 403},
		{"the data folder", request("/signing.key"), 404},
		{"an absolute address", request("http://example.org" + path), 200},
		{"an absolute address elsewhere", request("http://example.org/etc/passwd"), 404},
		{"a proxy's question", "CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n", 405},
		{"two lengths", request(path, "Content-Length: 0", "Content-Length: 5"), 400},
		{"a length and chunks", request(path, "Content-Length: 5", "Transfer-Encoding: chunked") + "0\r\n\r\n", 400},
		{"no host", "GET " + path + " HTTP/1.1\r\n\r\n", 400},
		{"nonsense", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400},
	}
	for _, row := range rows {
		t.Run(row.about, func(t *testing.T) {
			status, body := speak(t, s, row.request)
			if status != row.status {
				t.Errorf("%d, want %d: %.100q", status, row.status, body)
			}
			if bytes.Contains(body, []byte("SECRET")) || bytes.Contains(body, []byte("root:")) || status == 200 && !bytes.Equal(body, content) {
				t.Errorf("%d bytes of another file: %.100q", len(body), body)
			}
		})
	}
}

// TestIdleConnectionsInThousands opens more than the server keeps, and asks on one that came before.
func TestIdleConnectionsInThousands(t *testing.T) {
	idle := 5000
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if most := int(min(limit.Cur, 1<<20))/2 - 500; idle > most { // both ends of each are ours
		idle = most
	}
	if idle < 1000 {
		t.Skipf("not on this system: only %d descriptors", limit.Cur)
	}
	s := besieged(t, Config{}, newShelf(t))
	first, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	await(t, "the first is there", func() bool { return s.connCount.Load() == 1 })
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	conns := make([]net.Conn, 0, idle)
	defer func() {
		for _, c := range conns {
			c.Close()
		}
	}()
	for range idle {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, c)
	}
	bound := int64(64*connectionsPerStream + extraConnections)
	await(t, "those beyond the bound are closed", func() bool { return s.connCount.Load() <= bound })
	var after runtime.MemStats
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapInuse) - int64(before.HeapInuse); grown > 64<<20 {
		t.Errorf("%d connections cost %d bytes", idle, grown)
	}
	first.SetDeadline(time.Now().Add(time.Minute))
	if _, err := io.WriteString(first, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(first), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 200 {
		t.Errorf("who came first: %s", resp.Status)
	}
}
