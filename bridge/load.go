package bridge

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"localcast/bridge/media"
	"localcast/bridge/queue"
)

// load gives the player an entry to play.
func (r *running) load(e queue.Load[media.Item]) {
	l, err := r.loading(e.Entry, e.Serial)
	if err != nil {
		r.noAddress(e.Serial, e.Entry, err)
		return
	}
	l.Position, l.Paused, l.From = e.Position, e.Paused, e.From
	r.keepAddress(l)
	r.log.Info("load", "item", l.Item.ID, "title", l.Item.Title, "entry", l.Tag.Entry, "position", e.Position)
	r.player.Do(Order{Serial: e.Serial, Kind: OrderLoad, Load: l})
	r.silence.listen(l)
}

// keepAddress gives an item that the receiver has ahead the address that it has there, while that is good, so that it is
// known again and not fetched anew.
func (r *running) keepAddress(l *Load) {
	if m := r.status.Media; m != nil && m.Ahead != nil && r.ports.Links.Lasts(m.Ahead.URL, l.Item, r.status.Host) {
		l.URL = m.Ahead.URL
	}
}

// prepare has the player let an entry follow what plays, or nothing.
func (r *running) prepare(e queue.Prepare[media.Item]) {
	o := Order{Serial: e.Serial, Kind: OrderPrepare}
	if e.Entry.ID != 0 {
		l, err := r.loading(e.Entry, e.Serial)
		if err != nil {
			r.noAddress(e.Serial, e.Entry, err)
			return
		}
		r.keepAddress(l)
		l.Position, o.Load = e.Position, l
		r.log.Debug("prepare", "item", l.Item.ID, "title", l.Item.Title, "entry", l.Tag.Entry, "position", e.Position)
	}
	r.player.Do(o)
}

// noAddress answers an order for an entry that the device has no way to fetch.
func (r *running) noAddress(serial uint64, e Entry, err error) {
	r.log.Warn("no address to load from", "item", e.Item.ID, "err", err)
	r.mail.Done(Done{Serial: serial, Fail: &Fail{FailFetch, "there is no address from which it could fetch the file"}})
}

// loading is all that a player is told of an entry, from its start. An item that was given another id since, because the
// catalogue was lost, is found again by its file.
func (r *running) loading(e Entry, serial uint64) (*Load, error) {
	item, host := e.Item, r.status.Host
	ctx, cancel := context.WithTimeout(context.Background(), resolveWithin)
	defer cancel()
	if item.URL == "" {
		fresh, err := r.ports.Library.Item(ctx, item.ID)
		if errors.Is(err, media.ErrNoItem) && item.Path != "" {
			fresh, err = r.ports.Library.Find(ctx, item.Path, item.Size)
		}
		if err == nil {
			r.rename(e, fresh)
			item = fresh
		}
	}
	url, err := r.ports.Links.Media(item, r.topic, host)
	if err != nil {
		return nil, err
	}
	l := &Load{
		Tag:  Tag{Bridge: r.bridgeID, Entry: e.ID.String(), Serial: serial},
		Item: item, URL: url, ContentType: item.ContentType, Artwork: item.Artwork,
	}
	if item.URL != "" {
		return l, nil
	}
	l.Artwork = r.ports.Links.Artwork(item, host)
	if l.Tracks, l.Show, err = r.sideTracks(ctx, item, host); err != nil {
		r.log.Warn("played without its subtitles", "item", item.ID, "err", err)
	}
	return l, nil
}

// rename remembers under which id an entry's item is known now.
func (r *running) rename(e Entry, item media.Item) {
	if e.Item.ID == item.ID {
		return
	}
	if len(r.renamed) >= renamedMost {
		clear(r.renamed)
	}
	r.renamed[e.ID] = item
}

// sideTracks are the subtitles that lie beside a film, and those of them that show from the start: one in the first of the
// languages in which there are any, whole ones before those for foreign words alone.
func (r *running) sideTracks(ctx context.Context, item media.Item, host string) (tracks []Track, show []int, err error) {
	if !item.Kind.Visual() || item.Kind == media.Image {
		return nil, nil, nil
	}
	found, err := r.ports.Library.Subtitles(ctx, item.ID)
	if err != nil {
		return nil, nil, fmt.Errorf("find the subtitles: %w", err)
	}
	for i, s := range found {
		url, err := r.ports.Links.Subtitles(item, s.Track, r.topic, host)
		if err != nil {
			return nil, nil, err
		}
		tracks = append(tracks, Track{ID: i + 1, URL: url, Language: s.Language, Name: s.Name})
	}
	for _, language := range r.languages {
		for _, forced := range []bool{false, true} {
			i := slices.IndexFunc(found, func(s media.Subtitle) bool {
				return s.Forced == forced && speaks(Track{Language: s.Language}, language)
			})
			if i >= 0 {
				return tracks, []int{i + 1}, nil
			}
		}
	}
	return tracks, nil, nil
}
