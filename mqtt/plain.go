package mqtt

import (
	"math"
	"strconv"
	"strings"

	"localcast/bridge"
)

// The functions here turn the plain payload of a command into the argument it stands for.

// plainText is a plain payload that is an argument as it came.
func plainText(argument string) func(string) (string, any, *bridge.Error) {
	return func(text string) (string, any, *bridge.Error) { return argument, text, nil }
}

// plainNumber is a plain payload that is a number.
func plainNumber(argument string) func(string) (string, any, *bridge.Error) {
	return func(text string) (string, any, *bridge.Error) {
		f, ok := number(text)
		if !ok {
			return "", nil, invalid("%s: got %s, wanted a number", argument, shorten(text))
		}
		return argument, f, nil
	}
}

// plainSource is a url or a query.
func plainSource(text string) (string, any, *bridge.Error) {
	if isURL(text) {
		return "url", text, nil
	}
	return "query", text, nil
}

// plainEntry is an index where it is digits only, else an entry.
func plainEntry(text string) (string, any, *bridge.Error) {
	if strings.Trim(text, "0123456789") != "" {
		return "entry", text, nil
	}
	f, ok := number(text)
	if !ok {
		return "", nil, invalid("index: got %s, wanted an entry or an index", shorten(text))
	}
	return "index", f, nil
}

// plainVolume is a level, or with a sign a change of it.
func plainVolume(text string) (string, any, *bridge.Error) {
	f, ok := number(text)
	switch {
	case !ok:
		return "", nil, invalid("level: got %s, wanted a number such as 35, +5 or -5", shorten(text))
	case signed(text):
		return "delta", f, nil
	}
	return "level", f, nil
}

// plainSeek is a position in seconds or as on a clock, or with a sign an offset in seconds.
func plainSeek(text string) (string, any, *bridge.Error) {
	if signed(text) {
		if f, ok := number(text); ok {
			return "offset", f, nil
		}
	} else if f, ok := clock(text); ok {
		return "position", f, nil
	}
	return "", nil, invalid("position: got %s, wanted seconds or a time such as 90, +30, -10 or 1:02:03", shorten(text))
}

// plainMute is ON, OFF or TOGGLE; to toggle is to mute without an argument.
func plainMute(text string) (string, any, *bridge.Error) {
	switch text {
	case "ON", "OFF":
		return "muted", text == "ON", nil
	case "TOGGLE":
		return "", nil, nil
	}
	return "", nil, invalid("muted: got %s, wanted ON, OFF or TOGGLE", shorten(text))
}

// plainShuffle is ON or OFF.
func plainShuffle(text string) (string, any, *bridge.Error) {
	if text != "ON" && text != "OFF" {
		return "", nil, invalid("enabled: got %s, wanted ON or OFF", shorten(text))
	}
	return "enabled", text == "ON", nil
}

// plainSubtitles is off or a language.
func plainSubtitles(text string) (string, any, *bridge.Error) {
	if text == "off" {
		return "off", true, nil
	}
	return "language", text, nil
}

// signed reports whether text begins with a sign.
func signed(text string) bool { return strings.HasPrefix(text, "+") || strings.HasPrefix(text, "-") }

// number reads a decimal number with or without a sign; ok is false for anything else, also for what ParseFloat takes
// beyond that (1e3, 0x10, 1_0, Inf, NaN).
func number(text string) (f float64, ok bool) {
	digits := text
	if signed(text) {
		digits = text[1:]
	}
	if strings.Trim(digits, "0123456789.") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil
}

// clock reads seconds, or minutes and seconds, or hours, minutes and seconds with colons between.
func clock(text string) (seconds float64, ok bool) {
	parts := strings.Split(text, ":")
	if len(parts) > 3 {
		return 0, false
	}
	for i, part := range parts {
		f, ok := number(part)
		switch {
		case !ok || signed(part):
			return 0, false
		case i > 0 && f >= 60:
			return 0, false
		case i < len(parts)-1 && f != math.Trunc(f):
			return 0, false
		}
		seconds = seconds*60 + f
	}
	return seconds, true
}

// rounded is a volume as a whole number; nil stays nil.
func rounded(f *float64) *int {
	if f == nil {
		return nil
	}
	n := int(math.Round(*f))
	return &n
}
