package httpstream

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"localcast/bridge/media"
)

// quarters is a picture whose quarters are red, green, blue and transparent.
func quarters(w, h int) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			switch {
			case y < h/2 && x < w/2:
				img.Set(x, y, color.NRGBA{200, 0, 0, 255})
			case y < h/2:
				img.Set(x, y, color.NRGBA{0, 200, 0, 255})
			case x < w/2:
				img.Set(x, y, color.NRGBA{0, 0, 200, 255})
			}
		}
	}
	return img
}

func encode(t testing.TB, format string, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch format {
	case "png":
		err = png.Encode(&b, img)
	case "gif":
		err = gif.Encode(&b, img, nil)
	case "jpeg":
		err = jpeg.Encode(&b, img, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// hugePNG is the beginning of a PNG of n x n pixels.
func hugePNG(n uint32) []byte {
	header := binary.BigEndian.AppendUint32([]byte("IHDR"), n)
	header = binary.BigEndian.AppendUint32(header, n)
	header = append(header, 8, 2, 0, 0, 0)
	b := []byte("\x89PNG\r\n\x1a\n")
	for _, chunk := range [][]byte{header, []byte("IDAT\x78\x9c")} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(chunk)-4))
		b = binary.BigEndian.AppendUint32(append(b, chunk...), crc32.ChecksumIEEE(chunk))
	}
	return b
}

func TestPictures(t *testing.T) {
	files := newShelf(t)
	s := start(t, Config{}, files)
	_, stand := get(t, s.Artwork(media.Item{}, "")+"?w=200")
	rows := []struct {
		about   string
		cover   []byte
		query   string
		w, h    int
		neutral bool
	}{
		{"a PNG as it is", encode(t, "png", quarters(300, 200)), "", 300, 200, false},
		{"scaled down", encode(t, "png", quarters(300, 200)), "?w=150", 150, 100, false},
		{"scaled down much", encode(t, "png", quarters(600, 400)), "?w=30", 30, 20, false},
		{"to an odd size", encode(t, "jpeg", quarters(301, 199)), "?w=100", 100, 66, false},
		{"never enlarged", encode(t, "png", quarters(30, 20)), "?w=600", 30, 20, false},
		{"a GIF", encode(t, "gif", quarters(30, 20)), "", 30, 20, false},
		{"at most 1280", encode(t, "jpeg", quarters(2000, 50)), "", 1280, 32, false},
		{"wider than can be asked for", encode(t, "jpeg", quarters(2000, 50)), "?w=99999999999999999999", 1280, 32, false},
		{"narrower than can be asked for", encode(t, "png", quarters(300, 200)), "?w=1", 16, 11, false},
		{"very high", encode(t, "png", quarters(10, 5000)), "?w=100", 1, 200, false},
		{"very wide", encode(t, "png", quarters(5000, 2)), "?w=100", 100, 1, false},
		{"none", nil, "?w=200", 200, 200, true},
		{"no picture", []byte("no picture at all"), "?w=200", 200, 200, true},
		{"a picture that ends too early", encode(t, "png", quarters(300, 200))[:200], "?w=200", 200, 200, true},
		{"a PNG of 20,000 x 20,000", hugePNG(20_000), "?w=200", 200, 200, true},
		{"a PNG of 4,000,000,000 x 4,000,000,000", hugePNG(4_000_000_000), "?w=200", 200, 200, true},
		{"a PNG of 0 x 0", hugePNG(0), "?w=200", 200, 200, true},
	}
	for _, row := range rows {
		t.Run(row.about, func(t *testing.T) {
			item := files.put(t, media.Item{ID: film, HasArtwork: true}, nil)
			files.mu.Lock()
			files.covers[film] = [][]byte{row.cover}
			files.mu.Unlock()
			url := s.Artwork(item, "") + row.query
			resp, body := get(t, url)
			img, err := jpeg.Decode(bytes.NewReader(body))
			if err != nil || resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "image/jpeg" {
				t.Fatalf("%s, %v, %v", resp.Status, resp.Header, err)
			}
			if size := img.Bounds().Size(); size != image.Pt(row.w, row.h) {
				t.Errorf("the picture is %v, want %d x %d", size, row.w, row.h)
			}
			if isNeutral := bytes.Equal(body, stand); isNeutral != row.neutral {
				t.Errorf("the neutral picture: %v, want %v", isNeutral, row.neutral)
			}
			if again, _ := ask(t, "GET", url, "If-None-Match", resp.Header.Get("ETag")); again.StatusCode != 304 {
				t.Errorf("asked for again: %s", again.Status)
			}
		})
	}
}

func TestAHugePictureIsRefusedBeforeItIsDecoded(t *testing.T) {
	picture := hugePNG(20_000)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := scaledJPEG(picture, frame{1280, 2560})
	runtime.ReadMemStats(&after)
	if allocated := after.TotalAlloc - before.TotalAlloc; err == nil || allocated > 1<<20 {
		t.Errorf("%d bytes were allocated, %v", allocated, err)
	}
}

func TestScalingKeepsThePicture(t *testing.T) {
	for _, size := range []image.Point{{300, 200}, {301, 203}, {600, 450}, {64, 64}} {
		w, h := frame{64, 128}.fit(upright, size.X, size.Y)
		got := scaled(quarters(size.X, size.Y), w, h)
		for _, c := range []struct {
			x, y int
			want color.RGBA
		}{
			{w / 4, h / 4, color.RGBA{200, 0, 0, 255}}, {3 * w / 4, h / 4, color.RGBA{0, 200, 0, 255}},
			{w / 4, 3 * h / 4, color.RGBA{0, 0, 200, 255}}, {3 * w / 4, 3 * h / 4, color.RGBA{24, 28, 38, 255}},
		} {
			if got.At(c.x, c.y) != c.want {
				t.Errorf("%v: the pixel at %d, %d is %v, want %v", size, c.x, c.y, got.At(c.x, c.y), c.want)
			}
		}
	}
}

// TestWhatDecodingCosts: frame headers as in ITU-T T.81, section B.2.2.
func TestWhatDecodingCosts(t *testing.T) {
	const start, tables = "\xff\xd8", "\xff\xe0\x00\x04ab\xff\xff\xdb\x00\x03c"
	frame := func(marker, components string) string {
		return "\xff" + marker + "\x00\x11\x08\x00\x10\x00\x10" + string(rune(len(components)/3)) + components
	}
	const ycc420, ycc444, gray, cmyk = "\x01\x22\x00\x02\x11\x01\x03\x11\x01", "\x01\x11\x00\x02\x11\x01\x03\x11\x01", "\x01\x11\x00",
		"\x01\x11\x00\x02\x11\x01\x03\x11\x01\x04\x11\x01"
	const unknown = 320
	rows := []struct {
		about, data string
		want        int64 // bytes for 16 pixels
	}{
		{"the usual", start + tables + frame("\xc0", ycc420), 24},
		{"all colours whole", start + tables + frame("\xc1", ycc444), 48},
		{"grey", start + frame("\xc0", gray), 16},
		{"CMYK", start + frame("\xc0", cmyk), 64 + 64},
		{"progressive", start + tables + frame("\xc2", ycc420), 24 * 5},
		{"a frame behind a marker without length", start + "\xff\xd0\xff\xc2" + frame("\xc0", gray), unknown},
		{"no frame before the scan", start + tables + "\xff\xda" + frame("\xc0", gray), unknown},
		{"a frame without components", start + frame("\xc0", "") + "more", unknown},
		{"a frame that ends too early", start + frame("\xc0", ycc420)[:14], unknown},
		{"sampling factors of zero", start + frame("\xc0", "\x01\x00\x00"), unknown},
		{"nothing", "", unknown},
	}
	for _, row := range rows {
		t.Run(row.about, func(t *testing.T) {
			if got := jpegCost([]byte(row.data)); got != row.want {
				t.Errorf("jpegCost = %d, want %d", got, row.want)
			}
		})
	}
}

func TestWhatIsNoPictureOfOurs(t *testing.T) {
	s := start(t, Config{}, newShelf(t))
	neutralURL := s.Artwork(media.Item{}, "")
	gone := s.Artwork(media.Item{ID: film, HasArtwork: true}, "")
	for url, want := range map[string]int{
		neutralURL:           200,
		neutralURL + "?w=64": 200,
		neutralURL + "?w=x":  400,
		neutralURL + "x.jpg": 200,
		strings.Replace(neutralURL, "none.", "nine.", 1): 403,
		gone: 404,
	} {
		if resp, _ := get(t, url); resp.StatusCode != want {
			t.Errorf("GET %s: %s, want %d", url, resp.Status, want)
		}
	}
	if resp, body := ask(t, http.MethodHead, neutralURL); resp.StatusCode != 200 || len(body) != 0 || resp.ContentLength < 1000 {
		t.Errorf("HEAD: %s, %d", resp.Status, resp.ContentLength)
	}
}

func FuzzScaledJPEG(f *testing.F) {
	f.Add(encode(f, "png", quarters(20, 10)), 16)
	f.Add(encode(f, "jpeg", quarters(20, 10)), 16)
	f.Add(encode(f, "gif", quarters(20, 10)), 1280)
	f.Fuzz(func(t *testing.T, data []byte, width int) {
		width = min(max(width, minWidth), maxWidth)
		out, err := scaledJPEG(data, frame{width, 2 * width})
		if err != nil {
			return
		}
		c, err := jpeg.DecodeConfig(bytes.NewReader(out))
		if err != nil || c.Width > width || c.Height > 2*width {
			t.Errorf("%d x %d for a width of %d, %v", c.Width, c.Height, width, err)
		}
	})
}
