// Package casttest is a simulated Chromecast for tests, demonstrations and benchmarks, in the manner of
// net/http/httptest: NewReceiver starts one, Close ends it and leaves no goroutine behind.
//
//	r, err := casttest.NewReceiver(casttest.Config{Name: "Kitchen", Speed: 60})
//	if err != nil { ... }
//	defer r.Close()
//	... a sender connects to r.Addr() ...
//	_, err = r.Await(ctx, func(s casttest.Snapshot) bool { return s.PlayerState == "PLAYING" })
//
// # What it does
//
// It speaks Cast v2 over TLS with a certificate of its own: frames, CONNECT routing (nothing is routed without CONNECT,
// an unknown transport gets CLOSE), heartbeats both ways, device authentication (well formed, signed by nobody that a
// sender could trust), and the receiver, media and multizone namespaces, for any number of senders at once. LOAD and the
// queue messages really fetch their media over HTTP as a Chromecast does: GET with `Range: bytes=0-`, a jump to the tail
// of an MP4 whose moov box is there, an aborted connection and a new range after a seek, a bounded read-ahead after which
// nothing is read until play has consumed some, and up to thirty tries when a connection breaks in the middle. What a
// file is, and how long, is read from the file itself (WAV, MP4, Matroska, FLAC, MP3, Ogg, transport streams, pictures);
// bytes that are none of these fail with code 104 as they would on a device. Pictures have no end of their own.
//
// # What it never does
//
// It decodes nothing and shows nothing. It plays no HLS and no DASH. It never touches a network but the address it
// listens on, the URLs that it is given, and, when asked, the interface that it advertises itself on.
//
// # Time
//
// Config.Speed scales the device's own time: 60 plays a film of an hour in a minute, and its launch delay, its
// patience with a broken server and its idle time-outs shrink alike. Heartbeats and network deadlines are those of real
// peers and are never scaled. Positions are computed from the clock, nothing ticks. The clock is package time's, so with
// Config.Listener from Pipe and an in-memory Config.Transport the whole receiver runs in a testing/synctest bubble.
//
// # Watching and steering
//
// Snapshot, Await, Loads and Fetches tell what happened: Await is how a test waits without sleeping.
//
// What a person in the room or another sender does: Pause, Resume, Next, Previous, SetVolume, Finish, CloseApp, TakeOver,
// TakeOverAloof.
// TakeOver with wire.GroupFollower makes a speaker a member of a group that plays; TakeOverAloof with wire.GroupLeader is
// the own port of the one that leads.
//
// # Faults
//
//	Drop             every link is reset
//	SetSilent        the device hangs; its links stay, and nothing comes
//	PowerOff/On      a reboot, and no link ends by it
//	Move             another address; of a group another leader; mDNS tells it
//	SetBandwidth     a network of so many bytes a second
//	RefuseLaunch     LAUNCH_ERROR, or CLOSE
//	HoldLaunch       somebody must allow the launch: AnswerLaunch
//	SetLaunchDelay   an app that is slow to start
//	SetRefuse        LOAD_FAILED, with a code or without
//	LoseFinished     an end that nobody is told of
//	RefuseQueue      a device that knows no queue messages
//	SendBinary, SendGarbage, SendOversize, SendOdd, SendRaw   what no sender expects
//
// They last until they are taken back, or count, or are over at once, and can be combined: Drop, then LoseFinished and
// Finish, is an end that fell into a gap.
package casttest

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// Kind is what sort of receiver is simulated.
type Kind int

const (
	// Video is a Chromecast with a screen: idle, it shows the backdrop app.
	Video Kind = iota
	// Audio is a speaker: idle, it runs no app at all.
	Audio
	// Group is a group of speakers: its id has dashes.
	Group
)

// Config says what receiver to simulate. The zero value is a Chromecast with a screen on a free port of 127.0.0.1,
// in real time.
type Config struct {
	Name  string // friendly name; "Simulated Chromecast" if empty
	Model string // as in mDNS; the usual one of Kind if empty
	ID    string // 32 hex digits (a group's with dashes); random if empty
	Kind  Kind
	// Capabilities are the ca bits of mDNS: 1 video out, 4 audio out, 32 group. 0 means those of Kind.
	Capabilities int

	Listen   string       // TCP address; 127.0.0.1:0 if empty
	Listener net.Listener // if set, used in place of Listen and closed by Close
	// Transport fetches media; nil means one of the receiver's own over real sockets, without a proxy.
	Transport http.RoundTripper
	// Advertise is the interface on which mDNS announces the receiver; nil announces nothing. Advertise can also be
	// called later.
	Advertise *net.Interface
	Log       *slog.Logger // nil discards

	Speed float64 // of the device's time; 1 (real time) if 0

	VolumeControl string  // attenuation (if empty), fixed or master
	VolumeStep    float64 // 0.05 if 0

	// LaunchStatus answers LAUNCH with LAUNCH_STATUS first, as newer devices do.
	LaunchStatus bool
	// LaunchDelay is how long an app takes to start, in device time.
	LaunchDelay time.Duration
	// LoadingAnswers puts the id of a LOAD into the first status, IDLE with extendedStatus LOADING, as some devices do,
	// and not into the BUFFERING that follows.
	LoadingAnswers bool
	// StopOnClose closes the app when its last sender sends CLOSE, as some apps do.
	StopOnClose bool

	// Duration is taken for media that does not tell its own and whose LOAD does not either; 3 minutes if 0.
	Duration time.Duration
	// ReadAhead is how many bytes are fetched ahead of the play position; 4 MiB if 0, without bound if negative (then
	// each file is read whole, and LoadRecord.SHA256 is sure to come).
	ReadAhead int64
	// Bandwidth bounds each fetch in bytes per second of device time; 0 is no bound.
	Bandwidth int64
	// FetchTimeout is how long a server may take to answer a request, in real time; 130 s if 0, as seen on devices.
	FetchTimeout time.Duration

	// Latency is how long each message takes to leave, in real time: devices answer after some milliseconds, and senders
	// exist that an answer at once confuses (pychromecast writes to its TLS socket from two threads without a lock).
	Latency time.Duration
	// PingInterval is how often the receiver sends its own PING; 5 s if 0, never if negative.
	PingInterval time.Duration
	// Silence is how long a sender may send nothing before it is dropped; 10 s if 0, for ever if negative.
	Silence time.Duration
	// IdleTimeout closes an app that has nothing loaded; 5 minutes of device time if 0, never if negative.
	IdleTimeout time.Duration
	// PauseTimeout closes an app that is paused; 20 minutes of device time if 0, never if negative.
	PauseTimeout time.Duration
}

func (c Config) withDefaults() Config {
	models := map[Kind]string{Video: "Chromecast", Audio: "Google Home", Group: "Google Cast Group"}
	bits := map[Kind]int{Video: 4101, Audio: 198660, Group: 198692}
	c.Name = cmp.Or(c.Name, "Simulated Chromecast")
	c.Model = cmp.Or(c.Model, models[c.Kind])
	c.ID = cmp.Or(c.ID, randomID(c.Kind == Group))
	c.Capabilities = cmp.Or(c.Capabilities, bits[c.Kind])
	c.Listen = cmp.Or(c.Listen, "127.0.0.1:0")
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Speed = cmp.Or(c.Speed, 1)
	c.VolumeControl = cmp.Or(c.VolumeControl, "attenuation")
	c.VolumeStep = cmp.Or(c.VolumeStep, 0.05)
	c.Duration = cmp.Or(c.Duration, 3*time.Minute)
	c.ReadAhead = cmp.Or(c.ReadAhead, 4<<20)
	c.FetchTimeout = cmp.Or(c.FetchTimeout, 130*time.Second)
	c.PingInterval = cmp.Or(c.PingInterval, 5*time.Second)
	c.Silence = cmp.Or(c.Silence, 10*time.Second)
	c.IdleTimeout = cmp.Or(c.IdleTimeout, 5*time.Minute)
	c.PauseTimeout = cmp.Or(c.PauseTimeout, 20*time.Minute)
	return c
}

// check refuses what would make no receiver.
func (c Config) check() error {
	plain := strings.ReplaceAll(c.ID, "-", "")
	_, err := hex.DecodeString(plain)
	switch {
	case c.Speed < 0:
		return fmt.Errorf("speed %g is negative", c.Speed)
	case c.Kind < Video || c.Kind > Group:
		return fmt.Errorf("kind %d is none", c.Kind)
	case err != nil || len(plain) != 32:
		return fmt.Errorf("id %q is not 32 hex digits", c.ID)
	}
	return nil
}

// randomID makes 32 hex digits.
func randomID(dashed bool) string {
	var b [16]byte
	rand.Read(b[:]) // never fails since Go 1.24
	s := hex.EncodeToString(b[:])
	if dashed {
		return dash(s)
	}
	return s
}

// dash writes 32 hex digits as a UUID.
func dash(s string) string {
	return strings.Join([]string{s[:8], s[8:12], s[12:16], s[16:20], s[20:]}, "-")
}

// Receiver is a running simulated Chromecast. Its methods may be called from any goroutine.
type Receiver struct {
	cfg      Config
	addr     atomic.Pointer[string] // where it listens
	home     net.Listener           // the device's goroutine changes it
	identity tls.Certificate
	tls      *tls.Config
	dev      *device // its state belongs to the goroutine in loop
	ctx      context.Context
	cancel   context.CancelFunc
}

// NewReceiver starts a receiver. The caller calls Close when finished.
func NewReceiver(cfg Config) (*Receiver, error) {
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("start receiver: %w", err)
	}
	identity, err := newCertificate(cfg.ID, time.Now())
	if err != nil {
		return nil, fmt.Errorf("start receiver: %w", err)
	}
	ln := cfg.Listener
	if ln == nil {
		if ln, err = net.Listen("tcp", cfg.Listen); err != nil {
			return nil, fmt.Errorf("start receiver: %w", err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &Receiver{
		cfg: cfg, identity: identity,
		tls: &tls.Config{Certificates: []tls.Certificate{identity}, MinVersion: tls.VersionTLS12},
		ctx: ctx, cancel: cancel,
	}
	r.dev = newDevice(ctx, cfg)
	r.listen(ln)
	r.dev.work.Go(func() { r.dev.loop(ctx) })
	if cfg.Advertise != nil {
		if err := r.Advertise(*cfg.Advertise); err != nil {
			r.Close()
			return nil, err
		}
	}
	cfg.Log.Info("simulated Chromecast listens", "device", cfg.Name, "remote", ln.Addr().String())
	return r, nil
}

// Close takes the receiver off the network: mDNS says goodbye, all links and fetches end. It returns when every goroutine
// of the receiver has ended, and may be called more than once.
func (r *Receiver) Close() {
	r.cancel()
	r.dev.work.Wait()
	r.dev.closeIdle()
}

// Addr is the host:port that the receiver listens on. Move changes it.
func (r *Receiver) Addr() string { return *r.addr.Load() }

// ID is the id that mDNS announces.
func (r *Receiver) ID() string { return r.cfg.ID }

// Name is the friendly name.
func (r *Receiver) Name() string { return r.cfg.Name }

// listen takes ln over, until the receiver ends or ln does.
func (r *Receiver) listen(ln net.Listener) {
	r.home = ln
	addr := ln.Addr().String()
	r.addr.Store(&addr)
	r.dev.work.Go(func() { r.accept(ln) })
}

func (r *Receiver) accept(ln net.Listener) {
	stop := context.AfterFunc(r.ctx, func() { ln.Close() })
	defer stop()
	for {
		conn, err := ln.Accept()
		if err != nil {
			if !errors.Is(err, net.ErrClosed) && r.ctx.Err() == nil {
				r.cfg.Log.Error("the receiver accepts no more senders", "device", r.cfg.Name, "err", err)
			}
			return
		}
		r.dev.work.Go(func() { r.serve(conn) })
	}
}
