package bridge

import (
	"testing"
	"testing/synctest"
)

func TestURL(t *testing.T) {
	for name, row := range map[string]struct{ command, title, contentType, kind string }{
		"by its extension":                     {"url=http://x/film.mp4", "film.mp4", "video/mp4", "video"},
		"whatever its case, beyond a query":    {"url=http://x/a%20b.MKV?token=1.mp3", "a b.MKV", "video/x-matroska", "video"},
		"music":                                {"url=http://x/song.mp3", "song.mp3", "audio/mpeg", "track"},
		"a picture":                            {"url=https://x/lake.jpeg", "lake.jpeg", "image/jpeg", "image"},
		"HLS":                                  {"url=http://x/live.m3u8", "live.m3u8", "application/vnd.apple.mpegurl", "video"},
		"by what the server says":              {"url=http://radio/live", "live", "audio/mpeg", "track"},
		"by what the command says":             {"url=http://x/film.mp4 content_type=audio/flac title=Song", "Song", "audio/flac", "track"},
		"an address without a file name":       {"url=http://x/ content_type=video/mp4", "x", "video/mp4", "video"},
		"a type that nobody tells":             {"url=http://x/unknown", "invalid", "", ""},
		"an extension that is no medium's":     {"url=http://x/page.html", "invalid", "", ""},
		"an extension of two kinds of file":    {"url=http://x/part.ts", "part.ts", "video/mp2t", "video"},
		"what is no address of the web":        {"url=ftp://x/film.mp4", "invalid", "", ""},
		"an address that names no host at all": {"url=http:///film.mp4", "invalid", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, Config{})
				defer func() { w.stop() }()
				w.run(kitchen + ". kitchen: play " + row.command)
				load := w.devices.player("kitchen").load
				if load == nil {
					a := w.journal.answers[0]
					if a.Err == nil || string(a.Err.Code) != row.title {
						t.Errorf("answered %+v, wanted %s", a.Err, row.title)
					}
					return
				}
				if load.Item.Title != row.title || load.ContentType != row.contentType || string(load.Item.Kind) != row.kind {
					t.Errorf("loads %q as %s, a %s; wanted %+v", load.Item.Title, load.ContentType, load.Item.Kind, row)
				}
				if w.journal.last["kitchen"].Artwork != "" {
					t.Errorf("artwork of an address: %s", w.journal.last["kitchen"].Artwork)
				}
			})
		})
	}
}
