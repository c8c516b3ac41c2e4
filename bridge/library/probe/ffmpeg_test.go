package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestAgainstFFprobe compares the readers with ffprobe for files that ffmpeg makes.
func TestAgainstFFprobe(t *testing.T) {
	for _, program := range []string{"ffmpeg", "ffprobe"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("LOCALCAST_REQUIRE_PEERS") != "" {
				t.Fatalf("%s is wanted: %v", program, err)
			}
			t.Skipf("%s is not installed", program)
		}
	}
	const film, sound = true, false
	for _, row := range []struct {
		file string
		film bool
		args string
	}{
		{"h264-aac.mp4", film, "-c:v libx264 -preset ultrafast -c:a aac"},
		{"faststart.mp4", film, "-c:v libx264 -preset ultrafast -c:a aac -movflags +faststart"},
		{"fragmented.mp4", film, "-c:v libx264 -preset ultrafast -g 5 -c:a aac -movflags +frag_keyframe+empty_moov"},
		{"dash.mp4", film, "-c:v libx264 -preset ultrafast -g 5 -c:a aac -movflags +frag_keyframe+empty_moov+dash"},
		{"hevc-ac3.mp4", film, "-c:v libx265 -preset ultrafast -x265-params log-level=none -tag:v hvc1 -c:a ac3"},
		{"mpeg4-mp3.mp4", film, "-c:v mpeg4 -c:a libmp3lame"},
		{"h264-eac3.mov", film, "-c:v libx264 -preset ultrafast -c:a eac3"},
		{"mjpeg-pcm.mov", film, "-c:v mjpeg -c:a pcm_s16le"},
		{"h264-aac.mkv", film, "-c:v libx264 -preset ultrafast -c:a aac"},
		{"hevc-dts.mkv", film, "-c:v libx265 -preset ultrafast -x265-params log-level=none -c:a dca -strict -2 -ac 2"},
		{"mpeg2-ac3.mkv", film, "-c:v mpeg2video -c:a ac3"},
		{"theora-flac.mkv", film, "-c:v libtheora -c:a flac"},
		{"truehd.mkv", film, "-c:v mpeg4 -c:a truehd -strict -2"},
		{"vp8-vorbis.webm", film, "-c:v libvpx -deadline realtime -c:a libvorbis"},
		{"vp9-opus.webm", film, "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -c:a libopus"},
		{"theora-vorbis.ogv", film, "-c:v libtheora -c:a libvorbis"},
		{"aac.m4a", sound, "-c:a aac"},
		{"alac.m4a", sound, "-c:a alac"},
		{"opus.mp4", sound, "-c:a libopus"},
		{"flac.mp4", sound, "-c:a flac -strict -2"},
		{"vbr.mp3", sound, "-c:a libmp3lame -q:a 4"},
		{"cbr.mp3", sound, "-c:a libmp3lame -b:a 96k -write_xing 0"},
		{"mono-22k.mp3", sound, "-c:a libmp3lame -ac 1 -ar 22050"},
		{"no-tags.mp3", sound, "-c:a libmp3lame -id3v2_version 0 -write_id3v1 1"},
		{"plain.flac", sound, "-c:a flac"},
		{"vorbis.ogg", sound, "-c:a libvorbis"},
		{"opus.opus", sound, "-c:a libopus"},
		{"flac.oga", sound, "-c:a flac"},
		{"speex.ogg", sound, "-c:a libspeex -ar 16000 -ac 1"},
		{"pcm.wav", sound, "-c:a pcm_s16le"},
		{"pcm24.wav", sound, "-c:a pcm_s24le"},
		{"float.wav", sound, "-c:a pcm_f32le"},
		{"six.wav", sound, "-c:a pcm_s16le -ac 6"},
		{"vorbis.mka", sound, "-c:a libvorbis"},
		{"opus.weba", sound, "-c:a libopus -f webm"},
	} {
		t.Run(row.file, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), row.file)
			args := "-v error -f lavfi -i sine=frequency=440:duration=2.7:sample_rate=48000 "
			if row.film {
				args += "-f lavfi -i testsrc=duration=2.7:size=176x144:rate=10 -pix_fmt yuv420p "
			}
			if !strings.Contains(row.args, "-ac ") {
				args += "-ac 2 "
			}
			run(t, "ffmpeg", strings.Fields(args+row.args+" -metadata:s:a:0 language=ger -metadata title=Title -metadata artist=Ann -metadata album=First -y "+path)...)
			compare(t, path, row.file)
		})
	}
}

// compare reads a file with Read and with ffprobe.
func compare(t *testing.T, path, name string) {
	t.Helper()
	var want struct {
		Format  struct{ Duration string }
		Streams []struct {
			CodecType               string `json:"codec_type"`
			CodecName               string `json:"codec_name"`
			Width, Height, Channels int
			Tags                    map[string]string
		}
	}
	if err := json.Unmarshal(run(t, "ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams", path), &want); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	m := &meter{r: f}
	got, err := Read(m, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	seconds, err := strconv.ParseFloat(want.Format.Duration, 64)
	if err != nil || math.Abs(got.Duration-seconds) > 0.1 {
		t.Errorf("lasts %v s; ffprobe says %s", got.Duration, want.Format.Duration)
	}
	var expected Info
	for _, s := range want.Streams {
		if s.CodecType == "video" {
			expected.VideoCodec, expected.Width, expected.Height = s.CodecName, s.Width, s.Height
		} else if s.CodecType == "audio" {
			expected.AudioCodec, expected.Channels = s.CodecName, s.Channels
			if got.Format == "mp4" || got.Format == "matroska" || got.Format == "webm" {
				expected.Languages = s.Tags["language"]
			}
		}
	}
	if got.VideoCodec != expected.VideoCodec || got.AudioCodec != expected.AudioCodec || got.Channels != expected.Channels ||
		got.Width != expected.Width || got.Height != expected.Height {
		t.Errorf("got %+v; ffprobe says %+v", got, expected)
	}
	if got.Languages != expected.Languages {
		t.Errorf("speaks %q; ffprobe says %q", got.Languages, expected.Languages)
	}
	film := expected.VideoCodec != ""
	if strings.HasPrefix(got.ContentType, "video/") != film || strings.HasPrefix(got.ContentType, "audio/") == film {
		t.Errorf("%s is %q", name, got.ContentType)
	}
	tagged := map[string]bool{"mp3": true, "flac": true, "ogg": true, "mp4": true}
	if tagged[got.Format] && name != "no-tags.mp3" && !film && (got.Tags.Title != "Title" || got.Tags.Artist != "Ann" || got.Tags.Album != "First") {
		t.Errorf("tags %+v", got.Tags)
	}
	if m.read > 300<<10 {
		t.Errorf("read %d of %d bytes", m.read, info.Size())
	}
}

func run(t *testing.T, program string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		if e := new(exec.ExitError); errors.As(err, &e) && strings.Contains(complaint.String(), "Unknown encoder") &&
			os.Getenv("LOCALCAST_REQUIRE_PEERS") == "" {
			t.Skipf("this %s lacks an encoder: %s", program, complaint.String())
		}
		t.Fatalf("%s %s: %v: %s", program, strings.Join(args, " "), err, complaint.String())
	}
	return out
}
