package probe

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/dhowden/tag"
)

// maxTag bounds each text of a tag, in bytes.
const maxTag = 512

// clean makes every text valid UTF-8, without control characters, and short.
func (t *Tags) clean() {
	for _, p := range []*string{&t.Title, &t.Artist, &t.Album, &t.AlbumArtist, &t.Genre} {
		v := *p
		if len(v) > maxTag {
			v = v[:maxTag]
		}
		v = strings.Map(func(r rune) rune {
			switch {
			case r == 0:
				return ';' // ID3v2.4 separates several values so
			case r < ' ', r == 0x7f, r == 0xfffd:
				return -1
			}
			return r
		}, strings.ToValidUTF8(v, ""))
		*p = strings.Trim(v, " ;")
	}
	t.Year, t.Track, t.Disc = plausible(t.Year, 9999), plausible(t.Track, 9999), plausible(t.Disc, 999)
}

// set takes one field of a Vorbis comment or of what is like it. The first value of a field counts.
func (t *Tags) set(name, value string) {
	text := func(p *string) {
		if *p == "" {
			*p = value
		}
	}
	number := func(p *int) {
		if *p == 0 {
			*p = leadingNumber(value)
		}
	}
	switch strings.ToUpper(name) {
	case "TITLE":
		text(&t.Title)
	case "ARTIST":
		text(&t.Artist)
	case "ALBUM":
		text(&t.Album)
	case "ALBUMARTIST", "ALBUM ARTIST", "ALBUM_ARTIST":
		text(&t.AlbumArtist)
	case "GENRE":
		text(&t.Genre)
	case "DATE", "YEAR":
		number(&t.Year)
	case "TRACKNUMBER", "TRACK":
		number(&t.Track)
	case "DISCNUMBER", "DISC":
		number(&t.Disc)
	}
}

// leadingNumber reads "3" from "3/12" and 1999 from "1999-05-01".
func leadingNumber(s string) int {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	n, _ := strconv.Atoi(s[:i])
	return n
}

// readVorbisComment reads a comment block (Vorbis I specification, section 5). What cannot be read is left out: a file's
// tags are no reason to call it broken.
func readVorbisComment(s *source, info *Info, off, size int64) {
	end := off + size
	length := func() int64 {
		b, err := s.bytes(off, 4)
		if err != nil {
			return -1
		}
		off += 4
		return le32(b)
	}
	vendor := length()
	if vendor < 0 || off+vendor > end {
		return
	}
	off += vendor
	count := length()
	for range min(max(count, 0), 1000) {
		n := length()
		if n < 0 || off+n > end {
			return
		}
		b, err := s.bytes(off, int(min(n, maxTag+64)))
		if err != nil {
			return
		}
		if name, value, ok := strings.Cut(string(b), "="); ok {
			if strings.EqualFold(name, "METADATA_BLOCK_PICTURE") {
				info.Picture = true
			} else {
				info.Tags.set(name, value)
			}
		}
		off += n
	}
}

// readID3 reads the ID3 tags of an MP3. Broken tags are no tags.
func readID3(s *source, info *Info) {
	var r io.ReadSeeker = &tagReader{s: s}
	if texts, picture, ok := textFrames(s); ok {
		r, info.Picture = bytes.NewReader(texts), picture
	}
	m, err := id3(r)
	if err != nil || m == nil {
		return
	}
	t := &info.Tags
	t.Title, t.Artist, t.Album, t.AlbumArtist = m.Title(), m.Artist(), m.Album(), m.AlbumArtist()
	t.Genre, t.Year = m.Genre(), m.Year()
	t.Track, _ = m.Track()
	t.Disc, _ = m.Disc()
}

const (
	maxFrames = 2000     // of an ID3v2 tag that are looked at
	maxText   = 4 << 10  // bytes of a text frame
	maxTexts  = 64 << 10 // of all of them
)

// textFrames returns an ID3v2 tag of the same version with nothing but the texts of the first one in the file, so that the tag
// library never sees the pictures, which it would hold in memory, nor more than maxTexts. ok is false where the file begins
// with none.
func textFrames(s *source) (tag []byte, picture, ok bool) {
	var texts []byte
	version, ok := id3Frames(s, maxTexts, func(in *source, id string, off, size int64) bool {
		if id == "APIC" || id == "PIC" {
			picture = picture || size > 0
		}
		if id[0] != 'T' || size > maxText {
			return true
		}
		b, err := in.bytes(off, int(size))
		if err == nil {
			texts = append(texts, b...)
		}
		return err == nil && len(texts) < maxTexts
	})
	return id3Tagged(version, texts), picture, ok
}

// id3Tagged puts frames into a tag.
func id3Tagged(version byte, frames []byte) []byte {
	n := len(frames)
	tag := []byte{'I', 'D', '3', version, 0, 0, byte(n >> 21 & 0x7f), byte(n >> 14 & 0x7f), byte(n >> 7 & 0x7f), byte(n & 0x7f)}
	return append(tag, frames...)
}

// id3Frames calls f for the frames of the first ID3v2 tag, whole with their headers, until it returns false. Of a tag in which
// a 0 was put behind every 255, so that no sound shows in it, only the first most bytes are looked at; in is what they were
// made to. ok is false where the file begins with no tag.
func id3Frames(s *source, most int64, f func(in *source, id string, off, size int64) bool) (version byte, ok bool) {
	h, err := s.bytes(0, 10)
	if err != nil || string(h[:3]) != "ID3" || h[3] < 2 || h[3] > 4 {
		return 0, false
	}
	version, flags, end := h[3], h[5], 10+synchsafe(h[6:])
	if version < 4 && flags&0x80 != 0 {
		whole := make([]byte, min(end, most, s.size))
		if n, err := s.r.ReadAt(whole, 0); n < len(whole) {
			return version, err == io.EOF
		}
		s.left -= len(whole)
		whole = bytes.ReplaceAll(whole, []byte{0xff, 0}, []byte{0xff})
		whole[5] &^= 0x80
		return id3Frames(newSource(bytes.NewReader(whole), int64(len(whole))), most, f)
	}
	off := int64(10)
	if version > 2 && flags&0x40 != 0 { // an extended header
		b, err := s.bytes(off, 4)
		if err != nil {
			return version, true
		}
		if version == 3 {
			off += 4 + be32(b)
		} else {
			off += synchsafe(b)
		}
	}
	for range maxFrames {
		id, size, ok := id3Frame(s, off, version)
		if !ok || !f(s, id, off, size) || off+size > end {
			break
		}
		off += size
	}
	return version, true
}

// id3Frame reads the header of a frame, and tells the size of both; ok is false for none.
func id3Frame(s *source, off int64, version byte) (id string, size int64, ok bool) {
	if version == 2 {
		b, err := s.bytes(off, 6)
		if err != nil || b[0] == 0 {
			return "", 0, false
		}
		return string(b[:3]), 6 + (int64(b[3])<<16 | int64(b[4])<<8 | int64(b[5])), true
	}
	b, err := s.bytes(off, 10)
	if err != nil || b[0] == 0 {
		return "", 0, false
	}
	if version == 3 {
		return string(b[:4]), 10 + be32(b[4:]), true
	}
	return string(b[:4]), 10 + synchsafe(b[4:]), true
}

// synchsafe reads a number of four times seven bits.
func synchsafe(b []byte) int64 {
	return int64(b[0]&0x7f)<<21 | int64(b[1]&0x7f)<<14 | int64(b[2]&0x7f)<<7 | int64(b[3]&0x7f)
}

// id3 guards against what the tag library does with broken tags: it panics on some.
func id3(r io.ReadSeeker) (m tag.Metadata, err error) {
	defer func() {
		if p := recover(); p != nil {
			m, err = nil, errors.New("the tags are broken")
		}
	}()
	return tag.ReadFrom(r)
}

// tagReader lets the tag library read a source.
type tagReader struct {
	s   *source
	off int64
}

func (r *tagReader) Read(p []byte) (int, error) {
	b, err := r.s.upTo(r.off, min(len(p), 32<<10))
	if err == nil && len(b) == 0 && len(p) > 0 {
		err = io.EOF
	}
	r.off += int64(len(b))
	return copy(p, b), err
}

func (r *tagReader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.off
	case io.SeekEnd:
		offset += r.s.size
	}
	if offset < 0 {
		return 0, errors.New("seek before the beginning")
	}
	r.off = offset
	return offset, nil
}
