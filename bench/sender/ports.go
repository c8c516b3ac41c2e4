package main

import (
	"context"
	"time"

	"localcast/bench/fleet"
	"localcast/bridge"
	"localcast/bridge/media"
	"localcast/bridge/queue"
)

// world is who listens: it tells each device what was made of its events.
type world struct {
	events map[string]*fleet.Watch
	online chan string
}

func (w *world) Answer(bridge.Answer) {}
func (w *world) Event(bridge.Event)   {}

func (w *world) State(s bridge.State) {
	switch s := s.(type) {
	case bridge.DeviceState:
		w.events[s.Device].End(fleet.Jump(float64(s.Position)))
	case bridge.Availability:
		if s.Online {
			w.online <- s.Device
		}
	}
}

// empty is a library without items; what it does not answer is not asked.
type empty struct{ bridge.Library }

func (empty) Status() media.LibraryStatus  { return media.LibraryStatus{} }
func (empty) Changed() <-chan struct{}     { return nil }
func (empty) Events() []media.LibraryEvent { return nil }

// links makes no address that anybody would fetch.
type links struct{}

func (links) Media(media.Item, string, string) (string, error)          { return "http://192.0.2.1/film", nil }
func (links) Lasts(string, media.Item, string) bool                     { return true }
func (links) Fetched(string, time.Time) bool                            { return true }
func (links) Artwork(media.Item, string) string                         { return "" }
func (links) Subtitles(media.Item, int, string, string) (string, error) { return "", nil }
func (links) Item(string) (media.ID, bool)                              { return "", false }

// forgetful is a store that keeps nothing.
type forgetful struct{}

func (forgetful) Devices(context.Context) ([]media.Device, error) { return nil, nil }
func (forgetful) SaveDevice(context.Context, media.Device) error  { return nil }
func (forgetful) ForgetDevice(context.Context, string) error      { return nil }
func (forgetful) Queue(context.Context, string) (bridge.SavedQueue, error) {
	return bridge.SavedQueue{}, nil
}
func (forgetful) MoveQueue(context.Context, string, bridge.QueueChange, string, bridge.QueueChange) error {
	return nil
}
func (forgetful) SaveQueue(context.Context, string, bridge.QueueChange) error { return nil }
func (forgetful) SavePosition(context.Context, string, queue.Head) error      { return nil }
