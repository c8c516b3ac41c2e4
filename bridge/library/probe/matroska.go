package probe

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// The element ids of RFC 9559 that are looked at.
const (
	idEBML, idDocType                          = 0x1a45dfa3, 0x4282
	idSegment, idSeekHead, idSeek              = 0x18538067, 0x114d9b74, 0x4dbb
	idSeekID, idSeekPosition                   = 0x53ab, 0x53ac
	idInfo, idTimestampScale, idDuration       = 0x1549a966, 0x2ad7b1, 0x4489
	idTracks, idTrackEntry, idTrackType        = 0x1654ae6b, 0xae, 0x83
	idCodecID, idVideo, idAudio                = 0x86, 0xe0, 0xe1
	idPixelWidth, idPixelHeight                = 0xb0, 0xba
	idLanguage, idLanguageBCP47                = 0x22b59c, 0x22b59d
	idChannels, idCluster, idAttachments       = 0x9f, 0x1f43b675, 0x1941a469
	unknownSize                          int64 = -1
)

// matroska is what is collected while the elements of a file are walked.
type matroska struct {
	s    *source
	info *Info

	elements            int
	segment             int64 // where the Segment's content begins
	docType             string
	scale               float64 // nanoseconds a tick
	ticks               float64
	seekID, seekAt      int64
	wanted              map[int64]int64 // where SeekHead says that Info and Tracks are
	haveInfo, haveTrack bool

	trackType     int64
	codec         string
	width, height int
	channels      int
	language      string
	tagged        bool // language is that of BCP 47
}

// readMatroska reads Matroska and WebM.
func readMatroska(s *source, info *Info) error {
	m := &matroska{s: s, info: info, scale: 1e6, wanted: map[int64]int64{}}
	err := m.walk(0, s.size, 0, m.top)
	info.Format, info.ContentType = "matroska", "video/x-matroska"
	if m.docType == "webm" {
		info.Format, info.ContentType = "webm", "video/webm"
	}
	if info.VideoCodec == "" && info.AudioCodec != "" {
		info.ContentType = strings.Replace(info.ContentType, "video", "audio", 1)
	}
	info.Duration = m.ticks * m.scale / 1e9
	if errors.Is(err, errFound) {
		err = nil
	}
	if err == nil && !m.haveTrack {
		err = errors.New("it tells of no tracks: it was cut, or is still being written")
	}
	return err
}

// errFound ends a walk early.
var errFound = errors.New("found")

// walk calls f for each element between off and end; an element of unknown size reaches to end.
func (m *matroska) walk(off, end int64, depth int, f func(id, body, end int64) error) error {
	if depth > 8 {
		return errors.New("its elements are nested too deep")
	}
	for off < end {
		if m.elements++; m.elements > maxBoxes {
			return errors.New("it has too many elements")
		}
		id, n, err := m.vint(off, true)
		if err != nil {
			return err
		}
		size, k, err := m.vint(off+n, false)
		if err != nil {
			return err
		}
		body := off + n + k
		last := body + size
		if size == unknownSize || last < body || last > end {
			last = end
		}
		if err := f(id, body, last); err != nil {
			return err
		}
		off = last
	}
	return nil
}

// vint reads a variable-length integer (RFC 8794, section 4); of an id the marker stays. n is its length.
func (m *matroska) vint(off int64, marker bool) (v, n int64, err error) {
	b, err := m.s.upTo(off, 8)
	if err != nil {
		return 0, 0, err
	}
	if len(b) == 0 || b[0] == 0 {
		return 0, 0, fmt.Errorf("an element at %d is broken", off)
	}
	n = 1
	for mask := byte(0x80); b[0]&mask == 0; mask >>= 1 {
		n++
	}
	if int64(len(b)) < n {
		return 0, 0, fmt.Errorf("an element at %d is cut", off)
	}
	v = int64(b[0])
	if !marker {
		v &= 1<<(8-n) - 1
	}
	for _, c := range b[1:n] {
		v = v<<8 | int64(c)
	}
	if !marker && v == 1<<(7*n)-1 {
		v = unknownSize
	}
	return v, n, nil
}

func (m *matroska) top(id, body, end int64) error {
	switch id {
	case idEBML:
		return m.walk(body, end, 1, func(id, body, end int64) error {
			if id == idDocType {
				m.docType = m.text(body, end)
			}
			return nil
		})
	case idSegment:
		m.segment = body
		return m.walk(body, end, 1, m.inSegment)
	}
	return nil
}

func (m *matroska) inSegment(id, body, end int64) error {
	switch id {
	case idSeekHead:
		return m.walk(body, end, 2, m.inSeekHead)
	case idInfo:
		m.haveInfo = true
		if err := m.walk(body, end, 2, m.inInfo); err != nil {
			return err
		}
	case idTracks:
		m.haveTrack = true
		if err := m.walk(body, end, 2, m.inTracks); err != nil {
			return err
		}
	case idCluster:
		return m.follow()
	}
	if m.haveInfo && m.haveTrack {
		return errFound
	}
	return nil
}

// follow goes where the SeekHead says that Info and Tracks are, when the film itself begins before them.
func (m *matroska) follow() error {
	for _, want := range []int64{idInfo, idTracks} {
		at, ok := m.wanted[want]
		if !ok || want == idInfo && m.haveInfo || want == idTracks && m.haveTrack {
			continue
		}
		delete(m.wanted, want)
		err := m.walk(m.segment+at, m.s.size, 2, func(id, body, end int64) error {
			if id != want {
				return errFound
			}
			if err := m.inSegment(id, body, end); err != nil {
				return err
			}
			return errFound
		})
		if !errors.Is(err, errFound) {
			return err
		}
	}
	return errFound
}

func (m *matroska) inSeekHead(id, body, end int64) error {
	switch id {
	case idSeek:
		m.seekID, m.seekAt = 0, 0
		if err := m.walk(body, end, 3, m.inSeekHead); err != nil {
			return err
		}
		if m.seekID == idInfo || m.seekID == idTracks {
			m.wanted[m.seekID] = m.seekAt
		}
	case idSeekID:
		m.seekID = m.uint(body, end)
	case idSeekPosition:
		m.seekAt = m.uint(body, end)
	}
	return nil
}

func (m *matroska) inInfo(id, body, end int64) error {
	switch id {
	case idTimestampScale:
		if v := m.uint(body, end); v > 0 {
			m.scale = float64(v)
		}
	case idDuration:
		m.ticks = m.float(body, end)
	}
	return nil
}

func (m *matroska) inTracks(id, body, end int64) error {
	if id != idTrackEntry {
		return nil
	}
	m.trackType, m.codec, m.width, m.height, m.channels, m.language = 0, "", 0, 0, 1, "eng"
	m.tagged = false
	if err := m.walk(body, end, 3, m.inTrack); err != nil {
		return err
	}
	switch m.trackType {
	case 2:
		addLanguage(&m.info.Languages, m.language)
	case 17:
		addLanguage(&m.info.Subtitles, m.language)
	}
	switch {
	case m.trackType == 1 && m.info.VideoCodec == "":
		m.info.VideoCodec, m.info.Width, m.info.Height = matroskaCodec(m.codec), m.width, m.height
	case m.trackType == 2 && m.info.AudioCodec == "":
		m.info.AudioCodec, m.info.Channels = matroskaCodec(m.codec), m.channels
	}
	return nil
}

func (m *matroska) inTrack(id, body, end int64) error {
	switch id {
	case idTrackType:
		m.trackType = m.uint(body, end)
	case idCodecID:
		m.codec = m.text(body, end)
	case idLanguage:
		if !m.tagged {
			m.language = m.text(body, end)
		}
	case idLanguageBCP47: // it wins
		m.language, m.tagged = m.text(body, end), true
	case idVideo, idAudio:
		return m.walk(body, end, 4, m.inTrack)
	case idPixelWidth:
		m.width = int(m.uint(body, end))
	case idPixelHeight:
		m.height = int(m.uint(body, end))
	case idChannels:
		m.channels = int(m.uint(body, end))
	}
	return nil
}

// uint, float and text read an element's value; what is cut or too long gives the zero value.
func (m *matroska) uint(body, end int64) int64 {
	if end-body > 8 {
		return 0
	}
	b, err := m.s.bytes(body, int(end-body))
	if err != nil {
		return 0
	}
	v := uint64(0)
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return int64(min(v, math.MaxInt64))
}

func (m *matroska) float(body, end int64) float64 {
	b, err := m.s.bytes(body, int(min(end-body, 8)))
	switch {
	case err == nil && len(b) == 4:
		return float64(math.Float32frombits(uint32(be32(b))))
	case err == nil && len(b) == 8:
		return math.Float64frombits(be64(b))
	}
	return 0
}

func (m *matroska) text(body, end int64) string {
	b, err := m.s.bytes(body, int(min(end-body, 64)))
	if err != nil {
		return ""
	}
	return strings.TrimRight(string(b), "\x00")
}

// matroskaCodec names a CodecID of the Matroska codec registry as ffprobe does.
func matroskaCodec(id string) string {
	switch id {
	case "V_MPEG4/ISO/AVC":
		return "h264"
	case "V_MPEGH/ISO/HEVC":
		return "hevc"
	case "V_VP8":
		return "vp8"
	case "V_VP9":
		return "vp9"
	case "V_AV1":
		return "av1"
	case "V_MPEG1":
		return "mpeg1video"
	case "V_MPEG2":
		return "mpeg2video"
	case "V_MPEG4/ISO/SP", "V_MPEG4/ISO/ASP", "V_MPEG4/ISO/AP":
		return "mpeg4"
	case "V_THEORA":
		return "theora"
	case "V_MJPEG":
		return "mjpeg"
	case "A_MPEG/L3":
		return "mp3"
	case "A_MPEG/L2":
		return "mp2"
	case "A_VORBIS":
		return "vorbis"
	case "A_OPUS":
		return "opus"
	case "A_FLAC":
		return "flac"
	case "A_AC3":
		return "ac3"
	case "A_EAC3":
		return "eac3"
	case "A_TRUEHD":
		return "truehd"
	case "A_ALAC":
		return "alac"
	case "A_PCM/INT/LIT":
		return "pcm_s16le"
	}
	switch {
	case strings.HasPrefix(id, "A_AAC"):
		return "aac"
	case strings.HasPrefix(id, "A_DTS"):
		return "dts"
	case strings.HasPrefix(id, "A_AC3"):
		return "ac3"
	}
	return "unknown"
}
