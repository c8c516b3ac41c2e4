// Package names says what a path tells of its film, episode, track or picture: its kind, show, season, episode, title,
// year, artist, album and numbers, release noise dropped. It is pure: it never touches a file and knows no tags; what a
// probe or a tag knows better is merged by who calls it.
//
// The conventions are those that Kodi, Plex and Jellyfin document for their users, and what release groups and camera
// makers write.
package names

import (
	"regexp"
	"strconv"
	"strings"

	"localcast/bridge/media"
)

// Info is what a path tells. Empty strings, zero numbers and unknown Numbers are unknown.
type Info struct {
	Kind media.Kind // movie, episode, video, track or image
	// Title is the own title of what the file holds: of an episode "Hospital", which may be "".
	Title string

	Show            string
	Season, Episode media.Number
	LastEpisode     int    // of a file with several episodes; 0 for one
	Date            string // of an episode that is known by its day: "2026-03-05"

	Year          int // of the movie, the show or the album
	Artist, Album string
	Track, Disc   int
}

// String writes what is known in one line: the kind, then the rest.
func (i Info) String() string {
	parts := []string{string(i.Kind)}
	add := func(name, v string) {
		if v != "" && v != "0" {
			parts = append(parts, name+"="+v)
		}
	}
	add("show", i.Show)
	add("label", i.Label())
	add("artist", i.Artist)
	add("album", i.Album)
	add("disc", strconv.Itoa(i.Disc))
	add("track", strconv.Itoa(i.Track))
	add("title", i.Title)
	add("year", strconv.Itoa(i.Year))
	return strings.Join(parts, "|")
}

// Parser reads paths. It is immutable and safe for concurrent use.
type Parser struct {
	seasonEpisode, words, cross, dotted, date, dateReversed  *regexp.Regexp // the marks of episodes
	episodeWord, partOf, number, hundred, counted, trailing  *regexp.Regexp
	moreEpisodes, moreCross                                  *regexp.Regexp
	seasonFolder, seasonBefore, seasonSuffix, ordinalSeason  *regexp.Regexp
	discFolder, discSuffix, part                             *regexp.Regexp
	year, bracketed, braced, parens, bareParens, site, group *regexp.Regexp
	trackNumber, discTrack, trackWord                        *regexp.Regexp
	leadingYear, trailingYear                                *regexp.Regexp
}

// New returns a Parser.
func New() *Parser {
	re := regexp.MustCompile
	const season = `(?:season|series|staffel|saison|temporada|stagione|seizoen|sezon|sæson|säsong|сезон|book|volume)`
	const episode = `(?:episode|episodio|épisode|ep|folge|серия)`
	return &Parser{
		seasonEpisode: re(`(?i)(?:^|[^a-z0-9])s(\d{1,4})[\] ._-]*(?:x|\[?x?ep?[ ._]?)(\d{1,4})(?:[^0-9]|$)`),
		words:         re(`(?i)(?:^|[^a-z])` + season + `[ ._-]*(\d{1,4})[ ._,-]*(?:` + episode + `|e)[ ._-]*(\d{1,4})(?:[^0-9]|$)`),
		cross:         re(`(?i)(?:^|[^a-z0-9])((?:19|20)?\d{1,2})x(\d{2,3})(?:[^0-9]|$)`),
		dotted:        re(`\[(\d{1,2})\.(\d{2})\]`),
		date:          re(`(?:^|\D)((?:19|20)\d\d)[-._ ](0[1-9]|1[0-2])[-._ ](0[1-9]|[12]\d|3[01])(?:\D|$)`),
		dateReversed:  re(`(?:^|\D)(0[1-9]|[12]\d|3[01])[-._ ](0[1-9]|1[0-2])[-._ ]((?:19|20)\d\d)(?:\D|$)`),
		episodeWord:   re(`(?i)(?:(?:^|[^a-z])` + episode + `[ ._-]*|[._-]e)(\d{1,4})(?:[^0-9a-z]|$)`),
		partOf:        re(`(?i)^part (\d{1,3}) of \d{1,3}$`),
		number:        re(`(?i)^(?:` + episode + `|e)?[ ._-]*\[?(\d{1,4})\]?(?:[ ._-]+.*)?$`),
		hundred:       re(`^(.+?)[ ._-]+(\d{3,4})(?:[ ._-]|$)`),
		counted:       re(`(?i)^(.+?) - (?:ep?)?(\d{1,4})(?:-(\d{1,4}))?(?:v\d)?(?: (?:end|fin|final))?(?: - (.+)|\(.*)?$`),
		trailing:      re(`(?i)^(.+?) (?:ep?)?(\d{2,4})(?:v\d)?(?: (?:end|fin|final))?$`),
		moreEpisodes:  re(`(?i)^(?:[ ._+&-]*(?:s\d{1,4}[ ._]?)?e|[-+&])(\d{1,4})(?:[^0-9pix]|$)`),
		moreCross:     re(`(?i)^(?:[ ._+&-]*(?:\d{1,4}x|x|e)|-)(\d{2,3})(?:[^0-9pi]|$)`),
		seasonFolder:  re(`(?i)^(?:` + season + `[ ._-]*|s)(\d{1,4})(?:[ ._-].*)?$`),
		seasonBefore:  re(`(?i)^(\d{1,2})(?:\.|st|nd|rd|th)? ?` + season + `$`),
		seasonSuffix:  re(`(?i)^(.+?)[ ._-]+(?:` + season + `[ ._-]*|s)(\d{1,4})(?:[ ._-].*)?$`),
		ordinalSeason: re(`(?i)^(.+?) (\d{1,2})(?:st|nd|rd|th) season$`),
		discFolder:    re(`(?i)^(?:cd|disc|disk|disque)[ ._-]*(\d{1,2})(?:[ ._-].*)?$`),
		discSuffix:    re(`(?i)^(.*\S)[ ._]*[\[(](?:cd|disc|disk)[ ._-]*(\d{1,2})[\])]$`),
		part:          re(`(?i)[ ._-]+(?:(?:cd|disc|disk|dvd) ?|pt|part)\d{1,2}$`),
		year:          re(`\d{4}`),
		bracketed:     re(`\[[^\]]*\]`),
		braced:        re(`\{[^}]*\}`),
		parens:        re(`\([^)]*\)`),
		bareParens:    re(`\(\s*\)`),
		site:          re(`(?i)^(?:www\.)?[a-z0-9-]+\.(?:com|org|net|info|tv|to|ws|cc|me|mx)\s+-\s+`),
		group:         re(`(\S)-[A-Za-z0-9]+$`),
		trackNumber:   re(`^(\d{1,3})(?:\s*[-.)_]+\s*|\s+)(\S.*)$`),
		discTrack:     re(`^(\d)[-.]?(\d\d)(?:\s*[-.)_]+\s*|\s+)(\S.*)$`),
		trackWord:     re(`(?i)^track[ ._-]*(\d{1,3})$`),
		leadingYear:   re(`^[\[(]?((?:19|20)\d\d)(?:[\])]\s*|[-_.]?\s+)(?:[-_.]\s*)?([^\s\[(].*)$`),
		trailingYear:  re(`^(.*\S)\s*[\[(]((?:19|20)\d\d)[\])]$`),
	}
}

// Parse reads a path with slashes whose first element is the root's own name, such as "films/Bluey/S01E02.mp4". The
// root's name counts only for what the library holds ("films") and as the last resort for a show's name.
func (p *Parser) Parse(path string) Info {
	parts := strings.Split(path, "/")
	dirs, file := parts[:len(parts)-1], parts[len(parts)-1]
	stem := file
	if i := strings.LastIndexByte(file, '.'); i > 0 {
		stem = file[:i]
	}
	medium, _ := Medium(file)
	switch medium {
	case Picture:
		return Info{Kind: media.Image, Title: strings.TrimSpace(strings.ReplaceAll(stem, "_", " "))}
	case Audio:
		return p.track(dirs, stem)
	}
	// The files of a disc have names that tell nothing; the folder that was made for the disc does.
	for n := len(dirs); n > 1 && discContent(dirs[n-1]); n-- {
		dirs, stem = dirs[:n-1], dirs[n-2]
	}
	if info, ok := p.episode(dirs, stem); ok {
		return info
	}
	return p.movie(dirs, stem)
}

// discContent reports whether a folder is one of those in which a DVD or Blu-ray keeps its films.
func discContent(name string) bool {
	switch strings.ToUpper(name) {
	case "VIDEO_TS", "BDMV", "STREAM":
		return true
	}
	return false
}

// movie reads a film, or a video that is none.
func (p *Parser) movie(dirs []string, stem string) Info {
	title, year := p.titleYear(p.part.ReplaceAllString(stem, ""))
	if year == 0 && len(dirs) > 1 {
		// "Heat (1995)/heat.mkv": the folder is the film's own.
		if t, y := p.titleYear(dirs[len(dirs)-1]); y != 0 && !p.season(dirs[len(dirs)-1]).Known() {
			return Info{Kind: media.Movie, Title: t, Year: y}
		}
	}
	if year == 0 && !library(dirs, "movie") {
		return Info{Kind: media.Video, Title: title}
	}
	return Info{Kind: media.Movie, Title: title, Year: year}
}

// library reports whether a folder above says that what the word stands for is in it: movie, show or anime.
func library(dirs []string, what string) bool {
	for _, d := range dirs {
		switch strings.ToLower(d) {
		case "movies", "movie", "films", "film", "filme", "kino", "cinema", "spielfilme", "peliculas", "películas":
			if what == "movie" {
				return true
			}
		case "tv", "tv shows", "tvshows", "shows", "series", "serien", "tv series", "séries":
			if what == "show" {
				return true
			}
		case "anime", "animes":
			if what == "anime" {
				return true
			}
		}
	}
	return false
}
