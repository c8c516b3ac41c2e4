package cast

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"testing"

	"localcast/bridge"
	"localcast/bridge/media"
)

func TestASightingIsMergedWithTheConfiguration(t *testing.T) {
	seen := media.Device{
		ID: someID, Name: "Kitchen", Model: "Chromecast", Host: "192.0.2.20", Port: 8009,
		Kind: media.AudioDevice, Capabilities: []string{"audio"},
	}
	for name, row := range map[string]struct {
		static Static
		want   func(*bridge.Sighting) // nil: it is another device
	}{
		"by its id, dashed and in capitals": {
			Static{
				Host: "192.0.2.1", Port: 8009, ID: "01234567-89AB-CDEF-0123-456789ABCDEF",
				Name: "Galley", Topic: "k", MaxVolume: 60,
			},
			func(s *bridge.Sighting) { s.Host, s.Name, s.Topic, s.MaxVolume = "192.0.2.1", "Galley", "k", 60 },
		},
		"by host and port": {
			Static{Host: "192.0.2.20", Port: 8009, Topic: "k"}, func(s *bridge.Sighting) { s.Topic = "k" },
		},
		"another port, as a group on that host has": {Static{Host: "192.0.2.20", Port: 32001}, nil},
		"another id at that host and port":          {Static{Host: "192.0.2.20", Port: 8009, ID: otherID}, nil},
		"another host":                              {Static{Host: "192.0.2.21", Port: 8009}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := newDirectory([]Static{row.static}).see(seen)
			want := bridge.Sighting{Device: seen}
			if row.want != nil {
				want.Static = true
				row.want(&want)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestAHostGivenByNameIsRecognisedOnceLinked(t *testing.T) {
	d := newDirectory([]Static{{Host: "kitchen.lan", Port: 8009, Topic: "k"}})
	p := d.place(d.statics()[0])
	if s := d.see(kitchen); s.Static {
		t.Errorf("a name was taken for an address: %+v", s)
	}
	p.found("192.0.2.20", 8009)
	if s := d.see(kitchen); !s.Static || s.ID != someID || s.Topic != "k" {
		t.Errorf("got %+v", s)
	}
	if left := d.unnamed(); len(left) != 0 {
		t.Errorf("%d devices without an id", len(left))
	}
}

func TestAHostGivenByNameIsLookedUpBeforeDevicesAreLookedFor(t *testing.T) {
	devices := New(Config{Static: []Static{{Host: "kitchen.lan", Port: 8009, Topic: "k"}, {Host: "gone.lan", Port: 8009}}},
		slog.New(slog.DiscardHandler))
	devices.lookup = func(_ context.Context, host string) ([]string, error) {
		if host != "kitchen.lan" {
			return nil, errors.New("no such host")
		}
		return []string{"2001:db8::20", "192.0.2.20"}, nil
	}
	devices.lookUp(t.Context())
	group := kitchen
	group.ID, group.Port = otherID, 32001
	if s := devices.directory.see(group); s.Static {
		t.Errorf("a group on that host was taken for the device: %+v", s)
	}
	if s := devices.directory.see(kitchen); !s.Static || s.ID != someID || s.Topic != "k" {
		t.Errorf("got %+v", s)
	}
}

func TestADeviceHasOnePlace(t *testing.T) {
	d := newDirectory([]Static{{Host: "192.0.2.20", Port: 8009}})
	static := d.place(d.statics()[0])
	if d.place(bridge.Sighting{Device: kitchen}) != static {
		t.Error("the device that was configured has a second place")
	}
	bath := bridge.Sighting{Device: media.Device{ID: otherID, Host: "192.0.2.30", Port: 8009}}
	p := d.place(bath)
	if p == static || d.place(bath) != p {
		t.Error("another device must have a place of its own, and one")
	}
}

func TestAnAddressThatAnotherDeviceHasIsGivenUp(t *testing.T) {
	d := newDirectory([]Static{{Host: kitchen.Host, Port: kitchen.Port, ID: someID}})
	p := d.place(d.statics()[0])
	bath := kitchen
	bath.ID = otherID
	wrong := func() bool {
		select {
		case <-p.wrong:
			return true
		default:
			return false
		}
	}
	p.found(kitchen.Host, 8009)
	d.see(kitchen)
	if wrong() || p.address(0) != "192.0.2.20:8009" {
		t.Error("its own sighting has put it off")
	}
	if d.see(bath); !wrong() || p.address(0) != "" || p.address(1) != "" {
		t.Error("it is still looked for where another device is")
	}
	d.see(bath)
	p.lost()
	p.found("192.0.2.99", 8009)
	if wrong() {
		t.Error("what was seen of the old link counts against the new one")
	}
	if s := d.see(kitchen); s.Host != kitchen.Host || p.address(0) != "192.0.2.20:8009" {
		t.Errorf("seen there again it is at %q: %+v", p.address(0), s)
	}
	elsewhere := kitchen
	elsewhere.Host = "192.0.2.99"
	if d.see(elsewhere); p.address(0) != "192.0.2.20:8009" || p.address(1) != "192.0.2.99:8009" {
		t.Errorf("it is tried at %q and %q", p.address(0), p.address(1))
	}
	d.see(bath)
	if s := d.see(elsewhere); s.Host != "192.0.2.99" || p.address(0) != "192.0.2.99:8009" {
		t.Errorf("seen elsewhere it is at %q: %+v", p.address(0), s)
	}
}
