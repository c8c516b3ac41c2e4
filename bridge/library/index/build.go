package index

import (
	"encoding/binary"
	"math"
	"slices"
	"sort"

	"localcast/bridge/media"
)

// Doc is one item as the index takes it. Containers are named by their rows; 0 is none.
type Doc struct {
	Item media.Item
	// Row is how the catalogue numbers the item, from 1.
	Row int64
	// Place orders items in a listing by path: a number that rises in natural order of the paths.
	Place uint32
	// Folder is the folder that the file or folder lies in. Group is the season of an episode, the show of a season, the
	// album of a track and the artist of an album. Artist and Genre are a track's own.
	Folder, Group, Artist, Genre int64
}

// Builder collects documents, each written down at once in the few bytes that the index needs of it: a large library never
// stands in memory in full. The zero Builder is ready to use.
type Builder struct {
	lex     lexicon
	classes map[media.Item]uint32
	class   []media.Item
	docs    chunks[draft]
	ids     chunks[uint64]
	tokens  [][]byte // blocks of whole documents; the last one grows
	homes   chunks[home]
	extras  []byte // the words of homes
	held    []container

	last    home // the last of homes, and its words
	lastSet bool
	own     []uint32 // scratch
	extra   []uint32
	prior   []uint32 // the words of last
}

// draft is what is kept of a document besides its id and words.
type draft struct {
	place, class, home uint32
	year               uint16
	kind               uint8
}

// home is what neighbours in the natural order share: the containers, and the words of their names.
type home struct {
	folder, group, artist, genre int64
	extra                        uint32 // where its words begin in extras
}

// container is where a container stands.
type container struct {
	row int64
	doc uint32
}

const (
	longestField = 200     // words of one text that count
	blockSize    = 1 << 16 // bytes
)

// Add takes a document. Documents are added in natural order. What has no proper id or kind is left out.
func (b *Builder) Add(d Doc) {
	if b.classes == nil {
		b.lex, b.classes = newLexicon(), map[media.Item]uint32{}
	}
	it := d.Item
	id, ok := pack(it.ID)
	kind := slices.Index(media.Kinds(), it.Kind)
	if !ok || kind < 0 {
		return
	}
	if it.Kind.Container() {
		b.held = append(b.held, container{d.Row, uint32(b.docs.n)})
	}
	b.write(it)
	b.settle(home{folder: d.Folder, group: d.Group, artist: d.Artist, genre: d.Genre})
	b.ids.add(id)
	b.docs.add(draft{
		place: d.Place, class: b.classOf(it), home: uint32(b.homes.n - 1),
		year: uint16(min(max(it.Year, 0), math.MaxUint16)), kind: uint8(kind),
	})
}

// write notes the words of an item: those of its title, of its own name where that is another, and of its subtitle; what
// its show, artist and album add goes to its home.
func (b *Builder) write(it media.Item) {
	b.own, b.extra = b.own[:0], b.extra[:0]
	title := b.read(it.Title)
	name := 0
	if it.Name != it.Title {
		name = b.read(it.Name)
	}
	known := len(b.own)
	for _, text := range []string{it.Show, it.Artist, it.Album} {
		if text == "" || text == it.Title {
			continue
		}
		for _, w := range Words(text) {
			if n := b.lex.number(w); !slices.Contains(b.extra, n) {
				b.extra = append(b.extra, n)
			}
		}
	}
	for _, w := range append(Words(it.Subtitle), acronyms(b.lex, b.own)...) {
		n := b.lex.number(w)
		if !slices.Contains(b.own, n) && !slices.Contains(b.extra, n) {
			b.own = append(b.own, n)
		}
	}
	out := b.room()
	for _, n := range []int{title, name, min(len(b.own)-known, longestField)} {
		*out = binary.AppendUvarint(*out, uint64(n))
	}
	for _, n := range b.own[:min(len(b.own), known+longestField)] {
		*out = binary.AppendUvarint(*out, uint64(n))
	}
}

// read notes the words of one text, and returns how many there are.
func (b *Builder) read(text string) int {
	words := Words(text)
	words = words[:min(len(words), longestField)]
	for _, w := range words {
		b.own = append(b.own, b.lex.number(w))
	}
	return len(words)
}

// room is the block of words that has room for most documents.
func (b *Builder) room() *[]byte {
	if last := len(b.tokens) - 1; last >= 0 && len(b.tokens[last]) < blockSize-blockSize/16 {
		return &b.tokens[last]
	}
	b.tokens = append(b.tokens, make([]byte, 0, blockSize))
	return &b.tokens[len(b.tokens)-1]
}

// acronyms returns letters that stand alone side by side as the words they are said as: "swat" for S.W.A.T.
func acronyms(lex lexicon, words []uint32) []string {
	var out []string
	run := ""
	for i := 0; i <= len(words); i++ {
		if i < len(words) && len(lex.word(words[i])) == 1 {
			run += string(lex.word(words[i]))
			continue
		}
		if len(run) > 2 {
			out = append(out, run)
		}
		run = ""
	}
	return out
}

// settle sees to it that the last home is the one wanted.
func (b *Builder) settle(h home) {
	h.extra = b.last.extra
	if b.lastSet && h == b.last && slices.Equal(b.extra, b.prior) {
		return
	}
	b.prior = append(b.prior[:0], b.extra...)
	h.extra = uint32(len(b.extras))
	b.extras = binary.AppendUvarint(b.extras, uint64(len(b.extra)))
	for _, n := range b.extra {
		b.extras = binary.AppendUvarint(b.extras, uint64(n))
	}
	b.last, b.lastSet = h, true
	b.homes.add(h)
}

// classOf keeps one item for all that a device plays or does not play alike.
func (b *Builder) classOf(it media.Item) uint32 {
	c := media.Item{
		Kind: it.Kind, ContentType: it.ContentType, Format: it.Format, VideoCodec: it.VideoCodec, AudioCodec: it.AudioCodec,
		Width: it.Width, Height: it.Height, Channels: it.Channels,
	}
	n, ok := b.classes[c]
	if !ok {
		n = uint32(len(b.class))
		b.classes[c] = n
		b.class = append(b.class, c)
	}
	return n
}

// Build returns the index. Containers that hold nothing that is played are left out, but for playlists. The Builder
// cannot be used again.
func (b *Builder) Build() *Index {
	if b.classes == nil {
		b.lex = newLexicon()
	}
	slices.SortFunc(b.held, func(a, c container) int {
		if a.row < c.row {
			return -1
		}
		return 1
	})
	live := b.live()
	x := &Index{n: live.count(), classes: b.class, free: make(chan set, mostFree)}
	b.classes = nil
	b.renumber(live)
	b.tree(x)
	b.facts(x, live)
	b.identities(x, live)
	b.texts(x, live)
	b.spell(x)
	x.post()
	x.weigh()
	return x
}

// find returns the place in held of the container of a row.
func (b *Builder) find(row int64) (int, bool) {
	if row == 0 {
		return 0, false
	}
	i := sort.Search(len(b.held), func(i int) bool { return b.held[i].row >= row })
	return i, i < len(b.held) && b.held[i].row == row
}

// live is what stays: the items that are played, and the containers above them, and every playlist, since what that holds is
// not the index's to know.
func (b *Builder) live() set {
	live := newSet(b.docs.n)
	risen := newSet(b.homes.n)
	var rise func(n uint32)
	rise = func(n uint32) {
		if risen.has(n) {
			return
		}
		risen.add(n)
		h := b.homes.at(int(n))
		for _, row := range []int64{h.folder, h.group, h.artist, h.genre} {
			if i, ok := b.find(row); ok {
				live.add(b.held[i].doc)
				rise(b.docs.at(int(b.held[i].doc)).home)
			}
		}
	}
	for i := range b.docs.n {
		if d := b.docs.at(i); !media.Kinds()[d.kind].Container() || media.Kinds()[d.kind] == media.Playlist {
			live.add(uint32(i))
			rise(d.home)
		}
	}
	return live
}

// renumber gives containers the numbers that they have once the empty ones are out, none to those.
func (b *Builder) renumber(live set) {
	order := make([]uint32, len(b.held)) // by document
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(i, j uint32) int { return int(b.held[i].doc) - int(b.held[j].doc) })
	number, doc := uint32(0), uint32(0)
	for _, i := range order {
		for ; doc < b.held[i].doc; doc++ {
			if live.has(doc) {
				number++
			}
		}
		if live.has(doc) {
			b.held[i].doc = number
		} else {
			b.held[i].doc = none
		}
	}
}

// tree writes down which container holds what.
func (b *Builder) tree(x *Index) {
	doc := func(row int64) uint32 {
		if i, ok := b.find(row); ok {
			return b.held[i].doc
		}
		return none
	}
	x.homes = make([]shared, b.homes.n)
	b.homes.drain(func(i int, h home) {
		x.homes[i] = shared{doc(h.folder), doc(h.group), doc(h.artist), doc(h.genre), h.extra}
	})
	x.extras = slices.Clip(b.extras)
	b.held, b.extras = nil, nil
}

// facts writes down kinds, years, classes, places and homes.
func (b *Builder) facts(x *Index, live set) {
	place := uint32(0)
	for i := range b.docs.n {
		place = max(place, b.docs.at(i).place)
	}
	x.class = newNumbers(x.n, uint64(max(len(x.classes), 1)))
	x.home, x.place = newNumbers(x.n, uint64(len(x.homes))), newNumbers(x.n, uint64(place))
	x.years = make([]uint16, x.n)
	n, kind := 0, -1
	b.docs.drain(func(i int, d draft) {
		if !live.has(uint32(i)) {
			return
		}
		if int(d.kind) != kind {
			kind = int(d.kind)
			x.runs = append(x.runs, run{uint32(n), d.kind})
		}
		x.years[n] = d.year
		x.class.set(n, uint64(d.class))
		x.home.set(n, uint64(d.home))
		x.place.set(n, uint64(d.place))
		n++
	})
}

// identities writes down the ids, and where each stands.
func (b *Builder) identities(x *Index, live set) {
	x.ids = newNumbers(x.n, 1<<(5*media.IDLength)-1)
	n := 0
	b.ids.drain(func(i int, id uint64) {
		if live.has(uint32(i)) {
			x.ids.set(n, id)
			n++
		}
	})
	order := make([]uint32, x.n)
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, c uint32) int {
		if x.ids.get(int(a)) < x.ids.get(int(c)) {
			return -1
		}
		return 1
	})
	x.byID = newNumbers(x.n, uint64(x.n))
	for i, d := range order {
		x.byID.set(i, uint64(d))
	}
}
