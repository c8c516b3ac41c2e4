package homeassistant

// The categories of entities that are not for every day.
const (
	diagnostic = "diagnostic"
	setting    = "config"
)

// component is one entity. A zero field is left out, but for the name.
type component struct {
	Platform string `json:"p"`
	UniqueID string `json:"unique_id"`
	EntityID string `json:"default_entity_id"`
	// Name is shown after the device's name; null: the entity bears the device's name alone.
	Name *string `json:"name"`

	StateTopic         string `json:"state_topic,omitempty"`
	ValueTemplate      string `json:"value_template,omitempty"`
	AttributesTopic    string `json:"json_attributes_topic,omitempty"`
	AttributesTemplate string `json:"json_attributes_template,omitempty"`
	CommandTopic       string `json:"command_topic,omitempty"`
	CommandTemplate    string `json:"command_template,omitempty"`
	URLTopic           string `json:"url_topic,omitempty"`
	// Availability replaces that of the device where it is not nil.
	Availability []source `json:"availability,omitzero"`

	Options    []string `json:"options,omitzero"`
	EventTypes []string `json:"event_types,omitempty"`
	PayloadOn  string   `json:"payload_on,omitempty"`
	PayloadOff string   `json:"payload_off,omitempty"`
	Min        *float64 `json:"min,omitempty"`
	Max        float64  `json:"max,omitempty"`
	Step       float64  `json:"step,omitempty"`
	Mode       string   `json:"mode,omitempty"`

	DeviceClass   string `json:"device_class,omitempty"`
	StateClass    string `json:"state_class,omitempty"`
	Unit          string `json:"unit_of_measurement,omitempty"`
	SuggestedUnit string `json:"suggested_unit_of_measurement,omitempty"`
	Precision     *int   `json:"suggested_display_precision,omitempty"`
	Icon          string `json:"icon,omitempty"`
	Category      string `json:"entity_category,omitempty"`
	Enabled       *bool  `json:"enabled_by_default,omitempty"`
}

// deviceComponents are the entities of a Chromecast whose topics stand below base.
func deviceComponents(base string, d Device) map[string]*component {
	all := make(map[string]*component)
	display(all, base)
	controls(all, base)
	choices(all, base, d)
	diagnostics(all, base)
	return all
}

// display adds what shows what plays.
func display(to map[string]*component, base string) {
	to["player"] = &component{
		Platform: "sensor", DeviceClass: "enum", Options: []string{"off", "idle", "buffering", "playing", "paused"},
		StateTopic: base + "/state", ValueTemplate: "{{ value_json.state }}", AttributesTopic: base + "/state", Icon: "mdi:cast",
	}
	to["title"] = &component{
		// The state of an entity has at most 255 characters.
		Platform: "sensor", Name: new("Title"), Icon: "mdi:format-title", StateTopic: base + "/state",
		ValueTemplate: "{{ (value_json.title or '') | truncate(255, true, '…', 0) or none }}",
	}
	to["artwork"] = &component{Platform: "image", Name: new("Artwork"), URLTopic: base + "/artwork"}
	to["event"] = &component{
		Platform: "event", Name: new("Event"), StateTopic: base + "/event",
		EventTypes: []string{
			"item_started", "item_finished", "item_failed", "queue_finished", "taken_over", "announcement_started",
			"announcement_finished",
		},
	}
}

// controls adds what is pressed and slid.
func controls(to map[string]*component, base string) {
	for _, b := range []struct{ key, name, icon string }{
		{"play", "Play", "play"}, {"pause", "Pause", "pause"}, {"stop", "Stop", "stop"}, {"next", "Next", "skip-next"},
		{"previous", "Previous", "skip-previous"}, {"queue_clear", "Clear queue", "playlist-remove"},
	} {
		to[b.key] = &component{
			Platform: "button", Name: new(b.name), CommandTopic: base + "/command/" + b.key, Icon: "mdi:" + b.icon,
		}
	}
	for _, s := range []struct{ key, name, value, icon string }{
		{"mute", "Mute", "muted", "volume-off"}, {"shuffle", "Shuffle", "shuffle", "shuffle"},
	} {
		to[s.key] = &component{
			Platform: "switch", Name: new(s.name), CommandTopic: base + "/command/" + s.key, Icon: "mdi:" + s.icon,
			StateTopic: base + "/state", ValueTemplate: "{{ 'ON' if value_json." + s.value + " else 'OFF' }}",
		}
	}
	number := func(key, name, value string, c component) {
		c.Platform, c.Name, c.CommandTopic = "number", new(name), base+"/command/"+key
		c.StateTopic, c.ValueTemplate = base+"/state", "{{ value_json."+value+" }}"
		to[key] = &c
	}
	number("volume", "Volume", "volume", component{
		Min: new(0.0), Max: 100, Step: 1, Unit: "%", Mode: "slider", Icon: "mdi:volume-high",
	})
	number("speed", "Speed", "rate", component{Min: new(0.5), Max: 2, Step: 0.05, Enabled: new(false)})
	number("seek", "Seek", "position", component{
		Min: new(0.0), Max: 86400, Step: 1, DeviceClass: "duration", Unit: "s", Mode: "box", Enabled: new(false),
	})
}

// choices adds what is chosen from a list or typed.
func choices(to map[string]*component, base string, d Device) {
	to["repeat"] = &component{
		Platform: "select", Name: new("Repeat"), Options: []string{"off", "all", "one"}, Icon: "mdi:repeat",
		StateTopic: base + "/state", ValueTemplate: "{{ value_json.repeat }}", CommandTopic: base + "/command/repeat",
	}
	to["queue"] = &component{
		Platform: "select", Name: new("Queue"), Options: some(d.Queue), Icon: "mdi:playlist-play",
		StateTopic: base + "/select/queue", CommandTopic: base + "/command/queue_jump",
		CommandTemplate: "{{ value.split('.')[0] | int - 1 }}",
	}
	to["results"] = &component{
		Platform: "select", Name: new("Results"), Options: some(d.Results), Icon: "mdi:movie-search",
		StateTopic: base + "/select/results", CommandTopic: base + "/command/play",
		CommandTemplate: "{{ {'result': value.split('.')[0] | int} | to_json }}",
	}
	to["search"] = searchBox(base)
	to["search"].Icon = "mdi:magnify"
	to["announce"] = &component{
		Platform: "notify", Name: new("Announce"), CommandTopic: base + "/command/announce",
		CommandTemplate: "{{ {'message': value} | to_json }}",
	}
}

// searchBox is where a search is typed. Clearing it sends a JSON object too: an empty payload would be no command.
func searchBox(base string) *component {
	return &component{
		Platform: "text", Name: new("Search"), Max: 255, StateTopic: base + "/search", ValueTemplate: "{{ value_json.query }}",
		CommandTopic: base + "/command/search", CommandTemplate: "{{ {'query': value} | to_json }}",
	}
}

// diagnostics adds what helps to see why something is as it is.
func diagnostics(to map[string]*component, base string) {
	sensor := func(key, name string, c component) {
		c.Platform, c.Name, c.Category = "sensor", new(name), diagnostic
		c.StateTopic, c.ValueTemplate = base+"/state", "{{ value_json."+key+" }}"
		to[key] = &c
	}
	sensor("duration", "Duration", component{DeviceClass: "duration", Unit: "s", Precision: new(0), Enabled: new(false)})
	sensor("position", "Position", component{DeviceClass: "duration", Unit: "s", Enabled: new(false)})
	sensor("queue_length", "Queue length", component{})
	sensor("app", "App", component{})
	sensor("subtitles", "Subtitles", component{Enabled: new(false)})
}

// bridgeComponents are the entities of the bridge, whose topics stand below base.
func bridgeComponents(base string) map[string]*component {
	return map[string]*component{
		"connectivity": {
			Platform: "binary_sensor", Name: new("Connectivity"), DeviceClass: "connectivity", StateTopic: base + "/availability",
			PayloadOn: "online", PayloadOff: "offline", Category: diagnostic,
			Availability: []source{}, // else it could never say that the bridge is off
		},
		"items": {
			Platform: "sensor", Name: new("Library items"), StateTopic: base + "/library", ValueTemplate: "{{ value_json.total }}",
			AttributesTopic: base + "/library", StateClass: "measurement", Category: diagnostic,
		},
		"streams": {
			Platform: "sensor", Name: new("Streams"), StateTopic: base + "/streams", ValueTemplate: "{{ value_json.active }}",
			StateClass: "measurement", Category: diagnostic,
		},
		"throughput": {
			Platform: "sensor", Name: new("Throughput"), StateTopic: base + "/streams",
			ValueTemplate: "{{ value_json.bytes_per_second }}", DeviceClass: "data_rate", Unit: "B/s", SuggestedUnit: "MB/s",
			StateClass: "measurement", Category: diagnostic,
		},
		"rescan": {
			Platform: "button", Name: new("Rescan"), CommandTopic: base + "/command/rescan", Category: setting,
		},
		"search": searchBox(base),
		"results": {
			Platform: "sensor", Name: new("Results"), StateTopic: base + "/search", ValueTemplate: "{{ value_json.total }}",
			AttributesTopic: base + "/search",
			// Ten results stay below the 16 KB of attributes that Home Assistant records.
			AttributesTemplate: "{{ {'query': value_json.query, 'results': value_json.results[:10]} | to_json }}",
		},
	}
}

// some is the options, or an empty list for nil: a select must have options.
func some(options []string) []string {
	if options == nil {
		return []string{}
	}
	return options
}
