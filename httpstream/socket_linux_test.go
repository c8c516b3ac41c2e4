package httpstream

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

func TestConnectionsInheritTheOptionsOfTheListener(t *testing.T) {
	s := listening(t, Config{Listen: "127.0.0.1:0"})
	client, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	accepted, err := s.listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer accepted.Close()
	raw, err := accepted.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	err = raw.Control(func(fd uintptr) {
		if lowat, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT); lowat != s.Network().NotSentLowat || err != nil {
			t.Errorf("TCP_NOTSENT_LOWAT is %d, %v; told is %d", lowat, err, s.Network().NotSentLowat)
		}
		if cc, err := unix.GetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION); cc != s.Network().CongestionControl || err != nil {
			t.Errorf("TCP_CONGESTION is %q, %v; told is %q", cc, err, s.Network().CongestionControl)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := s.Network(); n.NotSentLowat != unsentBytes && n.NotSentLowat != unsentBytesSmall || n.CongestionControl == "" {
		t.Errorf("Network() = %+v", n)
	}
}
