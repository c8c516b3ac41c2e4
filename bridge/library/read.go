package library

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
	"time"

	"localcast/bridge/library/index"
	"localcast/bridge/media"
)

// top is a kind of item as a folder of its own, beside the roots.
type top struct {
	kind  media.Kind // what it lists
	plays media.Kind // what is in it, in the end; "" if it is never played as a whole
	item  media.Item
}

// makeTops finds or makes the folders of the kinds, so that they have ids like any other.
func makeTops(ctx context.Context, w *writer) ([]top, error) {
	tops := []top{
		{media.Movie, media.Movie, media.Item{Title: "Movies"}},
		{media.Show, media.Episode, media.Item{Title: "Shows"}},
		{media.Video, media.Video, media.Item{Title: "Videos"}},
		{media.Artist, media.Track, media.Item{Title: "Artists"}},
		{media.Album, media.Track, media.Item{Title: "Albums"}},
		{media.Track, media.Track, media.Item{Title: "Tracks"}},
		{media.Genre, media.Track, media.Item{Title: "Genres"}},
		{media.Playlist, "", media.Item{Title: "Playlists"}},
		{media.Image, media.Image, media.Item{Title: "Images"}},
	}
	err := w.transact(func() error {
		for i := range tops {
			t := &tops[i]
			key := "kind " + string(t.kind)
			n, err := w.number(ctx, "SELECT n FROM items WHERE key=?", key)
			if err == nil && n == 0 {
				n, err = w.insert(ctx, media.Folder, key)
			}
			if err != nil {
				return err
			}
			err = w.query(ctx, func(r *sql.Rows) error { return r.Scan(&t.item.ID) }, "SELECT id FROM items WHERE n=?", n)
			if err != nil {
				return err
			}
			t.item.Kind = media.Folder
		}
		return nil
	})
	return tops, err
}

// top returns the folder of a kind with this id, nil if it is none.
func (l *Library) top(id media.ID) *top {
	i := slices.IndexFunc(l.tops, func(t top) bool { return t.item.ID == id })
	if i < 0 {
		return nil
	}
	return &l.tops[i]
}

// absent is the error for what is not there.
func absent(what any) error { return fmt.Errorf("%v: %w", what, media.ErrNoItem) }

// Search answers a query; see media.Query. use and playable may be nil. playable is asked about kinds and formats: of the
// item it gets only Kind, ContentType, Format, codecs, size of the picture and channels are set.
func (l *Library) Search(
	ctx context.Context, q media.Query, use func(media.ID) media.Use, playable func(media.Item) (bool, string),
) (media.Page, error) {
	page := media.Page{Offset: q.Offset, Results: []media.Result{}}
	q, ok := l.withinTop(q)
	if !ok {
		return page, nil
	}
	total, hits := l.index.Load().Search(q, use, playable)
	page.Total = total
	ids := make([]media.ID, len(hits))
	for i, h := range hits {
		ids[i] = h.ID
	}
	items, err := l.items(ctx, ids)
	if err != nil {
		return media.Page{}, fmt.Errorf("search %q: %w", q.Text, err)
	}
	for i, it := range items {
		// An item that was purged since the index was built is missing among items.
		for hits[i].ID != it.ID {
			hits = slices.Delete(hits, i, i+1)
		}
		r := media.Result{Item: it, Playable: hits[i].Playable, Reason: hits[i].Reason, Score: hits[i].Score, Sure: hits[i].Sure}
		if use != nil {
			u := use(it.ID)
			r.Position, r.Watched = u.Position, u.Watched
		}
		page.Results = append(page.Results, r)
	}
	return page, nil
}

// withinTop turns a search within the folder of a kind into one for that kind; ok is false if nothing can be found so.
func (l *Library) withinTop(q media.Query) (media.Query, bool) {
	t := l.top(q.Within)
	if t == nil {
		return q, true
	}
	kinds := map[media.Kind][]media.Kind{
		media.Show:   {media.Show, media.Season, media.Episode},
		media.Artist: {media.Artist, media.Album, media.Track},
		media.Album:  {media.Album, media.Track},
		media.Genre:  {media.Genre, media.Track},
	}[t.kind]
	if kinds == nil {
		kinds = []media.Kind{t.kind}
	}
	q.Within = ""
	if len(q.Kinds) > 0 {
		kinds = slices.DeleteFunc(slices.Clone(kinds), func(k media.Kind) bool { return !slices.Contains(q.Kinds, k) })
	}
	q.Kinds = kinds
	return q, len(kinds) > 0
}

// Item returns one item; the error wraps media.ErrNoItem for an id that is not there, not any more, or away with its folder.
func (l *Library) Item(ctx context.Context, id media.ID) (media.Item, error) {
	if t := l.top(id); t != nil {
		return t.item, nil
	}
	if !l.Has(id) {
		return media.Item{}, absent(id)
	}
	items, err := l.items(ctx, []media.ID{id})
	if err != nil {
		return media.Item{}, fmt.Errorf("item %s: %w", id, err)
	}
	if len(items) == 0 {
		return media.Item{}, absent(id)
	}
	return items[0], nil
}

// Items returns what a container holds that is played, however deep, in natural order, at most limit. What is no container
// holds itself. The error wraps media.ErrNoItem as that of Item.
func (l *Library) Items(ctx context.Context, id media.ID, limit int) ([]media.Item, error) {
	x := l.index.Load()
	var ids []media.ID
	switch t := l.top(id); {
	case t != nil:
		ids = x.OfKind(t.plays)
		ids = ids[:min(max(limit, 0), len(ids))]
	case !x.Has(id):
		return nil, absent(id)
	default:
		list, err := l.isList(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("items of %s: %w", id, err)
		}
		if list {
			return l.listed(ctx, x, id, max(limit, 0))
		}
		ids = x.Playable(id, max(limit, 0))
	}
	items, err := l.items(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("items of %s: %w", id, err)
	}
	return items, nil
}

// Browse lists what a container holds, containers first, in natural order. The container is named by its id, or by its path;
// with neither it lists the roots and the kinds. The error wraps media.ErrNoItem as that of Item.
func (l *Library) Browse(ctx context.Context, id media.ID, path string, offset, limit int) (media.Listing, error) {
	x := l.index.Load()
	offset, limit = max(offset, 0), max(limit, 0)
	if id == "" && path == "" {
		return l.browseTop(ctx, x, offset, limit)
	}
	if id == "" {
		var err error
		if id, err = l.folderAt(ctx, x, strings.Trim(path, "/")); err != nil {
			return media.Listing{}, err
		}
	}
	of, err := l.Item(ctx, id)
	if err != nil {
		return media.Listing{}, err
	}
	var ids []media.ID
	switch t := l.top(id); {
	case t != nil:
		ids = x.OfKind(t.kind)
	case !of.Kind.Container():
		return media.Listing{}, fmt.Errorf("%s holds nothing: %w", id, media.ErrNoItem)
	case of.Kind == media.Playlist:
		items, err := l.Items(ctx, id, longestList)
		if err != nil {
			return media.Listing{}, err
		}
		page := items[min(offset, len(items)):]
		return media.Listing{Of: of, Total: len(items), Offset: offset, Results: page[:min(limit, len(page))]}, nil
	default:
		ids = x.Children(id)
	}
	return l.listing(ctx, of, ids, offset, limit)
}

func (l *Library) browseTop(ctx context.Context, x *index.Index, offset, limit int) (media.Listing, error) {
	var ids []media.ID
	for _, fo := range l.folders {
		found, err := l.ids(ctx, "SELECT i.id FROM dirs d JOIN items i ON i.n = d.n WHERE d.root=? AND d.parent=0", fo.root)
		if err != nil {
			return media.Listing{}, fmt.Errorf("browse: %w", err)
		}
		for _, id := range found {
			if x.Has(id) {
				ids = append(ids, id)
			}
		}
	}
	items, err := l.items(ctx, ids)
	if err != nil {
		return media.Listing{}, fmt.Errorf("browse: %w", err)
	}
	counts := x.Count()
	for _, t := range l.tops {
		if counts[t.kind] > 0 {
			items = append(items, t.item)
		}
	}
	total := len(items)
	items = items[min(offset, total):]
	return media.Listing{Total: total, Offset: offset, Results: items[:min(limit, len(items))]}, nil
}

// listing loads one page of ids.
func (l *Library) listing(ctx context.Context, of media.Item, ids []media.ID, offset, limit int) (media.Listing, error) {
	total := len(ids)
	ids = ids[min(offset, total):]
	items, err := l.items(ctx, ids[:min(limit, len(ids))])
	if err != nil {
		return media.Listing{}, fmt.Errorf("browse %s: %w", of.ID, err)
	}
	return media.Listing{Of: of, Total: total, Offset: offset, Results: items}, nil
}

// folderAt returns the folder with this path, with or without the root's base name before it; of several one that is there.
func (l *Library) folderAt(ctx context.Context, x *index.Index, path string) (media.ID, error) {
	paths := []string{path}
	for _, fo := range l.folders {
		paths = append(paths, fo.base+"/"+path)
	}
	for _, p := range paths {
		found, err := l.ids(ctx, "SELECT id FROM items WHERE path=? AND kind='folder'", p)
		if err != nil {
			return "", fmt.Errorf("browse %q: %w", path, err)
		}
		for _, id := range found {
			if x.Has(id) {
				return id, nil
			}
		}
	}
	return "", absent(path)
}

// Find returns the item whose file has this media.Item.Path and size; the error wraps media.ErrNoItem if there is none.
func (l *Library) Find(ctx context.Context, path string, size int64) (media.Item, error) {
	found, err := l.ids(ctx, "SELECT i.id FROM items i JOIN files f ON f.n = i.n WHERE i.path=? AND f.size=?", path, size)
	if err != nil {
		return media.Item{}, fmt.Errorf("find %q: %w", path, err)
	}
	x := l.index.Load()
	for _, id := range found {
		if x.Has(id) {
			return l.Item(ctx, id)
		}
	}
	return media.Item{}, absent(path)
}

func (l *Library) ids(ctx context.Context, query string, args ...any) ([]media.ID, error) {
	rows, err := l.db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []media.ID
	for rows.Next() {
		var id media.ID
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, rows.Err()
}

// reindex builds the index anew from library.db and swaps it in.
func (l *Library) reindex(ctx context.Context) error {
	begun := time.Now()
	if err := l.db.write.flush(); err != nil {
		return fmt.Errorf("write library.db: %w", err)
	}
	s := l.saved.Load()
	x, err := l.db.load(ctx, s)
	if err != nil {
		return fmt.Errorf("load the catalogue: %w", err)
	}
	l.indexing = time.Since(begun)
	l.index.Store(x)
	n := x.Count()
	l.tell(func(s *media.LibraryStatus) {
		c := &s.Counts
		c.Movies, c.Episodes, c.Videos = n[media.Movie], n[media.Episode], n[media.Video]
		c.Tracks, c.Images, c.Playlists = n[media.Track], n[media.Image], n[media.Playlist]
	})
	l.mu.Lock()
	l.indexed = s
	close(l.rebuilt)
	l.rebuilt = make(chan struct{})
	l.mu.Unlock()
	return nil
}

// load reads all items that are there, and all containers, in natural order, one after the other into the index's form, and
// after them the saved playlists.
func (c *catalogue) load(ctx context.Context, s *saved) (*index.Index, error) {
	places, err := c.places(ctx)
	if err != nil {
		return nil, err
	}
	var b index.Builder
	err = c.each(ctx, func(r *sql.Rows) error {
		var d index.Doc
		var folder, group, artist, genre sql.NullInt64
		var err error
		d.Item, err = scanItem(r, &d.Row, &folder, &group, &artist, &genre)
		d.Place = places.of(d.Row)
		d.Folder, d.Group, d.Artist, d.Genre = folder.Int64, group.Int64, artist.Int64, genre.Int64
		b.Add(d)
		return err
	}, "SELECT "+ownColumns+`, i.n, i.folder_n, i.group_n, i.artist_n, i.genre_n
		FROM items i LEFT JOIN files f ON f.n = i.n LEFT JOIN roots r ON r.id = f.root LEFT JOIN dirs fd ON fd.n = f.dir
		WHERE f.n IS NULL OR f.gone IS NULL AND r.available AND fd.away = 0 ORDER BY i.sort, i.n`)
	if err != nil {
		return nil, err
	}
	s.addTo(&b)
	return b.Build(), nil
}

// places tells for rows where they stand in the natural order of paths. Rows stand there sorted, twelve bytes for each: a
// map would take several times that.
type places struct {
	rows []int64
	rank []uint32
}

func (p *places) Len() int           { return len(p.rows) }
func (p *places) Less(i, j int) bool { return p.rows[i] < p.rows[j] }
func (p *places) Swap(i, j int) {
	p.rows[i], p.rows[j] = p.rows[j], p.rows[i]
	p.rank[i], p.rank[j] = p.rank[j], p.rank[i]
}

func (p *places) of(row int64) uint32 {
	i, ok := slices.BinarySearch(p.rows, row)
	if !ok {
		return 0
	}
	return p.rank[i]
}

func (c *catalogue) places(ctx context.Context) (*places, error) {
	p := &places{}
	err := c.each(ctx, func(r *sql.Rows) error {
		var n int64
		err := r.Scan(&n)
		p.rows, p.rank = append(p.rows, n), append(p.rank, uint32(min(len(p.rows)+1, math.MaxInt32)))
		return err
	}, "SELECT n FROM items WHERE place <> x'' ORDER BY place, n")
	sort.Sort(p)
	return p, err
}

func (c *catalogue) each(ctx context.Context, f func(*sql.Rows) error, query string) error {
	rows, err := c.read.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
