package main

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"localcast/bridge"
)

// figures are what /metrics tells of everything but the streamer, which adds its own. They listen to what is published on
// its way, and know nothing else.
type figures struct {
	bridge.Publisher
	connected func() bool
	now       func() time.Time

	commands *prometheus.CounterVec
	events   *prometheus.CounterVec

	mu       sync.Mutex
	devices  []bridge.DeviceEntry
	queues   map[string]int    // entries, by device
	states   map[string]string // what devices do
	library  bridge.LibraryState
	scanning time.Time     // since when; zero while nothing is scanned
	scanned  time.Duration // how long the last scan took
}

// newFigures makes the figures of what goes to p. connected tells whether the broker is there.
func newFigures(p bridge.Publisher, connected func() bool) *figures {
	return &figures{
		Publisher: p, connected: connected, now: time.Now, queues: map[string]int{}, states: map[string]string{},
		commands: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "localcast_commands_total",
			Help: "Commands answered, by name and outcome: ok, or the code of the error.",
		}, []string{"command", "outcome"}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "localcast_events_total",
			Help: "Events told, of devices and of the bridge.",
		}, []string{"event"}),
	}
}

// collectors are what a registry takes: these figures, and those of the process and its runtime.
func (f *figures) collectors() []prometheus.Collector {
	version := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "localcast_build_info", Help: "Always 1; the label tells the version.",
		ConstLabels: prometheus.Labels{"version": buildVersion()},
	})
	version.Set(1)
	return []prometheus.Collector{
		f, f.commands, f.events, version,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	}
}

// Answer implements bridge.Publisher.
func (f *figures) Answer(a bridge.Answer) {
	outcome := "ok"
	if a.Err != nil {
		outcome = string(a.Err.Code)
	}
	f.commands.WithLabelValues(a.Command.Name, outcome).Inc()
	f.Publisher.Answer(a)
}

// Event implements bridge.Publisher.
func (f *figures) Event(e bridge.Event) {
	f.events.WithLabelValues(string(e.Type)).Inc()
	f.Publisher.Event(e)
}

// State implements bridge.Publisher.
func (f *figures) State(s bridge.State) {
	f.note(s)
	f.Publisher.State(s)
}

func (f *figures) note(s bridge.State) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch s := s.(type) {
	case bridge.DeviceList:
		f.devices = s.Devices
	case bridge.QueueState:
		f.queues[s.Device] = s.Length
	case bridge.DeviceState:
		f.states[s.Device] = s.State
	case bridge.Gone:
		delete(f.queues, s.Device)
		delete(f.states, s.Device)
	case bridge.LibraryState:
		switch {
		case s.Scanning && f.scanning.IsZero():
			f.scanning = f.now()
		case !s.Scanning && !f.scanning.IsZero():
			f.scanned, f.scanning = f.now().Sub(f.scanning), time.Time{}
		}
		f.library = s
	}
}

// figure is a gauge that is read when somebody asks.
func figure(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("localcast_"+name, help, labels, nil)
}

// described are the gauges.
type described struct {
	broker, devices, states, queue, items, unavailable, scanning, scanned, lastScan *prometheus.Desc
}

func describedFigures() described {
	return described{
		broker:      figure("broker_connected", "Whether the MQTT broker is connected."),
		devices:     figure("devices", "Known Chromecasts.", "online"),
		states:      figure("devices_state", "Chromecasts by what they do.", "state"),
		queue:       figure("queue_entries", "Entries in the queue of a Chromecast.", "device"),
		items:       figure("library_items", "Items in the library.", "kind"),
		unavailable: figure("library_folders_unavailable", "Library folders that cannot be read."),
		scanning:    figure("library_scanning", "Whether the library is being scanned."),
		scanned:     figure("library_scan_seconds", "How long the last scan took."),
		lastScan:    figure("library_last_scan_timestamp_seconds", "When the last scan ended."),
	}
}

// Describe implements prometheus.Collector.
func (*figures) Describe(out chan<- *prometheus.Desc) {
	d := describedFigures()
	for _, desc := range []*prometheus.Desc{
		d.broker, d.devices, d.states, d.queue, d.items, d.unavailable, d.scanning, d.scanned, d.lastScan,
	} {
		out <- desc
	}
}

// Collect implements prometheus.Collector.
func (f *figures) Collect(out chan<- prometheus.Metric) {
	d := describedFigures()
	gauge := func(desc *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	gauge(d.broker, one(f.connected()))
	f.mu.Lock()
	defer f.mu.Unlock()
	online := 0
	for _, e := range f.devices {
		if e.Online {
			online++
		}
	}
	gauge(d.devices, float64(online), "true")
	gauge(d.devices, float64(len(f.devices)-online), "false")
	states := map[string]int{"off": 0, "idle": 0, "buffering": 0, "playing": 0, "paused": 0}
	for _, s := range f.states {
		states[s]++
	}
	for state, n := range states {
		gauge(d.states, float64(n), state)
	}
	for device, n := range f.queues {
		gauge(d.queue, float64(n), device)
	}
	l := f.library
	for kind, n := range map[string]int{
		"movie": l.Movies, "episode": l.Episodes, "video": l.Videos, "track": l.Tracks, "image": l.Images, "playlist": l.Playlists,
	} {
		gauge(d.items, float64(n), kind)
	}
	gauge(d.unavailable, float64(len(l.Unavailable)))
	gauge(d.scanning, one(l.Scanning))
	if f.scanned > 0 {
		gauge(d.scanned, f.scanned.Seconds())
	}
	if !l.LastScanAt.IsZero() {
		gauge(d.lastScan, float64(l.LastScanAt.UnixMilli())/1000)
	}
}

// one is 1 for what is so.
func one(so bool) float64 {
	if so {
		return 1
	}
	return 0
}
