// Command mqtt measures how long it takes until the world knows: from an event of a Chromecast to the message in the hands of
// an MQTT client, through the whole program and a real Mosquitto. Beside it, connected to the same devices and told of the same
// events, runs a relay made of pychromecast and paho, the libraries people would otherwise use. Everything is on the loopback
// interface.
//
//	go build -o localcast . && go run ./bench/mqtt -program ./localcast -devices 50 -for 60s
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"localcast/bench/fleet"
)

const (
	warmUp  = 3 * time.Second  // is not measured
	ready   = 60 * time.Second // for everything to be connected
	settled = 2 * time.Second  // for the last messages to come
	patient = 10 * time.Second // for the broker
)

// plan is what is measured.
type plan struct {
	program string // the path of localcast
	python  string // an interpreter that has pychromecast and paho-mqtt; "" leaves the relay out
	relay   string // the path of relay.py
	devices int
	length  time.Duration
}

func main() {
	var p plan
	flag.StringVar(&p.program, "program", "./localcast", "the program that is measured")
	flag.StringVar(&p.python, "python", "", "an interpreter with pychromecast and paho-mqtt, for the relay; empty: without")
	flag.StringVar(&p.relay, "relay", "bench/mqtt/relay.py", "the relay")
	flag.IntVar(&p.devices, "devices", 50, "how many devices")
	flag.DurationVar(&p.length, "for", time.Minute, "how long to measure")
	flag.Parse()
	if err := p.measure(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (p plan) measure(out io.Writer) (err error) {
	folder, err := os.MkdirTemp("", "localcast-bench-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	devices, err := fleet.New(p.devices)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	for _, d := range devices {
		running.Go(func() { d.Run(ctx) })
	}
	peers := children{ctx: ctx}
	defer peers.stop()
	port, err := freePort(ctx)
	if err != nil {
		return err
	}
	if err := p.start(&peers, folder, port, devices); err != nil {
		return err
	}
	seen := newObserver(devices)
	client, err := seen.connect(port)
	if err != nil {
		return err
	}
	defer client.Disconnect(250)
	if err := seen.await(p.python != ""); err != nil {
		return errors.Join(err, peers.said())
	}
	telling, quiet := context.WithCancel(ctx)
	defer quiet()
	for i, d := range devices {
		running.Go(func() { d.Tell(telling, seen.watches(i, p.python != "")...) })
	}
	<-time.After(warmUp)
	seen.reset()
	<-time.After(p.length)
	quiet()
	<-time.After(settled)
	ours, theirs := seen.sums()
	fmt.Fprintf(out, "%v\n\n| event to message | devices | samples | p50 | p99 | longest |\n|---|---|---|---|---|---|\n", p.length)
	fmt.Fprintf(out, "| LocalCast | %d | %v\n", p.devices, ours)
	if p.python != "" {
		fmt.Fprintf(out, "| pychromecast and paho | %d | %v\n", p.devices, theirs)
	}
	return nil
}

// start starts the broker, the program and the relay.
func (p plan) start(peers *children, folder string, port int, devices []*fleet.Device) error {
	conf := filepath.Join(folder, "mosquitto.conf")
	text := fmt.Sprintf("listener %d 127.0.0.1\nallow_anonymous true\npersistence false\n", port)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		return fmt.Errorf("configure the broker: %w", err)
	}
	mosquitto, err := exec.LookPath("mosquitto")
	if err != nil {
		mosquitto = "/usr/sbin/mosquitto"
	}
	if err := peers.start(mosquitto, "-c", conf); err != nil {
		return err
	}
	if err := answers(peers.ctx, port); err != nil {
		return errors.Join(err, peers.said())
	}
	config := filepath.Join(folder, "localcast.yaml")
	if err := os.WriteFile(config, configuration(folder, port, devices), 0o600); err != nil {
		return fmt.Errorf("configure the program: %w", err)
	}
	if err := peers.start(p.program, "-config", config); err != nil {
		return err
	}
	if p.python == "" {
		return nil
	}
	arguments := []string{p.relay, strconv.Itoa(port)}
	for _, d := range devices {
		arguments = append(arguments, strconv.Itoa(d.Port()))
	}
	return peers.start(p.python, arguments...)
}

// configuration makes the program's: the devices by address, and nothing that looks for others.
func configuration(folder string, port int, devices []*fleet.Device) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "mqtt: {broker: \"mqtt://127.0.0.1:%d\"}\n", port)
	fmt.Fprintf(&b, "http: {listen: \"127.0.0.1:0\"}\nlibrary: {folders: [%q]}\ndata_dir: %q\n", folder, filepath.Join(folder, "data"))
	b.WriteString("log: {level: warn}\ncast:\n  discovery: false\n  devices:\n")
	for i, d := range devices {
		fmt.Fprintf(&b, "    - {host: 127.0.0.1, port: %d, id: \"%032x\", name: %s, topic: %s}\n", d.Port(), i+1, d.Name, d.Name)
	}
	return []byte(b.String())
}

// freePort is a port of the loopback interface on which nobody listens now.
func freePort(ctx context.Context) (int, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a port: %w", err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port, nil
}

// answers waits until somebody listens on the port.
func answers(ctx context.Context, port int) error {
	ctx, cancel := context.WithTimeout(ctx, patient)
	defer cancel()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			conn.Close()
			return nil
		}
		if !fleet.Pause(ctx, 20*time.Millisecond) {
			return fmt.Errorf("the broker does not answer: %w", err)
		}
	}
}

// observer is the MQTT client that times what comes.
type observer struct {
	ours, theirs []*fleet.Watch
	index        map[string]int // by device name
	here         chan string    // "localcast device_0": it is connected
}

func newObserver(devices []*fleet.Device) *observer {
	o := &observer{index: make(map[string]int), here: make(chan string, 4*len(devices))}
	for i, d := range devices {
		o.index[d.Name] = i
		o.ours, o.theirs = append(o.ours, fleet.NewWatch()), append(o.theirs, fleet.NewWatch())
	}
	return o
}

// watches are those of one device.
func (o *observer) watches(i int, relay bool) []*fleet.Watch {
	if relay {
		return []*fleet.Watch{o.ours[i], o.theirs[i]}
	}
	return []*fleet.Watch{o.ours[i]}
}

func (o *observer) reset() {
	for i := range o.ours {
		o.ours[i].Reset()
		o.theirs[i].Reset()
	}
}

func (o *observer) sums() (ours, theirs fleet.Figures) {
	return fleet.Sum(o.ours...), fleet.Sum(o.theirs...)
}

func (o *observer) connect(port int) (paho.Client, error) {
	opts := paho.NewClientOptions().AddBroker(fmt.Sprintf("mqtt://127.0.0.1:%d", port)).SetClientID("observer").
		SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { o.take(m.Topic(), m.Payload()) })
	client := paho.NewClient(opts)
	for _, token := range []func() paho.Token{client.Connect, func() paho.Token {
		return client.SubscribeMultiple(map[string]byte{"localcast/+/state": 1, "relay/+/state": 1}, nil)
	}} {
		if t := token(); !t.WaitTimeout(patient) || t.Error() != nil {
			return nil, fmt.Errorf("the observer cannot listen: %w", t.Error())
		}
	}
	return client, nil
}

// take takes a state of ours or of the relay's.
func (o *observer) take(topic string, payload []byte) {
	var state struct {
		State    *string
		Position *float64
	}
	parts := strings.Split(topic, "/")
	i, ok := o.index[parts[1]]
	if !ok || json.Unmarshal(payload, &state) != nil || state.Position == nil || state.State != nil && *state.State != "paused" {
		return
	}
	select {
	case o.here <- parts[0] + " " + parts[1]:
	default:
	}
	if parts[0] == "relay" {
		o.theirs[i].End(fleet.Jump(*state.Position))
	} else {
		o.ours[i].End(fleet.Jump(*state.Position))
	}
}

// await waits until every device is known to both.
func (o *observer) await(relay bool) error {
	wanted := len(o.index)
	if relay {
		wanted *= 2
	}
	late := time.After(ready)
	known := make(map[string]bool)
	for len(known) < wanted {
		select {
		case name := <-o.here:
			known[name] = true
		case <-late:
			return fmt.Errorf("after %v only %d of %d links have told a state", ready, len(known), wanted)
		}
	}
	return nil
}

// children are the programs that were started.
type children struct {
	ctx     context.Context
	running []*exec.Cmd
	output  []*strings.Builder
}

func (c *children) start(program string, arguments ...string) error {
	said := &strings.Builder{}
	cmd := exec.CommandContext(c.ctx, program, arguments...)
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", program, err)
	}
	c.running, c.output = append(c.running, cmd), append(c.output, said)
	return nil
}

// stop ends them and waits until they have.
func (c *children) stop() {
	for _, cmd := range c.running {
		_ = cmd.Process.Kill() // one that has ended already is what is wanted
		_ = cmd.Wait()
	}
	c.running = nil
}

// said is the error that shows what they have printed; it ends them.
func (c *children) said() error {
	var errs []error
	running := c.running
	c.stop()
	for i, cmd := range running {
		errs = append(errs, fmt.Errorf("%s: %s", filepath.Base(cmd.Path), c.output[i]))
	}
	return errors.Join(errs...)
}
