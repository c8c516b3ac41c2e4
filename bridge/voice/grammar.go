package voice

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"

	"localcast/bridge/media"
)

//go:embed en.txt
var english string

// Grammar is how one language says what shall be played. It never changes once it is read. A nil Grammar knows no language:
// to it words are a title.
//
// Its file has a line for each thing: a name, a colon, and words parted by semicolons; # begins a comment. A line "sentence"
// is a pattern and, behind "=", what it means. In a pattern a word stands for itself, <name> for any of the words of the
// line with that name, and [...] may be left out. {title}, {artist} and {show} are any words, {season} and {episode} a
// number, {ordinal season} and {ordinal episode} one such as "second", and {code} is "S2E3" or "2x03". What it means is
// "latest", "next", "episode", "season", "shuffle", and "kind" with the kinds that are meant.
type Grammar struct {
	words    map[string][][]string // by the name of the line
	cardinal map[string]int
	ordinal  map[string]int
	endings  []string // of ordinals in digits
	patterns []pattern
}

// pattern is one sentence.
type pattern struct {
	parts   []part
	meaning Reading
}

// part is one element of a pattern: exactly one of its fields but optional is set.
type part struct {
	words    [][]string // one of these
	slot     slot
	optional bool
}

type slot string

const (
	slotTitle          slot = "title"
	slotArtist         slot = "artist"
	slotShow           slot = "show"
	slotSeason         slot = "season"
	slotEpisode        slot = "episode"
	slotOrdinalSeason  slot = "ordinal season"
	slotOrdinalEpisode slot = "ordinal episode"
	slotCode           slot = "code"
)

// New reads the grammar of a language; "en" is what there is.
func New(language string) (*Grammar, error) {
	if language != "en" {
		return nil, fmt.Errorf("language %q is not known: wanted en", language)
	}
	return parseGrammar(english)
}

func parseGrammar(file string) (*Grammar, error) {
	g := &Grammar{words: map[string][][]string{}, cardinal: map[string]int{}, ordinal: map[string]int{}}
	for i, line := range strings.Split(file, "\n") {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if err := g.read(line); err != nil {
			return nil, fmt.Errorf("grammar, line %d: %w", i+1, err)
		}
	}
	return g, nil
}

func (g *Grammar) read(line string) error {
	name, rest, ok := strings.Cut(line, ":")
	if !ok {
		return fmt.Errorf("got %q, wanted a name and a colon", line)
	}
	var entries [][]string
	for e := range strings.SplitSeq(rest, ";") {
		if words := strings.Fields(e); len(words) > 0 {
			entries = append(entries, words)
		}
	}
	switch name {
	case "sentence":
		p, err := g.pattern(rest)
		g.patterns = append(g.patterns, p)
		return err
	case "numbers", "ordinals":
		to := g.cardinal
		if name == "ordinals" {
			to = g.ordinal
		}
		for _, e := range entries {
			n, err := strconv.Atoi(e[len(e)-1])
			if err != nil || len(e) != 2 {
				return fmt.Errorf("got %q, wanted a word and a number", strings.Join(e, " "))
			}
			to[e[0]] = n
		}
	case "ordinal endings":
		for _, e := range entries {
			g.endings = append(g.endings, e[0])
		}
	default:
		g.words[name] = entries
	}
	return nil
}

func (g *Grammar) pattern(line string) (pattern, error) {
	said, means, ok := strings.Cut(line, "=")
	if !ok {
		return pattern{}, fmt.Errorf("got %q, wanted a meaning behind =", line)
	}
	var p pattern
	for said = strings.TrimSpace(said); said != ""; said = strings.TrimSpace(said) {
		var element string
		if end := closing(said); end > 0 {
			element, said = said[:end], said[end:]
		} else {
			element, said, _ = strings.Cut(said, " ")
		}
		part, err := g.part(element)
		if err != nil {
			return pattern{}, err
		}
		p.parts = append(p.parts, part)
	}
	var err error
	p.meaning, err = meaning(strings.Fields(means))
	return p, err
}

// closing returns where the bracket that an element begins with is closed, 0 without one.
func closing(s string) int {
	i := strings.IndexByte("[<{", s[0])
	if i < 0 {
		return 0
	}
	return strings.IndexByte(s, "]>}"[i]) + 1
}

func (g *Grammar) part(element string) (part, error) {
	inner := element[1:max(len(element)-1, 1)]
	switch element[0] {
	case '[':
		p, err := g.part(inner)
		p.optional = true
		return p, err
	case '<':
		words, ok := g.words[inner]
		if !ok {
			return part{}, fmt.Errorf("no line %q above this one", inner)
		}
		return part{words: words}, nil
	case '{':
		switch s := slot(inner); s {
		case slotTitle, slotArtist, slotShow, slotSeason, slotEpisode, slotOrdinalSeason, slotOrdinalEpisode, slotCode:
			return part{slot: s}, nil
		}
		return part{}, fmt.Errorf("got {%s}, which is not known", inner)
	}
	return part{words: [][]string{{element}}}, nil
}

func meaning(words []string) (Reading, error) {
	var r Reading
	for i, w := range words {
		switch w {
		case "latest":
			r.Pick, r.Kinds = Latest, []media.Kind{media.Show}
		case "next":
			r.Pick, r.Kinds = Next, []media.Kind{media.Show}
		case "episode", "season":
			r.Kinds = []media.Kind{media.Show}
		case "shuffle":
			r.Shuffle = true
		case "kind":
			r.Kinds = nil
			for _, name := range words[i+1:] {
				k, ok := media.ParseKind(name)
				if !ok {
					return r, fmt.Errorf("got kind %q, which is not known", name)
				}
				r.Kinds = append(r.Kinds, k)
			}
			return r, nil
		default:
			return r, fmt.Errorf("got the meaning %q, which is not known", w)
		}
	}
	return r, nil
}
