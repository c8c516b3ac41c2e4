package library

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"localcast/bridge/library/index"
	"localcast/bridge/library/names"
	"localcast/bridge/library/probe"
	"localcast/bridge/media"
)

const (
	maxCover   = 32 << 20 // bytes of a picture that is served
	coverItems = 200      // items of a container that are looked at for one with a picture
	coverTries = 8        // pictures that are offered for one item
)

// Cover offers the pictures that stand for an item, the best first, until take says that one is good: of an image itself;
// else the picture that lies beside the file under its name, the one in the file's tags, the one of its folder, or of the
// folder above. A season, a show, an artist and a folder have pictures of their own; else a container shows what its items
// have. At most 32 MB are read of each. The error wraps media.ErrNoItem where there is no item; that it has no picture is no
// error.
func (l *Library) Cover(ctx context.Context, id media.ID, take func(picture []byte) (good bool)) error {
	it, err := l.Item(ctx, id)
	if err != nil {
		return err
	}
	o := &offer{l: l, take: take}
	o.item(ctx, it)
	return ctx.Err()
}

// offer offers pictures to take until it has taken one.
type offer struct {
	l     *Library
	take  func([]byte) bool
	done  bool
	tries int
}

// picture offers one that could be read.
func (o *offer) picture(data []byte, err error) {
	if err != nil || len(data) == 0 || o.done {
		return
	}
	o.tries++
	o.done = o.take(data) || o.tries >= coverTries
}

// file offers a picture file of a folder; "" is none.
func (o *offer) file(ctx context.Context, fo *folder, dir, name string) {
	if name != "" && !o.done {
		o.picture(o.l.readWhole(ctx, fo, join(dir, name), maxCover))
	}
}

func (o *offer) item(ctx context.Context, it media.Item) {
	if it.Kind.Container() {
		o.container(ctx, it)
		return
	}
	fo, dir, name, cover, err := o.l.place(ctx, it.ID)
	if err != nil {
		return
	}
	if it.Kind == media.Image {
		o.file(ctx, fo, dir, name)
		return
	}
	o.file(ctx, fo, dir, cover)
	if !o.done {
		o.picture(o.l.embedded(ctx, fo, join(dir, name)))
	}
	own, above, err := o.l.folderCovers(ctx, it.ID)
	if err == nil {
		o.file(ctx, fo, dir, own)
		o.file(ctx, fo, parent(dir), above)
	}
}

// container offers a container's own pictures, and then those of its items.
func (o *offer) container(ctx context.Context, it media.Item) {
	if it.Kind == media.Folder && it.Path != "" {
		if fo, dir, cover, err := o.l.ownCover(ctx, it.ID); err == nil {
			o.file(ctx, fo, dir, cover)
		}
	}
	if o.done {
		return
	}
	items, err := o.l.Items(ctx, it.ID, coverItems)
	if err != nil || len(items) == 0 {
		return
	}
	switch it.Kind {
	case media.Season, media.Show, media.Artist:
		o.folders(ctx, it, items[0])
	}
	for _, in := range items {
		if o.done || ctx.Err() != nil {
			return
		}
		if in.HasArtwork {
			o.item(ctx, in)
		}
	}
}

// folders offers what lies for a season, a show or an artist in the folders of one of its items.
func (o *offer) folders(ctx context.Context, it, in media.Item) {
	fo, dir, _, _, err := o.l.place(ctx, in.ID)
	if err != nil {
		return
	}
	own, above, err := o.l.folderCovers(ctx, in.ID)
	if err != nil {
		return
	}
	season, _ := it.Season.Get()
	switch {
	case it.Kind == media.Season:
		for _, at := range []string{dir, parent(dir)} {
			o.file(ctx, fo, at, o.l.seasonPoster(ctx, fo, at, season))
		}
	case called(parent(dir), it.Title):
		o.file(ctx, fo, parent(dir), above)
	case !called(dir, it.Title):
		return
	}
	o.file(ctx, fo, dir, own)
}

// called reports whether a folder has the name of what it holds, as "Bluey (2018)" has.
func called(dir, title string) bool {
	title = index.Fold(title)
	return title != "" && strings.HasPrefix(index.Fold(path.Base(dir)), title)
}

// maxListed bounds the names that are looked through for a poster.
const maxListed = 10_000

// seasonPoster is the name of the poster of a season in a folder, "" for none.
func (l *Library) seasonPoster(ctx context.Context, fo *folder, dir string, season int) string {
	name, err := call(ctx, fo.volume(dir), openTimeout, func() (string, error) {
		at, rel, err := l.locate(fo, dir)
		if err != nil {
			return "", err
		}
		sub, err := at.openRoot(rel)
		if err != nil {
			return "", err
		}
		defer sub.Close()
		listed, err := sub.Open(".")
		if err != nil {
			return "", err
		}
		defer listed.Close()
		found, err := listed.ReadDir(maxListed)
		i := slices.IndexFunc(found, func(d fs.DirEntry) bool { return names.SeasonPoster(d.Name(), season) })
		if i < 0 {
			return "", err
		}
		return found[i].Name(), nil
	}, nil)
	if err != nil {
		return ""
	}
	return name
}

// ownCover is the picture that lies in a folder for the folder; cover is "" for none.
func (l *Library) ownCover(ctx context.Context, id media.ID) (fo *folder, dir, cover string, err error) {
	var n, root int64
	var rawCover, rawDir []byte
	err = l.db.read.QueryRowContext(ctx, "SELECT d.n, d.root, d.cover FROM items i JOIN dirs d ON d.n = i.n WHERE i.id=?", string(id)).
		Scan(&n, &root, &rawCover)
	if err == nil {
		err = l.db.dirPath.QueryRowContext(ctx, n).Scan(&rawDir)
	}
	if err != nil {
		return nil, "", "", fmt.Errorf("look up %s: %w", id, err)
	}
	if fo = l.folderOf(root); fo == nil {
		return nil, "", "", absent(id)
	}
	return fo, string(rawDir), string(rawCover), nil
}

// folderCovers are the pictures of the folder in which an item lies, and of the one above, unless that is a root; "" for none.
func (l *Library) folderCovers(ctx context.Context, id media.ID) (own, above string, err error) {
	var rawOwn, rawAbove []byte
	err = l.db.read.QueryRowContext(ctx, `SELECT d.cover, CASE WHEN p.parent > 0 THEN p.cover ELSE x'' END
		FROM items i JOIN dirs d ON d.n = i.folder_n LEFT JOIN dirs p ON p.n = d.parent WHERE i.id=?`, string(id)).Scan(&rawOwn, &rawAbove)
	if err != nil {
		return "", "", fmt.Errorf("look up %s: %w", id, err)
	}
	return string(rawOwn), string(rawAbove), nil
}

// parent is the folder that a path of slashes lies in.
func parent(rel string) string {
	if p := path.Dir(rel); p != "." {
		return p
	}
	return ""
}

// readWhole reads a file; the error wraps media.ErrNoItem for one of more than most bytes.
func (l *Library) readWhole(ctx context.Context, fo *folder, rel string, most int64) ([]byte, error) {
	data, err := call(ctx, fo.volume(rel), openTimeout, func() ([]byte, error) {
		f, err := l.openFile(fo, rel)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return io.ReadAll(io.LimitReader(f, most+1))
	}, nil)
	if err != nil {
		return nil, noItem(err)
	}
	if int64(len(data)) > most {
		return nil, fmt.Errorf("it is larger than %d MB: %w", most>>20, media.ErrNoItem)
	}
	return data, nil
}

// embedded reads the picture in a file's tags.
func (l *Library) embedded(ctx context.Context, fo *folder, rel string) ([]byte, error) {
	return call(ctx, fo.volume(rel), openTimeout, func() ([]byte, error) {
		f, err := l.openFile(fo, rel)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return nil, err
		}
		data, _, err := probe.Cover(f, info.Size())
		return data, err
	}, nil)
}
