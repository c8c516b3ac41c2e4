package casttest

// following is the index of the item that comes after the current one by itself, and false at the end of the queue.
func (s *session) following() (int, bool) {
	switch {
	case s.repeat == "REPEAT_SINGLE":
		return s.at, true
	case s.at+1 < len(s.items):
		return s.at + 1, true
	case s.repeat == "REPEAT_ALL" || s.repeat == "REPEAT_ALL_AND_SHUFFLE":
		return 0, true
	}
	return 0, false
}
