package mqtt

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"localcast/bridge"
)

// The options of the two selects of a device: the entries of its queue, and the results of its last search.
const (
	maxOptions = 50     // of one select
	maxOption  = 80     // characters of one option
	noOption   = "None" // nothing is chosen
)

// option is how an entry or a result is offered for choosing: "3. Title · Subtitle". n counts from 1, so that no two
// options of a select are the same.
func option(n int, title, subtitle string) string {
	text := strconv.Itoa(n) + ". " + strings.Join(strings.Fields(title), " ")
	if rest := strings.Join(strings.Fields(subtitle), " "); rest != "" {
		text += " · " + rest
	}
	if utf8.RuneCountInString(text) <= maxOption {
		return text
	}
	return strings.TrimSpace(string([]rune(text)[:maxOption-1])) + "…"
}

// queueOptions are the options of the queue select: the entries around the current one.
func queueOptions(q bridge.QueueState) []string {
	index, _ := q.Index.Get()
	start := max(0, min(index-maxOptions/2, q.Length-maxOptions))
	options := []string{}
	for i, e := range q.Entries {
		if n := q.First + i; n >= start && n < start+maxOptions {
			options = append(options, option(n+1, e.Title, string(e.Subtitle)))
		}
	}
	return options
}

// resultOptions are the options of the results select: the first results.
func resultOptions(s bridge.SearchState) []string {
	options := []string{}
	for i, r := range s.Results[:min(len(s.Results), maxOptions)] {
		options = append(options, option(i+1, r.Title, string(r.Subtitle)))
	}
	return options
}
