package httpstream

import (
	"sync"
	"time"
)

// maxPeers bounds how many tags are remembered; a house has fewer devices.
const maxPeers = 256

// peers remembers which device a tag stands for, and when it was last heard. The zero value is ready.
type peers struct {
	mu   sync.Mutex
	tags map[string]listener
}

type listener struct {
	device string    // "" for a tag from before a restart
	asked  time.Time // when it last asked for media; zero for never
}

// remember keeps a device's tag, dropping any other where there are too many.
func (p *peers) remember(tag, device string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.put(tag, listener{device, p.tags[tag].asked})
}

// heard notes that who holds the tag has asked for media, and returns its device: the tag itself where that is not known.
func (p *peers) heard(tag string, now time.Time) (device string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.tags[tag]
	p.put(tag, listener{known.device, now})
	if known.device == "" {
		return tag
	}
	return known.device
}

// since reports whether the tag's holder has asked for media at or after a moment.
func (p *peers) since(tag string, t time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	asked := p.tags[tag].asked
	return !asked.IsZero() && !asked.Before(t)
}

func (p *peers) put(tag string, v listener) {
	if p.tags == nil {
		p.tags = make(map[string]listener)
	}
	if _, known := p.tags[tag]; !known && len(p.tags) >= maxPeers {
		for other := range p.tags {
			delete(p.tags, other)
			break
		}
	}
	p.tags[tag] = v
}
