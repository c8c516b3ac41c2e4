package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

// noEnv is an environment without anything.
func noEnv(string) string { return "" }

// writeConfig writes text to config.yaml in a folder of its own and returns its path.
func writeConfig(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// problems loads text and returns what is wrong with it, each without the folder of the file.
func problems(t *testing.T, text string) []string {
	t.Helper()
	path := writeConfig(t, text)
	_, err := LoadConfig(path, Overrides{}, noEnv)
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[Problems](err); !ok {
		t.Fatalf("the error is a %T, wanted Problems", err)
	}
	return strings.Split(strings.ReplaceAll(err.Error(), path, "config.yaml"), "\n")
}

func TestConfigProblems(t *testing.T) {
	rows := []struct{ name, text, want string }{
		{"unknown key", "mqtt:\n  brokr: x", `config.yaml:2: mqtt.brokr: there is no such key; did you mean broker?`},
		{"swapped letters", "lgo: {}", `config.yaml:1: lgo: there is no such key; did you mean log?`},
		{"dashes", "mqtt:\n  base-topic: x", `config.yaml:2: mqtt.base-topic: there is no such key; did you mean base_topic?`},
		{"key in the wrong place", "max_streams: 5",
			`config.yaml:1: max_streams: there is no such key; did you mean http.max_streams?`},
		{"key that looks like none", "log:\n  colour: red",
			`config.yaml:2: log.colour: there is no such key; at log there are level, format`},
		{"unknown key of a device", "cast:\n  devices:\n    - host: a\n      maxvolume: 5",
			`config.yaml:4: cast.devices[0].maxvolume: there is no such key; did you mean max_volume?`},
		{"key given twice", "log:\n  level: info\n  level: warn",
			`config.yaml:3: log.level: is given twice, first in line 2`},

		{"number for text", "mqtt:\n  username: 12", `config.yaml:2: mqtt.username: got "12", wanted text, so put it in quotes`},
		{"number for a password", "mqtt:\n  password: 4711",
			`config.yaml:2: mqtt.password: got something else, wanted text, so put it in quotes`},
		{"text for a number", "http:\n  max_streams: many", `config.yaml:2: http.max_streams: got "many", wanted a whole number`},
		{"fraction for a number", "http:\n  max_streams: 1.5", `config.yaml:2: http.max_streams: got "1.5", wanted a whole number`},
		{"number beyond all", "http:\n  max_streams: 99999999999999999999",
			`config.yaml:2: http.max_streams: got "99999999999999999999", wanted a whole number`},
		{"text for a bool", "library:\n  watch: yes", `config.yaml:2: library.watch: got "yes", wanted true or false`},
		{"number for a duration", "library:\n  rescan: 6",
			`config.yaml:2: library.rescan: got "6", wanted a duration such as 30s, 10m or 6h`},
		{"days for a duration", "http:\n  token_ttl: 1d",
			`config.yaml:2: http.token_ttl: got "1d", wanted a duration such as 30s, 10m or 6h`},
		{"text for a list", "library:\n  folders: /media", `config.yaml:2: library.folders: got "/media", wanted a list such as [a, b]`},
		{"number in a list", "library:\n  folders: [/a, 5]",
			`config.yaml:2: library.folders[1]: got "5", wanted text, so put it in quotes`},
		{"nothing in a list", "library:\n  folders:\n    -", `config.yaml:3: library.folders[0]: is empty; wanted a folder`},
		{"list for keys", "log: [info]", `config.yaml:1: log: got a list, wanted keys, such as level, format`},
		{"keys for text", "log:\n  level: {a: b}", `config.yaml:2: log.level: got keys with values, wanted text`},
		{"text for everything", "hello",
			`config.yaml:1: got "hello", wanted keys, such as language, mqtt, homeassistant, library, cast, http, announce, data_dir, log`},
		{"tag of another program", "mqtt:\n  username: !secret name",
			`config.yaml:2: mqtt.username: got the tag "!secret", wanted text, so put it in quotes`},
		{"no YAML", "log:\n\tlevel: info", `config.yaml:2: this is no YAML: found character that cannot start any token`},
		{"password that looks like an alias", "mqtt:\n  password: *hush",
			`config.yaml:1: this is no YAML: a value that begins with * must stand in quotes`},
		{"second document", "log:\n  level: info\n---\nlog:\n  level: warn",
			`config.yaml:3: a second YAML document begins here; wanted one, so remove the line ---`},

		{"language", "language: de", `config.yaml:1: language: got "de", wanted en`},
		{"broker without scheme", "mqtt:\n  broker: 192.0.2.2:1883",
			`config.yaml:2: mqtt.broker: is no address of a broker; wanted one such as mqtt://192.0.2.2:1883`},
		{"broker with another scheme", "mqtt:\n  broker: tcp://192.0.2.2",
			`config.yaml:2: mqtt.broker: got the scheme "tcp", wanted mqtt, mqtts, ws or wss`},
		{"broker with credentials", "mqtt:\n  broker: mqtt://u:hush@192.0.2.2",
			`config.yaml:2: mqtt.broker: has credentials in it; wanted them in mqtt.username and mqtt.password, ` +
				`which are not shown in logs`},
		{"broker with a bad port", "mqtt:\n  broker: mqtt://192.0.2.2:70000",
			`config.yaml:2: mqtt.broker: got the port "70000", wanted 1 to 65535`},
		{"broker with a path", "mqtt:\n  broker: mqtt://192.0.2.2/base",
			`config.yaml:2: mqtt.broker: got "mqtt://192.0.2.2/base", wanted nothing after the host and port (a path for ws and wss)`},
		{"password without username", "mqtt:\n  broker: mqtt://b\n  password: hush",
			`config.yaml:3: mqtt.password: is given without mqtt.username; MQTT wants both or neither`},
		{"certificate and no encryption", "mqtt:\n  broker: ws://b\n  tls:\n    ca_file: config.yaml",
			`config.yaml:4: mqtt.tls: is given, but ws is not encrypted; wanted an mqtts or wss address`},
		{"certificate that is not there", "mqtt:\n  tls:\n    ca_file: /nowhere/ca.pem",
			`config.yaml:3: mqtt.tls.ca_file: cannot be read: open /nowhere/ca.pem: no such file or directory`},
		{"certificate without key", "mqtt:\n  tls:\n    cert_file: config.yaml",
			`config.yaml:3: mqtt.tls: only one of cert_file and key_file is given; wanted both or neither`},
		{"empty client id", "mqtt:\n  client_id: ''", `config.yaml:2: mqtt.client_id: got "", wanted 1 to 128 characters`},
		{"empty base topic", "mqtt:\n  base_topic: ''", `config.yaml:2: mqtt.base_topic: is empty; wanted an MQTT topic`},
		{"wildcard in the base topic", "mqtt:\n  base_topic: home/+",
			`config.yaml:2: mqtt.base_topic: got "home/+", wanted an MQTT topic without + # $`},
		{"slash at the end of the base topic", "mqtt:\n  base_topic: home/",
			`config.yaml:2: mqtt.base_topic: got "home/", wanted an MQTT topic without a / at its ends or twice`},
		{"long value", "log:\n  level: " + strings.Repeat("ä", 100),
			`config.yaml:2: log.level: got "` + strings.Repeat("ä", 60) + `…", wanted debug, info, warn, error`},
		{"syntax error in a second document", "log: {}\n---\n@", `config.yaml:3: this is no YAML: found character that cannot start any token`},
		{"long base topic", "mqtt:\n  base_topic: " + strings.Repeat("x", 201),
			`config.yaml:2: mqtt.base_topic: got 201 bytes, wanted at most 200`},
		{"no keep-alive", "mqtt:\n  keep_alive: 0s", `config.yaml:2: mqtt.keep_alive: got 0s, wanted 1s to 18h12m15s`},
		{"keep-alive in parts of a second", "mqtt:\n  keep_alive: 1500ms",
			`config.yaml:2: mqtt.keep_alive: got 1.5s, wanted whole seconds`},
		{"embedded broker open to all", "mqtt:\n  embedded:\n    listen: :1883",
			`config.yaml:3: mqtt.embedded.listen: ":1883" is reached from other machines, which needs mqtt.embedded.username and password`},
		{"embedded broker without a port", "mqtt:\n  embedded:\n    listen: localhost",
			`config.yaml:3: mqtt.embedded.listen: got "localhost", wanted an address and a port such as 127.0.0.1:1883, ` +
				`or :8010 for all addresses`},
		{"embedded username alone", "mqtt:\n  embedded:\n    username: me",
			`config.yaml:3: mqtt.embedded.username: is given without a password; wanted both or neither`},
		{"embedded password alone", "mqtt:\n  embedded:\n    password: hush",
			`config.yaml:3: mqtt.embedded.password: is given without a username; wanted both or neither`},
		{"discovery prefix", "homeassistant:\n  discovery_prefix: '#'",
			`config.yaml:2: homeassistant.discovery_prefix: got "#", wanted an MQTT topic without + # $`},
		{"status topic", "homeassistant:\n  status_topic: $SYS/x",
			`config.yaml:2: homeassistant.status_topic: got "$SYS/x", wanted an MQTT topic without + # $`},
		{"rescan too often", "library:\n  rescan: 1s", `config.yaml:2: library.rescan: got 1s, wanted 1m0s to 8760h0m0s`},
		{"subtitle language", "library:\n  subtitle_languages: [english]",
			`config.yaml:2: library.subtitle_languages[0]: got "english", wanted a language such as en or pt-BR`},
		{"device without host", "cast:\n  devices:\n    - name: Kitchen",
			`config.yaml:3: cast.devices[0].host: is missing; wanted the address of the device`},
		{"device with a port in its host", "cast:\n  devices:\n    - host: 192.0.2.20:8009",
			`config.yaml:3: cast.devices[0].host: got "192.0.2.20:8009", wanted an IP address or a name, without a port`},
		{"device port", "cast:\n  devices:\n    - {host: a, port: 0}", `config.yaml:3: cast.devices[0].port: got 0, wanted 1 to 65535`},
		{"device id", "cast:\n  devices:\n    - {host: a, id: 12ab}", `config.yaml:3: cast.devices[0].id: got "12ab", wanted 32 hex digits`},
		{"device topic", "cast:\n  devices:\n    - {host: a, topic: Küche}",
			`config.yaml:3: cast.devices[0].topic: got "Küche", wanted only a-z, 0-9 and _`},
		{"reserved topic", "cast:\n  devices:\n    - {host: a, topic: bridge}", `config.yaml:3: cast.devices[0].topic: "bridge" is reserved`},
		{"max_volume 0", "cast:\n  devices:\n    - {host: a, max_volume: 0}",
			`config.yaml:3: cast.devices[0].max_volume: got 0, wanted 1 to 100`},
		{"same topic twice", "cast:\n  devices:\n    - {host: a, topic: tv}\n    - {host: b, topic: tv}",
			`config.yaml:4: cast.devices[1].topic: is that of cast.devices[0] too`},
		{"same device twice", "cast:\n  devices:\n    - {host: a}\n    - {host: a, port: 8009}",
			`config.yaml:4: cast.devices[1].host: is that of cast.devices[0] too, with the same port`},
		{"nothing to ignore", "cast:\n  ignore: ['']",
			`config.yaml:2: cast.ignore[0]: is empty; wanted the name, id or model of a device`},
		{"no interface", "cast:\n  interfaces: ['']",
			`config.yaml:2: cast.interfaces[0]: is empty; wanted the name of a network interface such as eth0`},
		{"listen on a bad port", "http:\n  listen: :99999",
			`config.yaml:2: http.listen: got ":99999", wanted an address and a port such as 127.0.0.1:1883, or :8010 for all addresses`},
		{"advertise https", "http:\n  advertise: https://192.0.2.10",
			`config.yaml:2: http.advertise: is no http address; wanted one such as http://192.0.2.10:8010`},
		{"advertise a path", "http:\n  advertise: http://192.0.2.10/media",
			`config.yaml:2: http.advertise: has more than a host and a port; wanted such as http://192.0.2.10:8010`},
		{"no streams", "http:\n  max_streams: 0", `config.yaml:2: http.max_streams: got 0, wanted 1 to 10000`},
		{"metrics", "http:\n  metrics: on", `config.yaml:2: http.metrics: got "on", wanted loopback, all, off`},
		{"speech without a place for the words", "announce:\n  tts_url: http://192.0.2.5/say",
			`config.yaml:2: announce.tts_url: has no {text}, which the words to speak take the place of`},
		{"speech by another scheme", "announce:\n  tts_url: ftp://hush@192.0.2.5/{text}",
			`config.yaml:2: announce.tts_url: is no http or https address; wanted one such as http://192.0.2.5:10200/speak?text={text}`},
		{"no data_dir", "data_dir: ''", `config.yaml:1: data_dir: is empty; wanted a folder that the program may write`},
		{"log level", "log:\n  level: loud", `config.yaml:2: log.level: got "loud", wanted debug, info, warn, error`},
		{"log format", "log:\n  format: xml", `config.yaml:2: log.format: got "xml", wanted text, json`},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got := problems(t, row.text)
			if len(got) != 1 || got[0] != row.want {
				t.Errorf("got\n  %s\nwanted\n  %s", strings.Join(got, "\n  "), row.want)
			}
			if strings.Contains(strings.Join(got, ""), "hush") {
				t.Error("a secret is shown")
			}
		})
	}
}

func TestConfigTellsEveryProblemInTheOrderOfLines(t *testing.T) {
	got := problems(t, `log:
  level: loud
mqtt:
  brokr: x
  keep_alive: soon
  base_topic: a/#
http:
  max_streams: -1
  listen: [a]
data_dir: ""
`)
	var lines []string
	for _, line := range got {
		lines = append(lines, strings.SplitN(line, " ", 3)[0]+strings.SplitN(line, " ", 3)[1])
	}
	want := []string{
		"config.yaml:2:log.level:", "config.yaml:4:mqtt.brokr:", "config.yaml:5:mqtt.keep_alive:",
		"config.yaml:6:mqtt.base_topic:", "config.yaml:8:http.max_streams:", "config.yaml:9:http.listen:", "config.yaml:10:data_dir:",
	}
	if !slices.Equal(lines, want) {
		t.Errorf("got %q\nwanted %q", lines, want)
	}
}

func TestConfigThatSaysNothingIsTheDefault(t *testing.T) {
	for _, text := range []string{"", "\n", "# nothing\n", "---\n", "null", "{}", "\ufeff", "mqtt:\nlog:\n  level:\r\n  format:\r\n",
		"library:\n  folders: []\n"} {
		path := writeConfig(t, text)
		got, err := LoadConfig(path, Overrides{}, noEnv)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		want := defaults()
		want.resolvePaths(filepath.Dir(path))
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %+v, wanted %+v", text, got, want)
		}
	}
}

func TestConfigWithoutAFile(t *testing.T) {
	t.Chdir(t.TempDir())
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	c, err := LoadConfig("", Overrides{}, noEnv)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(wd, "data"); c.DataDir != want {
		t.Errorf("data_dir is %s, wanted %s", c.DataDir, want)
	}
}

func TestConfigMissingFile(t *testing.T) {
	_, err := LoadConfig(filepath.Join(t.TempDir(), "config.yaml"), Overrides{}, noEnv)
	if !errors.As(err, new(Problems)) || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("got %v", err)
	}
}

func TestConfigReadsEverything(t *testing.T) {
	path := writeConfig(t, `
language: en
mqtt:
  broker: wss://broker.example/mqtt
  username: me
  password: hush
  client_id: c2
  base_topic: home/cast
  keep_alive: 1m
  tls: {ca_file: config.yaml, cert_file: config.yaml, key_file: config.yaml, server_name: b, insecure_skip_verify: true}
  embedded: {listen: "localhost:0", username: u, password: p}
homeassistant: {enabled: false, discovery_prefix: ha, status_topic: ha/status}
library:
  folders: &f [films, /media/music]
  watch: false
  rescan: 90m
  follow_symlinks: true
  subtitle_languages: [en, pt-BR]
cast:
  discovery: false
  interfaces: [lo]
  devices:
    - {host: 192.0.2.20, id: 0123ABCD-0123-abcd-0123-abcd0123abcd, name: Kitchen, topic: kitchen, max_volume: 60}
    - {host: "2001:db8::1", port: 32000}
  default_device: kitchen
  ignore: [Nest Mini]
http: {listen: "127.0.0.1:0", advertise: "http://192.0.2.10:8010/", max_streams: 3, token_ttl: 48h, metrics: off}
announce: {tts_url: "http://192.0.2.5:10200/speak?text={text}"}
data_dir: state
log: {level: debug, format: json}
`)
	dir := filepath.Dir(path)
	want := Config{
		Language: "en",
		MQTT: MQTTConfig{
			Broker: "wss://broker.example/mqtt", Username: "me", Password: "hush", ClientID: "c2", BaseTopic: "home/cast",
			KeepAlive: time.Minute,
			TLS:       TLSConfig{CAFile: path, CertFile: path, KeyFile: path, ServerName: "b", InsecureSkipVerify: true},
			Embedded:  EmbeddedConfig{Listen: "localhost:0", Username: "u", Password: "p"},
		},
		HomeAssistant: HomeAssistantConfig{DiscoveryPrefix: "ha", StatusTopic: "ha/status"},
		Library: LibraryConfig{
			Folders: []string{filepath.Join(dir, "films"), "/media/music"}, Rescan: 90 * time.Minute, FollowSymlinks: true,
			SubtitleLanguages: []string{"en", "pt-BR"},
		},
		Cast: CastConfig{
			Interfaces: []string{"lo"},
			Devices: []DeviceConfig{
				{Host: "192.0.2.20", Port: 8009, ID: "0123abcd0123abcd0123abcd0123abcd", Name: "Kitchen", Topic: "kitchen", MaxVolume: 60},
				{Host: "2001:db8::1", Port: 32000},
			},
			DefaultDevice: "kitchen",
			Ignore:        []string{"Nest Mini"},
		},
		HTTP: HTTPConfig{
			Listen: "127.0.0.1:0", Advertise: "http://192.0.2.10:8010", MaxStreams: 3, TokenTTL: 48 * time.Hour, Metrics: "off",
		},
		Announce: AnnounceConfig{TTSURL: "http://192.0.2.5:10200/speak?text={text}"},
		DataDir:  filepath.Join(dir, "state"),
		Log:      LogConfig{Level: "debug", Format: "json"},
	}
	got, err := LoadConfig(path, Overrides{}, noEnv)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %#v\nwanted %#v", got, want)
	}
}

func TestConfigFlagsWinOverTheFile(t *testing.T) {
	path := writeConfig(t, `
mqtt: {broker: "tcp://wrong"}
library: {folders: [films]}
http: {listen: wrong}
data_dir: state
log: {level: loud}
`)
	t.Chdir(t.TempDir())
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	set := func(s string) *string { return &s }
	over := Overrides{
		Media: []string{"mine", "/media"}, Broker: set("mqtt://b"), HTTP: set(":0"), DataDir: set("here"), LogLevel: set("warn"),
	}
	c, err := LoadConfig(path, over, noEnv)
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(c.Library.Folders, c.MQTT.Broker, c.HTTP.Listen, c.DataDir, c.Log.Level)
	want := fmt.Sprint([]string{filepath.Join(wd, "mine"), "/media"}, "mqtt://b", ":0", filepath.Join(wd, "here"), "warn")
	if got != want {
		t.Errorf("got %s, wanted %s", got, want)
	}
	over.Broker, over.LogLevel = set("b"), set("loud")
	_, err = LoadConfig(path, over, noEnv)
	want = "-broker: mqtt.broker: is no address of a broker; wanted one such as mqtt://192.0.2.2:1883\n" +
		`-log-level: log.level: got "loud", wanted debug, info, warn, error`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, wanted %s", err, want)
	}
}

func TestConfigPasswords(t *testing.T) {
	rows := []struct {
		name, mqtt, file, env  string
		wantMQTT, wantEmbedded Secret
		wantErr                string
	}{
		{name: "none"},
		{name: "in the file", mqtt: "password: one", wantMQTT: "one"},
		{name: "password_file wins", mqtt: "password: one\n  password_file: secret", file: "two\n", wantMQTT: "two"},
		{name: "only one line end is cut", mqtt: "password_file: secret", file: " two \n\r\n", wantMQTT: " two \n"},
		{name: "the environment wins", mqtt: "password: one\n  password_file: secret", file: "two", env: "three",
			wantMQTT: "three"},
		{name: "the environment makes password_file needless", mqtt: "password_file: nowhere", env: "three", wantMQTT: "three"},
		{name: "the environment is the embedded broker's too, where that has a username", mqtt: "embedded: {username: me}", env: "three",
			wantMQTT: "three", wantEmbedded: "three"},
		{name: "password_file is not there", mqtt: "password_file: nowhere",
			wantErr: "config.yaml:4: mqtt.password_file: cannot be read: open DIR/nowhere: no such file or directory"},
		{name: "password_file is a folder", mqtt: "password_file: .",
			wantErr: "config.yaml:4: mqtt.password_file: cannot be read: DIR is a folder; wanted a file"},
		{name: "password_file is empty", mqtt: "password_file: secret", file: "\n",
			wantErr: "config.yaml:4: mqtt.password_file: DIR/secret is empty; wanted the password in it"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			path := writeConfig(t, "mqtt:\n  broker: mqtt://b\n  username: me\n  "+row.mqtt+"\n")
			dir := filepath.Dir(path)
			if row.file != "" {
				if err := os.WriteFile(filepath.Join(dir, "secret"), []byte(row.file), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			getenv := func(name string) string {
				if name != "LOCALCAST_MQTT_PASSWORD" {
					t.Errorf("asked for %s", name)
				}
				return row.env
			}
			c, err := LoadConfig(path, Overrides{}, getenv)
			if err != nil || row.wantErr != "" {
				got := strings.ReplaceAll(fmt.Sprint(err), path, "config.yaml")
				if got = strings.ReplaceAll(got, dir, "DIR"); got != row.wantErr {
					t.Errorf("got error %s, wanted %s", got, row.wantErr)
				}
				return
			}
			if string(c.MQTT.Password) != string(row.wantMQTT) || string(c.MQTT.Embedded.Password) != string(row.wantEmbedded) {
				t.Errorf("got %q and %q", string(c.MQTT.Password), string(c.MQTT.Embedded.Password))
			}
		})
	}
}

func TestConfigPasswordOfTheEnvironmentOpensTheEmbeddedBroker(t *testing.T) {
	path := writeConfig(t, "mqtt:\n  embedded:\n    listen: :1883\n    username: me\n")
	if _, err := LoadConfig(path, Overrides{}, noEnv); err == nil {
		t.Error("a broker without a password was accepted on all addresses")
	}
	hush := func(string) string { return "hush" }
	if _, err := LoadConfig(path, Overrides{}, hush); err != nil {
		t.Error(err)
	}
	nobody := writeConfig(t, "mqtt:\n  embedded:\n    listen: :1883\n")
	_, err := LoadConfig(nobody, Overrides{}, hush)
	if err == nil || !strings.Contains(err.Error(), "LOCALCAST_MQTT_PASSWORD gives the password, and no username is given") {
		t.Errorf("a password without a username on all addresses: got %v", err)
	}
	alone := writeConfig(t, "{}\n")
	c, err := LoadConfig(alone, Overrides{}, hush)
	if err != nil || c.MQTT.Embedded.Password != "" {
		t.Errorf("a password without a username, on loopback: got %q and %v", string(c.MQTT.Embedded.Password), err)
	}
}

func TestConfigFileHasABound(t *testing.T) {
	got := problems(t, "# "+strings.Repeat("x", 1<<20))
	if len(got) != 1 || got[0] != "read the configuration: config.yaml is larger than 1024 KiB" {
		t.Errorf("got %q", got)
	}
}

func TestLogger(t *testing.T) {
	rows := []struct {
		config LogConfig
		want   string // how the first line begins, the time left out
	}{
		{LogConfig{Level: "info", Format: "text"}, `level=INFO msg="in a line" item=1`},
		{LogConfig{Level: "debug", Format: "text"}, `level=DEBUG msg=first`},
		{LogConfig{Level: "error", Format: "text"}, ``},
		{LogConfig{Level: "warn", Format: "json"}, `"level":"WARN","msg":"later","item":2}`},
	}
	for _, row := range rows {
		var out strings.Builder
		log := row.config.logger(&out)
		log.Debug("first")
		log.Info("in a line", "item", 1)
		log.Warn("later", "item", 2)
		line, _, _ := strings.Cut(out.String(), "\n")
		if !strings.HasSuffix(line, row.want) || (line == "") != (row.want == "") {
			t.Errorf("%+v: logged %q, wanted %q", row.config, line, row.want)
		}
	}
}

func TestSecretsAreNeverShown(t *testing.T) {
	c := defaults()
	c.MQTT.Password, c.MQTT.Embedded.Password, c.Announce.TTSURL = "hush", "hush", "http://hush/{text}"
	var shown strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t"} {
		fmt.Fprintf(&shown, verb+"\n", c)
		fmt.Fprintf(&shown, verb+"\n", c.MQTT.Password)
	}
	slog.New(slog.NewTextHandler(&shown, nil)).Info("x", "config", c, "password", c.MQTT.Password)
	slog.New(slog.NewJSONHandler(&shown, nil)).Info("x", "config", c, "password", c.MQTT.Password)
	for _, encode := range []func(any) ([]byte, error){json.Marshal, yaml.Marshal} {
		text, err := encode(c)
		if err != nil {
			t.Fatal(err)
		}
		shown.Write(text)
	}
	if strings.Contains(shown.String(), "hush") || strings.Contains(shown.String(), "68757368") {
		t.Errorf("a secret is shown in\n%s", shown.String())
	}
	if !strings.Contains(shown.String(), "[redacted]") {
		t.Error("nothing tells that there is a secret")
	}
}

// FuzzConfig holds that no text makes the reader panic, and that what it refuses it refuses with a place.
func FuzzConfig(f *testing.F) {
	for _, text := range []string{
		"a: &x [*x]", "mqtt: {broker: 'mqtt://b'}", "? [a]\n: b", "<<: {a: b}", "---\n---\n", "a: !!int x", "%YAML 1.1",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d := &document{file: "config.yaml", given: map[string]origin{}}
		c := defaults()
		d.decode([]byte(text), &c)
		for _, p := range d.problems {
			if p.line < 1 || p.Text == "" {
				t.Errorf("%q: a problem without a place or text: %+v", text, p)
			}
		}
		c.MQTT.TLS = TLSConfig{} // names of files are not opened
		c.check(d)
	})
}
