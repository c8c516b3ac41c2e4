package webvtt

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	utf "golang.org/x/text/encoding/unicode"
)

func TestConvert(t *testing.T) {
	const script = "[Script Info]\nTitle: x\n\n[V4+ Styles]\nFormat: Name, Fontname, Alignment\nStyle: Default,Arial,2\nStyle: Sign,Arial,8\n\n" +
		"[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
	line := func(start, end, style, text string) string {
		return "Dialogue: 0," + start + "," + end + "," + style + ",,0,0,0,," + text + "\n"
	}
	rows := []struct{ about, in, want string }{
		{"SubRip", "1\n00:00:01,000 --> 00:00:02,500\nHello\nworld\n\n2\n00:00:03,000 --> 00:00:04,000\nBye\n",
			"00:00:01.000 --> 00:00:02.500\nHello\nworld\n\n00:00:03.000 --> 00:00:04.000\nBye\n\n"},
		{"lines of Windows, and of old Macs", "1\r\n00:00:01,000 --> 00:00:02,000\r\nA\r\n\r\n2\r00:00:03,000 --> 00:00:04,000\rB\r",
			"00:00:01.000 --> 00:00:02.000\nA\n\n00:00:03.000 --> 00:00:04.000\nB\n\n"},
		{"without numbers, dots for commas", "00:00:01.000 --> 00:00:02.000\nA\n\n00:00:03.000 --> 00:00:04.000\nB\n",
			"00:00:01.000 --> 00:00:02.000\nA\n\n00:00:03.000 --> 00:00:04.000\nB\n\n"},
		{"italic, bold, underlined; a colour is left out",
			"1\n0:0:1,0 --> 0:0:2,0\n<i>A</i> <b>B</b> <u>C</u> <font color=\"#ff0000\">D</font>\n",
			"00:00:01.000 --> 00:00:02.000\n<i>A</i> <b>B</b> <u>C</u> D\n\n"},
		{"what WebVTT would take for its own", "1\n00:00:01,000 --> 00:00:02,000\nTom & Jerry 1 < 2\n",
			"00:00:01.000 --> 00:00:02.000\nTom &amp; Jerry 1 &lt; 2\n\n"},
		{"a place above", "1\n00:00:01,000 --> 00:00:02,000\n{\\an8}Sign\n", "00:00:01.000 --> 00:00:02.000 line:0\nSign\n\n"},
		{"coordinates behind the times", "1\n00:00:01,000 --> 00:00:02,000 X1:1 X2:2\nA\n", "00:00:01.000 --> 00:00:02.000\nA\n\n"},
		{"a time that makes no sense costs its text",
			"1\n00:00:01,000 --> 00:00:02,000\nA\n\n2\nnow --> then\nB\n\n3\n00:00:05,000 -->\nC\n\n4\n00:00:07,000 --> 00:00:08,000\nD\n",
			"00:00:01.000 --> 00:00:02.000\nA\n\n00:00:07.000 --> 00:00:08.000\nD\n\n"},
		{"an end before its beginning, an empty text", "1\n00:00:03,000 --> 00:00:02,000\nA\n\n2\n00:00:04,000 --> 00:00:05,000\n\n\n3\n00:00:06,000 --> 00:00:07,000\nC\n",
			"00:00:06.000 --> 00:00:07.000\nC\n\n"},
		{"not in order", "1\n00:00:05,000 --> 00:00:06,000\nB\n\n2\n00:00:01,000 --> 00:00:02,000\nA\n",
			"00:00:01.000 --> 00:00:02.000\nA\n\n00:00:05.000 --> 00:00:06.000\nB\n\n"},
		{"a script", script + line("0:00:01.50", "0:00:02.50", "Default", `{\i1}Hello,{\i0} world\NBye`),
			"00:00:01.500 --> 00:00:02.500\n<i>Hello,</i> world\nBye\n\n"},
		{"a script's places", script + line("0:00:01.00", "0:00:02.00", "Sign", "A") + line("0:00:03.00", "0:00:04.00", "Default", `{\an5}B`) +
			line("0:00:05.00", "0:00:06.00", "Default", `{\a6}C`) + line("0:00:07.00", "0:00:08.00", "Sign", `{\an1}D`),
			"00:00:01.000 --> 00:00:02.000 line:0\nA\n\n00:00:03.000 --> 00:00:04.000 line:50%\nB\n\n" +
				"00:00:05.000 --> 00:00:06.000 line:0\nC\n\n00:00:07.000 --> 00:00:08.000 align:start\nD\n\n"},
		{"a script's drawings, effects and comments", script + line("0:00:01.00", "0:00:02.00", "Default", `{\p1}m 0 0 l 10 10{\p0}`) +
			"Comment: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,not this\n" +
			line("0:00:03.00", "0:00:04.00", "Default", `{\pos(10,10)\bord2\blur3\alpha&H00&\fad(1,2)}A\hB`),
			"00:00:03.000 --> 00:00:04.000\nA\u00a0B\n\n"},
		{"a script's animation becomes one", script + line("0:00:01.00", "0:00:01.04", "Default", `{\pos(1,1)}A`) +
			line("0:00:01.04", "0:00:01.08", "Default", `{\pos(2,2)}A`) + line("0:00:05.00", "0:00:06.00", "Default", "A"),
			"00:00:01.000 --> 00:00:01.080\nA\n\n00:00:05.000 --> 00:00:06.000\nA\n\n"},
		{"a script without a format, with a broken line", "[Events]\nDialogue: broken\n" + line("0:00:01.00", "0:00:02.00", "Default", "A"),
			"00:00:01.000 --> 00:00:02.000\nA\n\n"},
		{"a script's broken line beside good ones", script + line("0:00:01.00", "0:00:02.00", "Default", "A") + "Dialogue: broken\n" +
			line("0:00:03.00", "0:00:04.00", "Default", "B"),
			"00:00:01.000 --> 00:00:02.000\nA\n\n00:00:03.000 --> 00:00:04.000\nB\n\n"},
		{"a script whose styles cannot be read", "[V4+ Styles]\nFormat: Name, Fontsize\nStyle: Default\n[Events]\n" + line("0:00:01.00", "0:00:02.00", "Default", "A"),
			"00:00:01.000 --> 00:00:02.000\nA\n\n"},
	}
	for _, row := range rows {
		t.Run(row.about, func(t *testing.T) {
			got, err := Convert(t.Context(), []byte(row.in), "")
			if err != nil || string(got) != "WEBVTT\n\n"+row.want {
				t.Errorf("%v\n got %q\nwant %q", err, got, "WEBVTT\n\n"+row.want)
			}
		})
	}
}

func TestWebVTTStaysAsItIs(t *testing.T) {
	const in = "WEBVTT - a film\n\nSTYLE\n::cue { color: red }\n\nfirst\n00:01.000 --> 00:02.000 line:10%\n<v Roger>Hello\n"
	for about, data := range map[string]string{"as it is": in, "with a mark": "\xef\xbb\xbf" + in, "lines of Windows": strings.ReplaceAll(in, "\n", "\r\n")} {
		if got, err := Convert(t.Context(), []byte(data), ""); err != nil || string(got) != in {
			t.Errorf("%s: %v\n got %q", about, err, got)
		}
	}
}

func TestWhatIsNoSubtitles(t *testing.T) {
	for about, data := range map[string]string{
		"nothing": "", "text": "Hello\nworld\n", "other text": "WEBVTTX\n", "a picture": "\x89PNG\r\n\x1a\n\x00\x00", "arrows without times": "a --> b\n",
		"a script without lines": "[Script Info]\n[Events]\n", "too much": strings.Repeat(" ", MaxBytes+1),
	} {
		if got, err := Convert(t.Context(), []byte(data), "en"); !errors.Is(err, ErrUnknown) {
			t.Errorf("%s: %.40q, %v", about, got, err)
		}
	}
}

func TestAnEndedContextEndsTheWork(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Convert(ctx, srt(10), ""); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// srt is a SubRip file of n cues.
func srt(n int) []byte {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%d\n%02d:%02d:%02d,000 --> %02d:%02d:%02d,900\nLine %d of many\nthat are said\n\n",
			i+1, i/3600, i/60%60, i%60, i/3600, i/60%60, i%60, i)
	}
	return []byte(b.String())
}

// TestManyCues: what is read in parts is read whole.
func TestManyCues(t *testing.T) {
	n := 3*chunkCues + 7
	got, err := Convert(t.Context(), srt(n), "")
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		want := fmt.Sprintf("%02d:%02d:%02d.000 --> %02d:%02d:%02d.900\nLine %d of many\nthat are said\n\n", i/3600, i/60%60, i%60, i/3600, i/60%60, i%60, i)
		if !strings.Contains(string(got), want) {
			t.Fatalf("cue %d is not there", i)
		}
	}
}

// TestEncodings: sentences as they stand in subtitles, in the encodings that their languages had before Unicode.
func TestEncodings(t *testing.T) {
	rows := []struct {
		language string
		encoding encoding.Encoding
		text     string
	}{
		{"en", charmap.Windows1252, "He said: “It’s a café…”"},
		{"de", charmap.Windows1252, "Wir müssen größere Wäsche waschen, über Österreich."},
		{"fr", charmap.Windows1252, "Où êtes-vous allé cet été, garçon ?"},
		{"es", charmap.Windows1252, "¿Qué mañana? ¡Año nuevo, corazón!"},
		{"pl", charmap.Windows1250, "Proszę pana, nie wiem, gdzie on jest. Dziękuję, że już jesteś tutaj, mój przyjacielu."},
		{"cs", charmap.Windows1250, "Nevím, kde je. Děkuji, že jsi přišel, můj příteli, a zítra se uvidíme."},
		{"hu", charmap.Windows1250, "Nem tudom, hol van. Köszönöm, hogy eljöttél, barátom, holnap ő is eljön velünk, nagyon szép idő lesz."},
		{"tr", charmap.Windows1254, "Şimdi gidiyoruz, değil mi? Burada kalamam, arkadaşım, çabuk ol, kapıyı kapat."},
		{"lt", charmap.Windows1257, "Nežinau, kur jis yra. Ačiū, kad atėjai, mano drauge, rytoj pasimatysime."},
		{"vi", charmap.Windows1258, "Tôi không biêt đâu, anh đi đi, cô ây nói thê."},
		{"ru", charmap.Windows1251, "Привет, как дела? Я хочу домой, и ты тоже."},
		{"ru", charmap.KOI8R, "Привет, как дела? Я хочу домой, и ты тоже."},
		{"uk", charmap.Windows1251, "Привіт, як справи? Я хочу додому, і ти теж."},
		{"el", charmap.Windows1253, "Γεια σου, τι κάνεις; Θέλω να πάω στο σπίτι μου τώρα."},
		{"he", charmap.Windows1255, "שלום, מה שלומך? אני רוצה ללכת הביתה עכשיו."},
		{"ar", charmap.Windows1256, "مرحبا، كيف حالك؟ أريد أن أذهب إلى البيت الآن."},
		{"th", charmap.Windows874, "สวัสดีครับ คุณสบายดีไหม ผมอยากกลับบ้านแล้ว"},
		{"ja", japanese.ShiftJIS, "こんにちは、お元気ですか。家に帰りたいです。"},
		{"ja", japanese.EUCJP, "こんにちは、お元気ですか。家に帰りたいです。"},
		{"zh", simplifiedchinese.GB18030, "你好，我们现在要回家了。你不知道他在哪里吗？"},
		{"zh", traditionalchinese.Big5, "你好，我們現在要回家了。你不知道他在哪裡嗎？"},
		{"ko", korean.EUCKR, "안녕하세요, 지금 집에 가고 싶어요. 어디에 있나요?"},
		{"", utf.UTF16(utf.LittleEndian, utf.UseBOM), "Grüße, Γεια, Привет"},
		{"", utf.UTF16(utf.BigEndian, utf.UseBOM), "Grüße, Γεια, Привет"},
		{"", utf.UTF16(utf.LittleEndian, utf.IgnoreBOM), "Hello out there, my friend"},
		{"", utf.UTF16(utf.BigEndian, utf.IgnoreBOM), "Hello out there, my friend"},
		{"", utf.UTF8BOM, "Grüße, Γεια, Привет"},
	}
	for _, row := range rows {
		data, err := row.encoding.NewEncoder().String("1\n00:00:01,000 --> 00:00:02,000\n" + row.text + "\n")
		if err != nil {
			t.Fatalf("%s: %v", row.text, err)
		}
		// A name tells the language, or nothing, or one that nobody knows. Vietnamese takes some luck then.
		for _, language := range []string{row.language, "", "xx"} {
			if language != row.language && row.language == "vi" {
				continue
			}
			got := decode([]byte(data), language)
			if !strings.Contains(got, row.text) {
				t.Errorf("%s as %q: %q", row.language, language, got)
			}
		}
	}
}

func TestUTF8WithABrokenLetter(t *testing.T) {
	got := decode([]byte(strings.Repeat("Grüße ", 20)+"\xff!"), "de")
	if want := strings.Repeat("Grüße ", 20) + "\ufffd!"; got != want {
		t.Errorf("%q", got)
	}
}

var cueLine = regexp.MustCompile(`^\d{2,}:\d{2}:\d{2}\.\d{3} --> \d{2,}:\d{2}:\d{2}\.\d{3}( line:\d+%?)?( align:(start|end))?$`)

// FuzzConvert: whatever comes, what leaves is WebVTT, and no text is taken for times.
func FuzzConvert(f *testing.F) {
	f.Add([]byte("1\n00:00:01,000 --> 00:00:02,500\n<i>Hello {\\an8}\nworld\n"), "en")
	f.Add([]byte("[Script Info]\n[V4+ Styles]\nFormat: Name\nStyle: A\n[Events]\nFormat: Start, End, Text\nDialogue: 0:00:01.00,0:00:02.00,{\\i1}A\\NB\n"), "")
	f.Add([]byte("WEBVTT\n\n00:01.000 --> 00:02.000\nA\n"), "")
	f.Add([]byte("\xff\xfe1\x00\n\x000\x00:\x00"), "ru")
	f.Add([]byte("1\n0:0:1,0 --> \n\n-->\n"), "zh")
	f.Fuzz(func(t *testing.T, data []byte, language string) {
		out, err := Convert(t.Context(), data, language)
		if err != nil {
			return
		}
		text := string(out)
		if !utf8.ValidString(text) || !isVTT(text) {
			t.Fatalf("%q", text)
		}
		if isVTT(lines(decode(data, language))) {
			return
		}
		for line := range strings.Lines(text) {
			if strings.Contains(line, arrow) && !cueLine.MatchString(strings.TrimSuffix(line, "\n")) {
				t.Fatalf("a line of times is %q", line)
			}
		}
	})
}
