package bridge

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"localcast/bridge/media"
	"localcast/bridge/queue"
)

const (
	// resolveWithin bounds the search for what a command names; resolveURLWithin where a server elsewhere is asked.
	resolveWithin    = 2 * time.Second
	resolveURLWithin = 6 * time.Second
	// pictureTime is how long a picture is shown in a queue, in seconds, where nobody said.
	pictureTime = 10
	// mostAlternatives bounds what an answer offers instead.
	mostAlternatives = 5
)

// turn is a command that is resolved: what the machine is told, and what the answer will need.
type turn struct {
	command Command
	input   func(queue.Ref) queue.Input // nil: it needs nothing of the machine but its turn
	err     *Error                      // it is refused already
	data    any
	item    media.Item // what it plays or adds first
	count   int        // how many it adds or has found
	maybe   string     // the one thing that comes near what was not found
	search  *SearchState
	chosen  int // the result it plays
	missing int // how many of a playlist's items are not there any more
	list    *QueueList
	shuffle bool // its words ask for random order
}

// resolver turns the words of commands into items, one command after the other. It remembers the device's last search.
type resolver struct {
	ports   Ports
	house   *household
	info    func() media.Device
	speech  string // as in Config
	spoke   string // the MIME type of speech, once it was told
	results []media.Result
}

// resolve takes the device's commands in order and hands them on resolved.
func (d *device) resolve(ctx context.Context) error {
	r := resolver{ports: d.ports, house: d.house, info: d.about, speech: d.speech}
	for {
		select {
		case <-ctx.Done():
			return nil
		case c := <-d.inbox:
			select {
			case d.turns <- r.turn(ctx, c):
			case <-ctx.Done():
				d.refuse(c, Busy, shuttingDown)
				return nil
			}
		}
	}
}

// turn resolves one command.
func (r *resolver) turn(ctx context.Context, c Command) turn {
	t := turn{command: c}
	var err error
	switch req := c.Request.(type) {
	case Play:
		err = r.play(ctx, &t, req)
	case Announce:
		err = r.announce(ctx, &t, req)
	case Search:
		err = r.search(ctx, &t, req)
	case Browse:
		err = r.browse(ctx, &t, req)
	case QueueList:
		t.list = &req
	default:
		t.input, err = input(c)
	}
	var refused *Error
	if u, ok := errors.AsType[*unsure](err); ok {
		t.data, t.maybe = r.alternatives(u.choices), u.maybe
	}
	switch {
	case errors.As(err, &refused):
		t.err, t.input = refused, nil
	case ctx.Err() != nil:
		t.err, t.input = &Error{Busy, shuttingDown}, nil
	case errors.Is(err, context.DeadlineExceeded):
		t.err, t.input = &Error{Internal, "the library took too long to answer"}, nil
	case err != nil:
		t.err, t.input = &Error{Internal, err.Error()}, nil
	}
	return t
}

// input turns a command without words into the machine's.
func input(c Command) (func(queue.Ref) queue.Input, error) {
	switch req := c.Request.(type) {
	case Pause:
		return func(ref queue.Ref) queue.Input { return queue.Pause{Ref: ref} }, nil
	case Resume:
		return func(ref queue.Ref) queue.Input { return queue.Resume{Ref: ref} }, nil
	case Toggle:
		return func(ref queue.Ref) queue.Input { return queue.Toggle{Ref: ref} }, nil
	case Stop:
		return func(ref queue.Ref) queue.Input { return queue.Stop{Ref: ref} }, nil
	case Next:
		return func(ref queue.Ref) queue.Input { return queue.Next{Ref: ref} }, nil
	case Previous:
		return func(ref queue.Ref) queue.Input { return queue.Previous{Ref: ref} }, nil
	case Wake:
		return func(ref queue.Ref) queue.Input { return queue.Wake{Ref: ref} }, nil
	case Seek:
		if req.Position != nil {
			return func(ref queue.Ref) queue.Input { return queue.Seek{Ref: ref, To: *req.Position} }, nil
		}
		return func(ref queue.Ref) queue.Input { return queue.Seek{Ref: ref, To: *req.Offset, By: true} }, nil
	case Volume:
		if req.Level != nil {
			return func(ref queue.Ref) queue.Input { return queue.Volume{Ref: ref, To: *req.Level} }, nil
		}
		return func(ref queue.Ref) queue.Input { return queue.Volume{Ref: ref, To: *req.Delta, By: true} }, nil
	case Mute:
		return func(ref queue.Ref) queue.Input { return queue.Mute{Ref: ref, Muted: req.Muted} }, nil
	case Sleep:
		after := time.Duration(req.Minutes * float64(time.Minute))
		return func(ref queue.Ref) queue.Input {
			return queue.Sleep{Ref: ref, After: after, AfterItem: req.AfterItem}
		}, nil
	case Speed:
		return func(ref queue.Ref) queue.Input { return queue.Speed{Ref: ref, Rate: req.Rate} }, nil
	case Subtitles, Save, Transfer: // the device's goroutine knows the tracks, the queue, and whether another device is itself
		return nil, nil
	}
	return edit(c)
}

// edit turns a command that edits the queue into the machine's.
func edit(c Command) (func(queue.Ref) queue.Input, error) {
	switch req := c.Request.(type) {
	case QueueRemove:
		in := queue.Remove{Revision: c.Revision}
		for _, s := range req.Entries {
			id, err := entryID("entry", s)
			if err != nil {
				return nil, err
			}
			in.Entries = append(in.Entries, id)
		}
		if req.Index != nil {
			in.Index = *req.Index
		}
		return func(ref queue.Ref) queue.Input { in.Ref = ref; return in }, nil
	case QueueMove:
		id, err := entryID("entry", req.Entry)
		return func(ref queue.Ref) queue.Input {
			return queue.Move{Ref: ref, Revision: c.Revision, Entry: id, To: req.To}
		}, err
	case QueueJump:
		in := queue.Jump{}
		if req.Index != nil {
			in.Index = *req.Index
			return func(ref queue.Ref) queue.Input { in.Ref = ref; return in }, nil
		}
		var err error
		in.Entry, err = entryID("entry", req.Entry)
		return func(ref queue.Ref) queue.Input { in.Ref = ref; return in }, err
	case QueueClear:
		return func(ref queue.Ref) queue.Input {
			return queue.Clear{Ref: ref, Revision: c.Revision, KeepCurrent: req.KeepCurrent}
		}, nil
	case Shuffle:
		return func(ref queue.Ref) queue.Input {
			return queue.Shuffle{Ref: ref, Revision: c.Revision, On: req.Enabled}
		}, nil
	case Repeat:
		return func(ref queue.Ref) queue.Input {
			return queue.SetRepeat{Ref: ref, Mode: queue.Repeat(req.Mode)}
		}, nil
	}
	return nil, &Error{Unsupported, c.Name + " is not part of this version"}
}

func entryID(argument, s string) (queue.EntryID, error) {
	id, err := queue.ParseEntry(s)
	if err != nil {
		return 0, &Error{Invalid, argument + ": " + err.Error()}
	}
	return id, nil
}

func (r *resolver) playable() func(media.Item) (bool, string) {
	info := r.info()
	return func(i media.Item) (bool, string) { return Playable(info, i) }
}

// play finds what a play command names.
func (r *resolver) play(ctx context.Context, t *turn, req Play) error {
	if sourceless(req.Source) {
		t.input = func(ref queue.Ref) queue.Input { return queue.Resume{Ref: ref, Fresh: true} }
		return nil
	}
	within := resolveWithin
	if req.Source.URL != "" {
		within = resolveURLWithin
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	s, err := r.selected(ctx, t, req)
	if err != nil {
		return err
	}
	if s, err = r.fit(s); err != nil {
		return err
	}
	shuffle := req.Shuffle
	if t.shuffle && shuffle == nil {
		shuffle = &t.shuffle
	}
	s = placedFor(s, req.Enqueue, shuffle != nil && *shuffle)
	in := queue.Play[media.Item]{
		Revision: t.command.Revision, Mode: queue.Mode(req.Enqueue), Start: req.Start, Shuffle: shuffle,
		Items: make([]queue.Entry[media.Item], len(s.items)), First: s.first,
	}
	if in.Mode == "" {
		in.Mode = queue.Replace
	}
	for i, item := range s.items {
		in.Items[i] = Entry{Item: item, Duration: item.Duration}
		if item.Kind == media.Image {
			in.Items[i].Interval = pictureTime
			if req.Interval > 0 {
				in.Items[i].Interval = req.Interval
			}
		}
	}
	if in.Start == nil && s.start > 0 {
		in.Start = &s.start
	}
	t.item, t.count, t.missing = s.items[s.first], len(s.items), s.missing
	t.input = func(ref queue.Ref) queue.Input { in.Ref = ref; return in }
	return nil
}

func sourceless(s Source) bool {
	return s.Item == "" && len(s.Items) == 0 && s.Query == "" && s.URL == "" && s.Playlist == "" && s.Result == 0
}

// selection is what is queued, which of it plays first, and from where in it.
type selection struct {
	items   []media.Item
	first   int
	start   float64 // seconds
	missing int     // how many of a playlist's items are not there any more
}

// placedFor makes of a selection what the mode of a play command makes of it. Shuffled it begins anywhere. What is only
// added begins with the right one: those before it are not to be played again.
func placedFor(s selection, mode Enqueue, shuffled bool) selection {
	if shuffled && len(s.items) > 1 {
		s.first, s.start = 0, 0
	}
	if mode == EnqueueNext || mode == EnqueueAdd {
		s.items, s.first = s.items[s.first:], 0
	}
	return s
}

// fit leaves out what the device cannot play; it is an error if nothing is left. What follows the first starts where that
// cannot be played.
func (r *resolver) fit(s selection) (selection, error) {
	playable, reason := r.playable(), ""
	out := selection{start: s.start, missing: s.missing}
	for i, item := range s.items {
		ok, why := playable(item)
		if i == s.first {
			out.first = len(out.items)
			if !ok {
				out.start = 0
			}
		}
		if ok {
			out.items = append(out.items, item)
		} else {
			reason = why
		}
	}
	if len(out.items) == 0 {
		return out, &Error{Unsupported, reason}
	}
	if out.first == len(out.items) {
		out.first = 0
	}
	return out, nil
}

// selected returns what a source names, containers opened.
func (r *resolver) selected(ctx context.Context, t *turn, req Play) (selection, error) {
	s := req.Source
	switch {
	case s.Item != "":
		return r.open(ctx, s.Item)
	case len(s.Items) > 0:
		return r.openAll(ctx, s.Items)
	case s.URL != "":
		item, err := r.remote(ctx, req)
		return selection{items: []media.Item{item}}, err
	case s.Result > 0:
		if s.Result > len(r.results) {
			return selection{}, &Error{NotFound, fmt.Sprintf("no result %d: the last search here has %d", s.Result, len(r.results))}
		}
		t.chosen = s.Result
		return r.open(ctx, r.results[s.Result-1].Item.ID)
	case s.Playlist != "":
		return r.playlist(ctx, t, s.Playlist)
	}
	return r.find(ctx, t, s.Query, req.Kinds)
}

// find plays what words name.
func (r *resolver) find(ctx context.Context, t *turn, text string, kinds []media.Kind) (selection, error) {
	found, err := r.finder().Find(ctx, media.Query{Text: text, Kinds: kinds})
	if err != nil {
		return selection{}, err
	}
	t.shuffle = found.Shuffle
	return r.open(ctx, found.Item.ID)
}

func (r *resolver) finder() Finder {
	return Finder{Library: r.ports.Library, Grammar: r.ports.Grammar, Use: r.house.diary.use, Playable: r.playable()}
}

// openAll returns several items, containers opened.
func (r *resolver) openAll(ctx context.Context, ids []media.ID) (selection, error) {
	if len(ids) == 1 {
		return r.open(ctx, ids[0])
	}
	var all selection
	for _, id := range ids {
		one, err := r.open(ctx, id)
		if err != nil {
			return selection{}, err
		}
		all.missing += one.missing
		if all.items = append(all.items, one.items...); len(all.items) > queue.Max {
			return selection{}, &Error{Invalid, fmt.Sprintf("items: these are more than the %d that a queue holds", queue.Max)}
		}
	}
	return all, nil
}

// open returns an item and where it resumes, or what the container holds and the right one in it.
func (r *resolver) open(ctx context.Context, id media.ID) (selection, error) {
	if p, ok := r.house.shelf.withID(id); ok {
		return r.openSaved(ctx, p)
	}
	item, err := r.ports.Library.Item(ctx, id)
	if errors.Is(err, media.ErrNoItem) {
		return selection{}, &Error{NotFound, fmt.Sprintf("no item %q in the library", id)}
	}
	if err != nil || !item.Kind.Container() {
		return selection{items: []media.Item{item}, start: r.house.diary.use(id).Position}, err
	}
	items, err := r.ports.Library.Items(ctx, id, queue.Max)
	if err == nil && len(items) == 0 {
		err = &Error{NotFound, fmt.Sprintf("%s holds nothing that can be played", item.Title)}
	}
	s := selection{items: items}
	s.first, s.start = rightOne(item.Kind, items, r.house.diary.use)
	return s, err
}

// search answers a search and remembers what it found, unless it is quiet. "" finds nothing.
func (r *resolver) search(ctx context.Context, t *turn, req Search) error {
	ctx, cancel := context.WithTimeout(ctx, resolveWithin)
	defer cancel()
	q, page := req.Query, media.Page{}
	if strings.TrimSpace(q.Text) != "" {
		var err error
		page, err = r.searchFor(ctx, q)
		if errors.Is(err, media.ErrNoItem) {
			return &Error{NotFound, fmt.Sprintf("within: no container %q in the library", q.Within)}
		}
		if err != nil {
			return fmt.Errorf("search for %q: %w", q.Text, err)
		}
	}
	state := SearchState{Query: q.Text, Total: page.Total, Results: make([]ItemState, len(page.Results))}
	for i, res := range page.Results {
		state.Results[i] = itemState(r.ports.Links, res)
	}
	t.data, t.count = SearchData{SearchState: state, Offset: q.Offset}, state.Total
	if !req.Quiet {
		r.results, t.search = page.Results, &state
	}
	return nil
}

// browse lists a container.
func (r *resolver) browse(ctx context.Context, t *turn, req Browse) error {
	ctx, cancel := context.WithTimeout(ctx, resolveWithin)
	defer cancel()
	l, err := r.list(ctx, req)
	if errors.Is(err, media.ErrNoItem) {
		return &Error{NotFound, fmt.Sprintf("no container %q in the library", string(req.Item)+req.Path)}
	}
	if err != nil {
		return fmt.Errorf("browse: %w", err)
	}
	data := BrowseData{
		Item: Text(l.Of.ID), Path: Text(l.Of.Path), Title: Text(l.Of.Title), Total: l.Total, Offset: req.Offset,
		Results: make([]ItemState, len(l.Results)),
	}
	playable := r.playable()
	for i, item := range l.Results {
		ok, reason := playable(item)
		u := r.house.diary.use(item.ID)
		data.Results[i] = itemState(r.ports.Links, media.Result{
			Item: item, Position: u.Position, Watched: u.Watched, Playable: ok, Reason: reason, Score: 1,
		})
	}
	t.data, t.count = data, l.Total
	return nil
}
