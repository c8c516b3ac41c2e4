package cast

import (
	"testing"

	"localcast/bridge"
	"localcast/bridge/media"
)

func TestLoadMessage(t *testing.T) {
	load := bridge.Load{
		Tag: bridge.Tag{Bridge: "b", Entry: "e7", Serial: 3}, URL: "http://192.0.2.10/a", ContentType: "video/mp4", Position: 12.5,
	}
	const head = `{"autoplay":true,"currentTime":12.5,"media":{"contentId":"http://192.0.2.10/a","contentType":"video/mp4",` +
		`"customData":{"bridge":"b","entry":"e7","serial":3},`
	const tail = `,"streamType":"BUFFERED"},"sessionId":"s","type":"LOAD"}`
	for name, row := range map[string]struct {
		item  media.Item
		alter func(*bridge.Load)
		want  string
	}{
		"a movie": {
			media.Item{Kind: media.Movie, Title: "Heat", Subtitle: "1995", Duration: 10200}, nil,
			head + `"duration":10200,"metadata":{"metadataType":1,"subtitle":"1995","title":"Heat"}` + tail,
		},
		"an episode, season 0": {
			media.Item{
				Kind: media.Episode, Title: "Bluey", Subtitle: "S00E02 Hospital", Name: "Hospital", Show: "Bluey",
				Season: media.Num(0), Episode: media.Num(2),
			}, nil,
			head + `"metadata":{"episode":2,"metadataType":2,"season":0,"seriesTitle":"Bluey",` +
				`"subtitle":"S00E02 Hospital","title":"Hospital"}` + tail,
		},
		"a track with its cover": {
			media.Item{Kind: media.Track, Title: "Song", Artist: "A", Album: "B"},
			func(l *bridge.Load) { l.Artwork = "http://192.0.2.10/c.jpg" },
			head + `"metadata":{"albumName":"B","artist":"A","images":[{"url":"http://192.0.2.10/c.jpg"}],` +
				`"metadataType":3,"title":"Song"}` + tail,
		},
		"a picture": {
			media.Item{Kind: media.Image, Title: "Beach"}, nil, head + `"metadata":{"metadataType":4,"title":"Beach"}` + tail,
		},
		"anything else": {
			media.Item{Kind: media.Video, Title: "clip"}, nil, head + `"metadata":{"metadataType":0,"title":"clip"}` + tail,
		},
		"with subtitles": {
			media.Item{Title: "Heat"},
			func(l *bridge.Load) {
				l.Tracks = []bridge.Track{
					{ID: 1, URL: "http://192.0.2.10/1.vtt", Language: "de", Name: "Deutsch"}, {ID: 2, URL: "http://192.0.2.10/2.vtt"},
				}
				l.Show = []int{1}
			},
			`{"activeTrackIds":[1],` + head[1:] + `"metadata":{"metadataType":0,"title":"Heat"},"streamType":"BUFFERED",` +
				`"textTrackStyle":{"backgroundColor":"#00000000","edgeColor":"#000000FF","edgeType":"OUTLINE",` +
				`"fontGenericFamily":"SANS_SERIF","fontScale":1,"foregroundColor":"#FFFFFFFF"},"tracks":[` +
				`{"language":"de","name":"Deutsch","subtype":"SUBTITLES","trackContentId":"http://192.0.2.10/1.vtt",` +
				`"trackContentType":"text/vtt","trackId":1,"type":"TEXT"},{"language":"und","subtype":"SUBTITLES",` +
				`"trackContentId":"http://192.0.2.10/2.vtt","trackContentType":"text/vtt","trackId":2,"type":"TEXT"}]},` +
				`"sessionId":"s","type":"LOAD"}`,
		},
		"subtitles of which none shows": {
			media.Item{Title: "Heat"},
			func(l *bridge.Load) {
				l.Tracks = []bridge.Track{{ID: 1, URL: "http://192.0.2.10/1.vtt", Language: "de"}}
			},
			`{"activeTrackIds":[],` + head[1:] + `"metadata":{"metadataType":0,"title":"Heat"},"streamType":"BUFFERED",` +
				`"textTrackStyle":{"backgroundColor":"#00000000","edgeColor":"#000000FF","edgeType":"OUTLINE",` +
				`"fontGenericFamily":"SANS_SERIF","fontScale":1,"foregroundColor":"#FFFFFFFF"},"tracks":[` +
				`{"language":"de","subtype":"SUBTITLES","trackContentId":"http://192.0.2.10/1.vtt",` +
				`"trackContentType":"text/vtt","trackId":1,"type":"TEXT"}]},"sessionId":"s","type":"LOAD"}`,
		},
		"an announcement, paused": {
			media.Item{Title: "Dinner"},
			func(l *bridge.Load) { l.Tag.Entry, l.Paused, l.Position = "", true, -1 },
			`{"autoplay":false,"currentTime":0,"media":{"contentId":"http://192.0.2.10/a","contentType":"video/mp4",` +
				`"customData":{"announcement":true,"bridge":"b","entry":null,"serial":3},` +
				`"metadata":{"metadataType":0,"title":"Dinner"}` + tail,
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := load
			l.Item = row.item
			if row.alter != nil {
				row.alter(&l)
			}
			got, err := loadMessage(&l, "s").encode()
			if err != nil || got != row.want {
				t.Errorf("got  %s, %v\nwant %s", got, err, row.want)
			}
			o, err := parse(got)
			if err != nil {
				t.Fatal(err)
			}
			if tag := newTag(o.object("media").object("customData")); tag == nil || *tag != l.Tag {
				t.Errorf("the tag comes back as %+v", tag)
			}
		})
	}
}

func TestRefusalIsAClauseForPeople(t *testing.T) {
	for text, want := range map[string]bridge.Fail{
		`{"type":"LOAD_FAILED","detailedErrorCode":101}`:                 {Kind: bridge.FailFetch, Message: "the device gave up loading"},
		`{"type":"LOAD_FAILED","detailedErrorCode":102}`:                 {Kind: bridge.FailRefused, Message: "the device could not decode the file"},
		`{"type":"LOAD_FAILED","detailedErrorCode":103}`:                 {Kind: bridge.FailFetch, Message: "the device could not fetch the file"},
		`{"type":"LOAD_FAILED","detailedErrorCode":104}`:                 {Kind: bridge.FailFormat, Message: "the device cannot play this format"},
		`{"type":"LOAD_FAILED","detailedErrorCode":"104"}`:               {Kind: bridge.FailFormat, Message: "the device cannot play this format"},
		`{"type":"LOAD_FAILED","detailedErrorCode":311}`:                 {Kind: bridge.FailFetch, Message: "the device could not fetch the file"},
		`{"type":"LOAD_FAILED","detailedErrorCode":412}`:                 {Kind: bridge.FailFetch, Message: "the device does not understand the playlist of the stream"},
		`{"type":"ERROR","detailedErrorCode":903}`:                       {Kind: bridge.FailFetch, Message: "the device cannot show this picture"},
		`{"type":"LOAD_FAILED","detailedErrorCode":{}}`:                  {Kind: bridge.FailRefused, Message: "the device could not play it"},
		`{"type":"LOAD_FAILED"}`:                                         {Kind: bridge.FailRefused, Message: "the device could not play it"},
		`{"type":"INVALID_REQUEST","reason":"INVALID_MEDIA_SESSION_ID"}`: {Kind: bridge.FailRefused, Message: "the device did not accept the request (INVALID_MEDIA_SESSION_ID)"},
		`{"type":"INVALID_REQUEST"}`:                                     {Kind: bridge.FailRefused, Message: "the device did not accept the request"},
		`{"type":"LOAD_FAILED","detailedErrorCode":600}`:                 {Kind: bridge.FailFetch, Message: "the device could not read the subtitles"},
	} {
		o, err := parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := refusal(o); *got != want {
			t.Errorf("%s: %+v, wanted %+v", text, *got, want)
		}
	}
}
