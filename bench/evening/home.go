//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"localcast/bench/cgroup"
	"localcast/bench/fleet"
	"localcast/bridge/media"
	"localcast/httpstream"
)

// patience bounds every wait for the program.
const patience = 5 * time.Minute

// home is a running program.
type home struct {
	command *exec.Cmd
	data    string
	http    string // host and port
	client  paho.Client
	heard   chan paho.Message
}

// start starts the program in the control group and listens to what it says.
func start(program, dir string, g *cgroup.Group) (*home, error) {
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	h := &home{data: filepath.Join(dir, "data"), http: ports[0], heard: make(chan paho.Message, 100)}
	config := filepath.Join(dir, "config.yaml")
	text := fmt.Sprintf("mqtt: {embedded: {listen: %q}}\nhttp: {listen: %q}\nlibrary: {folders: [%q, %q], watch: false}\n"+
		"cast: {discovery: false}\ndata_dir: %q\nlog: {level: warn}\n", ports[1], ports[0],
		filepath.Join(dir, "media/films"), filepath.Join(dir, "media/music"), h.data)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	h.command = g.Command(program, "-config", config)
	h.command.Stderr = io.Discard // a line for each film, of which only the name tells anything
	if err := h.command.Start(); err != nil {
		return nil, err
	}
	options := paho.NewClientOptions().AddBroker("mqtt://" + ports[1]).SetConnectRetry(true).SetConnectRetryInterval(time.Second)
	options.SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) {
		select {
		case h.heard <- m:
		default: // nobody waits for it
		}
	})
	h.client = paho.NewClient(options)
	if t := h.client.Connect(); !t.WaitTimeout(patience) || t.Error() != nil {
		h.stop()
		return nil, fmt.Errorf("connect to the program: %w", errors.Join(t.Error(), errors.New("is it there?")))
	}
	t := h.client.SubscribeMultiple(map[string]byte{"localcast/bridge/library": 1, "localcast/bridge/response/search": 1}, nil)
	if !t.WaitTimeout(patience) || t.Error() != nil {
		h.stop()
		return nil, fmt.Errorf("listen to the program: %w", t.Error())
	}
	return h, nil
}

func (h *home) stop() {
	if h.client != nil {
		h.client.Disconnect(250)
	}
	_ = h.command.Process.Signal(syscall.SIGTERM)
	_ = h.command.Wait()
}

func freePorts(n int) (addresses []string, err error) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		addresses = append(addresses, l.Addr().String())
	}
	return addresses, nil
}

// hear waits for a message on a topic that is as wanted.
func (h *home) hear(topic string, wanted func(payload []byte) bool) error {
	deadline := time.After(patience)
	for {
		select {
		case m := <-h.heard:
			if m.Topic() == topic && wanted(m.Payload()) {
				return nil
			}
		case <-deadline:
			return fmt.Errorf("nothing fitting came on %s in %v", topic, patience)
		}
	}
}

// scanned waits until the library holds all items.
func (h *home) scanned(items int) error {
	return h.hear("localcast/bridge/library", func(payload []byte) bool {
		var l struct {
			Total    int
			Scanning bool
		}
		return json.Unmarshal(payload, &l) == nil && l.Total >= items && !l.Scanning
	})
}

// addresses asks for each film and makes its address, with the program's own key.
func (h *home) addresses() (out []string, err error) {
	s, err := httpstream.New(httpstream.Config{DataDir: h.data, Advertise: "http://" + h.http}, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	for i := range films {
		h.client.Publish("localcast/bridge/command/search", 1, false, fmt.Sprintf(`{"query":%q,"kind":"movie"}`, filmName(i)))
		var found struct {
			Data struct{ Results []struct{ Item media.ID } }
		}
		err := h.hear("localcast/bridge/response/search", func(payload []byte) bool { return json.Unmarshal(payload, &found) == nil })
		if err != nil {
			return nil, err
		}
		if len(found.Data.Results) == 0 {
			return nil, fmt.Errorf("%s is not found", filmName(i))
		}
		a, err := s.Media(media.Item{ID: found.Data.Results[0].Item, Path: "film.mp4"}, fmt.Sprintf("reader %d", i), "")
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// peak is the most memory that the program ever had.
func (h *home) peak() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", h.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if kb, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.ParseInt(strings.Fields(kb)[0], 10, 64)
			return n << 10, err
		}
	}
	return 0, errors.New("the program has ended")
}

// read reads a film at its pace, again from its start where it ends, and tells how far it fell behind at its worst.
func read(ctx context.Context, address string) (late time.Duration, played int64, err error) {
	const step = pace / 10 // a tenth of a second
	began := time.Now()
	behind := func() time.Duration {
		return time.Since(began) - time.Duration(float64(played)/pace*float64(time.Second))
	}
	defer func() { late = max(late, behind()) }() // one that got nothing any more
	buffer := make([]byte, int(step))
	for ctx.Err() == nil {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
		if err != nil {
			return late, played, err
		}
		resp, err := new(http.Client).Do(r)
		if err == nil && resp.StatusCode != http.StatusOK {
			err = fmt.Errorf("the program answers %s", resp.Status)
		}
		if err != nil {
			return late, played, stillWanted(ctx, err)
		}
		for err == nil {
			var n int
			n, err = io.ReadFull(resp.Body, buffer)
			played += int64(n)
			late = max(late, behind())
			if early := -behind(); early > 0 {
				fleet.Pause(ctx, early)
			}
		}
		resp.Body.Close()
		if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return late, played, stillWanted(ctx, err)
		}
	}
	return late, played, nil
}

// stillWanted drops an error that comes of the end.
func stillWanted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}
