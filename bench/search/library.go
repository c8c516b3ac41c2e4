package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"localcast/bridge/library/index"
	"localcast/bridge/media"
)

// entry is an item of a library that was made up.
type entry struct {
	item                                    media.Item
	row, folder, group, artistRow, genreRow int64
}

// collection is a library that was made up: its items in natural order.
type collection struct {
	entries []entry
	titles  map[string]bool // the folded own titles of everything
	bare    map[string]bool // the same, articles and signs apart
	played  int
}

// The share of each kind in a library of films, series and music, of 100.
const (
	movieShare, episodeShare, trackShare, videoShare = 12, 28, 57, 3
)

// maker makes a library.
type maker struct {
	rng   *rand.Rand
	from  titles
	chain *chain
	names *chain
	row   int64
	lists map[media.Kind][]entry
	used  map[media.ID]bool
}

// makeLibrary makes a library of n items that are played, with their containers.
func makeLibrary(n int, from titles, seed uint64) *collection {
	rng := rand.New(rand.NewPCG(seed, uint64(n)))
	m := &maker{
		rng: rng, from: from, chain: newChain(rng, from.movies, from.tracks, from.albums), names: newChain(rng, from.artists),
		lists: map[media.Kind][]entry{}, used: map[media.ID]bool{},
	}
	m.movies(n * movieShare / 100)
	m.episodes(n * episodeShare / 100)
	m.tracks(n * trackShare / 100)
	m.videos(n - n*(movieShare+episodeShare+trackShare)/100)
	c := &collection{titles: map[string]bool{}, bare: map[string]bool{}, played: n}
	for _, k := range []media.Kind{media.Show, media.Season, media.Movie, media.Artist, media.Album, media.Genre, media.Episode,
		media.Video, media.Track, media.Folder} {
		list := m.lists[k]
		slices.SortStableFunc(list, func(a, b entry) int { return cmp.Compare(sortsAs(a.item), sortsAs(b.item)) })
		c.entries = append(c.entries, list...)
		m.lists[k] = nil
	}
	for _, e := range c.entries {
		c.titles[index.Fold(ownTitle(e.item))] = true
		c.bare[bare(ownTitle(e.item))] = true
	}
	return c
}

// sortsAs is what the library sorts a kind by, roughly: episodes and tracks come in groups, and are made in their order.
func sortsAs(it media.Item) string {
	switch it.Kind {
	case media.Episode, media.Season:
		return strings.ToLower(it.Show)
	case media.Track, media.Album:
		return strings.ToLower(it.Artist + "\x00" + it.Album)
	}
	return strings.ToLower(it.Title)
}

// bare is a folded title without articles, its numbers spelt, and its words in one: what differs in no more is not another
// title.
func bare(title string) string {
	words := slices.DeleteFunc(index.Words(title), func(w string) bool { return w == "the" || w == "a" || w == "an" })
	for i, w := range words {
		if n, err := strconv.Atoi(w); err == nil && n >= 0 && n <= mostSpelt {
			words[i] = strings.ReplaceAll(spokenNumber(n), " ", "")
		}
	}
	return strings.Join(words, "")
}

// ownTitle is what somebody calls an item.
func ownTitle(it media.Item) string {
	if it.Name != "" {
		return it.Name
	}
	return it.Title
}

func (m *maker) id() media.ID {
	const letters = "abcdefghijklmnopqrstuvwxyz234567"
	for {
		var b [media.IDLength]byte
		v := m.rng.Uint64()
		for i := range b {
			b[i] = letters[v&31]
			v >>= 5
		}
		if id := media.ID(b[:]); !m.used[id] {
			m.used[id] = true
			return id
		}
	}
}

// put adds an item and returns its row.
func (m *maker) put(e entry) int64 {
	m.row++
	e.row, e.item.ID = m.row, m.id()
	m.lists[e.item.Kind] = append(m.lists[e.item.Kind], e)
	return e.row
}

func (m *maker) folder(title string, in int64) int64 {
	return m.put(entry{item: media.Item{Kind: media.Folder, Title: title}, folder: in})
}

// deal returns a function that gives each of the titles once, and then such as the chain makes.
func (m *maker) deal(list []string, c *chain) func() string {
	left := slices.Clone(list)
	m.rng.Shuffle(len(left), func(i, j int) { left[i], left[j] = left[j], left[i] })
	absent := map[string]bool{}
	for _, t := range m.from.absent {
		absent[index.Fold(t)] = true
	}
	return func() string {
		if len(left) > 0 {
			t := left[0]
			left = left[1:]
			return t
		}
		for {
			if t := c.title(); !absent[index.Fold(t)] {
				return t
			}
		}
	}
}

func (m *maker) movies(n int) {
	root, title := m.folder("films", 0), m.deal(m.from.movies, m.chain)
	for range n {
		year := 1920 + m.rng.IntN(106)
		m.put(entry{folder: root, item: media.Item{Kind: media.Movie, Title: title(), Subtitle: fmt.Sprint(year), Year: year,
			ContentType: "video/mp4", Format: "mp4", Width: 1920, Height: 1080}})
	}
}

func (m *maker) episodes(n int) {
	root := m.folder("series", 0)
	shows, title := m.deal(m.from.movies, m.chain), m.deal(m.from.albums, m.chain)
	taken := map[string]bool{}
	for n > 0 {
		show := shows()
		if taken[strings.ToLower(show)] {
			continue
		}
		taken[strings.ToLower(show)] = true
		of := m.put(entry{item: media.Item{Kind: media.Show, Title: show, Show: show}})
		dir := m.folder(show, root)
		for s := 1; s <= 1+m.rng.IntN(7) && n > 0; s++ {
			season := m.put(entry{group: of, item: media.Item{Kind: media.Season, Title: fmt.Sprintf("Season %d", s),
				Subtitle: show, Show: show, Season: media.Num(s)}})
			for e := 1; e <= 6+m.rng.IntN(16) && n > 0; e++ {
				name := title()
				m.put(entry{group: season, folder: dir, item: media.Item{Kind: media.Episode, Title: show, Show: show, Name: name,
					Subtitle: fmt.Sprintf("S%02dE%02d %s", s, e, name), Season: media.Num(s), Episode: media.Num(e),
					ContentType: "video/x-matroska", Format: "matroska", Width: 1280, Height: 720}})
				n--
			}
		}
	}
}

func (m *maker) tracks(n int) {
	root := m.folder("music", 0)
	artists, albums, title := m.deal(m.from.artists, m.names), m.deal(m.from.albums, m.chain), m.deal(m.from.tracks, m.chain)
	var genres []int64
	kinds := []string{"Pop", "Rock", "Jazz", "Folk", "Classical", "Electronic", "Hip-Hop", "Reggae", "Blues", "Country", "Soul", "Metal"}
	for _, g := range kinds {
		genres = append(genres, m.put(entry{item: media.Item{Kind: media.Genre, Title: g, Genre: g}}))
	}
	taken := map[string]bool{}
	for n > 0 {
		artist := artists()
		if taken[strings.ToLower(artist)] {
			continue
		}
		taken[strings.ToLower(artist)] = true
		of, dir := m.put(entry{item: media.Item{Kind: media.Artist, Title: artist, Artist: artist}}), m.folder(artist, root)
		g := m.rng.IntN(len(kinds))
		for range 1 + m.rng.IntN(4) {
			album, year := albums(), 1960+m.rng.IntN(66)
			in := m.put(entry{group: of, item: media.Item{Kind: media.Album, Title: album, Subtitle: artist,
				Artist: artist, Album: album, Year: year}})
			at := m.folder(album, dir)
			for range 8 + m.rng.IntN(8) {
				if n == 0 {
					return
				}
				name := title()
				m.put(entry{group: in, folder: at, artistRow: of, genreRow: genres[g], item: media.Item{Kind: media.Track, Title: name, Name: name,
					Subtitle: artist + " · " + album, Artist: artist, Album: album, Genre: kinds[g], Year: year,
					ContentType: "audio/flac", Format: "flac"}})
				n--
			}
		}
	}
}

func (m *maker) videos(n int) {
	dir := m.folder("camera", 0)
	for i := range n {
		m.put(entry{folder: dir, item: media.Item{Kind: media.Video, Title: fmt.Sprintf("%s %d", m.chain.title(), 2000+i%26),
			Subtitle:    "camera",
			ContentType: "video/mp4", Format: "mp4", Width: 1920, Height: 1080}})
	}
}

// build builds the index of a library.
func (c *collection) build() *index.Index {
	var b index.Builder
	for i, e := range c.entries {
		b.Add(index.Doc{Item: e.item, Row: e.row, Place: uint32(i), Folder: e.folder, Group: e.group, Artist: e.artistRow, Genre: e.genreRow})
	}
	return b.Build()
}
