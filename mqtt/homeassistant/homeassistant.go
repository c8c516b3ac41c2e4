// Package homeassistant writes the messages by which Home Assistant's MQTT discovery learns of the bridge and of its
// Chromecasts: one device message each, with every entity as a component. The keys are those of
// https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload.
//
// It only computes: it knows neither what was announced before nor when a message may leave, and it sends nothing.
package homeassistant

import (
	"maps"
	"strings"
)

// bridgeID stands for the bridge where other devices have their Cast id.
const bridgeID = "bridge"

// Site is what every message of one bridge shares.
type Site struct {
	Prefix  string // of Home Assistant's discovery topics
	Base    string // the base topic of the bridge
	Version string // of LocalCast
	URL     string // where people read about LocalCast; "" for none
}

// Device is a Chromecast as Home Assistant shall know it.
type Device struct {
	ID    string // the Cast id, or what stands for it
	Topic string // the topic name; the entities' ids begin with it
	Name  string // "" is Topic
	Model string // "" while it is unknown
	// Queue and Results are the options of the two selects. No two of one select are the same.
	Queue, Results []string
}

// Topic is where the message of a device belongs.
func (s Site) Topic(id string) string { return s.Prefix + "/device/" + s.identifier(id) + "/config" }

// BridgeTopic is where the message of the bridge belongs.
func (s Site) BridgeTopic() string { return s.Topic(bridgeID) }

// Device is the message that announces a Chromecast.
func (s Site) Device(d Device) Message {
	about := about{Identifiers: s.identifier(d.ID), Name: d.Name, Manufacturer: "Google", Model: d.Model, Via: s.identifier(bridgeID)}
	if about.Name == "" {
		about.Name = d.Topic
	}
	entity, base := entityName(d.Topic), s.Base+"/"+d.Topic
	components := deviceComponents(base, d)
	m := s.message(about, entity, components)
	m.AvailabilityMode = "all"
	m.Availability = append(m.Availability, source{base + "/availability"})
	components["player"].EntityID = "sensor." + entity
	return m
}

// Bridge is the message that announces the bridge itself.
func (s Site) Bridge() Message {
	about := about{
		Identifiers: s.identifier(bridgeID), Name: "LocalCast", Manufacturer: "LocalCast", Model: "Bridge", Software: s.Version,
	}
	return s.message(about, entityName(s.node()), bridgeComponents(s.Base+"/bridge"))
}

// message joins what is known of a device with its components, and gives these their ids. The ids of entities begin with
// entity.
func (s Site) message(about about, entity string, components map[string]*component) Message {
	m := Message{
		About:        about,
		Origin:       origin{Name: "LocalCast", Software: s.Version, URL: s.URL},
		Availability: []source{{s.Base + "/bridge/availability"}},
		QoS:          1,
		Components:   make(map[string]any, len(components)),
	}
	for key, c := range components {
		c.UniqueID = about.Identifiers + "_" + key
		c.EntityID = c.Platform + "." + entity + "_" + key
		m.Components[key] = c
	}
	return m
}

// identifier names a device in Home Assistant's registry.
func (s Site) identifier(id string) string { return s.node() + "_" + id }

// node is the base topic as discovery topics can hold it.
func (s Site) node() string {
	return strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' {
			return c
		}
		return '_'
	}, s.Base)
}

// entityName is text as the id of an entity can hold it: small letters, digits and single underscores between them.
func entityName(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') })
	return strings.Join(words, "_")
}

// Message is a device message of MQTT discovery; as JSON it is the payload. Home Assistant refuses a message with any other
// key at its root.
type Message struct {
	About            about          `json:"dev"`
	Origin           origin         `json:"o"`
	Availability     []source       `json:"availability"`
	AvailabilityMode string         `json:"availability_mode,omitempty"`
	QoS              int            `json:"qos"`
	Components       map[string]any `json:"cmps"` // by key: a *component, or retired
}

// about is what Home Assistant shows of a device.
type about struct {
	Identifiers  string `json:"ids"`
	Name         string `json:"name"`
	Manufacturer string `json:"mf"`
	Model        string `json:"mdl,omitempty"`
	Software     string `json:"sw,omitempty"`
	Via          string `json:"via_device,omitempty"`
}

// origin is the program that announces.
type origin struct {
	Name     string `json:"name"`
	Software string `json:"sw"`
	URL      string `json:"url,omitempty"`
}

// source is a topic that tells whether entities are available.
type source struct {
	Topic string `json:"topic"`
}

// retired is a component that shall be removed.
type retired struct {
	Platform string `json:"p"`
}

// Platforms returns what the message announces: the platform of each component by its key.
func (m Message) Platforms() map[string]string {
	platforms := make(map[string]string, len(m.Components))
	for key, c := range m.Components {
		switch c := c.(type) {
		case *component:
			platforms[key] = c.Platform
		case retired:
			platforms[key] = c.Platform
		}
	}
	return platforms
}

// Retire returns the message as it is to be sent once, in place of m, after a message with the platforms in before: what m
// no longer has, or has on another platform, is removed by it. changed is false, and the message m, where nothing is.
func (m Message) Retire(before map[string]string) (last Message, changed bool) {
	now := m.Platforms()
	last = m
	last.Components = maps.Clone(m.Components)
	for key, platform := range before {
		if now[key] != platform {
			last.Components[key] = retired{platform}
			changed = true
		}
	}
	return last, changed
}
