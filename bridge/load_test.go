package bridge

import "testing"

// TestSubtitlesBesideAFilm: the film Heat has German, English, French for foreign words alone, and some of which nobody knows.
func TestSubtitlesBesideAFilm(t *testing.T) {
	const load = `
			> kitchen: play item=heat
			kitchen does load e1 http://10.0.0.1/heat ` +
		`track 1 de-AT http://10.0.0.1/heat.4.vtt track 2 en http://10.0.0.1/heat.1.vtt ` +
		`track 3 fr http://10.0.0.1/heat.3.vtt track 4  http://10.0.0.1/heat.2.vtt`
	const rest = `
			kitchen queue 1: *heat
			kitchen state buffering Heat at 0, 0 of 1`
	for about, row := range map[string]struct {
		languages []string
		shown     string
	}{
		"no language is chosen":                    {nil, ""},
		"one that it has":                          {[]string{"en"}, " shows [2]"},
		"the first of several that it has":         {[]string{"sv", "de", "en"}, " shows [1]"},
		"in the region that it has":                {[]string{"de-AT"}, " shows [1]"},
		"in another region":                        {[]string{"de-CH"}, ""},
		"for foreign words, if there is no better": {[]string{"fr", "en"}, " shows [3]"},
		"one that it has not":                      {[]string{"it"}, ""},
	} {
		t.Run(about, func(t *testing.T) {
			story(t, Config{SubtitleLanguages: row.languages}, kitchen+load+row.shown+rest)
		})
	}
}

// TestWhatShowsNoSubtitles: a song and a picture, though files of that kind lie beside them.
func TestWhatShowsNoSubtitles(t *testing.T) {
	for item, title := range map[string]string{"hurt": "Hurt", "lake": "Lake"} {
		story(t, Config{SubtitleLanguages: []string{"en"}}, kitchen+`
			> kitchen: play item=`+item+`
			kitchen does load e1 http://10.0.0.1/`+item+`
			kitchen queue 1: *`+item+`
			kitchen state buffering `+title+` at 0, 0 of 1`)
	}
}

func TestASpeakerShowsNoPicture(t *testing.T) {
	story(t, Config{}, `
		. appears Radio id=r1 kind=audio
		. radio online
		> radio: play item=lake
		radio answers play: unsupported`)
}
