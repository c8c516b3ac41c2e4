package names

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// spaced puts spaces where a name uses dots and underscores for them. Abbreviations keep their dots: "S.W.A.T".
func spaced(s string) string {
	s = strings.ReplaceAll(s, "_", " ")
	if strings.Contains(strings.TrimSpace(s), " ") {
		return strings.Join(strings.Fields(s), " ")
	}
	words := strings.Split(s, ".")
	var b strings.Builder
	for i, w := range words {
		if i > 0 && w != "" && words[i-1] != "" {
			if letter(w) && letter(words[i-1]) {
				b.WriteByte('.')
			} else {
				b.WriteByte(' ')
			}
		}
		b.WriteString(w)
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// letter reports whether w is one letter, as the parts of an abbreviation are.
func letter(w string) bool {
	r := []rune(w)
	return len(r) == 1 && unicode.IsLetter(r[0])
}

// trim drops what separates a title from its neighbours.
func trim(s string) string {
	return strings.TrimSpace(strings.Trim(strings.TrimSpace(s), "-_–—+&,:; "))
}

// titleYear splits a film's or show's name into its title and year, without release noise. The year is the last that can
// be one and does not begin the name, so that "1917 (2019)" and "Blade.Runner.2049.2017" come out right.
func (p *Parser) titleYear(name string) (title string, year int) {
	name = p.site.ReplaceAllString(p.braced.ReplaceAllString(name, " "), "")
	whole := name
	// A year in brackets is a year; everything else in brackets is noise.
	name = p.bracketed.ReplaceAllStringFunc(name, func(s string) string {
		if plausibleYear(strings.TrimSpace(s[1 : len(s)-1])) {
			return s
		}
		return " "
	})
	name = spaced(strings.TrimSpace(name))
	if from, to := p.findYear(name); to > 0 {
		year, _ = strconv.Atoi(name[from:to])
		name = strings.TrimRight(name[:from], " ([.-_")
	}
	title = trim(p.bareParens.ReplaceAllString(cutNoise(name), ""))
	if title == "" {
		title = p.bracketed.FindString(whole) // "[REC] (2007)"
	}
	return title, year
}

// findYear returns the place of a name's year, or 0, 0. One in brackets wins over a bare one.
func (p *Parser) findYear(name string) (from, to int) {
	limit := len(name)
	if i := noiseStart(name); i >= 0 {
		limit = i
	}
	inBrackets := false
	for _, m := range p.year.FindAllStringIndex(name, -1) {
		if m[0] == 0 || !plausibleYear(name[m[0]:m[1]]) || digitAt(name, m[0]-1) || digitAt(name, m[1]) {
			continue
		}
		wrapped := strings.ContainsRune("([", rune(name[m[0]-1])) && m[1] < len(name) && strings.ContainsRune(")]", rune(name[m[1]]))
		bare := strings.ContainsRune(" .-", rune(name[m[0]-1])) &&
			(m[1] == len(name) || strings.ContainsRune(" .", rune(name[m[1]])) || name[m[1]] == '-' && !digitAt(name, m[1]+1))
		if wrapped || bare && !inBrackets && m[0] < limit {
			from, to = m[0], m[1]
			inBrackets = inBrackets || wrapped
		}
	}
	return from, to
}

func digitAt(s string, i int) bool { return i >= 0 && i < len(s) && s[i] >= '0' && s[i] <= '9' }

// plausibleYear reports whether s is a year in which a film can have been made.
func plausibleYear(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && len(s) == 4 && n >= 1888 && n <= 2099
}

// cutNoise drops a name's release noise: from the first word of it to the end.
func cutNoise(name string) string {
	if i := noiseStart(name); i >= 0 {
		return name[:i]
	}
	return name
}

// noiseStart returns where release noise begins in a name of words, or -1. A name never is noise from its beginning. What
// may also be a title's word counts only beside other noise or, if it is likely enough, at the end.
func noiseStart(name string) int {
	type word struct {
		text string
		at   int
	}
	var words []word
	for i := 0; i < len(name); {
		if strings.IndexByte(" -()[]", name[i]) >= 0 {
			i++
			continue
		}
		j := i
		for j < len(name) && strings.IndexByte(" -()[]", name[j]) < 0 {
			j++
		}
		words = append(words, word{strings.ToLower(strings.Trim(name[i:j], ".,")), i})
		i = j
	}
	any := func(w string) bool { return noise(w) || likelyNoise(w) || weakNoise(w) }
	for i := 1; i < len(words); i++ {
		if !noise(words[i].text) && !(likelyNoise(words[i].text) && (i == len(words)-1 || any(words[i+1].text))) {
			continue
		}
		first := i
		for i > 1 && any(words[i-1].text) {
			// "The Good German 720p": one word more is needed for a language to be the release's.
			if language(words[i-1].text) && i == first && (i == len(words)-1 || !any(words[i+1].text)) {
				break
			}
			i--
		}
		return words[i].at
	}
	return -1
}

// noisy reports whether a text has a word in it that describes a release, or none but such as may.
func noisy(text string) bool {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return strings.ContainsRune(" _-()[],", r) })
	return noiseStart("| "+spaced(text)) >= 0 || len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool {
		return !noise(w) && !likelyNoise(w) && !weakNoise(w)
	})
}

// noise reports whether a word only ever describes a release.
func noise(w string) bool {
	switch w {
	case "480p", "480i", "576p", "576i", "720p", "720i", "1080p", "1080i", "1440p", "2160p", "4320p", "uhd", "ultrahd",
		"hdtv", "pdtv", "sdtv", "dsr", "dvdrip", "dvdscr", "dvd5", "dvd9", "bdrip", "brrip", "bluray", "bdremux", "remux", "hddvd",
		"hddvdrip", "webrip", "webdl", "web-dl", "hdrip", "hdcam", "telesync", "tvrip", "vhsrip", "ntsc", "pal",
		"x264", "x265", "h264", "h265", "h.264", "h.265", "hevc", "avc", "xvid", "divx", "av1", "vp9", "10bit", "8bit", "hi10p",
		"hdr10", "hdr10+", "hdr10plus", "dolbyvision", "hsbs", "hou", "htab", "ftab", "sbs",
		"aac2.0", "aac5.1", "ac3", "eac3", "e-ac3", "dtshd", "truehd", "ddp5.1", "ddp", "dd5.1", "dd2.0", "dd+5.1", "2ch", "6ch", "8ch",
		"ddp2.0", "flac2.0", "amzn", "dsnp", "hmax", "atvp", "pcok", "hulu",
		"truefrench", "vostfr", "swesub", "nordic", "multisub", "subfrench":
		return true
	}
	return false
}

// likelyNoise reports whether a word mostly describes a release.
func likelyNoise(w string) bool {
	switch w {
	case "4k", "8k", "hdr", "sdr", "dv", "3d", "aac", "dts", "atmos", "5.1", "7.1", "repack", "nf", "multi", "hfr":
		return true
	}
	return false
}

// weakNoise reports whether a word describes a release where it stands beside words that certainly do.
func weakNoise(w string) bool {
	switch w {
	case "web", "dvd", "blu", "ray", "bd", "extended", "unrated", "uncut", "remastered", "proper", "internal", "limited", "imax",
		"dual", "audio", "directors", "director's", "theatrical", "cut", "edition", "dubbed", "subbed", "complete",
		"hd", "fullhd", "dl", "flac", "mp3", "1280x720", "1920x1080", "3840x2160", "848x480", "640x480",
		"half", "full", "restored", "criterion", "collection", "roadshow", "ip":
		return true
	}
	return language(w)
}

// language reports whether a word is a language as releases name it.
func language(w string) bool {
	switch w {
	case "german", "english", "french", "italian", "spanish", "japanese", "korean", "russian", "chinese", "hindi", "dutch", "polish",
		"swedish", "danish", "norwegian", "finnish", "portuguese", "czech", "hungarian", "turkish", "ita", "eng", "ger", "jpn", "esp":
		return true
	}
	return false
}

// same reports whether two names differ only in case, spaces and punctuation.
func same(a, b string) bool {
	bare := func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return unicode.ToLower(r)
			}
			return -1
		}, s)
	}
	return bare(a) == bare(b)
}
