package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"time"

	"golang.org/x/sync/errgroup"

	"localcast/bridge"
	"localcast/bridge/library"
	"localcast/bridge/store"
	"localcast/cast"
	"localcast/httpstream"
	"localcast/mqtt"
	"localcast/mqtt/broker"
)

// brokerEvery is how often a broker that was away at the start is asked for another bridge.
const brokerEvery = 2 * time.Second

// addressEvery is how often it is looked whether people reach the streamer by another address.
const addressEvery = time.Minute

// run builds every part, connects the ports and works until ctx ends. The parts that speak to people end last: the broker
// after the client that says goodbye on it, that after the bridge.
func run(ctx context.Context, c Config, log *slog.Logger) (err error) {
	release, err := lockDataDir(c.DataDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()

	g, ctx := errgroup.WithContext(ctx)
	client, serveBroker, err := connect(c, log)
	if err != nil {
		return err
	}
	log = slog.New(client.LogHandler(log.Handler()))

	state, err := store.Open(c.DataDir, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, state.Close()) }()
	if err := client.Remember(ctx, state); err != nil {
		return err
	}
	id, err := state.ID(ctx)
	if err != nil {
		return err
	}
	stillAlone, err := alone(ctx, c, id, log)
	if err != nil {
		return err
	}
	catalogue, err := library.New(libraryConfig(c), log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, catalogue.Close()) }()
	health := func() (bool, bool) { return client.Connected(), len(catalogue.Status().Unavailable) == 0 }
	streamer, err := httpstream.New(streamConfig(c, health), catalogue, log)
	if err != nil {
		return err
	}
	if err := streamer.Listen(ctx); err != nil {
		return err
	}
	devices := cast.New(castConfig(c), log)
	hello := newGreeting(client, c, log)
	b := bridge.New(bridgeConfig(c, id), bridge.Ports{
		Devices: devices, Library: catalogue, Links: streamer, Remote: httpstream.Remote{}, Store: state, Publisher: hello,
	}, log)
	if err := b.Load(ctx); err != nil {
		return errors.Join(err, streamer.Close())
	}
	info := infoOf(c, id, streamer)
	client.State(info)
	client.State(streamer.Streams())

	clientCtx, stopClient := context.WithCancel(context.WithoutCancel(ctx))
	brokerCtx, stopBroker := context.WithCancel(context.WithoutCancel(ctx))
	g.Go(func() error { return serveBroker(brokerCtx) })
	g.Go(func() error {
		defer stopBroker()
		if err := stillAlone(clientCtx); err != nil {
			return err
		}
		return client.Run(clientCtx, b.Command)
	})
	g.Go(func() error { defer stopClient(); return b.Run(ctx) })
	g.Go(func() error { return catalogue.Run(ctx) })
	g.Go(func() error { return streamer.Run(ctx) })
	g.Go(func() error { return tellStreams(ctx, client, streamer, info) })
	g.Go(func() error { return hello.run(ctx, streamer.StreamURL()) })
	return g.Wait()
}

// connect makes the MQTT client, and the embedded broker where the configuration names no other.
func connect(c Config, log *slog.Logger) (*mqtt.Client, func(context.Context) error, error) {
	cfg, serve := mqttConfig(c), func(context.Context) error { return nil }
	if c.MQTT.Broker == "" {
		embedded, err := broker.New(broker.Config{
			Listen: c.MQTT.Embedded.Listen, Username: c.MQTT.Embedded.Username, Password: string(c.MQTT.Embedded.Password),
		}, log)
		if err != nil {
			return nil, nil, err
		}
		cfg.Broker, cfg.Username, cfg.Password = embedded.URL(), c.MQTT.Embedded.Username, string(c.MQTT.Embedded.Password)
		serve = embedded.Run
	}
	client, err := mqtt.New(cfg, log)
	return client, serve, err
}

// alone makes sure that no other bridge uses our base topic. A broker that is not there yet is asked again by soon, before
// anything is published on it.
func alone(ctx context.Context, c Config, id string, log *slog.Logger) (soon func(context.Context) error, err error) {
	nothing := func(context.Context) error { return nil }
	if c.MQTT.Broker == "" {
		return nothing, nil
	}
	err = mqtt.Probe(ctx, mqttConfig(c), id)
	if err == nil || errors.Is(err, mqtt.ErrSecondBridge) {
		return nothing, err
	}
	log.Warn("the broker cannot be asked for another bridge; it is tried again", "err", err)
	return func(ctx context.Context) error {
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(brokerEvery):
			}
			err := mqtt.Probe(ctx, mqttConfig(c), id)
			var unreachable net.Error
			switch {
			case errors.Is(err, mqtt.ErrSecondBridge):
				return err
			case !errors.As(err, &unreachable):
				return nil // it is alone, or the client itself will tell what the broker has against us
			}
		}
	}, nil
}

// tellStreams publishes what the streamer does, and its address when that has changed.
func tellStreams(ctx context.Context, p bridge.Publisher, s *httpstream.Server, info bridge.Info) error {
	address := time.NewTicker(addressEvery)
	defer address.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.Changed():
			p.State(s.Streams())
		case <-address.C:
			if now := s.StreamURL(); now != info.StreamURL {
				info.StreamURL = now
				p.State(info)
			}
		}
	}
}

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
	return library.Config{
		DataDir: c.DataDir, Folders: l.Folders, FollowSymlinks: l.FollowSymlinks, Watch: l.Watch, Rescan: l.Rescan,
	}
}

func streamConfig(c Config, health func() (broker, library bool)) httpstream.Config {
	host := ""
	if u, err := url.Parse(c.MQTT.Broker); err == nil {
		host = u.Hostname()
	}
	h := c.HTTP
	return httpstream.Config{
		Listen: h.Listen, Advertise: h.Advertise, MaxStreams: h.MaxStreams, TokenTTL: h.TokenTTL, DataDir: c.DataDir,
		Metrics: h.Metrics, BrokerHost: host, Health: health,
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
	}
	for _, d := range c.Cast.Devices {
		if d.ID != "" {
			out.Topics[d.ID] = d.Topic
		}
		out.Topics[fmt.Sprintf("%s:%d", d.Host, d.Port)] = d.Topic
	}
	return out
}
