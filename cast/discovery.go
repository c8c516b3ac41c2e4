package cast

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/grandcat/zeroconf"

	"localcast/bridge"
	"localcast/bridge/media"
)

// The pace of discovery.
const (
	lookupTime = 2 * time.Second // for a name of the configuration
	sweepFor   = 5 * time.Second
	sweepRest  = 25 * time.Second
)

// The bits of ca in a device's TXT record that matter here.
const (
	capableVideo = 1 << 0
	capableAudio = 1 << 2
	capableGroup = 1 << 5
)

// groupModel is the model that groups and stereo pairs tell.
const groupModel = "Google Cast Group"

// discover sweeps until ctx ends: every 30 s, at once when a link is lost, and without pause while a device is missing.
// zeroconf reports an instance once and never an address that changed, so that each sweep is a fresh resolver.
func (d *Devices) discover(ctx context.Context, tell func(bridge.Sighting)) {
	var before string // what the last sweep said of itself, so that only a change is logged
	for ctx.Err() == nil {
		began := time.Now()
		d.lookUp(ctx)
		state, err := d.sweep(ctx, tell)
		if state != before {
			if err != nil {
				d.log.Warn("cannot look for Chromecasts; trying again", "err", err)
			} else {
				d.log.Info("looking for Chromecasts", "interfaces", state)
			}
			before = state
		}
		rest := sweepFor - time.Since(began)
		if err == nil && !d.directory.missing() {
			rest += sweepRest
		}
		select {
		case <-ctx.Done():
		case <-d.directory.lost:
		case <-time.After(rest):
		}
	}
}

// lookUp learns the addresses of devices that the configuration names by host and that have told no id yet, so that a
// sighting of one is not taken for another device. A name that cannot be looked up now is tried before the next sweep.
func (d *Devices) lookUp(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	var asking sync.WaitGroup
	for _, p := range d.directory.unnamed() {
		if net.ParseIP(p.static.Host) != nil {
			continue
		}
		asking.Go(func() {
			if addresses, err := d.lookup(ctx, p.static.Host); err == nil {
				p.looked(addresses)
			} else {
				d.log.Debug("a host of cast.devices has no address now", "remote", p.static.Host, "err", err)
			}
		})
	}
	asking.Wait()
}

// sweep listens for a while and tells every device that answers. state names the interfaces it used, or the error.
func (d *Devices) sweep(ctx context.Context, tell func(bridge.Sighting)) (state string, err error) {
	interfaces, err := d.interfaces()
	if err != nil {
		return err.Error(), err
	}
	// Chromecasts need IPv4. A resolver for both would leak its IPv4 socket where IPv6 is switched off.
	resolver, err := zeroconf.NewResolver(zeroconf.SelectIfaces(interfaces), zeroconf.SelectIPTraffic(zeroconf.IPv4))
	if err != nil {
		return err.Error(), fmt.Errorf("listen for mDNS: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, sweepFor)
	defer cancel()
	entries := make(chan *zeroconf.ServiceEntry)
	if err := resolver.Browse(ctx, "_googlecast._tcp", "local", entries); err != nil {
		d.log.Debug("mDNS query failed", "err", err) // entries is closed then
	}
	for e := range entries { // to its end: an undrained resolver never closes its socket
		dev, ok := readEntry(e)
		if !ok {
			d.log.Debug("skipped an mDNS answer", "remote", e.Instance, "txt", e.Text)
			continue
		}
		if !d.ignored(dev) {
			tell(d.directory.see(dev))
		}
	}
	names := make([]string, len(interfaces))
	for i, n := range interfaces {
		names[i] = n.Name
	}
	return strings.Join(names, " "), nil
}

// interfaces returns those that can be used now.
func (d *Devices) interfaces() ([]net.Interface, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("list network interfaces: %w", err)
	}
	named := d.config.Interfaces
	usable := all[:0]
	for _, i := range all {
		wanted := i.Flags&net.FlagMulticast != 0 && i.Flags&net.FlagLoopback == 0
		if len(named) > 0 {
			wanted = slices.Contains(named, i.Name)
		}
		if wanted && i.Flags&net.FlagUp != 0 {
			usable = append(usable, i)
		}
	}
	switch {
	case len(usable) > 0:
		return usable, nil
	case len(named) > 0:
		return nil, fmt.Errorf("none of cast.interfaces is there and up: %s", strings.Join(named, ", "))
	}
	return nil, fmt.Errorf("no network interface does multicast: is the network up?")
}

// readEntry reads what a Chromecast tells of itself by mDNS. Without an id and an address it is of no use. Malformed pairs
// of the TXT record are passed over.
func readEntry(e *zeroconf.ServiceEntry) (media.Device, bool) {
	txt := make(map[string]string)
	for _, pair := range e.Text {
		if key, value, ok := strings.Cut(strings.ToValidUTF8(unescape(pair), ""), "="); ok {
			txt[strings.ToLower(key)] = value
		}
	}
	dev := media.Device{
		ID: plainID(txt["id"]), Name: cmp.Or(txt["fn"], strings.ToValidUTF8(unescape(e.Instance), "")), Model: txt["md"],
		Host: entryHost(e), Port: e.Port,
	}
	if !isID(dev.ID) || dev.Host == "" || dev.Port < 1 || dev.Port > 65535 {
		return media.Device{}, false
	}
	ca, _ := strconv.ParseUint(strings.TrimSpace(txt["ca"]), 10, 64)
	if strings.Contains(txt["id"], "-") || dev.Model == groupModel {
		ca |= capableGroup // the oldest groups do not tell it in ca
	}
	dev.Kind, dev.Capabilities = capabilities(ca)
	return dev, true
}

// capabilities reads ca. Some groups tell video too: a group it is all the same.
func capabilities(ca uint64) (media.DeviceKind, []string) {
	var list []string
	if ca&capableAudio != 0 {
		list = append(list, "audio")
	}
	if ca&capableGroup != 0 {
		list = append(list, "group")
	}
	if ca&capableVideo != 0 {
		list = append(list, "video")
	}
	switch {
	case ca&capableGroup != 0:
		return media.GroupDevice, list
	case ca&capableVideo == 0 && ca&capableAudio != 0:
		return media.AudioDevice, list
	}
	return media.VideoDevice, list
}

// entryHost returns the address to use: IPv4 first, and no IPv6 address that means nothing without its interface.
func entryHost(e *zeroconf.ServiceEntry) string {
	for _, ip := range slices.Concat(e.AddrIPv4, e.AddrIPv6) {
		if !ip.IsUnspecified() && !ip.IsMulticast() && (ip.To4() != nil || !ip.IsLinkLocalUnicast()) {
			return ip.String()
		}
	}
	return ""
}

// unescape undoes the escapes by which zeroconf's DNS library writes the bytes of a record: a backslash before a
// character, or before three digits.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			out = append(out, s[i])
			continue
		}
		if i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 10, 8); err == nil {
				out = append(out, byte(n))
				i += 3
				continue
			}
		}
		i++
		out = append(out, s[i])
	}
	return string(out)
}
