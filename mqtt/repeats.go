package mqtt

import (
	"crypto/sha256"
	"sync"
	"time"
)

// How long and how many commands with a transaction are remembered.
const (
	repeatTime = 30 * time.Second
	maxRepeats = 1000
)

// key names a command that may come twice: its topic and payload, hashed. The zero key names none.
type key [sha256.Size]byte

func keyOf(topic string, payload []byte) key {
	h := sha256.New()
	h.Write([]byte(topic))
	h.Write([]byte{0}) // no topic holds a zero byte
	h.Write(payload)
	return key(h.Sum(nil))
}

// repeats remembers the commands that came with a transaction, so that one that the broker delivers twice is executed
// once. The mutex guards everything: commands come on the connection's goroutine, answers on any.
type repeats struct {
	mu    sync.Mutex
	known map[key]*remembered
	age   []*remembered // by time of arrival
}

// remembered is one such command. Without answers it is under way.
type remembered struct {
	key     key
	until   time.Time
	answers []message
}

func newRepeats() *repeats { return &repeats{known: make(map[key]*remembered)} }

// begin notes a command. first is true if it is to be executed; else answers repeats what was answered, and is empty
// while the command is under way.
func (r *repeats) begin(k key, now time.Time) (answers []message, first bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m := r.known[k]; m != nil && now.Before(m.until) {
		return m.answers, false
	}
	for len(r.age) > 0 && (len(r.age) >= maxRepeats || !now.Before(r.age[0].until)) {
		r.drop(r.age[0])
		r.age = r.age[1:]
	}
	m := &remembered{key: k, until: now.Add(repeatTime)}
	r.known[k] = m
	r.age = append(r.age, m)
	return nil, true
}

// done notes the answers to a command; with none it is forgotten, and executed when it comes again.
func (r *repeats) done(k key, answers []message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.known[k]
	switch {
	case m == nil:
	case answers == nil:
		delete(r.known, k)
	default:
		m.answers = answers
	}
}

// drop forgets m, unless the same command was noted anew since.
func (r *repeats) drop(m *remembered) {
	if r.known[m.key] == m {
		delete(r.known, m.key)
	}
}
