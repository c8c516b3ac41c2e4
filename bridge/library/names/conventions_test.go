package names

import (
	"hash/fnv"
	"os"
	"strings"
	"testing"
)

// convention is one row of testdata/conventions.txt.
type convention struct {
	path, want string
	aside      bool // it judges the parser, and was not looked at to make it
}

// conventions reads testdata/conventions.txt.
func conventions(t *testing.T) []convention {
	t.Helper()
	text, err := os.ReadFile("testdata/conventions.txt")
	if err != nil {
		t.Fatal(err)
	}
	var rows []convention
	for line := range strings.Lines(string(text)) {
		path, want, ok := strings.Cut(strings.TrimSpace(line), " => ")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		sum := fnv.New32a()
		sum.Write([]byte(path))
		rows = append(rows, convention{path, want, sum.Sum32()%3 == 0})
	}
	return rows
}

// TestConventions holds the rows that the parser was made with.
func TestConventions(t *testing.T) {
	p := New()
	right, all := 0, 0
	for _, row := range conventions(t) {
		if row.aside {
			continue
		}
		all++
		if got := p.Parse(row.path).String(); Skip(row.path) == (row.want == "skip") && (row.want == "skip" || got == row.want) {
			right++
		} else {
			t.Logf("%s\n got %s\nwant %s", row.path, got, row.want)
		}
	}
	if all < 280 || right*100 < all*99 {
		t.Errorf("%d of %d rows are right, wanted 99 %%", right, all)
	}
}

// TestConventionsSetAside judges the parser by rows that it was not made with. It tells how many are wrong, not which:
// whoever looks at them to change the parser needs new ones.
func TestConventionsSetAside(t *testing.T) {
	p := New()
	right, all := 0, 0
	for _, row := range conventions(t) {
		if !row.aside {
			continue
		}
		all++
		if Skip(row.path) == (row.want == "skip") && (row.want == "skip" || p.Parse(row.path).String() == row.want) {
			right++
		}
	}
	t.Logf("%d of %d rows are right", right, all)
	if all < 130 || right*100 < all*98 {
		t.Errorf("%d of %d rows are right, wanted 98 %%", right, all)
	}
}

// TestExamplesOfTheGuide holds the table that docs/library.md shows.
func TestExamplesOfTheGuide(t *testing.T) {
	text, err := os.ReadFile("../../../docs/library.md")
	if err != nil {
		t.Fatal(err)
	}
	p, examples := New(), 0
	for line := range strings.Lines(string(text)) {
		path, want, ok := strings.Cut(strings.TrimSuffix(strings.TrimSpace(line), " |"), "` | ")
		if !ok || !strings.HasPrefix(path, "| `") {
			continue
		}
		examples++
		path = strings.TrimPrefix(path, "| `")
		if got := strings.ReplaceAll(p.Parse(path).String(), "|", ", "); got != want {
			t.Errorf("%s\n got %s\nwant %s", path, got, want)
		}
	}
	if examples < 8 {
		t.Errorf("%d examples; are they written otherwise?", examples)
	}
}
