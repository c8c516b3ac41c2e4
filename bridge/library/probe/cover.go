package probe

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// MaxCover is the largest embedded picture that Cover returns, in bytes.
const MaxCover = 16 << 20

// ErrNoCover says that a file has no picture in it.
var ErrNoCover = errors.New("no picture is embedded")

// Cover returns the picture in a file's tags and its MIME type. It reads the tags and at most MaxCover bytes of picture.
func Cover(r io.ReaderAt, size int64) (data []byte, contentType string, err error) {
	defer func() {
		if p := recover(); p != nil {
			data, contentType, err = nil, "", fmt.Errorf("the reader of covers failed: %v", p)
		}
	}()
	s := newSource(r, size)
	s.left += MaxCover
	head, err := s.upTo(0, 12)
	if err != nil {
		return nil, "", err
	}
	switch {
	case strings.HasPrefix(string(head), "fLaC"):
		data, err = flacCover(s)
	case strings.HasPrefix(string(head), "OggS"):
		data, err = oggCover(s)
	case strings.HasPrefix(string(head), "ID3"):
		data, err = id3Cover(s)
	case len(head) >= 8 && string(head[4:8]) == "ftyp":
		data, err = mp4Cover(s)
	default:
		err = ErrNoCover
	}
	if err != nil {
		return nil, "", err
	}
	// What the tags say of the type is often wrong.
	contentType = http.DetectContentType(data)
	if !strings.HasPrefix(contentType, "image/") {
		return nil, "", ErrNoCover
	}
	return data, contentType, nil
}

// blob reads a picture of a stated length.
func (s *source) blob(off, n int64) ([]byte, error) {
	if n <= 0 || n > MaxCover || off+n > s.size {
		return nil, ErrNoCover
	}
	b := make([]byte, n)
	if _, err := s.r.ReadAt(b, off); err != nil && err != io.EOF {
		return nil, err
	}
	return b, nil
}

// id3Cover hands the tag library the first picture alone.
func id3Cover(s *source) ([]byte, error) {
	var frame []byte
	version, _ := id3Frames(s, MaxCover, func(in *source, id string, off, size int64) bool {
		if id != "APIC" && id != "PIC" {
			return true
		}
		frame, _ = in.blob(off, size) // nil where there is no such picture
		return false
	})
	if frame == nil {
		return nil, ErrNoCover
	}
	m, err := id3(bytes.NewReader(id3Tagged(version, frame)))
	if err != nil {
		return nil, ErrNoCover
	}
	p := m.Picture()
	if p == nil || len(p.Data) == 0 {
		return nil, ErrNoCover
	}
	return p.Data, nil
}

func flacCover(s *source) ([]byte, error) {
	for off := int64(4); ; {
		h, err := s.bytes(off, 4)
		if err != nil {
			return nil, err
		}
		last, kind, size := h[0]&0x80 != 0, h[0]&0x7f, be32(h)&0xffffff
		if kind == 6 {
			b, err := s.blob(off+4, size)
			if err != nil {
				return nil, err
			}
			return flacPicture(b)
		}
		if last {
			return nil, ErrNoCover
		}
		off += 4 + size
	}
}

// flacPicture takes the picture out of a PICTURE block (RFC 9639, section 8.8).
func flacPicture(b []byte) ([]byte, error) {
	field := func(n int64) []byte {
		if n < 0 || n > int64(len(b)) {
			b = nil
			return nil
		}
		f := b[:n]
		b = b[n:]
		return f
	}
	length := func() int64 {
		f := field(4)
		if f == nil {
			return -1
		}
		return be32(f)
	}
	field(4)        // what it shows
	field(length()) // its type
	field(length()) // its description
	field(16)       // its size and colours
	data := field(length())
	if len(data) == 0 {
		return nil, ErrNoCover
	}
	return data, nil
}

// oggCover puts the comment packet together and takes the picture out of it.
func oggCover(s *source) ([]byte, error) {
	var packet []byte
	for off, n := int64(0), 0; n < 400 && len(packet) < MaxCover; n++ {
		p, err := oggPage(s, off)
		if err != nil {
			return nil, ErrNoCover
		}
		off = p.next
		if p.first || packet == nil && commentStart(p.data) == 0 {
			continue
		}
		packet = append(packet, p.data...)
		if len(p.data) < 255*255 { // a full page goes on in the next
			break
		}
	}
	const name = "METADATA_BLOCK_PICTURE="
	i := strings.Index(strings.ToUpper(string(packet)), name)
	if i < 4 {
		return nil, ErrNoCover
	}
	n := le32(packet[i-4:]) - int64(len(name))
	text := packet[i+len(name):]
	if n <= 0 || n > int64(len(text)) {
		return nil, ErrNoCover
	}
	b, err := base64.StdEncoding.DecodeString(string(text[:n]))
	if err != nil {
		return nil, ErrNoCover
	}
	return flacPicture(b)
}

func mp4Cover(s *source) ([]byte, error) {
	m := &mp4{s: s, info: &Info{}, fragments: fragments{map[int64]int64{}, map[int64]int64{}}}
	_ = m.walk(0, s.size, 0, m.top) // the cover may be found in a file that is broken further on
	if m.coverAt == 0 {
		return nil, ErrNoCover
	}
	return s.blob(m.coverAt, m.coverSize)
}
