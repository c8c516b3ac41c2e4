package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"localcast/bridge"
	"localcast/bridge/library"
	"localcast/bridge/store"
	"localcast/bridge/voice"
	"localcast/cast"
	"localcast/httpstream"
	"localcast/mqtt"
	"localcast/mqtt/broker"
)

// brokerEvery is how often a broker that was away at the start is asked for another bridge.
const brokerEvery = 2 * time.Second

// run builds every part, connects the ports and works until ctx ends.
func run(ctx context.Context, c Config, log *slog.Logger) error {
	release, err := lockDataDir(c.DataDir)
	if err != nil {
		return err
	}
	p := parts{closers: []func() error{release}}
	if err := p.build(ctx, c, log); err != nil {
		return errors.Join(err, p.close())
	}
	return errors.Join(p.work(ctx), p.close())
}

// parts are what the program is made of.
type parts struct {
	info      bridge.Info
	client    *mqtt.Client
	broker    func(context.Context) error // serves the embedded broker, if there is one
	alone     func(context.Context) error // ends with an error if another bridge has our base topic
	catalogue *library.Library
	streamer  *httpstream.Server
	bridge    *bridge.Bridge
	figures   *figures
	greeting  *greeting

	closers []func() error // of what was opened, in that order
}

// build opens what can fail first, so that nothing is told to the world before all is there.
func (p *parts) build(ctx context.Context, c Config, log *slog.Logger) (err error) {
	if p.client, p.broker, err = connect(c, log); err != nil {
		return err
	}
	log = slog.New(p.client.LogHandler(log.Handler()))
	state, err := store.Open(c.DataDir, log)
	if err != nil {
		return err
	}
	p.closers = append(p.closers, state.Close)
	if err := p.client.Remember(ctx, state); err != nil {
		return err
	}
	id, err := state.ID(ctx)
	if err != nil {
		return err
	}
	if p.alone, err = alone(ctx, c, id, log); err != nil {
		return err
	}
	if p.catalogue, err = library.New(libraryConfig(c), log); err != nil {
		return err
	}
	p.closers = append(p.closers, p.catalogue.Close)
	p.figures = newFigures(p.client, p.client.Connected)
	if p.streamer, err = httpstream.New(streamConfig(c, p.health, p.figures), p.catalogue, log); err != nil {
		return err
	}
	if err := p.streamer.Listen(ctx); err != nil {
		return err
	}
	p.closers = append(p.closers, p.streamer.Close)
	grammar, err := voice.New(c.Language)
	if err != nil {
		return err
	}
	p.greeting = newGreeting(p.figures, c, log)
	p.bridge = bridge.New(bridgeConfig(c, id), bridge.Ports{
		Devices: cast.New(castConfig(c), log), Library: p.catalogue, Links: p.streamer, Remote: httpstream.Remote{},
		Store: state, Playlists: state, Diary: state, Publisher: p.greeting, Grammar: grammar,
	}, log)
	p.info = infoOf(c, id, p.streamer)
	return p.bridge.Load(ctx)
}

// close closes what was opened, the last first.
func (p *parts) close() error {
	var errs []error
	for _, c := range slices.Backward(p.closers) {
		errs = append(errs, c())
	}
	return errors.Join(errs...)
}

// health is what /healthz tells of the other parts.
func (p *parts) health() (broker, library bool) {
	return p.client.Connected(), len(p.catalogue.Status().Unavailable) == 0
}

// work runs the parts until ctx ends. Those that speak to people end last: the broker after the client that says goodbye on
// it, that after the bridge.
func (p *parts) work(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	clientCtx, stopClient := context.WithCancel(context.WithoutCancel(ctx))
	brokerCtx, stopBroker := context.WithCancel(context.WithoutCancel(ctx))
	p.client.State(p.info)
	p.client.State(p.streamer.Streams())
	g.Go(func() error { return p.broker(brokerCtx) })
	g.Go(func() error {
		defer stopBroker()
		if err := p.alone(clientCtx); err != nil {
			return err
		}
		return p.client.Run(clientCtx, p.bridge.Command)
	})
	g.Go(func() error { defer stopClient(); return p.bridge.Run(ctx) })
	g.Go(func() error { return p.catalogue.Run(ctx) })
	g.Go(func() error { return p.streamer.Run(ctx) })
	g.Go(func() error { return p.tellStreams(ctx) })
	g.Go(func() error { return p.greeting.run(ctx, p.info.StreamURL) })
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
func (p *parts) tellStreams(ctx context.Context) error {
	for info := p.info; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-p.streamer.Changed():
			p.client.State(p.streamer.Streams())
		}
		if now := p.streamer.StreamURL(); now != info.StreamURL {
			info.StreamURL = now
			p.client.State(info)
		}
	}
}
