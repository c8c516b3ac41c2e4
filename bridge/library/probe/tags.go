package probe

import (
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
	m, err := id3(&tagReader{s: s, skip: true})
	if err != nil || m == nil {
		return
	}
	t := &info.Tags
	t.Title, t.Artist, t.Album, t.AlbumArtist = m.Title(), m.Artist(), m.Album(), m.AlbumArtist()
	t.Genre, t.Year = m.Genre(), m.Year()
	t.Track, _ = m.Track()
	t.Disc, _ = m.Disc()
	info.Picture = m.Picture() != nil
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

// tagReader lets the tag library read a source. With skip it does not read pictures from the disk: a Read that asks for
// more than a text can be gets zeros.
type tagReader struct {
	s    *source
	off  int64
	skip bool
}

const longestText = 32 << 10

func (r *tagReader) Read(p []byte) (int, error) {
	if r.skip && len(p) > longestText && r.off+int64(len(p)) <= r.s.size {
		clear(p)
		r.off += int64(len(p))
		return len(p), nil
	}
	b, err := r.s.upTo(r.off, min(len(p), longestText))
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
