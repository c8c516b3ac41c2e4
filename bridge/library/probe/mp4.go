package probe

import (
	"errors"
	"fmt"
)

// maxBoxes bounds the boxes of a file that are looked at.
const maxBoxes = 20_000

// mp4 is what is collected while the boxes of a file are walked.
type mp4 struct {
	s     *source
	info  *Info
	boxes int

	brand               string
	timescale, duration int64 // of the movie
	found               bool  // a moov
	fragmented          bool
	fragments           fragments
	track               mp4Track
	coverAt, coverSize  int64
}

// mp4Track is the track that is being walked.
type mp4Track struct {
	id, timescale, duration int64
	handler                 string
	width, height, channels int
	codec, language         string
}

// readMP4 reads ISO base media files and QuickTime's.
func readMP4(s *source, info *Info) error {
	m := &mp4{s: s, info: info, fragments: fragments{map[int64]int64{}, map[int64]int64{}}}
	info.Format, info.ContentType = "mp4", "video/mp4"
	err := m.walk(0, s.size, 0, m.top)
	if m.brand == "qt  " {
		info.Format, info.ContentType = "quicktime", "video/quicktime"
	} else if info.VideoCodec == "" && info.AudioCodec != "" {
		info.ContentType = "audio/mp4"
	}
	if m.timescale > 0 {
		info.Duration = float64(m.duration) / float64(m.timescale)
	}
	if err == nil && !m.found {
		err = errors.New("it has no index (moov): it was cut, or is still being written")
	}
	if err == nil && m.fragmented && m.duration == 0 {
		info.Duration = m.fragmentsEnd()
	}
	return err
}

// visit handles one box; body and end are where its content lies.
type visit func(kind string, body, end int64) error

// walk calls f for each box between off and end.
func (m *mp4) walk(off, end int64, depth int, f visit) error {
	if depth > 12 {
		return errors.New("its boxes are nested too deep")
	}
	for off+8 <= end {
		if m.boxes++; m.boxes > maxBoxes {
			return errors.New("it has too many boxes")
		}
		h, err := m.s.bytes(off, 8)
		if err != nil {
			return err
		}
		size, kind, head := be32(h), string(h[4:8]), int64(8)
		switch size {
		case 0: // to the end
			size = end - off
		case 1:
			if h, err = m.s.bytes(off+8, 8); err != nil {
				return err
			}
			size, head = int64(be64(h)), 16
		}
		if size < head {
			return fmt.Errorf("its box %q at %d has an impossible size", kind, off)
		}
		last := min(off+size, end)
		if off+size < 0 {
			last = end
		}
		if err := f(kind, off+head, last); err != nil {
			return err
		}
		off = last
	}
	return nil
}

func (m *mp4) top(kind string, body, end int64) error {
	switch kind {
	case "ftyp":
		b, err := m.s.bytes(body, 4)
		if err != nil {
			return err
		}
		m.brand = string(b)
	case "moov":
		if m.found {
			return nil
		}
		m.found = true
		return m.walk(body, end, 1, m.movie)
	}
	return nil
}

func (m *mp4) movie(kind string, body, end int64) error {
	switch kind {
	case "mvhd":
		var err error
		m.timescale, m.duration, err = m.times(body)
		return err
	case "mvex":
		m.fragmented = true
		return m.walk(body, end, 2, m.movie)
	case "mehd":
		b, err := m.s.bytes(body, 12)
		if err != nil {
			return err
		}
		m.duration = be32(b[4:])
		if b[0] == 1 {
			m.duration = int64(be64(b[4:]))
		}
	case "trex":
		b, err := m.s.bytes(body, 16)
		if err != nil {
			return err
		}
		if len(m.fragments.duration) < maxTracks {
			m.fragments.duration[be32(b[4:])] = be32(b[12:])
		}
	case "trak":
		m.track = mp4Track{}
		err := m.walk(body, end, 2, m.inTrack)
		m.endTrack()
		return err
	case "udta":
		return m.walk(body, end, 2, m.inUserData)
	}
	return nil
}

// times reads timescale and duration from mvhd and mdhd, which begin alike.
func (m *mp4) times(body int64) (scale, duration int64, err error) {
	b, err := m.s.bytes(body, 20)
	if err != nil {
		return 0, 0, err
	}
	if b[0] != 1 {
		scale, duration = be32(b[12:]), be32(b[16:])
		if duration == 1<<32-1 {
			duration = 0
		}
		return scale, duration, nil
	}
	if b, err = m.s.bytes(body, 32); err != nil {
		return 0, 0, err
	}
	return be32(b[20:]), max(int64(be64(b[24:])), 0), nil
}

// language reads the language of an mdhd: three letters of five bits. QuickTime's own numbers of languages are passed over.
func (m *mp4) language(body int64) (string, error) {
	b, err := m.s.upTo(body, 34)
	if err != nil {
		return "", err
	}
	at := 20
	if len(b) > 0 && b[0] == 1 {
		at = 32
	}
	if len(b) < at+2 {
		return "", nil
	}
	code := be16(b[at:])
	if code < 0x400 || code == 0x7fff {
		return "", nil
	}
	return string([]byte{byte(code>>10&31 + 0x60), byte(code>>5&31 + 0x60), byte(code&31 + 0x60)}), nil
}

func (m *mp4) inTrack(kind string, body, end int64) error {
	switch kind {
	case "mdia", "minf", "stbl":
		return m.walk(body, end, 3, m.inTrack)
	case "tkhd":
		b, err := m.s.bytes(body, 24)
		if err != nil {
			return err
		}
		m.track.id = be32(b[12:])
		if b[0] == 1 {
			m.track.id = be32(b[20:])
		}
	case "mdhd":
		var err error
		if m.track.timescale, m.track.duration, err = m.times(body); err != nil {
			return err
		}
		m.track.language, err = m.language(body)
		return err
	case "hdlr":
		b, err := m.s.bytes(body, 12)
		if err != nil {
			return err
		}
		if m.track.handler == "" { // QuickTime has a second one, of the data
			m.track.handler = string(b[8:12])
		}
	case "stsd":
		return m.walk(body+8, end, 4, m.sampleEntry)
	}
	return nil
}

// sampleEntry reads a track's codec; of several entries the first counts.
func (m *mp4) sampleEntry(kind string, body, end int64) error {
	if m.track.codec != "" {
		return nil
	}
	b, err := m.s.upTo(body, 28)
	if err != nil {
		return err
	}
	m.track.codec = mp4Codec(kind)
	if len(b) < 28 {
		return nil
	}
	children := body + 28
	switch m.track.handler {
	case "vide":
		m.track.width, m.track.height = be16(b[24:]), be16(b[26:])
		children = body + 78
	case "soun":
		m.track.channels = be16(b[16:])
		switch be16(b[8:]) { // QuickTime's versions of the sound description
		case 1:
			children += 16
		case 2:
			if b, err := m.s.upTo(body+40, 4); err == nil && len(b) == 4 {
				m.track.channels = int(be32(b))
			}
			children += 36
		}
	default:
		return nil
	}
	if kind == "mp4a" || kind == "mp4v" {
		// What cannot be walked here says nothing against the file.
		_ = m.walk(children, end, 5, m.elementaryStream)
	}
	return nil
}

// elementaryStream refines mp4a and mp4v by the object type of ISO/IEC 14496-1 in their esds.
func (m *mp4) elementaryStream(kind string, body, end int64) error {
	if kind == "wave" {
		return m.walk(body, end, 6, m.elementaryStream)
	}
	if kind != "esds" {
		return nil
	}
	b, err := m.s.upTo(body+4, 32)
	if err != nil {
		return err
	}
	// ES_Descriptor (3), then DecoderConfigDescriptor (4), each with a length of one to four bytes.
	skip := func(tag byte) bool {
		if len(b) < 2 || b[0] != tag {
			return false
		}
		b = b[1:]
		for len(b) > 0 && b[0]&0x80 != 0 {
			b = b[1:]
		}
		if len(b) > 0 {
			b = b[1:]
		}
		return true
	}
	if !skip(3) || len(b) < 3 {
		return nil
	}
	flags := b[2]
	b = b[3:]
	if flags&0x80 != 0 && len(b) >= 2 {
		b = b[2:]
	}
	if flags&0x20 != 0 && len(b) >= 2 {
		b = b[2:]
	}
	if skip(4) && len(b) > 0 {
		if c := objectCodec(b[0]); c != "" {
			m.track.codec = c
		}
	}
	return nil
}

// endTrack keeps the first film and the first sound.
func (m *mp4) endTrack() {
	t := m.track
	if len(m.fragments.timescale) < maxTracks {
		m.fragments.timescale[t.id] = t.timescale
	}
	switch t.handler {
	case "soun":
		addLanguage(&m.info.Languages, t.language)
	case "text", "sbtl", "subt":
		addLanguage(&m.info.Subtitles, t.language)
	}
	switch {
	case t.handler == "vide" && m.info.VideoCodec == "":
		m.info.VideoCodec, m.info.Width, m.info.Height = t.codec, t.width, t.height
	case t.handler == "soun" && m.info.AudioCodec == "":
		m.info.AudioCodec, m.info.Channels = t.codec, t.channels
	}
	if (t.handler == "vide" || t.handler == "soun") && m.duration == 0 && !m.fragmented && t.timescale > 0 && m.timescale > 0 {
		m.duration = int64(float64(t.duration) / float64(t.timescale) * float64(m.timescale))
	}
}

// mp4Codec names a sample entry's four characters as ffprobe does.
func mp4Codec(kind string) string {
	switch kind {
	case "avc1", "avc2", "avc3", "avc4":
		return "h264"
	case "hvc1", "hev1", "dvh1", "dvhe":
		return "hevc"
	case "vp08":
		return "vp8"
	case "vp09":
		return "vp9"
	case "av01":
		return "av1"
	case "mp4v":
		return "mpeg4"
	case "mp4a":
		return "aac"
	case ".mp3", "mp3 ":
		return "mp3"
	case "ac-3":
		return "ac3"
	case "ec-3":
		return "eac3"
	case "Opus":
		return "opus"
	case "fLaC":
		return "flac"
	case "dtsc", "dtsh", "dtsl", "dtse":
		return "dts"
	case "mlpa":
		return "truehd"
	case "sowt", "lpcm", "ipcm":
		return "pcm_s16le"
	case "twos":
		return "pcm_s16be"
	case "jpeg", "mjpa", "mjpb":
		return "mjpeg"
	case "apcn", "apch", "apcs", "apco", "ap4h", "ap4x":
		return "prores"
	case "s263", "h263":
		return "h263"
	case "alac":
		return "alac"
	case "samr":
		return "amr_nb"
	case "sawb":
		return "amr_wb"
	}
	return "unknown"
}

// objectCodec names an MPEG-4 object type, "" for those it does not know.
func objectCodec(object byte) string {
	switch object {
	case 0x20:
		return "mpeg4"
	case 0x21:
		return "h264"
	case 0x40, 0x66, 0x67, 0x68:
		return "aac"
	case 0x60, 0x61, 0x62, 0x63, 0x64, 0x65:
		return "mpeg2video"
	case 0x69, 0x6b:
		return "mp3"
	case 0x6a:
		return "mpeg1video"
	case 0x6c:
		return "mjpeg"
	case 0xa5:
		return "ac3"
	case 0xa6:
		return "eac3"
	case 0xa9:
		return "dts"
	case 0xad:
		return "opus"
	case 0xdd:
		return "vorbis"
	}
	return ""
}
