//go:build linux

// Command evening plays an evening on a small machine: the real program in a control group of 768 MB, page cache counted,
// with 8 readers at a film's pace and a library of 100,000 items. It prints Markdown for docs/benchmarks.md, and fails where a
// goal is missed: the program under 64 MB, no reader more than 2 s behind, nothing killed. It wants root, for the control
// group; all traffic stays on the loopback interface.
//
//	go build -o localcast . && go run ./bench/evening            10 minutes
//	go build -o localcast . && go run ./bench/evening -for 20s -items 5000
package main

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"localcast/bench/cgroup"
)

// The evening: what is played, and what must hold.
const (
	films    = 8
	filmSize = 1500 << 20
	pace     = 20e6 / 8 // bytes per second for each reader
	limit    = 768 << 20

	mostMemory = 64 << 20
	mostBehind = 2 * time.Second
)

func main() {
	program := flag.String("program", "./localcast", "the program")
	items := flag.Int("items", 100_000, "how many items the library holds")
	length := flag.Duration("for", 10*time.Minute, "how long to play")
	dir := flag.String("dir", "", "where the library is made, some 500 MB of small files; empty: the temporary folder")
	flag.Parse()
	if err := play(os.Stdout, *program, *dir, *items, *length); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func play(out io.Writer, program, parent string, items int, length time.Duration) error {
	dir, err := os.MkdirTemp(parent, "localcast-evening-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // what is left of it is in nobody's way
	if err := makeLibrary(filepath.Join(dir, "media"), items); err != nil {
		return err
	}
	group, err := cgroup.New("evening", limit)
	if err != nil {
		return err
	}
	defer group.Remove()
	h, err := start(program, dir, group)
	if err != nil {
		return err
	}
	defer h.stop()
	scan := time.Now()
	if err := h.scanned(films + items); err != nil {
		return err
	}
	scanned := time.Since(scan)
	addresses, err := h.addresses()
	if err != nil {
		return err
	}
	behind, played, err := watch(addresses, length)
	if err != nil {
		return err
	}
	peak, err := h.peak()
	if err != nil {
		return err
	}
	kills, err := group.Kills()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %d readers at 20 Mbit/s for %v, %d items, %d MB for program and page cache\n\n",
		time.Now().Format(time.DateOnly), films, length, films+items, limit>>20)
	fmt.Fprintf(out, "| | measured | goal |\n|---|---|---|\n")
	fmt.Fprintf(out, "| program at its peak (VmHWM) | %.1f MB | under 64 MB |\n", float64(peak)/(1<<20))
	fmt.Fprintf(out, "| control group at its peak | %.0f MB | at most 768 MB |\n", float64(group.Peak())/(1<<20))
	fmt.Fprintf(out, "| the reader furthest behind | %.2f s | at most 2 s |\n", behind.Seconds())
	fmt.Fprintf(out, "| killed for memory | %d | 0 |\n", kills)
	fmt.Fprintf(out, "| played | %.1f GB | |\n| scan of the library | %.1f s | |\n", float64(played)/1e9, scanned.Seconds())
	if peak > mostMemory || behind > mostBehind || kills > 0 {
		return errors.New("a goal is missed")
	}
	return nil
}

// makeLibrary makes films as holes, of which only the names tell anything, and short sounds. All are old enough to be finished.
func makeLibrary(dir string, items int) error {
	old := time.Now().Add(-24 * time.Hour)
	put := func(name string, header []byte, size int64) error {
		path := filepath.Join(dir, name)
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		if _, err = f.Write(header); err == nil {
			err = f.Truncate(size)
		}
		return errors.Join(err, f.Close(), os.Chtimes(path, old, old))
	}
	const perAlbum = 100
	for i := range items {
		album := fmt.Sprintf("music/Artist %d/Album %d", i/perAlbum/10, i/perAlbum)
		if i%perAlbum == 0 {
			if err := os.MkdirAll(filepath.Join(dir, album), 0o755); err != nil {
				return err
			}
		}
		if err := put(fmt.Sprintf("%s/%02d Song %d.wav", album, i%perAlbum+1, i), sound(), soundSize); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "films"), 0o755); err != nil {
		return err
	}
	for i := range films {
		if err := put(fmt.Sprintf("films/%s (2001).mp4", filmName(i)), []byte("no header that anybody knows"), filmSize); err != nil {
			return err
		}
	}
	return nil
}

const soundSize = 1044

// sound is the header of an eighth of a second of silence, as RIFF has it.
func sound() []byte {
	le := binary.LittleEndian
	h := le.AppendUint32([]byte("RIFF"), soundSize-8)
	h = le.AppendUint32(append(h, "WAVEfmt "...), 16)
	h = le.AppendUint32(h, 1|1<<16) // PCM, one channel
	h = le.AppendUint32(h, 8000)    // samples and bytes per second
	h = le.AppendUint32(h, 8000)
	h = le.AppendUint32(h, 1|8<<16) // bytes and bits of a sample
	return le.AppendUint32(append(h, "data"...), soundSize-44)
}

func filmName(i int) string {
	return strings.Fields("Amber Basalt Cobalt Dolomite Emerald Feldspar Garnet Hematite")[i] + " Evening"
}

// watch reads all films at their pace for a time, and tells how far the slowest reader was behind at its worst.
func watch(addresses []string, length time.Duration) (behind time.Duration, played int64, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), length)
	defer cancel()
	var mu sync.Mutex
	var errs []error
	var wait sync.WaitGroup
	for _, a := range addresses {
		wait.Go(func() {
			late, n, err := read(ctx, a)
			mu.Lock()
			defer mu.Unlock()
			behind, played, errs = max(behind, late), played+n, append(errs, err)
		})
	}
	wait.Wait()
	return behind, played, errors.Join(errs...)
}
