package casttest

import (
	"bytes"
	"encoding/binary"
	"math"
	"time"
)

// mediumKind is how a player treats a file.
type mediumKind int

const (
	audio mediumKind = iota
	video
	image
)

// category is the mediaCategory of statuses.
func (k mediumKind) category() string { return [...]string{"AUDIO", "VIDEO", "IMAGE"}[k] }

// A medium is what a source has learnt of its file.
type medium struct {
	kind     mediumKind
	duration time.Duration // 0: the file does not tell
	size     int64         // -1: the server does not tell
	fetched  int64         // bytes read from the start so far
	ended    bool          // that is all of it
}

// A container reads how long its kind of file lasts. It is handed the file's first bytes, then what it asks for.
type container interface {
	kind() mediumKind
	// look takes the bytes at offset at of a file of size bytes (-1: unknown). A next beyond at asks to be called
	// again with the bytes there; else duration is the answer, and 0 means unknown.
	look(piece []byte, at, size int64) (duration time.Duration, next int64)
}

// identify tells by its first bytes what a file is, as a player does, and false if it is nothing that plays.
func identify(head []byte) (container, bool) {
	is := func(at int, magic string) bool { return len(head) >= at && bytes.HasPrefix(head[at:], []byte(magic)) }
	switch {
	case is(0, "RIFF") && is(8, "WAVE"):
		return wav{}, true
	case is(4, "ftyp") || is(4, "moov") || is(4, "styp"):
		return &mp4{audio: is(8, "M4A") || is(8, "M4B")}, true
	case is(0, "\x1a\x45\xdf\xa3"):
		return matroska{}, true
	case is(0, "fLaC"):
		return flac{}, true
	case is(0, "OggS"):
		return &ogg{}, true
	case is(0, "ID3"), len(head) > 1 && head[0] == 0xff && head[1]&0xe0 == 0xe0:
		return mpegAudio{}, true
	case is(0, "\x47") && (is(188, "\x47") || len(head) <= 188):
		return untold(video), true
	case is(0, "\x89PNG\r\n\x1a\n"), is(0, "\xff\xd8\xff"), is(0, "GIF8"), is(0, "BM"), is(0, "RIFF") && is(8, "WEBP"):
		return untold(image), true
	}
	return nil, false
}

// untold is a file that says nothing of its length.
type untold mediumKind

func (u untold) kind() mediumKind                                 { return mediumKind(u) }
func (u untold) look([]byte, int64, int64) (time.Duration, int64) { return 0, 0 }

// seconds is n units of which there are perSecond in a second, and 0 if that is no sensible duration.
func seconds(n, perSecond float64) time.Duration {
	if s := n / perSecond; s > 0 && s < 1e6 {
		return time.Duration(s * float64(time.Second))
	}
	return 0
}

// wav reads the byte rate of the fmt chunk and the size of the data chunk (RIFF WAVE, Microsoft 1991).
type wav struct{}

func (wav) kind() mediumKind { return audio }

func (wav) look(piece []byte, _, size int64) (time.Duration, int64) {
	var rate uint32
	for p := 12; p+8 <= len(piece); {
		n := binary.LittleEndian.Uint32(piece[p+4:])
		body := p + 8
		switch string(piece[p : p+4]) {
		case "fmt ":
			if body+12 <= len(piece) {
				rate = binary.LittleEndian.Uint32(piece[body+8:])
			}
		case "data":
			data := int64(n)
			if rest := size - int64(body); size >= 0 && (data > rest || data == 0) {
				data = rest
			}
			return seconds(float64(data), float64(rate)), 0
		}
		if int64(n) > int64(len(piece)-body) {
			break
		}
		p = body + int(n) + int(n&1)
	}
	return 0, 0
}

// mp4 walks the top boxes to moov, wherever it is, and reads mvhd there (ISO/IEC 14496-12).
type mp4 struct{ audio bool }

func (m *mp4) kind() mediumKind {
	if m.audio {
		return audio
	}
	return video
}

func (m *mp4) look(piece []byte, at, size int64) (time.Duration, int64) {
	for p := int64(0); ; {
		if int64(len(piece))-p < 16 { // not p+16: p may be as large as a number can be
			return 0, at + p
		}
		name, n, body := box(piece[p:])
		if name == "moov" {
			if p > 0 && len(piece)-int(p) < 256 {
				return 0, at + p // its first child is not whole
			}
			return mvhd(piece[p+body:]), 0
		}
		if n < 8 || n > math.MaxInt64-at-p || size >= 0 && at+p+n >= size {
			return 0, 0
		}
		p += n
	}
}

// box reads a box's head: its name, its whole length and where its body begins. b holds 16 bytes or more.
func box(b []byte) (name string, length, body int64) {
	length, body = int64(binary.BigEndian.Uint32(b)), 8
	if length == 1 {
		length, body = int64(binary.BigEndian.Uint64(b[8:])), 16
	}
	return string(b[4:8]), length, body
}

// mvhd finds the movie header among moov's children, of which it is the first by custom.
func mvhd(moov []byte) time.Duration {
	for len(moov) >= 32 {
		name, n, body := box(moov)
		if name == "mvhd" {
			b := moov[body:]
			switch {
			case b[0] == 0 && len(b) >= 20:
				return seconds(float64(binary.BigEndian.Uint32(b[16:])), float64(binary.BigEndian.Uint32(b[12:])))
			case b[0] == 1 && len(b) >= 32:
				return seconds(float64(binary.BigEndian.Uint64(b[24:])), float64(binary.BigEndian.Uint32(b[20:])))
			}
			return 0
		}
		if n < 8 || n > int64(len(moov)) {
			return 0
		}
		moov = moov[n:]
	}
	return 0
}

// flac reads STREAMINFO, which is always first (RFC 9639).
type flac struct{}

func (flac) kind() mediumKind { return audio }

func (flac) look(piece []byte, _, _ int64) (time.Duration, int64) {
	if len(piece) < 26 {
		return 0, 0
	}
	b := binary.BigEndian.Uint64(piece[18:])
	return seconds(float64(b&(1<<36-1)), float64(b>>44)), 0
}

// ogg reads the last page's granule position, in the sample rate that the first packet tells (RFC 3533, 7845).
type ogg struct{ rate float64 }

func (*ogg) kind() mediumKind { return audio }

func (o *ogg) look(piece []byte, at, size int64) (time.Duration, int64) {
	if at == 0 && len(piece) > 64 {
		switch body := piece[28:]; {
		case bytes.HasPrefix(body, []byte("OpusHead")):
			o.rate = 48000
		case bytes.HasPrefix(body, []byte("\x01vorbis")):
			o.rate = float64(binary.LittleEndian.Uint32(body[12:]))
		}
		if read := int64(len(piece)); size > read {
			return 0, max(read, size-chunk)
		}
	}
	p := bytes.LastIndex(piece, []byte("OggS"))
	if p < 0 || p+14 > len(piece) || o.rate == 0 {
		return 0, 0
	}
	return seconds(float64(binary.LittleEndian.Uint64(piece[p+6:])), o.rate), 0
}

// mpegAudio reads MP3 and ADTS. Of MP3 it takes the frame count of a Xing header, else the first frame's bit rate for
// all; of ADTS nothing.
type mpegAudio struct{}

func (mpegAudio) kind() mediumKind { return audio }

func (mpegAudio) look(piece []byte, at, size int64) (time.Duration, int64) {
	if len(piece) >= 10 && string(piece[:3]) == "ID3" {
		n := int64(10)
		for i, b := range piece[6:10] {
			n += int64(b&0x7f) << (7 * (3 - i))
		}
		if n >= int64(len(piece)) {
			return 0, at + n
		}
		piece, at = piece[n:], at+n
	}
	if len(piece) < 64 || piece[0] != 0xff || piece[1]&0xe6 != 0xe2 {
		return 0, 0
	}
	// MPEG 1 or 2, layer III. Tables from ISO/IEC 11172-3 and 13818-3.
	kbit := [2][16]float64{
		{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0},
		{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0},
	}
	one := int(piece[1] >> 3 & 1) // 1: MPEG 1
	rate := [4]float64{44100, 48000, 32000, 0}[piece[2]>>2&3] / [4]float64{4, 1, 2, 1}[piece[1]>>3&3]
	samples := float64(576 * (1 + one))
	for _, tag := range []string{"Xing", "Info"} {
		if p := bytes.Index(piece[:64], []byte(tag)); p > 0 && p+12 <= len(piece) && piece[p+7]&1 != 0 {
			return seconds(float64(binary.BigEndian.Uint32(piece[p+8:]))*samples, rate), 0
		}
	}
	if size < 0 {
		return 0, 0
	}
	return seconds(float64(size-at)*8, 1000*kbit[one][piece[2]>>4]), 0
}

// matroska reads Duration and TimestampScale of Segment/Info (RFC 9559), which stand at the front of nearly every file.
type matroska struct{}

func (matroska) kind() mediumKind { return video }

// Ids of Matroska elements.
const (
	mkvSegment  = 0x18538067
	mkvInfo     = 0x1549A966
	mkvScale    = 0x2AD7B1
	mkvDuration = 0x4489
	mkvCluster  = 0x1F43B675
)

func (matroska) look(piece []byte, _, _ int64) (time.Duration, int64) {
	scale, duration := 1e6, 0.0
	for len(piece) > 0 {
		id, n := vint(piece, true)
		if n == 0 || id == mkvCluster {
			break
		}
		size, k := vint(piece[n:], false)
		if k == 0 {
			break
		}
		piece = piece[n+k:]
		if id == mkvSegment || id == mkvInfo {
			continue // its children follow
		}
		if size > uint64(len(piece)) {
			break
		}
		body := piece[:size]
		switch {
		case id == mkvScale && size <= 8:
			v := uint64(0)
			for _, b := range body {
				v = v<<8 | uint64(b)
			}
			scale = float64(v)
		case id == mkvDuration && size == 8:
			duration = math.Float64frombits(binary.BigEndian.Uint64(body))
		case id == mkvDuration && size == 4:
			duration = float64(math.Float32frombits(binary.BigEndian.Uint32(body)))
		}
		piece = piece[size:]
	}
	return seconds(duration*scale, 1e9), 0
}

// vint reads a variable-size integer, as an id with its marker bit. Its length is 0 if there is none.
func vint(b []byte, id bool) (value uint64, length int) {
	if len(b) == 0 || b[0] == 0 {
		return 0, 0
	}
	for length = 1; b[0]&(0x80>>(length-1)) == 0; length++ {
	}
	if length > len(b) {
		return 0, 0
	}
	value = uint64(b[0])
	if !id {
		value &= 0x80>>(length-1) - 1
	}
	for _, c := range b[1:length] {
		value = value<<8 | uint64(c)
	}
	return value, length
}
