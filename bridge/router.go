package bridge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"localcast/bridge/media"
	"localcast/bridge/voice"
)

// command sends a command to whom it is for.
func (b *Bridge) command(c Command) {
	switch req := c.Request.(type) {
	case Ping:
		b.answer(c, nil, "I am here", PingData{Version: b.config.Version, ID: b.config.ID})
		return
	case Rescan:
		b.rescan(c, req)
		return
	case Forget:
		b.forget(c, req)
		return
	case PlaySomewhere:
		b.playSomewhere(c, req)
		return
	case Playlists:
		b.playlists(c)
		return
	case PlaylistDelete:
		b.playlistDelete(c, req)
		return
	case History:
		b.history(c, req)
		return
	}
	switch {
	case c.Device == "":
		b.own(c)
	case c.Device == "all" && c.Spoken:
		b.all(c)
	default:
		d, err := b.named(c.Device, c.Spoken)
		if err != nil {
			b.misled(c, err)
			return
		}
		if req, ok := c.Request.(Transfer); ok {
			c.move = b.newMove(req)
		}
		b.hand(d, c)
	}
}

// hand gives a command to a device.
func (b *Bridge) hand(d *device, c Command) {
	if !d.command(c) {
		d.refuse(c, Busy, "too many commands wait for "+d.name())
	}
}

func (b *Bridge) answer(c Command, err *Error, speech string, data any) {
	deliver(b.ports.Publisher, Answer{Command: c, Device: c.Device, Err: err, Speech: speech, Data: data})
}

func (b *Bridge) refuse(c Command, code Code, message string) {
	b.answer(c, &Error{code, message}, sentence(message), nil)
}

// misled refuses a command whose words lead to no device, or to several.
func (b *Bridge) misled(c Command, err *misnamed) {
	var data any
	if err.Code == Ambiguous {
		data = DeviceChoices{Alternatives: entries(err.could)}
	}
	b.answer(c, &err.Error, sentence(err.Message), data)
}

// soon does what takes time for a command that belongs to no device; it reports whether it will.
func (b *Bridge) soon(c Command, do errand) (ok bool) {
	ok = b.later(func(ctx, disk context.Context) {
		if ctx.Err() != nil {
			b.refuse(c, Busy, shuttingDown)
			return
		}
		do(ctx, disk)
	})
	if !ok {
		b.refuse(c, Busy, tooMany)
	}
	return ok
}

// own does a search or browse that is for no device.
func (b *Bridge) own(c Command) {
	switch c.Request.(type) {
	case Search, Browse:
	default:
		err := &Error{Invalid, "device: got nothing, wanted the device that " + c.Name + " is for"}
		b.answer(c, err, "Which device should that be?", nil)
		return
	}
	b.soon(c, func(ctx, _ context.Context) {
		nobody := resolver{ports: b.ports, house: b.house, info: func() media.Device { return media.Device{} }}
		t := nobody.turn(ctx, c)
		if t.err != nil {
			b.refuse(c, t.err.Code, t.err.Message)
			return
		}
		b.answer(c, nil, foundSpeech(t), t.data)
		if t.search != nil {
			b.ports.Publisher.State(*t.search)
		}
	})
}

func (b *Bridge) rescan(c Command, req Rescan) {
	err := b.ports.Library.Rescan(req.Folder)
	switch {
	case errors.Is(err, media.ErrNoItem):
		b.refuse(c, NotFound, fmt.Sprintf("no folder %q in the library", req.Folder))
	case err != nil:
		b.refuse(c, Internal, "the scan could not begin: "+err.Error())
	default:
		b.answer(c, nil, "I am looking through the library", nil)
	}
}

// playSomewhere finds the device a sentence names: in its words, else by the area, else the default, else the only one
// online.
func (b *Bridge) playSomewhere(c Command, req PlaySomewhere) {
	d, err := (*device)(nil), (*misnamed)(nil)
	if req.Play.Source.Query != "" {
		query, device := b.ports.Grammar.Device(req.Play.Source.Query, b.names)
		if device != "" {
			req.Play.Source.Query = query
			d, err = b.named(device, true)
		}
	}
	if d == nil && err == nil {
		d, err = b.somewhere(req.Area)
	}
	if err != nil {
		b.misled(c, err)
		return
	}
	c.Request = req.Play
	b.hand(d, c)
}

// names reports whether words name a device, or several of that name.
func (b *Bridge) names(words string) bool {
	_, err := b.named(words, true)
	return err == nil || err.Code == Ambiguous && err.equal
}

// somewhere is the device for a command that names none. An area without a device of that name counts for nothing.
func (b *Bridge) somewhere(area string) (*device, *misnamed) {
	if area != "" {
		if d, err := b.named(area, true); err == nil || err.Code == Ambiguous {
			return d, err
		}
	}
	if b.config.DefaultDevice != "" {
		return b.named(b.config.DefaultDevice, true)
	}
	var online []*device
	for _, d := range b.devices {
		if d.shown.Load().online {
			online = append(online, d)
		}
	}
	switch len(online) {
	case 1:
		return online[0], nil
	case 0:
		return nil, &misnamed{Error: Error{Offline, "no device is online"}}
	}
	return nil, &misnamed{Error: Error{Ambiguous, "which device: " + list(online) + "?"}, could: online}
}

// all sends a command to every device that is online and ours, and answers once.
func (b *Bridge) all(c Command) {
	switch c.Request.(type) {
	case Pause, Resume, Stop, Volume, Mute, Sleep, Announce:
	default:
		b.refuse(c, Invalid, fmt.Sprintf("device: got all, wanted one device: %s is not for all", c.Name))
		return
	}
	var to []*device
	for _, d := range b.devices {
		if s := d.shown.Load(); s.online && s.ours {
			to = append(to, d)
		}
	}
	if len(to) == 0 {
		b.refuse(c, Offline, "no device of ours is online")
		return
	}
	each := c
	each.deliver = b.gather(c, len(to))
	for _, d := range to {
		b.hand(d, each)
	}
}

// gather joins n answers into one.
func (b *Bridge) gather(c Command, n int) func(Answer) {
	var mu sync.Mutex
	var results []DeviceOutcome
	var failed *Error
	succeeded := 0
	return func(a Answer) {
		mu.Lock()
		defer mu.Unlock()
		out := DeviceOutcome{Device: a.Device, Status: "ok", Error: a.Err}
		if a.Err != nil {
			out.Status, failed = "error", a.Err
		} else {
			succeeded++
		}
		if results = append(results, out); len(results) < n {
			return
		}
		slices.SortFunc(results, func(a, b DeviceOutcome) int { return strings.Compare(a.Device, b.Device) })
		speech := "Done on " + voice.Count(succeeded, "device", "devices")
		if succeeded > 0 {
			failed = nil
		} else {
			speech = sentence(failed.Message)
		}
		b.answer(c, failed, speech, AllData{Results: results})
	}
}

// forget stops a device and removes what is known of it. Until that is done it is as good as gone.
func (b *Bridge) forget(c Command, req Forget) {
	d, err := b.named(req.Device, true)
	if err != nil {
		b.misled(c, err)
		return
	}
	if d.shown.Load().online {
		b.refuse(c, Conflict, d.name()+" is online; cast.ignore keeps a device away")
		return
	}
	d.leaving = b.soon(c, func(_, disk context.Context) {
		d.stop()
		<-d.done
		disk, cancel := context.WithTimeout(disk, saveWithin)
		defer cancel()
		a := Answer{Command: c, Device: c.Device, Speech: "I forgot " + d.name()}
		err := b.ports.Store.ForgetDevice(disk, d.topic)
		if err == nil {
			err = b.house.diary.move(disk, d.topic, "")
		}
		if err != nil {
			a.Err, a.Speech = &Error{Internal, err.Error()}, d.name()+" could not be forgotten"
		}
		b.forgotten <- forgotten{device: d, answer: a}
	})
}

// remove takes a stopped device out of the registry, and withdraws what was told of it.
func (b *Bridge) remove(f forgotten) {
	d := f.device
	b.devices = slices.DeleteFunc(b.devices, func(other *device) bool { return other == d })
	delete(b.given, d.topic)
	d.dismiss(NotFound, d.name()+" was forgotten")
	b.tellDevices()
	b.ports.Publisher.State(Gone{Device: d.topic, ID: publicID(d.about())})
	b.ports.Publisher.Event(Event{Bridge: true, Type: DeviceRemoved, At: time.Now(), Device: d.topic, Name: d.name()})
	deliver(b.ports.Publisher, f.answer)
}
