package index

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"localcast/bridge/media"
)

// videotheque is a library in which titles lie close to each other.
func videotheque() *Index {
	var b Builder
	n := 0
	add := func(kind media.Kind, title, artist string, group int64) int64 {
		n++
		it := media.Item{ID: unpack(uint64(n) * 7919), Kind: kind, Title: title, Artist: artist}
		b.Add(Doc{Item: it, Row: int64(n), Group: group, Artist: group})
		return int64(n)
	}
	for _, title := range []string{"Alien", "Aliens", "Finding Nemo", "Heat Wave", "The Killing", "The Matrix", "Ocean's Eleven", "Spider-Man",
		"Rocky II", "Rocky III", "Murder on the Orient Express", "Blade Runner", "Raging Bull", "The Big Sleep", "Donnie Darko", "Night of the Hunter",
		"Amélie", "S.W.A.T.", "Twenty One", "Iron Giant", "Iron Man", "Song A", "Song B", "Lost in Translation", "The Trail", "The Train",
		"Flight of Tahiti", "Pest Man Wins", "Criminal Lawyer", "The Immigrant", "Le Noir", "A Voyage", "Live Again", "Ox in Egypt", "Phone in Egypt",
		"The Dangerous Mind", "Afraid", "Maine", "The Needlework", "Hinter Alive", "Blade Runs", "Long Flight over Tahiti"} {
		add(media.Movie, title, "", 0)
	}
	for _, thing := range strings.Fields(`
		Harvest Orchard Pilgrim Quarry Saddle Temple Umbrella Valley Window Anchor Barley Canyon Dagger Elbow Falcon Garden Hammer Island
		Jungle Kettle Ladder Meadow Needle Oyster Pepper Quiver Ribbon Shovel`) { // so that some words are common
		for _, word := range strings.Fields("Best Law Alive O Ox Fone Phone Hunter Hinter Winter") {
			add(media.Video, word+" "+thing, "", 0)
		}
	}
	cash := add(media.Artist, "Johnny Cash", "Johnny Cash", 0)
	add(media.Track, "Hurt", "Johnny Cash", cash)
	best := add(media.Artist, "Best", "Best", 0)
	add(media.Track, "Hurt Again", "Best", best)
	return b.Build()
}

func TestSure(t *testing.T) {
	x := videotheque()
	for _, row := range []struct {
		why, said, want string
		sure            bool
	}{
		{"the very words", "Finding Nemo", "Finding Nemo", true},
		{"an article may be left out", "matrix", "The Matrix", true},
		{"an article may be added", "the alien", "Alien", true},
		{"marks", "amelie", "Amélie", true},
		{"a letter left out", "finding nmo", "Finding Nemo", true},
		{"letters swapped", "rgaing bull", "Raging Bull", true},
		{"an error in each of two words", "baled runer", "Blade Runner", true},
		{"as it sounds", "donny darco", "Donnie Darko", true},
		{"joined", "spiderman", "Spider-Man", true},
		{"split", "ira ging", "Raging Bull", false},
		{"an acronym as a word", "swat", "S.W.A.T.", true},
		{"a number in digits", "oceans 11", "Ocean's Eleven", true},
		{"a number of two words in digits", "21", "Twenty One", true},
		{"the artist behind the title", "hurt johnny cash", "Hurt", true},
		{"a long title that is nearly typed", "murder on the orient exp", "Murder on the Orient Express", true},
		{"a letter at the end that is no article", "song", "Song A", false},
		{"the same, said", "song a", "Song A", true},
		{"half of a title", "heat", "Heat Wave", false},
		{"half of an artist", "hurt johnny", "Hurt", false},
		{"a word that is not there", "finding nemo again", "Finding Nemo", false},
		{"another number", "rocky iv", "Rocky II", false},
		{"another order", "hunter of the night", "Night of the Hunter", false},
		{"two titles a letter away", "the traiz", "The Trail", false},
		{"two titles as near as each other", "the trainl", "", false},
		{"the nearer of two, its letter beside the key", "the traim", "The Train", true},
		{"a word of which several letters are others", "flight of toyota", "Flight of Tahiti", false},
		{"the same, where all else was said", "long flight over toyota", "Long Flight over Tahiti", true},
		{"the same, a letter away", "flight of tahizi", "Flight of Tahiti", true},
		{"a word that is commoner than the one it would be misspelt for", "best man wins", "Pest Man Wins", false},
		{"a word that is commoner than the one it would begin", "criminal law", "Criminal Lawyer", false},
		{"no word, so only begun", "criminal lawy", "Criminal Lawyer", true},
		{"only a word that is begun", "immigr", "The Immigrant", false},
		{"no more than a letter", "donnie d", "Donnie Darko", false},
		{"a word that is another one, and one that is begun", "hunter ali", "Hinter Alive", false},
		{"the shorter of two that begin so", "blade ru", "Blade Runs", true},
		{"an article before a word that is begun", "the immigr", "The Immigrant", true},
		{"a misspelt word, and one that is begun", "criminel lawy", "Criminal Lawyer", true},
		{"another language's article", "le voyage", "A Voyage", false},
		{"another article", "the voyage", "A Voyage", true},
		{"a word, and not an article and another word", "alive again", "Live Again", false},
		{"no word, so an article and another word", "thetrain", "The Train", true},
		{"a word that only sounds like one", "fone in egypt", "Phone in Egypt", false},
		{"a likely word two errors away", "the dangerous maid", "The Dangerous Mind", false},
		{"a whole word behind an article, that another one begins with", "the needle", "The Needlework", false},
		{"a word too short to be misspelt", "o in egypt", "Ox in Egypt", false},
		{"half of the words is one that is itself a word, a slip of one key", "hunter alive", "Hinter Alive", true},
		{"the same with a worse slip", "winter alive", "Hinter Alive", false},
		{"another word of which nothing is mistyped", "iron bull", "", false},
	} {
		_, hits := x.Search(media.Query{Text: row.said, Limit: 3}, nil, nil)
		got := ""
		if len(hits) > 0 {
			got = titleIn(x, hits[0].ID)
		}
		if sure := len(hits) > 0 && hits[0].Sure; sure != row.sure || row.sure && got != Fold(row.want) {
			t.Errorf("%s: %q gives %q, sure %v; want %q, sure %v", row.why, row.said, got, sure, row.want, row.sure)
		}
		for _, h := range hits[min(1, len(hits)):] {
			if h.Sure {
				t.Errorf("%s: a later hit is sure", row.why)
			}
		}
	}
}

// TestWhoseItIs: a common word behind a title is an artist's name where a kind was said.
func TestWhoseItIs(t *testing.T) {
	for _, row := range []struct {
		kinds []media.Kind
		sure  bool
	}{
		{nil, false},
		{[]media.Kind{media.Track}, true},
	} {
		_, hits := videotheque().Search(media.Query{Text: "hurt again best", Kinds: row.kinds, Limit: 1}, nil, nil)
		if len(hits) == 0 || hits[0].Sure != row.sure {
			t.Errorf("kinds %v: got %+v, want sure %v", row.kinds, hits, row.sure)
		}
	}
}

// TestShortNamesLieClose: in a large library, a short word alone that stands for a name of hardly any title needs more.
func TestShortNamesLieClose(t *testing.T) {
	x := videotheque()
	large := *x
	large.postings = append(slices.Clone(x.postings), make([]byte, 4<<20)...)
	for _, row := range []struct {
		why, said    string
		small, large bool
	}{
		{"a letter of a short name is another", "alein", true, false},
		{"its last letter is missing", "ameli", true, true},
		{"there are other words", "donnie darco", true, true},
	} {
		for of, want := range map[*Index]bool{x: row.small, &large: row.large} {
			_, hits := of.Search(media.Query{Text: row.said, Limit: 1}, nil, nil)
			if len(hits) == 0 || hits[0].Sure != want {
				t.Errorf("%s: %q gives %+v, want sure %v", row.why, row.said, hits, want)
			}
		}
	}
}

// titleIn puts a document's title together again.
func titleIn(x *Index, id media.ID) string {
	s := scorer{x: x}
	s.read(x.find(id))
	var words []string
	for _, w := range s.text[0] {
		words = append(words, string(x.word(w)))
	}
	return strings.Join(words, " ")
}

// FuzzSearch: whatever the titles and the query, nothing is found twice, the total is what pages give, scores fall, and a
// title asked for in its own words is found.
func FuzzSearch(f *testing.F) {
	f.Add("Alien\nAliens\nHeat", "alien")
	f.Add("S.W.A.T.\nTwenty One\n二十一", "21")
	f.Add("a\nthe\nof the\nÆ", "the a")
	f.Fuzz(func(t *testing.T, titles, query string) {
		if len(titles) > 2000 || len(query) > 300 {
			return
		}
		var b Builder
		list := strings.Split(titles, "\n")
		for i, title := range list {
			b.Add(Doc{Item: media.Item{ID: unpack(uint64(i)), Kind: media.Video, Title: title}, Row: int64(i + 1)})
		}
		x := b.Build()
		for _, text := range []string{query, list[0]} {
			total, hits := x.Search(media.Query{Text: text, Limit: 5000}, nil, nil)
			seen := map[media.ID]bool{}
			last := 1.0
			for _, h := range hits {
				if seen[h.ID] || h.Score > last || h.Score <= 0 {
					t.Fatalf("%q: %s twice, or score %v behind %v", text, h.ID, h.Score, last)
				}
				seen[h.ID], last = true, h.Score
			}
			if total != len(hits) {
				t.Fatalf("%q: %d in all, %d hits", text, total, len(hits))
			}
			var paged []Hit
			for len(paged) < total {
				_, page := x.Search(media.Query{Text: text, Offset: len(paged), Limit: 7}, nil, nil)
				if len(page) == 0 {
					t.Fatalf("%q: no page at %d of %d", text, len(paged), total)
				}
				paged = append(paged, page...)
			}
			if ids(paged) != ids(hits) {
				t.Fatalf("%q: the pages are not the whole", text)
			}
			if text == list[0] && len(Words(text)) > 0 && len(Words(text)) <= maxWords && !seen[unpack(0)] {
				t.Fatalf("%q does not find itself", text)
			}
		}
	})
}

func TestNumbersHoldWhatTheyAreGiven(t *testing.T) {
	for _, most := range []uint64{0, 1, 5, 1<<21 - 1, 1<<50 - 1, 1<<63 - 1} {
		p := newNumbers(100, most)
		value := func(i int) uint64 { return most / 99 * uint64(i) }
		for i := range 100 {
			p.set(i, value(i))
		}
		for i := range 100 {
			if got := p.get(i); got != value(i) {
				t.Fatalf("most %d: number %d is %d, want %d", most, i, got, value(i))
			}
		}
	}
}

func TestWithin(t *testing.T) {
	for _, row := range []struct {
		a, b string
		most int
		want bool
	}{
		{"nemo", "nemo", 0, true},
		{"nmo", "nemo", 1, true},
		{"nemmo", "nemo", 1, true},
		{"nrmo", "nemo", 1, true},
		{"nmeo", "nemo", 1, true},
		{"nmoe", "nemo", 1, false},
		{"nmoe", "nemo", 2, true},
		{"", "ab", 2, true},
		{"abc", "", 2, false},
		{"raging", "argign", 2, true},
	} {
		if got := within([]byte(row.a), []byte(row.b), row.most); got != row.want {
			t.Errorf("%q and %q within %d: got %v", row.a, row.b, row.most, got)
		}
	}
}

func TestSound(t *testing.T) {
	for _, row := range [][]string{
		{"knight", "night", "nite"}, {"phone", "fone"}, {"wright", "rite", "right"}, {"cinema", "sinema"}, {"nation", "nashun"}, {"magic", "majik"},
		{"xylophone", "zylofone"}, {"box", "boks"}, {"queen", "kween"}, {"thumb", "thum"}, {"science", "sience"}, {"smyth", "smith"}, {"catch", "cach"},
	} {
		for _, w := range row[1:] {
			if sound([]byte(w)) != sound([]byte(row[0])) {
				t.Errorf("%s does not sound like %s", w, row[0])
			}
		}
	}
	for _, w := range []string{"", "24", "амели", "s2e3"} {
		if sound([]byte(w)) != 0 {
			t.Errorf("%q has a sound", w)
		}
	}
	if fmt.Sprint(numerals("7")) != "[seven vii]" || numerals("bluey") != nil {
		t.Errorf("numerals: %v", numerals("7"))
	}
}
