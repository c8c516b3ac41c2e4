package names

import (
	"fmt"
	"strings"
	"testing"

	"localcast/bridge/media"
)

func TestParseNFO(t *testing.T) {
	for name, row := range map[string]struct{ nfo, want string }{
		"a film": {`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
			<movie><title>Alien</title><originaltitle>Alien</originaltitle><year>1979</year><genre>Horror</genre><genre>Sci-Fi</genre>
			<actor><name>Sigourney Weaver</name><title>no title</title></actor></movie>`, "movie Alien 1979 Horror"},
		"a film by the day of its first night": {`<movie><title> Alien
			</title><premiered>1979-05-25</premiered></movie>`, "movie Alien 1979"},
		"a film and the address of a scraper": {"<movie><title>Heat</title></movie>\nhttps://www.themoviedb.org/movie/949", "movie Heat"},
		"an address alone":                    {"https://www.themoviedb.org/movie/949", ""},
		"text of a release":                   {"  -= GROUP proudly presents =-  <3 & more ", ""},
		"nothing":                             {"", ""},
		"a show":                              {`<tvshow><title>Bluey</title><year>2018</year><season>-1</season></tvshow>`, "show Bluey 2018"},
		"an episode": {`<episodedetails><title>Hospital</title><showtitle>Bluey</showtitle><season>1</season><episode>2</episode>
			<aired>2018-10-02</aired></episodedetails>`, "episode Hospital of Bluey S1 E2 2018-10-02"},
		"several episodes": {`<?xml version="1.0"?><episodedetails><title>One</title><season>1</season><episode>1</episode></episodedetails>
			<episodedetails><title>Two</title><season>1</season><episode>2</episode></episodedetails>`, "episode One / Two S1 E1-2"},
		"a special without a title": {`<episodedetails><season>0</season><episode>7</episode></episodedetails>`, "episode S0 E7"},
		"a byte order mark":         {"\xef\xbb\xbf<movie><title>Amélie</title></movie>", "movie Amélie"},
		"Latin-1":                   {"<?xml version=\"1.0\" encoding=\"iso-8859-1\"?><movie><title>Am\xe9lie</title></movie>", "movie Amélie"},
		"UTF-16":                    {"\xff\xfe<\x00m\x00o\x00v\x00i\x00e\x00>\x00<\x00t\x00i\x00t\x00l\x00e\x00>\x00H\x00i\x00<\x00/\x00t\x00i\x00t\x00l\x00e\x00>\x00<\x00/\x00m\x00o\x00v\x00i\x00e\x00>\x00", "movie Hi"},
		"entities":                  {"<movie><title>Tom &amp; Jerry &eacute; <![CDATA[<3]]></title></movie>", "movie Tom & Jerry &eacute; <3"},
		"cut":                       {"<movie><title>Heat</title><year>19", ""},
		"deep":                      {strings.Repeat("<a>", 1000), ""},
		"another element":           {"<album><title>Arrival</title></album>", ""},
		"nonsense":                  {"<episodedetails><title>x</title><season>one</season><episode>-4</episode></episodedetails>", "episode x"},
	} {
		t.Run(name, func(t *testing.T) {
			n := ParseNFO([]byte(row.nfo))
			var got []string
			add := func(format string, v any, known bool) {
				if known {
					got = append(got, fmt.Sprintf(format, v))
				}
			}
			add("%s", n.Kind, n.Kind != "")
			add("%s", n.Title, n.Title != "")
			add("of %s", n.Show, n.Show != "")
			add("%d", n.Year, n.Year != 0)
			s, known := n.Season.Get()
			add("S%d", s, known)
			e, known := n.Episode.Get()
			if n.LastEpisode > 0 {
				add("E%s", fmt.Sprintf("%d-%d", e, n.LastEpisode), known)
			} else {
				add("E%d", e, known)
			}
			add("%s", n.Aired, n.Aired != "")
			add("%s", n.Genre, n.Genre != "")
			if line := strings.Join(got, " "); line != row.want {
				t.Errorf("got  %s\nwant %s", line, row.want)
			}
		})
	}
}

func TestNFOWinsOverNames(t *testing.T) {
	p := New()
	show := NFO{Kind: media.Show, Title: "Bluey", Year: 2018}
	for _, row := range []struct {
		path      string
		show, own NFO
		want      string
	}{
		{"films/xyz-heat.1080p.mkv", NFO{}, NFO{Kind: media.Movie, Title: "Heat", Year: 1995}, "movie|title=Heat|year=1995"},
		{"films/Heat (1995).mkv", NFO{}, NFO{Kind: media.Movie, Title: "Hitze"}, "movie|title=Hitze|year=1995"},
		{"tv/bluey/bl.s01e02.mkv", show, NFO{}, "episode|show=Bluey|label=S01E02|year=2018"},
		{"tv/bluey/bl.s01e02.mkv", show, NFO{Kind: media.Episode, Title: "Hospital"}, "episode|show=Bluey|label=S01E02|title=Hospital|year=2018"},
		{"tv/bluey/clip.mkv", show, NFO{Kind: media.Episode, Title: "Hospital", Season: media.Num(1), Episode: media.Num(2)}, "episode|show=Bluey|label=S01E02|title=Hospital|year=2018"},
		{"tv/Bluey/Bluey S09E09.mkv", NFO{}, NFO{Kind: media.Episode, Title: "Two", Show: "Bluey", Season: media.Num(1), Episode: media.Num(1), LastEpisode: 2}, "episode|show=Bluey|label=S01E01-E02|title=Two"},
		{"tv/News/News 2024-03-05.mkv", NFO{}, NFO{Kind: media.Episode, Title: "Tuesday"}, "episode|show=News|label=2024-03-05|title=Tuesday"},
		{"tv/bluey/film.mkv", show, NFO{Kind: media.Movie, Title: "The Film"}, "movie|title=The Film"},
		{"home/holiday.mkv", show, NFO{}, "video|title=holiday"},
	} {
		if got := p.Parse(row.path).With(row.show, row.own).String(); got != row.want {
			t.Errorf("%s\n got %s\nwant %s", row.path, got, row.want)
		}
	}
}

func FuzzParseNFO(f *testing.F) {
	f.Add([]byte("<movie><title>Heat</title><year>1995</year></movie>"))
	f.Add([]byte("<episodedetails><episode>1</episode></episodedetails><episodedetails><episode>2</episode></episodedetails>"))
	f.Add([]byte("\xff\xfe<\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		n := ParseNFO(data)
		if len(n.Title) > 100*4200*3 || n.Year != 0 && (n.Year < 1888 || n.Year > 2099) {
			t.Errorf("%+v", n)
		}
	})
}
