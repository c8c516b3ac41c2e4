package mqtt

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"localcast/docs/schema"
)

// loaded is the contract as machines read it, compiled once.
var loaded = sync.OnceValues(schema.Load)

func schemas(t *testing.T) *schema.Contract {
	t.Helper()
	c, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// asPublished holds messages against the contract. What was sent to where its asker wanted is an answer.
func asPublished(t *testing.T, sent []message) {
	t.Helper()
	c := schemas(t)
	for _, m := range sent {
		name := m.topic
		if m.answer && !strings.HasPrefix(name, "localcast/") {
			name = "localcast/bridge/response/unknown"
		}
		topic, ok := c.Topic(name)
		if !ok {
			t.Errorf("%s is no topic of the contract", name)
			continue
		}
		if m.retained != topic.Retained || m.qos != topic.QoS {
			t.Errorf("%s has qos %d and retained %v, the contract %d and %v", name, m.qos, m.retained, topic.QoS, topic.Retained)
		}
		if err := topic.Check(m.payload); err != nil {
			t.Error(err)
		}
	}
}

func TestCommandsAreThoseOfTheSchemas(t *testing.T) {
	for name, want := range schemas(t).Commands {
		got, ok := lookup(name)
		if !ok {
			t.Errorf("%s is no command", name)
			continue
		}
		if (got.plain != nil) != (want.Plain != "") || (got.where == forBridge) != want.Bridge || got.all != want.All ||
			got.revision != slices.Contains(want.Arguments, "revision") {
			t.Errorf("%s is %+v, the schema says %+v", name, got, want)
		}
	}
}

// unsaid are refusals of what the schemas cannot say, or say otherwise: where a command came to, and what two arguments are
// to each other.
func unsaid() []string {
	return []string{
		"command: ", "a: got it twice", "ping: got it for a device", `area: got "hall", but play takes no such argument`,
		`device: got "all", wanted one device`, `device: got "kitchen", but pause takes no such argument`,
		`year: got "1999-1990"`, "response_topic: got",
	}
}

// agree fails unless the schemas think of a request what the decoder does.
func agree(t *testing.T, r request, payload string) {
	t.Helper()
	payload = strings.TrimSpace(payload)
	command, ok := schemas(t).Commands[r.Reply.name]
	if !ok || !strings.HasPrefix(payload, "{") || !json.Valid([]byte(payload)) || !utf8.ValidString(payload) {
		return
	}
	err := command.Check([]byte(payload))
	if r.Err == nil && err != nil {
		t.Errorf("%s %s is obeyed, but the schema refuses it: %v", r.Reply.name, payload, err)
	}
	if r.Err != nil && err == nil && !slices.ContainsFunc(unsaid(), func(s string) bool { return strings.HasPrefix(r.Err.Message, s) }) {
		t.Errorf("%s %s is allowed by the schema, but refused: %v", r.Reply.name, payload, r.Err)
	}
}
