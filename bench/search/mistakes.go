package main

import (
	"math/rand/v2"
	"slices"
	"strings"
)

// mistype makes one typing error in a word: a letter left out, one too many, two swapped, or another one, mostly that of a
// key beside.
func mistype(rng *rand.Rand, word string) string {
	r := []rune(word)
	i := rng.IntN(len(r))
	switch p := rng.IntN(100); {
	case p < 25:
		return string(slices.Delete(slices.Clone(r), i, i+1))
	case p < 45:
		extra := r[i]
		if rng.IntN(2) == 0 {
			extra = besideKey(rng, r[i])
		}
		return string(slices.Insert(slices.Clone(r), i+1, extra))
	case p < 70 && len(r) > 1:
		i = min(i, len(r)-2)
		out := slices.Clone(r)
		out[i], out[i+1] = out[i+1], out[i]
		return string(out)
	}
	out := slices.Clone(r)
	out[i] = besideKey(rng, r[i])
	if rng.IntN(4) == 0 {
		out[i] = rune('a' + rng.IntN(26))
	}
	return string(out)
}

// besideKey returns a key next to c on a QWERTY keyboard.
func besideKey(rng *rand.Rand, c rune) rune {
	around := map[rune]string{
		'q': "wa", 'w': "qeas", 'e': "wrsd", 'r': "etdf", 't': "ryfg", 'y': "tugh", 'u': "yihj", 'i': "uojk", 'o': "ipkl", 'p': "ol",
		'a': "qwsz", 's': "awedxz", 'd': "serfcx", 'f': "drtgvc", 'g': "ftyhbv", 'h': "gyujnb", 'j': "huikmn", 'k': "jiolm", 'l': "kop",
		'z': "asx", 'x': "zsdc", 'c': "xdfv", 'v': "cfgb", 'b': "vghn", 'n': "bhjm", 'm': "njk",
	}[c]
	if around == "" {
		return rune('a' + rng.IntN(26))
	}
	return rune(around[rng.IntN(len(around))])
}

// misspell writes a word as somebody might who has only heard it; "" where there is nothing to mistake.
func misspell(rng *rand.Rand, word string) string {
	rules := strings.Fields(`
		ph>f f>ph ck>k k>c c>k ee>ea ea>ee ie>y y>ie gh> kn>n wr>r wh>w tion>shun sion>shun x>ks qu>kw s>z z>s ai>ay ay>ai
		oo>u ou>ow ow>ou er>or or>er er>ur ei>ie ce>se ge>je sc>s tch>ch mb>m a>e e>a e>i i>e i>y ll>l tt>t nn>n ss>s mm>m
		l>ll t>tt ey>y igh>i au>aw aw>au th>t`)
	rng.Shuffle(len(rules), func(i, j int) { rules[i], rules[j] = rules[j], rules[i] })
	for _, rule := range rules {
		from, to, _ := strings.Cut(rule, ">")
		if at := strings.Index(word, from); at >= 0 && heardSo(rng, word, from, to, at) {
			return word[:at] + to + word[at+len(from):]
		}
	}
	return ""
}

// heardSo reports whether a rule makes something that sounds the same where it would be used.
func heardSo(rng *rand.Rand, word, from, to string, at int) bool {
	next := byte(0)
	if at+1 < len(word) {
		next = word[at+1]
	}
	first, last := at == 0, at == len(word)-len(from)
	switch {
	case from == "c" && strings.IndexByte("eiyh", next) >= 0: // cinema
		return false
	case first && strings.ContainsAny(word[:1], "aei"), first && (to == "" || to == "tt" || to == "ll"):
		return false
	case last && from == "e", last && from == "s" && rng.IntN(2) == 0:
		return false
	}
	return true
}

// accented puts marks on some letters and another apostrophe, or takes the marks away.
func accented(rng *rand.Rand, title string) string {
	marks := map[rune][]rune{
		'a': []rune("áàâäã"), 'e': []rune("éèêë"), 'i': []rune("íîï"), 'o': []rune("óôöõ"), 'u': []rune("úûü"),
		'c': []rune("ç"), 'n': []rune("ñ"), '\'': []rune("\u2019"),
	}
	var out []rune
	for _, c := range title {
		if m := marks[c]; m != nil && rng.IntN(3) == 0 {
			c = m[rng.IntN(len(m))]
		}
		out = append(out, c)
	}
	if rng.IntN(2) == 0 {
		return strings.ToUpper(string(out))
	}
	return string(out)
}
