package main

import (
	"encoding"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// passwordEnv is the environment variable that replaces mqtt.password and mqtt.embedded.password.
const passwordEnv = "LOCALCAST_MQTT_PASSWORD"

// Config is everything a person can set. It mirrors config.yaml key by key; what the keys mean is told there. A Config of
// LoadConfig is valid and its paths are absolute. It is a value: nothing changes it once the program runs.
type Config struct {
	Language      string              `yaml:"language"`
	MQTT          MQTTConfig          `yaml:"mqtt"`
	HomeAssistant HomeAssistantConfig `yaml:"homeassistant"`
	Library       LibraryConfig       `yaml:"library"`
	Cast          CastConfig          `yaml:"cast"`
	HTTP          HTTPConfig          `yaml:"http"`
	Announce      AnnounceConfig      `yaml:"announce"`
	DataDir       string              `yaml:"data_dir"`
	Log           LogConfig           `yaml:"log"`
}

// MQTTConfig says which broker is used, and how. Password already holds what PasswordFile or the environment gave.
type MQTTConfig struct {
	Broker       string         `yaml:"broker"`
	Username     string         `yaml:"username"`
	Password     Secret         `yaml:"password"`
	PasswordFile string         `yaml:"password_file"`
	ClientID     string         `yaml:"client_id"`
	BaseTopic    string         `yaml:"base_topic"`
	KeepAlive    time.Duration  `yaml:"keep_alive"`
	TLS          TLSConfig      `yaml:"tls"`
	Embedded     EmbeddedConfig `yaml:"embedded"`
}

// TLSConfig is for mqtts and wss brokers.
type TLSConfig struct {
	CAFile             string `yaml:"ca_file"`
	CertFile           string `yaml:"cert_file"`
	KeyFile            string `yaml:"key_file"`
	ServerName         string `yaml:"server_name"`
	InsecureSkipVerify bool   `yaml:"insecure_skip_verify"`
}

// EmbeddedConfig is the broker that the program runs itself when MQTTConfig.Broker is empty.
type EmbeddedConfig struct {
	Listen   string `yaml:"listen"`
	Username string `yaml:"username"`
	Password Secret `yaml:"password"`
}

// HomeAssistantConfig is about discovery by Home Assistant.
type HomeAssistantConfig struct {
	Enabled         bool   `yaml:"enabled"`
	DiscoveryPrefix string `yaml:"discovery_prefix"`
	StatusTopic     string `yaml:"status_topic"`
}

// LibraryConfig says where the media lie.
type LibraryConfig struct {
	Folders           []string      `yaml:"folders"`
	Watch             bool          `yaml:"watch"`
	Rescan            time.Duration `yaml:"rescan"`
	FollowSymlinks    bool          `yaml:"follow_symlinks"`
	SubtitleLanguages []string      `yaml:"subtitle_languages"`
}

// CastConfig says which Chromecasts there are and how they are found.
type CastConfig struct {
	Discovery     bool           `yaml:"discovery"`
	Interfaces    []string       `yaml:"interfaces"`
	Devices       []DeviceConfig `yaml:"devices"`
	DefaultDevice string         `yaml:"default_device"`
	Ignore        []string       `yaml:"ignore"`
}

// DeviceConfig is one Chromecast that is known without mDNS, or what is overridden of one that is found.
type DeviceConfig struct {
	Host      string `yaml:"host"`
	Port      int    `yaml:"port"` // 8009 unless it is given
	ID        string `yaml:"id"`   // 32 lower-case hex digits, or ""
	Name      string `yaml:"name"`
	Topic     string `yaml:"topic"`
	MaxVolume int    `yaml:"max_volume"` // 1 to 100; 0 where nothing is said
}

// HTTPConfig is the server from which Chromecasts fetch.
type HTTPConfig struct {
	Listen     string        `yaml:"listen"`
	Advertise  string        `yaml:"advertise"` // without a slash at its end; "" is found for each device
	MaxStreams int           `yaml:"max_streams"`
	TokenTTL   time.Duration `yaml:"token_ttl"`
	Metrics    string        `yaml:"metrics"` // loopback, all or off
}

// AnnounceConfig says who speaks the words of an announcement. The URL may hold a key, so it is a Secret.
type AnnounceConfig struct {
	TTSURL Secret `yaml:"tts_url"`
}

// LogConfig is about the log on standard error.
type LogConfig struct {
	Level  string `yaml:"level"`
	Format string `yaml:"format"`
}

// logger makes the logger that the configuration wants.
func (c LogConfig) logger(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{}
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err == nil {
		options.Level = level
	}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// lastWord tells why the program ends. As text it is plain, because it may hold lines to write into the configuration.
func (c LogConfig) lastWord(w io.Writer, log *slog.Logger, err error) {
	if c.Format == "json" {
		log.Error("localcast ends", "err", err)
		return
	}
	fmt.Fprintln(w, "localcast ends:", err)
}

// defaults returns the configuration of a program that was told nothing. Paths are not resolved yet.
func defaults() Config {
	return Config{
		Language: "en",
		MQTT: MQTTConfig{
			ClientID:  "localcast",
			BaseTopic: "localcast",
			KeepAlive: 30 * time.Second,
			Embedded:  EmbeddedConfig{Listen: "127.0.0.1:1883"},
		},
		HomeAssistant: HomeAssistantConfig{
			Enabled:         true,
			DiscoveryPrefix: "homeassistant",
			StatusTopic:     "homeassistant/status",
		},
		Library: LibraryConfig{Watch: true, Rescan: 6 * time.Hour},
		Cast:    CastConfig{Discovery: true},
		HTTP:    HTTPConfig{Listen: ":8010", MaxStreams: 64, TokenTTL: 24 * time.Hour, Metrics: "loopback"},
		DataDir: "data",
		Log:     LogConfig{Level: "info", Format: "text"},
	}
}

// Secret is text that is never shown: printed, logged or encoded it is "[redacted]", and "" where there is none. Its
// users convert it to a string.
type Secret string

var _ encoding.TextMarshaler = Secret("")

// String tells whether there is a secret, and no more.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "[redacted]"
}

// Format keeps every verb of package fmt from showing the secret.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.String()) }

// LogValue keeps the secret out of the log.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText keeps the secret out of JSON and YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Overrides is what the command line says of the configuration; nil is nothing.
type Overrides struct {
	Media    []string // -media: replaces library.folders
	Broker   *string  // -broker: mqtt.broker
	HTTP     *string  // -http: http.listen
	DataDir  *string  // -data: data_dir
	LogLevel *string  // -log-level: log.level
}

// LoadConfig reads the configuration file at path, "" for none, and puts over it what the environment and the command line
// say. The paths of the file are relative to the file, those of the command line to the working directory. The error is
// Problems: all that is wrong, not only the first.
func LoadConfig(path string, over Overrides, getenv func(string) string) (Config, error) {
	base := "."
	var text []byte
	if path != "" {
		var err error
		if text, err = readFile(path, 1<<20); err != nil {
			return Config{}, Problems{{Text: fmt.Sprintf("read the configuration: %v", err)}}
		}
		base = filepath.Dir(path)
	}
	base, err := filepath.Abs(base)
	if err != nil {
		return Config{}, Problems{{Text: fmt.Sprintf("find the working directory: %v", err)}}
	}

	d := &document{file: path, given: map[string]origin{}}
	c := defaults()
	d.decode(text, &c)
	c.resolvePaths(base)
	if err := c.override(over, d); err != nil {
		return Config{}, Problems{{Text: fmt.Sprintf("find the working directory: %v", err)}}
	}
	c.readPassword(getenv(passwordEnv), d)
	c.check(d)
	if len(d.problems) > 0 {
		return Config{}, d.sorted()
	}
	return c, nil
}

// resolvePaths makes the relative paths of the file absolute.
func (c *Config) resolvePaths(base string) {
	for _, p := range []*string{&c.MQTT.PasswordFile, &c.MQTT.TLS.CAFile, &c.MQTT.TLS.CertFile, &c.MQTT.TLS.KeyFile, &c.DataDir} {
		*p = resolve(base, *p)
	}
	for i, p := range c.Library.Folders {
		c.Library.Folders[i] = resolve(base, p)
	}
}

// resolve returns path as seen from base; "" stays "".
func resolve(base, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(base, path)
}

// override puts the command line over the file.
func (c *Config) override(o Overrides, d *document) error {
	wd, err := os.Getwd()
	if err != nil {
		return err
	}
	set := func(value, to *string, key, flag string) {
		if value != nil {
			*to = *value
			d.given[key] = origin{flag: flag}
		}
	}
	set(o.Broker, &c.MQTT.Broker, "mqtt.broker", "-broker")
	set(o.HTTP, &c.HTTP.Listen, "http.listen", "-http")
	set(o.DataDir, &c.DataDir, "data_dir", "-data")
	set(o.LogLevel, &c.Log.Level, "log.level", "-log-level")
	if o.DataDir != nil {
		c.DataDir = resolve(wd, c.DataDir)
	}
	if o.Media != nil {
		c.Library.Folders = nil
		for i, folder := range o.Media {
			c.Library.Folders = append(c.Library.Folders, resolve(wd, folder))
			d.given[fmt.Sprintf("library.folders[%d]", i)] = origin{flag: "-media"}
		}
	}
	return nil
}

// readPassword settles the passwords: the environment wins over password_file, and that over password.
func (c *Config) readPassword(fromEnv string, d *document) {
	switch {
	case fromEnv != "":
		c.MQTT.Password = Secret(fromEnv)
		d.given["mqtt.password"] = origin{flag: passwordEnv}
		if c.MQTT.Embedded.Username != "" { // else it is meant for another broker
			c.MQTT.Embedded.Password = Secret(fromEnv)
			d.given["mqtt.embedded.password"] = origin{flag: passwordEnv}
		}
	case c.MQTT.PasswordFile != "":
		text, err := readFile(c.MQTT.PasswordFile, 64<<10)
		if err != nil {
			d.fail("mqtt.password_file", "cannot be read: %v", err)
			return
		}
		password := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
		if password == "" {
			d.fail("mqtt.password_file", "%s is empty; wanted the password in it", c.MQTT.PasswordFile)
		}
		c.MQTT.Password = Secret(password)
	}
}

// readFile reads a regular file of at most limit bytes.
func readFile(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil {
		return nil, err
	} else if info.IsDir() {
		return nil, fmt.Errorf("%s is a folder; wanted a file", path)
	}
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(text)) > limit {
		return nil, fmt.Errorf("%s is larger than %d KiB", path, limit>>10)
	}
	return text, nil
}
