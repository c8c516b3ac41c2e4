package webvtt

import (
	"regexp"
	"strings"

	"github.com/asticode/go-astisub"
)

// maxText bounds the text of one cue, in bytes.
const maxText = 4 << 10

// newCue makes a cue; ok is false for one that shows nothing.
func newCue(item *astisub.Item) (c cue, ok bool) {
	if item.StartAt < 0 || item.EndAt <= item.StartAt || item.EndAt > maxEnd {
		return cue{}, false
	}
	var p painter
	if item.Style != nil && item.Style.InlineStyle != nil && item.Style.InlineStyle.SSAAlignment != nil {
		p.place = *item.Style.InlineStyle.SSAAlignment
	}
	var lines []string
	for _, l := range item.Lines {
		for _, part := range l.Items {
			p.paint(part)
		}
		if line := p.line(); line != "" {
			lines = append(lines, line)
		}
	}
	c = cue{start: item.StartAt, end: item.EndAt, settings: settings(p.place), text: strings.Join(lines, "\n")}
	return c, c.text != "" && len(c.text) <= maxText
}

// painter puts a cue's lines together. What SubStation Alpha switches on holds until it is switched off.
type painter struct {
	b                       strings.Builder
	bold, italic, underline bool
	drawing                 bool // what follows is no text but a shape
	place                   int  // as on the keys of a number pad; 0 is the usual, 2
	shown                   bool // the line has text
}

// overrides are SubStation Alpha's, which SubRip files hold as well: {\an8}.
var overrides = regexp.MustCompile(`\{[^{}]*\\[^{}]*\}`)

// paint adds a part of a line. Its style is that of SubRip's tags, or holds the overrides before it.
func (p *painter) paint(part astisub.LineItem) {
	bold, italic, underline := p.bold, p.italic, p.underline
	if s := part.InlineStyle; s != nil {
		p.override(s.SSAEffect)
		bold, italic, underline = p.bold || s.SRTBold, p.italic || s.SRTItalics, p.underline || s.SRTUnderline
	}
	text := part.Text
	for _, o := range overrides.FindAllString(text, -1) {
		p.override(o)
	}
	text = plain(overrides.ReplaceAllString(text, ""))
	if p.drawing || text == "" {
		return
	}
	p.shown = p.shown || strings.TrimSpace(text) != ""
	var open, closing string
	for _, tag := range []struct {
		name string
		on   bool
	}{{"b", bold}, {"i", italic}, {"u", underline}} {
		if tag.on {
			open, closing = open+"<"+tag.name+">", "</"+tag.name+">"+closing
		}
	}
	p.b.WriteString(open + escape(text) + closing)
}

// line returns the line that was painted, "" for one without text, and begins the next.
func (p *painter) line() string {
	line, shown := strings.TrimSpace(p.b.String()), p.shown
	p.b.Reset()
	p.shown = false
	if !shown {
		return ""
	}
	return line
}

var codes = regexp.MustCompile(`\\(?:(an|a|i|b|u|p)(\d+)|(r))`)

// override takes what changes the look: \i1 \b1 \u1, \an8 (\a6 in old scripts), \r for all as usual, \p1 for a drawing.
func (p *painter) override(block string) {
	for _, m := range codes.FindAllStringSubmatch(block, -1) {
		on := m[2] != "0"
		switch m[1] + m[3] {
		case "i":
			p.italic = on
		case "b":
			p.bold = on
		case "u":
			p.underline = on
		case "p":
			p.drawing = on
		case "r":
			p.bold, p.italic, p.underline = false, false, false
		case "an":
			p.place = digit(m[2])
		case "a":
			p.place = oldPlace(digit(m[2]))
		}
	}
}

func digit(s string) int {
	if len(s) != 1 {
		return 0
	}
	return int(s[0] - '0')
}

// oldPlace turns the numbers of SSA (1 to 3 below, 5 to 7 above, 9 to 11 in the middle) into those of a number pad.
func oldPlace(n int) int {
	switch {
	case n >= 5 && n <= 7:
		return n + 2
	case n >= 9:
		return n - 5
	}
	return n
}

// settings says where a cue stands (WebVTT, section 4.4).
func settings(place int) string {
	var s string
	switch place {
	case 7, 8, 9:
		s = " line:0"
	case 4, 5, 6:
		s = " line:50%"
	}
	switch place {
	case 1, 4, 7:
		s += " align:start"
	case 3, 6, 9:
		s += " align:end"
	}
	return s
}

func escape(text string) string {
	if !strings.ContainsAny(text, "&<>") {
		return text
	}
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

// plain makes text that shows: SubStation Alpha's hard space becomes one, and control characters go.
func plain(text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, `\h`, "\u00a0"), spaceBetween, " ")
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == '\u007f' || r == '\ufeff' {
			return -1
		}
		return r
	}, text)
}
