package main

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

// step is how far the position jumps with each event, in seconds: further than what counts as time passing.
const step = 10

// device is a Chromecast on which another sender's film plays. It answers as far as is needed, tells of a jump twice a
// second, and notes when what came.
type device struct {
	name     string
	listener net.Listener

	mu       sync.Mutex // guards what follows
	conn     net.Conn   // nil: nobody is connected
	volume   int
	jumps    int
	told     map[int]time.Time // jumps that are not seen yet
	sent     map[int]time.Time // volumes that have not arrived yet
	commands []time.Duration
	events   []time.Duration
}

func newDevice(name string, certificate tls.Certificate) (*device, error) {
	ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}})
	if err != nil {
		return nil, fmt.Errorf("start a device: %w", err)
	}
	return &device{name: name, listener: ln, told: make(map[int]time.Time), sent: make(map[int]time.Time)}, nil
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

func (d *device) port() int { return d.listener.Addr().(*net.TCPAddr).Port }

// run serves one sender after the other until ctx ends.
func (d *device) run(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() {
		d.listener.Close()
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.conn != nil {
			d.conn.Close()
		}
	})
	defer stop()
	for {
		conn, err := d.listener.Accept()
		if err != nil {
			return
		}
		d.mu.Lock()
		d.conn = conn
		d.mu.Unlock()
		for {
			m, err := wire.Read(conn)
			if err != nil {
				break
			}
			d.take(m)
		}
		conn.Close()
	}
}

// take answers one message.
func (d *device) take(m wire.Message) {
	now := time.Now()
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
	case m.Namespace == wire.Media:
		d.write(m.Destination, m.Namespace, d.status(ask.RequestID))
	case ask.Type == "SET_VOLUME":
		level := int(ask.Volume.Level*100 + 0.5)
		if at, ok := d.sent[level]; ok {
			d.commands = append(d.commands, now.Sub(at))
			delete(d.sent, level)
		}
		d.volume = level
		fallthrough
	case m.Namespace == wire.Receiver:
		d.write(m.Destination, m.Namespace, fmt.Sprintf(`{"type":"RECEIVER_STATUS","requestId":%d,"status":{"applications":[{`+
			`"appId":"CC1AD845","displayName":"Default Media Receiver","sessionId":"s","transportId":"t",`+
			`"namespaces":[{"name":%q}]}],"volume":{"level":%v,"muted":false}}}`, ask.RequestID, wire.Media, float64(d.volume)/100))
	}
}

func (d *device) status(request int) string {
	return fmt.Sprintf(`{"type":"MEDIA_STATUS","requestId":%d,"status":[{"mediaSessionId":1,"playerState":"PAUSED",`+
		`"currentTime":%d,"supportedMediaCommands":274447,"volume":{"level":1},"media":{"contentId":"http://192.0.2.1/film",`+
		`"contentType":"video/mp4","streamType":"BUFFERED","duration":1000000,"metadata":{"title":"Film"}}}]}`, request, d.jumps*step)
}

// write sends a message to everybody. Who is gone does not hear it.
func (d *device) write(from, namespace, text string) {
	frame, err := wire.Append(nil, wire.Message{Source: from, Destination: wire.Broadcast, Namespace: namespace, Text: text})
	if err == nil && d.conn != nil {
		_, _ = d.conn.Write(frame)
	}
}

// tell tells of a jump twice a second until ctx ends.
func (d *device) tell(ctx context.Context) {
	if !pause(ctx, rand.N(eventEvery)) {
		return
	}
	tick := time.NewTicker(eventEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		d.mu.Lock()
		d.jumps++
		d.told[d.jumps] = time.Now()
		d.write("t", wire.Media, d.status(0))
		d.mu.Unlock()
	}
}

// seen notes that the world was told of a position.
func (d *device) seen(position float64, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	jump := int(position / step)
	if at, ok := d.told[jump]; ok {
		d.events = append(d.events, now.Sub(at))
		delete(d.told, jump)
	}
}

// commanded notes that a volume is on its way.
func (d *device) commanded(level int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sent[level] = time.Now()
}

// forget drops what was measured.
func (d *device) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.commands, d.events = nil, nil
}
