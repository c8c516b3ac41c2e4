// Package wire reads and writes the frames of the Cast v2 protocol: a four-byte big-endian length, then one protobuf
// CastMessage. It allocates nothing before the length is checked. It knows no socket, no session and no JSON.
//
// Source of the format: openscreen's cast/common/channel (message_framer.cc, cast_channel.proto). The message type is
// go-chromecast's.
package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/gogo/protobuf/proto"
	pb "github.com/vishen/go-chromecast/cast/proto"
)

// MaxFrame is the largest body of a frame in bytes; openscreen's message_framer refuses more.
const MaxFrame = 65536

// The ids and namespaces of the platform.
const (
	PlatformSender   = "sender-0"
	PlatformReceiver = "receiver-0"
	// Transport is source and destination of the PINGs that a receiver sends by itself.
	Transport = "Tr@n$p0rt-0"
	Broadcast = "*"

	Connection = "urn:x-cast:com.google.cast.tp.connection"
	Heartbeat  = "urn:x-cast:com.google.cast.tp.heartbeat"
	DeviceAuth = "urn:x-cast:com.google.cast.tp.deviceauth"
	Receiver   = "urn:x-cast:com.google.cast.receiver"
	Media      = "urn:x-cast:com.google.cast.media"
	Multizone  = "urn:x-cast:com.google.cast.multizone"
)

// The app ids that both sides know.
const (
	DefaultMediaReceiver = "CC1AD845"
	Backdrop             = "E8C28D3C"
	// GroupFollower runs on the members of a group that plays, under the name of the group's app; GroupLeader on the own
	// port of the one that leads.
	GroupFollower = "705D30C6"
	GroupLeader   = "531A4F84"
)

// ErrTooLong says that a frame announced more than MaxFrame bytes. The stream cannot be read on.
var ErrTooLong = errors.New("frame is longer than 65536 bytes")

// ErrMalformed says that a frame's body is no CastMessage. The next frame can still be read.
var ErrMalformed = errors.New("frame is no cast message")

// Message is one CastMessage with a text payload, or a binary one where Text is "".
type Message struct {
	Source, Destination, Namespace string
	Text                           string
	Binary                         []byte
}

// Read reads one frame. It returns ErrTooLong (wrapped) for a frame that must not be read, ErrMalformed (wrapped) for one
// whose body makes no sense, and else the reader's error. A payload that says STRING and fills the binary field, as some
// receivers send, is returned as text.
func Read(r io.Reader) (Message, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return Message{}, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > MaxFrame {
		return Message{}, fmt.Errorf("%w: %d bytes announced", ErrTooLong, n)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return Message{}, err
	}
	return Decode(body)
}

// Decode reads the body of a frame. Its error wraps ErrMalformed.
func Decode(body []byte) (Message, error) {
	var m pb.CastMessage
	if err := proto.Unmarshal(body, &m); err != nil {
		return Message{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	out := Message{
		Source: m.GetSourceId(), Destination: m.GetDestinationId(), Namespace: m.GetNamespace(),
		Text: m.GetPayloadUtf8(), Binary: m.GetPayloadBinary(),
	}
	if m.GetPayloadType() == pb.CastMessage_STRING && out.Text == "" && len(out.Binary) > 0 {
		out.Text, out.Binary = string(out.Binary), nil
	}
	return out, nil
}

// Append appends m as one whole frame to dst, for a single Write. It fails if the frame would be longer than MaxFrame.
func Append(dst []byte, m Message) ([]byte, error) {
	kind := pb.CastMessage_STRING
	if m.Binary != nil {
		kind = pb.CastMessage_BINARY
	}
	msg := &pb.CastMessage{
		ProtocolVersion: pb.CastMessage_CASTV2_1_0.Enum(),
		SourceId:        &m.Source, DestinationId: &m.Destination, Namespace: &m.Namespace,
		PayloadType: &kind,
	}
	if m.Binary != nil {
		msg.PayloadBinary = m.Binary
	} else {
		msg.PayloadUtf8 = &m.Text
	}
	body, err := proto.Marshal(msg)
	if err != nil {
		return dst, fmt.Errorf("encode cast message: %w", err)
	}
	if len(body) > MaxFrame {
		return dst, fmt.Errorf("%w: %d bytes to send on %s", ErrTooLong, len(body), m.Namespace)
	}
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(body)))
	return append(dst, body...), nil
}
