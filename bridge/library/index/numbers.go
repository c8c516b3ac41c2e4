package index

import "math/bits"

// numbers is an array of whole numbers that takes no more bits for each than the largest needs.
type numbers struct {
	width uint
	data  []uint64
}

// newNumbers makes room for n numbers of at most most; all are 0.
func newNumbers(n int, most uint64) numbers {
	width := uint(max(bits.Len64(most), 1))
	return numbers{width, make([]uint64, (n*int(width)+63)/64)}
}

// set writes number i, which is still 0.
func (p numbers) set(i int, v uint64) {
	bit := uint(i) * p.width
	w, off := bit/64, bit%64
	p.data[w] |= v << off
	if off+p.width > 64 {
		p.data[w+1] |= v >> (64 - off)
	}
}

func (p numbers) get(i int) uint64 {
	bit := uint(i) * p.width
	w, off := bit/64, bit%64
	v := p.data[w] >> off
	if off+p.width > 64 {
		v |= p.data[w+1] << (64 - off)
	}
	return v & (1<<p.width - 1)
}

// chunks is a list that grows without ever moving what it holds, so that growing needs no memory for two copies.
type chunks[T any] struct {
	parts [][]T
	n     int
}

const chunkSize = 1 << 14

func (c *chunks[T]) add(v T) {
	if c.n%chunkSize == 0 {
		c.parts = append(c.parts, make([]T, 0, chunkSize))
	}
	last := len(c.parts) - 1
	c.parts[last] = append(c.parts[last], v)
	c.n++
}

func (c *chunks[T]) at(i int) T { return c.parts[i/chunkSize][i%chunkSize] }

// drain hands over each value in order, and lets go of what was handed over.
func (c *chunks[T]) drain(f func(i int, v T)) {
	i := 0
	for p := range c.parts {
		for _, v := range c.parts[p] {
			f(i, v)
			i++
		}
		c.parts[p] = nil
	}
	*c = chunks[T]{}
}

// set is a set of documents, or of whatever else is numbered.
type set []uint64

func newSet(n int) set { return make(set, (n+63)/64) }

func (s set) add(i uint32)      { s[i/64] |= 1 << (i % 64) }
func (s set) remove(i uint32)   { s[i/64] &^= 1 << (i % 64) }
func (s set) has(i uint32) bool { return s[i/64]&(1<<(i%64)) != 0 }

// addRange adds the numbers [from, to).
func (s set) addRange(from, to uint32) {
	for ; from < to && from%64 != 0; from++ {
		s.add(from)
	}
	for ; from+64 <= to; from += 64 {
		s[from/64] = ^uint64(0)
	}
	for ; from < to; from++ {
		s.add(from)
	}
}

func (s set) and(o set) {
	for i := range s {
		s[i] &= o[i]
	}
}

func (s set) empty() bool {
	for _, w := range s {
		if w != 0 {
			return false
		}
	}
	return true
}

func (s set) count() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// each calls f for the members in order until it returns false.
func (s set) each(f func(uint32) bool) {
	for i, w := range s {
		for ; w != 0; w &= w - 1 {
			if !f(uint32(i*64 + bits.TrailingZeros64(w))) {
				return
			}
		}
	}
}
