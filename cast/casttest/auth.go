package casttest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"time"

	"github.com/gogo/protobuf/proto"
	pb "github.com/vishen/go-chromecast/cast/proto"
	"google.golang.org/protobuf/encoding/protowire"
)

// newCertificate makes a self-signed certificate like a Chromecast's, which is valid for two days.
func newCertificate(name string, now time.Time) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make a key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.Add(-24 * time.Hour),
		NotAfter:     now.Add(24 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make a certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// Numbers of the fields that openscreen's cast_channel.proto added after go-chromecast's copy of it.
const (
	challengeNonce = 2
	responseNonce  = 5
)

// authenticate answers a challenge with a well-formed AuthResponse: the signature of the sender's nonce and the
// certificate of the link, by that certificate's own key, which no sender has a reason to trust.
func authenticate(challenge []byte, identity tls.Certificate) ([]byte, error) {
	var in pb.DeviceAuthMessage
	if err := proto.Unmarshal(challenge, &in); err != nil {
		return nil, fmt.Errorf("read auth challenge: %w", err)
	}
	var nonce []byte
	if c := in.GetChallenge(); c != nil {
		nonce = bytesField(c.XXX_unrecognized, challengeNonce)
	}
	digest := sha256.Sum256(append(append([]byte{}, nonce...), identity.Certificate[0]...))
	signature, err := identity.PrivateKey.(crypto.Signer).Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("sign auth challenge: %w", err)
	}
	response := &pb.AuthResponse{Signature: signature, ClientAuthCertificate: identity.Certificate[0]}
	if nonce != nil {
		tail := protowire.AppendTag(nil, responseNonce, protowire.BytesType)
		response.XXX_unrecognized = protowire.AppendBytes(tail, nonce)
	}
	return proto.Marshal(&pb.DeviceAuthMessage{Response: response})
}

// bytesField returns field n of a protobuf message, nil if it is absent.
func bytesField(message []byte, n protowire.Number) []byte {
	for len(message) > 0 {
		number, kind, size := protowire.ConsumeTag(message)
		if size < 0 {
			return nil
		}
		message = message[size:]
		if number == n && kind == protowire.BytesType {
			value, _ := protowire.ConsumeBytes(message)
			return value
		}
		if size = protowire.ConsumeFieldValue(number, kind, message); size < 0 {
			return nil
		}
		message = message[size:]
	}
	return nil
}
