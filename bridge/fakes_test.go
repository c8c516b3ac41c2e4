package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"localcast/bridge/media"
	"localcast/bridge/queue"
)

// fakeDevices is a discovery that sees what a test shows it, and the Chromecasts it has made players of.
type fakeDevices struct {
	found   chan Sighting
	journal *journal

	mu      sync.Mutex
	players map[string]*fakePlayer // by topic name, the latest
}

func newFakeDevices(j *journal) *fakeDevices {
	return &fakeDevices{found: make(chan Sighting), journal: j, players: map[string]*fakePlayer{}}
}

func (d *fakeDevices) Run(ctx context.Context, found func(Sighting)) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case s := <-d.found:
			found(s)
		}
	}
}

func (d *fakeDevices) Player(s Sighting, r Reports) Player {
	p := &fakePlayer{topic: s.Topic, reports: r, journal: d.journal, status: Status{Volume: 30}}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.players[s.Topic] = p
	return p
}

func (d *fakeDevices) player(topic string) *fakePlayer {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.players[topic]
}

// fakePlayer is a Chromecast that does what a test says. It notes the orders it gets and leaves them without an answer until
// it is told one.
type fakePlayer struct {
	topic   string
	reports Reports
	journal *journal

	mu      sync.Mutex
	running bool
	status  Status
	load    *Load // the last
	queues  bool  // it takes queue messages
	ahead   *Load // what it has to go on with
	loading uint64
	orders  []uint64 // without an answer, loads apart
}

func (p *fakePlayer) Run(ctx context.Context) error {
	p.mu.Lock()
	p.running = true
	p.mu.Unlock()
	<-ctx.Done()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running = false
	for _, serial := range append(p.orders, p.loading) {
		if serial != 0 {
			p.reports.Done(Done{Serial: serial, Fail: &Fail{FailOffline, "the link was lost"}})
		}
	}
	p.orders, p.loading = nil, 0
	return nil
}

func (p *fakePlayer) Do(o Order) {
	p.mu.Lock()
	defer p.mu.Unlock()
	line := string(o.Kind)
	if o.Kind == OrderPrepare && !p.queues {
		p.reports.Done(Done{Serial: o.Serial, Fail: &Fail{FailUnsupported, "the device does not know that command"}})
		return
	}
	switch o.Kind {
	case OrderPrepare:
		line += p.prepare(o.Load)
	case OrderLoad:
		p.load, p.loading = o.Load, o.Serial
		line += fmt.Sprintf(" %s %s", cmp.Or(o.Load.Tag.Entry, "announcement"), o.Load.URL)
		if o.Load.Position != 0 {
			line += fmt.Sprintf(" at %g", o.Load.Position)
		}
		for _, t := range o.Load.Tracks {
			line += fmt.Sprintf(" track %d %s %s", t.ID, t.Language, t.URL)
		}
		if len(o.Load.Show) > 0 {
			line += fmt.Sprintf(" shows %v", o.Load.Show)
		}
		if o.Load.Paused {
			line += " paused"
		}
	case OrderSeek:
		line += fmt.Sprintf(" to %g", o.Position)
	case OrderVolume:
		line += fmt.Sprintf(" to %d", o.Volume)
	case OrderMute:
		line += fmt.Sprintf(" %v", o.Muted)
	case OrderRate:
		line += fmt.Sprintf(" %g", o.Rate)
	case OrderTracks:
		line += fmt.Sprintf(" %v", o.Tracks)
	}
	p.journal.note(p.topic, "does "+line)
	if o.Kind != OrderLoad {
		p.orders = append(p.orders, o.Serial)
	}
	if !p.running {
		p.reports.Done(Done{Serial: o.Serial, Fail: &Fail{FailOffline, "the device is offline"}})
	}
}

// prepare takes what shall follow, and tells it in words.
func (p *fakePlayer) prepare(l *Load) string {
	p.ahead = l
	if l == nil {
		return " nothing"
	}
	return fmt.Sprintf(" %s %s", l.Tag.Entry, l.URL)
}

// done answers the load under way, or else the oldest order.
func (p *fakePlayer) done(fail *Fail) {
	p.mu.Lock()
	defer p.mu.Unlock()
	serial := p.loading
	p.loading = 0
	if serial == 0 && len(p.orders) > 0 {
		serial, p.orders = p.orders[0], p.orders[1:]
	}
	p.reports.Done(Done{Serial: serial, Fail: fail})
}

// tell changes the picture of the device and reports it.
func (p *fakePlayer) tell(change func(*Status)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.status)
	p.reports.Status(p.status)
}

// media is the session of the last load; it plays from its start.
func (p *fakePlayer) media() *MediaStatus {
	m := &MediaStatus{State: PlayPlaying, At: time.Now(), Rate: 1, CanPause: true, CanSeek: true}
	if p.load != nil {
		tag := p.load.Tag
		m.Tag, m.URL, m.Duration = &tag, p.load.URL, p.load.Item.Duration
	}
	return m
}

// fakeLibrary holds a few items, named by their ids. A search finds the items whose title holds the text.
type fakeLibrary struct {
	items   []media.Item
	within  map[media.ID][]media.ID
	changed chan struct{}

	mu     sync.Mutex
	events []media.LibraryEvent
	saved  []media.NamedList
}

func newFakeLibrary() *fakeLibrary {
	return &fakeLibrary{
		items: []media.Item{
			{ID: "alien", Kind: media.Movie, Title: "Alien", Duration: 7000, ContentType: "video/mp4", Path: "films/alien.mp4"},
			{ID: "aliens", Kind: media.Movie, Title: "Aliens", Duration: 8000, ContentType: "video/mp4", HasArtwork: true},
			{ID: "bluey1", Kind: media.Episode, Title: "Bluey", Subtitle: "S01E01 Magic", Season: media.Num(1), Episode: media.Num(1),
				Duration: 400, ContentType: "video/mp4"},
			{ID: "bluey2", Kind: media.Episode, Title: "Bluey", Subtitle: "S01E02 Hospital", Season: media.Num(1), Episode: media.Num(2),
				Duration: 420, ContentType: "video/mp4"},
			{ID: "heat", Kind: media.Movie, Title: "Heat", Duration: 10000, ContentType: "video/mp4"},
			{ID: "hurt", Kind: media.Track, Title: "Hurt", Artist: "Johnny Cash", Duration: 200, ContentType: "audio/flac"},
			{ID: "lake", Kind: media.Image, Title: "Lake", ContentType: "image/jpeg"},
			{ID: "ronin", Kind: media.Movie, Title: "Ronin", ContentType: "video/x-matroska", Format: "matroska", VideoCodec: "hevc", AudioCodec: "ac3"},
			{ID: "blueys", Kind: media.Show, Title: "All of Bluey"},
			{ID: "roadtrip", Kind: media.Playlist, Title: "Roadtrip"},
			{ID: "mixed", Kind: media.Folder, Title: "Mixed bag"},
			{ID: "empty", Kind: media.Folder, Title: "Empty"},
		},
		within: map[media.ID][]media.ID{
			"blueys": {"bluey1", "bluey2"}, "mixed": {"alien", "hurt", "lake"}, "roadtrip": {"hurt", "lake"},
		},
		changed: make(chan struct{}, 1),
	}
}

// Search takes 3 s for what is slow, unless it is given less.
func (l *fakeLibrary) Search(
	ctx context.Context, q media.Query, use func(media.ID) media.Use, playable func(media.Item) (bool, string),
) (media.Page, error) {
	if strings.HasPrefix(q.Text, "slow") {
		select {
		case <-ctx.Done():
			return media.Page{}, ctx.Err()
		case <-time.After(3 * time.Second):
		}
	}
	var p media.Page
	for _, i := range append(slices.Clone(l.items), l.shelved()...) {
		if !strings.Contains(strings.ToLower(i.Title), strings.ToLower(strings.TrimPrefix(q.Text, "slow "))) {
			continue
		}
		if len(q.Kinds) > 0 && !slices.Contains(q.Kinds, i.Kind) {
			continue
		}
		ok, reason := playable(i)
		u := use(i.ID)
		p.Results = append(p.Results, media.Result{
			Item: i, Position: u.Position, Watched: u.Watched, Playable: ok, Reason: reason, Score: 1, Sure: true,
		})
	}
	slices.SortStableFunc(p.Results, func(a, b media.Result) int {
		if a.Playable == b.Playable {
			return 0
		}
		return cmp.Compare(b2i(b.Playable), b2i(a.Playable))
	})
	p.Total = len(p.Results)
	p.Results = p.Results[min(q.Offset, p.Total):min(q.Offset+q.Limit, p.Total)]
	return p, nil
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (l *fakeLibrary) Item(_ context.Context, id media.ID) (media.Item, error) {
	for _, i := range l.items {
		if i.ID == id {
			return i, nil
		}
	}
	return media.Item{}, fmt.Errorf("item %q: %w", id, media.ErrNoItem)
}

// lose takes an item away.
func (l *fakeLibrary) lose(id media.ID) {
	l.items = slices.DeleteFunc(slices.Clone(l.items), func(i media.Item) bool { return i.ID == id })
}

func (l *fakeLibrary) Has(id media.ID) bool {
	_, err := l.Item(context.Background(), id)
	return err == nil
}

func (l *fakeLibrary) Lookup(ctx context.Context, ids []media.ID) (map[media.ID]media.Item, error) {
	found := map[media.ID]media.Item{}
	for _, id := range ids {
		if i, err := l.Item(ctx, id); err == nil {
			found[id] = i
		}
	}
	return found, nil
}

func (l *fakeLibrary) Playlists(context.Context) ([]media.NamedList, error) {
	var lists []media.NamedList
	for _, i := range l.items {
		if i.Kind == media.Playlist {
			lists = append(lists, media.NamedList{ID: i.ID, Name: i.Title, Length: len(l.within[i.ID])})
		}
	}
	return lists, nil
}

func (l *fakeLibrary) Shelve(saved []media.NamedList) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.saved = saved
}

func (l *fakeLibrary) Settled(context.Context) error { return nil }

func (l *fakeLibrary) shelved() []media.Item {
	l.mu.Lock()
	defer l.mu.Unlock()
	var items []media.Item
	for _, p := range l.saved {
		items = append(items, media.Item{ID: p.ID, Kind: media.Playlist, Title: p.Name})
	}
	return items
}

func (l *fakeLibrary) Items(ctx context.Context, id media.ID, limit int) ([]media.Item, error) {
	var all []media.Item
	for _, id := range l.within[id] {
		i, err := l.Item(ctx, id)
		if err != nil {
			return nil, err
		}
		all = append(all, i)
	}
	return all[:min(limit, len(all))], nil
}

func (l *fakeLibrary) Browse(ctx context.Context, id media.ID, path string, offset, limit int) (media.Listing, error) {
	if id == "" && path == "" {
		return media.Listing{Total: 1, Results: l.items[len(l.items)-2:]}, nil
	}
	of, err := l.Item(ctx, id)
	if err != nil {
		return media.Listing{}, err
	}
	items, err := l.Items(ctx, id, offset+limit)
	return media.Listing{Of: of, Total: len(items), Offset: offset, Results: items[min(offset, len(items)):]}, err
}

func (l *fakeLibrary) Find(_ context.Context, path string, _ int64) (media.Item, error) {
	for _, i := range l.items {
		if i.Path == path {
			return i, nil
		}
	}
	return media.Item{}, fmt.Errorf("file %q: %w", path, media.ErrNoItem)
}

// Subtitles lie beside Heat, a song and a picture; the first of them has the highest number.
func (l *fakeLibrary) Subtitles(_ context.Context, id media.ID) ([]media.Subtitle, error) {
	if id != "heat" && id != "hurt" && id != "lake" {
		return nil, nil
	}
	return []media.Subtitle{
		{Track: 4, Language: "de-AT", Name: "German (Austria)"}, {Track: 1, Language: "en", Name: "English"},
		{Track: 3, Language: "fr", Name: "French (forced)", Forced: true}, {Track: 2, Name: "Subtitles"},
	}, nil
}

func (l *fakeLibrary) Rescan(folder string) error {
	if folder != "" && folder != "films" {
		return fmt.Errorf("rescan %q: %w", folder, media.ErrNoItem)
	}
	return nil
}

func (l *fakeLibrary) Status() media.LibraryStatus {
	return media.LibraryStatus{Counts: media.Counts{Movies: 2, Episodes: 2, Tracks: 1, Images: 1}}
}

func (l *fakeLibrary) happens(e media.LibraryEvent) {
	l.mu.Lock()
	l.events = append(l.events, e)
	l.mu.Unlock()
	l.changed <- struct{}{}
}

func (l *fakeLibrary) Events() []media.LibraryEvent {
	l.mu.Lock()
	defer l.mu.Unlock()
	events := l.events
	l.events = nil
	return events
}

func (l *fakeLibrary) Changed() <-chan struct{} { return l.changed }

// fakeLinks makes addresses that tell what they are for.
type fakeLinks struct{}

func (fakeLinks) Media(i media.Item, _, host string) (string, error) {
	switch {
	case i.URL != "":
		return i.URL, nil
	case host == "":
		return "", errors.New("no route")
	}
	return "http://" + host + "/" + string(i.ID), nil
}

func (fakeLinks) Lasts(url string, i media.Item, host string) bool {
	now, err := fakeLinks{}.Media(i, "", host)
	return err == nil && url == now
}

// Fetched: what is called Deaf never fetches.
func (fakeLinks) Fetched(device string, _ time.Time) bool { return device != "deaf" }

func (fakeLinks) Artwork(i media.Item, host string) string {
	name := cmp.Or(string(i.ID), "neutral")
	return "http://" + cmp.Or(host, "here") + "/art/" + name
}

func (l fakeLinks) Subtitles(i media.Item, track int, device, host string) (string, error) {
	file, err := l.Media(i, device, host)
	return fmt.Sprintf("%s.%d.vtt", file, track), err
}

func (fakeLinks) Item(url string) (media.ID, bool) {
	rest, ok := strings.CutPrefix(url, "http://10.0.0.")
	_, id, more := strings.Cut(rest, "/")
	return media.ID(id), ok && more
}

// fakeRemote knows one address.
type fakeRemote struct{}

func (fakeRemote) ContentType(_ context.Context, url string) (string, error) {
	if url == "http://radio/live" {
		return "audio/mpeg", nil
	}
	return "", errors.New("404 Not Found")
}

// fakeStore keeps devices, queues, playlists and what was played in memory; its disk waits or is full when a test says so.
type fakeStore struct {
	mu      sync.Mutex
	devices map[string]media.Device
	queues  map[string]SavedQueue
	lists   map[media.ID]fakeList
	uses    map[media.ID]media.Used
	plays   []media.Play // the latest first
	full    bool
	gate    chan struct{} // closed while the disk works
}

func newFakeStore() *fakeStore {
	s := &fakeStore{devices: map[string]media.Device{}, queues: map[string]SavedQueue{}, lists: map[media.ID]fakeList{},
		uses: map[media.ID]media.Used{}, gate: make(chan struct{})}
	close(s.gate)
	return s
}

// disk makes the disk wait, work again, or fail.
func (s *fakeStore) disk(does string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.full = does == "full"
	if does == "waits" {
		s.gate = make(chan struct{})
		return
	}
	select {
	case <-s.gate:
	default:
		close(s.gate)
	}
}

// write makes a change once the disk works.
func (s *fakeStore) write(ctx context.Context, change func()) error {
	s.mu.Lock()
	gate := s.gate
	s.mu.Unlock()
	select {
	case <-gate:
	case <-ctx.Done():
		return ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full {
		return errors.New("disk full")
	}
	change()
	return nil
}

func (s *fakeStore) Devices(context.Context) ([]media.Device, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Values(s.devices), func(a, b media.Device) int { return cmp.Compare(a.Topic, b.Topic) }), nil
}

func (s *fakeStore) SaveDevice(ctx context.Context, d media.Device) error {
	return s.write(ctx, func() { s.devices[d.Topic] = d })
}

func (s *fakeStore) ForgetDevice(ctx context.Context, topic string) error {
	return s.write(ctx, func() {
		delete(s.devices, topic)
		delete(s.queues, topic)
	})
}

func (s *fakeStore) Queue(_ context.Context, topic string) (SavedQueue, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.queues[topic]
	q.Rows = slices.Clone(q.Rows)
	return q, nil
}

func (s *fakeStore) SaveQueue(ctx context.Context, topic string, c QueueChange) error {
	return s.write(ctx, func() { s.apply(topic, c) })
}

func (s *fakeStore) MoveQueue(ctx context.Context, from string, left QueueChange, to string, c QueueChange) error {
	return s.write(ctx, func() {
		s.apply(from, left)
		s.apply(to, c)
	})
}

func (s *fakeStore) apply(topic string, c QueueChange) {
	q := s.queues[topic]
	rows := map[queue.EntryID]queue.Row[media.Item]{}
	if !c.All {
		for _, r := range q.Rows {
			rows[r.Entry.ID] = r
		}
	}
	for _, r := range c.Put {
		rows[r.Entry.ID] = r
	}
	for _, id := range c.Drop {
		delete(rows, id)
	}
	s.queues[topic] = SavedQueue{Head: c.Head, Rows: slices.Collect(maps.Values(rows))}
}

func (s *fakeStore) SavePosition(ctx context.Context, topic string, h queue.Head) error {
	return s.write(ctx, func() {
		q := s.queues[topic]
		q.Head = h
		s.queues[topic] = q
	})
}

type fakeList struct {
	name  string
	items []media.Item
}

func (s *fakeStore) Playlists(context.Context) ([]media.NamedList, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lists []media.NamedList
	for id, l := range s.lists {
		lists = append(lists, media.NamedList{ID: id, Name: l.name, Length: len(l.items)})
	}
	return lists, nil
}

func (s *fakeStore) Playlist(_ context.Context, id media.ID) ([]media.Item, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lists[id].items, nil
}

func (s *fakeStore) SavePlaylist(ctx context.Context, id media.ID, name string, items []media.Item) error {
	return s.write(ctx, func() { s.lists[id] = fakeList{name, items} })
}

func (s *fakeStore) DeletePlaylist(ctx context.Context, id media.ID) error {
	return s.write(ctx, func() { delete(s.lists, id) })
}

func (s *fakeStore) Uses(context.Context) ([]media.Used, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.uses)), nil
}

func (s *fakeStore) SavePlays(ctx context.Context, uses []media.Used, plays []media.Play, _ bool) error {
	return s.write(ctx, func() {
		for _, u := range uses {
			s.uses[u.Item] = u
		}
		for _, p := range plays {
			at := slices.IndexFunc(s.plays, func(o media.Play) bool { return o.Device == p.Device && o.Serial == p.Serial })
			if at >= 0 {
				s.plays[at].Seconds += p.Seconds
			} else {
				s.plays = append([]media.Play{p}, s.plays...)
			}
		}
	})
}

func (s *fakeStore) ForgetUses(ctx context.Context, items []media.ID) error {
	return s.write(ctx, func() {
		for _, id := range items {
			delete(s.uses, id)
		}
	})
}

func (s *fakeStore) Plays(_ context.Context, device string, offset, limit int) (int, []media.Play, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	page := slices.DeleteFunc(slices.Clone(s.plays), func(p media.Play) bool { return device != "" && p.Device != device })
	total := len(page)
	page = page[min(offset, total):]
	return total, page[:min(limit, len(page))], nil
}

func (s *fakeStore) MovePlays(ctx context.Context, from, to string) error {
	return s.write(ctx, func() {
		for i := range s.plays {
			if s.plays[i].Device == from {
				s.plays[i].Device = to
			}
		}
		s.plays = slices.DeleteFunc(s.plays, func(p media.Play) bool { return p.Device == "" })
	})
}

// copy is what a program that was killed finds again.
func (s *fakeStore) copy() *fakeStore {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := newFakeStore()
	maps.Copy(c.devices, s.devices)
	for topic, q := range s.queues {
		c.queues[topic] = SavedQueue{Head: q.Head, Rows: slices.Clone(q.Rows)}
	}
	maps.Copy(c.lists, s.lists)
	maps.Copy(c.uses, s.uses)
	c.plays = slices.Clone(s.plays)
	return c
}
