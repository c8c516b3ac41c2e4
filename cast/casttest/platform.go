package casttest

import (
	"localcast/cast/wire"
)

// The names of what the platform runs by itself.
const (
	backdropName = "Backdrop"
	playerName   = "Default Media Receiver"
	castPrefix   = "urn:x-cast:com.google.cast."
)

// idleApp is what runs when nothing was launched.
func (d *device) idleApp() *app {
	if d.cfg.Kind != Video {
		return nil
	}
	return &app{
		id: wire.Backdrop, name: backdropName, transport: randomID(true),
		namespaces: []string{castPrefix + "debugoverlay", castPrefix + "cac", castPrefix + "sse", castPrefix + "remotecontrol"},
	}
}

// platform answers the receiver namespace.
func (d *device) platform(req *request) {
	switch req.kind {
	case "GET_STATUS":
		d.reply(req, d.receiverStatus(req.id))
	case "GET_APP_AVAILABILITY":
		d.availability(req)
	case "LAUNCH":
		d.launch(req)
	case "STOP":
		d.stopApp(req)
	case "SET_VOLUME":
		d.setVolume(req)
	default:
		d.invalid(req, "INVALID_COMMAND")
	}
}

// availability answers GET_APP_AVAILABILITY, whose answer has a responseType in place of a type.
func (d *device) availability(req *request) {
	var ids []string
	if !req.body.get("appId", &ids) {
		d.invalid(req, "INVALID_PARAMS")
		return
	}
	has := make(map[string]string, len(ids))
	for _, id := range ids {
		has[id] = "APP_UNAVAILABLE"
		if id == wire.DefaultMediaReceiver {
			has[id] = "APP_AVAILABLE"
		}
	}
	d.reply(req, map[string]any{"responseType": "GET_APP_AVAILABILITY", "requestId": req.id, "availability": has})
}

// launch starts the Default Media Receiver, the one app that is installed. An app that already runs is kept.
func (d *device) launch(req *request) {
	if id := req.body.text("appId"); id != wire.DefaultMediaReceiver {
		reason := "NOT_FOUND"
		if id == "" {
			reason = "BAD_PARAMETER"
		}
		d.reply(req, map[string]any{"type": "LAUNCH_ERROR", "requestId": req.id, "reason": reason})
		return
	}
	if d.launchGoesWrong(req) {
		return
	}
	if d.cfg.LaunchStatus {
		d.launchStatus(req, "USER_ALLOWED")
	}
	d.runPlayer(req)
}

// launchStatus tells what the person in front of the device thinks of a launch. It carries no requestId.
func (d *device) launchStatus(req *request, status string) {
	d.reply(req, map[string]any{"type": "LAUNCH_STATUS", "launchRequestId": req.id, "status": status})
}

// runPlayer starts the Default Media Receiver for a LAUNCH, which may take some time.
func (d *device) runPlayer(req *request) {
	start := func() {
		if d.app == nil || d.app.id != wire.DefaultMediaReceiver {
			d.startApp(wire.DefaultMediaReceiver, playerName, "cac", "debugoverlay", "media")
		}
		d.broadcastReceiver(req.id)
	}
	if d.launchDelay > 0 {
		d.after(d.launchDelay, start)
		return
	}
	start()
}

// stopApp answers STOP of the receiver namespace, which may name the session to stop.
func (d *device) stopApp(req *request) {
	if req.body.has("sessionId") && (d.app == nil || req.body.text("sessionId") != d.app.transport) {
		d.invalid(req, "INVALID_SESSION_ID")
		return
	}
	d.endApp()
	d.broadcastReceiver(req.id)
}

// startApp replaces what runs. The namespaces are given without the prefix that all have.
func (d *device) startApp(id, name string, namespaces ...string) {
	d.leaveApp()
	a := &app{id: id, name: name, transport: randomID(true)}
	for _, n := range namespaces {
		a.namespaces = append(a.namespaces, castPrefix+n)
	}
	d.app = a
	d.idleSince = d.clock.now()
	d.log.Info("app started", "item", name)
}

// endApp ends what runs, and shows the idle screen where there is one.
func (d *device) endApp() {
	if !d.idle() {
		d.leaveApp()
		d.app = d.idleApp()
	}
}

// leaveApp ends what runs. Its senders are told: first that play has ended, then that the app is gone.
func (d *device) leaveApp() {
	if d.app == nil {
		return
	}
	d.endSession("CANCELLED", 0)
	d.closeTransport(d.app.transport)
	d.log.Info("app ended", "item", d.app.name)
}

// idle reports whether no app runs but the idle screen.
func (d *device) idle() bool { return d.app == nil || d.app.id == wire.Backdrop }

func (d *device) setVolume(req *request) {
	var want struct {
		Level *float64 `json:"level"`
		Muted *bool    `json:"muted"`
	}
	if !req.body.get("volume", &want) || want.Level != nil && (*want.Level < 0 || *want.Level > 1) {
		d.invalid(req, "INVALID_PARAMS")
		return
	}
	if want.Level != nil && d.cfg.VolumeControl != "fixed" {
		d.level = *want.Level
	}
	if want.Muted != nil {
		d.muted = *want.Muted
	}
	d.broadcastReceiver(req.id)
}

// multizone answers as a group of one.
func (d *device) multizone(req *request) {
	if req.kind != "GET_STATUS" {
		d.invalid(req, "INVALID_COMMAND")
		return
	}
	self := map[string]any{
		"capabilities": d.cfg.Capabilities, "deviceId": d.cfg.ID, "name": d.cfg.Name, "volume": d.volume(),
	}
	d.reply(req, map[string]any{
		"type": "MULTIZONE_STATUS", "requestId": req.id,
		"status": map[string]any{"devices": []any{self}, "isMultichannel": false},
	})
}

type receiverStatus struct {
	RequestID int64  `json:"requestId"`
	Status    status `json:"status"`
	Type      string `json:"type"`
}

type status struct {
	Applications []application `json:"applications,omitempty"`
	UserEq       struct{}      `json:"userEq"`
	Volume       volume        `json:"volume"`
}

type application struct {
	AppID             string      `json:"appId"`
	AppType           string      `json:"appType"`
	DisplayName       string      `json:"displayName"`
	IconURL           string      `json:"iconUrl"`
	IsIdleScreen      bool        `json:"isIdleScreen"`
	LaunchedFromCloud bool        `json:"launchedFromCloud"`
	Namespaces        []namespace `json:"namespaces,omitempty"`
	SenderConnected   bool        `json:"senderConnected"`
	SessionID         string      `json:"sessionId"`
	StatusText        string      `json:"statusText"`
	TransportID       string      `json:"transportId,omitempty"`
	UniversalAppID    string      `json:"universalAppId"`
}

type namespace struct {
	Name string `json:"name"`
}

type volume struct {
	ControlType  string  `json:"controlType,omitempty"`
	Level        float64 `json:"level"`
	Muted        bool    `json:"muted"`
	StepInterval float64 `json:"stepInterval,omitempty"`
}

// noisy is x as a device tells it that keeps a float32.
func noisy(x float64) float64 { return float64(float32(x)) }

func (d *device) volume() volume {
	return volume{
		ControlType: d.cfg.VolumeControl, Level: noisy(d.level), Muted: d.muted, StepInterval: noisy(d.cfg.VolumeStep),
	}
}

func (d *device) receiverStatus(requestID int64) receiverStatus {
	out := receiverStatus{RequestID: requestID, Type: "RECEIVER_STATUS", Status: status{Volume: d.volume()}}
	if a := d.app; a != nil {
		names := make([]namespace, 0, len(a.namespaces))
		for _, n := range a.namespaces {
			names = append(names, namespace{n})
		}
		shown := application{
			AppID: a.id, AppType: "WEB", DisplayName: a.name, IsIdleScreen: a.id == wire.Backdrop,
			Namespaces: names, SenderConnected: a.senders, SessionID: a.transport, StatusText: d.statusText(),
			TransportID: a.transport, UniversalAppID: a.id,
		}
		if a.aloof {
			shown.TransportID, shown.Namespaces = "", nil
		}
		out.Status.Applications = []application{shown}
	}
	return out
}

// statusText is what a person reads: the app's name, or "Casting: " and the title.
func (d *device) statusText() string {
	if d.idle() {
		return ""
	}
	if d.session != nil {
		if title := d.session.current().title(); title != "" {
			return "Casting: " + title
		}
	}
	return d.app.name
}

// broadcastReceiver tells every sender what runs. requestID is that of the request which changed it, else 0.
func (d *device) broadcastReceiver(requestID int64) {
	d.announceStatus()
	d.broadcast(wire.PlatformReceiver, wire.Receiver, d.receiverStatus(requestID))
}
