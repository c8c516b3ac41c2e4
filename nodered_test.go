package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// flowNode is a node of a flow file, as far as it is looked at.
type flowNode struct {
	ID, Type, Z, Name, Topic, QoS, Retain, Broker, Datatype string
	Func, Initialize, Format                                string
	Payload, PayloadType, Repeat                            string
	Once                                                    bool
	Wires                                                   [][]string
	Modules                                                 map[string]string
}

// flowFiles are the examples for Node-RED.
func flowFiles() []string {
	return []string{"remote.json", "search-and-play.json", "queue.json", "doorbell.json", "good-night.json", "dashboard.json"}
}

// dashboardFile is the only one that needs a package of its own. One type that is not installed stops all flows of a Node-RED.
const dashboardFile = "dashboard.json"

// sharedBroker is the one node that all files have: an import of the second keeps the user's own address and password.
const sharedBroker = "localcast_broker"

func readFlow(t *testing.T, name string) []flowNode {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("docs", "node-red", name))
	if err != nil {
		t.Fatal(err)
	}
	return decode[[]flowNode](t, string(text))
}

// TestFlowFiles holds what makes a file import without a question and drive the program without a surprise.
func TestFlowFiles(t *testing.T) {
	broker, owner := map[string]any{}, map[string]string{}
	for _, name := range flowFiles() {
		nodes := readFlow(t, name)
		there := map[string]bool{}
		for _, n := range nodes {
			there[n.ID] = true
			if first, twice := owner[n.ID]; twice && n.ID != sharedBroker {
				t.Errorf("%s: the id %s is in %s, too", name, n.ID, first)
			}
			owner[n.ID] = name
		}
		for _, n := range nodes {
			if !knownToNodeRED(n.Type, name == dashboardFile) {
				t.Errorf("%s: %s is of the type %s, which its users need not have", name, n.ID, n.Type)
			}
			for _, to := range slices.Concat(n.Wires...) {
				if !there[to] {
					t.Errorf("%s: %s is wired to %s, which is not there", name, n.ID, to)
				}
			}
			checkFlowNode(t, name, n)
		}
		if modules := nodes[len(nodes)-1].Modules; (name == dashboardFile) != (modules["@flowfuse/node-red-dashboard"] != "") {
			t.Errorf("%s ends with the modules %v", name, modules)
		}
		checkSharedBroker(t, name, broker)
	}
}

// knownToNodeRED reports whether every user has a type of node: of the core, or of Dashboard 2.
func knownToNodeRED(kind string, dashboard bool) bool {
	switch kind {
	case "tab", "comment", "inject", "debug", "function", "change", "delay", "mqtt in", "mqtt out", "mqtt-broker":
		return true
	case "ui-base", "ui-theme", "ui-page", "ui-group", "ui-dropdown", "ui-template", "ui-notification", "global-config":
		return dashboard
	}
	return false
}

// checkFlowNode holds the rules for single nodes.
func checkFlowNode(t *testing.T, file string, n flowNode) {
	t.Helper()
	switch n.Type {
	case "mqtt out": // with other values what came retained would go out retained, and be refused
		if n.Retain != "false" || n.QoS != "1" || n.Broker != sharedBroker {
			t.Errorf("%s: %s publishes with retain %q and QoS %q on %s", file, n.ID, n.Retain, n.QoS, n.Broker)
		}
	case "mqtt in":
		if n.QoS != "1" || n.Datatype != "auto-detect" || n.Broker != sharedBroker {
			t.Errorf("%s: %s subscribes with QoS %q and the type %q on %s", file, n.ID, n.QoS, n.Datatype, n.Broker)
		}
	case "inject": // a new one sends the time, which would be a search
		if n.Payload == "" || !slices.Contains([]string{"str", "json"}, n.PayloadType) {
			t.Errorf("%s: %s sends %q of the type %q", file, n.ID, n.Payload, n.PayloadType)
		}
		if n.Once || n.Repeat != "" {
			t.Errorf("%s: %s is pressed by itself", file, n.ID)
		}
	}
}

// checkSharedBroker checks that the broker's node is the same in all files.
func checkSharedBroker(t *testing.T, file string, seen map[string]any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("docs", "node-red", file))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range decode[[]map[string]any](t, string(text)) {
		if n["type"] != "mqtt-broker" {
			continue
		}
		if first, ok := seen[sharedBroker]; ok && !reflect.DeepEqual(first, any(n)) {
			t.Errorf("%s has another broker than the files before", file)
		}
		seen[n["id"].(string)] = n
	}
	if len(seen) != 1 {
		t.Errorf("%s: the files have the brokers %v", file, seen)
	}
}

// dashboardCommand finds the commands that the cards of the dashboard send.
var dashboardCommand = regexp.MustCompile(`command\('(\w+)'`)

// TestFlowCommandsAreObeyed publishes every command of the flows to a running program.
func TestFlowCommandsAreObeyed(t *testing.T) {
	h := newHome(t, freePort(t), time.Minute, time.Minute)
	h.start(h.config(true))
	h.listen()
	h.ear.ready(2)
	h.ear.ask("play", `{"query":"first","kind":"album"}`)
	h.ear.ask("search", "song")
	for _, file := range flowFiles() {
		commands := 0
		for _, n := range readFlow(t, file) {
			switch {
			case n.Type == "inject" && strings.Contains(n.Payload, `"place"`):
				h.made(file, n.Topic)
				commands++
			case n.Type == "inject":
				to := "kitchen"
				if strings.Contains(n.Payload, `"device"`) {
					to = "bridge"
				}
				h.example(t, file, to+"/command/"+n.Topic, n.Payload)
				commands++
			}
			for _, m := range dashboardCommand.FindAllStringSubmatch(n.Format, -1) {
				h.made(file, m[1])
				commands++
			}
		}
		if commands < 4 {
			t.Errorf("%s sends %d commands; are they written otherwise?", file, commands)
		}
	}
}

// madeArguments are the commands whose arguments functions and cards make, with such arguments.
func madeArguments() map[string]string {
	return map[string]string{
		"play": `{"item":"k3v9x2m4q8"}`, "pause": `{}`, "next": `{}`, "previous": `{}`, "stop": `{}`,
		"seek": `{"offset":-10}`, "volume": `{"level":35}`, "search": `{"query":"song"}`, "queue_add": `{"item":"k3v9x2m4q8"}`,
		"queue_jump": `{"entry":"e1"}`, "queue_remove": `{"entry":"e1","revision":1}`, "queue_move": `{"entry":"e1","to":0,"revision":1}`,
	}
}

// made publishes a command whose arguments are made.
func (h *home) made(file, command string) {
	h.t.Helper()
	payload, ok := madeArguments()[command]
	if !ok {
		h.t.Errorf("%s sends %s, which is not tried", file, command)
		return
	}
	h.example(h.t, file, "kitchen/command/"+command, payload)
}

// TestFlowsForgetWhatIsNotAnswered checks that each function that notes a transaction has what forgets it.
func TestFlowsForgetWhatIsNotAnswered(t *testing.T) {
	for _, file := range flowFiles() {
		for _, n := range readFlow(t, file) {
			if !strings.Contains(n.Func, "waiting[transaction] = ") {
				continue
			}
			if !strings.Contains(n.Func, "setTimeout(") || !strings.Contains(n.Initialize, "flow.set('waiting', {})") {
				t.Errorf("%s: %s remembers for ever", file, n.ID)
			}
		}
	}
}

// chosen is a copy of an example in which a user has chosen a device.
func chosen(t *testing.T, file, device string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("docs", "node-red", file))
	if err != nil {
		t.Fatal(err)
	}
	var nodes []map[string]any
	if err := json.Unmarshal(text, &nodes); err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes {
		if env, ok := n["env"].([]any); ok && n["type"] == "tab" && len(env) == 1 {
			env[0].(map[string]any)["value"] = device
		}
	}
	if text, err = json.Marshal(nodes); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), file)
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
