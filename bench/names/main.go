// Command names tells how many file names are read right, by the parser of LocalCast and by a rule of thumb: three regular
// expressions, as one writes them in an afternoon. It reads the table of the parser's tests; run it where go.mod is.
//
//	go run ./bench/names
package main

import (
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"

	"localcast/bridge/library/names"
	"localcast/bridge/media"
)

const table = "bridge/library/names/testdata/conventions.txt"

func main() {
	if err := judge(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// score counts the rows of one part of the table.
type score struct{ all, parser, thumb int }

func judge(out io.Writer) error {
	text, err := os.ReadFile(table)
	if err != nil {
		return fmt.Errorf("read the table (run this where go.mod is): %w", err)
	}
	p, thumb := names.New(), newThumb()
	var scores [2]score // those that the parser was made with, and those set aside
	for line := range strings.Lines(string(text)) {
		path, want, ok := strings.Cut(strings.TrimSpace(line), " => ")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		sum := fnv.New32a()
		sum.Write([]byte(path)) // never fails
		s := &scores[0]
		if sum.Sum32()%3 == 0 {
			s = &scores[1]
		}
		s.all++
		got := p.Parse(path).String()
		if names.Skip(path) {
			got = "skip"
		}
		if got == want {
			s.parser++
		}
		if thumb.parse(path) == want {
			s.thumb++
		}
	}
	for i, name := range []string{"made with", "set aside"} {
		s := scores[i]
		fmt.Fprintf(out, "%s: %d rows; the parser %s, the rule of thumb %s\n", name, s.all, percent(s.parser, s.all), percent(s.thumb, s.all))
	}
	return nil
}

func percent(n, of int) string {
	return fmt.Sprintf("%d (%.1f %%)", n, 100*float64(n)/float64(max(of, 1)))
}

// thumb is the rule of thumb: S01E02, a year, an artist's folder.
type thumb struct{ episode, movie, track *regexp.Regexp }

func newThumb() thumb {
	return thumb{
		episode: regexp.MustCompile(`(?i)^(.*?)[ ._-]*s(\d+)e(\d+)[ ._-]*(.*)$`),
		movie:   regexp.MustCompile(`^(.*?)[ ._(\[-]+((?:19|20)\d\d)\b`),
		track:   regexp.MustCompile(`^(\d+)[ ._-]+(.*)$`),
	}
}

func (t thumb) parse(path string) string {
	parts := strings.Split(path, "/")
	file := parts[len(parts)-1]
	medium, _ := names.Medium(file)
	if medium == names.None || strings.Contains(strings.ToLower(path), "sample") || strings.Contains(strings.ToLower(file), "trailer") {
		return "skip"
	}
	stem := file[:strings.LastIndexByte(file, '.')]
	clean := func(s string) string { return strings.TrimSpace(strings.NewReplacer(".", " ", "_", " ").Replace(s)) }
	if medium == names.Picture {
		return names.Info{Kind: media.Image, Title: clean(stem)}.String()
	}
	if medium == names.Audio {
		info := names.Info{Kind: media.Track, Title: stem}
		if m := t.track.FindStringSubmatch(stem); m != nil {
			info.Track, _ = strconv.Atoi(m[1])
			info.Title = m[2]
		}
		if n := len(parts); n > 3 {
			info.Artist, info.Album = parts[n-3], parts[n-2]
		}
		return info.String()
	}
	if m := t.episode.FindStringSubmatch(stem); m != nil {
		season, _ := strconv.Atoi(m[2])
		episode, _ := strconv.Atoi(m[3])
		return names.Info{
			Kind: media.Episode, Show: clean(m[1]), Season: media.Num(season), Episode: media.Num(episode), Title: clean(m[4]),
		}.String()
	}
	if m := t.movie.FindStringSubmatch(stem); m != nil {
		year, _ := strconv.Atoi(m[2])
		return names.Info{Kind: media.Movie, Title: clean(m[1]), Year: year}.String()
	}
	return names.Info{Kind: media.Movie, Title: clean(stem)}.String()
}
