// Package cast finds Chromecasts and speaks with them: discovery by mDNS, one link to each device, the receiver and media
// namespaces of the Cast v2 protocol. It satisfies bridge.Devices and bridge.Player.
//
// It never decides what plays: orders come in and reports go out. It never starts an app or stops one unasked, and when it
// ends it drops its links and leaves what plays alone. It knows no queue, no library, no MQTT and no HTTP server.
package cast

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"localcast/bridge"
	"localcast/bridge/media"
)

// remindEvery is how often the devices of the configuration are reported anew, as discovery does with what it sees.
const remindEvery = 30 * time.Second

// Config says where to look for Chromecasts. The zero Config finds nothing.
type Config struct {
	// Discovery switches mDNS on.
	Discovery bool
	// Interfaces names the network interfaces for mDNS; empty means all that are up and do multicast, without loopback.
	Interfaces []string
	Static     []Static
	// Ignore lists names, ids (dashes ignored) or models that are not touched: whole, case ignored.
	Ignore []string
}

// Static is a device that is known without mDNS, or overrides what mDNS tells of the one with that id or host and port.
type Static struct {
	Host      string // an IP address or a name
	Port      int
	ID        string // "" if not known; dashes are ignored
	Name      string // "" for the name the device gives itself
	Topic     string // "" for one made of the name
	MaxVolume int    // 1 to 100; 0 for no limit
}

// Devices finds Chromecasts and makes their players. Make one with New.
type Devices struct {
	config    Config
	directory *directory
	setup     http.RoundTripper // to the devices' setup services
	lookup    func(ctx context.Context, host string) ([]string, error)
	log       *slog.Logger
}

// New returns the devices of a configuration. It starts nothing.
func New(c Config, log *slog.Logger) *Devices {
	return &Devices{
		config: c, directory: newDirectory(c.Static), setup: &http.Transport{DisableKeepAlives: true},
		lookup: net.DefaultResolver.LookupHost, log: log,
	}
}

// ignored reports whether a device must not be touched.
func (d *Devices) ignored(dev media.Device) bool {
	for _, name := range d.config.Ignore {
		for _, is := range []string{dev.Name, dev.Model} {
			if is != "" && strings.EqualFold(is, name) {
				return true
			}
		}
		if dev.ID != "" && dev.ID == plainID(name) {
			return true
		}
	}
	return false
}

// Run implements bridge.Devices. Every call of found comes from one goroutine.
func (d *Devices) Run(ctx context.Context, found func(bridge.Sighting)) error {
	sightings := make(chan bridge.Sighting)
	tell := func(s bridge.Sighting) {
		select {
		case sightings <- s:
		case <-ctx.Done():
		}
	}
	remind := time.NewTimer(remindEvery)
	defer remind.Stop()
	d.reportStatics(found) // before anything else is found
	var group errgroup.Group
	group.Go(func() error { d.identify(ctx, tell); return nil })
	if d.config.Discovery {
		group.Go(func() error { d.discover(ctx, tell); return nil })
	}
	for {
		select {
		case <-ctx.Done():
			return group.Wait()
		case s := <-sightings:
			d.report(s, found)
		case <-remind.C:
			d.reportStatics(found)
			remind.Reset(remindEvery)
		}
	}
}

func (d *Devices) reportStatics(found func(bridge.Sighting)) {
	for _, s := range d.directory.statics() {
		d.report(s, found)
	}
}

func (d *Devices) report(s bridge.Sighting, found func(bridge.Sighting)) {
	if !d.ignored(s.Device) {
		found(s)
	}
}

// Player implements bridge.Devices.
func (d *Devices) Player(s bridge.Sighting, reports bridge.Reports) bridge.Player {
	name := s.Name
	if name == "" {
		name = s.Host
	}
	return &player{
		name: name, place: d.directory.place(s), reports: reports, dial: dial,
		log: d.log.With("device", name), orders: make(chan bridge.Order, maxOrders),
	}
}
