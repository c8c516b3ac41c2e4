package casttest_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/grandcat/zeroconf"
	"github.com/miekg/dns"
	"golang.org/x/net/ipv4"

	"localcast/cast/casttest"
	"localcast/cast/wire"
)

func TestCloseEndsEverything(t *testing.T) {
	r := start(t, casttest.Config{})
	s := dial(t, r, "sender-1")
	app := s.launch()
	s.load(app, serve(t, "film.wav", casttest.WAV(time.Minute)), "audio/wav", nil)
	s.awaitState("PLAYING")
	r.Close()
	s.awaitGone()
	r.Close()
	if _, err := net.Dial("tcp", r.Addr()); err == nil {
		t.Error("it still listens")
	}
	if _, err := r.Await(t.Context(), func(casttest.Snapshot) bool { return false }); !errors.Is(err, casttest.ErrClosed) {
		t.Errorf("Await after Close: %v", err)
	}
	r.Drop()
	r.SetVolume(1, false)
	if r.Finish() || r.Snapshot().Senders != 0 || r.Loads() != nil {
		t.Error("a closed receiver still does something")
	}
}

func TestAwait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := casttest.NewReceiver(casttest.Config{Listener: casttest.NewPipe()})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		go func() {
			<-time.After(time.Second)
			r.SetVolume(0.1, false)
		}()
		s, err := r.Await(t.Context(), func(s casttest.Snapshot) bool { return s.Volume == 0.1 })
		if err != nil || s.Volume != 0.1 {
			t.Errorf("got %+v, %v", s, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		s, err = r.Await(ctx, func(casttest.Snapshot) bool { return false })
		if !errors.Is(err, context.DeadlineExceeded) || s.Volume != 0.1 {
			t.Errorf("got %+v, %v", s, err)
		}
		go func() {
			<-time.After(time.Second)
			r.Close()
		}()
		if _, err := r.Await(t.Context(), func(casttest.Snapshot) bool { return false }); !errors.Is(err, casttest.ErrClosed) {
			t.Errorf("closed meanwhile: %v", err)
		}
	})
}

func TestConfig(t *testing.T) {
	for name, cfg := range map[string]casttest.Config{
		"a negative speed":          {Speed: -1},
		"a kind that is none":       {Kind: 7},
		"an id that is too short":   {ID: "1234"},
		"an id of other characters": {ID: strings.Repeat("x", 32)},
		"an address that is none":   {Listen: "256.0.0.1:0"},
	} {
		if r, err := casttest.NewReceiver(cfg); err == nil {
			r.Close()
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestAGroupsIDHasDashes(t *testing.T) {
	if id := start(t, casttest.Config{Kind: casttest.Group}).ID(); len(id) != 36 || strings.Count(id, "-") != 4 {
		t.Errorf("id %s", id)
	}
	if id := start(t, casttest.Config{}).ID(); len(id) != 32 {
		t.Errorf("id %s", id)
	}
}

// browse returns what mDNS announces on the loopback interface until found likes it.
func browse(t *testing.T, lo net.Interface, found func(*zeroconf.ServiceEntry) bool) *zeroconf.ServiceEntry {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	resolver, err := zeroconf.NewResolver(zeroconf.SelectIfaces([]net.Interface{lo}))
	if err != nil {
		t.Fatal(err)
	}
	entries := make(chan *zeroconf.ServiceEntry)
	if err := resolver.Browse(ctx, "_googlecast._tcp", "local.", entries); err != nil {
		t.Fatal(err)
	}
	var match *zeroconf.ServiceEntry
	for e := range entries { // ends with ctx
		if match == nil && found(e) {
			match = e
			cancel()
		}
	}
	return match
}

// unescape undoes what miekg/dns does to TXT records: \DDD is a byte, \X is X.
func unescape(s string) string {
	var b []byte
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b = append(b, s[i])
			continue
		}
		if n, err := strconv.ParseUint(s[i+1:min(i+4, len(s))], 10, 8); err == nil && i+4 <= len(s) {
			b = append(b, byte(n))
			i += 3
			continue
		}
		i++
		b = append(b, s[i])
	}
	return string(b)
}

func TestAdvertise(t *testing.T) {
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		t.Skipf("not on this system: there is no loopback interface of that name: %v", err)
	}
	r := start(t, casttest.Config{
		Name: `Küche \1`, Model: "Nest Audio", ID: "0123456789abcdef0123456789abcdef", Kind: casttest.Audio, Advertise: lo,
	})
	e := browse(t, *lo, func(e *zeroconf.ServiceEntry) bool {
		return slices.Contains(e.Text, "id="+r.ID())
	})
	if e == nil {
		t.Fatal("not found")
	}
	_, port, err := net.SplitHostPort(r.Addr())
	if err != nil {
		t.Fatal(err)
	}
	if int64(e.Port) != parseInt(port) || len(e.AddrIPv4) != 1 || !e.AddrIPv4[0].Equal(net.IPv4(127, 0, 0, 1)) {
		t.Errorf("found at %v port %d, listens on %s", e.AddrIPv4, e.Port, r.Addr())
	}
	if want := "Nest-Audio-0123456789abcdef0123456789abcdef"; e.Instance != want {
		t.Errorf("instance %s, want %s", e.Instance, want)
	}
	var keys []string
	for _, txt := range e.Text {
		k, v, _ := strings.Cut(unescape(txt), "=")
		keys = append(keys, k)
		want := map[string]string{"fn": `Küche \1`, "md": "Nest Audio", "ca": "198660", "ve": "05", "st": "0", "bs": "0123456789AB"}
		if w, ok := want[k]; ok && v != w {
			t.Errorf("%s is %q, want %q", k, v, w)
		}
	}
	if want := []string{"id", "cd", "rm", "ve", "md", "ic", "fn", "ca", "st", "bs", "nf", "rs", "ct"}; !slices.Equal(keys, want) {
		t.Errorf("keys %v, want %v", keys, want)
	}
}

func TestCloseSaysGoodbye(t *testing.T) {
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		t.Skipf("not on this system: there is no loopback interface of that name: %v", err)
	}
	listener := listenMDNS(t, lo)
	r := start(t, casttest.Config{Advertise: lo})
	ttl := func() uint32 {
		for {
			for _, rr := range listener.next(t).Answer {
				if srv, ok := rr.(*dns.SRV); ok && strings.Contains(srv.Hdr.Name, r.ID()) {
					return srv.Hdr.Ttl
				}
			}
		}
	}
	if got := ttl(); got != 120 {
		t.Errorf("announced for %d s", got)
	}
	r.Close()
	for got := ttl(); got != 0; got = ttl() { // the second announcement may come before the goodbye
		if got != 120 {
			t.Errorf("announced for %d s", got)
		}
	}
	if err := r.Advertise(*lo); !errors.Is(err, casttest.ErrClosed) {
		t.Errorf("Advertise after Close: %v", err)
	}
}

func TestASimpleResolverIsAnswered(t *testing.T) {
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		t.Skipf("not on this system: there is no loopback interface of that name: %v", err)
	}
	r := start(t, casttest.Config{Advertise: lo})
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := ipv4.NewPacketConn(conn).SetMulticastInterface(lo); err != nil {
		t.Fatal(err)
	}
	query := new(dns.Msg).SetQuestion(strings.Join([]string{r.ID()[:8], r.ID()[8:12], r.ID()[12:16], r.ID()[16:20],
		r.ID()[20:]}, "-")+".local.", dns.TypeA)
	packed, err := query.Pack()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.WriteTo(packed, &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353}); err != nil {
		t.Fatal(err)
	}
	conn.SetReadDeadline(time.Now().Add(patience))
	buf := make([]byte, 9000)
	n, err := conn.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	var m dns.Msg
	if err := m.Unpack(buf[:n]); err != nil || m.Id != query.Id || len(m.Answer) != 1 ||
		!m.Answer[0].(*dns.A).A.Equal(net.IPv4(127, 0, 0, 1)) {
		t.Errorf("answered by %v, %v", &m, err)
	}
}

// An mdnsListener hears what is said on the loopback interface.
type mdnsListener struct{ conn *ipv4.PacketConn }

func listenMDNS(t *testing.T, lo *net.Interface) mdnsListener {
	t.Helper()
	group := &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353}
	udp, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(224, 0, 0, 0), Port: 5353})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { udp.Close() })
	conn := ipv4.NewPacketConn(udp)
	if err := conn.JoinGroup(lo, group); err != nil {
		t.Fatal(err)
	}
	return mdnsListener{conn}
}

func (l mdnsListener) next(t *testing.T) *dns.Msg {
	t.Helper()
	l.conn.SetReadDeadline(time.Now().Add(patience))
	buf := make([]byte, 9000)
	for {
		n, _, _, err := l.conn.ReadFrom(buf)
		if err != nil {
			t.Fatal(err)
		}
		if m := new(dns.Msg); m.Unpack(buf[:n]) == nil {
			return m
		}
	}
}

func TestASlowSenderDelaysNobody(t *testing.T) {
	bubble(t, casttest.Config{Silence: -1}, nil, func(t *testing.T, st *stage) {
		raw, err := st.pipe.Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		slow := &sender{t: t, id: "sender-1", conn: tls.Client(raw, &tls.Config{InsecureSkipVerify: true})} // never reads
		slow.connect(wire.PlatformReceiver)
		quick := st.awake("sender-2")
		quick.connect(wire.PlatformReceiver)
		quick.answer(quick.ask(wire.PlatformReceiver, wire.Receiver, "GET_STATUS", nil))
		if got := st.r.Snapshot().Senders; got != 2 {
			t.Fatalf("%d senders", got)
		}
		for i := range 300 {
			st.r.SetVolume(float64(i)/300, false)
			synctest.Wait()
		}
		if got := st.r.Snapshot().Senders; got != 1 {
			t.Errorf("%d senders are left", got)
		}
		quick.answer(quick.ask(wire.PlatformReceiver, wire.Receiver, "GET_STATUS", nil))
	})
}
