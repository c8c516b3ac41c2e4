package cast

import (
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
			Static{Host: "192.0.2.1", Port: 8009, ID: "01234567-89AB-CDEF-0123-456789ABCDEF", Name: "Galley", Topic: "k", MaxVolume: 60},
			func(s *bridge.Sighting) { s.Host, s.Name, s.Topic, s.MaxVolume = "192.0.2.1", "Galley", "k", 60 },
		},
		"by host and port":                          {Static{Host: "192.0.2.20", Port: 8009, Topic: "k"}, func(s *bridge.Sighting) { s.Topic = "k" }},
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
	p.found("192.0.2.20")
	if s := d.see(kitchen); !s.Static || s.ID != someID || s.Topic != "k" {
		t.Errorf("got %+v", s)
	}
	if left := d.unnamed(); len(left) != 0 {
		t.Errorf("%d devices without an id", len(left))
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
