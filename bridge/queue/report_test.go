package queue

import "testing"

func TestOthers(t *testing.T) {
	for name, script := range map[string]string{
		"a takeover stops the queue, and play takes it back": started + `
			wait 15s
			interrupted
			other -> taken_over a
			queue -> *abc
			state -> playing foreign at 15
			play  -> load e1(a) at 15`,
		"a takeover that shows an empty receiver on its way is one too": started + `
			cancelled
			idle
			wait 2s
			other -> taken_over a`,
		"another app long after play was stopped from elsewhere takes nothing": started + `
			cancelled
			idle
			wait 1m
			other
			queue -> *abc`,
		"another app after a stop of ours takes nothing": started + `
			stop  -> order stop_app
			cancelled
			done  -> ok
			off
			other`,
		"a takeover without a last word is one too": started + `
			other mute -> taken_over a
			state      -> idle foreign at 0`,
		"what another plays can be paused, sought, skipped and stopped if it allows it": `
			online
			add a    -> ok
			other
			pause    -> order pause
			done     -> ok
			seek 5   -> seek to 5
			done     -> ok
			next     -> order next
			done     -> ok
			stop     -> order stop_media
			done     -> ok`,
		"a takeover of a load is told": `
			online
			play a b -> load e1(a)
			snatched -> rejected
			other    -> taken_over a
			queue    -> *ab`,
		"a load that was stopped on the device is no takeover": `
			online
			play a   -> load e1(a)
			snatched -> rejected
			idle
			wait 1m
			other`,
		"a seek by an offset counts from where another's item is now": `
			other
			wait 20s
			seek +5  -> seek to 25
			done     -> ok
			seek -90 -> seek to 0`,
		"while a load is under way, what was there before does not count": started + `
			other      -> taken_over a
			play       -> load e1(a)
			other
			loaded     -> ok
			playing    -> item_started a
			state      -> playing at 0`,
	} {
		t.Run(name, func(t *testing.T) { newHouse().story(t, script) })
	}
}

func TestLink(t *testing.T) {
	for name, script := range map[string]string{
		"a film that a report leaves out is taken up again": started + `
			wait 20s
			idle
			state   -> idle at 20
			playing 21
			state   -> playing at 21`,
		"a link that comes back finds the film running": started + `
			wait 20s
			offline
			state   -> off at 20
			wait 30s
			unasked
			playing 50
			state   -> playing at 50`,
		"an end that nobody saw moves the queue once, around its time": started + `
			wait 20s
			offline
			wait 90s
			idle     -> item_finished a, load e2(b)
			idle`,
		"an end that came too early is a stop": started + `
			offline
			wait 50s
			idle
			queue -> *abc`,
		"an end that is too long ago lets the queue wait": started + `
			offline
			wait 200s
			off
			queue -> *abc`,
		"a paused film that is gone after a lost link was stopped": started + `
			pause -> order pause
			done  -> ok
			paused 95
			offline
			wait 10s
			off
			queue -> *abc
			state -> off at 95`,
		"a takeover found after a reconnect is told": started + `
			offline
			wait 10s
			other -> taken_over a`,
		"a load that the link cuts is offline": `
			online
			play a -> load e1(a)
			lost   -> offline
			offline
			queue  -> *a`,
	} {
		t.Run(name, func(t *testing.T) { newHouse().story(t, script) })
	}
}

func TestRestart(t *testing.T) {
	for name, script := range map[string]string{
		"a restart takes up what runs, without a load": started + `
			wait 19s
			restart
			queue       -> *abc
			state       -> off at 10
			runs e1 1 20
			state       -> playing at 20
			finished    -> item_finished a, load e2(b)`,
		"what runs and has lost its tag is taken up too, and its end counts": started + `
			restart
			runs e2 0 20
			queue    -> a*bc
			state    -> playing at 20
			ended    -> item_finished b, load e3(c)
			late
			queue    -> ab*c`,
		"another's end is not the end of what has lost its tag": started + `
			restart
			runs e2 0 20
			nobody's
			queue    -> a*bc
			state    -> playing at 20`,
		"a restart finds what runs, though the device told that late": started + `
			wait 19s
			restart
			idle
			state       -> idle at 10
			runs e1 1 25
			state       -> playing at 25`,
		"what was refused and plays after all is not refused any more": `
			online
			play a b     -> load e1(a)
			refused      -> item_failed a, load e2(b)
			loaded       -> ok refused e1
			runs e1 0 20
			queue        -> *ab
			runs e9 9 5  -> load e1(a) at 20`,
		"a restart finds that the item has ended around its time": started + `
			wait 50s
			restart
			wait 55s
			idle  -> item_finished a, load e2(b)`,
		"a film that ended while the bridge was stopped was at its place when that stopped": started + `
			wait 57s
			leave
			restart
			state -> off at 57
			wait 43s
			idle  -> item_finished a, load e2(b)`,
		"a film that was lost before the bridge stopped ended when it must have": started + `
			wait 20s
			offline
			wait 70s
			leave
			restart
			wait 20s
			idle  -> item_finished a, load e2(b)`,
		"a restart keeps order, repeat, shuffle and revision": started + `
			shuffle on  -> ok
			repeat all  -> ok
			restart
			queue       -> *acb
			online
			shuffle off -> ok
			queue       -> *abc
			add d at 3  -> ok`,
		"what runs but was removed while the link was lost gives way to what should play": started + `
			offline
			remove e1    -> ok
			runs e1 1 20 -> load e2(b)`,
		"what runs but was cleared while the link was lost is stopped": started + `
			offline
			clear        -> ok
			runs e1 1 20 -> order stop_media`,
	} {
		t.Run(name, func(t *testing.T) { newHouse().story(t, script) })
	}
}
