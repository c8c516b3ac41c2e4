package casttest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/net/ipv4"
)

// The names and the group of mDNS (RFC 6762) and DNS-SD (RFC 6763).
const (
	castService = "_googlecast._tcp.local."
	enumeration = "_services._dns-sd._udp.local."
	mdnsPort    = 5353
	// cacheFlush marks records that replace what was known of their name.
	cacheFlush = 1 << 15
	// wantsUnicast marks a question that asks to be answered to the asker alone.
	wantsUnicast = 1 << 15
	recordTTL    = 120 // seconds
)

// An announcer answers for one receiver on one interface. It is a responder of its own, not zeroconf's, because that one
// also answers what arrives on other interfaces, outlives its Shutdown by seconds, and races with it.
type announcer struct {
	iface    net.Interface
	conn     *ipv4.PacketConn
	group    *net.UDPAddr
	instance string
	host     string
	records  func(ttl uint32) []dns.RR
}

// Advertise announces the receiver by mDNS (IPv4) on one interface until Close, which says goodbye. On the loopback
// interface, given by name, it stays on this machine.
func (r *Receiver) Advertise(iface net.Interface) error {
	addr, err := net.ResolveTCPAddr("tcp4", r.Addr())
	if err != nil {
		return fmt.Errorf("advertise receiver: %w", err)
	}
	ips, err := announced(iface, addr.IP)
	if err != nil {
		return fmt.Errorf("advertise receiver: %w", err)
	}
	a := &announcer{iface: iface, group: &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: mdnsPort}}
	plain := strings.ReplaceAll(r.cfg.ID, "-", "")
	a.instance = strings.ReplaceAll(r.cfg.Model, " ", "-") + "-" + plain + "." + castService
	a.host = dash(plain) + ".local."
	txt := r.txt()
	a.records = func(ttl uint32) []dns.RR { return a.zone(ttl, uint16(addr.Port), ips, txt) }
	if err := a.listen(); err != nil {
		return fmt.Errorf("advertise receiver on %s: %w", iface.Name, err)
	}
	if !r.dev.ask(func() { r.dev.work.Go(func() { r.announce(a) }) }) {
		a.conn.Close()
		return ErrClosed
	}
	return nil
}

// announced are the addresses to announce: the one listened on, or the interface's where that is none in particular.
func announced(iface net.Interface, listen net.IP) ([]net.IP, error) {
	if len(listen) > 0 && !listen.IsUnspecified() {
		return []net.IP{listen}, nil
	}
	addrs, err := iface.Addrs()
	if err != nil {
		return nil, err
	}
	var ips []net.IP
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil {
			ips = append(ips, n.IP)
		}
	}
	return ips, nil
}

// txt are the TXT records of a device, in the order in which devices send them.
func (r *Receiver) txt() []string {
	bs := strings.ToUpper(strings.ReplaceAll(r.cfg.ID, "-", "")[:12])
	cd := randomID(false)
	if r.cfg.Kind == Group {
		cd = r.cfg.ID
	}
	plain := strings.NewReplacer(`\`, `\\`).Replace // the DNS library reads its own escapes in what it is to send
	return []string{
		"id=" + r.cfg.ID, "cd=" + cd, "rm=", "ve=05", "md=" + plain(r.cfg.Model), "ic=/setup/icon.png",
		"fn=" + plain(r.cfg.Name), "ca=" + strconv.Itoa(r.cfg.Capabilities), "st=0", "bs=" + bs, "nf=1", "rs=",
		"ct=" + strings.ToUpper(cd[:6]),
	}
}

// zone is all that there is to tell.
func (a *announcer) zone(ttl uint32, port uint16, ips []net.IP, txt []string) []dns.RR {
	head := func(name string, kind uint16, flags uint16) dns.RR_Header {
		return dns.RR_Header{Name: name, Rrtype: kind, Class: dns.ClassINET | flags, Ttl: ttl}
	}
	zone := []dns.RR{
		&dns.PTR{Hdr: head(castService, dns.TypePTR, 0), Ptr: a.instance},
		&dns.PTR{Hdr: head(enumeration, dns.TypePTR, 0), Ptr: castService},
		&dns.SRV{Hdr: head(a.instance, dns.TypeSRV, cacheFlush), Port: port, Target: a.host},
		&dns.TXT{Hdr: head(a.instance, dns.TypeTXT, cacheFlush), Txt: txt},
	}
	for _, ip := range ips {
		zone = append(zone, &dns.A{Hdr: head(a.host, dns.TypeA, cacheFlush), A: ip})
	}
	return zone
}

func (a *announcer) listen() error {
	// A multicast address makes package net share the port with the other responders of this machine.
	udp, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(224, 0, 0, 0), Port: mdnsPort})
	if err != nil {
		return err
	}
	a.conn = ipv4.NewPacketConn(udp)
	err = errors.Join(
		a.conn.JoinGroup(&a.iface, a.group),
		a.conn.SetMulticastInterface(&a.iface),
		a.conn.SetMulticastLoopback(true),
		a.conn.SetControlMessage(ipv4.FlagInterface, true),
	)
	if err != nil {
		a.conn.Close()
	}
	return err
}

// announce tells of the receiver twice, a second apart, answers questions, and takes it all back when the receiver ends.
func (r *Receiver) announce(a *announcer) {
	defer a.conn.Close()
	stop := context.AfterFunc(r.ctx, func() { a.conn.SetReadDeadline(time.Now()) })
	defer stop()
	log := r.cfg.Log.With("device", r.cfg.Name)
	say := func(m *dns.Msg, to *net.UDPAddr) {
		if err := a.send(m, to); err != nil {
			log.Debug("mDNS message not sent", "remote", to.String(), "err", err)
		}
	}
	say(news(a.records(recordTTL)), a.group)
	a.conn.SetReadDeadline(time.Now().Add(time.Second))
	for buf := make([]byte, 9000); ; {
		n, from, err := a.read(buf)
		switch {
		case r.ctx.Err() != nil:
			say(news(a.records(0)), a.group)
			return
		case errors.Is(err, os.ErrDeadlineExceeded):
			say(news(a.records(recordTTL)), a.group)
			a.conn.SetReadDeadline(time.Time{})
			if r.ctx.Err() != nil { // the deadline that was to wake this loop may be the one just taken away
				a.conn.SetReadDeadline(time.Now())
			}
		case err != nil:
			log.Warn("mDNS ends", "err", err)
			return
		case n > 0:
			if m, to := a.answer(buf[:n], from); m != nil {
				say(m, to)
			}
		}
	}
}

// read reads one message. Its length is 0 if it came by another interface.
func (a *announcer) read(buf []byte) (int, *net.UDPAddr, error) {
	n, cm, from, err := a.conn.ReadFrom(buf)
	if err != nil {
		return 0, nil, err
	}
	udp, ok := from.(*net.UDPAddr)
	if !ok || cm == nil || cm.IfIndex != a.iface.Index {
		return 0, nil, nil
	}
	return n, udp, nil
}

func (a *announcer) send(m *dns.Msg, to *net.UDPAddr) error {
	packed, err := m.Pack()
	if err != nil {
		return err
	}
	_, err = a.conn.WriteTo(packed, &ipv4.ControlMessage{IfIndex: a.iface.Index}, to)
	return err
}

// news is an unasked message of records.
func news(records []dns.RR) *dns.Msg {
	m := &dns.Msg{Answer: records}
	m.Response, m.Authoritative, m.Compress = true, true, true
	return m
}

// answer answers a question: what is asked for comes first, and the rest as additional records. It is nil where nothing
// is asked that this receiver knows.
func (a *announcer) answer(packet []byte, from *net.UDPAddr) (*dns.Msg, *net.UDPAddr) {
	var query dns.Msg
	if query.Unpack(packet) != nil || query.Response {
		return nil, nil
	}
	to := a.group
	m := news(nil)
	if from.Port != mdnsPort { // a simple resolver, which expects its question and its id back
		to, m.Id, m.Question = from, query.Id, query.Question
	}
	for _, rr := range a.records(recordTTL) {
		asked := func(q dns.Question) bool {
			return strings.EqualFold(q.Name, rr.Header().Name) && (q.Qtype == dns.TypeANY || q.Qtype == rr.Header().Rrtype)
		}
		if i := slices.IndexFunc(query.Question, asked); i >= 0 {
			m.Answer = append(m.Answer, rr)
			if query.Question[i].Qclass&wantsUnicast != 0 {
				to = from
			}
		} else if rr.Header().Name != enumeration {
			m.Extra = append(m.Extra, rr)
		}
	}
	if len(m.Answer) == 0 {
		return nil, nil
	}
	return m, to
}
