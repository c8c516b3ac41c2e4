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
	"sync"
	"time"

	"localcast/bench/fleet"
	"localcast/bridge"
	"localcast/cast"
)

const (
	// commandEvery is the pace at which each device gets commands.
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
	devices, err := fleet.New(count)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()

	world := &world{events: make(map[string]*fleet.Watch), online: make(chan string, count)}
	var commands, events []*fleet.Watch
	config := cast.Config{}
	for _, d := range devices {
		world.events[d.Name] = fleet.NewWatch()
		commands, events = append(commands, d.Volumes), append(events, world.events[d.Name])
		config.Static = append(config.Static, cast.Static{Host: "127.0.0.1", Port: d.Port(), Name: d.Name, Topic: d.Name})
		running.Go(func() { d.Run(ctx) })
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
	for _, d := range devices {
		running.Go(func() { d.Tell(ctx, world.events[d.Name]) })
		running.Go(func() { command(ctx, b, d) })
	}
	<-time.After(warmUp)
	for _, w := range append(commands, events...) {
		w.Reset()
	}
	<-time.After(length)
	cancel()
	running.Wait()
	fmt.Fprintf(out, "%v\n\n| | devices | samples | p50 | p99 | longest |\n|---|---|---|---|---|---|\n", length)
	fmt.Fprintf(out, "| command to wire | %d | %v\n", count, fleet.Sum(commands...))
	fmt.Fprintf(out, "| event to machine | %d | %v\n", count, fleet.Sum(events...))
	return nil
}

// command sends a volume every second, each time another one.
func command(ctx context.Context, b *bridge.Bridge, d *fleet.Device) {
	if !fleet.Pause(ctx, rand.N(commandEvery)) {
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
		d.Volumes.Begin(to)
		b.Command(bridge.Command{Name: "volume", Device: d.Name, Request: bridge.Volume{Level: &to}})
	}
}
