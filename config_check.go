package main

import (
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// defaultCastPort is where a Chromecast listens unless it is a group.
const defaultCastPort = 8009

// check notes in d what values are wrong, and brings those that may be written in several ways into one form.
func (c *Config) check(d *document) {
	d.oneOf("language", c.Language, "en")
	c.MQTT.check(d)
	d.topic("homeassistant.discovery_prefix", c.HomeAssistant.DiscoveryPrefix)
	d.topic("homeassistant.status_topic", c.HomeAssistant.StatusTopic)
	c.Library.check(d)
	c.Cast.check(d)
	c.HTTP.check(d)
	if c.Announce.TTSURL != "" {
		u, err := url.Parse(string(c.Announce.TTSURL))
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
			d.fail("announce.tts_url", "is no http or https address; wanted one such as http://192.0.2.5:10200/speak?text={text}")
		} else if !strings.Contains(string(c.Announce.TTSURL), "{text}") {
			d.fail("announce.tts_url", "has no {text}, which the words to speak take the place of")
		}
	}
	if c.DataDir == "" {
		d.fail("data_dir", "is empty; wanted a folder that the program may write")
	}
	d.oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	d.oneOf("log.format", c.Log.Format, "text", "json")
}

func (c *MQTTConfig) check(d *document) {
	if c.Broker != "" {
		c.checkBroker(d)
	}
	if c.ClientID == "" || len(c.ClientID) > 128 || strings.ContainsFunc(c.ClientID, unicode.IsControl) {
		d.fail("mqtt.client_id", "got %s, wanted 1 to 128 characters", quote(c.ClientID))
	}
	d.topic("mqtt.base_topic", c.BaseTopic)
	d.between("mqtt.keep_alive", c.KeepAlive, time.Second, 65535*time.Second)
	if c.KeepAlive%time.Second != 0 {
		d.fail("mqtt.keep_alive", "got %v, wanted whole seconds", c.KeepAlive)
	}
	if (c.TLS.CertFile == "") != (c.TLS.KeyFile == "") {
		d.fail("mqtt.tls", "only one of cert_file and key_file is given; wanted both or neither")
	}
	d.readable("mqtt.tls.ca_file", c.TLS.CAFile)
	d.readable("mqtt.tls.cert_file", c.TLS.CertFile)
	d.readable("mqtt.tls.key_file", c.TLS.KeyFile)
	c.Embedded.check(d, c.Broker == "")
}

func (c *MQTTConfig) checkBroker(d *document) {
	const key = "mqtt.broker"
	u, err := url.Parse(c.Broker)
	if err != nil || u.Hostname() == "" {
		// The text is not shown: it may be a URL with a password in it that did not parse.
		d.fail(key, "is no address of a broker; wanted one such as mqtt://192.0.2.2:1883")
		return
	}
	secure := u.Scheme == "mqtts" || u.Scheme == "wss"
	web := u.Scheme == "ws" || u.Scheme == "wss"
	switch {
	case u.User != nil:
		d.fail(key, "has credentials in it; wanted them in mqtt.username and mqtt.password, which are not shown in logs")
	case u.Scheme != "mqtt" && !secure && !web:
		d.fail(key, "got the scheme %s, wanted mqtt, mqtts, ws or wss", quote(u.Scheme))
	case !validPort(u.Port()):
		d.fail(key, "got the port %s, wanted 1 to 65535", quote(u.Port()))
	case !web && u.Path != "" || u.RawQuery != "" || u.Fragment != "":
		d.fail(key, "got %s, wanted nothing after the host and port (a path for ws and wss)", quote(c.Broker))
	}
	if c.Password != "" && c.Username == "" {
		d.fail("mqtt.password", "is given without mqtt.username; MQTT wants both or neither")
	}
	if files := c.TLS.CAFile + c.TLS.CertFile + c.TLS.KeyFile; files != "" && !secure {
		d.fail("mqtt.tls", "is given, but %s is not encrypted; wanted an mqtts or wss address", u.Scheme)
	}
}

// validPort reports whether s, the port of a URL, can be connected to; "" is the scheme's own.
func validPort(s string) bool {
	n, err := strconv.Atoi(s)
	return s == "" || err == nil && n >= 1 && n <= 65535
}

func (c *EmbeddedConfig) check(d *document, used bool) {
	const key = "mqtt.embedded"
	host, ok := d.listen(key+".listen", c.Listen)
	if !used {
		return
	}
	if ok && !loopback(host) && (c.Username == "" || c.Password == "") {
		half := ""
		if c.Username == "" && d.given["mqtt.password"].flag == passwordEnv {
			half = "; " + passwordEnv + " gives the password, and no username is given"
		}
		d.fail(key+".listen", "%s is reached from other machines, which needs mqtt.embedded.username and password%s",
			quote(c.Listen), half)
	}
	if c.Username != "" && c.Password == "" {
		d.fail(key+".username", "is given without a password; wanted both or neither")
	}
	if c.Password != "" && c.Username == "" {
		d.fail(key+".password", "is given without a username; wanted both or neither")
	}
}

// loopback reports whether only this machine reaches a listener on host.
func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.Unmap().IsLoopback()
}

func (c *LibraryConfig) check(d *document) {
	for i, folder := range c.Folders {
		if folder == "" {
			d.fail(fmt.Sprintf("library.folders[%d]", i), "is empty; wanted a folder")
		}
	}
	d.between("library.rescan", c.Rescan, time.Minute, 365*24*time.Hour)
	language := regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)
	for i, s := range c.SubtitleLanguages {
		if !language.MatchString(s) {
			d.fail(fmt.Sprintf("library.subtitle_languages[%d]", i), "got %s, wanted a language such as en or pt-BR", quote(s))
		}
	}
}

func (c *CastConfig) check(d *document) {
	for i := range c.Devices {
		c.Devices[i].check(d, fmt.Sprintf("cast.devices[%d]", i))
	}
	for i, dev := range c.Devices {
		for j, other := range c.Devices[:i] {
			twice := fmt.Sprintf("is that of cast.devices[%d] too", j)
			switch at := fmt.Sprintf("cast.devices[%d]", i); {
			case dev.ID != "" && dev.ID == other.ID:
				d.fail(at+".id", "%s", twice)
			case dev.Topic != "" && dev.Topic == other.Topic:
				d.fail(at+".topic", "%s", twice)
			case dev.Host != "" && dev.Host == other.Host && dev.Port == other.Port:
				d.fail(at+".host", "%s, with the same port", twice)
			}
		}
	}
	for i, name := range c.Interfaces {
		if name == "" {
			d.fail(fmt.Sprintf("cast.interfaces[%d]", i), "is empty; wanted the name of a network interface such as eth0")
		}
	}
	for i, name := range c.Ignore {
		if name == "" {
			d.fail(fmt.Sprintf("cast.ignore[%d]", i), "is empty; wanted the name, id or model of a device")
		}
	}
}

// check brings the id into its form of 32 hex digits and sets the usual port.
func (c *DeviceConfig) check(d *document, at string) {
	if _, given := d.given[at+".port"]; !given {
		c.Port = defaultCastPort
	}
	switch {
	case c.Host == "":
		d.fail(at+".host", "is missing; wanted the address of the device")
	case strings.ContainsAny(c.Host, "/@ ") || strings.Contains(c.Host, ":") && net.ParseIP(c.Host) == nil:
		d.fail(at+".host", "got %s, wanted an IP address or a name, without a port", quote(c.Host))
	}
	if c.Port < 1 || c.Port > 65535 {
		d.fail(at+".port", "got %d, wanted 1 to 65535", c.Port)
	}
	id := strings.ToLower(strings.ReplaceAll(c.ID, "-", ""))
	if raw, err := hex.DecodeString(id); id != "" && (err != nil || len(raw) != 16) {
		d.fail(at+".id", "got %s, wanted 32 hex digits", quote(c.ID))
	}
	c.ID = id
	if c.Topic == "bridge" || c.Topic == "all" {
		d.fail(at+".topic", "%s is reserved", quote(c.Topic))
	} else if strings.Trim(c.Topic, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		d.fail(at+".topic", "got %s, wanted only a-z, 0-9 and _", quote(c.Topic))
	}
	if _, given := d.given[at+".max_volume"]; given && (c.MaxVolume < 1 || c.MaxVolume > 100) {
		d.fail(at+".max_volume", "got %d, wanted 1 to 100", c.MaxVolume)
	}
}

func (c *HTTPConfig) check(d *document) {
	d.listen("http.listen", c.Listen)
	if c.Advertise != "" {
		u, err := url.Parse(c.Advertise)
		switch {
		case err != nil || u.Scheme != "http" || u.Hostname() == "" || !validPort(u.Port()):
			d.fail("http.advertise", "is no http address; wanted one such as http://192.0.2.10:8010")
		case u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
			d.fail("http.advertise", "has more than a host and a port; wanted such as http://192.0.2.10:8010")
		default:
			c.Advertise = "http://" + u.Host
		}
	}
	if c.MaxStreams < 1 || c.MaxStreams > 10000 {
		d.fail("http.max_streams", "got %d, wanted 1 to 10000", c.MaxStreams)
	}
	d.between("http.token_ttl", c.TokenTTL, time.Minute, 365*24*time.Hour)
	d.oneOf("http.metrics", c.Metrics, "loopback", "all", "off")
}

// oneOf checks a value of which there are few.
func (d *document) oneOf(key, got string, wanted ...string) {
	if !slices.Contains(wanted, got) {
		d.fail(key, "got %s, wanted %s", quote(got), strings.Join(wanted, ", "))
	}
}

// between checks a duration, both ends included.
func (d *document) between(key string, got, low, high time.Duration) {
	if got < low || got > high {
		d.fail(key, "got %v, wanted %v to %v", got, low, high)
	}
}

// topic checks an MQTT topic that other topics may stand below.
func (d *document) topic(key, got string) {
	switch {
	case got == "":
		d.fail(key, "is empty; wanted an MQTT topic")
	case strings.ContainsAny(got, "+#$") || strings.ContainsFunc(got, unicode.IsControl):
		d.fail(key, "got %s, wanted an MQTT topic without + # $", quote(got))
	case strings.HasPrefix(got, "/") || strings.HasSuffix(got, "/") || strings.Contains(got, "//"):
		d.fail(key, "got %s, wanted an MQTT topic without a / at its ends or twice", quote(got))
	case len(got) > 200:
		d.fail(key, "got %d bytes, wanted at most 200", len(got))
	}
}

// listen checks an address to listen on and returns its host. Port 0 is any that is free.
func (d *document) listen(key, got string) (host string, ok bool) {
	host, port, err := net.SplitHostPort(got)
	if n, bad := strconv.Atoi(port); err != nil || bad != nil || n < 0 || n > 65535 || strings.ContainsAny(host, "/@ ") {
		d.fail(key, "got %s, wanted an address and a port such as 127.0.0.1:1883, or :8010 for all addresses", quote(got))
		return "", false
	}
	return host, true
}

// readable checks that a file can be read; "" is none.
func (d *document) readable(key, path string) {
	if path == "" {
		return
	}
	f, err := os.Open(path)
	if err != nil {
		d.fail(key, "cannot be read: %v", err)
		return
	}
	f.Close()
}
