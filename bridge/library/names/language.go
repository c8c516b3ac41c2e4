package names

import "strings"

// spoken is a language that people name in file names: the tag (BCP 47), the three-letter codes of ISO 639-2, the name in English,
// which people are shown, and the name in the language itself.
type spoken struct{ tag, codes, name, own string }

func languages() []spoken {
	return []spoken{
		{"af", "afr", "Afrikaans", ""},
		{"ar", "ara", "Arabic", "العربية"},
		{"az", "aze", "Azerbaijani", ""},
		{"be", "bel", "Belarusian", ""},
		{"bg", "bul", "Bulgarian", "български"},
		{"bn", "ben", "Bengali", ""},
		{"bs", "bos", "Bosnian", "bosanski"},
		{"ca", "cat", "Catalan", "català"},
		{"cs", "cze ces", "Czech", "čeština"},
		{"cy", "wel cym", "Welsh", "cymraeg"},
		{"da", "dan", "Danish", "dansk"},
		{"de", "ger deu", "German", "deutsch"},
		{"el", "gre ell", "Greek", "ελληνικά"},
		{"en", "eng", "English", ""},
		{"es", "spa", "Spanish", "español"},
		{"et", "est", "Estonian", "eesti"},
		{"eu", "baq eus", "Basque", "euskara"},
		{"fa", "per fas", "Persian", "فارسی"},
		{"fi", "fin", "Finnish", "suomi"},
		{"fil", "fil tgl", "Filipino", ""},
		{"fr", "fre fra", "French", "français"},
		{"ga", "gle", "Irish", "gaeilge"},
		{"gl", "glg", "Galician", "galego"},
		{"he", "heb", "Hebrew", "עברית"},
		{"hi", "hin", "Hindi", "हिन्दी"},
		{"hr", "hrv scr", "Croatian", "hrvatski"},
		{"hu", "hun", "Hungarian", "magyar"},
		{"hy", "arm hye", "Armenian", ""},
		{"id", "ind", "Indonesian", ""},
		{"is", "ice isl", "Icelandic", "íslenska"},
		{"it", "ita", "Italian", "italiano"},
		{"ja", "jpn", "Japanese", "日本語"},
		{"ka", "geo kat", "Georgian", ""},
		{"kk", "kaz", "Kazakh", ""},
		{"ko", "kor", "Korean", "한국어"},
		{"lt", "lit", "Lithuanian", "lietuvių"},
		{"lv", "lav", "Latvian", "latviešu"},
		{"mk", "mac mkd", "Macedonian", ""},
		{"ml", "mal", "Malayalam", ""},
		{"ms", "may msa", "Malay", ""},
		{"nb", "nob", "Norwegian Bokmål", ""},
		{"nl", "dut nld", "Dutch", "nederlands"},
		{"nn", "nno", "Norwegian Nynorsk", ""},
		{"no", "nor", "Norwegian", "norsk"},
		{"pl", "pol", "Polish", "polski"},
		{"pt", "por", "Portuguese", "português"},
		{"ro", "rum ron", "Romanian", "română"},
		{"ru", "rus", "Russian", "русский"},
		{"sk", "slo slk", "Slovak", "slovenčina"},
		{"sl", "slv", "Slovenian", "slovenščina"},
		{"sq", "alb sqi", "Albanian", "shqip"},
		{"sr", "srp scc", "Serbian", "srpski"},
		{"sv", "swe", "Swedish", "svenska"},
		{"ta", "tam", "Tamil", ""},
		{"te", "tel", "Telugu", ""},
		{"th", "tha", "Thai", "ไทย"},
		{"tr", "tur", "Turkish", "türkçe"},
		{"uk", "ukr", "Ukrainian", "українська"},
		{"ur", "urd", "Urdu", ""},
		{"vi", "vie", "Vietnamese", "tiếng việt"},
		{"zh", "chi zho", "Chinese", "中文"},
	}
}

// regional is a language as it is spoken somewhere, or written.
type regional struct{ tag, name string }

// regions are what may follow a language, as people write it.
func regions(language string) map[string]regional {
	return map[string]map[string]regional{
		"en": {"us": {"en-US", "English (US)"}, "gb": {"en-GB", "English (UK)"}, "uk": {"en-GB", "English (UK)"},
			"au": {"en-AU", "English (Australia)"}},
		"pt": {"br": {"pt-BR", "Portuguese (Brazil)"}, "pt": {"pt-PT", "Portuguese (Portugal)"},
			"brazilian": {"pt-BR", "Portuguese (Brazil)"}, "european": {"pt-PT", "Portuguese (Portugal)"}},
		"es": {"es": {"es-ES", "Spanish (Spain)"}, "mx": {"es-MX", "Spanish (Mexico)"}, "419": {"es-419", "Spanish (Latin America)"},
			"latin": {"es-419", "Spanish (Latin America)"}, "european": {"es-ES", "Spanish (Spain)"}},
		"fr": {"fr": {"fr-FR", "French (France)"}, "ca": {"fr-CA", "French (Canada)"}, "canadian": {"fr-CA", "French (Canada)"}},
		"de": {"de": {"de-DE", "German (Germany)"}, "at": {"de-AT", "German (Austria)"}, "ch": {"de-CH", "German (Switzerland)"}},
		"zh": {"cn": {"zh-CN", "Chinese (China)"}, "tw": {"zh-TW", "Chinese (Taiwan)"}, "hk": {"zh-HK", "Chinese (Hong Kong)"},
			"hans": {"zh-Hans", "Chinese (simplified)"}, "hant": {"zh-Hant", "Chinese (traditional)"},
			"simplified": {"zh-Hans", "Chinese (simplified)"}, "traditional": {"zh-Hant", "Chinese (traditional)"}},
		"sr": {"latn": {"sr-Latn", "Serbian (Latin)"}, "cyrl": {"sr-Cyrl", "Serbian (Cyrillic)"}},
	}[language]
}

// shorthand returns the language and the region that one word stands for, "" for none.
func shorthand(word string) (language, region string) {
	of := map[string][2]string{
		"pob": {"pt", "br"}, "ptbr": {"pt", "br"}, "pb": {"pt", "br"}, "chs": {"zh", "hans"}, "cht": {"zh", "hant"}, "sc": {"zh", "hans"},
		"tc": {"zh", "hant"}, "jp": {"ja", ""}, "brazilian": {"pt", "br"},
	}[word]
	return of[0], of[1]
}

// languageOf returns the tag and the English name of a language that is named by a word in lower case; "" for none.
func languageOf(word string) (tag, name string) {
	if word == "" || strings.ContainsRune(word, ' ') {
		return "", ""
	}
	for _, l := range languages() {
		if word == l.tag || word == strings.ToLower(l.name) || word == l.own || len(word) == 3 && strings.Contains(l.codes, word) {
			return l.tag, l.name
		}
	}
	return "", ""
}
