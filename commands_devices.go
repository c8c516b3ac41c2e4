package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"localcast/bridge"
	"localcast/bridge/media"
	"localcast/cast"
)

// devicesRound is how long localcast devices listens: one sweep, and a moment for those that the configuration names.
const devicesRound = 6 * time.Second

// listDevices looks once for Chromecasts and shows them.
func listDevices(ctx context.Context, inv invocation, t terminal) int {
	if len(inv.args) > 0 {
		fmt.Fprintf(t.err, "devices takes no %q; network interfaces are named in the configuration, by cast.interfaces\n", inv.args[0])
		return exitUsage
	}
	c, err := LoadConfig(inv.config, inv.over, t.getenv)
	if err != nil {
		fmt.Fprintln(t.err, err)
		return exitUsage
	}
	ctx, cancel := context.WithTimeout(ctx, devicesRound)
	defer cancel()
	found, err := findDevices(ctx, castConfig(c), warnings(t.err), func(media.Device) {})
	if err != nil {
		fmt.Fprintln(t.err, err)
		return exitFailed
	}
	if len(found) == 0 {
		fmt.Fprintln(t.err, "no Chromecast answers: are they in this machine's network? cast.devices names them by address")
		return exitFailed
	}
	table := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tMODEL\tKIND\tADDRESS\tID")
	for _, d := range found {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", cmp.Or(d.Name, "?"), cmp.Or(d.Model, "?"), cmp.Or(d.Kind, "?"),
			net.JoinHostPort(d.Host, strconv.Itoa(d.Port)), cmp.Or(d.ID, "?"))
	}
	if table.Flush() != nil {
		return exitFailed
	}
	return exitOK
}

// findDevices returns the devices that are seen until ctx ends, by name, each as it was seen last. seen is told of every
// sighting.
func findDevices(ctx context.Context, c cast.Config, log *slog.Logger, seen func(media.Device)) ([]media.Device, error) {
	found := map[string]media.Device{}
	err := cast.New(c, log).Run(ctx, func(s bridge.Sighting) {
		where := net.JoinHostPort(s.Host, strconv.Itoa(s.Port))
		if s.ID != "" {
			delete(found, where) // it was known by its address before it told its id
		}
		found[cmp.Or(s.ID, where)] = s.Device
		seen(s.Device)
	})
	return slices.SortedFunc(maps.Values(found), func(a, b media.Device) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Host, b.Host), cmp.Compare(a.Port, b.Port))
	}), err
}
