package probe

import "errors"

// readMP3 reads an MPEG audio elementary stream of layers I to III, after ID3v2 tags if there are any.
func readMP3(s *source, info *Info) error {
	start, err := skipID3(s)
	if err != nil {
		return err
	}
	if start > 0 {
		head, err := s.upTo(start, 4)
		if err != nil {
			return err
		}
		if string(head) == "fLaC" {
			return readFLACAt(s, info, start)
		}
	}
	info.Format, info.ContentType = "mp3", "audio/mpeg"
	readID3(s, info)
	at, h, err := firstFrame(s, start)
	if err != nil {
		return err
	}
	info.AudioCodec, info.Channels = h.codec(), h.channels
	frames, err := frameCount(s, at, h)
	if err != nil {
		return err
	}
	if frames > 0 {
		info.Duration = float64(frames) * float64(h.samples) / float64(h.rate)
		return nil
	}
	end := s.size
	if b, err := s.upTo(s.size-128, 3); err == nil && string(b) == "TAG" {
		end -= 128
	}
	info.Duration = float64(end-at) * 8 / float64(h.bitrate)
	return nil
}

// skipID3 returns where the sound begins: after all ID3v2 tags.
func skipID3(s *source) (int64, error) {
	off := int64(0)
	for range 8 {
		b, err := s.upTo(off, 10)
		if err != nil || len(b) < 10 || string(b[:3]) != "ID3" {
			return off, err
		}
		off += 10 + synchsafe(b[6:])
		if b[5]&0x10 != 0 { // a footer
			off += 10
		}
	}
	return off, nil
}

// frame is an MPEG audio frame header.
type frame struct {
	version, layer int // 1, 2, or 25 for MPEG 2.5; 1 to 3
	bitrate        int // bits a second
	rate           int // samples a second
	samples        int // in a frame
	size           int64
	channels       int
}

func (h frame) codec() string { return [...]string{"", "mp1", "mp2", "mp3"}[h.layer] }

// parseFrame reads a frame header of 4 bytes; ok is false for what is none. Free-format streams count as none.
func parseFrame(b []byte) (h frame, ok bool) {
	if len(b) < 4 || b[0] != 0xff || b[1]&0xe0 != 0xe0 {
		return h, false
	}
	h.version = [...]int{25, 0, 2, 1}[b[1]>>3&3]
	h.layer = 4 - int(b[1]>>1&3)
	bitrate, rate := int(b[2]>>4), int(b[2]>>2&3)
	if h.version == 0 || h.layer == 4 || bitrate == 0 || bitrate == 15 || rate == 3 {
		return h, false
	}
	h.bitrate = 1000 * kilobits(h.version, h.layer, bitrate)
	h.rate = [...]int{44100, 48000, 32000}[rate]
	h.samples = 1152
	switch {
	case h.layer == 1:
		h.samples = 384
	case h.layer == 3 && h.version != 1:
		h.samples = 576
	}
	switch h.version {
	case 2:
		h.rate /= 2
	case 25:
		h.rate /= 4
	}
	padding := int64(b[2] >> 1 & 1)
	if h.layer == 1 {
		h.size = (int64(12*h.bitrate/h.rate) + padding) * 4
	} else {
		h.size = int64(h.samples/8*h.bitrate/h.rate) + padding
	}
	h.channels = 2
	if b[3]>>6 == 3 {
		h.channels = 1
	}
	return h, true
}

// kilobits is the table of bit rates in ISO/IEC 11172-3 and 13818-3.
func kilobits(version, layer, index int) int {
	var row int
	switch {
	case version == 1:
		row = layer - 1
	case layer == 1:
		row = 3
	default:
		row = 4
	}
	return [5][15]int{
		{0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448},
		{0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384},
		{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},
		{0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256},
		{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
	}[row][index]
}

// firstFrame looks for the first frame that another one of its kind, or the end of the file, follows.
func firstFrame(s *source, start int64) (int64, frame, error) {
	const window = 128 << 10
	for off := start; off < start+window && off+4 <= s.size; off++ {
		b, err := s.bytes(off, 4)
		if err != nil {
			return 0, frame{}, err
		}
		h, ok := parseFrame(b)
		if !ok {
			continue
		}
		next, err := s.upTo(off+h.size, 4)
		if err != nil {
			return 0, frame{}, err
		}
		n, ok := parseFrame(next)
		if len(next) < 4 || ok && n.version == h.version && n.layer == h.layer && n.rate == h.rate {
			return off, h, nil
		}
	}
	return 0, frame{}, errors.New("it holds no MPEG audio")
}

// frameCount returns the number of frames that a Xing, Info or VBRI header in the first frame states; 0 if there is none.
func frameCount(s *source, at int64, h frame) (int64, error) {
	side := int64(32)
	switch {
	case h.version == 1 && h.channels == 1, h.version != 1 && h.channels == 2:
		side = 17
	case h.version != 1:
		side = 9
	}
	b, err := s.upTo(at+4+side, 12)
	if err != nil {
		return 0, err
	}
	if len(b) == 12 && (string(b[:4]) == "Xing" || string(b[:4]) == "Info") && b[7]&1 != 0 {
		return be32(b[8:]), nil
	}
	b, err = s.upTo(at+4+32, 18)
	if err != nil {
		return 0, err
	}
	if len(b) == 18 && string(b[:4]) == "VBRI" {
		return be32(b[14:]), nil
	}
	return 0, nil
}
