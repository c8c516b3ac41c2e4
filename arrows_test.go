package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "localcast"

// A room is one of our packages, and what it may know of the others.
type room struct {
	imports []string // rooms that it may import
	tests   []string // rooms that its tests may import as well
	pure    bool     // it computes and nothing else: see pureImports and impureNames
	never   []string // standard packages that it does not reach, not even through another package
	all     bool     // it sees every room
}

// house is the whole map: a room that is missing here is an error, and so is a row without its room.
func house() map[string]room {
	return map[string]room{
		".": {all: true},

		"bridge": {imports: []string{"bridge/media", "bridge/queue", "bridge/voice"},
			never: []string{"net", "net/http", "database/sql", "crypto/tls"}},
		"bridge/media":         {pure: true},
		"bridge/queue":         {pure: true},
		"bridge/voice":         {pure: true, imports: []string{"bridge/media"}},
		"bridge/library":       {imports: []string{"bridge/media", "bridge/library/index", "bridge/library/names", "bridge/library/probe"}},
		"bridge/library/index": {pure: true, imports: []string{"bridge/media"}},
		"bridge/library/names": {pure: true, imports: []string{"bridge/media"}},
		"bridge/library/probe": {imports: []string{"bridge/media"}},
		"bridge/store":         {imports: []string{"bridge/media", "bridge/queue"}},

		"cast":          {imports: []string{"bridge", "bridge/media", "cast/wire"}, tests: []string{"cast/casttest"}},
		"cast/casttest": {imports: []string{"cast/wire"}},
		"cast/wire":     {},

		"mqtt":               {imports: []string{"bridge", "bridge/media", "mqtt/homeassistant"}, tests: []string{"docs/schema", "mqtt/broker"}},
		"mqtt/broker":        {},
		"mqtt/homeassistant": {pure: true},

		"httpstream":        {imports: []string{"bridge", "bridge/media", "httpstream/webvtt"}},
		"httpstream/webvtt": {},

		"docs/schema": {},

		"bench/fleet":   {imports: []string{"cast/wire"}},
		"bench/mqtt":    {imports: []string{"bench/fleet"}},
		"bench/sender":  {imports: []string{"bench/fleet", "bridge", "bridge/media", "bridge/queue", "cast"}},
		"bench/names":   {imports: []string{"bridge/library/names", "bridge/media"}},
		"bench/search":  {imports: []string{"bridge", "bridge/library/index", "bridge/media", "bridge/voice"}},
		"bench/cgroup":  {},
		"bench/http":    {imports: []string{"bench/cgroup", "bench/fleet", "bridge/media", "httpstream"}},
		"bench/evening": {imports: []string{"bench/cgroup", "bench/fleet", "bridge/media", "httpstream"}},
		"bench/scan":    {imports: []string{"bridge/library"}},
	}
}

// pureFiles are files that keep to the rules of a pure room inside a room that does not.
func pureFiles() []string { return []string{"bridge/playable.go"} }

// pureImports are the packages outside of the house that only compute.
func pureImports() []string {
	return []string{
		"bytes", "cmp", "embed", "encoding/base64", "encoding/binary", "encoding/hex", "encoding/json", "encoding/xml", "errors",
		"fmt", "hash/fnv", "iter", "maps", "math", "math/bits", "net/url", "path", "regexp", "slices", "sort", "strconv", "strings", "time", "unicode",
		"unicode/utf16", "unicode/utf8", "unique",
		"golang.org/x/text/cases", "golang.org/x/text/runes", "golang.org/x/text/transform", "golang.org/x/text/unicode/norm",
	}
}

// impureNames are what those packages hold that does more than compute: the clock and the console.
func impureNames() []string {
	return []string{
		"fmt.Print", "fmt.Printf", "fmt.Println", "fmt.Scan", "fmt.Scanf", "fmt.Scanln",
		"time.After", "time.AfterFunc", "time.NewTicker", "time.NewTimer", "time.Now", "time.Since", "time.Sleep", "time.Tick",
		"time.Until", "time.Local", "time.LoadLocation",
	}
}

// listed is what go list tells of a package.
type listed struct {
	ImportPath, Dir                          string
	Imports, TestImports, XTestImports, Deps []string
	GoFiles, IgnoredGoFiles                  []string
}

func TestArrows(t *testing.T) {
	for _, fault := range arrowFaults(house(), goList(t)) {
		t.Error(fault)
	}
}

func TestPureRoomsOnlyCompute(t *testing.T) {
	awaited := pureFiles()
	for _, p := range goList(t) {
		name := roomName(p.ImportPath)
		for _, file := range slices.Concat(p.GoFiles, p.IgnoredGoFiles) {
			place := path.Join(name, file)
			awaited = slices.DeleteFunc(awaited, func(f string) bool { return f == place })
			if !house()[name].pure && !slices.Contains(pureFiles(), place) || strings.HasSuffix(file, "_test.go") {
				continue
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, file), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, fault := range purityFaults(parsed) {
				t.Errorf("%s is pure but %s", place, fault)
			}
		}
	}
	for _, file := range awaited {
		t.Errorf("%s is not there", file)
	}
}

func TestArrowsSeeWhatIsWrong(t *testing.T) {
	house := map[string]room{
		".":      {all: true},
		"bridge": {imports: []string{"queue"}, never: []string{"net/http"}},
		"cast":   {imports: []string{"bridge"}, tests: []string{"sim"}},
		"queue":  {},
		"sim":    {},
	}
	sound := []listed{
		{ImportPath: "localcast", Imports: []string{"localcast/bridge", "localcast/cast", "localcast/queue", "net/http"}},
		{ImportPath: "localcast/bridge", Imports: []string{"localcast/queue", "strings"}, Deps: []string{"localcast/queue", "strings"}},
		{ImportPath: "localcast/cast", Imports: []string{"localcast/bridge", "net/http"}, TestImports: []string{"localcast/sim"},
			XTestImports: []string{"localcast/cast", "testing"}},
		{ImportPath: "localcast/queue"},
		{ImportPath: "localcast/sim"},
	}
	for _, row := range []struct {
		name   string
		room   string
		change func(*listed)
		want   string
	}{
		{"nothing", "cast", func(*listed) {}, ""},
		{"an import that no arrow allows", "cast", func(p *listed) { p.Imports = append(p.Imports, "localcast/queue") },
			"cast must not import queue"},
		{"a room for tests in the program", "cast", func(p *listed) { p.Imports = append(p.Imports, "localcast/sim") },
			"cast must not import sim"},
		{"an import of a test", "queue", func(p *listed) { p.TestImports = []string{"localcast/bridge"} },
			"tests of queue must not import bridge"},
		{"an import of a test outside", "queue", func(p *listed) { p.XTestImports = []string{"localcast/bridge"} },
			"tests of queue must not import bridge"},
		{"the program itself", "queue", func(p *listed) { p.Imports = []string{"localcast"} }, "queue must not import ."},
		{"a package reached through another", "bridge", func(p *listed) { p.Deps = append(p.Deps, "net/http") },
			"bridge must not reach net/http"},
		{"a room that has no row", "sim", func(p *listed) { p.ImportPath = "localcast/util" },
			"util is a room that no arrow is drawn for; sim has arrows but no room"},
	} {
		t.Run(row.name, func(t *testing.T) {
			packages := slices.Clone(sound)
			row.change(&packages[slices.IndexFunc(packages, func(p listed) bool { return roomName(p.ImportPath) == row.room })])
			if got := strings.Join(arrowFaults(house, packages), "; "); got != row.want {
				t.Errorf("got  %q\nwant %q", got, row.want)
			}
		})
	}
}

func TestPuritySeesWhatIsWrong(t *testing.T) {
	for _, row := range []struct{ body, want string }{
		{`import "time"; const Second = 1 * time.Second`, ""},
		{`import "localcast/bridge/media"; var _ media.ID`, ""},
		{`import "os"`, "imports os"},
		{`import _ "net/http"`, "imports net/http"},
		{`import "time"; var _ = time.Now`, "uses time.Now"},
		{`import clock "time"; func f() { clock.Sleep(1) }`, "uses time.Sleep"},
		{`import "fmt"; func f() { fmt.Println() }`, "uses fmt.Println"},
		{`func f() { go f() }`, "starts a goroutine"},
	} {
		t.Run(row.body, func(t *testing.T) {
			file, err := parser.ParseFile(token.NewFileSet(), "", "package p; "+row.body, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(purityFaults(file), "; "); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

// arrowFaults holds packages against the house and returns a sentence for each import that has no arrow.
func arrowFaults(house map[string]room, packages []listed) []string {
	var faults []string
	empty := maps.Clone(house)
	for _, p := range packages {
		name := roomName(p.ImportPath)
		delete(empty, name)
		room, known := house[name]
		if !known {
			faults = append(faults, name+" is a room that no arrow is drawn for")
		}
		if !known || room.all {
			continue
		}
		for _, other := range strangers(p.Imports, room.imports) {
			faults = append(faults, fmt.Sprintf("%s must not import %s", name, other))
		}
		for _, other := range strangers(slices.Concat(p.TestImports, p.XTestImports), slices.Concat(room.imports, room.tests, []string{name})) {
			faults = append(faults, fmt.Sprintf("tests of %s must not import %s", name, other))
		}
		for _, never := range room.never {
			if slices.Contains(p.Deps, never) {
				faults = append(faults, fmt.Sprintf("%s must not reach %s", name, never))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(empty)) {
		faults = append(faults, name+" has arrows but no room")
	}
	return faults
}

// strangers returns the rooms among imports that are not allowed.
func strangers(imports, allowed []string) []string {
	var found []string
	for _, imported := range imports {
		if name := roomName(imported); name != "" && !slices.Contains(allowed, name) {
			found = append(found, name)
		}
	}
	return found
}

// roomName returns a package's place in the house: "." for the program, "bridge/queue" for a room, "" for what is not ours.
func roomName(importPath string) string {
	if importPath == module {
		return "."
	}
	name, ours := strings.CutPrefix(importPath, module+"/")
	if !ours {
		return ""
	}
	return name
}

// purityFaults returns what a file does beside computing. Imports of rooms are the arrows' matter.
func purityFaults(file *ast.File) []string {
	var faults []string
	names := map[string]string{} // the name a package has in this file, and its path
	for _, spec := range file.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value) // the parser has seen that it is a string
		if roomName(imported) == "" && !slices.Contains(pureImports(), imported) {
			faults = append(faults, "imports "+imported)
		}
		names[path.Base(imported)] = imported
		if spec.Name != nil {
			names[spec.Name.Name] = imported
		}
	}
	ast.Inspect(file, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.GoStmt:
			faults = append(faults, "starts a goroutine")
		case *ast.SelectorExpr:
			of, _ := node.X.(*ast.Ident)
			if of != nil && slices.Contains(impureNames(), names[of.Name]+"."+node.Sel.Name) {
				faults = append(faults, "uses "+names[of.Name]+"."+node.Sel.Name)
			}
		}
		return true
	})
	return faults
}

// goList asks the go command for every package of ours, with what it depends on.
func goList(t *testing.T) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json", "./...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	var ours []listed
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return ours
		}
		if err != nil {
			t.Fatalf("what go list printed: %v", err)
		}
		if roomName(p.ImportPath) != "" {
			ours = append(ours, p)
		}
	}
}
