package bridge

import (
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"localcast/bridge/media"
	"localcast/bridge/queue"
	"localcast/bridge/voice"
)

// reply answers a command that had its turn; refused, if set, overrides the machine's outcome.
func (r *running) reply(t turn, o queue.Outcome, refused *Error) {
	a := Answer{Command: t.command, Device: r.topic, Data: t.data, Err: refused}
	if a.Err == nil {
		a.Err = t.err
	}
	if a.Err == nil && o.Code != "" {
		a.Err = &Error{Code(o.Code), o.Message}
	}
	switch t.command.Request.(type) {
	case Play, QueueRemove, QueueMove, QueueJump, QueueClear, Shuffle, Repeat, Transfer:
		if a.Err == nil || o.Queued || len(o.Failed) > 0 {
			a.Data = r.queueData(o)
		}
	}
	if _, ok := t.command.Request.(Announce); ok && a.Err == nil && o.Pending {
		a.Data = AnnounceData{Pending: true}
	}
	if t.list != nil && a.Err == nil {
		a.Data = r.page(*t.list)
	}
	a.Speech = r.speech(t, o, a.Err)
	deliver(r.ports.Publisher, a)
	if a.Err == nil {
		r.afterwards(t)
	}
}

// afterwards tells what a command that has succeeded did to the device's search.
func (r *running) afterwards(t turn) {
	switch {
	case t.search != nil:
		r.search = *t.search
		r.search.Device = r.topic
	case t.chosen > 0:
		r.search.Chosen = t.chosen
	default:
		return
	}
	r.ports.Publisher.State(r.search)
}

// deliver sends an answer to who asked. What was not found or is ambiguous has alternatives, if only none.
func deliver(p Publisher, a Answer) {
	if a.Err != nil && (a.Err.Code == NotFound || a.Err.Code == Ambiguous) && a.Data == nil {
		a.Data = Alternatives{Alternatives: []ItemState{}}
	}
	if a.Command.deliver != nil {
		a.Command.deliver(a)
		return
	}
	p.Answer(a)
}

func (r *running) queueData(o queue.Outcome) QueueData {
	d := QueueData{Revision: o.Revision, Length: o.Length, Entry: o.Entry.String(), Queued: o.Queued}
	if o.Loads {
		d.Pending = &o.Pending
	}
	for _, id := range o.Added {
		d.Entries = append(d.Entries, id.String())
	}
	for _, id := range o.Failed {
		d.Failed = append(d.Failed, id.String())
	}
	if e, ok := r.machine.Find(o.Entry); ok {
		playable, reason := Playable(r.info, e.Item)
		u := r.house.diary.use(e.Item.ID)
		s := itemState(r.ports.Links, media.Result{
			Item: e.Item, Position: u.Position, Watched: u.Watched, Playable: playable, Reason: reason, Score: 1,
		})
		d.Item = &s
	}
	return d
}

// speech is what a voice assistant says about the outcome.
func (r *running) speech(t turn, o queue.Outcome, err *Error) string {
	name, what := r.name(), voice.Title(t.item)
	if e, ok := r.machine.Find(o.Entry); ok {
		what = voice.Title(e.Item)
	}
	if _, ok := t.command.Request.(Transfer); ok {
		return transferSpeech(t, o, err, name)
	}
	if err != nil {
		return failedSpeech(t, o, err, name, what)
	}
	switch req := t.command.Request.(type) {
	case Play:
		return playSpeech(t, o, req, what, name) + missingSpeech(t.missing)
	case Save:
		return fmt.Sprintf("Saved %s as %s", voice.Count(t.count, "item", "items"), req.Name)
	case Resume, Toggle, QueueJump:
		if o.Loads {
			return "Playing " + placed(what, name)
		}
	case Volume:
		if o.Capped {
			return fmt.Sprintf("Volume %d on %s, the most that is allowed", o.Volume, name)
		}
		return fmt.Sprintf("Volume %d on %s", o.Volume, name)
	case Sleep:
		return sleepSpeech(req, name)
	case Announce:
		return announcedSpeech(o, name)
	case Search, Browse:
		return foundSpeech(t)
	}
	return doneSpeech(t.command.Request, name)
}

// sleepSpeech says when the device goes to sleep.
func sleepSpeech(req Sleep, device string) string {
	switch {
	case req.AfterItem:
		return device + " stops after this"
	case req.Minutes == 0:
		return "The sleep timer of " + device + " is off"
	case req.Minutes < 1:
		return device + " stops in less than a minute"
	}
	return device + " stops in " + voice.Count(int(math.Round(req.Minutes)), "minute", "minutes")
}

// playSpeech says what plays, or was added.
func playSpeech(t turn, o queue.Outcome, req Play, what, device string) string {
	switch added := req.Enqueue == EnqueueAdd || req.Enqueue == EnqueueNext; {
	case t.input != nil && added && t.count > 1:
		return fmt.Sprintf("Added %d items to the queue on %s", t.count, device)
	case added:
		return fmt.Sprintf("Added %s to the queue on %s", what, device)
	case o.Pending:
		return "Starting " + placed(what, device)
	}
	return "Playing " + placed(what, device)
}

// missingSpeech says how much of a playlist is lost.
func missingSpeech(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return ". One item of the playlist is not there any more"
	}
	return fmt.Sprintf(". %d items of the playlist are not there any more", n)
}

// foundSpeech says what a search or browse found.
func foundSpeech(t turn) string {
	found := "I found " + voice.Count(t.count, "item", "items")
	if req, ok := t.command.Request.(Search); ok {
		if req.Query.Text == "" {
			return "The search is cleared"
		}
		return found + " for " + req.Query.Text
	}
	return found
}

// placed says what is on which device: "Alien on Kitchen", "Bluey, season 1 episode 2, on Kitchen".
func placed(what, device string) string {
	if strings.Contains(what, ", ") {
		what += ","
	}
	return what + " on " + device
}

// doneSpeech is said where there is nothing to tell but that it was done.
func doneSpeech(req Request, name string) string {
	switch req.(type) {
	case Pause:
		return "Paused " + name
	case Toggle:
		return "Done on " + name
	case Stop:
		return "Stopped " + name
	case Next:
		return "Next on " + name
	case Previous:
		return "Previous on " + name
	case Wake:
		return name + " is awake"
	case QueueClear:
		return "Cleared the queue of " + name
	}
	return "Done on " + name
}

func failedSpeech(t turn, o queue.Outcome, err *Error, name, what string) string {
	switch {
	case o.Queued:
		return fmt.Sprintf("%s is offline. %s waits in its queue", name, what)
	case err.Code == Offline:
		return name + " is offline"
	case err.Code == Internal:
		return "Something went wrong on " + name
	}
	if p, ok := t.command.Request.(Play); ok && err.Code == NotFound && p.Source.Query != "" {
		if t.maybe != "" {
			return fmt.Sprintf("I found nothing for %s. Did you mean %s?", p.Source.Query, t.maybe)
		}
		return "I found nothing for " + p.Source.Query
	}
	return sentence(err.Message)
}

// sentence makes a clause one: it begins with a capital letter. It never returns "".
func sentence(clause string) string {
	if clause == "" {
		return "Something went wrong"
	}
	first, size := utf8.DecodeRuneInString(clause)
	return string(unicode.ToUpper(first)) + strings.TrimSuffix(clause[size:], ".")
}
