package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"gopkg.in/yaml.v3"
)

// A feigned bridge has published what a test says, and answers what a test says: what the real one does seldom or never.
type feignedBridge struct {
	t       *testing.T
	client  paho.Client
	base    string
	answers map[string]string // by command; what is not here is not answered

	mu    sync.Mutex
	asked map[string]map[string]any // the arguments of the last of each command
}

// feignBridge connects a feigned bridge.
func feignBridge(t *testing.T, broker, base string, answers map[string]string) *feignedBridge {
	t.Helper()
	b := &feignedBridge{t: t, base: base, answers: answers, asked: map[string]map[string]any{}}
	b.client = paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + broker).SetClientID("feigned").SetOrderMatters(false).
		SetConnectRetry(true).SetConnectRetryInterval(50 * time.Millisecond))
	if token := b.client.Connect(); !token.WaitTimeout(patience) || token.Error() != nil {
		t.Fatal(token.Error())
	}
	t.Cleanup(func() { b.client.Disconnect(100) })
	if token := b.client.Subscribe(base+"/+/command/+", 1, b.command); !token.WaitTimeout(patience) || token.Error() != nil {
		t.Fatal(token.Error())
	}
	return b
}

// command answers as the test has said.
func (b *feignedBridge) command(_ paho.Client, m paho.Message) {
	arguments := map[string]any{}
	_ = json.Unmarshal(m.Payload(), &arguments) // the integration's own JSON
	transaction, _ := arguments["transaction"].(string)
	delete(arguments, "transaction")
	name := m.Topic()[strings.LastIndex(m.Topic(), "/")+1:]
	b.mu.Lock()
	b.asked[name] = arguments
	b.mu.Unlock()
	if answer, ok := b.answers[name]; ok {
		answer = strings.Replace(answer, "{", `{"command":"`+name+`","transaction":"`+transaction+`",`, 1)
		b.client.Publish(strings.Replace(m.Topic(), "/command/", "/response/", 1), 1, false, answer)
	}
}

// publish publishes a retained message below the base topic.
func (b *feignedBridge) publish(topic, payload string) {
	b.t.Helper()
	b.raw(b.base+"/"+topic, payload)
}

func (b *feignedBridge) raw(topic, payload string) {
	b.t.Helper()
	if token := b.client.Publish(topic, 1, true, payload); !token.WaitTimeout(patience) || token.Error() != nil {
		b.t.Fatalf("publish %s: %v", topic, token.Error())
	}
}

const (
	feignedOK      = `{"status":"ok","error":null,"speech":"Done","data":{"revision":3}}`
	feignedPicture = "a picture"
	feignedID      = "00112233445566778899aabbccddeeff"
	feignedKitchen = `{"device":"kitchen","id":"` + feignedID + `","name":"Kitchen","model":"Chromecast","host":"192.0.2.7","port":8009,"kind":"audio","online":true,"capabilities":["audio"]}`
	feignedPage    = `{"dev":{"ids":"home_cast_` + feignedID + `","name":"Kitchen"},"o":{"name":"LocalCast"},"cmps":{"play":{"p":"button","name":"Play",` +
		`"unique_id":"home_cast_play","command_topic":"home/cast/kitchen/command/play"}}}`
)

// feignedInfo is what the bridge says of itself.
func feignedInfo(contract, streamURL string) string {
	return `{"id":"q7x2k9d4m1","contract":` + contract + `,"version":"0.1.0","base_topic":"home/cast","stream_url":"` + streamURL + `"}`
}

// device is a page of the device registry.
type device struct {
	ID          string
	Identifiers [][]string
	Area        string `json:"area_id"`
	Name        string `json:"name_by_user"`
}

// pages are the device pages of the feigned Kitchen, by the integration they belong to.
func (a *assistant) pages() map[string]device {
	a.t.Helper()
	all := map[string]device{}
	for _, d := range ws[[]device](a, map[string]any{"type": "config/device_registry/list"}) {
		for _, i := range d.Identifiers {
			if strings.HasSuffix(i[1], feignedID) {
				all[i[0]] = d
			}
		}
	}
	return all
}

// issues are the keys of the repairs that the integration asks for.
func (a *assistant) issues() []string {
	a.t.Helper()
	var keys []string
	for _, i := range ws[struct {
		Issues []struct {
			Domain string
			Key    string `json:"translation_key"`
		}
	}](a, map[string]any{"type": "repairs/list_issues"}).Issues {
		if i.Domain == "localcast" {
			keys = append(keys, i.Key)
		}
	}
	return keys
}

// flow walks through a configuration flow and returns the answer to the last form.
func (a *assistant) flow(path string, begin map[string]any, forms ...map[string]any) string {
	a.t.Helper()
	status, body := a.post(path, begin)
	for _, form := range forms {
		if status != http.StatusOK {
			break
		}
		id := decode[struct {
			ID string `json:"flow_id"`
		}](a.t, body).ID
		status, body = a.post(path+"/"+id, form)
	}
	if status != http.StatusOK {
		a.t.Fatalf("%s %v: %d %s", path, forms, status, body)
	}
	return body
}

const configFlow = "/api/config/config_entries/flow"

// TestHomeAssistantPages shows the integration a bridge at its worst, and one whose pages come late.
func TestHomeAssistantPages(t *testing.T) {
	bench := benchOf(t)
	broker := mosquitto(t)
	pictures := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		_, _ = io.WriteString(w, feignedPicture)
	}))
	t.Cleanup(pictures.Close)
	b := feignBridge(t, broker, "home/cast", map[string]string{
		"stop": `{"status":"error","error":{"code":"rejected","message":"the device said no"},"speech":"No","data":{}}`,
		"browse": `{"status":"ok","error":null,"speech":"","data":{"item":null,"path":null,"title":null,"total":700,"offset":0,"results":[` +
			`{"item":"aaaaaaaaaa","title":"Films","subtitle":null,"kind":"folder","playable":true,"artwork":"` + pictures.URL + `/art/a.png"},` +
			`{"item":"bbbbbbbbbb","title":"First","subtitle":"The Sines","kind":"album","playable":false,"artwork":null}]}}`,
		"play": feignedOK, "queue_clear": feignedOK, "announce": feignedOK, "save": feignedOK, "transfer": feignedOK, "sleep": feignedOK, "subtitles": feignedOK, "speed": feignedOK,
	})
	a := startAssistant(t, bench, broker, filepath.Join("custom_components", "localcast"), filepath.Join("testdata", "homeassistant", "cast"))

	topicIsAsked(a)
	b.publish("bridge/info", feignedInfo("1", pictures.URL))
	b.publish("bridge/devices", "["+feignedKitchen+"]")
	entry := decode[struct {
		Result struct {
			ID string `json:"entry_id"`
		}
	}](t, a.flow(configFlow, map[string]any{"handler": "localcast"}, map[string]any{"base_topic": "home/cast/"})).Result.ID
	a.awaitState("media_player.kitchen", "unavailable")
	pagesComeLate(a, b)
	badPayloads(a, b)
	idIsLearned(a, b)
	mqttIsReloaded(a, b)
	nobodyAnswers(a, b)
	thumbnails(a)
	diagnostics(a, entry)
	twinIsHidden(a)
	otherContract(a, b, entry, pictures.URL)
	devicesCome(a, b)
	actionsAreSent(a, b)
	guideIsObeyed(a)
	devicesGo(a, b)
	bridgeIsRemoved(a, b, entry)
	for line := range strings.Lines(a.do("log")) {
		if strings.Contains(line, "custom_components") || strings.Contains(line, "[custom_components.localcast") {
			t.Errorf("Home Assistant says: %s", line)
		}
	}
}

// topicIsAsked tries the form for another base topic while there is no bridge.
func topicIsAsked(a *assistant) {
	a.t.Helper()
	for topic, want := range map[string]string{"home/+": "invalid_topic", " / ": "invalid_topic", "home/cast": "no_bridge"} {
		body := a.flow(configFlow, map[string]any{"handler": "localcast"}, map[string]any{"base_topic": topic})
		if got := decode[struct {
			Errors struct {
				Topic string `json:"base_topic"`
			}
		}](a.t, body).Errors.Topic; got != want {
			a.t.Errorf("the base topic %q was answered with %s", topic, body)
		}
	}
	for _, id := range a.flows() {
		response, err := a.request(a.t.Context(), http.MethodDelete, configFlow+"/"+id, "")
		if err != nil {
			a.t.Fatal(err)
		}
		response.Body.Close()
	}
}

// pagesComeLate moves a player from a page of its own to that of MQTT, with what the user has said of it.
func pagesComeLate(a *assistant, b *feignedBridge) {
	a.t.Helper()
	own, ok := a.pages()["localcast"]
	if !ok {
		a.t.Fatalf("the player has no page of its own, but %v", a.pages())
	}
	area := ws[struct {
		ID string `json:"area_id"`
	}](a, map[string]any{"type": "config/area_registry/create", "name": "Cellar"}).ID
	ws[any](a, map[string]any{"type": "config/device_registry/update", "device_id": own.ID, "area_id": area, "name_by_user": "Old radio"})
	a.await("media_player.kitchen", func(e entity) bool { return e.Attributes.Name == "Old radio" })
	b.raw("homeassistant/device/home_cast_"+feignedID+"/config", feignedPage)
	a.until("the player moves to the page of MQTT", func() bool {
		p := a.pages()
		_, own := p["localcast"]
		return !own && p["mqtt"].Area == area && p["mqtt"].Name == "Old radio"
	})
	a.await("media_player.kitchen", func(e entity) bool { return e.Attributes.Name == "Old radio" })
	b.raw("homeassistant/device/home_cast_"+feignedID+"/config", "")
	a.awaitState("button.old_radio_play", gone)
	page := a.pages()["mqtt"].ID
	if page == "" {
		a.t.Error("the page that the player stands on was removed")
	}
	ws[any](a, map[string]any{"type": "config/device_registry/update", "device_id": page, "area_id": nil, "name_by_user": nil})
}

// badPayloads publishes what no bridge should. Nothing breaks, and nobody is forgotten.
func badPayloads(a *assistant, b *feignedBridge) {
	a.t.Helper()
	b.publish("bridge/availability", "online")
	b.publish("kitchen/availability", "online")
	a.awaitState("media_player.kitchen", "unknown") // it has no state yet
	for _, bad := range []string{`{"state":"other"}`, `{"state":`, `[]`, `7`, `{}`, ""} {
		b.publish("kitchen/state", bad)
	}
	for _, bad := range []string{`{"devices":[]}`, `[`, ""} {
		b.publish("bridge/devices", bad)
	}
	b.publish("bridge/playlists", "null")
	b.publish("kitchen/state", `{"state":"paused","volume":20,"volume_fixed":true}`)
	e := a.awaitState("media_player.kitchen", "paused")
	if e.Attributes.Class != "speaker" || a.attributes("media_player.kitchen")["supported_features"] != 7797691.0 {
		a.t.Errorf("a loudspeaker with a fixed volume is %v", a.attributes("media_player.kitchen"))
	}
	b.publish("bridge/devices", "["+feignedKitchen+"]")
}

// idIsLearned lets the Kitchen tell its id: its player goes on under its own name.
func idIsLearned(a *assistant, b *feignedBridge) {
	a.t.Helper()
	b.publish("bridge/devices", "["+strings.Replace(feignedKitchen, feignedID, "192_0_2_7_8009", 1)+"]")
	a.until("the page of the old id is gone", func() bool { return len(a.pages()) == 0 })
	a.awaitState("media_player.kitchen", "paused")
	b.publish("bridge/devices", "["+feignedKitchen+"]")
	a.until("the page of the id is there", func() bool { return len(a.pages()) == 1 })
	a.awaitState("media_player.kitchen", "paused")
}

// mqttIsReloaded reloads the integration on which ours stands: what the bridge says is heard as before.
func mqttIsReloaded(a *assistant, b *feignedBridge) {
	a.t.Helper()
	entries := ws[[]struct {
		ID string `json:"entry_id"`
	}](a, map[string]any{"type": "config_entries/get", "domain": "mqtt"})
	if status, body := a.post("/api/config/config_entries/entry/"+entries[0].ID+"/reload", nil); status != http.StatusOK {
		a.t.Fatalf("MQTT cannot be reloaded: %d %s", status, body)
	}
	b.publish("kitchen/state", `{"state":"playing","volume":20,"volume_fixed":true}`)
	a.awaitState("media_player.kitchen", "playing")
	a.call("media_player/clear_playlist", "media_player.kitchen", nil)
	b.publish("kitchen/state", `{"state":"paused","volume":20,"volume_fixed":true}`)
	a.awaitState("media_player.kitchen", "paused")
}

// nobodyAnswers asks a bridge that does not answer, refuses, or is away.
func nobodyAnswers(a *assistant, b *feignedBridge) {
	a.t.Helper()
	id := map[string]any{"entity_id": "media_player.kitchen"}
	for action, want := range map[string]string{
		"media_pause": "LocalCast did not answer to pause", "media_stop": "the device said no",
	} {
		if status, body := a.post("/api/services/media_player/"+action, id); status != http.StatusInternalServerError || !strings.Contains(body, want) {
			a.t.Errorf("%s: %d %s", action, status, body)
		}
	}
	b.publish("bridge/availability", "offline")
	a.awaitState("media_player.kitchen", "unavailable")
	if said := a.asked(map[string]any{"type": "media_player/browse_media", "entity_id": "media_player.kitchen"}).Error; !strings.Contains(said.Message, "LocalCast does not run") {
		a.t.Errorf("a browse without a bridge was answered with %+v", said)
	}
	b.publish("bridge/availability", "online")
	a.awaitState("media_player.kitchen", "paused")
}

// shelfPage is a list of the media browser.
type shelfPage struct {
	Title     string
	ID        string `json:"media_content_id"`
	Type      string `json:"media_content_type"`
	Class     string `json:"media_class"`
	Play      bool   `json:"can_play"`
	Expand    bool   `json:"can_expand"`
	Search    bool   `json:"can_search"`
	Thumbnail string
	NotShown  int `json:"not_shown"`
	Children  []shelfPage
}

// browse opens a container; "" is the root.
func (a *assistant) browse(player, contentType, item string) shelfPage {
	a.t.Helper()
	message := map[string]any{"type": "media_player/browse_media", "entity_id": player}
	if item != "" {
		message["media_content_id"], message["media_content_type"] = item, contentType
	}
	return ws[shelfPage](a, message)
}

// thumbnails are fetched through Home Assistant, from the bridge and from nowhere else.
func thumbnails(a *assistant) {
	a.t.Helper()
	root := a.browse("media_player.kitchen", "", "")
	if len(root.Children) != 3 || root.NotShown != 698 || !root.Search || root.Children[1].Play || root.Children[1].Thumbnail != "" || root.Children[2].ID != "media-source://" {
		a.t.Fatalf("the root is %+v", root)
	}
	picture := root.Children[0].Thumbnail
	if status, body := a.get(picture); status != http.StatusOK || string(body) != feignedPicture {
		a.t.Errorf("the thumbnail %s is %d, %d bytes", picture, status, len(body))
	}
	before, _, _ := strings.Cut(picture, "media_image_id=")
	for _, elsewhere := range []string{a.url + "/static/icons/favicon.ico", "http://127.0.0.1@example.org/x", ""} {
		if status, _ := a.get(before + "media_image_id=" + elsewhere); status != http.StatusNotFound {
			a.t.Errorf("a thumbnail from %q is answered with %d", elsewhere, status)
		}
	}
}

// diagnostics hold what the bridge has said, and no address.
func diagnostics(a *assistant, entry string) {
	a.t.Helper()
	status, body := a.get("/api/diagnostics/config_entry/" + entry)
	text := string(body)
	if status != http.StatusOK || !strings.Contains(text, feignedID) || strings.Contains(text, "192.0.2.7") || strings.Contains(text, "127.0.0.1") {
		a.t.Errorf("diagnostics: %d %s", status, text)
	}
}

// twinIsHidden adds the core's player for the same device, and takes the repair that is offered.
func twinIsHidden(a *assistant) {
	a.t.Helper()
	if got := a.issues(); len(got) != 0 {
		a.t.Fatalf("before there is a twin, there are the issues %v", got)
	}
	a.flow(configFlow, map[string]any{"handler": "cast"}, map[string]any{"uuid": "00112233-4455-6677-8899-aabbccddeeff", "name": "Kitchen"})
	a.until("the twin is told of", func() bool { return slices.Equal(a.issues(), []string{"twin"}) })
	a.flow("/api/repairs/issues/fix", map[string]any{"handler": "localcast", "issue_id": "twin_" + feignedID}, map[string]any{})
	a.until("the twin is repaired", func() bool { return len(a.issues()) == 0 })
	exposed := ws[struct {
		Entities map[string]struct{ Conversation bool } `json:"exposed_entities"`
	}](a, map[string]any{"type": "homeassistant/expose_entity/list"}).Entities
	if !exposed["media_player.kitchen"].Conversation || exposed["media_player.kitchen_2"].Conversation {
		a.t.Errorf("Assist knows %v", exposed)
	}
}

// otherContract lets the bridge be of another time, and then of ours again.
func otherContract(a *assistant, b *feignedBridge, entry, streamURL string) {
	a.t.Helper()
	b.publish("bridge/info", feignedInfo("2", streamURL)) // the bridge was updated while Home Assistant runs
	a.until("the bridge is too new", func() bool { return slices.Equal(a.issues(), []string{"contract_newer"}) })
	a.awaitState("media_player.kitchen", "unavailable")
	b.publish("bridge/info", feignedInfo("null", streamURL))
	a.post("/api/config/config_entries/entry/"+entry+"/reload", nil)
	a.until("the bridge is too old", func() bool { return slices.Equal(a.issues(), []string{"contract_older"}) })
	b.publish("bridge/info", feignedInfo("1", streamURL)) // Home Assistant tries again by itself
	a.awaitState("media_player.kitchen", "paused")
	a.until("the contract is right", func() bool { return len(a.issues()) == 0 })
}

// feignedAttic is a second device.
func feignedAttic() string {
	return strings.NewReplacer("kitchen", "attic", "Kitchen", "Attic", feignedID, "ff"+feignedID[2:]).Replace(feignedKitchen)
}

// devicesCome adds a device.
func devicesCome(a *assistant, b *feignedBridge) {
	a.t.Helper()
	b.publish("bridge/devices", "["+feignedKitchen+","+feignedAttic()+"]")
	a.awaitState("media_player.attic", "unavailable")
}

// actionsAreSent checks what the bridge is sent for each form of the actions, and which forms are refused.
func actionsAreSent(a *assistant, b *feignedBridge) {
	a.t.Helper()
	for _, row := range []struct{ action, data, command, sent string }{
		{"localcast/save_queue", `{"name":"Sunday"}`, "save", `{"name":"Sunday"}`},
		{"localcast/save_queue", `{"name":""}`, "", ""},
		{"localcast/transfer", `{"to":"media_player.attic"}`, "transfer", `{"to":"ff` + feignedID[2:] + `"}`},
		{"localcast/transfer", `{"to":"the attic"}`, "transfer", `{"to":"the attic"}`},
		{"localcast/sleep", `{"minutes":30}`, "sleep", `{"minutes":30}`},
		{"localcast/sleep", `{"minutes":0}`, "sleep", `{"minutes":0}`},
		{"localcast/sleep", `{"after_item":true}`, "sleep", `{"after":"item"}`},
		{"localcast/sleep", `{"minutes":30,"after_item":true}`, "", ""},
		{"localcast/sleep", `{}`, "", ""},
		{"localcast/subtitles", `{"language":"en"}`, "subtitles", `{"language":"en"}`},
		{"localcast/subtitles", `{"track":2}`, "subtitles", `{"track":2}`},
		{"localcast/subtitles", `{"off":true}`, "subtitles", `{"off":true}`},
		{"localcast/subtitles", `{"off":false}`, "", ""},
		{"localcast/speed", `{"rate":1.25}`, "speed", `{"rate":1.25}`},
		{"localcast/speed", `{"rate":3}`, "", ""},
		{"media_player/play_media", `{"media_content_type":"tvshow","media_content_id":"aaaaaaa222","enqueue":"next","extra":{"start":5,"shuffle":true,"title":"no"}}`,
			"play", `{"item":"aaaaaaa222","enqueue":"next","start":5,"shuffle":true}`},
		{"media_player/play_media", `{"media_content_type":"tvshow","media_content_id":"the latest bluey"}`, "play", `{"query":"the latest bluey","kind":["show"],"enqueue":"replace"}`},
		{"media_player/play_media", `{"media_content_type":"audio/mpeg","media_content_id":"http://example.org/x","extra":{"title":"X","thumb":"http://example.org/x.png"}}`,
			"play", `{"url":"http://example.org/x","content_type":"audio/mpeg","title":"X","artwork":"http://example.org/x.png","enqueue":"replace"}`},
		{"media_player/play_media", `{"media_content_type":"music","media_content_id":"HTTP://example.org/x","announce":true,"extra":{"volume":30,"force":true,"title":"X","thumb":"http://example.org/x.png"}}`,
			"announce", `{"url":"HTTP://example.org/x","title":"X","volume":30,"force":true}`},
		{"media_player/play_media", `{"media_content_type":"music","media_content_id":"doorbell","announce":true}`, "announce", `{"query":"doorbell"}`},
	} {
		data := with(decode[map[string]any](a.t, row.data), "entity_id", "media_player.kitchen")
		path := "/api/services/" + row.action
		if strings.HasPrefix(row.action, "localcast/") {
			path += "?return_response"
		}
		status, body := a.post(path, data)
		if row.command == "" {
			if status != http.StatusBadRequest {
				a.t.Errorf("%s %s: %d %s, want a refusal", row.action, row.data, status, body)
			}
			continue
		}
		b.mu.Lock()
		sent := b.asked[row.command]
		b.mu.Unlock()
		if want := decode[map[string]any](a.t, row.sent); status != http.StatusOK || !reflect.DeepEqual(sent, want) {
			a.t.Errorf("%s %s: %d, sent %v, want %v", row.action, row.data, status, sent, want)
		}
		if strings.Contains(path, "?") && !strings.Contains(body, `{"media_player.kitchen":{"revision":3,"speech":"Done"}}`) {
			a.t.Errorf("%s answers %s", row.action, body)
		}
	}
}

// guideExample finds the examples of a guide.
var guideExample = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// guideIsObeyed runs every action of the guide, as a step of a script.
func guideIsObeyed(a *assistant) {
	a.t.Helper()
	text, err := os.ReadFile(filepath.Join("docs", "home-assistant", "media-players.md"))
	if err != nil {
		a.t.Fatal(err)
	}
	examples := guideExample.FindAllStringSubmatch(string(text), -1)
	if len(examples) < 9 {
		a.t.Errorf("the guide has %d examples; are they written otherwise?", len(examples))
	}
	for _, example := range examples {
		var step map[string]any
		if err := yaml.Unmarshal([]byte(example[1]), &step); err != nil {
			a.t.Fatalf("%v in %s", err, example[1])
		}
		if answer := a.asked(map[string]any{"type": "execute_script", "sequence": []any{step}}); !answer.Success {
			a.t.Errorf("%s: %s", example[1], answer.Error.Message)
		}
	}
}

// devicesGo forgets both.
func devicesGo(a *assistant, b *feignedBridge) {
	a.t.Helper()
	b.publish("bridge/devices", "["+feignedAttic()+"]")
	a.awaitState("media_player.kitchen", gone)
	a.until("the page goes, too", func() bool { return len(a.pages()) == 0 })
	b.publish("bridge/devices", "[]")
	a.awaitState("media_player.attic", gone)
}

// bridgeIsRemoved deletes the entry and sets it up anew.
func bridgeIsRemoved(a *assistant, b *feignedBridge, entry string) {
	a.t.Helper()
	response, err := a.request(a.t.Context(), http.MethodDelete, "/api/config/config_entries/entry/"+entry, "")
	if err != nil {
		a.t.Fatal(err)
	}
	response.Body.Close()
	b.publish("bridge/devices", "["+feignedKitchen+"]")
	body := a.flow(configFlow, map[string]any{"handler": "localcast"}, map[string]any{"base_topic": "home/cast"})
	if !strings.Contains(body, `"state":"loaded"`) {
		a.t.Errorf("set up anew it is %s", body)
	}
	a.awaitState("media_player.kitchen", "paused")
	if body := a.flow(configFlow, map[string]any{"handler": "localcast"}); !strings.Contains(body, "single_instance_allowed") {
		a.t.Errorf("a second entry is answered with %s", body)
	}
}
