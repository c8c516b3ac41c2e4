package queue

import "testing"

func TestEdits(t *testing.T) {
	for name, script := range map[string]string{
		"enqueue play inserts behind the current entry and starts": started + `
			insert x y -> load e4(x)
			queue      -> a*xybc`,
		"enqueue next inserts and never starts": started + `
			next-up x y -> ok
			queue       -> *axybc`,
		"enqueue next with nothing current inserts at 0": `
			online
			add a b   -> ok
			next-up x -> ok
			queue     -> xab`,
		"add never starts playback": `
			online
			add a b -> ok
			state   -> off at 0`,
		"play from a position": `
			online
			play a from 33 -> load e1(a) at 33`,

		"what is added may begin later than at its start": started + `
			add d from 30 -> ok
			jump e4       -> load e4(d) at 30`,
		"a queue is saved as it stands, while it plays": started + `
			save  -> copy, ok
			queue -> *abc`,
		"and while the device is offline": `
			online
			add a b -> ok
			offline
			save    -> copy, ok`,
		"an empty queue is not saved": `
			online
			save -> not_found`,
		"save is answered when it is on disk, and before what came later": started + `
			disk waits
			add d
			save       -> copy
			look
			disk works -> ok, ok, ok`,
		"a queue that could not be saved": started + `
			disk waits
			save      -> copy
			disk full -> internal`,
		"removing the current entry plays the next if it played": started + `
			remove e1 -> load e2(b), ok
			queue     -> *bc`,
		"removing the current entry while paused makes the next current": started + `
			pause -> order pause
			done  -> ok
			paused 3
			remove e1 -> order stop_media, ok
			queue     -> *bc
			state     -> idle at 0`,
		"removing the last entry while it plays ends the queue": started + `
			remove e2 e3 -> ok
			remove e1    -> order stop_media, queue_finished, ok`,
		"removing the entry of a waiting load cancels that": `
			online
			play a b  -> load e1(a)
			remove e1 -> load e2(b), conflict, ok`,
		"removing what is not there changes nothing": started + `
			remove e2 e9 -> not_found
			queue        -> *abc`,
		"move gives an entry the index it has afterwards": started + `
			move e1 2 -> ok
			queue     -> bc*a
			move e3 0 -> ok
			queue     -> cb*a
			move e3 3 -> invalid`,
		"jump plays an entry": started + `
			jump e3 -> load e3(c)
			queue   -> ab*c
			jump e9 -> ok pending, not_found`,
		"clear leaves the receiver idle": started + `
			clear -> order stop_media
			done  -> ok
			idle
			queue ->
			state -> idle at 0`,
		"clear with keep_current leaves what plays": started + `
			clear keep -> ok
			queue      -> *a
			state      -> playing at 0`,
		"shuffle keeps the current entry first, and can be undone": started + `
			next       -> load e2(b)
			loaded     -> ok
			playing    -> item_started b
			add d      -> ok
			shuffle on -> ok
			queue      -> *bcda
			shuffle off -> ok
			queue      -> a*bcd`,
		"what is added while shuffled has its place when that is undone": started + `
			shuffle on  -> ok
			queue       -> *acb
			next-up x   -> ok
			add y       -> ok
			queue       -> *axcby
			shuffle off -> ok
			queue       -> *axbcy`,
		"an edit of another revision is refused": started + `
			add d at 7 -> conflict
			add d at 1 -> ok
			play d at 1 -> conflict
			queue       -> *abcd`,
		"removing the last entry plays the first with repeat all": started + `
			repeat all -> ok
			jump e3    -> load e3(c)
			loaded     -> ok
			playing    -> item_started c
			remove e3  -> load e1(a), ok
			queue      -> *ab`,
		"previous and next pass over what was refused": `
			online
			play a b c -> load e1(a)
			loaded     -> ok
			jump e2    -> load e2(b)
			refused    -> item_failed b, load e3(c)
			loaded     -> ok refused e2
			playing    -> item_started c
			previous   -> load e1(a)
			loaded     -> ok
			next       -> load e3(c)`,
	} {
		t.Run(name, func(t *testing.T) { newHouse().story(t, script) })
	}
}

func TestAQueueHasAnEnd(t *testing.T) {
	h := newHouse()
	h.run(t, "online")
	full := Play[string]{Ref: 1, Mode: Append, Items: make([]Entry[string], Max)}
	one := Play[string]{Ref: 2, Mode: Append, Items: make([]Entry[string], 1)}
	h.step(full)
	if said := h.step(one); len(said) != 1 || said[0] != "invalid" || h.Len() != Max {
		t.Errorf("one more: %v, %d entries", said, h.Len())
	}
	one.Mode = Replace
	if h.step(one); h.Len() != 1 {
		t.Errorf("a replacing play leaves %d entries", h.Len())
	}
}
