package library

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"localcast/bridge/library/index"
	"localcast/bridge/library/names"
	"localcast/bridge/media"
)

// maxList bounds a playlist file, in bytes; its entries are bounded by longestList.
const maxList = 4 << 20

// listEntry is what a playlist file names: a file as it is written there, or an address.
type listEntry struct {
	where    string
	title    string
	duration float64 // seconds; 0 is unknown
}

// errStream says that a file is the playlist of a stream (RFC 8216), whose parts are no items.
var errStream = errors.New("it is the playlist of a stream")

// readList reads a playlist file. The answer is never nil without an error.
func readList(f *os.File, size int64) ([]listEntry, error) {
	if size > maxList {
		return []listEntry{}, fmt.Errorf("a playlist of %d bytes; up to %d are read", size, maxList)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxList))
	if err != nil {
		return []listEntry{}, err
	}
	return parseList(data)
}

// parseList reads M3U and M3U8: a line for each entry, and before it what #EXTINF tells of it.
func parseList(data []byte) ([]listEntry, error) {
	out := []listEntry{}
	var next listEntry
	text := strings.ReplaceAll(names.Text(data), "\r", "\n")
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		switch info, isInfo := strings.CutPrefix(line, "#EXTINF:"); {
		case line == "":
		case strings.HasPrefix(line, "#EXT-X-"):
			return []listEntry{}, errStream
		case isInfo:
			next = listEntry{}
			length, title, _ := strings.Cut(info, ",")
			length, _, _ = strings.Cut(length, " ") // attributes of television lists follow
			if n, err := strconv.ParseFloat(length, 64); err == nil && n > 0 && n < 1e6 {
				next.duration = n
			}
			next.title = short(title)
		case line[0] == '#':
		case len(out) >= longestList:
			return out, fmt.Errorf("a playlist of more than %d entries; the rest is left out", longestList)
		case len(line) <= 4096:
			next.where = line
			out = append(out, next)
			next = listEntry{}
		}
	}
	return out, nil
}

// short bounds a title that somebody else wrote.
func short(title string) string {
	title = strings.TrimSpace(title)
	if len(title) > 512 {
		title = strings.ToValidUTF8(title[:512], "")
	}
	return title
}

// listedPath returns the media.Item.Path of what a playlist in a folder names; ok is false for what lies in none of the library's
// folders.
func (l *Library) listedPath(fo *folder, dir, where string) (string, bool) {
	if rest, isFile := strings.CutPrefix(where, "file://"); isFile {
		unescaped, err := url.PathUnescape(rest)
		if err != nil {
			return "", false
		}
		where = "/" + strings.TrimLeft(strings.TrimPrefix(unescaped, "localhost"), "/")
	}
	if !strings.Contains(where, "/") {
		where = strings.ReplaceAll(where, `\`, "/") // written on Windows
	}
	abs := filepath.FromSlash(where)
	if !filepath.IsAbs(abs) {
		abs = filepath.Join(fo.absolute(dir), abs)
	}
	t, ok := l.targetOf(filepath.Clean(abs))
	if !ok || t.rel == "" {
		return "", false
	}
	return join(t.fo.base, shown(t.rel)), true
}

// address reports whether an entry is one of the web.
func (e listEntry) address() bool {
	return strings.HasPrefix(e.where, "http://") || strings.HasPrefix(e.where, "https://")
}

// saveList writes what a playlist holds.
func (s *scan) saveList(ctx context.Context, n int64, dir string, list []listEntry) error {
	if _, err := s.w.exec(ctx, "DELETE FROM listed WHERE n=?", n); err != nil {
		return err
	}
	for i, e := range list {
		at, to := "", ""
		if e.address() {
			to = e.where
		} else if p, ok := s.l.listedPath(s.fo, dir, e.where); ok {
			at = p
		} else {
			continue
		}
		_, err := s.w.exec(ctx, "INSERT INTO listed(n, place, path, url, title, duration) VALUES(?,?,?,?,?,?)",
			n, i, at, to, e.title, e.duration)
		if err != nil {
			return err
		}
	}
	return nil
}

// listed returns what a playlist that is a file holds, at most limit: its items that are there, and its addresses.
func (l *Library) listed(ctx context.Context, x *index.Index, id media.ID, limit int) ([]media.Item, error) {
	rows, err := l.db.read.QueryContext(ctx, `SELECT coalesce((SELECT i.id FROM items i WHERE l.path<>'' AND i.path=l.path
		AND i.kind<>'folder' ORDER BY i.n LIMIT 1), ''), l.url, l.title, l.duration
		FROM listed l WHERE l.n = (SELECT n FROM items WHERE id=?) ORDER BY l.place`, string(id))
	if err != nil {
		return nil, fmt.Errorf("items of %s: %w", id, err)
	}
	defer rows.Close()
	var out []media.Item
	var ids []media.ID
	for rows.Next() && len(out) < limit {
		var e listEntry
		var of media.ID
		if err := rows.Scan(&of, &e.where, &e.title, &e.duration); err != nil {
			return nil, fmt.Errorf("items of %s: %w", id, err)
		}
		switch {
		case e.where != "":
			out = append(out, remoteItem(e))
		case x.Has(of):
			out, ids = append(out, media.Item{ID: of}), append(ids, of)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("items of %s: %w", id, err)
	}
	found, err := l.Lookup(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("items of %s: %w", id, err)
	}
	kept := out[:0]
	for _, it := range out {
		if it.ID != "" {
			it = found[it.ID]
		}
		if it.Title != "" && !it.Kind.Container() {
			kept = append(kept, it)
		}
	}
	return kept, nil
}

// remoteItem is an address of a playlist as an item. What has no extension that tells otherwise is a station.
func remoteItem(e listEntry) media.Item {
	name := e.where
	if u, err := url.Parse(e.where); err == nil {
		name = path.Base(u.Path)
		if name == "." || name == "/" {
			name = u.Host
		}
	}
	it := media.Item{Kind: media.Track, Title: e.title, URL: e.where, Duration: e.duration, ContentType: "audio/mpeg"}
	switch medium, contentType := names.Medium(name); medium {
	case names.Video:
		it.Kind, it.ContentType = media.Video, contentType
	case names.Picture:
		it.Kind, it.ContentType = media.Image, contentType
	case names.Audio:
		it.ContentType = contentType
	case names.List:
		it.Kind, it.ContentType = media.Video, "application/x-mpegurl"
	}
	if it.Title == "" {
		it.Title = name
	}
	it.Name = it.Title
	return it
}

// isList reports whether an item is a playlist that is a file.
func (l *Library) isList(ctx context.Context, id media.ID) (bool, error) {
	var there bool
	err := l.db.read.QueryRowContext(ctx, "SELECT i.kind='playlist' FROM items i JOIN files f ON f.n=i.n WHERE i.id=?", string(id)).
		Scan(&there)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return there, err
}
