package queue

import "testing"

// spoken is a film at 20 s, and an announcement on top of it.
const spoken = started + `
	wait 20s
	announce x -> load (x)
	loaded     -> ok
	playing    -> announcement_started x
`

func TestAnnouncements(t *testing.T) {
	for name, script := range map[string]string{
		"what played goes on where it was": spoken + `
			state    -> playing says x at 0
			queue    -> *abc
			wait 8s
			finished -> announcement_finished x: it was played to its end, load e1(a) at 20
			loaded
			playing
			state    -> playing at 20
			queue    -> *abc`,
		"the queue goes on by itself afterwards": spoken + `
			finished -> announcement_finished x: it was played to its end, load e1(a) at 20
			loaded
			playing
			finished -> item_finished a, load e2(b)`,
		"what was paused waits": started + `
			pause      -> order pause
			done       -> ok
			paused 33
			announce x -> load (x)
			loaded     -> ok
			playing    -> announcement_started x
			finished   -> announcement_finished x: it was played to its end, load e1(a) at 33 paused
			loaded
			paused 33
			state      -> paused at 33`,
		"what was paused waits though the device plays it": started + `
			pause      -> order pause
			done       -> ok
			paused 33
			announce x -> load (x)
			loaded     -> ok
			playing    -> announcement_started x
			finished   -> announcement_finished x: it was played to its end, load e1(a) at 33 paused
			loaded
			playing 33 -> order pause`,
		"what is resumed while it comes back plays": started + `
			pause      -> order pause
			done       -> ok
			paused 33
			announce x -> load (x)
			loaded     -> ok
			playing    -> announcement_started x
			finished   -> announcement_finished x: it was played to its end, load e1(a) at 33 paused
			resume     -> ok pending
			loaded     -> order resume`,
		"what was off is closed": `
			online
			add a b    -> ok
			announce x -> load (x)
			loaded     -> ok
			playing    -> announcement_started x
			finished   -> announcement_finished x: it was played to its end, order stop_app
			done
			off
			state      -> off at 0
			queue      -> ab`,
		"what was idle is left empty": `
			idle
			add a b    -> ok
			announce x -> load (x)
			loaded     -> ok
			playing    -> announcement_started x
			finished   -> announcement_finished x: it was played to its end
			idle
			state      -> idle at 0`,
		"what buffered goes on": started + `
			wait 20s
			buffering 20
			announce x -> load (x)
			loaded     -> ok
			playing    -> announcement_started x
			finished   -> announcement_finished x: it was played to its end, load e1(a) at 20`,
		"a seek under way counts": started + `
			seek 60    -> seek to 60
			announce x -> load (x)
			done       -> ok
			loaded     -> ok
			playing    -> announcement_started x
			finished   -> announcement_finished x: it was played to its end, load e1(a) at 60`,
		"speed and subtitles come back": started + `
			fast
			wait 20s
			announce x -> load (x)
			loaded     -> ok
			playing    -> announcement_started x
			finished   -> announcement_finished x: it was played to its end, load e1(a) at 30
			loaded
			able 30    -> rate to 1.5, track 7`,
		"a picture is shown for what it had left": `
			online
			play a b shown 8 -> load e1(a)
			loaded     -> ok
			playing    -> item_started a
			wait 6s
			announce x -> load (x)
			loaded     -> ok
			playing    -> announcement_started x
			wait 8s
			finished   -> announcement_finished x: it was played to its end, load e1(a) at 6
			loaded
			playing
			wait 1s
			wait 1s    -> item_finished a, load e2(b)`,
		"what stood ahead stands there again": queued + `
			wait 20s
			announce x -> load (x)
			loaded     -> ok
			playing    -> announcement_started x
			finished   -> announcement_finished x: it was played to its end, load e1(a) at 20
			loaded     -> ahead e2(b)
			playing
			goes-on e2 -> item_finished a, ahead e3(c)`,
		"a picture is shown for its time": started + `
			wait 20s
			announce x shown 10 -> load (x)
			loaded     -> ok
			playing    -> announcement_started x
			wait 10s   -> announcement_finished x: it was played to its end, load e1(a) at 20`,
		"a picture where nothing was loaded is taken away": `
			idle
			announce x shown 10 -> load (x)
			loaded     -> ok
			playing    -> announcement_started x
			wait 10s   -> announcement_finished x: it was played to its end, order stop_media`,
		"what has no length and no end is waited for": started + `
			announce x endless -> load (x)
			loaded     -> ok
			playing 0  -> announcement_started x
			wait 1h
			finished   -> announcement_finished x: it was played to its end, load e1(a)`,
		"the device answers no: everything comes back all the same": started + `
			wait 20s
			announce x -> load (x)
			refused    -> load e1(a) at 20, rejected
			loaded
			playing
			state      -> playing at 20`,
		"it breaks off: everything comes back": spoken + `
			broke -> announcement_finished x: it broke off: it could not be decoded, load e1(a) at 20`,
		"an app that may not start is not asked for again": `
			online
			add a      -> ok
			announce x -> load (x)
			unlaunched -> rejected
			state      -> off at 0`,
		"a late end of what it interrupted moves nothing": started + `
			wait 20s
			announce x -> load (x)
			late
			loaded     -> ok
			playing    -> announcement_started x
			queue      -> *abc`,
		"offline there is nothing to hear": `
			add a      -> ok
			announce x -> offline`,
		"another holds the device": `
			online
			other
			announce x -> unsupported`,
		"another that is forced out cannot come back": `
			online
			add a            -> ok
			other
			announce x force -> load (x)
			loaded           -> ok lost
			playing          -> announcement_started x
			finished         -> announcement_finished x: it was played to its end, order stop_app
			done
			off
			queue            -> a`,
	} {
		t.Run(name, func(t *testing.T) { newHouse().story(t, script) })
	}
}

func TestAnnouncementsInALine(t *testing.T) {
	for name, script := range map[string]string{
		"one after the other, and one restore": spoken + `
			announce y -> ok pending
			announce z -> ok pending
			finished   -> announcement_finished x: it was played to its end, load (y)
			loaded
			playing    -> announcement_started y
			finished   -> announcement_finished y: it was played to its end, load (z)
			loaded
			playing    -> announcement_started z
			finished   -> announcement_finished z: it was played to its end, load e1(a) at 20`,
		"eight may wait": spoken + `
			announce 1 -> ok pending
			announce 2 -> ok pending
			announce 3 -> ok pending
			announce 4 -> ok pending
			announce 5 -> ok pending
			announce 6 -> ok pending
			announce 7 -> ok pending
			announce 8 -> ok pending
			announce 9 -> busy`,
		"one that is refused gives way to the next": spoken + `
			announce y -> ok pending
			announce z -> ok pending
			finished   -> announcement_finished x: it was played to its end, load (y)
			refused    -> load (z)
			loaded
			playing    -> announcement_started z
			finished   -> announcement_finished z: it was played to its end, load e1(a) at 20`,
		"it waits for a load": `
			online
			play a     -> load e1(a)
			announce x -> ok pending, ok pending
			loaded     -> load (x)
			loaded
			playing    -> announcement_started x
			finished   -> announcement_finished x: it was played to its end, load e1(a)`,
		"it waits for a load that is refused": `
			online
			play a     -> load e1(a)
			announce x -> ok pending, ok pending
			refused    -> item_failed a, queue_finished, load (x)
			loaded
			playing    -> announcement_started x
			finished   -> announcement_finished x: it was played to its end, order stop_app`,
		"it waits until the app is closed": started + `
			wait 20s
			stop       -> order stop_app
			announce x
			done       -> ok, ok pending, load (x)
			loaded
			playing    -> announcement_started x
			finished   -> announcement_finished x: it was played to its end, order stop_app
			done
			state      -> off at 20`,
		"it waits until everything is back": spoken + `
			finished   -> announcement_finished x: it was played to its end, load e1(a) at 20
			announce y -> ok pending
			loaded     -> load (y)
			loaded
			playing    -> announcement_started y
			finished   -> announcement_finished y: it was played to its end, load e1(a) at 20`,
		"next ends one, stop ends all": spoken + `
			announce y -> ok pending
			announce z -> ok pending
			next       -> announcement_finished x: ended by next, load (y), ok
			loaded
			playing    -> announcement_started y
			stop       -> announcement_finished y: ended by stop, load e1(a) at 20
			loaded     -> ok
			playing
			wait 1m
			state      -> playing at 80`,
	} {
		t.Run(name, func(t *testing.T) { newHouse().story(t, script) })
	}
}

func TestAnnouncementsLoud(t *testing.T) {
	for name, script := range map[string]string{
		"its own volume, and back": started + `
			announce x loud 50 -> load (x), volume to 50
			done
			loaded             -> ok
			playing            -> announcement_started x
			finished           -> announcement_finished x: it was played to its end, volume to 30, load e1(a)
			done
			loaded
			playing`,
		"never louder than is allowed": started + `
			announce x loud 90 -> load (x), volume to 60
			loaded             -> ok capped`,
		"a volume set meanwhile stays": started + `
			announce x loud 50 -> load (x), volume to 50
			done
			loaded    -> ok
			playing   -> announcement_started x
			volume 20 -> volume to 20
			done      -> ok
			playing
			finished  -> announcement_finished x: it was played to its end, load e1(a)`,
		"the volume that is there already, asked for, stays too": started + `
			announce x loud 50 -> load (x), volume to 50
			done
			loaded    -> ok
			playing   -> announcement_started x
			volume 50 -> ok
			finished  -> announcement_finished x: it was played to its end, load e1(a)`,
		"a volume set at the device stays": started + `
			announce x loud 50 -> load (x), volume to 50
			done
			loaded    -> ok
			playing   -> announcement_started x
			level 40
			finished  -> announcement_finished x: it was played to its end, load e1(a)`,
		"the level that a device makes of it is nobody's": started + `
			announce x loud 50 -> load (x), volume to 50
			done
			level 53
			loaded    -> ok
			playing   -> announcement_started x
			finished  -> announcement_finished x: it was played to its end, volume to 30, load e1(a)`,
		"an old level that is told once more is nobody's": started + `
			announce x loud 50 -> load (x), volume to 50
			done
			level 30
			level 50
			loaded    -> ok
			playing   -> announcement_started x
			finished  -> announcement_finished x: it was played to its end, volume to 30, load e1(a)`,
		"without a volume nothing is set, and nothing is put back": started + `
			announce x -> load (x)
			loaded     -> ok
			playing    -> announcement_started x
			level 35
			finished   -> announcement_finished x: it was played to its end, load e1(a)`,
		"one with a volume is heard on a mute device": started + `
			muted
			announce x loud 50 -> load (x), volume to 50, mute false
			done
			done
			loaded    -> ok
			playing   -> announcement_started x
			finished  -> announcement_finished x: it was played to its end, volume to 30, mute true, load e1(a)`,
		"a mute set meanwhile stays": started + `
			muted
			announce x loud 50 -> load (x), volume to 50, mute false
			done
			done
			loaded    -> ok
			playing   -> announcement_started x
			mute off  -> ok
			finished  -> announcement_finished x: it was played to its end, volume to 30, load e1(a)`,
		"a mute device whose volume is fixed is heard too": `
			fixed
			muted
			announce x loud 50 -> load (x), mute false
			done
			loaded             -> ok
			playing            -> announcement_started x
			finished           -> announcement_finished x: it was played to its end, mute true`,
		"a fixed volume is left alone": `
			fixed
			announce x loud 50 -> load (x)
			loaded             -> ok`,
		"the next one has a volume of its own, and the first plan": started + `
			announce x loud 50 -> load (x), volume to 50
			done
			announce y loud 40 -> ok pending, ok pending
			loaded
			playing   -> announcement_started x
			finished  -> announcement_finished x: it was played to its end, load (y), volume to 40
			done
			loaded
			playing   -> announcement_started y
			finished  -> announcement_finished y: it was played to its end, volume to 30, load e1(a)`,
	} {
		t.Run(name, func(t *testing.T) { newHouse().story(t, script) })
	}
}

func TestCommandsDuringAnAnnouncement(t *testing.T) {
	for name, script := range map[string]string{
		"next ends it": spoken + `
			next    -> announcement_finished x: ended by next, load e1(a) at 20
			loaded  -> ok
			playing
			state   -> playing at 20`,
		"stop ends it": spoken + `
			stop    -> announcement_finished x: ended by stop, load e1(a) at 20
			loaded  -> ok`,
		"stop where nothing was loaded stops it": `
			idle
			announce x -> load (x)
			loaded     -> ok
			playing    -> announcement_started x
			stop       -> announcement_finished x: ended by stop, order stop_media
			done       -> ok
			idle
			state      -> idle at 0`,
		"stop before it is heard": started + `
			wait 20s
			announce x -> load (x)
			stop       -> load e1(a) at 20, conflict
			loaded     -> ok`,
		"stop before the app has started": `
			online
			announce x -> load (x)
			stop       -> order stop_app, conflict
			done       -> ok
			state      -> off at 0`,
		"play cancels what would come back, but for the volume": started + `
			announce x loud 50 -> load (x), volume to 50
			done
			loaded   -> ok
			playing  -> announcement_started x
			play y   -> announcement_finished x: something else was played, volume to 30, load e4(y)
			loaded   -> ok
			done
			playing  -> item_started y
			queue    -> *y`,
		"play during its load": started + `
			announce x -> load (x)
			play y     -> load e4(y), conflict
			loaded     -> ok`,
		"a jump is a play": spoken + `
			jump e2 -> announcement_finished x: something else was played, load e2(b)
			loaded  -> ok`,
		"play without anything goes on with the queue": spoken + `
			play   -> announcement_finished x: something else was played, load e1(a) at 20
			loaded -> ok`,
		"pause and resume are the announcement's": spoken + `
			pause    -> order pause
			done     -> ok
			paused 3
			state    -> paused says x at 3
			resume   -> order resume
			done     -> ok
			playing 3
			finished -> announcement_finished x: it was played to its end, load e1(a) at 20`,
		"previous begins it again": spoken + `
			wait 6s
			previous -> seek to 0
			done     -> ok`,
		"edits are the queue's": spoken + `
			add d      -> ok
			move e1 1  -> ok
			shuffle on -> ok
			queue      -> *acdb
			finished   -> announcement_finished x: it was played to its end, load e1(a) at 20`,
		"what played is removed: the next plays": spoken + `
			remove e1 -> ok
			queue     -> *bc
			finished  -> announcement_finished x: it was played to its end, load e2(b)
			loaded
			playing   -> item_started b`,
		"the queue is cleared: nothing is left": spoken + `
			clear    -> ok
			queue    ->
			finished -> announcement_finished x: it was played to its end
			state    -> idle at 0`,
		"an edit does not take its answer": started + `
			announce x -> load (x)
			remove e1  -> ok pending, ok`,
		"wake has nothing to do": spoken + `
			wake -> ok`,
	} {
		t.Run(name, func(t *testing.T) { newHouse().story(t, script) })
	}
}
