package queue

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// transfers reads "itself" and "at REVISION".
func (h *house) transfers(args []string) Input {
	in := Transfer{Ref: h.ref, ID: 7}
	for i, arg := range args {
		switch arg {
		case "itself":
			in.Itself = true
		case "at":
			n, _ := strconv.ParseInt(args[i+1], 10, 64)
			in.Revision = &n
		}
	}
	return in
}

// moves reads a step of the transfer 7: "adopt" has items, of which the first marked with a star is current and those
// marked with ! cannot be played, and "at SECONDS", "paused", "resting"; "kept" is a transfer that came to nothing.
func (h *house) moves(name string, args []string) Input {
	switch name {
	case "abandon":
		return Abandon{ID: 7}
	case "release":
		return Release{ID: 7}
	case "commit":
		return Commit[string]{ID: 7, Topic: "elsewhere", Change: Change[string]{All: true}}
	case "handed":
		clear(h.saved)
		h.head = h.left
		return Handed{ID: 7, Revision: 5, Length: 3, Entry: 9}
	case "kept":
		return Handed{ID: 7, Code: CodeRejected, Message: "no"}
	}
	q := Moving[string]{Repeat: RepeatAll, Plays: true}
	for i := 0; i < len(args); i++ {
		switch args[i] {
		case "at":
			i++
			q.Position, _ = strconv.ParseFloat(args[i], 64)
		case "paused":
			q.Paused = true
		case "resting":
			q.Plays = false
		default:
			item := strings.Trim(args[i], "*!")
			e := Entry[string]{ID: EntryID(100 + i), Item: item, Failed: strings.Contains(args[i], "!")}
			if strings.Contains(args[i], "*") {
				q.Current = e.ID
			}
			q.Rows = append(q.Rows, Row[string]{Entry: e, Rank: int64(i), Natural: int64(i)})
		}
	}
	return Adopt[string]{ID: 7, Queue: q, Reason: "it has no screen"}
}

// moving tells a step's answer.
func (h *house) moving(e Effect) string {
	told := func(what string, code Code) string {
		if code != "" {
			return "not " + what + ": " + string(code)
		}
		return what
	}
	switch e := e.(type) {
	case Offer[string]:
		s := "offer "
		for _, r := range e.Queue.Rows {
			if r.Entry.ID == e.Queue.Current {
				s += "*"
			}
			s += r.Entry.Item
		}
		s += fmt.Sprintf(" at %g", e.Queue.Position)
		switch {
		case !e.Queue.Plays:
			s += " resting"
		case e.Queue.Paused:
			s += " paused"
		}
		return s
	case Withdrawn:
		return "withdrawn"
	case Adopted:
		return told("adopted", e.Code)
	case Released[string]:
		h.left = e.Change.Head
		return told("released", e.Code)
	case Committed:
		s := told("committed", e.Code)
		if e.Code == "" {
			s += fmt.Sprintf(" %d/%d %s", e.Revision, e.Length, e.Entry)
		}
		for _, id := range e.Failed {
			s += " refused " + id.String()
		}
		return s
	}
	return ""
}

func TestTransferAway(t *testing.T) {
	for name, script := range map[string]string{
		"the queue goes, and the app is closed": started + `
			wait 20s
			transfer -> offer *abc at 20
			release  -> released
			queue    -> *abc
			handed   -> order stop_app, ok moved 5/3 e9
			queue    ->
			done
			off
			state    -> off at 0
			restart
			queue    ->`,
		"what was paused is offered so": started + `
			pause    -> order pause
			done     -> ok
			paused 30
			transfer -> offer *abc at 30 paused`,
		"what is off is offered resting": started + `
			wait 20s
			stop     -> order stop_app
			done     -> ok
			off
			transfer -> offer *abc at 20 resting
			release  -> released
			handed   -> ok moved 5/3 e9`,
		"from an offline device": `
			add a b  -> ok
			transfer -> offer ab at 0 resting
			release  -> released
			handed   -> ok moved 5/3 e9`,
		"an empty queue cannot go": `
			online
			transfer -> not_found`,
		"to itself nothing goes": started + `
			transfer itself -> ok
			queue           -> *abc`,
		"of another revision it does not go": started + `
			transfer at 7        -> conflict
			transfer itself at 7 -> conflict
			transfer at 1        -> offer *abc at 0`,
		"one at a time": started + `
			transfer -> offer *abc at 0
			transfer -> ok pending, busy`,
		"a load that waits is cancelled": `
			online
			play a b -> load e1(a)
			transfer -> offer *ab at 0, conflict`,
		"what came to nothing leaves all as it was": started + `
			wait 20s
			transfer -> offer *abc at 20
			kept     -> rejected
			queue    -> *abc
			state    -> playing at 20
			transfer -> offer *abc at 20
			release  -> released
			kept     -> rejected
			queue    -> *abc
			restart
			queue    -> *abc`,
		"an edit meanwhile keeps it here": started + `
			transfer -> offer *abc at 0
			add d    -> ok pending, ok
			release  -> not released: conflict
			kept
			queue    -> *abcd`,
		"stop calls it back": started + `
			transfer -> offer *abc at 0
			stop     -> withdrawn, order stop_app, conflict
			done     -> ok
			release  -> not released: conflict`,
		"a new play calls it back": started + `
			transfer -> offer *abc at 0
			play x   -> withdrawn, load e4(x), conflict`,
		"it waits until all is on the disk": started + `
			disk waits
			add d
			transfer -> offer *abcd at 0
			release
			disk works -> released, ok`,
		"what plays on here while it goes is passed over": started + `
			transfer -> offer *abc at 0
			release  -> released
			finished -> item_finished a, load e2(b)
			loaded
			handed   -> order stop_app, ok moved 5/3 e9
			restart
			queue    ->`,
		"during an announcement goes what will come back": spoken + `
			transfer -> offer *abc at 20
			release  -> released
			handed   -> announcement_finished x: something else was played, order stop_app, ok moved 5/3 e9`,
		"an answer after 5 s": started + `
			transfer -> offer *abc at 0
			wait 5s  -> ok pending
			release  -> released
			handed   -> order stop_app`,
		"while it goes no announcement begins": started + `
			wait 20s
			transfer   -> offer *abc at 20
			release    -> released
			announce x -> ok pending, ok pending
			kept       -> load (x)
			loaded
			playing    -> announcement_started x
			finished   -> announcement_finished x: it was played to its end, load e1(a) at 20`,
		"what runs here after a lost link is stopped": started + `
			offline
			transfer -> offer *abc at 0
			release  -> released
			handed   -> ok moved 5/3 e9
			runs e1 1 20 -> order stop_media`,
	} {
		t.Run(name, func(t *testing.T) { newHouse().story(t, script) })
	}
}

func TestTransferHere(t *testing.T) {
	for name, script := range map[string]string{
		"it plays here where it was": started + `
			adopt *x y at 40 -> load e4(x) at 40
			state            -> buffering says x at 40
			queue            -> *abc
			loaded           -> adopted
			queue            -> *abc
			commit           -> committed 2/2 e4
			queue            -> *xy
			playing          -> item_started x
			finished         -> item_finished x, load e5(y)`,
		"what was paused arrives paused": `
			online
			adopt *x y at 40 paused -> load e1(x) at 40 paused
			loaded                  -> adopted
			paused 40
			commit                  -> committed 1/2 e1
			paused 40
			state                   -> paused at 40`,
		"what the device told before it was ours counts": `
			online
			adopt *x y at 40 -> load e1(x) at 40
			loaded           -> adopted
			runs e1 1 41
			commit           -> item_started x, committed 1/2 e1
			state            -> playing at 41`,
		"what was at rest rests here, and what played here stops": started + `
			adopt *x y at 40 resting -> adopted
			state                    -> playing at 0
			commit                   -> order stop_media, committed 2/2 e4
			done
			idle
			queue                    -> *xy
			state                    -> idle at 40
			play                     -> load e4(x) at 40`,
		"offline nothing changes": started + `
			offline
			adopt *x y -> not adopted: offline
			queue      -> *abc`,
		"another's device is taken": `
			online
			other
			adopt *x -> load e1(x)`,
		"what is refused gives way to the next": `
			online
			adopt *x y z at 40 -> load e1(x) at 40
			refused            -> load e2(y)
			loaded             -> adopted
			commit             -> committed 1/3 e2 refused e1
			queue              -> !x*yz`,
		"what cannot be played here gives way to the next": `
			online
			adopt *!x y at 40 -> load e2(y)`,
		"where nothing can be played nothing changes": started + `
			adopt *!x !y -> not adopted: unsupported
			queue        -> *abc
			state        -> playing at 0`,
		"where all is refused this queue waits where it was": started + `
			wait 20s
			adopt *x -> load e4(x)
			refused  -> not adopted: rejected
			queue    -> *abc
			idle
			play     -> load e1(a) at 20`,
		"the link goes before it plays": started + `
			adopt *x -> load e4(x)
			lost     -> not adopted: offline
			offline
			queue    -> *abc`,
		"the link goes when it plays": started + `
			adopt *x -> load e4(x)
			loaded   -> adopted
			offline  -> not adopted: offline
			commit   -> not committed: conflict
			queue    -> *abc`,
		"given up while it loads": started + `
			adopt *x -> load e4(x)
			abandon  -> not adopted: conflict, order stop_media
			queue    -> *abc`,
		"a play here comes first": started + `
			adopt *x -> load e4(x)
			play y   -> not adopted: conflict, load e5(y)
			loaded   -> ok
			commit   -> not committed: conflict
			queue    -> *y`,
		"an edit here before it is ours is lost with the queue": started + `
			adopt *x -> load e4(x)
			add d    -> ok
			loaded   -> adopted
			commit   -> committed 3/1 e4
			queue    -> *x`,
		"a pause while it loads": `
			online
			adopt *x -> load e1(x)
			pause    -> ok
			loaded   -> adopted
			commit   -> order pause, committed 1/1 e1`,
		"next while it loads is the next of that queue": started + `
			adopt *x y -> load e4(x)
			next       -> load e5(y), ok
			loaded     -> adopted
			commit     -> committed 2/2 e5
			queue      -> x*y`,
		"next behind its last gives it up": started + `
			adopt *x -> load e4(x)
			next     -> not adopted: conflict, order stop_media
			done     -> ok
			queue    -> *abc`,
		"previous while it loads begins it anew": started + `
			adopt *x at 40 -> load e4(x) at 40
			previous       -> ok
			loaded         -> adopted
			commit         -> seek to 0, committed 2/1 e4`,
		"stop while it loads": started + `
			adopt *x -> load e4(x)
			stop     -> order stop_app, not adopted: conflict
			done     -> ok
			queue    -> *abc`,
		"one at a time": `
			online
			adopt *x -> load e1(x)
			adopt *y -> not adopted: busy`,
		"a disk that is full keeps both queues": started + `
			adopt *x  -> load e4(x)
			loaded    -> adopted
			disk waits
			commit
			queue     -> *x
			disk full -> order stop_media, not committed: internal
			disk works
			queue     -> *abc
			wait 10s
			restart
			queue     -> *abc`,
		"it is told when it is stored": started + `
			adopt *x   -> load e4(x)
			loaded     -> adopted
			disk waits
			commit
			disk works -> committed 2/1 e4
			restart
			queue      -> *x`,
		"an announcement here ends": spoken + `
			adopt *x -> announcement_finished x: something else was played, load e4(x)`,
		"an announcement waits for it": `
			online
			adopt *x   -> load e1(x)
			announce z -> ok pending
			loaded     -> adopted
			commit     -> committed 1/1 e1, load (z)`,
	} {
		t.Run(name, func(t *testing.T) { newHouse().story(t, script) })
	}
}
