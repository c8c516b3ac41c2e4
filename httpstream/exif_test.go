package httpstream

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"net/http"
	"os"
	"testing"

	"localcast/bridge/media"
)

// withExif is a JPEG that says how it is to be turned and, if there is one, holds a small picture.
func withExif(data []byte, order binary.AppendByteOrder, turn uint16, thumbnail []byte) []byte {
	b := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		b = []byte("MM\x00*")
	}
	b = order.AppendUint32(b, 8)
	entry := func(tag, kind uint16, value uint32) {
		b = order.AppendUint16(order.AppendUint16(b, tag), kind)
		b = order.AppendUint32(b, 1)
		if kind == 3 {
			b = order.AppendUint16(order.AppendUint16(b, uint16(value)), 0)
		} else {
			b = order.AppendUint32(b, value)
		}
	}
	b = order.AppendUint16(b, 2)
	entry(0x010f, 2, 0)
	entry(tagOrientation, 3, uint32(turn))
	second := uint32(len(b) + 4)
	b = order.AppendUint32(b, second)
	b = order.AppendUint16(b, 2)
	entry(tagThumbnail, 4, second+2+24+4)
	entry(tagThumbnailLength, 4, uint32(len(thumbnail)))
	b = append(order.AppendUint32(b, 0), thumbnail...)

	block := append([]byte("Exif\x00\x00"), b...)
	out := append([]byte{}, data[:2]...)
	out = append(out, 0xFF, 0xE1)
	out = binary.BigEndian.AppendUint16(out, uint16(len(block)+2))
	return append(append(out, block...), data[2:]...)
}

// TestPicturesAreTurnedUpright: each of the eight orientations (CIPA DC-008, tag 274) of one upright picture, which is red,
// green, blue and dark.
func TestPicturesAreTurnedUpright(t *testing.T) {
	const w, h = 160, 96
	want := quarters(w, h)
	for turn := uint16(0); turn <= 9; turn++ {
		// What has to be turned is made by the opposite turn.
		back := map[uint16]orientation{2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}[turn]
		stored := back.apply(scaled(want, w, h))
		var order binary.AppendByteOrder = binary.LittleEndian
		if turn%2 == 1 {
			order = binary.BigEndian
		}
		got, err := scaledJPEG(withExif(encode(t, "jpeg", stored), order, turn, nil), frame{w / 2, h / 2})
		if err != nil {
			t.Fatal(err)
		}
		img, err := jpeg.Decode(bytes.NewReader(got))
		if err != nil || img.Bounds().Dx() != w/2 || img.Bounds().Dy() != h/2 {
			t.Fatalf("turn %d: %v, %v", turn, img.Bounds(), err)
		}
		for _, at := range []image.Point{{w / 8, h / 8}, {3 * w / 8, h / 8}, {w / 8, 3 * h / 8}, {3 * w / 8, 3 * h / 8}} {
			r, g, b, _ := img.At(at.X, at.Y).RGBA()
			wr, wg, wb, _ := scaled(want, w/2, h/2).At(at.X, at.Y).RGBA()
			if far(r, wr) || far(g, wg) || far(b, wb) {
				t.Errorf("turn %d: at %v it is %v", turn, at, color.RGBAModel.Convert(img.At(at.X, at.Y)))
			}
		}
	}
}

func far(a, b uint32) bool { return max(a, b)-min(a, b) > 0x1800 }

// TestTheSmallPictureInALargeOne stands for it where decoding would take too much.
func TestTheSmallPictureInALargeOne(t *testing.T) {
	large := encode(t, "jpeg", quarters(16, 16))
	at := bytes.Index(large, []byte{0xFF, 0xC0}) + 5 // the frame's height and width
	copy(large[at:], []byte{0x4E, 0x20, 0x4E, 0x20}) // 20,000 x 20,000
	small := encode(t, "jpeg", quarters(32, 24))
	got, err := scaledJPEG(withExif(large, binary.LittleEndian, 6, small), frame{1280, 2560})
	if err != nil {
		t.Fatal(err)
	}
	if c, err := jpeg.DecodeConfig(bytes.NewReader(got)); err != nil || c.Width != 24 || c.Height != 32 {
		t.Errorf("%d x %d, %v", c.Width, c.Height, err)
	}
	for about, thumbnail := range map[string][]byte{"none": nil, "a broken one": []byte("broken"), "one that is too large as well": large} {
		if got, err := scaledJPEG(withExif(large, binary.LittleEndian, 6, thumbnail), frame{1280, 2560}); err == nil {
			t.Errorf("%s: %d bytes", about, len(got))
		}
	}
}

func TestPhotosAsMedia(t *testing.T) {
	files := newShelf(t)
	s := start(t, Config{}, files)
	plain := encode(t, "jpeg", quarters(300, 200))
	for _, row := range []struct {
		about       string
		data        []byte
		contentType string // of the item
		w, h        int    // 0: as it is stored
	}{
		{"one that fits the screen", plain, "image/jpeg", 0, 0},
		{"a large one", encode(t, "jpeg", image.NewGray(image.Rect(0, 0, 2000, 300))), "image/jpeg", 1920, 288},
		{"a high one", encode(t, "png", image.NewGray(image.Rect(0, 0, 300, 1200))), "image/png", 270, 1080},
		{"one that lies on its side", withExif(plain, binary.LittleEndian, 6, nil), "image/jpeg", 200, 300},
		{"a large one that lies on its side", withExif(encode(t, "jpeg", image.NewGray(image.Rect(0, 0, 2000, 400))), binary.LittleEndian, 8, nil),
			"image/jpeg", 216, 1080},
		{"one that may move", encode(t, "gif", image.NewGray(image.Rect(0, 0, 2000, 10))), "image/gif", 0, 0},
		{"one that would take too much memory", hugePNG(20_000), "image/png", 0, 0},
		{"one that is broken", plain[:len(plain)/2], "image/jpeg", 0, 0},
		{"one of another format", []byte("BM......"), "image/bmp", 0, 0},
	} {
		t.Run(row.about, func(t *testing.T) {
			item := files.put(t, media.Item{ID: film, Kind: media.Image, ContentType: row.contentType, Path: "a/b.jpg"}, row.data)
			resp, body := ask(t, http.MethodGet, mediaURL(t, s, item), "Range", "bytes=0-")
			if row.w == 0 {
				if resp.StatusCode != http.StatusPartialContent || !bytes.Equal(body, row.data) || resp.Header.Get("Content-Type") != row.contentType {
					t.Errorf("%s, %d bytes of %s", resp.Status, len(body), resp.Header.Get("Content-Type"))
				}
				return
			}
			c, err := jpeg.DecodeConfig(bytes.NewReader(body))
			if err != nil || resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "image/jpeg" || c.Width != row.w || c.Height != row.h {
				t.Errorf("%s, %s, %d x %d, want %d x %d, %v", resp.Status, resp.Header.Get("Content-Type"), c.Width, c.Height, row.w, row.h, err)
			}
			if again, _ := ask(t, http.MethodGet, mediaURL(t, s, item), "If-None-Match", resp.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
				t.Errorf("asked for again: %s", again.Status)
			}
		})
	}
}

func TestScaledPicturesAreKept(t *testing.T) {
	files := newShelf(t)
	s := start(t, Config{}, files)
	item := files.put(t, media.Item{ID: film, HasArtwork: true}, nil)
	files.covers[film] = [][]byte{encode(t, "png", quarters(300, 200))}
	_, first := get(t, s.Artwork(item, "")+"?w=100")
	kept, err := os.ReadDir(s.kept.dir)
	if err != nil || len(kept) != 1 {
		t.Fatalf("%d pictures are kept, %v", len(kept), err)
	}
	again := start(t, Config{DataDir: s.config.DataDir}, files)
	if data, ok := again.kept.get(pictureKey(files.covers[film][0], frame{100, 200})); !ok || !bytes.Equal(data, first) {
		t.Errorf("after a restart %d bytes are found, %v", len(data), ok)
	}
	if _, second := get(t, again.Artwork(item, "")+"?w=100"); !bytes.Equal(first, second) {
		t.Error("the picture has changed")
	}
}

func FuzzExif(f *testing.F) {
	data := encode(f, "jpeg", quarters(20, 10))
	f.Add(data)
	f.Add(withExif(data, binary.LittleEndian, 6, data))
	f.Add(withExif(data, binary.BigEndian, 3, nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		if e := readExif(data); e.turn < 0 || e.turn > 8 || len(e.thumbnail) > len(data) {
			t.Errorf("%d, %d bytes", e.turn, len(e.thumbnail))
		}
	})
}
