package httpstream

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"localcast/bridge/media"
)

const (
	// lookupTimeout bounds the look-up of a device's or the broker's name.
	lookupTimeout = 2 * time.Second
	// unknownDuration stands for the duration of a film that nobody knows.
	unknownDuration = 4 * time.Hour
	// expiryStep makes an item's address for a device the same for a while, so that caches know it again.
	expiryStep = time.Hour
)

// Media returns the address from which the device at host, an IP address or a name, fetches an item's file; for a URL item
// that URL. It works for TokenTTL beyond twice the item's duration, also after a restart. device is any name by which logs
// shall tell the stream; the address does not show it. The error says why no address would reach us, and what to configure.
func (s *Server) Media(item media.Item, device, host string) (string, error) {
	if item.URL != "" {
		return item.URL, nil
	}
	if _, err := media.ParseID(string(item.ID)); err != nil {
		return "", fmt.Errorf("address of %q: %w", item.Title, err)
	}
	base, err := s.base(context.Background(), host)
	if err != nil {
		return "", fmt.Errorf("address of %q for %s: %w", item.Title, device, err)
	}
	peer := s.signer.peer(device)
	s.peers.remember(peer, device)
	return base + "/" + mediaKind + "/" + s.signer.media(item.ID, peer, s.expiry(item)) + "/" + url.PathEscape(fileName(item)), nil
}

// Subtitles returns the address from which the device at host fetches one of the text tracks beside an item's file, by its
// number, as WebVTT. It works as long as the item's own.
func (s *Server) Subtitles(item media.Item, track int, device, host string) (string, error) {
	base, err := s.base(context.Background(), host)
	if err != nil {
		return "", fmt.Errorf("address of the subtitles of %q for %s: %w", item.Title, device, err)
	}
	token := s.signer.subtitles(item.ID, track, s.signer.peer(device), s.expiry(item))
	name := strings.TrimSuffix(fileName(item), path.Ext(item.Path)) + ".vtt"
	return base + "/" + subtitleKind + "/" + token + "/" + url.PathEscape(name), nil
}

// expiry is when the addresses of an item end that are made now.
func (s *Server) expiry(item media.Item) time.Time {
	return s.now().Add(s.config.TokenTTL + 2*playTime(item) + expiryStep - 1).Truncate(expiryStep)
}

// playTime is how long an item plays, as far as that is known.
func playTime(item media.Item) time.Duration {
	if d := time.Duration(item.Duration * float64(time.Second)); d > 0 {
		return d
	}
	return unknownDuration
}

// Lasts reports whether address is one of this server's for that item, as the device at host reaches it now, and works
// until half of TokenTTL is over and the item can be played twice; for a URL item whether it is that URL.
func (s *Server) Lasts(address string, item media.Item, host string) bool {
	if item.URL != "" {
		return address == item.URL
	}
	base, err := s.base(context.Background(), host)
	rest, found := strings.CutPrefix(address, base+"/"+mediaKind+"/")
	if err != nil || !found {
		return false
	}
	token, name, _ := strings.Cut(rest, "/")
	id, _, expiry, ok := s.signer.readMedia(token)
	least := s.now().Add(s.config.TokenTTL/2 + 2*playTime(item))
	return ok && id == item.ID && name == url.PathEscape(fileName(item)) && !expiry.Before(least)
}

// Artwork returns the address of an item's picture, or of the neutral picture where it has none; it never expires, and is
// the same as long as this server's own address is. For a URL item it is the picture that was given with it. host is as in
// Media; for "", and where no address is known to reach host, it stands below StreamURL.
func (s *Server) Artwork(item media.Item, host string) string {
	if item.Artwork != "" {
		return item.Artwork
	}
	base, err := s.base(context.Background(), host)
	if err != nil {
		base = s.StreamURL()
	}
	id, name := neutral, "none.jpg"
	if item.HasArtwork && item.ID != "" {
		id, name = item.ID, "cover.jpg"
	}
	return base + "/" + artworkKind + "/" + s.signer.artwork(id) + "/" + name
}

// Item returns the item that a media address of this server is for, whatever address the server had then; an expired one
// still tells. ok is false for every other URL.
func (s *Server) Item(address string) (id media.ID, ok bool) {
	u, err := url.Parse(address)
	if err != nil {
		return "", false
	}
	// A base that is advertised may have a path of its own, so the kind is counted from the end.
	segments := strings.Split(u.Path, "/")
	n := len(segments)
	if n < 4 || segments[n-3] != mediaKind {
		return "", false
	}
	id, _, _, ok = s.signer.readMedia(segments[n-2])
	return id, ok
}

// fileName is the end of an item's address, which some devices look at for its extension.
func fileName(item media.Item) string {
	name := path.Base(item.Path)
	if strings.Trim(name, "./") == "" {
		return "media"
	}
	return name
}

// base returns the address of this server for whoever is at host; "" is everybody.
func (s *Server) base(ctx context.Context, host string) (string, error) {
	if s.config.Advertise != "" {
		return s.config.Advertise, nil
	}
	if host == "" {
		return s.StreamURL(), nil
	}
	local, err := s.localFor(ctx, host)
	if err != nil {
		return "", err
	}
	return s.baseOf(local), nil
}

func (s *Server) baseOf(local netip.Addr) string {
	return "http://" + net.JoinHostPort(local.String(), strconv.Itoa(int(s.Addr().Port())))
}

// localFor returns the local address that host can reach this server by.
func (s *Server) localFor(ctx context.Context, host string) (netip.Addr, error) {
	local, remote, err := s.routeTo(ctx, host)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("%w; check the network, or set http.advertise to this server's address", err)
	}
	return choose(s.Addr(), local, remote)
}

// choose returns the address to name to remote, where we listen on bound and the system would send to remote from local.
func choose(bound netip.AddrPort, local, remote netip.Addr) (netip.Addr, error) {
	if only := bound.Addr().Unmap(); !only.IsUnspecified() {
		local = only
	}
	if local.IsLoopback() && !remote.IsLoopback() {
		return netip.Addr{}, fmt.Errorf("http.listen is for this machine alone; write into the configuration:\nhttp:\n  listen: \":%d\"",
			bound.Port())
	}
	if local.Is6() && local.IsLinkLocalUnicast() {
		return netip.Addr{}, fmt.Errorf("only the link-local address %s leads to %s, which no URL can carry; set http.advertise",
			local, remote)
	}
	return local, nil
}

// routeTo asks the system from which local address it would send to host. Connecting a UDP socket sends nothing.
func (s *Server) routeTo(ctx context.Context, host string) (local, remote netip.Addr, err error) {
	network := "udp"
	if s.Addr().Addr().Is4() {
		network = "udp4" // what listens on IPv4 only must not be named by an IPv6 address
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	const discard = "9"
	c, err := new(net.Dialer).DialContext(ctx, network, net.JoinHostPort(host, discard))
	if err != nil {
		return netip.Addr{}, netip.Addr{}, fmt.Errorf("no route to %s: %w", host, err)
	}
	defer c.Close()
	return udpAddr(c.LocalAddr()), udpAddr(c.RemoteAddr()), nil
}

func udpAddr(a net.Addr) netip.Addr {
	if u, ok := a.(*net.UDPAddr); ok {
		return u.AddrPort().Addr().Unmap().WithZone("")
	}
	return netip.Addr{}
}

// Where the default route leads: networks for documentation (RFC 5737, RFC 3849), in which nobody is.
const (
	faraway  = "198.51.100.1"
	faraway6 = "2001:db8::1"
)

// streamURL finds the address for everybody; StreamURL says how.
func (s *Server) streamURL(ctx context.Context) string {
	if s.config.Advertise != "" {
		return s.config.Advertise
	}
	if bound := s.Addr().Addr().Unmap(); !bound.IsUnspecified() {
		return s.baseOf(bound)
	}
	for _, host := range []string{s.config.BrokerHost, faraway, faraway6} {
		if host == "" {
			continue
		}
		if local, err := s.localFor(ctx, host); err == nil && !local.IsLoopback() {
			return s.baseOf(local)
		}
	}
	return s.baseOf(netip.AddrFrom4([4]byte{127, 0, 0, 1}))
}
