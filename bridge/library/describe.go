package library

import (
	"fmt"
	"strconv"
	"strings"

	"localcast/bridge/library/index"
	"localcast/bridge/library/names"
	"localcast/bridge/library/probe"
	"localcast/bridge/media"
)

// holder is a container that an item belongs to, as the catalogue finds or makes it.
type holder struct {
	key  string
	item media.Item
	sort []byte
}

// described is what is known of a file once its path, its tags and its content are brought together.
type described struct {
	item media.Item
	sort []byte
	// The containers; a zero holder is none. For an episode outer is the show and group the season; for a track outer is the
	// artist of the album and group the album.
	outer, group, artist, genre holder
}

// describe brings together what a path says and what the file says. Tags win over names for music; for films the name
// wins, since the tags of films are mostly leftovers, and an NFO file over both. path is media.Item.Path; folder is the row of
// the folder.
func describe(p *names.Parser, path string, f work, folder int64) described {
	in, size := f.seen.info, f.size
	if f.seen.list != nil {
		it := media.Item{Kind: media.Playlist, Title: baseName(path), Subtitle: parentName(path), Path: path, HasArtwork: f.cover != ""}
		return described{item: it, sort: sortKey(media.Playlist, it.Title, path)}
	}
	n := p.Parse(path).With(f.show, f.seen.nfo)
	medium, contentType := names.Medium(path)
	if in.ContentType != "" {
		contentType = in.ContentType
	}
	it := media.Item{
		Kind: n.Kind, Year: n.Year, Duration: in.Duration, ContentType: contentType, Size: size, Path: path,
		Format: in.Format, VideoCodec: in.VideoCodec, AudioCodec: in.AudioCodec,
		Width: in.Width, Height: in.Height, Channels: in.Channels, Languages: in.Languages,
		HasArtwork: in.Picture || n.Kind == media.Image,
	}
	// "song.mp4" without a picture track is music.
	if medium == names.Video && in.VideoCodec == "" && in.AudioCodec != "" && in.Format != "" {
		n = p.Parse(strings.TrimSuffix(path, extension(path)) + ".m4a")
		it.Kind, it.Year = n.Kind, n.Year
	}
	switch it.Kind {
	case media.Track:
		return describeTrack(it, n, in.Tags, folder)
	case media.Episode:
		return describeEpisode(it, n)
	case media.Movie:
		it.Title, it.Genre = n.Title, f.seen.nfo.Genre
		if it.Year > 0 {
			it.Subtitle = strconv.Itoa(it.Year)
		}
	default:
		it.Title = n.Title
		it.Subtitle = parentName(path)
	}
	if it.Title == "" {
		it.Title = baseName(path)
	}
	return described{item: it, sort: sortKey(it.Kind, it.Title, it.Year, path)}
}

func describeEpisode(it media.Item, n names.Info) described {
	it.Title, it.Show, it.Name = n.Show, n.Show, n.Title
	it.Subtitle = strings.TrimSpace(n.Label() + " " + n.Title)
	it.Season, it.Episode = n.Season, n.Episode
	// Shows of one name are told apart by their years, where those are known.
	same := key("", n.Show)
	if n.Year > 0 {
		same += " " + strconv.Itoa(n.Year)
	}
	season := seasonOrder(n)
	d := described{item: it, sort: sortKey(media.Episode, n.Show, n.Year, season, n.Date, number(n.Episode), n.Title)}
	d.outer = holder{
		key:  "show" + same,
		item: media.Item{Kind: media.Show, Title: n.Show, Show: n.Show, Year: n.Year},
		sort: sortKey(media.Show, n.Show, n.Year),
	}
	if s, ok := n.Season.Get(); ok {
		title := fmt.Sprintf("Season %d", s)
		if s == 0 {
			title = "Specials"
		}
		d.group = holder{
			key:  "season " + strconv.Itoa(s) + same,
			item: media.Item{Kind: media.Season, Title: title, Subtitle: n.Show, Show: n.Show, Season: n.Season},
			sort: sortKey(media.Season, n.Show, n.Year, season),
		}
	}
	return d
}

// seasonOrder puts specials after all seasons.
func seasonOrder(n names.Info) int {
	s, ok := n.Season.Get()
	if ok && s == 0 {
		return 99999
	}
	return s
}

func number(n media.Number) int {
	v, _ := n.Get()
	return v
}

func describeTrack(it media.Item, n names.Info, t probe.Tags, folder int64) described {
	it.Title = first(t.Title, n.Title, baseName(it.Path))
	it.Name = it.Title
	it.Artist, it.Album, it.Genre = first(t.Artist, t.AlbumArtist, n.Artist), first(t.Album, n.Album), t.Genre
	if t.Year > 0 {
		it.Year = t.Year
	}
	it.Subtitle = joined(it.Artist, it.Album)
	track, disc := t.Track, t.Disc
	if track == 0 {
		track = n.Track
	}
	if disc == 0 {
		disc = n.Disc
	}
	// The folders tell the artist of a whole album where they tell the same album as the tags.
	albumArtist := t.AlbumArtist
	if albumArtist == "" && (t.Album == "" || index.Fold(t.Album) == index.Fold(n.Album)) {
		albumArtist = n.Artist
	}
	// Without one the folder holds the album together: a compilation is one album.
	together := key("by", albumArtist)
	if albumArtist == "" {
		together = "in " + strconv.FormatInt(folder, 10)
	}
	d := described{item: it, artist: artist(it.Artist), sort: sortKey(media.Track, albumArtist, it.Album, together, disc, track, it.Title)}
	if it.Genre != "" {
		d.genre = holder{
			key:  key("genre", it.Genre),
			item: media.Item{Kind: media.Genre, Title: it.Genre, Genre: it.Genre},
			sort: sortKey(media.Genre, it.Genre),
		}
	}
	if it.Album != "" {
		of := first(albumArtist, it.Artist)
		d.outer = artist(of)
		d.group = holder{
			key:  key("album", it.Album) + " " + together,
			item: media.Item{Kind: media.Album, Title: it.Album, Subtitle: of, Artist: of, Album: it.Album, Year: it.Year, Genre: it.Genre},
			sort: sortKey(media.Album, of, it.Album),
		}
	}
	return d
}

// artist is the container of an artist's music; a zero holder for nobody's.
func artist(name string) holder {
	if name == "" {
		return holder{}
	}
	return holder{
		key:  key("artist", name),
		item: media.Item{Kind: media.Artist, Title: name, Artist: name},
		sort: sortKey(media.Artist, name),
	}
}

// first is the first of some texts that is known.
func first(of ...string) string {
	for _, s := range of {
		if s != "" {
			return s
		}
	}
	return ""
}

// joined is "artist · album", or what there is of it.
func joined(parts ...string) string {
	var known []string
	for _, p := range parts {
		if p != "" {
			known = append(known, p)
		}
	}
	return strings.Join(known, " · ")
}

// key names a container by its kind and folded names. A name that folds to nothing ("!!!") stands as it is.
func key(kind string, parts ...string) string {
	for _, p := range parts {
		if f := index.Fold(p); f != "" {
			p = f
		}
		kind += " " + p
	}
	return kind
}

// sortKey makes bytes whose order is the natural order of items: kinds as people look for them, then the parts.
func sortKey(kind media.Kind, parts ...any) []byte {
	var b []byte
	for i, k := range []media.Kind{media.Show, media.Season, media.Movie, media.Artist, media.Album, media.Playlist,
		media.Genre, media.Episode, media.Video, media.Track, media.Folder, media.Image} {
		if k == kind {
			b = append(b, byte(i+1))
		}
	}
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			b = append(b, natural(p)...)
		case int:
			b = fmt.Appendf(b, "%05d", p)
		}
		b = append(b, 0)
	}
	return b
}

// natural folds text so that its bytes sort as people do: "Part 2" before "Part 10". Parts of a path stay apart.
func natural(text string) []byte {
	var b []byte
	for i, part := range strings.Split(text, "/") {
		if i > 0 {
			b = append(b, 1)
		}
		folded := index.Fold(part)
		for i := 0; i < len(folded); {
			j := i
			for j < len(folded) && folded[j] >= '0' && folded[j] <= '9' {
				j++
			}
			if j == i {
				b = append(b, folded[i])
				i++
				continue
			}
			digits := strings.TrimLeft(folded[i:j], "0")
			b = append(b, '0', byte(min(len(digits), 250)))
			b = append(b, digits...)
			i = j
		}
	}
	return b
}

// baseName is a path's last part without its extension.
func baseName(path string) string {
	base := path[strings.LastIndexByte(path, '/')+1:]
	return strings.TrimSuffix(base, extension(base))
}

// parentName is the last part of the folder that a path lies in.
func parentName(path string) string {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return ""
	}
	return path[strings.LastIndexByte(path[:i], '/')+1 : i]
}

// extension is what follows a name's last dot, with it; a name that begins with its only dot has none.
func extension(path string) string {
	base := path[strings.LastIndexByte(path, '/')+1:]
	if i := strings.LastIndexByte(base, '.'); i > 0 {
		return base[i:]
	}
	return ""
}

// shown returns a path as text. Bytes that are no UTF-8 are read as Latin-1, which they mostly are.
func shown(path string) string {
	if strings.ToValidUTF8(path, "") == path {
		return path
	}
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if strings.ToValidUTF8(p, "") == p {
			continue
		}
		var b strings.Builder
		for _, c := range []byte(p) {
			b.WriteRune(rune(c))
		}
		parts[i] = b.String()
	}
	return strings.Join(parts, "/")
}
