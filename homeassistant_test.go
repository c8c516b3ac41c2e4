package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// benchEnv names a folder with a program that runs a real Home Assistant:
//
//	ha start DIR BROKER-PORT PORT   a new instance in DIR that uses the broker; prints {"url","token"} as JSON
//	ha restart DIR                  returns when it runs again
//	ha stop DIR
//	ha log DIR                      what it has logged above the level of information
const benchEnv = "LOCALCAST_HA_BENCH"

// assistant is a real Home Assistant.
type assistant struct {
	t     *testing.T
	bench string
	dir   string
	url   string
	token string
	http  *http.Client
	news  chan struct{} // holds a value when a state has changed

	socket *socket // nil until something was sent over it
}

// benchOf finds the bench; without it the test is skipped.
func benchOf(t *testing.T) string {
	t.Helper()
	bench := os.Getenv(benchEnv)
	if bench == "" {
		t.Skip("not on this system: a Home Assistant for tests, " + benchEnv)
	}
	return bench
}

// benchPatience bounds every wait for a real Home Assistant or Node-RED, which are slow on a busy machine.
const benchPatience = 2 * time.Minute

// startAssistant starts a Home Assistant that uses a broker, with integrations from folders.
func startAssistant(t *testing.T, bench, broker string, integrations ...string) *assistant {
	t.Helper()
	a := &assistant{
		t: t, bench: filepath.Join(bench, "ha"), dir: filepath.Join(t.TempDir(), "ha"), news: make(chan struct{}, 1),
		http: &http.Client{Transport: &http.Transport{}},
	}
	for _, folder := range integrations {
		if err := os.CopyFS(filepath.Join(a.dir, "custom_components", filepath.Base(folder)), os.DirFS(folder)); err != nil {
			t.Fatal(err)
		}
	}
	_, brokerPort, _ := net.SplitHostPort(broker)
	_, port, _ := net.SplitHostPort(freePort(t))
	t.Cleanup(func() { _ = exec.Command(a.bench, "stop", a.dir).Run() })
	told := decode[struct{ URL, Token string }](t, a.do("start", brokerPort, port))
	a.url, a.token = told.URL, told.Token
	a.listen()
	return a
}

// do runs a command of the bench and returns what it prints.
func (a *assistant) do(command string, args ...string) string {
	a.t.Helper()
	cmd := exec.CommandContext(a.t.Context(), a.bench, append([]string{command, a.dir}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		a.t.Fatalf("ha %s: %v\n%s", command, err, &stderr)
	}
	return string(out)
}

func (a *assistant) request(ctx context.Context, method, path, body string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, a.url+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+a.token)
	return a.http.Do(req)
}

// listen hears of changed states until the test ends or Home Assistant stops.
func (a *assistant) listen() {
	a.t.Helper()
	a.socket = nil
	ctx, cancel := context.WithCancel(context.Background())
	stream, err := a.request(ctx, http.MethodGet, "/api/stream?restrict=state_changed", "")
	if err != nil {
		a.t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer stream.Body.Close()
		for lines := bufio.NewReader(stream.Body); ; {
			if _, err := lines.ReadString('\n'); err != nil {
				return
			}
			select {
			case a.news <- struct{}{}:
			default:
			}
		}
	}()
	a.t.Cleanup(func() {
		cancel()
		<-done
		a.http.CloseIdleConnections()
	})
}

// gone is the state of an entity that is not there.
const gone = "gone"

// entity is a state of Home Assistant.
type entity struct {
	State      string
	Attributes struct {
		Name    string `json:"friendly_name"`
		Unit    string `json:"unit_of_measurement"`
		Class   string `json:"device_class"`
		Picture string `json:"entity_picture"`
		Options []string
		Title   *string
	}
}

func (a *assistant) entity(id string) entity {
	a.t.Helper()
	response, err := a.request(a.t.Context(), http.MethodGet, "/api/states/"+id, "")
	if err != nil {
		a.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	if response.StatusCode == http.StatusNotFound {
		return entity{State: gone}
	}
	return decode[entity](a.t, string(body))
}

// await waits until an entity is as wanted.
func (a *assistant) await(id string, ok func(entity) bool) entity {
	a.t.Helper()
	timeout := time.NewTimer(benchPatience)
	defer timeout.Stop()
	for {
		e := a.entity(id)
		if ok(e) {
			return e
		}
		select {
		case <-a.news:
		case <-timeout.C:
			a.t.Fatalf("%s stays %+v", id, e)
		}
	}
}

func (a *assistant) awaitState(id, want string) entity {
	a.t.Helper()
	return a.await(id, func(e entity) bool { return e.State == want })
}

// call calls a service for an entity, as the user interface does.
func (a *assistant) call(service, id string, data map[string]any) {
	a.t.Helper()
	body := map[string]any{"entity_id": id}
	for k, v := range data {
		body[k] = v
	}
	text, err := json.Marshal(body)
	if err != nil {
		a.t.Fatal(err)
	}
	response, err := a.request(a.t.Context(), http.MethodPost, "/api/services/"+service, string(text))
	if err != nil {
		a.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		why, _ := io.ReadAll(response.Body)
		a.t.Fatalf("%s on %s: %s %s", service, id, response.Status, why)
	}
}

// brief is what of an entity is the same before and after a restart of anything. What a button, an event or a picture shows is
// when it was last used.
func (e entity) brief() string {
	state := e.State
	if _, err := time.Parse(time.RFC3339, state); err == nil {
		state = "a time"
	}
	return fmt.Sprint(state, e.Attributes.Name, e.Attributes.Unit, e.Attributes.Class, e.Attributes.Options)
}

// ours are all entities of the television and of the bridge, in brief.
func (a *assistant) ours() map[string]string {
	a.t.Helper()
	status, body := a.get("/api/states")
	if status != http.StatusOK {
		a.t.Fatalf("the states: %d %s", status, body)
	}
	all := map[string]string{}
	for _, e := range decode[[]struct {
		ID string `json:"entity_id"`
		entity
	}](a.t, string(body)) {
		if strings.Contains(e.ID, "kuche_tv") || strings.Contains(e.ID, "localcast") {
			all[e.ID] = e.brief()
		}
	}
	return all
}

// choose waits until an option is offered, and chooses it.
func (a *assistant) choose(id, option string) {
	a.t.Helper()
	a.await(id, func(e entity) bool { return slices.Contains(e.Attributes.Options, option) })
	a.call("select/select_option", id, map[string]any{"option": option})
}

// clean checks that nothing was logged about us. What it says of a broker that was away is its own affair, and every
// integration that is not of the core is told of.
func (a *assistant) clean() {
	a.t.Helper()
	for line := range strings.Lines(a.do("log")) {
		if strings.Contains(line, "a custom integration localcast which has not been tested") {
			continue
		}
		if strings.Contains(line, "localcast") || strings.Contains(line, "kuche_tv") || strings.Contains(line, "Invalid") {
			a.t.Errorf("Home Assistant says: %s", line)
		}
	}
}

func TestHomeAssistant(t *testing.T) {
	bench := benchOf(t)
	path, address := peer(t, "mosquitto"), freePort(t)
	stopBroker := startMosquitto(t, path, address)
	h := newHome(t, address, 5*time.Minute, 5*time.Minute, 5*time.Minute)
	a := startAssistant(t, bench, address)
	stop := h.start(h.config(false))
	h.listen()
	h.ear.ready(3)

	entitiesAppear(a)
	everythingIsUsed(h, a)
	artworkIsShown(a)

	a.call("text/set_value", "text.localcast_search", map[string]any{"value": ""}) // a search does not outlive the program
	a.awaitState("sensor.localcast_results", "0")
	a.awaitState("sensor.localcast_streams", "0")
	a.awaitState("sensor.localcast_throughput", "0")
	before := a.ours()
	if len(before) < 25 {
		t.Errorf("only %d entities are ours: %v", len(before), before)
	}
	back := func() {
		t.Helper()
		for id, want := range before {
			a.await(id, func(e entity) bool { return e.brief() == want })
		}
	}
	a.useFiles()
	a.do("restart")
	a.listen()
	back()
	stopBroker()
	a.awaitState("sensor.kuche_tv", "unavailable")
	startMosquitto(t, path, address) // it has forgotten everything
	back()
	stop()
	a.awaitState("sensor.kuche_tv", "unavailable")
	a.awaitState("binary_sensor.localcast_connectivity", "off")
	stop = h.start(h.config(false))
	back()
	filesAreUsed(h, a)
	dashboardFits(a)

	stop()
	stop = h.forgets()
	for _, id := range []string{"sensor.kuche_tv", "select.kuche_tv_queue", "image.kuche_tv_artwork", "button.kuche_tv_play"} {
		a.awaitState(id, gone)
	}
	stop()
	h.write("config.yaml", []byte("mqtt: {broker: 'mqtt://"+address+"'}\ncast: {discovery: false}\nhomeassistant: {enabled: false}\n"+
		"http: {listen: '127.0.0.1:0'}\n"))
	h.start(filepath.Join(h.dir, "config.yaml"))
	a.awaitState("sensor.localcast_items", gone)
	a.awaitState("binary_sensor.localcast_connectivity", gone)
	a.clean()
}

// forgets starts the program once more, without the television, and has it forgotten.
func (h *home) forgets() (stop func() int) {
	h.t.Helper()
	h.tv.Close()
	h.write("config.yaml", []byte("mqtt: {broker: 'mqtt://"+h.broker+"'}\ncast: {discovery: false}\nhttp: {listen: '127.0.0.1:0'}\n"))
	from := h.ear.mark()
	stop = h.start(filepath.Join(h.dir, "config.yaml"))
	h.ear.await(from, "bridge/availability", func(p string) bool { return p == "online" }) // before, nobody would hear it
	h.ear.say("bridge/command/forget", `{"device":"kuche_tv"}`)
	h.ear.await(from, "bridge/response/forget", func(p string) bool { return strings.Contains(p, `"status":"ok"`) })
	return stop
}

// entitiesAppear checks what Home Assistant made of the announcements.
func entitiesAppear(a *assistant) {
	a.t.Helper()
	for _, row := range []struct{ id, name, state, class, unit string }{
		{"sensor.kuche_tv", "Küche TV", "off", "enum", ""},
		{"sensor.kuche_tv_title", "Küche TV Title", "unknown", "", ""},
		{"sensor.kuche_tv_app", "Küche TV App", "unknown", "", ""},
		{"sensor.kuche_tv_queue_length", "Küche TV Queue length", "0", "", ""},
		{"number.kuche_tv_volume", "Küche TV Volume", "50", "", "%"},
		{"switch.kuche_tv_mute", "Küche TV Mute", "off", "", ""},
		{"switch.kuche_tv_shuffle", "Küche TV Shuffle", "off", "", ""},
		{"button.kuche_tv_play", "Küche TV Play", "unknown", "", ""},
		{"button.kuche_tv_pause", "Küche TV Pause", "unknown", "", ""},
		{"button.kuche_tv_stop", "Küche TV Stop", "unknown", "", ""},
		{"button.kuche_tv_next", "Küche TV Next", "unknown", "", ""},
		{"button.kuche_tv_previous", "Küche TV Previous", "unknown", "", ""},
		{"button.kuche_tv_queue_clear", "Küche TV Clear queue", "unknown", "", ""},
		{"select.kuche_tv_repeat", "Küche TV Repeat", "off", "", ""},
		{"select.kuche_tv_queue", "Küche TV Queue", "unknown", "", ""},
		{"select.kuche_tv_results", "Küche TV Results", "unknown", "", ""},
		{"text.kuche_tv_search", "Küche TV Search", "", "", ""},
		{"notify.kuche_tv_announce", "Küche TV Announce", "unknown", "", ""},
		{"event.kuche_tv_event", "Küche TV Event", "unknown", "", ""},
		{"binary_sensor.localcast_connectivity", "LocalCast Connectivity", "on", "connectivity", ""},
		{"sensor.localcast_items", "LocalCast Library items", "3", "", ""},
		{"sensor.localcast_streams", "LocalCast Streams", "0", "", ""},
		{"sensor.localcast_results", "LocalCast Results", "0", "", ""},
		{"sensor.localcast_throughput", "LocalCast Throughput", "0", "data_rate", "B/s"},
		{"button.localcast_rescan", "LocalCast Rescan", "unknown", "", ""},
		{"text.localcast_search", "LocalCast Search", "", "", ""},
	} {
		e := a.await(row.id, func(e entity) bool { return e.State == row.state })
		if got := e.Attributes; got.Name != row.name || got.Class != row.class || got.Unit != row.unit {
			a.t.Errorf("%s is %+v, want %+v", row.id, e, row)
		}
	}
	for _, id := range []string{"sensor.kuche_tv_position", "sensor.kuche_tv_duration", "number.kuche_tv_seek", "number.kuche_tv_speed"} {
		if e := a.entity(id); e.State != gone {
			a.t.Errorf("%s is enabled: %+v", id, e)
		}
	}
}

// everythingIsUsed uses the entities as people do, and leaves the third song paused.
func everythingIsUsed(h *home, a *assistant) {
	a.t.Helper()
	a.call("text/set_value", "text.kuche_tv_search", map[string]any{"value": "song"})
	a.awaitState("text.kuche_tv_search", "song")
	first := a.await("select.kuche_tv_results", func(e entity) bool { return len(e.Attributes.Options) == 3 }).Attributes.Options[0]
	a.choose("select.kuche_tv_results", first)
	a.awaitState("sensor.kuche_tv", "playing")
	a.awaitState("select.kuche_tv_results", first)
	a.await("sensor.kuche_tv", func(e entity) bool { return e.Attributes.Title != nil && strings.Contains(first, *e.Attributes.Title) })

	h.ear.ask("queue_add", "song b")
	h.ear.ask("queue_add", "song c")
	options := a.await("select.kuche_tv_queue", func(e entity) bool { return len(e.Attributes.Options) == 3 }).Attributes.Options
	a.choose("select.kuche_tv_queue", options[1])
	a.awaitState("select.kuche_tv_queue", options[1])
	a.call("button/press", "button.kuche_tv_next", nil)
	a.awaitState("select.kuche_tv_queue", options[2])

	a.call("number/set_value", "number.kuche_tv_volume", map[string]any{"value": 33})
	a.awaitState("number.kuche_tv_volume", "33")
	a.call("switch/turn_on", "switch.kuche_tv_mute", nil)
	a.awaitState("switch.kuche_tv_mute", "on")
	a.choose("select.kuche_tv_repeat", "all")
	a.awaitState("select.kuche_tv_repeat", "all")
	a.call("button/press", "button.kuche_tv_pause", nil)
	a.awaitState("sensor.kuche_tv", "paused")
	if v := h.tv.Snapshot(); v.PlayerState != "PAUSED" || !v.Muted || fmt.Sprintf("%.2f", v.Volume) != "0.33" {
		a.t.Errorf("the television is %+v", v)
	}
	a.call("text/set_value", "text.kuche_tv_search", map[string]any{"value": ""})
	a.await("select.kuche_tv_results", func(e entity) bool { return len(e.Attributes.Options) == 0 && e.State == "unknown" })
	a.call("text/set_value", "text.localcast_search", map[string]any{"value": "song"})
	a.awaitState("sensor.localcast_results", "3")
}

// artworkIsShown fetches the picture as the user interface does.
func artworkIsShown(a *assistant) {
	a.t.Helper()
	response, err := a.request(a.t.Context(), http.MethodGet, a.entity("image.kuche_tv_artwork").Attributes.Picture, "")
	if err != nil {
		a.t.Fatal(err)
	}
	defer response.Body.Close()
	if kind := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || !strings.HasPrefix(kind, "image/") {
		a.t.Errorf("the picture is %s, %s", response.Status, kind)
	}
}
