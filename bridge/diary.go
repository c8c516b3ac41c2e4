package bridge

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"localcast/bridge/media"
	"localcast/bridge/queue"
)

const (
	// usesMost is of how many items it is remembered how they were used; beyond it a tenth goes: those without a place or a
	// mark before the others, and of these those that were used least recently.
	usesMost = 50_000
	// unwrittenMost is how many items and how many plays may wait for a disk that does not take them.
	unwrittenMost = 1000
	// titleMost is how many characters of a title are kept of a play.
	titleMost = 255
)

// Diary keeps on disk what was watched and played.
type Diary interface {
	// Uses returns what is remembered of items.
	Uses(ctx context.Context) ([]media.Used, error)
	// SavePlays remembers the uses in place of those of the same items, and the plays, whose Seconds are added to those of
	// the same play; only the latest 500 plays are kept. It waits for the disk only if it is durable.
	SavePlays(ctx context.Context, uses []media.Used, plays []media.Play, durable bool) error
	// ForgetUses forgets the use of items.
	ForgetUses(ctx context.Context, items []media.ID) error
	// Plays returns how many plays there are, on one device or on all for "", and a page of them, the latest first.
	Plays(ctx context.Context, device string, offset, limit int) (total int, plays []media.Play, err error)
	// MovePlays gives the plays of one topic name to another; "" forgets them.
	MovePlays(ctx context.Context, from, to string) error
}

// diary knows how every item was used, and writes down what the devices tell it. Nobody who tells it waits for the disk:
// what comes while it works is put together, the latest use of each item and the seconds of each play.
type diary struct {
	store Diary
	log   *slog.Logger
	most  int           // usesMost; tests have fewer
	turn  chan struct{} // whoever writes or reads the store has put a value in
	news  chan struct{} // capacity 1: something is unwritten

	mu        sync.RWMutex // guards what follows; never held while anything blocks
	uses      map[media.ID]media.Use
	unwritten page
	full      bool // something was dropped, and that was logged
}

// page is what one write brings to disk.
type page struct {
	uses    map[media.ID]media.Used
	plays   map[playName]media.Play
	drop    map[media.ID]bool // what is forgotten; none of it is in uses
	durable bool
}

type playName struct {
	device string
	serial uint64
}

func newPage() page {
	return page{uses: map[media.ID]media.Used{}, plays: map[playName]media.Play{}, drop: map[media.ID]bool{}}
}

func newDiary(store Diary, log *slog.Logger) *diary {
	return &diary{
		store: store, log: log, most: usesMost, turn: make(chan struct{}, 1), news: make(chan struct{}, 1),
		uses: map[media.ID]media.Use{}, unwritten: newPage(),
	}
}

// load reads what is remembered.
func (d *diary) load(ctx context.Context) error {
	all, err := d.store.Uses(ctx)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, u := range all {
		d.uses[u.Item] = u.Use
	}
	return nil
}

// use is how an item was used. It is cheap, and may be asked by everyone.
func (d *diary) use(id media.ID) media.Use {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.uses[id]
}

// played takes what a device tells of a play. It never blocks.
func (d *diary) played(device string, p queue.Played[media.Item]) {
	item, now := p.Entry.Item, time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if item.URL == "" && item.ID != "" && item.Kind != media.Image {
		d.note(media.Used{Item: item.ID, Path: item.Path, Size: item.Size, Use: used(d.uses[item.ID], p, now.Unix())})
	}
	name := playName{device, p.Serial}
	play, known := d.unwritten.plays[name]
	if !known {
		if !d.room(len(d.unwritten.plays)) {
			return
		}
		play = media.Play{Device: device, Serial: p.Serial, At: p.Begun, Title: keptTitle(item.Title)}
		if item.URL == "" {
			play.Item = item.ID
		}
	}
	play.Seconds += p.Seconds
	d.unwritten.plays[name] = play
	d.unwritten.durable = d.unwritten.durable || p.Rests
	d.wake()
}

// keptTitle is a title of a length that may be kept often: that of an address can be anything.
func keptTitle(title string) string {
	if runes := []rune(title); len(runes) > titleMost {
		return string(runes[:titleMost-1]) + "…"
	}
	return title
}

// note remembers a use and has it written. The caller holds mu.
func (d *diary) note(u media.Used) {
	if _, known := d.uses[u.Item]; !known && len(d.uses) >= d.most+unwrittenMost {
		return // the disk takes nothing, or thin would have made room
	}
	d.uses[u.Item] = u.Use
	delete(d.unwritten.drop, u.Item)
	if _, waits := d.unwritten.uses[u.Item]; waits || d.room(len(d.unwritten.uses)) {
		d.unwritten.uses[u.Item] = u
	}
}

// room reports whether one more may wait where so many do, and logs once where it may not.
func (d *diary) room(waiting int) bool {
	if waiting < unwrittenMost {
		return true
	}
	if !d.full {
		d.full = true
		d.log.Error("what was watched and played cannot be stored, and too much waits: the next is lost; is the disk full?")
	}
	return false
}

// thin forgets a tenth of all items where there are too many. It sorts a copy, so that nobody waits for that.
func (d *diary) thin() {
	d.mu.RLock()
	if len(d.uses) <= d.most {
		d.mu.RUnlock()
		return
	}
	uses := maps.Clone(d.uses)
	d.mu.RUnlock()
	ids := slices.SortedFunc(maps.Keys(uses), func(a, b media.ID) int {
		ua, ub := uses[a], uses[b]
		if marked := ua.Watched || ua.Position > 0; marked != (ub.Watched || ub.Position > 0) {
			if marked {
				return 1
			}
			return -1
		}
		return cmp.Or(cmp.Compare(ua.LastAt, ub.LastAt), cmp.Compare(a, b))
	})
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, id := range ids[:len(ids)/10] {
		if d.uses[id] == uses[id] {
			d.forget(id)
		}
	}
}

// forget forgets the use of an item. While the disk does not take it, what is too much stays there. The caller holds mu.
func (d *diary) forget(id media.ID) {
	delete(d.uses, id)
	delete(d.unwritten.uses, id)
	if len(d.unwritten.drop) < d.most {
		d.unwritten.drop[id] = true
	}
}

func (d *diary) wake() {
	select {
	case d.news <- struct{}{}:
	default:
	}
}

// run writes what comes until ctx ends. What is left then is for the last write.
func (d *diary) run(ctx, disk context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.news:
			d.flush(disk)
		}
	}
}

// flush writes what there is, and logs where that fails.
func (d *diary) flush(disk context.Context) {
	if err := d.write(disk); err != nil {
		d.log.Error("what was watched and played could not be stored; is the disk full?", "err", err)
	}
}

// write brings to disk what is unwritten, and returns when it is there or that has failed: then it is tried again with what
// comes next.
func (d *diary) write(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, saveWithin)
	defer cancel()
	select {
	case d.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-d.turn }()
	d.thin()
	d.mu.Lock()
	p := d.unwritten
	d.unwritten = newPage()
	d.mu.Unlock()
	err := error(nil)
	if len(p.uses)+len(p.plays) > 0 {
		err = d.store.SavePlays(ctx, slices.Collect(maps.Values(p.uses)), slices.Collect(maps.Values(p.plays)), p.durable)
	}
	if err == nil && len(p.drop) > 0 {
		err = d.store.ForgetUses(ctx, slices.Collect(maps.Keys(p.drop)))
		p.uses, p.plays = nil, nil
	}
	if err != nil {
		d.putBack(p)
		return err
	}
	d.mu.Lock()
	d.full = false
	d.mu.Unlock()
	return nil
}

// putBack has what could not be written wait again, under what has come since.
func (d *diary) putBack(p page) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, u := range p.uses {
		if _, newer := d.unwritten.uses[id]; !newer && d.room(len(d.unwritten.uses)) {
			d.unwritten.uses[id] = u
		}
	}
	for name, play := range p.plays {
		if later, known := d.unwritten.plays[name]; known {
			play.Seconds += later.Seconds
		} else if !d.room(len(d.unwritten.plays)) {
			continue
		}
		d.unwritten.plays[name] = play
	}
	for id := range p.drop {
		if _, again := d.uses[id]; !again {
			d.forget(id)
		}
	}
	d.unwritten.durable = d.unwritten.durable || p.durable
}

// adopt gives what is remembered of items that are not in the library to those that have their files now: after a catalogue
// was lost everything has another id.
func (d *diary) adopt(ctx context.Context, l Library) error {
	if !slices.ContainsFunc(d.known(), func(id media.ID) bool { return !l.Has(id) }) {
		return nil
	}
	if err := d.write(ctx); err != nil {
		return err
	}
	all, err := d.store.Uses(ctx)
	if err != nil {
		return err
	}
	renamed := 0
	for _, u := range all {
		if u.Path == "" || l.Has(u.Item) {
			continue
		}
		item, err := l.Find(ctx, u.Path, u.Size)
		if errors.Is(err, media.ErrNoItem) {
			continue
		}
		if err != nil {
			return err
		}
		d.rename(u, item)
		if renamed++; renamed%(unwrittenMost/2) == 0 {
			if err := d.write(ctx); err != nil {
				return err
			}
		}
	}
	return d.write(ctx)
}

// known are the items of which it is remembered how they were used.
func (d *diary) known() []media.ID {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return slices.Collect(maps.Keys(d.uses))
}

// rename gives the use of an item to another, unless that was used since.
func (d *diary) rename(u media.Used, to media.Item) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.uses[to.ID].LastAt < u.Use.LastAt {
		d.note(media.Used{Item: to.ID, Path: to.Path, Size: to.Size, Use: u.Use})
	}
	d.forget(u.Item)
	d.wake()
}

// plays is a page of what was played, with all that was told of so far.
func (d *diary) plays(ctx context.Context, device string, offset, limit int) (int, []media.Play, error) {
	if err := d.write(ctx); err != nil {
		return 0, nil, err
	}
	return d.store.Plays(ctx, device, offset, limit)
}

// move gives the plays of a device to another topic name; "" forgets them, also those that are not written yet.
func (d *diary) move(ctx context.Context, from, to string) error {
	if err := d.write(ctx); err != nil {
		return err
	}
	return d.store.MovePlays(ctx, from, to)
}
