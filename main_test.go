package main

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"localcast/mqtt"
)

// runMain runs the program with a command line, in the working directory, and returns what it prints.
func runMain(t *testing.T, args ...string) (code int, out, err string) {
	t.Helper()
	var stdout, stderr strings.Builder
	code = start(t.Context(), args, terminal{out: &stdout, err: &stderr, getenv: noEnv})
	return code, stdout.String(), stderr.String()
}

func TestCommandLine(t *testing.T) {
	rows := []struct {
		args     string // separated by spaces
		config   string // config.yaml in the working directory, "" for none
		code     int
		out, err string // what is printed holds these
	}{
		{args: "-version", code: exitOK, out: "localcast "},
		{args: "-help", code: exitOK, err: "check-config"},
		{args: "-colour", code: exitUsage, err: "flag provided but not defined: -colour"},
		{args: "-media", code: exitUsage, err: "flag needs an argument: -media"},
		{args: "dance", code: exitUsage, err: `there is no command "dance"`},
		{args: "-log-level loud", code: exitUsage, err: `-log-level: log.level: got "loud", wanted debug, info, warn, error`},
		{args: "-config nowhere.yaml", code: exitUsage, err: "open nowhere.yaml: no such file or directory"},
		{args: "", config: "lgo: {}\nmqtt: 5\n", code: exitUsage, err: "config.yaml:1: lgo: there is no such key; did you mean log?\n" +
			`config.yaml:2: mqtt: got "5", wanted keys`},
		{args: "check-config", code: exitOK,
			out: "ok  configuration    none, so the defaults\nok  broker           embedded, on 127.0.0.1:1883\n"},
		{args: "check-config", config: "mqtt: {broker: 'mqtt://b', username: u, password: hush}", code: exitOK,
			out: "ok  configuration    config.yaml\nok  broker           mqtt://b\n"},
		{args: "check-config -media /a -media /b", code: exitOK, out: "ok  media folders    /a, /b\n"},
		{args: "-data /here check-config", code: exitOK, out: "ok  data folder      /here\n"},
		{args: "check-config", config: "log: {level: 5}", code: exitUsage, err: "config.yaml:1: log.level: "},
		{args: "check-config -colour", code: exitUsage, err: "flag provided but not defined: -colour"},
		{args: "check-config config.yaml", code: exitUsage, err: `check-config takes no "config.yaml"; a file is named with -config`},
		{args: "-health", config: "log: {level: 5}", code: exitFailed, err: "config.yaml:1: log.level: "},
	}
	for _, row := range rows {
		t.Run(row.args, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if row.config != "" {
				if err := os.WriteFile("config.yaml", []byte(row.config), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			code, out, stderr := runMain(t, strings.Fields(row.args)...)
			if code != row.code {
				t.Errorf("exit code %d, wanted %d", code, row.code)
			}
			if !strings.Contains(out, row.out) || !strings.Contains(stderr, row.err) {
				t.Errorf("printed\n%s%s\nwanted in it\n%s%s", out, stderr, row.out, row.err)
			}
			if (row.out == "") != (out == "") || (row.err == "") != (stderr == "") {
				t.Errorf("%q went to standard output, %q to standard error", out, stderr)
			}
			if strings.Contains(out+stderr, "hush") {
				t.Error("a secret is shown")
			}
		})
	}
}

func TestParse(t *testing.T) {
	t.Chdir(t.TempDir())
	set := func(s string) *string { return &s }
	rows := []struct {
		args string
		want invocation
	}{
		{"", invocation{}},
		{"-demo", invocation{demo: true}},
		{"--demo", invocation{demo: true}},
		{"-health -config c.yaml", invocation{health: true, config: "c.yaml"}},
		{"-media a -media=b", invocation{over: Overrides{Media: []string{"a", "b"}}}},
		{"-broker= -http :0 -data d -log-level debug",
			invocation{over: Overrides{Broker: set(""), HTTP: set(":0"), DataDir: set("d"), LogLevel: set("debug")}}},
		{"-data d check-config -config c.yaml x",
			invocation{over: Overrides{DataDir: set("d")}, config: "c.yaml", command: "check-config", args: []string{"x"}}},
	}
	for _, row := range rows {
		var told strings.Builder
		got, err := parse(strings.Fields(row.args), &told)
		if err != nil || told.Len() > 0 {
			t.Errorf("%s: %v, told %q", row.args, err, told.String())
		}
		if len(got.args) == 0 {
			got.args = nil
		}
		if !reflect.DeepEqual(got, row.want) {
			t.Errorf("%s: got %+v, wanted %+v", row.args, got, row.want)
		}
	}
}

func TestExitCode(t *testing.T) {
	if code := exitCode(fmt.Errorf("look for another bridge: %w", mqtt.ErrSecondBridge)); code != 3 {
		t.Errorf("a second bridge ends with %d, wanted 3", code)
	}
	if code := exitCode(errors.New("the disk is full")); code != 1 {
		t.Errorf("a failure ends with %d, wanted 1", code)
	}
}
