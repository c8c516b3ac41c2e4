package bridge

import "testing"

// kitchen is how most stories begin: a device is there and has nothing to do.
const kitchen = `
	. appears Kitchen id=a1
	. kitchen online
`

// playing goes on with a film on it, and another behind that.
const playing = kitchen + `
	. kitchen: play items=alien,hurt
	. kitchen done
	. kitchen plays 0
`

func TestOrderOfWhatIsTold(t *testing.T) {
	for name, script := range map[string]string{
		"a new device is told, then its events, before it was ever reached": `
			> appears Kitchen id=a1
			kitchen offline
			kitchen state off
			kitchen queue 0:
			kitchen search ""
			bridge devices kitchen
			bridge event device_added kitchen`,
		"coming online: state, then availability": `
			. appears Kitchen id=a1
			> kitchen online
			kitchen state off, volume 30
			kitchen online
			bridge devices kitchen+`,
		"going offline: availability, then state": kitchen + `
			> kitchen gone
			kitchen offline
			kitchen state off
			bridge devices kitchen`,
		"an answer comes before the state it caused": kitchen + `
			> kitchen: volume 20
			kitchen does volume to 20
			> kitchen volume 20
			> kitchen done
			kitchen answers volume: ok
			kitchen state off, volume 20`,
		"a queue is told before the state that shows its new index, buffering before the answer of its load": kitchen + `
			> kitchen: play items=alien,hurt
			kitchen does load e1 http://10.0.0.1/alien
			kitchen queue 1: *alien hurt
			kitchen state buffering Alien at 0, 0 of 2
			> kitchen done
			kitchen answers play: ok e1
			> kitchen plays 0
			kitchen event item_started Alien
			kitchen state playing Alien at 0, 0 of 2`,
		"the next plays by itself": playing + `
			> kitchen finishes
			kitchen event item_finished Alien
			kitchen does load e2 http://10.0.0.1/hurt
			kitchen queue 1: alien *hurt
			kitchen state buffering Hurt at 0, 1 of 2
			> kitchen done
			> kitchen plays 0
			kitchen event item_started Hurt
			kitchen state playing Hurt at 0, 1 of 2`,
		"an edit is answered, then told": kitchen + `
			> kitchen: queue_add alien
			kitchen answers queue_add: ok e1
			kitchen queue 1: alien
			kitchen state off
			> kitchen: queue_add hurt
			kitchen answers queue_add: ok e2
			kitchen queue 2: alien hurt
			kitchen state off`,
		"time that passes is not told": playing + `
			> wait 60s
			> kitchen plays 60
			> kitchen plays 63
			kitchen state playing Alien at 63, 0 of 2`,
		"a search is answered before it is told, and so is the result that is played": kitchen + `
			> kitchen: search alien
			kitchen answers search: ok 2 from 0: alien aliens
			kitchen search "alien" alien aliens
			> kitchen: play result=2
			kitchen does load e1 http://10.0.0.1/aliens
			kitchen queue 1: *aliens
			kitchen state buffering Aliens at 0, 0 of 1
			> kitchen done
			kitchen answers play: ok e1
			kitchen search "alien" alien aliens, chosen 2
			> kitchen: search hurt
			kitchen answers search: ok 1 from 0: hurt
			kitchen search "hurt" hurt`,
		"a search on the bridge is answered before it is told": `
			> bridge: search alien
			bridge answers search: ok 2 from 0: alien aliens
			bridge search "alien" alien aliens`,
		"a slow disk holds the answer and what it caused, but not the load": kitchen + `
			. disk waits
			> kitchen: play alien
			kitchen does load e1 http://10.0.0.1/alien
			kitchen queue 1: *alien
			kitchen state buffering Alien at 0, 0 of 1
			> kitchen done
			> kitchen: queue_add hurt
			> wait 20s
			> disk works
			kitchen answers play: ok e1
			kitchen answers queue_add: ok e2
			kitchen queue 2: *alien hurt
			kitchen state buffering Alien at 0, 0 of 2`,
		"a full disk is no success": kitchen + `
			. disk full
			> kitchen: queue_add alien
			kitchen answers queue_add: internal
			kitchen queue 1: alien
			kitchen state off
			. disk works
			> wait 10s
			. kill
			. kitchen online
			> kitchen: queue_list
			kitchen answers queue_list: ok 1 from 0 of 1`,
		"commands are answered in the order of their arrival, even behind a search that takes its time": kitchen + `
			> kitchen: search slow alien
			> kitchen: pause
			> kitchen: queue_list
			> wait 1900ms
			> wait 100ms
			kitchen answers search: internal
			kitchen answers pause: ok
			kitchen answers queue_list: ok 0 from 0 of 0`,
		"one device's search keeps no other waiting": kitchen + `
			. appears Den id=b2 host=10.0.0.2
			. den online
			. kitchen: search slow alien
			> den: pause
			den answers pause: ok
			> bridge: ping
			bridge answers ping: ok b1`,
		"a load that fails is told, and the next one tried": kitchen + `
			. kitchen: play items=alien,hurt
			> kitchen refuses the device cannot play this format
			kitchen event item_failed Alien: the device cannot play this format
			kitchen does load e2 http://10.0.0.1/hurt
			kitchen queue 1: !alien *hurt
			kitchen state buffering Hurt at 0, 1 of 2: The device cannot play this format
			> kitchen done
			kitchen answers play: ok e2 refused e1
			> kitchen plays 0
			kitchen event item_started Hurt
			kitchen state playing Hurt at 0, 1 of 2`,
		"a load that is pending tells what is tried now": kitchen + `
			. kitchen: play items=alien,hurt
			. kitchen refuses no
			> wait 5s
			kitchen answers play: ok pending e2 refused e1`,
		"when nothing is left the failure stands until something plays": kitchen + `
			. kitchen: play alien
			> kitchen refuses the device cannot play this format
			kitchen event item_failed Alien: the device cannot play this format
			kitchen event queue_finished
			kitchen answers play: rejected e1 refused e1
			kitchen queue 1: !alien
			kitchen state off: The device cannot play this format
			. kitchen: queue_add hurt
			. kitchen: play
			> kitchen done
			kitchen answers play: ok e2
			> kitchen plays 0
			kitchen event item_started Hurt
			kitchen state playing Hurt at 0, 1 of 2`,
		"what a device waits for is told": kitchen + `
			. kitchen: play alien
			> kitchen asks Kitchen asks for permission to cast
			kitchen state buffering Alien at 0, 0 of 1: Kitchen asks for permission to cast
			> kitchen asks
			kitchen state buffering Alien at 0, 0 of 1`,
		"another's app": playing + `
			. kitchen interrupted
			> kitchen app YouTube plays Cats
			kitchen event taken_over Alien
			kitchen state playing Cats at 12, 0 of 2, held by YouTube
			> kitchen: play
			kitchen does load e1 http://10.0.0.1/alien
			kitchen state buffering Alien at 0, 0 of 2`,
		"a film is recognised by its address where the device keeps no tag": kitchen + `
			. kitchen: queue_add items=alien,hurt
			> kitchen untagged http://10.0.0.1/hurt 20
			kitchen queue 1: alien *hurt
			kitchen state playing Hurt at 20, 1 of 2
			> kitchen untagged http://10.0.0.1/hurt 21`,
		"another bridge's film is another's": kitchen + `
			. kitchen: queue_add alien
			> kitchen untagged http://elsewhere/alien.mp4 20
			kitchen state playing at 20, held by Default Media Receiver`,
		"nothing is told of a device that has told nothing of itself": `
			. appears Kitchen id=a1
			> kitchen unasked
			> kitchen: queue_add alien
			kitchen answers queue_add: ok e1
			kitchen queue 1: alien
			kitchen state off`,
	} {
		t.Run(name, func(t *testing.T) { story(t, Config{}, script) })
	}
}

// TestCommands is that each command reaches the queue as what it is; what they do there is the queue's own test.
func TestCommands(t *testing.T) {
	for name, script := range map[string]string{
		"pause and resume": playing + `
			> kitchen: pause
			kitchen does pause
			> kitchen: resume
			kitchen does resume`,
		"toggle": playing + `
			> kitchen: toggle
			kitchen does pause`,
		"stop": playing + `
			> kitchen: stop
			kitchen does stop_app`,
		"next and previous": playing + `
			> kitchen: next
			kitchen does load e2 http://10.0.0.1/hurt
			kitchen queue 1: alien *hurt
			kitchen state buffering Hurt at 0, 1 of 2
			> kitchen: previous
			kitchen does load e1 http://10.0.0.1/alien
			kitchen answers next: conflict
			kitchen queue 1: *alien hurt
			kitchen state buffering Alien at 0, 0 of 2`,
		"wake": kitchen + `
			> kitchen: wake
			kitchen does wake`,
		"seek to and by": playing + `
			> kitchen: seek 60
			kitchen does seek to 60
			> kitchen: seek +30
			kitchen does seek to 90`,
		"speed": playing + `
			. kitchen subtitled 1 0
			> kitchen: speed 1.5
			kitchen does rate 1.5`,
		"subtitles by their number, their language, their name, and none": playing + `
			. kitchen subtitled 1 0
			> kitchen: subtitles 2
			kitchen does tracks [9]
			> kitchen: subtitles de
			kitchen does tracks [7]
			> kitchen: subtitles deutsch
			kitchen does tracks [7]
			> kitchen: subtitles off
			kitchen does tracks []`,
		"subtitles that are not there": playing + `
			. kitchen subtitled 1 0
			> kitchen: subtitles 3
			kitchen answers subtitles: not_found
			> kitchen: subtitles fr
			kitchen answers subtitles: not_found`,
		"subtitles of what has none": playing + `
			> kitchen: subtitles de
			kitchen answers subtitles: unsupported`,
		"volume by, and mute": kitchen + `
			> kitchen: volume +5
			kitchen does volume to 35
			> kitchen: mute
			kitchen does mute true`,
		"remove by name and by place": playing + `
			> kitchen: queue_remove e2
			kitchen answers queue_remove: ok
			kitchen queue 2: *alien
			kitchen state playing Alien at 0, 0 of 1
			> kitchen: queue_remove 0
			kitchen does stop_media
			kitchen event queue_finished
			kitchen answers queue_remove: ok
			kitchen queue 3:
			kitchen state idle`,
		"move": playing + `
			> kitchen: queue_move e1 1
			kitchen answers queue_move: ok
			kitchen queue 2: hurt *alien
			kitchen state playing Alien at 0, 1 of 2`,
		"jump by name and by place": playing + `
			> kitchen: queue_jump e2
			kitchen does load e2 http://10.0.0.1/hurt
			kitchen queue 1: alien *hurt
			kitchen state buffering Hurt at 0, 1 of 2
			> kitchen: queue_jump 0
			kitchen does load e1 http://10.0.0.1/alien
			kitchen answers queue_jump: conflict
			kitchen queue 1: *alien hurt
			kitchen state buffering Alien at 0, 0 of 2`,
		"clear": playing + `
			> kitchen: queue_clear
			kitchen does stop_media
			> kitchen done
			kitchen answers queue_clear: ok
			kitchen queue 2:
			kitchen state idle`,
		"shuffle and repeat": kitchen + `
			> kitchen: shuffle on
			kitchen answers shuffle: ok
			kitchen queue 1:, shuffled
			kitchen state off
			> kitchen: repeat one
			kitchen answers repeat: ok
			kitchen queue 1:, repeat one, shuffled
			kitchen state off`,
		"what is no entry": kitchen + `
			> kitchen: queue_remove x7
			kitchen answers queue_remove: invalid
			> kitchen: queue_jump e0
			kitchen answers queue_jump: invalid
			> kitchen: queue_move 7 0
			kitchen answers queue_move: invalid
			> kitchen: queue_jump e9
			kitchen answers queue_jump: not_found`,
		"what is done while the disk is slow is one write, and all there after a kill": playing + `
			. disk waits
			. kitchen: queue_add item=bluey1
			. kitchen: queue_add item=bluey2
			. wait 10s
			. kitchen: queue_remove e2
			> disk works
			kitchen answers queue_add: ok e3
			kitchen answers queue_add: ok e4
			kitchen answers queue_remove: ok
			kitchen queue 4: *alien bluey1 bluey2
			kitchen state playing Alien at 0, 0 of 3
			> kill
			kitchen offline
			kitchen state off Alien at 10, 0 of 3, volume unknown
			kitchen queue 4: *alien bluey1 bluey2
			kitchen search ""
			bridge devices kitchen
			bridge search ""
			bridge playlists Roadtrip(2)
			bridge library 6`,
		"too many commands for the bridge": `
			. bridge: search slow alien
			. flood
			> bridge: search alien
			bridge answers search: busy`,
	} {
		t.Run(name, func(t *testing.T) { story(t, Config{}, script) })
	}
}

func TestAllDevices(t *testing.T) {
	two := kitchen + `
		. appears Den id=b2 host=10.0.0.2
		. appears Attic id=c3 host=10.0.0.3
		. den online
	`
	for name, script := range map[string]string{
		"a command for all is for those that are online and ours": two + `
			. appears Bath id=d4 host=10.0.0.4
			. bath online
			. bath app Netflix
			> bridge to all: volume 30
			all answers volume: ok den=ok kitchen=ok`,
		"one answer is given when all have answered": two + `
			> bridge to all: volume 20
			kitchen does volume to 20
			den does volume to 20
			> den done
			> kitchen refuses no
			all answers volume: ok den=ok kitchen=error`,
		"it is an error when all have failed": two + `
			> bridge to all: resume
			all answers resume: not_found den=error kitchen=error`,
		"what is not for all": two + `
			> bridge to all: next
			all answers next: invalid`,
		"each that is asked does it": two + `
			> bridge to all: sleep 30
			all answers sleep: ok den=ok kitchen=ok
			> bridge to all: mute
			kitchen does mute true
			den does mute true
			> kitchen done
			> den done
			all answers mute: ok den=ok kitchen=ok
			> bridge to all: stop
			all answers stop: ok den=ok kitchen=ok
			> bridge to all: pause
			all answers pause: ok den=ok kitchen=ok`,
		"nobody is there": `
			> bridge to all: pause
			all answers pause: offline`,
		"all is no device in a topic": two + `
			> all: pause
			all answers pause: not_found`,
	} {
		t.Run(name, func(t *testing.T) { story(t, Config{}, script) })
	}
}
