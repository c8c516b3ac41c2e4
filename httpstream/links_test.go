package httpstream

import (
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"localcast/bridge/media"
)

// listening returns a server that listens and serves nobody.
func listening(t *testing.T, c Config) *Server {
	t.Helper()
	c.DataDir = t.TempDir()
	s, err := New(c, newShelf(t), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestTheAddressIsTheOneThatTheDeviceReaches(t *testing.T) {
	everywhere := listening(t, Config{Listen: ":0"})
	port := netip.AddrPortFrom(netip.IPv4Unspecified(), everywhere.Addr().Port()).String()[len("0.0.0.0"):]
	item := media.Item{ID: film, Path: "films/film.mp4"}
	rows := []struct {
		about  string
		server *Server
		host   string
		want   string // the address before the path; for an error what it says
	}{
		{"a device on this machine", everywhere, "127.0.0.1", "http://127.0.0.1" + port},
		{"everybody", everywhere, "", everywhere.StreamURL()},
		{"a device of IPv6, where we listen on IPv4", listening(t, Config{Listen: "0.0.0.0:0"}), "::1", "set http.advertise"},
		{"no such host", everywhere, "no such host", "set http.advertise"},
		{"an address that is advertised", listening(t, Config{Listen: ":0", Advertise: "http://192.0.2.10:8010/"}), "192.0.2.20",
			"http://192.0.2.10:8010"},
		{"one with a path", listening(t, Config{Listen: ":0", Advertise: "https://home/cast"}), "192.0.2.20", "https://home/cast"},
	}
	for _, row := range rows {
		t.Run(row.about, func(t *testing.T) {
			got, err := row.server.Media(item, "kitchen", row.host)
			if err != nil {
				got = err.Error()
				if !strings.Contains(got, row.want) {
					t.Errorf("Media: %v; want %q", err, row.want)
				}
				return
			}
			if base, _, found := strings.Cut(got, "/m/"); !found || base != row.want {
				t.Errorf("Media = %q; want it below %q", got, row.want)
			}
		})
	}
}

func TestWhichLocalAddressIsNamed(t *testing.T) {
	rows := []struct{ about, bound, local, remote, want string }{
		{"the one that routes", "[::]:8010", "192.0.2.10", "192.0.2.20", "192.0.2.10"},
		{"the only one that listens", "192.0.2.11:8010", "192.0.2.10", "192.0.2.20", "192.0.2.11"},
		{"loopback to loopback", "[::]:8010", "127.0.0.1", "127.0.0.1", "127.0.0.1"},
		{"this machine by its own address", "[::]:8010", "192.0.2.10", "192.0.2.10", "192.0.2.10"},
		{"loopback is nothing for others", "127.0.0.1:8010", "192.0.2.10", "192.0.2.20", `listen: ":8010"`},
		{"nor is IPv6's", "[::1]:8010", "2001:db8::1", "2001:db8::2", `listen: ":8010"`},
		{"an address of IPv6", "[::]:8010", "2001:db8::1", "2001:db8::2", "2001:db8::1"},
		{"a link-local one needs a zone", "[::]:8010", "fe80::1", "fe80::2", "set http.advertise"},
	}
	for _, row := range rows {
		t.Run(row.about, func(t *testing.T) {
			local, err := choose(netip.MustParseAddrPort(row.bound), netip.MustParseAddr(row.local), netip.MustParseAddr(row.remote))
			got := local.String()
			if err != nil {
				got = err.Error()
			}
			if got != row.want && (err == nil || !strings.Contains(got, row.want)) {
				t.Errorf("choose = %q, want %q", got, row.want)
			}
		})
	}
}

func TestTheAddressForEverybodyIsWhereWeListen(t *testing.T) {
	s := listening(t, Config{Listen: "127.0.0.1:0"})
	if got := s.StreamURL(); got != "http://"+s.Addr().String() {
		t.Errorf("StreamURL() = %q", got)
	}
}

func TestAnAddressLastsAsLongAsItsItemNeeds(t *testing.T) {
	s := listening(t, Config{Listen: "127.0.0.1:0", TokenTTL: time.Hour})
	now := time.Date(2026, 11, 22, 12, 0, 1, 0, time.UTC)
	s.now = func() time.Time { return now }
	rows := []struct {
		about    string
		duration float64
		want     time.Time
	}{
		{"a film of two hours", 7200, time.Date(2026, 11, 22, 18, 0, 0, 0, time.UTC)}, // 17:00:01, to the next full hour
		{"a song", 180, time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)},
		{"nobody knows how long", 0, time.Date(2026, 11, 22, 22, 0, 0, 0, time.UTC)},
	}
	for _, row := range rows {
		t.Run(row.about, func(t *testing.T) {
			u, err := s.Media(media.Item{ID: film, Duration: row.duration}, "kitchen", "127.0.0.1")
			if err != nil {
				t.Fatal(err)
			}
			id, peer, expiry, ok := s.signer.readMedia(strings.Split(u, "/")[4])
			if id != film || s.peers.heard(peer, time.Now()) != "kitchen" || !expiry.Equal(row.want) || !ok {
				t.Errorf("%s is for %q, %q, until %v", u, id, peer, expiry)
			}
			if got, ok := s.Item(u); got != film || !ok {
				t.Errorf("Item(%q) = %q, %v", u, got, ok)
			}
		})
	}
}

func TestAddressesOfItems(t *testing.T) {
	s := listening(t, Config{Listen: "127.0.0.1:0"})
	got, err := s.Media(media.Item{URL: "https://example.org/live", Artwork: "https://example.org/a.png"}, "kitchen", "127.0.0.1")
	if got != "https://example.org/live" || err != nil {
		t.Errorf("a URL item: %q, %v", got, err)
	}
	if got := s.Artwork(media.Item{URL: "https://example.org/live", Artwork: "https://example.org/a.png"}, ""); got != "https://example.org/a.png" {
		t.Errorf("its picture: %q", got)
	}
	if got, err := s.Media(media.Item{Title: "nothing"}, "kitchen", "127.0.0.1"); err == nil {
		t.Errorf("an item without an id: %q", got)
	}
	for path, want := range map[string]string{
		"films/Amélie 100% #1?.mkv": "Am%C3%A9lie%20100%25%20%231%3F.mkv", "film.mp4": "film.mp4", "": "media", "a/..": "media", "/": "media",
	} {
		u, err := s.Media(media.Item{ID: film, Path: path}, "kitchen", "127.0.0.1")
		if err != nil || !strings.HasSuffix(u, "/"+want) {
			t.Errorf("the address of %q is %q, %v; want it to end in %q", path, u, err, want)
		}
		if _, err := url.Parse(u); err != nil {
			t.Error(err)
		}
	}
	cover, none := s.Artwork(media.Item{ID: film, HasArtwork: true}, ""), s.Artwork(media.Item{ID: film}, "")
	if !strings.HasPrefix(cover, s.StreamURL()+"/art/"+string(film)+".") || !strings.HasSuffix(cover, ".jpg") {
		t.Errorf("a picture's address is %q", cover)
	}
	if !strings.HasPrefix(none, s.StreamURL()+"/art/none.") || none != s.Artwork(media.Item{}, "127.0.0.1") {
		t.Errorf("the neutral picture's address is %q", none)
	}
}

func TestWhichItemAnAddressIsFor(t *testing.T) {
	s := listening(t, Config{Listen: "127.0.0.1:0"})
	expired := "/m/" + s.signer.media(film, "peertag1", time.Unix(1, 0)) + "/film.mp4"
	for address, want := range map[string]media.ID{
		"http://192.0.2.10:8010" + expired:                    film,
		"https://another.name/with/a/path" + expired:          film,
		"http://192.0.2.10:8010" + expired + "?x=1#y":         film,
		"http://192.0.2.10:8010" + expired + "/more":          "",
		"http://192.0.2.10:8010/m/abcdefghij.x.1.y/a":         "",
		s.Artwork(media.Item{ID: film, HasArtwork: true}, ""): "",
		"https://example.org/m/film.mp4":                      "",
		"":                                                    "",
		"http://[":                                            "",
	} {
		if got, ok := s.Item(address); got != want || ok != (want != "") {
			t.Errorf("Item(%q) = %q, %v; want %q", address, got, ok, want)
		}
	}
}

func TestTagsAreBounded(t *testing.T) {
	var p peers
	for i := range 3 * maxPeers {
		p.remember(time.Duration(i).String(), "device")
		p.heard("from before a restart "+time.Duration(i).String(), time.Now())
	}
	p.remember("last", "kitchen")
	if last, never := p.heard("last", time.Now()), p.heard("never", time.Now()); len(p.tags) > maxPeers || last != "kitchen" || never != "never" {
		t.Errorf("%d tags are remembered, last is %q, never %q", len(p.tags), last, never)
	}
}

func TestWhoHasFetchedIsKnown(t *testing.T) {
	files := newShelf(t)
	item := files.put(t, media.Item{ID: film}, []byte("film"))
	s := start(t, Config{}, files)
	began := time.Now()
	address := mediaURL(t, s, item)
	if s.Fetched("kitchen", began) {
		t.Error("an address that was only given out counts as fetched")
	}
	if resp, _ := get(t, strings.Replace(address, "/m/a", "/m/b", 1)); resp.StatusCode == 200 || s.Fetched("kitchen", began) {
		t.Error("a forged address counts as fetched")
	}
	get(t, address)
	if !s.Fetched("kitchen", began) || s.Fetched("bedroom", began) || s.Fetched("kitchen", time.Now().Add(time.Second)) {
		t.Error("the kitchen has fetched just now, and nobody else")
	}
}

func TestHowLongAnAddressIsKept(t *testing.T) {
	s := listening(t, Config{Listen: "127.0.0.1:0", TokenTTL: 10 * time.Hour})
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	s.now = func() time.Time { return now }
	song := media.Item{ID: film, Path: "music/a song.mp3", Duration: 1800}
	address, err := s.Media(song, "kitchen", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	other, elsewhere, renamed := song, song, song
	other.ID, elsewhere.URL, renamed.Path = "k3v9x2m4q9", "http://192.0.2.1/a.mp3", "music/b.mp3"
	for _, row := range []struct {
		about   string
		address string
		item    media.Item
		after   time.Duration
		want    bool
	}{
		{"just made", address, song, 0, true},
		{"near the half of its time", address, song, 4 * time.Hour, true},
		{"beyond it", address, song, 7 * time.Hour, false},
		{"another item's", address, other, 0, false},
		{"of a file that was renamed", address, renamed, 0, false},
		{"forged", strings.Replace(address, string(film), "k3v9x2m4q9", 1), other, 0, false},
		{"on another port", strings.Replace(address, s.Addr().String(), "127.0.0.1:9", 1), song, 0, false},
		{"of a URL item", elsewhere.URL, elsewhere, 100 * time.Hour, true},
		{"of another URL", elsewhere.URL + "?", elsewhere, 0, false},
	} {
		now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC).Add(row.after)
		if got := s.Lasts(row.address, row.item, "127.0.0.1"); got != row.want {
			t.Errorf("%s: %v, want %v", row.about, got, row.want)
		}
	}
}
