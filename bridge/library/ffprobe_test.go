package library

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"localcast/bridge/media"
)

// peer returns the path of a program, or skips the test where it is not there.
func peer(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		if os.Getenv("LOCALCAST_REQUIRE_PEERS") != "" {
			t.Fatalf("%s is wanted: %v", program, err)
		}
		t.Skipf("%s is not installed", program)
	}
	return path
}

func TestFFprobeTellsWhatOwnReadersCannot(t *testing.T) {
	maker, asker := peer(t, "ffmpeg"), peer(t, "ffprobe")
	s := newShelf(t, Config{FFprobe: asker})
	s.lib.pace.program = patience
	s.do(os.MkdirAll(s.path("films"), 0o755))
	for name, args := range map[string]string{
		"Heat (1995).avi":  "-c:v mpeg4 -c:a libmp3lame",
		"Ronin (1998).ts":  "-c:v mpeg2video -c:a mp2 -metadata:s:a:0 language=ger",
		"Alien (1979).wmv": "-c:v wmv2 -c:a wmav2",
		"Solaris.mpg":      "-c:v mpeg1video -c:a mp2",
	} {
		out, err := exec.CommandContext(t.Context(), maker, append(strings.Fields("-v error -f lavfi -i sine=duration=2 -f lavfi -i testsrc=duration=2:size=64x48:rate=25 -ac 2 "+args), s.path("films/"+name))...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", name, err, out)
		}
		s.age("films/" + name)
	}
	s.scan()
	for name, want := range map[string]string{
		"heat": "avi video/x-msvideo mpeg4 mp3 64x48 2", "ronin": "mpegts video/mp2t mpeg2video mp2 64x48 2 ger",
		"alien": "asf video/x-ms-wmv wmv2 wmav2 64x48 2", "solaris": "mpeg video/mpeg mpeg1video mp2 64x48 2",
	} {
		it := s.finds(name, media.Movie)
		got := strings.TrimSpace(fmt.Sprintf("%s %s %s %s %dx%d %d %s", it.Format, it.ContentType, it.VideoCodec, it.AudioCodec, it.Width, it.Height, it.Channels, it.Languages))
		if got != want || it.Duration < 1.8 || it.Duration > 2.3 {
			t.Errorf("%s is %s, %v s; wanted %s", name, got, it.Duration, want)
		}
	}
	if strings.Contains(s.log.String(), "WARN") {
		t.Errorf("warnings:\n%s", s.log.String())
	}
}

// fakeFFprobe is a program in the place of ffprobe.
func fakeFFprobe(t *testing.T, script string) string {
	t.Helper()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skipf("not on this system: %v", err)
	}
	path := filepath.Join(t.TempDir(), "ffprobe")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFFprobeThatMisbehaves(t *testing.T) {
	for name, row := range map[string]struct{ script, warning string }{
		"fails":            {"echo it is broken >&2; exit 1", "it is broken"},
		"answers nonsense": {"echo '<html>'", "ffprobe's answer"},
		"never ends":       {"while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done", "too long"},
		"finds nothing":    {"echo '{}'", "nothing in it that plays"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShelf(t, Config{FFprobe: fakeFFprobe(t, row.script)})
			s.lib.pace.program = patience
			s.put("films/Heat (1995).avi", []byte("RIFF\x00\x00\x00\x00AVI LIST"))
			s.scan()
			if it := s.finds("heat", media.Movie); it.Format != "avi" || it.Duration != 0 {
				t.Errorf("%+v", it)
			}
			if !strings.Contains(s.log.String(), row.warning) {
				t.Errorf("not told:\n%s", s.log.String())
			}
		})
	}
}

func TestProgramsInTypeScriptAreNoFilms(t *testing.T) {
	s := newShelf(t, Config{}, "a.wav")
	s.put("src/game.ts", []byte(strings.Repeat("import { Game } from './game'; // G\n", 40)))
	s.put("src/film.ts", []byte(strings.Repeat("G"+strings.Repeat("x", 187), 10)))
	s.scan()
	s.wantPaths("a.wav, src/film.ts")
	if strings.Contains(s.log.String(), "WARN") {
		t.Errorf("warnings:\n%s", s.log.String())
	}
}
