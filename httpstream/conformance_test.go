package httpstream

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"localcast/bridge/media"
)

// exchange is a request for a file of 10,000 bytes, and its answer. All sections are of RFC 9110.
type exchange struct {
	about string
	// request is "METHOD" and its fields, each on a line after "|". {etag} and {date} stand for the file's validators, {before}
	// and {after} for a date a day before and after it.
	request string
	// want is the status, then what the body holds: "all", "nothing", or ranges.
	want string
	// nginx is what nginx 1.22 answers where that is something else, then why ours is right too.
	nginx string
}

func exchanges() []exchange {
	const malformed = "; a server may ignore or reject what is malformed (14.2), and 416 lets the client see its mistake"
	return []exchange{
		// 9.3: methods.
		{"the whole", "GET", "200 all", ""},
		{"HEAD tells of the whole", "HEAD", "200 nothing", ""},
		{"HEAD ignores Range, which only GET defines (14.2)", "HEAD|Range: bytes=0-4", "200 nothing",
			"206 nothing; a server must ignore Range with any other method than GET (14.2)"},
		{"HEAD ignores a Range that GET would refuse", "HEAD|Range: bytes=10000-", "200 nothing", "416 nothing; 14.2 as above"},
		{"HEAD obeys conditions", "HEAD|If-None-Match: {etag}", "304 nothing", ""},
		{"HEAD fails on conditions", `HEAD|If-Match: "other"`, "412 nothing", ""},
		{"POST is not allowed", "POST", "405 nothing", ""},
		{"PUT is not allowed", "PUT", "405 nothing", ""},
		{"DELETE is not allowed", "DELETE", "405 nothing", ""},
		{"PATCH is not allowed", "PATCH", "405 nothing", ""},
		{"a method nobody knows", "BREW", "405 nothing", ""},
		{"OPTIONS tells what is allowed (9.3.7)", "OPTIONS", "204 nothing", "405 nothing; OPTIONS is what CORS asks first"},

		// 14.1: ranges.
		{"the first five", "GET|Range: bytes=0-4", "206 0-4", ""},
		{"one byte", "GET|Range: bytes=0-0", "206 0-0", ""},
		{"the last byte", "GET|Range: bytes=9999-9999", "206 9999-9999", ""},
		{"an open range", "GET|Range: bytes=9000-", "206 9000-9999", ""},
		{"the whole as a range", "GET|Range: bytes=0-", "206 0-9999", ""},
		{"an end beyond the end", "GET|Range: bytes=9990-20000", "206 9990-9999", ""},
		{"a suffix", "GET|Range: bytes=-5", "206 9995-9999", ""},
		{"a suffix longer than the file", "GET|Range: bytes=-20000", "206 0-9999", ""},
		{"a suffix of nothing", "GET|Range: bytes=-0", "416 nothing", ""},
		{"the end before the start", "GET|Range: bytes=5-4", "416 nothing", ""},
		{"beyond the end", "GET|Range: bytes=10000-", "416 nothing", ""},
		{"far beyond the end", "GET|Range: bytes=20000-30000", "416 nothing", ""},
		{"an end that fits no integer", "GET|Range: bytes=0-99999999999999999999", "206 0-9999",
			"416 nothing; an end beyond the representation stands for its end (14.1.2), however it is written"},
		{"a start that fits no integer", "GET|Range: bytes=99999999999999999999-", "416 nothing", ""},
		{"a suffix that fits no integer", "GET|Range: bytes=-99999999999999999999", "206 0-9999",
			"416 nothing; a suffix longer than the representation is the representation (14.1.2)"},
		{"leading zeros", "GET|Range: bytes=000-004", "206 0-4", ""},
		{"units are case-insensitive (14.1)", "GET|Range: BYTES=0-4", "206 0-4", ""},
		{"another unit is ignored (14.2)", "GET|Range: items=0-4", "200 all", ""},
		{"no unit is ignored", "GET|Range: 0-4", "200 all", ""},
		{"spaces around the value", "GET|Range:    bytes=0-4   ", "206 0-4", ""},
		{"two ranges", "GET|Range: bytes=0-4,100-104", "206 0-4,100-104", ""},
		{"two ranges backwards", "GET|Range: bytes=100-104,0-4", "206 100-104,0-4", ""},
		{"three of every kind", "GET|Range: bytes=0-4,9000-9004,-5", "206 0-4,9000-9004,9995-9999", ""},
		{"next to each other", "GET|Range: bytes=0-4,5-9", "206 0-4,5-9", ""},
		{"spaces after commas", "GET|Range: bytes=0-4, 100-104", "206 0-4,100-104", ""},
		{"an empty element counts for nothing (5.6.1.2)", "GET|Range: bytes=0-4,,100-104", "206 0-4,100-104",
			"416 nothing; a recipient must ignore a reasonable number of empty elements (5.6.1.2)"},
		{"a comma at the end", "GET|Range: bytes=0-4,", "206 0-4", "416 nothing; 5.6.1.2 as above"},
		{"overlapping", "GET|Range: bytes=0-10,5-15", "200 all",
			"206 0-10,5-15; a server may ignore overlapping ranges (14.2), which only cost"},
		{"the same twice", "GET|Range: bytes=0-4,0-4", "200 all", "206 0-4,0-4; 14.2 as above"},
		{"eight", "GET|Range: bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14", "206 0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14", ""},
		{"nine", "GET|Range: bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16", "200 all",
			"206 0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16; a server may ignore many small ranges (14.2)"},
		{"one of two lies beyond the end", "GET|Range: bytes=0-4,20000-", "206 0-4", ""},
		{"both lie beyond the end", "GET|Range: bytes=20000-,30000-30001", "416 nothing", ""},
		{"no range", "GET|Range: bytes=", "416 nothing", "200 all" + malformed},
		{"only a dash", "GET|Range: bytes=-", "416 nothing", ""},
		{"no dash", "GET|Range: bytes=5", "416 nothing", ""},
		{"letters", "GET|Range: bytes=a-b", "416 nothing", ""},
		{"a sign", "GET|Range: bytes=+0-4", "416 nothing", ""},
		{"a good and a malformed one", "GET|Range: bytes=0-4,x", "416 nothing", ""},
		{"three numbers", "GET|Range: bytes=0-4-8", "416 nothing", ""},
		{"two fields", "GET|Range: bytes=0-4|Range: bytes=100-104", "416 nothing",
			"206 0-4; there may be one Range (5.3), and taking either of two is a guess"},

		// 13.1.1: If-Match.
		{"If-Match holds", "GET|If-Match: {etag}", "200 all", ""},
		{"If-Match fails", `GET|If-Match: "other"`, "412 nothing", ""},
		{"If-Match with any", "GET|If-Match: *", "200 all", ""},
		{"If-Match in a list", `GET|If-Match: "other", {etag}`, "200 all", ""},
		{"If-Match in two fields", `GET|If-Match: "other"|If-Match: {etag}`, "200 all",
			"400 nothing; a list may come in several fields (5.3)"},
		{"If-Match compares strongly", "GET|If-Match: W/{etag}", "412 nothing", ""},
		{"If-Match without quotes", "GET|If-Match: other", "412 nothing", ""},
		{"If-Match of nothing", "GET|If-Match:", "412 nothing", ""},
		{"If-Match holds, with a range", "GET|If-Match: {etag}|Range: bytes=0-4", "206 0-4", ""},
		{"If-Match fails, with a range", `GET|If-Match: "other"|Range: bytes=0-4`, "412 nothing", ""},
		{"a failed condition comes before a bad range (13.2.1)", `GET|If-Match: "other"|Range: bytes=10000-`, "412 nothing", ""},

		// 13.1.4: If-Unmodified-Since.
		{"If-Unmodified-Since its date", "GET|If-Unmodified-Since: {date}", "200 all", ""},
		{"If-Unmodified-Since later", "GET|If-Unmodified-Since: {after}", "200 all", ""},
		{"If-Unmodified-Since before", "GET|If-Unmodified-Since: {before}", "412 nothing", ""},
		{"If-Unmodified-Since with no date is ignored", "GET|If-Unmodified-Since: yesterday", "200 all",
			"412 nothing; a recipient must ignore what is no date (13.1.4)"},
		{"If-Match outweighs If-Unmodified-Since (13.2.2)", "GET|If-Match: {etag}|If-Unmodified-Since: {before}", "200 all",
			"412 nothing; a recipient must ignore If-Unmodified-Since beside If-Match (13.1.4)"},

		// 13.1.2: If-None-Match.
		{"If-None-Match its tag", "GET|If-None-Match: {etag}", "304 nothing", ""},
		{"If-None-Match another", `GET|If-None-Match: "other"`, "200 all", ""},
		{"If-None-Match any", "GET|If-None-Match: *", "304 nothing", ""},
		{"If-None-Match in a list", `GET|If-None-Match: "a", "b,c" , {etag}`, "304 nothing", ""},
		{"If-None-Match in two fields", `GET|If-None-Match: "other"|If-None-Match: {etag}`, "304 nothing",
			"400 nothing; a list may come in several fields (5.3)"},
		{"If-None-Match compares weakly", "GET|If-None-Match: W/{etag}", "304 nothing", ""},
		{"If-None-Match of what is malformed", "GET|If-None-Match: other", "200 all", ""},
		{"a match, with a range", "GET|If-None-Match: {etag}|Range: bytes=0-4", "304 nothing", ""},
		{"no match, with a range", `GET|If-None-Match: "other"|Range: bytes=0-4`, "206 0-4", ""},
		{"If-Match holds, then If-None-Match", "GET|If-Match: {etag}|If-None-Match: {etag}", "304 nothing", ""},

		// 13.1.3: If-Modified-Since.
		{"If-Modified-Since its date", "GET|If-Modified-Since: {date}", "304 nothing", ""},
		{"If-Modified-Since later", "GET|If-Modified-Since: {after}", "304 nothing",
			"200 all; the condition is false for any later date (13.1.3), and nginx compares exactly unless told otherwise"},
		{"If-Modified-Since before", "GET|If-Modified-Since: {before}", "200 all", ""},
		{"If-Modified-Since with no date is ignored", "GET|If-Modified-Since: yesterday", "200 all", ""},
		{"If-Modified-Since with two dates is ignored", "GET|If-Modified-Since: {date}|If-Modified-Since: {date}", "200 all",
			"400 nothing; a recipient must ignore what is not one date (13.1.3)"},
		{"If-None-Match outweighs If-Modified-Since (13.2.2)", `GET|If-None-Match: "other"|If-Modified-Since: {date}`, "200 all", ""},
		{"the date in the oldest form", "GET|If-Modified-Since: {asctime}", "304 nothing", ""},

		// 13.1.5: If-Range.
		{"If-Range its tag", "GET|Range: bytes=0-4|If-Range: {etag}", "206 0-4", ""},
		{"If-Range another", `GET|Range: bytes=0-4|If-Range: "other"`, "200 all", ""},
		{"If-Range compares strongly", "GET|Range: bytes=0-4|If-Range: W/{etag}", "200 all", ""},
		{"If-Range its date", "GET|Range: bytes=0-4|If-Range: {date}", "206 0-4", ""},
		{"If-Range a later date is no match", "GET|Range: bytes=0-4|If-Range: {after}", "200 all", ""},
		{"If-Range an earlier date", "GET|Range: bytes=0-4|If-Range: {before}", "200 all", ""},
		{"If-Range with what is neither", "GET|Range: bytes=0-4|If-Range: yesterday", "200 all", ""},
		{"If-Range takes no list", `GET|Range: bytes=0-4|If-Range: {etag}, "other"`, "200 all", ""},
		{"If-Range takes no *", "GET|Range: bytes=0-4|If-Range: *", "200 all", ""},
		{"If-Range that fails saves a bad range", `GET|Range: bytes=10000-|If-Range: "other"`, "200 all", ""},
		{"If-Range that holds does not", "GET|Range: bytes=10000-|If-Range: {etag}", "416 nothing", ""},
		{"If-Range without Range means nothing", `GET|If-Range: "other"`, "200 all", ""},
		{"If-Range with several ranges", "GET|Range: bytes=0-4,100-104|If-Range: {etag}", "206 0-4,100-104", ""},

		// More of the same, at the edges.
		{"the middle", "GET|Range: bytes=4000-4999", "206 4000-4999", ""},
		{"the last byte as a suffix", "GET|Range: bytes=-1", "206 9999-9999", ""},
		{"all but the first byte as a suffix", "GET|Range: bytes=-9999", "206 1-9999", ""},
		{"the whole as a suffix", "GET|Range: bytes=-10000", "206 0-9999", ""},
		{"an end one beyond the end", "GET|Range: bytes=0-10000", "206 0-9999", ""},
		{"an open range of the last byte", "GET|Range: bytes=9999-", "206 9999-9999", ""},
		{"a unit of mixed letters with a suffix", "GET|Range: bYtEs=-5", "206 9995-9999", ""},
		{"a space before the equals sign is another unit", "GET|Range: bytes =0-4", "200 all", ""},
		{"a space after it", "GET|Range: bytes= 0-4", "206 0-4", ""},
		{"spaces around a dash", "GET|Range: bytes=0 - 4", "416 nothing",
			"206 0-4; the grammar of a range has no spaces (14.1.1), and what is malformed may be rejected (14.2)"},
		{"only commas", "GET|Range: bytes=,,,", "416 nothing", ""},
		{"a suffix of nothing beside a good range", "GET|Range: bytes=0-4,-0", "206 0-4", ""},
		{"two units", "GET|Range: bytes=0-4,items=5-9", "416 nothing", ""},
		{"suffixes that overlap", "GET|Range: bytes=-5,-3", "200 all", "206 9995-9999,9997-9999; 14.2 as above"},
		{"a range and a suffix that overlap", "GET|Range: bytes=9990-,-3", "200 all", "206 9990-9999,9997-9999; 14.2 as above"},
		{"touching at the end", "GET|Range: bytes=9990-9994,-5", "206 9990-9994,9995-9999", ""},
		{"two, of which the second ends beyond the end", "GET|Range: bytes=0-0,9990-20000", "206 0-0,9990-9999", ""},

		{"If-None-Match holds off a bad range", "GET|If-None-Match: {etag}|Range: bytes=10000-", "304 nothing", ""},
		{"If-None-Match in a list with a weak one", `GET|If-None-Match: "a", W/{etag}`, "304 nothing", ""},
		{"If-None-Match of nothing", "GET|If-None-Match:", "200 all", ""},
		{"If-None-Match of a tag without its end", `GET|If-None-Match: "other`, "200 all", ""},
		{"If-Match of a tag without its end", `GET|If-Match: "other`, "412 nothing", ""},
		{"If-Match any, with a range", "GET|If-Match: *|Range: bytes=0-4", "206 0-4", ""},
		{"If-Match any is no member of a list", `GET|If-Match: "other", *`, "412 nothing", ""},
		{"If-Modified-Since its date, with a range", "GET|If-Modified-Since: {date}|Range: bytes=0-4", "304 nothing", ""},
		{"If-Modified-Since before, with a range", "GET|If-Modified-Since: {before}|Range: bytes=0-4", "206 0-4", ""},
		{"If-Modified-Since in the form of RFC 850", "GET|If-Modified-Since: {rfc850}", "304 nothing", ""},
		{"If-Unmodified-Since before, with a range", "GET|If-Unmodified-Since: {before}|Range: bytes=0-4", "412 nothing", ""},
		{"If-Unmodified-Since later, with a range", "GET|If-Unmodified-Since: {after}|Range: bytes=0-4", "206 0-4", ""},
		{"If-Unmodified-Since in the oldest form", "GET|If-Unmodified-Since: {asctime}", "200 all", ""},
		{"If-Unmodified-Since holds, then If-Modified-Since", "GET|If-Unmodified-Since: {date}|If-Modified-Since: {date}", "304 nothing", ""},
		{"If-Range its date in the oldest form", "GET|Range: bytes=0-4|If-Range: {asctime}", "206 0-4", ""},
		{"If-Range and If-Match hold", "GET|Range: bytes=0-4|If-Range: {etag}|If-Match: {etag}", "206 0-4", ""},
		{"If-None-Match comes before If-Range", "GET|Range: bytes=0-4|If-Range: {etag}|If-None-Match: {etag}", "304 nothing", ""},
		{"HEAD with If-Modified-Since", "HEAD|If-Modified-Since: {date}", "304 nothing", ""},
		{"HEAD with If-Unmodified-Since", "HEAD|If-Unmodified-Since: {before}", "412 nothing", ""},
		{"HEAD with If-Match", "HEAD|If-Match: {etag}", "200 nothing", ""},
		{"HEAD with If-None-Match any", "HEAD|If-None-Match: *", "304 nothing", ""},
		{"HEAD ignores If-Range as it ignores Range", `HEAD|Range: bytes=0-4|If-Range: "other"`, "200 nothing", ""},
	}
}

// subject is a server of the file.
type subject struct {
	url       string
	etag      string
	modified  time.Time
	content   []byte
	mediaType string
}

// newSubject asks the server for the validators that the table's requests stand for.
func newSubject(t *testing.T, url string, content []byte, modified time.Time) subject {
	t.Helper()
	s := subject{url: url, content: content, modified: modified, mediaType: "video/mp4"}
	h := s.ask(t, "HEAD").Header
	s.etag = h.Get("ETag")
	if !strings.HasPrefix(s.etag, `"`) || h.Get("Last-Modified") != modified.UTC().Format(http.TimeFormat) {
		t.Fatalf("%s tells %v", url, h)
	}
	return s
}

// ask sends a request of the table and returns the answer with its body read.
func (s subject) ask(t *testing.T, request string) *http.Response {
	t.Helper()
	date := func(t time.Time) string { return t.UTC().Format(http.TimeFormat) }
	request = strings.NewReplacer("{etag}", s.etag, "{date}", date(s.modified), "{asctime}", s.modified.UTC().Format(time.ANSIC),
		"{rfc850}", s.modified.UTC().Format("Monday, 02-Jan-06 15:04:05 GMT"),
		"{before}", date(s.modified.AddDate(0, 0, -1)), "{after}", date(s.modified.AddDate(0, 0, 1))).Replace(request)
	lines := strings.Split(request, "|")
	r, err := http.NewRequestWithContext(t.Context(), lines[0], s.url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines[1:] {
		field, value, _ := strings.Cut(l, ":")
		r.Header[field] = append(r.Header[field], strings.TrimPrefix(value, " "))
	}
	resp, err := client(t).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp
}

// describe returns an answer in the table's words. An answer that contradicts itself is described as wrong.
func (s subject) describe(t *testing.T, resp *http.Response) string {
	t.Helper()
	body, _ := io.ReadAll(resp.Body)
	size := len(s.content)
	h := resp.Header
	held := "nothing"
	switch {
	case resp.StatusCode == 416 && h.Get("Content-Range") != fmt.Sprintf("bytes */%d", size):
		held = "a wrong Content-Range " + h.Get("Content-Range")
	case resp.StatusCode == 405 && h.Get("Allow") == "" && h.Get("Server") == "": // nginx names itself, and breaks 15.5.6
		held = "no Allow"
	case resp.Request.Method == "HEAD" && resp.StatusCode == 200 && h.Get("Content-Length") != strconv.Itoa(size):
		held = "a wrong Content-Length " + h.Get("Content-Length")
	case resp.Request.Method == "HEAD":
	case resp.StatusCode == 200 && bytes.Equal(body, s.content):
		held = "all"
	case resp.StatusCode == 200 || resp.StatusCode == 304 && len(body) > 0:
		held = fmt.Sprintf("%d wrong bytes", len(body))
	case resp.StatusCode == 206:
		held = s.ranges(resp, body)
	}
	return strconv.Itoa(resp.StatusCode) + " " + held
}

// ranges returns the ranges that a 206 holds, each compared with the file.
func (s subject) ranges(resp *http.Response, body []byte) string {
	kind, params, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil {
		return err.Error()
	}
	if kind != "multipart/byteranges" {
		return s.oneRange(resp.Header, body)
	}
	var held []string
	parts := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for {
		p, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return strings.Join(held, ",")
		}
		if err != nil {
			return err.Error()
		}
		b, err := io.ReadAll(p)
		if err != nil {
			return err.Error()
		}
		held = append(held, s.oneRange(http.Header(p.Header), b))
	}
}

func (s subject) oneRange(h http.Header, body []byte) string {
	var first, last, size int
	if _, err := fmt.Sscanf(h.Get("Content-Range"), "bytes %d-%d/%d", &first, &last, &size); err != nil {
		return "no range: " + err.Error()
	}
	if size != len(s.content) || last >= size || first > last || !bytes.Equal(body, s.content[first:last+1]) {
		return fmt.Sprintf("%d wrong bytes for %s", len(body), h.Get("Content-Range"))
	}
	if h.Get("Content-Type") != s.mediaType {
		return "the type " + h.Get("Content-Type")
	}
	return fmt.Sprintf("%d-%d", first, last)
}

// fixture is the file of the table: no five bytes of it are the same.
func fixture() (content []byte, modified time.Time) {
	for i := 0; len(content) < 10_000; i++ {
		content = fmt.Appendf(content, "%05d", i)
	}
	return content, time.Date(2024, 2, 29, 12, 34, 56, 789_000_000, time.UTC)
}

func TestConformance(t *testing.T) {
	content, modified := fixture()
	files := newShelf(t)
	item := files.put(t, media.Item{ID: film, ContentType: "video/mp4"}, content)
	if err := os.Chtimes(files.path(film), modified, modified); err != nil {
		t.Fatal(err)
	}
	s := start(t, Config{}, files)
	ours := newSubject(t, mediaURL(t, s, item), content, modified)
	for _, row := range exchanges() {
		t.Run(row.about, func(t *testing.T) {
			resp := ours.ask(t, row.request)
			if got := ours.describe(t, resp); got != row.want {
				t.Errorf("%s: got %s, want %s", row.request, got, row.want)
			}
			h := resp.Header
			if h.Get("Access-Control-Allow-Origin") != "*" || h.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s: the answer lacks what every answer has: %v", row.request, h)
			}
			if c := resp.StatusCode; (c == 200 || c == 206 || c == 304) && h.Get("ETag") != ours.etag {
				t.Errorf("%s: ETag is %q, want %q", row.request, h.Get("ETag"), ours.etag)
			}
			if c := resp.StatusCode; c == 200 || c == 206 {
				ours.checkHeaders(t, row.request, resp)
			}
			if resp.StatusCode >= 400 && h.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: an error that may be kept: %v", row.request, h)
			}
		})
	}
}

// checkHeaders looks at what each answer with content has.
func (s subject) checkHeaders(t *testing.T, request string, resp *http.Response) {
	t.Helper()
	h := resp.Header
	if h.Get("Accept-Ranges") != "bytes" || h.Get("Last-Modified") != s.modified.UTC().Format(http.TimeFormat) {
		t.Errorf("%s: %v", request, h)
	}
	if kind := h.Get("Content-Type"); kind != s.mediaType && !strings.HasPrefix(kind, "multipart/byteranges; boundary=") {
		t.Errorf("%s: Content-Type is %q", request, kind)
	}
	if h.Get("Content-Length") == "" || resp.TransferEncoding != nil || h.Get("Content-Encoding") != "" {
		t.Errorf("%s: the length is not told, or is not the file's: %v, %v", request, h, resp.TransferEncoding)
	}
	if several := strings.HasPrefix(h.Get("Content-Type"), "multipart"); (h.Get("Content-Range") != "") != (resp.StatusCode == 206 && !several) {
		t.Errorf("%s: Content-Range is %q", request, h.Get("Content-Range"))
	}
}

func TestConformanceBesideNginx(t *testing.T) {
	nginx := peer(t, "nginx")
	content, modified := fixture()
	theirs := newSubject(t, startNginx(t, nginx, content, modified), content, modified)
	for _, row := range exchanges() {
		t.Run(row.about, func(t *testing.T) {
			want, reason, differs := strings.Cut(row.nginx, "; ")
			if !differs {
				want = row.want
			} else if want == row.want || reason == "" {
				t.Errorf("the row tells no difference: %q", row.nginx)
			}
			if got := theirs.describe(t, theirs.ask(t, row.request)); got != want {
				t.Errorf("%s: nginx answers %s, want %s", row.request, got, want)
			}
		})
	}
}

// startNginx serves the file with nginx until the test ends, and returns its address.
func startNginx(t *testing.T, nginx string, content []byte, modified time.Time) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil { // for nginx's own user
		t.Fatal(err)
	}
	file := filepath.Join(dir, "film.mp4")
	if err := os.WriteFile(file, content, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(file, modified, modified); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	// nginx is handed the open port, as it hands it to itself in an upgrade.
	socket, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	conf := fmt.Sprintf(`daemon off; worker_processes 1; pid %[1]s/pid; error_log stderr;
events {}
http {
	access_log off; sendfile on; types { video/mp4 mp4; }
	client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;
	server { listen %[2]s; root %[1]s; }
}
`, dir, addr)
	if err := os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(nginx, "-p", dir, "-e", "stderr", "-c", filepath.Join(dir, "nginx.conf"))
	cmd.ExtraFiles = []*os.File{socket}
	cmd.Env = append(os.Environ(), "NGINX=3;")
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	socket.Close()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it ends its worker, which a kill would leave behind
		_ = cmd.Wait()
		if t.Failed() && log.Len() > 0 {
			t.Logf("nginx: %s", log.String())
		}
	})
	return "http://" + addr + "/film.mp4"
}

// peer returns the path of an external program, and skips the test where it is not installed.
func peer(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		if os.Getenv("LOCALCAST_REQUIRE_PEERS") != "" {
			t.Fatalf("%s is required here and not installed", program)
		}
		t.Skipf("%s is not installed", program)
	}
	return path
}
