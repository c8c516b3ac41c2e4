package mqtt

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"sync"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// How long the broker may take.
const (
	connectTime = 10 * time.Second       // to connect, and to answer the CONNECT
	webTime     = 4 * time.Second        // to open a WebSocket, which cannot be interrupted
	writeTime   = 10 * time.Second       // to take what is written
	tryTime     = 200 * time.Millisecond // of the library, each time that it is handed something
	leaveTime   = 250                    // milliseconds to take the DISCONNECT
)

// link is one connection to the broker, from its CONNACK until it is lost or closed. It never reconnects.
type link struct {
	client paho.Client
	conn   net.Conn
	lost   chan struct{} // closed once the connection is lost
	why    error         // it was lost; written before lost is closed
	lose   func(error)   // notes that it is lost; only the first call counts
}

// handler takes what the broker sends. It runs on the connection's goroutine and must not wait.
type handler func(topic string, payload []byte, retained bool)

// connect makes a connection with a clean session; ctx bounds only the making. will, if set, is the last will.
func (c *Client) connect(ctx context.Context, clientID string, will *message, handle handler) (*link, error) {
	attempt, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	l := &link{lost: make(chan struct{})}
	var once sync.Once
	l.lose = func(err error) { once.Do(func() { l.why = err; close(l.lost) }) }
	opts := paho.NewClientOptions().
		AddBroker(c.broker.String()).
		SetClientID(clientID).SetUsername(c.cfg.Username).SetPassword(c.cfg.Password).
		SetProtocolVersion(4).SetCleanSession(true).SetOrderMatters(true).
		SetAutoReconnect(false).SetConnectRetry(false).
		SetConnectTimeout(connectTime).SetWriteTimeout(tryTime).SetKeepAlive(c.cfg.KeepAlive).
		SetConnectionLostHandler(func(_ paho.Client, err error) { l.lose(err) }).
		SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { handle(m.Topic(), m.Payload(), m.Retained()) })
	if will != nil {
		opts.SetBinaryWill(will.topic, will.payload, will.qos, will.retained)
	}
	stay := func() bool { return true }
	opts.SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) {
		conn, err := c.dial(attempt)
		if err != nil {
			return nil, err
		}
		l.conn = &boundedConn{conn}
		stay = context.AfterFunc(attempt, func() { conn.Close() })
		return l.conn, nil
	})
	l.client = paho.NewClient(opts)
	token := l.client.Connect()
	<-token.Done() // it ends with attempt
	err := token.Error()
	if err == nil && !stay() {
		l.drop()
		err = context.Cause(attempt)
	}
	if err != nil {
		return nil, fmt.Errorf("connect to the broker at %s: %w", c.broker.Host, err)
	}
	return l, nil
}

// dialBroker opens the network connection.
func (c *Client) dialBroker(ctx context.Context) (net.Conn, error) {
	var d net.Dialer
	switch c.broker.Scheme {
	case "mqtts":
		return (&tls.Dialer{NetDialer: &d, Config: c.tls}).DialContext(ctx, "tcp", c.broker.Host)
	case "ws", "wss":
		return paho.NewWebsocket(c.broker.String(), c.tls, webTime, nil, &paho.WebsocketOptions{})
	}
	return d.DialContext(ctx, "tcp", c.broker.Host)
}

// boundedConn bounds every write: the library's keep-alive would wait for ever on a peer that has stopped to read.
type boundedConn struct{ net.Conn }

func (b *boundedConn) Write(p []byte) (int, error) {
	if err := b.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return 0, err
	}
	return b.Conn.Write(p)
}

// publish sends a message; its token is done when the broker has it (QoS 1) or when it is written (QoS 0). It waits while
// the connection is congested, at most writeTime.
func (l *link) publish(m message) paho.Token {
	return insist(l, func() paho.Token { return l.client.Publish(m.topic, m.qos, m.retained, m.payload) })
}

// subscribe asks for filters; the token is done when the broker has answered. It waits as publish does.
func (l *link) subscribe(filters ...string) *paho.SubscribeToken {
	wanted := make(map[string]byte, len(filters))
	for _, f := range filters {
		wanted[f] = 1
	}
	return insist(l, func() *paho.SubscribeToken {
		return l.client.SubscribeMultiple(wanted, nil).(*paho.SubscribeToken)
	})
}

// insist hands something to the library until it takes it, for at most writeTime or until the connection is lost. The
// library tries for tryTime and then gives up, without having sent anything: it cannot tell a congested connection from
// one that was lost just then, on which it would wait in vain.
func insist[T paho.Token](l *link, try func() T) T {
	end := time.Now().Add(writeTime)
	for {
		token := try()
		select {
		case <-token.Done():
		default:
			return token
		}
		if token.Error() == nil || time.Now().After(end) {
			return token
		}
		select {
		case <-l.lost:
			return token
		case <-time.After(tryTime / 10):
		}
	}
}

// leave ends the connection in good order, so that the last will is not published.
func (l *link) leave() { l.client.Disconnect(leaveTime) }

// cut breaks the connection, and with it whatever waits for it.
func (l *link) cut(why error) {
	l.lose(why) // the library does not report what we close ourselves
	l.conn.Close()
}

// drop ends the connection at once, in whatever state it is.
func (l *link) drop() {
	l.conn.Close()
	l.client.Disconnect(leaveTime)
}

// refused lists the filters that the broker did not grant. The protocol tells it by 0x80 in the SUBACK.
func refused(t *paho.SubscribeToken) []string {
	var filters []string
	for filter, qos := range t.Result() {
		if qos > 2 {
			filters = append(filters, filter)
		}
	}
	return filters
}

// load reads the files; host is the name that the certificate must have where ServerName does not say.
func (t TLS) load(host string) (*tls.Config, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName, InsecureSkipVerify: t.InsecureSkipVerify}
	if cfg.ServerName == "" {
		cfg.ServerName = host
	}
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("mqtt.tls.ca_file: %w", err)
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("mqtt.tls.ca_file: %s holds no certificate in PEM", t.CAFile)
		}
	}
	if (t.CertFile == "") != (t.KeyFile == "") {
		return nil, errors.New("mqtt.tls.cert_file and mqtt.tls.key_file belong together: set both or none")
	}
	if t.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("mqtt.tls.cert_file and key_file: %w", err)
		}
		cfg.Certificates = []tls.Certificate{pair}
	}
	return cfg, nil
}
