package index

import (
	"slices"
	"strconv"
)

// numerals returns the ways in which the number that a word stands for is written as one word: "7", "seven", "vii".
func numerals(word string) []string {
	for _, forms := range [][]string{small(), tens(), ordinals()} {
		for i := 0; i < len(forms); i += 3 {
			if same := slices.DeleteFunc(slices.Clone(forms[i:i+3]), func(s string) bool { return s == "" }); slices.Contains(same, word) {
				return slices.DeleteFunc(same, func(s string) bool { return s == word })
			}
		}
	}
	return nil
}

func small() []string {
	return []string{
		"0", "zero", "", "1", "one", "", "2", "two", "ii", "3", "three", "iii", "4", "four", "iv", "5", "five", "v", "6", "six", "vi",
		"7", "seven", "vii", "8", "eight", "viii", "9", "nine", "ix", "10", "ten", "x", "11", "eleven", "xi", "12", "twelve", "xii",
		"13", "thirteen", "xiii", "14", "fourteen", "", "15", "fifteen", "", "16", "sixteen", "", "17", "seventeen", "",
		"18", "eighteen", "", "19", "nineteen", "", "100", "hundred", "", "1000", "thousand", "",
	}
}

func tens() []string {
	return []string{
		"20", "twenty", "", "30", "thirty", "", "40", "forty", "", "50", "fifty", "", "60", "sixty", "", "70", "seventy", "",
		"80", "eighty", "", "90", "ninety", "",
	}
}

func ordinals() []string {
	return []string{
		"1st", "first", "", "2nd", "second", "", "3rd", "third", "", "4th", "fourth", "", "5th", "fifth", "", "6th", "sixth", "",
		"7th", "seventh", "", "8th", "eighth", "", "9th", "ninth", "", "10th", "tenth", "", "11th", "eleventh", "",
		"12th", "twelfth", "", "13th", "thirteenth", "", "20th", "twentieth", "",
	}
}

// joinedNumber returns "21" for "twenty" and "one".
func joinedNumber(a, b string) (string, bool) {
	x, y := value(tens(), a), value(small(), b)
	if x < 0 || y < 1 || y > 9 || len(b) < 3 {
		return "", false
	}
	return strconv.Itoa(x + y), true
}

// splitNumber returns "twenty" and "one" for "21".
func splitNumber(word string) (a, b string, ok bool) {
	n, err := strconv.Atoi(word)
	if err != nil || n < 21 || n > 99 || n%10 == 0 {
		return "", "", false
	}
	return tens()[n/10*3-5], small()[n%10*3+1], true
}

// value is the number of which a word is a form, -1 if it is of none.
func value(forms []string, word string) int {
	i := slices.Index(forms, word)
	if i < 0 || word == "" {
		return -1
	}
	n, err := strconv.Atoi(forms[i/3*3])
	if err != nil {
		return -1
	}
	return n
}
