package cast

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"time"

	"localcast/bridge"
	"localcast/cast/wire"
)

// The waits between two tries to connect double from the first to the last.
const (
	firstRetry      = 2 * time.Second
	lastRetry       = 60 * time.Second
	lastRetryStatic = 8 * time.Second
	// leastGap is the least time from one try to the next, whatever discovery sees; a link that lived for longer than
	// steadyAfter begins the waits anew.
	leastGap    = time.Second
	steadyAfter = 10 * time.Second
)

// maxOrders bounds the orders that have not been looked at yet.
const maxOrders = 64

var (
	errNoAddress = errors.New("nobody knows yet where the device is")
	errOther     = errors.New("another device has that address now")
)

// player is one Chromecast. Its Run keeps the link and alone touches the session on it.
type player struct {
	name    string
	place   *place
	reports bridge.Reports
	log     *slog.Logger
	dial    func(ctx context.Context, address string) (net.Conn, error)

	orders chan bridge.Order
	mu     sync.Mutex // guards open, so that no order is put into orders after it was emptied for the last time
	open   bool       // there is a link on which orders can be carried out
}

// Do implements bridge.Player.
func (p *player) Do(o bridge.Order) {
	if fail := p.accept(o); fail != nil {
		p.reports.Done(bridge.Done{Serial: o.Serial, Fail: fail})
	}
}

func (p *player) accept(o bridge.Order) *bridge.Fail {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.open {
		return p.offline()
	}
	select {
	case p.orders <- o:
		return nil
	default:
		return busy()
	}
}

func (p *player) offline() *bridge.Fail {
	return &bridge.Fail{Kind: bridge.FailOffline, Message: p.name + " is offline"}
}

// Run implements bridge.Player.
func (p *player) Run(ctx context.Context) error {
	p.place.want(true)
	defer p.place.want(false)
	for tries := 0; ; tries++ {
		began := time.Now()
		online, err := p.link(ctx, tries)
		switch {
		case ctx.Err() != nil:
			return nil
		case online:
			p.log.Info("lost the link to the device", "err", err)
		case tries == 0:
			p.log.Info("cannot reach the device; trying again", "err", err)
		default:
			p.log.Debug("cannot reach the device", "err", err)
		}
		if lived := time.Since(began); online && lived > steadyAfter {
			tries = 0
		}
		select {
		case <-ctx.Done():
			return nil
		case <-p.place.seen: // discovery tells where it is now: try at once
			tries = 0
			if !errors.Is(err, errNoAddress) { // else nobody was bothered by the last try
				pause(ctx, leastGap-time.Since(began))
			}
		case <-time.After(p.retry(tries)):
		}
	}
}

// pause waits for d or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// retry is how long to wait after so many tries: doubling, with jitter over the upper half.
func (p *player) retry(tries int) time.Duration {
	last := lastRetry
	if p.place.static != nil {
		last = lastRetryStatic
	}
	wait := min(firstRetry<<min(tries, 10), last)
	return wait/2 + rand.N(wait/2)
}

// link connects once and stays as long as the link lives. online reports whether the device was ever told to be so.
func (p *player) link(ctx context.Context, tries int) (online bool, err error) {
	address := p.place.address(tries)
	if address == "" {
		return false, errNoAddress
	}
	conn, err := p.dial(ctx, address)
	if err != nil {
		return false, err
	}
	host, port := remote(conn, address)
	c := newChannel(conn, p.log)
	s := &session{
		self: c.id, name: p.name, host: host, tell: p.reports, log: p.log,
		say: func(to, namespace string, o object) error { return p.say(c, to, namespace, o) },
		opened: func() {
			p.log.Info("connected", "remote", address)
			p.place.found(host, port)
			p.admit(true)
		},
	}
	defer p.unlink(c, s)
	err = p.converse(ctx, c, s)
	return s.online, err
}

// remote is where conn, which was dialled to address, goes.
func remote(conn net.Conn, address string) (host string, port int) {
	host, text, err := net.SplitHostPort(conn.RemoteAddr().String())
	if err != nil { // an in-memory connection
		host, text, _ = net.SplitHostPort(address)
	}
	port, _ = strconv.Atoi(text)
	return host, port
}

// unlink drops the link and answers whoever waits for something on it.
func (p *player) unlink(c *channel, s *session) {
	c.close()
	p.admit(false)
	s.abort(p.offline())
	for len(p.orders) > 0 {
		p.reports.Done(bridge.Done{Serial: (<-p.orders).Serial, Fail: p.offline()})
	}
	if s.online {
		p.place.lost()
		p.reports.Status(bridge.Status{})
	}
}

func (p *player) admit(open bool) {
	p.mu.Lock()
	p.open = open
	p.mu.Unlock()
}

// converse runs a session until its link fails or ctx ends.
func (p *player) converse(ctx context.Context, c *channel, s *session) error {
	s.begin(time.Now())
	alarm := time.NewTimer(0)
	defer alarm.Stop()
	for {
		if next := s.next(); next.IsZero() {
			alarm.Stop()
		} else {
			alarm.Reset(time.Until(next))
		}
		var err error
		select {
		case <-ctx.Done():
			return ctx.Err()
		case m, ok := <-c.in:
			if !ok {
				return c.err
			}
			p.log.Debug("received", "remote", m.Source, "namespace", m.Namespace, "bytes", len(m.Text))
			err = s.handle(m, time.Now())
		case o := <-p.orders:
			s.do(o, time.Now())
		case <-p.place.wrong:
			return errOther
		case <-p.place.moved: // or it has two addresses
			c.probe()
		case <-alarm.C:
			err = s.expire(time.Now())
		}
		if err != nil {
			return err
		}
	}
}

func (p *player) say(c *channel, to, namespace string, o object) error {
	text, err := o.encode()
	if err != nil {
		return err
	}
	p.log.Debug("sent", "remote", to, "namespace", namespace, "type", o["type"], "bytes", len(text))
	return c.send(wire.Message{Source: c.id, Destination: to, Namespace: namespace, Text: text})
}
