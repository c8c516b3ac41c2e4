// Package webvtt turns what subtitle files hold (SubRip, SubStation Alpha, WebVTT; in any usual character encoding) into
// WebVTT, the only form that Chromecasts show. What cannot be read of a file costs that line and not the others.
//
// It opens nothing and keeps nothing. Its time and memory are bounded by MaxBytes.
package webvtt

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// MaxBytes is the largest file that Convert takes.
const MaxBytes = 12 << 20

// ErrUnknown says that a file holds no subtitles that can be converted.
var ErrUnknown = errors.New("neither SubRip, SubStation Alpha nor WebVTT")

// Convert returns a subtitle file as WebVTT in UTF-8, its cues in order. language (BCP 47, "" for unknown) helps to guess
// the encoding of a file that does not tell it. The error is that of ctx, or wraps ErrUnknown.
func Convert(ctx context.Context, data []byte, language string) ([]byte, error) {
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("%w: a file of more than %d MB", ErrUnknown, MaxBytes>>20)
	}
	text := lines(decode(data, language))
	switch {
	case isVTT(text):
		return []byte(text), nil // it may be styled in ways that would be lost
	case isSSA(text):
		return write(ctx, ssaChunks(text), text)
	case strings.Contains(text, arrow):
		return write(ctx, srtChunks(text), text)
	}
	return nil, ErrUnknown
}

const arrow = "-->"

func isVTT(text string) bool {
	rest, ok := strings.CutPrefix(text, "WEBVTT")
	return ok && (rest == "" || strings.ContainsAny(rest[:1], " \t\n"))
}

// lines ends every line by a newline alone, and leaves out what no text holds.
func lines(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.ReplaceAll(text, "\r", "\n")
	return strings.ReplaceAll(text, "\x00", "")
}

// cue is a text that shows for a while.
type cue struct {
	start, end time.Duration
	settings   string // where it stands, as WebVTT writes it; "" is the usual place
	text       string // escaped
}

// write reads all chunks of a file and writes their cues.
func write(ctx context.Context, chunks []chunk, whole string) ([]byte, error) {
	var cues []cue
	for _, c := range chunks {
		cues = append(cues, c.cues(ctx)...)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(cues) == 0 {
		return nil, fmt.Errorf("%w: none of its times can be read", ErrUnknown)
	}
	slices.SortStableFunc(cues, func(a, b cue) int { return cmp.Compare(a.start, b.start) })
	cues = merged(cues)
	var b bytes.Buffer
	b.Grow(len(whole))
	b.WriteString("WEBVTT\n\n")
	for _, c := range cues {
		fmt.Fprintf(&b, "%s --> %s%s\n%s\n\n", stamp(c.start), stamp(c.end), c.settings, c.text)
	}
	return b.Bytes(), nil
}

// mergeGap is the longest pause between two cues of one text that are one: SubStation Alpha animates by a cue for a frame.
const mergeGap = 50 * time.Millisecond

// merged makes cues of the same text that follow each other at once into one.
func merged(cues []cue) []cue {
	type look struct{ text, settings string }
	last := make(map[look]int, len(cues))
	out := cues[:0]
	for _, c := range cues {
		l := look{c.text, c.settings}
		if at, ok := last[l]; ok && c.start <= out[at].end+mergeGap {
			out[at].end = max(out[at].end, c.end)
			continue
		}
		last[l] = len(out)
		out = append(out, c)
	}
	return out
}

// stamp is a time as WebVTT writes it.
func stamp(d time.Duration) string {
	ms := d.Milliseconds()
	return fmt.Sprintf("%02d:%02d:%02d.%03d", ms/3600_000, ms/60_000%60, ms/1000%60, ms%1000)
}
