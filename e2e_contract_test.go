package main

import (
	"strings"
	"sync"
	"testing"

	"localcast/docs/schema"
)

// schemas are the contract as machines read it, compiled once.
var schemas = sync.OnceValues(schema.Load)

func contract(t *testing.T) *schema.Contract {
	t.Helper()
	c, err := schemas()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// heardTheContract fails if anything was published that is not as the contract says. Commands are the household's own.
func (e *ear) heardTheContract() {
	c := contract(e.t)
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, m := range e.heard {
		if isCommand(m.topic) {
			continue
		}
		topic := m.topic
		if !strings.HasPrefix(topic, "homeassistant/") {
			topic = "localcast/" + topic
		}
		if err := c.Check(topic, []byte(m.payload)); err != nil {
			e.t.Error(err)
		}
	}
}

// isCommand reports whether a topic below the base is one of a command's.
func isCommand(topic string) bool {
	levels := strings.Split(topic, "/")
	return len(levels) >= 2 && levels[1] == "command"
}
