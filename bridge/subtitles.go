package bridge

import (
	"fmt"
	"slices"
	"strings"

	"localcast/bridge/queue"
)

// subtitles finds the track that a command names, among those of what plays. Where nothing can be chosen the machine says
// why.
func (r *running) subtitles(req Subtitles) (func(queue.Ref) queue.Input, *Error) {
	var tracks []Track
	if m := r.status.Media; m != nil && m.CanTracks {
		tracks = m.Tracks
	}
	var at int
	var wanted string
	switch {
	case req.Off || len(tracks) == 0:
		return func(ref queue.Ref) queue.Input { return queue.Subtitles{Ref: ref} }, r.noTracks(req)
	case req.Track > 0:
		at, wanted = req.Track-1, fmt.Sprintf("track %d", req.Track)
	default:
		at, wanted = slices.IndexFunc(tracks, func(t Track) bool { return speaks(t, req.Language) }), "subtitles in "+req.Language
	}
	if at < 0 || at >= len(tracks) {
		return nil, &Error{NotFound, "what plays has no " + wanted}
	}
	id := tracks[at].ID
	return func(ref queue.Ref) queue.Input { return queue.Subtitles{Ref: ref, Track: id} }, nil
}

// noTracks refuses to show subtitles of something that plays and has none.
func (r *running) noTracks(req Subtitles) *Error {
	m := r.status.Media
	if req.Off || m == nil || !m.CanTracks || m.State == PlayLoading {
		return nil
	}
	return &Error{NotFound, "what plays has no subtitles"}
}

// speaks reports whether a track is in that language, "de" in "de-AT" too, or has that name.
func speaks(t Track, language string) bool {
	main, _, _ := strings.Cut(t.Language, "-")
	return language != "" &&
		(strings.EqualFold(t.Language, language) || strings.EqualFold(main, language) || strings.EqualFold(t.Name, language))
}

// subtitles fills in the tracks that can be chosen, and the one that shows.
func (s *DeviceState) subtitles(m *MediaStatus) {
	for i, t := range m.Tracks {
		s.SubtitleTracks = append(s.SubtitleTracks, SubtitleTrack{Track: i + 1, Language: Text(t.Language), Name: Text(t.Name)})
		if slices.Contains(m.Shown, t.ID) && s.Subtitles == "" {
			s.Subtitles = Text(t.Language)
			if s.Subtitles == "" {
				s.Subtitles = Text(t.Name)
			}
		}
	}
}

// shown is the id of the text track that shows, 0 for none.
func (m *MediaStatus) shown() int {
	for _, t := range m.Tracks {
		if slices.Contains(m.Shown, t.ID) {
			return t.ID
		}
	}
	return 0
}

// sameSubtitles reports whether two statuses offer and show the same tracks.
func sameSubtitles(a, b *MediaStatus) bool {
	if a == nil || b == nil {
		return a == b
	}
	return slices.Equal(a.Tracks, b.Tracks) && slices.Equal(a.Shown, b.Shown)
}
