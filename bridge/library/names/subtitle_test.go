package names

import "testing"

func TestIsSubtitle(t *testing.T) {
	for name, want := range map[string]bool{
		"Heat.srt": true, "Heat.en.SRT": true, "a.vtt": true, "a.ass": true, "a.ssa": true,
		"Heat.sub": false, "Heat.idx": false, "Heat.txt": false, "srt": false, ".srt": false, ".Heat.srt": false, "Heat.mkv": false, "": false,
	} {
		if got := IsSubtitle(name); got != want {
			t.Errorf("IsSubtitle(%q) = %v", name, got)
		}
	}
}

func TestSubtitleFolder(t *testing.T) {
	for name, want := range map[string]bool{"Subs": true, "subtitles": true, "SUB": true, "Subbed": false, "Season 1": false, "": false} {
		if got := SubtitleFolder(name); got != want {
			t.Errorf("SubtitleFolder(%q) = %v", name, got)
		}
	}
}

func TestSubtitleOf(t *testing.T) {
	stems := map[string]bool{"heat": true, "heat (1995)": true, "heat 2": true, "show s01e01": true, "bad.boys": true}
	rows := []struct{ file, want string }{
		{"Heat.srt", "heat"},
		{"Heat.en.srt", "heat"},
		{"HEAT-en.srt", "heat"},
		{"Heat (1995).de.forced.ass", "heat (1995)"},
		{"Heat (1996).srt", "heat"},
		{"Heat 2.en.srt", "heat 2"},
		{"Heathers.srt", ""},
		{"Heaté.srt", ""},
		{"Show S01E01", "show s01e01"},
		{"Show S01E011.srt", ""},
		{"Bad.Boys.en.srt", "bad.boys"},
		{"Bad.srt", ""},
		{"en.srt", ""},
		{"", ""},
	}
	for _, row := range rows {
		if got, ok := SubtitleOf(row.file, stems); got != row.want || ok != (row.want != "") {
			t.Errorf("SubtitleOf(%q) = %q, %v, want %q", row.file, got, ok, row.want)
		}
	}
}

func TestParseSubtitle(t *testing.T) {
	rows := []struct {
		rest string
		want Subtitle
	}{
		{".srt", Subtitle{Name: "Subtitles"}},
		{".en.srt", Subtitle{Language: "en", Name: "English"}},
		{".EN.srt", Subtitle{Language: "en", Name: "English"}},
		{".eng.srt", Subtitle{Language: "en", Name: "English"}},
		{".ger.ass", Subtitle{Language: "de", Name: "German"}},
		{".deu.vtt", Subtitle{Language: "de", Name: "German"}},
		{".English.srt", Subtitle{Language: "en", Name: "English"}},
		{".Deutsch.srt", Subtitle{Language: "de", Name: "German"}},
		{".Русский.srt", Subtitle{Language: "ru", Name: "Russian"}},
		{"_fr.srt", Subtitle{Language: "fr", Name: "French"}},
		{"-fr.srt", Subtitle{Language: "fr", Name: "French"}},
		{" [fr].srt", Subtitle{Language: "fr", Name: "French"}},
		{"2_English.srt", Subtitle{Language: "en", Name: "English"}},
		{"13_fre.srt", Subtitle{Language: "fr", Name: "French"}},
		{".pt-BR.srt", Subtitle{Language: "pt-BR", Name: "Portuguese (Brazil)"}},
		{".pt_br.srt", Subtitle{Language: "pt-BR", Name: "Portuguese (Brazil)"}},
		{".pob.srt", Subtitle{Language: "pt-BR", Name: "Portuguese (Brazil)"}},
		{"5_Brazilian Portuguese.srt", Subtitle{Language: "pt-BR", Name: "Portuguese (Brazil)"}},
		{".zh-Hant.srt", Subtitle{Language: "zh-Hant", Name: "Chinese (traditional)"}},
		{".chs.srt", Subtitle{Language: "zh-Hans", Name: "Chinese (simplified)"}},
		{".zh-TW.srt", Subtitle{Language: "zh-TW", Name: "Chinese (Taiwan)"}},
		{".en-US.srt", Subtitle{Language: "en-US", Name: "English (US)"}},
		{".en.forced.srt", Subtitle{Language: "en", Name: "English (forced)", Forced: true}},
		{".forced.en.srt", Subtitle{Language: "en", Name: "English (forced)", Forced: true}},
		{".forced.srt", Subtitle{Name: "Subtitles (forced)", Forced: true}},
		{".en.sdh.srt", Subtitle{Language: "en", Name: "English (SDH)", Impaired: true}},
		{".en.cc.srt", Subtitle{Language: "en", Name: "English (SDH)", Impaired: true}},
		{".en.hi.srt", Subtitle{Language: "en", Name: "English (SDH)", Impaired: true}},
		{".hi.srt", Subtitle{Language: "hi", Name: "Hindi"}},
		{".hin.srt", Subtitle{Language: "hi", Name: "Hindi"}},
		{".en.default.srt", Subtitle{Language: "en", Name: "English"}},
		{".en.forced.sdh.srt", Subtitle{Language: "en", Name: "English (forced, SDH)", Forced: true, Impaired: true}},
		{".Director's commentary.en.srt", Subtitle{Language: "en", Name: "English (Director's commentary)"}},
		{".Songs.ass", Subtitle{Name: "Songs"}},
		{".xx.srt", Subtitle{Name: "xx"}},
		{".en.2.srt", Subtitle{Language: "en", Name: "English (2)"}},
		{"", Subtitle{Name: "Subtitles"}},
	}
	for _, row := range rows {
		if got := ParseSubtitle(row.rest); got != row.want {
			t.Errorf("ParseSubtitle(%q)\n got %+v\nwant %+v", row.rest, got, row.want)
		}
	}
}

func TestLanguagesAreToldApart(t *testing.T) {
	seen := map[string]string{}
	for _, l := range languages() {
		for _, word := range []string{l.tag, l.name, l.own} {
			if word == "" {
				continue
			}
			if other, ok := seen[word]; ok {
				t.Errorf("%q is %s and %s", word, other, l.name)
			}
			seen[word] = l.name
		}
	}
}
