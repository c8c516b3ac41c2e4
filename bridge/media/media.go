// Package media holds the words that every room of LocalCast shares: what an item is, of which kind, by which id it is
// known, how one asks for items and what comes back. It is pure: values only, no I/O, no clock, no state, and it imports
// nothing of ours.
package media

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// IDLength is the number of characters of an ID.
const IDLength = 10

// ID names an item of the library for ever: IDLength characters of lower-case base32 (a-z, 2-7), random, never reused.
// The zero ID belongs to what is not in the library, such as a URL.
type ID string

// ParseID returns s as an ID, or an error that says what an id looks like.
func ParseID(s string) (ID, error) {
	if len(s) != IDLength {
		return "", fmt.Errorf("%q is no item id: wanted %d characters of a-z and 2-7", s, IDLength)
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return "", fmt.Errorf("%q is no item id: wanted %d characters of a-z and 2-7", s, IDLength)
		}
	}
	return ID(s), nil
}

// Kind says what an item is. The first five are played, the others hold items.
type Kind string

// The kinds of the MQTT contract.
const (
	Movie    Kind = "movie"
	Episode  Kind = "episode"
	Video    Kind = "video"
	Track    Kind = "track"
	Image    Kind = "image"
	Show     Kind = "show"
	Season   Kind = "season"
	Artist   Kind = "artist"
	Album    Kind = "album"
	Genre    Kind = "genre"
	Folder   Kind = "folder"
	Playlist Kind = "playlist"
)

// Kinds returns every kind, those that are played first.
func Kinds() []Kind {
	return []Kind{Movie, Episode, Video, Track, Image, Show, Season, Artist, Album, Genre, Folder, Playlist}
}

// ParseKind returns s as a Kind; ok is false for anything else than a kind's name.
func ParseKind(s string) (k Kind, ok bool) {
	for _, k := range Kinds() {
		if string(k) == s {
			return k, true
		}
	}
	return "", false
}

// Container reports whether k holds items instead of being played.
func (k Kind) Container() bool {
	switch k {
	case Show, Season, Artist, Album, Genre, Folder, Playlist:
		return true
	}
	return false
}

// Visual reports whether k needs a screen.
func (k Kind) Visual() bool {
	switch k {
	case Movie, Episode, Video, Image:
		return true
	}
	return false
}

// Number is an integer that may be unknown; the zero Number is unknown. Season 0 and episode 0 exist, so that 0 cannot
// stand for unknown. In JSON it is a number or null.
type Number struct {
	n     int
	known bool
}

// Num returns the known number n.
func Num(n int) Number { return Number{n, true} }

// Get returns the number and whether it is known.
func (n Number) Get() (int, bool) { return n.n, n.known }

// Known reports whether the number is known.
func (n Number) Known() bool { return n.known }

// MarshalJSON gives the number, or null.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.known {
		return []byte("null"), nil
	}
	return strconv.AppendInt(nil, int64(n.n), 10), nil
}

// UnmarshalJSON takes a number or null.
func (n *Number) UnmarshalJSON(b []byte) error {
	var p *int
	if err := json.Unmarshal(b, &p); err != nil {
		return err
	}
	*n = Number{}
	if p != nil {
		*n = Num(*p)
	}
	return nil
}

// Item is something that can be played, or a container of such. It is a plain value: copy it freely. Empty strings and
// zero numbers are unknown.
type Item struct {
	ID   ID
	Kind Kind
	// Title and Subtitle are what a person is shown: an episode's show and "S01E02 Hospital"; a movie's title and year; a
	// track's title and "artist · album"; of a URL its title or file name; of a container its name and its parent's.
	Title, Subtitle string

	Artist, Album, Show, Genre string
	Season, Episode            Number
	Year                       int
	// Name is an episode's or track's own title ("Hospital"), which voice and receivers show beside the show.
	Name string

	Duration    float64 // seconds; 0 is unknown
	ContentType string  // a MIME type; "" for containers
	Size        int64   // bytes; 0 is unknown
	// URL is set only for what is not in the library: the address the device fetches by itself.
	URL string
	// Artwork is a URL given with a URL item; the artwork of library items is made by the streamer.
	Artwork string
	// Path is where the file lies, the root's base name first, slashes between: "films/Bluey/S01E02.mp4". It is never
	// absolute. It finds a queued item again after the catalogue was lost.
	Path string

	// What a probe knows of the file: Format is its container ("mp4", "matroska"). "" and 0 are unknown.
	Format, VideoCodec, AudioCodec string
	Width, Height, Channels        int
	// Languages are those of its sound tracks, as the file names them: "eng,ger".
	Languages string
	// HasArtwork is true where a cover can be served for the item.
	HasArtwork bool
}

// Subtitle is a text track that lies beside an item's file.
type Subtitle struct {
	Track    int    // names it while it is there; from 1
	Language string // BCP 47; "" is unknown
	Name     string // for people: "English (forced)"; never ""
	Forced   bool   // only what is said in other languages than the film's
	Impaired bool   // for who does not hear: noises too
}

// Query asks the library for items. The zero Query asks for nothing.
type Query struct {
	// Text is what the user typed or said, at most 255 characters.
	Text string
	// Kinds, if any, are the only kinds wanted.
	Kinds []Kind
	// Within, if set, is the container that must hold what is found.
	Within ID
	// Genre and Artist, if set, must match, case and accents ignored.
	Genre, Artist string
	// YearFrom and YearTo, if not 0, bound the year, both inclusive.
	YearFrom, YearTo int
	// AsWritten leaves out what would only be found if words of Text were misspelt.
	AsWritten bool
	// Offset is the number of results to pass over; Limit is at most 500, and 0 means none at all.
	Offset, Limit int
}

// Result is one item of a Page, with what the user's own use of it adds.
type Result struct {
	Item     Item
	Position float64 // seconds: where it would resume; 0 is the start
	Watched  bool
	Playable bool
	Reason   string  // why it is not playable; "" if it is
	Score    float64 // 0 to 1: how well it matches; 1 for browse
	// Sure, told of the first result of all only, says that the words name it and nothing else, so that a command may act
	// on it without asking.
	Sure bool
}

// Page is one window of an answer.
type Page struct {
	Total   int // how many there are in all
	Offset  int // where Results begins
	Results []Result
}

// Listing is one page of what a container holds.
type Listing struct {
	Of      Item // the container itself; the zero Item at the top
	Total   int
	Offset  int
	Results []Item
}

// Counts is how many items of each kind that is played a library holds, and how many playlists and folders.
type Counts struct {
	Movies, Episodes, Videos, Tracks, Images, Playlists, Folders int
}

// Total is the number of playable items: playlists and folders do not count.
func (c Counts) Total() int { return c.Movies + c.Episodes + c.Videos + c.Tracks + c.Images }
