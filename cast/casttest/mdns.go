package casttest

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"

	"github.com/grandcat/zeroconf"
)

// An advertiser holds what mDNS announces. Its lock guards the servers, which callers' goroutines add.
type advertiser struct {
	mu      sync.Mutex
	servers []*zeroconf.Server
}

func newAdvertiser() *advertiser { return &advertiser{} }

// Advertise announces the receiver by mDNS on one interface until Close. On the loopback interface, given by name, it
// stays on this machine.
func (r *Receiver) Advertise(iface net.Interface) error {
	addr, err := net.ResolveTCPAddr("tcp", r.Addr())
	if err != nil {
		return fmt.Errorf("advertise receiver: %w", err)
	}
	ips, err := announced(iface, addr.IP)
	if err != nil {
		return fmt.Errorf("advertise receiver: %w", err)
	}
	plain := strings.ReplaceAll(r.cfg.ID, "-", "")
	instance := strings.ReplaceAll(r.cfg.Model, " ", "-") + "-" + plain
	server, err := zeroconf.RegisterProxy(instance, "_googlecast._tcp", "local.", addr.Port, dash(plain), ips, r.records(),
		[]net.Interface{iface})
	if err != nil {
		return fmt.Errorf("advertise receiver on %s: %w", iface.Name, err)
	}
	r.mdns.mu.Lock()
	defer r.mdns.mu.Unlock()
	r.mdns.servers = append(r.mdns.servers, server)
	return nil
}

// announced are the addresses to announce: the one listened on, or the interface's where that is none in particular.
func announced(iface net.Interface, listen net.IP) ([]string, error) {
	if len(listen) > 0 && !listen.IsUnspecified() {
		return []string{listen.String()}, nil
	}
	addrs, err := iface.Addrs()
	if err != nil {
		return nil, err
	}
	var ips []string
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil {
			ips = append(ips, n.IP.String())
		}
	}
	return ips, nil
}

// records are the TXT records of a device, in the order in which devices send them.
func (r *Receiver) records() []string {
	bs := strings.ToUpper(strings.ReplaceAll(r.cfg.ID, "-", "")[:12])
	cd := randomID(false)
	if r.cfg.Kind == Group {
		cd = r.cfg.ID
	}
	text := strings.NewReplacer(`\`, `\\`).Replace // miekg/dns reads its own escapes in what it is to send
	return []string{
		"id=" + r.cfg.ID, "cd=" + cd, "rm=", "ve=05", "md=" + text(r.cfg.Model), "ic=/setup/icon.png", "fn=" + text(r.cfg.Name),
		"ca=" + strconv.Itoa(r.cfg.Capabilities), "st=0", "bs=" + bs, "nf=1", "rs=", "ct=" + strings.ToUpper(cd[:6]),
	}
}

// close says goodbye. What was announced already is forgotten by those who listen.
func (a *advertiser) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.servers {
		s.Shutdown()
	}
	a.servers = nil
}
