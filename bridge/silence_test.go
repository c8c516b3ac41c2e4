package bridge

import (
	"strings"
	"testing"
	"testing/synctest"
)

// TestADeviceThatDoesNotFetchIsToldAbout looks at the error in a device's state.
func TestADeviceThatDoesNotFetchIsToldAbout(t *testing.T) {
	const told = "Deaf has not fetched from http://10.0.0.1; is the port open?"
	rows := []struct{ about, script, want string }{
		{"it has time", "deaf: play alien|wait 9s", ""},
		{"but not for ever", "deaf: play alien|wait 10s", told},
		{"a failure is explained by it", "deaf: play alien|wait 10s|deaf refuses it was not loaded", told},
		{"what plays needs no explanation", "deaf: play alien|wait 10s|deaf plays 1|deaf done", ""},
		{"another load has its own time", "deaf: play alien|wait 10s|deaf: play hurt|wait 9s", ""},
		{"and is told about, too", "deaf: play alien|wait 10s|deaf: play hurt|wait 10s", told},
		{"an app that does not run yet fetches nothing", "deaf off|deaf: play alien|wait 19s", ""},
		{"what is fetched elsewhere is not ours to know", "deaf: play url=http://10.9.9.9/film.mp4|wait 30s", ""},
		{"what was told ends with another load, also with one from elsewhere", "deaf: play alien|wait 10s|deaf: play url=http://10.9.9.9/film.mp4|deaf plays 2|deaf done", ""},
		{"others fetch", "kitchen: play alien|wait 30s", ""},
	}
	for _, row := range rows {
		t.Run(row.about, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, Config{})
				defer func() { w.stop() }()
				for line := range strings.SplitSeq("appears Deaf id=a1|deaf online|deaf idles|appears Kitchen id=a2|kitchen online|kitchen idles|"+row.script, "|") {
					w.do(line)
					synctest.Wait()
				}
				if got := string(w.journal.last["deaf"].Error); got != row.want {
					t.Errorf("the error is %q, want %q", got, row.want)
				}
			})
		})
	}
}
