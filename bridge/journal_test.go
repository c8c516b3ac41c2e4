package bridge

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// journal is the Publisher of the tests. It notes what leaves, and what the players are asked to do, as lines that begin with
// whom they are of: a topic name, or bridge. The lines of one keep their order; those of two are independent.
type journal struct {
	mu      sync.Mutex
	lines   []string
	volumes map[string]string // as last told
	speech  string            // of the last answer
	last    map[string]DeviceState
	answers []Answer
}

func newJournal() *journal {
	return &journal{volumes: map[string]string{}, last: map[string]DeviceState{}}
}

func (j *journal) note(of, line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, of+" "+line)
}

// take returns the lines since the last take.
func (j *journal) take() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	lines := j.lines
	j.lines = nil
	return lines
}

func (j *journal) Answer(a Answer) {
	j.mu.Lock()
	j.answers, j.speech = append(j.answers, a), a.Speech
	j.mu.Unlock()
	of := a.Device
	if of == "" {
		of = "bridge"
	}
	line := "answers " + a.Command.Name + ": ok"
	if a.Err != nil {
		line = "answers " + a.Command.Name + ": " + string(a.Err.Code)
	}
	j.note(of, strings.TrimSpace(line+describeData(a.Data)))
}

func describeData(data any) string {
	switch d := data.(type) {
	case QueueData:
		s := ""
		if d.Queued {
			s += " queued"
		}
		if d.Pending != nil && *d.Pending {
			s += " pending"
		}
		if d.Entry != "" {
			s += " " + d.Entry
		}
		if len(d.Failed) > 0 {
			s += " refused " + strings.Join(d.Failed, " ")
		}
		return s
	case SearchData:
		return fmt.Sprintf(" %d from %d: %s", d.Total, d.Offset, itemNames(d.Results))
	case BrowseData:
		return fmt.Sprintf(" %q: %s", string(d.Title), itemNames(d.Results))
	case QueuePage:
		return fmt.Sprintf(" %d from %d of %d", len(d.Entries), d.Offset, d.Length)
	case AllData:
		s := ""
		for _, r := range d.Results {
			s += " " + r.Device + "=" + r.Status
		}
		return s
	case PlaylistState:
		return " " + listNames(d)
	case HistoryData:
		s := fmt.Sprintf(" %d from %d:", d.Total, d.Offset)
		for _, p := range d.Results {
			s += fmt.Sprintf(" %s+%g on %s", cmp.Or(string(p.Item), p.Title), float64(p.Seconds), p.Device)
		}
		return s
	case AnnounceData:
		return " pending"
	case PingData:
		return " " + d.ID
	}
	return ""
}

// listNames tells playlists as their names and lengths.
func listNames(s PlaylistState) string {
	var names []string
	for _, p := range s.Playlists {
		names = append(names, fmt.Sprintf("%s(%d)", p.Name, p.Length))
	}
	return strings.Join(names, ", ")
}

func itemNames(items []ItemState) string {
	var names []string
	for _, i := range items {
		name := string(i.Item)
		if i.Kind == "playlist" {
			name = i.Title // its id is drawn
		}
		if i.Position > 0 {
			name += fmt.Sprintf("@%g", i.Position)
		}
		if i.Watched {
			name += "✓"
		}
		if !i.Playable {
			name += "(" + string(i.Reason) + ")"
		}
		names = append(names, name)
	}
	return strings.Join(names, " ")
}

func (j *journal) State(s State) {
	switch s := s.(type) {
	case DeviceState:
		j.note(s.Device, "state "+j.describeState(s))
	case QueueState:
		j.note(s.Device, "queue "+describeQueue(s))
	case SearchState:
		of, line := s.Device, strings.TrimSpace(fmt.Sprintf("search %q %s", s.Query, itemNames(s.Results)))
		if of == "" {
			of = "bridge"
		}
		if s.Chosen > 0 {
			line += fmt.Sprintf(", chosen %d", s.Chosen)
		}
		j.note(of, line)
	case Availability:
		if s.Online {
			j.note(s.Device, "online")
		} else {
			j.note(s.Device, "offline")
		}
	case DeviceList:
		line := "devices"
		for _, d := range s.Devices {
			line += " " + d.Device
			if d.Online {
				line += "+"
			}
		}
		j.note("bridge", line)
	case LibraryState:
		j.note("bridge", fmt.Sprintf("library %d", s.Total))
	case PlaylistState:
		j.note("bridge", strings.TrimSpace("playlists "+listNames(s)))
	case Gone:
		j.note("bridge", fmt.Sprintf("gone %s %s", s.Device, s.ID))
	}
}

// describeState tells a state as "playing Alien at 12 of 7000, 1 of 3", and what is unusual about it.
func (j *journal) describeState(s DeviceState) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last[s.Device] = s
	line := s.State
	if s.Title != "" {
		line += " " + string(s.Title)
	}
	if !s.PositionAt.IsZero() {
		line += fmt.Sprintf(" at %g", float64(s.Position))
	}
	if n, ok := s.QueueIndex.Get(); ok {
		line += fmt.Sprintf(", %d of %d", n, s.QueueLength)
	}
	if !s.Ours {
		line += ", held by " + string(s.App)
	}
	volume := "unknown"
	if n, ok := s.Volume.Get(); ok {
		volume = fmt.Sprint(n)
	}
	if was, ok := j.volumes[s.Device]; ok && was != volume {
		line += ", volume " + volume
	}
	j.volumes[s.Device] = volume
	if s.Muted {
		line += ", muted"
	}
	if s.Error != "" {
		line += ": " + string(s.Error)
	}
	return line
}

// describeQueue tells a queue as its revision and its items, the current one with a star and the refused with a mark.
func describeQueue(s QueueState) string {
	line := fmt.Sprintf("%d:", s.Revision)
	at, current := s.Index.Get()
	for i, e := range s.Entries {
		line += " "
		if current && s.First+i == at {
			line += "*"
		}
		if e.Failed {
			line += "!"
		}
		line += string(e.Item)
		if e.Item == "" {
			line += e.Title
		}
	}
	if s.Repeat != "off" {
		line += ", repeat " + s.Repeat
	}
	if s.Shuffle {
		line += ", shuffled"
	}
	return line
}

func (j *journal) Event(e Event) {
	of, about := e.Device, e.Title
	if e.Bridge {
		of, about = "bridge", strings.TrimSpace(e.Device+" "+e.Folder)
	}
	line := strings.TrimSpace(fmt.Sprintf("event %s %s", e.Type, about))
	if e.Message != "" {
		line += ": " + e.Message
	}
	j.note(of, strings.TrimSpace(line))
}

// byLane sorts lines by whom they are of and keeps the order of each.
func byLane(lines []string) []string {
	sorted := slices.Clone(lines)
	slices.SortStableFunc(sorted, func(a, b string) int {
		a, _, _ = strings.Cut(a, " ")
		b, _, _ = strings.Cut(b, " ")
		return strings.Compare(a, b)
	})
	return sorted
}
