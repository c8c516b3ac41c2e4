// Package bridge is the heart of LocalCast: the devices, the commands and the state the world is told. It keeps a queue for
// each Chromecast and decides what plays. It knows no MQTT, no Cast protocol and no HTTP: it asks for what it needs through
// the small interfaces in ports.go.
package bridge

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"localcast/bridge/media"
	"localcast/bridge/queue"
)

const (
	// commandsWaiting is how many commands may wait to be routed; sightingsWaiting how many sightings, of which one that
	// does not fit is seen again in the next sweep.
	commandsWaiting  = 256
	sightingsWaiting = 256
)

// Config is what a Bridge is told at start.
type Config struct {
	ID            string // the bridge's own id, in every load's tag
	Version       string
	DefaultDevice string   // for commands that name none; "" for none
	Speech        string   // the address that makes speech of the words of announcements, {text} in it stands for them; "" for none
	Ignore        []string // names, ids or models of devices that are not ours to touch
	// Topics are the topic names the configuration gives, by a device's id or its "host:port".
	Topics map[string]string
	// SubtitleLanguages are those whose subtitles show by themselves where an item has them, the best first.
	SubtitleLanguages []string
}

// Bridge is the device registry and the command router.
type Bridge struct {
	config Config
	ports  Ports
	house  *household
	log    *slog.Logger

	commands  chan Command
	sightings chan Sighting
	changed   chan struct{}  // a device's shown has changed
	forgotten chan forgotten // a device has been stopped and removed from the store
	work      chan errand    // what takes time and belongs to no device
	// carry starts a transfer. It is set before any device starts, and stays.
	carry func(m *move, from *device, q queue.Moving[media.Item])

	// What follows is owned by route, and by Load before it.
	devices []*device         // sorted by topic
	given   map[string]string // ids by topic name of all that is remembered, though it may be ignored
	start   func(*device)
	moves   uint64 // how many transfers there have been
	told    []DeviceEntry
}

// errand is work that takes time. ctx ends with the bridge; disk, which is for writes, a little later.
type errand func(ctx, disk context.Context)

type forgotten struct {
	device *device
	answer Answer
}

// New makes a bridge. It starts nothing and reads nothing.
func New(c Config, p Ports, log *slog.Logger) *Bridge {
	return &Bridge{
		config: c, ports: p, house: newHousehold(p, log), log: log,
		commands: make(chan Command, commandsWaiting), sightings: make(chan Sighting, sightingsWaiting),
		changed:   make(chan struct{}, 1),
		forgotten: make(chan forgotten, commandsWaiting), work: make(chan errand, commandsWaiting),
		given: map[string]string{},
	}
}

// Command takes a command and returns at once; the answer goes to the Publisher.
func (b *Bridge) Command(c Command) {
	select {
	case b.commands <- c:
	default:
		b.refuse(c, Busy, tooMany)
	}
}

// Load reads what is remembered and tells it: names, queues, the library. It must return before Run and before the world
// listens.
func (b *Bridge) Load(ctx context.Context) error {
	if err := b.house.load(ctx); err != nil {
		return err
	}
	known, err := b.remembered(ctx)
	if err != nil {
		return err
	}
	for _, k := range known {
		if _, err := b.add(ctx, Sighting{Device: k}); err != nil {
			return err
		}
	}
	b.tellDevices()
	b.ports.Publisher.State(SearchState{Results: []ItemState{}})
	if err := b.house.shelf.tell(ctx); err != nil {
		return err
	}
	b.ports.Publisher.State(libraryState(b.ports.Library.Status()))
	return nil
}

// remembered reads the devices that are known. Those that are ignored now are withdrawn, those that the configuration calls
// otherwise now are moved.
func (b *Bridge) remembered(ctx context.Context) ([]media.Device, error) {
	all, err := b.ports.Store.Devices(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the known devices: %w", err)
	}
	for _, k := range all {
		b.given[k.Topic] = k.ID
	}
	var known []media.Device
	for _, k := range all {
		if b.ignored(k) {
			b.ports.Publisher.State(Gone{Device: k.Topic, ID: publicID(k)})
			continue
		}
		if topic := b.topicNow(k); topic != k.Topic {
			_, cut := b.given[topic]
			if err := b.move(ctx, k, topic, cut); err != nil {
				return nil, fmt.Errorf("move device %s to the topic name %s: %w", k.Topic, topic, err)
			}
			if cut {
				continue
			}
			k.Topic = topic
		}
		known = append(known, k)
	}
	return known, nil
}

// topicNow is the topic name that the configuration gives a remembered device, else the one it has.
func (b *Bridge) topicNow(k media.Device) string {
	topic := b.config.Topics[k.ID]
	if topic == "" {
		topic = b.config.Topics[fmt.Sprintf("%s:%d", k.Host, k.Port)]
	}
	if topic == "" {
		return k.Topic
	}
	if id, given := b.given[topic]; given && (id == "" || id != k.ID) && topic != k.Topic {
		b.log.Error("cast.devices gives a topic name that another device has: forget that one first",
			"device", k.Topic, "topic", topic)
		return k.Topic
	}
	return topic
}

// move gives a remembered device another topic name. An earlier move that was cut has left it under both: the old goes.
func (b *Bridge) move(ctx context.Context, k media.Device, topic string, cut bool) error {
	old := k.Topic
	if !cut {
		saved, err := b.ports.Store.Queue(ctx, old)
		if err != nil {
			return err
		}
		k.Topic = topic
		if err := b.ports.Store.SaveQueue(ctx, topic, QueueChange{All: true, Put: saved.Rows, Head: saved.Head}); err != nil {
			return err
		}
		if err := b.ports.Store.SaveDevice(ctx, k); err != nil {
			return err
		}
	}
	if err := b.house.diary.move(ctx, old, topic); err != nil {
		return err
	}
	if err := b.ports.Store.ForgetDevice(ctx, old); err != nil {
		return err
	}
	delete(b.given, old)
	b.given[topic] = k.ID
	b.ports.Publisher.State(Gone{Device: old, ID: publicID(k)})
	return nil
}

// Run finds devices and obeys commands until ctx ends. It returns when every device has come to rest.
func (b *Bridge) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	disk, stop := linger(ctx)
	defer stop()
	b.carry = func(m *move, from *device, q queue.Moving[media.Item]) {
		g.Go(func() error { m.run(ctx, from, q); return nil })
	}
	b.start = func(d *device) {
		var running context.Context
		running, d.stop = context.WithCancel(ctx)
		g.Go(func() error { return d.run(running, disk) })
	}
	for _, d := range b.devices {
		b.start(d)
	}
	g.Go(func() error { return b.ports.Devices.Run(ctx, b.found) })
	g.Go(func() error { b.toil(ctx, disk); return nil })
	g.Go(func() error { b.house.run(ctx); return nil })
	g.Go(func() error { b.house.diary.run(ctx, disk); return nil })
	g.Go(func() error { b.route(ctx); return nil })
	err := g.Wait()
	b.tidy(ctx, disk)
	b.house.diary.flush(disk)
	return err
}

// tidy ends what still waits when everything has stopped: what is to be stored is stored, who asked is refused.
func (b *Bridge) tidy(ctx, disk context.Context) {
	for {
		select {
		case c := <-b.commands:
			b.refuse(c, Busy, shuttingDown)
		case do := <-b.work:
			do(ctx, disk)
		case f := <-b.forgotten:
			b.remove(f)
		default:
			for _, d := range b.devices {
				d.dismiss(Busy, shuttingDown)
			}
			return
		}
	}
}

// found takes a sighting without waiting.
func (b *Bridge) found(s Sighting) {
	select {
	case b.sightings <- s:
	default:
	}
}

// toil does what takes time and belongs to no device, one thing after the other.
func (b *Bridge) toil(ctx, disk context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case do := <-b.work:
			do(ctx, disk)
		}
	}
}

// route obeys commands and takes in sightings. It never waits for a device or the network; for the disk only where a device
// is new.
func (b *Bridge) route(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case c := <-b.commands:
			b.command(c)
		case s := <-b.sightings:
			b.sighted(ctx, s)
		case <-b.changed:
			b.tellDevices()
			for _, d := range b.devices {
				if d.changedTastes.Swap(false) {
					b.remember(d, d.about())
				}
			}
		case <-b.ports.Library.Changed():
			b.tellLibrary()
		case f := <-b.forgotten:
			b.remove(f)
		}
	}
}

// add makes a device of a sighting that has its topic.
func (b *Bridge) add(ctx context.Context, s Sighting) (*device, error) {
	ctx, cancel := context.WithTimeout(ctx, resolveWithin)
	defer cancel()
	saved, err := b.ports.Store.Queue(ctx, s.Topic)
	if err != nil {
		return nil, fmt.Errorf("read the queue of %s: %w", s.Topic, err)
	}
	d := newDevice(b.ports, b.house, b.config, s, saved, b.changed, b.log)
	b.given[s.Topic] = s.ID
	at, _ := slices.BinarySearchFunc(b.devices, s.Topic, func(d *device, topic string) int {
		return strings.Compare(d.topic, topic)
	})
	b.devices = slices.Insert(b.devices, at, d)
	for _, state := range newRunning(d, nil, nil).initialStates() {
		b.ports.Publisher.State(state)
	}
	return d, nil
}

// sighted merges a sighting into the registry: a known device learns, a new one gets its topic name and starts.
func (b *Bridge) sighted(ctx context.Context, s Sighting) {
	if d := b.match(s); d != nil {
		if d.leaving {
			return // when it is seen again it is new
		}
		was := d.about()
		if now := known(was, s.Device); d.unsaved.Load() || !reflect.DeepEqual(was, now) {
			b.remember(d, now)
		}
		d.mail.sighting(s)
		return
	}
	s.Topic = b.topic(s)
	d, err := b.add(ctx, s)
	if err != nil {
		b.log.Error("a new device cannot be added", "device", s.Topic, "err", err)
		return
	}
	b.log.Info("device found", "device", s.Topic, "name", s.Name, "model", s.Model, "remote", s.Host)
	b.remember(d, s.Device)
	b.start(d)
	b.tellDevices()
	b.ports.Publisher.Event(Event{Bridge: true, Type: DeviceAdded, At: time.Now(), Device: s.Topic, Name: d.name()})
}

// remember stores what is known of a device now. Where that fails it is tried again at the next sighting.
func (b *Bridge) remember(d *device, now media.Device) {
	d.unsaved.Store(true)
	b.later(func(_, disk context.Context) {
		ctx, cancel := context.WithTimeout(disk, saveWithin)
		defer cancel()
		if err := b.ports.Store.SaveDevice(ctx, now); err != nil {
			b.log.Error("a device cannot be remembered; is the disk full?", "device", d.topic, "err", err)
			return
		}
		d.unsaved.Store(false)
	})
}

// later hands work to toil; it reports false when too much waits.
func (b *Bridge) later(do errand) bool {
	select {
	case b.work <- do:
		return true
	default:
		return false
	}
}

// match finds the device a sighting is of: by its id, else by where it is while it has told none.
func (b *Bridge) match(s Sighting) *device {
	for _, d := range b.devices {
		if s.ID != "" && d.about().ID == s.ID {
			return d
		}
	}
	for _, d := range b.devices {
		info := d.about()
		if (s.ID == "" || info.ID == "") && info.Host == s.Host && info.Port == s.Port {
			return d
		}
	}
	return nil
}

func (b *Bridge) ignored(d media.Device) bool {
	return slices.ContainsFunc(b.config.Ignore, func(s string) bool {
		return strings.EqualFold(s, d.Name) || strings.EqualFold(s, d.Model) || d.ID != "" && strings.EqualFold(plainID(s), d.ID)
	})
}

// tellDevices publishes the list of devices where it has changed.
func (b *Bridge) tellDevices() {
	list := entries(b.devices)
	if reflect.DeepEqual(b.told, list) {
		return
	}
	b.told = list
	b.ports.Publisher.State(DeviceList{Devices: list})
}

func entries(devices []*device) []DeviceEntry {
	list := make([]DeviceEntry, len(devices))
	for i, d := range devices {
		list[i] = deviceEntry(d.topic, *d.shown.Load())
	}
	return list
}

func deviceEntry(topic string, s shown) DeviceEntry {
	e := DeviceEntry{
		Device: topic, ID: publicID(s.info), Name: nameOf(s.info), Model: Text(s.info.Model), Host: s.info.Host, Port: s.info.Port,
		Kind: string(s.info.Kind), Online: s.online, Capabilities: s.info.Capabilities,
	}
	if e.Kind == "" {
		e.Kind = string(media.VideoDevice)
	}
	if e.Capabilities == nil {
		e.Capabilities = []string{}
	}
	return e
}

// tellLibrary publishes what the library is, and what happened in it.
func (b *Bridge) tellLibrary() {
	events := b.ports.Library.Events()
	if len(events) > 0 {
		b.house.libraryChanged()
	}
	for _, e := range events {
		b.ports.Publisher.Event(Event{
			Bridge: true, Type: EventType(e.Type), At: e.At, Folder: e.Folder, Added: e.Added, Removed: e.Removed, Message: e.Message,
		})
	}
	b.ports.Publisher.State(libraryState(b.ports.Library.Status()))
}

func libraryState(s media.LibraryStatus) LibraryState {
	c := s.Counts
	out := LibraryState{
		Total: c.Total(), Movies: c.Movies, Episodes: c.Episodes, Videos: c.Videos, Tracks: c.Tracks, Images: c.Images,
		Playlists: c.Playlists, Folders: c.Folders, Scanning: s.Scanning, Progress: Unknown, LastScanAt: Time{s.LastScan},
		Unavailable: append([]string{}, s.Unavailable...), Polled: append([]string{}, s.Polled...),
	}
	if s.Scanning {
		out.Progress = Seconds(s.Progress)
	}
	return out
}
