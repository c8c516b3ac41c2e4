package library

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"

	"localcast/bridge/library/names"
	"localcast/bridge/library/probe"
	"localcast/bridge/media"
)

const (
	maxCover  = 32 << 20 // bytes of a picture that is served
	coverTrys = 5        // items of a container that are asked for its cover
)

// Cover returns an item's picture and its MIME type: of an image itself; else the picture that lies beside the file under
// its name, the one in the file's tags, the one of its folder, or of the folder above. A container shows the first that its
// items have. At most 32 MB are read. An item without any has no data and no error; the error wraps media.ErrNoItem where
// there is no item.
func (l *Library) Cover(ctx context.Context, id media.ID) (data []byte, contentType string, err error) {
	it, err := l.Item(ctx, id)
	if err != nil {
		return nil, "", err
	}
	data, contentType, err = l.cover(ctx, it)
	if errors.Is(err, media.ErrNoItem) {
		return nil, "", nil
	}
	return data, contentType, err
}

// cover finds the picture of an item that is there; the error wraps media.ErrNoItem where it has none.
func (l *Library) cover(ctx context.Context, it media.Item) (data []byte, contentType string, err error) {
	id := it.ID
	if it.Kind.Container() {
		return l.containerCover(ctx, it)
	}
	fo, dir, name, cover, err := l.place(ctx, id)
	if err != nil {
		return nil, "", err
	}
	if it.Kind == media.Image {
		return l.picture(ctx, fo, join(dir, name))
	}
	if cover != "" {
		if data, contentType, err = l.picture(ctx, fo, join(dir, cover)); err == nil {
			return data, contentType, nil
		}
	}
	if data, contentType, err = l.embedded(ctx, fo, join(dir, name)); err == nil {
		return data, contentType, nil
	}
	return l.folderCover(ctx, id, fo, dir)
}

// containerCover is a folder's own picture, or the first that one of the items has.
func (l *Library) containerCover(ctx context.Context, it media.Item) ([]byte, string, error) {
	if it.Kind == media.Folder && it.Path != "" {
		if data, contentType, err := l.ownCover(ctx, it.ID); err == nil {
			return data, contentType, nil
		}
	}
	items, err := l.Items(ctx, it.ID, coverTrys)
	if err != nil {
		return nil, "", err
	}
	for _, in := range items {
		if data, contentType, err := l.cover(ctx, in); err == nil {
			return data, contentType, nil
		}
	}
	return nil, "", fmt.Errorf("%s has no picture: %w", it.ID, media.ErrNoItem)
}

// ownCover is the picture that lies in a folder for the folder.
func (l *Library) ownCover(ctx context.Context, id media.ID) ([]byte, string, error) {
	var n, root int64
	var cover, dir []byte
	err := l.db.read.QueryRowContext(ctx, "SELECT d.n, d.root, d.cover FROM items i JOIN dirs d ON d.n = i.n WHERE i.id=?", string(id)).
		Scan(&n, &root, &cover)
	if err == nil {
		err = l.db.read.QueryRowContext(ctx, dirPathQuery, n).Scan(&dir)
	}
	if err != nil {
		return nil, "", fmt.Errorf("look up %s: %w", id, err)
	}
	fo := l.folderOf(root)
	if len(cover) == 0 || fo == nil {
		return nil, "", absent(id)
	}
	return l.picture(ctx, fo, join(string(dir), string(cover)))
}

// folderCover is the picture of the folder in which an item lies, or of the one above.
func (l *Library) folderCover(ctx context.Context, id media.ID, fo *folder, dir string) ([]byte, string, error) {
	var own, above []byte
	err := l.db.read.QueryRowContext(ctx, `SELECT d.cover, CASE WHEN p.parent > 0 THEN p.cover ELSE x'' END
		FROM items i JOIN dirs d ON d.n = i.folder_n LEFT JOIN dirs p ON p.n = d.parent WHERE i.id=?`, string(id)).Scan(&own, &above)
	if err != nil {
		return nil, "", fmt.Errorf("look up %s: %w", id, err)
	}
	switch {
	case len(own) > 0:
		return l.picture(ctx, fo, join(dir, string(own)))
	case len(above) > 0:
		return l.picture(ctx, fo, join(parent(dir), string(above)))
	}
	return nil, "", fmt.Errorf("%s has no picture: %w", id, media.ErrNoItem)
}

// parent is the folder that a path of slashes lies in.
func parent(rel string) string {
	if p := path.Dir(rel); p != "." {
		return p
	}
	return ""
}

// picture reads a picture file.
func (l *Library) picture(ctx context.Context, fo *folder, rel string) ([]byte, string, error) {
	data, err := l.readWhole(ctx, fo, rel, maxCover)
	if err != nil {
		return nil, "", fmt.Errorf("read the picture: %w", err)
	}
	_, contentType := names.Medium(rel)
	return data, contentType, nil
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
func (l *Library) embedded(ctx context.Context, fo *folder, rel string) ([]byte, string, error) {
	type cover struct {
		data        []byte
		contentType string
	}
	c, err := call(ctx, fo.volume(rel), openTimeout, func() (c cover, err error) {
		f, err := l.openFile(fo, rel)
		if err != nil {
			return c, err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return c, err
		}
		c.data, c.contentType, err = probe.Cover(f, info.Size())
		return c, err
	}, nil)
	return c.data, c.contentType, err
}
