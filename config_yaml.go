package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// Problem is one mistake in the configuration.
type Problem struct {
	Where string // "config.yaml:12", "-broker", "LOCALCAST_MQTT_PASSWORD"; "" where no place can be named
	Key   string // "mqtt.broker"; "" for the configuration as a whole
	Text  string // what came and what is wanted

	line int
}

// String is the problem as one line for a person.
func (p Problem) String() string {
	var b strings.Builder
	for _, part := range []string{p.Where, p.Key} {
		if part != "" {
			b.WriteString(part + ": ")
		}
	}
	return b.String() + p.Text
}

// Problems is all that is wrong with a configuration, in the order of its lines.
type Problems []Problem

// Error gives one line for each problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i := range p {
		lines[i] = p[i].String()
	}
	return strings.Join(lines, "\n")
}

// origin says where a value was given.
type origin struct {
	line int    // in the file
	flag string // the flag or environment variable, which wins over the file
}

// document is a configuration while it is read: where its values were given, and what is wrong with them.
//
// The YAML is read into nodes and walked against the struct, because yaml.v3's own strict decoding stops at the first unknown
// key of a struct, tells no key's path and takes numbers for text.
type document struct {
	file     string
	given    map[string]origin // by key, "cast.devices[0].host"
	problems Problems
}

// fail notes a problem with key, at the place where it or the nearest key above it was given. Of one key only the first
// problem is noted: the next would often be of a value that could not be read.
func (d *document) fail(key, format string, args ...any) {
	if slices.ContainsFunc(d.problems, func(p Problem) bool { return p.Key == key }) {
		return
	}
	p := Problem{Key: key, Text: fmt.Sprintf(format, args...)}
	for above := key; above != ""; above = parentKey(above) {
		if o, ok := d.given[above]; ok {
			p.Where, p.line = o.flag, o.line
			break
		}
	}
	if p.line > 0 {
		p.Where = fmt.Sprintf("%s:%d", d.file, p.line)
	}
	d.problems = append(d.problems, p)
}

// failAt notes a problem at a line.
func (d *document) failAt(line int, key, format string, args ...any) {
	d.problems = append(d.problems, Problem{
		Where: fmt.Sprintf("%s:%d", d.file, line), Key: key, Text: fmt.Sprintf(format, args...), line: line,
	})
}

// sorted returns the problems in the order of their lines, those without a line first.
func (d *document) sorted() Problems {
	slices.SortStableFunc(d.problems, func(a, b Problem) int { return cmp.Compare(a.line, b.line) })
	return d.problems
}

// parentKey is the key above: "a.b[0].c", "a.b[0]", "a.b", "a", "".
func parentKey(key string) string {
	return key[:max(strings.LastIndexAny(key, ".["), 0)]
}

// decode reads one YAML document into c. An empty one changes nothing.
func (d *document) decode(text []byte, c *Config) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var root, second yaml.Node
	if err := decoder.Decode(&root); err != nil {
		if !errors.Is(err, io.EOF) {
			d.failSyntax(err)
		}
		return
	}
	d.value(root.Content[0], reflect.ValueOf(c).Elem(), "")
	switch err := decoder.Decode(&second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		d.failSyntax(err)
	default:
		d.failAt(second.Line, "", "a second YAML document begins here; wanted one, so remove the line ---")
	}
}

// failSyntax notes what yaml.v3 says of text that is no YAML, without what it may quote of a password.
func (d *document) failSyntax(err error) {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if strings.Contains(text, "unknown anchor") {
		text = "a value that begins with * must stand in quotes"
	}
	line := 1
	if number, rest, ok := strings.Cut(strings.TrimPrefix(text, "line "), ": "); ok && rest != text {
		if n, err := strconv.Atoi(number); err == nil {
			line, text = n, rest
		}
	}
	d.failAt(line, "", "this is no YAML: %s", text)
}

// value reads the node n into v. A key without a value keeps its default.
func (d *document) value(n *yaml.Node, v reflect.Value, key string) {
	line := n.Line
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
		return
	}
	if key != "" {
		d.given[key] = origin{line: line}
	}
	if target, ok := reflect.TypeAssert[*time.Duration](v.Addr()); ok {
		got, err := time.ParseDuration(n.Value)
		if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" || err != nil {
			d.wrongType(n, v, key, "a duration such as 30s, 10m or 6h")
			return
		}
		*target = got
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.mapping(n, v, key)
	case reflect.Slice:
		d.list(n, v, key)
	case reflect.String:
		d.scalar(n, v, key, "!!str", "text")
	case reflect.Int:
		d.scalar(n, v, key, "!!int", "a whole number")
	case reflect.Bool:
		d.scalar(n, v, key, "!!bool", "true or false")
	default:
		panic("no way to read a " + v.Type().String())
	}
}

// scalar reads a value that YAML itself takes for one of the wanted tag.
func (d *document) scalar(n *yaml.Node, v reflect.Value, key, tag, wanted string) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != tag || n.Decode(v.Addr().Interface()) != nil {
		if tag == "!!str" && n.Kind == yaml.ScalarNode {
			wanted = "text, so put it in quotes"
		}
		d.wrongType(n, v, key, wanted)
	}
}

// list reads a list of whatever v holds. It replaces the default.
func (d *document) list(n *yaml.Node, v reflect.Value, key string) {
	if n.Kind != yaml.SequenceNode {
		d.wrongType(n, v, key, "a list such as [a, b]")
		return
	}
	v.SetZero()
	if len(n.Content) > 0 {
		v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	}
	for i, item := range n.Content {
		at := fmt.Sprintf("%s[%d]", key, i)
		d.given[at] = origin{line: item.Line}
		d.value(item, v.Index(i), at)
	}
}

// mapping reads keys and values into a struct.
func (d *document) mapping(n *yaml.Node, v reflect.Value, key string) {
	if n.Kind != yaml.MappingNode {
		d.wrongType(n, v, key, "keys, such as "+strings.Join(structKeys(v.Type()), ", "))
		return
	}
	first := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, child := n.Content[i], n.Content[i+1]
		path := name.Value
		if key != "" {
			path = key + "." + name.Value
		}
		if line, twice := first[name.Value]; twice {
			d.failAt(name.Line, path, "is given twice, first in line %d", line)
			continue
		}
		first[name.Value] = name.Line
		index := slices.Index(structKeys(v.Type()), name.Value)
		if index < 0 || name.Kind != yaml.ScalarNode {
			d.failAt(name.Line, path, "there is no such key%s", suggestion(name.Value, key, v.Type()))
			continue
		}
		d.value(child, v.Field(index), path)
	}
}

// wrongType notes that n is not what is wanted. The value of a Secret is not shown.
func (d *document) wrongType(n *yaml.Node, v reflect.Value, key, wanted string) {
	var came string
	switch {
	case n.Kind == yaml.MappingNode:
		came = "keys with values"
	case n.Kind == yaml.SequenceNode:
		came = "a list"
	case v.Type() == reflect.TypeFor[Secret]():
		came = "something else"
	case strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!"):
		came = "the tag " + quote(n.Tag)
	default:
		came = quote(n.Value)
	}
	d.failAt(n.Line, key, "got %s, wanted %s", came, wanted)
}

// quote shows a value in at most some 60 characters.
func quote(s string) string {
	if runes := []rune(s); len(runes) > 60 {
		s = string(runes[:60]) + "…"
	}
	return strconv.Quote(s)
}

// structKeys returns the YAML keys of a struct, in the order of its fields.
func structKeys(t reflect.Type) []string {
	keys := make([]string, t.NumField())
	for i := range keys {
		keys[i] = t.Field(i).Tag.Get("yaml")
	}
	return keys
}

// suggestion returns "; did you mean …?" for a key that looks like name among those of t, or that stands elsewhere in the
// configuration, or else names the keys that there are.
func suggestion(name, under string, t reflect.Type) string {
	folded := strings.ReplaceAll(strings.ToLower(name), "-", "_")
	best, bestDistance := "", 3
	for _, key := range structKeys(t) {
		if distance := editDistance(folded, key); distance < bestDistance && distance < len(key) {
			best, bestDistance = key, distance
		}
	}
	if best != "" {
		return fmt.Sprintf("; did you mean %s?", best)
	}
	if path := findKey(folded, reflect.TypeFor[Config](), ""); path != "" {
		return fmt.Sprintf("; did you mean %s?", path)
	}
	if under == "" {
		under = "the top"
	}
	return fmt.Sprintf("; at %s there are %s", under, strings.Join(structKeys(t), ", "))
}

// findKey returns the path of the key called name in t or below, or "".
func findKey(name string, t reflect.Type, under string) string {
	for i, key := range structKeys(t) {
		if key == name {
			return under + key
		}
		if field := t.Field(i).Type; field.Kind() == reflect.Struct {
			if path := findKey(name, field, under+key+"."); path != "" {
				return path
			}
		}
	}
	return ""
}

// editDistance counts the characters to insert, drop, replace or swap with their neighbour to make b of a.
func editDistance(a, b string) int {
	before, row := []int(nil), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next := make([]int, len(b)+1)
		next[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}
