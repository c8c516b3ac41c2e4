package index

import (
	"slices"

	"localcast/bridge/media"
)

// filter returns the documents that pass q's filters, nil for all; ok is false where nothing can pass.
func (x *Index) filter(q media.Query) (allowed set, ok bool) {
	containers := []uint32{}
	for _, c := range []struct {
		asked bool
		find  func() uint32
	}{
		{q.Within != "", func() uint32 { return x.find(q.Within) }},
		{q.Genre != "", func() uint32 { return x.named(media.Genre, q.Genre) }},
		{q.Artist != "", func() uint32 { return x.named(media.Artist, q.Artist) }},
	} {
		if !c.asked {
			continue
		}
		found := c.find()
		if found == none {
			return nil, false
		}
		containers = append(containers, found)
	}
	if len(q.Kinds) == 0 && len(containers) == 0 && q.YearFrom == 0 && q.YearTo == 0 {
		return nil, true
	}
	return x.passing(q, containers), true
}

// passing returns the documents of the kinds and years that q asks for which are in all of the containers.
func (x *Index) passing(q media.Query, containers []uint32) set {
	anywhere, anytime := len(containers) == 0, q.YearFrom == 0 && q.YearTo == 0
	var homes set
	var in []func(shared) bool
	for _, c := range containers {
		in = append(in, x.holds(c))
	}
	if !anywhere {
		homes = newSet(len(x.homes))
		for i, h := range x.homes {
			if !slices.ContainsFunc(in, func(holds func(shared) bool) bool { return !holds(h) }) {
				homes.add(uint32(i))
			}
		}
	}
	docs := x.blank()
	x.eachRun(func(k media.Kind, from, to uint32) {
		if len(q.Kinds) > 0 && !slices.Contains(q.Kinds, k) {
			return
		}
		if anywhere && anytime {
			docs.addRange(from, to)
			return
		}
		for d := from; d < to; d++ {
			year := int(x.years[d])
			if (anywhere || homes.has(uint32(x.home.get(int(d))))) && (q.YearFrom == 0 || year >= q.YearFrom) &&
				(q.YearTo == 0 || year > 0 && year <= q.YearTo) {
				docs.add(d)
			}
		}
	})
	return docs
}

// named returns the container of a kind whose folded title is that of name.
func (x *Index) named(kind media.Kind, name string) uint32 {
	words := Words(name)
	found := none
	x.eachRun(func(k media.Kind, from, to uint32) {
		for d := from; k == kind && d < to && found == none; d++ {
			if x.titled(d, words) {
				found = d
			}
		}
	})
	return found
}

// titled reports whether the title of d has exactly these words.
func (x *Index) titled(d uint32, words []string) bool {
	r := reader(x.tokens[x.tokenAt.get(int(d)):])
	n := r.next()
	r.next()
	r.next()
	if int(n) != len(words) {
		return false
	}
	for _, w := range words {
		if string(x.word(uint32(x.rank.get(int(r.next()))))) != w {
			return false
		}
	}
	return true
}
