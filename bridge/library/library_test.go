package library

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"localcast/bridge/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shelf is a library under test with its folders in temporary directories.
type shelf struct {
	t   *testing.T
	lib *Library
	dir string // the first folder
	cfg Config
	log *bytes.Buffer
	out func() // ends Run
}

// newShelf makes a library of one folder "media", holding files, and scans it once when run begins.
func newShelf(t *testing.T, cfg Config, files ...string) *shelf {
	t.Helper()
	s := &shelf{t: t, dir: filepath.Join(t.TempDir(), "media"), log: &bytes.Buffer{}}
	if cfg.Folders == nil {
		cfg.Folders = []string{s.dir}
	} else {
		s.dir = cfg.Folders[0]
	}
	if cfg.DataDir == "" {
		cfg.DataDir = t.TempDir()
	}
	s.cfg = cfg
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s.write(files...)
	s.open()
	return s
}

func (s *shelf) open() {
	s.t.Helper()
	lib, err := New(s.cfg, slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		s.t.Fatal(err)
	}
	s.lib = lib
	s.t.Cleanup(func() {
		if s.lib == lib {
			if err := lib.Close(); err != nil {
				s.t.Error(err)
			}
		}
	})
}

// scan looks through everything once, as Run does when it begins.
func (s *shelf) scan() {
	s.t.Helper()
	s.lib.pass(s.t.Context(), s.lib.targets(""), deep)
}

// write makes sounds of one second whose content is their path, an hour old.
func (s *shelf) write(files ...string) {
	s.t.Helper()
	for _, name := range files {
		s.put(name, wav(1, name))
	}
}

func (s *shelf) put(name string, data []byte) {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		s.t.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, old, old); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shelf) search(text string) media.Page {
	s.t.Helper()
	p, err := s.lib.Search(s.t.Context(), media.Query{Text: text, Limit: 50}, nil, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// wav is a sound of some seconds, 8 bits at 8 kHz, that differs with salt.
func wav(seconds int, salt string) []byte {
	var b bytes.Buffer
	n := seconds * 8000
	b.WriteString("RIFF")
	binary.Write(&b, binary.LittleEndian, uint32(36+n))
	b.WriteString("WAVEfmt ")
	binary.Write(&b, binary.LittleEndian, []uint32{16})
	binary.Write(&b, binary.LittleEndian, []uint16{1, 1})
	binary.Write(&b, binary.LittleEndian, []uint32{8000, 8000})
	binary.Write(&b, binary.LittleEndian, []uint16{1, 8})
	b.WriteString("data")
	binary.Write(&b, binary.LittleEndian, uint32(n))
	sound := bytes.Repeat([]byte{0x80}, n)
	copy(sound, salt)
	b.Write(sound)
	return b.Bytes()
}

func TestScanFindOpen(t *testing.T) {
	s := newShelf(t, Config{}, "ABBA/Arrival/01 - Dancing Queen.wav", "ABBA/Arrival/02 - Money.wav")
	s.scan()
	p := s.search("dancing")
	if p.Total != 1 {
		t.Fatalf("found %+v\n%s", p, s.log)
	}
	got := p.Results[0].Item
	if got.Title != "Dancing Queen" || got.Subtitle != "ABBA · Arrival" || got.Duration != 1 || got.ContentType != "audio/wav" {
		t.Errorf("found %+v", got)
	}
	f, it, err := s.lib.Open(t.Context(), got.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil || !bytes.Contains(data, []byte("Dancing")) || it.Path != "media/ABBA/Arrival/01 - Dancing Queen.wav" {
		t.Errorf("opened %q: %v", it.Path, err)
	}
	if _, _, err := s.lib.Open(context.Background(), "aaaaaaaaaa"); !errors.Is(err, media.ErrNoItem) {
		t.Errorf("an unknown id: %v", err)
	}
	if strings.Contains(s.log.String(), "WARN") {
		t.Errorf("warnings:\n%s", s.log)
	}
}
