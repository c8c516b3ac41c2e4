package mqtt

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"localcast/bridge"
)

// accessList is the hook of a broker that refuses as Mosquitto does: it acknowledges what it drops.
type accessList struct {
	mochi.HookBase
	writing, reading []string // the topics on which that is refused
}

func (a *accessList) ID() string { return "access list" }

func (a *accessList) Provides(event byte) bool {
	return event == mochi.OnConnectAuthenticate || event == mochi.OnACLCheck || event == mochi.OnPublish
}

func (a *accessList) OnConnectAuthenticate(*mochi.Client, packets.Packet) bool { return true }

func (a *accessList) OnACLCheck(_ *mochi.Client, topic string, write bool) bool {
	return write || !slices.Contains(a.reading, topic)
}

func (a *accessList) OnPublish(_ *mochi.Client, p packets.Packet) (packets.Packet, error) {
	if slices.Contains(a.writing, p.TopicName) {
		return p, packets.CodeSuccessIgnore
	}
	return p, nil
}

// bubble runs a client in a bubble, on a broker with an access list. reconnect breaks its connection and waits for another.
func bubble(t *testing.T, cfg Config, list accessList, log *flow) (reconnect func()) {
	t.Helper()
	server := mochi.New(&mochi.Options{Logger: quietly()})
	if err := server.AddHook(&list, nil); err != nil {
		t.Fatal(err)
	}
	if err := server.Serve(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	c, err := New(cfg, log.logger())
	if err != nil {
		t.Fatal(err)
	}
	var last net.Conn
	c.dial = func(context.Context) (net.Conn, error) {
		ours, theirs := net.Pipe()
		last = theirs
		go server.EstablishConnection("pipe", theirs)
		return ours, nil
	}
	c.State(playing)
	start(t, func(ctx context.Context) error { return c.Run(ctx, func(bridge.Command) {}) })
	return func() {
		last.Close()
		<-time.After(lastRetry)
		synctest.Wait()
	}
}

func TestWhatDoesNotComeBackIsToldOnce(t *testing.T) {
	const availability, discovery = "localcast/bridge/availability", "homeassistant/device/localcast_bridge/config"
	deaf := announcing
	deaf.Discovery = false
	for _, row := range []struct {
		name string
		cfg  Config
		list accessList
		want []string
	}{
		{"everything is allowed", announcing, accessList{}, nil},
		{"discovery must not be written", announcing, accessList{writing: []string{discovery}}, []string{discovery}},
		{"the availability must not be written", announcing, accessList{writing: []string{availability}}, []string{availability}},
		{"neither must be written", announcing, accessList{writing: []string{availability, discovery}}, []string{availability, discovery}},
		{"discovery is refused and not used", deaf, accessList{writing: []string{discovery}}, nil},
		{"a subscription is refused, which is told already", announcing, accessList{reading: []string{discovery}}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := newFlow()
				reconnect := bubble(t, row.cfg, row.list, log)
				told := func() int {
					synctest.Wait()
					return strings.Count(log.String(), "the broker drops what is published here")
				}
				<-time.After(echoTime - time.Millisecond)
				if n := told(); n != 0 {
					t.Errorf("it is told %d times too early:\n%s", n, log)
				}
				<-time.After(time.Second)
				for _, topic := range row.want {
					if strings.Count(log.String(), "access list\" topic="+topic) != 1 {
						t.Errorf("%s is not told:\n%s", topic, log)
					}
				}
				reconnect()
				<-time.After(2 * echoTime)
				if n := told(); n != len(row.want) {
					t.Errorf("%d topics are told, want %d, once each:\n%s", n, len(row.want), log)
				}
				if !strings.Contains(log.String(), "the broker was lost") {
					t.Error("there was only one connection")
				}
			})
		})
	}
}

func TestMosquittoThatRefusesDiscovery(t *testing.T) {
	t.Parallel()
	list := filepath.Join(t.TempDir(), "acl")
	if err := os.WriteFile(list, []byte("topic readwrite localcast/#\ntopic deny homeassistant/#\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	// With a queue without bounds Mosquitto 2.0 would disconnect whoever publishes what it refuses.
	url, _ := mosquitto(t, "max_queued_messages 1000", "acl_file "+list)
	ear := listen(t, url, "localcast/#")
	cfg := announcing
	cfg.Broker = url
	log := newFlow()
	obey(t, cfg, log.logger())
	if got := topicsOf(ear.until("bridge/availability", online)); got != whole {
		t.Errorf("published:\n%s\nwant:\n%s", got, whole)
	}
	ear.publish("kitchen/command/pause", "PRESS")
	if got := ear.await("kitchen/response/pause"); !strings.Contains(got, `"status":"ok"`) {
		t.Errorf("got %s", got)
	}
	log.await(t, "the broker drops what is published here")
	if !strings.Contains(log.String(), "topic=homeassistant/device/localcast_bridge/config") {
		t.Errorf("the topic is not named:\n%s", log)
	}
	if got := ear.await("bridge/log"); !strings.Contains(got, "homeassistant/device/localcast_bridge/config") {
		t.Errorf("the log topic says %s", got)
	}
}
