package names

import (
	"strconv"
	"strings"
)

// Rank tells what a picture is to what else is in its folder.
type Rank int

// The ranks. From BestCover to LastCover a picture stands for its folder, a lower rank before a higher one.
const (
	NoCover    Rank = iota // a picture to be looked at for itself
	BestCover              // cover.jpg, poster.jpg
	GoodCover              // folder.jpg
	WorstCover             // album.jpg
	LastCover              // fanart.jpg: what stands behind a page, and better than nothing
	OtherArt               // logo.png: art, but no cover
	FileCover              // the cover of one file: see CoverOf
)

// CoverRank tells from a picture's file name what it is, by the conventions of Kodi, Plex and Jellyfin. stems are the names,
// without extension and in lower case, of the films and tracks in the folder.
func CoverRank(file string, stems map[string]bool) Rank {
	if m, _ := Medium(file); m != Picture {
		return NoCover
	}
	stem := strings.ToLower(file[:strings.LastIndexByte(file, '.')])
	switch stem {
	case "cover", "poster":
		return BestCover
	case "folder", "front":
		return GoodCover
	case "albumart", "album", "artist", "movie", "show", "default", "keyart":
		return WorstCover
	case "fanart", "backdrop", "background", "art", "landscape", "thumb":
		return LastCover
	case "banner", "logo", "clearart", "clearlogo", "disc", "discart", "cdart", "back", "characterart":
		return OtherArt
	}
	if strings.HasPrefix(stem, "albumart") {
		return WorstCover
	}
	if stems[CoverOf(file)] {
		return FileCover
	}
	if artOf(stem, stems) {
		return OtherArt
	}
	return NoCover
}

// artOf reports whether a picture is art of one of the files, or of a season, but no cover of a file.
func artOf(stem string, stems map[string]bool) bool {
	if _, ok := seasonArt(stem); ok {
		return true
	}
	i := strings.LastIndexByte(stem, '-')
	if i < 0 {
		return false
	}
	switch stem[i+1:] {
	case "fanart", "backdrop", "landscape", "banner", "logo", "clearart", "clearlogo", "disc", "discart", "keyart":
		return stems[stem[:i]] || strings.HasPrefix(stem, "season")
	}
	return false
}

// CoverOf returns the stem, in lower case, of the file that a picture belongs to by its name: "heat" for "Heat.jpg" and
// for "Heat-poster.jpg".
func CoverOf(picture string) string {
	i := strings.LastIndexByte(picture, '.')
	if i <= 0 {
		return ""
	}
	stem := strings.ToLower(picture[:i])
	for _, suffix := range []string{"-poster", "-cover", "-thumb"} {
		if s, ok := strings.CutSuffix(stem, suffix); ok {
			return s
		}
	}
	return stem
}

// SeasonPoster reports whether a picture is the poster of a season (0 for specials), which lies in its show's folder or in
// its own: "season01-poster.jpg", "season-specials-poster.jpg", "Season 1.jpg".
func SeasonPoster(file string, season int) bool {
	if m, _ := Medium(file); m != Picture {
		return false
	}
	n, ok := seasonArt(strings.ToLower(file[:strings.LastIndexByte(file, '.')]))
	return ok && n == season
}

// seasonArt reads the name of a season's poster, in lower case and without extension.
func seasonArt(stem string) (season int, ok bool) {
	stem, _ = strings.CutSuffix(stem, "-poster")
	rest, ok := strings.CutPrefix(stem, "season")
	if !ok {
		return 0, false
	}
	rest = strings.TrimLeft(rest, " -_.")
	if rest == "specials" {
		return 0, true
	}
	n, err := strconv.ParseUint(rest, 10, 16)
	return int(n), err == nil
}
