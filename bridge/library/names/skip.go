package names

import "strings"

// SkipFolder reports whether a folder is none of the library: hidden, a system's or a NAS's own, or one that Kodi, Plex and
// Jellyfin reserve for samples and extras beside a film or show. parent is the name of the folder that it lies in, "" for a
// root: beside other shows "Extras" is a show.
func SkipFolder(parent, name string) bool {
	if hidden(name) {
		return true
	}
	switch strings.ToLower(name) {
	case "lost+found", "system volume information", "#recycle", "#snapshot", "recycler", "sample", "samples", "subs", "subtitles":
		return true
	case "extras", "extra", "featurettes", "behind the scenes", "deleted scenes", "trailer", "trailers", "backdrops", "theme-music",
		"theme music":
		return parent != "" && !collection(parent)
	case "interviews", "scenes", "shorts", "other", "clips":
		return ownFolder(parent)
	}
	return false
}

// ownFolder reports whether a folder is certainly that of one film, show or season: it has a year or a season's number.
func ownFolder(name string) bool {
	for i := range len(name) {
		if i+6 <= len(name) && (name[i] == '(' || name[i] == '[') && plausibleYear(name[i+1:i+5]) {
			return true
		}
	}
	word, number, _ := strings.Cut(strings.ToLower(name), " ")
	return word == "season" && number != "" && digitAt(number, 0)
}

// collection reports whether a folder holds films, shows or music, and not the parts of one.
func collection(name string) bool {
	of := []string{name}
	return library(of, "movie") || library(of, "show") || library(of, "anime") || same(name, "music") || same(name, "videos")
}

// SkipFile reports whether a file is none of the library: hidden, being downloaded, a sample, a trailer or another extra.
func SkipFile(name string) bool {
	if hidden(name) {
		return true
	}
	stem := strings.ToLower(name)
	if i := strings.LastIndexByte(stem, '.'); i > 0 {
		stem = stem[:i]
	}
	switch stem {
	case "sample", "trailer", "rarbg.com":
		return true
	case "theme":
		return strings.EqualFold(name, "theme.mp3") // of a show, for its page
	}
	if strings.HasPrefix(stem, "sample-") {
		return true
	}
	for _, suffix := range []string{"-sample", ".sample", "_sample", "-trailer", ".trailer", "_trailer", "-behindthescenes",
		"-deleted", "-deletedscene", "-featurette", "-interview", "-scene", "-short", "-clip", "-extra", "-other"} {
		if strings.HasSuffix(stem, suffix) {
			return true
		}
	}
	return false
}

// Skip reports whether what lies at a path with slashes is none of the library. The first element is the root's own name,
// which says nothing.
func Skip(path string) bool {
	parts := strings.Split(path, "/")
	parent := ""
	for _, d := range parts[min(1, len(parts)-1) : len(parts)-1] {
		if SkipFolder(parent, d) {
			return true
		}
		parent = d
	}
	file := parts[len(parts)-1]
	m, _ := Medium(file)
	return m == None || SkipFile(file)
}

// hidden covers Unix's hidden names and the folders @eaDir and $RECYCLE.BIN of Synology and Windows.
func hidden(name string) bool {
	return name == "" || name[0] == '.' || name[0] == '@' || name[0] == '$'
}
