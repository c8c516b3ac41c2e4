package httpstream

import (
	"encoding/binary"
	"image"
)

// exif is what a JPEG says of itself in its Exif block (CIPA DC-008).
type exif struct {
	turn      orientation
	thumbnail []byte // a small JPEG of the picture; nil for none
}

// orientation is how the stored picture has to be turned to be upright: Exif's values 1 to 8; 0 counts as upright.
type orientation int

const upright orientation = 0

// lying reports whether turning swaps width and height.
func (o orientation) lying() bool { return o >= 5 && o <= 8 }

// apply turns a picture.
func (o orientation) apply(img *image.RGBA) *image.RGBA {
	if o == upright {
		return img
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	if o.lying() {
		out = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			to := o.place(x, y, w, h)
			copy(out.Pix[out.PixOffset(to.X, to.Y):][:4], img.Pix[img.PixOffset(x, y):][:4])
		}
	}
	return out
}

// place is where a pixel of a stored picture of w x h belongs.
func (o orientation) place(x, y, w, h int) image.Point {
	switch o {
	case 2:
		return image.Pt(w-1-x, y)
	case 3:
		return image.Pt(w-1-x, h-1-y)
	case 4:
		return image.Pt(x, h-1-y)
	case 5:
		return image.Pt(y, x)
	case 6:
		return image.Pt(h-1-y, x)
	case 7:
		return image.Pt(h-1-y, w-1-x)
	case 8:
		return image.Pt(y, w-1-x)
	}
	return image.Pt(x, y)
}

// readExif reads the Exif block of a JPEG; what is damaged in it counts as not there.
func readExif(data []byte) exif {
	const app0, app1, app15, com = 0xE0, 0xE1, 0xEF, 0xFE
	for i := 2; i+4 <= len(data) && data[i] == 0xFF; {
		marker, length := data[i+1], int(binary.BigEndian.Uint16(data[i+2:]))
		end := i + 2 + length
		switch {
		case marker < app0 || marker > app15 && marker != com || length < 2 || end > len(data):
			return exif{}
		case marker == app1 && length > 8 && string(data[i+4:i+10]) == "Exif\x00\x00":
			return readTIFF(data[i+10 : end])
		}
		i = end
	}
	return exif{}
}

// The tags of the directories that are read.
const (
	tagOrientation     = 0x0112
	tagThumbnail       = 0x0201
	tagThumbnailLength = 0x0202
)

// readTIFF reads the two directories of a TIFF block: the first tells of the picture, the second of its thumbnail.
func readTIFF(b []byte) (e exif) {
	var order binary.ByteOrder
	switch {
	case len(b) < 8:
		return exif{}
	case string(b[:4]) == "II*\x00":
		order = binary.LittleEndian
	case string(b[:4]) == "MM\x00*":
		order = binary.BigEndian
	default:
		return exif{}
	}
	first, next := readDirectory(b, order, order.Uint32(b[4:]))
	if turn := first[tagOrientation]; turn >= 2 && turn <= 8 {
		e.turn = orientation(turn)
	}
	second, _ := readDirectory(b, order, next)
	from, length := uint64(second[tagThumbnail]), uint64(second[tagThumbnailLength])
	if from > 0 && length > 0 && from+length <= uint64(len(b)) {
		e.thumbnail = b[from : from+length]
	}
	return e
}

// readDirectory returns the numbers in a directory by their tags, and where the next directory is; 0 for none.
func readDirectory(b []byte, order binary.ByteOrder, at uint32) (values map[uint16]uint32, next uint32) {
	const entry, short, long = 12, 3, 4
	values = map[uint16]uint32{}
	if at == 0 || uint64(at)+2 > uint64(len(b)) {
		return values, 0
	}
	count := int(order.Uint16(b[at:]))
	rest := b[at+2:]
	for range count {
		if len(rest) < entry {
			return values, 0
		}
		tag, kind := order.Uint16(rest), order.Uint16(rest[2:])
		switch kind {
		case short:
			values[tag] = uint32(order.Uint16(rest[8:]))
		case long:
			values[tag] = order.Uint32(rest[8:])
		}
		rest = rest[entry:]
	}
	if len(rest) >= 4 {
		next = order.Uint32(rest)
	}
	return values, next
}
