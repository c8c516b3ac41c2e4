package queue

import "fmt"

// edit takes the commands that change the queue; it reports false for an input that is none.
func (m *Machine[T]) edit(in Input) bool {
	switch in := in.(type) {
	case Remove:
		m.remove(in)
	case Move:
		m.move(in)
	case Jump:
		m.jump(in)
	case Clear:
		m.clear(in)
	case Shuffle:
		m.shuffle(in)
	case Transfer:
		m.transfer(in)
	case SetRepeat:
		m.list.head.Repeat = in.Mode
		m.answer(in.Ref, Outcome{})
	case Save:
		m.save(in.Ref)
	default:
		return false
	}
	return true
}

// playItems puts items into the queue and, where the mode says so, plays.
func (m *Machine[T]) playItems(in Play[T]) {
	starts := in.Mode == Replace || in.Mode == Insert
	if m.conflicts(in.Ref, in.Revision) {
		return
	}
	l := &m.list
	room := Max - len(l.entries)
	if in.Mode == Replace {
		room = Max
	}
	if len(in.Items) > room {
		m.refuse(in.Ref, CodeInvalid, fmt.Sprintf("%d more entries do not fit: a queue holds at most %d", len(in.Items), Max))
		return
	}
	if starts {
		m.cancelLoads("play")
	}
	items := append([]Entry[T](nil), in.Items...)
	if in.Start != nil {
		items[in.First].Start = *in.Start
	}
	l.head.Revision++
	o := Outcome{Added: m.put(in, items)}
	o.Entry = o.Added[0]
	if !starts {
		m.answer(in.Ref, o)
		return
	}
	first := l.find(o.Added[in.First])
	if l.head.Shuffle && in.Mode == Replace && in.First == 0 && in.Start == nil {
		first = 0
	}
	m.playAt(in.Ref, first, o)
}

// put inserts the items of a play command and returns their ids.
func (m *Machine[T]) put(in Play[T], items []Entry[T]) []EntryID {
	l := &m.list
	if in.Mode == Replace {
		m.gone()
		l.clear(0)
		if in.Shuffle != nil {
			l.head.Shuffle = *in.Shuffle
		}
		on := l.head.Shuffle
		l.head.Shuffle = false
		ids := l.insert(0, items)
		if on {
			first := EntryID(0)
			if in.First != 0 || in.Start != nil {
				first = ids[in.First]
			}
			l.shuffle(true, first, m.random)
		}
		return ids
	}
	if in.Shuffle != nil && *in.Shuffle != l.head.Shuffle {
		l.shuffle(*in.Shuffle, l.head.Current, m.random)
	}
	at := len(l.entries)
	if in.Mode != Append {
		at = l.index + 1
	}
	return l.insert(at, items)
}

// playAt plays the entry at an index, or, while the device is offline, makes it current.
func (m *Machine[T]) playAt(ref Ref, at int, o Outcome) {
	e := m.list.entries[at]
	o.Entry = e.ID
	if e.Failed {
		e.Failed = false
		m.list.touch(e.ID)
	}
	if m.device.Online {
		m.awaitLoad(ref, m.start(at, e.Start), o)
		return
	}
	m.gone()
	if p := &m.list.head.Plan; p.Then != "" {
		p.Then = ThenNothing
	}
	m.list.setCurrent(e.ID)
	m.list.head.EndedAt = 0
	m.note(false)
	m.list.head.Position, m.list.head.Duration = e.Start, e.Duration
	o.Code, o.Message, o.Queued = CodeOffline, "the device is offline", true
	m.answer(ref, o)
}

func (m *Machine[T]) jump(in Jump) {
	if at, ok := m.locate(in.Ref, in.Entry, in.Index); ok {
		m.cancelLoads("queue_jump")
		m.playAt(in.Ref, at, Outcome{})
	}
}

// locate finds an entry by its id or, where that is 0, its index; it refuses the command where there is none.
func (m *Machine[T]) locate(ref Ref, id EntryID, index int) (int, bool) {
	if id != 0 {
		if at := m.list.find(id); at >= 0 {
			return at, true
		}
		m.refuse(ref, CodeNotFound, fmt.Sprintf("no entry %s in the queue", id))
		return 0, false
	}
	if index >= 0 && index < len(m.list.entries) {
		return index, true
	}
	m.refuse(ref, CodeNotFound, fmt.Sprintf("no entry at index %d: the queue has %d", index, len(m.list.entries)))
	return 0, false
}

func (m *Machine[T]) remove(in Remove) {
	l := &m.list
	ids := map[EntryID]bool{}
	if m.conflicts(in.Ref, in.Revision) {
		return
	}
	wanted := in.Entries
	if len(wanted) == 0 {
		wanted = []EntryID{0}
	}
	for _, id := range wanted {
		at, ok := m.locate(in.Ref, id, in.Index)
		if !ok {
			return
		}
		ids[l.entries[at].ID] = true
	}
	l.head.Revision++
	if ids[l.head.Current] {
		if m.talk == nil {
			m.cancelLoads("queue_remove")
		}
		m.removeCurrent(ids)
	} else {
		l.remove(ids)
	}
	m.answer(in.Ref, Outcome{})
}

// removeCurrent takes out entries with the current one among them: the next that stays becomes current, and plays if the
// current one did.
func (m *Machine[T]) removeCurrent(ids map[EntryID]bool) {
	l, s := &m.list, m.play
	next := EntryID(0)
	for _, e := range l.entries[l.index:] {
		if !ids[e.ID] && !e.Failed {
			next = e.ID
			break
		}
	}
	plays, online := m.active(), m.device.Online
	if m.talk != nil {
		s, plays = nil, false // it goes on; what plays after it is another entry
	} else {
		m.gone()
	}
	l.remove(ids)
	if next == 0 && l.head.Repeat == RepeatAll {
		if at := l.after(-1, false); at >= 0 {
			next = l.entries[at].ID
			if l.head.Shuffle {
				l.shuffle(true, next, m.random)
			}
		}
	}
	if at := l.find(next); at >= 0 && plays && online {
		m.start(at, l.entries[at].Start)
		return
	}
	if s != nil && online {
		m.order(Do{What: DoStopMedia})
	}
	if s != nil && next == 0 {
		m.end()
		return
	}
	l.setCurrent(next)
	m.note(false)
	if e := l.current(); e != nil {
		l.head.Position, l.head.Duration = e.Start, e.Duration
	}
}

func (m *Machine[T]) move(in Move) {
	l := &m.list
	if m.conflicts(in.Ref, in.Revision) {
		return
	}
	from, ok := m.locate(in.Ref, in.Entry, -1)
	if !ok {
		return
	}
	if in.To < 0 || in.To >= len(l.entries) {
		m.refuse(in.Ref, CodeInvalid, fmt.Sprintf("to: got %d, wanted an index from 0 to %d", in.To, len(l.entries)-1))
		return
	}
	if from != in.To {
		l.head.Revision++
		l.move(from, in.To)
	}
	m.answer(in.Ref, Outcome{})
}

func (m *Machine[T]) clear(in Clear) {
	l := &m.list
	if m.conflicts(in.Ref, in.Revision) {
		return
	}
	keep := EntryID(0)
	if in.KeepCurrent {
		keep = l.head.Current
	}
	if len(l.entries) == 0 || len(l.entries) == 1 && keep != 0 {
		m.answer(in.Ref, Outcome{})
		return
	}
	l.head.Revision++
	stops := keep == 0 && m.play != nil && m.talk == nil
	if stops {
		m.cancelLoads("queue_clear")
		m.gone()
	}
	l.clear(keep)
	if keep == 0 {
		l.head.EndedAt = 0
		m.note(false)
		l.head.Position, l.head.Duration = 0, 0
	}
	if stops && m.device.Online {
		m.await(in.Ref, m.order(Do{What: DoStopMedia}), Outcome{})
		return
	}
	m.answer(in.Ref, Outcome{})
}

func (m *Machine[T]) shuffle(in Shuffle) {
	l := &m.list
	if m.conflicts(in.Ref, in.Revision) {
		return
	}
	if in.On != l.head.Shuffle {
		l.head.Revision++
		l.shuffle(in.On, l.head.Current, m.random)
	}
	m.answer(in.Ref, Outcome{})
}

// save has the queue copied; the answer waits until the copy is on disk.
func (m *Machine[T]) save(ref Ref) {
	if len(m.list.entries) == 0 {
		m.refuse(ref, CodeNotFound, "the queue is empty")
		return
	}
	m.answer(ref, Outcome{})
	m.ticket++
	m.replies[len(m.replies)-1].ticket = m.ticket
	m.emit(Copy{Ref: ref, Ticket: m.ticket})
}
