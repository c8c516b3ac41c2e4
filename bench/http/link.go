//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// The link: what a Chromecast on crowded Wi-Fi has.
const (
	linkRate  = 30e6 / 8              // bytes per second
	linkDelay = 20 * time.Millisecond // one way
	linkMTU   = 1500

	serverHost, clientHost = "10.200.0.1", "10.200.0.2"
)

// namespace is a network of its own, in which one thread lives.
type namespace struct {
	do  chan func()
	tun *os.File // its end of the link
	// congestion is the congestion control of sockets that ask for none.
	congestion string
}

// newNamespace makes one with an interface at an address.
func newNamespace(address string) (*namespace, error) {
	n := &namespace{do: make(chan func())}
	made := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		err := unix.Unshare(unix.CLONE_NEWNET)
		if err == nil {
			err = n.connect(address)
		}
		made <- err
		for f := range n.do {
			f()
		}
	}()
	return n, <-made
}

// connect makes the interface; it runs in the namespace, as the commands that it starts do.
func (n *namespace) connect(address string) error {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("make a link: %w", err)
	}
	request, err := unix.NewIfreq("lcbench0")
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, request); err != nil {
		return fmt.Errorf("make a link: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return err
	}
	n.tun = os.NewFile(uintptr(fd), "lcbench0")
	for _, args := range []string{
		"link set lo up", "addr add " + address + "/24 dev lcbench0", fmt.Sprintf("link set lcbench0 mtu %d txqueuelen 1000 up", linkMTU),
	} {
		if said, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %s: %w: %s", args, err, said)
		}
	}
	// What most hosts have; servers that know better say so for themselves. A host that forbids it keeps its own.
	_ = os.WriteFile(congestionFile, []byte("cubic"), 0o644)
	text, err := os.ReadFile(congestionFile)
	n.congestion = strings.TrimSpace(string(text))
	return err
}

// congestionFile holds the congestion control of a namespace's sockets.
const congestionFile = "/proc/sys/net/ipv4/tcp_congestion_control"

// in runs f in the namespace.
func (n *namespace) in(f func()) {
	done := make(chan struct{})
	n.do <- func() { defer close(done); f() }
	<-done
}

func (n *namespace) close() {
	if n.tun != nil {
		n.tun.Close()
	}
	close(n.do)
}

// packet is on its way.
type packet struct {
	data []byte
	due  time.Time
}

// carry takes packets from one end of the link to the other until that is closed: at the link's rate, after its delay, and
// without the share that is lost and what finds more than queue bytes waiting.
func carry(from, to io.ReadWriter, loss float64, queue int) {
	way := make(chan packet, queue/64)
	defer close(way)
	go func() {
		for p := range way {
			if wait := time.Until(p.due); wait > 0 {
				<-time.After(wait)
			}
			_, _ = to.Write(p.data) // a full interface loses it, as a real one does
		}
	}()
	free := time.Now() // when the link has sent what is in its queue
	for {
		data := make([]byte, linkMTU)
		n, err := from.Read(data)
		if err != nil {
			return
		}
		now := time.Now()
		if free.Before(now) {
			free = now
		}
		if free.Sub(now).Seconds()*linkRate > float64(queue) || rand.Float64() < loss {
			continue
		}
		free = free.Add(time.Duration(float64(n) / linkRate * 1e9))
		way <- packet{data[:n], free.Add(linkDelay)}
	}
}

// sender is a way to send over the link.
type sender struct {
	name  string // "nginx" gets the congestion control of the namespace to its name
	start func(film string) (*server, error)
}

func senders(out io.Writer, seconds float64) []sender {
	ours := func(name string, flags ...string) sender {
		return sender{name, func(film string) (*server, error) {
			return startSelf(name, film, serverHost, exec.Command, "ours", flags...)
		}}
	}
	playing := fmt.Sprint(seconds)
	all := []sender{
		ours("LocalCast, bbr", "-seconds", playing),
		ours("LocalCast, cubic", "-allowed", "cubic,reno", "-seconds", playing),
		ours("cubic without a pace", "-allowed", "cubic,reno"),
	}
	if _, err := exec.LookPath("nginx"); err != nil {
		fmt.Fprintln(out, "\nnginx is not here and left out.")
		return all
	}
	return append(all, sender{"nginx", func(film string) (*server, error) { return startNginx(film, serverHost, exec.Command) }})
}

// measureLink measures the beginning of a film, its rate, and a seek, over a link that loses packets.
func measureLink(out io.Writer, o options, film string) error {
	if os.Getuid() != 0 {
		fmt.Fprintln(out, "\nThe link is left out: it wants root.")
		return nil
	}
	fmt.Fprintf(out, "\nA link of 30 Mbit/s, 20 ms one way, a queue of %d KiB, random loss towards the client\n\n", o.queue>>10)
	fmt.Fprintln(out, "| loss | sender | 2 MB after, s | then Mbit/s | jump on an open connection, s | on a new one, s |")
	fmt.Fprintln(out, "|---|---|---|---|---|---|")
	for _, loss := range []float64{0, 0.02, 0.08} {
		for _, how := range senders(out, float64(o.size)/(5e6/8)) {
			var start, rate, jump, jumpNew []float64
			name := how.name
			for range o.rounds {
				f, used, err := overLink(how, film, o, loss)
				if err != nil {
					return fmt.Errorf("%s: %w", how.name, err)
				}
				if name = how.name; name == "nginx" {
					name += ", " + used
				}
				start, rate = append(start, f.start), append(rate, f.rate)
				jump, jumpNew = append(jump, f.jump), append(jumpNew, f.jumpNew)
			}
			fmt.Fprintf(out, "| %g %% | %s | %s | %s | %s | %s |\n", loss*100, name,
				digits(median(start)), digits(median(rate)), digits(median(jump)), digits(median(jumpNew)))
		}
	}
	return nil
}

// overLink measures one sender once, over a new link, and tells the congestion control of sockets that ask for none.
func overLink(how sender, film string, o options, loss float64) (figures link, congestion string, err error) {
	near, err := newNamespace(serverHost)
	defer near.close()
	if err != nil {
		return figures, "", err
	}
	far, err := newNamespace(clientHost)
	defer far.close()
	if err != nil {
		return figures, "", err
	}
	var carrying sync.WaitGroup
	defer carrying.Wait()
	carrying.Go(func() { carry(near.tun, far.tun, loss, o.queue) })
	carrying.Go(func() { carry(far.tun, near.tun, 0, o.queue) })
	defer near.tun.Close()
	defer far.tun.Close()
	var s *server
	near.in(func() { s, err = how.start(film) })
	if err != nil {
		return figures, "", err
	}
	defer s.stop()
	far.in(func() { figures, err = s.watch(o) })
	return figures, near.congestion, err
}

// link is what is seen of a film over the link.
type link struct {
	start float64 // seconds until 2 MB
	rate  float64 // Mbit/s after that
	// seconds until the first byte behind a jump while the film still comes, on a connection that is open and on a new one
	jump, jumpNew float64
}

// watch begins a film, plays on at the full rate, and jumps twice. A player gives up the old connection once the new one
// answers.
func (s *server) watch(o options) (figures link, err error) {
	const beginning = 2_000_000
	open, err := s.ask(o.size - 100)
	if err != nil {
		return figures, err
	}
	defer open.conn.Close()
	if _, err := open.discard(100); err != nil {
		return figures, err
	}
	r, err := s.ask(0)
	if err != nil {
		return figures, err
	}
	defer r.conn.Close()
	read := func(until func(n int64) bool) (n int64, err error) {
		for !until(n) && err == nil {
			var more int
			more, err = r.discard(sinkBytes)
			n += int64(more)
		}
		return n, err
	}
	if _, err = read(func(n int64) bool { return n >= beginning }); err != nil {
		return figures, err
	}
	figures.start = time.Since(r.sent).Seconds()
	length := max(o.length, time.Second)
	ctx, cancel := context.WithTimeout(context.Background(), length)
	defer cancel()
	began := time.Now()
	n, err := read(func(int64) bool { return ctx.Err() != nil })
	if err != nil {
		return figures, err
	}
	figures.rate = float64(n) * 8 / 1e6 / time.Since(began).Seconds()

	on := make(chan struct{})
	go func() { // until the connection is closed
		defer close(on)
		_, _ = read(func(int64) bool { return false })
	}()
	defer func() { r.conn.Close(); <-on }()
	asked := time.Now()
	if err := open.ask(s, o.size/2); err != nil {
		return figures, err
	}
	figures.jump = time.Since(asked).Seconds()
	open.conn.Close()
	<-time.After(length) // until the film has the link for itself again
	jumped, err := s.ask(o.size / 4)
	if err != nil {
		return figures, err
	}
	figures.jumpNew = time.Since(jumped.sent).Seconds()
	jumped.conn.Close()
	return figures, nil
}
