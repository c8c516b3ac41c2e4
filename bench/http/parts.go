//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"localcast/bench/cgroup"
)

// trial is what is asked of every kind of server.
type trial struct {
	title   string
	kinds   []kind
	run     run  // nil is exec.Command
	fresh   bool // the servers are started anew for every round
	columns []string
	measure func(s *server) ([]float64, error) // a figure for each column
}

// table measures every kind of server in turn, round after round, so that what else the machine does meets all of them, and
// prints the medians.
func (t trial) table(out io.Writer, o options, film string) error {
	if t.run == nil {
		t.run = exec.Command
	}
	var servers []*server
	stop := func() {
		for _, s := range servers {
			s.stop()
		}
		servers = nil
	}
	defer func() { stop() }()
	figures := make([][][]float64, len(t.kinds)) // by server and column, of all rounds
	for range o.rounds {
		if t.fresh {
			stop()
		}
		for len(servers) < len(t.kinds) {
			s, err := t.start(o, film, t.kinds[len(servers)])
			if err != nil {
				return err
			}
			servers = append(servers, s)
		}
		for i, s := range servers {
			got, err := t.measure(s)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			if figures[i] == nil {
				figures[i] = make([][]float64, len(got))
			}
			for c, f := range got {
				figures[i][c] = append(figures[i][c], f)
			}
		}
	}
	fmt.Fprintf(out, "\n%s\n\n| server | %s |\n|---|%s\n", t.title, strings.Join(t.columns, " | "), strings.Repeat("---|", len(t.columns)))
	for i, s := range servers {
		fmt.Fprintf(out, "| %s |", s.name)
		for _, all := range figures[i] {
			fmt.Fprintf(out, " %s |", digits(median(all)))
		}
		fmt.Fprintln(out)
	}
	return nil
}

// start starts a server and lets it serve for a second, so that all is warm, the page cache too.
func (t trial) start(o options, film string, k kind) (*server, error) {
	s, err := k.start(film, t.run)
	if err != nil {
		return nil, err
	}
	if _, err := s.drive(1, o.size, 0, time.Second); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// speed are the columns of what readers get and what that costs.
func speed(w work, err error) ([]float64, error) {
	return []float64{float64(w.bytes) / 1e9 / w.took.Seconds(), w.perGB(w.process), w.perGB(w.system)}, err
}

func speedColumns() []string { return []string{"GB/s", "CPU s/GB, server", "CPU s/GB, machine"} }

// digits shows three of them.
func digits(f float64) string {
	switch {
	case f >= 100:
		return fmt.Sprintf("%.0f", f)
	case f >= 10:
		return fmt.Sprintf("%.1f", f)
	case f >= 1:
		return fmt.Sprintf("%.2f", f)
	}
	return fmt.Sprintf("%.3f", f)
}

// measureCPU has readers read as fast as they can.
func measureCPU(out io.Writer, o options, film string) error {
	for _, readers := range []int{1, 32, 200} {
		title := fmt.Sprintf("%d readers, as fast as they can", readers)
		if readers == 1 {
			title = "One reader, as fast as it can"
		}
		err := trial{
			title: title, kinds: append(kinds(out), withBBR()), columns: speedColumns(),
			measure: func(s *server) ([]float64, error) { return speed(s.drive(readers, o.size, 0, o.length)) },
		}.table(out, o, film)
		if err != nil {
			return err
		}
	}
	return nil
}

// measureFirst has one client after the other wait for a first byte, half of them on a connection that is open already.
func measureFirst(out io.Writer, o options, film string) error {
	const asks = 500
	return trial{
		title: "Time to the first byte, nothing else going on, median of 500", kinds: kinds(out),
		columns: []string{"new connection, ms", "open connection, ms"},
		measure: func(s *server) ([]float64, error) {
			var fresh, again []time.Duration
			for i := range asks {
				r, err := s.ask(o.size/(2*asks)*int64(i+1) - 1)
				if err != nil {
					return nil, err
				}
				fresh = append(fresh, time.Since(r.sent))
				r.conn.Close()
			}
			// The end of the file, so that the connection is free for the next question.
			const end = 64 << 10
			r, err := s.ask(o.size - end)
			if err != nil {
				return nil, err
			}
			defer r.conn.Close()
			for range asks {
				if _, err := r.body.Discard(end); err != nil {
					return nil, err
				}
				asked := time.Now()
				if err := r.ask(s, o.size-end); err != nil {
					return nil, err
				}
				again = append(again, time.Since(asked))
			}
			return []float64{median(fresh).Seconds() * 1e3, median(again).Seconds() * 1e3}, nil
		},
	}.table(out, o, film)
}

// measureStalled has 500 clients that read the beginning and then no more.
func measureStalled(out io.Writer, o options, film string) error {
	const clients = 500
	return trial{
		title: "500 clients that have stalled", kinds: kinds(out), fresh: true,
		columns: []string{"process before, MB", "process, MB", "kernel to send, MB"},
		measure: func(s *server) ([]float64, error) {
			before := s.rss()
			var all []*reader
			defer func() {
				for _, r := range all {
					r.conn.Close()
				}
			}()
			for range clients {
				r, err := s.ask(0)
				if err != nil {
					return nil, err
				}
				all = append(all, r)
				if _, err := r.discard(64 << 10); err != nil {
					return nil, err
				}
			}
			held, err := settled(s.sendMemory)
			return []float64{float64(before) / 1e6, float64(s.rss()) / 1e6, float64(held) / 1e6}, err
		},
	}.table(out, o, film)
}

// settled asks until an answer does not grow for a second.
func settled(ask func() (int64, error)) (int64, error) {
	for last, deadline := int64(-1), time.Now().Add(patience); ; {
		now, err := ask()
		if err != nil || now <= last {
			return now, err
		}
		if time.Now().After(deadline) {
			return now, errors.New("the kernel's memory grows and grows")
		}
		last = now
		<-time.After(time.Second)
	}
}

// measurePaced has 8 readers that read as fast as a film plays.
func measurePaced(out io.Writer, o options, film string) error {
	const readers, pace = 8, 20e6 / 8
	return trial{
		title: "8 readers at 20 Mbit/s", kinds: append(kinds(out), withBBR()),
		columns: []string{"Mbit/s each", "CPU s/GB, server", "CPU s/GB, machine"},
		measure: func(s *server) ([]float64, error) {
			w, err := s.drive(readers, o.size, pace, o.length)
			return []float64{float64(w.bytes) * 8 / 1e6 / w.took.Seconds() / readers, w.perGB(w.process), w.perGB(w.system)}, err
		},
	}.table(out, o, film)
}

// measureCold has 32 readers of a file that is not in the page cache, from servers that have 64 MB for themselves and for it.
func measureCold(out io.Writer, o options, film string) error {
	const readers, limit = 32, 64 << 20
	if os.Getuid() != 0 {
		fmt.Fprintln(out, "\nThe cold file is left out: it wants root.")
		return nil
	}
	var groups []*cgroup.Group
	defer func() {
		for _, g := range groups {
			g.Remove()
		}
	}()
	var failed error
	confined := func(program string, args ...string) *exec.Cmd {
		g, err := cgroup.New(fmt.Sprintf("cold%d", len(groups)), limit)
		if err != nil {
			failed = err
			return exec.Command(program, args...)
		}
		groups = append(groups, g)
		return g.Command(program, args...)
	}
	err := trial{
		title: "32 readers of a cold file, in 64 MB", kinds: kinds(out), run: confined, columns: speedColumns(),
		measure: func(s *server) ([]float64, error) {
			if failed != nil {
				return nil, failed
			}
			if err := chill(film); err != nil {
				return nil, err
			}
			return speed(s.drive(readers, o.size, 0, o.length))
		},
	}.table(out, o, film)
	for _, g := range groups {
		if kills, err := g.Kills(); err == nil && kills > 0 {
			fmt.Fprintf(out, "\n%d were killed for memory.\n", kills)
		}
	}
	return err
}

// chill puts a file out of the page cache.
func chill(film string) error {
	f, err := os.Open(film)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return err
	}
	return unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
}
