package casttest_test

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.uber.org/goleak"

	"localcast/cast/casttest"
	"localcast/cast/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait of a test in real time.
const patience = 10 * time.Second

// obj is a JSON object.
type obj = map[string]any

// sender is a Chromecast sender in its simplest form. One goroutine, the reader, feeds in.
type sender struct {
	t    *testing.T
	id   string
	conn net.Conn
	in   chan wire.Message
	gone chan error // gets the reader's error
	next int
}

// dial connects id to the receiver without any CONNECT.
func dial(t *testing.T, r *casttest.Receiver, id string) *sender {
	t.Helper()
	raw, err := net.Dial("tcp", r.Addr())
	if err != nil {
		t.Fatal(err)
	}
	return newSender(t, raw, id)
}

func newSender(t *testing.T, raw net.Conn, id string) *sender {
	s := &sender{
		t: t, id: id, conn: tls.Client(raw, &tls.Config{InsecureSkipVerify: true}),
		in: make(chan wire.Message, 10_000), gone: make(chan error, 1),
	}
	go func() {
		for {
			m, err := wire.Read(s.conn)
			if err != nil {
				s.gone <- err
				close(s.in)
				return
			}
			s.in <- m
		}
	}()
	t.Cleanup(func() { raw.Close() })
	return s
}

// send sends one message.
func (s *sender) send(to, namespace, text string) {
	s.t.Helper()
	frame, err := wire.Append(nil, wire.Message{Source: s.id, Destination: to, Namespace: namespace, Text: text})
	if err == nil {
		_, err = s.conn.Write(frame)
	}
	if err != nil {
		s.t.Fatalf("send %s: %v", text, err)
	}
}

// ask sends a request and returns its id.
func (s *sender) ask(to, namespace, kind string, fields obj) int {
	s.t.Helper()
	s.next++
	body := obj{"type": kind, "requestId": s.next}
	for k, v := range fields {
		body[k] = v
	}
	text, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	s.send(to, namespace, string(text))
	return s.next
}

func (s *sender) connect(to string) { s.send(to, wire.Connection, `{"type":"CONNECT"}`) }

// event is one message that came, its JSON taken apart.
type event struct {
	wire.Message
	Type              string
	RequestID         int
	LaunchRequestID   int
	ResponseType      string
	Reason            string
	DetailedErrorCode int
	ItemID            int
	Availability      map[string]string
	Status            json.RawMessage
}

// media is the event's media status; the zero value if it has none.
func (e event) media() (m mediaStatus) {
	var all []mediaStatus
	if json.Unmarshal(e.Status, &all) == nil && len(all) > 0 {
		m = all[0]
	}
	return m
}

// state is playerState, and idleReason or LOADING behind a slash where there is one.
func (e event) state() string {
	m := e.media()
	switch {
	case m.IdleReason != "":
		return m.PlayerState + "/" + m.IdleReason
	case m.ExtendedStatus != nil:
		return m.PlayerState + "/" + m.ExtendedStatus.PlayerState
	}
	return m.PlayerState
}

type mediaStatus struct {
	MediaSessionID  int
	PlayerState     string
	IdleReason      string
	CurrentTime     float64
	PlaybackRate    float64
	CurrentItemID   int
	LoadingItemID   int
	PreloadedItemID int
	RepeatMode      string
	ActiveTrackIDs  []int
	ExtendedStatus  *struct{ PlayerState string }
	Media           *struct {
		ContentID, MediaCategory string
		Duration                 *float64
		CustomData               json.RawMessage
	}
	Items []struct {
		ItemID     int
		OrderID    int
		CustomData json.RawMessage
	}
}

// receiver is the event's receiver status.
func (e event) receiver() (r receiverStatus) {
	json.Unmarshal(e.Status, &r)
	return r
}

type receiverStatus struct {
	Applications []struct {
		AppID, DisplayName, SessionID, TransportID, StatusText string
		IsIdleScreen, SenderConnected                          bool
		Namespaces                                             []struct{ Name string }
	}
	Volume struct {
		Level, StepInterval float64
		Muted               bool
		ControlType         string
	}
}

// await returns the next message that ok likes; what comes before is dropped.
func (s *sender) await(what string, ok func(event) bool) event {
	s.t.Helper()
	timeout := time.After(patience)
	var seen []string
	for {
		select {
		case m, open := <-s.in:
			if !open {
				s.t.Fatalf("link ended while waiting for %s; came: %q", what, seen)
			}
			e := event{Message: m}
			if m.Text != "" {
				if err := json.Unmarshal([]byte(m.Text), &e); err != nil {
					s.t.Fatalf("%s: %v", m.Text, err)
				}
			}
			if ok(e) {
				return e
			}
			seen = append(seen, m.Text)
		case <-timeout:
			s.t.Fatalf("no %s; came: %q", what, seen)
		}
	}
}

// answer returns the message with the request's id.
func (s *sender) answer(id int) event {
	s.t.Helper()
	return s.await(fmt.Sprintf("answer to %d", id), func(e event) bool { return e.RequestID == id })
}

// awaitState returns the next media status in that state.
func (s *sender) awaitState(state string) event {
	s.t.Helper()
	return s.await(state, func(e event) bool { return e.Type == "MEDIA_STATUS" && e.state() == state })
}

// awaitGone waits until the receiver has ended the link.
func (s *sender) awaitGone() {
	s.t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case <-s.gone:
			return
		case <-s.in:
		case <-timeout:
			s.t.Fatal("the link is still there")
		}
	}
}

// launch starts the Default Media Receiver, connects to it and returns its transport.
func (s *sender) launch() string {
	s.t.Helper()
	s.connect(wire.PlatformReceiver)
	id := s.ask(wire.PlatformReceiver, wire.Receiver, "LAUNCH", obj{"appId": wire.DefaultMediaReceiver})
	e := s.answer(id)
	apps := e.receiver().Applications
	if len(apps) != 1 || apps[0].AppID != wire.DefaultMediaReceiver {
		s.t.Fatalf("LAUNCH is answered by %s", e.Text)
	}
	s.connect(apps[0].TransportID)
	return apps[0].TransportID
}

// load sends LOAD of a URL and returns its request id.
func (s *sender) load(app, url, contentType string, more obj) int {
	s.t.Helper()
	fields := obj{"autoplay": true, "media": obj{
		"contentId": url, "contentType": contentType, "streamType": "BUFFERED",
		"metadata": obj{"metadataType": 0, "title": "Film"}, "customData": obj{"entry": 7},
	}}
	for k, v := range more {
		fields[k] = v
	}
	return s.ask(app, wire.Media, "LOAD", fields)
}

// start starts a receiver that ends with the test.
func start(t *testing.T, cfg casttest.Config) *casttest.Receiver {
	t.Helper()
	r, err := casttest.NewReceiver(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// serve serves a file to whoever asks, with ranges.
func serve(t *testing.T, name string, content []byte) (url string) {
	t.Helper()
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, name, time.Time{}, newReader(content))
	})
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL + "/" + name
}
