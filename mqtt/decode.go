package mqtt

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"localcast/bridge"
)

// The limits of the contract.
const (
	maxPayload     = 64 << 10 // bytes
	maxTransaction = 200      // characters
)

// press is the payload of a button: no arguments.
const press = "PRESS"

// request is a message that asks for something, decoded. Where Err is set the command is to be refused with it, and
// Command must not be used.
type request struct {
	Command bridge.Command
	Reply   reply
	Err     *bridge.Error
}

// reply is where the answer to a command goes and what it repeats. It travels as the command's
// Origin.
type reply struct {
	bridge      bool            // it came on the bridge's topics, and is answered there
	name        string          // the command's name as it came; "" for none
	known       bool            // name is a command of the contract
	device      string          // whom it was for, as it came; "" for the bridge
	transaction json.RawMessage // as it came: a string or a number; nil for none
	topic       string          // where the answer goes as well; "" for nowhere
	key         key             // by which a repetition is recognised; the zero key where there is no transaction
}

// decode reads a message that came to the topic of a command. It never fails: what is wrong is in the request's Err.
func (t topics) decode(to address, payload []byte) request {
	r := request{Reply: reply{bridge: to.bridge, name: to.name, device: to.device}}
	_, r.Reply.known = lookup(to.name)

	args, err := t.read(to, payload, &r.Reply)
	if err == nil {
		r.Command, err = command(to, args, &r.Reply)
	}
	r.Err = err
	return r
}

// read turns a payload into arguments: a JSON object, no arguments, or the plain form. What the reply needs is read
// first, so that a refusal reaches who asked.
func (t topics) read(to address, payload []byte, r *reply) (*arguments, *bridge.Error) {
	if len(payload) > maxPayload {
		return nil, invalid("payload: got %d bytes, wanted at most %d", len(payload), maxPayload)
	}
	if !utf8.Valid(payload) {
		return nil, invalid("payload: got bytes that are no UTF-8, wanted text")
	}
	text := bytes.TrimSpace(payload)
	if !bytes.HasPrefix(text, []byte("{")) {
		return plain(to.name, string(text))
	}
	a, err := parseArguments(text)
	if err != nil {
		return nil, err
	}
	t.common(a, r)
	if to.name == "" {
		r.name = a.text("command")
		_, r.known = lookup(r.name)
	}
	return a, nil
}

// plain turns the plain form of a command into its arguments.
func plain(name, text string) (*arguments, *bridge.Error) {
	a := &arguments{raw: make(map[string]json.RawMessage), read: make(map[string]bool)}
	if text == press {
		return a, nil
	}
	spec, ok := lookup(name)
	switch {
	case name == "":
		return nil, invalid("command: got %s, wanted a JSON object with the name of a command", shorten(text))
	case !ok:
		return a, nil // it is refused for its name
	case spec.plain == nil:
		return nil, invalid("payload: got %s, but %s takes no plain text: wanted PRESS or a JSON object", shorten(text), name)
	}
	argument, value, err := spec.plain(text)
	if err != nil {
		return nil, err
	}
	if argument == "" {
		return a, nil
	}
	raw, failed := json.Marshal(value)
	if failed != nil {
		return nil, invalid("payload: got %s: %v", shorten(text), failed)
	}
	a.raw[argument] = raw
	return a, nil
}

// common reads what every command takes.
func (t topics) common(a *arguments, r *reply) {
	r.transaction = transaction(a)
	if !a.has("response_topic") {
		return
	}
	topic := a.note("response_topic")
	if err := t.checkResponse(topic); err != nil {
		a.wanted("response_topic", "%v", err)
		return
	}
	r.topic = topic
}

// transaction is what the sender wants back in the answer, as it came; nil if it was not given or is not taken.
func transaction(a *arguments) json.RawMessage {
	const name, kind = "transaction", "a number or a text"
	raw := a.raw[name]
	length := len(raw)
	if bytes.HasPrefix(raw, []byte(`"`)) {
		var text string
		if !a.value(name, &text, kind) {
			return nil
		}
		length = utf8.RuneCountInString(text)
	} else if !a.value(name, new(json.Number), kind) {
		return nil
	}
	if length > maxTransaction {
		a.wanted(name, "at most %d characters", maxTransaction)
		return nil
	}
	return raw
}

// command reads the arguments of the command that r names.
func command(to address, a *arguments, r *reply) (bridge.Command, *bridge.Error) {
	if a.err != nil {
		return bridge.Command{}, a.err
	}
	spec, ok := lookup(r.name)
	if !ok {
		return bridge.Command{}, unknownCommand(r.name)
	}
	cmd := bridge.Command{Name: r.name, Device: to.device, Spoken: to.bridge}
	if to.bridge && spec.where != forBridge {
		cmd.Device = a.text("device")
		r.device = cmd.Device
	}
	switch {
	case !to.bridge && spec.where == forBridge:
		return bridge.Command{}, invalid("%s: got it for a device, wanted it on the bridge's command topic", r.name)
	case to.bridge && cmd.Device == everyDevice && !spec.all:
		a.wanted("device", "one device: all is for announce, mute, pause, resume, sleep, stop and volume")
	}
	if spec.revision {
		cmd.Revision = revision(a)
	}
	cmd.Request = spec.read(a, cmd)
	a.unknown(r.name)
	if a.err != nil {
		return bridge.Command{}, a.err
	}
	return cmd, nil
}

// everyDevice stands for all devices in the device argument.
const everyDevice = "all"

// revision is the queue's revision that the sender believes in.
func revision(a *arguments) *int64 {
	const kind = "the revision of a queue: a whole number from 0"
	var n int64
	if !a.value("revision", &n, kind) {
		return nil
	}
	if n < 0 {
		a.wanted("revision", kind)
	}
	return &n
}

// unknownCommand refuses what is no command of the contract.
func unknownCommand(name string) *bridge.Error {
	if name == "" {
		return invalid("command: got nothing, wanted the name of a command")
	}
	return invalid("command: got %s, which is no command", shorten(name))
}
