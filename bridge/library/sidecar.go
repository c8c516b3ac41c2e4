package library

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"localcast/bridge/library/names"
	"localcast/bridge/media"
)

const (
	maxSidecars = 64       // subtitle files of one film
	maxBeside   = 4096     // entries of a folder of subtitles that are looked at
	maxSubtitle = 12 << 20 // bytes of a subtitle file
)

// sidecars finds the subtitle files of a folder's films: beside them, in a folder "Subs", and in a folder of the film's name
// in that one. They are paths below the folder, by the film's stem in lower case. What is in a folder of subtitles under a
// name of its own belongs to the only film, if there is one only. folders are those folders.
func sidecars(sub *os.Root, found []fs.DirEntry, stems map[string]bool, only string, links bool) (
	of map[string][]string, folders []string,
) {
	of = map[string][]string{}
	add := func(stem, path string) {
		if stem != "" && len(of[stem]) < maxSidecars {
			of[stem] = append(of[stem], path)
		}
	}
	file := func(d fs.DirEntry) bool {
		return names.IsSubtitle(d.Name()) && (d.Type().IsRegular() || links && d.Type()&fs.ModeSymlink != 0)
	}
	for _, d := range found {
		switch {
		case file(d):
			stem, _ := names.SubtitleOf(d.Name(), stems)
			add(stem, d.Name())
		case d.IsDir() && names.SubtitleFolder(d.Name()) && len(stems) > 0:
			folders = append(folders, d.Name())
			for _, in := range entries(sub, d.Name()) {
				path := d.Name() + "/" + in.Name()
				stem, ok := names.SubtitleOf(in.Name(), stems)
				if !ok {
					stem = only
				}
				switch {
				case file(in):
					add(stem, path)
				case in.IsDir() && ok:
					folders = append(folders, path)
					for _, deep := range entries(sub, path) {
						if file(deep) {
							add(stem, path+"/"+deep.Name())
						}
					}
				}
			}
		}
	}
	for _, paths := range of {
		slices.Sort(paths)
	}
	return of, folders
}

// entries lists a folder of subtitles; one that cannot be read has none.
func entries(sub *os.Root, name string) []fs.DirEntry {
	dir, err := sub.Open(name)
	if err != nil {
		return nil
	}
	defer dir.Close()
	found, err := dir.ReadDir(maxBeside)
	if err != nil {
		return nil
	}
	return found
}

// onlyFilm is the stem in lower case of the only film in a folder, "" where there are none or several.
func onlyFilm(files []entry) string {
	stem := ""
	for _, e := range files {
		if medium, _ := names.Medium(e.name); medium != names.Video {
			continue
		}
		if stem != "" {
			return ""
		}
		stem = stemOf(e.name)
	}
	return stem
}

// stemOf is a file's name without its extension, in lower case.
func stemOf(name string) string { return strings.ToLower(strings.TrimSuffix(name, extension(name))) }

// sidecar is a subtitle file of an item. Its number stays while it is there, so that an address means the same file though
// others come and go.
type sidecar struct {
	track int
	path  string // below the item's folder
}

// readSidecars reads what writeSidecars wrote.
func readSidecars(column string) []sidecar {
	var out []sidecar
	for row := range strings.SplitSeq(column, "\x00") {
		number, path, ok := strings.Cut(row, " ")
		track, err := strconv.Atoi(number)
		if ok && err == nil {
			out = append(out, sidecar{track, path})
		}
	}
	return out
}

// writeSidecars is paths as a column of library.db. Those of the column known keep their numbers, and none is used again
// while another is there.
func writeSidecars(known string, paths []string) string {
	numbers, last := map[string]int{}, 0
	for _, s := range readSidecars(known) {
		numbers[s.path], last = s.track, max(last, s.track)
	}
	var rows []string
	for _, path := range paths {
		track := numbers[path]
		if track == 0 {
			last++
			track = last
		}
		rows = append(rows, strconv.Itoa(track)+" "+path)
	}
	return strings.Join(rows, "\x00")
}

// Subtitles returns the text tracks that lie beside an item's file, in the order in which people choose: by language, whole
// ones before forced ones. The error wraps media.ErrNoItem as that of Item.
func (l *Library) Subtitles(ctx context.Context, id media.ID) ([]media.Subtitle, error) {
	_, _, tracks, err := l.subtitles(ctx, id)
	if err != nil {
		return nil, err
	}
	out := make([]media.Subtitle, len(tracks))
	for i, t := range tracks {
		out[i] = t.Subtitle
	}
	return out, nil
}

// ReadSubtitle returns a text track as it is stored, and what it is. The error wraps media.ErrNoItem where it is not there,
// or larger than 12 MB.
func (l *Library) ReadSubtitle(ctx context.Context, id media.ID, track int) ([]byte, media.Subtitle, error) {
	fo, dir, tracks, err := l.subtitles(ctx, id)
	if err != nil {
		return nil, media.Subtitle{}, err
	}
	i := slices.IndexFunc(tracks, func(t textTrack) bool { return t.Track == track })
	if i < 0 {
		return nil, media.Subtitle{}, absent(fmt.Sprintf("subtitles %d of %s", track, id))
	}
	data, err := l.readWhole(ctx, fo, join(dir, tracks[i].path), maxSubtitle)
	if err != nil {
		return nil, media.Subtitle{}, fmt.Errorf("read subtitles %d of %s: %w", track, id, err)
	}
	return data, tracks[i].Subtitle, nil
}

// textTrack is a track and where it lies.
type textTrack struct {
	media.Subtitle
	path string
}

// subtitles reads the tracks of an item from library.db, and where it lies.
func (l *Library) subtitles(ctx context.Context, id media.ID) (fo *folder, dir string, tracks []textTrack, err error) {
	if !l.index.Load().Has(id) {
		return nil, "", nil, absent(id)
	}
	fo, dir, name, _, err := l.place(ctx, id)
	if err != nil {
		return nil, "", nil, err
	}
	var column []byte
	err = l.db.read.QueryRowContext(ctx, "SELECT f.subs FROM items i JOIN files f ON f.n = i.n WHERE i.id=?", string(id)).Scan(&column)
	if err != nil {
		return nil, "", nil, fmt.Errorf("look up the subtitles of %s: %w", id, err)
	}
	stem := stemOf(name)
	for _, s := range readSidecars(string(column)) {
		tracks = append(tracks, textTrack{describeSubtitle(stem, s), s.path})
	}
	slices.SortStableFunc(tracks, func(a, b textTrack) int {
		return cmp.Or(compare(a.Language == "", b.Language == ""), cmp.Compare(a.Language, b.Language), compare(a.Forced, b.Forced),
			compare(a.Impaired, b.Impaired), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Track, b.Track))
	})
	tellApart(tracks)
	return fo, dir, tracks, nil
}

// describeSubtitle brings together what is known of a subtitle file by its name.
func describeSubtitle(stem string, s sidecar) media.Subtitle {
	rest := shown(s.path[strings.LastIndexByte(s.path, '/')+1:])
	if strings.HasPrefix(strings.ToLower(rest), stem) && len(stem) < len(rest) {
		rest = rest[len(stem):]
	}
	n := names.ParseSubtitle(rest)
	return media.Subtitle{Track: s.track, Language: n.Language, Name: n.Name, Forced: n.Forced, Impaired: n.Impaired}
}

// tellApart numbers the tracks of one name that follow each other: English, English 2.
func tellApart(tracks []textTrack) {
	count := map[string]int{}
	for i := range tracks {
		name := tracks[i].Name
		if count[name]++; count[name] > 1 {
			tracks[i].Name = name + " " + strconv.Itoa(count[name])
		}
	}
}

// compare puts false before true.
func compare(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
