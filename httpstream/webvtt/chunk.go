package webvtt

import (
	"context"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/asticode/go-astisub"
)

const (
	// chunkCues is how many cues are read at a time: the reader takes a kilobyte of memory for each.
	chunkCues = 200
	// maxLine is the longest line that is read. The reader stops at one of 64 KB; longer than this are only drawings.
	maxLine = 16 << 10
	// maxCues is beyond every film; what comes later in a file is left out.
	maxCues = 300_000
	// maxEnd is beyond every film.
	maxEnd = 100 * time.Hour
)

// chunk is a part of a file that is read by itself. Each part of parts is a cue.
type chunk struct {
	head  string // comes before the parts
	bare  string // in its place, where the reader fails: only what it needs
	parts []string
	read  func(io.Reader) (*astisub.Subtitles, error)
}

// cues reads the chunk. Where the reader fails, the parts that it cannot read are left out, and so is what is not read yet
// when ctx ends.
func (c chunk) cues(ctx context.Context) []cue {
	if ctx.Err() != nil {
		return nil
	}
	var out []cue
	subs, ok := c.try()
	switch {
	case ok:
		for _, item := range subs.Items {
			if q, ok := newCue(item); ok {
				out = append(out, q)
			}
		}
	case len(c.parts) > 1:
		half := len(c.parts) / 2
		for _, parts := range [][]string{c.parts[:half], c.parts[half:]} {
			out = append(out, chunk{c.bare, c.bare, parts, c.read}.cues(ctx)...)
		}
	}
	return out
}

// try reads the chunk as a whole. The reader panics on some broken lines.
func (c chunk) try() (subs *astisub.Subtitles, ok bool) {
	defer func() {
		if recover() != nil {
			subs, ok = nil, false
		}
	}()
	subs, err := c.read(strings.NewReader(c.head + strings.Join(c.parts, "")))
	return subs, err == nil
}

// srtChunks splits a SubRip file. A cue begins with its number, if it has one, and the line of its times; where these make no
// sense it is left out.
func srtChunks(text string) []chunk {
	type place struct {
		at  int
		bad bool
	}
	var starts []place
	before, at := 0, 0
	for line := range strings.Lines(text) {
		if strings.Contains(line, arrow) {
			start := at
			if number.MatchString(text[before:at]) {
				start = before
			}
			starts = append(starts, place{start, !times.MatchString(line)})
		}
		before, at = at, at+len(line)
	}
	var parts []string
	for i, start := range starts {
		end := len(text)
		if i+1 < len(starts) {
			end = starts[i+1].at
		}
		if start.bad || len(parts) == maxCues {
			continue
		}
		// The reader drops a space that stands alone between two tags.
		parts = append(parts, strings.ReplaceAll(shortLines(text[start.at:end]), "> <", ">"+spaceBetween+"<"))
	}
	return chunks("", "", parts, astisub.ReadFromSRT)
}

// spaceBetween is a space that is none to the reader; plain makes it one again.
const spaceBetween = " \u200b"

var (
	number = regexp.MustCompile(`^\s*\d+\s*$`)
	times  = regexp.MustCompile(`^\s*\d+:\d+(:\d+)?([.,]\d+)?\s*-->\s*\d+:\d+`)
)

func chunks(head, bare string, parts []string, read func(io.Reader) (*astisub.Subtitles, error)) []chunk {
	var out []chunk
	for len(parts) > 0 {
		n := min(chunkCues, len(parts))
		out = append(out, chunk{head, bare, parts[:n], read})
		parts = parts[n:]
	}
	return out
}

// shortLines leaves out the lines that are too long.
func shortLines(part string) string {
	if len(part) <= maxLine {
		return part
	}
	var b strings.Builder
	for line := range strings.Lines(part) {
		if len(line) <= maxLine {
			b.WriteString(line)
		}
	}
	return b.String()
}

// isSSA reports whether a text is a SubStation Alpha script.
func isSSA(text string) bool {
	head := strings.ToLower(text[:min(len(text), 64<<10)])
	return strings.Contains(head, "[script info]") || strings.Contains(head, "[events]")
}

// ssaFormat is the order of the fields where a script does not tell its own.
const ssaFormat = "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"

// ssaChunks splits a script. Each chunk has the styles before it, if they can be read.
func ssaChunks(text string) []chunk {
	var styles strings.Builder
	var parts []string
	section, format := "", ssaFormat
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		key, _, _ := strings.Cut(line, ":")
		switch key = strings.ToLower(strings.TrimSpace(key)); {
		case len(line) > maxLine:
		case strings.HasPrefix(line, "["):
			section = strings.ToLower(line)
			if strings.Contains(section, "styles") {
				styles.WriteString(line + "\n")
			}
		case strings.Contains(section, "styles"):
			styles.WriteString(line + "\n")
		case section == "[events]" && key == "format":
			format = line + "\n"
		case section == "[events]" && key == "dialogue" && len(parts) < maxCues:
			parts = append(parts, line+"\n")
		}
	}
	head, events := styles.String(), "[Events]\n"+format
	if _, ok := (chunk{head: head + events, read: readSSA}).try(); !ok || len(head) > maxStyles {
		head = ""
	}
	return chunks(head+events, events, parts, readSSA)
}

// maxStyles bounds the styles that are read again for each chunk.
const maxStyles = 64 << 10

func readSSA(r io.Reader) (*astisub.Subtitles, error) {
	// Without functions of its own the reader writes what it does not know to the log of the process.
	return astisub.ReadFromSSAWithOptions(r, astisub.SSAOptions{})
}
