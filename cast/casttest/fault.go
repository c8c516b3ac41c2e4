package casttest

import (
	"encoding/binary"
	"net"
	"sync/atomic"
	"time"

	"localcast/cast/wire"
)

// A network is how slow the device's network is. It may be used from any goroutine.
type network struct{ fetches, links atomic.Int64 } // bytes per second, 0 without bound

// overhead is about what a frame has beside its payload.
const overhead = 100

// carries is how long a message of n bytes is on its way over a link, in real time.
func (n *network) carries(size int) time.Duration { return duration(size+overhead, n.links.Load()) }

// fetched is how long size bytes of media are on their way, in device time.
func (n *network) fetched(size int) time.Duration { return duration(size, n.fetches.Load()) }

func duration(size int, perSecond int64) time.Duration {
	if perSecond <= 0 {
		return 0
	}
	return time.Duration(float64(size) / float64(perSecond) * float64(time.Second))
}

// SetBandwidth bounds what each fetch carries, in bytes per second of device time, and each sender's link, in bytes per
// second of real time. 4096 is a network on which a film starves; 0 takes the bound away.
func (r *Receiver) SetBandwidth(bytesPerSecond int64) {
	r.dev.network.fetches.Store(bytesPerSecond)
	r.dev.network.links.Store(bytesPerSecond)
}

// SetSilent makes the device hang, or takes that back: it says nothing and hears nothing, on no link and by mDNS, and
// whoever connects waits for the TLS handshake. What plays goes on. The links are there again afterwards, without what was
// said meanwhile.
func (r *Receiver) SetSilent(silent bool) {
	r.steer(func() {
		d := r.dev
		if silent == (d.speaks != nil) {
			return
		}
		if silent {
			d.speaks = make(chan struct{})
		} else {
			close(d.speaks)
			d.speaks = nil
		}
		for l := range d.links {
			l.mute.Store(silent)
		}
		d.announce()
	})
}

// PowerOff takes the plug out: what plays is gone, and nobody is told. No link ends; they lie dead, and the first word on
// one after PowerOn is answered by a reset. Who connects meanwhile is reset at once, which is sooner than by a device
// that is really off. mDNS says no goodbye. Until PowerOn nothing else changes the receiver but Close.
func (r *Receiver) PowerOff() {
	r.steer(func() {
		d := r.dev
		for l := range d.links {
			d.forget(l)
			l.reset = true
		}
		for t := range d.timers {
			d.stop(t)
		}
		d.leaveApp()
		d.app = d.idleApp()
		d.lastSession, d.lastItem = 0, 0
		if d.speaks != nil {
			close(d.speaks)
			d.speaks = nil
		}
		d.launchFault.held = nil
		d.announced = ""
		d.on = false
		d.log.Info("power off")
	})
}

// PowerOn ends PowerOff. The device knows its name and volume still; its session and item ids begin anew.
func (r *Receiver) PowerOn() {
	r.dev.ask(func() {
		if !r.dev.on {
			r.dev.on = true
			r.dev.log.Info("power on")
			r.dev.announce()
		}
	})
}

// forget leaves a link lying dead.
func (d *device) forget(l *link) {
	l.mute.Store(true)
	delete(d.links, l)
}

// unheard is called for what comes on a mute link.
func (d *device) unheard(l *link) {
	if l.reset && d.on {
		l.close()
	}
}

// Move gives the device another address, that of ln, which it takes over; mDNS tells it. What plays goes on. A device
// leaves its links lying dead, as after a new lease of DHCP. A group has got another leader, with another host name, and
// its links are cut. The error is ErrClosed.
func (r *Receiver) Move(ln net.Listener) error {
	moved := r.dev.ask(func() {
		d := r.dev
		r.home.Close()
		r.listen(ln)
		for l := range d.links {
			if r.cfg.Kind == Group {
				l.close()
			} else {
				d.forget(l)
			}
		}
		if r.cfg.Kind == Group {
			d.host = randomID(false)
		}
		d.announce()
		d.log.Info("moved", "remote", ln.Addr().String())
	})
	if !moved {
		ln.Close()
		return ErrClosed
	}
	return nil
}

// LoseFinished has the next FINISHED be told to nobody, as when it fell into a gap of the link. Only what comes after it
// shows that an item has ended: the queue's next one, or an empty answer to GET_STATUS.
func (r *Receiver) LoseFinished() { r.steer(func() { r.dev.loseFinished = true }) }

// RefuseQueue has the device know no queue messages, or know them again: each is answered by INVALID_REQUEST. LOAD and
// QUEUE_LOAD work.
func (r *Receiver) RefuseQueue(refuse bool) { r.steer(func() { r.dev.refuseQueue = refuse }) }

// A launchFault is how LAUNCH goes wrong.
type launchFault struct {
	times  int    // how many more are refused
	reason string // "" answers with CLOSE
	ask    bool   // the person in front of the device is asked
	held   []*request
}

// RefuseLaunch has the next times LAUNCHes answered by LAUNCH_ERROR with a reason: CANCELLED, NOT_FOUND, BAD_PARAMETER,
// SYSTEM_ERROR or CAST_INIT_TIMEOUT. Without a reason the answer is CLOSE, as groups were seen to give, and the sender
// must CONNECT anew.
func (r *Receiver) RefuseLaunch(times int, reason string) {
	r.steer(func() { r.dev.launchFault.times, r.dev.launchFault.reason = times, reason })
}

// HoldLaunch has each LAUNCH wait for AnswerLaunch: the LAUNCH_STATUS says USER_PENDING_AUTHORIZATION.
func (r *Receiver) HoldLaunch() { r.steer(func() { r.dev.launchFault.ask = true }) }

// AnswerLaunch ends HoldLaunch: the person in front of the device allows what waits, or does not.
func (r *Receiver) AnswerLaunch(allow bool) {
	r.steer(func() {
		held := r.dev.launchFault.held
		r.dev.launchFault.ask, r.dev.launchFault.held = false, nil
		for _, req := range held {
			if !allow {
				r.dev.launchStatus(req, "USER_NOT_ALLOWED")
				continue
			}
			r.dev.launchStatus(req, "USER_ALLOWED")
			r.dev.runPlayer(req)
		}
	})
}

// SetLaunchDelay is how long an app takes to start from now on, in device time.
func (r *Receiver) SetLaunchDelay(d time.Duration) { r.steer(func() { r.dev.launchDelay = d }) }

// launchGoesWrong answers a LAUNCH that is to go wrong, or keeps it waiting.
func (d *device) launchGoesWrong(req *request) bool {
	switch f := &d.launchFault; {
	case f.times > 0 && f.reason == "":
		f.times--
		d.sendClose(req.from, req.peer, req.sender)
	case f.times > 0:
		f.times--
		d.reply(req, map[string]any{"type": "LAUNCH_ERROR", "requestId": req.id, "reason": f.reason})
	case f.ask && len(f.held) < maxHeld:
		f.held = append(f.held, req)
		d.launchStatus(req, "USER_PENDING_AUTHORIZATION")
	default:
		return false
	}
	return true
}

// maxHeld bounds the launches that wait for a person.
const maxHeld = 16

// TakeOverAloof is TakeOver by an app with which no sender can speak, since it tells neither transportId nor namespaces:
// Netflix, YouTube started by DIAL, or wire.GroupLeader on the own port of a device that leads a group.
func (r *Receiver) TakeOverAloof(appID, name string) {
	r.steer(func() {
		r.dev.startApp(appID, name)
		r.dev.app.aloof = true
		r.dev.broadcastReceiver(0)
	})
}

// SendRaw sends bytes as they are on every link.
func (r *Receiver) SendRaw(b []byte) {
	r.steer(func() {
		for l := range r.dev.links {
			if err := l.sendFrame(b); err != nil {
				r.dev.log.Warn("bytes not sent", "remote", l.remote, "err", err)
			}
		}
	})
}

// SendBinary sends every sender a well-formed frame with a binary payload in each namespace that has texts.
func (r *Receiver) SendBinary() {
	for _, namespace := range []string{wire.Connection, wire.Heartbeat, wire.Receiver, wire.Media, wire.Multizone} {
		r.sendMessage(wire.Message{
			Source: wire.PlatformReceiver, Destination: wire.Broadcast, Namespace: namespace, Binary: []byte{0, 255, 1},
		})
	}
}

// SendGarbage sends every sender a frame of the right length whose body is no CastMessage.
func (r *Receiver) SendGarbage() { r.SendRaw([]byte{0, 0, 0, 8, 255, 255, 255, 255, 0, 255, 0, 255}) }

// SendOversize sends every sender a frame of one byte more than is allowed.
func (r *Receiver) SendOversize() {
	r.SendRaw(append(binary.BigEndian.AppendUint32(nil, wire.MaxFrame+1), make([]byte, wire.MaxFrame+1)...))
}

// SendOdd sends every sender messages as devices were seen to send them, or other senders made them send: members of
// another type than usual, null, or missing. None says anything that is not so already.
func (r *Receiver) SendOdd() {
	app := r.Snapshot().SessionID
	for _, text := range oddMessages() {
		r.sendMessage(wire.Message{
			Source: wire.PlatformReceiver, Destination: wire.Broadcast, Namespace: wire.Receiver, Text: text,
		})
		if app != "" {
			r.sendMessage(wire.Message{Source: app, Destination: wire.Broadcast, Namespace: wire.Media, Text: text})
		}
	}
}

func (r *Receiver) sendMessage(m wire.Message) {
	frame, err := wire.Append(nil, m)
	if err != nil { // none of them is too long
		r.cfg.Log.Error("frame not made", "device", r.cfg.Name, "err", err)
		return
	}
	r.SendRaw(frame)
}

// oddMessages are what SendOdd sends.
func oddMessages() []string {
	return []string{
		"", "null", "[]", "7", `"PING"`, `{}`, `{"type":5}`, `{"type":null,"requestId":"x"}`, `{"type":[]}`,
		`{"type":"RECEIVER_STATUS"}`, `{"type":"RECEIVER_STATUS","status":[]}`, `{"type":"RECEIVER_STATUS","status":7,"requestId":{}}`,
		`{"type":"MEDIA_STATUS"}`, `{"type":"MEDIA_STATUS","status":{}}`, `{"type":"MEDIA_STATUS","status":[5,null,"x"]}`,
		`{"type":"LAUNCH_STATUS","launchRequestId":"x","status":1}`, `{"type":"LAUNCH_ERROR","requestId":[1],"reason":null}`,
		`{"type":"LOAD_FAILED","requestId":"x","detailedErrorCode":[]}`, `{"type":"LOAD_CANCELLED","requestId":{},"itemId":"y"}`,
		`{"type":"INVALID_REQUEST","requestId":null,"reason":{}}`, `{"type":"QUEUE_CHANGE","changeType":1,"itemIds":"x"}`,
		`{"responseType":"GET_APP_AVAILABILITY","availability":[]}`, `{"type":"MULTIZONE_STATUS","status":{"devices":"x"}}`,
	}
}
