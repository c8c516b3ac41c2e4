package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"localcast/cast/casttest"
)

// player is the entity of the television in the tests of the integration.
const player = "media_player.kuche_tv"

// attributes of an entity, or nil where it is not there.
func (a *assistant) attributes(id string) map[string]any {
	a.t.Helper()
	status, body := a.get("/api/states/" + id)
	if status == http.StatusNotFound {
		return nil
	}
	return decode[struct{ Attributes map[string]any }](a.t, string(body)).Attributes
}

// get fetches a page as the user interface does.
func (a *assistant) get(path string) (status int, body []byte) {
	a.t.Helper()
	response, err := a.request(a.t.Context(), http.MethodGet, path, "")
	if err != nil {
		a.t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err = io.ReadAll(response.Body); err != nil {
		a.t.Fatal(err)
	}
	return response.StatusCode, body
}

// post sends JSON to an address of Home Assistant's API.
func (a *assistant) post(path string, data any) (status int, body string) {
	a.t.Helper()
	text, err := json.Marshal(data)
	if err != nil {
		a.t.Fatal(err)
	}
	response, err := a.request(a.t.Context(), http.MethodPost, path, string(text))
	if err != nil {
		a.t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return response.StatusCode, string(answer)
}

// act calls an action of the player and returns what it answers.
func (a *assistant) act(action string, data map[string]any) map[string]any {
	a.t.Helper()
	status, body := a.post("/api/services/"+action+"?return_response", with(data, "entity_id", player))
	if status != http.StatusOK {
		a.t.Fatalf("%s %v: %d %s", action, data, status, body)
	}
	return decode[struct {
		Response map[string]map[string]any `json:"service_response"`
	}](a.t, body).Response[player]
}

// refused calls an action of the player that must fail, with these words.
func (a *assistant) refused(words, action string, data map[string]any) {
	a.t.Helper()
	if status, body := a.post("/api/services/"+action, with(data, "entity_id", player)); status == http.StatusOK || !strings.Contains(body, words) {
		a.t.Errorf("%s %v: %d %s, want a refusal with %q", action, data, status, body, words)
	}
}

func with(data map[string]any, key string, value any) map[string]any {
	both := map[string]any{key: value}
	maps.Copy(both, data)
	return both
}

// socket is a WebSocket connection, as the user interface has one.
type socket struct {
	conn *websocket.Conn
	last int // the id of the last message
}

// wsAnswer is what Home Assistant answers to a message.
type wsAnswer struct {
	ID      int
	Type    string
	Success bool
	Result  json.RawMessage
	Error   struct{ Code, Message string }
}

// dial opens the WebSocket, anew after each restart.
func (a *assistant) dial() {
	a.t.Helper()
	dialer := websocket.Dialer{HandshakeTimeout: benchPatience}
	conn, response, err := dialer.DialContext(a.t.Context(), strings.Replace(a.url, "http", "ws", 1)+"/api/websocket", nil)
	if err != nil {
		a.t.Fatal(err)
	}
	response.Body.Close()
	a.t.Cleanup(func() { conn.Close() })
	a.socket = &socket{conn: conn}
	a.read("auth_required")
	a.write(map[string]any{"type": "auth", "access_token": a.token})
	a.read("auth_ok")
}

func (a *assistant) write(message map[string]any) {
	a.t.Helper()
	_ = a.socket.conn.SetWriteDeadline(time.Now().Add(benchPatience)) // on a connection that has ended, writing tells
	if err := a.socket.conn.WriteJSON(message); err != nil {
		a.t.Fatal(err)
	}
}

// read returns the next message of a type.
func (a *assistant) read(kind string) wsAnswer {
	a.t.Helper()
	_ = a.socket.conn.SetReadDeadline(time.Now().Add(benchPatience))
	for {
		var answer wsAnswer
		if err := a.socket.conn.ReadJSON(&answer); err != nil {
			a.t.Fatal(err)
		}
		if answer.Type == kind && answer.ID == a.socket.last {
			return answer
		}
	}
}

// asked sends a message over the WebSocket and returns the answer, whatever it is.
func (a *assistant) asked(message map[string]any) wsAnswer {
	a.t.Helper()
	if a.socket == nil {
		a.dial()
	}
	a.socket.last++
	a.write(with(message, "id", a.socket.last))
	return a.read("result")
}

// ws sends a message over the WebSocket and returns what it gives.
func ws[T any](a *assistant, message map[string]any) T {
	a.t.Helper()
	answer := a.asked(message)
	if !answer.Success {
		a.t.Fatalf("%v: %+v", message, answer.Error)
	}
	return decode[T](a.t, string(answer.Result))
}

// until waits until something holds. It looks again whenever a state has changed, and every second.
func (a *assistant) until(what string, ok func() bool) {
	a.t.Helper()
	timeout, tick := time.NewTimer(benchPatience), time.NewTicker(time.Second)
	defer timeout.Stop()
	defer tick.Stop()
	for !ok() {
		select {
		case <-a.news:
		case <-tick.C:
		case <-timeout.C:
			a.t.Fatalf("it never came true that %s; Home Assistant says:\n%s", what, a.do("log"))
		}
	}
}

// has waits until attributes of the player are as wanted.
func (a *assistant) has(state string, want map[string]any) {
	a.t.Helper()
	var got map[string]any
	a.await(player, func(e entity) bool {
		got = a.attributes(player)
		for name, value := range want {
			if fmt.Sprint(got[name]) != fmt.Sprint(value) {
				return false
			}
		}
		return e.State == state
	})
}

// say speaks to Assist and returns what it answers.
func (a *assistant) say(words string) string {
	a.t.Helper()
	status, body := a.post("/api/conversation/process", map[string]any{"text": words, "language": "en"})
	if status != http.StatusOK {
		a.t.Fatalf("%q: %d %s", words, status, body)
	}
	return decode[struct {
		Response struct {
			Speech struct{ Plain struct{ Speech string } }
		}
	}](a.t, body).Response.Speech.Plain.Speech
}

// flows are the configuration flows of the integration that wait for somebody.
func (a *assistant) flows() []string {
	a.t.Helper()
	var waiting []string
	for _, f := range ws[[]struct {
		ID      string `json:"flow_id"`
		Handler string
	}](a, map[string]any{"type": "config_entries/flow/progress"}) {
		if f.Handler == "localcast" {
			waiting = append(waiting, f.ID)
		}
	}
	return waiting
}

// confirm waits until a bridge was found, nods, and returns the entry that comes of it.
func (a *assistant) confirm() (entry string) {
	a.t.Helper()
	var flow string
	a.until("a bridge is found", func() bool {
		found := a.flows()
		if len(found) > 0 {
			flow = found[0]
		}
		return len(found) == 1
	})
	status, body := a.post("/api/config/config_entries/flow/"+flow, map[string]any{})
	made := decode[struct {
		Type, Title string
		Result      struct {
			ID    string `json:"entry_id"`
			State string
		}
	}](a.t, body)
	if status != http.StatusOK || made.Type != "create_entry" || made.Title != "LocalCast" || made.Result.State != "loaded" {
		a.t.Fatalf("the empty form gave %d %s", status, body)
	}
	return made.Result.ID
}

// film writes a film of ten minutes into the library.
func (h *home) film(path string) {
	h.t.Helper()
	path = filepath.Join("media", path)
	h.write(path, nil)
	path = filepath.Join(h.dir, path)
	out, err := exec.Command(peer(h.t, "ffmpeg"), "-loglevel", "error", "-y", "-f", "lavfi", "-i", "color=blue:size=64x36:rate=1", "-t", "600",
		"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", path).CombinedOutput()
	if err != nil {
		h.t.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	h.old(path)
}

// TestHomeAssistantPlayers uses the integration in a real Home Assistant as a household does, from the first start on.
func TestHomeAssistantPlayers(t *testing.T) {
	bench := benchOf(t)
	h := newHomeAt(t, 1, mosquitto(t), 10*time.Minute, 10*time.Minute, 10*time.Minute)
	h.film("TV/Bluey/Season 1/Bluey S01E01 Magic Xylophone.mp4")
	h.film("TV/Bluey/Season 1/Bluey S01E02 Hospital.mp4")
	a := startAssistant(t, bench, h.broker, filepath.Join("custom_components", "localcast"), filepath.Join("testdata", "homeassistant", "spoken"))
	radio, err := casttest.NewReceiver(casttest.Config{Name: "Attic radio", Speed: 1, ReadAhead: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(radio.Close)
	_, port, _ := net.SplitHostPort(radio.Addr())
	both := func() string {
		path := h.config(false)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		second := fmt.Sprintf("devices: [{host: 127.0.0.1, port: %s, id: %s, name: Attic radio}, ", port, radio.ID())
		h.write("config.yaml", []byte(strings.Replace(string(text), "devices: [", second, 1)))
		return path
	}
	stop := h.start(both())
	h.listen()
	h.ear.ready(3)

	entry := a.confirm()
	a.awaitState(player, "off")
	onePage(a, h.tv.ID())
	a.refusals()
	a.playsBySearch()
	a.isControlled(h)
	a.playsByBrowsing()
	a.keepsPlaylists()
	a.announces(h)
	a.movesOn()
	a.obeysAssist()
	a.speaksOurWords(entry)

	a.call("media_player/media_pause", player, nil)
	a.has("paused", nil)
	a.do("restart")
	a.listen()
	a.has("paused", map[string]any{"media_title": "Song A", "queue_length": 3})
	onePage(a, h.tv.ID())
	stop()
	a.awaitState(player, "unavailable")
	stop = h.start(both())
	a.has("paused", map[string]any{"media_title": "Song A", "queue_length": 3})
	stop()
	a.isForgotten(h)
	a.clean()
}

// playsByBrowsing opens containers in the media browser, searches in one and plays what is there.
func (a *assistant) playsByBrowsing() {
	a.t.Helper()
	root := a.browse(player, "", "")
	titles := func(m shelfPage) (titles []string) {
		for _, c := range m.Children {
			titles = append(titles, c.Title)
		}
		return titles
	}
	if got := titles(root); !slices.Contains(got, "Shows") || !slices.Contains(got, "media") || got[len(got)-1] != "Home Assistant" {
		a.t.Fatalf("the root has %v", got)
	}
	at := root
	for _, row := range []struct {
		open, class, kind string
		holds             []string
	}{
		{"Shows", "directory", "directory", []string{"Bluey"}},
		{"Bluey", "tv_show", "tvshow", []string{"Season 1"}},
		{"Season 1", "season", "season", []string{"S01E01 Magic Xylophone", "S01E02 Hospital"}},
	} {
		i := slices.Index(titles(at), row.open)
		if i < 0 {
			a.t.Fatalf("%s is not among %v", row.open, titles(at))
		}
		chosen := at.Children[i]
		if chosen.Class != row.class || chosen.Type != row.kind || !chosen.Expand || !chosen.Play {
			a.t.Errorf("%s is listed as %+v", row.open, chosen)
		}
		at = a.browse(player, chosen.Type, chosen.ID)
		if got := titles(at); !slices.Equal(got, row.holds) || at.Class != row.class || !at.Search {
			a.t.Errorf("%s holds %v: %+v", row.open, got, at)
		}
	}
	found := ws[struct{ Result []shelfPage }](a, map[string]any{
		"type": "media_player/search_media", "entity_id": player, "search_query": "hospital", "media_content_type": at.Type, "media_content_id": at.ID,
	}).Result
	if len(found) != 1 || found[0].Title != "Bluey · S01E02 Hospital" || found[0].Class != "episode" {
		a.t.Fatalf("the search in the season found %+v", found)
	}
	a.call("media_player/play_media", player, map[string]any{"media": map[string]any{"media_content_type": found[0].Type, "media_content_id": found[0].ID}})
	a.has("playing", map[string]any{"media_title": "Hospital"})
	if got := titles(a.browse(player, "app", "media-source://")); !slices.Contains(got, "Text-to-speech") {
		a.t.Errorf("Home Assistant's own media are %v", got)
	}
	if got := a.found("song", "tv_show"); len(got) != 0 {
		a.t.Errorf("a search for shows found %v", got)
	}
	if got := a.found("song", "podcast"); len(got) != 0 {
		a.t.Errorf("a search for podcasts found %v", got)
	}
	if got := a.found("song", "music"); len(got) != 3 {
		a.t.Errorf("a search for music found %v", got)
	}
}

// keepsPlaylists saves the queue and plays it as a source.
func (a *assistant) keepsPlaylists() {
	a.t.Helper()
	a.call("media_player/play_media", player, map[string]any{"media_content_type": "album", "media_content_id": "first"})
	a.has("playing", map[string]any{"media_title": "Song A", "queue_length": 3})
	if answer := a.act("localcast/save_queue", map[string]any{"name": "Sunday"}); answer["speech"] == "" {
		a.t.Errorf("save_queue answered %v", answer)
	}
	a.has("playing", map[string]any{"source_list": []any{"Sunday"}})
	a.call("media_player/play_media", player, map[string]any{"media_content_type": "music", "media_content_id": "song b"})
	a.has("playing", map[string]any{"media_title": "Song B", "queue_length": 1})
	a.call("media_player/select_source", player, map[string]any{"source": "Sunday"})
	a.has("playing", map[string]any{"media_title": "Song A", "queue_length": 3})
	if answer := a.act("localcast/sleep", map[string]any{"minutes": 30}); !strings.Contains(fmt.Sprint(answer["speech"]), "30 minutes") {
		a.t.Errorf("sleep answered %v", answer)
	}
	a.act("localcast/sleep", map[string]any{"minutes": 0})
	a.refused("Monday", "media_player/select_source", map[string]any{"source": "Monday"})
}

// movesOn lets another player go on, and comes back.
func (a *assistant) movesOn() {
	a.t.Helper()
	a.awaitState("media_player.attic_radio", "off")
	answer := a.act("localcast/transfer", map[string]any{"to": "media_player.attic_radio"})
	if answer["length"] != 3.0 || !strings.Contains(fmt.Sprint(answer["speech"]), "Attic radio") {
		a.t.Errorf("transfer answered %v", answer)
	}
	a.awaitState("media_player.attic_radio", "playing")
	a.has("off", map[string]any{"queue_length": 0})
	a.call("localcast/transfer", "media_player.attic_radio", map[string]any{"to": "Küche TV"})
	a.awaitState("media_player.attic_radio", "off")
	a.has("playing", map[string]any{"media_title": "Song A", "queue_length": 3})
	a.refused("xyzzy", "localcast/transfer", map[string]any{"to": "xyzzy"})
}

// announces speaks with a voice of Home Assistant's over what plays, which goes on afterwards.
func (a *assistant) announces(h *home) {
	a.t.Helper()
	ws[any](a, map[string]any{"type": "config/core/update", "internal_url": a.url})
	a.flow(configFlow, map[string]any{"handler": "spoken"})
	a.await("tts.spoken", func(e entity) bool { return e.State != gone })
	before := h.ear.mark()
	a.call("tts/speak", "tts.spoken", map[string]any{"media_player_entity_id": player, "message": "The laundry is done"})
	h.ear.await(before, "kuche_tv/event", func(p string) bool {
		return strings.Contains(p, "announcement_started") && strings.Contains(p, `"title":"The laundry is done"`)
	})
	h.ear.await(before, "kuche_tv/event", func(p string) bool { return strings.Contains(p, "announcement_finished") })
	a.has("playing", map[string]any{"media_title": "Song A", "queue_length": 3, "volume_level": 0.33})
	loads := h.tv.Loads()
	spoken := slices.ContainsFunc(loads, func(l casttest.LoadRecord) bool { return strings.Contains(l.ContentID, "/api/tts_proxy/") })
	if !spoken {
		a.t.Errorf("the television was never given the speech, but %+v", loads)
	}
	a.refused("xyzzy", "media_player/play_media", map[string]any{"media_content_type": "music", "media_content_id": "xyzzy plugh", "announce": true, "extra": map[string]any{"volume": 20}})
}

// speaksOurWords switches the integration's own sentences on: they are answered with what the bridge says.
func (a *assistant) speaksOurWords(entry string) {
	a.t.Helper()
	listens := func(want ...string) {
		a.t.Helper()
		a.until("Assist listens for the names "+strings.Join(want, ", "), func() bool {
			return slices.Equal(want, ws[struct {
				Triggers []string `json:"trigger_sentences"`
			}](a, map[string]any{"type": "conversation/sentences/list"}).Triggers)
		})
		a.await(player, func(e entity) bool { return e.State != "unavailable" })
	}
	says := func(said, want string) {
		a.t.Helper()
		if got := a.say(said); got != want {
			a.t.Errorf("%q was answered with %q, want %q", said, got, want)
		}
	}
	const options = "/api/config/config_entries/options/flow"
	a.flow(options, map[string]any{"handler": entry}, map[string]any{"sentences": true})
	const attic = "play {query} (on|in) [the] attic radio"
	listens(attic, "play {query} (on|in) [the] küche tv")
	says("play hospital on Küche TV", "Playing Bluey, season 1 episode 2, on Küche TV")
	a.has("playing", map[string]any{"media_title": "Hospital"})
	says("Play xyzzy plugh in the Küche TV.", "I found nothing for xyzzy plugh")
	ws[any](a, map[string]any{"type": "config/entity_registry/update", "entity_id": player, "aliases": []string{"Big screen", "[(the) screen|", "Mum's 'big' TV-"}})
	listens(attic, "play {query} (on|in) [the] big screen", "play {query} (on|in) [the] mum's big tv", "play {query} (on|in) [the] the screen")
	says("play song b on the big screen", "Playing Song B by The Sines on Küche TV")
	a.has("playing", map[string]any{"media_title": "Song B"})
	a.flow(options, map[string]any{"handler": entry}, map[string]any{"sentences": false})
	listens()
	says("play the album first on the big screen", "Playing media")
	a.has("playing", map[string]any{"media_title": "Song A", "queue_length": 3})
}

// isForgotten lets the bridge forget the television: nothing of it is left.
func (a *assistant) isForgotten(h *home) {
	a.t.Helper()
	h.forgets()
	a.awaitState(player, gone)
	a.awaitState("sensor.kuche_tv", gone)
	a.until("the page is gone", func() bool {
		return !slices.ContainsFunc(ws[[]device](a, map[string]any{"type": "config/device_registry/list"}), func(d device) bool {
			return slices.ContainsFunc(d.Identifiers, func(i []string) bool { return strings.HasSuffix(i[1], h.tv.ID()) })
		})
	})
}

// obeysAssist speaks to Assist's own intents.
func (a *assistant) obeysAssist() {
	a.t.Helper()
	page := ws[struct {
		Device string `json:"device_id"`
	}](a, map[string]any{"type": "config/entity_registry/get", "entity_id": player}).Device
	ws[any](a, map[string]any{"type": "config/device_registry/update", "device_id": page, "area_id": "kitchen"}) // every new Home Assistant has one
	for _, row := range []struct {
		said, answered, state string
		want                  map[string]any
	}{
		{"play bluey on küche tv", "Playing media", "playing", map[string]any{"media_series_title": "Bluey"}},
		{"play the album first on küche tv", "Playing media", "playing", map[string]any{"media_title": "Song A", "queue_length": 3}},
		{"play hospital in the kitchen", "Playing media", "playing", map[string]any{"media_title": "Hospital"}},
		{"play the album first in the kitchen", "Playing media", "playing", map[string]any{"media_title": "Song A", "queue_length": 3}},
		{"pause küche tv", "Paused", "paused", nil},
		{"resume küche tv", "Resumed", "playing", nil},
		{"next on küche tv", "Playing next", "playing", map[string]any{"media_title": "Song B"}},
		{"set küche tv volume to 45 percent", "Volume set", "playing", map[string]any{"volume_level": 0.45}},
	} {
		if got := a.say(row.said); got != row.answered {
			a.t.Errorf("%q was answered with %q, want %q", row.said, got, row.answered)
		}
		a.has(row.state, row.want)
	}
}

// onePage checks that the player stands on the page of the television's other entities.
func onePage(a *assistant, id string) {
	a.t.Helper()
	page := map[string][]string{}
	for _, d := range ws[[]struct {
		ID          string
		Identifiers [][]string
	}](a, map[string]any{"type": "config/device_registry/list"}) {
		for _, identifier := range d.Identifiers {
			page[d.ID] = append(page[d.ID], strings.Join(identifier, " "))
		}
	}
	for _, e := range ws[[]struct {
		ID     string `json:"entity_id"`
		Device string `json:"device_id"`
	}](a, map[string]any{"type": "config/entity_registry/list"}) {
		if e.ID == player || e.ID == "sensor.kuche_tv" {
			if got := page[e.Device]; !slices.Equal(got, []string{"mqtt localcast_" + id}) {
				a.t.Errorf("%s stands on the page of %v", e.ID, got)
			}
		}
	}
	for _, identifiers := range page {
		for _, i := range identifiers {
			if strings.HasPrefix(i, "localcast ") {
				a.t.Errorf("the television has a second page, %s", i)
			}
		}
	}
}

// refusals checks that what cannot be done is said in a sentence.
func (a *assistant) refusals() {
	a.t.Helper()
	a.refused(`nothing in the library matches \"xyzzy plugh\"`, "media_player/play_media", map[string]any{"media_content_type": "movie", "media_content_id": "xyzzy plugh"})
	a.refused("no item", "media_player/play_media", map[string]any{"media_content_type": "movie", "media_content_id": "a2a2a2a2a2"})
	a.refused("nothing is playing", "media_player/media_next_track", nil)
	a.refused("is not one of LocalCast's media players", "localcast/transfer", map[string]any{"to": "sensor.kuche_tv"})
}

// playsBySearch finds an episode as the media browser does, plays it and compares everything that is shown.
func (a *assistant) playsBySearch() {
	a.t.Helper()
	found := a.found("bluey", "tv_show")
	if len(found) != 1 || found[0]["title"] != "Bluey" || found[0]["can_expand"] != true || found[0]["can_play"] != true {
		a.t.Fatalf("the search for a show found %v", found)
	}
	a.call("media_player/play_media", player, map[string]any{"media_content_type": "tvshow", "media_content_id": found[0]["media_content_id"]})
	a.has("playing", map[string]any{"media_title": "Magic Xylophone"})
	a.call("media_player/media_pause", player, nil)
	a.has("paused", nil)
	got := a.attributes(player)
	for _, volatile := range []string{"media_content_id", "media_position", "media_position_updated_at", "entity_picture"} {
		if got[volatile] == nil && volatile != "entity_picture" {
			a.t.Errorf("%s is missing", volatile)
		}
		delete(got, volatile)
	}
	want := map[string]any{
		"friendly_name": "Küche TV", "device_class": "tv", "supported_features": 7798719.0, "app_name": "Default Media Receiver",
		"media_title": "Magic Xylophone", "media_series_title": "Bluey", "media_season": "1", "media_episode": "1",
		"media_content_type": "tvshow", "media_duration": 600.0, "volume_level": 0.5, "is_volume_muted": false, "shuffle": false, "repeat": "off",
		"kind": "episode", "queue_index": 0.0, "queue_length": 2.0, "rate": 1.0, "ours": true, "subtitle_tracks": []any{},
		"subtitles": nil, "year": nil, "error": nil,
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, known := want[name]; !known || fmt.Sprint(got[name]) != fmt.Sprint(want[name]) {
			a.t.Errorf("%s is %v, want %v", name, got[name], want[name])
		}
		delete(want, name)
	}
	if len(want) > 0 {
		a.t.Errorf("the player does not show %v", want)
	}
}

// found searches as the media browser does.
func (a *assistant) found(query, class string) (items []map[string]any) {
	a.t.Helper()
	data := map[string]any{"search_query": query}
	if class != "" {
		data["media_filter_classes"] = []string{class}
	}
	for _, item := range a.act("media_player/search_media", data)["result"].([]any) {
		items = append(items, item.(map[string]any))
	}
	return items
}

// isControlled uses every control.
func (a *assistant) isControlled(h *home) {
	a.t.Helper()
	for _, row := range []struct {
		action string
		data   map[string]any
		state  string
		want   map[string]any
	}{
		{"media_next_track", nil, "playing", map[string]any{"media_title": "Hospital", "queue_index": 1}},
		{"media_pause", nil, "paused", nil},
		{"media_seek", map[string]any{"seek_position": 1}, "paused", map[string]any{"media_position": 1}}, // later than 5 s it would begin anew
		{"media_previous_track", nil, "playing", map[string]any{"media_title": "Magic Xylophone", "queue_index": 0}},
		{"media_pause", nil, "paused", nil},
		{"media_seek", map[string]any{"seek_position": 90}, "paused", map[string]any{"media_position": 90}},
		{"media_play", nil, "playing", nil},
		{"media_play_pause", nil, "paused", nil},
		{"volume_set", map[string]any{"volume_level": 0.33}, "paused", map[string]any{"volume_level": 0.33}},
		{"volume_up", nil, "paused", map[string]any{"volume_level": 0.38}},
		{"volume_down", nil, "paused", map[string]any{"volume_level": 0.33}},
		{"volume_mute", map[string]any{"is_volume_muted": true}, "paused", map[string]any{"is_volume_muted": true}},
		{"shuffle_set", map[string]any{"shuffle": true}, "paused", map[string]any{"shuffle": true}},
		{"shuffle_set", map[string]any{"shuffle": false}, "paused", map[string]any{"shuffle": false}},
		{"repeat_set", map[string]any{"repeat": "all"}, "paused", map[string]any{"repeat": "all"}},
		{"repeat_set", map[string]any{"repeat": "off"}, "paused", map[string]any{"repeat": "off"}},
		{"media_stop", nil, "off", nil},
		{"turn_on", nil, "idle", map[string]any{"queue_length": 2}},
		{"media_play", nil, "playing", map[string]any{"media_title": "Magic Xylophone"}},
		{"turn_off", nil, "off", nil},
		{"media_play", nil, "playing", nil},
		{"clear_playlist", nil, "idle", map[string]any{"queue_length": 0}},
		{"play_media", map[string]any{"media_content_type": "music", "media_content_id": "song a"}, "playing", map[string]any{
			"media_title": "Song A", "media_artist": "The Sines", "media_album_name": "First", "media_content_type": "music",
		}},
		{"play_media", map[string]any{"media_content_type": "music", "media_content_id": "song b", "enqueue": "add"}, "playing", map[string]any{"media_title": "Song A", "queue_length": 2}},
		{"play_media", map[string]any{"media_content_type": "music", "media_content_id": "song c", "enqueue": "next"}, "playing", map[string]any{"media_title": "Song A", "queue_length": 3}},
		{"media_next_track", nil, "playing", map[string]any{"media_title": "Song C", "queue_index": 1}},
		{"play_media", map[string]any{"media_content_type": "music", "media_content_id": "song b", "enqueue": "play"}, "playing", map[string]any{"media_title": "Song B", "queue_length": 4, "queue_index": 2}},
		{"play_media", map[string]any{"media_content_type": "album", "media_content_id": "first", "enqueue": "replace", "extra": map[string]any{"start": 60}}, "playing", map[string]any{"media_title": "Song A", "queue_length": 3}},
	} {
		a.call("media_player/"+row.action, player, row.data)
		a.has(row.state, row.want)
	}
	if v := h.tv.Snapshot(); v.PlayerState != "PLAYING" || !v.Muted || fmt.Sprintf("%.2f", v.Volume) != "0.33" || v.Position < time.Minute {
		a.t.Errorf("the television is %+v", v)
	}
}
