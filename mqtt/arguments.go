package mqtt

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"localcast/bridge"
	"localcast/bridge/media"
)

// maxQuery is the most characters that a query may have.
const maxQuery = 255

// arguments reads the arguments of one command. The first thing that is wrong stays in err, and every later read gives
// a zero value, so that a command is read without a check after each argument. What nobody has read is unknown.
type arguments struct {
	raw  map[string]json.RawMessage
	read map[string]bool
	err  *bridge.Error
}

// parseArguments reads a JSON object. It refuses an argument that is given twice, and what follows the object.
func parseArguments(payload []byte) (*arguments, *bridge.Error) {
	a := &arguments{raw: make(map[string]json.RawMessage), read: make(map[string]bool)}
	dec := json.NewDecoder(bytes.NewReader(payload))
	broken := func(err error) (*arguments, *bridge.Error) {
		return nil, invalid("payload: it begins with { and is no JSON object: %v", err)
	}
	if _, err := dec.Token(); err != nil {
		return broken(err)
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return broken(err)
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return broken(err)
		}
		name, _ := key.(string)
		if _, twice := a.raw[name]; twice && a.err == nil {
			a.err = invalid("%s: got it twice, wanted it once", shorten(name))
		}
		a.raw[name] = value
	}
	if _, err := dec.Token(); err != nil {
		return broken(err)
	}
	if rest := bytes.TrimSpace(payload[dec.InputOffset():]); len(rest) > 0 {
		return broken(fmt.Errorf("%s follows it", shorten(string(rest))))
	}
	return a, nil
}

// invalid is the refusal of a command.
func invalid(format string, args ...any) *bridge.Error {
	return &bridge.Error{Code: bridge.Invalid, Message: fmt.Sprintf(format, args...)}
}

// wanted notes that an argument is not what is wanted.
func (a *arguments) wanted(name, format string, args ...any) {
	if a.err == nil {
		a.err = invalid("%s: got %s, wanted %s", name, a.got(name), fmt.Sprintf(format, args...))
	}
}

// got is what came as an argument, short enough for a message.
func (a *arguments) got(name string) string {
	raw, ok := a.raw[name]
	if !ok {
		return "nothing"
	}
	return shorten(string(raw))
}

// shorten cuts what came to a length that a message bears.
func shorten(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}

// has reports whether an argument was given.
func (a *arguments) has(name string) bool {
	_, ok := a.raw[name]
	return ok
}

// any returns which of names were given.
func (a *arguments) any(names ...string) []string {
	var given []string
	for _, name := range names {
		if a.has(name) {
			given = append(given, name)
		}
	}
	return given
}

// one returns which of names was given, "" if none was; more than one is refused.
func (a *arguments) one(names ...string) string {
	given := a.any(names...)
	switch {
	case len(given) == 0:
		return ""
	case len(given) > 1 && a.err == nil:
		a.err = invalid("%s: got %s as well, wanted only one of %s", given[1], given[0], strings.Join(names, ", "))
	}
	return given[0]
}

// need returns which of names was given; none and more than one are refused.
func (a *arguments) need(names ...string) string {
	name := a.one(names...)
	if name == "" && a.err == nil {
		which := "a value"
		if len(names) > 1 {
			which = "one of " + strings.Join(names, ", ")
		}
		a.err = invalid("%s: got nothing, wanted %s", names[0], which)
	}
	return name
}

// value marks an argument as read and decodes it into to; ok is false if it was not given or is of another type. wanted
// says what it should be.
func (a *arguments) value(name string, to any, wanted string) (ok bool) {
	raw, given := a.raw[name]
	a.read[name] = true
	if !given || a.err != nil {
		return false
	}
	// Unmarshal leaves a target alone for null, which here is as wrong as any other type.
	if string(raw) == "null" || json.Unmarshal(raw, to) != nil {
		a.wanted(name, "%s", wanted)
		return false
	}
	return true
}

// text is a string that must not be empty, or "" if it was not given.
func (a *arguments) text(name string) string {
	var s string
	if a.value(name, &s, "a text") && strings.TrimSpace(s) == "" {
		a.wanted(name, "a text that is not empty")
	}
	return s
}

// note is a string that may be empty, which counts as not given.
func (a *arguments) note(name string) string {
	var s string
	a.value(name, &s, "a text")
	return s
}

// query is a text of at most maxQuery characters.
func (a *arguments) query(name string) string {
	s := a.note(name)
	if utf8.RuneCountInString(s) > maxQuery {
		a.wanted(name, "at most %d characters, not %d", maxQuery, utf8.RuneCountInString(s))
	}
	return s
}

// address is an http or https URL, or "" if it was not given.
func (a *arguments) address(name string) string {
	s := a.text(name)
	if s == "" {
		return ""
	}
	if u, err := url.Parse(s); !isURL(s) || err != nil || u.Host == "" {
		a.wanted(name, "a URL that begins with http:// or https://")
	}
	return s
}

// isURL reports whether plain text is a URL and not a query.
func isURL(s string) bool { return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://") }

// flag is true or false; nil if it was not given.
func (a *arguments) flag(name string) *bool {
	var b bool
	if !a.value(name, &b, "true or false") {
		return nil
	}
	return &b
}

// set is a flag that is false if it was not given.
func (a *arguments) set(name string) bool {
	b := a.flag(name)
	return b != nil && *b
}

// number is a number within low and high; nil if it was not given.
func (a *arguments) number(name string, low, high float64, unit string) *float64 {
	kind := "a number"
	if unit != "" {
		kind += " of " + unit
	}
	wanted := span(kind, low, high)
	var f float64
	if !a.value(name, &f, wanted) {
		return nil
	}
	if f < low || f > high {
		a.wanted(name, "%s", wanted)
		return nil
	}
	return &f
}

// integer is a whole number within low and high, also written as 3.0; nil if it was not given.
func (a *arguments) integer(name string, low, high int) *int {
	wanted := span("a whole number", float64(low), float64(high))
	var f float64
	if !a.value(name, &f, wanted) {
		return nil
	}
	if f != math.Trunc(f) || f < float64(low) || f > float64(high) {
		a.wanted(name, "%s", wanted)
		return nil
	}
	n := int(f)
	return &n
}

// span tells a range; most is no bound that is worth telling.
func span(kind string, low, high float64) string {
	text := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	if low > -most {
		kind += " from " + text(low)
	}
	if high < most {
		kind += " to " + text(high)
	}
	return kind
}

// most stands for "no upper bound"; every integer type of the domain and every float holds it.
const most = math.MaxInt32

// or is the integer, or other if it was not given.
func or(n *int, other int) int {
	if n == nil {
		return other
	}
	return *n
}

// choice is one of the words of, "" if it was not given.
func (a *arguments) choice(name string, of ...string) string {
	var s string
	if !a.value(name, &s, "one of "+strings.Join(of, ", ")) {
		return ""
	}
	if slices.Contains(of, s) {
		return s
	}
	a.wanted(name, "one of %s", strings.Join(of, ", "))
	return ""
}

// list is a text or a list of texts; none may be empty, nor the list.
func (a *arguments) list(name, wanted string) []string {
	var one string
	if raw := a.raw[name]; len(raw) > 0 && raw[0] == '"' {
		if a.value(name, &one, wanted) && one == "" {
			a.wanted(name, "%s", wanted)
		}
		return []string{one}
	}
	return a.texts(name, wanted)
}

// texts is a list of texts; none may be empty, nor the list.
func (a *arguments) texts(name, wanted string) []string {
	var all []*string
	if !a.value(name, &all, wanted) {
		return nil
	}
	out := make([]string, 0, len(all))
	for _, s := range all {
		if s == nil || *s == "" {
			a.wanted(name, "%s", wanted)
			return nil
		}
		out = append(out, *s)
	}
	if len(out) == 0 {
		a.wanted(name, "%s", wanted)
	}
	return out
}

// item is the id of an item, "" if it was not given. Any text may be one: only the library knows which are.
func (a *arguments) item(name string) media.ID { return media.ID(a.text(name)) }

// unknown notes the first argument that nobody has read, in the order of the alphabet.
func (a *arguments) unknown(command string) {
	var extra []string
	for name := range a.raw {
		if !a.read[name] {
			extra = append(extra, name)
		}
	}
	if len(extra) > 0 && a.err == nil {
		first := slices.Min(extra)
		a.err = invalid("%s: got %s, but %s takes no such argument", shorten(first), a.got(first), command)
	}
}
