package probe

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/png"
	"math"
)

// What follows writes small files of every kind as their documents describe them, for the tests to read.

func cat(parts ...any) []byte {
	var b bytes.Buffer
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			b.WriteString(p)
		case []byte:
			b.Write(p)
		}
	}
	return b.Bytes()
}

func le(width int, v uint64) []byte { return binary.LittleEndian.AppendUint64(nil, v)[:width] }
func be(width int, v uint64) []byte { return binary.BigEndian.AppendUint64(nil, v)[8-width:] }

// wavFile is stereo sound of 16 bits at 8 kHz. stated, if not 0, is the length of the sound that its header states.
func wavFile(stated uint64, seconds int) []byte {
	sound := make([]byte, seconds*32000)
	if stated == 0 {
		stated = uint64(len(sound))
	}
	return cat("RIFF", le(4, 36+stated), "WAVE", "fmt ", le(4, 16), waveFormat(), "data", le(4, stated), sound)
}

func waveFormat() []byte {
	return cat(le(2, 1), le(2, 2), le(4, 8000), le(4, 32000), le(2, 4), le(2, 16))
}

func rf64File() []byte {
	sound := make([]byte, 32000)
	return cat("RF64", le(4, 0xffffffff), "WAVE", "ds64", le(4, 28), le(8, 0), le(8, 32000), le(8, 0), le(4, 0),
		"LIST", le(4, 3), "odd\x00", "fmt ", le(4, 16), waveFormat(), "data", le(4, 0xffffffff), sound)
}

// mp4Movie says what mp4File writes.
type mp4Movie struct {
	seconds                      int
	fragments                    int // of one second each, after an index without duration
	moovLast, large, sound, tags bool
}

func box(kind string, content ...any) []byte {
	body := cat(content...)
	return cat(be(4, uint64(8+len(body))), kind, body)
}

func mp4File(m mp4Movie) []byte {
	ftyp := box("ftyp", "isom", be(4, 512), "isomiso2mp41")
	mdat := box("mdat", make([]byte, 2000))
	if m.large {
		mdat = cat(be(4, 1), "mdat", be(8, 16+2000), make([]byte, 2000))
	}
	duration := uint64(m.seconds) * 1000
	parts := []any{box("mvhd", make([]byte, 12), be(4, 1000), be(4, duration), make([]byte, 80))}
	if !m.sound {
		parts = append(parts, mp4TrackBox(1, "vide", 12800, duration, box("avc1", make([]byte, 24), be(2, 640), be(2, 360), make([]byte, 50))))
	}
	esds := box("esds", be(4, 0), "\x03\x19", be(2, 1), "\x00", "\x04\x11\x40\x15", make([]byte, 11), "\x05\x02\x12\x10", "\x06\x01\x02")
	parts = append(parts, mp4TrackBox(2, "soun", 48000, duration,
		box("mp4a", make([]byte, 6), be(2, 1), make([]byte, 8), be(2, 2), be(2, 16), make([]byte, 4), be(4, 48000<<16), esds)))
	if m.tags {
		parts = append(parts, mp4Tags())
	}
	if m.fragments > 0 {
		parts = append(parts, box("mvex", box("trex", be(4, 0), be(4, 1), be(4, 1), be(4, 512), be(4, 0), be(4, 0))))
	}
	moov := box("moov", parts...)
	file := cat(ftyp, moov, mdat)
	if m.moovLast {
		file = cat(ftyp, mdat, moov)
	}
	for i := range m.fragments {
		traf := box("traf", box("tfhd", be(4, 0x20000), be(4, 1)), box("tfdt", be(4, 1<<24), be(8, uint64(i)*12800)),
			box("trun", be(4, 0), be(4, 25)))
		file = cat(file, box("moof", box("mfhd", be(8, uint64(i))), traf), mdat)
	}
	return file
}

func mp4TrackBox(id uint64, handler string, scale, milliseconds uint64, entry []byte) []byte {
	stsd := box("stsd", be(4, 0), be(4, 1), entry)
	return box("trak", box("tkhd", make([]byte, 12), be(4, id), make([]byte, 68)),
		box("mdia", box("mdhd", make([]byte, 12), be(4, scale), be(4, milliseconds*scale/1000), make([]byte, 4)),
			box("hdlr", make([]byte, 8), handler, make([]byte, 13)), box("minf", box("stbl", stsd))))
}

func mp4Tags() []byte {
	text := func(kind, v string) []byte { return box(kind, box("data", be(4, 1), be(4, 0), v)) }
	return box("udta", box("meta", be(4, 0), box("hdlr", make([]byte, 8), "mdirappl", make([]byte, 9)), box("ilst",
		text("\xa9nam", "Élan"), text("\xa9ART", "Ann"), text("\xa9alb", "First"), text("aART", "Ann & Co"),
		text("\xa9gen", "Jazz"), text("\xa9day", "1999-05-01"),
		box("trkn", box("data", be(4, 0), be(4, 0), be(2, 0), be(2, 3), be(2, 12), be(2, 0))),
		box("disk", box("data", be(4, 0), be(4, 0), be(2, 0), be(2, 2), be(2, 2))),
		box("covr", box("data", be(4, 14), be(4, 0), pngFile(3, 2))))))
}

// element writes an EBML element with a size of four bytes.
func element(id uint64, content ...any) []byte {
	body := cat(content...)
	return cat(elementID(id), be(4, 1<<28|uint64(len(body))), body)
}

func elementID(id uint64) []byte {
	width := 1
	for id>>(8*width) != 0 {
		width++
	}
	return be(width, id)
}

func matroskaFile(indexLast, unknownSizes bool) []byte {
	head := element(idEBML, element(idDocType, "matroska"))
	info := element(idInfo, element(idTimestampScale, be(3, 1_000_000)), element(idDuration, be(8, math.Float64bits(90500))))
	tracks := element(idTracks,
		element(idTrackEntry, element(idTrackType, "\x01"), element(idCodecID, "V_MPEGH/ISO/HEVC"),
			element(idVideo, element(idPixelWidth, be(2, 1920)), element(idPixelHeight, be(2, 1080)))),
		element(idTrackEntry, element(idTrackType, "\x02"), element(idCodecID, "A_OPUS\x00"), element(idAudio, element(idChannels, "\x06"))))
	cluster := element(idCluster, make([]byte, 3000))
	if !indexLast {
		segment := element(idSegment, element(idAttachments, make([]byte, 100)), info, tracks, cluster)
		if unknownSizes {
			segment = cat(elementID(idSegment), "\x01\xff\xff\xff\xff\xff\xff\xff", info, tracks, elementID(idCluster), "\xff", make([]byte, 3000))
		}
		return cat(head, segment)
	}
	seek := func(id uint64, at int) []byte {
		return element(idSeek, element(idSeekID, elementID(id)), element(idSeekPosition, be(4, uint64(at))))
	}
	size := len(element(idSeekHead, seek(idInfo, 0), seek(idTracks, 0))) + len(cluster)
	return cat(head, element(idSegment, element(idSeekHead, seek(idInfo, size), seek(idTracks, size+len(info))), cluster, info, tracks))
}

// mp3File is frames of 128 kbit/s at 44.1 kHz. A Xing or VBRI header states 1000 frames.
func mp3File(header string, frames int) []byte {
	const size = 417
	frame := append([]byte{0xff, 0xfb, 0x90, 0x00}, make([]byte, size-4)...)
	file := bytes.Repeat(frame, min(frames, 200))
	switch header {
	case "Xing":
		copy(file[4+32:], cat("Xing", be(4, 1), be(4, 1000)))
	case "VBRI":
		copy(file[4+32:], cat("VBRI", make([]byte, 10), be(4, 1000)))
	}
	return file
}

// id3Tag is an ID3v2.3 tag with a cover padded to the given size; none for 0.
func id3Tag(cover int) []byte {
	frame := func(id string, content ...any) []byte {
		body := cat(content...)
		return cat(id, be(4, uint64(len(body))), "\x00\x00", body)
	}
	// The picture stands before the texts: they must be found behind it.
	var frames []byte
	if cover > 0 {
		p := pngFile(3, 2)
		p = append(p, make([]byte, max(cover-len(p), 0))...)
		frames = frame("APIC", "\x00image/png\x00\x03\x00", p)
	}
	frames = cat(frames, frame("TIT2", "\x01\xff\xfe", le(2, 'É'), "l\x00a\x00n\x00"), frame("TPE1", "\x00Ann"), frame("TALB", "\x00First"),
		frame("TPE2", "\x00Ann & Co"), frame("TCON", "\x00(8)"), frame("TYER", "\x001999"), frame("TRCK", "\x003/12"), frame("TPOS", "\x002/2"))
	n := uint64(len(frames))
	return cat("ID3\x03\x00\x00", []byte{byte(n >> 21 & 0x7f), byte(n >> 14 & 0x7f), byte(n >> 7 & 0x7f), byte(n & 0x7f)}, frames)
}

func vorbisComment() []byte {
	b := cat(le(4, 4), "test")
	fields := []string{"TITLE=Élan", "artist=Ann", "Album=First", "ALBUMARTIST=Ann & Co", "GENRE=Jazz", "DATE=1999-05-01", "TRACKNUMBER=3/12", "DISCNUMBER=2", "no field"}
	b = cat(b, le(4, uint64(len(fields))))
	for _, f := range fields {
		b = cat(b, le(4, uint64(len(f))), f)
	}
	return b
}

func flacFile() []byte {
	block := func(kind byte, content []byte) []byte { return cat([]byte{kind}, be(3, uint64(len(content))), content) }
	stream := cat(make([]byte, 10), be(8, 44100<<44|1<<41|15<<36|12*44100), make([]byte, 16))
	p := pngFile(3, 2)
	picture := cat(be(4, 3), be(4, 9), "image/png", be(4, 5), "Cover", make([]byte, 16), be(4, uint64(len(p))), p)
	return cat("fLaC", block(0, stream), block(1, make([]byte, 20)), block(4, vorbisComment()), block(0x86, picture), make([]byte, 500))
}

func oggFile() []byte {
	page := func(flags byte, granule uint64, packet []byte) []byte {
		table := append(bytes.Repeat([]byte{255}, len(packet)/255), byte(len(packet)%255))
		return cat("OggS\x00", []byte{flags}, le(8, granule), le(4, 77), le(4, 0), le(4, 0), []byte{byte(len(table))}, table, packet)
	}
	return cat(page(2, 0, cat("OpusHead\x01\x02", le(2, 312), le(4, 44100), "\x00\x00\x00")),
		page(0, 0, cat("OpusTags", vorbisComment())),
		page(0, 48000, make([]byte, 400)), page(4, 480312, make([]byte, 400)))
}

func pngFile(w, h int) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// unsynchronised puts a 0 behind every 255 of a tag.
func unsynchronised(tag []byte) []byte {
	body := bytes.ReplaceAll(tag[10:], []byte{0xff}, []byte{0xff, 0})
	n := len(body)
	return cat("ID3\x03\x00\x80", []byte{byte(n >> 21 & 0x7f), byte(n >> 14 & 0x7f), byte(n >> 7 & 0x7f), byte(n & 0x7f)}, body)
}
