package bridge

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"localcast/bridge/media"
)

// topic gives a new device its topic name: what the configuration says, else a slug of its friendly name that no other
// device has.
func (b *Bridge) topic(s Sighting) string {
	base := s.Topic
	if base == "" {
		base = slug(s.Name)
	}
	if base == "" {
		id := publicID(s.Device)
		base = "cast_" + id[:min(8, len(id))]
	}
	taken := func(name string) bool {
		_, given := b.given[name]
		return given || name == "bridge" || name == "all"
	}
	name := base
	for n := 2; taken(name); n++ {
		name = fmt.Sprintf("%s_%d", base, n)
	}
	return name
}

// slug makes a topic name of a friendly name: "Küche TV" gives "kuche_tv".
func slug(name string) string {
	var b strings.Builder
	gap := false
	for _, c := range fold(name) {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			if gap && b.Len() > 0 {
				b.WriteByte('_')
			}
			gap = false
			b.WriteRune(c)
		} else if c != '\'' && c != '’' {
			gap = true
		}
	}
	return b.String()
}

// fold takes case and accents from a name.
func fold(s string) string {
	s = strings.NewReplacer("ß", "ss", "æ", "ae", "ø", "o", "œ", "oe", "đ", "d", "ł", "l", "þ", "th").Replace(strings.ToLower(s))
	return strings.Map(func(c rune) rune {
		if unicode.Is(unicode.Mn, c) {
			return -1
		}
		return unicode.ToLower(c)
	}, norm.NFKD.String(s))
}

// publicID is the id a device is known by: its Cast id, or host_port until it tells that.
func publicID(d media.Device) string {
	if d.ID != "" {
		return d.ID
	}
	return strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			return c
		}
		return '_'
	}, strings.ToLower(fmt.Sprintf("%s_%d", d.Host, d.Port)))
}

// plainID is an id without the dashes groups have in theirs.
func plainID(s string) string { return strings.ToLower(strings.ReplaceAll(s, "-", "")) }

// misnamed is why a name leads to no device.
type misnamed struct {
	Error
	could []*device // which it could be, for Ambiguous
	equal bool      // they all have that very name
}

// named finds the device a command is for. A topic takes only the topic name or the id; spoken takes, in this order, the
// topic name, the id, the whole friendly name, a prefix of a friendly name that only one device has.
func (b *Bridge) named(name string, spoken bool) (*device, *misnamed) {
	want := fold(strings.TrimSpace(name))
	for i, fits := range []func(*device) bool{
		func(d *device) bool { return d.topic == name },
		func(d *device) bool {
			id := publicID(d.about())
			return id == name || spoken && id == plainID(name)
		},
		func(d *device) bool { return spoken && want != "" && fold(d.about().Name) == want },
		func(d *device) bool { return spoken && want != "" && strings.HasPrefix(fold(d.about().Name), want) },
	} {
		var found []*device
		for _, d := range b.devices {
			if !d.leaving && fits(d) {
				found = append(found, d)
			}
		}
		if len(found) == 1 {
			return found[0], nil
		}
		if len(found) > 1 {
			err := Error{Ambiguous, fmt.Sprintf("%q could be %s", name, list(found))}
			return nil, &misnamed{Error: err, could: found, equal: i < 3}
		}
	}
	return nil, &misnamed{Error: Error{NotFound, fmt.Sprintf("no device %q", name)}}
}

// list names devices for people: "Kitchen, Kitchen TV".
func list(devices []*device) string {
	var names []string
	for _, d := range devices {
		names = append(names, d.name())
	}
	return strings.Join(names, ", ")
}
