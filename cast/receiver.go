package cast

import (
	"math"

	"localcast/cast/wire"
)

// receiver is what RECEIVER_STATUS tells of a device: its volume and the app that runs.
type receiver struct {
	volume       int // 0 to 100
	muted, fixed bool
	app          app // the zero app is none, or the idle screen
}

// app is what runs on a receiver.
type app struct {
	id, name, session string
	transport         string // "" for an app to which nothing can be sent
	standard          bool   // it is the Default Media Receiver
	media             bool   // it speaks the media namespace
	member            bool   // it plays what a group plays that the device is in
}

// controllable reports whether media messages reach the app. Apps without a transport or with no namespaces are real: a
// group's leader on its own port, Netflix, YouTube started from the television.
func (a app) controllable() bool { return a.transport != "" && a.media }

// ready reports whether a LOAD can be sent to it.
func (a app) ready() bool { return a.standard && a.controllable() }

// merge takes the status of a RECEIVER_STATUS. A volume that is not told stays; an absent list of applications is the idle
// screen, one that is no list at all says nothing.
func (r *receiver) merge(status object) {
	volume := status.object("volume")
	if level, ok := volume.number("level"); ok {
		r.volume = int(math.Round(100 * min(max(level, 0), 1)))
	}
	if muted, ok := volume.flag("muted"); ok {
		r.muted = muted
	}
	if kind := volume.text("controlType"); kind != "" {
		r.fixed = kind == "fixed"
	}
	apps, known := status.list("applications")
	if !known && status["applications"] != nil {
		return
	}
	r.app = foremost(apps)
}

// foremost returns the app that counts: the first to which media messages can be sent, else the first that is not the
// idle screen.
func foremost(apps []object) app {
	var first app
	for _, o := range apps {
		a := newApp(o)
		if idle, _ := o.flag("isIdleScreen"); idle || a.id == wire.Backdrop || a.id == "" {
			continue
		}
		if a.controllable() {
			return a
		}
		if first.id == "" {
			first = a
		}
	}
	return first
}

func newApp(o object) app {
	a := app{id: o.text("appId"), name: o.text("displayName"), session: o.text("sessionId"), transport: o.text("transportId")}
	// A native app on Android TV has an appId of its own and tells the one it stands for beside it.
	a.standard = a.id == wire.DefaultMediaReceiver || o.text("universalAppId") == wire.DefaultMediaReceiver
	namespaces, _ := o.list("namespaces")
	if a.member = a.id == wire.GroupFollower || a.id == wire.GroupLeader; a.member {
		a.standard, namespaces = false, nil // there is nothing that can be controlled
	}
	for _, n := range namespaces {
		a.media = a.media || n.text("name") == wire.Media
	}
	return a
}
