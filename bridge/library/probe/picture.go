package probe

import (
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/bmp"
	"golang.org/x/image/webp"
)

// readPicture reads a picture's size; nothing is decoded.
func readPicture(s *source, info *Info) error {
	head, err := s.bytes(0, 12)
	if err != nil {
		return err
	}
	var size func(io.Reader) (image.Config, error)
	switch head[0] {
	case 0xff:
		info.Format, size = "jpeg", jpeg.DecodeConfig
	case 0x89:
		info.Format, size = "png", png.DecodeConfig
	case 'G':
		info.Format, size = "gif", gif.DecodeConfig
	case 'B':
		info.Format, size = "bmp", bmp.DecodeConfig
	default:
		info.Format, size = "webp", webp.DecodeConfig
	}
	info.ContentType = "image/" + info.Format
	c, err := size(&stream{s: s})
	if err != nil {
		return fmt.Errorf("not a %s: %w", info.Format, err)
	}
	info.Width, info.Height = c.Width, c.Height
	return nil
}

// stream reads a source from its beginning.
type stream struct {
	s   *source
	off int64
}

func (r *stream) Read(p []byte) (int, error) {
	b, err := r.s.upTo(r.off, min(len(p), blockSize))
	if err == nil && len(b) == 0 && len(p) > 0 {
		err = io.EOF
	}
	r.off += int64(len(b))
	return copy(p, b), err
}
