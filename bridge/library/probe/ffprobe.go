package probe

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// MaxFFprobe bounds what is taken of ffprobe's answer, in bytes.
const MaxFFprobe = 256 << 10

// FFprobeArgs are the arguments with which ffprobe looks at the file that is its standard input's neighbour, descriptor 3, and
// answers what ParseFFprobe reads. It opens no other file and no address, and reads a few MB at most.
func FFprobeArgs() []string {
	return []string{
		"-hide_banner", "-loglevel", "error", "-protocol_whitelist", "file,pipe",
		"-format_whitelist", "avi,mpegts,mpeg,mpegvideo,asf,flv,aiff,aac,mov,matroska,ogg,mp3,flac,wav,ape,wv,amr,dv,rm,caf",
		"-probesize", "2000000", "-analyzeduration", "5000000",
		"-of", "json", "-show_entries",
		"format=format_name,duration:format_tags=title,artist,album,album_artist,genre,date,track,disc:" +
			"stream=codec_type,codec_name,width,height,channels:stream_tags=language:stream_disposition=attached_pic",
		"-i", "/dev/fd/3",
	}
}

// ParseFFprobe reads ffprobe's answer.
func ParseFFprobe(answer []byte) (Info, error) {
	var told struct {
		Format struct {
			Name     string `json:"format_name"`
			Duration string
			Tags     map[string]string
		}
		Streams []struct {
			Type        string `json:"codec_type"`
			Codec       string `json:"codec_name"`
			Width       int
			Height      int
			Channels    int
			Tags        map[string]string
			Disposition struct {
				Picture int `json:"attached_pic"`
			}
		}
	}
	if err := json.Unmarshal(answer, &told); err != nil {
		return Info{}, fmt.Errorf("ffprobe's answer: %w", err)
	}
	if len(told.Streams) == 0 {
		return Info{}, errors.New("ffprobe finds nothing in it that plays")
	}
	format, _, _ := strings.Cut(told.Format.Name, ",")
	info := Info{Format: format}
	if seconds, err := strconv.ParseFloat(told.Format.Duration, 64); err == nil && seconds >= 0 && seconds < maxDuration {
		info.Duration = seconds
	}
	for _, s := range told.Streams {
		language := s.Tags["language"]
		switch {
		case s.Type == "video" && s.Disposition.Picture != 0:
			info.Picture = true
		case s.Type == "video" && info.VideoCodec == "":
			info.VideoCodec, info.Width, info.Height = s.Codec, plausible(s.Width, 1<<16), plausible(s.Height, 1<<16)
		case s.Type == "audio":
			if info.AudioCodec == "" {
				info.AudioCodec, info.Channels = s.Codec, plausible(s.Channels, 255)
			}
			addLanguage(&info.Languages, language)
		case s.Type == "subtitle":
			addLanguage(&info.Subtitles, language)
		}
	}
	for name, value := range told.Format.Tags {
		info.Tags.set(name, value[:min(len(value), math.MaxInt16)])
	}
	info.Tags.clean()
	return info, nil
}
