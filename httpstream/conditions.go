package httpstream

import (
	"net/http"
	"strings"
	"time"
)

// validators are what a client can compare its copy of a representation by.
type validators struct {
	etag string // strong, with its quotes
	// modified is in whole seconds; zero where none can be given.
	modified time.Time
}

// evaluate checks the preconditions of a GET or HEAD in the order of RFC 9110 section 13.2.2. It returns
// http.StatusNotModified or http.StatusPreconditionFailed where one of them ends the request, else http.StatusOK.
func (v validators) evaluate(h http.Header) int {
	if match, present := list(h, "If-Match"); present {
		if match != "*" && !names(match, v.etag, strongly) {
			return http.StatusPreconditionFailed
		}
	} else if date, ok := date(h, "If-Unmodified-Since"); ok && !v.modified.IsZero() {
		if v.modified.After(date) {
			return http.StatusPreconditionFailed
		}
	}
	if match, present := list(h, "If-None-Match"); present {
		if match == "*" || names(match, v.etag, weakly) {
			return http.StatusNotModified
		}
	} else if date, ok := date(h, "If-Modified-Since"); ok && !v.modified.IsZero() {
		if !v.modified.After(date) {
			return http.StatusNotModified
		}
	}
	return http.StatusOK
}

// rangeApplies reports whether an If-Range condition, if there is one, lets a Range be obeyed (RFC 9110 section 13.1.5). An
// entity tag must match strongly, a date exactly. That makes the date strong too, since modified is not told before its
// second is over.
func (v validators) rangeApplies(h http.Header) bool {
	value, present := list(h, "If-Range")
	if !present {
		return true
	}
	if strings.ContainsRune(value, '"') {
		return value == v.etag
	}
	date, ok := date(h, "If-Range")
	return ok && !v.modified.IsZero() && date.Equal(v.modified)
}

// list returns the value of a field, its lines joined as RFC 9110 section 5.3 says, and whether it is there at all.
func list(h http.Header, field string) (value string, present bool) {
	lines := h.Values(field)
	return strings.Trim(strings.Join(lines, ", "), " \t"), len(lines) > 0
}

// date returns the HTTP date in a field; one that is malformed or there twice counts as absent: sections 13.1.3 and 13.1.4.
func date(h http.Header, field string) (t time.Time, ok bool) {
	value, present := list(h, field)
	if !present {
		return time.Time{}, false
	}
	t, err := http.ParseTime(value)
	return t, err == nil
}

// comparison is how two entity tags are compared: RFC 9110 section 8.8.3.2.
type comparison bool

const (
	strongly comparison = true  // a weak tag matches nothing
	weakly   comparison = false // W/ does not count
)

// names reports whether a list of entity tags holds etag, which is strong. What follows a malformed tag is not read.
func names(tags, etag string, how comparison) bool {
	for {
		tags = strings.TrimLeft(tags, " \t,")
		tag, weak := strings.CutPrefix(tags, "W/")
		if !strings.HasPrefix(tag, `"`) {
			return false
		}
		end := strings.IndexByte(tag[1:], '"')
		if end < 0 {
			return false
		}
		if tag[:end+2] == etag && !(weak && how == strongly) {
			return true
		}
		tags = strings.TrimLeft(tag[end+2:], " \t")
		if !strings.HasPrefix(tags, ",") {
			return false
		}
	}
}
