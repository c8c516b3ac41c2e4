package bridge

import "testing"

func TestWhatIsPlayed(t *testing.T) {
	for name, script := range map[string]string{
		"a query plays the first result": kitchen + `
			> kitchen: play aliens
			kitchen does load e1 http://10.0.0.1/aliens
			kitchen queue 1: *aliens
			kitchen state buffering Aliens at 0, 0 of 1`,
		"a query of one kind": kitchen + `
			> kitchen: queue_add bluey kind=show
			kitchen answers queue_add: ok e1
			kitchen queue 1: bluey1 bluey2
			kitchen state off`,
		"a query that nothing matches": kitchen + `
			> kitchen: play blooey
			kitchen answers play: not_found`,
		"a container plays what it holds, in order": kitchen + `
			> kitchen: play item=blueys
			kitchen does load e1 http://10.0.0.1/bluey1
			kitchen queue 1: *bluey1 bluey2
			kitchen state buffering Bluey at 0, 0 of 2`,
		"an empty container": kitchen + `
			> kitchen: play item=empty
			kitchen answers play: not_found`,
		"an item that is not there": kitchen + `
			> kitchen: play items=alien,nothing
			kitchen answers play: not_found`,
		"a list, containers in it opened": kitchen + `
			> kitchen: queue_add items=hurt,blueys
			kitchen answers queue_add: ok e1
			kitchen queue 1: hurt bluey1 bluey2
			kitchen state off`,
		"a result of the last search": kitchen + `
			. kitchen: search bluey
			> kitchen: play result=2
			kitchen does load e1 http://10.0.0.1/bluey2
			kitchen queue 1: *bluey2
			kitchen state buffering Bluey at 0, 0 of 1`,
		"a result counts from where the search began": kitchen + `
			. kitchen: search bluey offset=1
			> kitchen: queue_add result=1
			kitchen answers queue_add: ok e1
			kitchen search "bluey" bluey2 blueys, chosen 1
			kitchen queue 1: bluey2
			kitchen state off`,
		"a result that is not there": kitchen + `
			> kitchen: play result=1
			kitchen answers play: not_found`,
		"a quiet search leaves no trace": kitchen + `
			. kitchen: search bluey
			> kitchen: search alien quiet=yes
			kitchen answers search: ok 2 from 0: alien aliens
			> kitchen: queue_add result=1
			kitchen answers queue_add: ok e1
			kitchen search "bluey" bluey1 bluey2 blueys, chosen 1
			kitchen queue 1: bluey1
			kitchen state off`,
		"a quiet search on the bridge": `
			> bridge: search alien quiet=yes
			bridge answers search: ok 2 from 0: alien aliens`,
		"an empty search clears": kitchen + `
			. kitchen: search bluey
			> kitchen: search
			kitchen answers search: ok 0 from 0:
			kitchen search ""
			> kitchen: play result=1
			kitchen answers play: not_found`,
		"what a speaker cannot play comes last, and says why": `
			. appears Radio id=a1 kind=audio
			. radio online
			> radio: search u
			radio answers search: ok 4 from 0: hurt blueys bluey1(Radio has no screen) bluey2(Radio has no screen)
			radio search "u" hurt blueys bluey1(Radio has no screen) bluey2(Radio has no screen)`,
		"a speaker refuses a film": `
			. appears Radio id=a1 kind=audio
			. radio online
			> radio: play alien
			radio answers play: unsupported
			> radio: play url=http://x/film.mp4
			radio answers play: unsupported`,
		"a speaker plays of a mixed bag what it can": `
			. appears Radio id=a1 kind=audio
			. radio online
			> radio: play item=mixed
			radio does load e1 http://10.0.0.1/hurt
			radio queue 1: *hurt
			radio state buffering Hurt at 0, 0 of 1`,
		"what is added while the device is offline waits there": `
			. appears Kitchen id=a1
			> kitchen: play alien
			kitchen answers play: offline queued e1
			kitchen queue 1: *alien
			kitchen state off Alien at 0, 0 of 1
			> kitchen online
			kitchen state off Alien at 0, 0 of 1, volume 30
			kitchen online
			bridge devices kitchen+`,
		"an edit of another revision changes nothing": kitchen + `
			. kitchen: queue_add alien
			> kitchen: queue_add hurt revision=7
			kitchen answers queue_add: conflict
			> kitchen: queue_add hurt revision=1
			kitchen answers queue_add: ok e2
			kitchen queue 2: alien hurt
			kitchen state off`,
		"a container is listed": kitchen + `
			> kitchen: browse blueys
			kitchen answers browse: ok "All of Bluey": bluey1 bluey2
			> kitchen: browse nothing
			kitchen answers browse: not_found
			> bridge: browse
			bridge answers browse: ok "": mixed empty`,
		"what needs a device": kitchen + `
			> bridge: pause
			bridge answers pause: invalid`,
		"a scan": `
			> bridge: rescan
			bridge answers rescan: ok
			> bridge: rescan films
			bridge answers rescan: ok
			> bridge: rescan elsewhere
			bridge answers rescan: not_found`,
		"what happens in the library is told": `
			> library gained 3
			bridge event library_updated films
			bridge library 6`,
	} {
		t.Run(name, func(t *testing.T) { story(t, Config{}, script) })
	}
}
