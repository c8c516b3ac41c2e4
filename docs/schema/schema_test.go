package schema

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// page is docs/mqtt.md.
func page(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../mqtt.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// tables are the rows of all tables of a page whose header begins with a word, without their headers.
func tables(t *testing.T, header string) [][][]string {
	t.Helper()
	var all [][][]string
	inside := false
	for line := range strings.Lines(page(t)) {
		line = strings.TrimSpace(line)
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case !strings.HasPrefix(line, "|"):
			inside = false
		case cells[0] == header:
			inside = true
			all = append(all, nil)
		case inside && !strings.HasPrefix(cells[0], "---"):
			all[len(all)-1] = append(all[len(all)-1], cells)
		}
	}
	if len(all) == 0 {
		t.Fatalf("docs/mqtt.md has no table of %ss; is it written otherwise?", header)
	}
	return all
}

// words are what stands between backticks.
func words(cell string) []string {
	var all []string
	for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cell, -1) {
		all = append(all, m[1])
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func load(t *testing.T) *Contract {
	t.Helper()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// same fails unless two sorted lists are the same.
func same(t *testing.T, what string, page, schema []string) {
	t.Helper()
	if !slices.Equal(page, schema) {
		t.Errorf("%s: docs/mqtt.md has %v, the schemas have %v", what, page, schema)
	}
}

func TestThePageTellsTheTopics(t *testing.T) {
	c := load(t)
	var told []string
	for _, row := range tables(t, "Topic")[0] {
		for _, name := range words(row[0]) {
			told = append(told, name)
			topic, ok := c.Topic(strings.NewReplacer("DEVICE", "kitchen", "COMMAND", "play", "_ID", "_bridge").Replace(name))
			if !ok {
				t.Errorf("%s of docs/mqtt.md is not in the schemas", name)
				continue
			}
			if (row[1] == "yes") != topic.Retained {
				t.Errorf("docs/mqtt.md says retained: %s of %s, the schemas %v", row[1], name, topic.Retained)
			}
			if len(topic.Events) > 0 {
				same(t, "events of "+name, words(row[2]), slices.Sorted(slices.Values(topic.Events)))
			}
		}
	}
	var known []string
	for _, topic := range c.Topics {
		known = append(known, topic.Name)
	}
	slices.Sort(told)
	slices.Sort(known)
	same(t, "topics", told, known)
}

// told are the commands of some rows: of each the arguments, and whether it takes plain text.
func told(t *testing.T, rows [][]string, arguments map[string][]string, plain map[string]bool) {
	t.Helper()
	reference := regexp.MustCompile("^as `(\\w+)`, without (.*):")
	for _, row := range rows {
		takes := words(row[2])
		if m := reference.FindStringSubmatch(row[2]); m != nil {
			without := words(m[2])
			takes = slices.DeleteFunc(slices.Clone(arguments[m[1]]), func(a string) bool { return slices.Contains(without, a) })
		}
		for _, name := range words(row[0]) {
			arguments[name] = append(arguments[name], takes...)
			plain[name] = plain[name] || row[1] != ""
		}
	}
}

func TestThePageTellsTheCommands(t *testing.T) {
	c := load(t)
	every := tables(t, "Command")
	if len(every) != 2 {
		t.Fatalf("docs/mqtt.md has %d tables of commands, want 2: those of devices, and of the bridge", len(every))
	}
	arguments, plain := map[string][]string{}, map[string]bool{}
	for _, rows := range every {
		told(t, rows, arguments, plain)
	}
	same(t, "commands", slices.Sorted(maps.Keys(arguments)), slices.Sorted(maps.Keys(c.Commands)))
	for name, command := range c.Commands {
		takes := slices.Clone(arguments[name])
		slices.Sort(takes)
		// revision is told below the tables, with what every command takes.
		wanted := slices.DeleteFunc(slices.Clone(command.Arguments), func(a string) bool { return a == "revision" })
		same(t, "arguments of "+name, slices.Compact(takes), wanted)
		if plain[name] != (command.Plain != "") {
			t.Errorf("%s: docs/mqtt.md and the schemas disagree on whether it takes plain text", name)
		}
	}
}

func TestThePageTellsTheCodes(t *testing.T) {
	codes := map[string]string{}
	for _, row := range tables(t, "Code")[0] {
		codes[strings.Trim(row[0], "`")] = row[1]
	}
	if want := load(t).Codes; !maps.Equal(codes, want) {
		t.Errorf("docs/mqtt.md has %v, the schemas have %v", codes, want)
	}
}

// TestSchemasRefuse shows that the schemas are not so wide that everything fits.
func TestSchemasRefuse(t *testing.T) {
	c := load(t)
	const streams = `{"active":3,"limit":64,"bytes_total":1,"bytes_per_second":1}`
	if err := c.Check("localcast/bridge/streams", []byte(streams)); err != nil {
		t.Fatal(err)
	}
	answer := func(command, status, failure, data string) string {
		return `{"command":"` + command + `","device":"kitchen","status":"` + status + `","transaction":null,"error":` + failure +
			`,"speech":"Yes","data":` + data + `}`
	}
	for _, row := range []struct{ name, topic, payload string }{
		{"a topic that is none", "localcast/kitchen/mood", `{}`},
		{"a device's topic on the bridge", "localcast/bridge/state", `{}`},
		{"no JSON", "localcast/bridge/streams", `{`},
		{"nothing, where nothing is retained", "localcast/bridge/log", ``},
		{"a key that is missing", "localcast/bridge/streams", strings.Replace(streams, `"limit":64,`, "", 1)},
		{"a key that is unknown", "localcast/bridge/streams", strings.Replace(streams, `{`, `{"mood":1,`, 1)},
		{"another type", "localcast/bridge/streams", strings.Replace(streams, `64`, `"64"`, 1)},
		{"null for an array", "localcast/bridge/playlists", `{"playlists":null}`},
		{"a word that is none", "localcast/kitchen/availability", `maybe`},
		{"an option without a number", "localcast/kitchen/select/queue", `Bluey`},
		{"a time without milliseconds", "localcast/bridge/log", `{"level":"warn","message":"x","at":"2026-11-22T12:00:00Z"}`},
		{"the event of another", "localcast/kitchen/event",
			`{"event_type":"device_added","at":"2026-11-22T12:00:00.123Z","device":"kitchen","entry":null,"item":null,"title":null,"message":null}`},
		{"ok with an error", "localcast/kitchen/response/pause", answer("pause", "ok", `{"code":"busy","message":"x"}`, `{}`)},
		{"an error without one", "localcast/kitchen/response/pause", answer("pause", "error", `null`, `{}`)},
		{"a code that is none", "localcast/kitchen/response/pause", answer("pause", "error", `{"code":"tired","message":"x"}`, `{}`)},
		{"data where there is none", "localcast/kitchen/response/pause", answer("pause", "ok", `null`, `{"revision":1}`)},
		{"the data of another command", "localcast/bridge/response/ping", answer("ping", "ok", `null`, `{}`)},
		{"a queue command without a revision", "localcast/kitchen/response/play", answer("play", "ok", `null`, `{"length":1}`)},
	} {
		if c.Check(row.topic, []byte(row.payload)) == nil {
			t.Errorf("%s is allowed: %s %s", row.name, row.topic, row.payload)
		}
	}
}
