package httpstream

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"localcast/bridge/media"
)

// The kinds of address that carry a token; each is also the first segment of its path.
const (
	mediaKind    = "m"
	artworkKind  = "art"
	subtitleKind = "subs"
)

// neutral is the id of the picture for what has none.
const neutral media.ID = "none"

// macBytes is how much of the HMAC-SHA-256 a token carries.
const macBytes = 16

// signer makes and checks the tokens of addresses: fields joined by dots, the last of them a MAC over the kind and all the
// others. A token is good for what it names and for nothing else, so it is as secret as what it opens.
type signer struct{ key []byte }

// media returns the token that lets peer read an item until expiry.
func (s signer) media(id media.ID, peer string, expiry time.Time) string {
	return s.sign(mediaKind, string(id), peer, strconv.FormatInt(expiry.Unix(), 10))
}

// subtitles returns the token that lets peer read a text track of an item until expiry.
func (s signer) subtitles(id media.ID, track int, peer string, expiry time.Time) string {
	return s.sign(subtitleKind, string(id), strconv.Itoa(track), peer, strconv.FormatInt(expiry.Unix(), 10))
}

// artwork returns the token of an item's picture. It never expires.
func (s signer) artwork(id media.ID) string { return s.sign(artworkKind, string(id)) }

// peer returns the tag by which tokens name a device without telling which it is.
func (s signer) peer(device string) string {
	tag := base32.StdEncoding.EncodeToString(s.sum("peer", device)[:5])
	return strings.ToLower(tag)
}

// readMedia returns what a media token names; ok is false for one that is forged or damaged. Whether it has expired is the
// caller's question.
func (s signer) readMedia(token string) (id media.ID, peer string, expiry time.Time, ok bool) {
	fields, ok := s.verify(mediaKind, token, 3)
	if !ok {
		return "", "", time.Time{}, false
	}
	seconds, err := strconv.ParseInt(fields[2], 10, 64)
	return media.ID(fields[0]), fields[1], time.Unix(seconds, 0), err == nil
}

// readSubtitles returns what a token for subtitles names; ok is false for one that is forged or damaged. Whether it has
// expired is the caller's question.
func (s signer) readSubtitles(token string) (id media.ID, track int, expiry time.Time, ok bool) {
	fields, ok := s.verify(subtitleKind, token, 4)
	if !ok {
		return "", 0, time.Time{}, false
	}
	track, err := strconv.Atoi(fields[1])
	seconds, err2 := strconv.ParseInt(fields[3], 10, 64)
	return media.ID(fields[0]), track, time.Unix(seconds, 0), err == nil && err2 == nil
}

// readArtwork returns what an artwork token names; ok is false for one that is forged or damaged.
func (s signer) readArtwork(token string) (id media.ID, ok bool) {
	fields, ok := s.verify(artworkKind, token, 1)
	if !ok {
		return "", false
	}
	return media.ID(fields[0]), true
}

func (s signer) sign(kind string, fields ...string) string {
	return strings.Join(fields, ".") + "." + s.mac(kind, fields)
}

// verify takes the same time for every wrong MAC, so that none can be guessed piece by piece.
func (s signer) verify(kind, token string, count int) (fields []string, ok bool) {
	const longest = 256
	if len(token) > longest {
		return nil, false
	}
	fields = strings.Split(token, ".")
	if len(fields) != count+1 {
		return nil, false
	}
	fields, mac := fields[:count], fields[count]
	return fields, hmac.Equal([]byte(mac), []byte(s.mac(kind, fields)))
}

func (s signer) mac(kind string, fields []string) string {
	return base64.RawURLEncoding.EncodeToString(s.sum(kind, fields...)[:macBytes])
}

// sum ends each word with a zero byte, which no word that is signed holds, so that no two lists have the same sum.
func (s signer) sum(kind string, words ...string) []byte {
	text := append(make([]byte, 0, 128), kind...)
	for _, w := range words {
		text = append(append(text, 0), w...)
	}
	h := hmac.New(sha256.New, s.key)
	h.Write(append(text, 0))
	return h.Sum(nil)
}

// redact returns a path without the MACs of its tokens, for logs.
func redact(path string) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		if dot := strings.LastIndexByte(s, '.'); i == 2 && dot >= 0 {
			segments[i] = s[:dot] + ".***"
		}
	}
	return strings.Join(segments, "/")
}
