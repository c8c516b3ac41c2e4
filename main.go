// Command localcast plays your own films and music on Chromecasts, driven over MQTT. It reads its flags here; what it does
// is in app.go.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"localcast/mqtt"
)

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2 // the configuration or the command line is wrong; nothing was started
	exitSecond = 3 // another bridge uses the same base topic
)

// version is set by -ldflags "-X main.version=1.2.3".
var version string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(start(ctx, os.Args[1:], terminal{out: os.Stdout, err: os.Stderr, getenv: os.Getenv, in: os.Stdin}))
}

// terminal is what surrounds the program.
type terminal struct {
	out, err io.Writer
	getenv   func(string) string
	in       io.Reader // nil where nobody types
}

// invocation is the command line, read.
type invocation struct {
	config                string // the configuration file, "" for none
	over                  Overrides
	demo, version, health bool
	command               string   // "" for the bridge itself
	args                  []string // of the command
}

// start does what the command line says and returns the exit code.
func start(ctx context.Context, args []string, t terminal) int {
	inv, err := parse(args, t.err)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		return exitUsage // package flag has told it
	case inv.version:
		fmt.Fprintln(t.out, "localcast", buildVersion())
		return exitOK
	case inv.health:
		return health(ctx, inv, t)
	case inv.command != "":
		return commands()[inv.command].run(ctx, inv, t)
	}
	frugal(t.getenv)
	begin, getenv := run, t.getenv
	if inv.demo { // stands alone: no file and no environment may lead it to a real broker
		inv.config, begin, getenv = "", demo(t.out), func(string) string { return "" }
	}
	c, err := LoadConfig(inv.config, inv.over, getenv)
	if err != nil {
		fmt.Fprintln(t.err, err)
		return exitUsage
	}
	log := c.Log.logger(t.err)
	if err := begin(ctx, c, log); err != nil {
		c.Log.lastWord(t.err, log, err)
		return exitCode(err)
	}
	return exitOK
}

// exitCode is the code of a bridge that ended with err.
func exitCode(err error) int {
	if errors.Is(err, mqtt.ErrSecondBridge) {
		return exitSecond
	}
	return exitFailed
}

// parse reads the command line. Flags may stand before and after the name of a command. What is wrong is told on w.
func parse(args []string, w io.Writer) (invocation, error) {
	var inv invocation
	f := flag.NewFlagSet("localcast", flag.ContinueOnError)
	f.SetOutput(w)
	f.Usage = func() {
		fmt.Fprint(w, "usage: localcast [flags]\n", usage(), "\n")
		f.PrintDefaults()
	}
	text := func(name, what string, to **string) {
		f.Func(name, what, func(s string) error { *to = &s; return nil })
	}
	f.StringVar(&inv.config, "config", "", "the configuration `file`; without it ./config.yaml, if there is one")
	f.Func("media", "a `folder` of films or music; may be repeated; replaces library.folders", func(s string) error {
		inv.over.Media = append(inv.over.Media, s)
		return nil
	})
	text("broker", "the MQTT broker's `URL`, such as mqtt://192.0.2.2:1883; replaces mqtt.broker", &inv.over.Broker)
	text("http", "the `address` to serve media on, such as :8010; replaces http.listen", &inv.over.HTTP)
	text("data", "the `folder` for the databases; replaces data_dir", &inv.over.DataDir)
	text("log-level", "the `level`: debug, info, warn or error; replaces log.level", &inv.over.LogLevel)
	f.BoolVar(&inv.demo, "demo", false, "show it with a simulated Chromecast and sample media; needs nothing")
	f.BoolVar(&inv.version, "version", false, "print the version")
	f.BoolVar(&inv.health, "health", false, "ask the running program how it is; exit code 0 or 1")
	err := f.Parse(args)
	if inv.command = f.Arg(0); err == nil && inv.command != "" {
		c, known := commands()[inv.command]
		if c.ownFlags {
			inv.args = f.Args()[1:]
			return inv, nil
		}
		if !known {
			err = fmt.Errorf("there is no command %q; localcast -help lists them", inv.command)
			fmt.Fprintln(w, err)
			return inv, err
		}
		err = f.Parse(f.Args()[1:])
		inv.args = f.Args()
	}
	if inv.config == "" {
		inv.config = defaultConfigFile()
	}
	return inv, err
}

// buildVersion returns the version of this program: what the build set, else what Go knows of it.
func buildVersion() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "dev"
	}
	return strings.TrimPrefix(info.Main.Version, "v")
}
