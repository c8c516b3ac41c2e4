package library

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"localcast/bridge/library/names"
	"localcast/bridge/media"
)

// nfoOf returns the NFO file that tells of a file in this listing: that of its own name, or "movie.nfo" of the only film.
func (l *listing) nfoOf(file string) entry {
	if m, _ := names.Medium(file); m != names.Video {
		return entry{}
	}
	if e, ok := l.nfos[stemOf(file)]; ok {
		return e
	}
	if e, ok := l.nfos["movie"]; ok && onlyFilm(l.files) == stemOf(file) {
		return e
	}
	return entry{}
}

// nfoStamp tells one state of an NFO file from others; "" stands for none.
func nfoStamp(e entry) string {
	if e.name == "" {
		return ""
	}
	return fmt.Sprintf("%x %x", e.size, e.mtime)
}

// readNFO reads an NFO file in a folder. One that cannot be read tells nothing: the name of its film still does.
func (l *Library) readNFO(fo *folder, dir string, e entry) names.NFO {
	if e.name == "" || e.size > names.MaxNFO {
		return names.NFO{}
	}
	f, err := l.openFile(fo, join(dir, e.name))
	if err != nil {
		return names.NFO{}
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, names.MaxNFO))
	if err != nil {
		return names.NFO{}
	}
	return names.ParseNFO(data)
}

// folderNFO is what dirs.nfo holds of a folder with a tvshow.nfo.
type folderNFO struct {
	Stamp, Title string
	Year         int
}

// toldShow is the show that a folder's dirs.nfo tells, else that of the folder above.
func toldShow(nfo string, above names.NFO) names.NFO {
	var f folderNFO
	if nfo == "" || json.Unmarshal([]byte(nfo), &f) != nil || f.Title == "" {
		return above
	}
	return names.NFO{Kind: media.Show, Title: f.Title, Year: f.Year}
}

// readShow reads the tvshow.nfo of a folder, if it is another than was read before. All that lies in the folder is described
// anew then.
func (s *scan) readShow(ctx context.Context, st step, list listing) (step, error) {
	e, ok := list.nfos["tvshow"]
	var was folderNFO
	if st.row.nfo != "" && json.Unmarshal([]byte(st.row.nfo), &was) != nil {
		was = folderNFO{}
	}
	if st.nfo = st.row.nfo; was.Stamp == nfoStamp(e) {
		return st, nil
	}
	st.moved, st.nfo = true, ""
	if ok {
		if s.young(e.mtime, time.Now()) {
			s.unsettled[target{s.fo, st.rel}] = true // it may be half written
		}
		nfo, err := call(ctx, s.fo.volume(st.rel), probeTimeout, func() (names.NFO, error) { return s.l.readNFO(s.fo, st.rel, e), nil }, nil)
		if err != nil {
			return st, err
		}
		if nfo.Kind != media.Show {
			nfo = names.NFO{}
		}
		text, err := json.Marshal(folderNFO{nfoStamp(e), nfo.Title, nfo.Year})
		if err != nil {
			return st, err
		}
		st.nfo = string(text)
	}
	st.show = toldShow(st.nfo, st.outer)
	return st, nil
}
