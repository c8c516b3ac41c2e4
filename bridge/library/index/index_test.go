package index

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"localcast/bridge/media"
)

func TestFold(t *testing.T) {
	for _, row := range []struct{ in, want string }{
		{"Amélie", "amelie"},
		{"AMÉLIE", "amelie"},
		{"Ame\u0301lie", "amelie"}, // decomposed
		{"Straße", "strasse"},
		{"Ærø", "aero"},
		{"Łódź", "lodz"},
		{"Cœur", "coeur"},
		{"Þór Đoković ðe", "thor dokovic de"},
		{"Charlotte's Web", "charlottes web"},
		{"Charlotte’s Web", "charlottes web"},
		{"S.W.A.T.", "s w a t"},
		{"  AC/DC -- T.N.T ", "ac dc t n t"},
		{"WALL·E", "wall e"},
		{"ﬁlm ①", "film 1"},
		{"Ｂｌｕｅｙ", "bluey"},
		{"Война и мир", "воина и мир"}, // й is и with a mark
		{"Ζορμπάς", "ζορμπασ"},
		{"千と千尋", "千と千尋"},
		{"İstanbul Diyarbakır", "istanbul diyarbakir"},
		{"!!!", ""},
		{"a\x00b\xff c", "a b c"},
	} {
		if got := Fold(row.in); got != row.want {
			t.Errorf("Fold(%q) = %q, want %q", row.in, got, row.want)
		}
		if again := Fold(Fold(row.in)); again != Fold(row.in) {
			t.Errorf("Fold(%q) folds again to %q", row.in, again)
		}
	}
}

// id makes an id that reads like a name.
func id(name string) media.ID {
	return media.ID((strings.ToLower(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, name)) + "aaaaaaaaaa")[:media.IDLength])
}

// shelf is a small library in natural order.
func shelf() *Index {
	var b Builder
	rows := map[media.ID]int64{}
	row := func(id media.ID) int64 {
		if id == "" {
			return 0
		}
		if rows[id] == 0 {
			rows[id] = int64(len(rows) + 1)
		}
		return rows[id]
	}
	type in struct{ folder, group, artist, genre media.ID }
	place := uint32(100)
	add := func(it media.Item, in in) {
		place--
		b.Add(Doc{Item: it, Row: row(it.ID), Place: place,
			Folder: row(in.folder), Group: row(in.group), Artist: row(in.artist), Genre: row(in.genre)})
	}
	show := func(name string) {
		add(media.Item{ID: id("show" + name), Kind: media.Show, Title: name, Show: name}, in{})
	}
	show("Bluey")
	show("Empty")
	add(media.Item{ID: "seasonblue", Kind: media.Season, Title: "Season 1", Subtitle: "Bluey", Show: "Bluey"}, in{group: id("showBluey")})
	for _, m := range []struct {
		name   string
		year   int
		format string
	}{{"Blue Velvet", 1986, "mp4"}, {"Heat", 1995, "matroska"}, {"Heat Wave", 1990, "mp4"}, {"The Heat", 2013, "mp4"}, {"White Heat", 1949, "matroska"}} {
		add(media.Item{ID: id("m" + m.name), Kind: media.Movie, Title: m.name, Subtitle: fmt.Sprint(m.year), Year: m.year, Format: m.format},
			in{folder: "films22222"})
	}
	add(media.Item{ID: "artistabba", Kind: media.Artist, Title: "ABBA", Artist: "ABBA"}, in{})
	add(media.Item{ID: "arrivalbum", Kind: media.Album, Title: "Arrival", Subtitle: "ABBA", Artist: "ABBA"}, in{group: "artistabba"})
	add(media.Item{ID: "hitsalbum2", Kind: media.Album, Title: "Hits"}, in{})
	add(media.Item{ID: "genrepop22", Kind: media.Genre, Title: "Pop", Genre: "Pop"}, in{})
	episode := func(n int, name string) {
		add(media.Item{ID: id("e" + name), Kind: media.Episode, Title: "Bluey", Show: "Bluey", Name: name, Subtitle: fmt.Sprintf("S01E%02d %s", n, name)},
			in{group: "seasonblue", folder: "blueydir22"})
	}
	episode(1, "Magic Xylophone")
	episode(2, "Hospital")
	for _, name := range []string{"Dancing Queen", "Money, Money, Money", "Waterloo"} {
		it := media.Item{ID: id("t" + name), Kind: media.Track, Title: name, Name: name, Subtitle: "ABBA · Arrival", Artist: "ABBA", Album: "Arrival", Year: 1976}
		of := in{group: "arrivalbum", artist: "artistabba", genre: "genrepop22", folder: "musicdir22"}
		if name == "Waterloo" {
			of.group, it.Album, it.Subtitle = "hitsalbum2", "Hits", "ABBA · Hits"
		}
		add(it, of)
	}
	add(media.Item{ID: "films22222", Kind: media.Folder, Title: "films"}, in{})
	add(media.Item{ID: "blueydir22", Kind: media.Folder, Title: "Bluey", Subtitle: "films"}, in{folder: "films22222"})
	add(media.Item{ID: "musicdir22", Kind: media.Folder, Title: "music"}, in{})
	return b.Build()
}

func ids(hits []Hit) string {
	var out []string
	for _, h := range hits {
		out = append(out, string(h.ID))
	}
	return strings.Join(out, " ")
}

func TestSearch(t *testing.T) {
	x := shelf()
	for _, row := range []struct {
		why  string
		q    media.Query
		want string
	}{
		{"exact, then but for an article, then beginning, then somewhere in the title", media.Query{Text: "heat"}, "mheataaaaa mtheheataa mheatwavea mwhiteheat"},
		{"prefixes match too; more of the title covered is better", media.Query{Text: "blue"}, "showblueya blueydir22 mbluevelve seasonblue emagicxylo ehospitala"},
		{"a show comes before its episodes", media.Query{Text: "bluey"}, "showblueya blueydir22 seasonblue emagicxylo ehospitala"},
		{"an episode by its own name", media.Query{Text: "Hospital"}, "ehospitala"},
		{"an episode by show and name", media.Query{Text: "hospital bluey"}, "ehospitala"},
		{"an episode by show and number", media.Query{Text: "bluey s01e02"}, "ehospitala"},
		{"a season", media.Query{Text: "bluey season 1"}, "seasonblue"},
		{"a movie with its year", media.Query{Text: "heat 1995"}, "mheataaaaa"},
		{"a track with its artist", media.Query{Text: "abba waterloo"}, "twaterlooa"},
		{"the artist first, then what is theirs", media.Query{Text: "abba"}, "artistabba arrivalbum tdancingqu tmoneymone twaterlooa"},
		{"accents and case do not matter", media.Query{Text: "DÁNCING quéen"}, "tdancingqu"},
		{"most words, where nothing has all", media.Query{Text: "heat hospital"}, "mheataaaaa ehospitala mtheheataa mheatwavea mwhiteheat"},
		{"a typing error", media.Query{Text: "wateroo"}, "twaterlooa"},
		{"two typing errors in a long word", media.Query{Text: "xylpohome"}, "emagicxylo"},
		{"letters swapped", media.Query{Text: "hospitla"}, "ehospitala"},
		{"as it sounds", media.Query{Text: "majik zylofone"}, "emagicxylo"},
		{"words joined", media.Query{Text: "whiteheat"}, "mwhiteheat"},
		{"words split", media.Query{Text: "water loo"}, "twaterlooa"},
		{"a number as it is said", media.Query{Text: "season one bluey"}, "seasonblue"},
		{"the last word may be unfinished, others too", media.Query{Text: "danc que"}, "tdancingqu"},
		{"nothing finds nothing", media.Query{Text: ""}, ""},
		{"signs find nothing", media.Query{Text: "?!"}, ""},
		{"by kind", media.Query{Text: "bluey", Kinds: []media.Kind{media.Episode, media.Season}}, "seasonblue emagicxylo ehospitala"},
		{"within a show", media.Query{Text: "bluey", Within: "showblueya"}, "seasonblue emagicxylo ehospitala"},
		{"within a folder above", media.Query{Text: "hospital", Within: "films22222"}, "ehospitala"},
		{"within what is not there", media.Query{Text: "hospital", Within: "zzzzzzzzzz"}, ""},
		{"by genre", media.Query{Text: "money", Genre: "POP"}, "tmoneymone"},
		{"by a genre that is not there", media.Query{Text: "money", Genre: "jazz"}, ""},
		{"by artist", media.Query{Text: "waterloo", Artist: "Abba"}, "twaterlooa"},
		{"by years", media.Query{Text: "heat", YearFrom: 1990, YearTo: 1999}, "mheataaaaa mheatwavea"},
		{"up to a year; what has none is out", media.Query{Text: "hospital", YearTo: 1999}, ""},
		{"a page", media.Query{Text: "heat", Offset: 1, Limit: 2}, "mtheheataa mheatwavea"},
		{"beyond the last page", media.Query{Text: "heat", Offset: 9, Limit: 2}, ""},
	} {
		q := row.q
		if q.Limit == 0 {
			q.Limit = 100
		}
		if _, hits := x.Search(q, nil, nil); ids(hits) != row.want {
			t.Errorf("%s: %+v\n got %s\nwant %s", row.why, row.q, ids(hits), row.want)
		}
	}
}

func TestSearchTotalAndScores(t *testing.T) {
	x := shelf()
	total, hits := x.Search(media.Query{Text: "heat", Limit: 1}, nil, nil)
	if total != 4 || len(hits) != 1 || hits[0].Score != 1 {
		t.Errorf("got %d in all, %+v", total, hits)
	}
	if total, hits := x.Search(media.Query{Text: "heat"}, nil, nil); total != 4 || len(hits) != 0 {
		t.Errorf("limit 0: got %d in all and %d hits", total, len(hits))
	}
	_, hits = x.Search(media.Query{Text: "bluey", Limit: 100}, nil, nil)
	for i, h := range hits {
		if h.Score <= 0 || h.Score > 1 || i > 0 && h.Score > hits[i-1].Score {
			t.Errorf("score %v at %d", h.Score, i)
		}
	}
}

// TestFewAreReadAsManyAreGathered: it makes no difference whether the documents of a word are gathered, or a few are read.
func TestFewAreReadAsManyAreGathered(t *testing.T) {
	x := shelf()
	words := []string{"bluey", "b", "s", "the", "abba", "2", "two", "season", "alien", "nowhere"}
	for _, a := range words {
		for _, b := range words {
			for _, last := range []bool{true, false} {
				s := search{x: x, scorer: scorer{x: x}}
				first, second := x.term(a, true), x.term(b, last)
				gathered, read := x.docs(&first), x.docs(&first)
				gathered.and(x.docs(&second))
				s.keep(read, []*term{&second})
				if !slices.Equal(gathered, read) {
					t.Errorf("%q and %q, last %v: gathered %b, read %b", a, b, last, gathered, read)
				}
			}
		}
	}
}

func TestSearchPutsWhatPlaysFirst(t *testing.T) {
	x := shelf()
	asked := 0
	playable := func(it media.Item) (bool, string) {
		asked++
		return it.Format != "matroska", "no Matroska"
	}
	_, hits := x.Search(media.Query{Text: "heat", Limit: 10}, nil, playable)
	if ids(hits) != "mtheheataa mheatwavea mheataaaaa mwhiteheat" {
		t.Errorf("got %s", ids(hits))
	}
	if hits[2].Playable || hits[2].Reason != "no Matroska" || !hits[0].Playable {
		t.Errorf("got %+v", hits)
	}
	if asked > 20 {
		t.Errorf("asked %d times; once for each kind and format is enough", asked)
	}
}

func TestSearchTiesByUse(t *testing.T) {
	x := shelf()
	use := func(of media.ID) media.Use {
		switch of {
		case id("m" + "White Heat"):
			return media.Use{LastAt: 7}
		case id("e" + "Hospital"):
			return media.Use{Position: 12, LastAt: 3}
		case id("e" + "Magic Xylophone"):
			return media.Use{LastAt: 9}
		}
		return media.Use{}
	}
	_, hits := x.Search(media.Query{Text: "heat", Kinds: []media.Kind{media.Movie}, Limit: 10}, use, nil)
	if ids(hits) != "mheataaaaa mtheheataa mheatwavea mwhiteheat" {
		t.Errorf("use decides among equals only; got %s", ids(hits))
	}
	_, hits = x.Search(media.Query{Text: "bluey", Kinds: []media.Kind{media.Episode}, Limit: 10}, use, nil)
	if ids(hits) != "ehospitala emagicxylo" {
		t.Errorf("what is in progress comes first; got %s", ids(hits))
	}
}

// TestAShowStaysBeforeItsEpisodes: episodes without a name of their own are called as their show.
func TestAShowStaysBeforeItsEpisodes(t *testing.T) {
	var b Builder
	b.Add(Doc{Item: media.Item{ID: "lanternsho", Kind: media.Show, Title: "Magic Lantern"}, Row: 1})
	b.Add(Doc{Item: media.Item{ID: "episodeone", Kind: media.Episode, Title: "Magic Lantern", Show: "Magic Lantern"}, Row: 2, Group: 1})
	b.Add(Doc{Item: media.Item{ID: "episodetwo", Kind: media.Episode, Title: "Magic Lantern", Show: "Magic Lantern"}, Row: 3, Group: 1})
	use := func(of media.ID) media.Use {
		if of == "episodetwo" {
			return media.Use{Position: 12, LastAt: 3}
		}
		return media.Use{}
	}
	if _, hits := b.Build().Search(media.Query{Text: "magic lantern", Limit: 10}, use, nil); ids(hits) != "lanternsho episodetwo episodeone" {
		t.Errorf("got %s", ids(hits))
	}
}

func TestContainers(t *testing.T) {
	x := shelf()
	if x.Has(id("show" + "Empty")) {
		t.Error("a show without episodes is there")
	}
	for _, row := range []struct{ in, want string }{
		{"showblueya", "seasonblue"},
		{"seasonblue", "emagicxylo ehospitala"},
		{"films22222", "blueydir22 mwhiteheat mtheheataa mheatwavea mheataaaaa mbluevelve"}, // by path
		{"artistabba", "arrivalbum twaterlooa"},
		{"arrivalbum", "tdancingqu tmoneymone"},
		{"genrepop22", "tdancingqu tmoneymone twaterlooa"},
		{"musicdir22", "twaterlooa tmoneymone tdancingqu"}, // by path
		{"zzzzzzzzzz", ""},
		{"nonsense", ""},
	} {
		if got := strings.Join(text(x.Children(media.ID(row.in))), " "); got != row.want {
			t.Errorf("Children(%s)\n got %s\nwant %s", row.in, got, row.want)
		}
	}
	for _, row := range []struct {
		in    string
		limit int
		want  string
	}{
		{"showblueya", 10, "emagicxylo ehospitala"},
		{"showblueya", 1, "emagicxylo"},
		{"artistabba", 10, "tdancingqu tmoneymone twaterlooa"},
		{"musicdir22", 10, "twaterlooa tmoneymone tdancingqu"},
		{"ehospitala", 10, "ehospitala"},
		{"zzzzzzzzzz", 10, ""},
	} {
		if got := strings.Join(text(x.Playable(media.ID(row.in), row.limit)), " "); got != row.want {
			t.Errorf("Playable(%s, %d)\n got %s\nwant %s", row.in, row.limit, got, row.want)
		}
	}
	if n := x.Count(); n[media.Episode] != 2 || n[media.Show] != 1 || n[media.Folder] != 3 {
		t.Errorf("counted %v", n)
	}
}

func text(of []media.ID) []string {
	out := make([]string, len(of))
	for i, id := range of {
		out[i] = string(id)
	}
	return out
}

// TestSearchAgainstReading compares the index with reading every item, for random libraries and queries: whatever has all
// words is found, nothing twice, and pages of any size put together are the whole.
func TestSearchAgainstReading(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	words := []string{"ba", "ab", "abc", "b", "bc", "heat", "heather", "élan", "elan", "1", "10", "x"}
	phrase := func(n int) string {
		var out []string
		for range n {
			out = append(out, words[rng.IntN(len(words))])
		}
		return strings.Join(out, " ")
	}
	for range 60 {
		var b Builder
		var docs []media.Item
		for i := range rng.IntN(200) {
			it := media.Item{ID: unpack(uint64(i * 7919)), Kind: media.Video, Title: phrase(1 + rng.IntN(3)), Subtitle: phrase(rng.IntN(3))}
			docs = append(docs, it)
			b.Add(Doc{Item: it})
		}
		x := b.Build()
		for range 20 {
			q := phrase(1 + rng.IntN(3))
			total, hits := x.Search(media.Query{Text: q, Limit: 500}, nil, nil)
			found := map[media.ID]bool{}
			for _, h := range hits {
				found[h.ID] = true
			}
			if total != len(hits) || len(found) != total {
				t.Fatalf("%q: %d in all, %d hits, %d different", q, total, len(hits), len(found))
			}
			for _, it := range docs {
				if meets(Words(it.Title+" "+it.Subtitle), Words(q)) && !found[it.ID] {
					t.Fatalf("%q does not find %q %q", q, it.Title, it.Subtitle)
				}
			}
			var paged []Hit
			for size := 1 + rng.IntN(40); len(paged) < total; {
				_, page := x.Search(media.Query{Text: q, Offset: len(paged), Limit: size}, nil, nil)
				if len(page) == 0 {
					t.Fatalf("%q: no page at %d of %d", q, len(paged), total)
				}
				paged = append(paged, page...)
			}
			if ids(paged) != ids(hits) {
				t.Fatalf("%q: pages of the result differ from the whole", q)
			}
		}
	}
}

func meets(have, wanted []string) bool {
	for _, w := range wanted {
		if !slices.ContainsFunc(have, func(h string) bool { return strings.HasPrefix(h, w) }) {
			return false
		}
	}
	return true
}

func TestEmptyIndex(t *testing.T) {
	var b Builder
	x := b.Build()
	if total, hits := x.Search(media.Query{Text: "a", Limit: 1}, nil, nil); total != 0 || hits != nil {
		t.Error("found something in nothing")
	}
	if x.Has("aaaaaaaaaa") || x.Len() != 0 {
		t.Error("something is in nothing")
	}
}

func TestPack(t *testing.T) {
	for _, s := range []media.ID{"aaaaaaaaaa", "7777777777", "k3v6x2m4q5", "abcdefghij"} {
		p, ok := pack(s)
		if !ok || unpack(p) != s {
			t.Errorf("%s became %s", s, unpack(p))
		}
	}
	for _, s := range []media.ID{"", "short", "AAAAAAAAAA", "a1a8a9a0aa", "toolongtoolong"} {
		if _, ok := pack(s); ok {
			t.Errorf("%q was packed", s)
		}
	}
}

func FuzzFold(f *testing.F) {
	f.Add("Amélie – Ærø's ①")
	f.Add("a\xff\u0301b")
	f.Fuzz(func(t *testing.T, s string) {
		once := Fold(s)
		if twice := Fold(once); twice != once {
			t.Errorf("%q folds to %q and that to %q", s, once, twice)
		}
		if strings.TrimSpace(once) != once || strings.Contains(once, "  ") {
			t.Errorf("%q folds to %q", s, once)
		}
	})
}
