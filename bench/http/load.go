//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"localcast/bench/fleet"
)

// patience bounds every wait for a server.
const patience = time.Minute

// reader is a client that throws away what it gets.
type reader struct {
	conn net.Conn
	body *bufio.Reader
	sent time.Time // when it began to connect
	left int64     // bytes of the answer that are still to come
	sink []byte    // of its length bytes are received at a time; nobody writes or reads it
}

// sinkBytes is how much a reader takes at once.
const sinkBytes = 4 << 20

// ask opens a connection and asks for the file from a byte on. The answer's header is read.
func (s *server) ask(from int64) (*reader, error) {
	started := time.Now()
	c, err := (&net.Dialer{Timeout: patience}).Dial("tcp", s.address)
	if err != nil {
		return nil, err
	}
	r := &reader{conn: c, body: bufio.NewReader(c), sent: started, sink: make([]byte, sinkBytes)}
	if err := r.ask(s, from); err != nil {
		c.Close()
		return nil, err
	}
	return r, nil
}

func (r *reader) ask(s *server, from int64) error {
	r.conn.SetDeadline(time.Now().Add(patience))
	_, err := fmt.Fprintf(r.conn, "GET %s HTTP/1.1\r\nHost: %s\r\nRange: bytes=%d-\r\n\r\n", s.path, s.address, from)
	if err != nil {
		return err
	}
	resp, err := http.ReadResponse(r.body, nil) //nolint:bodyclose // the body is read past it, and ends with the connection
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusPartialContent {
		return fmt.Errorf("%s answers %s", s.name, resp.Status)
	}
	r.left = resp.ContentLength
	_, err = r.body.Peek(1)
	return err
}

// discard drops up to most bytes of the body and returns how many; the kernel does not even copy them. At the body's end the
// error is io.EOF.
func (r *reader) discard(most int) (n int, err error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	most = int(min(int64(most), r.left))
	if buffered := r.body.Buffered(); buffered > 0 {
		n, err = r.body.Discard(min(buffered, most))
	} else {
		n, err = r.skip(most)
	}
	r.left -= int64(n)
	return n, err
}

// skip waits for bytes on the connection, and drops them there.
func (r *reader) skip(most int) (n int, err error) {
	socket, ok := r.conn.(syscall.Conn)
	if !ok {
		return 0, errors.ErrUnsupported
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return 0, err
	}
	var failed error
	err = raw.Read(func(fd uintptr) bool {
		n, _, failed = unix.Recvfrom(int(fd), r.sink[:most], unix.MSG_TRUNC|unix.MSG_DONTWAIT)
		return !errors.Is(failed, unix.EAGAIN)
	})
	if err == nil {
		err = failed
	}
	if err == nil && n == 0 {
		err = fmt.Errorf("%d bytes of the answer are missing: %w", r.left, io.ErrUnexpectedEOF)
	}
	return n, err
}

// work is what readers have got, and what that cost.
type work struct {
	bytes           int64
	process, system time.Duration // of CPU: the server's, and that of the whole machine
	took            time.Duration
}

func (w work) perGB(cpu time.Duration) float64 { return cpu.Seconds() / (float64(w.bytes) / 1e9) }

// drive has readers read for a time. Each begins elsewhere in the file; pace is bytes per second for each, 0 is at once.
func (s *server) drive(readers int, size, pace int64, length time.Duration) (work, error) {
	ctx, cancel := context.WithTimeout(context.Background(), length)
	defer cancel()
	var got atomic.Int64
	var wait sync.WaitGroup
	failed := make(chan error, readers)
	process, idle, began := s.cpu(), machineIdle(), time.Now()
	for i := range readers {
		wait.Go(func() {
			err := s.read(ctx, size/int64(readers)*int64(i), pace, &got)
			if err != nil && ctx.Err() == nil {
				failed <- err
			}
		})
	}
	wait.Wait()
	w := work{bytes: got.Load(), process: s.cpu() - process, took: time.Since(began)}
	w.system = w.took*time.Duration(runtime.NumCPU()) - (machineIdle() - idle)
	select {
	case err := <-failed:
		return w, err
	default:
		return w, nil
	}
}

// read reads the file again and again until ctx ends.
func (s *server) read(ctx context.Context, from, pace int64, got *atomic.Int64) error {
	const tick = 50 * time.Millisecond
	for ctx.Err() == nil {
		r, err := s.ask(from)
		if err != nil {
			return err
		}
		stop := context.AfterFunc(ctx, func() { r.conn.Close() })
		began, mine := time.Now(), int64(0)
		for err == nil {
			due := int64(sinkBytes)
			if pace > 0 {
				fleet.Pause(ctx, tick)
				due = int64(time.Since(began).Seconds()*float64(pace)) - mine
			}
			for due > 0 && err == nil {
				var n int
				n, err = r.discard(int(min(due, sinkBytes)))
				due -= int64(n)
				mine += int64(n)
				got.Add(int64(n))
			}
		}
		stop()
		r.conn.Close()
		from = 0
		if !errors.Is(err, io.EOF) {
			return err
		}
	}
	return nil
}

// pids returns the server's processes: nginx has children.
func (s *server) pids() []int {
	main := s.command.Process.Pid
	pids := []int{main}
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", main, main))
	for _, c := range strings.Fields(string(children)) {
		if pid, err := strconv.Atoi(c); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// tickLength is what /proc counts CPU in: USER_HZ is 100 everywhere.
const tickLength = 10 * time.Millisecond

// cpu is what the server's processes have used, from schedstat, which counts nanoseconds.
func (s *server) cpu() time.Duration {
	var sum time.Duration
	for _, pid := range s.pids() {
		tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
		for _, task := range tasks {
			text, _ := os.ReadFile(task)
			if fields := strings.Fields(string(text)); len(fields) > 0 {
				ns, _ := strconv.ParseInt(fields[0], 10, 64)
				sum += time.Duration(ns)
			}
		}
	}
	return sum
}

// machineIdle is how long all cores together had nothing to do: they idled, waited for disks, or were not given by the host.
// What they did instead is the rest of the time; what /proc/stat tells of that are samples.
func machineIdle() time.Duration {
	const idle, iowait, steal = 4, 5, 8 // proc_stat(5), the fields of the first line
	text, _ := os.ReadFile("/proc/stat")
	line, _, _ := strings.Cut(string(text), "\n")
	var sum int64
	for i, f := range strings.Fields(line) {
		if n, err := strconv.ParseInt(f, 10, 64); err == nil && (i == idle || i == iowait || i == steal) {
			sum += n
		}
	}
	return time.Duration(sum) * tickLength
}

// rss is the memory of the server's processes.
func (s *server) rss() int64 {
	var sum int64
	for _, pid := range s.pids() {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		for line := range strings.Lines(string(text)) {
			if kb, ok := strings.CutPrefix(line, "VmRSS:"); ok {
				n, _ := strconv.ParseInt(strings.Fields(kb)[0], 10, 64)
				sum += n << 10
			}
		}
	}
	return sum
}

// sendMemory is what the kernel holds of the server's connections to send: the w of skmem in ss(8).
func (s *server) sendMemory() (int64, error) {
	_, port, err := net.SplitHostPort(s.address)
	if err != nil {
		return 0, err
	}
	out, err := exec.Command("ss", "-tmnHO", "state", "established", "sport", "=", ":"+port).Output()
	if err != nil {
		return 0, fmt.Errorf("ask ss for the sockets: %w", err)
	}
	var sum int64
	for _, skmem := range strings.Split(string(out), "skmem:(")[1:] {
		for field := range strings.SplitSeq(skmem[:strings.IndexByte(skmem, ')')], ",") {
			if bytes, ok := strings.CutPrefix(field, "w"); ok {
				n, _ := strconv.ParseInt(bytes, 10, 64)
				sum += n
			}
		}
	}
	return sum, nil
}
