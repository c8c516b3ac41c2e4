package names

import (
	"strings"
	"unicode"
)

// IsSubtitle reports whether a file holds subtitles that can be shown beside a film.
func IsSubtitle(file string) bool {
	if hidden(file) {
		return false
	}
	i := strings.LastIndexByte(file, '.')
	if i <= 0 {
		return false
	}
	switch strings.ToLower(file[i+1:]) {
	case "srt", "vtt", "ass", "ssa":
		return true
	}
	return false
}

// SubtitleFolder reports whether a folder holds the subtitles of the films beside it.
func SubtitleFolder(name string) bool {
	switch strings.ToLower(name) {
	case "subs", "sub", "subtitles", "subtitle":
		return true
	}
	return false
}

// SubtitleOf returns the stem of the film or song to which a subtitle file, or a folder of such, belongs by its name:
// "heat" for "Heat.en.srt". stems are the names, without extension and in lower case, of those beside it; the longest that
// fits is meant. ok is false if none does.
func SubtitleOf(file string, stems map[string]bool) (stem string, ok bool) {
	name := strings.ToLower(file)
	for end := len(name); end > 0; end-- {
		if end < len(name) && isWordByte(name[end]) {
			continue // "Heat" is not meant by "Heathers"
		}
		if stems[name[:end]] {
			return name[:end], true
		}
	}
	return "", false
}

// isWordByte tells bytes that go on with a word; those of letters beyond ASCII do.
func isWordByte(b byte) bool {
	return b >= 0x80 || b >= 'a' && b <= 'z' || b >= '0' && b <= '9'
}

// Subtitle is what the name of a subtitle file tells.
type Subtitle struct {
	Language string // BCP 47; "" is unknown
	Name     string // for people: "English (forced)"; never ""
	Forced   bool   // only what is said in other languages than the film's
	Impaired bool   // for who does not hear: noises too
}

// ParseSubtitle reads what stands in a subtitle file's name behind that of its film: ".en.forced.srt", "2_English.srt". The
// forms are those of Kodi, Plex and Jellyfin. What is neither language nor flag is a title, and told in the name.
func ParseSubtitle(rest string) Subtitle {
	if i := strings.LastIndexByte(rest, '.'); i >= 0 && IsSubtitle("x"+rest[i:]) {
		rest = rest[:i]
	}
	words := strings.FieldsFunc(rest, func(r rune) bool { return strings.ContainsRune("._-()[]+,", r) || unicode.IsSpace(r) })
	var s Subtitle
	var language string
	var title []string
	heard := false // "hi", which is Hindi as well
	for i, word := range words {
		w := strings.ToLower(word)
		switch w {
		case "forced", "foreign":
			s.Forced = true
			continue
		case "sdh", "cc", "hearing", "impaired":
			s.Impaired = true
			continue
		case "hi":
			heard = true
			continue
		case "default", "full", "subtitles", "subtitle", "subs", "sub", "und":
			continue
		}
		short, where := shorthand(w)
		switch tag, name := languageOf(w); {
		case s.Language == "" && short != "":
			language = short
			s.Language, s.Name = languageOf(language)
			w = where
		case s.Language == "" && tag != "":
			language, s.Language, s.Name = tag, tag, name
			continue
		}
		region, ok := regions(language)[w]
		tag, _ := languageOf(w)
		number := i == 0 && strings.Trim(w, "0123456789") == ""
		switch {
		case ok && s.Language == language:
			s.Language, s.Name = region.tag, region.name
		case short == "" && (tag == "" || tag != language) && !number:
			title = append(title, word)
		}
	}
	if heard && s.Language == "" {
		s.Language, s.Name = languageOf("hi")
	} else if heard {
		s.Impaired = true
	}
	s.Name = subtitleName(s, strings.Join(title, " "))
	return s
}

// subtitleName is what people are shown.
func subtitleName(s Subtitle, title string) string {
	name := s.Name
	var more []string
	switch {
	case name == "" && title == "":
		name = "Subtitles"
	case name == "":
		name = title
	case title != "":
		more = append(more, title)
	}
	if s.Forced {
		more = append(more, "forced")
	}
	if s.Impaired {
		more = append(more, "SDH")
	}
	if len(more) == 0 {
		return name
	}
	return name + " (" + strings.Join(more, ", ") + ")"
}
