package queue

import "testing"

// fading is a film whose volume, 20, begins to fall for the sleep in 30 minutes.
const fading = started + `
	level 20
	sleep 30m -> ok
	wait 29m50s
	wait 5s   -> volume to 18, volume to 16, volume to 14, volume to 12, volume to 10
	dones
	level 10
`

func TestSleep(t *testing.T) {
	for name, script := range map[string]string{
		"it fades, stops, and puts the volume back": fading + `
			wait 5s -> volume to 8, volume to 6, volume to 4, volume to 2, order stop_app
			dones   -> volume to 20
			done
			state   -> off at 100
			queue   -> *abc`,
		"a short time fades over all of it": started + `
			level 20
			sleep 4s -> ok
			wait 4s  -> volume to 15, volume to 10, volume to 5, order stop_app`,
		"a time of 0 cancels": started + `
			sleep 30m -> ok
			sleep off -> ok
			wait 1h`,
		"cancelled while it fades, the volume comes back": fading + `
			sleep off -> volume to 20, ok
			done
			level 20
			wait 1h`,
		"set anew while it fades": fading + `
			sleep 1m -> volume to 20, ok
			done
			level 20
			wait 50s
			wait 1s  -> volume to 18`,
		"a volume set while it fades stays, and it stops all the same": fading + `
			volume 25 -> volume to 25
			done      -> ok
			level 25
			wait 5s   -> order stop_app
			dones
			state     -> off at 100`,
		"a volume turned up at the device while it fades stays": fading + `
			level 25
			wait 5s -> order stop_app
			dones
			state   -> off at 100`,
		"a fixed volume stays": `
			fixed
			play a   -> load e1(a)
			loaded   -> ok
			sleep 5s -> ok
			wait 5s  -> order stop_app`,
		"a mute device does not fade": started + `
			muted
			sleep 5s -> ok
			wait 5s  -> order stop_app`,
		"what was paused is closed": started + `
			pause    -> order pause
			done     -> ok
			paused 30
			sleep 5s -> ok
			wait 5s  -> order stop_app
			done
			state    -> off at 30`,
		"paused while it fades, the volume comes back": fading + `
			paused 30 -> volume to 20
			wait 5s
			done      -> order stop_app`,
		"where nothing plays there is nothing to stop": `
			online
			add a    -> ok
			sleep 5s -> ok
			wait 1m
			play     -> load e1(a)
			wait 1m  -> ok pending`,
		"a load that waits is cancelled": `
			online
			sleep 5s -> ok
			wait 4s
			play a   -> load e1(a)
			wait 1s  -> order stop_app, conflict`,
		"another app is not stopped": `
			online
			other
			sleep 5s -> ok
			wait 1m`,
		"the next item fades on": fading + `
			finished -> item_finished a, load e2(b)
			loaded
			playing  -> item_started b
			wait 1s  -> volume to 8`,
		"a takeover while it fades gets the volume back": fading + `
			other -> taken_over a, volume to 20`,
		"the link goes while it fades: the volume comes back with it": fading + `
			offline
			wait 1s
			playing  -> volume to 20`,
		"the link is away when it is time": started + `
			sleep 1m -> ok
			offline
			wait 90s
			playing 90 -> order stop_app`,
		"a restart forgets it, and not the volume": fading + `
			restart
			runs e1 1 90 -> volume to 20
			done
			level 20
			wait 1h`,
		"a restart forgets it": started + `
			sleep 30m -> ok
			restart
			runs e1 1 20
			wait 1h`,
		"stop while it fades": fading + `
			stop  -> volume to 20, order stop_app
			dones -> ok
			wait 1h`,
		"an announcement is heard, and then it sleeps": started + `
			sleep 15s  -> ok
			announce x -> load (x)
			loaded     -> ok
			playing    -> announcement_started x
			wait 20s
			finished   -> announcement_finished x: it was played to its end, load e1(a)
			loaded     -> order stop_app`,
		"an announcement while it fades is heard at the volume of before": fading + `
			announce x -> volume to 20, ok pending
			done       -> load (x)
			level 20
			loaded
			playing    -> announcement_started x
			finished   -> announcement_finished x: it was played to its end, load e1(a) at 100`,
	} {
		t.Run(name, func(t *testing.T) { newHouse().story(t, script) })
	}
}

func TestSleepAfterTheItem(t *testing.T) {
	for name, script := range map[string]string{
		"it fades towards the end of the item, and the next one waits": started + `
			level 20
			sleep after -> ok
			wait 90s
			wait 9s     -> volume to 18, volume to 16, volume to 14, volume to 12, volume to 10, volume to 8, volume to 6, volume to 4, volume to 2
			wait 5s     ->
			finished    -> item_finished a, order stop_app
			dones       -> volume to 20
			done
			queue       -> a*bc
			state       -> off at 0
			play        -> load e2(b)`,
		"sought back while it fades, the volume comes back": started + `
			level 20
			sleep after -> ok
			wait 95s    -> volume to 18, volume to 16, volume to 14, volume to 12, volume to 10
			dones
			seek 10     -> seek to 10
			done        -> volume to 20, ok`,
		"nothing stands ahead then": queued + `
			sleep after -> ok, ahead nothing
			sleep off   -> ok, ahead e2(b)`,
		"the receiver has gone on though: it is closed": queued + `
			sleep after -> ok, ahead nothing
			goes-on e2  -> item_finished a, order stop_app
			done
			queue       -> a*bc`,
		"at the end of the queue the queue is at its end": started + `
			remove e2 e3 -> ok
			sleep after  -> ok
			finished     -> item_finished a, queue_finished, order stop_app`,
		"repeat one begins anew tomorrow": started + `
			repeat one  -> ok
			sleep after -> ok
			finished    -> item_finished a, order stop_app
			done
			play        -> load e1(a)`,
		"a picture is the last": `
			online
			play a b shown 8 -> load e1(a)
			loaded      -> ok
			playing     -> item_started a
			sleep after -> ok
			wait 8s     -> volume to 26, volume to 23, volume to 19, volume to 15, volume to 11, volume to 8, volume to 4, item_finished a, order stop_app`,
		"skipped: it is the next item's end": started + `
			sleep after -> ok
			next        -> load e2(b)
			loaded      -> ok
			playing     -> item_started b
			finished    -> item_finished b, order stop_app`,
		"stopped: it is forgotten": started + `
			sleep after -> ok
			stop        -> order stop_app
			done        -> ok
			play        -> load e1(a)
			loaded      -> ok
			playing     -> item_started a
			finished    -> item_finished a, load e2(b)`,
		"where nothing plays there is nothing to wait for": `
			online
			sleep after -> ok
			play a b    -> load e1(a)
			loaded      -> ok
			playing     -> item_started a
			finished    -> item_finished a, load e2(b)`,
	} {
		t.Run(name, func(t *testing.T) { newHouse().story(t, script) })
	}
}
