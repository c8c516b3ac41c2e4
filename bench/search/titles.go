package main

import (
	"bufio"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"localcast/bridge/library/index"
)

// titles are what libraries are made of, and what is kept out of them.
type titles struct {
	movies, tracks, albums, artists []string
	absent                          []string // in no library
}

// half is which titles are used: those on which the search was tuned, or those that were set aside for the report.
type half int

const (
	tuning half = iota
	reporting
)

// readTitles reads movies.tsv (title, year) and tracks.tsv (title, artist, album) of a folder; without a folder titles are
// made of words. Which half a title belongs to, and whether it is kept out, is told by its letters alone.
func readTitles(dir string, h half) (titles, error) {
	if dir == "" {
		return madeUp(h), nil
	}
	var t titles
	seen := map[string]bool{}
	keep := func(to *[]string, title string) {
		f := index.Fold(title)
		if strings.ContainsRune(title, '\u00c3') || seen[f] || len(f) < 2 || len(f) > 60 || half(draw(f)%2) != h {
			return
		}
		seen[f] = true
		if draw("absent "+f)%8 == 0 {
			t.absent = append(t.absent, title)
			return
		}
		*to = append(*to, title)
	}
	err := lines(filepath.Join(dir, "movies.tsv"), func(f []string) { keep(&t.movies, f[0]) })
	if err != nil {
		return t, err
	}
	err = lines(filepath.Join(dir, "tracks.tsv"), func(f []string) {
		keep(&t.tracks, f[0])
		if len(f) > 2 {
			keep(&t.artists, f[1])
			keep(&t.albums, f[2])
		}
	})
	return t, err
}

func draw(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	v := h.Sum64()
	return v ^ v>>29 ^ v>>47
}

func lines(path string, f func([]string)) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("titles: %w", err)
	}
	defer file.Close()
	s := bufio.NewScanner(file)
	for s.Scan() {
		f(strings.Split(s.Text(), "\t"))
	}
	return s.Err()
}

// madeUp makes titles where there is no folder of real ones.
func madeUp(h half) titles {
	rng := rand.New(rand.NewPCG(uint64(h), 77))
	var t titles
	for _, to := range []*[]string{&t.movies, &t.tracks, &t.albums, &t.absent} {
		for range 4000 {
			*to = append(*to, phrase(rng))
		}
	}
	for range 2000 {
		t.artists = append(t.artists, name(rng))
	}
	return t
}

func phrase(rng *rand.Rand) string {
	adjectives := strings.Fields(`
		Silent Golden Broken Crimson Hidden Endless Frozen Little Burning Distant Hollow Gentle Savage Velvet Wild Lonely
		Bright Ancient Secret Perfect Quiet Bitter Electric Fallen Stolen Final Invisible Midnight Paper Iron`)
	nouns := strings.Fields(`
		River Mountain Garden Stranger Summer Winter Shadow Mirror Orchard Kingdom Whisper Thunder Sister Brother Soldier
		Dancer Engine Harbour Lantern Castle Promise Forest Island Journey Letter Window Teacher Winter Station Bridge Valley
		Prisoner Captain Machine Butterfly Daughter Neighbour Physician Night Knight`)
	pick := func(from []string) string { return from[rng.IntN(len(from))] }
	word := pick(nouns)
	if rng.IntN(3) == 0 {
		word = name(rng)
	}
	switch rng.IntN(6) {
	case 0:
		return "The " + pick(adjectives) + " " + word
	case 1:
		return word + " of the " + pick(nouns)
	case 2:
		return pick(adjectives) + " " + word + " and the " + pick(nouns)
	case 3:
		return "The " + pick(nouns) + "'s " + word
	case 4:
		return pick(adjectives) + " " + word
	}
	return "A " + word + " in the " + pick(adjectives) + " " + pick(nouns)
}

// name makes a word as names are made: syllables that can be said.
func name(rng *rand.Rand) string {
	onsets := strings.Fields("b br c ch cl d dr f fl g gr h j k kr l m n p pr qu r s sh st t th tr v w z")
	vowels := strings.Fields("a e i o u a e o ai ea ee ia oo ou")
	ends := strings.Fields("n r l s t ck m nd rt ss x th - - - - -")
	var b strings.Builder
	for range 2 + rng.IntN(2) {
		b.WriteString(onsets[rng.IntN(len(onsets))] + vowels[rng.IntN(len(vowels))])
	}
	if end := ends[rng.IntN(len(ends))]; end != "-" {
		b.WriteString(end)
	}
	w := b.String()
	return strings.ToUpper(w[:1]) + w[1:]
}

// chain makes titles like those it was made of: each word is one that followed the word before in some title.
type chain struct {
	follows map[string][]string
	rng     *rand.Rand
}

func newChain(rng *rand.Rand, of ...[]string) *chain {
	c := &chain{follows: map[string][]string{}, rng: rng}
	for _, list := range of {
		for _, t := range list {
			before := ""
			for _, w := range strings.Fields(t) {
				c.follows[before] = append(c.follows[before], w)
				before = w
			}
			c.follows[before] = append(c.follows[before], "")
		}
	}
	return c
}

// title makes one of two to eight words; in one of twelve a word is an invented name.
func (c *chain) title() string {
	for {
		var words []string
		for before := ""; len(words) < 9; {
			next := c.follows[before]
			w := next[c.rng.IntN(len(next))]
			if w == "" {
				break
			}
			words = append(words, w)
			before = w
		}
		if len(words) < 2 || len(words) > 8 {
			continue
		}
		if c.rng.IntN(12) == 0 {
			words[c.rng.IntN(len(words))] = name(c.rng)
		}
		return strings.Join(words, " ")
	}
}
