package bridge

import (
	"strings"
	"testing"
)

// speaking is a household whose words become speech.
func speaking() Config { return Config{Speech: "http://tts/say?text={text}"} }

func TestAnnounce(t *testing.T) {
	for name, script := range map[string]string{
		"over a film, which goes on": playing + `
			. wait 60s
			> kitchen: announce message=Dinner
			kitchen does load announcement http://tts/say?text=Dinner
			kitchen state buffering Dinner at 0, 0 of 2
			> kitchen done
			kitchen answers announce: ok
			> kitchen plays 0
			kitchen event announcement_started Dinner
			kitchen state playing Dinner at 0, 0 of 2
			> kitchen finishes
			kitchen event announcement_finished Dinner: it was played to its end
			kitchen does load e1 http://10.0.0.1/alien at 60
			kitchen state buffering Alien at 60, 0 of 2
			> kitchen done
			> kitchen plays 60
			kitchen state playing Alien at 60, 0 of 2`,
		"what was paused is loaded to wait": playing + `
			. kitchen: pause
			. kitchen done
			. kitchen pauses 30
			. kitchen: announce hurt volume=50
			. kitchen done
			. kitchen done
			. kitchen plays 0
			> kitchen finishes
			kitchen event announcement_finished Hurt: it was played to its end
			kitchen does volume to 30
			kitchen does load e1 http://10.0.0.1/alien at 30 paused
			kitchen state buffering Alien at 30, 0 of 2`,
		"words go through the configured address": kitchen + `
			> kitchen: announce message=Käse_&_Brot
			kitchen does load announcement http://tts/say?text=K%C3%A4se%20%26%20Brot
			kitchen state buffering Käse & Brot at 0`,
		"a message that is an address plays": kitchen + `
			> kitchen: announce message=http://elsewhere/bell.mp3
			kitchen does load announcement http://elsewhere/bell.mp3
			kitchen state buffering bell.mp3 at 0`,
		"any item of the library": kitchen + `
			> kitchen: announce item=hurt
			kitchen does load announcement http://10.0.0.1/hurt
			kitchen state buffering Hurt at 0`,
		"of what holds several, the first": kitchen + `
			> kitchen: announce item=blueys
			kitchen does load announcement http://10.0.0.1/bluey1
			kitchen state buffering Bluey at 0`,
		"nothing that is not there": kitchen + `
			> kitchen: announce zzyzx
			kitchen answers announce: not_found`,
		"nothing that the device cannot play": `
			. appears Kitchen id=a1 kind=audio
			. kitchen online
			> kitchen: announce item=alien
			kitchen answers announce: unsupported`,
		"a second one waits": playing + `
			. kitchen: announce hurt
			> kitchen: announce item=bluey1
			kitchen answers announce: ok pending
			kitchen answers announce: ok pending`,
		"refused, it is rejected, and the film goes on": playing + `
			. kitchen: announce hurt
			> kitchen refuses cannot decode
			kitchen does load e1 http://10.0.0.1/alien
			kitchen answers announce: rejected
			kitchen state buffering Alien at 0, 0 of 2: Cannot decode`,
		"the plan is on the disk before the load": playing + `
			. disk waits
			> kitchen: announce hurt
			> disk works
			kitchen does load announcement http://10.0.0.1/hurt
			kitchen state buffering Hurt at 0, 0 of 2`,
		"a kill in the middle, back while it plays": playing + `
			. wait 60s
			. kitchen: announce hurt volume=50
			. kitchen done
			. kitchen done
			. kitchen plays 0
			. kill
			. kitchen volume 50
			. kitchen speaks 4 20
			> kitchen finishes
			kitchen event announcement_finished: it was played to its end
			kitchen does volume to 30
			kitchen does load e1 http://10.0.0.1/alien at 60
			kitchen state buffering Alien at 60, 0 of 2`,
		"a kill in the middle, back when it is over": playing + `
			. wait 60s
			. kitchen: announce hurt
			. kitchen done
			. kitchen plays 0
			. kill
			. wait 210s
			> kitchen idles
			kitchen event announcement_finished: it ended while the device was out of reach
			kitchen does load e1 http://10.0.0.1/alien at 60
			kitchen state buffering Alien at 60, 0 of 2, volume 30
			kitchen online
			bridge devices kitchen+`,
		"after a kill the announcement is shown by what the device tells": playing + `
			. kitchen: announce hurt
			. kitchen done
			. kitchen plays 0
			. kill
			> kitchen speaks 4 20
			kitchen state playing Hurt at 20, 0 of 2, volume 30
			kitchen online
			bridge devices kitchen+`,
	} {
		t.Run(name, func(t *testing.T) { story(t, speaking(), script) })
	}
}

func TestAnnounceWithoutSpeech(t *testing.T) {
	story(t, Config{}, kitchen+`
		> kitchen: announce message=Dinner
		kitchen answers announce: unsupported`)
}

func TestAnnounceEverywhere(t *testing.T) {
	story(t, speaking(), kitchen+`
		. appears Bath id=b2 kind=audio
		. bath online
		. appears Hall id=c3
		. hall online
		. hall app YouTube plays Cats
		> bridge to all: announce message=Dinner
		kitchen does load announcement http://tts/say?text=Dinner
		kitchen state buffering Dinner at 0
		bath does load announcement http://tts/say?text=Dinner
		bath state buffering Dinner at 0
		> kitchen done
		> bath refuses cannot decode
		bath state off: Cannot decode
		all answers announce: ok bath=error kitchen=ok`)
}

func TestShortened(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{"Dinner", "Dinner"},
		{"Dinner\n is  ready", "Dinner is ready"},
		{strings.Repeat("ä", titleLength), strings.Repeat("ä", titleLength)},
		{strings.Repeat("ä", titleLength+1), strings.Repeat("ä", titleLength-1) + "…"},
	} {
		if got := shortened(row.text); got != row.want {
			t.Errorf("%q becomes %q, want %q", row.text, got, row.want)
		}
	}
}
