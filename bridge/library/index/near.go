package index

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"
)

// near is a word that a word of a query may have been meant for, and what that costs: 0 is the very word, 1000 any other.
type near struct {
	word uint32
	cost uint16
}

const (
	mostNear  = 40 // words that one word of a query may be meant for
	mostHeard = 400
	// Words of at least twoErrors letters may have two typing errors, shorter ones one, and those below oneError none.
	oneError, twoErrors = 3, 7
)

// letters tells which letters a word has, one bit for each of a to z and a few for all others. An edit changes at most two.
func letters(word []byte) uint32 {
	s := uint32(0)
	for _, c := range word {
		if c >= 'a' && c <= 'z' {
			s |= 1 << (c - 'a')
		} else {
			s |= 1 << (26 + c%6)
		}
	}
	return s
}

// nearTo returns the words like word: those a few typing errors away, and those that sound alike.
func (v *vocabulary) nearTo(word string) []near {
	n := utf8.RuneCountInString(word)
	if n < oneError || n > longestWord-2 || strings.ContainsAny(word, "0123456789") {
		return nil
	}
	q := []byte(word)
	out := v.misspelt(q, n)
	out = append(out, v.alike(q)...)
	slices.SortFunc(out, func(a, b near) int {
		return cmp.Or(cmp.Compare(a.word, b.word), cmp.Compare(a.cost, b.cost))
	})
	out = slices.CompactFunc(out, func(a, b near) bool { return a.word == b.word })
	slices.SortStableFunc(out, func(a, b near) int { return cmp.Compare(a.cost, b.cost) })
	out = out[:min(len(out), mostNear)]
	slices.SortFunc(out, func(a, b near) int { return cmp.Compare(a.word, b.word) })
	return out
}

// misspelt looks through the words of about the same length, most of which their letters rule out.
func (v *vocabulary) misspelt(q []byte, n int) []near {
	most := 1
	if n >= twoErrors {
		most = 2
	}
	mask, ascii := letters(q), ascii(string(q))
	differ := 2 * most
	if !ascii {
		differ = 32 // a letter of several bytes may change more
	}
	var out []near
	for i := v.lengthAt[n-most]; i < v.lengthAt[n+most+1]; i++ {
		if bits.OnesCount32(v.marks[i]^mask) > differ {
			continue
		}
		w := uint32(v.byLength.get(i))
		if cost, ok := typed(q, v.word(w), most); ok {
			out = append(out, near{w, uint16(cost)})
		}
	}
	return out
}

// alike returns the words that sound like q.
func (v *vocabulary) alike(q []byte) []near {
	s := sound(q)
	if s == 0 {
		return nil
	}
	from, _ := slices.BinarySearch(v.sounds, s)
	var out []near
	for i := from; i < len(v.sounds) && i < from+mostHeard && v.sounds[i] == s; i++ {
		w := uint32(v.bySound.get(i))
		word := v.word(w)
		if len(word) > longestWord {
			continue
		}
		if cost := heardCost(strain(q, word), len(q)); cost < heardWorst {
			out = append(out, near{w, uint16(cost)})
		}
	}
	return out
}

// heardWorst is the cost beyond which words that sound alike are taken for different ones.
const heardWorst = 450

func heardCost(strain, n int) int { return 60 + strain*5/max(n, 4) }

// typed tells whether q is w with at most most typing errors, and what they cost.
func typed(q, w []byte, most int) (cost int, ok bool) {
	if ascii(string(q)) && ascii(string(w)) {
		if !within(q, w, most) {
			return 0, false
		}
		return strain(q, w) * 9 / max(len(q), 4), true
	}
	a, b := []rune(string(q)), []rune(string(w))
	if !within(a, b, most) {
		return 0, false
	}
	return strain(a, b) * 9 / max(len(a), 4), true
}

// within reports whether at most most edits make b of a: a letter more, less, another, or two swapped.
func within[T byte | rune](a, b []T, most int) bool {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if len(a) == 0 || len(b) == 0 {
		return len(a)+len(b) <= most
	}
	if most == 0 || len(a)-len(b) > most || len(b)-len(a) > most {
		return false
	}
	return within(a[1:], b[1:], most-1) || within(a[1:], b, most-1) || within(a, b[1:], most-1) ||
		len(a) > 1 && len(b) > 1 && a[0] == b[1] && a[1] == b[0] && within(a[2:], b[2:], most-1)
}

// What slips of the hand and the ear weigh, about 100 for one.
const (
	swapped     = 70
	doubled     = 50  // a letter too often, or once too little
	ending      = 200 // an s at the end, which makes another word
	missing     = 90
	added       = 100
	addedNear   = 75 // the key beside one of its neighbours
	otherNear   = 75
	otherVowel  = 75
	otherLetter = 130
)

// strain weighs what lies between what was typed and a word: the cheapest way from q to w.
func strain[T byte | rune](q, w []T) int {
	if len(q) > longestWord || len(w) > longestWord {
		return 10_000
	}
	var rows [3][longestWord + 1]int
	before, above, row := &rows[0], &rows[1], &rows[2]
	for j := range w {
		above[j+1] = above[j] + missed(w, j)
	}
	for i := range q {
		row[0] = above[0] + inserted(q, i, w, 0)
		for j := range w {
			best := above[j] + replaced(q[i], w[j], i)
			best = min(best, row[j]+missed(w, j), above[j+1]+inserted(q, i, w, j+1))
			if i > 0 && j > 0 && q[i] == w[j-1] && q[i-1] == w[j] && q[i] != q[i-1] {
				best = min(best, before[j-1]+swapped)
			}
			row[j+1] = best
		}
		before, above, row = above, row, before
	}
	return above[len(w)]
}

// missed weighs the letter j of w that was not typed.
func missed[T byte | rune](w []T, j int) int {
	switch {
	case j > 0 && w[j] == w[j-1]:
		return doubled
	case j == len(w)-1 && w[j] == 's':
		return ending
	case j == 0:
		return missing * 13 / 10
	}
	return missing
}

// inserted weighs the letter i of q that w does not have.
func inserted[T byte | rune](q []T, i int, w []T, j int) int {
	switch {
	case i > 0 && q[i] == q[i-1]:
		return doubled
	case i == len(q)-1 && q[i] == 's':
		return ending
	case j > 0 && beside(q[i], w[j-1]), j < len(w) && beside(q[i], w[j]):
		return addedNear
	}
	return added
}

// replaced weighs the letter a in place of b.
func replaced[T byte | rune](a, b T, i int) int {
	if a == b {
		return 0
	}
	cost := otherLetter
	switch {
	case beside(a, b):
		cost = otherNear
	case a < 128 && b < 128 && vowel(byte(a)) && vowel(byte(b)):
		cost = otherVowel
	}
	if i == 0 {
		cost = cost * 13 / 10
	}
	return cost
}

// beside reports whether two keys lie side by side on a QWERTY keyboard.
func beside[T byte | rune](a, b T) bool {
	ra, ca, ok := key(rune(a))
	rb, cb, too := key(rune(b))
	if !ok || !too {
		return false
	}
	d := ca - cb
	switch ra - rb {
	case 0:
		return d == 1 || d == -1
	case 1: // b is in the row above, half a key to the left
		return d == 0 || d == -1
	case -1:
		return d == 0 || d == 1
	}
	return false
}

// key returns where a letter lies on the keyboard.
func key(c rune) (row, column int, ok bool) {
	if c < 'a' || c > 'z' {
		return 0, 0, false
	}
	const places = "1024221202131415071617182625080900031104062301210520" // row and column of each
	i := 2 * (c - 'a')
	return int(places[i] - '0'), int(places[i+1] - '0'), true
}
