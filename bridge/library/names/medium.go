package names

import "strings"

// MediumKind is what a file name's extension tells of; the zero value is none of ours.
type MediumKind int

// The media.
const (
	None MediumKind = iota
	Video
	Audio
	Picture
	List // a playlist
)

// Medium tells from a file name's extension what it holds and, as the MIME type, in which container; None and "" for
// what is no medium.
func Medium(file string) (MediumKind, string) {
	i := strings.LastIndexByte(file, '.')
	if i < 0 {
		return None, ""
	}
	switch strings.ToLower(file[i+1:]) {
	case "mp4", "m4v":
		return Video, "video/mp4"
	case "mkv":
		return Video, "video/x-matroska"
	case "webm":
		return Video, "video/webm"
	case "mov", "qt":
		return Video, "video/quicktime"
	case "avi", "divx":
		return Video, "video/x-msvideo"
	case "wmv", "asf":
		return Video, "video/x-ms-wmv"
	case "mpg", "mpeg", "vob":
		return Video, "video/mpeg"
	case "ts", "m2ts", "mts":
		return Video, "video/mp2t"
	case "flv":
		return Video, "video/x-flv"
	case "3gp":
		return Video, "video/3gpp"
	case "ogv":
		return Video, "video/ogg"
	case "mp3":
		return Audio, "audio/mpeg"
	case "m4a", "m4b":
		return Audio, "audio/mp4"
	case "aac":
		return Audio, "audio/aac"
	case "flac":
		return Audio, "audio/flac"
	case "ogg", "oga", "opus":
		return Audio, "audio/ogg"
	case "wav":
		return Audio, "audio/wav"
	case "mka":
		return Audio, "audio/x-matroska"
	case "weba":
		return Audio, "audio/webm"
	case "wma":
		return Audio, "audio/x-ms-wma"
	case "aif", "aiff":
		return Audio, "audio/aiff"
	case "jpg", "jpeg":
		return Picture, "image/jpeg"
	case "png":
		return Picture, "image/png"
	case "gif":
		return Picture, "image/gif"
	case "webp":
		return Picture, "image/webp"
	case "m3u", "m3u8":
		return List, "audio/x-mpegurl"
	case "bmp":
		return Picture, "image/bmp"
	}
	return None, ""
}
