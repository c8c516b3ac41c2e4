package httpstream

import (
	"os"
	"slices"
	"sync"
	"sync/atomic"
)

const (
	// windowBytes is what we read ahead of a stream where the kernel does not.
	windowBytes = 512 << 10
	// cacheShare is which part of the memory read-ahead may take, and which a file must exceed to count as large.
	cacheShare = 8
	// dropBytes is how far a stream goes before what lies behind it is dropped, and keepBytes what stays there: the kernel may
	// not have sent all of it yet.
	dropBytes = 8 << 20
	keepBytes = 2 << 20
)

// pageCache tells the kernel what of the files is read next and what not any more. Read-ahead is the kernel's as long as that
// of all streams fits into the memory. Beyond that its pages would be dropped before they are sent, so each stream reads a
// small window of its own. On a small host what lies behind the last reader of a large file goes at once, so that one
// film does not push everything else out.
type pageCache struct {
	memory int64         // bytes; 0 where it is not known, and nothing is advised
	active *atomic.Int64 // streams under way

	mu      sync.Mutex
	readers map[version][]*cached // of large files, on small hosts
}

// cached is how one stream reads a file.
type cached struct {
	cache   *pageCache
	file    *os.File
	version version
	random  bool // the kernel does not read ahead
	ahead   int64
	dropped int64 // up to where this stream has dropped

	at atomic.Int64 // where it is; others look
}

func (p *pageCache) small() bool { return p.memory > 0 && p.memory < smallHost }

// crowded reports whether the read-ahead of all streams is too much.
func (p *pageCache) crowded() bool {
	return p.memory > 0 && p.active.Load()*windowBytes > p.memory/cacheShare
}

// open begins a reading from a position on.
func (p *pageCache) open(f *os.File, v version, from int64) *cached {
	c := &cached{cache: p, file: f, version: v, dropped: from}
	c.at.Store(from)
	if p.small() && v.size > p.memory/cacheShare {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.readers == nil {
			p.readers = make(map[version][]*cached)
		}
		p.readers[v] = append(p.readers[v], c)
	}
	return c
}

// close ends a reading.
func (c *cached) close() {
	p := c.cache
	p.mu.Lock()
	defer p.mu.Unlock()
	others := slices.DeleteFunc(p.readers[c.version], func(o *cached) bool { return o == c })
	if len(others) > 0 {
		p.readers[c.version] = others
		return
	}
	delete(p.readers, c.version)
}

// next prepares for the bytes from a position up to end, and returns how many may be sent before it has to be asked again.
func (c *cached) next(from, end int64) int64 {
	c.at.Store(from)
	if crowded := c.cache.crowded(); crowded != c.random {
		c.random = crowded
		a := adviseNormal
		if crowded {
			a = adviseRandom
		}
		advise(c.file, 0, 0, a)
	}
	if c.random {
		c.ahead = max(c.ahead, from)
		// A half of the window at least, so that not every piece costs a call.
		if to := min(from+windowBytes, end); to-c.ahead >= windowBytes/2 || to == end && to > c.ahead {
			advise(c.file, c.ahead, to-c.ahead, adviseWillNeed)
			c.ahead = to
		}
	}
	if from-c.dropped >= dropBytes {
		c.drop(from)
	}
	if c.random {
		return windowBytes / 2
	}
	return pieceMost
}

// drop drops what lies behind the last of those who read a large file; whoever is not the last leaves it to that one.
func (c *cached) drop(at int64) {
	p := c.cache
	p.mu.Lock()
	readers := p.readers[c.version]
	mine := len(readers) > 0
	for _, o := range readers {
		mine = mine && (o == c || o.at.Load() >= at)
	}
	p.mu.Unlock()
	to := at - keepBytes
	if mine {
		advise(c.file, c.dropped, to-c.dropped, adviseDontNeed)
	}
	c.dropped = to
}
