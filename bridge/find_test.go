package bridge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"localcast/bridge/media"
	"localcast/bridge/voice"
)

// fakeShelves holds items named by their ids. What has the very words as its title is a sure result, what has all words
// somewhere is none; to be sought as written there must be nothing but the very words.
type fakeShelves struct {
	items  []media.Item
	within map[media.ID][]media.ID
	fails  error
}

func newFakeShelves() *fakeShelves {
	s := &fakeShelves{within: map[media.ID][]media.ID{}}
	put := func(kind media.Kind, id media.ID, title string, in media.ID, change func(*media.Item)) {
		it := media.Item{ID: id, Kind: kind, Title: title}
		if change != nil {
			change(&it)
		}
		s.items = append(s.items, it)
		s.within[in] = append(s.within[in], id)
	}
	numbered := func(season, episode int) func(*media.Item) {
		return func(it *media.Item) {
			it.Show, it.Season, it.Name = "Bluey", media.Num(season), fmt.Sprintf("Part %d of %d", episode, season)
			if episode > 0 {
				it.Episode = media.Num(episode)
			}
		}
	}
	put(media.Show, "bluey", "Bluey", "", nil)
	put(media.Season, "bluey-s1", "Season 1", "bluey", numbered(1, 0))
	put(media.Season, "bluey-s2", "Season 2", "bluey", numbered(2, 0))
	put(media.Episode, "bluey-s1e1", "Bluey ", "bluey-s1", numbered(1, 1))
	put(media.Episode, "bluey-s1e2", "Bluey ", "bluey-s1", numbered(1, 2))
	put(media.Episode, "bluey-s2e1", "Bluey ", "bluey-s2", numbered(2, 1))
	put(media.Episode, "bluey-special", "Bluey ", "bluey-s2", numbered(0, 9))
	put(media.Show, "rock", "30 Rock", "", nil)
	put(media.Show, "twentyfour", "24", "", nil)
	put(media.Movie, "orient", "Murder on the Orient Express", "", nil)
	put(media.Movie, "some", "Some Like It Hot", "", nil)
	put(media.Movie, "friday", "Next Friday", "", nil)
	put(media.Movie, "alien", "Alien", "", nil)
	put(media.Movie, "aliens", "Aliens", "", nil)
	put(media.Album, "alien-album", "Alien", "", nil)
	put(media.Artist, "abba", "ABBA", "", nil)
	put(media.Track, "waterloo", "Waterloo", "", func(it *media.Item) { it.Artist = "ABBA" })
	put(media.Movie, "waterloo-film", "Waterloo", "", nil)
	return s
}

func (s *fakeShelves) Search(
	_ context.Context, q media.Query, _ func(media.ID) media.Use, playable func(media.Item) (bool, string),
) (media.Page, error) {
	if s.fails != nil {
		return media.Page{}, s.fails
	}
	words := strings.Fields(strings.ToLower(strings.TrimSuffix(q.Text, ",")))
	var found []media.Result
	for _, it := range s.items {
		if len(q.Kinds) > 0 && !slices.Contains(q.Kinds, it.Kind) {
			continue
		}
		text := strings.ToLower(it.Title + " " + it.Artist)
		r := media.Result{Item: it, Playable: true, Score: 0.8}
		if r.Sure = slices.Equal(strings.Fields(strings.ToLower(it.Title)), words) && it.Title == strings.TrimSpace(it.Title) ||
			slices.Equal(strings.Fields(text), words); r.Sure {
			r.Score = 1
		}
		all := !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
		if r.Sure || all && !q.AsWritten {
			found = append(found, r)
		}
	}
	slices.SortStableFunc(found, func(a, b media.Result) int { return int(10*b.Score) - int(10*a.Score) })
	p := media.Page{Total: len(found), Offset: q.Offset}
	found = found[min(q.Offset, len(found)):]
	p.Results = found[:min(q.Limit, len(found))]
	return p, nil
}

func (s *fakeShelves) item(id media.ID) media.Item {
	return s.items[slices.IndexFunc(s.items, func(i media.Item) bool { return i.ID == id })]
}

func (s *fakeShelves) Items(ctx context.Context, id media.ID, limit int) ([]media.Item, error) {
	var out []media.Item
	for _, id := range s.within[id] {
		if it := s.item(id); it.Kind.Container() {
			inner, err := s.Items(ctx, id, limit)
			if err != nil {
				return nil, err
			}
			out = append(out, inner...)
		} else {
			out = append(out, it)
		}
	}
	return out, nil
}

func (s *fakeShelves) Browse(_ context.Context, id media.ID, _ string, _, _ int) (media.Listing, error) {
	l := media.Listing{Of: s.item(id)}
	for _, id := range s.within[id] {
		l.Results = append(l.Results, s.item(id))
	}
	return l, nil
}

func newFinder(t *testing.T) Finder {
	t.Helper()
	g, err := voice.New("en")
	if err != nil {
		t.Fatal(err)
	}
	return Finder{Library: newFakeShelves(), Grammar: g}
}

func TestFind(t *testing.T) {
	for _, row := range []struct {
		why, said string
		kinds     []media.Kind
		want      string // the item, or the code and the message and what it could be
	}{
		{"a title", "alien", nil, "alien"},
		{"a title that reads like a number and a word", "30 Rock", nil, "rock"},
		{"a number that is a title", "24", nil, "twentyfour"},
		{"a title with a device's preposition", "Murder on the Orient Express", nil, "orient"},
		{"a title that begins like a sentence", "Some Like It Hot", nil, "some"},
		{"a title that asks for what is next", "Next Friday", nil, "friday"},
		{"a show by its name is the show", "Bluey", nil, "bluey"},
		{"the latest episode, specials apart", "the latest episode of Bluey", nil, "bluey-s2e1"},
		{"the same, short", "the latest Bluey", nil, "bluey-s2e1"},
		{"what comes next is the show's to know", "next episode of Bluey", nil, "bluey"},
		{"a season", "Bluey season two", nil, "bluey-s2"},
		{"an episode", "Bluey season one episode two", nil, "bluey-s1e2"},
		{"the same by its code", "Bluey S1E2", nil, "bluey-s1e2"},
		{"the same, politely", "please play season one episode two of Bluey", nil, "bluey-s1e2"},
		{"a special by its number", "Bluey season 0 episode 9", nil, "bluey-special"},
		{"a number that only one season has", "episode two of Bluey", nil, "bluey-s1e2"},
		{"a number that several seasons have", "episode one of Bluey", nil,
			"ambiguous: Bluey has an episode 1 in 2 seasons: bluey-s1e1 bluey-s2e1"},
		{"a season that is not there", "Bluey season nine", nil, "not_found: Bluey has no season 9:"},
		{"an episode that is not there", "Bluey season one episode nine", nil, "not_found: Bluey has no season 1 episode 9:"},
		{"the latest of what has none", "the latest 24", nil, "not_found: 24 has no episode:"},
		{"the kind that is named", "the album Alien", nil, "alien-album"},
		{"the same behind it", "Alien album", nil, "alien-album"},
		{"the film, not the album", "the movie Alien", nil, "alien"},
		{"the kind that is asked for", "Alien", []media.Kind{media.Album}, "alien-album"},
		{"the kind that is asked for against the one that is named", "the movie Alien", []media.Kind{media.Album},
			`not_found: nothing in the library matches "the movie Alien":`},
		{"an episode where episodes are asked for", "the latest Bluey", []media.Kind{media.Episode}, "bluey-s2e1"},
		{"no episode where films are asked for", "the latest Bluey", []media.Kind{media.Movie},
			`not_found: nothing in the library matches "the latest Bluey":`},
		{"whose it is", "Waterloo by ABBA", nil, "waterloo"},
		{"somebody's", "something by ABBA", nil, "abba"},
		{"in random order", "shuffle ABBA", nil, "abba shuffled"},
		{"several things that it could be", "lien", nil, `ambiguous: "lien" could be Alien or Aliens: alien aliens alien-album`},
		{"a show, whose parts are no other things", "blue", nil, `not_found: nothing in the library matches "blue": bluey maybe Bluey`},
		{"nothing", "xyzzy", nil, `not_found: nothing in the library matches "xyzzy":`},
		{"one thing that it may be", "orient", nil, `not_found: nothing in the library matches "orient": orient maybe Murder on the Orient Express`},
	} {
		t.Run(row.why, func(t *testing.T) {
			f := newFinder(t)
			found, err := f.Find(t.Context(), media.Query{Text: row.said, Kinds: row.kinds})
			got := string(found.Item.ID)
			if found.Shuffle {
				got += " shuffled"
			}
			if u, ok := errors.AsType[*unsure](err); ok {
				got = fmt.Sprintf("%s: %s:", u.why.Code, u.why.Message)
				for _, c := range u.choices {
					got += " " + string(c.Item.ID)
				}
				if u.maybe != "" {
					got += " maybe " + u.maybe
				}
			} else if err != nil {
				t.Fatal(err)
			}
			if got != row.want {
				t.Errorf("%q\n got %s\nwant %s", row.said, got, row.want)
			}
		})
	}
}

// TestSearchBeginsWithWhatPlayStarts: for whatever is found, a search with the same words has it first; and pages of any
// size put together are the whole.
func TestSearchBeginsWithWhatPlayStarts(t *testing.T) {
	f := newFinder(t)
	for _, said := range []string{"alien", "the latest Bluey", "Bluey season one episode two", "Bluey season two", "the album Alien", "shuffle ABBA",
		"something by ABBA", "Waterloo by ABBA", "next episode of Bluey", "24"} {
		found, err := f.Find(t.Context(), media.Query{Text: said})
		if err != nil {
			t.Fatalf("%q: %v", said, err)
		}
		whole, err := f.Search(t.Context(), media.Query{Text: said, Limit: 100})
		if err != nil || len(whole.Results) == 0 || whole.Results[0].Item.ID != found.Item.ID || whole.Total != len(whole.Results) {
			t.Errorf("%q: found %s, searched %+v, %v", said, found.Item.ID, whole, err)
		}
		var paged []media.Result
		for len(paged) < whole.Total {
			page, err := f.Search(t.Context(), media.Query{Text: said, Offset: len(paged), Limit: 1})
			if err != nil || len(page.Results) != 1 || page.Total != whole.Total || page.Offset != len(paged) {
				t.Fatalf("%q at %d: %+v, %v", said, len(paged), page, err)
			}
			paged = append(paged, page.Results...)
		}
		if fmt.Sprint(paged) != fmt.Sprint(whole.Results) {
			t.Errorf("%q: the pages are not the whole", said)
		}
	}
	if page, err := f.Search(t.Context(), media.Query{Text: "Bluey season nine", Limit: 5}); err != nil || page.Results[0].Item.ID != "bluey" {
		t.Errorf("a season that is not there: got %+v, %v", page, err)
	}
	if page, err := f.Search(t.Context(), media.Query{Text: "xyzzy", Limit: 5}); err != nil || page.Results == nil || page.Total != 0 {
		t.Errorf("nothing: got %+v, %v", page, err)
	}
}

func TestFindTellsWhatFails(t *testing.T) {
	f := newFinder(t)
	failure := errors.New("disk full")
	f.Library.(*fakeShelves).fails = failure
	if _, err := f.Find(t.Context(), media.Query{Text: "alien"}); !errors.Is(err, failure) || !strings.Contains(err.Error(), `search for "alien"`) {
		t.Errorf("got %v", err)
	}
	if _, err := f.Search(t.Context(), media.Query{Text: "alien", Limit: 1}); !errors.Is(err, failure) {
		t.Errorf("got %v", err)
	}
}

// answers is a library of what is found for each text, for sure.
type answers map[string]media.Result

func (a answers) Search(
	_ context.Context, q media.Query, _ func(media.ID) media.Use, _ func(media.Item) (bool, string),
) (media.Page, error) {
	r, ok := a[q.Text]
	if !ok {
		return media.Page{}, nil
	}
	r.Sure = true
	return media.Page{Total: 1, Results: []media.Result{r}}, nil
}

func (a answers) Items(context.Context, media.ID, int) ([]media.Item, error) { return nil, nil }

func (a answers) Browse(context.Context, media.ID, string, int, int) (media.Listing, error) {
	return media.Listing{}, nil
}

// TestTheWordsAsTheyAreComeBeforeASentence: what takes a sentence apart must fit no worse than the words as a title do.
func TestTheWordsAsTheyAreComeBeforeASentence(t *testing.T) {
	grammar, err := voice.New("en")
	if err != nil {
		t.Fatal(err)
	}
	film, show := media.Item{ID: "film", Kind: media.Movie}, media.Item{ID: "show", Kind: media.Show}
	for _, row := range []struct {
		why           string
		title, within float64 // the scores of "some new yor" and of "new yor"
		want          media.ID
	}{
		{"both begun", 0.97, 0.96, "film"},
		{"the sentence names the very words", 0.97, 1, "show"},
		{"only the sentence is likely", 0.5, 0.96, "show"},
	} {
		f := Finder{Grammar: grammar, Library: answers{
			"some new yor": {Item: film, Score: row.title}, "new yor": {Item: show, Score: row.within},
		}}
		found, err := f.Find(t.Context(), media.Query{Text: "some new yor"})
		if err != nil || found.Item.ID != row.want {
			t.Errorf("%s: got %q, %v; want %q", row.why, found.Item.ID, err, row.want)
		}
	}
}
