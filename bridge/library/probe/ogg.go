package probe

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// oggStream is one logical stream of an Ogg file.
type oggStream struct {
	serial uint32
	rate   float64 // granules a second
	shift  uint    // Theora counts key frames above this bit and frames below it
	skip   int64   // granules before the first that is heard
}

// readOgg reads Ogg with Vorbis, Opus, FLAC, Speex or Theora.
func readOgg(s *source, info *Info) error {
	info.Format, info.ContentType = "ogg", "audio/ogg"
	var main oggStream
	off := int64(0)
	// The first pages of all streams come before everything else; comments follow in the second pages.
	for range 8 {
		page, err := oggPage(s, off)
		if err != nil {
			if main.rate > 0 {
				break
			}
			return err
		}
		if page.first {
			if st, ok := oggHeader(page.data, info); ok && (main.rate == 0 || info.VideoCodec == "") {
				main = st
				main.serial = page.serial
			}
		} else if at := commentStart(page.data); at > 0 || info.AudioCodec == "speex" {
			readVorbisComment(s, info, page.body+int64(at), int64(len(page.data)-at))
			break
		}
		off = page.next
	}
	if info.VideoCodec != "" {
		info.ContentType = "video/ogg"
	}
	if main.rate == 0 {
		return errors.New("it holds no stream that is known")
	}
	granule, err := lastGranule(s, main.serial)
	if err != nil {
		return err
	}
	if main.shift > 0 {
		granule = granule>>main.shift + granule&(1<<main.shift-1)
	}
	info.Duration = float64(max(granule-main.skip, 0)) / main.rate
	return nil
}

// page is one page of an Ogg file (RFC 3533, section 6).
type page struct {
	serial     uint32
	first      bool
	body, next int64
	data       []byte // valid until the next read
}

func oggPage(s *source, off int64) (page, error) {
	h, err := s.bytes(off, 27)
	if err != nil {
		return page{}, err
	}
	if string(h[:4]) != "OggS" {
		return page{}, errors.New("a page of it is broken")
	}
	p := page{serial: binary.LittleEndian.Uint32(h[14:]), first: h[5]&2 != 0}
	segments := int(h[26])
	table, err := s.bytes(off+27, segments)
	if err != nil {
		return page{}, err
	}
	size := 0
	for _, n := range table {
		size += int(n)
	}
	p.body = off + 27 + int64(segments)
	p.next = p.body + int64(size)
	p.data, err = s.upTo(p.body, size)
	return p, err
}

// oggHeader reads the packet that begins a stream.
func oggHeader(b []byte, info *Info) (oggStream, bool) {
	has := func(magic string, n int) bool { return len(b) >= n && bytes.HasPrefix(b, []byte(magic)) }
	sound := func(codec string, channels int) {
		info.AudioCodec, info.Channels = codec, channels
	}
	switch {
	case has("\x01vorbis", 16):
		sound("vorbis", int(b[11]))
		return oggStream{rate: float64(le32(b[12:]))}, true
	case has("OpusHead", 12):
		sound("opus", int(b[9]))
		return oggStream{rate: 48000, skip: int64(le16(b[10:]))}, true
	case has("\x7fFLAC", 17+34):
		inner := Info{}
		streamInfo(b[17:], &inner)
		sound("flac", inner.Channels)
		return oggStream{rate: float64(be64(b[17+10:]) >> 44)}, true
	case has("Speex   ", 52):
		sound("speex", int(le32(b[48:])))
		return oggStream{rate: float64(le32(b[36:]))}, true
	case has("\x80theora", 42):
		info.VideoCodec = "theora"
		info.Width, info.Height = be16(b[10:])<<4, be16(b[12:])<<4
		per, seconds := be32(b[22:]), be32(b[26:])
		if seconds == 0 {
			return oggStream{}, false
		}
		return oggStream{rate: float64(per) / float64(seconds), shift: uint(be16(b[40:]) >> 5 & 31)}, true
	}
	return oggStream{}, false
}

// commentStart returns where the comments begin in a comment packet, or 0 for another packet. Only Speex has no mark before
// them.
func commentStart(b []byte) int {
	for _, magic := range []string{"\x03vorbis", "OpusTags", "\x81theora"} {
		if bytes.HasPrefix(b, []byte(magic)) {
			return len(magic)
		}
	}
	if len(b) > 4 && b[0]&0x7f == 4 { // a FLAC metadata block
		return 4
	}
	return 0
}

// lastGranule looks for the last page of a stream, from the end of the file.
func lastGranule(s *source, serial uint32) (int64, error) {
	const step = 64 << 10 // a page is a little smaller
	for n := int64(step); n <= 4*step; n += step {
		from := max(s.size-n, 0)
		b, err := s.upTo(from, int(min(step+27, s.size-from)))
		if err != nil {
			return 0, err
		}
		for i := bytes.LastIndex(b, []byte("OggS")); i >= 0; i = bytes.LastIndex(b[:i], []byte("OggS")) {
			if len(b) < i+18 || binary.LittleEndian.Uint32(b[i+14:]) != serial {
				continue
			}
			if g := int64(binary.LittleEndian.Uint64(b[i+6:])); g >= 0 { // -1: no packet ends on this page
				return g, nil
			}
		}
		if from == 0 {
			break
		}
	}
	return 0, errors.New("its end cannot be found")
}
