// Command search measures the search: how well it finds what is asked for with all the mistakes that people make, how often
// it would play something else, how long it takes and how much memory. It makes up libraries and queries from a seed, asks
// as the play command does, and asks SQLite's FTS5 the same in the same run. It prints Markdown for docs/benchmarks.md.
//
//	go run ./bench/search -items 10000,100000 -titles DIR
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"localcast/bridge/library/index"
	"localcast/bridge/voice"
)

// options are what is asked for at the command line.
type options struct {
	items    []int
	dir      string
	half     half
	queries  int
	seed     uint64
	fts      bool
	ftsAsked int
	failures int
}

func main() {
	var o options
	items := flag.String("items", "10000", "sizes of the libraries: items that are played")
	flag.StringVar(&o.dir, "titles", "", "a folder with movies.tsv and tracks.tsv; titles are made up without")
	tune := flag.Bool("tune", false, "use the half of the titles on which the search is tuned, not the half set aside")
	flag.IntVar(&o.queries, "queries", 1000, "queries of each class")
	flag.Uint64Var(&o.seed, "seed", 1, "of the libraries and queries")
	flag.BoolVar(&o.fts, "fts", true, "ask SQLite FTS5 as well")
	flag.IntVar(&o.ftsAsked, "fts-queries", 300, "at most so many queries of each class for FTS5, whose slow ones take long")
	flag.IntVar(&o.failures, "failures", 0, "print so many failures of each class")
	flag.Parse()
	o.half = reporting
	if *tune {
		o.half = tuning
	}
	for s := range strings.SplitSeq(*items, ",") {
		n, err := strconv.Atoi(s)
		if err != nil || n < 100 {
			fmt.Fprintf(os.Stderr, "-items: got %q, wanted numbers of at least 100\n", s)
			os.Exit(2)
		}
		o.items = append(o.items, n)
	}
	if err := measure(os.Stdout, o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func measure(out io.Writer, o options) error {
	from, err := readTitles(o.dir, o.half)
	if err != nil {
		return err
	}
	grammar, err := voice.New("en")
	if err != nil {
		return err
	}
	for _, n := range o.items {
		lib := makeLibrary(n, from, o.seed)
		x, cost := built(lib)
		fmt.Fprintf(out, "\n### %d items, %d with their containers\n\n%s\n\n", n, len(lib.entries), cost)
		s := newShelves(lib, x)
		classes := newAsker(lib, from, o.seed).classes(o.queries)
		// The library that was made up is a heap of pointers such as the program does not have; collections would look through it.
		usual := debug.SetGCPercent(1000)
		var outcomes []outcome
		for _, c := range classes {
			outcomes = append(outcomes, ask(s, grammar, c))
		}
		debug.SetGCPercent(usual)
		report(out, outcomes, o.failures)
		if o.fts {
			if err := compare(out, lib, classes, o.ftsAsked); err != nil {
				return err
			}
		}
	}
	return nil
}

// built builds the index and tells what that costs.
func built(lib *collection) (*index.Index, string) {
	heap := func() float64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc) / (1 << 20)
	}
	before := heap()
	begun := time.Now()
	x := lib.build()
	took := time.Since(begun)
	size := heap() - before
	// Once more while the first one stands, with so many collections that what is live is seen.
	percent := debug.SetGCPercent(2)
	peak, stop := watchLive()
	runtime.KeepAlive(lib.build())
	stop()
	debug.SetGCPercent(percent)
	return x, fmt.Sprintf("Index: %.1f MB, built in %.2f s; at most %.1f MB live while it is built anew beside the old one.",
		size, took.Seconds(), *peak-before)
}

// watchLive notes the most that a collection has found to be live, in MB, until it is stopped.
func watchLive() (peak *float64, stop func()) {
	peak = new(float64)
	end := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		for {
			metrics.Read(sample)
			*peak = max(*peak, float64(sample[0].Value.Uint64())/(1<<20))
			select {
			case <-end:
				return
			case <-tick.C:
			}
		}
	})
	return peak, func() { close(end); watching.Wait() }
}

// report prints the table of one library.
func report(out io.Writer, outcomes []outcome, failures int) {
	fmt.Fprint(out, "| queries | first | among five | refused | wrong plays | p50 | p99 | of a processor: p50 | p99 |\n",
		"|---|---|---|---|---|---|---|---|---|\n")
	answerable, refused := 0, 0
	for _, o := range outcomes {
		first, five := percent(o.first, o.asked), percent(o.five, o.asked)
		if o.name == "not in the library" {
			first, five = "", ""
		} else {
			answerable, refused = answerable+o.asked, refused+o.refused
		}
		fmt.Fprintf(out, "| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", o.name, first, five,
			percent(o.refused, o.asked), percent(o.wrong, o.asked),
			milliseconds(o.times, 50), milliseconds(o.times, 99), milliseconds(o.spent, 50), milliseconds(o.spent, 99))
	}
	fmt.Fprintf(out, "\nOf all queries that have an answer %s were refused.\n", percent(refused, answerable))
	for _, o := range outcomes {
		for _, f := range o.failures[:min(len(o.failures), failures)] {
			fmt.Fprintf(out, "    %s: %s\n", o.name, f)
		}
	}
}

func percent(n, of int) string { return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(max(of, 1))) }

func milliseconds(times []time.Duration, percentile int) string {
	if len(times) == 0 {
		return ""
	}
	sorted := slices.Sorted(slices.Values(times))
	t := sorted[min(len(sorted)*percentile/100, len(sorted)-1)]
	return fmt.Sprintf("%.2f ms", float64(t.Microseconds())/1000)
}
