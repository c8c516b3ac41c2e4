package probe

import (
	"errors"
	"fmt"
)

// readWAV reads RIFF/WAVE and RF64 (EBU Tech 3306).
func readWAV(s *source, info *Info) error {
	info.Format, info.ContentType = "wav", "audio/wav"
	var byteRate, long int64
	for off := int64(12); off+8 <= s.size; {
		h, err := s.bytes(off, 8)
		if err != nil {
			return err
		}
		id, size := string(h[:4]), le32(h[4:])
		body := off + 8
		switch id {
		case "ds64":
			b, err := s.bytes(body, 16)
			if err != nil {
				return err
			}
			long = le32(b[8:]) | le32(b[12:])<<32
		case "fmt ":
			b, err := s.bytes(body, 16)
			if err != nil {
				return err
			}
			byteRate = le32(b[8:])
			info.Channels = le16(b[2:])
			info.AudioCodec = waveCodec(le16(b), le16(b[14:]))
			if le16(b) == 0xfffe && size >= 26 { // extensible: the real tag begins its GUID
				if b, err = s.bytes(body, 26); err != nil {
					return err
				}
				info.AudioCodec = waveCodec(le16(b[24:]), le16(b[14:]))
			}
		case "data":
			if byteRate == 0 {
				return errors.New("its sound comes before its format")
			}
			// A recorder that was cut, or that streams, leaves no true length.
			length := size
			if size == 0xffffffff && long > 0 {
				length = long
			}
			if length <= 0 || size == 0xffffffff && long <= 0 || body+length > s.size {
				length = s.size - body
			}
			info.Duration = float64(length) / float64(byteRate)
			return nil
		}
		off = body + size + size&1
	}
	return errors.New("it holds no sound")
}

// waveCodec names a format tag of mmreg.h as ffprobe does.
func waveCodec(tag, bits int) string {
	switch tag {
	case 1:
		if bits == 8 {
			return "pcm_u8"
		}
		return fmt.Sprintf("pcm_s%dle", bits)
	case 3:
		return fmt.Sprintf("pcm_f%dle", bits)
	case 6:
		return "pcm_alaw"
	case 7:
		return "pcm_mulaw"
	case 0x55:
		return "mp3"
	case 0xff:
		return "aac"
	case 0x2000:
		return "ac3"
	case 0x2001:
		return "dts"
	}
	return ""
}
