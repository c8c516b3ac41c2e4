package bridge

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"localcast/bridge/media"
	"localcast/bridge/voice"
)

// household is what all devices have in common: the playlists that are saved, and what was watched and played.
type household struct {
	diary   *diary
	shelf   *shelf
	library Library
	log     *slog.Logger
	changed chan struct{} // capacity 1: the library has changed
}

func newHousehold(p Ports, log *slog.Logger) *household {
	return &household{
		diary: newDiary(p.Diary, log), shelf: newShelf(p, log), library: p.Library, log: log, changed: make(chan struct{}, 1),
	}
}

// load reads what is remembered.
func (h *household) load(ctx context.Context) error {
	if err := h.diary.load(ctx); err != nil {
		return fmt.Errorf("read what was watched: %w", err)
	}
	if err := h.shelf.load(ctx); err != nil {
		return fmt.Errorf("read the playlists: %w", err)
	}
	return nil
}

// libraryChanged has what depends on the library's content looked at again. It never blocks.
func (h *household) libraryChanged() {
	select {
	case h.changed <- struct{}{}:
	default:
	}
}

// run follows the library, until ctx ends.
func (h *household) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.changed:
		}
		if err := h.shelf.tell(ctx); err != nil && ctx.Err() == nil {
			h.log.Warn("the playlists cannot be told", "err", err)
		}
		if err := h.diary.adopt(ctx, h.library); err != nil && ctx.Err() == nil {
			h.log.Warn("it cannot be told what was watched of files that have come back", "err", err)
		}
	}
}

// playlists answers which there are.
func (b *Bridge) playlists(c Command) {
	b.soon(c, func(ctx, _ context.Context) {
		ctx, cancel := context.WithTimeout(ctx, resolveWithin)
		defer cancel()
		list, err := b.house.shelf.list(ctx)
		if err != nil {
			b.refuse(c, Internal, err.Error())
			return
		}
		names := make([]string, len(list))
		for i, p := range list {
			names[i] = p.Name
		}
		b.answer(c, nil, playlistsSpeech(names), PlaylistState{Playlists: list})
	})
}

// playlistsSpeech names the playlists, as many as one cares to hear.
func playlistsSpeech(names []string) string {
	const most = 10
	more := ""
	if len(names) > most {
		more = fmt.Sprintf(" and %d more", len(names)-most)
	}
	switch len(names) {
	case 0:
		return "There are no playlists"
	case 1:
		return "There is one playlist: " + names[0]
	}
	return fmt.Sprintf("There are %d playlists: %s%s", len(names), strings.Join(names[:min(most, len(names))], ", "), more)
}

// playlistDelete deletes a saved playlist. One that is a file is its owner's.
func (b *Bridge) playlistDelete(c Command, req PlaylistDelete) {
	b.soon(c, func(ctx, disk context.Context) {
		p, ok := named(b.house.shelf.all(), req.Name)
		if !ok {
			b.refuseUnsaved(ctx, c, req.Name)
			return
		}
		disk, cancel := context.WithTimeout(disk, saveWithin)
		defer cancel()
		if err := b.house.shelf.drop(disk, p); err != nil {
			b.refuse(c, Internal, err.Error())
			return
		}
		b.answer(c, nil, "I deleted the playlist "+p.Name, nil)
	})
}

// refuseUnsaved says why a playlist that is not saved cannot be deleted.
func (b *Bridge) refuseUnsaved(ctx context.Context, c Command, name string) {
	ctx, cancel := context.WithTimeout(ctx, resolveWithin)
	defer cancel()
	files, err := b.ports.Library.Playlists(ctx)
	if err != nil {
		b.refuse(c, Internal, err.Error())
		return
	}
	if p, ok := named(files, name); ok {
		b.refuse(c, Unsupported, fmt.Sprintf("the playlist %s is a file of the library: it goes when the file does", p.Name))
		return
	}
	b.refuse(c, NotFound, fmt.Sprintf("no playlist %q", name))
}

// history answers what was played, of a device that is named as people name devices, or of all.
func (b *Bridge) history(c Command, req History) {
	topic := ""
	if req.Device != "" {
		d, err := b.named(req.Device, true)
		if err != nil {
			b.misled(c, err)
			return
		}
		topic = d.topic
	}
	names := map[string]string{}
	for _, d := range b.devices {
		names[d.topic] = d.name()
	}
	b.soon(c, func(ctx, _ context.Context) {
		ctx, cancel := context.WithTimeout(ctx, resolveWithin)
		defer cancel()
		total, plays, err := b.house.diary.plays(ctx, topic, req.Offset, req.Limit)
		if err != nil {
			b.refuse(c, Internal, err.Error())
			return
		}
		data := HistoryData{Total: total, Offset: req.Offset, Results: make([]HistoryEntry, len(plays))}
		for i, p := range plays {
			data.Results[i] = HistoryEntry{
				At: Time{p.At}, Device: p.Device, Item: Text(p.Item), Title: p.Title, Seconds: Seconds(p.Seconds),
			}
		}
		b.answer(c, nil, historySpeech(data, plays, names), data)
	})
}

// historySpeech tells how much was played, and what the latest was where that was asked for. names are those of devices, by
// their topic names.
func historySpeech(h HistoryData, plays []media.Play, names map[string]string) string {
	if h.Total == 0 {
		return "Nothing was played"
	}
	speech := voice.Count(h.Total, "play", "plays")
	if h.Offset > 0 || len(plays) == 0 {
		return speech
	}
	name := names[plays[0].Device]
	if name == "" {
		name = plays[0].Device
	}
	return speech + ", the latest was " + placed(plays[0].Title, name)
}
