package names

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"localcast/bridge/media"
)

// mark is where and how a file name tells its episode.
type mark struct {
	from, to int // the place in the stem
	season   media.Number
	episode  media.Number
	last     int
	date     string
}

// home is what the folders above a file tell.
type home struct {
	show   string
	year   int
	season media.Number
}

// episode reads an episode; ok is false for what is none.
func (p *Parser) episode(dirs []string, stem string) (Info, bool) {
	if recorded(stem) {
		return Info{}, false
	}
	in := p.showFolder(dirs)
	m, ok := p.mark(stem)
	if !ok && in.season.Known() {
		m, ok = p.bareNumber(stem, in)
	}
	if !ok && !library(dirs, "anime") {
		m, ok = p.hundreds(stem, in)
	}
	if !ok {
		return p.absolute(dirs, stem, in)
	}
	show, year := p.titleYear(stem[:m.from])
	if m.date != "" && show == "" && !in.season.Known() {
		return Info{}, false // "2019-07-14 Birthday.mp4" is a family's film
	}
	if show == "" || in.season.Known() && in.show != "" || same(show, in.show) {
		if in.show != "" {
			show, year = in.show, max(in.year, sameShowYear(show, in.show, year))
		} else if len(dirs) > 0 && show == "" {
			show = dirs[0]
		}
	}
	if !m.season.Known() && m.date == "" {
		m.season = in.season
	}
	return Info{
		Kind: media.Episode, Title: p.episodeTitle(stem[m.to:]), Show: show, Year: year,
		Season: m.season, Episode: m.episode, LastEpisode: m.last, Date: m.date,
	}, true
}

// recorded reports whether a camera, a telephone or a messenger gave a file its name, in which a date is no episode's.
func recorded(stem string) bool {
	stem = strings.ToLower(stem)
	for _, by := range []string{
		"whatsapp ", "signal-", "telegram ", "img_", "vid_", "vid-", "pxl_", "mvi_", "mov_", "dji_",
		"screen recording", "screenrecord", "zoom_",
	} {
		if strings.HasPrefix(stem, by) {
			return true
		}
	}
	return false
}

// sameShowYear is the year a file's own name tells, if that is the folder's show at all.
func sameShowYear(show, folderShow string, year int) int {
	if same(show, folderShow) {
		return year
	}
	return 0
}

// mark finds the first of the forms S01E02, "Season 1 Episode 2", 1x02, [1.02], a date, "Episode 2" and "Part 1 of 2".
func (p *Parser) mark(stem string) (mark, bool) {
	if m := p.seasonEpisode.FindStringSubmatchIndex(stem); m != nil {
		from := m[2] - 1 // the s
		out := mark{from: from, to: m[5], season: num(stem[m[2]:m[3]]), episode: num(stem[m[4]:m[5]])}
		p.more(stem, &out, p.moreEpisodes)
		return out, true
	}
	for _, re := range []*regexp.Regexp{p.words, p.cross, p.dotted} {
		m := re.FindStringSubmatchIndex(stem)
		if m == nil {
			continue
		}
		out := mark{from: m[0], to: m[5], season: num(stem[m[2]:m[3]]), episode: num(stem[m[4]:m[5]])}
		p.more(stem, &out, p.moreCross)
		return out, true
	}
	if m := p.date.FindStringSubmatchIndex(stem); m != nil {
		return mark{from: m[2], to: m[7], date: stem[m[2]:m[3]] + "-" + stem[m[4]:m[5]] + "-" + stem[m[6]:m[7]]}, true
	}
	if m := p.dateReversed.FindStringSubmatchIndex(stem); m != nil {
		return mark{from: m[2], to: m[7], date: stem[m[6]:m[7]] + "-" + stem[m[4]:m[5]] + "-" + stem[m[2]:m[3]]}, true
	}
	if m := p.episodeWord.FindStringSubmatchIndex(stem); m != nil {
		return mark{from: m[0], to: m[3], episode: num(stem[m[2]:m[3]])}, true
	}
	if m := p.partOf.FindStringSubmatchIndex(stem); m != nil {
		return mark{to: len(stem), episode: num(stem[m[2]:m[3]])}, true
	}
	return mark{}, false
}

// more takes the further episodes of a file: S01E01E02, S01E01-E03, S01E01-03, 1x01-1x02.
func (p *Parser) more(stem string, m *mark, re *regexp.Regexp) {
	first, _ := m.episode.Get()
	for {
		f := re.FindStringSubmatchIndex(stem[m.to:])
		if f == nil {
			return
		}
		n, _ := strconv.Atoi(stem[m.to+f[2] : m.to+f[3]])
		if n <= max(first, m.last) {
			return
		}
		m.last = n
		m.to += f[3]
	}
}

// bareNumber reads "02 - Title", "02-03" and "E02", which tell an episode inside a season's folder only, and "102" there.
func (p *Parser) bareNumber(stem string, in home) (mark, bool) {
	m := p.number.FindStringSubmatchIndex(stem)
	if m == nil {
		return p.hundreds(stem, in)
	}
	out := mark{to: m[3], episode: num(stem[m[2]:m[3]])}
	if n, _ := out.episode.Get(); m[3]-m[2] > 2 {
		if s, _ := in.season.Get(); n/100 == s {
			out.episode = media.Num(n % 100)
		}
	}
	if f := p.moreEpisodes.FindStringSubmatchIndex(stem[out.to:]); f != nil && stem[out.to] == '-' {
		p.more(stem, &out, p.moreEpisodes)
	}
	return out, true
}

// hundreds reads "Show 102" and "show.0102", in a folder of that show's name and, where that tells a season, of this one.
func (p *Parser) hundreds(stem string, in home) (mark, bool) {
	m := p.hundred.FindStringSubmatchIndex(stem)
	if m == nil {
		return mark{}, false
	}
	show, _ := p.titleYear(stem[:m[3]])
	digits := stem[m[4]:m[5]]
	n, _ := strconv.Atoi(digits)
	season, known := in.season.Get()
	switch {
	case !same(show, in.show) || n%100 == 0 || n < 100:
		return mark{}, false
	case known && n/100 != season, !known && len(digits) == 4 && digits[0] != '0':
		return mark{}, false
	}
	return mark{from: m[3], to: m[5], season: media.Num(n / 100), episode: media.Num(n % 100)}, true
}

// absolute reads "[Group] Show - 05 [1080p]", as anime is numbered. The numbers count on through seasons; they stand as
// season 1 unless the name or the folder tells a season. Without a group's tag it takes the folder to tell that it is an episode.
func (p *Parser) absolute(dirs []string, stem string, in home) (Info, bool) {
	tagged := strings.HasPrefix(stem, "[")
	name := p.bracketed.ReplaceAllString(stem, " ")
	name = p.parens.ReplaceAllStringFunc(name, func(s string) string {
		if noisy(s) {
			return " "
		}
		return s
	})
	name = strings.Trim(spaced(strings.TrimSpace(name)), " -")
	m := p.counted.FindStringSubmatch(name)
	if m == nil {
		if t := p.trailing.FindStringSubmatch(name); t != nil && !plausibleYear(t[2]) {
			m = []string{t[0], t[1], t[2], "", ""}
		}
	}
	if m == nil {
		return Info{}, false
	}
	show, year := p.titleYear(m[1])
	season := media.Num(1)
	if s := p.ordinalSeason.FindStringSubmatch(show); s != nil {
		show, season = s[1], num(s[2])
	} else if s := p.seasonSuffix.FindStringSubmatch(show); s != nil && !strings.ContainsAny(s[1], "-") {
		show, season = s[1], num(s[2])
	}
	if !tagged && !library(dirs, "anime") && !same(show, in.show) {
		return Info{}, false
	}
	if in.season.Known() {
		season = in.season
	}
	if in.show != "" && (in.season.Known() || same(show, in.show)) {
		show, year = in.show, in.year
	}
	last, _ := strconv.Atoi(m[3])
	return Info{
		Kind: media.Episode, Title: p.episodeTitle(m[4]), Show: show, Year: year, Season: season, Episode: num(m[2]), LastEpisode: last,
	}, true
}

// episodeTitle is what follows the numbers, without noise.
func (p *Parser) episodeTitle(after string) string {
	after = p.braced.ReplaceAllString(after, " ")
	if noisy(strings.Join(p.bracketed.FindAllString(after, -1), " ")) {
		after = p.group.ReplaceAllString(after, "$1")
	}
	after = p.bracketed.ReplaceAllString(after, " ")
	after = strings.TrimLeft(after, " ._-–—:)]")
	// A word before keeps noiseStart from sparing noise that stands first.
	const guard = "| "
	title := strings.TrimPrefix(cutNoise(guard+spaced(after)), guard)
	return trim(p.bareParens.ReplaceAllString(strings.TrimRight(title, " ("), ""))
}

// showFolder tells the show, its year and the season from the folders above a file. The root's own name is no show here.
func (p *Parser) showFolder(dirs []string) home {
	var in home
	for i := len(dirs) - 1; i >= 1; i-- {
		d := dirs[i]
		if p.discFolder.MatchString(d) {
			continue
		}
		if !in.season.Known() {
			if in.season = p.season(d); in.season.Known() {
				continue
			}
			if i > 1 && len(d) == 4 && plausibleYear(d) { // "Show/2012/": the year's episodes
				continue
			}
			if m := p.seasonSuffix.FindStringSubmatch(d); m != nil {
				in.season = num(m[2])
				in.show, in.year = p.titleYear(m[1])
				return in
			}
		}
		in.show, in.year = p.titleYear(d)
		return in
	}
	return in
}

// season is what a folder's name tells of one: "Season 2", "S02", "2. Staffel", "Specials".
func (p *Parser) season(folder string) media.Number {
	for _, re := range []*regexp.Regexp{p.seasonFolder, p.seasonBefore} {
		if m := re.FindStringSubmatch(folder); m != nil {
			return num(m[1])
		}
	}
	if strings.EqualFold(folder, "specials") || strings.EqualFold(folder, "special") {
		return media.Num(0)
	}
	return media.Number{}
}

func num(s string) media.Number {
	n, err := strconv.Atoi(s)
	if err != nil {
		return media.Number{}
	}
	return media.Num(n)
}

// Label is how an episode is numbered for people: "S01E02", "S01E01-E02", "2026-03-05", "E05", or "" if nothing is known.
func (i Info) Label() string {
	if i.Date != "" {
		return i.Date
	}
	e, ok := i.Episode.Get()
	if !ok {
		return ""
	}
	label := fmt.Sprintf("E%02d", e)
	if s, ok := i.Season.Get(); ok {
		label = fmt.Sprintf("S%02dE%02d", s, e)
	}
	if i.LastEpisode > 0 {
		label += fmt.Sprintf("-E%02d", i.LastEpisode)
	}
	return label
}
