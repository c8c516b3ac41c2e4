package httpstream

import (
	"bytes"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestOptionsOfConnections(t *testing.T) {
	s := listening(t, Config{Listen: "127.0.0.1:0"})
	c := accepted(t, s)
	s.take(t.Context(), link{conn: c})
	lowat, cc := optionsOf(t, c)
	if lowat != s.Network().NotSentLowat {
		t.Errorf("TCP_NOTSENT_LOWAT is %d; told is %d", lowat, s.Network().NotSentLowat)
	}
	if cc != s.Network().CongestionControl {
		t.Errorf("TCP_CONGESTION is %q; told is %q", cc, s.Network().CongestionControl)
	}
	if n := s.Network(); n.NotSentLowat != unsentBytes && n.NotSentLowat != unsentBytesSmall || n.CongestionControl == "" {
		t.Errorf("Network() = %+v", n)
	}
}

// TestWithoutBBR is what most hosts give to a program that is not root.
func TestWithoutBBR(t *testing.T) {
	var log bytes.Buffer
	s, err := New(Config{Listen: "127.0.0.1:0", DataDir: t.TempDir(), Allowed: []string{"reno"}}, newShelf(t), slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := accepted(t, s)
	ctx := s.take(t.Context(), link{conn: c})
	if _, cc := optionsOf(t, c); cc != "reno" || s.Network().CongestionControl != "reno" {
		t.Errorf("TCP_CONGESTION is %q; told is %q", cc, s.Network().CongestionControl)
	}
	if f := newFlow(ctx, 3600*10e6, 3600); f.rate != 40e6 {
		t.Errorf("a film is held to %d bytes/s", f.rate)
	}
	for _, want := range []string{"level=WARN", "modprobe tcp_bbr", "default_qdisc=fq", "tcp_allowed_congestion_control='reno cubic bbr'"} {
		if strings.Count(log.String(), want) != 1 {
			t.Errorf("the log has not once %q:\n%s", want, &log)
		}
	}
}

// accepted returns the server's side of a new connection.
func accepted(t *testing.T, s *Server) *net.TCPConn {
	t.Helper()
	client, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	c, err := s.listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.(*net.TCPConn)
}

// optionsOf asks the kernel for what is in force on a connection.
func optionsOf(t *testing.T, c *net.TCPConn) (lowat int, congestion string) {
	t.Helper()
	onSocket(t, c, func(fd int) (err error) {
		congestion, err = unix.GetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION)
		return err
	})
	return option(t, c, unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT), congestion
}

// option asks the kernel for an option of a connection.
func option(t *testing.T, c *net.TCPConn, level, name int) (value int) {
	t.Helper()
	onSocket(t, c, func(fd int) (err error) {
		value, err = unix.GetsockoptInt(fd, level, name)
		return err
	})
	return value
}

// onSocket calls f with a connection's descriptor.
func onSocket(t *testing.T, c *net.TCPConn, f func(fd int) error) {
	t.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var failed error
	err = raw.Control(func(fd uintptr) { failed = f(int(fd)) })
	if err = errors.Join(err, failed); err != nil {
		t.Fatal(err)
	}
}
