package bridge

import "testing"

// twoRooms is a film 60 s into a queue in the kitchen, and a den that has nothing to do.
const twoRooms = playing + `
	. wait 60s
	. appears Den id=b2
	. den online
`

func TestTransfer(t *testing.T) {
	for name, script := range map[string]string{
		"the queue moves, and play goes on there": twoRooms + `
			> kitchen: transfer Den
			den does load e1 http://10.0.0.1/alien at 60
			den state buffering Alien at 60
			> den done
			kitchen does stop_app
			kitchen answers transfer: ok e1
			kitchen queue 2:
			kitchen state idle
			den queue 1: *alien hurt
			den state buffering Alien at 60, 0 of 2
			> den plays 60
			den event item_started Alien
			den state playing Alien at 60, 0 of 2
			> kitchen done
			kitchen state off`,
		"what was paused arrives paused": playing + `
			. kitchen: pause
			. kitchen done
			. kitchen pauses 30
			. appears Den id=b2
			. den online
			> kitchen: transfer den
			den does load e1 http://10.0.0.1/alien at 30 paused
			den state buffering Alien at 30`,
		"what was off moves, and nothing starts": kitchen + `
			. kitchen: queue_add items=alien,hurt
			. kitchen: repeat all
			. appears Den id=b2
			. den online
			. den: queue_add item=bluey1
			> kitchen: transfer Den
			kitchen answers transfer: ok
			kitchen queue 2:
			kitchen state off
			den queue 2: alien hurt, repeat all
			den state off`,
		"an offline device takes nothing": playing + `
			. appears Den id=b2
			> kitchen: transfer Den
			kitchen answers transfer: offline`,
		"nor one that nobody knows": playing + `
			> kitchen: transfer Attic
			kitchen answers transfer: not_found`,
		"to itself nothing moves": playing + `
			> kitchen: transfer Kitchen
			kitchen answers transfer: ok
			> kitchen: transfer Kitchen revision=7
			kitchen answers transfer: conflict`,
		"of another revision it stays": twoRooms + `
			> kitchen: transfer Den revision=7
			kitchen answers transfer: conflict`,
		"an empty queue cannot move": kitchen + `
			. appears Den id=b2
			. den online
			> kitchen: transfer Den
			kitchen answers transfer: not_found`,
		"what it refuses gives way to the next": twoRooms + `
			. kitchen: transfer Den
			> den refuses cannot decode
			den does load e2 http://10.0.0.1/hurt
			den state buffering Hurt at 0
			> den done
			kitchen does stop_app
			kitchen answers transfer: ok e2 refused e1
			kitchen queue 2:
			kitchen state idle
			den queue 1: !alien *hurt
			den state buffering Hurt at 0, 1 of 2`,
		"where it refuses all, the kitchen plays on": twoRooms + `
			. kitchen: transfer Den
			. den refuses cannot decode
			> den refuses cannot decode
			kitchen answers transfer: rejected
			den state off: Cannot decode
			> kitchen finishes
			kitchen event item_finished Alien
			kitchen does load e2 http://10.0.0.1/hurt
			kitchen queue 1: alien *hurt
			kitchen state buffering Hurt at 0, 1 of 2`,
		"what has no screen plays what it can": playing + `
			. appears Den id=b2 kind=audio
			. den online
			> kitchen: transfer Den
			den does load e2 http://10.0.0.1/hurt
			den state buffering Hurt at 0`,
		"what can play nothing of it takes nothing": kitchen + `
			. kitchen: play alien
			. kitchen done
			. kitchen plays 0
			. appears Den id=b2 kind=audio
			. den online
			> kitchen: transfer Den
			kitchen answers transfer: unsupported`,
		"an edit meanwhile keeps it": twoRooms + `
			. kitchen: transfer Den
			> kitchen: queue_add item=bluey1
			kitchen answers transfer: ok pending
			kitchen answers queue_add: ok e3
			kitchen queue 2: *alien hurt bluey1
			kitchen state playing Alien at 0, 0 of 3
			> den done
			den does stop_media
			den state off`,
		"stop calls it back": twoRooms + `
			. kitchen: transfer Den
			> kitchen: stop
			kitchen does stop_app
			kitchen answers transfer: conflict
			den does stop_media
			den state off`,
		"the disk is full: it stays": twoRooms + `
			. kitchen: transfer Den
			. disk full
			> den done
			kitchen answers transfer: internal
			den queue 1: *alien hurt
			den state buffering Alien at 60, 0 of 2
			den does stop_media
			den queue 2:
			den state off
			kitchen queue 1: *alien hurt
			kitchen state playing Alien at 0, 0 of 2`,
		"a device that never answers": twoRooms + `
			. kitchen: transfer Den
			> wait 5s
			kitchen answers transfer: ok pending
			. wait 6m
			> kitchen: queue_list
			kitchen answers queue_list: ok 2 from 0 of 2`,
		"a kill before it has moved: the kitchen has it": twoRooms + `
			. kitchen: transfer Den
			. kill
			> kitchen: queue_list
			kitchen answers queue_list: ok 2 from 0 of 2
			> den: queue_list
			den answers queue_list: ok 0 from 0 of 0`,
		"a kill when it has moved: the den has it": twoRooms + `
			. kitchen: transfer Den
			. den done
			. kill
			> kitchen: queue_list
			kitchen answers queue_list: ok 0 from 0 of 0
			> den: queue_list
			den answers queue_list: ok 2 from 0 of 2`,
		"a stop of the program while it moves": twoRooms + `
			. kitchen: transfer Den
			. stop
			. start
			> kitchen: queue_list
			kitchen answers queue_list: ok 2 from 0 of 2
			> den: queue_list
			den answers queue_list: ok 0 from 0 of 0`,
		"a command behind it waits until it is settled": twoRooms + `
			. kitchen: transfer Den
			. disk waits
			. den done
			> kitchen: queue_add item=bluey1
			> disk works
			kitchen does stop_app
			kitchen answers transfer: ok e1
			kitchen queue 2:
			kitchen state idle
			kitchen answers queue_add: ok e3
			kitchen queue 3: bluey1
			kitchen state idle`,
		"the bridge can be told, by name": twoRooms + `
			> bridge to Kitchen: transfer Den
			den does load e1 http://10.0.0.1/alien at 60
			den state buffering Alien at 60`,
	} {
		t.Run(name, func(t *testing.T) { story(t, Config{}, script) })
	}
}
