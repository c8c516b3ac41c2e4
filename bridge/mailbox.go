package bridge

import (
	"slices"
	"sync"
)

// mailbox holds what a player reports until its device looks. It never blocks who puts in. Two statuses in a row become
// the later one, two sightings too; everything else keeps its place, so that an end is never lost and an answer never
// overtaken by an older picture. What it can hold is bounded by the orders under way, the sessions that end, and the few
// steps of transfers.
type mailbox struct {
	mu   sync.Mutex
	post []any // Status, Ended, Done, Sighting, step
	news chan struct{}
}

func newMailbox() *mailbox { return &mailbox{news: make(chan struct{}, 1)} }

// Status implements Reports.
func (m *mailbox) Status(s Status) { m.put(s) }

// Ended implements Reports.
func (m *mailbox) Ended(e Ended) { m.put(e) }

// Done implements Reports.
func (m *mailbox) Done(d Done) { m.put(d) }

// sighting tells where the device is and how it is called now.
func (m *mailbox) sighting(s Sighting) { m.put(s) }

// put adds a letter, and takes out the one that it makes stale.
func (m *mailbox) put(letter any) {
	m.mu.Lock()
	if i := stale(m.post, letter); i >= 0 {
		m.post = slices.Delete(m.post, i, i+1)
	}
	m.post = append(m.post, letter)
	m.mu.Unlock()
	select {
	case m.news <- struct{}{}:
	default:
	}
}

// stale is the index of the letter that a new one replaces, -1 for none. Sightings have no place among the others.
func stale(post []any, letter any) int {
	_, status := letter.(Status)
	_, sighting := letter.(Sighting)
	for i := len(post) - 1; i >= 0 && (status || sighting); i-- {
		switch post[i].(type) {
		case Sighting:
			if sighting {
				return i
			}
		case Status:
			if status {
				return i
			}
		default:
			if status {
				return -1
			}
		}
	}
	return -1
}

// take empties the mailbox.
func (m *mailbox) take() []any {
	m.mu.Lock()
	defer m.mu.Unlock()
	post := m.post
	m.post = nil
	return post
}
