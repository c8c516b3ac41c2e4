package cast

import (
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"localcast/bridge"
	"localcast/bridge/media"
	"localcast/cast/wire"
)

// rig drives one session by hand: what the device says goes in, what is sent and told is kept.
type rig struct {
	t    *testing.T
	s    *session
	now  time.Time
	sent []sentMessage
	told []any // bridge.Done, bridge.Ended and bridge.Status in their order
}

type sentMessage struct {
	to, namespace string
	object
}

func (r *rig) Status(s bridge.Status) { r.told = append(r.told, s) }
func (r *rig) Ended(e bridge.Ended)   { r.told = append(r.told, e) }
func (r *rig) Done(d bridge.Done)     { r.told = append(r.told, d) }

func newRig(t *testing.T) *rig {
	r := &rig{t: t, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	r.s = &session{
		self: "sender-1", name: "Kitchen", host: "192.0.2.20", tell: r, log: slog.New(slog.DiscardHandler),
		opened: func() {},
		say: func(to, namespace string, o object) error {
			text, err := o.encode()
			if err != nil {
				return err
			}
			if o, err = parse(text); err != nil {
				return err
			}
			r.sent = append(r.sent, sentMessage{to, namespace, o})
			return nil
		},
	}
	r.s.begin(r.now)
	return r
}

// says lets the device say something to us; @n in it becomes the request id of the last message of that type: @LOAD.
func (r *rig) says(from, namespace, text string) {
	r.t.Helper()
	r.saysTo("sender-1", from, namespace, text)
}

func (r *rig) saysTo(to, from, namespace, text string) {
	r.t.Helper()
	for _, m := range slices.Backward(r.sent) {
		_, isRequest := m.whole("requestId")
		if mark := "@" + m.text("type"); isRequest && strings.Contains(text, mark+",") {
			text = strings.ReplaceAll(text, mark+",", m.text("requestId")+",")
		}
	}
	if err := r.s.handle(wire.Message{Source: from, Destination: to, Namespace: namespace, Text: text}, r.now); err != nil {
		r.t.Fatalf("%s: %v", text, err)
	}
}

func (r *rig) receiver(text string) {
	r.t.Helper()
	r.saysTo("*", wire.PlatformReceiver, wire.Receiver, text)
}
func (r *rig) media(text string) { r.t.Helper(); r.saysTo("*", "app-1", wire.Media, text) }

func (r *rig) do(o bridge.Order) { r.s.do(o, r.now) }

func (r *rig) after(d time.Duration) {
	r.t.Helper()
	r.now = r.now.Add(d)
	if err := r.s.expire(r.now); err != nil {
		r.t.Fatal(err)
	}
}

// wantTold asks for exactly these reports since the last call, as short words.
func (r *rig) wantTold(want ...string) {
	r.t.Helper()
	var got []string
	for _, v := range r.told {
		got = append(got, brief(v))
	}
	r.told = nil
	if !reflect.DeepEqual(got, want) {
		r.t.Errorf("told\n%s\nwanted\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// wantSent asks for exactly these messages since the last call: "to type".
func (r *rig) wantSent(want ...string) {
	r.t.Helper()
	var got []string
	for _, m := range r.sent {
		if got = append(got, m.to+" "+m.text("type")); m.text("type") == "" {
			r.t.Errorf("a message without a type: %v", m.object)
		}
	}
	if !reflect.DeepEqual(got, want) {
		r.t.Errorf("sent %q, wanted %q", got, want)
	}
}

func (r *rig) forget() { r.sent, r.told = nil, nil }

func brief(v any) string {
	tag := func(t *bridge.Tag) string {
		if t == nil {
			return "-"
		}
		return fmt.Sprintf("%s/%d", t.Entry, t.Serial)
	}
	switch v := v.(type) {
	case bridge.Done:
		if v.Fail != nil {
			return fmt.Sprintf("done %d %s: %s", v.Serial, v.Fail.Kind, v.Fail.Message)
		}
		return fmt.Sprintf("done %d", v.Serial)
	case bridge.Ended:
		then := ""
		if v.Next != nil {
			then = " then " + tag(v.Next)
		}
		if v.Overtaken {
			then += " overtaken"
		}
		return strings.TrimSpace(fmt.Sprintf("ended %s %s at %v%s %s", tag(v.Tag), v.Reason, v.Position, then, v.Message))
	case bridge.Status:
		switch {
		case !v.Online:
			return "offline"
		case v.Media != nil:
			return fmt.Sprintf("%s %s at %v", v.Media.State, tag(v.Media.Tag), v.Media.Position)
		case v.Idle:
			return "idle screen"
		case !v.Asked:
			return "app " + v.App + ", asking"
		}
		return "app " + v.App
	}
	return "?"
}

const (
	idleScreen = `{"type":"RECEIVER_STATUS","requestId":0,"status":{"volume":{"level":0.35,"muted":false,"controlType":"attenuation"}}}`
	ourApp     = `{"type":"RECEIVER_STATUS","requestId":0,"status":{"applications":[{"appId":"CC1AD845",` +
		`"displayName":"Default Media Receiver","sessionId":"s1","transportId":"app-1",` +
		`"namespaces":[{"name":"urn:x-cast:com.google.cast.media"}]}],"volume":{"level":0.35,"muted":false}}}`
	// follower is a member of a group, as it tells the group's app.
	follower = `{"type":"RECEIVER_STATUS","requestId":0,"status":{"applications":[{"appId":"705D30C6","universalAppId":"CC1AD845",` +
		`"displayName":"Default Media Receiver","sessionId":"s3","transportId":"app-3",` +
		`"namespaces":[{"name":"urn:x-cast:com.google.cast.media"}]}]}}`
	otherApp = `{"type":"RECEIVER_STATUS","requestId":0,"status":{"applications":[{"appId":"233637DE",` +
		`"displayName":"YouTube","sessionId":"s2","transportId":"","namespaces":[]}]}}`
)

func order(serial uint64, kind bridge.OrderKind) bridge.Order {
	o := bridge.Order{Serial: serial, Kind: kind}
	if kind == bridge.OrderLoad {
		o.Load = &bridge.Load{
			Tag:  bridge.Tag{Bridge: "b", Entry: fmt.Sprintf("e%d", serial), Serial: serial},
			Item: media.Item{Kind: media.Movie, Title: "Film", Duration: 100}, URL: "http://192.0.2.10:8010/film.mp4",
			ContentType: "video/mp4",
		}
	}
	return o
}

// status is a MEDIA_STATUS of session 1 with our customData of that serial.
func status(state string, serial int, more string) string {
	return fmt.Sprintf(`{"type":"MEDIA_STATUS","requestId":0,"status":[{"mediaSessionId":%d,"playerState":%q,"currentTime":0,`+
		`"media":{"contentId":"http://192.0.2.10:8010/film.mp4","duration":100,`+
		`"customData":{"bridge":"b","entry":"e%[1]d","serial":%[1]d}}%[3]s}]}`, serial, state, more)
}

// online is a rig whose device is idle; playing one on which our load with serial 1 plays.
func online(t *testing.T) *rig {
	r := newRig(t)
	r.receiver(idleScreen)
	r.wantTold("idle screen")
	r.forget()
	return r
}

func playing(t *testing.T) *rig {
	r := online(t)
	r.do(order(1, bridge.OrderLoad))
	r.receiver(ourApp)
	r.media(status("PLAYING", 1, ""))
	r.forget()
	return r
}
