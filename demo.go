package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"log/slog"
	"math"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"localcast/cast/casttest"
)

const (
	demoDevice = "Demo TV"
	// demoID keeps the simulated device the same one from one demonstration to the next.
	demoID = "d0d0caf0d0d0caf0d0d0caf0d0d0caf0"
	// demoSpeed makes the device's time pass quicker, so that something happens while one looks.
	demoSpeed = 4
)

// demo returns a run that brings a simulated Chromecast and a small sample library, plays something by itself and prints
// each MQTT message on out. It keeps to the loopback interface and to a folder of its own, and takes free ports where the
// usual ones are taken.
func demo(out io.Writer) func(context.Context, Config, *slog.Logger) error {
	return func(ctx context.Context, c Config, log *slog.Logger) (err error) {
		dir, err := os.MkdirTemp("", "localcast-demo-")
		if err != nil {
			return fmt.Errorf("make a folder for the demonstration: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		if c, err = demoConfig(c, dir); err != nil {
			return err
		}
		if err := writeSamples(c.Library.Folders[0]); err != nil {
			return fmt.Errorf("write the sample library: %w", err)
		}
		lo, err := loopbackInterface()
		if err != nil {
			return err
		}
		tv, err := casttest.NewReceiver(casttest.Config{Name: demoDevice, ID: demoID, Speed: demoSpeed, Advertise: lo, Log: log})
		if err != nil {
			return fmt.Errorf("start the simulated Chromecast: %w", err)
		}
		defer tv.Close()

		g, ctx := errgroup.WithContext(ctx)
		g.Go(func() error { return run(ctx, c, log) })
		g.Go(func() error { return watchDemo(ctx, c, out) })
		return g.Wait()
	}
}

// demoConfig keeps a configuration away from everything real.
func demoConfig(c Config, dir string) (Config, error) {
	c.MQTT = defaults().MQTT
	c.DataDir = filepath.Join(dir, "data")
	c.Library.Folders = []string{filepath.Join(dir, "media")}
	c.Cast = CastConfig{Discovery: true}
	lo, err := loopbackInterface()
	if err != nil {
		return c, err
	}
	c.Cast.Interfaces = []string{lo.Name}
	c.HTTP.Advertise = ""
	for _, address := range []*string{&c.MQTT.Embedded.Listen, &c.HTTP.Listen} {
		if *address, err = freeAddress(*address); err != nil {
			return c, err
		}
	}
	return c, nil
}

// freeAddress returns a loopback address to listen on: with the port wanted if that is free, else with another. Port 0 is taken
// when it is listened on.
func freeAddress(wanted string) (string, error) {
	_, port, err := net.SplitHostPort(wanted)
	if err != nil {
		return "", fmt.Errorf("address %q: %w", wanted, err)
	}
	if port == "0" {
		return "127.0.0.1:0", nil
	}
	for _, p := range []string{port, "0"} {
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", p))
		if err != nil {
			continue
		}
		defer l.Close()
		return l.Addr().String(), nil
	}
	return "", errors.New("no port is free on 127.0.0.1")
}

// loopbackInterface finds the interface that leads nowhere else.
func loopbackInterface() (*net.Interface, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("look for the loopback interface: %w", err)
	}
	for _, i := range all {
		if i.Flags&net.FlagLoopback != 0 && i.Flags&net.FlagUp != 0 {
			return &i, nil
		}
	}
	return nil, errors.New("there is no loopback interface that is up")
}

// sample is one file of the sample library.
type sample struct {
	path string
	data func() ([]byte, error)
}

// writeSamples makes a small library: an album of tones and a few pictures.
func writeSamples(dir string) error {
	var samples []sample
	for i, name := range []string{"A Walk in the Woods", "Blue Hour", "Café Lumière", "Homecoming"} {
		tone := func() ([]byte, error) { return tones(30*time.Second, 220*math.Pow(2, float64(3*i)/12)), nil }
		samples = append(samples, sample{fmt.Sprintf("Music/The Sines/First Waves/%02d - %s.wav", i+1, name), tone})
	}
	for i, name := range []string{"Lake", "Meadow", "Sunset"} {
		picture := func() ([]byte, error) { return gradient(640, 360, float64(i)/3) }
		samples = append(samples, sample{"Pictures/Holiday/" + name + ".png", picture})
	}
	for _, s := range samples {
		data, err := s.data()
		if err != nil {
			return err
		}
		path := filepath.Join(dir, filepath.FromSlash(s.path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return err
		}
		// A file that was written just now may not be whole yet, and would be waited for.
		past := time.Now().Add(-time.Minute)
		if err := os.Chtimes(path, past, past); err != nil {
			return err
		}
	}
	return nil
}

// tones is a WAV file, mono with 16 bits at 8,000 Hz, of a chord on a root in Hz that swells and fades.
func tones(d time.Duration, root float64) []byte {
	const rate = 8000
	n := int(d.Seconds() * rate)
	var b bytes.Buffer
	le := func(v any) { _ = binary.Write(&b, binary.LittleEndian, v) } // a Buffer takes everything
	b.WriteString("RIFF")
	le(uint32(36 + 2*n))
	b.WriteString("WAVEfmt ")
	le(uint32(16))
	le([]uint16{1, 1})
	le([]uint32{rate, 2 * rate})
	le([]uint16{2, 16})
	b.WriteString("data")
	le(uint32(2 * n))
	samples := make([]int16, n)
	for i := range samples {
		t := float64(i) / rate
		swell := 0.5 - 0.5*math.Cos(2*math.Pi*t/5)
		v := math.Sin(2*math.Pi*root*t) + math.Sin(2*math.Pi*root*1.25*t) + math.Sin(2*math.Pi*root*1.5*t)
		samples[i] = int16(6000 * swell * v)
	}
	le(samples)
	return b.Bytes()
}

// gradient is a PNG picture of a sky in a colour that hue, from 0 to 1, chooses.
func gradient(w, h int, hue float64) ([]byte, error) {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		down := float64(y) / float64(h)
		c := color.RGBA{
			R: uint8(255 * (0.25 + 0.6*hue*down)), G: uint8(255 * (0.3 + 0.5*(1-hue)*down)), B: uint8(255 * (0.75 - 0.4*down)), A: 255,
		}
		for x := range w {
			img.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	err := png.Encode(&b, img)
	return b.Bytes(), err
}

// brokerPort is the port of the demonstration's broker.
func brokerPort(c Config) int {
	_, port, _ := net.SplitHostPort(c.MQTT.Embedded.Listen)
	n, _ := strconv.Atoi(port)
	return n
}
