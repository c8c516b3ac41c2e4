// Package probe tells what a media file is: its container, duration, codecs, picture size, channels, tags and cover. It
// reads a few KB of a file, at most Budget, takes no more memory than that, and trusts no length that a file states. It opens
// nothing, writes nothing, and decodes no sound and no film. What it cannot look into, ffprobe may tell: see ParseFFprobe.
//
// The formats are those of ISO/IEC 14496-12 and -14 (MP4), RFC 9559 (Matroska), RFC 9639 (FLAC), RFC 3533 (Ogg), the
// Microsoft RIFF/WAVE documents, ISO/IEC 11172-3 with the Xing and VBRI headers (MP3) and ID3v2.
package probe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Budget is how many bytes Read takes from a file at most.
const Budget = 1 << 20

// ErrUnknown says that the file is of no format this package reads. That is no fault of the file. Its container may be known
// all the same.
var ErrUnknown = errors.New("not a format that can be looked into")

// Info is what a file tells of itself. "" and 0 are unknown.
type Info struct {
	// Format is mp4, quicktime, matroska, webm, mp3, flac, ogg, wav, jpeg, png, gif, webp, bmp; and with ErrUnknown mpegts, avi,
	// asf, flv, mpeg, aiff, aac.
	Format      string
	ContentType string // the MIME type for the container and whether it holds film or only sound

	Duration               float64 // seconds
	VideoCodec, AudioCodec string  // as ffprobe calls them: h264, hevc, aac, mp3, opus, flac, pcm_s16le
	Width, Height          int     // pixels
	Channels               int
	// Languages are those of the sound tracks, as the file names them: "eng,ger". Subtitles are those of the text tracks in it.
	Languages, Subtitles string

	Tags    Tags
	Picture bool // a cover is embedded
}

// Tags is what the tags of a file say. They are valid UTF-8 and at most a few hundred bytes each.
type Tags struct {
	Title, Artist, Album, AlbumArtist, Genre string
	Year, Track, Disc                        int
}

// Read looks into a file of the given size. With an error other than ErrUnknown, the file is broken or does not answer; what
// was learnt until then stands in Info. It never panics.
func Read(r io.ReaderAt, size int64) (info Info, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the reader of %q failed: %v", info.Format, p)
		}
	}()
	s := newSource(r, size)
	head, err := s.upTo(0, 64)
	if err != nil {
		return info, err
	}
	err = readerOf(head)(s, &info)
	info.Tags.clean()
	if !(info.Duration >= 0 && info.Duration < maxDuration) { // NaN too
		info.Duration = 0
	}
	info.Width, info.Height = plausible(info.Width, 1<<16), plausible(info.Height, 1<<16)
	info.Channels = plausible(info.Channels, 255)
	return info, err
}

// maxDuration is beyond every real file: a hundred days.
const maxDuration = 100 * 24 * 3600

func plausible(n, most int) int {
	if n < 0 || n > most {
		return 0
	}
	return n
}

// readerOf chooses the reader by a file's first bytes; names of files lie.
func readerOf(head []byte) func(*source, *Info) error {
	has := func(at int, magic string) bool {
		return len(head) >= at+len(magic) && string(head[at:at+len(magic)]) == magic
	}
	switch {
	case has(4, "ftyp"), has(4, "moov"), has(4, "mdat"), has(4, "wide"), has(4, "free"), has(4, "skip"):
		return readMP4
	case has(0, "\x1aE\xdf\xa3"):
		return readMatroska
	case has(0, "fLaC"):
		return readFLAC
	case has(0, "OggS"):
		return readOgg
	case has(0, "RIFF") && has(8, "WAVE"), has(0, "RF64") && has(8, "WAVE"):
		return readWAV
	case has(0, "\xff\xd8\xff"), has(0, "\x89PNG\r\n\x1a\n"), has(0, "GIF8"), has(0, "BM"), has(0, "RIFF") && has(8, "WEBP"):
		return readPicture
	case has(0, "ID3"), len(head) >= 2 && head[0] == 0xff && head[1]&0xe0 == 0xe0 && head[1]&6 != 0:
		return readMP3
	}
	return readForeign
}

// readForeign names the containers that this package does not look into.
func readForeign(s *source, info *Info) error {
	head, err := s.upTo(0, 4*204+1)
	if err != nil {
		return err
	}
	has := func(at int, magic string) bool {
		return len(head) >= at+len(magic) && string(head[at:at+len(magic)]) == magic
	}
	switch {
	case has(0, "RIFF") && has(8, "AVI "):
		info.Format, info.ContentType = "avi", "video/x-msvideo"
	case has(0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11"):
		info.Format = "asf"
	case has(0, "FLV\x01"):
		info.Format, info.ContentType = "flv", "video/x-flv"
	case has(0, "\x00\x00\x01\xba"), has(0, "\x00\x00\x01\xb3"):
		info.Format, info.ContentType = "mpeg", "video/mpeg"
	case has(0, "FORM") && (has(8, "AIFF") || has(8, "AIFC")):
		info.Format, info.ContentType = "aiff", "audio/aiff"
	case len(head) > 1 && head[0] == 0xff && head[1]&0xf6 == 0xf0:
		info.Format, info.ContentType = "aac", "audio/aac"
	case transportStream(head):
		info.Format, info.ContentType = "mpegts", "video/mp2t"
	}
	return ErrUnknown
}

// transportStream reports whether a file begins with packets of ISO/IEC 13818-1: of 188 bytes, of 192 on discs, of 204 with
// error correction. Each begins with 0x47.
func transportStream(head []byte) bool {
	for _, form := range [][2]int{{0, 188}, {4, 192}, {0, 204}} {
		at, step := form[0], form[1]
		packets := 0
		for ; at < len(head) && head[at] == 0x47; at += step {
			packets++
		}
		if packets >= 2 && at >= len(head) {
			return true
		}
	}
	return false
}

// addLanguage notes a track's language in a list of them.
func addLanguage(list *string, language string) {
	if language == "" || language == "und" || len(language) > 16 || len(*list) > 128 {
		return
	}
	for _, c := range []byte(language) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' {
			return
		}
	}
	if slices.Contains(strings.Split(*list, ","), language) {
		return
	}
	*list = strings.TrimPrefix(*list+","+language, ",")
}

// source reads from a file within the budget, in blocks, since a system call for every few bytes is slow.
type source struct {
	r     io.ReaderAt
	size  int64
	left  int // bytes that may still be read
	block []byte
	at    int64 // where block begins
}

const blockSize = 4 << 10

var errBudget = errors.New("what is looked for lies too deep in the file")

func newSource(r io.ReaderAt, size int64) *source { return &source{r: r, size: size, left: Budget} }

// bytes returns exactly n bytes from off; they are valid until the next call.
func (s *source) bytes(off int64, n int) ([]byte, error) {
	b, err := s.upTo(off, n)
	if err == nil && len(b) < n {
		err = fmt.Errorf("the file ends within what was announced: %w", io.ErrUnexpectedEOF)
	}
	return b, err
}

// upTo returns n bytes from off, or fewer at the end of the file; they are valid until the next call.
func (s *source) upTo(off int64, n int) ([]byte, error) {
	if off < 0 || n < 0 || n > Budget {
		return nil, fmt.Errorf("a length of %d bytes at %d makes no sense", n, off)
	}
	if off >= s.size {
		return nil, nil
	}
	n = int(min(int64(n), s.size-off))
	if off >= s.at && off+int64(n) <= s.at+int64(len(s.block)) {
		return s.block[off-s.at:][:n], nil
	}
	want := int(min(int64(max(n, blockSize)), s.size-off))
	if want > s.left {
		want = n
	}
	if want > s.left {
		return nil, errBudget
	}
	if cap(s.block) < want {
		s.block = make([]byte, want)
	}
	s.block, s.at = s.block[:want], off
	got, err := s.r.ReadAt(s.block, off)
	s.block = s.block[:got]
	s.left -= got
	if err != nil && err != io.EOF {
		return nil, err
	}
	return s.block[:min(n, got)], nil
}

func be16(b []byte) int    { return int(binary.BigEndian.Uint16(b)) }
func be32(b []byte) int64  { return int64(binary.BigEndian.Uint32(b)) }
func le16(b []byte) int    { return int(binary.LittleEndian.Uint16(b)) }
func le32(b []byte) int64  { return int64(binary.LittleEndian.Uint32(b)) }
func be64(b []byte) uint64 { return binary.BigEndian.Uint64(b) }
