package store

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"localcast/bridge/media"
	"localcast/bridge/queue"
)

type savedQueue = queue.Saved[media.Item]

// model is what a queue is after some changes, by the words of queue.Change.
type model struct {
	head queue.Head
	rows map[queue.EntryID]queue.Row[media.Item]
}

func (m *model) apply(c change) {
	if c.All || m.rows == nil {
		m.rows = map[queue.EntryID]queue.Row[media.Item]{}
	}
	for _, r := range c.Put {
		m.rows[r.Entry.ID] = r
	}
	for _, id := range c.Drop {
		delete(m.rows, id)
	}
	m.head = c.Head
}

func (m *model) check(t testing.TB, got savedQueue) {
	t.Helper()
	if got.Head != m.head {
		t.Fatalf("the head is %+v\nwanted %+v", got.Head, m.head)
	}
	ids := slices.Sorted(maps.Keys(m.rows))
	if len(got.Rows) != len(ids) {
		t.Fatalf("there are %d rows, wanted %d", len(got.Rows), len(ids))
	}
	for i, id := range ids {
		if !reflect.DeepEqual(got.Rows[i], m.rows[id]) {
			t.Fatalf("row %d is %+v\nwanted %+v", i, got.Rows[i], m.rows[id])
		}
	}
}

// FuzzChanges holds that changes applied in order leave what one change with the whole queue leaves, also after the store
// was closed and opened in between.
func FuzzChanges(f *testing.F) {
	for seed := range uint64(10) {
		f.Add(seed, 30)
	}
	f.Fuzz(func(t *testing.T, seed uint64, count int) {
		random := rand.New(rand.NewPCG(seed, 1))
		dir := t.TempDir()
		s := openStore(t, dir)
		var want model
		for n := range max(0, min(count, 60)) {
			c := randomChange(random, want, int64(n))
			save(t, s, "kitchen", c)
			want.apply(c)
			if random.IntN(8) == 0 {
				s = reopen(t, s, dir)
			}
		}
		got := readQueueSorted(t, s, "kitchen")
		want.check(t, got)

		save(t, s, "bath", change{All: true, Put: slices.Collect(maps.Values(want.rows)), Head: want.head})
		if whole := readQueueSorted(t, s, "bath"); !reflect.DeepEqual(whole, got) {
			t.Errorf("step by step: %+v\nat once: %+v", got, whole)
		}
	})
}

// randomChange adds, alters and drops entries of a queue.
func randomChange(random *rand.Rand, m model, n int64) change {
	c := change{All: random.IntN(6) == 0, Head: m.head}
	c.Head.Revision = n
	there := slices.Sorted(maps.Keys(m.rows))
	for range random.IntN(5) {
		c.Head.Next++
		there = append(there, c.Head.Next)
		c.Put = append(c.Put, randomRow(random, c.Head.Next))
	}
	for range random.IntN(4) {
		if len(there) == 0 {
			break
		}
		id := there[random.IntN(len(there))]
		if random.IntN(2) == 0 {
			c.Drop = append(c.Drop, id)
		} else {
			c.Put = append(c.Put, randomRow(random, id))
		}
	}
	return c
}

func randomRow(random *rand.Rand, id queue.EntryID) queue.Row[media.Item] {
	r := row(id, random.Int64N(1<<40))
	r.Entry.Failed = random.IntN(2) == 0
	r.Entry.Item.Title = fmt.Sprint("title ", random.IntN(100))
	r.Entry.Item.Season = media.Number{}
	return r
}
