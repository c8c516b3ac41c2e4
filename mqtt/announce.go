package mqtt

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// onDiscovery is the lane of the messages by which Home Assistant discovers devices; their leaves are whole topics. No
// device has this as its topic name: it holds a slash.
const onDiscovery = "homeassistant/device"

// apart is the time between two announcements of a device, and between the withdrawal of a device and the announcement of
// one: Home Assistant removes entities at its leisure, and would name the new ones around those that are still there.
const apart = 2 * time.Second

// announce puts the message that tells Home Assistant of a device, or of the bridge for onBridge.
func (o *outbox) announce(device, topic string, payload []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.set(onDiscovery, topic, payload)
	o.announced[device] = o.lanes[onDiscovery][topic]
}

// withdraw clears a discovery topic.
func (o *outbox) withdraw(topic string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	maps.DeleteFunc(o.announced, func(_ string, s *slot) bool { return s.leaf == topic })
	o.set(onDiscovery, topic, nil)
}

// announces reports whether a payload is what a discovery topic shall hold.
func (o *outbox) announces(topic string, payload []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.lanes[onDiscovery][topic]
	return s != nil && bytes.Equal(s.payload, payload)
}

// unannounced reports whether Home Assistant is still to be told what is new about a device.
func (o *outbox) unannounced(device string) bool {
	s := o.announced[device]
	return s != nil && s.dirty
}

// announcements returns the slots of discovery in the order of a connect: what is withdrawn, then the bridge, which the
// devices refer to, then these.
func (o *outbox) announcements() []*slot {
	rank := func(s *slot) int {
		switch {
		case len(s.payload) == 0:
			return 0
		case s == o.announced[onBridge]:
			return 1
		}
		return 2
	}
	return slices.SortedFunc(maps.Values(o.lanes[onDiscovery]), func(a, b *slot) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a.leaf, b.leaf))
	})
}

// ready is when a slot may be sent. In a hurry its pace is not kept, but the time after a withdrawal is.
func (o *outbox) ready(s *slot, hurry bool) time.Time {
	var paced, settled time.Time
	withdrawal := s.lane == onDiscovery && len(s.payload) == 0
	if !hurry && !withdrawal {
		paced = s.ready()
	}
	if s.lane == onDiscovery && !withdrawal {
		settled = o.withdrawn.Add(apart)
	}
	if paced.After(settled) {
		return paced
	}
	return settled
}

// resume takes the next slot of a replay. An announcement for which it is too soon after a withdrawal holds up everything
// behind it; in a hurry it is left out instead. s is nil when nothing of the replay is left, or wait is not 0.
func (o *outbox) resume(now time.Time, hurry bool) (s *slot, wait time.Duration) {
	for len(o.replay) > 0 {
		s := o.replay[0]
		wait := o.ready(s, true).Sub(now)
		if wait > 0 && !hurry {
			return nil, wait
		}
		o.replay = o.replay[1:]
		switch {
		case wait > 0:
		case isSelect(s.leaf) && o.unannounced(s.lane):
			o.soil(s) // its options have changed since they were told again
		default:
			return s, 0
		}
	}
	return nil, 0
}

func isSelect(leaf string) bool { return leaf == leafSelectQueue || leaf == leafSelectResults }
