package httpstream

import (
	"sync"
	"sync/atomic"
	"time"

	"localcast/bridge"
)

// meter counts what is streamed. Streams add to active and bytes as they go; the rest belongs to who calls measure.
type meter struct {
	active, bytes atomic.Int64
	rate          atomic.Int64 // bytes per second in the last interval
	measured      int64        // bytes at the end of it
}

// measure sets the rate over the interval that has passed since it was last called.
func (m *meter) measure(interval time.Duration) {
	total := m.bytes.Load()
	m.rate.Store(int64(float64(total-m.measured) / interval.Seconds()))
	m.measured = total
}

func (m *meter) state(limit int) bridge.StreamState {
	return bridge.StreamState{
		Active:         int(m.active.Load()),
		Limit:          limit,
		BytesTotal:     m.bytes.Load(),
		BytesPerSecond: m.rate.Load(),
	}
}

// maxPeers bounds how many tags are remembered; a house has fewer devices.
const maxPeers = 256

// peers remembers which device a tag stands for. The zero value is ready.
type peers struct {
	mu      sync.Mutex
	devices map[string]string
}

// remember keeps a device's tag, dropping any other where there are too many.
func (p *peers) remember(tag, device string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.devices == nil {
		p.devices = make(map[string]string)
	}
	if _, known := p.devices[tag]; !known && len(p.devices) >= maxPeers {
		for other := range p.devices {
			delete(p.devices, other)
			break
		}
	}
	p.devices[tag] = device
}

// device returns the device of a tag, or the tag itself where it is not known: an address from before a restart.
func (p *peers) device(tag string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d, ok := p.devices[tag]; ok {
		return d
	}
	return tag
}
