package httpstream

import (
	"syscall"

	"golang.org/x/sys/unix"

	"localcast/bridge"
)

const (
	// What is unsent in the kernel is bounded for each connection: a stalled client then holds this and what is in flight,
	// instead of megabytes. Smaller costs more CPU for paced readers, so only small hosts get it.
	unsentBytes      = 256 << 10
	unsentBytesSmall = 128 << 10
	smallHost        = 1 << 30 // bytes of memory

	bbr = "bbr"
)

// tuning is what the kernel granted a listener. Accepted connections inherit its options.
type tuning struct {
	bridge.NetworkInfo
	advice string // what brings bbr; "" where it is in force
}

// apply sets the options on a listener before it listens. What is refused is done without.
func (t *tuning) apply(c syscall.RawConn) error {
	return c.Control(func(fd uintptr) {
		s := int(fd)
		// BBR keeps its rate through the random loss of crowded Wi-Fi, where cubic starves.
		if unix.SetsockoptString(s, unix.IPPROTO_TCP, unix.TCP_CONGESTION, bbr) != nil {
			t.advice = "as root: modprobe tcp_bbr; sysctl -w net.core.default_qdisc=fq; " +
				"sysctl -w net.ipv4.tcp_allowed_congestion_control='reno cubic bbr'"
		}
		limit := unsentBytes
		var info unix.Sysinfo_t
		if unix.Sysinfo(&info) == nil && uint64(info.Totalram)*uint64(info.Unit) < smallHost {
			limit = unsentBytesSmall
		}
		if unix.SetsockoptInt(s, unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, limit) == nil {
			t.NotSentLowat = limit
		}
		t.CongestionControl, _ = unix.GetsockoptString(s, unix.IPPROTO_TCP, unix.TCP_CONGESTION)
	})
}
