// Package schema is the MQTT contract in a form that machines read: a JSON Schema for every payload that is published and
// for the arguments of every command. It checks messages against them. It is for tests alone: it never becomes part of the
// program, which reads and writes messages without it.
package schema

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

//go:embed *.json
var files embed.FS

// The files.
const (
	partsFile     = "parts.json"
	publishedFile = "published.json"
	commandsFile  = "commands.json"
)

// Contract is everything that the schemas say. It is not changed after Load, and may be used by many at once.
type Contract struct {
	Topics   []Topic
	Commands map[string]Command // by name
	Common   []string           // the arguments that every command takes, sorted; device among them
	Codes    map[string]string  // of errors: what each means
}

// Topic is what the contract says of one topic, or of all that differ only in the words that stand for something.
type Topic struct {
	Name     string // with DEVICE, COMMAND and ID for what differs: localcast/DEVICE/state
	Retained bool
	QoS      byte
	Plain    bool     // its payload is text, not JSON
	Events   []string // the values of event_type, for the topics of events

	pattern *regexp.Regexp
	payload *jsonschema.Schema
}

// Command is what the contract says of one command.
type Command struct {
	Plain     string   // the plain text it takes, "" for none
	Bridge    bool     // it is for the bridge alone
	All       bool     // device may be all
	Arguments []string // sorted; without those that every command takes

	arguments *jsonschema.Schema
}

// definition is what this package itself reads of a schema.
type definition struct {
	Topic      string                     `json:"x-topic"`
	Retained   bool                       `json:"x-retained"`
	QoS        byte                       `json:"x-qos"`
	Plain      any                        `json:"x-plain"` // true for a topic, the text's form for a command
	Bridge     bool                       `json:"x-bridge"`
	All        bool                       `json:"x-all"`
	Properties map[string]json.RawMessage `json:"properties"`
	OneOf      []struct{ Const, Description string }
}

// Load reads and compiles the schemas.
func Load() (*Contract, error) {
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	names, err := fs.Glob(files, "*.json")
	if err != nil {
		return nil, fmt.Errorf("list the schemas: %w", err)
	}
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read a schema: %w", err)
		}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		if err := compiler.AddResource(name, document); err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
	}
	c := &Contract{Commands: make(map[string]Command), Codes: make(map[string]string)}
	for _, step := range []func(*jsonschema.Compiler) error{c.readTopics, c.readCommands} {
		if err := step(compiler); err != nil {
			return nil, err
		}
	}
	parts, err := definitions(partsFile)
	if err != nil {
		return nil, err
	}
	for _, code := range parts["code"].OneOf {
		c.Codes[code.Const] = code.Description
	}
	return c, nil
}

// read decodes one of the files.
func read(name string, to any) error {
	text, err := files.ReadFile(name)
	if err != nil {
		return fmt.Errorf("read a schema: %w", err)
	}
	if err := json.Unmarshal(text, to); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}

// definitions are the schemas that a file defines, by their names.
func definitions(name string) (map[string]definition, error) {
	var file struct {
		Definitions map[string]definition `json:"$defs"`
	}
	return file.Definitions, read(name, &file)
}

func (c *Contract) readTopics(compiler *jsonschema.Compiler) error {
	all, err := definitions(publishedFile)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		d := all[name]
		t := Topic{Name: d.Topic, Retained: d.Retained, QoS: d.QoS, Plain: d.Plain == true, pattern: pattern(d.Topic)}
		if t.payload, err = compiler.Compile(publishedFile + "#/$defs/" + name); err != nil {
			return fmt.Errorf("compile %s of %s: %w", name, publishedFile, err)
		}
		var types struct{ Enum []string }
		if raw, ok := d.Properties["event_type"]; ok {
			if err := json.Unmarshal(raw, &types); err != nil {
				return fmt.Errorf("read the events of %s: %w", name, err)
			}
		}
		t.Events = types.Enum
		c.Topics = append(c.Topics, t)
	}
	return nil
}

// pattern matches the topics that a name stands for. Only the bridge answers where devices do as well.
func pattern(name string) *regexp.Regexp {
	text := strings.NewReplacer("DEVICE", "[a-z0-9_]+", "COMMAND", "[^/]+", "ID", "[A-Za-z0-9_]+").Replace(regexp.QuoteMeta(name))
	return regexp.MustCompile("^" + text + "$")
}

func (c *Contract) readCommands(compiler *jsonschema.Compiler) error {
	all, err := definitions(commandsFile)
	if err != nil {
		return err
	}
	for name, d := range all {
		arguments := slices.Sorted(maps.Keys(d.Properties))
		if strings.HasPrefix(name, "_") {
			c.Common = append(c.Common, arguments...)
			continue
		}
		command := Command{Bridge: d.Bridge, All: d.All, Arguments: arguments}
		command.Plain, _ = d.Plain.(string)
		if command.arguments, err = compiler.Compile(commandsFile + "#/$defs/" + name); err != nil {
			return fmt.Errorf("compile %s of %s: %w", name, commandsFile, err)
		}
		c.Commands[name] = command
	}
	slices.Sort(c.Common)
	return nil
}

// Topic returns what the contract says of a topic that something was published on; ok is false if it names no such topic.
func (c *Contract) Topic(topic string) (t Topic, ok bool) {
	for _, t := range c.Topics {
		if t.Name == topic {
			return t, true
		}
	}
	for _, t := range c.Topics {
		if t.pattern.MatchString(topic) && (!strings.HasPrefix(topic, "localcast/bridge/") || strings.Contains(t.Name, "COMMAND")) {
			return t, true
		}
	}
	return Topic{}, false
}

// Check says what is wrong with a message that was published, nil if nothing is. The base topic is localcast.
func (c *Contract) Check(topic string, payload []byte) error {
	t, ok := c.Topic(topic)
	if !ok {
		return fmt.Errorf("%s is no topic of the contract", topic)
	}
	return t.Check(payload)
}

// Check says what is wrong with a payload, nil if nothing is. An empty one clears a retained topic.
func (t Topic) Check(payload []byte) error {
	if t.Retained && len(payload) == 0 {
		return nil
	}
	if t.Plain {
		return t.invalid(t.payload.Validate(string(payload)), payload)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(payload))
	if err != nil {
		return t.invalid(err, payload)
	}
	return t.invalid(t.payload.Validate(value), payload)
}

// invalid tells what was published as well.
func (t Topic) invalid(err error, payload []byte) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s is not as the contract says: %w in %s", t.Name, err, payload)
}

// Check says what is wrong with the JSON arguments of a command, nil if nothing is.
func (c Command) Check(arguments []byte) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(arguments))
	if err != nil {
		return fmt.Errorf("read arguments: %w", err)
	}
	return c.arguments.Validate(value)
}
