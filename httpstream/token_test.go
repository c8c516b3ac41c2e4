package httpstream

import (
	"strings"
	"testing"
	"time"

	"localcast/bridge/media"
)

func TestOnlyWhatWasSignedIsRead(t *testing.T) {
	s := signer{[]byte("0123456789abcdef0123456789abcdef")}
	expiry := time.Unix(1_800_000_000, 0)
	good := s.media(film, "peertag1", expiry)
	fields := strings.Split(good, ".")
	mac := fields[3]
	join := func(f ...string) string { return strings.Join(f, ".") }
	other := signer{[]byte("another key of thirty-two bytes.")}

	if id, peer, e, ok := s.readMedia(good); id != film || peer != "peertag1" || !e.Equal(expiry) || !ok {
		t.Fatalf("readMedia(%q) = %q, %q, %v, %v", good, id, peer, e, ok)
	}
	if id, ok := s.readArtwork(s.artwork(neutral)); id != neutral || !ok {
		t.Fatalf("readArtwork = %q, %v", id, ok)
	}
	rows := []struct{ about, token string }{
		{"nothing", ""},
		{"only dots", "..."},
		{"another item", join("bbbbbbbbbb", fields[1], fields[2], mac)},
		{"another peer", join(fields[0], "peertag2", fields[2], mac)},
		{"a later end", join(fields[0], fields[1], "1900000000", mac)},
		{"the end written otherwise", join(fields[0], fields[1], "0"+fields[2], mac)},
		{"two fields swapped", join(fields[1], fields[0], fields[2], mac)},
		{"zero bytes for dots", join(fields[0]+"\x00"+fields[1], fields[2], "", mac)},
		{"no MAC", join(fields[0], fields[1], fields[2], "")},
		{"a field is missing", join(fields[0], fields[1], mac)},
		{"a field too many", good + "." + mac},
		{"a shorter MAC", good[:len(good)-1]},
		{"a longer MAC", good + "A"},
		{"the MAC with padding", good + "=="},
		{"the MAC in another case", join(fields[0], fields[1], fields[2], swapCase(mac))},
		{"the last bits of the MAC, which carry nothing", good[:len(good)-1] + string(mac[len(mac)-1]^1)},
		{"of another key", other.media(film, "peertag1", expiry)},
		{"a token for artwork", s.artwork(film)},
		{"a token for subtitles", s.subtitles(film, 1, "peertag1", expiry)},
		{"of another kind with the same fields", s.sign("subs", fields[0], fields[1], fields[2])},
		{"a very long one", strings.Repeat("a", 1<<16)},
	}
	for _, row := range rows {
		t.Run(row.about, func(t *testing.T) {
			if id, peer, _, ok := s.readMedia(row.token); ok {
				t.Errorf("readMedia(%.200q) = %q, %q, ok", row.token, id, peer)
			}
		})
	}
	if _, ok := s.readArtwork(good); ok {
		t.Error("a token for media opens artwork")
	}
	subs := s.subtitles(film, 3, "peertag1", expiry)
	if id, track, e, ok := s.readSubtitles(subs); id != film || track != 3 || !e.Equal(expiry) || !ok {
		t.Errorf("readSubtitles(%q) = %q, %d, %v, %v", subs, id, track, e, ok)
	}
	for _, token := range []string{good, "", s.artwork(film), strings.Replace(subs, ".3.", ".4.", 1), subs + "A", strings.Replace(subs, "peertag1", "peertag2", 1)} {
		if _, _, _, ok := s.readSubtitles(token); ok {
			t.Errorf("readSubtitles(%q) is ok", token)
		}
	}
}

func swapCase(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r - 'a' + 'A'
		}
		if r >= 'A' && r <= 'Z' {
			return r - 'A' + 'a'
		}
		return r
	}, s)
}

func TestThePeerTagTellsNothing(t *testing.T) {
	a, b := signer{[]byte("one")}, signer{[]byte("two")}
	if tag := a.peer("kitchen"); len(tag) != 8 || tag != a.peer("kitchen") || tag == a.peer("bedroom") || tag == b.peer("kitchen") {
		t.Errorf("the tag %q is not of this device and key alone", tag)
	}
}

func TestLogsShowNoMAC(t *testing.T) {
	for path, want := range map[string]string{
		"/m/abcdefghij.peer.1800.secret/film.mp4": "/m/abcdefghij.peer.1800.***/film.mp4",
		"/art/none.secret/none.jpg":               "/art/none.***/none.jpg",
		"/healthz":                                "/healthz",
		"/m/secret":                               "/m/secret", // that is no token
		"":                                        "",
	} {
		if got := redact(path); got != want {
			t.Errorf("redact(%q) = %q, want %q", path, got, want)
		}
	}
}

func FuzzReadMedia(f *testing.F) {
	s := signer{[]byte("0123456789abcdef0123456789abcdef")}
	f.Add(s.media(film, "peertag1", time.Unix(1_800_000_000, 0)))
	f.Add("...")
	f.Add("a.b.c.d")
	f.Fuzz(func(t *testing.T, token string) {
		id, peer, expiry, ok := s.readMedia(token)
		// A token that is read is exactly the one that is written.
		if ok && s.media(id, peer, expiry) != token {
			t.Fatalf("%q is read as %q, %q, %v", token, id, peer, expiry)
		}
		if id, ok := s.readArtwork(token); ok && s.artwork(id) != token {
			t.Fatalf("%q is read as %q", token, id)
		}
	})
}

func TestTheKeyOutlivesTheProgram(t *testing.T) {
	dir := t.TempDir()
	item := media.Item{ID: film}
	before := start(t, Config{DataDir: dir}, newShelf(t)).Artwork(media.Item{ID: film, HasArtwork: true}, "")
	after := start(t, Config{DataDir: dir}, newShelf(t))
	token := strings.Split(before, "/")[4]
	if id, ok := after.signer.readArtwork(token); id != item.ID || !ok {
		t.Errorf("%q is not read after a restart", before)
	}
}
