// Command sender measures what the sender costs: from a command to its frame at the device, and from a device's event to
// what the machine makes of it, with any number of devices at once. The devices are in the same program and on the loopback
// interface, behind real TLS; bridge and cast are those of LocalCast, without MQTT, library and disk. It touches no other
// network.
//
//	go run ./bench/sender -devices 50 -for 60s
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"time"

	"localcast/bridge"
	"localcast/cast"
)

// The pace of each device.
const (
	eventEvery   = 500 * time.Millisecond
	commandEvery = time.Second
	// warmUp is not measured.
	warmUp = 3 * time.Second
)

func main() {
	devices := flag.Int("devices", 50, "how many devices")
	length := flag.Duration("for", time.Minute, "how long to measure")
	flag.Parse()
	if err := measure(os.Stdout, *devices, *length); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func measure(out io.Writer, count int, length time.Duration) error {
	certificate, err := selfSigned()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()

	world := &world{devices: make(map[string]*device), online: make(chan string, count)}
	config := cast.Config{}
	for i := range count {
		d, err := newDevice(fmt.Sprintf("device_%d", i), certificate)
		if err != nil {
			return err
		}
		world.devices[d.name] = d
		config.Static = append(config.Static, cast.Static{Host: "127.0.0.1", Port: d.port(), Name: d.name, Topic: d.name})
		running.Go(func() { d.run(ctx) })
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	b := bridge.New(bridge.Config{ID: "bench"}, bridge.Ports{
		Devices: cast.New(config, log), Library: empty{}, Links: links{}, Store: forgetful{}, Publisher: world,
	}, log)
	if err := b.Load(ctx); err != nil {
		return err
	}
	running.Go(func() {
		if err := b.Run(ctx); err != nil {
			log.Error("the bridge ended", "err", err)
		}
	})
	for range count {
		<-world.online
	}
	for _, d := range world.devices {
		running.Go(func() { d.tell(ctx) })
		running.Go(func() { command(ctx, b, d) })
	}
	<-time.After(warmUp)
	for _, d := range world.devices {
		d.forget()
	}
	<-time.After(length)
	cancel()
	running.Wait()
	var commands, events []time.Duration
	for _, d := range world.devices {
		commands, events = append(commands, d.commands...), append(events, d.events...)
	}
	report(out, "command to wire", count, length, commands)
	report(out, "event to machine", count, length, events)
	return nil
}

// command sends a volume every second, each time another one.
func command(ctx context.Context, b *bridge.Bridge, d *device) {
	if !pause(ctx, rand.N(commandEvery)) {
		return
	}
	tick := time.NewTicker(commandEvery)
	defer tick.Stop()
	for level := 1; ; level = level%100 + 1 {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		to := level
		d.commanded(to)
		b.Command(bridge.Command{Name: "volume", Device: d.name, Request: bridge.Volume{Level: &to}})
	}
}

func report(out io.Writer, what string, devices int, length time.Duration, all []time.Duration) {
	if len(all) == 0 {
		fmt.Fprintf(out, "%-18s nothing was measured\n", what)
		return
	}
	slices.Sort(all)
	at := func(share float64) time.Duration { return all[min(int(share*float64(len(all))), len(all)-1)] }
	fmt.Fprintf(out, "%-18s %3d devices, %v, %6d samples: p50 %v, p99 %v, max %v\n",
		what, devices, length, len(all), at(0.5), at(0.99), all[len(all)-1])
}

// pause waits, so that not every device does everything at the same moment. It reports whether ctx still runs.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
