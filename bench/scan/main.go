// Command scan measures how long the library takes to look through many small files: the first time, and again when nothing
// has changed, each beside a plain walk that asks the system about every file (filepath.WalkDir with lstat). The files are made
// in a temporary folder and lie in the page cache; nothing but the library runs.
//
//	go run ./bench/scan -files 100000
package main

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"localcast/bridge/library"
)

func main() {
	files := flag.Int("files", 100_000, "how many files")
	flag.Parse()
	if err := measure(context.Background(), os.Stdout, *files); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func measure(ctx context.Context, out io.Writer, files int) (err error) {
	dir, err := os.MkdirTemp("", "localcast-bench-scan")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	folder, data := filepath.Join(dir, "media"), filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o755); err != nil {
		return err
	}
	if err := fill(folder, files); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	b := bench{out: out, folder: folder, before: heap()}
	open := func() error {
		b.library, err = library.New(library.Config{DataDir: data, Folders: []string{folder}}, log)
		return err
	}
	for _, step := range []struct {
		what string
		do   func() error
	}{
		{"walk with lstat", b.walk},
		{"open, empty", open},
		{"first scan", func() error { return b.scan(ctx) }},
		{"walk with lstat", b.walk},
		{"scan, nothing changed", func() error { return b.scan(ctx) }},
		{"walk with lstat", b.walk},
		{"close", func() error { return b.library.Close() }},
		{"open again", open},
		{"scan after a restart", func() error { return b.scan(ctx) }},
	} {
		if err := b.timed(step.what, step.do); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	if total := b.library.Status().Counts.Total(); total != files {
		return fmt.Errorf("the library has %d items, not %d", total, files)
	}
	info, err := os.Stat(filepath.Join(data, "library.db"))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d files: library.db has %.0f MB; the program took %s at most\n", files, float64(info.Size())/(1<<20), peak())
	return b.library.Close()
}

// bench is one run.
type bench struct {
	out     io.Writer
	folder  string
	library *library.Library
	before  float64 // MB of heap before anything
}

func (b *bench) timed(what string, do func() error) error {
	begun := time.Now()
	err := do()
	took := time.Since(begun)
	fmt.Fprintf(b.out, "%-24s %8.2f s, heap %5.1f MB above the start, at most %s so far\n", what, took.Seconds(), heap()-b.before, peak())
	return err
}

func (b *bench) scan(ctx context.Context) error {
	writing, err := b.library.Scan(ctx)
	if err == nil && writing > 0 {
		err = fmt.Errorf("%d folders are taken for being written", writing)
	}
	return err
}

// walk is what a program does that only looks whether anything has changed.
func (b *bench) walk() error {
	return filepath.WalkDir(b.folder, func(_ string, d fs.DirEntry, err error) error {
		if err == nil {
			_, err = d.Info()
		}
		return err
	})
}

// heap is what lives on the heap, in MB.
func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}

// peak is the most memory that the program ever took, as Linux tells.
func peak() string {
	text, err := os.ReadFile("/proc/self/status")
	if err == nil {
		for line := range strings.Lines(string(text)) {
			if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
				return strings.TrimSpace(rest)
			}
		}
	}
	return "an unknown amount"
}

// fill makes films, episodes and tracks in the folders in which people keep them, an hour old.
func fill(folder string, files int) error {
	words := []string{"Blue", "River", "Night", "Stone", "Summer", "Ghost", "Paper", "Iron", "Golden", "Silent", "Winter", "Fire"}
	old := time.Now().Add(-time.Hour)
	for i := range files {
		w := func(k int) string { return words[i/k%len(words)] }
		var name string
		content := film(i)
		switch group := i / 50; i % 3 {
		case 0:
			title := fmt.Sprintf("%s %s %d (%d)", w(1), w(7), i, 1950+i%70)
			name = filepath.Join("films", title, title+".mp4")
		case 1:
			name = filepath.Join("tv", fmt.Sprintf("%s %s %d", w(50), w(350), group/8), fmt.Sprintf("Season %d", 1+group%8),
				fmt.Sprintf("S%02dE%02d %s.mp4", 1+group%8, i%50, w(3)))
		default:
			name = filepath.Join("music", w(600)+" "+w(50), fmt.Sprintf("%s %d", w(350), group), fmt.Sprintf("%02d %s.wav", i%50, w(5)))
			content = sound(i)
		}
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
		if err := os.Chtimes(path, old, old); err != nil {
			return err
		}
	}
	return filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			err = os.Chtimes(path, old, old)
		}
		return err
	})
}

// film is an MP4 of two seconds without a picture in it.
func film(salt int) []byte {
	box := func(kind string, content ...byte) []byte {
		return append(binary.BigEndian.AppendUint32(nil, uint32(8+len(content))), append([]byte(kind), content...)...)
	}
	mvhd := make([]byte, 100)
	binary.BigEndian.PutUint32(mvhd[12:], 1000)
	binary.BigEndian.PutUint32(mvhd[16:], 2000)
	b := append(box("ftyp", []byte("isom\x00\x00\x02\x00")...), box("moov", box("mvhd", mvhd...)...)...)
	return append(b, box("free", fmt.Append(nil, salt)...)...)
}

// sound is a WAV of a twentieth of a second.
func sound(salt int) []byte {
	b := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x40\x1f\x00\x00\x01\x00\x08\x00" +
		"data\x90\x01\x00\x00")
	return append(b, append(fmt.Append(nil, salt), make([]byte, 400)...)[:400]...)
}
