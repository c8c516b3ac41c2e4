package httpstream

import (
	"math"
	"net"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"localcast/bridge"
)

const (
	// What is unsent in the kernel is bounded for each connection: a stalled client then holds this and what is in flight,
	// instead of megabytes. Smaller costs more CPU for paced readers, so only small hosts get it.
	unsentBytes      = 256 << 10
	unsentBytesSmall = 128 << 10
)

// tuning is what the kernel granted a listener. Accepted connections inherit its options.
type tuning struct {
	allowed []string // the congestion controls that may be asked for; nil: any
	memory  int64    // of the host, in bytes; 0 is unknown

	bridge.NetworkInfo
	abroad string // the congestion control that connections from other machines are to be given; "" is the listener's
	advice string // what brings bbr; "" where it is in force
}

// apply sets the options on a listener before it listens. What is refused is done without.
func (t *tuning) apply(c syscall.RawConn) error {
	return c.Control(func(fd uintptr) {
		s := int(fd)
		limit := unsentBytes
		if t.memory > 0 && t.memory < smallHost {
			limit = unsentBytesSmall
		}
		if unix.SetsockoptInt(s, unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, limit) == nil {
			t.NotSentLowat = limit
		}
		// BBR keeps its rate through the random loss of crowded Wi-Fi, where cubic starves.
		for _, name := range append([]string{bbr}, t.allowed...) {
			if t.ask(s, name) {
				break
			}
		}
		t.CongestionControl, _ = unix.GetsockoptString(s, unix.IPPROTO_TCP, unix.TCP_CONGESTION)
		switch {
		case t.CongestionControl != bbr:
			t.advice = bbrAdvice
		case t.ask(s, cubic):
			// A connection that ever had bbr is paced by timers for good, one for every 64 KB. On a virtual machine they cost
			// as much CPU as the sending itself, so connections from this machine must never have it.
			t.abroad = bbr
		}
	})
}

// ask asks for a congestion control, and reports whether it was granted.
func (t *tuning) ask(socket int, name string) bool {
	return (t.allowed == nil || slices.Contains(t.allowed, name)) &&
		unix.SetsockoptString(socket, unix.IPPROTO_TCP, unix.TCP_CONGESTION, name) == nil
}

// bbrAdvice is what the operator can do: docs/network.md tells the same at length.
const bbrAdvice = "as root: modprobe tcp_bbr; sysctl -w net.core.default_qdisc=fq; " +
	"sysctl -w net.ipv4.tcp_allowed_congestion_control='reno cubic bbr'; docs/network.md tells how to keep it so"

// setCongestion gives a connection a congestion control; where that is refused it keeps its own.
func setCongestion(c *net.TCPConn, name string) {
	raw, err := c.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) { _ = unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, name) })
}

// setPace bounds what a connection sends to some bytes per second; 0 is no bound.
func setPace(c *net.TCPConn, rate int64) {
	raw, err := c.SyscallConn()
	if err != nil {
		return
	}
	limit := -1 // which the kernel reads as no bound: socket(7), SO_MAX_PACING_RATE
	if rate > 0 {
		limit = int(min(rate, math.MaxInt32))
	}
	_ = raw.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_MAX_PACING_RATE, limit) })
}
