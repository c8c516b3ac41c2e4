package broker

import "sync"

// turns lets the connections of one client identifier come and go one after the other.
//
// mochi looks for an older connection of a client, ends it and enters the new one with nothing between them that keeps others
// out. So two that come together may both stay, and an older one that goes meanwhile may take the new one out with it: that
// is connected then and hears nothing for ever. Here a connection has its turn while it is being entered, and from its end
// until mochi has forgotten it. What mochi does in a turn waits for no other connection, and writes are bounded.
type turns struct {
	mu   sync.Mutex
	over *sync.Cond // a turn is over
	held map[string]*conn
}

func newTurns() *turns {
	t := &turns{held: make(map[string]*conn)}
	t.over = sync.NewCond(&t.mu)
	return t
}

// take waits for the turn of c, which connects as id. It runs on the goroutine of c.
func (t *turns) take(id string, c *conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.held[id] != nil && t.held[id] != c {
		t.over.Wait()
	}
	t.held[id] = c
	c.id = id
}

// give ends the turn of c, if it is its turn. It runs on the goroutine of c.
func (t *turns) give(c *conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held[c.id] == c {
		delete(t.held, c.id)
		t.over.Broadcast()
	}
}
