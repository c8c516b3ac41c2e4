package casttest_test

import (
	"encoding/binary"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"localcast/cast/casttest"
)

// join puts pieces together; numbers become bytes.
func join(pieces ...any) []byte {
	var b []byte
	for _, p := range pieces {
		switch p := p.(type) {
		case string:
			b = append(b, p...)
		case []byte:
			b = append(b, p...)
		case int:
			b = append(b, byte(p))
		case uint32:
			b = binary.BigEndian.AppendUint32(b, p)
		case uint64:
			b = binary.BigEndian.AppendUint64(b, p)
		}
	}
	return b
}

func le32(n uint32) []byte { return binary.LittleEndian.AppendUint32(nil, n) }
func le64(n uint64) []byte { return binary.LittleEndian.AppendUint64(nil, n) }
func zeros(n int) []byte   { return make([]byte, n) }

func TestDurationsComeFromTheFile(t *testing.T) {
	oggPage := func(granule uint64, body []byte) []byte {
		return join("OggS", 0, 0, le64(granule), zeros(12), 1, len(body), body)
	}
	vorbis := oggPage(0, join("\x01vorbis", zeros(5), le32(8000), zeros(20)))
	lastPage := oggPage(24000, zeros(90))
	ftyp := atom("ftyp", []byte("isomiso2"))
	mvhd1 := atom("mvhd", join(1, zeros(19), uint32(90000), uint64(90000*7), zeros(80)))
	infinite := "\x01\xff\xff\xff\xff\xff\xff\xff" // the size of a live Segment
	mkvInfo := join("\x15\x49\xa9\x66\x8f", "\x2a\xd7\xb1\x84", uint32(1_000_000), "\x44\x89\x84", math.Float32bits(12_500))
	mp3Frame := join("\xff\xfb\x90\x00", zeros(413)) // MPEG 1 layer III, 128 kbit/s, 44.1 kHz
	for name, row := range map[string]struct {
		file []byte
		want time.Duration // 0: the file does not tell, so that Config.Duration is taken
	}{
		"WAV":                          {casttest.WAV(4 * time.Second), 4 * time.Second},
		"WAV whose data is cut short":  {casttest.WAV(4 * time.Second)[:44+8000], time.Second},
		"WAV of a stream, data size 0": {join(casttest.WAV(0), zeros(16000)), 2 * time.Second},
		"MP4":                          {join(ftyp, atom("moov", mvhd(60)), atom("mdat", zeros(500))), time.Minute},
		"MP4, moov at the end":         {join(ftyp, atom("mdat", zeros(500)), atom("moov", mvhd(60))), time.Minute},
		"MP4, moov across the first read": {join(ftyp, atom("mdat", zeros(64<<10-16-8-20)), atom("moov", mvhd(60))),
			time.Minute},
		"MP4, a box of 64-bit length": {join(ftyp, uint32(1), "mdat", uint64(16+100), zeros(100), atom("moov", mvhd(60))),
			time.Minute},
		"MP4, mvhd version 1":            {join(ftyp, atom("moov", mvhd1)), 7 * time.Second},
		"MP4 without moov":               {join(ftyp, atom("mdat", zeros(500))), 0},
		"MP4 with a box longer than it":  {join(ftyp, uint32(1<<30), "mdat", zeros(50)), 0},
		"MP4 with a box of length 1":     {join(ftyp, uint32(1), "free", zeros(50)), 0},
		"FLAC":                           {join("fLaC", zeros(14), uint64(44100<<44|15<<36|44100*5), zeros(100)), 5 * time.Second},
		"Opus":                           {join(oggPage(0, []byte("OpusHead-----------")), oggPage(48000*9, zeros(90))), 9 * time.Second},
		"Vorbis":                         {join(vorbis, lastPage), 3 * time.Second},
		"Vorbis, the last page far away": {join(vorbis, zeros(200_000), lastPage), 3 * time.Second},
		"Vorbis, the last page just beyond the first read": {
			join(vorbis, zeros(65_000), oggPage(8000, zeros(90)), zeros(3000), lastPage), 3 * time.Second},
		"MP3 of constant bit rate": {join(mp3Frame, zeros(160_000-417)), 10 * time.Second},
		"MP3 behind a large ID3 tag": {join("ID3\x04\x00\x00\x00\x06\x0d\x20", zeros(100_000), mp3Frame, zeros(160_000-417)),
			10 * time.Second},
		"MP3 with a Xing header": {join(mp3Frame[:36], "Xing", uint32(1), uint32(2500), zeros(400)),
			65306 * time.Millisecond},
		"ADTS":     {join("\xff\xf1\x50\x80", zeros(200)), 0},
		"Matroska": {join("\x1a\x45\xdf\xa3\x81\x00", "\x18\x53\x80\x67", infinite, mkvInfo), 12500 * time.Millisecond},
		"Matroska of unknown time": {
			join("\x1a\x45\xdf\xa3\x81\x00", "\x18\x53\x80\x67", infinite, "\x1f\x43\xb6\x75\x81\x00"), 0},
		"MPEG transport stream": {join(0x47, zeros(187), 0x47, zeros(187)), 0},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, casttest.Config{Duration: 99 * time.Second}, map[string][]byte{"f": row.file}, func(t *testing.T, st *stage) {
				st.loaded("f", nil)
				want := row.want
				if want == 0 {
					want = 99 * time.Second
				}
				if got := st.r.Snapshot().Duration; got.Round(time.Millisecond) != want.Round(time.Millisecond) {
					t.Errorf("duration %v, want %v", got, want)
				}
			})
		})
	}
}

func TestTheLoadsDurationServesWhereTheFileTellsNone(t *testing.T) {
	bubble(t, casttest.Config{}, map[string][]byte{"f": join(0x47, zeros(187))}, func(t *testing.T, st *stage) {
		st.loaded("f", obj{"media": obj{"contentId": "http://host/f", "duration": 12.5}})
		if got := st.r.Snapshot().Duration; got != 12500*time.Millisecond {
			t.Errorf("duration %v", got)
		}
	})
}

func TestRealFiles(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		if os.Getenv("LOCALCAST_REQUIRE_PEERS") != "" {
			t.Fatal(err)
		}
		t.Skip("ffmpeg is not installed")
	}
	dir := t.TempDir()
	for name, row := range map[string]struct {
		args  []string
		tells bool // its duration
	}{
		"film.mp4":  {[]string{"-f", "lavfi", "-i", "testsrc=s=64x64:d=3", "-c:v", "mpeg4"}, true},
		"fast.mp4":  {[]string{"-f", "lavfi", "-i", "testsrc=s=64x64:d=3", "-c:v", "mpeg4", "-movflags", "faststart"}, true},
		"film.mkv":  {[]string{"-f", "lavfi", "-i", "testsrc=s=64x64:d=3", "-c:v", "mpeg4"}, true},
		"song.mp3":  {[]string{"-f", "lavfi", "-i", "sine=d=3"}, true},
		"song.flac": {[]string{"-f", "lavfi", "-i", "sine=d=3"}, true},
		"song.ogg":  {[]string{"-f", "lavfi", "-i", "sine=d=3"}, true},
		"song.wav":  {[]string{"-f", "lavfi", "-i", "sine=d=3"}, true},
		"song.m4a":  {[]string{"-f", "lavfi", "-i", "sine=d=3"}, true},
		"film.ts":   {[]string{"-f", "lavfi", "-i", "testsrc=s=64x64:d=3", "-c:v", "mpeg2video"}, false},
		"song.aac":  {[]string{"-f", "lavfi", "-i", "sine=d=3"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, name)
			cmd := exec.CommandContext(t.Context(), ffmpeg, append(append([]string{"-loglevel", "error"}, row.args...), path)...)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Skipf("this ffmpeg cannot make it: %v: %s", err, out)
			}
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			bubble(t, casttest.Config{}, map[string][]byte{"f": content}, func(t *testing.T, st *stage) {
				st.loaded("f", nil)
				got := st.r.Snapshot().Duration
				if row.tells && (got < 2900*time.Millisecond || got > 3200*time.Millisecond) || !row.tells && got != 3*time.Minute {
					t.Errorf("duration %v", got)
				}
			})
		})
	}
}
