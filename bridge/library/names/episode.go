package names

import (
	"fmt"
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

// episode reads an episode; ok is false for what is none.
func (p *Parser) episode(dirs []string, stem string) (Info, bool) {
	folderShow, folderYear, folderSeason := p.showFolder(dirs)
	m, ok := p.mark(stem)
	if !ok && folderSeason.Known() {
		m, ok = p.bareNumber(stem)
	}
	if !ok && strings.HasPrefix(stem, "[") {
		return p.animeEpisode(stem)
	}
	if !ok {
		return Info{}, false
	}
	before, after := stem[:m.from], stem[m.to:]
	show, year := p.titleYear(before)
	if m.date != "" && show == "" && !folderSeason.Known() {
		return Info{}, false // "2019-07-14 Birthday.mp4" is a family's film
	}
	if show == "" || folderSeason.Known() && folderShow != "" || same(show, folderShow) {
		if folderShow != "" {
			show, year = folderShow, max(folderYear, sameShowYear(show, folderShow, year))
		} else if len(dirs) > 0 && show == "" {
			show = dirs[0]
		}
	}
	if !m.season.Known() && m.date == "" {
		m.season = folderSeason
	}
	return Info{
		Kind: media.Episode, Title: p.episodeTitle(after), Show: show, Year: year,
		Season: m.season, Episode: m.episode, LastEpisode: m.last, Date: m.date,
	}, true
}

// sameShowYear is the year a file's own name tells, if that is the folder's show at all.
func sameShowYear(show, folderShow string, year int) int {
	if same(show, folderShow) {
		return year
	}
	return 0
}

// mark finds the first of the forms S01E02, 1x02, a date, and "Episode 2".
func (p *Parser) mark(stem string) (mark, bool) {
	if m := p.seasonEpisode.FindStringSubmatchIndex(stem); m != nil {
		from := m[2] - 1 // the s
		out := mark{from: from, to: m[5], season: num(stem[m[2]:m[3]]), episode: num(stem[m[4]:m[5]])}
		p.more(stem, &out, false)
		return out, true
	}
	if m := p.cross.FindStringSubmatchIndex(stem); m != nil {
		out := mark{from: m[2], to: m[5], season: num(stem[m[2]:m[3]]), episode: num(stem[m[4]:m[5]])}
		p.more(stem, &out, true)
		return out, true
	}
	if m := p.date.FindStringSubmatchIndex(stem); m != nil {
		return mark{from: m[2], to: m[7], date: stem[m[2]:m[3]] + "-" + stem[m[4]:m[5]] + "-" + stem[m[6]:m[7]]}, true
	}
	if m := p.dateReversed.FindStringSubmatchIndex(stem); m != nil {
		return mark{from: m[2], to: m[7], date: stem[m[6]:m[7]] + "-" + stem[m[4]:m[5]] + "-" + stem[m[2]:m[3]]}, true
	}
	if m := p.episodeWord.FindStringSubmatchIndex(stem); m != nil {
		from := m[0]
		if from > 0 {
			from++
		}
		return mark{from: from, to: m[3], episode: num(stem[m[2]:m[3]])}, true
	}
	return mark{}, false
}

// more takes the further episodes of a file: S01E01E02, S01E01-E03, S01E01-03, 1x01-1x02.
func (p *Parser) more(stem string, m *mark, cross bool) {
	re := p.moreEpisodes
	if cross {
		re = p.moreCross
	}
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

// bareNumber reads "02 - Title" and "E02", which tell an episode inside a season's folder only.
func (p *Parser) bareNumber(stem string) (mark, bool) {
	m := p.number.FindStringSubmatchIndex(stem)
	if m == nil {
		return mark{}, false
	}
	return mark{from: 0, to: m[3], episode: num(stem[m[2]:m[3]])}, true
}

// animeEpisode reads "[Group] Show - 05 [1080p]". The numbers count on through seasons; they stand as season 1 unless the
// name tells a season.
func (p *Parser) animeEpisode(stem string) (Info, bool) {
	name := spaced(strings.TrimSpace(p.bracketed.ReplaceAllString(stem, " ")))
	m := p.anime.FindStringSubmatch(name)
	if m == nil {
		return Info{}, false
	}
	season := media.Num(1)
	if m[2] != "" {
		season = num(m[2])
	}
	show, year := p.titleYear(m[1])
	return Info{Kind: media.Episode, Show: show, Year: year, Season: season, Episode: num(m[3])}, true
}

// episodeTitle is what follows the numbers, without noise.
func (p *Parser) episodeTitle(after string) string {
	after = p.bracketed.ReplaceAllString(p.braced.ReplaceAllString(after, " "), " ")
	after = strings.TrimLeft(after, " ._-–—:)]")
	// A word before keeps noiseStart from sparing noise that stands first.
	const guard = "| "
	title := strings.TrimPrefix(cutNoise(guard+spaced(after)), guard)
	return trim(p.bareParens.ReplaceAllString(strings.TrimRight(title, " ("), ""))
}

// showFolder tells the show, its year and the season from the folders above a file. The root's own name is no show here.
func (p *Parser) showFolder(dirs []string) (show string, year int, season media.Number) {
	for i := len(dirs) - 1; i >= 1; i-- {
		d := dirs[i]
		if p.discFolder.MatchString(d) {
			continue
		}
		if !season.Known() {
			if m := p.seasonFolder.FindStringSubmatch(d); m != nil {
				season = num(m[1])
				continue
			}
			if strings.EqualFold(d, "specials") || strings.EqualFold(d, "special") {
				season = media.Num(0)
				continue
			}
			if m := p.seasonSuffix.FindStringSubmatch(d); m != nil {
				season = num(m[2])
				show, year = p.titleYear(m[1])
				return show, year, season
			}
		}
		show, year = p.titleYear(d)
		return show, year, season
	}
	return "", 0, season
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
