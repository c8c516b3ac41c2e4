package cast

import (
	"cmp"
	"slices"
	"time"

	"localcast/bridge"
	"localcast/bridge/media"
)

// The bits of supportedMediaCommands.
const (
	commandPause = 1 << 0
	commandSeek  = 1 << 1
	commandNext  = 1 << 6
	commandPrev  = 1 << 7
	commandTrack = 1 << 12
	commandRate  = 1 << 13
)

// maxTracks bounds the tracks of one item that are kept.
const maxTracks = 100

// finishedWithin is how near to its end a session that vanished without a reason counts as played to the end.
const finishedWithin = 10 * time.Second

// mediaSession is one media session of an app, as the statuses so far tell it.
type mediaSession struct {
	id     int64
	status bridge.MediaStatus
	opened bool // it has buffered, played or been paused
	queue  receiverQueue
	// leaving says that one item of ours has ended, why, and that it is not known yet what comes.
	leaving *bridge.Ended
}

// mediaView is the media side of one app: the statuses merged. Later statuses tell only what changed.
type mediaView struct {
	current *mediaSession // nil: nothing is loaded
	// rising says that session ids only rise, as the Default Media Receiver's do, so that a lower one is old news.
	rising bool
	// blame is what the app last said of an error: the status that ends a session tells no code.
	blame string
	fault bridge.Fault
}

// ending is the end of a session.
type ending struct {
	session *mediaSession
	bridge.Ended
}

// copy is the current session as it is now, nil for none.
func (v *mediaView) copy() *mediaSession {
	if v.current == nil {
		return nil
	}
	was := *v.current
	return &was
}

// merge takes the status list of a MEDIA_STATUS and returns the sessions that it ended.
func (v *mediaView) merge(entries []object, now time.Time) []ending {
	if len(entries) == 0 {
		return v.end("", now)
	}
	var ended []ending
	for _, e := range entries {
		ended = append(ended, v.mergeOne(e, now)...)
	}
	return ended
}

func (v *mediaView) mergeOne(e object, now time.Time) (ended []ending) {
	id, told := e.whole("mediaSessionId")
	if !told && v.current != nil {
		id = v.current.id
	}
	state := playState(e)
	if state == stateIdle {
		if v.current == nil || v.current.id != id {
			return nil // the end of a session that was replaced, or was never seen
		}
		// Receivers tell 0 once a session is over; anything else is where it ended.
		if t, ok := e.number("currentTime"); ok && t > 0 {
			v.current.status.Position, v.current.status.At = t, now
		}
		v.accuse(e)
		return v.end(e.text("idleReason"), now)
	}
	if state == stateUnknown && (v.current == nil || v.current.id != id) {
		return nil // nothing is told of what would begin
	}
	loading := e.object("extendedStatus")
	if inner, ok := loading.whole("mediaSessionId"); ok && inner != id && state == bridge.PlayLoading {
		// What is outside is the old session's, and maybe its end; the inner session is the one that loads.
		if reason := e.text("idleReason"); reason != "" && v.current != nil && v.current.id == id {
			ended = v.end(reason, now)
		}
		id, e = inner, loading
	}
	if v.current != nil && v.current.id != id {
		if v.rising && id < v.current.id {
			return ended
		}
		ended = append(ended, v.end("INTERRUPTED", now)...)
	}
	if v.current == nil {
		v.current = &mediaSession{id: id, status: bridge.MediaStatus{
			State: bridge.PlayLoading, At: now, Rate: 1, CanPause: true, CanSeek: true,
		}}
	}
	if over := v.current.leave(e, now); over != nil {
		if over.Reason == bridge.EndError {
			v.accuse(e)
			over.Message, over.Fault = cmp.Or(v.blame, describeError(nil)), v.fault
			v.blame, v.fault = "", bridge.FaultUnknown
		}
		v.current.leaving = over
	}
	was := *v.current
	v.current.merge(e, state, now)
	if over := v.current.arrived(&was); over != nil {
		ended = append(ended, ending{&was, *over})
	}
	return ended
}

// end closes the current session, if there is one. A session that vanished without a reason is taken for finished where
// that was due, else for stopped.
func (v *mediaView) end(reason string, now time.Time) []ending {
	m := v.current
	if m == nil {
		return nil
	}
	if m.leaving != nil { // it was said already how its last item ended, and nothing came after it
		e := *m.leaving
		v.current, v.blame, v.fault = nil, "", bridge.FaultUnknown
		return []ending{{m, e}}
	}
	e := bridge.Ended{Tag: m.status.Tag, URL: m.status.URL, Position: m.positionAt(now)}
	switch reason {
	case "FINISHED":
		e.Reason = bridge.EndFinished
	case "INTERRUPTED":
		e.Reason = bridge.EndInterrupted
	case "CANCELLED":
		e.Reason = bridge.EndCancelled
	case "ERROR":
		e.Reason, e.Message, e.Fault = bridge.EndError, cmp.Or(v.blame, describeError(nil)), v.fault
	default:
		e.Reason = bridge.EndCancelled
		if m.atEnd(now) {
			e.Reason = bridge.EndFinished
		}
	}
	v.current, v.blame, v.fault = nil, "", bridge.FaultUnknown
	return []ending{{m, e}}
}

// atEnd reports whether the item has come so near to its end that its end was due.
func (m *mediaSession) atEnd(now time.Time) bool {
	left := m.status.Duration - m.positionAt(now)
	return m.status.Duration > 0 && m.status.State != bridge.PlayPaused && left <= finishedWithin.Seconds()
}

// accuse remembers an error's code, if o tells one.
func (v *mediaView) accuse(o object) {
	if _, told := o.whole("detailedErrorCode"); told {
		v.blame, v.fault = describeError(o), faultOf(o)
	}
}

// stateIdle is the player state of a session that is over; stateUnknown that of a status that does not tell.
const (
	stateIdle    bridge.PlayState = "idle"
	stateUnknown bridge.PlayState = ""
)

// playState reads the state of a status. IDLE is an end only if nothing loads: neither by extendedStatus nor because the
// receiver's own queue moves on (loadingItemId).
func playState(e object) bridge.PlayState {
	loading := e.object("extendedStatus").text("playerState") == "LOADING"
	switch e.text("playerState") {
	case "PLAYING":
		return bridge.PlayPlaying
	case "PAUSED":
		return bridge.PlayPaused
	case "BUFFERING":
		return bridge.PlayBuffering
	case "LOADING":
		return bridge.PlayLoading
	case "IDLE":
		if next, _ := e.whole("loadingItemId"); loading || next != 0 {
			return bridge.PlayLoading
		}
		return stateIdle
	}
	if loading {
		return bridge.PlayLoading
	}
	return stateUnknown
}

// merge takes over what a status of this session tells.
func (m *mediaSession) merge(e object, state bridge.PlayState, now time.Time) {
	m.status.Position, m.status.At = m.positionAt(now), now
	if t, ok := e.number("currentTime"); ok {
		m.status.Position = max(t, 0)
	}
	if state != stateUnknown {
		m.status.State = state
	}
	m.opened = m.opened || m.status.State != bridge.PlayLoading
	m.queue.merge(e)
	if rate, ok := e.number("playbackRate"); ok && rate > 0 {
		m.status.Rate = rate
	}
	if commands, ok := e.whole("supportedMediaCommands"); ok {
		m.status.CanPause = commands&commandPause != 0
		m.status.CanSeek = commands&commandSeek != 0
		// The Default Media Receiver leaves next and previous out even with a queue, where a jump works all the same.
		m.status.CanSkip = commands&(commandNext|commandPrev) != 0
		m.status.CanRate, m.status.CanTracks = commands&commandRate != 0, commands&commandTrack != 0
	}
	m.status.CanSkip = m.status.CanSkip || len(m.queue.items) > 1
	about := e.object("media")
	if coming := e.object("extendedStatus").object("media"); coming != nil && state == bridge.PlayLoading {
		about = coming
	}
	if about != nil {
		m.describe(about)
	}
	if ids, ok := e["activeTrackIds"].([]any); ok {
		m.status.Shown = wholeNumbers(ids)
	}
}

// wholeNumbers returns those of a list, at most maxTracks.
func wholeNumbers(list []any) []int {
	var out []int
	for _, v := range list {
		if n, ok := (object{"": v}).whole(""); ok && len(out) < maxTracks {
			out = append(out, int(n))
		}
	}
	return out
}

// newTracks reads the text tracks of a media object.
func newTracks(list []object) []bridge.Track {
	var out []bridge.Track
	for _, t := range list {
		if id, ok := t.whole("trackId"); ok && t.text("type") == "TEXT" && len(out) < maxTracks {
			language := t.text("language")
			if language == undetermined {
				language = ""
			}
			out = append(out, bridge.Track{ID: int(id), URL: t.text("trackContentId"), Language: language, Name: t.text("name")})
		}
	}
	return out
}

// hasTracks reports whether all of ids are text tracks of what is loaded.
func (m *mediaSession) hasTracks(ids []int) bool {
	for _, id := range ids {
		if !slices.ContainsFunc(m.status.Tracks, func(t bridge.Track) bool { return t.ID == id }) {
			return false
		}
	}
	return true
}

// describe takes over what a media object tells. Another contentId makes it another item, of which nothing old is true.
func (m *mediaSession) describe(o object) {
	s := &m.status
	url := o.text("contentId")
	if url == "" {
		url = o.text("contentUrl")
	}
	tag := newTag(o.object("customData"))
	if url != "" && url != s.URL || tag != nil && s.Tag != nil && *tag != *s.Tag {
		*s = bridge.MediaStatus{
			URL: url, State: s.State, Position: s.Position, At: s.At, Rate: s.Rate,
			CanPause: s.CanPause, CanSeek: s.CanSeek, CanSkip: s.CanSkip, CanRate: s.CanRate, CanTracks: s.CanTracks,
		}
	}
	if tag != nil {
		s.Tag = tag
	}
	if kind := o.text("contentType"); kind != "" {
		s.ContentType = kind
	}
	if d, ok := o.number("duration"); ok {
		s.Duration = max(d, 0) // -1 and 0 are unknown
	}
	if tracks, ok := o.list("tracks"); ok {
		s.Tracks = newTracks(tracks)
	}
	meta := o.object("metadata")
	if meta == nil {
		return
	}
	s.Title, s.Subtitle = meta.text("title"), meta.text("subtitle")
	s.Artist, s.Album, s.Show = meta.text("artist"), meta.text("albumName"), meta.text("seriesTitle")
	s.Season, s.Episode = meta.small("season"), meta.small("episode")
	s.Artwork = ""
	if images, _ := meta.list("images"); len(images) > 0 {
		s.Artwork = images[0].text("url")
	}
}

// positionAt is where the session is at now by what it last told, never beyond a known end.
func (m *mediaSession) positionAt(now time.Time) float64 {
	p := m.status.Position
	if m.status.State == bridge.PlayPlaying {
		p += max(now.Sub(m.status.At).Seconds(), 0) * m.status.Rate
	}
	if d := m.status.Duration; d > 0 && p > d {
		p = max(d, m.status.Position)
	}
	return p
}

// small returns an integer as seasons and episodes are, which may be 0.
func (o object) small(key string) media.Number {
	n, ok := o.whole(key)
	if !ok || n < 0 || n > 1_000_000 {
		return media.Number{}
	}
	return media.Num(int(n))
}

// newTag reads the customData of our own loads; nil for anybody else's.
func newTag(o object) *bridge.Tag {
	serial, ok := o.whole("serial")
	name, isText := o["bridge"].(string)
	if !ok || serial < 0 || !isText || name == "" {
		return nil
	}
	return &bridge.Tag{Bridge: name, Entry: o.text("entry"), Serial: uint64(serial)}
}
