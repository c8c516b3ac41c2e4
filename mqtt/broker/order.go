package broker

import (
	"crypto/subtle"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// errSlow is why a client is disconnected that does not take what it subscribed to.
var errSlow = errors.New("the client takes its messages too slowly")

// order is the hook by which the broker says who may connect and keeps messages in order.
//
// mochi retains a message, delivers it and delivers retained messages to a new subscriber on the goroutines of the clients
// that take part, with nothing between them. So a subscriber may get a new message and then, marked as retained, the one
// before it; and two publishers may leave one message retained and the other one delivered last. Here whoever does any of
// this holds mu, and under it nothing waits for a client: messages go into the clients' queues. Who lets its queue run full
// would miss a message and go on with the one before it for ever; it is disconnected instead, and told everything when it
// comes back.
type order struct {
	mochi.HookBase
	server   *mochi.Server
	turns    *turns
	username []byte // nil: everybody may connect
	password []byte
	log      *slog.Logger

	mu      sync.Mutex
	courier *mochi.Client // publishes in the name of whoever holds mu
	full    bool          // it was logged that too much is retained
	// holder is the client that holds mu from the SUBACK to the end of its SUBSCRIBE; nil while none does.
	holder atomic.Pointer[mochi.Client]
}

func newOrder(server *mochi.Server, turns *turns, cfg Config, log *slog.Logger) *order {
	o := &order{server: server, turns: turns, log: log, courier: server.NewClient(nil, mochi.LocalListener, "", true)}
	if cfg.Username != "" {
		o.username, o.password = []byte(cfg.Username), []byte(cfg.Password)
	}
	return o
}

// ID names the hook.
func (o *order) ID() string { return "order" }

// Provides lists the events that the hook wants to see.
func (o *order) Provides(event byte) bool {
	switch event {
	case mochi.OnConnectAuthenticate, mochi.OnConnect, mochi.OnACLCheck, mochi.OnSubscribe, mochi.OnPublish,
		mochi.OnPacketSent, mochi.OnPacketProcessed, mochi.OnWill, mochi.OnWillSent, mochi.OnPublishDropped,
		mochi.OnSessionEstablish, mochi.OnSessionEstablished, mochi.OnDisconnect:
		return true
	}
	return false
}

// OnConnectAuthenticate compares in constant time.
func (o *order) OnConnectAuthenticate(_ *mochi.Client, pk packets.Packet) bool {
	if o.username == nil {
		return true
	}
	user := subtle.ConstantTimeCompare(pk.Connect.Username, o.username)
	password := subtle.ConstantTimeCompare(pk.Connect.Password, o.password)
	return user&password == 1
}

// OnConnect makes every session end with its connection, and every will come at once: mochi sends delayed ones, and the
// messages of a resumed session, in an order of its own.
func (o *order) OnConnect(cl *mochi.Client, _ packets.Packet) error {
	cl.Properties.Clean = true
	cl.Properties.Will.WillDelayInterval = 0
	return nil
}

// OnSessionEstablish waits until no other connection of the client is coming or going.
func (o *order) OnSessionEstablish(cl *mochi.Client, _ packets.Packet) {
	o.turns.take(cl.ID, cl.Net.Conn.(*conn))
}

// OnSessionEstablished lets others of the client come.
func (o *order) OnSessionEstablished(cl *mochi.Client, _ packets.Packet) {
	o.turns.give(cl.Net.Conn.(*conn))
}

// OnDisconnect waits until no other connection of the client is coming or going. The listener ends this turn.
func (o *order) OnDisconnect(cl *mochi.Client, _ error, _ bool) {
	o.turns.take(cl.ID, cl.Net.Conn.(*conn))
}

// OnACLCheck allows everything. mochi asks before each delivery, which is where a client that acknowledges nothing shows.
func (o *order) OnACLCheck(cl *mochi.Client, _ string, write bool) bool {
	if !write && cl.State.Inflight.Len() >= maxPending {
		cl.Stop(errSlow)
		return false
	}
	return true
}

// OnPublishDropped ends a client whose queue is full.
func (o *order) OnPublishDropped(cl *mochi.Client, _ packets.Packet) { cl.Stop(errSlow) }

// OnSubscribe grants QoS 0 to clients of MQTT 5 that take only few messages at a time: mochi sets aside what is beyond
// that, and takes it up again in any order.
func (o *order) OnSubscribe(cl *mochi.Client, pk packets.Packet) packets.Packet {
	if most := cl.Properties.Props.ReceiveMaximum; most > 0 && most < maxPending {
		filters := append(packets.Subscriptions(nil), pk.Filters...)
		for i := range filters {
			filters[i].Qos = 0
		}
		pk.Filters = filters
	}
	return pk
}

// OnPublish retains and delivers the packet under mu, and lets mochi do no more than acknowledge it.
func (o *order) OnPublish(cl *mochi.Client, pk packets.Packet) (packets.Packet, error) {
	if cl.Net.Inline {
		return pk, nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	out := pk
	out.Properties.TopicAlias, out.Properties.TopicAliasFlag = 0, false
	if out.FixedHeader.Retain && len(out.Payload) > 0 && !o.room(out.TopicName) {
		out.FixedHeader.Retain = false
	}
	o.courier.ID = cl.ID
	o.courier.Properties.ProtocolVersion = cl.Properties.ProtocolVersion
	if err := o.server.InjectPacket(o.courier, out); err != nil {
		return pk, err
	}
	return pk, packets.CodeSuccessIgnore
}

// room reports whether a message on topic can be retained.
func (o *order) room(topic string) bool {
	if o.server.Topics.Retained.Len() < maxRetained {
		return true
	}
	if _, ok := o.server.Topics.Retained.Get(topic); ok {
		return true
	}
	if !o.full {
		o.full = true
		o.log.Error("the embedded broker retains no more topics: clear some, or use a broker of your own", "topic", topic)
	}
	return false
}

// OnPacketSent takes mu once a SUBACK is written. What mochi does from then to the end of the SUBSCRIBE is to read the
// retained messages and to queue them for the client.
func (o *order) OnPacketSent(cl *mochi.Client, pk packets.Packet, _ []byte) {
	if pk.FixedHeader.Type == packets.Suback {
		o.mu.Lock()
		o.holder.Store(cl)
	}
}

// OnPacketProcessed gives mu back at the end of a SUBSCRIBE.
func (o *order) OnPacketProcessed(cl *mochi.Client, pk packets.Packet, _ error) {
	if pk.FixedHeader.Type == packets.Subscribe && o.holder.CompareAndSwap(cl, nil) {
		o.mu.Unlock()
	}
}

// OnWill takes mu for the publishing of a will, which OnWillSent ends.
func (o *order) OnWill(_ *mochi.Client, will mochi.Will) (mochi.Will, error) {
	o.mu.Lock()
	return will, nil
}

// OnWillSent gives mu back.
func (o *order) OnWillSent(*mochi.Client, packets.Packet) { o.mu.Unlock() }
