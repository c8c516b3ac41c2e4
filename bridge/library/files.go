package library

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"localcast/bridge/library/names"
	"localcast/bridge/library/probe"
	"localcast/bridge/media"
)

const (
	probesAtOnce = 4
	batch        = 200 // files that are written in one transaction
	// maxContainers bounds the containers whose rows are remembered during a scan.
	maxContainers = 20_000
)

// fileRow is a file as the catalogue knows it.
type fileRow struct {
	n, root, dir             int64
	name                     string
	inode, size, mtime, gone int64
	cover, subs, nfo         string
}

// work is a file that is new or has changed.
type work struct {
	entry
	known fileRow // what the catalogue has at this place; n is 0 for nothing
	cover string
	subs  string // as writeSidecars writes them
	nfo   entry  // the NFO file that tells of it; none has no name
	show  names.NFO
	moved bool // the catalogue seems to know it under another path
	seen  outcome
}

// outcome is what looking into a file brought.
type outcome struct {
	info probe.Info
	sum  []byte // of head and tail
	nfo  names.NFO
	list []listEntry // what a playlist holds
	// foreign is true for a film or sound that no reader of our own looks into.
	foreign bool
	err     error // the file cannot be read
	torn    bool  // it changed while it was read
	odd     error // it can be read but not understood
}

// files brings the catalogue's files of one folder in line with a listing.
func (s *scan) files(ctx context.Context, st step, list listing, share float64) error {
	known, err := s.filesIn(ctx, st.row.n)
	if err != nil {
		return fmt.Errorf("read library.db: %w", err)
	}
	var todo []work
	now := time.Now()
	for _, e := range list.files {
		k := known[e.name]
		delete(known, e.name)
		nfo := list.nfoOf(e.name)
		cover, subs := list.covers[stemOf(e.name)], writeSidecars(k.subs, list.subtitles[stemOf(e.name)])
		same := k.n != 0 && k.size == e.size && k.mtime == e.mtime && k.inode == e.inode && k.cover == cover && k.subs == subs &&
			k.nfo == nfoStamp(nfo) && !st.moved
		if nfo.name != "" && s.young(nfo.mtime, now) {
			s.unsettled[target{s.fo, st.rel}] = true // it may be half written
		}
		if !same && s.young(e.mtime, now) {
			s.unsettled[target{s.fo, st.rel}] = true
			continue
		}
		if !same {
			todo = append(todo, work{entry: e, known: k, cover: cover, subs: subs, nfo: nfo, show: st.show})
		}
	}
	for _, k := range known {
		s.missing[k.n] = s.fo.root
	}
	// What was moved comes first: it has to have its row before a new file at its old place is taken for it.
	if err := s.movedFirst(ctx, todo); err != nil {
		return fmt.Errorf("read library.db: %w", err)
	}
	part := share / float64(len(todo)/batch+1)
	s.advance(part)
	for chunk := range slices.Chunk(todo, batch) {
		if err := s.take(ctx, st.row, st.rel, chunk); err != nil {
			return err
		}
		if len(todo) > batch {
			s.advance(part)
		}
	}
	return nil
}

// movedFirst puts the files that the catalogue knows under another path before the others.
func (s *scan) movedFirst(ctx context.Context, todo []work) error {
	if !slices.ContainsFunc(todo, func(f work) bool { return f.known.n != 0 }) {
		return nil // all their places are new
	}
	for i := range todo {
		f := &todo[i]
		if f.inode == 0 {
			continue
		}
		n, err := s.w.number(ctx, "SELECT n FROM files WHERE inode=? AND size=? AND mtime=? AND n<>?", f.inode, f.size, f.mtime, f.known.n)
		if err != nil {
			return err
		}
		f.moved = n != 0
	}
	slices.SortStableFunc(todo, func(a, b work) int { return compare(b.moved, a.moved) })
	return nil
}

// filesIn returns the files known in a folder, by name.
func (s *scan) filesIn(ctx context.Context, dir int64) (map[string]fileRow, error) {
	rows := map[string]fileRow{}
	err := s.w.query(ctx, func(r *sql.Rows) error {
		k := fileRow{root: s.fo.root, dir: dir}
		var name, cover, subs []byte
		err := r.Scan(&k.n, &name, &k.inode, &k.size, &k.mtime, &cover, &subs, &k.nfo)
		k.name, k.cover, k.subs = string(name), string(cover), string(subs)
		rows[k.name] = k
		return err
	}, "SELECT n, name, inode, size, mtime, cover, subs, nfo FROM files WHERE dir=? AND gone IS NULL", dir)
	return rows, err
}

// take looks into files and writes what it finds, in one transaction.
func (s *scan) take(ctx context.Context, d dirRow, rel string, chunk []work) error {
	var g errgroup.Group
	g.SetLimit(probesAtOnce)
	for i := range chunk {
		g.Go(func() error {
			chunk[i].seen = s.l.examine(ctx, s.fo, rel, chunk[i])
			return nil
		})
	}
	_ = g.Wait() // outcomes carry the errors
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.fo.volume(rel).stalled() {
		return s.complain(ctx, rel, errStalled)
	}
	s.askFFprobe(ctx, rel, chunk)
	if err := ctx.Err(); err != nil {
		return err
	}
	err := s.w.transact(func() error {
		for _, f := range chunk {
			path := join(s.fo.base, shown(join(rel, f.name)))
			switch {
			case f.seen.torn, errors.Is(f.seen.err, fs.ErrNotExist):
				s.unsettled[target{s.fo, rel}] = true
				continue
			case f.seen.err != nil:
				s.l.warnOnce("a file cannot be read; it is left out", path, f.seen.err)
				continue
			case errors.Is(f.seen.odd, errStream), errors.Is(f.seen.odd, errNoFilm):
				if f.known.n != 0 {
					s.missing[f.known.n] = s.fo.root
				}
				continue
			case f.seen.odd != nil:
				s.l.warnOnce("a file seems to be broken; only its name tells about it", path, f.seen.odd)
			}
			if err := s.admit(ctx, d, rel, path, f); err != nil {
				return fmt.Errorf("write library.db: %w", err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.publish(ctx)
}

// examine looks into one file. It runs beside others of its kind and touches nothing of the scan.
func (l *Library) examine(ctx context.Context, fo *folder, rel string, f work) outcome {
	out, err := call(ctx, fo.volume(rel), probeTimeout, func() (outcome, error) { return l.read(fo, rel, f), nil }, nil)
	if err != nil {
		out.err = err
	}
	return out
}

func (l *Library) read(fo *folder, dir string, w work) (out outcome) {
	e := w.entry
	f, err := l.openFile(fo, join(dir, e.name))
	if err != nil {
		return outcome{err: err}
	}
	defer f.Close()
	if out.sum, out.err = checksum(f, e.size); out.err != nil {
		return out
	}
	if medium, _ := names.Medium(e.name); medium == names.List {
		out.list, out.odd = readList(f, e.size)
	} else if out.info, err = probe.Read(f, e.size); err != nil && !errors.Is(err, probe.ErrUnknown) {
		out.odd = err
	} else if out.foreign = err != nil && medium != names.Picture; out.foreign && noFilm(e.name, out.info) {
		out.odd = errNoFilm
	}
	out.nfo = l.readNFO(fo, dir, w.nfo)
	info, err := f.Stat()
	if err != nil {
		return outcome{err: err}
	}
	after := entryOf(e.name, info)
	out.torn = after.size != e.size || after.mtime != e.mtime
	return out
}

// checksum is of a file's head and tail, by which it is recognised where its inode has changed.
func checksum(f *os.File, size int64) ([]byte, error) {
	const part = 16 << 10
	h := sha256.New()
	for _, from := range []int64{0, max(size-part, 0)} {
		if _, err := io.Copy(h, io.NewSectionReader(f, from, part)); err != nil {
			return nil, err
		}
	}
	return h.Sum(nil)[:16], nil
}

// admit writes one file and its item.
func (s *scan) admit(ctx context.Context, d dirRow, rel, path string, f work) error {
	here, err := s.w.number(ctx, "SELECT n FROM files WHERE dir=? AND name=? AND gone IS NULL", d.n, []byte(f.name))
	if err != nil {
		return err
	}
	n, err := s.resolve(ctx, here, f)
	if err != nil {
		return err
	}
	if here != 0 && here != n {
		// Another known file took this one's place; it may turn up elsewhere yet.
		if _, err := s.w.exec(ctx, "UPDATE files SET gone=?, dir=0 WHERE n=?", s.stamp, here); err != nil {
			return err
		}
		s.displaced[here] = true
	}
	if n == 0 {
		if n, err = s.w.insert(ctx, media.Video, nil); err != nil {
			return err
		}
		s.added++
	} else {
		s.changed++
	}
	_, err = s.w.exec(ctx, `INSERT INTO files(n, root, dir, name, dev, inode, size, mtime, sum, cover, subs, nfo)
		VALUES(?,?,?,?,?,?,?,?,?,?,?,?)
		ON CONFLICT(n) DO UPDATE SET root=excluded.root, dir=excluded.dir, name=excluded.name, dev=excluded.dev,
		inode=excluded.inode, size=excluded.size, mtime=excluded.mtime, sum=excluded.sum, cover=excluded.cover, subs=excluded.subs,
		nfo=excluded.nfo, gone=NULL`,
		n, s.fo.root, d.n, []byte(f.name), f.dev, f.inode, f.size, f.mtime, f.seen.sum, []byte(f.cover), []byte(f.subs), nfoStamp(f.nfo))
	if err != nil {
		return err
	}
	if f.seen.list != nil {
		if err := s.saveList(ctx, n, rel, f.seen.list); err != nil {
			return err
		}
	}
	item := describe(s.l.parser, path, f, d.n)
	item.item.HasArtwork = item.item.HasArtwork || f.cover != ""
	if item.item.HasArtwork || s.l.db.frames && framed(item.item.Kind) {
		if err := s.pictureFolders(ctx, d.n); err != nil {
			return err
		}
	}
	in, err := s.hold(ctx, item)
	if err != nil {
		return err
	}
	in.folder = d.n
	return s.w.update(ctx, n, item.item, in, item.sort, natural(path))
}

// resolve returns the item that a file is, 0 for a new one: the one that had its inode, size and time elsewhere, the one
// that is known here, or one of its size and content that is no longer where it was.
func (s *scan) resolve(ctx context.Context, here int64, f work) (int64, error) {
	if here != 0 && here == f.known.n && f.known.inode == f.inode {
		return here, nil
	}
	if f.inode != 0 {
		n, err := s.strayed(ctx, here, "inode=? AND size=? AND mtime=?", f.inode, f.size, f.mtime)
		if err != nil || n != 0 {
			return n, err
		}
	}
	if here != 0 {
		return here, nil
	}
	return s.strayed(ctx, 0, "size=? AND sum=?", f.size, f.seen.sum)
}

const strayedQuery = "SELECT n, root, dir, name, inode, size, mtime, gone FROM files WHERE "

// strayed returns a file that fits and is not at its place any more; 0 if there is none. It takes the file off the lists of
// those that are looked for.
func (s *scan) strayed(ctx context.Context, except int64, where string, args ...any) (int64, error) {
	for _, state := range []string{" AND gone IS NOT NULL", " AND gone IS NULL"} {
		n, err := s.strayedAs(ctx, except, where+state, args...)
		if err != nil || n != 0 {
			return n, err
		}
	}
	return 0, nil
}

// maxLike bounds the files that are alike and are looked at: a thousand copies of one file are no better candidates than a few.
const maxLike = 5

func (s *scan) strayedAs(ctx context.Context, except int64, where string, args ...any) (int64, error) {
	var found []fileRow
	err := s.w.query(ctx, func(r *sql.Rows) error {
		k := fileRow{}
		var name []byte
		var gone sql.NullInt64
		err := r.Scan(&k.n, &k.root, &k.dir, &name, &k.inode, &k.size, &k.mtime, &gone)
		k.name, k.gone = string(name), gone.Int64
		if k.n != except {
			found = append(found, k)
		}
		return err
	}, strayedQuery+where+" LIMIT ?", append(args, maxLike)...)
	if err != nil {
		return 0, err
	}
	for _, k := range found {
		if k.gone == 0 && s.fileStays(ctx, k) {
			continue
		}
		if k.gone != 0 && !s.displaced[k.n] {
			s.added++ // it is back from where it was counted as removed
			s.changed--
		}
		delete(s.displaced, k.n)
		delete(s.missing, k.n)
		return k.n, nil
	}
	return 0, nil
}

// fileStays reports whether a file is where the catalogue has it, or may be.
func (s *scan) fileStays(ctx context.Context, k fileRow) bool {
	if _, ok := s.missing[k.n]; ok {
		return false
	}
	fo := s.l.folderOf(k.root)
	if fo == nil {
		return false // its root is not configured any more
	}
	if fo.away {
		return true
	}
	dir, err := s.dirPath(ctx, k.dir)
	if err != nil {
		return true
	}
	away, err := s.w.number(ctx, "SELECT away FROM dirs WHERE n=?", k.dir)
	if err != nil || away != 0 {
		return true
	}
	e, err := call(ctx, fo.volume(dir), s.l.patience(fo.volume(dir)), func() (entry, error) { return s.l.stat(fo, join(dir, k.name)) }, nil)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	return e.size == k.size && e.mtime == k.mtime && e.inode == k.inode
}

// hold finds or makes the containers of an item.
func (s *scan) hold(ctx context.Context, d described) (links, error) {
	var in links
	outer, err := s.container(ctx, d.outer, links{}, d.item.HasArtwork)
	if err != nil {
		return in, err
	}
	if in.genre, err = s.container(ctx, d.genre, links{}, false); err != nil {
		return in, err
	}
	if in.artist, err = s.container(ctx, d.artist, links{}, d.item.HasArtwork); err != nil {
		return in, err
	}
	if in.group, err = s.container(ctx, d.group, links{group: outer, genre: in.genre}, d.item.HasArtwork); err != nil {
		return in, err
	}
	if in.group == 0 {
		in.group = outer // an episode whose season nobody knows is its show's
	}
	return in, nil
}

// container finds or makes one container; 0 for none.
func (s *scan) container(ctx context.Context, h holder, in links, picture bool) (int64, error) {
	if h.key == "" {
		return 0, nil
	}
	n, ok := s.containers[h.key]
	if !ok {
		var err error
		if n, err = s.w.number(ctx, "SELECT n FROM items WHERE key=?", h.key); err != nil {
			return 0, err
		}
		if n == 0 {
			if n, err = s.w.insert(ctx, h.item.Kind, h.key); err != nil {
				return 0, err
			}
			if err := s.w.update(ctx, n, h.item, in, h.sort, nil); err != nil {
				return 0, err
			}
		}
		// The spelling of what was read last holds: "the beatles" may have become "The Beatles".
		_, err = s.w.exec(ctx, "UPDATE items SET title=?, artist=?, show=?, genre=?, album=? WHERE n=? AND title<>?",
			h.item.Title, h.item.Artist, h.item.Show, h.item.Genre, h.item.Album, n, h.item.Title)
		if err != nil {
			return 0, err
		}
		if len(s.containers) >= maxContainers {
			clear(s.containers)
			clear(s.pictured)
		}
		s.containers[h.key] = n
	}
	if picture && !s.pictured[n] {
		s.pictured[n] = true
		if _, err := s.w.exec(ctx, "UPDATE items SET picture=1 WHERE n=? AND picture=0", n); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// publish lets what was found so far be found by others, now and then.
func (s *scan) publish(ctx context.Context) error {
	if s.added+s.changed == 0 || time.Since(s.published) < max(3*time.Second, 10*s.l.indexing) {
		return nil
	}
	err := s.l.reindex(ctx)
	s.published = time.Now()
	return err
}
