package bridge

import (
	"slices"
	"strings"

	"localcast/bridge/media"
)

// Playable reports whether a device can play an item and, where it cannot, why not, as a clause for people: "DTS sound; Kitchen
// plays AAC, MP3, Opus, FLAC". It judges by what the device is and by what it has refused before; what is unsure it lets
// the device try. A device of which nothing is known plays everything that any Chromecast plays.
//
// The tables are those of docs/cast.md. A plain "Chromecast" may be of any generation up to Google TV, so that its name
// rules out least.
func Playable(d media.Device, item media.Item) (ok bool, reason string) {
	a, name := abilitiesOf(d), nameOf(d)
	switch {
	case item.Kind.Visual() && len(a.video) == 0:
		return false, name + " has no screen"
	case item.Kind.Container(), item.Kind == media.Image, item.URL != "":
		return true, ""
	}
	if what := unfitContainer(item); what != "" {
		plays := "MP4, WebM, Matroska, TS"
		if !item.Kind.Visual() {
			plays = "MP3, MP4, FLAC, Ogg, WAV"
		}
		return false, what + " file; " + name + " plays " + plays
	}
	if what := item.VideoCodec; item.Kind.Visual() && what != "" && (anywhere(what) == never || slices.Contains(a.not, what)) {
		return false, codecName(what) + " video; " + name + " plays " + strings.Join(a.video, ", ")
	}
	if a.lines > 0 && item.Kind.Visual() && (item.Height > a.lines+a.lines/50 || item.Width > a.lines*2) {
		return false, "a picture of 4K; " + name + " shows up to 1080 lines"
	}
	if what := item.AudioCodec; what != "" && anywhere(what) == never {
		return false, codecName(what) + " sound; " + name + " plays AAC, MP3, Opus, FLAC"
	}
	if slices.Contains(d.Refused, formatOf(item)) {
		return false, name + " has refused such files before (" + describeFormat(item) + ")"
	}
	return true, ""
}

// abilities is what a family of devices can show.
type abilities struct {
	video []string // the codecs, for people; none without a screen
	not   []string // codecs that others have and this family has not
	lines int      // of the largest picture; 0 is any
}

// abilitiesOf tells a device's family by its model.
func abilitiesOf(d media.Device) abilities {
	if d.Kind == media.AudioDevice || len(d.Capabilities) > 0 && !slices.Contains(d.Capabilities, "video") {
		return abilities{}
	}
	switch model := strings.ToLower(d.Model); {
	case strings.Contains(model, "chromecast ultra"):
		return abilities{video: []string{"H.264", "HEVC", "VP9"}, not: []string{"av1"}}
	case strings.Contains(model, "google tv streamer"):
		return abilities{video: []string{"H.264", "HEVC", "VP9", "AV1"}}
	case strings.Contains(model, "chromecast hd"):
		return abilities{video: []string{"H.264", "HEVC", "VP9", "AV1"}, lines: 1080}
	case strings.Contains(model, "google tv"):
		return abilities{video: []string{"H.264", "HEVC", "VP9"}}
	case strings.Contains(model, "nest hub"), strings.Contains(model, "home hub"), strings.Contains(model, "smart display"):
		return abilities{video: []string{"H.264", "VP9"}, not: []string{"hevc", "av1"}, lines: 1080}
	case strings.Contains(model, "eureka dongle"): // the first two generations, as they call themselves when asked by HTTP
		return abilities{video: []string{"H.264", "VP8"}, not: []string{"hevc", "vp9", "av1"}, lines: 1080}
	}
	return abilities{video: []string{"H.264", "VP8", "VP9"}}
}

// chance is how likely a Chromecast plays something.
type chance int

const (
	perhaps chance = iota
	always
	never
)

// anywhere tells which codecs every Chromecast plays where it plays film or sound at all, and which none does.
func anywhere(codec string) chance {
	switch codec {
	case "h264", "vp8", "aac", "mp3", "opus", "vorbis", "flac":
		return always
	case "mpeg1video", "mpeg2video", "mpeg4", "msmpeg4v1", "msmpeg4v2", "msmpeg4v3", "wmv1", "wmv2", "wmv3", "vc1", "theora", "mjpeg",
		"flv1", "h263", "svq1", "svq3", "rv10", "rv20", "rv30", "rv40", "cinepak", "prores", "dvvideo", "ffv1", "huffyuv",
		"dts", "truehd", "mlp", "alac", "wmav1", "wmav2", "wmapro", "wmalossless", "amr_nb", "amr_wb", "speex", "cook", "ape", "wavpack":
		return never
	}
	return perhaps
}

// unfitContainer names the container of an item where no Chromecast reads it; else "".
func unfitContainer(item media.Item) string {
	for _, row := range [][3]string{ // the format as a probe tells it, the MIME type that a name gives, and what people call it
		{"avi", "video/x-msvideo", "AVI"},
		{"asf", "video/x-ms-wmv", "WMV"},
		{"asf", "audio/x-ms-wma", "WMA"},
		{"flv", "video/x-flv", "FLV"},
		{"mpeg", "video/mpeg", "MPEG"},
		{"aiff", "audio/aiff", "AIFF"},
	} {
		if item.ContentType == row[1] || item.ContentType == "" && item.Format == row[0] {
			return row[2]
		}
	}
	return ""
}

// formatOf is what a device refuses when it refuses a file for its format; "" where too little is known of the file, or where
// every device plays such files and the fault lies elsewhere.
func formatOf(item media.Item) string {
	if item.Format == "" || item.VideoCodec == "" && item.AudioCodec == "" {
		return ""
	}
	sure := item.Format == "mp4" || item.Format == "webm" || item.Format == "mp3" || item.Format == "ogg" || item.Format == "wav" ||
		item.Format == "flac"
	if sure && !large(item) && !surround(item) && (item.VideoCodec == "" || anywhere(item.VideoCodec) == always) &&
		(item.AudioCodec == "" || anywhere(item.AudioCodec) == always || item.Format == "wav") {
		return ""
	}
	parts := []string{item.Format, item.VideoCodec, item.AudioCodec}
	if large(item) {
		parts = append(parts, "4k")
	}
	if surround(item) {
		parts = append(parts, "surround")
	}
	return strings.Join(parts, " ")
}

// describeFormat is what formatOf tells, for people.
func describeFormat(item media.Item) string {
	parts := []string{codecName(item.Format)}
	if large(item) {
		parts = append(parts, "4K")
	}
	for _, c := range []string{item.VideoCodec, item.AudioCodec} {
		if c != "" {
			parts = append(parts, codecName(c))
		}
	}
	if surround(item) {
		parts = append(parts, "surround")
	}
	return strings.Join(parts, ", ")
}

// large reports whether a picture is larger than 1080 lines, and surround whether the sound has more than two channels: what
// a device refuses in such files it may play in others.
func large(item media.Item) bool    { return item.Height > 1100 || item.Width > 2000 }
func surround(item media.Item) bool { return item.Channels > 2 }

// codecName is what people call a codec or a container.
func codecName(c string) string {
	for _, row := range [][2]string{
		{"h264", "H.264"}, {"hevc", "HEVC"}, {"mpeg1video", "MPEG-1"}, {"mpeg2video", "MPEG-2"}, {"mpeg4", "MPEG-4"}, {"msmpeg4v3", "DivX"},
		{"theora", "Theora"}, {"opus", "Opus"}, {"vorbis", "Vorbis"}, {"truehd", "TrueHD"}, {"eac3", "E-AC3"}, {"wmv3", "WMV"},
		{"wmav2", "WMA"}, {"speex", "Speex"}, {"matroska", "Matroska"}, {"webm", "WebM"}, {"quicktime", "QuickTime"}, {"mpegts", "TS"},
		{"ogg", "Ogg"}, {"flv1", "Flash"}, {"h263", "H.263"}, {"prores", "ProRes"},
	} {
		if row[0] == c {
			return row[1]
		}
	}
	return strings.ToUpper(c)
}

// nameOf is what people call a device: its friendly name, or its topic name until it has told that.
func nameOf(d media.Device) string {
	if d.Name == "" {
		return d.Topic
	}
	return d.Name
}
