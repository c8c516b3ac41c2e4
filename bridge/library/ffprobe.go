package library

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"localcast/bridge/library/names"
	"localcast/bridge/library/probe"
)

const (
	ffprobeTimeout = 20 * time.Second
	ffprobeNice    = 15
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
		info, err := call(ctx, on, ffprobeTimeout+time.Second, func() (probe.Info, error) {
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

// ffprobe has ffprobe look at one file. It stands back behind what plays, and is ended after ffprobeTimeout.
func (l *Library) ffprobe(ctx context.Context, fo *folder, rel string) (probe.Info, error) {
	f, err := l.openFile(fo, rel)
	if err != nil {
		return probe.Info{}, err
	}
	defer f.Close()
	ctx, cancel := context.WithTimeout(ctx, ffprobeTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, l.cfg.FFprobe, probe.FFprobeArgs()...)
	cmd.ExtraFiles = []*os.File{f}
	cmd.Env = []string{}
	cmd.WaitDelay = time.Second
	var complaint bytes.Buffer
	cmd.Stderr = &limited{&complaint, 4 << 10}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return probe.Info{}, fmt.Errorf("ffprobe: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return probe.Info{}, fmt.Errorf("ffprobe: %w", err)
	}
	standBack(cmd.Process.Pid, ffprobeNice)
	answer, err := io.ReadAll(io.LimitReader(out, probe.MaxFFprobe+1))
	if len(answer) > probe.MaxFFprobe {
		err = errors.Join(errors.New("its answer is too long"), cmd.Process.Kill())
	}
	if err = errors.Join(err, cmd.Wait()); err != nil {
		return probe.Info{}, fmt.Errorf("ffprobe: %w: %.200q", err, strings.TrimSpace(complaint.String()))
	}
	return probe.ParseFFprobe(answer)
}
