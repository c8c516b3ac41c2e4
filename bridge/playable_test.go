package bridge

import (
	"strings"
	"testing"

	"localcast/bridge/media"
)

// file is an item of a format, a video and an audio codec, with lines and channels where they matter: "matroska hevc aac 2160".
func file(spec string) media.Item {
	item := media.Item{Kind: media.Movie, ID: media.ID(spec)}
	for i, w := range strings.Fields(spec) {
		switch {
		case w == "-":
		case w == "2160":
			item.Width, item.Height = 3840, 2160
		case w == "1080":
			item.Width, item.Height = 1920, 1080
		case w == "6ch":
			item.Channels = 6
		case i == 0:
			item.Format = w
		case i == 1:
			item.VideoCodec = w
		default:
			item.AudioCodec = w
		}
	}
	if item.VideoCodec == "" && item.AudioCodec != "" {
		item.Kind = media.Track
	}
	return item
}

// TestPlayable has a row for each family of devices: what it plays, and what it does not, with the reason.
func TestPlayable(t *testing.T) {
	sees, hears := []string{"audio", "video"}, []string{"audio"}
	everywhere := "mp4 h264 aac 1080, mp4 h264 opus, webm vp8 vorbis, mp3 - mp3, ogg - opus, ogg - vorbis, flac - flac, wav - pcm_s16le, " +
		"matroska h264 aac, mpegts h264 aac, mp4 h264 ac3 6ch"
	sound := "mp3 - mp3, ogg - opus, flac - flac, wav - pcm_s16le, mp4 - aac"
	for name, row := range map[string]struct {
		device media.Device
		plays  string
		not    map[string]string
	}{
		"a Chromecast of any generation": {media.Device{Model: "Chromecast", Capabilities: sees}, everywhere + ", mp4 hevc aac 2160, webm vp9 opus", map[string]string{
			"matroska h264 dts":       "DTS sound; Kitchen plays AAC, MP3, Opus, FLAC",
			"matroska h264 truehd":    "TrueHD sound; Kitchen plays AAC, MP3, Opus, FLAC",
			"mp4 - alac":              "ALAC sound; Kitchen plays AAC, MP3, Opus, FLAC",
			"matroska mpeg2video ac3": "MPEG-2 video; Kitchen plays H.264, VP8, VP9",
			"matroska mpeg4 mp3":      "MPEG-4 video; Kitchen plays H.264, VP8, VP9",
			"ogg theora vorbis":       "Theora video; Kitchen plays H.264, VP8, VP9",
			"avi h264 aac":            "AVI file; Kitchen plays MP4, WebM, Matroska, TS",
			"asf wmv3 wmav2":          "WMV file; Kitchen plays MP4, WebM, Matroska, TS",
			"flv h264 aac":            "FLV file; Kitchen plays MP4, WebM, Matroska, TS",
		}},
		"of the first two generations, by its name over HTTP": {media.Device{Model: "Eureka Dongle", Capabilities: sees}, everywhere, map[string]string{
			"mp4 hevc aac":      "HEVC video; Kitchen plays H.264, VP8",
			"webm vp9 opus":     "VP9 video; Kitchen plays H.264, VP8",
			"mp4 h264 aac 2160": "a picture of 4K; Kitchen shows up to 1080 lines",
		}},
		"Ultra": {media.Device{Model: "Chromecast Ultra", Capabilities: sees}, everywhere + ", mp4 hevc aac 2160, webm vp9 opus 2160", map[string]string{
			"mp4 av1 opus": "AV1 video; Kitchen plays H.264, HEVC, VP9",
		}},
		"Google TV": {media.Device{Model: "Chromecast Google TV", Capabilities: sees}, everywhere + ", mp4 hevc eac3 2160, webm vp9 opus, webm av1 opus", map[string]string{
			"matroska hevc dts 2160": "DTS sound; Kitchen plays AAC, MP3, Opus, FLAC",
		}},
		"Google TV HD": {media.Device{Model: "Chromecast HD", Capabilities: sees}, everywhere + ", mp4 hevc aac 1080, webm av1 opus 1080", map[string]string{
			"mp4 hevc aac 2160": "a picture of 4K; Kitchen shows up to 1080 lines",
		}},
		"Google TV Streamer": {media.Device{Model: "Google TV Streamer", Capabilities: sees}, everywhere + ", webm av1 opus 2160, mp4 hevc aac 2160", map[string]string{
			"matroska vc1 dts": "VC1 video; Kitchen plays H.264, HEVC, VP9, AV1",
		}},
		"Nest Hub": {media.Device{Model: "Google Nest Hub", Capabilities: sees}, everywhere + ", webm vp9 opus", map[string]string{
			"mp4 hevc aac":      "HEVC video; Kitchen plays H.264, VP9",
			"mp4 av1 aac":       "AV1 video; Kitchen plays H.264, VP9",
			"mp4 h264 aac 2160": "a picture of 4K; Kitchen shows up to 1080 lines",
		}},
		"Nest Hub Max":        {media.Device{Model: "Google Nest Hub Max", Capabilities: sees}, everywhere, map[string]string{"mp4 hevc aac": "HEVC video; Kitchen plays H.264, VP9"}},
		"a smart display":     {media.Device{Model: "Lenovo Smart Display 7", Capabilities: sees}, everywhere, map[string]string{"mp4 hevc aac": "HEVC video; Kitchen plays H.264, VP9"}},
		"a television":        {media.Device{Model: "BRAVIA 4K VH2", Capabilities: sees}, everywhere + ", mp4 hevc eac3 2160", map[string]string{"avi mpeg4 mp3": "AVI file; Kitchen plays MP4, WebM, Matroska, TS"}},
		"nothing known of it": {media.Device{}, everywhere + ", mp4 hevc aac 2160, mp4 av1 aac, mystery", map[string]string{"matroska h264 dts": "DTS sound; Kitchen plays AAC, MP3, Opus, FLAC"}},
		"a speaker": {media.Device{Model: "Google Nest Mini", Capabilities: hears}, sound, map[string]string{
			"mp4 h264 aac": "Kitchen has no screen",
			"mp4 - alac":   "ALAC sound; Kitchen plays AAC, MP3, Opus, FLAC",
			"asf - wmav2":  "WMA file; Kitchen plays MP3, MP4, FLAC, Ogg, WAV",
		}},
		"Chromecast Audio": {media.Device{Model: "Chromecast Audio", Capabilities: hears}, sound, map[string]string{"mp4 h264 aac": "Kitchen has no screen"}},
		"a group":          {media.Device{Model: "Google Cast Group", Kind: media.GroupDevice, Capabilities: []string{"audio", "group"}}, sound, map[string]string{"mp4 h264 aac": "Kitchen has no screen"}},
	} {
		t.Run(name, func(t *testing.T) {
			row.device.Name = "Kitchen"
			for spec := range strings.SplitSeq(row.plays, ", ") {
				item := file(spec)
				if len(row.device.Capabilities) > 0 && row.device.Capabilities[0] == "audio" && len(row.device.Capabilities) == 1 {
					item.Kind = media.Track
				}
				if ok, reason := Playable(row.device, item); !ok || reason != "" {
					t.Errorf("%s: %v, %q", spec, ok, reason)
				}
			}
			for spec, want := range row.not {
				item := file(spec)
				switch item.Format {
				case "asf":
					item.ContentType = map[media.Kind]string{media.Movie: "video/x-ms-wmv", media.Track: "audio/x-ms-wma"}[item.Kind]
				}
				if ok, reason := Playable(row.device, item); ok || reason != want {
					t.Errorf("%s: %v, %q, wanted %q", spec, ok, reason, want)
				}
			}
		})
	}
}

func TestPlayableOfOtherKinds(t *testing.T) {
	speaker := media.Device{Name: "Radio", Capabilities: []string{"audio"}}
	screen := media.Device{Name: "TV", Capabilities: []string{"audio", "video"}}
	for _, row := range []struct {
		device media.Device
		item   media.Item
		want   string
	}{
		{speaker, media.Item{Kind: media.Image, Format: "jpeg"}, "Radio has no screen"},
		{screen, media.Item{Kind: media.Image, Format: "jpeg"}, ""},
		{speaker, media.Item{Kind: media.Show}, ""},
		{speaker, media.Item{Kind: media.Video, URL: "http://x/film.mp4"}, "Radio has no screen"},
		{screen, media.Item{Kind: media.Video, URL: "http://x/film.avi", ContentType: "video/x-msvideo"}, ""},
		{screen, media.Item{Kind: media.Video, ContentType: "video/x-msvideo"}, "AVI file; TV plays MP4, WebM, Matroska, TS"}, // nothing could look into it
	} {
		if _, reason := Playable(row.device, row.item); reason != row.want {
			t.Errorf("%+v on %s: %q, wanted %q", row.item, row.device.Name, reason, row.want)
		}
	}
}

// TestTastes tells what is learnt of a device from what it refuses.
func TestTastes(t *testing.T) {
	// An event is a file and what happened: plays, format (it says that it cannot), unknown (it says nothing), fetch (it could not get it).
	for name, row := range map[string]struct {
		events string
		want   string // the refused formats
	}{
		"nothing happened":                             {"", ""},
		"it says that it cannot":                       {"matroska hevc ac3: format", "matroska hevc ac3"},
		"it could not get the file":                    {"mp4 h264 aac: plays, matroska hevc ac3: fetch, matroska hevc ac3 1080: fetch", ""},
		"it says nothing, of one file":                 {"mp4 h264 aac: plays, matroska hevc ac3: unknown, matroska hevc ac3: unknown", ""},
		"of two files":                                 {"mp4 h264 aac: plays, matroska hevc ac3: unknown, matroska hevc ac3 1080: unknown", "matroska hevc ac3"},
		"but nothing ever played: it may not reach us": {"matroska hevc ac3: unknown, matroska hevc ac3 1080: unknown", ""},
		"what every device plays":                      {"mp4 h264 aac: plays, mp4 h264 aac: unknown, mp4 h264 aac 1080: format, mp3 - mp3: format", ""},
		"it plays after all":                           {"matroska hevc ac3: format, mp4 hevc aac: format, matroska hevc ac3: plays", "mp4 hevc aac"},
		"one played between":                           {"mp4 h264 aac: plays, matroska h264 ac3: unknown, matroska h264 ac3: plays, matroska h264 ac3 1080: unknown", ""},
		"4K is a format of its own":                    {"mp4 hevc aac 2160: format", "mp4 hevc aac 4k"},
		"so is surround sound":                         {"mp4 h264 aac 6ch: format", "mp4 h264 aac surround"},
		"a file of which nothing is known":             {"avi: format", ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := media.Device{Name: "Kitchen"}
			tastes := tastes{doubted: map[string]media.ID{}}
			for event := range strings.SplitSeq(row.events, ", ") {
				spec, what, ok := strings.Cut(event, ": ")
				if !ok {
					continue
				}
				item := file(spec)
				tastes.fault = map[string]Fault{"format": FaultFormat, "unknown": FaultUnknown, "fetch": FaultElsewhere}[what]
				if what == "plays" {
					tastes.started(&d, item)
				} else if tastes.failed(&d, item) {
					if ok, reason := Playable(d, item); ok || !strings.HasPrefix(reason, "Kitchen has refused such files before (") {
						t.Errorf("%s: %v, %q", spec, ok, reason)
					}
				}
			}
			if got := strings.Join(d.Refused, ", "); got != row.want {
				t.Errorf("refused %q, wanted %q", got, row.want)
			}
		})
	}
}

func TestWhatADeviceRefusesIsRemembered(t *testing.T) {
	story(t, Config{}, `
		. appears Kitchen id=a1
		. kitchen online
		. kitchen: play ronin
		. kitchen cannot the device cannot play this format
		> kitchen: play ronin
		kitchen answers play: unsupported
		. kill
		. appears Kitchen id=a1
		. kitchen online
		> kitchen: play ronin
		kitchen answers play: unsupported
		. kitchen: queue_jump 0
		. kitchen done
		. kitchen plays 5
		. kitchen: stop
		. kitchen done
		> kitchen: play ronin
		kitchen does load e2 http://10.0.0.1/ronin
		kitchen queue 2: *ronin
		kitchen state buffering Ronin at 0, 0 of 1`)
}
