// Package fleet is what the benches measure with: Chromecasts that tell of many events and answer as far as is needed, and
// watches that time what becomes of each. It is no faithful simulation, which would cost more than what is measured, and it
// judges nothing.
package fleet

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	cryptorand "crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"localcast/cast/wire"
)

const (
	// EventEvery is the pace at which a device tells of jumps.
	EventEvery = 500 * time.Millisecond
	// step is how far the position jumps with each event, in seconds: further than what counts as time passing.
	step = 10
)

// Device is a Chromecast on which another sender's film is paused. Several senders may be connected at once; each is told
// everything.
type Device struct {
	// Name is what the caller calls it.
	Name string
	// Volumes is ended, by level, when a volume arrives.
	Volumes *Watch

	listener net.Listener

	mu      sync.Mutex // guards what follows
	senders map[net.Conn]bool
	volume  int
	jumps   int
}

// New makes n devices on ports of the loopback interface, named device_0 and so on. They listen from now on, and serve once
// Run is called.
func New(n int) ([]*Device, error) {
	certificate, err := selfSigned()
	if err != nil {
		return nil, err
	}
	devices := make([]*Device, n)
	for i := range devices {
		ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}})
		if err != nil {
			return nil, fmt.Errorf("start a device: %w", err)
		}
		devices[i] = &Device{
			Name: fmt.Sprintf("device_%d", i), Volumes: NewWatch(), listener: ln, senders: make(map[net.Conn]bool),
		}
	}
	return devices, nil
}

func selfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), cryptorand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make a key: %w", err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(cryptorand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make a certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// Port is where it listens, on 127.0.0.1.
func (d *Device) Port() int { return d.listener.Addr().(*net.TCPAddr).Port }

// Run serves senders until ctx ends.
func (d *Device) Run(ctx context.Context) {
	var serving sync.WaitGroup
	defer serving.Wait()
	stop := context.AfterFunc(ctx, func() {
		d.listener.Close()
		d.mu.Lock()
		defer d.mu.Unlock()
		for conn := range d.senders {
			conn.Close()
		}
	})
	defer stop()
	for {
		conn, err := d.listener.Accept()
		if err != nil {
			return
		}
		serving.Go(func() { d.serve(ctx, conn) })
	}
}

// serve answers one sender until it goes.
func (d *Device) serve(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	d.mu.Lock()
	d.senders[conn] = true
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.senders, conn)
	}()
	for ctx.Err() == nil {
		m, err := wire.Read(conn)
		if err != nil {
			return
		}
		d.take(m)
	}
}

// take answers one message.
func (d *Device) take(m wire.Message) {
	var ask struct {
		Type      string
		RequestID int
		Volume    struct{ Level float64 }
	}
	if json.Unmarshal([]byte(m.Text), &ask) != nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case ask.Type == "PING":
		d.write(m.Destination, m.Namespace, `{"type":"PONG"}`)
	case ask.Type == "CONNECT" || ask.Type == "CLOSE" || ask.Type == "PONG":
	case m.Namespace == wire.Media:
		d.write(m.Destination, m.Namespace, d.status(ask.RequestID))
	case ask.Type == "SET_VOLUME":
		d.volume = int(ask.Volume.Level*100 + 0.5)
		d.Volumes.End(d.volume)
		fallthrough
	case m.Namespace == wire.Receiver:
		d.write(m.Destination, m.Namespace, fmt.Sprintf(`{"type":"RECEIVER_STATUS","requestId":%d,"status":{"applications":[{`+
			`"appId":"CC1AD845","displayName":"Default Media Receiver","sessionId":"s","transportId":"t","statusText":"",`+
			`"namespaces":[{"name":%q}]}],"volume":{"level":%v,"muted":false}}}`, ask.RequestID, wire.Media, float64(d.volume)/100))
	}
}

func (d *Device) status(request int) string {
	return fmt.Sprintf(`{"type":"MEDIA_STATUS","requestId":%d,"status":[{"mediaSessionId":1,"playerState":"PAUSED",`+
		`"currentTime":%d,"supportedMediaCommands":274447,"volume":{"level":1},"media":{"contentId":"http://192.0.2.1/film",`+
		`"contentType":"video/mp4","streamType":"BUFFERED","duration":1000000,"metadata":{"title":"Film"}}}]}`, request, d.jumps*step)
}

// write sends a message to everybody. Who is gone does not hear it.
func (d *Device) write(from, namespace, text string) {
	frame, err := wire.Append(nil, wire.Message{Source: from, Destination: wire.Broadcast, Namespace: namespace, Text: text})
	if err != nil {
		return
	}
	for conn := range d.senders {
		_, _ = conn.Write(frame)
	}
}

// Tell tells of a jump every EventEvery until ctx ends, and begins each watch at each of them. The first comes after a
// random part of that time, so that not all devices tell at the same moment.
func (d *Device) Tell(ctx context.Context, watches ...*Watch) {
	if !Pause(ctx, rand.N(EventEvery)) {
		return
	}
	tick := time.NewTicker(EventEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		d.mu.Lock()
		d.jumps++
		for _, w := range watches {
			w.Begin(d.jumps)
		}
		d.write("t", wire.Media, d.status(0))
		d.mu.Unlock()
	}
}

// Jump is the number of the event that has led to a position in seconds.
func Jump(position float64) int { return int(position / step) }

// Pause waits, and reports whether ctx still runs.
func Pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
