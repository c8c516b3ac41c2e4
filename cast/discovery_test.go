package cast

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/grandcat/zeroconf"

	"localcast/bridge"
	"localcast/bridge/media"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

const (
	someID  = "0123456789abcdef0123456789abcdef"
	otherID = "fedcba9876543210fedcba9876543210"
)

func TestReadEntry(t *testing.T) {
	oldest := []string{"id=" + someID, "ve=02", "md=Chromecast", "ic=/setup/icon.png", "fn=Kitchen", "ca=5", "st=0"}
	want := media.Device{
		ID: someID, Name: "Kitchen", Model: "Chromecast", Host: "192.0.2.20", Port: 8009,
		Kind: media.VideoDevice, Capabilities: []string{"audio", "video"},
	}
	for name, row := range map[string]struct {
		txt   []string
		alter func(*zeroconf.ServiceEntry)
		want  func(*media.Device) // nil: it is of no use
	}{
		"the oldest have seven keys": {want: func(*media.Device) {}},
		"a group's id is dashed and its ca has bit 32": {
			txt: []string{"id=01234567-89AB-cdef-0123-456789abcdef", "fn=All", "md=Google Cast Group", "ca=198692"},
			want: func(d *media.Device) {
				d.Name, d.Model, d.Kind, d.Capabilities = "All", "Google Cast Group", media.GroupDevice, []string{"audio", "group"}
			},
		},
		"an old group, whose ca tells sound alone": {
			txt: []string{"id=01234567-89ab-cdef-0123-456789abcdef", "fn=All", "ca=4"},
			want: func(d *media.Device) {
				d.Name, d.Model, d.Kind, d.Capabilities = "All", "", media.GroupDevice, []string{"audio", "group"}
			},
		},
		"a stereo pair": {
			txt: []string{"id=" + someID, "fn=Pair", "md=Google Cast Group", "ca=2052"},
			want: func(d *media.Device) {
				d.Name, d.Model, d.Kind, d.Capabilities = "Pair", "Google Cast Group", media.GroupDevice, []string{"audio", "group"}
			},
		},
		"a group on a television is a group": {
			txt: []string{"id=" + someID, "fn=All", "ca=37"},
			want: func(d *media.Device) {
				d.Name, d.Model, d.Kind, d.Capabilities = "All", "", media.GroupDevice, []string{"audio", "group", "video"}
			},
		},
		"a speaker": {
			txt: []string{"id=" + someID, "fn=Bath", "md=Google Home Mini", "ca=198660"},
			want: func(d *media.Device) {
				d.Name, d.Model, d.Kind, d.Capabilities = "Bath", "Google Home Mini", media.AudioDevice, []string{"audio"}
			},
		},
		"bytes outside ASCII are escaped by the DNS library": {
			txt:  []string{"id=" + someID, `fn=K\195\188che \"TV\"`, "md=Chromecast", "ca=4101"},
			want: func(d *media.Device) { d.Name = `Küche "TV"` },
		},
		"malformed pairs are passed over": {
			txt:  []string{"", "=", "fn", "ca=many", "id=" + someID, `fn=Kitchen\`, "md=A=B"},
			want: func(d *media.Device) { d.Name, d.Model, d.Capabilities = `Kitchen\`, "A=B", nil },
		},
		"a name that is no UTF-8": {
			txt:  []string{"id=" + someID, `fn=Kit\255chen`, "md=Chromecast", "ca=5"},
			want: func(*media.Device) {},
		},
		"no name: the instance's": {
			txt:  []string{"id=" + someID, "md=Chromecast", "ca=5"},
			want: func(d *media.Device) { d.Name = "Chromecast 1" },
		},
		"IPv6 alone, link-local left out": {
			alter: func(e *zeroconf.ServiceEntry) {
				e.AddrIPv4, e.AddrIPv6 = nil, []net.IP{net.ParseIP("fe80::1"), net.ParseIP("2001:db8::1")}
			},
			want: func(d *media.Device) { d.Host = "2001:db8::1" },
		},
		"no id":                  {txt: []string{"fn=Kitchen"}},
		"an id that is none":     {txt: []string{"id=kitchen", "fn=Kitchen"}},
		"no TXT at all":          {txt: []string{}},
		"no address":             {alter: func(e *zeroconf.ServiceEntry) { e.AddrIPv4 = nil }},
		"no port":                {alter: func(e *zeroconf.ServiceEntry) { e.Port = 0 }},
		"a port that is none":    {alter: func(e *zeroconf.ServiceEntry) { e.Port = 70000 }},
		"an unspecified address": {alter: func(e *zeroconf.ServiceEntry) { e.AddrIPv4 = []net.IP{net.IPv4zero} }},
	} {
		t.Run(name, func(t *testing.T) {
			e := zeroconf.NewServiceEntry(`Chromecast\0321`, "_googlecast._tcp", "local")
			e.Text, e.Port, e.AddrIPv4 = oldest, 8009, []net.IP{net.IPv4(192, 0, 2, 20)}
			if row.txt != nil {
				e.Text = row.txt
			}
			if row.alter != nil {
				row.alter(e)
			}
			got, ok := readEntry(e)
			if row.want == nil {
				if ok {
					t.Errorf("took %+v", got)
				}
				return
			}
			expected := want
			row.want(&expected)
			if !ok || !reflect.DeepEqual(got, expected) {
				t.Errorf("got %+v, %v\nwanted %+v", got, ok, expected)
			}
		})
	}
}

// loopback returns lo, on which mDNS leaves nothing on the network.
func loopback(t *testing.T) net.Interface {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		if i.Flags&net.FlagLoopback != 0 && i.Flags&net.FlagUp != 0 {
			return i
		}
	}
	t.Skip("not on this system: there is no loopback interface")
	return net.Interface{}
}

func TestNoInterfaceIsAWarningOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		d := New(Config{Discovery: true, Interfaces: []string{"nosuch0"}}, slog.New(slog.NewTextHandler(&log, nil)))
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if err := d.Run(ctx, func(bridge.Sighting) {}); err != nil {
			t.Fatal(err)
		}
		got := log.String()
		if strings.Count(got, "\n") != 1 || !strings.Contains(got, "level=WARN") || !strings.Contains(got, "nosuch0") {
			t.Errorf("logged %s", got)
		}
	})
}

func TestDiscoveryOnLoopback(t *testing.T) {
	lo := loopback(t)
	advertise := func(id, name, model, ca string, port int) {
		s, err := zeroconf.RegisterProxy("Chromecast-"+id, "_googlecast._tcp", "local", port, "chromecast-"+id,
			[]string{"127.0.0.1"}, []string{"id=" + id, "fn=" + name, "md=" + model, "ca=" + ca}, []net.Interface{lo})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			<-time.After(300 * time.Millisecond) // a Shutdown before its goroutines have begun is a data race in zeroconf
			s.Shutdown()
		})
	}
	advertise(someID, "Küche", "Chromecast", "4101", 40001)
	advertise(otherID, "Bath", "Google Home", "2052", 40002)

	devices := New(Config{
		Discovery: true, Interfaces: []string{lo.Name}, Ignore: []string{"google HOME"},
		Static: []Static{{Host: "127.0.0.1", Port: 40001, Topic: "kitchen", MaxVolume: 60}},
	}, quiet())
	ctx, cancel := context.WithTimeoutCause(t.Context(), 2*sweepFor, errors.New("not found in time"))
	defer cancel()
	var seen []bridge.Sighting
	err := devices.Run(ctx, func(s bridge.Sighting) {
		if seen = append(seen, s); s.ID == someID {
			cancel()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) == 0 || seen[0].ID != "" || !seen[0].Static || seen[0].Topic != "kitchen" {
		t.Errorf("the configuration's device was not told at once: %+v", seen)
	}
	want := bridge.Sighting{Static: true, MaxVolume: 60, Device: media.Device{
		Topic: "kitchen", ID: someID, Name: "Küche", Model: "Chromecast", Host: "127.0.0.1", Port: 40001,
		Kind: media.VideoDevice, Capabilities: []string{"audio", "video"},
	}}
	if got := seen[len(seen)-1]; !reflect.DeepEqual(got, want) {
		t.Errorf("found %+v (%v)\nwanted %+v", got, context.Cause(ctx), want)
	}
	for _, s := range seen {
		if s.ID == otherID {
			t.Errorf("told of a device that is ignored: %+v", s)
		}
	}
}
