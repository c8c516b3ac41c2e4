package names

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"localcast/bridge/media"
)

// MaxNFO is how many bytes of an NFO file are of interest; a longer one is none.
const MaxNFO = 256 << 10

// NFO is what a file of Kodi's tells of the film, the show or the episodes beside it: it wins over names. The form is that of
// https://kodi.wiki/view/NFO_files. Empty strings, zero numbers and unknown Numbers are unknown.
type NFO struct {
	Kind                media.Kind // movie, show or episode; "" for a file that tells nothing
	Title, Show, Genre  string     // of several episodes Title is all their titles
	Year                int
	Season, Episode     media.Number
	LastEpisode         int
	Aired               string // "2026-03-05"
	firstEpisode, count int
}

// ParseNFO reads an NFO file. What is broken in it, or follows its elements as addresses of scrapers do, ends the reading.
func ParseNFO(data []byte) NFO {
	var out NFO
	source := strings.TrimSpace(Text(data))
	if _, rest, ok := strings.Cut(source, "?>"); ok && strings.HasPrefix(source, "<?xml") {
		source = rest // it names the encoding that the file had
	}
	d := xml.NewDecoder(strings.NewReader(source))
	d.Strict = false
	var path []string
	var text strings.Builder
	var one NFO // the element that is being read
	for {
		token, err := d.Token()
		if err != nil {
			return out
		}
		switch t := token.(type) {
		case xml.StartElement:
			if len(path) >= 64 {
				return out
			}
			path = append(path, strings.ToLower(t.Name.Local))
			text.Reset()
			if len(path) == 1 {
				one = NFO{Kind: nfoKind(path[0])}
			}
		case xml.CharData:
			if len(path) == 2 && text.Len() < 4096 {
				text.Write(t)
			}
		case xml.EndElement:
			if len(path) == 2 {
				one.set(path[1], strings.Join(strings.Fields(text.String()), " "))
			}
			if len(path) == 1 {
				out.add(one)
			}
			if len(path) > 0 {
				path = path[:len(path)-1]
			}
		}
	}
}

func nfoKind(root string) media.Kind {
	switch root {
	case "movie":
		return media.Movie
	case "tvshow":
		return media.Show
	case "episodedetails":
		return media.Episode
	}
	return ""
}

// set takes one element; the first of several counts.
func (n *NFO) set(element, value string) {
	text := func(to *string) {
		if *to == "" {
			*to = value
		}
	}
	year := func() {
		if len(value) >= 4 && n.Year == 0 && plausibleYear(value[:4]) {
			n.Year, _ = strconv.Atoi(value[:4])
		}
	}
	number := func(to *media.Number) {
		if v, err := strconv.Atoi(value); err == nil && v >= 0 && v < 100_000 && !to.Known() {
			*to = media.Num(v)
		}
	}
	switch element {
	case "title":
		text(&n.Title)
	case "showtitle":
		text(&n.Show)
	case "genre":
		text(&n.Genre)
	case "year", "premiered", "releasedate":
		year()
	case "aired":
		if len(value) == len("2026-03-05") && plausibleYear(value[:4]) && n.Aired == "" {
			n.Aired = value
		}
	case "season":
		number(&n.Season)
	case "episode":
		number(&n.Episode)
	}
}

// add takes another root element: a file of several episodes has one for each.
func (n *NFO) add(one NFO) {
	switch {
	case one.Kind == "" || one.Title == "" && !one.Episode.Known():
	case n.Kind == "":
		*n = one
		n.firstEpisode, _ = one.Episode.Get()
	case n.Kind == media.Episode && one.Kind == media.Episode && n.count < 100:
		if e, ok := one.Episode.Get(); ok && e > max(n.firstEpisode, n.LastEpisode) {
			n.LastEpisode = e
		}
		if one.Title != "" && one.Title != n.Title {
			n.Title = strings.Trim(n.Title+" / "+one.Title, " /")
		}
		n.count++
	}
}

// Text makes UTF-8 of a text file: by its byte order mark, else as UTF-8, else as Latin-1.
func Text(data []byte) string {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		data = data[3:]
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		order = binary.BigEndian
	}
	if order != nil {
		units := make([]uint16, 0, len(data)/2)
		for i := 2; i+1 < len(data); i += 2 {
			units = append(units, order.Uint16(data[i:]))
		}
		return string(utf16.Decode(units))
	}
	if utf8.Valid(data) {
		return string(data)
	}
	var b strings.Builder
	for _, c := range data {
		b.WriteRune(rune(c))
	}
	return b.String()
}

// With is what a path tells, corrected by the NFO file of the show that it lies in and by its own.
func (i Info) With(show, own NFO) Info {
	switch own.Kind {
	case media.Movie:
		i = Info{Kind: media.Movie, Title: own.Title, Year: first(own.Year, i.Year)}
	case media.Episode:
		e := Info{
			Kind: media.Episode, Title: own.Title, Show: own.Show, Season: own.Season, Episode: own.Episode, LastEpisode: own.LastEpisode,
		}
		if e.Show == "" {
			e.Show, e.Year = i.Show, i.Year
		} else if same(e.Show, i.Show) {
			e.Year = i.Year
		}
		if !e.Season.Known() {
			e.Season = i.Season
		}
		if !e.Episode.Known() {
			e.Episode, e.LastEpisode, e.Date = i.Episode, i.LastEpisode, first(own.Aired, i.Date)
		}
		i = e
	}
	if show.Kind == media.Show && i.Kind == media.Episode {
		i.Show, i.Year = show.Title, first(show.Year, i.Year)
	}
	return i
}

func first[T comparable](a, b T) T {
	var zero T
	if a != zero {
		return a
	}
	return b
}

// NFOOf returns the stem, in lower case, of the file that an NFO file belongs to by its name; "" for what is none. "movie" is the
// only film of its folder, "tvshow" all that lies in it.
func NFOOf(file string) string {
	stem, ok := strings.CutSuffix(strings.ToLower(file), ".nfo")
	if !ok || hidden(file) {
		return ""
	}
	return stem
}
