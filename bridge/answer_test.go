package bridge

import (
	"testing"
	"testing/synctest"
)

func TestSpeech(t *testing.T) {
	for script, want := range map[string]string{
		". kitchen: play alien\n. kitchen done":                                  "Playing Alien on Kitchen",
		". kitchen: play item=blueys\n. kitchen done":                            "Playing Bluey, season 1 episode 1, on Kitchen",
		". kitchen: play items=alien,hurt\n. kitchen refuses no\n. kitchen done": "Playing Hurt by Johnny Cash on Kitchen",
		". kitchen: play alien\n. wait 5s":                                       "Starting Alien on Kitchen",
		". kitchen: play alien\n. kitchen refuses it cannot play this":           "It cannot play this",
		". kitchen: play alien\n. kitchen refuses":                               "Something went wrong",
		". kitchen: play blooey":                                                 "I found nothing for blooey",
		". kitchen: play":                                                        "The queue is empty",
		". kitchen: queue_add alien":                                             "Added Alien to the queue on Kitchen",
		". kitchen: queue_add item=blueys":                                       "Added 2 items to the queue on Kitchen",
		". kitchen gone\n. kitchen: play alien":                                  "Kitchen is offline. Alien waits in its queue",
		". kitchen gone\n. kitchen: pause":                                       "Kitchen is offline",
		". kitchen: queue_add alien\n. kitchen: resume\n. kitchen done":          "Playing Alien on Kitchen",
		". kitchen: pause":                                                       "Paused Kitchen",
		". kitchen: volume 40\n. kitchen done":                                   "Volume 40 on Kitchen",
		". appears Kitchen id=a1 max=60\n. kitchen: volume 80\n. kitchen done":   "Volume 60 on Kitchen, the most that is allowed",
		". kitchen: search alien":                                                "I found 2 items for alien",
		". kitchen: search blooey":                                               "I found no items for blooey",
		". kitchen: search":                                                      "The search is cleared",
		". kitchen: browse blueys":                                               "I found 2 items",
		". bridge: search hurt":                                                  "I found 1 item for hurt",
		". bridge: ping":                                                         "I am here",
		". bridge to attic: pause":                                               "No device \"attic\"",
		". bridge to all: volume 40\n. kitchen done":                             "Done on 1 device",
		". bridge to all: volume 40\n. kitchen refuses it said no":               "It said no",
		". kitchen: sleep 30":                                                    "Kitchen stops in 30 minutes",
		". kitchen: sleep 0.5":                                                   "Kitchen stops in less than a minute",
		". kitchen: sleep 0":                                                     "The sleep timer of Kitchen is off",
		". kitchen: sleep after":                                                 "Kitchen stops after this",
		". kitchen: announce hurt\n. kitchen done":                               "Announcing on Kitchen",
		". kitchen: announce hurt\n. kitchen: announce hurt":                     "The announcement waits its turn on Kitchen",
		". appears Kitchen id=a1 max=60\n. kitchen: announce hurt volume=80\n. kitchen done": "Announcing on Kitchen, no louder than is allowed",
		". kitchen app Netflix\n. kitchen: announce hurt force=1\n. kitchen done":            "Announcing on Kitchen. What another app played there cannot be brought back",
		". kitchen app Netflix\n. kitchen: announce hurt":                                    "Another app holds the device, and what it plays could not be restored: force takes it",
		". kitchen: seek 5":                       "Nothing is playing",
		". disk full\n. kitchen: queue_add alien": "Something went wrong on Kitchen",
	} {
		t.Run(script, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, Config{})
				defer func() { w.stop() }()
				w.run(kitchen + script)
				if w.journal.speech != want {
					t.Errorf("said %q, want %q", w.journal.speech, want)
				}
			})
		})
	}
}

// A client that sends more than anybody can read gets an answer to each command, and exactly one.
func TestEveryCommandIsAnsweredOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{})
		defer func() { w.stop() }()
		w.run(playing)
		const flood = 1000
		for i := range flood {
			w.bridge.Command(Command{Name: "pause", Device: "kitchen", Request: Pause{}, Origin: i})
			if i%100 == 0 {
				synctest.Wait()
			}
		}
		w.run(". wait 10s\n. wait 10s")
		times := map[any]int{}
		for _, a := range w.journal.answers {
			times[a.Command.Origin]++
		}
		for i := range flood {
			if times[i] != 1 {
				t.Errorf("command %d was answered %d times", i, times[i])
			}
		}
	})
}
