package bridge

import (
	"localcast/bridge/media"
	"localcast/bridge/queue"
)

const (
	// A film, an episode or a video resumes where it was left between resumeFrom seconds and watchedAt of its length, unless
	// it is shorter than resumeLength seconds. From watchedAt on it counts as watched.
	resumeFrom   = 60.0
	watchedAt    = 0.9
	resumeLength = 300.0
)

// watchable reports whether items of a kind are watched: they resume, and are marked as watched.
func watchable(k media.Kind) bool { return k == media.Movie || k == media.Episode || k == media.Video }

// used is the use of an item after it has been played as far as p tells. Who plays a watched item again is in the midst of
// it once it has gone far enough to resume; a glance at its beginning leaves the mark.
func used(u media.Use, p queue.Played[media.Item], now int64) media.Use {
	item := p.Entry.Item
	u.LastAt = now
	if p.First {
		u.Plays++
	}
	if !watchable(item.Kind) {
		return u
	}
	length := p.Duration
	if length == 0 {
		length = item.Duration
	}
	switch {
	case p.Ended || length > 0 && p.Position >= watchedAt*length:
		u.Position, u.Watched = 0, true
	case p.Position < resumeFrom || length > 0 && length < resumeLength:
		u.Position = 0
	default:
		u.Position, u.Watched = p.Position, false
	}
	return u
}

// rightOne is the index of the item with which a container is played, and the seconds at which that starts. A show or a
// season goes on with what was last begun in it: in the midst of that, or with the next that was not watched. Where there is
// none, and for every other container, it is the first.
func rightOne(of media.Kind, items []media.Item, use func(media.ID) media.Use) (first int, start float64) {
	if of != media.Show && of != media.Season {
		return 0, 0
	}
	last, lastUse := -1, media.Use{}
	for i, item := range items {
		u := use(item.ID)
		if (u.Watched || u.Position > 0) && (last < 0 || u.LastAt >= lastUse.LastAt) {
			last, lastUse = i, u
		}
	}
	if last < 0 {
		return 0, 0
	}
	if lastUse.Position > 0 {
		return last, lastUse.Position
	}
	for i := last + 1; i < len(items); i++ {
		if u := use(items[i].ID); !u.Watched {
			return i, u.Position
		}
	}
	return 0, 0
}
