package library

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"localcast/bridge/library/index"
	"localcast/bridge/media"
)

// saved are the playlists that people saved, as the library was told of them. It holds their names alone: what is in them
// lies in state.db, which the library never opens.
type saved struct {
	items []media.Item // sorted by name
	byID  map[media.ID]int
}

// Shelve has the saved playlists found from now on, in place of those that it was given before. It returns at once: what is
// not among them any more is not found; what is new is found once the index is built anew, see Settled.
func (l *Library) Shelve(lists []media.NamedList) {
	s := &saved{byID: make(map[media.ID]int, len(lists))}
	for _, p := range lists {
		s.byID[p.ID] = len(s.items)
		s.items = append(s.items, media.Item{ID: p.ID, Kind: media.Playlist, Title: p.Name})
	}
	l.saved.Store(s)
	select {
	case l.shelved <- struct{}{}:
	default:
	}
}

// Settled returns when the index knows the playlists that were shelved last, or ctx ends. Run has to run.
func (l *Library) Settled(ctx context.Context) error {
	for {
		l.mu.Lock()
		known, rebuilt := l.indexed, l.rebuilt
		l.mu.Unlock()
		if known == l.saved.Load() {
			return nil
		}
		select {
		case <-rebuilt:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// item returns a saved playlist.
func (s *saved) item(id media.ID) (media.Item, bool) {
	if i, ok := s.byID[id]; ok {
		return s.items[i], true
	}
	return media.Item{}, false
}

// addTo adds the playlists to an index that is being built.
func (s *saved) addTo(b *index.Builder) {
	for i, it := range s.items {
		b.Add(index.Doc{Item: it, Row: -1 - int64(i)}) // a row that no other has
	}
}

// Has reports whether an item is there. It is cheap.
func (l *Library) Has(id media.ID) bool {
	if _, ok := l.saved.Load().item(id); ok {
		return true
	}
	return l.top(id) != nil || l.index.Load().Has(id)
}

// Lookup returns those of the items that are there, by their ids.
func (l *Library) Lookup(ctx context.Context, ids []media.ID) (map[media.ID]media.Item, error) {
	x := l.index.Load()
	wanted := slices.DeleteFunc(slices.Clone(ids), func(id media.ID) bool { return !x.Has(id) })
	slices.Sort(wanted)
	items, err := l.items(ctx, slices.Compact(wanted))
	if err != nil {
		return nil, err
	}
	found := make(map[media.ID]media.Item, len(items))
	for _, it := range items {
		found[it.ID] = it
	}
	return found, nil
}

// Playlists lists the playlists that are files of the library, with the number of their entries.
func (l *Library) Playlists(ctx context.Context) ([]media.NamedList, error) {
	s, x := l.saved.Load(), l.index.Load()
	lists := []media.NamedList{}
	for _, id := range x.OfKind(media.Playlist) {
		if _, ok := s.item(id); ok {
			continue
		}
		p := media.NamedList{ID: id}
		err := l.db.read.QueryRowContext(ctx, "SELECT title, (SELECT count(*) FROM listed l WHERE l.n = i.n) FROM items i WHERE id=?",
			string(id)).Scan(&p.Name, &p.Length)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("list the playlists: %w", err)
		}
		lists = append(lists, p)
	}
	return lists, nil
}

// longestList bounds the entries of a playlist that are read, and listed.
const longestList = 20_000

// items returns the items with these ids, in their order, saved playlists among them; those that are not there are left out.
func (l *Library) items(ctx context.Context, ids []media.ID) ([]media.Item, error) {
	s := l.saved.Load()
	if !slices.ContainsFunc(ids, func(id media.ID) bool { _, ok := s.item(id); return ok }) {
		return l.db.items(ctx, ids)
	}
	stored := slices.DeleteFunc(slices.Clone(ids), func(id media.ID) bool { _, ok := s.item(id); return ok })
	rows, err := l.db.items(ctx, stored)
	if err != nil {
		return nil, err
	}
	out := make([]media.Item, 0, len(ids))
	for _, id := range ids {
		if it, ok := s.item(id); ok {
			out = append(out, it)
		} else if len(rows) > 0 && rows[0].ID == id {
			out, rows = append(out, rows[0]), rows[1:]
		}
	}
	return out, nil
}
