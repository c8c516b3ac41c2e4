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
	"unicode/utf8"

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
	receiver *Receiver
	iface    net.Interface
	conn     *ipv4.PacketConn
	group    *net.UDPAddr
	instance string
	ct       string   // of the TXT records, with cd
	cd       string   // likewise
	last     presence // what was told last; only the announcer's goroutine touches it
}

// A presence is what mDNS tells of a device at one moment.
type presence struct {
	on   bool
	addr string // host:port
	host string // 32 hex digits
	busy bool   // an app runs
	text string // what it says
}

// presence runs on the owner's goroutine.
func (d *device) presence(addr string) presence {
	p := presence{on: d.on && d.speaks == nil, addr: addr, host: d.host, busy: !d.idle()}
	if p.busy {
		p.text = d.statusText()
	}
	return p
}

// announceStatus has mDNS tell the status text, if it is another than before.
func (d *device) announceStatus() {
	if text := d.presence("").text; text != d.announced {
		d.announced = text
		d.announce()
	}
}

// announce has mDNS tell how things stand.
func (d *device) announce() {
	for _, a := range d.announces {
		a.wake()
	}
}

// Advertise announces the receiver by mDNS (IPv4) on one interface until Close, which says goodbye. On the loopback
// interface, given by name, it stays on this machine.
func (r *Receiver) Advertise(iface net.Interface) error {
	a := &announcer{
		receiver: r, iface: iface, group: &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: mdnsPort}, cd: randomID(false),
	}
	a.ct = strings.ToUpper(a.cd[:6])
	if r.cfg.Kind == Group {
		a.cd = r.cfg.ID
	}
	plain := strings.ReplaceAll(r.cfg.ID, "-", "")
	a.instance = strings.ReplaceAll(r.cfg.Model, " ", "-") + "-" + plain + "." + castService
	if _, err := a.zone(recordTTL, presence{addr: r.Addr(), host: plain}); err != nil {
		return fmt.Errorf("advertise receiver: %w", err)
	}
	if err := a.listen(); err != nil {
		return fmt.Errorf("advertise receiver on %s: %w", iface.Name, err)
	}
	started := r.dev.ask(func() {
		r.dev.announces = append(r.dev.announces, a)
		r.dev.work.Go(func() { r.announce(a) })
	})
	if !started {
		a.close()
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
func (a *announcer) txt(now presence) []string {
	cfg := a.receiver.cfg
	bs := strings.ToUpper(strings.ReplaceAll(cfg.ID, "-", "")[:12])
	st := "0"
	if now.busy {
		st = "1"
	}
	plain := strings.NewReplacer(`\`, `\\`).Replace // the DNS library reads its own escapes in what it is to send
	return []string{
		"id=" + cfg.ID, "cd=" + a.cd, "rm=", "ve=05", "md=" + plain(cfg.Model), "ic=/setup/icon.png",
		"fn=" + plain(cfg.Name), "ca=" + strconv.Itoa(cfg.Capabilities), "st=" + st, "bs=" + bs, "nf=1",
		"rs=" + plain(clip(now.text, maxTXT-len("rs="))), "ct=" + a.ct,
	}
}

// maxTXT is how many bytes one TXT string may have.
const maxTXT = 255

// clip shortens s to at most n bytes of whole characters.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// zone is all that there is to tell.
func (a *announcer) zone(ttl uint32, now presence) ([]dns.RR, error) {
	addr, err := net.ResolveTCPAddr("tcp4", now.addr)
	if err != nil {
		return nil, err
	}
	ips, err := announced(a.iface, addr.IP)
	if err != nil {
		return nil, err
	}
	head := func(name string, kind uint16, flags uint16) dns.RR_Header {
		return dns.RR_Header{Name: name, Rrtype: kind, Class: dns.ClassINET | flags, Ttl: ttl}
	}
	host := dash(now.host) + ".local."
	zone := []dns.RR{
		&dns.PTR{Hdr: head(castService, dns.TypePTR, 0), Ptr: a.instance},
		&dns.PTR{Hdr: head(enumeration, dns.TypePTR, 0), Ptr: castService},
		&dns.SRV{Hdr: head(a.instance, dns.TypeSRV, cacheFlush), Port: uint16(addr.Port), Target: host},
		&dns.TXT{Hdr: head(a.instance, dns.TypeTXT, cacheFlush), Txt: a.txt(now)},
	}
	for _, ip := range ips {
		zone = append(zone, &dns.A{Hdr: head(host, dns.TypeA, cacheFlush), A: ip})
	}
	return zone, nil
}

// records is what there is to tell now: nothing while the device has no power or is silent, and after its end only what
// was told last.
func (a *announcer) records(ttl uint32) []dns.RR {
	r := a.receiver
	r.dev.look(func() { a.last = r.dev.presence(r.Addr()) })
	if !a.last.on {
		return nil
	}
	zone, err := a.zone(ttl, a.last)
	if err != nil { // the interface has lost its addresses
		r.cfg.Log.Debug("nothing to announce", "device", r.cfg.Name, "err", err)
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
		a.close()
	}
	return err
}

// announce tells of the receiver twice, a second apart, answers questions, and takes it all back when the receiver ends.
func (r *Receiver) announce(a *announcer) {
	defer a.close()
	stop := context.AfterFunc(r.ctx, a.wake)
	defer stop()
	log := r.cfg.Log.With("device", r.cfg.Name)
	say := func(m *dns.Msg, to *net.UDPAddr) {
		if len(m.Answer) == 0 {
			return
		}
		if err := a.send(m, to); err != nil {
			log.Debug("mDNS message not sent", "remote", to.String(), "err", err)
		}
	}
	say(news(a.records(recordTTL)), a.group)
	a.wakeAt(time.Now().Add(time.Second))
	for buf := make([]byte, 9000); ; {
		n, from, err := a.read(buf)
		switch {
		case r.ctx.Err() != nil:
			say(news(a.records(0)), a.group)
			return
		case errors.Is(err, os.ErrDeadlineExceeded):
			// What comes to pass from here on sets the deadline anew.
			a.wakeAt(time.Time{})
			if r.ctx.Err() != nil { // the deadline that was to wake this loop may be the one just taken away
				a.wake()
			}
			say(news(a.records(recordTTL)), a.group)
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

// wake makes the announcer look how things stand.
func (a *announcer) wake() { a.wakeAt(time.Now()) }

// wakeAt is wake at a later time, never if that is zero. It fails only on a closed socket, whose reader ends anyway.
func (a *announcer) wakeAt(t time.Time) { _ = a.conn.SetReadDeadline(t) }

// close leaves the group; nothing was buffered that could be lost.
func (a *announcer) close() { _ = a.conn.Close() }

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
