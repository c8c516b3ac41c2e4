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

// flow is how one stream goes over its connection.
type flow struct {
	conn  *net.TCPConn // nil: nothing of it is set
	rate  int64        // bytes per second that it is held to; 0 is no bound
	burst int64        // bytes that go before it is held; below 0 it is
	bulk  bool         // the connection sends whole segments only
}

// newFlow returns the flow of a file of size bytes that plays for some seconds. Without a duration it is not held to a rate,
// nor to this machine itself.
func newFlow(ctx context.Context, size int64, duration float64) flow {
	l, _ := ctx.Value(linkKey{}).(link)
	if l.local || l.conn == nil || duration < 1 {
		return flow{conn: l.conn}
	}
	second := float64(size) / duration
	return flow{conn: l.conn, rate: max(int64(paceTimes*second), paceLeast), burst: max(int64(burstSeconds*second), burstLeast)}
}

// sent notes that n more bytes are on their way.
func (f *flow) sent(n int64) {
	if f.conn == nil {
		return
	}
	if !f.bulk && n >= blockBytes { // else these were the last
		// By Nagle's algorithm, which net switches off: each piece would end with a small segment of its own, and those cost
		// a third of the throughput with bbr, which sets a timer for each.
		f.bulk = f.conn.SetNoDelay(false) == nil
	}
	if f.rate == 0 || f.burst < 0 {
		return
	}
	if f.burst -= n; f.burst < 0 {
		setPace(f.conn, f.rate)
	}
}

// end lets the connection go: its last segment at once, and what is next on it has a flow of its own.
func (f *flow) end() {
	if f.bulk {
		_ = f.conn.SetNoDelay(true) // on a connection that has failed, writing tells
	}
	if f.burst < 0 {
		setPace(f.conn, 0)
	}
}

// link is a connection, for the context of its requests.
type link struct {
	conn  *net.TCPConn
	local bool // to this machine itself
}

// linkKey is the key of a link in a context.
type linkKey struct{}

// greet takes a new connection. One from this machine itself loses nothing, and nobody waits behind what it is sent: it needs
// neither bbr nor a pace.
func (s *Server) greet(ctx context.Context, c net.Conn) context.Context {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return ctx
	}
	return s.take(ctx, link{tcp, sameHost(c.LocalAddr(), c.RemoteAddr())})
}

// take gives a connection from elsewhere the congestion control that is for those, and has its requests know it.
func (s *Server) take(ctx context.Context, l link) context.Context {
	if !l.local && s.abroad != "" {
		setCongestion(l.conn, s.abroad)
	}
	return context.WithValue(ctx, linkKey{}, l)
}

// sameHost reports whether a connection comes from this machine itself.
func sameHost(local, remote net.Addr) bool {
	l, ok := local.(*net.TCPAddr)
	r, ok2 := remote.(*net.TCPAddr)
	return ok && ok2 && (r.IP.IsLoopback() || r.IP.Equal(l.IP))
}
