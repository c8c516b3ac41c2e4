package main

import (
	"fmt"
	"net/url"
	"os/exec"
	"runtime/debug"
	"time"

	"localcast/bridge"
	"localcast/bridge/library"
	"localcast/cast"
	"localcast/httpstream"
	"localcast/mqtt"
)

func infoOf(c Config, id string, s *httpstream.Server) bridge.Info {
	return bridge.Info{
		ID: id, Contract: bridge.Contract, Version: buildVersion(), StartedAt: bridge.Time{Time: time.Now()},
		BaseTopic: c.MQTT.BaseTopic, Language: c.Language, StreamURL: s.StreamURL(), Network: s.Network(),
		MQTT: bridge.MQTTInfo{Embedded: c.MQTT.Broker == ""},
	}
}

func mqttConfig(c Config) mqtt.Config {
	m := c.MQTT
	return mqtt.Config{
		Broker: m.Broker, Username: m.Username, Password: string(m.Password), ClientID: m.ClientID, BaseTopic: m.BaseTopic,
		KeepAlive: m.KeepAlive, TLS: mqtt.TLS(m.TLS), DiscoveryPrefix: c.HomeAssistant.DiscoveryPrefix,
		Discovery: c.HomeAssistant.Enabled, StatusTopic: c.HomeAssistant.StatusTopic, Version: buildVersion(),
	}
}

func libraryConfig(c Config) library.Config {
	l := c.Library
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		ffmpeg = "" // films without a picture show the neutral one
	}
	ffprobe, err := exec.LookPath("ffprobe")
	if err != nil {
		ffprobe = "" // of AVI and the like only the names tell
	}
	return library.Config{
		DataDir: c.DataDir, Folders: l.Folders, FollowSymlinks: l.FollowSymlinks, Watch: l.Watch, Rescan: l.Rescan,
		FFmpeg: ffmpeg, FFprobe: ffprobe,
	}
}

func streamConfig(c Config, health func() (broker, library bool), f *figures) httpstream.Config {
	host := ""
	if u, err := url.Parse(c.MQTT.Broker); err == nil {
		host = u.Hostname()
	}
	h := c.HTTP
	return httpstream.Config{
		Listen: h.Listen, Advertise: h.Advertise, MaxStreams: h.MaxStreams, TokenTTL: h.TokenTTL, DataDir: c.DataDir,
		Metrics: h.Metrics, BrokerHost: host, Health: health, Collectors: f.collectors(),
	}
}

func castConfig(c Config) cast.Config {
	out := cast.Config{Discovery: c.Cast.Discovery, Interfaces: c.Cast.Interfaces, Ignore: c.Cast.Ignore}
	for _, d := range c.Cast.Devices {
		out.Static = append(out.Static, cast.Static(d))
	}
	return out
}

func bridgeConfig(c Config, id string) bridge.Config {
	out := bridge.Config{
		ID: id, Version: buildVersion(), DefaultDevice: c.Cast.DefaultDevice, Ignore: c.Cast.Ignore, Topics: map[string]string{},
		SubtitleLanguages: c.Library.SubtitleLanguages, Speech: string(c.Announce.TTSURL),
	}
	for _, d := range c.Cast.Devices {
		if d.ID != "" {
			out.Topics[d.ID] = d.Topic
		}
		out.Topics[fmt.Sprintf("%s:%d", d.Host, d.Port)] = d.Topic
	}
	return out
}

// gcPercent keeps the program under 64 MB while it scans and serves 100,000 items (bench/evening holds that), for more work of
// the garbage collector, which only a scan notices.
const gcPercent = 50

// frugal bounds the garbage that is left lying about, unless the environment says by GOGC how much it may be.
func frugal(getenv func(string) string) {
	if getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}
