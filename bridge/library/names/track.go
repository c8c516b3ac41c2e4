package names

import (
	"strconv"
	"strings"

	"localcast/bridge/media"
)

// track reads a piece of music: "Artist/Album/01 - Title", "Artist - Album/01 Title", "Artist - Title".
func (p *Parser) track(dirs []string, stem string) Info {
	info := Info{Kind: media.Track}
	if len(dirs) > 0 {
		dirs = dirs[1:] // the root's name tells nothing about one track
	}
	if n := len(dirs); n > 0 {
		if m := p.discFolder.FindStringSubmatch(dirs[n-1]); m != nil {
			info.Disc, _ = strconv.Atoi(m[1])
			dirs = dirs[:n-1]
		}
	}
	title := stem
	if !strings.Contains(title, " ") {
		title = strings.ReplaceAll(title, "_", " ")
	}
	if m := p.discTrack.FindStringSubmatch(title); m != nil {
		info.Disc, _ = strconv.Atoi(m[1])
		info.Track, _ = strconv.Atoi(m[2])
		title = m[3]
	} else if m := p.trackNumber.FindStringSubmatch(title); m != nil {
		info.Track, _ = strconv.Atoi(m[1])
		title = m[2]
	}
	p.albumFolders(&info, dirs)
	info.Title = trim(title)
	if left, right, ok := strings.Cut(info.Title, " - "); ok {
		if info.Artist == "" || same(left, info.Artist) || various(info.Artist) {
			info.Artist, info.Title = trim(left), trim(right)
		}
	}
	return info
}

// albumFolders takes artist, album and year from the folders above a track.
func (p *Parser) albumFolders(info *Info, dirs []string) {
	n := len(dirs)
	if n == 0 {
		return
	}
	last := dirs[n-1]
	if n == 1 && info.Track == 0 && !strings.Contains(last, " - ") {
		info.Artist = trim(spaced(last)) // "music/Artist/Title.mp3"
		return
	}
	if n > 1 {
		info.Artist = trim(spaced(dirs[n-2]))
	}
	album := spaced(last)
	if m := p.trailingYear.FindStringSubmatch(album); m != nil {
		album = m[1]
		info.Year, _ = strconv.Atoi(m[2])
	} else if m := p.leadingYear.FindStringSubmatch(album); m != nil {
		album = m[2]
		info.Year, _ = strconv.Atoi(m[1])
	}
	if left, right, ok := strings.Cut(album, " - "); ok && (n == 1 || same(left, info.Artist)) {
		info.Artist, album = trim(left), right
		if m := p.leadingYear.FindStringSubmatch(album); m != nil && info.Year == 0 {
			album = m[2]
			info.Year, _ = strconv.Atoi(m[1])
		}
	}
	info.Album = trim(album)
}

// various reports whether an artist's name stands for many.
func various(artist string) bool {
	switch strings.ToLower(artist) {
	case "various artists", "various", "va", "compilations", "verschiedene interpreten":
		return true
	}
	return false
}
