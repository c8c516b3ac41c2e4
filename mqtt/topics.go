package mqtt

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// onBridge is the level of a topic that stands for the bridge where other topics have a device.
const onBridge = "bridge"

// maxTopic is the longest response topic that is taken, in bytes. The protocol allows 65,535.
const maxTopic = 1024

// topics knows how the topics of the contract are made.
type topics struct {
	base      string // without a slash at its end
	discovery string // the prefix of Home Assistant's discovery
}

// of is a topic of a device, or of the bridge where device is onBridge.
func (t topics) of(device, leaf string) string { return t.base + "/" + device + "/" + leaf }

// availability is the topic of the last will.
func (t topics) availability() string { return t.of(onBridge, "availability") }

// commands are the filters that match every command.
func (t topics) commands() []string {
	return []string{t.base + "/+/command/+", t.base + "/+/command"}
}

// address is where a command came to.
type address struct {
	bridge bool
	device string // the topic name or id in the topic; "" on the bridge's topics
	name   string // the command's name; "" where the payload has to say it
}

// parse reads the topic of a command; ok is false for any other topic.
func (t topics) parse(topic string) (a address, ok bool) {
	rest, ok := strings.CutPrefix(topic, t.base+"/")
	if !ok {
		return address{}, false
	}
	level := strings.Split(rest, "/")
	if len(level) < 2 || len(level) > 3 || level[1] != "command" {
		return address{}, false
	}
	if a.device = level[0]; a.device == onBridge {
		a = address{bridge: true}
	}
	if len(level) == 3 {
		a.name = level[2]
	}
	return a, true
}

// response is the topic on which a command is answered: device is a topic name, or onBridge.
func (t topics) response(device, command string) string { return t.of(device, "response/"+command) }

// checkResponse says why a response topic must not be used, as a clause of what is wanted instead; nil if it may be.
func (t topics) checkResponse(topic string) error {
	switch {
	case topic == "" || len(topic) > maxTopic:
		return fmt.Errorf("a topic of 1 to %d bytes", maxTopic)
	case strings.ContainsAny(topic, "+#$"):
		return errors.New("a topic without +, # and $")
	case !printable(topic):
		return errors.New("a topic without control characters")
	case within(topic, t.discovery):
		return fmt.Errorf("a topic outside %s, where discovery is", t.discovery)
	case within(topic, t.base) && !t.isResponse(topic):
		return fmt.Errorf("a topic outside %s, or one of its response topics", t.base)
	}
	return nil
}

// isResponse reports whether a topic below the base is a response topic of a device or of the bridge.
func (t topics) isResponse(topic string) bool {
	level := strings.Split(strings.TrimPrefix(topic, t.base+"/"), "/")
	return len(level) == 3 && level[0] != "" && level[1] == "response" && level[2] != ""
}

// within reports whether topic is the prefix or stands below it.
func within(topic, prefix string) bool {
	return prefix != "" && (topic == prefix || strings.HasPrefix(topic, prefix+"/"))
}

// printable reports whether brokers take s in a topic: Mosquitto closes the connection of who publishes to a topic with
// control characters or with the code points that Unicode keeps for no character.
func printable(s string) bool {
	for _, r := range s {
		if unicode.IsControl(r) || r&0xFFFE == 0xFFFE || (r >= 0xFDD0 && r <= 0xFDEF) || r == utf8.RuneError {
			return false
		}
	}
	return true
}

// checkName says why a base topic or discovery prefix cannot be used, nil if it can.
func checkName(key, topic string) error {
	switch {
	case topic == "":
		return fmt.Errorf("%s is empty: set it to a topic such as localcast", key)
	case strings.ContainsAny(topic, "+#$") || !printable(topic):
		return fmt.Errorf("%s %q must not contain +, #, $ or control characters", key, topic)
	case strings.HasPrefix(topic, "/") || strings.HasSuffix(topic, "/") || strings.Contains(topic, "//"):
		return fmt.Errorf("%s %q must not have an empty level: no slash at its ends, no two together", key, topic)
	}
	return nil
}
