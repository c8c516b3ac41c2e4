package bridge

import (
	"strings"
	"testing"
)

func TestWhoWaitsIsAnswered(t *testing.T) {
	for name, script := range map[string]string{
		"a full inbox is busy, and starves no other device": kitchen + `
			. appears Den id=b2 host=10.0.0.2
			. den online
			. kitchen: search slow alien
			` + strings.Repeat("> kitchen: pause\n", inboxSize) + `
			> kitchen: queue_list
			kitchen answers queue_list: busy
			> den: pause
			den answers pause: ok
			> wait 1s
			> den: volume 20
			den does volume to 20
			> wait 1s
			kitchen answers search: internal
			` + strings.Repeat("kitchen answers pause: ok\n", inboxSize) + `
			> kitchen: queue_list
			kitchen answers queue_list: ok 0 from 0 of 0`,
		"the end of the bridge answers commands on their way": kitchen + `
			. kitchen: search slow alien
			. kitchen: play hurt
			. bridge: search slow alien
			. bridge: browse
			> stop
			kitchen answers search: busy
			kitchen answers play: busy
			bridge answers search: busy
			bridge answers browse: busy`,
		"the end of the bridge answers a load as pending, and leaves it alone": kitchen + `
			. kitchen: play alien
			> stop
			kitchen answers play: ok pending e1
			. start
			. kitchen online
			> kitchen runs e1 1 5
			kitchen state playing Alien at 5, 0 of 1`,
		"the end of the bridge answers who waits for a device": playing + `
			. kitchen: pause
			> stop
			kitchen answers pause: rejected`,
		"the end of the bridge answers who waits for the disk, once that has it": kitchen + `
			. disk waits
			. kitchen: queue_add alien
			. kitchen: queue_add hurt
			. disk works in 1s
			> stop
			kitchen answers queue_add: ok e1
			kitchen answers queue_add: ok e2
			kitchen queue 2: alien hurt
			kitchen state off
			> start
			kitchen offline
			kitchen state off, volume unknown
			kitchen queue 2: alien hurt
			kitchen search ""
			bridge devices kitchen
			bridge search ""
			bridge playlists Roadtrip(2)
			bridge library 6`,
		"a disk that is gone holds up the end for 3 s": kitchen + `
			. disk waits
			. kitchen: queue_add alien
			> stop within 3s
			kitchen answers queue_add: internal
			kitchen queue 1: alien
			kitchen state off`,
		"the answer for all devices comes, though one of them ends": kitchen + `
			. appears Den id=b2 host=10.0.0.2
			. den online
			. den: search slow alien
			. bridge to all: pause
			> stop
			den answers search: busy
			all answers pause: ok den=error kitchen=ok`,
	} {
		t.Run(name, func(t *testing.T) { story(t, Config{}, script) })
	}
}

func TestRestart(t *testing.T) {
	for name, script := range map[string]string{
		"queue, place, repeat and shuffle are there again": playing + `
			. kitchen: repeat all
			. kitchen: shuffle on
			. kitchen plays 300
			. wait 10s
			> kill
			kitchen offline
			kitchen state off Alien at 310, 0 of 2, volume unknown
			kitchen queue 2: *alien hurt, repeat all, shuffled
			kitchen search ""
			bridge devices kitchen
			bridge search ""
			bridge playlists Roadtrip(2)
			bridge library 6`,
		"what runs is taken up without a load": playing + `
			. wait 10s
			. kill
			> kitchen runs e1 1 25
			kitchen state playing Alien at 25, 0 of 2, volume 30
			kitchen online
			bridge devices kitchen+
			> kitchen finishes
			kitchen event item_finished Alien
			kitchen does load e2 http://10.0.0.1/hurt
			kitchen queue 1: alien *hurt
			kitchen state buffering Hurt at 0, 1 of 2`,
		"what runs without its tag is taken up by its address, and its end counts": playing + `
			. wait 10s
			. kill
			. kitchen untagged http://10.0.0.1/hurt 5
			> kitchen finishes http://10.0.0.1/hurt
			kitchen event item_finished Hurt
			kitchen event queue_finished
			kitchen queue 1: alien hurt
			kitchen state idle`,
		"what does not run waits at its place": playing + `
			. wait 10s
			. kill
			> kitchen online
			kitchen state off Alien at 10, 0 of 2, volume 30
			kitchen online
			bridge devices kitchen+
			> kitchen: play
			kitchen does load e1 http://10.0.0.1/alien at 10
			kitchen state buffering Alien at 10, 0 of 2`,
		"an item that the catalogue knows by another id now is found by its file": kitchen + `
			. kitchen: queue_add alien
			. catalogue lost
			> kitchen: play
			kitchen does load e1 http://10.0.0.1/again
			kitchen queue 1: *alien
			kitchen state buffering Alien at 0, 0 of 1`,
		"a paused film is taken up paused": playing + `
			. kitchen pauses 40
			. kill
			> kitchen rests e1 1 40
			kitchen state paused Alien at 40, 0 of 2, volume 30
			kitchen online
			bridge devices kitchen+
			> kitchen: resume
			kitchen does resume`,
	} {
		t.Run(name, func(t *testing.T) { story(t, Config{}, script) })
	}
}
