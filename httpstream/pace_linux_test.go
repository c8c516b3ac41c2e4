package httpstream

import (
	"errors"
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// TestPacing looks at what the kernel was told of a connection.
func TestPacing(t *testing.T) {
	s := listening(t, Config{Listen: "127.0.0.1:0"})
	here := accepted(t, s)
	ctx := withConn(t.Context(), here)
	for _, row := range []struct {
		about    string
		size     int64
		duration float64
		want     pace
	}{
		{"a film: ten seconds at once, then four times its rate", 3600 * 10e6, 3600, pace{here, 40e6, 100e6}},
		{"music gets the least", 5e6, 200, pace{here, paceLeast, burstLeast}},
		{"no duration, no pace", 5e6, 0, pace{}},
	} {
		if got := newPace(ctx, row.size, row.duration); got != row.want {
			t.Errorf("%s: %+v, want %+v", row.about, got, row.want)
		}
	}
	if got := newPace(t.Context(), 3600*10e6, 3600); got != (pace{}) {
		t.Errorf("this machine itself: %+v, want no pace", got)
	}
	const free = 1<<32 - 1
	p := newPace(ctx, 3600*10e6, 3600)
	for _, row := range []struct {
		about string
		do    func()
		want  uint32
	}{
		{"at first", func() {}, free},
		{"after ten seconds of the film", func() { p.sent(100e6) }, free},
		{"a byte later", func() { p.sent(1) }, 40e6},
		{"and on", func() { p.sent(100e6) }, 40e6},
		{"at the end of the answer", p.end, free},
	} {
		row.do()
		if got := paceOf(t, here); got != row.want {
			t.Errorf("%s: %d bytes/s, want %d", row.about, got, row.want)
		}
	}
}

// paceOf asks the kernel.
func paceOf(t *testing.T, c *net.TCPConn) uint32 {
	t.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var rate int
	var failed error
	err = raw.Control(func(fd uintptr) { rate, failed = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_MAX_PACING_RATE) })
	if err = errors.Join(err, failed); err != nil {
		t.Fatal(err)
	}
	return uint32(rate)
}

func TestThisMachineIsSparedBBRAndPace(t *testing.T) {
	s := listening(t, Config{Listen: "127.0.0.1:0"})
	c := accepted(t, s)
	if ctx := s.greet(t.Context(), c); ctx.Value(connKey{}) != nil {
		t.Error("a connection from this machine can be paced")
	}
	lowat, cc := optionsOf(t, c)
	if lowat != s.Network().NotSentLowat {
		t.Errorf("TCP_NOTSENT_LOWAT is %d, wanted %d", lowat, s.Network().NotSentLowat)
	}
	if s.Network().CongestionControl != bbr || s.abroad == "" {
		t.Skip("not on this system: bbr, or cubic beside it")
	}
	if cc != cubic {
		t.Errorf("TCP_CONGESTION is %q, wanted cubic", cc)
	}
}
