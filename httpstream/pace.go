package httpstream

import (
	"context"
	"net"
)

// A stream is sent as quickly as the network takes it until a player has enough to begin, and then at several times its
// title's bit rate: it still catches up, but its data do not fill the queue of the access point, behind which a jump, and
// everybody else, would have to wait.
const (
	burstSeconds = 10      // of the title, that go without a limit
	burstLeast   = 4 << 20 // bytes
	paceTimes    = 4
	paceLeast    = 2 << 20 // bytes per second
)

// pace holds a stream's connection to a pace.
type pace struct {
	conn  *net.TCPConn // nil: there is nothing to hold
	rate  int64        // bytes per second
	burst int64        // bytes that go before it is held; below 0 it is
}

// newPace returns the pace of a file of size bytes that plays for some seconds. Without a duration there is none, nor to a
// connection from this machine.
func newPace(ctx context.Context, size int64, duration float64) pace {
	c, ok := ctx.Value(connKey{}).(*net.TCPConn)
	if !ok || duration < 1 {
		return pace{}
	}
	second := float64(size) / duration
	return pace{c, max(int64(paceTimes*second), paceLeast), max(int64(burstSeconds*second), burstLeast)}
}

// sent notes that n more bytes are on their way.
func (p *pace) sent(n int64) {
	if p.conn == nil || p.burst < 0 {
		return
	}
	if p.burst -= n; p.burst < 0 {
		setPace(p.conn, p.rate)
	}
}

// end lets the connection go: what is next on it has a pace of its own.
func (p *pace) end() {
	if p.conn != nil && p.burst < 0 {
		setPace(p.conn, 0)
	}
}

// connKey is the key of a connection in the context of its requests.
type connKey struct{}

func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// greet takes a new connection. One from this machine itself loses nothing, and nobody waits behind what it is sent: it needs
// neither bbr nor a pace.
func (s *Server) greet(ctx context.Context, c net.Conn) context.Context {
	if s.config.CongestionControl == "" && sameHost(c.LocalAddr(), c.RemoteAddr()) {
		return ctx
	}
	return s.fromAbroad(ctx, c)
}

// fromAbroad takes a connection from another machine.
func (s *Server) fromAbroad(ctx context.Context, c net.Conn) context.Context {
	if tcp, ok := c.(*net.TCPConn); ok && s.abroad != "" {
		setCongestion(tcp, s.abroad)
	}
	return withConn(ctx, c)
}

// sameHost reports whether a connection comes from this machine itself.
func sameHost(local, remote net.Addr) bool {
	l, ok := local.(*net.TCPAddr)
	r, ok2 := remote.(*net.TCPAddr)
	return ok && ok2 && (r.IP.IsLoopback() || r.IP.Equal(l.IP))
}
