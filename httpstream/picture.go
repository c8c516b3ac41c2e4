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
	// decodeBytes bounds the memory in which a picture is decoded: 16 million pixels of a PNG, 21 million of a JPEG.
	decodeBytes = 64 << 20
	jpegQuality = 85
	// asIsBytes is the largest JPEG that is served as it is stored.
	asIsBytes = 512 << 10
)

var errNoPicture = errors.New("there is no picture")

// background lies under pictures that are transparent.
var background = color.RGBA{24, 28, 38, 255}

// scaledJPEG returns a picture (JPEG, PNG, GIF or WebP) as a JPEG at most width pixels wide and twice as high. What would
// take more than decodeBytes is refused before it is decoded.
func scaledJPEG(data []byte, width int) ([]byte, error) {
	if len(data) == 0 {
		return nil, errNoPicture
	}
	c, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("read a picture: %w", err)
	}
	if c.Width < 1 || c.Height < 1 || int64(c.Width)*int64(c.Height) > decodeBytes/bytesPerPixel(c.ColorModel, format, data) {
		return nil, fmt.Errorf("a picture of %d x %d pixels is too large", c.Width, c.Height)
	}
	w, h := fit(c.Width, c.Height, width)
	if format == "jpeg" && w == c.Width && len(data) <= asIsBytes {
		return data, nil
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("read a picture: %w", err)
	}
	var b bytes.Buffer
	err = jpeg.Encode(&b, scaled(img, w, h), &jpeg.Options{Quality: jpegQuality})
	return b.Bytes(), err
}

// fit returns the size at which a picture fits into width and twice that height, never enlarged.
func fit(w, h, width int) (int, int) {
	scale := min(1, float64(width)/float64(w), float64(2*width)/float64(h))
	return max(1, int(math.Round(float64(w)*scale))), max(1, int(math.Round(float64(h)*scale)))
}

// scaled halves a picture until one more step of less than half is left. Each step averages all the pixels it takes away,
// and none needs memory beyond its result, as a kernel of draw would.
func scaled(img image.Image, w, h int) image.Image {
	for step := 0; ; step++ {
		sw, sh := max(w, (img.Bounds().Dx()+1)/2), max(h, (img.Bounds().Dy()+1)/2)
		dst := image.NewRGBA(image.Rect(0, 0, sw, sh))
		op := draw.Src
		if step == 0 {
			draw.Draw(dst, dst.Bounds(), image.NewUniform(background), image.Point{}, draw.Src)
			op = draw.Over
		}
		draw.ApproxBiLinear.Scale(dst, dst.Bounds(), img, img.Bounds(), op, nil)
		if img = dst; sw == w && sh == h {
			return img
		}
	}
}

// bytesPerPixel is the most that decoding takes for each pixel.
func bytesPerPixel(m color.Model, format string, data []byte) int64 {
	switch {
	case format == "jpeg" && progressive(data):
		return 15 // all coefficients, 32 bits each, beside three bytes of result
	case format == "jpeg" && m == color.CMYKModel:
		return 8
	case m == color.YCbCrModel:
		return 3
	case m == color.RGBA64Model || m == color.NRGBA64Model:
		return 8
	}
	return 4
}

// progressive reports whether a JPEG's frame header is SOF2 (ITU-T T.81, table B.1).
func progressive(data []byte) bool {
	const sof0, sof1, sof2, sos = 0xC0, 0xC1, 0xC2, 0xDA
	for i := 2; i+4 <= len(data) && data[i] == 0xFF; {
		switch marker := data[i+1]; marker {
		case 0xFF: // a fill byte
			i++
		case sof2:
			return true
		case sof0, sof1, sos:
			return false
		default:
			i += 2 + int(data[i+2])<<8 + int(data[i+3])
		}
	}
	return true // nobody knows: take the worst
}
