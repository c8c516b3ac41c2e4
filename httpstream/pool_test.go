package httpstream

import (
	"context"
	"testing"
	"testing/synctest"
)

func TestAStreamAlwaysGetsABlock(t *testing.T) {
	p := &pool{most: 3}
	greedy, modest := p.open(), p.open()
	var held [][]byte
	for greedy.try() != nil {
		held = append(held, nil)
	}
	if len(held) != 1+p.most {
		t.Errorf("one stream holds %d blocks, want its own and all %d others", len(held), p.most)
	}
	block := modest.try()
	if len(block) != blockBytes {
		t.Fatalf("another stream gets a block of %d bytes, want %d", len(block), blockBytes)
	}
	if modest.try() != nil {
		t.Error("and a second one, though all are lent")
	}
	modest.give(block[:10])
	if again := modest.try(); len(again) != blockBytes {
		t.Errorf("a block that came back has %d bytes", len(again))
	}
}

func TestReadAheadIsBounded(t *testing.T) {
	p := &pool{most: 1000}
	l := p.open()
	n := 0
	for l.try() != nil {
		n++
	}
	if n != readAhead {
		t.Errorf("a stream holds %d blocks, want %d", n, readAhead)
	}
}

func TestABlockIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pool{}
		l := p.open()
		first := l.take(t.Context())
		got := make(chan []byte)
		go func() { got <- l.take(t.Context()) }()
		synctest.Wait()
		l.give(first)
		l.give(<-got)
		if p.extra != 0 || l.held != 0 {
			t.Errorf("%d blocks are lent, %d of them beyond the first", l.held, p.extra)
		}
		if l.close(); p.spare != nil {
			t.Error("blocks are kept though nobody streams")
		}

		l = p.open()
		l.take(t.Context())
		ctx, cancel := context.WithCancel(t.Context())
		go func() { got <- l.take(ctx) }()
		synctest.Wait()
		cancel()
		if b := <-got; b != nil {
			t.Error("a block came after the end")
		}
	})
}
