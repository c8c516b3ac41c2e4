package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/text/unicode/norm"

	"localcast/bridge/media"
)

const (
	// playlistsMost is how many playlists may be saved, and listedMost how many items in all of them.
	playlistsMost = 500
	listedMost    = 250_000
	// settleWithin is how long it is waited for until the search knows a change of the playlists.
	settleWithin = 2 * time.Second
)

// SavedPlaylists keeps on disk the playlists that people save.
type SavedPlaylists interface {
	// Playlists returns all, in any order.
	Playlists(ctx context.Context) ([]media.NamedList, error)
	// Playlist returns what one holds, as it was when it was saved; nothing if it is not there.
	Playlist(ctx context.Context, id media.ID) ([]media.Item, error)
	// SavePlaylist keeps one, in place of the one with that id, and returns when it is on disk.
	SavePlaylist(ctx context.Context, id media.ID, name string, items []media.Item) error
	// DeletePlaylist returns when it is gone from the disk; one that is not there is no error.
	DeletePlaylist(ctx context.Context, id media.ID) error
}

// shelf holds the saved playlists, and lists those that are files of the library beside them. Who changes it waits for those
// who do; who reads never waits.
type shelf struct {
	ports Ports
	log   *slog.Logger
	turn  chan struct{} // whoever changes the playlists, or tells of them, has put a value in
	told  []PlaylistEntry

	saved atomic.Pointer[[]media.NamedList] // sorted by name; never changed, only replaced
}

func newShelf(p Ports, log *slog.Logger) *shelf {
	s := &shelf{ports: p, log: log, turn: make(chan struct{}, 1)}
	s.saved.Store(&[]media.NamedList{})
	return s
}

// load reads the saved playlists, and puts them before the library.
func (s *shelf) load(ctx context.Context) error {
	all, err := s.ports.Playlists.Playlists(ctx)
	if err != nil {
		return err
	}
	s.put(all)
	return nil
}

// put replaces what is on the shelf.
func (s *shelf) put(all []media.NamedList) {
	slices.SortFunc(all, func(a, b media.NamedList) int {
		return cmp.Or(cmp.Compare(fold(a.Name), fold(b.Name)), cmp.Compare(a.Name, b.Name))
	})
	s.saved.Store(&all)
	s.ports.Library.Shelve(all)
}

// all are the saved playlists, by name.
func (s *shelf) all() []media.NamedList { return *s.saved.Load() }

// nameKey is a playlist's name as it is compared: spaces and case do not count.
func nameKey(name string) string {
	return strings.ToLower(norm.NFC.String(strings.Join(strings.Fields(name), " ")))
}

// named finds a playlist by its name among some; accents count only where two are told apart by them.
func named(among []media.NamedList, name string) (media.NamedList, bool) {
	for _, key := range []func(string) string{nameKey, func(s string) string { return fold(nameKey(s)) }} {
		var found []media.NamedList
		for _, p := range among {
			if key(p.Name) == key(name) {
				found = append(found, p)
			}
		}
		if len(found) == 1 {
			return found[0], true
		}
	}
	return media.NamedList{}, false
}

// open returns what a saved playlist holds now, and how many of its items are not there any more. An item is found by its
// id, else, since a lost catalogue gives everything another id, by its file.
func (s *shelf) open(ctx context.Context, p media.NamedList) (items []media.Item, missing int, err error) {
	listed, err := s.ports.Playlists.Playlist(ctx, p.ID)
	if err != nil {
		return nil, 0, err
	}
	ids := make([]media.ID, len(listed))
	for i, item := range listed {
		ids[i] = item.ID
	}
	there, err := s.ports.Library.Lookup(ctx, ids)
	if err != nil {
		return nil, 0, err
	}
	for _, item := range listed {
		fresh, ok := there[item.ID]
		switch {
		case item.URL != "":
			fresh = item
		case !ok && item.Path == "":
			missing++
			continue
		case !ok:
			fresh, err = s.ports.Library.Find(ctx, item.Path, item.Size)
			if errors.Is(err, media.ErrNoItem) {
				missing++
				continue
			}
			if err != nil {
				return nil, 0, err
			}
		}
		items = append(items, fresh)
	}
	return items, missing, nil
}

// withID finds a saved playlist by its id.
func (s *shelf) withID(id media.ID) (media.NamedList, bool) {
	all := s.all()
	if i := slices.IndexFunc(all, func(p media.NamedList) bool { return p.ID == id }); i >= 0 {
		return all[i], true
	}
	return media.NamedList{}, false
}

// exact is the index of the playlist that save replaces for a name, -1 if there is none.
func exact(all []media.NamedList, name string) int {
	return slices.IndexFunc(all, func(p media.NamedList) bool { return nameKey(p.Name) == nameKey(name) })
}

// room refuses a playlist that would be too many, or too long.
func (s *shelf) room(name string, length int) *Error {
	all, listed := s.all(), length
	at := exact(all, name)
	for i, p := range all {
		if i != at {
			listed += p.Length
		}
	}
	switch {
	case at < 0 && len(all) >= playlistsMost:
		return &Error{Invalid, fmt.Sprintf("name: there are %d playlists already; delete one first", len(all))}
	case listed > listedMost:
		return &Error{Invalid, fmt.Sprintf("name: all playlists would hold %d items, wanted at most %d; delete one first", listed, listedMost)}
	}
	return nil
}

// save keeps items as a playlist of that name, in place of one of that name, and returns when that is on disk.
func (s *shelf) save(ctx context.Context, name string, items []media.Item) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	name = strings.Join(strings.Fields(name), " ")
	all := slices.Clone(s.all())
	p := media.NamedList{Name: name, Length: len(items)}
	if at := exact(all, name); at >= 0 {
		p.ID = all[at].ID
		all = slices.Delete(all, at, at+1)
	}
	for p.ID == "" {
		if id := drawID(); !s.ports.Library.Has(id) {
			p.ID = id
		}
	}
	if err := s.ports.Playlists.SavePlaylist(ctx, p.ID, name, items); err != nil {
		return err
	}
	s.put(append(all, p))
	s.publish(ctx)
	return nil
}

// drop deletes a playlist, and returns when the search has let it go, too.
func (s *shelf) drop(ctx context.Context, p media.NamedList) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	if err := s.ports.Playlists.DeletePlaylist(ctx, p.ID); err != nil {
		return err
	}
	s.put(slices.DeleteFunc(slices.Clone(s.all()), func(other media.NamedList) bool { return other.ID == p.ID }))
	s.publish(ctx)
	settle, cancel := context.WithTimeout(ctx, settleWithin)
	defer cancel()
	if err := s.ports.Library.Settled(settle); err != nil {
		s.log.Debug("the search still knows a playlist that is deleted", "item", p.ID, "err", err)
	}
	return nil
}

func (s *shelf) enter(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *shelf) leave() { <-s.turn }

// tell publishes the playlists where they have changed.
func (s *shelf) tell(ctx context.Context) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	s.publish(ctx)
	return nil
}

// publish does so for who has the turn.
func (s *shelf) publish(ctx context.Context) {
	list, err := s.list(ctx)
	if err != nil {
		s.log.Warn("the playlists in the library cannot be listed", "err", err)
		return
	}
	if s.told != nil && reflect.DeepEqual(s.told, list) {
		return
	}
	s.told = list
	s.ports.Publisher.State(PlaylistState{Playlists: list})
}

// list is every playlist by its name: the saved ones, and those that are files of the library.
func (s *shelf) list(ctx context.Context) ([]PlaylistEntry, error) {
	files, err := s.ports.Library.Playlists(ctx)
	if err != nil {
		return nil, err
	}
	all := append(slices.Clone(s.all()), files...)
	slices.SortStableFunc(all, func(a, b media.NamedList) int { return cmp.Compare(fold(a.Name), fold(b.Name)) })
	list := make([]PlaylistEntry, len(all))
	for i, p := range all {
		list[i] = PlaylistEntry{Item: string(p.ID), Name: p.Name, Length: p.Length}
	}
	return list, nil
}

// drawID draws an item id.
func drawID() media.ID {
	const letters = "abcdefghijklmnopqrstuvwxyz234567"
	var id [media.IDLength]byte
	for i := range id {
		id[i] = letters[rand.IntN(len(letters))]
	}
	return media.ID(id[:])
}
