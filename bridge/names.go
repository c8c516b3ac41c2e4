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
	taken := map[string]bool{"bridge": true, "all": true}
	for _, d := range b.devices {
		taken[d.topic] = true
	}
	name := base
	for n := 2; taken[name]; n++ {
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

// named finds the device a command is for. A topic takes only the topic name or the id; spoken takes, in this order, the
// topic name, the id, the whole friendly name, a prefix of a friendly name that only one device has.
func (b *Bridge) named(name string, spoken bool) (*device, *Error) {
	for _, d := range b.devices {
		if d.topic == name {
			return d, nil
		}
	}
	for _, d := range b.devices {
		info := d.shown.Load().info
		if id := publicID(info); id == name || spoken && id == plainID(name) {
			return d, nil
		}
	}
	if !spoken {
		return nil, &Error{NotFound, fmt.Sprintf("no device %q", name)}
	}
	want := fold(strings.TrimSpace(name))
	for _, fits := range []func(name string) bool{
		func(n string) bool { return n == want },
		func(n string) bool { return want != "" && strings.HasPrefix(n, want) },
	} {
		var found []*device
		for _, d := range b.devices {
			if fits(fold(d.shown.Load().info.Name)) {
				found = append(found, d)
			}
		}
		switch {
		case len(found) == 1:
			return found[0], nil
		case len(found) > 1:
			return nil, &Error{Ambiguous, fmt.Sprintf("%q could be %s", name, list(found))}
		}
	}
	return nil, &Error{NotFound, fmt.Sprintf("no device %q", name)}
}

// list names devices for people: "Kitchen, Kitchen TV".
func list(devices []*device) string {
	var names []string
	for _, d := range devices {
		names = append(names, d.shown.Load().info.Name)
	}
	return strings.Join(names, ", ")
}
