package bridge

import (
	"fmt"
	"testing"
	"testing/synctest"

	"localcast/bridge/media"
)

// watching is a Chromecast in the kitchen on which Alien, of 7000 s, has just begun.
const watching = kitchen + `
	. kitchen: play item=alien
	. kitchen done
	. kitchen plays 0
`

func TestWhereAPlayResumes(t *testing.T) {
	for name, script := range map[string]string{
		"a film goes on where it was stopped": watching + `
			. wait 100s
			. kitchen: stop
			. kitchen done
			. kitchen off
			> kitchen: play item=alien
			kitchen does load e2 http://10.0.0.1/alien at 100
			kitchen queue 2: *alien
			kitchen state buffering Alien at 100, 0 of 1`,
		"start overrides that": watching + `
			. wait 100s
			> kitchen: play item=alien start=0
			kitchen does load e2 http://10.0.0.1/alien
			kitchen queue 2: *alien
			kitchen state buffering Alien at 0, 0 of 1`,
		"by words too": watching + `
			. wait 100s
			. kitchen pauses 100
			> kitchen: play alien kind=movie
			kitchen does load e2 http://10.0.0.1/alien at 100
			kitchen queue 2: *alien
			kitchen state buffering Alien at 100, 0 of 1`,
		"among other items it begins at its start": watching + `
			. wait 100s
			> kitchen: play items=alien,hurt
			kitchen does load e2 http://10.0.0.1/alien
			kitchen queue 2: *alien hurt
			kitchen state buffering Alien at 0, 0 of 2`,
		"before a minute has passed it begins anew": watching + `
			. wait 50s
			> kitchen: play item=alien
			kitchen does load e2 http://10.0.0.1/alien
			kitchen queue 2: *alien
			kitchen state buffering Alien at 0, 0 of 1`,
		"what was watched to nine tenths begins anew, and is marked": watching + `
			. kitchen plays 6300
			. kitchen pauses 6300
			> kitchen: search alien quiet=yes
			kitchen answers search: ok 2 from 0: alien✓ aliens
			> kitchen: play item=alien
			kitchen does load e2 http://10.0.0.1/alien
			kitchen queue 2: *alien
			kitchen state buffering Alien at 0, 0 of 1`,
		"a song begins at its start": kitchen + `
			. kitchen: play item=hurt
			. kitchen done
			. kitchen plays 100
			. kitchen pauses 120
			> kitchen: play item=hurt
			kitchen does load e2 http://10.0.0.1/hurt
			kitchen queue 2: *hurt
			kitchen state buffering Hurt at 0, 0 of 1`,
		"on another device too": watching + `
			. wait 100s
			. appears Den id=a2 host=10.0.0.2
			. den online
			> den: play item=alien
			den does load e1 http://10.0.0.1/alien at 100
			den queue 1: *alien
			den state buffering Alien at 100, 0 of 1`,
		"after a restart": watching + `
			. wait 100s
			. stop
			. start
			. kitchen online
			> kitchen: play item=alien
			kitchen does load e2 http://10.0.0.1/alien at 100
			kitchen queue 2: *alien
			kitchen state buffering Alien at 100, 0 of 1`,
		"after a kill it is as old as the last note": watching + `
			. wait 65s
			. kill
			. kitchen online
			> kitchen: play item=alien
			kitchen does load e2 http://10.0.0.1/alien at 60
			kitchen queue 2: *alien
			kitchen state buffering Alien at 60, 0 of 1`,
		"what is found shows it": watching + `
			. wait 100s
			> kitchen: search alien quiet=yes
			kitchen answers search: ok 2 from 0: alien@100 aliens
			> bridge: browse mixed
			bridge answers browse: ok "Mixed bag": alien@100 hurt lake`,
		"it is known by its file when the catalogue was lost": watching + `
			. wait 100s
			. catalogue lost
			. library gained 3
			> kitchen: search alien quiet=yes
			kitchen answers search: ok 2 from 0: again@100 aliens`,
		"and what plays meanwhile counts for the new one": watching + `
			. catalogue lost
			. kitchen: stop
			. kitchen done
			. kitchen off
			. kitchen: play
			. kitchen done
			. kitchen plays 0
			. wait 100s
			> kitchen: search alien quiet=yes
			kitchen answers search: ok 2 from 0: again@100 aliens`,
	} {
		t.Run(name, func(t *testing.T) { story(t, Config{}, script) })
	}
}

func TestAShowIsPlayedFromTheRightEpisode(t *testing.T) {
	for name, script := range map[string]string{
		"from the first": kitchen + `
			> kitchen: play item=blueys
			kitchen does load e1 http://10.0.0.1/bluey1
			kitchen queue 1: *bluey1 bluey2
			kitchen state buffering Bluey at 0, 0 of 2`,
		"from the one that is in the midst": kitchen + `
			. kitchen: play item=bluey2
			. kitchen done
			. kitchen plays 0
			. wait 2m
			> kitchen: play item=blueys
			kitchen does load e3 http://10.0.0.1/bluey2 at 120
			kitchen queue 2: bluey1 *bluey2
			kitchen state buffering Bluey at 120, 1 of 2`,
		"from the next that was not watched": kitchen + `
			. kitchen: play item=bluey1
			. kitchen done
			. kitchen plays 390
			. kitchen finishes
			> kitchen: play bluey kind=show
			kitchen does load e3 http://10.0.0.1/bluey2
			kitchen queue 2: bluey1 *bluey2
			kitchen state buffering Bluey at 0, 1 of 2`,
		"with a start": kitchen + `
			. kitchen: play item=bluey2
			. kitchen done
			. kitchen plays 0
			. wait 2m
			> kitchen: play item=blueys start=5
			kitchen does load e3 http://10.0.0.1/bluey2 at 5
			kitchen queue 2: bluey1 *bluey2
			kitchen state buffering Bluey at 5, 1 of 2`,
		"what is added begins with the right one": kitchen + `
			. kitchen: play item=bluey1
			. kitchen done
			. kitchen plays 390
			. kitchen finishes
			> kitchen: queue_add item=blueys
			kitchen answers queue_add: ok e2
			kitchen queue 2: bluey1 bluey2
			kitchen state idle`,
	} {
		t.Run(name, func(t *testing.T) { story(t, Config{}, script) })
	}
}

func TestPlaylists(t *testing.T) {
	const party = kitchen + `
		. kitchen: queue_add items=hurt,alien
		. kitchen: save Party
	`
	for name, script := range map[string]string{
		"a queue becomes one": kitchen + `
			. kitchen: queue_add items=hurt,alien
			> kitchen: save Party
			bridge playlists Party(2), Roadtrip(2)
			kitchen answers save: ok
			> bridge: playlists
			bridge answers playlists: ok Party(2), Roadtrip(2)`,
		"one of that name is replaced, however it is written": party + `
			. kitchen: queue_remove 0
			> kitchen: save  PARTY
			bridge playlists PARTY(1), Roadtrip(2)
			kitchen answers save: ok`,
		"an empty queue is none": kitchen + `
			> kitchen: save Party
			kitchen answers save: not_found`,
		"save has its turn": kitchen + `
			. disk waits
			. kitchen: queue_add items=hurt,alien
			. kitchen: save Party
			> kitchen: queue_add lake
			> disk works
			bridge playlists Party(2), Roadtrip(2)
			kitchen answers queue_add: ok e1
			kitchen answers save: ok
			kitchen answers queue_add: ok e3
			kitchen queue 2: hurt alien lake
			kitchen state off`,
		"a full disk keeps none": party + `
			. disk full
			> kitchen: save Other
			kitchen answers save: internal
			> bridge: playlist_delete Party
			bridge answers playlist_delete: internal
			> bridge: playlists
			bridge answers playlists: ok Party(2), Roadtrip(2)`,
		"it is played by its name": party + `
			> kitchen: play playlist=party
			kitchen does load e3 http://10.0.0.1/hurt
			kitchen queue 2: *hurt alien
			kitchen state buffering Hurt at 0, 0 of 2`,
		"one that is a file of the library too": kitchen + `
			> kitchen: queue_add playlist=roadtrip
			kitchen answers queue_add: ok e1
			kitchen queue 1: hurt lake
			kitchen state off`,
		"of one name the saved one plays": kitchen + `
			. kitchen: queue_add alien
			> kitchen: save roadtrip
			bridge playlists roadtrip(1), Roadtrip(2)
			kitchen answers save: ok
			> kitchen: queue_add playlist=Roadtrip
			kitchen answers queue_add: ok e2
			kitchen queue 2: alien alien
			kitchen state off`,
		"one that the search finds": kitchen + `
			> kitchen: queue_add playlist=Road
			kitchen answers queue_add: ok e1
			kitchen queue 1: hurt lake
			kitchen state off
			> kitchen: queue_add playlist=Party
			kitchen answers queue_add: not_found`,
		"it is found": party + `
			> kitchen: search part
			kitchen answers search: ok 1 from 0: Party
			kitchen search "part" Party
			> kitchen: queue_add result=1
			kitchen answers queue_add: ok e3
			kitchen search "part" Party, chosen 1
			kitchen queue 2: hurt alien hurt alien
			kitchen state off`,
		"what is in it is browsed and searched": party + `
			> kitchen: search u within=Party quiet=yes
			kitchen answers search: ok 1 from 0: hurt
			> kitchen: search e within=Party quiet=yes
			kitchen answers search: ok 1 from 0: alien
			> bridge: browse Party
			bridge answers browse: ok "Party": hurt alien`,
		"in one that is a file of the library too": kitchen + `
			> kitchen: search u within=roadtrip quiet=yes
			kitchen answers search: ok 1 from 0: hurt`,
		"nothing is found in what is not there": kitchen + `
			> kitchen: search u within=nothing quiet=yes
			kitchen answers search: not_found`,
		"after a restart it is there": party + `
			. kill
			. kitchen online
			> kitchen: play playlist=Party
			kitchen does load e3 http://10.0.0.1/hurt
			kitchen queue 2: *hurt alien
			kitchen state buffering Hurt at 0, 0 of 2`,
		"what has another id now is found by its file": party + `
			. catalogue lost
			> kitchen: queue_add playlist=Party
			kitchen answers queue_add: ok e3
			kitchen queue 2: hurt alien hurt again
			kitchen state off`,
		"it is deleted": party + `
			> bridge: playlist_delete party
			bridge playlists Roadtrip(2)
			bridge answers playlist_delete: ok
			> kitchen: search part quiet=yes
			kitchen answers search: ok 0 from 0:
			> kitchen: play playlist=Party
			kitchen answers play: not_found
			> bridge: playlist_delete Party
			bridge answers playlist_delete: not_found`,
		"a file of the library is its owner's": `
			> bridge: playlist_delete roadtrip
			bridge answers playlist_delete: unsupported`,
	} {
		t.Run(name, func(t *testing.T) { story(t, Config{}, script) })
	}
}

func TestAPlaylistKeepsItsItem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{})
		defer func() { w.stop() }()
		id := func() media.ID {
			t.Helper()
			all := w.bridge.house.shelf.all()
			if len(all) != 1 {
				t.Fatalf("saved are %+v", all)
			}
			return all[0].ID
		}
		w.run(kitchen + `
			. kitchen: queue_add alien
			. kitchen: save Party`)
		was := id()
		if _, err := media.ParseID(string(was)); err != nil {
			t.Error(err)
		}
		w.run(`
			. kitchen: queue_add hurt
			. kitchen: save party`)
		if now := id(); now != was {
			t.Errorf("it was %s and is %s", was, now)
		}
		w.run(". kill")
		if now := id(); now != was {
			t.Errorf("after a restart it is %s", now)
		}
	})
}

func TestTooManyPlaylistsAreRefused(t *testing.T) {
	s := newShelf(Ports{Library: newFakeLibrary()}, nil)
	var all []media.NamedList
	for n := range playlistsMost {
		all = append(all, media.NamedList{ID: media.ID(fmt.Sprint(n)), Name: fmt.Sprint("List ", n), Length: 10})
	}
	all[7].Length = listedMost - 10*(playlistsMost-1)
	s.put(all)
	for _, row := range []struct {
		name    string
		length  int
		refused bool
	}{
		{"Another", 1, true},
		{"list 3", 10, false},
		{"List 3", 11, true},
		{"List 7", 100, false},
	} {
		if err := s.room(row.name, row.length); (err != nil) != row.refused || err != nil && err.Code != Invalid {
			t.Errorf("%d items as %s: %v", row.length, row.name, err)
		}
	}
}

func TestPlaylistNames(t *testing.T) {
	lists := []media.NamedList{{ID: "a", Name: "Café"}, {ID: "b", Name: "Cafe"}, {ID: "c", Name: "Über allem"}, {ID: "d", Name: "Rain  dance"}}
	for name, want := range map[string]media.ID{
		"café": "a", "CAFE": "b", "uber allem": "c", "ÜBER ALLEM": "c", " rain dance ": "d", "rain": "", "": "",
	} {
		if p, ok := named(lists, name); p.ID != want || ok != (want != "") {
			t.Errorf("%q is %q, want %q", name, p.ID, want)
		}
	}
}

func TestAPlaylistPlaysWhatIsLeftOfItAndSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{})
		defer func() { w.stop() }()
		w.run(kitchen + `
			. kitchen: queue_add items=hurt,aliens,lake
			. kitchen: save Party`)
		spoken := func(command, want string) {
			t.Helper()
			w.run(". kitchen: " + command)
			if w.journal.speech != want {
				t.Errorf("%s is answered with %q, want %q", command, w.journal.speech, want)
			}
		}
		w.library.lose("aliens")
		spoken("queue_add playlist=Party", "Added 2 items to the queue on Kitchen. One item of the playlist is not there any more")
		w.library.lose("hurt")
		spoken("queue_add playlist=Party", "Added Lake to the queue on Kitchen. 2 items of the playlist are not there any more")
		w.library.lose("lake")
		spoken("queue_add playlist=Party", "Nothing of the playlist Party is in the library any more")
	})
}

func TestHistory(t *testing.T) {
	for name, script := range map[string]string{
		"nothing was played": `
			> bridge: history
			bridge answers history: ok 0 from 0:`,
		"what was played, and for how long": watching + `
			. wait 100s
			. kitchen pauses 100
			. wait 1h
			. kitchen: play item=hurt
			. kitchen done
			. kitchen plays 0
			. wait 30s
			. kitchen: stop
			> bridge: history
			bridge answers history: ok 2 from 0: hurt+30 on kitchen alien+100 on kitchen
			> bridge: history Kitchen offset=1
			bridge answers history: ok 2 from 1: alien+100 on kitchen`,
		"what runs now is in it": watching + `
			. wait 15s
			> bridge: history
			bridge answers history: ok 1 from 0: alien+10 on kitchen`,
		"what never played is not": kitchen + `
			. kitchen: play item=hurt
			. kitchen refuses it cannot
			> bridge: history
			bridge answers history: ok 0 from 0:`,
		"an address": kitchen + `
			. kitchen: play url=http://radio/live title=Radio
			. kitchen done
			. kitchen plays 0
			. wait 20s
			. kitchen: stop
			> bridge: history
			bridge answers history: ok 1 from 0: Radio+20 on kitchen`,
		"it outlives a restart, and is continued": watching + `
			. wait 10s
			. stop
			. start
			. kitchen online
			. kitchen runs e1 1 12
			. wait 10s
			. kitchen pauses 22
			> bridge: history
			bridge answers history: ok 1 from 0: alien+20 on kitchen`,
		"of one device": watching + `
			. appears Den id=a2 host=10.0.0.2
			> bridge: history den
			bridge answers history: ok 0 from 0:
			> bridge: history attic
			bridge answers history: not_found`,
		"a full disk, and then it is written": watching + `
			. disk full
			. wait 30s
			> bridge: history
			bridge answers history: internal
			. disk works
			. wait 10s
			> bridge: history
			bridge answers history: ok 1 from 0: alien+40 on kitchen`,
		"a forgotten device takes its own with it": watching + `
			. wait 15s
			. kitchen gone
			. bridge: forget Kitchen
			> bridge: history
			bridge answers history: ok 0 from 0:`,
		"a renamed one keeps its own": watching + `
			. wait 15s
			. stop
			. kill naming a1 cooker
			> bridge: history
			bridge answers history: ok 1 from 0: alien+15 on cooker`,
	} {
		t.Run(name, func(t *testing.T) { story(t, Config{}, script) })
	}
}

func TestWhatTheHouseholdIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{})
		defer func() { w.stop() }()
		w.run(kitchen)
		for _, row := range []struct{ command, want string }{
			{"bridge: history", "Nothing was played"},
			{"bridge: playlists", "There is one playlist: Roadtrip"},
			{"bridge: playlist_delete roadtrip", "The playlist Roadtrip is a file of the library: it goes when the file does"},
			{"bridge: playlist_delete party", `No playlist "party"`},
			{"kitchen: play playlist=Party", `No playlist "Party"`},
			{"kitchen: save Party", "The queue is empty"},
			{"bridge: pause", "Which device should that be?"},
			{"kitchen: queue_add items=hurt,alien", "Added 2 items to the queue on Kitchen"},
			{"kitchen: save Party", "Saved 2 items as Party"},
			{"bridge: playlists", "There are 2 playlists: Party, Roadtrip"},
			{"bridge: playlist_delete PARTY", "I deleted the playlist Party"},
		} {
			w.run(". " + row.command)
			if w.journal.speech != row.want {
				t.Errorf("%s is answered with %q, want %q", row.command, w.journal.speech, row.want)
			}
		}
		w.run(`
			. kitchen: play item=hurt
			. kitchen done
			. kitchen plays 0
			. wait 10s
			. kitchen: play item=alien
			. kitchen done
			. kitchen plays 0
			. bridge: history`)
		if want := "2 plays, the latest was Alien on Kitchen"; w.journal.speech != want {
			t.Errorf("the history is told as %q, want %q", w.journal.speech, want)
		}
		w.run(". bridge: history offset=1")
		if want := "2 plays"; w.journal.speech != want {
			t.Errorf("the rest of the history is told as %q, want %q", w.journal.speech, want)
		}
	})
}
