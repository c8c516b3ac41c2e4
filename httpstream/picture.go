package httpstream

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/gif"
	"image/jpeg"
	_ "image/png"
	"math"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp"
)

const (
	// decodeBytes bounds the memory in which a picture is decoded and halved: that of 9 million pixels of a PNG, 26 million of
	// a usual JPEG, 7 million of a progressive one.
	decodeBytes = 64 << 20
	jpegQuality = 85
	// asIsBytes is the largest JPEG that is served as it is stored.
	asIsBytes = 512 << 10
)

var errNoPicture = errors.New("there is no picture")

// frame is the largest size that a picture may have, in pixels.
type frame struct{ width, height int }

// scaledJPEG returns a picture (JPEG, PNG, GIF or WebP) as a JPEG that fits into a frame, upright. What would take more than
// decodeBytes is not decoded: the small picture that a camera has put into it stands for it, if there is one.
func scaledJPEG(data []byte, into frame) ([]byte, error) {
	if len(data) == 0 {
		return nil, errNoPicture
	}
	c, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("read a picture: %w", err)
	}
	var e exif
	if format == "jpeg" {
		e = readExif(data)
	}
	if c.Width < 1 || c.Height < 1 || decodeCost(c, format, data) > decodeBytes {
		if len(e.thumbnail) > 0 {
			return smallJPEG(e, into)
		}
		return nil, fmt.Errorf("a picture of %d x %d pixels is too large", c.Width, c.Height)
	}
	w, h := into.fit(e.turn, c.Width, c.Height)
	if format == "jpeg" && e.turn == upright && w == c.Width && h == c.Height && len(data) <= asIsBytes {
		return data, nil
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("read a picture: %w", err)
	}
	return encodeJPEG(e.turn.apply(scaled(img, w, h)))
}

// smallJPEG is the small picture in a large one.
func smallJPEG(e exif, into frame) ([]byte, error) {
	c, err := jpeg.DecodeConfig(bytes.NewReader(e.thumbnail))
	if err != nil || c.Width < 1 || c.Height < 1 || decodeCost(c, "jpeg", e.thumbnail) > decodeBytes {
		return nil, errors.New("a picture is too large, and the small one in it cannot be read")
	}
	img, err := jpeg.Decode(bytes.NewReader(e.thumbnail))
	if err != nil {
		return nil, fmt.Errorf("read the small picture in a large one: %w", err)
	}
	w, h := into.fit(e.turn, c.Width, c.Height)
	return encodeJPEG(e.turn.apply(scaled(img, w, h)))
}

func encodeJPEG(img image.Image) ([]byte, error) {
	var b bytes.Buffer
	err := jpeg.Encode(&b, img, &jpeg.Options{Quality: jpegQuality})
	return b.Bytes(), err
}

// fit returns the size to which a picture is scaled, before it is turned, so that it fits into the frame afterwards. Nothing
// is enlarged.
func (f frame) fit(turn orientation, w, h int) (int, int) {
	width, height := f.width, f.height
	if turn.lying() {
		width, height = height, width
	}
	scale := min(1, float64(width)/float64(w), float64(height)/float64(h))
	return max(1, int(math.Round(float64(w)*scale))), max(1, int(math.Round(float64(h)*scale)))
}

// scaled halves a picture until one more step of less than half is left. Each step averages all the pixels it takes away,
// and none needs memory beyond its result, as a kernel of draw would.
func scaled(img image.Image, w, h int) *image.RGBA {
	for step := 0; ; step++ {
		sw, sh := max(w, (img.Bounds().Dx()+1)/2), max(h, (img.Bounds().Dy()+1)/2)
		dst := image.NewRGBA(image.Rect(0, 0, sw, sh))
		op := draw.Src
		if step == 0 {
			underlay := image.NewUniform(color.RGBA{24, 28, 38, 255}) // of what is transparent
			draw.Draw(dst, dst.Bounds(), underlay, image.Point{}, draw.Src)
			op = draw.Over
		}
		draw.ApproxBiLinear.Scale(dst, dst.Bounds(), img, img.Bounds(), op, nil)
		if img = dst; sw == w && sh == h {
			return dst
		}
	}
}

// decodeCost is the most memory that decoding a picture and halving it takes, in bytes.
func decodeCost(c image.Config, format string, data []byte) int64 {
	pixels := int64(c.Width) * int64(c.Height)
	const half = 1 // four bytes for each fourth pixel
	switch {
	case format == "jpeg":
		return pixels * (jpegCost(data) + 16*half) / 16
	case c.ColorModel == color.RGBA64Model || c.ColorModel == color.NRGBA64Model:
		return pixels * (12 + half)
	}
	return pixels * (6 + half) // four, and half as much again for an interlaced PNG or for the alpha of a WebP
}

// jpegCost is what decoding a JPEG takes, in bytes for 16 pixels, read from its frame header (ITU-T T.81, section B.2.2). A
// progressive one needs all its coefficients, of 32 bits, beside its samples.
func jpegCost(data []byte) int64 {
	const (
		sof0, sof1, sof2   = 0xC0, 0xC1, 0xC2
		dht, dqt, dri, com = 0xC4, 0xDB, 0xDD, 0xFE
		app0, app15        = 0xE0, 0xEF
		unknown            = 16 * 4 * 5 // four components, none smaller than the picture, progressive
	)
	for i := 2; i+10 <= len(data) && data[i] == 0xFF; {
		marker := data[i+1]
		switch {
		case marker == 0xFF: // a fill byte
			i++
		case marker == dht || marker == dqt || marker == dri || marker == com || marker >= app0 && marker <= app15:
			i += 2 + int(data[i+2])<<8 + int(data[i+3])
		case marker == sof0 || marker == sof1 || marker == sof2:
			samples := jpegSamples(data[i+9:])
			if samples == 0 {
				return unknown
			}
			if marker == sof2 {
				samples *= 5
			}
			return samples
		default:
			return unknown
		}
	}
	return unknown
}

// jpegSamples reads the components of a frame header, from their number on. It returns how many samples, each of a byte, are
// decoded for 16 pixels; 0 where the header makes no sense.
func jpegSamples(header []byte) int64 {
	components := int(header[0])
	if components < 1 || components > 4 || len(header) < 1+3*components {
		return 0
	}
	var all, largest int64
	for k := range components {
		factors := header[2+3*k]
		blocks := int64(factors>>4) * int64(factors&15)
		all, largest = all+blocks, max(largest, blocks)
	}
	if largest == 0 {
		return 0
	}
	samples := (16*all + largest - 1) / largest
	if components == 4 {
		samples += 4 * 16 // the four are put together for CMYK
	}
	return samples
}
