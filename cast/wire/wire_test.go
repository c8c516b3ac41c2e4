package wire_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/gogo/protobuf/proto"
	pb "github.com/vishen/go-chromecast/cast/proto"

	"localcast/cast/wire"
)

func TestRoundTrip(t *testing.T) {
	for _, m := range []wire.Message{
		{Source: "sender-1", Destination: wire.PlatformReceiver, Namespace: wire.Heartbeat, Text: `{"type":"PING"}`},
		{Source: "a", Destination: wire.Broadcast, Namespace: wire.Media, Text: "ü" + strings.Repeat("x", 60000)},
		{Source: "a", Destination: "b", Namespace: wire.DeviceAuth, Binary: []byte{1, 0, 255}},
	} {
		frame, err := wire.Append(nil, m)
		if err != nil {
			t.Fatal(err)
		}
		got, err := wire.Read(bytes.NewReader(frame))
		if err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("read %+v, %v; wrote %+v", got, err, m)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	whole, err := wire.Append(nil, wire.Message{Namespace: wire.Media, Text: "{}"})
	if err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		in   []byte
		want error
	}{
		"4 GiB announced":       {[]byte{255, 255, 255, 255}, wire.ErrTooLong},
		"one byte over the cap": {binary.BigEndian.AppendUint32(nil, wire.MaxFrame+1), wire.ErrTooLong},
		"nothing":               {nil, io.EOF},
		"half a length":         {[]byte{0, 0}, io.ErrUnexpectedEOF},
		"a body that stops":     {whole[:len(whole)-1], io.ErrUnexpectedEOF},
		"a length and no body":  {whole[:4], io.ErrUnexpectedEOF},
		"garbage":               {[]byte{0, 0, 0, 3, 255, 255, 255}, wire.ErrMalformed},
		"required fields gone":  {[]byte{0, 0, 0, 0}, wire.ErrMalformed},
	} {
		if _, err := wire.Read(bytes.NewReader(row.in)); !errors.Is(err, row.want) {
			t.Errorf("%s: got %v, want %v", name, err, row.want)
		}
	}
}

func TestAppendRefusesWhatNobodyMayRead(t *testing.T) {
	if _, err := wire.Append(nil, wire.Message{Text: strings.Repeat("x", wire.MaxFrame)}); !errors.Is(err, wire.ErrTooLong) {
		t.Errorf("got %v, want %v", err, wire.ErrTooLong)
	}
}

func TestStringInTheBinaryFieldIsText(t *testing.T) {
	empty := ""
	body, err := proto.Marshal(&pb.CastMessage{
		ProtocolVersion: pb.CastMessage_CASTV2_1_0.Enum(), SourceId: &empty, DestinationId: &empty, Namespace: &empty,
		PayloadType: pb.CastMessage_STRING.Enum(), PayloadBinary: []byte(`{"type":"PONG"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := wire.Decode(body)
	if err != nil || got.Text != `{"type":"PONG"}` || got.Binary != nil {
		t.Errorf("got %+v, %v", got, err)
	}
}

func FuzzRead(f *testing.F) {
	whole, err := wire.Append(nil, wire.Message{Source: "s", Destination: "d", Namespace: wire.Media, Text: "{}"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte{0, 1, 0, 1})
	f.Fuzz(func(t *testing.T, in []byte) {
		r := bytes.NewReader(in)
		for {
			m, err := wire.Read(r)
			if errors.Is(err, wire.ErrMalformed) {
				continue
			}
			if err != nil {
				return
			}
			if len(m.Text)+len(m.Binary) > wire.MaxFrame {
				t.Fatalf("%d bytes out of a frame", len(m.Text)+len(m.Binary))
			}
		}
	})
}
