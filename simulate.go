package main

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"localcast/cast/casttest"
	"localcast/cast/wire"
)

// simulate is a simulated Chromecast until ctx ends. It prints what happens to it, and goes wrong in the ways that are
// typed, or that -fault names.
func simulate(ctx context.Context, inv invocation, t terminal) int {
	o, err := parseSimulate(inv.args, t.err)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		return exitUsage
	}
	tv, err := casttest.NewReceiver(o.receiver)
	if err != nil {
		fmt.Fprintf(t.err, "%v; another address is named with -listen\n", err)
		return exitFailed
	}
	defer tv.Close()
	fmt.Fprintf(t.out, "%s listens on %s\n", tv.Name(), tv.Addr())
	if o.receiver.Advertise != nil {
		fmt.Fprintf(t.out, "announced by mDNS on %s\n", o.receiver.Advertise.Name)
	}
	if t.in != nil {
		fmt.Fprint(t.out, "type a letter and Enter:\n", simulatedFaultList("  %s  %-14s %s\n"))
	}
	s := &simulation{tv: tv, out: t.out, planned: o.planned}
	s.run(ctx, t.in)
	fmt.Fprintln(t.out, tv.Name(), "is gone")
	return exitOK
}

// simulateOptions is what the command line says of a simulated Chromecast.
type simulateOptions struct {
	receiver casttest.Config
	planned  []plannedFault
}

// A plannedFault happens some time after the start.
type plannedFault struct {
	after time.Duration
	fault simulatedFault
}

// parseSimulate reads the command line. What is wrong is told on w.
func parseSimulate(args []string, w io.Writer) (simulateOptions, error) {
	var o simulateOptions
	f := flag.NewFlagSet("localcast simulate", flag.ContinueOnError)
	f.SetOutput(w)
	f.Usage = func() {
		fmt.Fprint(w, "usage: localcast simulate [flags]\n\n")
		f.PrintDefaults()
		fmt.Fprint(w, "\nfaults:\n", simulatedFaultList("  %[2]s\n    \t%[3]s\n"))
	}
	f.StringVar(&o.receiver.Name, "name", "Simulated Chromecast", "the device's `name`; the same name is the same device again")
	kind := f.String("kind", "video", "video, audio or group")
	iface := f.String("interface", "", "announce the device by mDNS on this network `interface`, such as lo; without it nothing is announced")
	f.StringVar(&o.receiver.Listen, "listen", "127.0.0.1:8009", "the `address` to be reached at")
	f.Float64Var(&o.receiver.Speed, "speed", 1, "how many `times` faster than real the device's time passes")
	f.Func("fault", "a `fault` to begin with, or after some time, such as silence@30s; may be repeated", func(s string) error {
		p, err := planFault(s)
		o.planned = append(o.planned, p)
		return err
	})
	if err := f.Parse(args); err != nil {
		return o, err
	}
	err := o.complete(*kind, *iface, f.Args())
	if err != nil {
		fmt.Fprintln(w, err)
	}
	slices.SortStableFunc(o.planned, func(a, b plannedFault) int { return cmp.Compare(a.after, b.after) })
	return o, err
}

// planFault reads NAME or NAME@TIME.
func planFault(s string) (plannedFault, error) {
	name, at, timed := strings.Cut(s, "@")
	i := slices.IndexFunc(simulatedFaults(), func(f simulatedFault) bool { return f.name == name })
	if i < 0 {
		return plannedFault{}, errors.New("there is no such fault; localcast simulate -help lists them")
	}
	p := plannedFault{fault: simulatedFaults()[i]}
	if !timed {
		return p, nil
	}
	var err error
	p.after, err = time.ParseDuration(at)
	return p, err
}

// complete checks what the flags alone cannot, and fills in what follows from them.
func (o *simulateOptions) complete(kind, iface string, rest []string) error {
	kinds := map[string]casttest.Kind{"video": casttest.Video, "audio": casttest.Audio, "group": casttest.Group}
	var known bool
	if o.receiver.Kind, known = kinds[kind]; !known {
		return fmt.Errorf("-kind %s: it is video, audio or group", kind)
	}
	if o.receiver.Speed <= 0 {
		return fmt.Errorf("-speed %g: it is more than 0", o.receiver.Speed)
	}
	if len(rest) > 0 {
		return fmt.Errorf("simulate takes no %q", rest[0])
	}
	sum := sha256.Sum256([]byte(kind + " " + o.receiver.Name))
	if o.receiver.ID = hex.EncodeToString(sum[:16]); o.receiver.Kind == casttest.Group {
		id := o.receiver.ID
		o.receiver.ID = strings.Join([]string{id[:8], id[8:12], id[12:16], id[16:20], id[20:]}, "-")
	}
	if iface == "" {
		return nil
	}
	found, err := net.InterfaceByName(iface)
	if err != nil {
		return fmt.Errorf("-interface %s: %w", iface, err)
	}
	host, _, err := net.SplitHostPort(o.receiver.Listen)
	if err != nil {
		return fmt.Errorf("-listen: %w", err)
	}
	if ip := net.ParseIP(host); found.Flags&net.FlagLoopback == 0 && ip != nil && ip.IsLoopback() {
		return fmt.Errorf("-interface %s leads to other machines, who cannot reach %s: -listen names an address of this one", iface, host)
	}
	o.receiver.Advertise = found
	return nil
}

// A simulation is a simulated Chromecast and those who watch it. Its goroutine alone prints.
type simulation struct {
	tv      *casttest.Receiver
	out     io.Writer
	planned []plannedFault // the next one first

	// What is wrong at the moment.
	silent, off, thin, slow, noQueue bool
}

// run lasts until ctx ends.
func (s *simulation) run(ctx context.Context, in io.Reader) {
	ctx, cancel := context.WithCancel(ctx)
	news, watched := make(chan casttest.Snapshot), make(chan struct{})
	defer func() { cancel(); <-watched }()
	go func() {
		defer close(watched)
		watchReceiver(ctx, s.tv, news)
	}()
	typed := make(chan string)
	if in != nil {
		go readLines(ctx, in, typed) // ends with in: nobody can end a Read of a terminal
	}
	began := time.Now()
	before := casttest.Snapshot{Volume: s.tv.Snapshot().Volume}
	for {
		var due <-chan time.Time
		if len(s.planned) > 0 {
			due = time.After(time.Until(began.Add(s.planned[0].after)))
		}
		select {
		case <-ctx.Done():
			return
		case now := <-news:
			for _, line := range receiverNews(before, now) {
				s.say(line)
			}
			before = now
		case letter := <-typed:
			s.obey(letter)
		case <-due:
			f := s.planned[0].fault
			s.planned = s.planned[1:]
			s.say(f.name + ": " + f.do(s))
		}
	}
}

func (s *simulation) say(line string) { fmt.Fprintln(s.out, time.Now().Format(time.TimeOnly), line) }

// obey does what somebody typed.
func (s *simulation) obey(letter string) {
	for _, f := range simulatedFaults() {
		if f.key == letter {
			s.say(f.name + ": " + f.do(s))
			return
		}
	}
	if letter != "" {
		fmt.Fprint(s.out, simulatedFaultList("  %s  %-14s %s\n"))
	}
}

// watchReceiver hands on each snapshot in which something is news, until ctx ends.
func watchReceiver(ctx context.Context, tv *casttest.Receiver, news chan<- casttest.Snapshot) {
	before := casttest.Snapshot{Volume: -1}
	for {
		now, err := tv.Await(ctx, func(now casttest.Snapshot) bool { return len(receiverNews(before, now)) > 0 })
		if err != nil {
			return
		}
		select {
		case news <- now:
		case <-ctx.Done():
			return
		}
		before = now
	}
}

func readLines(ctx context.Context, in io.Reader, lines chan<- string) {
	for scanner := bufio.NewScanner(in); scanner.Scan(); {
		select {
		case lines <- strings.TrimSpace(scanner.Text()):
		case <-ctx.Done():
			return
		}
	}
}

// receiverNews tells what has changed from one snapshot to a later one, a line each.
func receiverNews(before, now casttest.Snapshot) (lines []string) {
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	if now.Senders != before.Senders {
		add("senders: %d", now.Senders)
	}
	for _, l := range now.Loads {
		if l.Ended == "" {
			continue
		}
		same := func(b casttest.LoadRecord) bool { return b.MediaSessionID == l.MediaSessionID && b.ItemID == l.ItemID }
		i := slices.IndexFunc(before.Loads, same)
		if i < 0 || before.Loads[i].Ended == "" {
			why := ""
			if l.Err != "" {
				why = ": " + l.Err
			}
			add("%s ended: %s%s", fileName(l.ContentID), strings.ToLower(l.Ended), why)
		}
	}
	if now.AppID != before.AppID {
		switch now.AppID {
		case "", wire.Backdrop:
			add("no app runs")
		default:
			add("app: %s", now.AppName)
		}
	}
	if now.Volume != before.Volume || now.Muted != before.Muted {
		muted := ""
		if now.Muted {
			muted = ", muted"
		}
		add("volume: %.0f %%%s", 100*now.Volume, muted)
	}
	if state := itemState(now); state != "" && (state != itemState(before) || now.ItemID != before.ItemID) {
		length := ""
		if now.Duration > 0 {
			length = " of " + now.Duration.Round(time.Second).String()
		}
		add("%s %s at %s%s", state, fileName(now.ContentID), now.Position.Round(time.Second), length)
	}
	return lines
}

// fileName is the last part of an address, as people read it. What is before it may hold a token.
func fileName(address string) string {
	name := path.Base(address)
	if plain, err := url.PathUnescape(name); err == nil {
		return plain
	}
	return name
}

// itemState says what becomes of the current item, "" if there is none.
func itemState(s casttest.Snapshot) string {
	switch {
	case s.Loading:
		return "loading"
	case s.ContentID == "":
		return ""
	}
	return strings.ToLower(s.PlayerState)
}
