package httpstream

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
)

// neutralWidth is the largest size of the neutral picture, which is square.
const neutralWidth = 640

// neutralJPEG draws the picture for what has none: a play sign in a ring, on an evening sky.
func neutralJPEG(width int) []byte {
	n := min(width, neutralWidth)
	img := image.NewRGBA(image.Rect(0, 0, n, n))
	for y := range n {
		for x := range n {
			// Both run from -1 to 1 across the picture.
			img.SetRGBA(x, y, neutralColor(2*(float64(x)+0.5)/float64(n)-1, 2*(float64(y)+0.5)/float64(n)-1, 2/float64(n)))
		}
	}
	var b bytes.Buffer
	// Encoding an RGBA image into memory cannot fail.
	_ = jpeg.Encode(&b, img, &jpeg.Options{Quality: jpegQuality})
	return b.Bytes()
}

// neutralColor is the colour at a point; edges are as soft as a pixel is wide.
func neutralColor(x, y, pixel float64) color.RGBA {
	inside := func(distance float64) float64 { return min(1, max(0, 0.5-distance/pixel)) }
	ring := inside(math.Abs(math.Hypot(x, y)-0.46) - 0.025)
	// The triangle is where three half planes meet.
	tx := x + 0.03
	sign := inside(max(-tx-0.13, 0.5*tx+0.866*math.Abs(y)-0.13))
	light := 0.85 * max(ring, sign)
	down := (y + 1) / 2
	mix := func(top, bottom float64) uint8 {
		base := top + (bottom-top)*down
		return uint8(base + (235-base)*light)
	}
	return color.RGBA{mix(30, 62), mix(36, 78), mix(58, 112), 255}
}
