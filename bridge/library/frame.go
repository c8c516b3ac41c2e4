package library

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"localcast/bridge/media"
)

const (
	maxFrame = 8 << 20 // bytes of a frame as ffmpeg gives it
	// frameFormats are the containers that ffmpeg may take a file for. Others could make it open files of their own choice.
	frameFormats = "mov,mp4,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg"
)

// FrameOf tells of which file a frame can stand for an item that has no picture: of a film itself, of the first film in a
// container. key is another one for every file and content; "" says that no frame can be made.
func (l *Library) FrameOf(ctx context.Context, id media.ID) (film media.ID, key string, err error) {
	if l.cfg.FFmpeg == "" {
		return "", "", nil
	}
	it, err := l.Item(ctx, id)
	if err != nil {
		return "", "", err
	}
	if it.Kind.Container() {
		items, err := l.Items(ctx, id, coverItems)
		if err != nil {
			return "", "", err
		}
		it = media.Item{}
		for _, in := range items {
			if framed(in.Kind) {
				it = in
				break
			}
		}
	}
	if !framed(it.Kind) {
		return "", "", nil
	}
	var inode, size, mtime int64
	err = l.db.read.QueryRowContext(ctx, "SELECT f.inode, f.size, f.mtime FROM items i JOIN files f ON f.n = i.n WHERE i.id=?",
		string(it.ID)).Scan(&inode, &size, &mtime)
	if err != nil {
		return "", "", fmt.Errorf("look up %s: %w", it.ID, err)
	}
	return it.ID, fmt.Sprintf("%s %x-%x-%x", it.ID, inode, size, mtime), nil
}

// framed reports whether items of a kind have frames.
func framed(k media.Kind) bool { return k == media.Movie || k == media.Episode || k == media.Video }

// Frame returns a frame of a film as JPEG, from its first tenth, at most 1280 wide. ffmpeg makes it and stands back behind
// what plays; it may take 20 s. The error wraps media.ErrNoItem where there is no film, or ffmpeg finds no frame in it.
func (l *Library) Frame(ctx context.Context, id media.ID) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, l.pace.program)
	defer cancel()
	it, err := l.Item(ctx, id)
	if err != nil {
		return nil, err
	}
	fo, dir, name, _, err := l.place(ctx, id)
	if err != nil {
		return nil, err
	}
	rel := join(dir, name)
	frame, err := call(ctx, fo.volume(rel), l.pace.program+time.Second, func() ([]byte, error) {
		f, err := l.openFile(fo, rel)
		if err != nil {
			return nil, noItem(err)
		}
		defer f.Close()
		return l.takeFrame(ctx, f, it.Duration)
	}, nil)
	if err != nil {
		return nil, fmt.Errorf("a frame of %q: %w", it.Path, err)
	}
	return frame, nil
}

// takeFrame takes a frame from the first tenth of a film, or its first where that is all that there is.
func (l *Library) takeFrame(ctx context.Context, f *os.File, duration float64) ([]byte, error) {
	var said string
	for _, at := range []float64{min(duration/10, 600), 0} {
		frame, complaint, err := l.frameAt(ctx, f, at)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err == nil && len(frame) > 0:
			return frame, nil
		case complaint == "" && err != nil:
			complaint = err.Error()
		}
		said = complaint
	}
	return nil, fmt.Errorf("%w: ffmpeg said %.200q", media.ErrNoItem, said)
}

// frameAt has ffmpeg take the frame at some seconds, and returns it or what ffmpeg said.
func (l *Library) frameAt(ctx context.Context, f *os.File, at float64) (frame []byte, said string, err error) {
	return runOn(ctx, f, maxFrame, l.cfg.FFmpeg, "-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1",
		"-protocol_whitelist", "file,pipe", "-format_whitelist", frameFormats,
		"-skip_frame", "nokey", "-noaccurate_seek", "-ss", strconv.FormatFloat(at, 'f', 3, 64), "-i", theFile,
		"-map", "0:V:0", "-an", "-sn", "-dn", "-frames:v", "1",
		"-vf", "scale=iw*sar:ih,setsar=1,scale='min(1280,iw)':-2", "-q:v", "3", "-f", "mjpeg", "pipe:1")
}
