package index

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold returns text as it is compared: decomposed (NFKD), without marks and apostrophes, in lower case, letters that do not
// decompose written with two or their nearest (ß ss, ø o), and everything that is no letter and no digit as one space
// between words.
func Fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	gap := false
	put := func(r rune) {
		if gap && b.Len() > 0 {
			b.WriteByte(' ')
		}
		gap = false
		b.WriteRune(r)
	}
	if !ascii(s) {
		s = norm.NFKD.String(strings.ToValidUTF8(s, " "))
	}
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			put(r)
		case r >= 'A' && r <= 'Z':
			put(r + 'a' - 'A')
		case r < utf8.RuneSelf:
			gap = gap || r != '\'' && r != '`'
		case apostrophe(r) || unicode.Is(unicode.Mn, r):
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r):
			r = unicode.ToLower(r)
			if as := spelled(r); as != "" {
				for _, r := range as {
					put(r)
				}
			} else {
				put(r)
			}
		default:
			gap = true
		}
	}
	return b.String()
}

// Words returns the words of folded text.
func Words(s string) []string { return strings.Fields(Fold(s)) }

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// apostrophe covers what people and keyboards write for one, the acute accent and the prime among them.
func apostrophe(r rune) bool {
	switch r {
	case '\u2018', '\u2019', '\u201b', '\u02bc', '\u02b9', '\u00b4', '\u2032', '\uff07':
		return true
	}
	return false
}

// spelled returns how a lower-case letter without a decomposition is written with others, or "".
func spelled(r rune) string {
	switch r {
	case 'ø':
		return "o"
	case 'ł':
		return "l"
	case 'ß':
		return "ss"
	case 'æ':
		return "ae"
	case 'œ':
		return "oe"
	case 'đ', 'ð':
		return "d"
	case 'þ':
		return "th"
	case 'ħ':
		return "h"
	case 'ı':
		return "i"
	case 'ς':
		return "σ"
	}
	return ""
}
