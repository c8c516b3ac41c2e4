package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"
)

// command is a small program on the same parts as the bridge.
type command struct {
	what string // for the usage text
	run  func(context.Context, invocation, terminal) int
	// ownFlags says that what stands behind the command's name is its own to read.
	ownFlags bool
}

// commands returns the commands by name.
func commands() map[string]command {
	return map[string]command{
		"check-config": {what: "tell what is wrong with the configuration, or what it says", run: checkConfig},
		"devices":      {what: "look once for Chromecasts and list them", run: listDevices},
		"scan":         {what: "look through the media folders once", run: scanLibrary},
		"search":       {what: "WORDS: show what the library finds for them", run: searchLibrary},
		"simulate":     {what: "be a Chromecast, for trying without one", run: simulate, ownFlags: true},
	}
}

// usage lists the commands.
func usage() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(commands())) {
		fmt.Fprintf(&b, "       localcast %s [flags]   %s\n", name, commands()[name].what)
	}
	return b.String()
}

// defaultConfigFile is the configuration that is read when no other is named: config.yaml in the working directory, or ""
// where there is none.
func defaultConfigFile() string {
	if _, err := os.Lstat("config.yaml"); errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	return "config.yaml"
}

// checkConfig tells every mistake in the configuration, or what a start with it would use.
func checkConfig(_ context.Context, inv invocation, t terminal) int {
	if len(inv.args) > 0 {
		fmt.Fprintf(t.err, "check-config takes no %q; a file is named with -config\n", inv.args[0])
		return exitUsage
	}
	c, err := LoadConfig(inv.config, inv.over, t.getenv)
	if err != nil {
		fmt.Fprintln(t.err, err)
		return exitUsage
	}
	broker := "embedded, on " + c.MQTT.Embedded.Listen
	if c.MQTT.Broker != "" {
		broker = c.MQTT.Broker
	}
	folders := "none"
	if len(c.Library.Folders) > 0 {
		folders = strings.Join(c.Library.Folders, ", ")
	}
	for _, line := range [][2]string{
		{"configuration", cmp.Or(inv.config, "none, so the defaults")},
		{"broker", broker},
		{"base topic", c.MQTT.BaseTopic},
		{"media folders", folders},
		{"media served on", c.HTTP.Listen},
		{"data folder", c.DataDir},
	} {
		fmt.Fprintf(t.out, "ok  %-16s %s\n", line[0], line[1])
	}
	return exitOK
}

// healthTimeout bounds the question of -health.
const healthTimeout = 3 * time.Second

// health asks the program that runs with the same configuration how it is. It never returns another code than exitOK and
// exitFailed, since container engines know no third.
func health(ctx context.Context, inv invocation, t terminal) int {
	c, err := LoadConfig(inv.config, inv.over, t.getenv)
	if err != nil {
		fmt.Fprintln(t.err, err)
		return exitFailed
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	status, err := askHealth(ctx, c.HTTP.Listen)
	if err != nil {
		fmt.Fprintln(t.err, err)
		return exitFailed
	}
	fmt.Fprintln(t.out, status)
	return exitOK
}

// healthURL is where the program that listens on the address listen is asked how it is, from the same machine.
func healthURL(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", fmt.Errorf("http.listen: %w", err)
	}
	switch ip := net.ParseIP(host); {
	case host == "" || ip.Equal(net.IPv4zero):
		host = "127.0.0.1"
	case ip.Equal(net.IPv6unspecified):
		host = "::1"
	}
	return "http://" + net.JoinHostPort(host, port) + "/healthz", nil
}

// askHealth returns the status that the program listening on the address listen tells of itself.
func askHealth(ctx context.Context, listen string) (string, error) {
	url, err := healthURL(listen)
	if err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return "", fmt.Errorf("http.listen: %w", err)
	}
	transport := &http.Transport{DisableKeepAlives: true} // and no proxy
	response, err := transport.RoundTrip(request)
	if err != nil {
		return "", fmt.Errorf("no answer from %s: %w", url, err)
	}
	defer response.Body.Close()
	var told struct {
		Status string `json:"status"`
	}
	err = json.NewDecoder(io.LimitReader(response.Body, 64<<10)).Decode(&told)
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s answers %s (%s)", url, response.Status, cmp.Or(told.Status, "no status"))
	}
	if err != nil || told.Status == "" {
		return "", fmt.Errorf("%s answers, but it is not localcast", url)
	}
	return told.Status, nil
}
