package queue

import "testing"

func TestTransport(t *testing.T) {
	for name, script := range map[string]string{
		"pause answers when the device has confirmed": started + `
			pause -> order pause
			done  -> ok
			paused 3
			state -> paused at 3`,
		"a device that does not answer for 5 s has refused": started + `
			pause   -> order pause
			wait 5s -> rejected`,
		"a device that says no has refused": started + `
			pause  -> order pause
			denied -> rejected`,
		"pause during a load is kept and applied when it plays": `
			online
			play a  -> load e1(a)
			pause   -> ok pending, ok
			loaded  -> order pause`,
		"pause during a load, then resume": `
			online
			play a -> load e1(a)
			pause  -> ok pending, ok
			resume -> ok pending
			loaded`,
		"seek during a load is where it starts": `
			online
			play a  -> load e1(a)
			seek 40 -> ok pending, ok
			loaded  -> seek to 40`,
		"speed and subtitles wait for nothing: while it loads there is nothing to change": `
			online
			play a      -> load e1(a)
			speed 1.5   -> ok pending, not_playing
			subtitles 1 -> not_playing`,
		"speed and subtitles where the device can": started + `
			able
			speed 1.5   -> rate to 1.5
			done        -> ok
			subtitles 2 -> track 2
			denied      -> rejected
			subtitles 0 -> track 0
			done        -> ok`,
		"speed and subtitles where it cannot": started + `
			speed 1.5   -> unsupported
			subtitles 1 -> unsupported`,
		"toggle pauses what plays and resumes what is paused": started + `
			toggle -> order pause
			done   -> ok
			paused 3
			toggle -> order resume
			done   -> ok`,
		"seek stops at the ends": started + `
			seek 500 -> seek to 100
			done     -> ok
			seek -900 -> seek to 0`,
		"seek by an offset counts from where it is": started + `
			wait 10s
			seek +30 -> seek to 40`,

		"seek steps add up before the device has answered": started + `
			wait 10s
			seek +30 -> seek to 40
			seek +30 -> seek to 70
			done     -> ok
			done     -> ok
			state    -> playing at 70`,
		"a seek shows with its answer": started + `
			wait 10s
			seek 60 -> seek to 60
			state   -> playing at 10
			done    -> ok
			state   -> playing at 60`,
		"a seek the device refuses changes nothing": started + `
			wait 10s
			seek 60 -> seek to 60
			denied  -> rejected
			state   -> playing at 10`,
		"previous, twice in a moment, goes back to the one before": started + `
			next     -> load e2(b)
			loaded   -> ok
			playing  -> item_started b
			wait 30s
			previous -> seek to 0
			previous -> load e1(a)`,
		"resume right after pause is sent, whatever the device tells meanwhile": started + `
			pause   -> order pause
			resume  -> order resume
			playing
			done    -> ok
			done    -> ok
			playing
			resume  -> ok`,
		"pause right after resume is sent": started + `
			pause   -> order pause
			done    -> ok
			paused 3
			resume  -> order resume
			pause   -> order pause
			done    -> ok
			paused 3
			done    -> ok
			paused 3
			pause   -> ok`,
		"toggle, twice in a moment, plays on": started + `
			toggle -> order pause
			toggle -> order resume`,
		"play right after stop loads again": started + `
			wait 30s
			stop -> order stop_app
			play -> load e1(a) at 30
			done -> ok
			off
			loaded  -> ok
			playing -> item_started a`,
		"what is being stopped is off as soon as that is answered": started + `
			wait 20s
			stop  -> order stop_app
			cancelled
			done  -> ok
			state -> off at 20`,

		"stop closes the app and keeps entry and position": started + `
			wait 30s
			stop  -> order stop_app
			done  -> ok
			off
			queue -> *abc
			state -> off at 30
			play  -> load e1(a) at 30`,
		"stop cancels a load": `
			online
			play a -> load e1(a)
			stop   -> order stop_app, conflict
			done   -> ok
			playing
			state  -> idle at 0`,
		"a stop the device refuses changes nothing": started + `
			stop   -> order stop_app
			denied -> rejected
			state  -> playing at 0`,
		"stopped from elsewhere, the queue waits where it was": started + `
			wait 20s
			cancelled
			idle
			state -> idle at 20
			play  -> load e1(a) at 20`,
		"an app that closes after its idle time is resumed where it was": started + `
			wait 20s
			pause  -> order pause
			done   -> ok
			paused 20
			off
			state  -> off at 20
			resume -> load e1(a) at 20`,
		"volume is capped, and says so": `
			online
			volume 80 -> volume to 60
			done      -> ok capped`,
		"volume steps add up before the device has answered": `
			online
			volume +5 -> volume to 35
			volume +5 -> volume to 40`,
		"volume steps count from what was just set": `
			online
			volume 20 -> volume to 20
			done      -> ok
			volume +5 -> volume to 25`,
		"volume steps count from what the device made of it": `
			online
			volume 20 -> volume to 20
			done      -> ok
			level 19
			volume +5 -> volume to 24`,
		"volume steps count from what was, if it was refused": `
			online
			volume 20 -> volume to 20
			denied    -> rejected
			volume +5 -> volume to 35`,
		"volume stops at the ends": `
			online
			volume -80 -> volume to 0`,
		"a volume that is there already is no order": `
			online
			volume 30 -> ok`,
		"a fixed volume cannot be set": `
			fixed
			volume 20 -> unsupported`,
		"mute": `
			online
			mute on  -> mute true
			done     -> ok
			muted
			mute on  -> ok
			mute off -> mute false`,
		"mute off at once after mute on": `
			online
			mute on  -> mute true
			done     -> ok
			mute off -> mute false`,
		"muting that was refused is no muting": `
			online
			mute on  -> mute true
			denied   -> rejected
			mute off -> ok`,
		"mute toggles what was asked last": `
			online
			mute -> mute true
			mute -> mute false`,
		"wake starts the receiver": `
			online
			wake -> order wake
			done -> ok
			idle
			wake -> ok`,
		"play with something paused resumes": started + `
			pause -> order pause
			done  -> ok
			paused 3
			play  -> order resume`,
	} {
		t.Run(name, func(t *testing.T) { newHouse().story(t, script) })
	}
}

func TestLoads(t *testing.T) {
	for name, script := range map[string]string{
		"a new play replaces a load that waits": `
			online
			play a -> load e1(a)
			play b -> load e2(b), conflict
			loaded -> ok
			queue  -> *b`,
		"any other command lets a waiting load answer at once, and does not wait for it": `
			online
			play a    -> load e1(a)
			look      -> ok pending, ok
			volume 20 -> volume to 20
			done      -> ok`,
		"a load that takes long is answered as pending and goes on": `
			online
			play a  -> load e1(a)
			wait 5s -> ok pending
			wait 60s
			loaded
			playing -> item_started a`,
		"answers keep the order of the commands": started + `
			pause -> order pause
			look
			look
			done  -> ok, ok, ok`,
		"next goes on from a load that waits": `
			online
			play a b -> load e1(a)
			next     -> load e2(b), conflict
			queue    -> a*b`,
		"clear cancels a load": `
			online
			play a -> load e1(a)
			clear  -> order stop_media, conflict
			done   -> ok
			queue  ->`,
		"what was asked of an offline device waits, and does not start by itself": `
			play a b from 30 -> offline queued
			queue            -> *ab
			online
			wait 1m
			play             -> load e1(a) at 30`,
		"a jump on an offline device is where play goes on": `
			add a b c -> ok
			jump e2   -> offline queued
			online
			play      -> load e2(b)`,
	} {
		t.Run(name, func(t *testing.T) { newHouse().story(t, script) })
	}
}

func TestDisk(t *testing.T) {
	for name, script := range map[string]string{
		"an answer waits for the disk": started + `
			disk waits
			add d
			disk works -> ok`,
		"what could not be stored is no success, and is stored with the next": started + `
			disk waits
			add d
			disk full -> internal
			add e     -> ok
			restart
			queue     -> *abcde`,
		"all that was to be stored in one write fails with it": started + `
			disk waits
			add d
			add e
			disk full -> internal, internal`,
		"a broken disk is tried again after a while, and not at once": started + `
			disk broken
			add d   -> internal
			disk works
			wait 9s
			restart
			queue   -> *abc`,
		"what a broken disk refused is stored when that works again": started + `
			disk broken
			add d    -> internal
			wait 30s
			disk works
			wait 10s
			restart
			queue    -> *abcd`,
		"a position that could not be kept is no command's failure": started + `
			pause  -> order pause
			unkept
			done   -> ok`,
		"a load does not wait for the disk, its answer does": `
			online
			disk waits
			play a     -> load e1(a)
			loaded
			disk works -> ok`,
	} {
		t.Run(name, func(t *testing.T) { newHouse().story(t, script) })
	}
}
