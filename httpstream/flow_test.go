package httpstream

import (
	"net"
	"testing"
)

func TestSameHost(t *testing.T) {
	for _, row := range []struct {
		local, remote string
		want          bool
	}{
		{"127.0.0.1", "127.0.0.1", true},
		{"127.0.0.1", "127.0.0.2", true},
		{"::1", "::1", true},
		{"::ffff:127.0.0.1", "::ffff:127.0.0.1", true},
		{"192.0.2.10", "192.0.2.10", true},
		{"192.0.2.10", "192.0.2.20", false},
		{"2001:db8::1", "2001:db8::2", false},
	} {
		local, remote := &net.TCPAddr{IP: net.ParseIP(row.local)}, &net.TCPAddr{IP: net.ParseIP(row.remote)}
		if got := sameHost(local, remote); got != row.want {
			t.Errorf("from %s to %s: %v, want %v", row.remote, row.local, got, row.want)
		}
	}
	if sameHost(nil, nil) {
		t.Error("a connection without addresses comes from this machine")
	}
}
