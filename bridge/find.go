package bridge

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"localcast/bridge/media"
	"localcast/bridge/queue"
	"localcast/bridge/voice"
)

// Finder finds what words mean in a library: it takes a sentence apart, looks for each way to understand it among the kinds
// that this way means, and keeps the one that fits best. Play and search share it, so that the first result of a search is
// what play with the same words starts.
type Finder struct {
	Library Shelves
	Grammar *voice.Grammar // nil: words are titles and nothing else
	// Use and Playable are handed to every search; both may be nil.
	Use      func(media.ID) media.Use
	Playable func(media.Item) (bool, string)
}

// Shelves is what a Finder needs of a library; see Library.
type Shelves interface {
	Search(ctx context.Context, q media.Query, use func(media.ID) media.Use, playable func(media.Item) (bool, string)) (media.Page, error)
	Items(ctx context.Context, id media.ID, limit int) ([]media.Item, error)
	Browse(ctx context.Context, id media.ID, path string, offset, limit int) (media.Listing, error)
}

// Found is what words name.
type Found struct {
	Item    media.Item
	Shuffle bool // it shall play in random order
}

// unsure is why words name nothing that could be played without asking, and what they may have meant.
type unsure struct {
	why     Error
	choices []media.Result
	maybe   string // the one thing that comes near what was said; "" where that is nothing, or several things
}

func (u *unsure) Error() string { return u.why.Message }
func (u *unsure) Unwrap() error { return &u.why }

const (
	// asSaid is the score from which a title is the very words, and nothing else is thought of; asMeant is that for the words
	// of a sentence, of which some name the artist.
	asSaid  = 0.995
	asMeant = 0.85
	// faint is the score below which a result is no alternative; from nearly on several are a question of which one, and not
	// of whether it is there at all.
	faint  = 0.4
	nearly = 0.75
)

// attempt is one way to understand a query, and what it finds.
type attempt struct {
	reading voice.Reading
	query   media.Query
	results []media.Result // the first of them
	picked  *media.Result  // the one part of the first result that is meant
}

func (a *attempt) score() float64 { return a.results[0].Score }
func (a *attempt) sure() bool     { return a.results[0].Sure }

// Find returns what the text of q names. The error is an *Error, Ambiguous or NotFound, where the words fit several things,
// or nothing well enough.
func (f Finder) Find(ctx context.Context, q media.Query) (Found, error) {
	all, err := f.attempts(ctx, q)
	if err != nil {
		return Found{}, err
	}
	a, err := f.settled(ctx, all)
	if err != nil {
		return Found{}, err
	}
	if a == nil {
		return Found{}, doubt(q.Text, all)
	}
	found := Found{Item: a.results[0].Item, Shuffle: a.reading.Shuffle}
	if a.picked != nil {
		found.Item = a.picked.Item
	}
	return found, nil
}

// Search answers a search. What Find would choose comes first.
func (f Finder) Search(ctx context.Context, q media.Query) (media.Page, error) {
	a, err := f.understood(ctx, q)
	if err != nil || a == nil {
		return media.Page{Offset: q.Offset, Results: []media.Result{}}, err
	}
	return f.page(ctx, a, q.Offset, q.Limit)
}

// understood is the way to understand q by which a search goes, nil where none finds anything.
func (f Finder) understood(ctx context.Context, q media.Query) (*attempt, error) {
	all, err := f.attempts(ctx, q)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	a, err := f.settled(ctx, all)
	if err != nil || a == nil { // what is missing of a show is no reason to find nothing
		a = all[0]
	}
	return a, nil
}

// page is a window of what an attempt finds, the part that is meant before all.
func (f Finder) page(ctx context.Context, a *attempt, offset, limit int) (media.Page, error) {
	query := a.query
	query.Offset, query.Limit = offset, limit
	if a.picked == nil {
		return f.Library.Search(ctx, query, f.Use, f.Playable)
	}
	if offset > 0 {
		query.Offset--
	} else if limit > 0 {
		query.Limit--
	}
	page, err := f.Library.Search(ctx, query, f.Use, f.Playable)
	page.Total, page.Offset = page.Total+1, offset
	if offset == 0 && limit > 0 {
		page.Results = slices.Insert(page.Results, 0, *a.picked)
	}
	return page, err
}

// attempts returns the ways to understand q that find something, the best first; only the first that finds exactly what it
// names, where one does.
func (f Finder) attempts(ctx context.Context, q media.Query) ([]*attempt, error) {
	var all []*attempt
	readings := f.Grammar.Readings(q.Text)
	passes := []bool{true, false}
	if len(readings) == 1 {
		passes = passes[1:]
	}
	plain := 0.0 // the score of a title that is named for sure without more: a sentence must not fit worse
	for _, asWritten := range passes {
		for _, r := range readings {
			a, err := f.attempt(ctx, q, r, asWritten)
			switch {
			case err != nil:
				return nil, err
			case a == nil:
			case asWritten && a.sure() && (a.score() >= asSaid || !r.Plain() && a.score() >= max(asMeant, plain)):
				return []*attempt{a}, nil
			case asWritten && a.sure() && r.Plain():
				plain = max(plain, a.score())
			case !asWritten:
				all = append(all, a)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *attempt) int {
		return cmp.Or(cmp.Compare(b2n(b.sure()), b2n(a.sure())), cmp.Compare(b.score(), a.score()))
	})
	return all, nil
}

// attempt looks for what one way to understand q finds, nil if that is nothing.
func (f Finder) attempt(ctx context.Context, q media.Query, r voice.Reading, asWritten bool) (*attempt, error) {
	query, ok := narrowed(q, r)
	if !ok {
		return nil, nil
	}
	query.Offset, query.Limit, query.AsWritten = 0, 1+mostAlternatives, asWritten
	page, err := f.Library.Search(ctx, query, f.Use, f.Playable)
	if err != nil {
		return nil, fmt.Errorf("search for %q: %w", q.Text, err)
	}
	if len(page.Results) == 0 {
		return nil, nil
	}
	query.AsWritten = false
	return &attempt{reading: r, query: query, results: page.Results}, nil
}

func b2n(b bool) int {
	if b {
		return 1
	}
	return 0
}

// narrowed is q for one way to understand it; ok is false where that means other kinds than are asked for.
func narrowed(q media.Query, r voice.Reading) (media.Query, bool) {
	asked := q.Kinds
	q.Text = r.Query()
	switch part := r.Pick != "" || r.Season.Known() || r.Episode.Known(); {
	case len(asked) == 0:
		q.Kinds = r.Kinds
	case part:
		q.Kinds = r.Kinds
		return q, slices.ContainsFunc(asked, func(k media.Kind) bool {
			return k == media.Show || k == media.Season || k == media.Episode
		})
	case len(r.Kinds) > 0:
		q.Kinds = slices.DeleteFunc(slices.Clone(r.Kinds), func(k media.Kind) bool { return !slices.Contains(asked, k) })
		return q, len(q.Kinds) > 0
	}
	return q, true
}

// settled returns the best of the attempts that names one thing for sure, nil where none does. It is an error if that
// means a part of a show which is not there.
func (f Finder) settled(ctx context.Context, all []*attempt) (*attempt, error) {
	var missing error
	for _, a := range all {
		if !a.sure() {
			break
		}
		err := f.pick(ctx, a)
		if err == nil {
			return a, nil
		}
		missing = cmp.Or(missing, err)
	}
	return nil, missing
}

// doubt says why none of the attempts will do.
func doubt(text string, all []*attempt) error {
	u := &unsure{why: Error{NotFound, fmt.Sprintf("nothing in the library matches %q", text)}}
	if len(all) == 0 {
		return u
	}
	var names []string
	for _, r := range all[0].results[:min(len(all[0].results), mostAlternatives)] {
		if r.Score < faint || slices.ContainsFunc(u.choices, func(c media.Result) bool { return partOf(r.Item, c.Item) }) {
			continue
		}
		u.choices = append(u.choices, r)
		if name := voice.Title(r.Item); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	switch {
	case len(names) == 0 || all[0].score() < nearly:
	case len(names) == 1:
		u.maybe = names[0]
	default:
		u.why = Error{Ambiguous, fmt.Sprintf("%q could be %s", text, voice.Or(names))}
	}
	return u
}

// partOf reports whether a part belongs to a whole that is a choice already: who means an episode has to name it.
func partOf(part, whole media.Item) bool {
	switch whole.Kind {
	case media.Show:
		return part.Show == whole.Title && (part.Kind == media.Season || part.Kind == media.Episode)
	case media.Album:
		return part.Kind == media.Track && part.Album == whole.Title && part.Artist == whole.Artist
	}
	return false
}

// pick finds the part of a show that an attempt means.
func (f Finder) pick(ctx context.Context, a *attempt) error {
	r, show := a.reading, a.results[0].Item
	season, hasSeason := r.Season.Get()
	episode, hasEpisode := r.Episode.Get()
	var item media.Item
	var err error
	switch {
	case r.Pick == voice.Latest:
		item, err = f.latest(ctx, show)
	case hasEpisode:
		item, err = f.episode(ctx, show, r.Season, episode)
	case hasSeason:
		item, err = f.season(ctx, show, season)
	default: // the next one is what a show goes on with
		return nil
	}
	if err != nil {
		return err
	}
	picked := media.Result{Item: item, Playable: true, Score: a.score(), Sure: true}
	if f.Playable != nil {
		picked.Playable, picked.Reason = f.Playable(item)
	}
	if f.Use != nil {
		u := f.Use(item.ID)
		picked.Position, picked.Watched = u.Position, u.Watched
	}
	a.picked = &picked
	return nil
}

// latest is the last episode in natural order, specials apart.
func (f Finder) latest(ctx context.Context, show media.Item) (media.Item, error) {
	items, err := f.Library.Items(ctx, show.ID, queue.Max)
	if err != nil {
		return media.Item{}, fmt.Errorf("episodes of %q: %w", show.Title, err)
	}
	for _, i := range slices.Backward(items) {
		if season, ok := i.Season.Get(); i.Kind == media.Episode && (!ok || season > 0) {
			return i, nil
		}
	}
	return media.Item{}, &unsure{why: Error{NotFound, fmt.Sprintf("%s has no episode", show.Title)}}
}

// episode is the one with a number. Where several seasons have it and none was said, it is the question which.
func (f Finder) episode(ctx context.Context, show media.Item, season media.Number, episode int) (media.Item, error) {
	items, err := f.Library.Items(ctx, show.ID, queue.Max)
	if err != nil {
		return media.Item{}, fmt.Errorf("episodes of %q: %w", show.Title, err)
	}
	var fit []media.Result
	for _, i := range items {
		n, ok := i.Episode.Get()
		if ok && n == episode && (!season.Known() || i.Season == season) {
			fit = append(fit, media.Result{Item: i, Playable: true, Score: 1})
		}
	}
	switch {
	case len(fit) == 1 || len(fit) > 1 && season.Known():
		return fit[0].Item, nil
	case len(fit) > 1:
		why := Error{Ambiguous, fmt.Sprintf("%s has an episode %d in %d seasons", show.Title, episode, len(fit))}
		return media.Item{}, &unsure{why: why, choices: fit[:min(len(fit), mostAlternatives)]}
	case season.Known():
		s, _ := season.Get()
		return media.Item{}, &unsure{why: Error{NotFound, fmt.Sprintf("%s has no season %d episode %d", show.Title, s, episode)}}
	}
	return media.Item{}, &unsure{why: Error{NotFound, fmt.Sprintf("%s has no episode %d", show.Title, episode)}}
}

func (f Finder) season(ctx context.Context, show media.Item, season int) (media.Item, error) {
	const mostSeasons = 500
	l, err := f.Library.Browse(ctx, show.ID, "", 0, mostSeasons)
	if err != nil {
		return media.Item{}, fmt.Errorf("seasons of %q: %w", show.Title, err)
	}
	for _, i := range l.Results {
		if n, ok := i.Season.Get(); ok && n == season && i.Kind == media.Season {
			return i, nil
		}
	}
	return media.Item{}, &unsure{why: Error{NotFound, fmt.Sprintf("%s has no season %d", show.Title, season)}}
}
