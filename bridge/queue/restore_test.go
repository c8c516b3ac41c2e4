package queue

import "testing"

func TestAnnouncementsCutShort(t *testing.T) {
	for name, script := range map[string]string{
		"another app takes the device": spoken + `
			interrupted
			other -> announcement_finished x: another app took the device, taken_over a
			queue -> *abc
			state -> playing foreign at 20
			play  -> load e1(a) at 20`,
		"another app takes it while it is loaded": started + `
			wait 20s
			announce x -> load (x)
			snatched   -> rejected
			other      -> taken_over a
			state      -> playing foreign at 20`,
		"another app takes it, and the volume comes back": started + `
			announce x loud 50 -> load (x), volume to 50
			done
			loaded  -> ok
			playing -> announcement_started x
			other   -> announcement_finished x: another app took the device, volume to 30, taken_over a`,
		"stopped at the device it is over": spoken + `
			cancelled
			idle      -> announcement_finished x: it was stopped on the device, load e1(a) at 20`,
		"the app closed at the device stays closed": spoken + `
			cancelled
			off       -> announcement_finished x: it was stopped on the device
			queue     -> *abc
			state     -> off at 20`,
		"paused for so long that the app closes": spoken + `
			pause     -> order pause
			done      -> ok
			paused 3
			wait 20m
			off       -> announcement_finished x: it was stopped on the device
			state     -> off at 20`,
		"the link goes and comes back while it plays": spoken + `
			offline
			wait 3s
			playing 3
			finished -> announcement_finished x: it was played to its end, load e1(a) at 20`,
		"it ends while the link is away": spoken + `
			offline
			wait 30s
			idle    -> announcement_finished x: it ended while the device was out of reach, load e1(a) at 20`,
		"it ended long ago when the link is back": spoken + `
			offline
			wait 69s
			idle    -> announcement_finished x: it ended while the device was out of reach
			queue   -> *abc
			state   -> idle at 20`,
		"the link goes before it is loaded, and what played runs on": started + `
			wait 20s
			announce x -> load (x)
			lost       -> offline
			offline
			wait 10s
			runs e1 1 30
			state      -> playing at 30`,
		"the link goes before it is loaded, and nothing runs": started + `
			wait 20s
			announce x -> load (x)
			lost       -> offline
			offline
			wait 10s
			idle       -> load e1(a) at 20`,
		"the link goes while everything is put back": started + `
			announce x loud 50 -> load (x), volume to 50
			done
			loaded   -> ok
			playing  -> announcement_started x
			finished -> announcement_finished x: it was played to its end, volume to 30, load e1(a)
			dropped
			lost
			offline
			idle     -> volume to 30, load e1(a)`,
		"a play while the link is away is all that is wanted": spoken + `
			offline
			play y -> announcement_finished x: something else was played, offline queued
			wait 5s
			idle
			queue  -> *y`,
		"those that wait are dropped with the link": spoken + `
			announce y -> ok pending
			offline
			wait 30s
			idle -> announcement_finished x: it ended while the device was out of reach, load e1(a) at 20`,
	} {
		t.Run(name, func(t *testing.T) { newHouse().story(t, script) })
	}
}

func TestAnnouncementsAndTheDisk(t *testing.T) {
	for name, script := range map[string]string{
		"the plan is stored before it is loaded": started + `
			wait 20s
			disk waits
			announce x
			disk works -> load (x)
			loaded     -> ok`,
		"what plays on meanwhile goes on from there": started + `
			wait 20s
			disk waits
			announce x
			wait 2s
			disk works -> load (x)
			loaded     -> ok
			playing    -> announcement_started x
			finished   -> announcement_finished x: it was played to its end, load e1(a) at 22`,
		"what ends meanwhile is waited for": started + `
			disk waits
			announce x
			finished   -> item_finished a, load e2(b)
			disk works
			loaded     -> load (x)
			loaded     -> ok`,
		"without a plan it is not loaded": started + `
			disk waits
			announce x
			disk full  -> internal
			disk works
			wait 20s
			state      -> playing at 20`,
		"killed while it plays: it is taken up": spoken + `
			restart
			says 3
			state    -> playing says  at 3
			finished -> announcement_finished: it was played to its end, load e1(a) at 20`,
		"killed while it plays, and it ends meanwhile": spoken + `
			restart
			wait 20s
			idle    -> announcement_finished: it ended while the device was out of reach, load e1(a) at 20`,
		"killed, and back too late: only the volume": started + `
			wait 20s
			announce x loud 50 -> load (x), volume to 50
			done
			loaded  -> ok
			playing -> announcement_started x
			restart
			wait 69s
			idle    -> announcement_finished: it ended while the device was out of reach, volume to 30
			done
			queue   -> *abc
			state   -> idle at 20
			restart
			idle`,
		"killed before it was heard": started + `
			wait 20s
			announce x -> load (x)
			restart
			idle       -> load e1(a) at 20`,
		"killed between the plan and the load: what plays is taken up": started + `
			wait 20s
			disk waits
			announce x
			restart
			runs e1 1 21
			state      -> playing at 21
			restart
			runs e1 1 25
			finished   -> item_finished a, load e2(b)`,
		"killed while everything is put back: what runs is left alone": started + `
			wait 20s
			announce x loud 50 -> load (x), volume to 50
			done
			loaded   -> ok
			playing  -> announcement_started x
			finished -> announcement_finished x: it was played to its end, volume to 30, load e1(a) at 20
			restart
			runs e1 5 22 -> volume to 30
			state        -> playing at 22`,
		"killed, and another has taken the device": spoken + `
			restart
			other -> announcement_finished: it ended while the device was out of reach, taken_over a
			state -> playing foreign at 20`,
		"what was off is closed after a kill": `
			online
			announce x -> load (x)
			loaded     -> ok
			playing    -> announcement_started x
			restart
			wait 10s
			idle       -> announcement_finished: it ended while the device was out of reach, order stop_app`,
		"nothing is put back twice": spoken + `
			finished -> announcement_finished x: it was played to its end, load e1(a) at 20
			loaded
			playing
			restart
			wait 10s
			idle
			queue    -> *abc`,
	} {
		t.Run(name, func(t *testing.T) { newHouse().story(t, script) })
	}
}
