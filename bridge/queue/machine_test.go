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

func TestPlaying(t *testing.T) {
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
		{"offline", "speed 1.5", "offline"},
		{"offline", "subtitles 1", "offline"},
		{"off; idle", "speed 1.5", "not_playing"},
		{"off; idle", "subtitles 1", "not_playing"},
		{"foreign", "speed 1.5", "rate to 1.5"},
		{"foreign", "subtitles 1", "track 1"},
		{"foreign, silent", "speed 1.5", "unsupported"},
		{"foreign, silent", "subtitles 1", "unsupported"},
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
