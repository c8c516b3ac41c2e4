//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"localcast/bridge/media"
	"localcast/httpstream"
)

// server is a server of the file, in a process of its own.
type server struct {
	name    string
	address string // host and port
	path    string // of the file
	command *exec.Cmd
}

// kind is a way to start one. run makes its command.
type kind struct {
	name  string
	start func(film string, run run) (*server, error)
}

// run makes the command of a program, as exec.Command does.
type run func(program string, args ...string) *exec.Cmd

const loopback = "127.0.0.1"

// kinds returns the servers that can be compared here.
func kinds(out io.Writer) []kind {
	all := []kind{
		{"LocalCast", func(film string, run run) (*server, error) {
			return startSelf("LocalCast", film, loopback, run, "ours")
		}},
		{"http.ServeContent", func(film string, run run) (*server, error) {
			return startSelf("http.ServeContent", film, loopback, run, "content")
		}},
	}
	if _, err := exec.LookPath("nginx"); err != nil {
		fmt.Fprintln(out, "\nnginx is not here and left out.")
		return all
	}
	return append(all, kind{"nginx", func(film string, run run) (*server, error) { return startNginx(film, loopback, run) }})
}

// withBBR is LocalCast as it sends to devices. To readers on its own machine it would not use bbr by itself.
func withBBR() kind {
	const name = "LocalCast with bbr"
	return kind{name, func(film string, run run) (*server, error) {
		return startSelf(name, film, loopback, run, "ours", "-allowed", "bbr")
	}}
}

// startSelf starts this program as a server. more are flags.
func startSelf(name, film, host string, run run, how string, more ...string) (*server, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := run(exe, append([]string{"-serve", how, "-listen", net.JoinHostPort(host, "0"), "-file", film}, more...)...)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	s := &server{name: name, command: c}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		s.stop()
		return nil, fmt.Errorf("%s told no address: %w", name, err)
	}
	s.address, s.path, _ = strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "http://"), "/")
	s.path = "/" + s.path
	return s, nil
}

// startNginx starts nginx with sendfile and a worker for each core.
func startNginx(film, host string, run run) (*server, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return nil, err
	}
	address := l.Addr().String()
	// nginx is handed the open port, as it hands it to itself in an upgrade.
	socket, err := l.(*net.TCPListener).File()
	l.Close()
	if err != nil {
		return nil, err
	}
	defer socket.Close()
	dir := filepath.Dir(film)
	conf := filepath.Join(dir, "nginx.conf")
	text := fmt.Sprintf(`daemon off; worker_processes auto; pid %[1]s/nginx.pid; error_log stderr;
events { worker_connections 4096; }
http {
	access_log off; sendfile on; types { video/mp4 mp4; }
	client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;
	server { listen %[2]s; root %[1]s; }
}
`, dir, address)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		return nil, err
	}
	c := run("nginx", "-p", dir, "-e", "stderr", "-c", conf)
	c.ExtraFiles = []*os.File{socket}
	c.Env = append(os.Environ(), "NGINX=3;")
	if err := c.Start(); err != nil {
		return nil, err
	}
	return &server{name: "nginx", address: address, path: "/" + filepath.Base(film), command: c}, nil
}

func (s *server) stop() {
	_ = s.command.Process.Signal(syscall.SIGTERM)
	_ = s.command.Wait()
}

// serveFile is the process of a server. It prints its address, and ends at SIGTERM.
func serveFile(out io.Writer, how, listen, file, allowed string, seconds float64) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if how == "content" {
		return serveContent(ctx, out, listen, file)
	}
	var names []string
	if allowed != "" {
		names = strings.Split(allowed, ",")
	}
	dir, err := os.MkdirTemp("", "localcast-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // what is left of it is in nobody's way
	debug.SetGCPercent(50)                   // as the program does
	item := media.Item{ID: "abcdefghij", Path: "films/film.mp4", ContentType: "video/mp4", Duration: seconds}
	s, err := httpstream.New(httpstream.Config{Listen: listen, DataDir: dir, MaxStreams: 1000, Allowed: names},
		oneFile{path: file, item: item}, slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})))
	if err != nil {
		return err
	}
	if err := s.Listen(ctx); err != nil {
		return err
	}
	host, _, _ := strings.Cut(listen, ":")
	address, err := s.Media(item, "bench", host)
	if err != nil {
		return errors.Join(err, s.Close())
	}
	fmt.Fprintln(out, address)
	return s.Run(ctx)
}

// serveContent is what a Go program does without more thought.
func serveContent(ctx context.Context, out io.Writer, listen, file string) error {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	server := &http.Server{
		ReadHeaderTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			f, err := os.Open(file)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			defer f.Close()
			http.ServeContent(w, r, file, time.Time{}, f)
		}),
	}
	defer context.AfterFunc(ctx, func() { server.Close() })()
	fmt.Fprintf(out, "http://%s/film.mp4\n", l.Addr())
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// oneFile is a library of one item; what it does not answer is not asked.
type oneFile struct {
	httpstream.Files
	path string
	item media.Item
}

func (o oneFile) Open(context.Context, media.ID) (*os.File, media.Item, error) {
	f, err := os.Open(o.path)
	return f, o.item, err
}
