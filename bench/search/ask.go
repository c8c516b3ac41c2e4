package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"localcast/bridge"
	"localcast/bridge/library/index"
	"localcast/bridge/media"
	"localcast/bridge/voice"
)

// shelves is a library over the index alone: no database, so that what is measured is the search.
type shelves struct {
	index *index.Index
	lib   *collection
	at    map[media.ID]int
}

func newShelves(lib *collection, x *index.Index) *shelves {
	s := &shelves{index: x, lib: lib, at: make(map[media.ID]int, len(lib.entries))}
	for i, e := range lib.entries {
		s.at[e.item.ID] = i
	}
	return s
}

func (s *shelves) item(id media.ID) media.Item { return s.lib.entries[s.at[id]].item }

func (s *shelves) Search(
	_ context.Context, q media.Query, use func(media.ID) media.Use, playable func(media.Item) (bool, string),
) (media.Page, error) {
	total, hits := s.index.Search(q, use, playable)
	page := media.Page{Total: total, Offset: q.Offset}
	for _, h := range hits {
		page.Results = append(page.Results, media.Result{Item: s.item(h.ID), Playable: h.Playable, Score: h.Score, Sure: h.Sure})
	}
	return page, nil
}

func (s *shelves) Items(_ context.Context, id media.ID, limit int) ([]media.Item, error) {
	return s.items(s.index.Playable(id, limit)), nil
}

func (s *shelves) Browse(_ context.Context, id media.ID, _ string, offset, limit int) (media.Listing, error) {
	ids := s.index.Children(id)
	l := media.Listing{Of: s.item(id), Total: len(ids), Offset: offset}
	ids = ids[min(offset, len(ids)):]
	l.Results = s.items(ids[:min(limit, len(ids))])
	return l, nil
}

func (s *shelves) items(ids []media.ID) []media.Item {
	out := make([]media.Item, len(ids))
	for i, id := range ids {
		out[i] = s.item(id)
	}
	return out
}

// outcome is what came of the queries of a class.
type outcome struct {
	name           string
	asked          int
	first, five    int // right: first, among the first five
	refused, wrong int
	times, spent   []time.Duration
	failures       []string
}

// ask asks every query of a class as play and search do.
func ask(s *shelves, g *voice.Grammar, c class) outcome {
	o := outcome{name: c.name, asked: len(c.queries)}
	isDevice := func(words string) bool {
		return slices.Contains([]string{"kitchen display", "living room", "bedroom"}, strings.ToLower(words))
	}
	runtime.LockOSThread() // so that the thread's time is that of the search
	defer runtime.UnlockOSThread()
	f := bridge.Finder{Library: s, Grammar: g}
	for _, q := range c.queries {
		begun, spent := time.Now(), processorTime()
		text, device := g.Device(q.text, isDevice)
		_, err := f.Find(context.Background(), media.Query{Text: text})
		o.times, o.spent = append(o.times, time.Since(begun)), append(o.spent, processorTime()-spent)
		var refusal *bridge.Error
		refused := errors.As(err, &refusal)
		page, err := f.Search(context.Background(), media.Query{Text: text, Limit: 5})
		if err != nil {
			o.failures = append(o.failures, "failed: "+q.text+": "+err.Error())
		}
		right := slices.IndexFunc(page.Results, func(r media.Result) bool { return q.right(r.Item, device) })
		o.count(q, right, refused, page)
	}
	return o
}

func (o *outcome) count(q query, right int, refused bool, page media.Page) {
	got := ""
	if len(page.Results) > 0 {
		r := page.Results[0]
		got = fmt.Sprintf("%s %s|%s %.3f", r.Item.Kind, r.Item.Title, r.Item.Name, r.Score)
	}
	fail := func(how string) { o.failures = append(o.failures, how+": "+q.text+" ("+q.want+") -> "+got) }
	if right == 0 {
		o.first++
	}
	if right >= 0 {
		o.five++
	}
	switch {
	case refused:
		o.refused++
		if q.want != "" {
			fail("refused")
		}
	case q.want == "" || right != 0:
		o.wrong++
		fail("wrong")
	}
}

// right reports whether it is what was asked for.
func (q query) right(it media.Item, device string) bool {
	if q.want == "" || !strings.EqualFold(device, q.device) || q.id != "" && it.ID != q.id || q.kind != "" && it.Kind != q.kind {
		return false
	}
	if q.id != "" {
		return true
	}
	title := index.Fold(ownTitle(it))
	return title == q.want || q.begun && strings.HasPrefix(title, index.Fold(q.text))
}
