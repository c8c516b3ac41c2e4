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
	m := p.discTrack.FindStringSubmatch(title)
	if m != nil && m[1] != "0" {
		info.Disc, _ = strconv.Atoi(m[1])
		info.Track, _ = strconv.Atoi(m[2])
		title = m[3]
	} else if m := p.trackNumber.FindStringSubmatch(title); m != nil {
		info.Track, _ = strconv.Atoi(m[1])
		title = m[2]
	} else if m := p.trackWord.FindStringSubmatch(title); m != nil {
		info.Track, _ = strconv.Atoi(m[1])
	}
	p.albumFolders(&info, dirs)
	info.Title = trim(title)
	info.dashed()
	if generic(info.Artist) {
		info.Artist = ""
	}
	return info
}

// dashed takes what a name has before its title, between dashes: "Artist - Title", "Artist - Album - 03 - Title", and without
// spaces "artist-title".
func (i *Info) dashed() {
	parts := strings.Split(i.Title, " - ")
	mine := i.Artist == "" || same(parts[0], i.Artist) || various(i.Artist)
	if i.Track == 0 && mine {
		for k := 1; k < len(parts)-1; k++ {
			if n, err := strconv.Atoi(parts[k]); err == nil && n > 0 && len(parts[k]) <= 3 {
				i.Artist, i.Track, i.Title = trim(parts[0]), n, trim(strings.Join(parts[k+1:], " - "))
				return
			}
		}
	}
	if len(parts) > 1 && mine {
		i.Artist, i.Title = trim(parts[0]), trim(strings.Join(parts[1:], " - "))
	}
	if left, right, ok := strings.Cut(i.Title, "-"); ok && len(parts) == 1 && i.Artist != "" && same(left, i.Artist) {
		i.Title = trim(right)
	}
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
	album := p.albumName(info, spaced(last))
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

// albumName takes from an album's name what is none of it: "[FLAC]", "(CD2)".
func (p *Parser) albumName(info *Info, album string) string {
	if m := p.discSuffix.FindStringSubmatch(album); m != nil {
		album = m[1]
		info.Disc, _ = strconv.Atoi(m[2])
	}
	return strings.TrimSpace(p.bracketed.ReplaceAllStringFunc(album, func(s string) string {
		if s == album || plausibleYear(s[1:len(s)-1]) {
			return s
		}
		return " "
	}))
}

// various reports whether an artist's name stands for many.
func various(artist string) bool {
	switch strings.ToLower(artist) {
	case "various artists", "various", "va", "verschiedene interpreten":
		return true
	}
	return generic(artist)
}

// generic reports whether a folder's name says how music was put together, and nobody's name.
func generic(folder string) bool {
	switch strings.ToLower(folder) {
	case "compilations", "singles", "soundtracks", "unsorted", "misc", "downloads":
		return true
	}
	return false
}
