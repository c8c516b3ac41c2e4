package bridge

import (
	"context"
	"errors"
	"fmt"

	"localcast/bridge/media"
	"localcast/bridge/queue"
)

// openSaved returns what a saved playlist holds.
func (r *resolver) openSaved(ctx context.Context, p media.NamedList) (selection, error) {
	items, missing, err := r.house.shelf.open(ctx, p)
	if err == nil && len(items) == 0 {
		err = &Error{NotFound, fmt.Sprintf("nothing of the playlist %s is in the library any more", p.Name)}
	}
	return selection{items: items, missing: missing}, err
}

// playlist finds a playlist by its name: a saved one, else one that is a file of the library, else the first that a search
// finds.
func (r *resolver) playlist(ctx context.Context, t *turn, name string) (selection, error) {
	if p, ok := named(r.house.shelf.all(), name); ok {
		return r.openSaved(ctx, p)
	}
	files, err := r.ports.Library.Playlists(ctx)
	if err != nil {
		return selection{}, fmt.Errorf("list the playlists: %w", err)
	}
	if p, ok := named(files, name); ok {
		return r.open(ctx, p.ID)
	}
	s, err := r.find(ctx, t, name, []media.Kind{media.Playlist})
	var u *unsure
	if errors.As(err, &u) && len(u.choices) == 0 {
		err = &Error{NotFound, fmt.Sprintf("no playlist %q", name)}
	}
	return s, err
}

// alternatives is what an answer offers instead.
func (r *resolver) alternatives(choices []media.Result) Alternatives {
	a := Alternatives{Alternatives: make([]ItemState, len(choices))}
	for i, c := range choices {
		a.Alternatives[i] = itemState(r.ports.Links, c)
	}
	return a
}

// list is a page of what a container holds.
func (r *resolver) list(ctx context.Context, req Browse) (media.Listing, error) {
	p, saved := r.house.shelf.withID(req.Item)
	if !saved {
		return r.ports.Library.Browse(ctx, req.Item, req.Path, req.Offset, req.Limit)
	}
	of := media.Item{ID: p.ID, Kind: media.Playlist, Title: p.Name}
	items, _, err := r.house.shelf.open(ctx, p)
	page := items[min(req.Offset, len(items)):]
	return media.Listing{Of: of, Total: len(items), Offset: req.Offset, Results: page[:min(req.Limit, len(page))]}, err
}

const (
	// pageMost is how much one search of the library returns, and sieveMost of how much it finds is looked through for what is
	// in a playlist.
	pageMost  = 500
	sieveMost = 5000
)

// listedIn returns what the playlist of that id holds; ok is false if it is no playlist.
func (r *resolver) listedIn(ctx context.Context, id media.ID) (items []media.Item, ok bool, err error) {
	if p, saved := r.house.shelf.withID(id); saved {
		items, _, err = r.house.shelf.open(ctx, p)
		return items, true, err
	}
	if id == "" {
		return nil, false, nil
	}
	of, err := r.ports.Library.Item(ctx, id)
	if err != nil || of.Kind != media.Playlist {
		return nil, false, err
	}
	items, err = r.ports.Library.Items(ctx, id, queue.Max)
	return items, true, err
}

// searchIn answers a search within the items of a playlist, which the search of the library does not know: of what the words
// find it keeps what the playlist holds.
func (r *resolver) searchIn(ctx context.Context, items []media.Item, q media.Query) (media.Page, error) {
	holds := map[media.ID]bool{}
	for _, item := range items {
		holds[item.ID] = true
	}
	page, f := media.Page{Offset: q.Offset, Results: []media.Result{}}, r.finder()
	q.Within = ""
	a, err := f.understood(ctx, q)
	if err != nil || a == nil {
		return page, err
	}
	for offset := 0; offset < sieveMost; offset += pageMost {
		found, err := f.page(ctx, a, offset, pageMost)
		if err != nil {
			return media.Page{}, err
		}
		for _, res := range found.Results {
			if !holds[res.Item.ID] {
				continue
			}
			if page.Total++; page.Total > q.Offset && len(page.Results) < q.Limit {
				page.Results = append(page.Results, res)
			}
		}
		if offset+pageMost >= found.Total {
			break
		}
	}
	return page, nil
}

// searchFor answers a search, within a playlist too.
func (r *resolver) searchFor(ctx context.Context, q media.Query) (media.Page, error) {
	items, listed, err := r.listedIn(ctx, q.Within)
	if err != nil {
		return media.Page{}, err
	}
	if listed {
		return r.searchIn(ctx, items, q)
	}
	return r.finder().Search(ctx, q)
}
