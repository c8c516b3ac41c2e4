// Package httpstream serves the library's files to Chromecasts and browsers in the local network: media by ranges, pictures,
// health and metrics. Its memory does not grow with the size of a file, and what each client can hold of it is bounded.
//
// It never lists anything, never opens a path that it was told, and serves nothing but /healthz and /metrics without a token
// that this program has signed. It knows no device, no queue and no MQTT: a token carries an opaque tag, and all it asks of
// the rest is Files.
//
// The addresses are part of the product's contract:
//
//	/m/<id>.<peer>.<expiry>.<mac>/<name.ext>    an item's file, with ranges as RFC 9110 has them
//	/art/<id>.<mac>/<name>.jpg?w=16..1280       an item's picture; the id "none" is the neutral picture
//	/subs/<id>.<track>.<peer>.<expiry>.<mac>/<name>.vtt   subtitles that lie beside it, as WebVTT
//	/healthz                                    is it well
//	/metrics                                    for Prometheus, to those whom the configuration allows
package httpstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"localcast/bridge"
	"localcast/bridge/media"
)

// Files is where items come from. All methods may block on a disk; they give up when ctx ends, as far as the system lets
// them. Their errors wrap media.ErrNoItem for what is not there (any more).
type Files interface {
	// Open opens an item's file for reading. It is a regular file, and the caller closes it.
	Open(ctx context.Context, id media.ID) (*os.File, media.Item, error)
	// Cover offers the pictures that stand for an item, as they are stored and the best first, until take says that one is
	// good. That there is none is no error.
	Cover(ctx context.Context, id media.ID, take func(picture []byte) (good bool)) error
	// FrameOf tells of which film a frame can stand for an item without a good picture, and a key that is another one for
	// every content of its file; "" says that no frame can be made.
	FrameOf(ctx context.Context, id media.ID) (film media.ID, key string, err error)
	// Frame makes a frame of a film, which takes seconds. The error wraps media.ErrNoItem where there is none.
	Frame(ctx context.Context, film media.ID) ([]byte, error)
	// ReadSubtitle returns one of the text tracks beside an item's file, as it is stored, and what it is.
	ReadSubtitle(ctx context.Context, id media.ID, track int) (data []byte, about media.Subtitle, err error)
}

// Config says how to serve. The zero value of every field but DataDir is a good default.
type Config struct {
	// Listen is the address to listen on, as net.Listen takes it; "" is ":8010".
	Listen string
	// Advertise is the address by which devices reach this server, such as http://192.0.2.10:8010. "" finds it anew for each
	// device: the local address that routes to it.
	Advertise string
	// MaxStreams is how many media responses run at once, at least 1; 0 is 64.
	MaxStreams int
	// TokenTTL is how long a media address works beyond twice the item's duration; 0 is 24 hours.
	TokenTTL time.Duration
	// DataDir is an existing directory. The signing key is kept there, and /healthz tells whether it can be written.
	DataDir string
	// Metrics says who may read /metrics: "loopback", "all" or "off"; "" is "loopback".
	Metrics string
	// Collectors are what /metrics tells beside the streamer's own figures.
	Collectors []prometheus.Collector
	// Allowed are the congestion controls that may be asked for, by the kernel's names; nil: any, and the kernel decides.
	Allowed []string
	// BrokerHost is the host of the MQTT broker; its network is where people look at artwork. "" is an embedded one.
	BrokerHost string
	// Health tells what else /healthz says; it must not block. nil: all is well.
	Health func() (broker, library bool)
}

func (c Config) withDefaults() Config {
	if c.Listen == "" {
		c.Listen = ":8010"
	}
	if c.MaxStreams == 0 {
		c.MaxStreams = 64
	}
	if c.TokenTTL == 0 {
		c.TokenTTL = 24 * time.Hour
	}
	if c.Metrics == "" {
		c.Metrics = metricsLoopback
	}
	if c.Health == nil {
		c.Health = func() (broker, library bool) { return true, true }
	}
	c.Advertise = strings.TrimRight(c.Advertise, "/")
	return c
}

func (c Config) check() error {
	if c.MaxStreams < 1 {
		return fmt.Errorf("http.max_streams is %d: wanted at least 1", c.MaxStreams)
	}
	if c.TokenTTL < 0 {
		return fmt.Errorf("http.token_ttl is %v: wanted more than 0", c.TokenTTL)
	}
	switch c.Metrics {
	case metricsLoopback, metricsAll, metricsOff:
	default:
		return fmt.Errorf("http.metrics is %q: wanted loopback, all or off", c.Metrics)
	}
	if c.Advertise == "" {
		return nil
	}
	u, err := url.Parse(c.Advertise)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("http.advertise is %q: wanted an address such as http://192.0.2.10:8010", c.Advertise)
	}
	return nil
}

// The bounds of the HTTP side. A connection that has sent no request yet, or sits between two, holds some 10 KB.
const (
	headerTimeout  = 10 * time.Second
	idleTimeout    = time.Minute
	answerTimeout  = 30 * time.Second // for everything but media, which rolls its own
	maxHeaderBytes = 16 << 10
	// What the streams of files on network and FUSE mounts may read ahead, in blocks, beside the one that each always has.
	poolBlocks      = 128
	poolBlocksSmall = 32
	smallHost       = 1 << 30 // bytes of memory

	bbr   = "bbr"   // the congestion control that keeps its rate on bad Wi-Fi
	cubic = "cubic" // the one that costs least
	// A stream may bring a few connections that ask for pictures or wait; the rest is for people's browsers.
	connectionsPerStream = 4
	extraConnections     = 256
)

// The pace of Run.
const (
	reportEvery  = 5 * time.Second
	addressEvery = 30 * time.Second
	// Run ends within the sum of these: the time short answers get to end by themselves, and that for what was cut.
	finishWithin = 1200 * time.Millisecond
	abortWithin  = 500 * time.Millisecond
)

// Server is the streamer. New builds it, Listen takes the port, Run serves. All its methods may be called concurrently once
// Listen has returned.
type Server struct {
	config Config
	files  Files
	log    *slog.Logger
	now    func() time.Time

	signer  signer
	peers   peers
	meter   meter
	metrics *metrics
	disk    *diskCheck
	slots   chan struct{} // one for each media response
	guard   guard
	pool    pool
	cache   pageCache
	gallery *gallery
	desk    *desk
	kept    *kept               // pictures and subtitles that took work to make
	mayHang func(*os.File) bool // whether a file lies where reading may hang

	// Listen sets these, before anything else runs.
	listener net.Listener
	network  bridge.NetworkInfo
	abroad   string // the congestion control to give to connections from other machines; "" is what they have

	address   atomic.Pointer[string] // what StreamURL returns
	changed   chan struct{}
	conns     sync.WaitGroup
	connCount atomic.Int64
}

// New builds a server and starts nothing. It makes the signing key where DataDir has none; its errors say what to do.
func New(c Config, files Files, log *slog.Logger) (*Server, error) {
	c = c.withDefaults()
	if err := c.check(); err != nil {
		return nil, err
	}
	key, err := loadKey(filepath.Join(c.DataDir, "signing.key"))
	if err != nil {
		return nil, err
	}
	s := &Server{
		config:  c,
		files:   files,
		log:     log,
		now:     time.Now,
		signer:  signer{key},
		disk:    newDiskCheck(c.DataDir),
		slots:   make(chan struct{}, c.MaxStreams),
		gallery: newGallery(),
		desk:    newDesk(),
		kept:    newKept(filepath.Join(c.DataDir, keptDir), log),
		mayHang: mayHang,
		changed: make(chan struct{}, 1),
	}
	s.cache.memory, s.cache.active = hostMemory(), &s.meter.active
	s.guard.lateAfter = lateAfter
	s.pool.most = poolBlocks
	if s.cache.small() {
		s.pool.most = poolBlocksSmall
	}
	s.metrics = newMetrics(&s.meter, c.Collectors)
	return s, nil
}

// Listen takes the port. It comes before everything else and once; Run or Close gives the port back. The error for a port
// that is taken names the line of the configuration to write.
func (s *Server) Listen(ctx context.Context) error {
	tuned := tuning{allowed: s.config.Allowed, memory: s.cache.memory}
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error { return tuned.apply(c) }}
	// Multipath TCP would take the socket options and sendfile's cheapness away, and no Chromecast speaks it.
	lc.SetMultipathTCP(false)
	network := "tcp"
	if a, err := netip.ParseAddrPort(s.config.Listen); err == nil && a.Addr().Is4() {
		network = "tcp4" // else 0.0.0.0 would listen on IPv6 too
	}
	l, err := lc.Listen(ctx, network, s.config.Listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("listen on %s: another program has this port; write into the configuration:\nhttp:\n  listen: %q",
			s.config.Listen, nextPort(s.config.Listen))
	}
	if err != nil {
		return fmt.Errorf("http.listen %s: %w", s.config.Listen, err)
	}
	s.listener, s.network, s.abroad = l, tuned.NetworkInfo, tuned.abroad
	if tuned.advice != "" {
		s.log.Warn("streams will suffer on bad Wi-Fi: the system does not allow the congestion control bbr",
			"in_force", tuned.CongestionControl, "advice", tuned.advice)
	}
	url := s.streamURL(ctx)
	s.address.Store(&url)
	s.log.Info("streaming", "url", url, "listen", l.Addr().String(), "congestion_control", s.network.CongestionControl,
		"notsent_lowat", s.network.NotSentLowat, "max_streams", s.config.MaxStreams)
	return nil
}

// nextPort returns the address one port above.
func nextPort(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	n, err2 := strconv.Atoi(port)
	if err != nil || err2 != nil || n >= 65535 {
		return ":8011"
	}
	return net.JoinHostPort(host, strconv.Itoa(n+1))
}

// Close gives the port back where Run never came to run; after Run it does nothing.
func (s *Server) Close() error {
	if err := s.listener.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// Addr is the address the server listens on.
func (s *Server) Addr() netip.AddrPort {
	a, ok := s.listener.Addr().(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	return a.AddrPort()
}

// Network tells which socket options are in force.
func (s *Server) Network() bridge.NetworkInfo { return s.network }

// StreamURL is the address for everybody, without a slash at its end: Advertise, else the local address that routes to the
// broker, else the default route's, else loopback. It may change with the network, which Changed tells.
func (s *Server) StreamURL() string { return *s.address.Load() }

// Streams tells what is being streamed.
func (s *Server) Streams() bridge.StreamState { return s.meter.state(s.config.MaxStreams) }

// Fetched reports whether a device, named as for Media, has asked for any item's file at or after a moment.
func (s *Server) Fetched(device string, since time.Time) bool {
	return s.peers.since(s.signer.peer(device), since)
}

// Changed gets a value after changes of Streams or StreamURL, at most once in 5 s; it holds one at most.
func (s *Server) Changed() <-chan struct{} { return s.changed }

// Run serves until ctx ends, and returns nil then, within 2 s and with every connection closed: a film plays on from what
// its device has buffered. It returns an error when the port fails.
func (s *Server) Run(ctx context.Context) error {
	server := &http.Server{
		Handler:                      s.Handler(),
		ReadHeaderTimeout:            headerTimeout,
		WriteTimeout:                 answerTimeout,
		IdleTimeout:                  idleTimeout,
		MaxHeaderBytes:               maxHeaderBytes,
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
		BaseContext:                  func(net.Listener) context.Context { return ctx },
		ConnContext:                  s.greet,
		ConnState:                    s.countConnection,
	}
	s.gallery.shutter = ctx
	failed := make(chan error, 1)
	var accepting sync.WaitGroup
	accepting.Go(func() { failed <- server.Serve(s.listener) })

	report, look := time.NewTicker(reportEvery), time.NewTicker(addressEvery)
	defer report.Stop()
	defer look.Stop()
	type told struct {
		streams bridge.StreamState
		url     string
	}
	last := told{s.Streams(), s.StreamURL()}
	for {
		select {
		case <-report.C:
			s.meter.measure(reportEvery)
			if now := (told{s.Streams(), s.StreamURL()}); now != last {
				last = now
				select {
				case s.changed <- struct{}{}:
				default:
				}
			}
		case <-look.C:
			s.lookForAddress(ctx)
		case err := <-failed:
			server.Close()
			return errors.Join(fmt.Errorf("serve on %s: %w", s.listener.Addr(), err), s.drain())
		case <-ctx.Done():
			finish(server)
			accepting.Wait()
			return s.drain()
		}
	}
}

// finish accepts no more, lets short answers end and cuts the others.
func finish(server *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), finishWithin)
	defer cancel()
	if server.Shutdown(ctx) != nil {
		server.Close()
	}
}

// drain waits until who served the connections is gone.
func (s *Server) drain() error {
	gone := make(chan struct{})
	go func() { s.conns.Wait(); s.guard.running.Wait(); s.gallery.frames.Wait(); close(gone) }()
	select {
	case <-gone:
		return nil
	case <-time.After(abortWithin):
		return errors.New("stop streaming: a disk does not answer, and who reads from it was left behind")
	}
}

func (s *Server) lookForAddress(ctx context.Context) {
	url := s.streamURL(ctx)
	if before := s.address.Swap(&url); *before != url {
		s.log.Info("the address of this server has changed", "url", url, "before", *before)
	}
}

// countConnection closes at once what comes in beyond the bound, so that idle connections cannot eat the memory.
func (s *Server) countConnection(c net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.conns.Add(1)
		if s.connCount.Add(1) > int64(s.config.MaxStreams*connectionsPerStream+extraConnections) {
			c.Close()
		}
	case http.StateClosed, http.StateHijacked:
		s.connCount.Add(-1)
		s.conns.Done()
	}
}
