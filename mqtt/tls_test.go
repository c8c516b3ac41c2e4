package mqtt

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/hooks/auth"
	"github.com/mochi-mqtt/server/v2/listeners"

	"localcast/mqtt/broker"
)

// authority signs the certificates of one test.
type authority struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, dir: t.TempDir()}
	a.file, _ = a.sign("ca", &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	return a
}

// sign makes a certificate and its key and returns their files.
func (a *authority) sign(name string, template *x509.Certificate) (certFile, keyFile string) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.Subject = pkix.Name{CommonName: name}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	if a.cert == nil {
		if a.cert, err = x509.ParseCertificate(der); err != nil {
			a.t.Fatal(err)
		}
		a.key = key
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	write := func(file, kind string, bytes []byte) string {
		file = filepath.Join(a.dir, file)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}), 0o600); err != nil {
			a.t.Fatal(err)
		}
		return file
	}
	return write(name+".pem", "CERTIFICATE", der), write(name+".key", "PRIVATE KEY", secret)
}

// serverTLS is the configuration of a broker on 127.0.0.1 that wants a client certificate.
func (a *authority) serverTLS() *tls.Config {
	a.t.Helper()
	pair, err := tls.LoadX509KeyPair(a.sign("server", &x509.Certificate{
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}))
	if err != nil {
		a.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert}
}

// client is what a client of that broker needs.
func (a *authority) client() TLS {
	a.t.Helper()
	cert, key := a.sign("client", &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	return TLS{CAFile: a.file, CertFile: cert, KeyFile: key}
}

// guarded is an embedded broker with a password.
func guarded(t *testing.T, username, password string) (url string) {
	t.Helper()
	b, err := broker.New(broker.Config{Listen: "127.0.0.1:0", Username: username, Password: password}, quietly())
	if err != nil {
		t.Fatal(err)
	}
	start(t, b.Run)
	return b.URL()
}

// alone is a listener that closes no clients when it closes: mochi looks for them with a lock that it takes twice, which
// never ends if a client leaves in between.
type alone struct{ listeners.Listener }

func (l alone) Close(listeners.CloseFn) { l.Listener.Close(func(string) {}) }

// serve runs a bare mochi with one listener, for the transports that the embedded broker does not have, and a plain one
// for the test itself.
func serve(t *testing.T, l listeners.Listener) (plain string) {
	t.Helper()
	server := mochi.New(&mochi.Options{Logger: quietly()})
	tcp := listeners.NewTCP(listeners.Config{ID: "plain", Address: "127.0.0.1:0"})
	for _, l := range []listeners.Listener{l, tcp} {
		if err := server.AddListener(alone{l}); err != nil {
			t.Fatal(err)
		}
	}
	if err := server.AddHook(new(auth.AllowHook), nil); err != nil {
		t.Fatal(err)
	}
	if err := server.Serve(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return "mqtt://" + tcp.Address()
}

func TestTransports(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	at := func(config *tls.Config) listeners.Config { // each at an address of its own: one that ends may hold its for a moment
		return listeners.Config{ID: "x", Address: freeAddress(t), TLSConfig: config}
	}
	secure, open, web := at(a.serverTLS()), at(nil), at(a.serverTLS())
	for name, row := range map[string]struct {
		address  string
		listener listeners.Listener
		tls      TLS
	}{
		"mqtts": {secure.Address, listeners.NewTCP(secure), a.client()},
		"ws":    {open.Address, listeners.NewWebsocket(open), TLS{}},
		"wss":   {web.Address, listeners.NewWebsocket(web), a.client()},
	} {
		t.Run(name, func(t *testing.T) {
			plain, address := serve(t, row.listener), row.address
			ear := listen(t, plain, "localcast/#")
			_, stop := obey(t, Config{Broker: name + "://" + address, TLS: row.tls}, quietly())
			ear.until("bridge/availability", online)
			ear.publish("kitchen/command/pause", "PRESS")
			ear.await("kitchen/response/pause")
			stop()
			ear.until("bridge/availability", offline)
		})
	}
}

func TestMosquittoWithClientCertificates(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	cert, key := a.sign("broker", &x509.Certificate{
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	_, port, _ := net.SplitHostPort(freeAddress(t))
	plain, _ := mosquitto(t, "listener "+port+" 127.0.0.1", "cafile "+a.file, "certfile "+cert, "keyfile "+key,
		"require_certificate true")
	ear := listen(t, plain, "localcast/#")

	log := newFlow()
	_, stop := obey(t, Config{Broker: "mqtts://127.0.0.1:" + port, TLS: TLS{CAFile: a.file}}, log.logger())
	log.await(t, "no connection to the broker")
	stop()
	obey(t, Config{Broker: "mqtts://127.0.0.1:" + port, TLS: a.client()}, quietly())
	ear.until("bridge/availability", online)
	ear.publish("kitchen/command/pause", "PRESS")
	ear.await("kitchen/response/pause")
}

func TestUnknownAuthorityIsRefused(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	l := listeners.NewTCP(listeners.Config{ID: "x", Address: "127.0.0.1:0", TLSConfig: a.serverTLS()})
	serve(t, l)
	mine := a.client()
	for name, row := range map[string]struct {
		tls  TLS
		want string
	}{
		"another authority": {TLS{CAFile: newAuthority(t).file, CertFile: mine.CertFile, KeyFile: mine.KeyFile}, "certificate signed by unknown authority"},
		"another name":      {TLS{CAFile: mine.CAFile, CertFile: mine.CertFile, KeyFile: mine.KeyFile, ServerName: "broker.example"}, "broker.example"},
	} {
		t.Run(name, func(t *testing.T) {
			log := newFlow()
			obey(t, Config{Broker: "mqtts://" + l.Address(), TLS: row.tls}, log.logger())
			log.await(t, row.want)
			if !strings.Contains(log.String(), "no connection to the broker") {
				t.Error(log)
			}
		})
	}
}
