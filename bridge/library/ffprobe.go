package library

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"localcast/bridge/library/names"
	"localcast/bridge/library/probe"
)

// errNoFilm says that a file with the name of a transport stream is none: programs in TypeScript are called .ts as well.
var errNoFilm = errors.New("it is no transport stream")

// noFilm reports whether a file that no reader knows is none of ours, whatever its name says.
func noFilm(name string, known probe.Info) bool {
	switch strings.ToLower(extension(name)) {
	case ".ts", ".mts", ".m2ts":
		return known.Format == ""
	}
	return false
}

// askFFprobe fills in what the own readers could not tell of some files, one after the other, where ffprobe is installed. It
// runs before the transaction in which they are written.
func (s *scan) askFFprobe(ctx context.Context, rel string, chunk []work) {
	if s.l.cfg.FFprobe == "" {
		return
	}
	for i := range chunk {
		f := &chunk[i]
		if !f.seen.foreign || f.seen.err != nil || ctx.Err() != nil {
			continue
		}
		on := s.fo.volume(rel)
		info, err := call(ctx, on, s.l.pace.program+time.Second, func() (probe.Info, error) {
			return s.l.ffprobe(ctx, s.fo, join(rel, f.name))
		}, nil)
		if err != nil {
			f.seen.odd = err
			continue
		}
		_, named := names.Medium(f.name)
		info.ContentType = cmp.Or(f.seen.info.ContentType, named)
		info.Format = cmp.Or(f.seen.info.Format, info.Format)
		if info.VideoCodec == "" && info.AudioCodec != "" {
			info.ContentType = strings.Replace(info.ContentType, "video/", "audio/", 1)
		}
		f.seen.info = info
	}
}

// ffprobe has ffprobe look at one file. It stands back behind what plays, and is ended after pace.program.
func (l *Library) ffprobe(ctx context.Context, fo *folder, rel string) (probe.Info, error) {
	f, err := l.openFile(fo, rel)
	if err != nil {
		return probe.Info{}, err
	}
	defer f.Close()
	ctx, cancel := context.WithTimeout(ctx, l.pace.program)
	defer cancel()
	answer, said, err := runOn(ctx, f, probe.MaxFFprobe, l.cfg.FFprobe, probe.FFprobeArgs()...)
	if err != nil {
		return probe.Info{}, fmt.Errorf("ffprobe: %w: %.200q", err, said)
	}
	return probe.ParseFFprobe(answer)
}
