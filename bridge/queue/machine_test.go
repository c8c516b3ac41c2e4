package queue

import (
	"strings"
	"testing"
)

// started is how most stories begin: the device is there and plays a, b and c wait.
const started = `
	online
	play a b c -> load e1(a)
	loaded     -> ok
	playing    -> item_started a
`

func TestMachine(t *testing.T) {
	for name, script := range map[string]string{
		"play loads the first and answers when the device has it": started + `
			queue -> *abc
			state -> playing at 0`,
		"state is buffering from the accepted load": `
			online
			play a  -> load e1(a)
			state   -> buffering at 0`,
		"the queue plays on by itself": started + `
			finished -> item_finished a, load e2(b)
			loaded
			playing  -> item_started b
			queue    -> a*bc`,
		"the end of the queue is rest, with nothing current": started + `
			remove e2 e3 -> ok
			finished -> item_finished a, queue_finished
			idle
			queue    -> a
			state    -> idle at 0`,
		"a late end of an older session moves nothing": started + `
			next  -> load e2(b)
			late
			queue -> a*bc`,
		"an end is believed once": started + `
			finished -> item_finished a, load e2(b)
			finished
			loaded
			playing  -> item_started b`,
		"after its end the queue goes on with what was added since": started + `
			remove e2 e3 -> ok
			finished -> item_finished a, queue_finished
			idle
			add d    -> ok
			play     -> load e4(d)`,
		"after its end the queue begins again where nothing was added": started + `
			remove e2 e3 -> ok
			finished -> item_finished a, queue_finished
			idle
			play     -> load e1(a)`,
		"an empty queue cannot be played": `
			online
			play -> not_found`,

		"a refused item is marked, and the next is tried for the same answer": `
			online
			play a b  -> load e1(a)
			refused   -> item_failed a, load e2(b)
			loaded    -> ok refused e1
			queue     -> !a*b`,
		"an app that does not start is no item's failure": `
			online
			play a b   -> load e1(a)
			unlaunched -> rejected
			queue      -> *ab
			play       -> load e1(a)`,
		"a queue in which all is refused comes to rest": `
			online
			repeat all -> ok
			play a b   -> load e1(a)
			refused    -> item_failed a, load e2(b)
			refused    -> item_failed b, queue_finished, rejected refused e1 refused e2
			play       -> rejected`,
		"a refused entry is skipped until it is asked for by name": `
			online
			repeat all -> ok
			play a b   -> load e1(a)
			refused    -> item_failed a, load e2(b)
			loaded     -> ok refused e1
			playing    -> item_started b
			finished   -> item_finished b, load e2(b)
			loaded
			jump e1    -> load e1(a)
			queue      -> *ab`,
		"an item that breaks in the middle gives way to the next": started + `
			broke -> item_failed a, load e2(b)
			queue -> !a*bc`,

		"repeat one plays the same again; next leaves it": started + `
			repeat one -> ok
			finished   -> item_finished a, load e1(a)
			loaded
			playing    -> item_started a
			next       -> load e2(b)`,
		"repeat all begins again at the end": started + `
			repeat all   -> ok
			remove e2 e3 -> ok
			finished     -> item_finished a, load e1(a)`,
		"next at the end ends the queue": started + `
			remove e2 e3 -> ok
			next  -> queue_finished, order stop_media
			done  -> ok
			queue -> a`,
		"previous early in an item goes to the one before": started + `
			next     -> load e2(b)
			loaded   -> ok
			playing  -> item_started b
			wait 5s
			previous -> load e1(a)`,
		"previous later than 5 s restarts the item": started + `
			next     -> load e2(b)
			loaded   -> ok
			playing  -> item_started b
			wait 6s
			previous -> seek to 0
			done     -> ok`,
		"previous at the first restarts it": started + `
			previous -> seek to 0`,

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

		"enqueue play inserts behind the current entry and starts": started + `
			insert x y -> load e4(x)
			queue      -> a*xybc`,
		"enqueue next inserts and never starts": started + `
			next-up x y -> ok
			queue       -> *axybc`,
		"enqueue next with nothing current inserts at 0": `
			online
			add a b   -> ok
			next-up x -> ok
			queue     -> xab`,
		"add never starts playback": `
			online
			add a b -> ok
			state   -> off at 0`,
		"play from a position": `
			online
			play a from 33 -> load e1(a) at 33`,

		"what is added may begin later than at its start": started + `
			add d from 30 -> ok
			jump e4       -> load e4(d) at 30`,
		"removing the current entry plays the next if it played": started + `
			remove e1 -> load e2(b), ok
			queue     -> *bc`,
		"removing the current entry while paused makes the next current": started + `
			pause -> order pause
			done  -> ok
			paused 3
			remove e1 -> order stop_media, ok
			queue     -> *bc
			state     -> idle at 0`,
		"removing the last entry while it plays ends the queue": started + `
			remove e2 e3 -> ok
			remove e1    -> order stop_media, queue_finished, ok`,
		"removing the entry of a waiting load cancels that": `
			online
			play a b  -> load e1(a)
			remove e1 -> load e2(b), conflict, ok`,
		"removing what is not there changes nothing": started + `
			remove e2 e9 -> not_found
			queue        -> *abc`,
		"move gives an entry the index it has afterwards": started + `
			move e1 2 -> ok
			queue     -> bc*a
			move e3 0 -> ok
			queue     -> cb*a
			move e3 3 -> invalid`,
		"jump plays an entry": started + `
			jump e3 -> load e3(c)
			queue   -> ab*c
			jump e9 -> ok pending, not_found`,
		"clear leaves the receiver idle": started + `
			clear -> order stop_media
			done  -> ok
			idle
			queue ->
			state -> idle at 0`,
		"clear with keep_current leaves what plays": started + `
			clear keep -> ok
			queue      -> *a
			state      -> playing at 0`,
		"shuffle keeps the current entry first, and can be undone": started + `
			next       -> load e2(b)
			loaded     -> ok
			playing    -> item_started b
			add d      -> ok
			shuffle on -> ok
			queue      -> *bcda
			shuffle off -> ok
			queue      -> a*bcd`,
		"what is added while shuffled has its place when that is undone": started + `
			shuffle on  -> ok
			queue       -> *acb
			next-up x   -> ok
			add y       -> ok
			queue       -> *axcby
			shuffle off -> ok
			queue       -> *axbcy`,
		"an edit of another revision is refused": started + `
			add d at 7 -> conflict
			add d at 1 -> ok
			play d at 1 -> conflict
			queue       -> *abcd`,

		"volume is capped, and says so": `
			online
			volume 80 -> volume to 60
			done      -> ok capped`,
		"volume steps add up before the device has answered": `
			online
			volume +5 -> volume to 35
			volume +5 -> volume to 40`,
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

		"a takeover stops the queue, and play takes it back": started + `
			wait 15s
			interrupted
			other -> taken_over a
			queue -> *abc
			state -> playing foreign at 15
			play  -> load e1(a) at 15`,
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

		"pictures turn after their time": `
			online
			play a b shown 8 -> load e1(a)
			loaded  -> ok
			playing -> item_started a
			wait 8s -> item_finished a, load e2(b)
			loaded
			playing -> item_started b
			wait 60s
			queue   -> a*b`,
	} {
		t.Run(name, func(t *testing.T) { newHouse().story(t, script) })
	}
}

// TestSituations is the contract's table of what a command does by the device's situation.
func TestSituations(t *testing.T) {
	situations := map[string]string{
		"offline":         "add a b -> ok",
		"off":             "online\nadd a b -> ok",
		"idle":            "idle\nadd a b -> ok",
		"foreign":         "online\nadd a b -> ok\nother",
		"foreign, silent": "online\nadd a b -> ok\nother mute",
		"offline, empty":  "",
		"off, empty":      "online",
		"foreign, empty":  "other",
		"silent, empty":   "other mute",
	}
	for _, row := range []struct{ situations, command, effect string }{
		{"offline", "play x", "offline queued"},
		{"offline", "jump e2", "offline queued"},
		{"off; idle", "play x", "load e3(x)"},
		{"off; idle", "jump e2", "load e2(b)"},
		{"foreign; foreign, silent", "play x", "load e3(x)"},
		{"foreign; foreign, silent", "jump e2", "load e2(b)"},

		{"offline; offline, empty", "play", "offline"},
		{"off; idle", "play", "load e1(a)"},
		{"off, empty", "play", "not_found"},
		{"foreign; foreign, silent", "play", "load e1(a)"},
		{"foreign, empty", "play", "order resume"},
		{"silent, empty", "play", "unsupported"},

		{"offline", "resume", "offline"},
		{"offline", "toggle", "offline"},
		{"off; idle", "resume", "load e1(a)"},
		{"off; idle", "toggle", "load e1(a)"},
		{"off, empty", "resume", "not_found"},
		{"foreign", "resume", "order resume"},
		{"foreign", "toggle", "order pause"},
		{"foreign, silent", "resume", "unsupported"},
		{"foreign, silent", "toggle", "unsupported"},

		{"offline", "pause", "offline"},
		{"offline", "stop", "offline"},
		{"off; idle", "pause", "ok"},
		{"off; idle", "stop", "ok"},
		{"foreign", "pause", "order pause"},
		{"foreign", "stop", "order stop_media"},
		{"foreign, silent", "pause", "unsupported"},
		{"foreign, silent", "stop", "unsupported"},

		{"offline", "wake", "offline"},
		{"off", "wake", "order wake"},
		{"idle", "wake", "ok"},
		{"foreign; foreign, silent", "wake", "unsupported"},

		{"offline", "seek 5", "offline"},
		{"offline", "next", "offline"},
		{"offline", "previous", "offline"},
		{"off; idle", "seek 5", "not_playing"},
		{"off; idle", "next", "not_playing"},
		{"off; idle", "previous", "not_playing"},
		{"foreign", "seek 5", "seek to 5"},
		{"foreign", "next", "order next"},
		{"foreign", "previous", "order previous"},
		{"foreign, silent", "seek 5", "unsupported"},
		{"foreign, silent", "next", "unsupported"},
		{"foreign, silent", "previous", "unsupported"},

		{"offline", "volume 20", "offline"},
		{"offline", "mute on", "offline"},
		{"off; idle; foreign; foreign, silent", "volume 20", "volume to 20"},
		{"off; idle; foreign; foreign, silent", "mute on", "mute true"},

		{"offline; off; idle; foreign; foreign, silent", "add x", "ok"},
		{"offline; off; idle; foreign; foreign, silent", "next-up x", "ok"},
		{"offline; off; idle; foreign; foreign, silent", "remove e1", "ok"},
		{"offline; off; idle; foreign; foreign, silent", "move e1 1", "ok"},
		{"offline; off; idle; foreign; foreign, silent", "clear", "ok"},
		{"offline; off; idle; foreign; foreign, silent", "shuffle on", "ok"},
		{"offline; off; idle; foreign; foreign, silent", "repeat all", "ok"},
		{"offline; off; idle; foreign; foreign, silent", "look", "ok"},
	} {
		for situation := range strings.SplitSeq(row.situations, "; ") {
			t.Run(situation+"/"+row.command, func(t *testing.T) {
				before, ok := situations[situation]
				if !ok {
					t.Fatalf("no situation %q", situation)
				}
				newHouse().story(t, before+"\n"+row.command+" -> "+row.effect)
			})
		}
	}
}

// story runs a script and compares the effects of each line with what the line says.
func (h *house) story(t *testing.T, script string) {
	t.Helper()
	for line := range strings.Lines(script) {
		do, want, _ := strings.Cut(strings.TrimSpace(line), "->")
		do, want = strings.TrimSpace(do), strings.TrimSpace(want)
		if do == "" {
			continue
		}
		if got := h.run(t, do); got != want {
			t.Errorf("%s\n got  -> %s\n want -> %s", do, got, want)
		}
	}
}
