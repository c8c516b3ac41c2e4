// Package broker is an MQTT broker inside the program, for those who have none: mochi-mqtt with bounds, with one user or
// none, and with an order that mochi does not keep by itself. Sessions and retained messages live in memory only; whoever
// publishes retained messages publishes them again on a connect, and whoever subscribes is told all of them.
package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"syscall"

	mochi "github.com/mochi-mqtt/server/v2"
)

// The bounds of the broker.
const (
	maxClients  = 128
	maxPacket   = 1 << 20 // bytes; the longest page of an answer fits
	maxRetained = 4096    // retained messages
	// maxPending is how many messages may wait for one client: all that is retained and as much again. Who falls further
	// behind is disconnected.
	maxPending = 2 * maxRetained
)

// Config says where the broker listens and who may use it.
type Config struct {
	// Listen is host:port. Any other address than loopback needs Username and Password.
	Listen   string
	Username string // "": everybody may connect
	Password string
}

// Broker is an MQTT broker. It listens from New on and serves while Run runs.
type Broker struct {
	server   *mochi.Server
	listener *listener
}

// New listens on cfg.Listen. Its error says which line of the configuration helps.
func New(cfg Config, log *slog.Logger) (*Broker, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	ln, err := net.Listen("tcp", cfg.Listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		_, port, _ := net.SplitHostPort(cfg.Listen)
		return nil, fmt.Errorf("mqtt.embedded.listen: %s is taken, probably by another MQTT broker: use that one with\n"+
			"mqtt:\n  broker: mqtt://127.0.0.1:%s\nor set mqtt.embedded.listen to another port: %w", cfg.Listen, port, err)
	}
	if err != nil {
		return nil, fmt.Errorf("mqtt.embedded.listen: %w", err)
	}
	quiet := slog.New(quiet{log.Handler()})
	capabilities := mochi.NewDefaultServerCapabilities()
	capabilities.MaximumClients = maxClients
	capabilities.MaximumPacketSize = maxPacket
	capabilities.MaximumClientWritesPending = maxPending
	capabilities.MaximumInflight = maxPending
	capabilities.MaximumMessageExpiryInterval = 0 // else what is retained goes after a day
	capabilities.MaximumSessionExpiryInterval = 0 // no session outlives its connection
	server := mochi.New(&mochi.Options{
		Capabilities:           capabilities,
		Logger:                 quiet,
		SysTopicResendInterval: 365 * 24 * 3600, // seconds: nobody here reads $SYS
	})
	turns := newTurns()
	b := &Broker{server: server, listener: newListener(ln, turns, log)}
	if err := server.AddHook(newOrder(server, turns, cfg, log), nil); err != nil {
		return nil, fmt.Errorf("set up the embedded broker: %w", err)
	}
	if err := server.AddListener(b.listener); err != nil {
		return nil, fmt.Errorf("set up the embedded broker: %w", err)
	}
	return b, nil
}

// check refuses a broker that is open to everybody in the network.
func (c Config) check() error {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fmt.Errorf("mqtt.embedded.listen: %q is no address: wanted host:port, such as 127.0.0.1:1883", c.Listen)
	}
	if (c.Username == "") != (c.Password == "") {
		return errors.New("mqtt.embedded.username and password belong together: set both or none")
	}
	if ip := net.ParseIP(host); c.Username == "" && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("mqtt.embedded.listen: %s can be reached from the network: set mqtt.embedded.username and password, "+
			"or listen on 127.0.0.1", c.Listen)
	}
	return nil
}

// Addr is the address on which the broker listens.
func (b *Broker) Addr() net.Addr { return b.listener.Addr() }

// URL is where a client on this machine finds the broker: mqtt://127.0.0.1:1883.
func (b *Broker) URL() string {
	host, port, _ := net.SplitHostPort(b.Addr().String())
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "mqtt://" + net.JoinHostPort(host, port)
}

// Run serves until ctx ends, closes every connection and returns nil. It can be called once.
func (b *Broker) Run(ctx context.Context) error {
	if err := b.server.Serve(); err != nil {
		return fmt.Errorf("start the embedded broker: %w", err)
	}
	<-ctx.Done()
	if err := b.server.Close(); err != nil {
		return fmt.Errorf("stop the embedded broker: %w", err)
	}
	return nil
}

// quiet logs everything at the level Debug: what the broker warns of is what its clients do. It leaves packets out, which
// may hold a password.
type quiet struct{ slog.Handler }

// Enabled reports whether Debug is wanted.
func (q quiet) Enabled(ctx context.Context, _ slog.Level) bool {
	return q.Handler.Enabled(ctx, slog.LevelDebug)
}

// Handle passes r on at the level Debug.
func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	out := slog.NewRecord(r.Time, slog.LevelDebug, "broker: "+r.Message, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		if a.Key != "pk" && a.Key != "packet" {
			out.AddAttrs(a)
		}
		return true
	})
	return q.Handler.Handle(ctx, out)
}

// WithAttrs is a slog.Handler's.
func (q quiet) WithAttrs(attrs []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(attrs)} }

// WithGroup is a slog.Handler's.
func (q quiet) WithGroup(name string) slog.Handler { return quiet{q.Handler.WithGroup(name)} }
