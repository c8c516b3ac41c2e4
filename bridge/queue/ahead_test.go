package queue

import "testing"

// queued is how stories about what stands ahead begin: a plays on a device that takes queue messages, and b stands ahead.
const queued = `
	queues yes
	online
	play a b c -> load e1(a)
	loaded     -> ok, ahead e2(b)
	playing    -> item_started a
`

func TestAhead(t *testing.T) {
	for name, script := range map[string]string{
		"the receiver goes on by itself, without a load": queued + `
			goes-on e2 -> item_finished a, ahead e3(c)
			queue      -> a*bc
			state      -> buffering at 0
			playing    -> item_started b
			goes-on e3 -> item_finished b, ahead nothing
			playing    -> item_started c
			finished   -> item_finished c, queue_finished`,
		"a receiver that goes on and does not give back the serial": queued + `
			goes-on e2 0 -> item_finished a, ahead e3(c)
			playing      -> item_started b
			finished     -> item_finished b, load e3(c)`,
		"a remote's next and previous move the cursor": queued + `
			skips e2   -> ahead e3(c)
			playing    -> item_started b
			queue      -> a*bc
			goes-back e1 1 -> ahead e2(b)
			playing        -> item_started a
			queue          -> *abc`,
		"next of ours loads, and replaces what stood ahead": queued + `
			next    -> load e2(b)
			loaded  -> ok, ahead e3(c)
			playing -> item_started b`,
		"an edit behind what stands ahead changes nothing there": queued + `
			add d     -> ok
			remove e3 -> ok`,
		"what is put next takes its place": queued + `
			next-up x -> ok, ahead e4(x)
			remove e4 -> ok, ahead e2(b)
			move e3 1 -> ok, ahead e3(c)`,
		"removing what stands ahead, and all that follows": queued + `
			remove e2  -> ok, ahead e3(c)
			clear keep -> ok, ahead nothing
			add d      -> ok, ahead e4(d)`,
		"removing what stands ahead, and what is added then is next": queued + `
			remove e2 e3 -> ok, ahead nothing
			add d        -> ok, ahead e4(d)`,
		"shuffle changes what follows": queued + `
			shuffle on  -> ok, ahead e3(c)
			shuffle off -> ok, ahead e2(b)`,
		"repeat one has the same stand ahead, from its start": `
			queues yes
			online
			play a b from 30 -> load e1(a) at 30
			loaded           -> ok, ahead e2(b)
			playing          -> item_started a
			repeat one       -> ok, ahead e1(a)
			goes-on e1       -> item_finished a, ahead e1(a)
			playing          -> item_started a
			repeat off       -> ok, ahead e2(b)`,
		"repeat all has the first stand ahead of the last": queued + `
			jump e3    -> load e3(c)
			loaded     -> ok
			playing    -> item_started c
			repeat all -> ok, ahead e1(a)
			goes-on e1 -> item_finished c, ahead e2(b)
			queue      -> *abc`,
		"an entry begins where it was asked to": queued + `
			clear keep   -> ok, ahead nothing
			add d from 7 -> ok, ahead e4(d) at 7
			goes-on e4   -> item_finished a, ahead nothing
			state        -> buffering at 7`,
		"what was refused is passed over": queued + `
			breaks-off e2 -> item_failed a, ahead e3(c)
			playing       -> item_started b
			broke         -> item_failed b, load e3(c)
			loaded
			repeat all    -> ok, ahead e3(c)`,
		"pictures are loaded by themselves": `
			queues yes
			online
			play a        -> load e1(a)
			loaded        -> ok
			playing       -> item_started a
			add p shown 8 -> ok
			finished      -> item_finished a, load e2(p)
			add b         -> ok
			loaded
			playing       -> item_started p
			wait 8s       -> item_finished p, load e3(b)`,

		"an end that overtakes an edit passes over nothing": queued + `
			queues slowly
			next-up x  -> ok, ahead e4(x)
			goes-on e2 -> item_finished a, ahead e4(x)
			queue      -> a*bxc
			playing    -> item_started b`,
		"an end that overtakes a move": queued + `
			queues slowly
			move e2 2  -> ok, ahead e3(c)
			goes-on e2 -> item_finished a, ahead e3(c)
			queue      -> a*bc`,
		"an end that overtakes a shuffle": queued + `
			queues slowly
			shuffle on -> ok, ahead e3(c)
			goes-on e2 -> item_finished a, ahead e3(c)
			queue      -> a*bc
			shuffle off -> ok
			queue       -> a*bc`,
		"an end that overtakes the removal of what stood ahead": queued + `
			queues slowly
			remove e2    -> ok, ahead e3(c)
			goes-on e2 2 -> item_finished a, load e3(c)`,
		"an end that overtakes the removal of all that follows": queued + `
			queues slowly
			clear keep -> ok, ahead nothing
			goes-on e2 -> item_finished a, queue_finished, order stop_media`,
		"an end that overtakes the switch to repeat one": queued + `
			queues slowly
			repeat one -> ok, ahead e1(a)
			goes-on e2 -> item_finished a, ahead e2(b)
			queue      -> a*bc`,
		"an edit that takes out what has just begun: it plays again, and is the same play": queued + `
			queues slowly
			next-up x  -> ok, ahead e4(x)
			goes-on e2 -> item_finished a, ahead e4(x)
			playing    -> item_started b
			wait 3s
			overtaken  -> load e2(b) at 3
			loaded     -> ahead e4(x)
			playing 3
			queue      -> a*bxc`,
		"the same while it is paused: it waits where it was": queued + `
			pause     -> order pause
			done      -> ok
			paused 30
			overtaken -> load e1(a) at 30 paused
			loaded    -> ahead e2(b)
			paused 30
			state     -> paused at 30`,
		"an edit that takes out what the device is on its way to: what follows now is loaded": queued + `
			next-up x            -> ok, ahead e4(x)
			overtaken-on-its-way -> load e4(x)
			queue                -> a*xbc`,
		"the same behind the last one: it plays again": queued + `
			remove e2 e3         -> ok, ahead nothing
			wait 2s
			overtaken-on-its-way -> load e1(a) at 2`,
		"what is stopped meanwhile stays so": queued + `
			stop      -> order stop_app
			overtaken
			done      -> ok
			state     -> off at 0`,
		"what stands ahead is given when it is on disk": queued + `
			disk waits
			next-up x
			disk works -> ok, ahead e4(x)`,
		"nothing is given while the app is being closed": queued + `
			stop       -> order stop_app
			remove e2
			goes-on e2
			done       -> ok, ok
			off
			queue      -> *ac`,
		"nothing is given while a load is under way": `
			queues yes
			online
			play a b -> load e1(a)
			add c    -> ok pending, ok
			loaded   -> ahead e2(b)`,

		"a receiver that refuses is not asked again for this item, and the next is loaded": `
			queues slowly
			online
			play a b c -> load e1(a)
			loaded     -> ok, ahead e2(b)
			holds-not
			playing    -> item_started a
			next-up x  -> ok
			wait 5m
			finished   -> item_finished a, load e4(x)
			loaded     -> ahead e2(b)`,
		"a refusal that comes after the end counts for nothing": queued + `
			queues slowly
			next-up x -> ok, ahead e4(x)
			finished  -> item_finished a, load e4(x)
			holds-not
			loaded    -> ahead e2(b)`,
		"a receiver that has lost its queue gets a load": queued + `
			finished -> item_finished a, load e2(b)`,
		"what stands ahead is asked for again every minute, so that its address never grows old": queued + `
			pause   -> order pause
			done    -> ok
			paused 3
			wait 2m -> ahead e2(b), ahead e2(b)`,
	} {
		t.Run(name, func(t *testing.T) { newHouse().story(t, script) })
	}
}

// TestAheadUnseen is what the receiver did by itself while the link was lost or the bridge away.
func TestAheadUnseen(t *testing.T) {
	for name, script := range map[string]string{
		"a link that comes back finds the same item, and what stands ahead is asked for anew": queued + `
			wait 20s
			offline
			wait 20s
			playing 40 -> ahead e2(b)`,
		"an end that nobody saw, and the next plays": queued + `
			wait 20s
			offline
			wait 90s
			runs e2 2 10 -> item_finished a, item_started b, ahead e3(c)
			queue        -> a*bc
			state        -> playing at 10`,
		"somebody skipped while the link was lost": queued + `
			wait 20s
			offline
			wait 30s
			runs e2 2 10 -> item_started b, ahead e3(c)
			queue        -> a*bc`,
		"somebody went back while the link was lost": queued + `
			goes-on e2  -> item_finished a, ahead e3(c)
			playing     -> item_started b
			offline
			wait 10s
			runs e1 1 5 -> ahead e2(b)
			queue       -> *abc`,
		"a restart finds the next playing": queued + `
			wait 10s
			restart
			wait 95s
			runs e2 2 5 -> item_finished a, item_started b, ahead e3(c)
			queue       -> a*bc`,
		"a restart while the first plays still": queued + `
			wait 10s
			restart
			wait 20s
			runs e1 1 30 -> ahead e2(b)
			goes-on e2 2 -> item_finished a, ahead e3(c)
			playing      -> item_started b`,
		"what was put next while the link was lost plays after what plays now": queued + `
			wait 20s
			offline
			next-up x    -> ok
			wait 90s
			runs e2 2 10 -> item_finished a, item_started b, ahead e4(x)
			queue        -> a*bxc`,
		"what went on was removed while the link was lost": queued + `
			wait 20s
			offline
			remove e2    -> ok
			wait 90s
			runs e2 2 10 -> item_finished a, load e3(c)`,
		"the bridge was away while both ended": queued + `
			goes-on e2     -> item_finished a, ahead e3(c)
			playing 0      -> item_started b
			goes-back e1 1 -> ahead e2(b)
			playing 0      -> item_started a
			restart
			wait 195s
			idle           -> item_finished a, item_started b, item_finished b, load e3(c)`,
		"both have ended since, around that time": queued + `
			add d      -> ok
			goes-on e2 -> item_finished a, ahead e3(c)
			playing 0  -> item_started b
			wait 20s
			goes-on e3 -> item_finished b, ahead e4(d)
			playing 0  -> item_started c
			goes-back e2 2 -> ahead e3(c)
			playing 0  -> item_started b
			wait 20s
			offline
			wait 182s
			idle       -> item_finished b, item_started c, item_finished c, load e4(d)`,
		"the next was stopped in the middle, or could not be fetched: it is loaded around the end of the first": queued + `
			wait 20s
			offline
			wait 100s
			idle -> item_finished a, load e2(b)`,
		"the next was stopped in the middle long ago": queued + `
			goes-on e2 -> item_finished a, ahead e3(c)
			playing 0  -> item_started b
			goes-back e1 1 -> ahead e2(b)
			playing 0  -> item_started a
			wait 20s
			offline
			wait 145s
			idle  -> item_finished a, item_started b
			queue -> a*bc`,
		"a paused item that gave way to the next": queued + `
			pause -> order pause
			done  -> ok
			paused 30
			offline
			wait 10s
			runs e2 2 4 -> item_started b, ahead e3(c)
			queue       -> a*bc`,
	} {
		t.Run(name, func(t *testing.T) { newHouse().story(t, script) })
	}
}

// TestRounds are the rounds of a shuffled queue that repeats: each plays all, in an order of its own, and the last of one is
// never the first of the next, whether the receiver goes on by itself or each entry is loaded.
func TestRounds(t *testing.T) {
	for _, queues := range []string{"", "yes"} {
		h := newHouse()
		seed := uint32(1)
		h.random = func(n int) int { seed = seed*1664525 + 1013904223; return int(seed>>8) % n }
		h.run(t, "queues "+queues)
		for _, line := range []string{"online", "repeat all", "play a b c d e f g shuffled"} {
			h.run(t, line)
		}
		var played []string
		orders := map[string]bool{}
		for range 70 {
			h.run(t, "loaded")
			h.run(t, "playing 0")
			e := h.At(h.Index())
			played = append(played, e.Item)
			orders[h.run(t, "queue")] = true
			if next := h.Machine.ahead.entry; queues != "" {
				h.run(t, "goes-on "+next.String())
			} else {
				h.run(t, "finished")
			}
		}
		for round := range 10 {
			in := map[string]bool{}
			for _, item := range played[round*7 : round*7+7] {
				in[item] = true
			}
			if len(in) != 7 || round > 0 && played[round*7] == played[round*7-1] {
				t.Errorf("round %d of %v repeats one", round, played)
			}
		}
		if len(orders) < 30 {
			t.Errorf("%d orders: the rounds are alike", len(orders))
		}
		h.run(t, "shuffle off")
		if h.run(t, "move e1 0"); h.At(0).Item != "a" || h.At(6).Item != "g" {
			t.Errorf("without shuffle the order is %s", h.run(t, "queue"))
		}
	}
}
