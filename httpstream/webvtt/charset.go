package webvtt

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	utf "golang.org/x/text/encoding/unicode"
)

// charset is an encoding of the time before Unicode, and how its texts are known.
type charset struct {
	encoding encoding.Encoding
	// languages are those (the first part of BCP 47) whose files have it when they are no Unicode.
	languages string
	// latin is true where most letters are ASCII.
	latin bool
	// common holds the letters beyond ASCII that such texts use most, in lower case.
	common string
}

// charsets are those that are tried, of two that fit equally well the first.
func charsets() []charset {
	return []charset{
		{charmap.Windows1252, "en fr ca", true, "àâæçéèêëîïôœùûü"},
		{charmap.Windows1252, "es pt gl it", true, "áéíóúñüãõâêôàçèìòù"},
		{charmap.Windows1252, "de nl af", true, "äöüßéëï"},
		{charmap.Windows1252, "sv da nb no nn fi", true, "åäöæøé"},
		{charmap.Windows1252, "is ga eu id ms", true, "áéíóúýþæðö"},
		{charmap.Windows1250, "pl", true, "ąćęłńóśźż"},
		{charmap.Windows1250, "cs sk", true, "áčďéěíňóřšťúůýžôľĺŕä"},
		{charmap.Windows1250, "hu", true, "áéíóöőúüű"},
		{charmap.Windows1250, "sl hr bs sr sq", true, "čćđšžëç"},
		{charmap.Windows1250, "ro", true, "ăâîşţ"},
		{charmap.Windows1254, "tr az", true, "ğışçöüâîûi̇"},
		{charmap.Windows1257, "lt", true, "ąčęėįšųūž"},
		{charmap.Windows1257, "lv", true, "āčēģīķļņšūž"},
		{charmap.Windows1257, "et", true, "õäöüšž"},
		{charmap.Windows1258, "vi", true, "ăâđêôơưàáèéíóùúý\u0300\u0301\u0303\u0309\u0323"},
		{charmap.Windows1251, "ru uk bg sr mk be kk", false, "оеаинтсрвлкмдпуяыьі"},
		{charmap.KOI8R, "ru", false, "оеаинтсрвлкмдпуяыь"},
		{charmap.Windows1253, "el", false, "αοιετσνηυρπκμλςόίάέήώύ"},
		{charmap.Windows1255, "he yi", false, "יוהלאמתרנשבעדקחפםכגסטן"},
		{charmap.Windows1256, "ar fa ur", false, "اليمونترعبدهسفكقحةجىأإءشیک"},
		{charmap.Windows874, "th", false, "านรอกเงมวยลีตดทส่ะปไหบ้แัิื์จใ"},
		{japanese.ShiftJIS, "ja", false, hiragana},
		{japanese.EUCJP, "ja", false, hiragana},
		{simplifiedchinese.GB18030, "zh", false, "的一是不了人我在有他这中大来上个们到说时你要就出会可那她么没好吧啊什还知，。？！"},
		{traditionalchinese.Big5, "zh", false, "的一是不了人我在有他這中大來上個們到說時你要就出會可那她麼沒好吧啊什還知，。？！"},
		{korean.EUCKR, "ko", false, "이다는을가에의고하지도나어있그리사아내게요너네서안은"},
	}
}

const hiragana = "のにはをたがでてとしれさいるもっなんかすまうこだよくらあきけせそどねえりわつめちみろほおやひばべむ"

// enough is the share of common letters from which on a language's own encoding is taken at its word.
const enough = 0.2

// quotes are what all languages have, and most encodings at the same place.
const quotes = "“”„‘’‚…–—«»¿¡\u00a0"

// sampleBytes is how much of a text is looked at to guess its encoding.
const sampleBytes = 256 << 10

// decode returns a text in UTF-8. What no encoding explains is replaced, never an error.
func decode(data []byte, language string) string {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return strings.ToValidUTF8(string(data[3:]), "\ufffd")
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return with(utf.UTF16(utf.LittleEndian, utf.UseBOM), data)
	case utf8.Valid(data) && bytes.IndexByte(data, 0) < 0:
		return string(data)
	}
	if e := wide(data); e != nil {
		return with(e, data)
	}
	if mostlyUTF8(data) {
		return strings.ToValidUTF8(string(data), "\ufffd")
	}
	return with(guess(data, language), data)
}

func with(e encoding.Encoding, data []byte) string {
	out, err := e.NewDecoder().Bytes(data)
	if err != nil { // no decoder of ours has any: they replace
		return strings.ToValidUTF8(string(data), "\ufffd")
	}
	return string(out)
}

// wide recognises UTF-16 without its mark by the zeros between the letters of ASCII; nil if it is none.
func wide(data []byte) encoding.Encoding {
	head := data[:min(len(data), 4<<10)]
	var zeros [2]int
	for i, b := range head {
		if b == 0 {
			zeros[i%2]++
		}
	}
	switch {
	case zeros[1] > len(head)/5 && zeros[0] < zeros[1]/4:
		return utf.UTF16(utf.LittleEndian, utf.IgnoreBOM)
	case zeros[0] > len(head)/5 && zeros[1] < zeros[0]/4:
		return utf.UTF16(utf.BigEndian, utf.IgnoreBOM)
	}
	return nil
}

// mostlyUTF8 reports whether a text is UTF-8 with a few broken letters in it.
func mostlyUTF8(data []byte) bool {
	good, bad := 0, 0
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		switch {
		case r == utf8.RuneError && n == 1:
			bad++
		case n > 1:
			good++
		}
		data = data[n:]
	}
	return good > 10*bad
}

// guess chooses the encoding that explains a text best, of those whose share of ASCII letters fits; where the language is
// known and one of its own explains something, of these.
func guess(data []byte, language string) encoding.Encoding {
	sample := data[:min(len(data), sampleBytes)]
	main, _, _ := strings.Cut(strings.ToLower(language), "-")
	latin := mostlyASCII(sample)
	var fitting, possible []charset
	for _, c := range charsets() {
		if c.latin != latin {
			continue
		}
		possible = append(possible, c)
		if main != "" && strings.Contains(" "+c.languages+" ", " "+main+" ") {
			fitting = append(fitting, c)
		}
	}
	if best, share := explain(fitting, sample); share > enough {
		return best.encoding
	}
	best, _ := explain(possible, sample)
	return best.encoding
}

// mostlyASCII reports whether the letters of a text are ASCII for the most part. Tags and times are not counted as letters
// as long as they are short.
func mostlyASCII(sample []byte) bool {
	ascii, high := 0, 0
	for _, b := range sample {
		switch {
		case b >= 0x80:
			high++
		case b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z':
			ascii++
		}
	}
	return high < 2*ascii/3
}

// explain returns the charset with the greatest share of common letters among those beyond ASCII, and that share.
func explain(among []charset, sample []byte) (best charset, share float64) {
	best = charset{encoding: charmap.Windows1252}
	for _, c := range among {
		all, common := 0, 0
		for _, r := range with(c.encoding, sample) {
			switch {
			case r < utf8.RuneSelf, strings.ContainsRune(quotes, r):
			case strings.ContainsRune(c.common, r):
				all, common = all+1, common+1
			default: // capitals too: a text in which they are common is read wrongly
				all++
			}
		}
		if s := float64(common) / float64(max(all, 1)); s > share {
			best, share = c, s
		}
	}
	return best, share
}
