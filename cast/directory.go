package cast

import (
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"

	"localcast/bridge"
	"localcast/bridge/media"
)

// directory knows where the devices are that somebody asked for. Discovery writes what it sees and the players read; the
// mutex guards every place.
type directory struct {
	mu     sync.Mutex
	places []*place
	// lost gets a value when a link is lost: time to look around. nameless gets one when a device without an id is linked.
	lost, nameless chan struct{}
}

// place is where one device is. A device without an id is the one at its host and port.
type place struct {
	static *Static // nil: it does not stand in the configuration
	// seen gets a value when discovery sees the device, moved when it sees it elsewhere than where the link goes, wrong when
	// it sees another device there.
	seen, moved, wrong chan struct{}

	dir    *directory // whose mutex guards what follows
	device media.Device
	ip     string   // the address of the last link; tells which sightings mean a host given by name
	names  []string // the addresses that such a name had when it was last looked up
	port   int      // of the last link
	wanted bool     // a player runs
	linked bool
	astray bool // another device was seen where the configuration says
}

func newDirectory(statics []Static) *directory {
	d := &directory{lost: make(chan struct{}, 1), nameless: make(chan struct{}, 1)}
	for _, s := range statics {
		d.add(&s, media.Device{
			ID: plainID(s.ID), Name: s.Name, Topic: s.Topic, Host: s.Host, Port: s.Port, Kind: media.VideoDevice,
		})
	}
	return d
}

func (d *directory) add(s *Static, dev media.Device) *place {
	p := &place{static: s, dir: d, device: dev}
	p.seen, p.moved, p.wrong = make(chan struct{}, 1), make(chan struct{}, 1), make(chan struct{}, 1)
	d.places = append(d.places, p)
	return p
}

// place returns the place of a device, a new one if it has none.
func (d *directory) place(s bridge.Sighting) *place {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.places {
		if p.is(s.Device) {
			return p
		}
	}
	return d.add(nil, s.Device)
}

// see takes over a sighting and returns it with what the configuration says of that device.
func (d *directory) see(dev media.Device) bridge.Sighting {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := bridge.Sighting{Device: dev}
	for _, p := range d.places {
		if !p.is(dev) {
			p.avoid(dev)
			continue
		}
		p.device.ID = dev.ID
		p.device.Host, p.device.Port = dev.Host, dev.Port
		p.device.Model, p.device.Kind, p.device.Capabilities = dev.Model, dev.Kind, dev.Capabilities
		if dev.Name != "" {
			p.device.Name = dev.Name
		}
		if p.static != nil {
			p.astray = p.astray && dev.Host != p.static.Host
			s = p.sighting()
		}
		signal(p.seen)
		if p.linked && (dev.Host != p.ip || dev.Port != p.port) {
			signal(p.moved)
		}
	}
	return s
}

// learn gives a device of the configuration the id and name that it told of itself.
func (d *directory) learn(p *place, id, name, model string) bridge.Sighting {
	d.mu.Lock()
	defer d.mu.Unlock()
	p.device.ID = id
	if name != "" {
		p.device.Name = name
	}
	if model != "" {
		p.device.Model = model
	}
	return p.sighting()
}

// statics returns the sightings of the configuration.
func (d *directory) statics() []bridge.Sighting {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []bridge.Sighting
	for _, p := range d.places {
		if p.static != nil {
			all = append(all, p.sighting())
		}
	}
	return all
}

// unnamed returns the places of the configuration whose id is not known.
func (d *directory) unnamed() []*place {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []*place
	for _, p := range d.places {
		if p.static != nil && p.device.ID == "" {
			all = append(all, p)
		}
	}
	return all
}

// missing reports whether a device that is wanted has no link.
func (d *directory) missing() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.places {
		if p.wanted && !p.linked {
			return true
		}
	}
	return false
}

// is reports whether dev is the device of this place. Where both have ids these decide.
func (p *place) is(dev media.Device) bool {
	if p.device.ID != "" && dev.ID != "" {
		return p.device.ID == dev.ID
	}
	at := func(host string, port int) bool {
		return host != "" && strings.EqualFold(host, dev.Host) && port == dev.Port
	}
	if p.static != nil {
		named := p.static.Port == dev.Port && slices.Contains(p.names, dev.Host)
		return named || at(p.static.Host, p.static.Port) || at(p.ip, p.static.Port)
	}
	return at(p.device.Host, p.device.Port)
}

// avoid gives up an address at which another device was seen: addresses are dealt out anew, and ids are not.
func (p *place) avoid(other media.Device) {
	if p.device.ID == "" {
		return
	}
	configured := p.static != nil && p.static.Port == other.Port
	known := p.device.Port == other.Port
	if p.linked && p.ip == other.Host && (configured || known) {
		signal(p.wrong)
	}
	if configured && p.static.Host == other.Host {
		p.astray = true
	}
	if known && p.device.Host == other.Host {
		p.device.Host = ""
	}
}

// sighting is the place as the configuration and discovery together tell it.
func (p *place) sighting() bridge.Sighting {
	s := bridge.Sighting{Device: p.device, Static: true, MaxVolume: p.static.MaxVolume}
	s.Topic = p.static.Topic
	if !p.astray {
		s.Host, s.Port = p.static.Host, p.static.Port
	}
	if p.static.Name != "" {
		s.Name = p.static.Name
	}
	return s
}

// address is where to try next: what the configuration says and what discovery saw by turns, if they differ. It is ""
// while nobody knows.
func (p *place) address(tries int) string {
	p.dir.mu.Lock()
	defer p.dir.mu.Unlock()
	host, port := p.device.Host, p.device.Port
	if p.static != nil && !p.astray && (tries%2 == 0 || host == "") {
		host, port = p.static.Host, p.static.Port
	}
	if host == "" || port == 0 {
		return ""
	}
	return net.JoinHostPort(host, strconv.Itoa(port))
}

func (p *place) want(wanted bool) {
	p.dir.mu.Lock()
	defer p.dir.mu.Unlock()
	p.wanted = wanted
}

// found notes that there is a link, to that address.
func (p *place) found(ip string, port int) {
	p.dir.mu.Lock()
	defer p.dir.mu.Unlock()
	p.linked, p.ip, p.port = true, ip, port
	drain(p.wrong)
	drain(p.moved)
	if p.device.ID == "" {
		signal(p.dir.nameless)
	}
}

// looked notes the addresses that the host of the configuration has by its name.
func (p *place) looked(addresses []string) {
	p.dir.mu.Lock()
	defer p.dir.mu.Unlock()
	p.names = addresses
}

// lost notes that the link is gone. What was seen while it lived tells nothing of where the device is now.
func (p *place) lost() {
	p.dir.mu.Lock()
	defer p.dir.mu.Unlock()
	p.linked = false
	drain(p.seen)
	signal(p.dir.lost)
}

// signal leaves a value in a channel that holds one.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// drain takes that value out, if it is there.
func drain(c chan struct{}) {
	select {
	case <-c:
	default:
	}
}

// plainID is an id as the bridge writes it: lower-case, without dashes.
func plainID(id string) string {
	return strings.ToLower(strings.ReplaceAll(id, "-", ""))
}

// isID reports whether a plain id is one: 32 hex digits.
func isID(id string) bool {
	if len(id) != 32 {
		return false
	}
	return strings.Trim(id, "0123456789abcdef") == ""
}
