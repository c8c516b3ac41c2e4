package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"localcast/bridge"
	"localcast/bridge/library"
	"localcast/bridge/media"
	"localcast/bridge/voice"
)

// searchResults is how many results localcast search shows.
const searchResults = 20

// openLibrary opens the library of the configuration for a command. Beside a running bridge it tells to ask that one, by
// publishing a command. close is never nil.
func openLibrary(inv invocation, t terminal, command, payload string) (l *library.Library, c Config, close func(), code int) {
	close = func() {}
	c, err := LoadConfig(inv.config, inv.over, t.getenv)
	if err != nil {
		fmt.Fprintln(t.err, err)
		return nil, c, close, exitUsage
	}
	release, err := lockDataDir(c.DataDir)
	if errors.Is(err, errInUse) {
		fmt.Fprintf(t.err, "localcast runs with data_dir %s: publish %s/bridge/command/%s with the payload %s\n",
			c.DataDir, c.MQTT.BaseTopic, command, payload)
		return nil, c, close, exitFailed
	}
	if err != nil {
		fmt.Fprintln(t.err, err)
		return nil, c, close, exitFailed
	}
	cfg := libraryConfig(c)
	cfg.Watch = false
	l, err = library.New(cfg, warnings(t.err))
	if err != nil {
		fmt.Fprintln(t.err, errors.Join(err, release()))
		return nil, c, close, exitFailed
	}
	return l, c, func() {
		if err := errors.Join(l.Close(), release()); err != nil {
			fmt.Fprintln(t.err, err)
		}
	}, exitOK
}

// warnings logs what a person should know who runs a command; what goes well the command tells itself.
func warnings(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// searchLibrary shows what the library finds for some words.
func searchLibrary(ctx context.Context, inv invocation, t terminal) int {
	words := strings.Join(inv.args, " ")
	if strings.TrimSpace(words) == "" {
		fmt.Fprintln(t.err, "search for what? localcast search WORDS")
		return exitUsage
	}
	l, c, done, code := openLibrary(inv, t, "search", words)
	defer done()
	if code != exitOK {
		return code
	}
	grammar, err := voice.New(c.Language)
	if err != nil {
		fmt.Fprintln(t.err, err)
		return exitFailed
	}
	page, err := bridge.Finder{Library: l, Grammar: grammar}.Search(ctx, media.Query{Text: words, Limit: searchResults})
	if err != nil {
		fmt.Fprintln(t.err, err)
		return exitFailed
	}
	if len(page.Results) == 0 {
		fmt.Fprintf(t.err, "nothing in the library matches %q\n", words)
		if l.Status().Counts.Total() == 0 {
			fmt.Fprintln(t.err, "the catalogue is empty: localcast scan reads the folders")
		}
		return exitFailed
	}
	table := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ITEM\tKIND\tTITLE\tWHERE")
	for _, r := range page.Results {
		title := r.Item.Title
		if r.Item.Subtitle != "" {
			title += ", " + r.Item.Subtitle
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", r.Item.ID, r.Item.Kind, title, r.Item.Path)
	}
	if err := table.Flush(); err != nil {
		return exitFailed
	}
	if more := page.Total - len(page.Results); more > 0 {
		fmt.Fprintf(t.out, "and %d more\n", more)
	}
	return exitOK
}

// scanLibrary looks through the folders once.
func scanLibrary(ctx context.Context, inv invocation, t terminal) int {
	if len(inv.args) > 0 {
		fmt.Fprintf(t.err, "scan takes no %q; folders are named with -media or in the configuration\n", inv.args[0])
		return exitUsage
	}
	l, _, done, code := openLibrary(inv, t, "rescan", "{}")
	defer done()
	if code != exitOK {
		return code
	}
	if l.Status().Counts.Folders == 0 {
		fmt.Fprintln(t.err, "no folder: library.folders or -media names one")
		return exitUsage
	}
	type outcome struct {
		writing int
		err     error
	}
	ended, begun := make(chan outcome, 1), time.Now()
	go func() {
		writing, err := l.Scan(ctx)
		ended <- outcome{writing, err}
	}()
	bar := progress{out: t.out, terminal: isTerminal(t.out)}
	for {
		select {
		case <-l.Changed():
			bar.show(l.Status())
		case end := <-ended:
			bar.clear()
			if end.err != nil {
				fmt.Fprintln(t.err, end.err)
				return exitFailed
			}
			bar.complete()
			return tellScan(l, t, end.writing, time.Since(begun))
		}
	}
}

// tellScan tells what a scan has found.
func tellScan(l *library.Library, t terminal, writing int, took time.Duration) int {
	s, added, removed := l.Status(), 0, 0
	for _, e := range l.Events() {
		added, removed = added+e.Added, removed+e.Removed
	}
	n := s.Counts
	fmt.Fprintf(t.out, "%d items: %d movies, %d episodes, %d videos, %d tracks, %d images; %d playlists\n",
		n.Total(), n.Movies, n.Episodes, n.Videos, n.Tracks, n.Images, n.Playlists)
	fmt.Fprintf(t.out, "%d added, %d removed, in %s\n", added, removed, took.Round(time.Millisecond))
	if writing > 0 {
		fmt.Fprintf(t.out, "files are still being written in %d folders: they are for the next scan\n", writing)
	}
	if len(s.Unavailable) > 0 {
		fmt.Fprintf(t.err, "not available: %s\n", strings.Join(s.Unavailable, ", "))
		return exitFailed
	}
	return exitOK
}

// progress shows how far a scan is: a bar in a terminal, else a line for each tenth.
type progress struct {
	out      io.Writer
	terminal bool
	tenths   int
	shown    bool
}

const barWidth = 40

func (p *progress) show(s media.LibraryStatus) {
	if !s.Scanning {
		return
	}
	if p.terminal {
		full := int(s.Progress * barWidth)
		fmt.Fprintf(p.out, "\r[%s%s] %3d %%  %d items ", strings.Repeat("#", full), strings.Repeat(".", barWidth-full), int(s.Progress*100),
			s.Counts.Total())
		p.shown = true
		return
	}
	for ; p.tenths < int(s.Progress*10); p.tenths++ {
		fmt.Fprintf(p.out, "%d %%\n", 10*(p.tenths+1))
	}
}

// clear takes the bar away.
func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.out, "\r", strings.Repeat(" ", barWidth+30), "\r")
	}
}

// complete brings the lines to their end: the scan may have come there while nobody looked.
func (p *progress) complete() {
	if !p.terminal {
		p.show(media.LibraryStatus{Scanning: true, Progress: 1})
	}
}

// isTerminal reports whether w shows what is written to a person.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
