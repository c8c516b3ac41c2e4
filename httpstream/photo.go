package httpstream

import (
	"bytes"
	"context"
	"image"
	"slices"

	"localcast/bridge/media"
)

// Devices show pictures no larger than this, whatever the screen, and take their time over larger ones or give up. Not all
// know how a picture is turned.
const (
	screenWidth  = 1920
	screenHeight = 1080
	screenBytes  = 4 << 20
)

// screened returns a photo as it is shown on a screen: upright and no larger than that. ok is false for what is served as it
// is stored, because it fits already or cannot be scaled, and for all that is no photo.
func (s *Server) screened(ctx context.Context, item media.Item) (p picture, ok bool) {
	if item.Kind != media.Image {
		return picture{}, false
	}
	ctx, cancel := context.WithTimeout(ctx, artworkTimeout)
	defer cancel()
	err := s.decode(ctx, func() error {
		return s.files.Cover(ctx, item.ID, func(data []byte) bool {
			if fitsScreen(data) {
				return true
			}
			jpeg, err := s.scaled(data, frame{screenWidth, screenHeight})
			if err != nil {
				s.log.Debug("a photo is served as it is", "item", item.ID, "err", err)
				return true
			}
			p.jpeg = jpeg
			return true
		})
	})
	return p, err == nil && p.jpeg != nil
}

// fitsScreen reports whether a picture can be shown as it is, or is at least not to be scaled: it may move, or be so large
// that scaling would take too much memory.
func fitsScreen(data []byte) bool {
	c, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || !slices.Contains([]string{"jpeg", "png", "webp"}, format) || decodeCost(c, format, data) > decodeBytes {
		return true
	}
	turned := format == "jpeg" && readExif(data).turn != upright
	return c.Width <= screenWidth && c.Height <= screenHeight && len(data) <= screenBytes && !turned
}
