package probe

import (
	"bytes"
	"errors"
	"io"
	"math"
	"runtime"
	"strings"
	"testing"
)

// meter counts what is read of a file.
type meter struct {
	r    io.ReaderAt
	read int
}

func (m *meter) ReadAt(p []byte, off int64) (int, error) {
	n, err := m.r.ReadAt(p, off)
	m.read += n
	return n, err
}

func TestRead(t *testing.T) {
	tags := Tags{Title: "Élan", Artist: "Ann", Album: "First", AlbumArtist: "Ann & Co", Genre: "Jazz", Year: 1999, Track: 3, Disc: 2}
	for _, row := range []struct {
		name string
		file []byte
		want Info
		err  string // a part of the error; "" for none
	}{
		{"WAV", wavFile(0, 2), Info{Format: "wav", ContentType: "audio/wav", AudioCodec: "pcm_s16le", Channels: 2, Duration: 2}, ""},
		{"WAV that was streamed", wavFile(0xffffffff, 2), Info{Format: "wav", ContentType: "audio/wav", AudioCodec: "pcm_s16le", Channels: 2, Duration: 2}, ""},
		{"WAV cut short", wavFile(0, 2)[:44+32000], Info{Format: "wav", ContentType: "audio/wav", AudioCodec: "pcm_s16le", Channels: 2, Duration: 1}, ""},
		{"RF64", rf64File(), Info{Format: "wav", ContentType: "audio/wav", AudioCodec: "pcm_s16le", Channels: 2, Duration: 1}, ""},
		{"WAV without sound", wavFile(0, 2)[:36], Info{Format: "wav", ContentType: "audio/wav", AudioCodec: "pcm_s16le", Channels: 2}, "no sound"},
		{"MP4", mp4File(mp4Movie{seconds: 5}),
			Info{Format: "mp4", ContentType: "video/mp4", VideoCodec: "h264", AudioCodec: "aac", Width: 640, Height: 360, Channels: 2, Duration: 5}, ""},
		{"MP4 with its index at the end", mp4File(mp4Movie{seconds: 5, moovLast: true}),
			Info{Format: "mp4", ContentType: "video/mp4", VideoCodec: "h264", AudioCodec: "aac", Width: 640, Height: 360, Channels: 2, Duration: 5}, ""},
		{"MP4 with a 64-bit box", mp4File(mp4Movie{seconds: 5, moovLast: true, large: true}),
			Info{Format: "mp4", ContentType: "video/mp4", VideoCodec: "h264", AudioCodec: "aac", Width: 640, Height: 360, Channels: 2, Duration: 5}, ""},
		{"MP4 in fragments", mp4File(mp4Movie{fragments: 3}),
			Info{Format: "mp4", ContentType: "video/mp4", VideoCodec: "h264", AudioCodec: "aac", Width: 640, Height: 360, Channels: 2, Duration: 3}, ""},
		{"M4A with tags and cover", mp4File(mp4Movie{seconds: 5, sound: true, tags: true}),
			Info{Format: "mp4", ContentType: "audio/mp4", AudioCodec: "aac", Channels: 2, Duration: 5, Tags: tags, Picture: true}, ""},
		{"MP4 without its index", mp4File(mp4Movie{seconds: 5, moovLast: true})[:300], Info{Format: "mp4", ContentType: "video/mp4"}, "no index"},
		{"Matroska", matroskaFile(false, false),
			Info{Format: "matroska", ContentType: "video/x-matroska", VideoCodec: "hevc", AudioCodec: "opus", Width: 1920, Height: 1080, Channels: 6, Duration: 90.5, Languages: "eng"}, ""},
		{"Matroska whose index follows the film", matroskaFile(true, false),
			Info{Format: "matroska", ContentType: "video/x-matroska", VideoCodec: "hevc", AudioCodec: "opus", Width: 1920, Height: 1080, Channels: 6, Duration: 90.5, Languages: "eng"}, ""},
		{"Matroska of unknown size", matroskaFile(false, true),
			Info{Format: "matroska", ContentType: "video/x-matroska", VideoCodec: "hevc", AudioCodec: "opus", Width: 1920, Height: 1080, Channels: 6, Duration: 90.5, Languages: "eng"}, ""},
		{"MP3 of constant rate", mp3File("", 100), Info{Format: "mp3", ContentType: "audio/mpeg", AudioCodec: "mp3", Channels: 2, Duration: 100 * 417 * 8 / 128000.0}, ""},
		{"MP3 with a Xing header", mp3File("Xing", 1000), Info{Format: "mp3", ContentType: "audio/mpeg", AudioCodec: "mp3", Channels: 2, Duration: 1000 * 1152 / 44100.0}, ""},
		{"MP3 with a VBRI header", mp3File("VBRI", 1000), Info{Format: "mp3", ContentType: "audio/mpeg", AudioCodec: "mp3", Channels: 2, Duration: 1000 * 1152 / 44100.0}, ""},
		{"MP3 with tags and a large cover", append(id3Tag(200_000), mp3File("Xing", 1000)...),
			Info{Format: "mp3", ContentType: "audio/mpeg", AudioCodec: "mp3", Channels: 2, Duration: 1000 * 1152 / 44100.0, Tags: tags, Picture: true}, ""},
		{"MP3 that is none", append(id3Tag(0), bytes.Repeat([]byte("no sound"), 5000)...), Info{Format: "mp3", ContentType: "audio/mpeg", Tags: tags}, "no MPEG audio"},
		{"FLAC", flacFile(), Info{Format: "flac", ContentType: "audio/flac", AudioCodec: "flac", Channels: 2, Duration: 12, Tags: tags, Picture: true}, ""},
		{"FLAC cut within its metadata", flacFile()[:60], Info{Format: "flac", ContentType: "audio/flac", AudioCodec: "flac", Channels: 2, Duration: 12}, "ends within"},
		{"Ogg Opus", oggFile(), Info{Format: "ogg", ContentType: "audio/ogg", AudioCodec: "opus", Channels: 2, Duration: 10, Tags: tags}, ""},
		{"PNG", pngFile(30, 20), Info{Format: "png", ContentType: "image/png", Width: 30, Height: 20}, ""},
		{"PNG cut short", pngFile(30, 20)[:20], Info{Format: "png", ContentType: "image/png"}, "not a png"},
		{"MP3 with unsynchronised tags", append(unsynchronised(id3Tag(100)), mp3File("Xing", 1000)...),
			Info{Format: "mp3", ContentType: "audio/mpeg", AudioCodec: "mp3", Channels: 2, Duration: 1000 * 1152 / 44100.0, Tags: tags, Picture: true}, ""},
		{"AVI", cat("RIFF", le(4, 100), "AVI LIST", make([]byte, 100)), Info{Format: "avi", ContentType: "video/x-msvideo"}, ErrUnknown.Error()},
		{"a transport stream", bytes.Repeat(cat("\x47", make([]byte, 187)), 6), Info{Format: "mpegts", ContentType: "video/mp2t"}, ErrUnknown.Error()},
		{"one of a disc", bytes.Repeat(cat(make([]byte, 4), "\x47", make([]byte, 187)), 6), Info{Format: "mpegts", ContentType: "video/mp2t"}, ErrUnknown.Error()},
		{"a program in TypeScript", []byte(strings.Repeat("import { Game } from './game'; // G\n", 40)), Info{}, ErrUnknown.Error()},
		{"text of nothing but G", []byte(strings.Repeat("G", 187)), Info{}, ErrUnknown.Error()},
		{"Flash", cat("FLV\x01\x05", make([]byte, 50)), Info{Format: "flv", ContentType: "video/x-flv"}, ErrUnknown.Error()},
		{"MPEG of a DVD", cat("\x00\x00\x01\xba", make([]byte, 50)), Info{Format: "mpeg", ContentType: "video/mpeg"}, ErrUnknown.Error()},
		{"AIFF", cat("FORM", be(4, 50), "AIFFCOMM", make([]byte, 50)), Info{Format: "aiff", ContentType: "audio/aiff"}, ErrUnknown.Error()},
		{"AAC", cat("\xff\xf1\x50\x80", make([]byte, 50)), Info{Format: "aac", ContentType: "audio/aac"}, ErrUnknown.Error()},
		{"text", []byte("hello, world, this is no medium at all"), Info{}, ErrUnknown.Error()},
		{"nothing", nil, Info{}, ErrUnknown.Error()},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := &meter{r: bytes.NewReader(row.file)}
			got, err := Read(m, int64(len(row.file)))
			if math.Abs(got.Duration-row.want.Duration) > 0.001 {
				t.Errorf("lasts %v s, want %v s", got.Duration, row.want.Duration)
			}
			got.Duration = row.want.Duration
			if got != row.want {
				t.Errorf("\n got %+v\nwant %+v", got, row.want)
			}
			if row.err == "" && err != nil || row.err != "" && (err == nil || !strings.Contains(err.Error(), row.err)) {
				t.Errorf("error %v, want %q", err, row.err)
			}
			if m.read > Budget {
				t.Errorf("read %d bytes", m.read)
			}
		})
	}
}

func TestCover(t *testing.T) {
	picture := pngFile(3, 2)
	for _, row := range []struct {
		name string
		file []byte
		want []byte
	}{
		{"MP3", append(id3Tag(1), mp3File("", 10)...), picture},
		{"MP3 with a large one", append(id3Tag(300_000), mp3File("", 10)...), append(bytes.Clone(picture), make([]byte, 300_000-len(picture))...)},
		{"MP3 without", append(id3Tag(0), mp3File("", 10)...), nil},
		{"M4A", mp4File(mp4Movie{seconds: 5, sound: true, tags: true}), picture},
		{"MP4 without", mp4File(mp4Movie{seconds: 5}), nil},
		{"FLAC", flacFile(), picture},
		{"Ogg without", oggFile(), nil},
		{"WAV", wavFile(0, 1), nil},
		{"text", []byte("text"), nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			data, contentType, err := Cover(bytes.NewReader(row.file), int64(len(row.file)))
			if row.want == nil {
				if !errors.Is(err, ErrNoCover) {
					t.Errorf("got %d bytes, %v; want ErrNoCover", len(data), err)
				}
				return
			}
			if err != nil || contentType != "image/png" || !bytes.Equal(data, row.want) {
				t.Errorf("got %d bytes of %q, %v; want %d", len(data), contentType, err, len(row.want))
			}
		})
	}
}

// TestReadCut cuts every kind of file at every length: whatever comes of it, it is no panic and nothing impossible.
func TestReadCut(t *testing.T) {
	for _, file := range samples() {
		for n := 0; n < len(file); n += 1 + n/50 {
			check(t, file[:n])
		}
	}
}

// check reads a file that may be broken in any way.
func check(t *testing.T, file []byte) {
	t.Helper()
	m := &meter{r: bytes.NewReader(file)}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	info, err := Read(m, int64(len(file)))
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; taken > 1<<20 {
		t.Errorf("took %d bytes of memory", taken)
	}
	if err != nil && strings.Contains(err.Error(), "failed:") {
		t.Errorf("a reader panicked: %v", err)
	}
	if m.read > Budget {
		t.Errorf("read %d bytes", m.read)
	}
	if math.IsNaN(info.Duration) || info.Duration < 0 || info.Duration > maxDuration || info.Width < 0 || info.Height < 0 || info.Channels < 0 {
		t.Errorf("impossible: %+v", info)
	}
	if strings.ToValidUTF8(info.Tags.Title, "") != info.Tags.Title || len(info.Tags.Title) > maxTag*3 {
		t.Errorf("the title is %q", info.Tags.Title)
	}
	data, _, err := Cover(bytes.NewReader(file), int64(len(file)))
	if err != nil && strings.Contains(err.Error(), "failed:") {
		t.Errorf("the reader of covers panicked: %v", err)
	}
	if len(data) > len(file) {
		t.Errorf("a cover of %d bytes in a file of %d", len(data), len(file))
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range samples() {
		f.Add(s[:min(len(s), 20_000)])
	}
	f.Fuzz(func(t *testing.T, file []byte) { check(t, file) })
}

// TestReadMonsters reads files that state what is not there, or hold more than any real one.
func TestReadMonsters(t *testing.T) {
	nested := func(kind string, depth int) []byte {
		b := box("free")
		for range depth {
			b = box(kind, b)
		}
		return b
	}
	tracks := make([]any, 0, 3000)
	for i := range 3000 {
		tracks = append(tracks, mp4TrackBox(uint64(i), "soun", 1000, 1000, box("mp4a", make([]byte, 28))))
	}
	nan := element(idSegment, element(idInfo, element(idDuration, be(8, math.Float64bits(math.NaN())))), element(idTracks))
	infinite := element(idSegment, element(idInfo, element(idDuration, be(8, math.Float64bits(math.Inf(1))))), element(idTracks))
	deep := element(idTracks)
	for range 50 {
		deep = element(idTrackEntry, deep)
	}
	texts := make([]any, 0, 5000)
	for range 5000 {
		texts = append(texts, "TXXX", be(4, 4000), "\x00\x00", make([]byte, 4000))
	}
	frames := cat(texts...)
	n := uint64(len(frames))
	for name, file := range map[string][]byte{
		"an ID3 picture of 16 MB":   append(id3Tag(16<<20), mp3File("", 5)...),
		"ID3 texts of 20 MB":        cat("ID3\x03\x00\x00", []byte{byte(n >> 21 & 0x7f), byte(n >> 14 & 0x7f), byte(n >> 7 & 0x7f), byte(n & 0x7f)}, frames),
		"boxes in boxes":            cat(box("ftyp", "isom"), nested("moov", 500)),
		"tracks in tracks":          cat(box("ftyp", "isom"), box("moov", nested("trak", 500))),
		"3,000 tracks":              cat(box("ftyp", "isom"), box("moov", tracks...)),
		"a box of 2^63 bytes":       cat(box("ftyp", "isom"), be(4, 1), "moov", be(8, 1<<63-1), make([]byte, 100)),
		"a million boxes":           cat(box("ftyp", "isom"), bytes.Repeat(box("free"), 1_000_000)),
		"a duration that is NaN":    cat(element(idEBML, element(idDocType, "webm")), nan),
		"an infinite duration":      cat(element(idEBML, element(idDocType, "webm")), infinite),
		"elements in elements":      cat(element(idEBML, element(idDocType, "webm")), element(idSegment, deep)),
		"a FLAC of endless blocks":  cat("fLaC", bytes.Repeat([]byte("\x01\x00\x00\x00"), 500_000)),
		"an Ogg of endless streams": bytes.Repeat(oggFile()[:100], 20_000),
		"sound that never begins":   bytes.Repeat([]byte("\xff\xfb\x90\x00"), 500_000),
		"zeros":                     make([]byte, 3<<20),
	} {
		t.Run(name, func(t *testing.T) { check(t, file) })
	}
}

// samples is a small file of each kind.
func samples() [][]byte {
	return [][]byte{
		wavFile(0, 1)[:200], rf64File()[:300], mp4File(mp4Movie{seconds: 5, tags: true}), mp4File(mp4Movie{fragments: 3}),
		mp4File(mp4Movie{seconds: 5, large: true, sound: true, tags: true}), matroskaFile(false, false), matroskaFile(true, false), matroskaFile(false, true),
		mp3File("", 5), mp3File("Xing", 5), mp3File("VBRI", 5), append(id3Tag(1), mp3File("", 5)...), flacFile(), oggFile(), pngFile(30, 20),
	}
}
