package httpstream

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestNewFlow(t *testing.T) {
	s := listening(t, Config{Listen: "127.0.0.1:0"})
	c := accepted(t, s)
	device, self := s.take(t.Context(), link{conn: c}), s.take(t.Context(), link{c, true})
	for _, row := range []struct {
		about    string
		size     int64
		duration float64
		want     flow
	}{
		{"a film: ten seconds at once, then four times its rate", 3600 * 10e6, 3600, flow{conn: c, rate: 40e6, burst: 100e6}},
		{"music gets the least", 5e6, 200, flow{conn: c, rate: paceLeast, burst: burstLeast}},
		{"no duration, no pace", 5e6, 0, flow{conn: c}},
	} {
		if got := newFlow(device, row.size, row.duration); got != row.want {
			t.Errorf("%s: %+v, want %+v", row.about, got, row.want)
		}
	}
	if got := newFlow(self, 3600*10e6, 3600); got != (flow{conn: c}) {
		t.Errorf("to this machine itself: %+v, want no pace", got)
	}
	if got := newFlow(t.Context(), 3600*10e6, 3600); got != (flow{}) {
		t.Errorf("without a connection: %+v, want nothing", got)
	}
}

// TestFlow looks at what the kernel was told of a connection.
func TestFlow(t *testing.T) {
	const free = 1<<32 - 1
	s := listening(t, Config{Listen: "127.0.0.1:0"})
	c := accepted(t, s)
	f := newFlow(s.take(t.Context(), link{conn: c}), 3600*10e6, 3600)
	for _, row := range []struct {
		about   string
		do      func()
		pace    uint32
		noDelay int
	}{
		{"at first", func() {}, free, 1},
		{"after an answer that is short", func() { f.sent(1000) }, free, 1},
		{"after a piece of a long one", func() { f.sent(blockBytes) }, free, 0},
		{"after nearly ten seconds of the film", func() { f.sent(99e6) }, free, 0},
		{"a moment later", func() { f.sent(1e6) }, 40e6, 0},
		{"and on", func() { f.sent(100e6) }, 40e6, 0},
		{"at the end of the answer", f.end, free, 1},
	} {
		row.do()
		pace := option(t, c, unix.SOL_SOCKET, unix.SO_MAX_PACING_RATE)
		noDelay := option(t, c, unix.IPPROTO_TCP, unix.TCP_NODELAY)
		if uint32(pace) != row.pace || noDelay != row.noDelay {
			t.Errorf("%s: %d bytes/s, TCP_NODELAY %d; want %d, %d", row.about, uint32(pace), noDelay, row.pace, row.noDelay)
		}
	}
}

func TestThisMachineIsSparedBBR(t *testing.T) {
	s := listening(t, Config{Listen: "127.0.0.1:0"})
	c := accepted(t, s)
	ctx := s.greet(t.Context(), c)
	if l, _ := ctx.Value(linkKey{}).(link); l != (link{c, true}) {
		t.Errorf("a connection from this machine is taken for %+v", l)
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
