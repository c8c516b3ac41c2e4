package cast

import (
	"cmp"

	"localcast/bridge"
	"localcast/bridge/media"
)

// The values of metadataType.
const (
	metadataGeneric = 0
	metadataMovie   = 1
	metadataShow    = 2
	metadataMusic   = 3
	metadataPhoto   = 4
)

// maxContentID is the longest contentId that receivers take, in bytes.
const maxContentID = 1000

// connectMessage opens the virtual connection without which a receiver or app routes nothing to us.
func connectMessage() object {
	return object{"type": "CONNECT", "origin": object{}, "userAgent": "LocalCast"}
}

// loadMessage is the LOAD of l in the app's session.
func loadMessage(l *bridge.Load, session string) object {
	o := object{
		"type": "LOAD", "sessionId": session, "media": mediaOf(l), "autoplay": !l.Paused, "currentTime": max(l.Position, 0),
	}
	if len(l.Tracks) > 0 {
		o["activeTrackIds"] = trackIDs(l.Show)
	}
	return o
}

// mediaOf is what a receiver is told of the item of l.
func mediaOf(l *bridge.Load) object {
	m := object{
		"contentId": l.URL, "contentType": l.ContentType, "streamType": "BUFFERED",
		"metadata": metadata(l.Item, l.Artwork), "customData": customData(l.Tag),
	}
	if l.Item.Duration > 0 {
		m["duration"] = l.Item.Duration
	}
	if len(l.Tracks) > 0 {
		m["tracks"], m["textTrackStyle"] = textTracks(l.Tracks), textStyle()
	}
	return m
}

// undetermined is the language of what has none that is known (BCP 47, ISO 639-2).
const undetermined = "und"

// textTracks are tracks as a LOAD names them.
func textTracks(tracks []bridge.Track) []object {
	list := make([]object, len(tracks))
	for i, t := range tracks {
		list[i] = object{
			"trackId": t.ID, "type": "TEXT", "subtype": "SUBTITLES", "trackContentId": t.URL, "trackContentType": "text/vtt",
			"language": cmp.Or(t.Language, undetermined), // a subtitle track without a language is refused
		}
		list[i].set("name", t.Name)
	}
	return list
}

// textStyle is white text with a black edge, which can be read over any picture and hides none of it.
func textStyle() object {
	return object{
		"foregroundColor": "#FFFFFFFF", "backgroundColor": "#00000000", "edgeType": "OUTLINE", "edgeColor": "#000000FF",
		"fontGenericFamily": "SANS_SERIF", "fontScale": 1,
	}
}

// trackIDs is ids as a list that is never null, which a receiver would take for no change.
func trackIDs(ids []int) []int { return append([]int{}, ids...) }

// customData marks a load as ours; newTag reads it back.
func customData(t bridge.Tag) object {
	o := object{"bridge": t.Bridge, "entry": nil, "serial": t.Serial}
	if t.Entry != "" {
		o["entry"] = t.Entry
	} else {
		o["announcement"] = true
	}
	return o
}

// metadata is what the receiver shows of an item.
func metadata(i media.Item, artwork string) object {
	o := object{"metadataType": metadataGeneric, "title": i.Title}
	name := i.Name
	if name == "" {
		name = i.Title
	}
	switch i.Kind {
	case media.Movie:
		o["metadataType"] = metadataMovie
	case media.Episode:
		o["metadataType"] = metadataShow
		o["title"] = name
		o.set("seriesTitle", i.Show)
		o.setNumber("season", i.Season)
		o.setNumber("episode", i.Episode)
	case media.Track:
		o["metadataType"] = metadataMusic
		o["title"] = name
		o.set("artist", i.Artist)
		o.set("albumName", i.Album)
	case media.Image:
		o["metadataType"] = metadataPhoto
	}
	o.set("subtitle", i.Subtitle)
	if artwork != "" {
		o["images"] = []object{{"url": artwork}}
	}
	return o
}

func (o object) set(key, value string) {
	if value != "" {
		o[key] = value
	}
}

func (o object) setNumber(key string, n media.Number) {
	if v, ok := n.Get(); ok {
		o[key] = v
	}
}

// refusal is why a device said no, as a clause for people, from an answer on the media or the receiver namespace.
func refusal(o object) *bridge.Fail {
	switch o.text("type") {
	case "LOAD_CANCELLED":
		return &bridge.Fail{Kind: bridge.FailCancelled, Message: "another sender took the device"}
	case "INVALID_PLAYER_STATE":
		return refuse("the device cannot do that at this moment")
	case "INVALID_COMMAND":
		return &bridge.Fail{Kind: bridge.FailUnsupported, Message: "the device does not know that command"}
	case "INVALID_REQUEST":
		if o.text("reason") == "INVALID_COMMAND" {
			return &bridge.Fail{Kind: bridge.FailUnsupported, Message: "the device does not know that command"}
		}
		return refuse("the device did not accept the request" + reasonOf(o))
	case "LAUNCH_ERROR":
		return &bridge.Fail{Kind: bridge.FailLaunch, Message: launchError(o.text("reason"))}
	}
	return refuseMedia(o)
}

// refuseMedia is the failure that an error of the media namespace tells.
func refuseMedia(o object) *bridge.Fail {
	kind := bridge.FailRefused
	switch faultOf(o) {
	case bridge.FaultFormat:
		kind = bridge.FailFormat
	case bridge.FaultElsewhere:
		kind = bridge.FailFetch
	}
	return &bridge.Fail{Kind: kind, Message: describeError(o)}
}

// faultOf tells from a detailedErrorCode whether it is about the file's format.
func faultOf(o object) bridge.Fault {
	switch code, told := o.whole("detailedErrorCode"); {
	case !told, code == 100, code == 102, code == 905:
		return bridge.FaultUnknown
	case code == 104, code == 110:
		return bridge.FaultFormat
	}
	return bridge.FaultElsewhere
}

func refuse(message string) *bridge.Fail {
	return &bridge.Fail{Kind: bridge.FailRefused, Message: message}
}

func reasonOf(o object) string {
	if r := o.text("reason"); r != "" {
		return " (" + r + ")"
	}
	return ""
}

// describeError reads a detailedErrorCode; the numbers are those of the Web Receiver's DetailedErrorCode.
func describeError(o object) string {
	code, _ := o.whole("detailedErrorCode")
	switch {
	case code == 101 || code == 904:
		return "the device gave up loading"
	case code == 102:
		return "the device could not decode the file"
	case code == 103, code/100 == 3:
		return "the device could not fetch the file"
	case code == 104, code == 110:
		return "the device cannot play this format"
	case code/100 == 2:
		return "the file is protected against copying"
	case code/100 == 6:
		return "the device could not read the subtitles"
	case code/100 == 4:
		return "the device does not understand the playlist of the stream"
	case code == 903:
		return "the device cannot show this picture"
	}
	return "the device could not play it"
}

// launchError reads the reason of a LAUNCH_ERROR.
func launchError(reason string) string {
	switch reason {
	case "CANCELLED":
		return "the start of the media app was cancelled on the device"
	case "NOT_FOUND":
		return "the device does not know the media app"
	case "NOT_ALLOWED":
		return "the device does not allow casting"
	case "CAST_INIT_TIMEOUT":
		return "the media app did not start: the device may have no way to the internet"
	}
	return "the device could not start the media app"
}
