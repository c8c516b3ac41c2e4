package httpstream

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// TestParseRange reads ranges of a representation of 1,000 bytes, unless a row says otherwise.
func TestParseRange(t *testing.T) {
	const whole, refused = "whole", "416"
	rows := []struct{ about, value, want string }{
		{"no Range", "", whole},
		{"a single range", "bytes=0-4", "0-4"},
		{"a single byte", "bytes=999-999", "999-999"},
		{"an open range", "bytes=990-", "990-999"},
		{"the whole as a range", "bytes=0-", "0-999"},
		{"an end beyond the end stands for the end", "bytes=990-5000", "990-999"},
		{"a suffix", "bytes=-10", "990-999"},
		{"a suffix longer than the file", "bytes=-5000", "0-999"},
		{"a suffix of nothing", "bytes=-0", refused},
		{"a start beyond the end", "bytes=1000-", refused},
		{"a start far beyond the end", "bytes=1000-2000", refused},
		{"the end before the start", "bytes=5-4", refused},
		{"the largest number there is", fmt.Sprintf("bytes=0-%d", int64(math.MaxInt64)), "0-999"},
		{"an end that fits no integer", "bytes=0-99999999999999999999999999", "0-999"},
		{"a start that fits no integer", "bytes=99999999999999999999999999-", refused},
		{"both fit no integer", "bytes=99999999999999999999999998-99999999999999999999999999", refused},
		{"a suffix that fits no integer", "bytes=-99999999999999999999999999", "0-999"},
		{"leading zeros", "bytes=0000-0004", "0-4"},

		{"units are case-insensitive", "ByTeS=0-4", "0-4"},
		{"another unit is ignored", "items=0-4", whole},
		{"no unit is ignored", "0-4", whole},
		{"a unit with a space is another unit", "bytes =0-4", whole},

		{"two ranges", "bytes=0-4,10-14", "0-4,10-14"},
		{"in the order asked for", "bytes=10-14,0-4", "10-14,0-4"},
		{"spaces and tabs around commas", "bytes=0-4 ,\t10-14", "0-4,10-14"},
		{"empty elements count for nothing", "bytes=,0-4,,10-14,", "0-4,10-14"},
		{"next to each other is not overlapping", "bytes=0-4,5-9", "0-4,5-9"},
		{"overlapping", "bytes=0-4,4-9", whole},
		{"overlapping by a suffix", "bytes=0-,-1", whole},
		{"the same twice", "bytes=0-4,0-4", whole},
		{"what cannot be satisfied is left out", "bytes=0-4,2000-", "0-4"},
		{"nothing can be satisfied", "bytes=2000-,3000-", refused},
		{"eight ranges", "bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14", "0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14"},
		{"nine ranges", "bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16", whole},
		{"two thousand ranges", "bytes=" + strings.Repeat("0-0,", 2000), whole},

		{"no range at all", "bytes=", refused},
		{"only commas", "bytes=,,", refused},
		{"no dash", "bytes=5", refused},
		{"only a dash", "bytes=-", refused},
		{"two dashes", "bytes=--5", refused},
		{"three numbers", "bytes=1-2-3", refused},
		{"letters", "bytes=a-b", refused},
		{"hexadecimal", "bytes=0x0-0x4", refused},
		{"a sign", "bytes=+0-4", refused},
		{"a space inside", "bytes=0 - 4", refused},
		{"digits of another script", "bytes=٠-٤", refused},
		{"one malformed among good ones", "bytes=0-4,x", refused},
		{"two fields joined", "bytes=0-4, bytes=10-14", refused},
	}
	for _, row := range rows {
		t.Run(row.about, func(t *testing.T) {
			got := refused
			if spans, ok := parseRange(row.value, 1000); ok && spans == nil {
				got = whole
			} else if ok {
				got = written(spans)
			}
			if got != row.want {
				t.Errorf("parseRange(%.80q) = %s, want %s", row.value, got, row.want)
			}
		})
	}
}

func TestOfAnEmptyFileThereIsOnlyTheWhole(t *testing.T) {
	for _, value := range []string{"bytes=0-", "bytes=-1", "bytes=0-0", "bytes=x"} {
		if spans, ok := parseRange(value, 0); spans != nil || !ok {
			t.Errorf("parseRange(%q) = %v, %v", value, spans, ok)
		}
	}
}

// written is spans as a Range field has them.
func written(spans []span) string {
	var s []string
	for _, x := range spans {
		s = append(s, fmt.Sprintf("%d-%d", x.start, x.start+x.length-1))
	}
	return strings.Join(s, ",")
}

func FuzzParseRange(f *testing.F) {
	for _, s := range []string{"", "bytes=0-4", "bytes=-5", "bytes=5-", "bytes=0-4,10-14", "bytes=9-3", "BYTES=,,1-1 ,", "x=1"} {
		f.Add(s, int64(1000))
	}
	f.Add("bytes=9223372036854775806-9223372036854775807", int64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, value string, size int64) {
		if size < 0 {
			return
		}
		spans, ok := parseRange(value, size)
		if !ok && spans != nil || len(spans) > maxSpans || overlapping(spans) {
			t.Fatalf("%v, %v", spans, ok)
		}
		for _, s := range spans {
			if s.start < 0 || s.length < 1 || s.start > size-s.length {
				t.Fatalf("%v lies outside of %d bytes", s, size)
			}
		}
		if len(spans) == 0 {
			return
		}
		// What is sent, asked for again, is the same.
		if again, ok := parseRange("bytes="+written(spans), size); !ok || written(again) != written(spans) {
			t.Fatalf("%s became %s", written(spans), written(again))
		}
	})
}
