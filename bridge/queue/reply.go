package queue

import "time"

// reply is a command that has not been answered yet. Commands are answered in the order in which they came.
type reply struct {
	ref     Ref
	serial  uint64 // the load or order it waits for; 0: it is decided
	load    bool   // serial is a load's
	until   time.Time
	ticket  uint64 // what must be on disk first
	outcome Outcome
}

// answer decides a command at once.
func (m *Machine[T]) answer(ref Ref, o Outcome) {
	m.add(reply{ref: ref, outcome: o})
}

// refuse decides a command with an error.
func (m *Machine[T]) refuse(ref Ref, code Code, message string) {
	m.answer(ref, Outcome{Code: code, Message: message})
}

// await decides a command when the device has answered an order.
func (m *Machine[T]) await(ref Ref, serial uint64, o Outcome) {
	m.add(reply{ref: ref, serial: serial, until: m.now.Add(AnswerWithin), outcome: o})
}

// awaitLoad decides a command when a load plays or every one that follows it was refused.
func (m *Machine[T]) awaitLoad(ref Ref, serial uint64, o Outcome) {
	o.Loads = true
	m.add(reply{ref: ref, serial: serial, load: true, until: m.now.Add(AnswerWithin), outcome: o})
}

// decide sets the outcome of the commands that wait for serial.
func (m *Machine[T]) decide(serial uint64, with func(*Outcome)) {
	for i := range m.replies {
		if r := &m.replies[i]; r.serial == serial && serial != 0 {
			r.serial = 0
			with(&r.outcome)
		}
	}
}

// cancelLoads answers the loads that still wait as replaced by the command named by.
func (m *Machine[T]) cancelLoads(by string) {
	m.withdraw()
	for i := range m.replies {
		if r := &m.replies[i]; r.serial != 0 && r.load {
			r.serial = 0
			r.outcome.Code, r.outcome.Message = CodeConflict, "replaced by "+by
		}
	}
}

// add queues a command's answer. Loads that still wait are answered before it, as pending.
func (m *Machine[T]) add(r reply) {
	for i := range m.replies {
		if w := &m.replies[i]; w.serial != 0 && w.load {
			w.serial = 0
			w.outcome.Pending = true
		}
	}
	m.replies = append(m.replies, r)
}

// expire answers who has waited for long enough, or everybody.
func (m *Machine[T]) expire(all bool, message string) {
	for i := range m.replies {
		r := &m.replies[i]
		if r.serial == 0 || !all && m.now.Before(r.until) {
			continue
		}
		r.serial = 0
		if r.load {
			r.outcome.Pending = true
		} else {
			r.outcome.Code, r.outcome.Message = CodeRejected, message
		}
	}
}

// notStored turns the answers that waited for a ticket, or an earlier one that went into the same write, into failures.
func (m *Machine[T]) notStored(in Stored) {
	for i := range m.replies {
		if r := &m.replies[i]; r.ticket > m.stored && r.ticket <= in.Ticket && r.outcome.Code == "" {
			r.serial = 0
			r.outcome.Code, r.outcome.Message = CodeInternal, "the change could not be stored: "+in.Failed
		}
	}
}

// flush sends the answers that are due, oldest first; one that is not holds back those behind it.
func (m *Machine[T]) flush() {
	n := 0
	for _, r := range m.replies {
		if r.serial != 0 || r.ticket > m.stored {
			break
		}
		if !r.outcome.Moved {
			r.outcome.Revision, r.outcome.Length = m.list.head.Revision, len(m.list.entries)
		}
		m.emit(Reply{Ref: r.ref, Outcome: r.outcome})
		n++
	}
	m.replies = append(m.replies[:0], m.replies[n:]...)
}

// holds reports whether an answer must go out before the state it caused is told. A load's answer need not.
func (m *Machine[T]) holds() bool {
	for _, r := range m.replies {
		if r.serial == 0 || !r.load {
			return true
		}
	}
	return false
}

// outcomeOf turns a player's failure into a command's.
func outcomeOf(fail Fail, reason string) (Code, string) {
	switch fail {
	case "":
		return "", ""
	case FailOffline:
		return CodeOffline, "the device went offline"
	case FailUnsupported:
		return CodeUnsupported, reason
	case FailCancelled:
		return CodeConflict, reason
	case FailTimeout, FailRefused, FailLaunch:
	}
	return CodeRejected, reason
}
