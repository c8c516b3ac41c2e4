package bridge

import "sync"

// mailbox holds what a player reports until its device looks. It never blocks who puts in. Two statuses in a row become
// the later one; everything else keeps its place, so that an end is never lost and an answer never overtaken by an older
// picture. What it can hold is bounded by the orders under way.
type mailbox struct {
	mu   sync.Mutex
	post []any // Status, Ended, Done, Sighting
	news chan struct{}
}

func newMailbox() *mailbox { return &mailbox{news: make(chan struct{}, 1)} }

// Status implements Reports.
func (m *mailbox) Status(s Status) {
	m.put(s, func(last any) bool { _, ok := last.(Status); return ok })
}

// Ended implements Reports.
func (m *mailbox) Ended(e Ended) { m.put(e, nil) }

// Done implements Reports.
func (m *mailbox) Done(d Done) { m.put(d, nil) }

// sighting tells where the device is and how it is called now.
func (m *mailbox) sighting(s Sighting) {
	m.put(s, func(last any) bool { _, ok := last.(Sighting); return ok })
}

// put adds v, in place of the last letter if replaces says so.
func (m *mailbox) put(v any, replaces func(last any) bool) {
	m.mu.Lock()
	if n := len(m.post); n > 0 && replaces != nil && replaces(m.post[n-1]) {
		m.post[n-1] = v
	} else {
		m.post = append(m.post, v)
	}
	m.mu.Unlock()
	select {
	case m.news <- struct{}{}:
	default:
	}
}

// take empties the mailbox.
func (m *mailbox) take() []any {
	m.mu.Lock()
	defer m.mu.Unlock()
	post := m.post
	m.post = nil
	return post
}
