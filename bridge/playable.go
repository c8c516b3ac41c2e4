package bridge

import (
	"slices"

	"localcast/bridge/media"
)

// Playable reports whether a device can play an item and, where it cannot, why not, as a clause for people. It judges by
// what the device is; a device of which nothing is known plays everything.
func Playable(d media.Device, item media.Item) (ok bool, reason string) {
	sees := len(d.Capabilities) == 0 || slices.Contains(d.Capabilities, "video")
	if d.Kind == media.AudioDevice {
		sees = false
	}
	if item.Kind.Visual() && !sees {
		return false, nameOf(d) + " has no screen"
	}
	return true, ""
}

// nameOf is what people call a device: its friendly name, or its topic name until it has told that.
func nameOf(d media.Device) string {
	if d.Name == "" {
		return d.Topic
	}
	return d.Name
}
