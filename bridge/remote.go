package bridge

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"strings"

	"localcast/bridge/media"
)

// remote makes an item of a URL.
func (r *resolver) remote(ctx context.Context, req Play) (media.Item, error) {
	u, err := url.Parse(req.Source.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return media.Item{}, &Error{Invalid, fmt.Sprintf("url: got %q, wanted http:// or https://", req.Source.URL)}
	}
	item := media.Item{URL: req.Source.URL, Title: req.Title, ContentType: req.ContentType, Artwork: req.Artwork}
	if item.Title == "" {
		item.Title = path.Base(u.Path)
	}
	if item.Title == "." || item.Title == "/" {
		item.Title = u.Host
	}
	if item.ContentType == "" {
		item.ContentType = contentType(path.Ext(u.Path))
	}
	if item.ContentType == "" {
		if item.ContentType, err = r.ports.Remote.ContentType(ctx, item.URL); err != nil {
			return item, &Error{Invalid, fmt.Sprintf("content_type: missing, and %s does not tell it: %v", u.Host, err)}
		}
	}
	switch major, _, _ := strings.Cut(item.ContentType, "/"); major {
	case "audio":
		item.Kind = media.Track
	case "image":
		item.Kind = media.Image
	default:
		item.Kind = media.Video
	}
	return item, nil
}

// contentType is the MIME type of files with an extension, "" for what is not known as a medium. It does not ask the system,
// whose table is another on each and empty in a container.
func contentType(extension string) string {
	switch strings.ToLower(extension) {
	case ".mp4", ".m4v":
		return "video/mp4"
	case ".mkv":
		return "video/x-matroska"
	case ".webm":
		return "video/webm"
	case ".mov":
		return "video/quicktime"
	case ".avi":
		return "video/x-msvideo"
	case ".ts", ".m2ts", ".mts":
		return "video/mp2t"
	case ".m3u8":
		return "application/vnd.apple.mpegurl"
	case ".mpd":
		return "application/dash+xml"
	case ".mp3":
		return "audio/mpeg"
	case ".m4a", ".m4b":
		return "audio/mp4"
	case ".aac":
		return "audio/aac"
	case ".flac":
		return "audio/flac"
	case ".ogg", ".oga", ".opus":
		return "audio/ogg"
	case ".wav":
		return "audio/wav"
	case ".jpg", ".jpeg":
		return "image/jpeg"
	case ".png":
		return "image/png"
	case ".gif":
		return "image/gif"
	case ".webp":
		return "image/webp"
	case ".bmp":
		return "image/bmp"
	}
	return ""
}
