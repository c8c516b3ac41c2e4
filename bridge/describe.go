package bridge

import "localcast/bridge/media"

// window is how many entries the queue message shows, and lead how many of them stand before the current one.
const (
	window = 100
	lead   = 25
)

// publish tells the world what the device does now, in the contract's order.
func (r *running) publish(queueToo bool) {
	p := r.ports.Publisher
	r.otherTracks = false
	if queueToo {
		p.State(r.queueState())
	}
	online := r.machine.View().Online
	r.seen = r.seen || online
	switch {
	case online == r.toldOnline:
		p.State(r.deviceState())
	case online:
		p.State(r.deviceState())
		p.State(Availability{Device: r.topic, Online: true})
	default:
		p.State(Availability{Device: r.topic})
		p.State(r.deviceState())
	}
	r.toldOnline = online
	r.show()
}

// deviceState puts together what the device does: of what is ours from the queue, of another's from what its app tells.
func (r *running) deviceState() DeviceState {
	v, h := r.machine.View(), r.machine.Head()
	s := DeviceState{
		Device: r.topic, State: string(v.State), Rate: v.Rate, Muted: v.Muted, VolumeFixed: v.VolumeFixed,
		Repeat: string(h.Repeat), Shuffle: h.Shuffle, QueueLength: r.machine.Len(), Ours: v.Ours,
		Duration: Unknown, Position: Unknown, SubtitleTracks: []SubtitleTrack{}, App: Text(v.App),
	}
	if r.seen {
		s.Volume = media.Num(v.Volume)
	}
	if s.Error = Text(v.Notice); v.Error != "" {
		s.Error = Text(sentence(v.Error))
	}
	if r.silence.told != "" && v.Online && v.Ours {
		s.Error = Text(r.silence.told) // which explains the failure, if it has come to one
	}
	at := r.machine.Index()
	if at >= 0 {
		s.QueueIndex = media.Num(at)
	}
	talk, announced := r.machine.Beside()
	switch m := r.status.Media; {
	case !v.Ours && v.Online && m != nil:
		s.foreign(m)
		s.subtitles(m)
	case announced:
		s.own(talk)
		if s.Title == "" && m != nil { // it was begun before the program was
			s.Title = Text(m.Title)
		}
		s.Artwork = artwork(r.ports.Links, talk.Item)
	case v.Ours && at >= 0:
		e := r.machine.At(at)
		s.own(e)
		if m != nil && (m.Tag == nil || m.Tag.Entry == e.ID.String()) {
			s.subtitles(m)
		}
		s.Artwork = artwork(r.ports.Links, e.Item)
	}
	if !v.At.IsZero() {
		s.Position, s.PositionAt, s.Duration = Seconds(v.Position), Time{v.At}, Known(v.Duration)
	}
	s.Picture = string(s.Artwork)
	if s.Picture == "" {
		s.Picture = r.ports.Links.Artwork(media.Item{}, "")
	}
	return s
}

// own fills in the current entry of ours.
func (s *DeviceState) own(e Entry) {
	i := e.Item
	s.Entry, s.Item, s.Title, s.Subtitle, s.Kind = Text(e.ID.String()), Text(i.ID), Text(i.Title), Text(i.Subtitle), Text(i.Kind)
	s.Artist, s.Album, s.Show, s.Season, s.Episode = Text(i.Artist), Text(i.Album), Text(i.Show), i.Season, i.Episode
	s.ContentType = Text(i.ContentType)
	if i.Year != 0 {
		s.Year = media.Num(i.Year)
	}
}

// foreign fills in what another sender's app tells.
func (s *DeviceState) foreign(m *MediaStatus) {
	s.Title, s.Subtitle, s.Artist, s.Album, s.Show = Text(m.Title), Text(m.Subtitle), Text(m.Artist), Text(m.Album), Text(m.Show)
	s.Season, s.Episode, s.ContentType, s.Artwork = m.Season, m.Episode, Text(m.ContentType), Text(m.Artwork)
}

// queueState is the queue's window around the current entry.
func (r *running) queueState() QueueState {
	h, at, n := r.machine.Head(), r.machine.Index(), r.machine.Len()
	s := QueueState{
		Device: r.topic, Revision: h.Revision, Length: n, Repeat: string(h.Repeat), Shuffle: h.Shuffle, Entries: []EntryState{},
	}
	if at >= 0 {
		s.Index = media.Num(at)
		s.First = max(0, min(at-lead, n-window))
	}
	for i := range n {
		s.Duration += r.machine.At(i).Duration
	}
	s.Entries = r.entryStates(s.First, window)
	return s
}

func (r *running) entryStates(first, limit int) []EntryState {
	out := []EntryState{}
	for i := first; i < r.machine.Len() && len(out) < limit; i++ {
		e := r.machine.At(i)
		out = append(out, EntryState{
			Entry: e.ID.String(), Item: Text(e.Item.ID), Title: e.Item.Title, Subtitle: Text(e.Item.Subtitle),
			Kind: Text(e.Item.Kind), Duration: Known(e.Duration), Artwork: artwork(r.ports.Links, e.Item), Failed: e.Failed,
		})
	}
	return out
}

// artwork is the address of an item's picture for everybody, or "" where it has none.
func artwork(l Links, i media.Item) Text {
	if i.URL != "" {
		return Text(i.Artwork)
	}
	if !i.HasArtwork {
		return ""
	}
	return Text(l.Artwork(i, ""))
}

// itemState tells an item as search and browse do.
func itemState(l Links, res media.Result) ItemState {
	i := res.Item
	s := ItemState{
		Item: Text(i.ID), Title: i.Title, Subtitle: Text(i.Subtitle), Kind: Text(i.Kind), Artist: Text(i.Artist),
		Album: Text(i.Album), Show: Text(i.Show), Season: i.Season, Episode: i.Episode, Genre: Text(i.Genre),
		Duration: Known(i.Duration), ContentType: Text(i.ContentType), Artwork: artwork(l, i), Position: res.Position,
		Watched: res.Watched, Playable: res.Playable, Reason: Text(res.Reason), Score: res.Score,
	}
	if i.Year != 0 {
		s.Year = media.Num(i.Year)
	}
	if i.Size != 0 {
		s.Size = media.Num(int(i.Size))
	}
	return s
}

// initialStates is what is told of a device before it was ever reached.
func (r *running) initialStates() []State {
	return []State{
		Availability{Device: r.topic}, r.deviceState(), r.queueState(), r.search,
	}
}

// page is a part of the queue for queue_list.
func (r *running) page(l QueueList) QueuePage {
	return QueuePage{
		Revision: r.machine.Head().Revision, Offset: l.Offset, Length: r.machine.Len(), Entries: r.entryStates(l.Offset, l.Limit),
	}
}
