package bridge

import (
	"testing"
	"testing/synctest"
)

func TestSlug(t *testing.T) {
	for name, want := range map[string]string{
		"Kitchen":            "kitchen",
		"Küche TV":           "kuche_tv",
		"KÜCHE":              "kuche",
		"Kid's room":         "kids_room",
		"  Living -- Room  ": "living_room",
		"Straße 7":           "strasse_7",
		"Ｆｕｌｌ wide":          "full_wide",
		"居間":                 "",
		"":                   "",
		"+#/$":               "",
	} {
		if got := slug(name); got != want {
			t.Errorf("slug(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestTopicNames(t *testing.T) {
	for name, row := range map[string]struct{ seen, want string }{
		"a slug of the friendly name":       {". appears Küche TV id=a1", "kuche_tv"},
		"no letters: the id's first digits": {". appears 居間 id=0123456789abcdef0123456789abcdef", "cast_01234567"},
		"neither name nor id":               {". appears host=192.0.2.7", "cast_192_0_2_"},
		"a second of the name":              {". appears Den id=a1\n. appears Den id=b2 host=10.0.0.2", "den den_2"},
		"a third, beside one that is called so": {
			". appears Den id=a1\n. appears Den 2 id=b2 host=10.0.0.2\n. appears DEN id=c3 host=10.0.0.3", "den den_2 den_3",
		},
		"bridge and all are reserved": {". appears Bridge id=a1\n. appears All id=b2 host=10.0.0.2", "all_2 bridge_2"},
		"the configuration's":         {". appears Kitchen id=a1 topic=cooker max=60", "cooker"},
		"the configuration's, which is taken": {
			". appears Cooker id=a1\n. appears Kitchen id=b2 host=10.0.0.2 topic=cooker max=60", "cooker cooker_2",
		},
		"an ignored device's is not given again": {". appears Old id=f0\n. kill ignoring f0\n. appears Old id=a1", "old_2"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, Config{})
				defer func() { w.stop() }()
				w.run(row.seen)
				got := ""
				for _, d := range w.bridge.devices {
					if got != "" {
						got += " "
					}
					got += d.topic
				}
				if got != row.want {
					t.Errorf("got %q, want %q", got, row.want)
				}
			})
		})
	}
}

func TestNamingDevices(t *testing.T) {
	house := `
		. appears Kitchen id=a1b2c3
		. appears Kitchen TV id=b2 host=10.0.0.2
		. appears Café id=c3 host=10.0.0.3
		. appears Twin id=d4 host=10.0.0.4
		. appears Twin id=e5 host=10.0.0.5
		. appears Kitchen_tv id=f6 host=10.0.0.6
	`
	for name, script := range map[string]string{
		"a topic takes the topic name": house + `
			> kitchen_tv: pause
			kitchen_tv answers pause: offline`,
		"a topic takes the id": house + `
			> a1b2c3: pause
			kitchen answers pause: offline`,
		"a topic takes nothing else": house + `
			> Kitchen: pause
			Kitchen answers pause: not_found
			> a1-b2c3: pause
			a1-b2c3 answers pause: not_found`,
		"the topic name comes before a friendly name": house + `
			> bridge to kitchen_tv: pause
			kitchen_tv answers pause: offline`,
		"an id may have dashes": house + `
			> bridge to A1-B2-C3: pause
			kitchen answers pause: offline`,
		"case and accents of a friendly name do not matter": house + `
			> bridge to CAFE: pause
			cafe answers pause: offline`,
		"a whole friendly name comes before those that begin with it": house + `
			> bridge to Kitchen: pause
			kitchen answers pause: offline`,
		"a prefix that one device has": house + `
			> bridge to caf: pause
			cafe answers pause: offline`,
		"a prefix that several have": house + `
			> bridge to kitch: pause
			kitch answers pause: ambiguous`,
		"a friendly name that several have": house + `
			. bridge to Twin: pause
			> bridge to twin_2: pause
			twin_2 answers pause: offline
			> bridge to TWIN: pause
			TWIN answers pause: ambiguous`,
		"no such device": house + `
			> bridge to attic: pause
			attic answers pause: not_found`,
	} {
		t.Run(name, func(t *testing.T) { story(t, Config{}, script) })
	}
}

func TestPlaySomewhere(t *testing.T) {
	two := kitchen + `
		. appears Den id=b2 host=10.0.0.2
	`
	for name, row := range map[string]struct {
		config Config
		script string
	}{
		"the words name it": {Config{}, two + `
			> bridge: play alien on the den
			den answers play: offline queued e1
			den queue 1: *alien
			den state off Alien at 0, 0 of 1`},
		"the area": {Config{}, two + `
			. kitchen gone
			> bridge: queue_add hurt area=den
			den answers queue_add: ok e1
			den queue 1: hurt
			den state off`},
		"an area without a device counts for nothing": {Config{DefaultDevice: "Den"}, two + `
			> bridge: queue_add hurt area=hallway
			den answers queue_add: ok e1
			den queue 1: hurt
			den state off`},
		"the default": {Config{DefaultDevice: "Den"}, two + `
			> bridge: queue_add hurt
			den answers queue_add: ok e1
			den queue 1: hurt
			den state off`},
		"a default that is not there": {Config{DefaultDevice: "Attic"}, two + `
			> bridge: queue_add hurt
			bridge answers queue_add: not_found`},
		"the only one online": {Config{}, two + `
			> bridge: queue_add hurt
			kitchen answers queue_add: ok e1
			kitchen queue 1: hurt
			kitchen state off`},
		"several online": {Config{}, two + `
			. den online
			> bridge: queue_add hurt
			bridge answers queue_add: ambiguous`},
		"none online": {Config{}, `
			. appears Kitchen id=a1
			> bridge: queue_add hurt
			bridge answers queue_add: offline`},
		"two of the name that was said": {Config{}, two + `
			. appears Den id=c3 host=10.0.0.3
			> bridge: play alien on den attic
			kitchen answers play: not_found
			> bridge: play alien on DEN
			bridge answers play: ambiguous`},
	} {
		t.Run(name, func(t *testing.T) { story(t, row.config, row.script) })
	}
}

func TestAmbiguousNamesTheChoices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{})
		defer func() { w.stop() }()
		w.run(`
			. appears Den id=a1
			. appears Den id=b2 host=10.0.0.2
			. bridge to DEN: pause`)
		choices, ok := w.journal.answers[0].Data.(DeviceChoices)
		if !ok || len(choices.Alternatives) != 2 || choices.Alternatives[1].Device != "den_2" {
			t.Errorf("the choices are %+v", w.journal.answers[0].Data)
		}
	})
}

func TestWhatIsLearntOfDevices(t *testing.T) {
	for name, row := range map[string]struct {
		config Config
		script string
	}{
		"a device that has moved or is called otherwise keeps its topic": {Config{}, kitchen + `
			> appears Cook's TV id=a1 host=10.0.0.9
			bridge devices kitchen+
			> bridge to cook's tv: pause
			kitchen answers pause: ok
			. kill
			> bridge to cook's tv: pause
			kitchen answers pause: offline`},
		"what is known already is no news": {Config{}, kitchen + `
			> appears Kitchen id=a1`},
		"a device of the configuration learns its id": {Config{}, `
			. appears Kitchen host=10.0.0.1 max=60
			. kitchen online
			> appears Kitchen id=a1 host=10.0.0.1
			bridge devices kitchen+
			> a1: pause
			kitchen answers pause: ok
			. appears Kitchen id=a1 host=10.0.0.7
			. kill
			> a1: pause
			kitchen answers pause: offline`},
		"the configuration's cap of the volume": {Config{}, `
			. appears Kitchen id=a1 max=60
			. kitchen online
			> kitchen: volume 80
			kitchen does volume to 60
			. kill
			. kitchen online
			. appears Kitchen id=a1 max=40
			> kitchen: volume 80
			kitchen does volume to 40`},
		"what could not be remembered is remembered when it is seen again": {Config{}, `
			. disk full
			. appears Kitchen id=a1
			. disk works
			. appears Kitchen id=a1
			> kill
			kitchen offline
			kitchen state off
			kitchen queue 0:
			kitchen search ""
			bridge devices kitchen
			bridge search ""
			bridge playlists Roadtrip(2)
			bridge library 6`},
		"an ignored device is withdrawn": {Config{}, `
			. appears Kitchen id=a1
			. appears Den host=10.0.0.2
			> kill ignoring KITCHEN,den
			bridge gone den 10_0_0_2_8009
			bridge gone kitchen a1
			bridge devices
			bridge search ""
			bridge playlists Roadtrip(2)
			bridge library 6`},
		"the configuration gives another topic name": {Config{}, `
			. appears Kitchen id=a1
			. kitchen: queue_add alien
			> kill naming a1 cooker
			bridge gone kitchen a1
			cooker offline
			cooker state off
			cooker queue 1: alien
			cooker search ""
			bridge devices cooker
			bridge search ""
			bridge playlists Roadtrip(2)
			bridge library 6
			. kill
			> cooker: queue_list
			cooker answers queue_list: ok 1 from 0 of 1`},
		"a topic name that another device has stays with it": {Config{}, `
			. appears Kitchen id=a1
			. appears Den id=b2 host=10.0.0.2
			. kitchen: queue_add alien
			. kill naming b2 kitchen
			> bridge to Den: queue_list
			den answers queue_list: ok 0 from 0 of 0
			> bridge to Kitchen: queue_list
			kitchen answers queue_list: ok 1 from 0 of 1`},
		"the configuration gives a topic name by the address": {Config{}, `
			. appears Kitchen id=a1
			. kill naming 10.0.0.1:8009 cooker
			> cooker: pause
			cooker answers pause: offline`},
	} {
		t.Run(name, func(t *testing.T) { story(t, row.config, row.script) })
	}
}

// A bridge that is killed while it moves a device to another topic name finds it under both.
func TestAMoveThatWasCutIsFinished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{})
		defer func() { w.stop() }()
		w.run(". appears Kitchen id=a1\n. kitchen: queue_add alien\n. stop")
		moved := w.store.devices["kitchen"]
		moved.Topic = "cooker"
		w.store.devices["cooker"], w.store.queues["cooker"] = moved, w.store.queues["kitchen"]
		w.run(`
			> kill naming a1 cooker
			bridge gone kitchen a1
			cooker offline
			cooker state off
			cooker queue 1: alien
			cooker search ""
			bridge devices cooker
			bridge search ""
			bridge playlists Roadtrip(2)
			bridge library 6
			. kill
			> bridge to Kitchen: queue_list
			cooker answers queue_list: ok 1 from 0 of 1`)
	})
}

func TestForget(t *testing.T) {
	for name, script := range map[string]string{
		"the list first, then all that was told, then the event": `
			. appears Kitchen id=a1
			. appears Den id=b2 host=10.0.0.2
			> bridge: forget Kitchen
			bridge devices den
			bridge gone kitchen a1
			bridge event device_removed kitchen
			bridge answers forget: ok
			> kitchen: pause
			kitchen answers pause: not_found`,
		"not while it is online": kitchen + `
			> bridge: forget kitchen
			bridge answers forget: conflict`,
		"nobody of that name": `
			> bridge: forget kitchen
			bridge answers forget: not_found`,
		"when it appears again it is new": `
			. appears Kitchen id=a1
			. kitchen: queue_add alien
			. bridge: forget kitchen
			> appears Kitchen id=a1
			kitchen offline
			kitchen state off
			kitchen queue 0:
			kitchen search ""
			bridge devices kitchen
			bridge event device_added kitchen`,
		"it stays forgotten": `
			. appears Kitchen id=a1
			. bridge: forget kitchen
			> kill
			bridge devices
			bridge search ""
			bridge playlists Roadtrip(2)
			bridge library 6`,
		"while it is being forgotten it is gone": `
			. appears Kitchen id=a1
			. kitchen: search slow alien
			. kitchen: queue_list
			. disk waits
			. bridge: forget kitchen
			> bridge: forget kitchen
			bridge answers forget: not_found
			> kitchen: pause
			kitchen answers pause: not_found
			> appears Kitchen id=a1
			> disk works
			bridge devices
			bridge gone kitchen a1
			bridge event device_removed kitchen
			bridge answers forget: ok
			kitchen answers queue_list: not_found`,
		"a bridge that is busy leaves everything as it is": `
			. appears Kitchen id=a1
			. flood
			. bridge: search slow alien
			> bridge: forget kitchen
			bridge answers forget: busy
			> kitchen: pause
			kitchen answers pause: offline`,
		"the end of the bridge waits for it": `
			. appears Kitchen id=a1
			. disk waits
			. bridge: forget kitchen
			. disk works in 1s
			> stop
			bridge devices
			bridge gone kitchen a1
			bridge event device_removed kitchen
			bridge answers forget: ok`,
	} {
		t.Run(name, func(t *testing.T) { story(t, Config{}, script) })
	}
}
