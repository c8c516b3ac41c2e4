package main

import (
	"context"
	"strings"
	"testing"
	"time"
)

// TestDemo runs the demonstration until it has said what to try: the simulated device was found by mDNS on the loopback
// interface, the sample library was indexed, and an album plays.
func TestDemo(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	out, log := &demoOut{said: make(chan struct{})}, &logBuffer{}
	ended := make(chan int, 1)
	go func() {
		ended <- start(ctx, []string{"-demo", "-http", "127.0.0.1:0"}, terminal{out: out, err: log, getenv: func(string) string { return "" }})
	}()
	select {
	case <-out.said:
	case <-ctx.Done():
		t.Errorf("the demonstration never said what to try:\n%s", out)
	}
	cancel()
	select {
	case code := <-ended:
		if code != exitOK {
			t.Errorf("exit code %d:\n%s", code, log)
		}
	case <-time.After(patience):
		t.Fatal("the demonstration does not end")
	}
	for _, want := range []string{
		"localcast/bridge/availability  online", `"state":"playing"`, "localcast/demo_tv/response/play", "localcast/demo_tv/command/next -m PRESS",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the demonstration did not print %q", want)
		}
	}
}

// demoOut waits for the last line of the invitation.
type demoOut struct {
	logBuffer
	said   chan struct{}
	closed bool
}

func (o *demoOut) Write(p []byte) (int, error) {
	n, err := o.logBuffer.Write(p)
	if !o.closed && strings.Contains(string(p), "Ctrl-C ends") {
		o.closed = true
		close(o.said)
	}
	return n, err
}
