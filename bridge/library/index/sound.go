package index

// sound returns what a word sounds like in English, as a number that alike words share: consonants as they are spoken,
// in a few classes, without vowels but whether it begins with one. 0 is none: a word with other letters than a to z.
func sound(word []byte) uint32 {
	var key [16]byte
	n := 0
	put := func(c byte) {
		if n > 0 && key[n-1] == c || n == len(key) {
			return
		}
		key[n] = c
		n++
	}
	at := func(i int) byte {
		if i < 0 || i >= len(word) {
			return 0
		}
		return word[i]
	}
	for i := range word {
		if word[i] < 'a' || word[i] > 'z' {
			return 0
		}
	}
	i := 0
	switch first, second := at(0), at(1); {
	case (first == 'k' || first == 'g' || first == 'p' || first == 'm') && second == 'n', first == 'w' && second == 'r',
		first == 'p' && second == 's':
		i = 1
	case first == 'x':
		put('s')
		i = 1
	}
	for ; i < len(word); i++ {
		c, next := word[i], at(i+1)
		if vowel(c) {
			if n == 0 {
				put('a')
			}
			continue
		}
		if next == c {
			continue
		}
		i += spoken(at, i, c, next, n == 0, put)
	}
	if n == 0 {
		return 0
	}
	return hash(key[:n])
}

// spoken puts the sound of the consonant at i, and returns how many of the letters behind it belong to it.
func spoken(at func(int) byte, i int, c, next byte, begins bool, put func(byte)) int {
	soft := next == 'e' || next == 'i' || next == 'y'
	switch c {
	case 'b', 'p':
		if c == 'p' && next == 'h' {
			put('f')
			return 1
		}
		if c == 'b' && at(i-1) == 'm' && next == 0 { // lamb
			return 0
		}
		put('p')
	case 'f', 'v':
		put('f')
	case 'c':
		return spokenC(at, i, next, soft, put)
	case 'k', 'q':
		put('k')
	case 'x':
		put('k')
		put('s')
	case 'g':
		switch {
		case next == 'h' && (vowel(at(i-1)) || begins): // night, though, ghost
			if begins {
				put('k')
			}
			return 1
		case next == 'n' && at(i+2) == 0: // sign
		case soft:
			put('j')
		default:
			put('k')
		}
	case 'j':
		put('j')
	case 'd', 't':
		return spokenT(at, i, c, next, put)
	case 's':
		switch {
		case next == 'h':
			put('j')
			return 1
		case next == 'c' && at(i+2) == 'h':
			put('s')
			put('k')
			return 2
		case next == 'c' && (at(i+2) == 'e' || at(i+2) == 'i' || at(i+2) == 'y'):
			put('s')
			return 1
		case next == 'i' && at(i+2) == 'o' && at(i+3) == 'n':
			put('j')
		default:
			put('s')
		}
	case 'z':
		put('s')
	case 'm', 'n':
		put('n')
	case 'l', 'r':
		put(c)
	case 'w':
		if begins {
			put('w')
		}
		if next == 'h' {
			return 1
		}
	}
	return 0
}

func spokenC(at func(int) byte, i int, next byte, soft bool, put func(byte)) int {
	switch {
	case next == 'h' && at(i+2) == 'r', next == 'h' && at(i+2) == 'l': // chrome
		put('k')
		return 1
	case next == 'h':
		put('j')
		return 1
	case next == 'i' && (at(i+2) == 'a' || at(i+2) == 'o'): // special
		put('j')
	case soft:
		put('s')
	case next == 'k':
		put('k')
		return 1
	default:
		put('k')
	}
	return 0
}

func spokenT(at func(int) byte, i int, c, next byte, put func(byte)) int {
	switch {
	case c == 't' && next == 'i' && (at(i+2) == 'o' || at(i+2) == 'a'): // nation
		put('j')
	case c == 't' && next == 'c' && at(i+2) == 'h':
		put('j')
		return 2
	case c == 'd' && next == 'g' && (at(i+2) == 'e' || at(i+2) == 'i' || at(i+2) == 'y'):
		put('j')
		return 1
	case c == 't' && next == 'h':
		put('t')
		return 1
	default:
		put('t')
	}
	return 0
}

func vowel(c byte) bool {
	switch c {
	case 'a', 'e', 'i', 'o', 'u', 'y', 'h':
		return true
	}
	return false
}
