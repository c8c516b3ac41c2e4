package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"localcast/bridge/library/index"
	"localcast/bridge/media"
)

// query is something that is asked for, and what is right.
type query struct {
	text string
	// want is the folded title of what is right, and kind its kind for a sentence that names one; both empty for what is in
	// no library.
	want string
	kind media.Kind
	// id is the very item that is right, where a sentence names it.
	id     media.ID
	device string
	begun  bool // anything that begins with the query is right
}

// class is a kind of query.
type class struct {
	name    string
	queries []query
	absent  bool // nothing is right but to refuse
}

// asker makes queries for a library.
type asker struct {
	rng  *rand.Rand
	lib  *collection
	from titles
	by   map[media.Kind][]int // entries
	held map[int64]*holding
}

// holding is what is in a container.
type holding struct{ inside []int }

func newAsker(lib *collection, from titles, seed uint64) *asker {
	a := &asker{rng: rand.New(rand.NewPCG(seed, 9)), lib: lib, from: from, by: map[media.Kind][]int{}, held: map[int64]*holding{}}
	for i, e := range lib.entries {
		a.by[e.item.Kind] = append(a.by[e.item.Kind], i)
		if e.group != 0 && (e.item.Kind == media.Episode || e.item.Kind == media.Season) {
			if a.held[e.group] == nil {
				a.held[e.group] = &holding{}
			}
			a.held[e.group].inside = append(a.held[e.group].inside, i)
		}
	}
	return a
}

// classes makes n queries of each class.
func (a *asker) classes(n int) []class {
	make := func(name string, one func(title string) string) class {
		c := class{name: name}
		for len(c.queries) < n {
			title := a.title()
			text := one(title)
			f := index.Fold(text)
			if text == "" || f != index.Fold(title) && a.lib.titles[f] {
				continue // not to be asked so, or the very words of something else
			}
			c.queries = append(c.queries, query{text: text, want: index.Fold(title), begun: name == "prefix"})
		}
		return c
	}
	out := []class{
		make("exact", func(t string) string { return t }),
		make("prefix", a.begun),
		make("one typo", func(t string) string { return a.change(t, 1, func(w string) string { return mistype(a.rng, w) }) }),
		make("two words with a typo", func(t string) string { return a.change(t, 2, func(w string) string { return mistype(a.rng, w) }) }),
		make("sound-alike", func(t string) string {
			return a.change(t, 1+a.rng.IntN(2), func(w string) string { return misspell(a.rng, w) })
		}),
		make("accents", func(t string) string { return accented(a.rng, strings.ToLower(t)) }),
		make("joined words", a.joined),
		make("split words", a.split),
		{name: "not in the library", absent: true},
		{name: "voice sentences"},
	}
	absent := slices.Clone(a.from.absent)
	a.rng.Shuffle(len(absent), func(i, j int) { absent[i], absent[j] = absent[j], absent[i] })
	for _, t := range absent {
		if c := &out[len(out)-2]; len(c.queries) < n && !a.lib.bare[bare(t)] {
			c.queries = append(c.queries, query{text: t})
		}
	}
	for len(out[len(out)-1].queries) < n {
		if q, ok := a.sentence(); ok {
			out[len(out)-1].queries = append(out[len(out)-1].queries, q)
		}
	}
	return out
}

// pick returns one of a kind.
func (a *asker) pick(k media.Kind) media.Item {
	return a.lib.entries[a.by[k][a.rng.IntN(len(a.by[k]))]].item
}

// title picks what is asked for, by what people ask for.
func (a *asker) title() string {
	k := media.Movie
	switch p := a.rng.IntN(100); {
	case p < 25:
		k = media.Track
	case p < 40:
		k = media.Show
	case p < 50:
		k = media.Album
	case p < 60:
		k = media.Artist
	}
	return ownTitle(a.pick(k))
}

// begun leaves the last word unfinished.
func (a *asker) begun(title string) string {
	words := strings.Fields(title)
	last := []rune(words[len(words)-1])
	if len(last) < 4 || len(words) == 1 && len(last) < 6 {
		return ""
	}
	words[len(words)-1] = string(last[:len(last)-1-a.rng.IntN(len(last)/2)])
	return strings.Join(words, " ")
}

// change makes n words of a title different; "" where it has not so many that could be.
func (a *asker) change(title string, n int, change func(string) string) string {
	words := strings.Fields(index.Fold(title))
	var long []int
	for i, w := range words {
		if len([]rune(w)) >= 4 && strings.Trim(w, "0123456789") == w {
			long = append(long, i)
		}
	}
	a.rng.Shuffle(len(long), func(i, j int) { long[i], long[j] = long[j], long[i] })
	for _, i := range long {
		if w := change(words[i]); n > 0 && w != "" && w != words[i] {
			words[i] = w
			n--
		}
	}
	if n > 0 {
		return ""
	}
	return strings.Join(words, " ")
}

// joined writes two words as one.
func (a *asker) joined(title string) string {
	words := strings.Fields(index.Fold(title))
	if len(words) < 2 {
		return ""
	}
	i := a.rng.IntN(len(words) - 1)
	words[i] += words[i+1]
	return strings.Join(slices.Delete(words, i+1, i+2), " ")
}

// split writes a word as two.
func (a *asker) split(title string) string {
	words := strings.Fields(index.Fold(title))
	i := a.rng.IntN(len(words))
	r := []rune(words[i])
	if len(r) < 6 {
		return ""
	}
	at := 3 + a.rng.IntN(len(r)-5)
	words[i] = string(r[:at]) + " " + string(r[at:])
	return strings.Join(words, " ")
}

// sentence makes something that is said, of what the contract lists.
func (a *asker) sentence() (query, bool) {
	q := query{}
	switch a.rng.IntN(14) {
	case 0, 1, 2, 3, 4:
		show := a.lib.entries[a.by[media.Show][a.rng.IntN(len(a.by[media.Show]))]]
		if show.item.Title == "" {
			return q, false
		}
		q = a.ofShow(show)
	case 5:
		it := a.pick(media.Movie)
		q = query{text: a.one("the movie %s", "the film %s", "%s the movie"), kind: media.Movie, want: it.Title}
	case 6:
		it := a.pick(media.Artist)
		q = query{text: a.one("something by %s", "some %s", "music by %s", "some songs by %s"), kind: media.Artist, want: it.Title}
	case 7, 8:
		it := a.pick(media.Album)
		q = query{text: a.one("the album %s", "%s album"), kind: media.Album, want: it.Title}
	case 9:
		it := a.pick(media.Track)
		q = query{text: a.one("the song %s", "the track %s"), kind: media.Track, want: it.Name}
	case 10:
		it := a.pick(media.Track)
		q = query{text: "the song %s by " + it.Artist, kind: media.Track, want: it.Name}
	case 11:
		it := a.pick(media.Artist)
		q = query{text: a.one("shuffle %s", "%s shuffled"), kind: media.Artist, want: it.Title}
	default:
		it := a.pick(media.Movie)
		q = query{text: "%s", want: it.Title}
	}
	q.text = strings.Replace(q.text, "%s", q.want, 1)
	q.want = index.Fold(q.want)
	if a.rng.IntN(3) == 0 {
		q.device = a.one("Kitchen Display", "Living Room", "Bedroom")
		q.text += a.one(" on the ", " on ", " in the ") + strings.ToLower(q.device)
	}
	if a.rng.IntN(4) == 0 {
		q.text = a.one("please play "+q.text, q.text+" please", "play "+q.text)
	}
	return q, true
}

func (a *asker) one(of ...string) string { return of[a.rng.IntN(len(of))] }

// ofShow asks for a part of a show.
func (a *asker) ofShow(show entry) query {
	seasons := a.held[show.row].inside
	season := a.lib.entries[seasons[a.rng.IntN(len(seasons))]]
	episodes := a.held[season.row].inside
	episode := a.lib.entries[episodes[a.rng.IntN(len(episodes))]]
	s, _ := season.item.Season.Get()
	e, _ := episode.item.Episode.Get()
	q := query{want: show.item.Title, kind: media.Episode, id: episode.item.ID}
	switch a.rng.IntN(6) {
	case 0:
		last := a.held[a.lib.entries[seasons[len(seasons)-1]].row].inside
		q.text, q.id = a.one("the latest episode of %s", "the latest %s"), a.lib.entries[last[len(last)-1]].item.ID
	case 1:
		q.text, q.kind, q.id = a.one("next episode of %s", "the next episode of %s"), media.Show, ""
	case 2:
		q.text = fmt.Sprintf("%%s season %s episode %s", spokenNumber(s), spokenNumber(e))
	case 3:
		q.text = fmt.Sprintf("%%s S%dE%d", s, e)
	case 4:
		q.text, q.kind, q.id = fmt.Sprintf("%%s season %s", spokenNumber(s)), media.Season, season.item.ID
	default:
		q.text = fmt.Sprintf("season %d episode %s of %%s", s, spokenNumber(e))
	}
	return q
}

// mostSpelt is the largest number that spokenNumber spells.
const mostSpelt = 29

func spokenNumber(n int) string {
	small := strings.Fields(`
		zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
		eighteen nineteen`)
	if n < len(small) {
		return small[n]
	}
	if n%10 == 0 {
		return "twenty"
	}
	return "twenty " + small[n%10]
}
