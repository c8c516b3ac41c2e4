package probe

import "fmt"

// readFLAC reads a FLAC stream's metadata blocks (RFC 9639, section 8).
func readFLAC(s *source, info *Info) error { return readFLACAt(s, info, 0) }

func readFLACAt(s *source, info *Info, start int64) error {
	info.Format, info.ContentType, info.AudioCodec = "flac", "audio/flac", "flac"
	for off := start + 4; ; {
		h, err := s.bytes(off, 4)
		if err != nil {
			return err
		}
		last, kind, size := h[0]&0x80 != 0, h[0]&0x7f, be32(h)&0xffffff
		if err := flacBlock(s, info, kind, off+4, size); err != nil {
			return err
		}
		if last {
			return nil
		}
		off += 4 + size
	}
}

func flacBlock(s *source, info *Info, kind byte, off, size int64) error {
	switch kind {
	case 0:
		b, err := s.bytes(off, 34)
		if err != nil {
			return err
		}
		streamInfo(b, info)
	case 4:
		readVorbisComment(s, info, off, size)
	case 6:
		info.Picture = true
	case 127:
		return fmt.Errorf("a metadata block that cannot be at %d", off)
	}
	return nil
}

// streamInfo takes rate, channels and number of samples from a STREAMINFO block.
func streamInfo(b []byte, info *Info) {
	packed := be64(b[10:])
	rate, samples := packed>>44, packed&(1<<36-1)
	info.Channels = int(packed>>41&7) + 1
	if rate > 0 {
		info.Duration = float64(samples) / float64(rate)
	}
}
