package cast_test

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"localcast/cast/casttest"
)

// rows are what the sender makes of each fact of docs/cast.md, by the fact's name.
func rows() map[string]func(*testing.T) {
	all := make(map[string]func(*testing.T))
	for _, part := range []map[string]func(*testing.T){linkRows(), launchRows(), volumeRows(), loadRows(), playRows(), groupRows()} {
		for name, row := range part {
			if all[name] != nil {
				panic("two rows are named " + name)
			}
			all[name] = row
		}
	}
	return all
}

// in is a row in a bubble of time.
func in(c casttest.Config, test func(*lab)) func(*testing.T) {
	return func(t *testing.T) { inBubble(t, c, test) }
}

func TestConformance(t *testing.T) {
	for name, row := range rows() {
		t.Run(name, row)
	}
}

// Every fact that contributors are told has a row, and every row a fact.
func TestEveryFactHasARow(t *testing.T) {
	text, err := os.ReadFile("../docs/cast.md")
	if err != nil {
		t.Fatal(err)
	}
	all, facts := rows(), []string{}
	for _, m := range regexp.MustCompile(`(?m)^- (?:\*\*([a-z-]+)\*\*: )?`).FindAllStringSubmatch(string(text), -1) {
		switch name := m[1]; {
		case name == "":
			t.Error("a fact has no name")
		case slices.Contains(facts, name):
			t.Errorf("two facts are named %s", name)
		case all[name] == nil:
			t.Errorf("%s has no row", name)
		default:
			facts = append(facts, name)
		}
	}
	for name := range all {
		if !slices.Contains(facts, name) {
			t.Errorf("%s is no fact of docs/cast.md", name)
		}
	}
}
