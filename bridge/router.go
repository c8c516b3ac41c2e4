package bridge

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
		b.answer(c, nil, "There are no playlists", PlaylistState{Playlists: []PlaylistEntry{}})
		return
	case PlaylistDelete, History:
		b.refuse(c, Unsupported, c.Name+" is not part of this version", "I cannot do that yet")
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
			b.refuse(c, err.Code, err.Message, "I know no device "+c.Device)
			return
		}
		b.hand(d, c)
	}
}

// hand gives a command to a device.
func (b *Bridge) hand(d *device, c Command) {
	if d.command(c) {
		return
	}
	deliver(b.ports.Publisher, Answer{
		Command: c, Device: d.topic, Err: &Error{Busy, "too many commands wait for this device"},
		Speech: d.shown.Load().info.Name + " is busy",
	})
}

func (b *Bridge) answer(c Command, err *Error, speech string, data any) {
	deliver(b.ports.Publisher, Answer{Command: c, Device: c.Device, Err: err, Speech: speech, Data: data})
}

func (b *Bridge) refuse(c Command, code Code, message, speech string) {
	var data any
	if code == NotFound || code == Ambiguous {
		data = Alternatives{Alternatives: []ItemState{}}
	}
	b.answer(c, &Error{code, message}, speech, data)
}

// own does a search or browse that is for no device.
func (b *Bridge) own(c Command) {
	any := func(media.Item) (bool, string) { return true, "" }
	do := func(ctx context.Context) {
		var data interface{}
		var err error
		speech := "Here it is"
		switch req := c.Request.(type) {
		case Search:
			ctx, cancel := context.WithTimeout(ctx, resolveWithin)
			defer cancel()
			var state SearchState
			state, _, err = search(ctx, b.ports, req.Query, any)
			data = SearchData{SearchState: state, Offset: req.Query.Offset}
			speech = fmt.Sprintf("I found %s for %s", voice.Count(state.Total, "item", "items"), req.Query.Text)
			if err == nil && !req.Quiet {
				b.ports.Publisher.State(state)
			}
		case Browse:
			data, err = browse(ctx, b.ports, req, any)
		default:
			err = &Error{Invalid, "device: missing: " + c.Name + " needs to know which"}
		}
		var refused *Error
		switch {
		case errors.As(err, &refused):
			b.refuse(c, refused.Code, refused.Message, sentence(refused.Message))
		case err != nil:
			b.refuse(c, Internal, err.Error(), "Something went wrong")
		default:
			b.answer(c, nil, speech, data)
		}
	}
	if !b.later(do) {
		b.refuse(c, Busy, "too many commands wait", "I am busy")
	}
}

func (b *Bridge) rescan(c Command, req Rescan) {
	err := b.ports.Library.Rescan(req.Folder)
	switch {
	case errors.Is(err, media.ErrNoItem):
		b.refuse(c, NotFound, fmt.Sprintf("folder: no folder %q in the library", req.Folder), "I know no folder "+req.Folder)
	case err != nil:
		b.refuse(c, Internal, err.Error(), "The scan could not begin")
	default:
		b.answer(c, nil, "I am looking through the library", nil)
	}
}

// playSomewhere finds the device a sentence names: in its words, else by the area, else the default, else the only one
// online.
func (b *Bridge) playSomewhere(c Command, req PlaySomewhere) {
	d, err := (*device)(nil), (*Error)(nil)
	if req.Play.Source.Query != "" {
		intent := voice.Parse(req.Play.Source.Query, func(words string) bool { _, err := b.named(words, true); return err == nil })
		req.Play.Source.Query = intent.Query
		if intent.Device != "" {
			d, err = b.named(intent.Device, true)
		}
	}
	if d == nil && err == nil {
		d, err = b.somewhere(req.Area)
	}
	if err != nil {
		b.refuse(c, err.Code, err.Message, sentence(err.Message))
		return
	}
	c.Request = req.Play
	b.hand(d, c)
}

func (b *Bridge) somewhere(area string) (*device, *Error) {
	for _, name := range []string{area, b.config.DefaultDevice} {
		if name != "" {
			return b.named(name, true)
		}
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
		return nil, &Error{Offline, "no device is online"}
	}
	return nil, &Error{Ambiguous, "which device: " + list(online) + "?"}
}

// all sends a command to every device that is online and ours, and answers once.
func (b *Bridge) all(c Command) {
	switch c.Request.(type) {
	case Pause, Resume, Stop, Volume, Mute:
	default:
		b.refuse(c, Invalid, fmt.Sprintf("device: got all, wanted one device: %s is not for all", c.Name), "That is not for all devices")
		return
	}
	var to []*device
	for _, d := range b.devices {
		if s := d.shown.Load(); s.online && s.ours {
			to = append(to, d)
		}
	}
	if len(to) == 0 {
		b.refuse(c, Offline, "no device is online", "No device is online")
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
		slices.SortFunc(results, func(a, b DeviceOutcome) int {
			if a.Device < b.Device {
				return -1
			}
			return 1
		})
		if succeeded > 0 {
			failed = nil
		}
		b.answer(c, failed, "Done on "+voice.Count(succeeded, "device", "devices"), AllData{Results: results})
	}
}

// forget stops a device and removes what is known of it.
func (b *Bridge) forget(c Command, req Forget) {
	d, err := b.named(req.Device, true)
	if err != nil {
		b.refuse(c, err.Code, err.Message, "I know no device "+req.Device)
		return
	}
	info := d.shown.Load().info
	if d.shown.Load().online {
		b.refuse(c, Conflict, info.Name+" is online; cast.ignore keeps a device away", info.Name+" is still here")
		return
	}
	ok := b.later(func(ctx context.Context) {
		d.stop()
		<-d.done
		a := Answer{Command: c, Device: c.Device, Speech: "I forgot " + info.Name}
		if err := b.ports.Store.ForgetDevice(ctx, d.topic); err != nil {
			a.Err, a.Speech = &Error{Internal, err.Error()}, "It could not be forgotten"
		}
		select {
		case b.forgotten <- forgotten{device: d, answer: a}:
		case <-ctx.Done():
		}
	})
	if !ok {
		b.refuse(c, Busy, "too many commands wait", "I am busy")
	}
}

// remove takes a stopped device out of the registry, and withdraws what was told of it.
func (b *Bridge) remove(f forgotten) {
	b.devices = slices.DeleteFunc(b.devices, func(d *device) bool { return d == f.device })
	info := f.device.shown.Load().info
	for waiting := true; waiting; {
		select {
		case c := <-f.device.inbox:
			b.refuse(c, NotFound, fmt.Sprintf("no device %q", c.Device), info.Name+" was forgotten")
		default:
			waiting = false
		}
	}
	b.tellDevices()
	b.ports.Publisher.State(Gone{Device: f.device.topic, ID: publicID(info)})
	b.ports.Publisher.Event(Event{Bridge: true, Type: DeviceRemoved, At: time.Now(), Device: f.device.topic, Name: info.Name})
	deliver(b.ports.Publisher, f.answer)
}
