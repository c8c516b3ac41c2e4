package mqtt

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"

	"localcast/bridge"
)

// maxLine is the longest message on the log topic, in characters.
const maxLine = 500

// LogHandler returns a handler that passes every record to next, and publishes warnings and errors on the bridge's log
// topic, at most one a second. What is published names no path of the host, only its last element, and of a URL no more
// than its host.
func (c *Client) LogHandler(next slog.Handler) slog.Handler {
	return &logHandler{client: c, next: next}
}

type logHandler struct {
	client *Client
	next   slog.Handler
	attrs  []slog.Attr
}

// Enabled reports whether next or the topic wants the record.
func (h *logHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn || h.next.Enabled(ctx, level)
}

// Handle publishes the record and passes it on; its error is next's.
func (h *logHandler) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn {
		h.publish(r)
	}
	if !h.next.Enabled(ctx, r.Level) {
		return nil
	}
	return h.next.Handle(ctx, r)
}

// WithAttrs returns a handler whose records have attrs as well.
func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	all := append(append([]slog.Attr(nil), h.attrs...), attrs...)
	return &logHandler{client: h.client, next: h.next.WithAttrs(attrs), attrs: all}
}

// WithGroup passes the group to next; on the topic groups do not show.
func (h *logHandler) WithGroup(name string) slog.Handler {
	return &logHandler{client: h.client, next: h.next.WithGroup(name), attrs: h.attrs}
}

func (h *logHandler) publish(r slog.Record) {
	level := "warn"
	if r.Level >= slog.LevelError {
		level = "error"
	}
	payload, err := marshal(logLine{Level: level, Message: h.client.scrub.line(r, h.attrs), At: bridge.Time{Time: r.Time}})
	if err != nil {
		return // a string and a time always encode
	}
	h.client.outbox.log(message{topic: h.client.topics.of(onBridge, "log"), payload: payload})
}

// line is a record as one line for people: its message, what failed, and then what it is about.
func (s scrubber) line(r slog.Record, attrs []slog.Attr) string {
	text := s.clean(r.Message)
	var about []string
	add := func(a slog.Attr) bool {
		v := a.Value.Resolve()
		if err, ok := v.Any().(error); ok {
			text += ": " + s.cleanError(err)
		} else if value := v.String(); value != "" {
			about = append(about, a.Key+" "+s.clean(value))
		}
		return true
	}
	for _, a := range attrs {
		add(a)
	}
	r.Attrs(add)
	if len(about) > 0 {
		text += " (" + strings.Join(about, ", ") + ")"
	}
	if runes := []rune(text); len(runes) > maxLine {
		text = string(runes[:maxLine-1]) + "…"
	}
	return text
}

// scrubber takes out of a text what nobody on the broker needs to know.
type scrubber struct{ places *regexp.Regexp }

// newScrubber makes a scrubber that finds URLs, quoted absolute paths, and absolute paths without spaces.
func newScrubber() scrubber {
	return scrubber{regexp.MustCompile(`[a-z]+://[^\s"']+|"/[^"]*"|(^|[\s=(\[:])/[^\s"',;:)\]]+`)}
}

// cleanError is the text of an error without paths of the host. A path that a system call reports is replaced as it
// stands, also one with spaces in it.
func (s scrubber) cleanError(err error) string {
	text := err.Error()
	if p := new(fs.PathError); errors.As(err, &p) && filepath.IsAbs(p.Path) {
		text = strings.ReplaceAll(text, p.Path, filepath.Base(p.Path))
	}
	return s.clean(text)
}

// clean replaces what looks like an absolute path by its last element, and shortens URLs to their host: their paths may
// hold tokens, and what stands before the host may be a password.
func (s scrubber) clean(text string) string {
	if filepath.IsAbs(text) {
		return filepath.Base(text)
	}
	return s.places.ReplaceAllStringFunc(text, func(found string) string {
		if u, err := url.Parse(found); err == nil && u.Scheme != "" {
			return u.Scheme + "://" + u.Host
		}
		at := strings.Index(found, "/")
		path, quoted := strings.CutSuffix(found[at:], `"`)
		base := found[:at] + filepath.Base(path)
		if quoted {
			base += `"`
		}
		return base
	})
}
