package mqtt

import (
	"strconv"
	"strings"
	"unicode/utf8"
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
