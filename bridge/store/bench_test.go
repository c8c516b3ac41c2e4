package store

import (
	"fmt"
	"testing"

	"localcast/bridge/queue"
)

// BenchmarkEdit is one entry altered in queues of several lengths, with the sync of the disk.
func BenchmarkEdit(b *testing.B) {
	for _, length := range []int{10, 1000, 10_000} {
		b.Run(fmt.Sprint(length), func(b *testing.B) {
			s := openStore(b, b.TempDir())
			fill(b, s, length)
			n := 0
			for b.Loop() {
				n++
				id := queue.EntryID(1 + n%length)
				save(b, s, "kitchen", change{Put: rows{row(id, int64(n))}, Head: head(int64(n), queue.EntryID(length+1))})
			}
		})
	}
}

// BenchmarkReplace is a whole queue written at once, as a play that replaces it does.
func BenchmarkReplace(b *testing.B) {
	for _, length := range []int{10, 1000, 10_000} {
		b.Run(fmt.Sprint(length), func(b *testing.B) {
			s := openStore(b, b.TempDir())
			for b.Loop() {
				fill(b, s, length)
			}
		})
	}
}

// BenchmarkQueue is a whole queue read, as at the start of the program.
func BenchmarkQueue(b *testing.B) {
	s := openStore(b, b.TempDir())
	fill(b, s, 10_000)
	for b.Loop() {
		if _, err := s.Queue(b.Context(), "kitchen"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEditTogether is edits by four callers for each core at the same time: they share syncs.
func BenchmarkEditTogether(b *testing.B) {
	s := openStore(b, b.TempDir())
	b.SetParallelism(4)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := s.SaveQueue(b.Context(), "kitchen", change{Put: rows{row(1, 1)}, Head: head(1, 2)}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func fill(b *testing.B, s *Store, length int) {
	b.Helper()
	c := change{All: true, Head: head(1, queue.EntryID(length+1))}
	for i := range length {
		c.Put = append(c.Put, row(queue.EntryID(i+1), int64(i)))
	}
	save(b, s, "kitchen", c)
}
