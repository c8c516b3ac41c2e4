package bridge

import (
	"cmp"
	"context"
	"net/url"
	"path"
	"strings"
	"time"

	"localcast/bridge/media"
	"localcast/bridge/queue"
)

const (
	// askSpeechWithin bounds the question what kind of audio speech is; a server that does not tell makes speechType.
	askSpeechWithin = 2 * time.Second
	speechType      = "audio/wav"
	// titleLength is how much of the words of an announcement is its title, in characters.
	titleLength = 100
)

// announce finds what an announcement plays: an item, an address, or the speech of its words.
func (r *resolver) announce(ctx context.Context, t *turn, req Announce) error {
	ctx, cancel := context.WithTimeout(ctx, resolveURLWithin)
	defer cancel()
	if remoteAddress(req.Message) {
		req.Source.URL, req.Message = req.Message, ""
	}
	var item media.Item
	if req.Message != "" {
		if r.speech == "" {
			return &Error{Unsupported, "message: got words, but announce.tts_url, which makes speech of them, is not set; a url would play"}
		}
		item = r.spoken(ctx, req)
	} else {
		s, err := r.selected(ctx, t, Play{Source: req.Source, Title: req.Title, ContentType: req.ContentType})
		if err == nil {
			s, err = r.fit(s)
		}
		if err != nil {
			return err
		}
		item = s.items[s.first]
	}
	in := queue.Announce[media.Item]{Item: Entry{Item: item, Duration: item.Duration}, Volume: req.Volume, Force: req.Force}
	if item.Kind == media.Image {
		in.Item.Interval = pictureTime
	}
	t.item = item
	t.input = func(ref queue.Ref) queue.Input { in.Ref = ref; return in }
	return nil
}

// remoteAddress reports whether a text is a URL and not words.
func remoteAddress(text string) bool {
	return strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://")
}

// spoken is the speech of an announcement's words.
func (r *resolver) spoken(ctx context.Context, req Announce) media.Item {
	item := media.Item{
		URL: speechURL(r.speech, req.Message), Kind: media.Track, ContentType: req.ContentType,
		Title: cmp.Or(req.Title, shortened(req.Message)),
	}
	if u, err := url.Parse(r.speech); err == nil && item.ContentType == "" {
		item.ContentType = contentType(path.Ext(u.Path))
	}
	if item.ContentType == "" {
		item.ContentType = r.speechKind(ctx, item.URL)
	}
	return item
}

// speechKind is what kind of audio speech is. That is asked once, since many servers speak the words for the question too.
func (r *resolver) speechKind(ctx context.Context, address string) string {
	if r.spoke != "" {
		return r.spoke
	}
	ctx, cancel := context.WithTimeout(ctx, askSpeechWithin)
	defer cancel()
	kind, err := r.ports.Remote.ContentType(ctx, address)
	if err != nil || !strings.HasPrefix(kind, "audio/") {
		return speechType
	}
	r.spoke = kind
	return kind
}

// speechURL puts words into the address that makes speech of them, in a form that is right in a path and in a query.
func speechURL(pattern, words string) string {
	return strings.ReplaceAll(pattern, "{text}", strings.ReplaceAll(url.QueryEscape(words), "+", "%20"))
}

// shortened is as much of a text as makes a title.
func shortened(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > titleLength {
		return strings.TrimSpace(string(runes[:titleLength-1])) + "…"
	}
	return text
}

// announcedSpeech says what became of an announcement.
func announcedSpeech(o queue.Outcome, name string) string {
	switch {
	case o.Lost:
		return "Announcing on " + name + ". What another app played there cannot be brought back"
	case o.Pending:
		return "The announcement waits its turn on " + name
	case o.Capped:
		return "Announcing on " + name + ", no louder than is allowed"
	}
	return "Announcing on " + name
}
