package index

import (
	"encoding/binary"
	"slices"
	"strings"

	"localcast/bridge/media"
)

// Doc is one item as the index takes it. The containers are named by their ids; "" is none.
type Doc struct {
	Item media.Item
	// Place orders items in a listing by path: a number that rises in natural order of the paths.
	Place uint32
	// Folder is the folder that the file or folder lies in. Group is the season of an episode, the show of a season, the
	// album of a track and the artist of an album. Artist and Genre are a track's own.
	Folder, Group, Artist, Genre media.ID
}

// Builder collects documents. The zero Builder is ready to use.
type Builder struct {
	words   map[string]uint32
	spelled []string // by provisional word
	docs    []draft
	tokens  []uint32 // the words of all documents, one after the other
	classes map[media.Item]uint32
	x       Index
}

// draft is a document before the containers that hold nothing are left out.
type draft struct {
	id                           uint64
	folder, group, artist, genre uint64 // packed ids; 0 is none
	place, class                 uint32
	kind                         uint8
	year                         uint16
	from                         uint32 // where its words begin in tokens
	title, name                  uint16 // how many of them are its title and its own name
}

// Add takes a document. Documents are added in natural order.
func (b *Builder) Add(d Doc) {
	if b.words == nil {
		b.words, b.classes = map[string]uint32{}, map[media.Item]uint32{}
	}
	it := d.Item
	id, ok := pack(it.ID)
	kind := slices.Index(media.Kinds(), it.Kind)
	if !ok || kind < 0 {
		return
	}
	draft := draft{
		id: id, kind: uint8(kind), place: d.Place, class: b.classOf(it), year: uint16(min(max(it.Year, 0), 9999)),
		from:   uint32(len(b.tokens)),
		folder: ref(d.Folder), group: ref(d.Group), artist: ref(d.Artist), genre: ref(d.Genre),
	}
	draft.title = b.add(it.Title)
	if it.Name != it.Title {
		draft.name = b.add(it.Name)
	}
	known := len(b.tokens)
	for _, text := range []string{it.Subtitle, it.Show, it.Artist, it.Album} {
		for _, w := range Words(text) {
			t := b.word(w)
			if !slices.Contains(b.tokens[draft.from:known], t) && !slices.Contains(b.tokens[known:], t) {
				b.tokens = append(b.tokens, t)
			}
		}
	}
	b.docs = append(b.docs, draft)
}

// ref packs a container's id and adds one, so that 0 stands for none.
func ref(id media.ID) uint64 {
	p, ok := pack(id)
	if !ok {
		return 0
	}
	return p + 1
}

// longestField bounds the words of one field.
const longestField = 200

func (b *Builder) add(text string) uint16 {
	words := Words(text)
	words = words[:min(len(words), longestField)]
	for _, w := range words {
		b.tokens = append(b.tokens, b.word(w))
	}
	return uint16(len(words))
}

func (b *Builder) word(w string) uint32 {
	t, ok := b.words[w]
	if !ok {
		w = strings.Clone(w)
		t = uint32(len(b.spelled))
		b.words[w] = t
		b.spelled = append(b.spelled, w)
	}
	return t
}

// classOf keeps one item for all that a device plays or does not play alike.
func (b *Builder) classOf(it media.Item) uint32 {
	c := media.Item{
		Kind: it.Kind, ContentType: it.ContentType, Format: it.Format, VideoCodec: it.VideoCodec, AudioCodec: it.AudioCodec,
		Width: it.Width, Height: it.Height, Channels: it.Channels,
	}
	n, ok := b.classes[c]
	if !ok {
		n = uint32(len(b.x.classes))
		b.classes[c] = n
		b.x.classes = append(b.x.classes, c)
	}
	return n
}

// Build returns the index. Containers that hold nothing that is played are left out. The Builder cannot be used again.
func (b *Builder) Build() *Index {
	x := &b.x
	b.keepLive()
	n := len(b.docs)
	x.ids, x.kinds, x.years = make([]uint64, n), make([]uint8, n), make([]uint16, n)
	x.class, x.place, x.byID = make([]uint32, n), make([]uint32, n), make([]uint32, n)
	for i, d := range b.docs {
		x.ids[i], x.kinds[i], x.years[i], x.class[i], x.place[i] = d.id, d.kind, d.year, d.class, d.place
		x.byID[i] = uint32(i)
	}
	slices.SortFunc(x.byID, func(a, b uint32) int {
		if x.ids[a] < x.ids[b] {
			return -1
		}
		return 1
	})
	parents := func(of func(draft) uint64) []uint32 {
		out := make([]uint32, n)
		for i, d := range b.docs {
			out[i] = none
			if p := of(d); p != 0 {
				out[i] = x.find(unpack(p - 1))
			}
		}
		return out
	}
	x.folder = parents(func(d draft) uint64 { return d.folder })
	x.group = parents(func(d draft) uint64 { return d.group })
	x.artist = parents(func(d draft) uint64 { return d.artist })
	x.genre = parents(func(d draft) uint64 { return d.genre })
	b.vocabulary()
	b.documents()
	return x
}

// keepLive drops the containers without anything to play in them.
func (b *Builder) keepLive() {
	at := make(map[uint64]int, len(b.docs)/8)
	for i, d := range b.docs {
		if media.Kinds()[d.kind].Container() {
			at[d.id] = i
		}
	}
	live := make([]bool, len(b.docs))
	var rise func(ref uint64, depth int)
	rise = func(ref uint64, depth int) {
		i, ok := at[ref-1]
		if ref == 0 || !ok || live[i] || depth > maxDepth {
			return
		}
		live[i] = true
		rise(b.docs[i].folder, depth+1)
		rise(b.docs[i].group, depth+1)
	}
	for i, d := range b.docs {
		if media.Kinds()[d.kind].Container() {
			continue
		}
		live[i] = true
		for _, ref := range []uint64{d.folder, d.group, d.artist, d.genre} {
			rise(ref, 0)
		}
	}
	end := uint32(len(b.tokens))
	kept, tokens := b.docs[:0], b.tokens[:0]
	for i := range b.docs {
		d := b.docs[i]
		to := end
		if i+1 < len(b.docs) {
			to = b.docs[i+1].from
		}
		if live[i] {
			words := b.tokens[d.from:to]
			d.from = uint32(len(tokens))
			tokens = append(tokens, words...)
			kept = append(kept, d)
		}
	}
	b.docs, b.tokens = kept, tokens
}

// maxDepth bounds how deep containers lie in each other.
const maxDepth = 300

// vocabulary sorts the words and renumbers those of the documents.
func (b *Builder) vocabulary() {
	used := make([]bool, len(b.spelled))
	for _, t := range b.tokens {
		used[t] = true
	}
	order := make([]uint32, 0, len(b.spelled))
	for t := range b.spelled {
		if used[t] {
			order = append(order, uint32(t))
		}
	}
	slices.SortFunc(order, func(a, c uint32) int { return strings.Compare(b.spelled[a], b.spelled[c]) })
	renumbered := make([]uint32, len(b.spelled))
	x := &b.x
	x.wordAt = make([]uint32, 1, len(order)+1)
	for w, t := range order {
		renumbered[t] = uint32(w)
		x.words = append(x.words, b.spelled[t]...)
		x.wordAt = append(x.wordAt, uint32(len(x.words)))
	}
	for i, t := range b.tokens {
		b.tokens[i] = renumbered[t]
	}
	b.words, b.spelled = nil, nil
}

// documents writes each document's words and each word's documents.
func (b *Builder) documents() {
	x := &b.x
	n, words := len(b.docs), len(x.wordAt)-1
	count := make([]uint32, words+1) // where each word's documents begin, once summed
	each := func(f func(doc, word uint32)) {
		seen := make([]uint32, words)
		for i, d := range b.docs {
			for _, w := range b.tokens[d.from:b.endOf(i)] {
				if seen[w] != uint32(i)+1 {
					seen[w] = uint32(i) + 1
					f(uint32(i), w)
				}
			}
		}
	}
	each(func(_, w uint32) { count[w+1]++ })
	for w := range words {
		count[w+1] += count[w]
	}
	holders, next := make([]uint32, count[words]), slices.Clone(count)
	each(func(d, w uint32) {
		holders[next[w]] = d
		next[w]++
	})
	x.postingAt = make([]uint32, 1, words+1)
	for w := range words {
		last := uint32(0)
		for _, d := range holders[count[w]:count[w+1]] {
			x.postings = binary.AppendUvarint(x.postings, uint64(d-last))
			last = d
		}
		x.postingAt = append(x.postingAt, uint32(len(x.postings)))
	}
	x.tokenAt = make([]uint32, 1, n+1)
	for i, d := range b.docs {
		words := b.tokens[d.from:b.endOf(i)]
		for _, part := range []uint16{d.title, d.name} {
			x.tokens = binary.AppendUvarint(x.tokens, uint64(part))
			for _, w := range words[:part] {
				x.tokens = binary.AppendUvarint(x.tokens, uint64(w))
			}
			words = words[part:]
		}
		for _, w := range words {
			x.tokens = binary.AppendUvarint(x.tokens, uint64(w))
		}
		x.tokenAt = append(x.tokenAt, uint32(len(x.tokens)))
	}
	x.postings, x.tokens, x.words = slices.Clip(x.postings), slices.Clip(x.tokens), slices.Clip(x.words)
	b.docs, b.tokens = nil, nil
}

func (b *Builder) endOf(i int) uint32 {
	if i+1 < len(b.docs) {
		return b.docs[i+1].from
	}
	return uint32(len(b.tokens))
}
