package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"localcast/bridge"
)

// devicesWithin is how long a start waits for Chromecasts before it says what was found.
const devicesWithin = 10 * time.Second

// greeting tells the operator, in a few lines, what a start has found. It listens to what is published on its way.
type greeting struct {
	bridge.Publisher
	config Config
	log    *slog.Logger

	mu      sync.Mutex
	devices []bridge.DeviceEntry
	library bridge.LibraryState
	news    chan struct{}
}

func newGreeting(p bridge.Publisher, c Config, log *slog.Logger) *greeting {
	return &greeting{Publisher: p, config: c, log: log, news: make(chan struct{}, 1)}
}

// State implements bridge.Publisher.
func (g *greeting) State(s bridge.State) {
	g.Publisher.State(s)
	g.mu.Lock()
	defer g.mu.Unlock()
	switch s := s.(type) {
	case bridge.DeviceList:
		g.devices = s.Devices
	case bridge.LibraryState:
		g.library = s
	default:
		return
	}
	select {
	case g.news <- struct{}{}:
	default:
	}
}

// run says each line once it is known, and ends when all are said.
func (g *greeting) run(ctx context.Context, streamURL string) error {
	broker := "embedded on " + g.config.MQTT.Embedded.Listen
	if g.config.MQTT.Broker != "" {
		broker = g.config.MQTT.Broker
	}
	g.log.Info("localcast "+buildVersion(), "broker", broker, "base_topic", g.config.MQTT.BaseTopic)
	g.log.Info("media is served", "address", streamURL)
	timeout := time.NewTimer(devicesWithin)
	defer timeout.Stop()
	due, saidDevices, saidLibrary := false, false, false
	for !saidDevices || !saidLibrary {
		select {
		case <-ctx.Done():
			return nil
		case <-g.news:
		case <-timeout.C:
			due = true
		}
		if !saidDevices && due {
			g.sayDevices()
			saidDevices = true
		}
		if !saidLibrary {
			saidLibrary = g.sayLibrary(due)
		}
	}
	return nil
}

func (g *greeting) sayDevices() {
	g.mu.Lock()
	devices := g.devices
	g.mu.Unlock()
	var online []string
	for _, d := range devices {
		if d.Online {
			online = append(online, d.Name)
		}
	}
	if len(online) == 0 {
		g.log.Warn(fmt.Sprintf("devices: none in %s: same network? cast.devices", devicesWithin), "known", len(devices))
		return
	}
	g.log.Info("devices: "+strings.Join(online, ", "), "known", len(devices))
}

// sayLibrary reports whether there was something to say: not before a scan has ended, and that there is nothing only once
// it is due, because files that are still being written are waited for.
func (g *greeting) sayLibrary(due bool) bool {
	g.mu.Lock()
	l := g.library
	g.mu.Unlock()
	if l.Scanning || l.LastScanAt.IsZero() && !due {
		return false
	}
	if l.Total > 0 {
		g.log.Info(fmt.Sprintf("library: %d items", l.Total), "movies", l.Movies, "episodes", l.Episodes, "videos", l.Videos,
			"tracks", l.Tracks, "images", l.Images)
		return true
	}
	if !due {
		return false
	}
	where := "no folder: library.folders or -media names one"
	if folders := g.config.Library.Folders; len(folders) > 0 {
		names := make([]string, len(folders))
		for i, f := range folders {
			names[i] = filepath.Base(f)
		}
		where = strings.Join(names, ", ")
	}
	g.log.Warn("library: 0 playable files in " + where)
	return true
}
