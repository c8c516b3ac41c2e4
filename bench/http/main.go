//go:build linux

// Command http measures the streamer beside nginx and beside the standard library's http.ServeContent, in one run: CPU per
// gigabyte, time to the first byte, many readers, readers that have stalled, readers at a film's pace, a file that is not in
// the page cache in 64 MB, and a link that loses packets. It prints Markdown for docs/benchmarks.md. All traffic stays on the
// loopback interface and in network namespaces of its own, for which it has to be root; without root, and without nginx, it
// leaves out what needs them and says so.
//
//	go run ./bench/http                 the whole, some minutes
//	go run ./bench/http -for 1s -size 64   a short try
//	go run ./bench/http -only link         one part: cpu, first, stalled, paced, cold, link
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// options are what the command line says.
type options struct {
	length time.Duration // of each measurement
	rounds int           // of which the median counts
	size   int64         // of the file, in bytes
	queue  int           // of the link, in bytes
	only   []string      // parts; none is all
}

func (o options) wants(part string) bool { return len(o.only) == 0 || slices.Contains(o.only, part) }

func main() {
	length := flag.Duration("for", 5*time.Second, "how long each measurement lasts")
	rounds := flag.Int("rounds", 3, "how often each is made; the median counts")
	size := flag.Int64("size", 1536, "the size of the file in MiB")
	queue := flag.Int("queue", 1465, "how many KiB wait in the link's access point: 1,000 packets are what Linux has by default")
	only := flag.String("only", "", "the parts to measure, with commas between: cpu, first, stalled, paced, cold, link; empty: all")
	serve := flag.String("serve", "", "used by the program itself: serve a file, as ours or content")
	listen := flag.String("listen", "127.0.0.1:0", "with -serve: where")
	file := flag.String("file", "", "with -serve: what")
	allowed := flag.String("allowed", "", "with -serve ours: the congestion controls that it may ask for, with commas between; empty: all")
	seconds := flag.Float64("seconds", 0, "with -serve ours: how long the file plays")
	flag.Parse()
	var err error
	if *serve != "" {
		err = serveFile(os.Stdout, *serve, *listen, *file, *allowed, *seconds)
	} else {
		o := options{length: *length, rounds: max(*rounds, 1), size: *size << 20, queue: *queue << 10}
		if *only != "" {
			o.only = strings.Split(*only, ",")
		}
		err = measure(os.Stdout, o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func measure(out io.Writer, o options) error {
	dir, err := os.MkdirTemp("", "localcast-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()     // what is left of it is in nobody's way
	if err := os.Chmod(dir, 0o755); err != nil { // for nginx's own user
		return err
	}
	film := filepath.Join(dir, "film.mp4")
	if err := makeFilm(film, o.size); err != nil {
		return err
	}
	host, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	fmt.Fprintf(out, "%s, Linux %s, a file of %d MiB, %v and the median of %d for each figure\n",
		time.Now().Format(time.DateOnly), strings.TrimSpace(string(host)), o.size>>20, o.length, o.rounds)
	parts := []struct {
		name string
		run  func(io.Writer, options, string) error
	}{
		{"cpu", measureCPU}, {"first", measureFirst}, {"stalled", measureStalled}, {"paced", measurePaced}, {"cold", measureCold},
		{"link", measureLink},
	}
	var errs []error
	for _, p := range parts {
		if o.wants(p.name) {
			errs = append(errs, p.run(out, o, film))
		}
	}
	return errors.Join(errs...)
}

// makeFilm writes a file that no file system stores as holes.
func makeFilm(path string, size int64) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	block := make([]byte, 1<<20)
	for i := range block {
		block[i] = byte(i * 7 >> 3)
	}
	for written := int64(0); written < size && err == nil; written += int64(len(block)) {
		_, err = f.Write(block)
	}
	return errors.Join(err, f.Close())
}

// median sorts and returns the middle.
func median[T int64 | float64 | time.Duration](all []T) T {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}
