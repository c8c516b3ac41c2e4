package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestHealth(t *testing.T) {
	rows := []struct {
		name   string
		status int
		body   string
		code   int
		told   string
	}{
		{"all is well", 200, `{"status":"ok","broker":true,"library":true,"disk":true}`, exitOK, "ok\n"},
		{"the broker is away", 200, `{"status":"degraded","broker":false,"library":true,"disk":true}`, exitOK, "degraded\n"},
		{"data_dir cannot be written", 503, `{"status":"degraded","disk":false}`, exitFailed,
			"/healthz answers 503 Service Unavailable (degraded)\n"},
		{"another program", 200, `<html>`, exitFailed, "/healthz answers, but it is not localcast\n"},
		{"another program without that page", 404, `not found`, exitFailed, "/healthz answers 404 Not Found (no status)\n"},
		{"another program that leads elsewhere", 302, ``, exitFailed, "/healthz answers 302 Found (no status)\n"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodGet || r.URL.Path != "/healthz" {
					t.Errorf("asked %s %s", r.Method, r.URL)
				}
				w.Header().Set("Location", "/healthz")
				w.WriteHeader(row.status)
				fmt.Fprint(w, row.body)
			}))
			defer server.Close()
			config := writeConfig(t, "http: {listen: '"+server.Listener.Addr().String()+"'}")
			code, out, stderr := runMain(t, "-health", "-config", config)
			if code != row.code || !strings.HasSuffix(out+stderr, row.told) {
				t.Errorf("exit code %d, told %q%q, wanted %d, %q", code, out, stderr, row.code, row.told)
			}
		})
	}
}

func TestHealthOfNothing(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	code, out, stderr := runMain(t, "-health", "-http", listener.Addr().String())
	if code != exitFailed || out != "" || !strings.Contains(stderr, "no answer from http://"+listener.Addr().String()) {
		t.Errorf("exit code %d, told %q%q", code, out, stderr)
	}
}

func TestHealthOfAProgramThatHangs(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") // accepts, never answers
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := askHealth(ctx, listener.Addr().String()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestHealthURL(t *testing.T) {
	for listen, want := range map[string]string{
		":8010":            "http://127.0.0.1:8010/healthz",
		"0.0.0.0:8010":     "http://127.0.0.1:8010/healthz",
		"[::]:8010":        "http://[::1]:8010/healthz",
		"192.0.2.10:80":    "http://192.0.2.10:80/healthz",
		"[2001:db8::1]:80": "http://[2001:db8::1]:80/healthz",
		"nas.example:8010": "http://nas.example:8010/healthz",
		"127.0.0.1:65535":  "http://127.0.0.1:65535/healthz",
		"localhost:8010":   "http://localhost:8010/healthz",
	} {
		if got, err := healthURL(listen); got != want || err != nil {
			t.Errorf("%s: got %s, %v, wanted %s", listen, got, err, want)
		}
	}
}

func TestDataDirIsLocked(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "data")
	release, err := lockDataDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = lockDataDir(dir)
	want := "data_dir " + dir + " is in use by another localcast: stop that one, or give this one another data_dir (-data)"
	if !errors.Is(err, errInUse) || err.Error() != want {
		t.Errorf("got %v, wanted %s", err, want)
	}
	other, err := lockDataDir(filepath.Join(t.TempDir(), "other"))
	if err != nil {
		t.Fatalf("another folder: %v", err)
	}
	for _, release := range []func() error{release, other} {
		if err := release(); err != nil {
			t.Error(err)
		}
	}
	again, err := lockDataDir(dir)
	if err != nil {
		t.Fatalf("after the release: %v", err)
	}
	if err := again(); err != nil {
		t.Error(err)
	}
}
