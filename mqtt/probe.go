package mqtt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"time"
)

// ErrSecondBridge says that another bridge lives on the same broker under the same base topic.
var ErrSecondBridge = errors.New("another bridge uses this base topic on the broker")

// How long a probe waits.
const (
	settleTime = 500 * time.Millisecond // for retained messages after the SUBACK
	pingTime   = 2 * time.Second        // for the other bridge to answer
)

// Probe looks, on a connection of its own, for a bridge with another id than id that is online under cfg's base topic and
// answers. Then its error wraps ErrSecondBridge; any other error says that the broker could not be asked. It publishes
// nothing but, where such a bridge seems to be there, one ping to it. It takes at most about 15 seconds.
func Probe(ctx context.Context, cfg Config, id string) error {
	c, err := New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	p := probe{Client: c, heard: make(chan message, 100), nonce: "probe-" + strconv.FormatUint(rand.Uint64(), 36)}
	if p.link, err = c.connect(ctx, cfg.ClientID+"_probe", nil, p.hear); err != nil {
		return fmt.Errorf("look for another bridge: %w", err)
	}
	defer p.link.leave()
	other, err := p.look(ctx)
	if err != nil || other == "" || other == id {
		return err
	}
	other, err = p.ping(ctx)
	if err != nil || other == "" || other == id {
		return err
	}
	return fmt.Errorf("%w: %s answers below %s; give this bridge its own mqtt.client_id and mqtt.base_topic",
		ErrSecondBridge, other, cfg.BaseTopic)
}

// probe is one look for another bridge.
type probe struct {
	*Client
	link  *link
	heard chan message // bounded; what does not fit is not needed
	nonce string       // the transaction of the ping
}

// hear takes what the broker sends.
func (p *probe) hear(topic string, payload []byte, _ bool) {
	select {
	case p.heard <- message{topic: topic, payload: payload}:
	default:
	}
}

// unnamed is the id of a bridge that is online without telling who it is.
const unnamed = "a bridge without an id"

// look returns the id of the bridge that is said to be online, "" for none.
func (p *probe) look(ctx context.Context) (id string, err error) {
	info := p.topics.of(onBridge, leafInfo)
	token := p.link.subscribe(p.topics.availability(), info, p.topics.response(onBridge, "ping"))
	select {
	case <-token.Done():
	case <-time.After(subackTime):
		return "", fmt.Errorf("look for another bridge: no answer to a subscription in %v", subackTime)
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if err := token.Error(); err != nil {
		return "", fmt.Errorf("look for another bridge: %w", err)
	}
	said, settled := "", false
	after := time.After(settleTime)
	for !settled && (said == "" || said == online && id == "") {
		select {
		case m := <-p.heard:
			if m.topic == info {
				id = infoID(m.payload)
			} else if m.topic == p.topics.availability() {
				said = string(m.payload)
			}
		case <-after:
			settled = true
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	switch {
	case said != online:
		return "", nil
	case id == "":
		return unnamed, nil
	}
	return id, nil
}

// infoID is the id in the payload of the info topic, "" for none.
func infoID(payload []byte) string {
	var told struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(payload, &told) != nil {
		return ""
	}
	return told.ID
}

// ping returns the id of the bridge that answers a ping, "" if none does in time.
func (p *probe) ping(ctx context.Context) (id string, err error) {
	payload, err := marshal(map[string]string{"transaction": p.nonce})
	if err != nil {
		return "", err
	}
	p.link.publish(message{topic: p.topics.of(onBridge, "command/ping"), payload: payload, qos: 1})
	late := time.After(pingTime)
	for {
		select {
		case m := <-p.heard:
			var told struct {
				Transaction string `json:"transaction"`
				Data        struct {
					ID string `json:"id"`
				} `json:"data"`
			}
			if json.Unmarshal(m.payload, &told) == nil && told.Transaction == p.nonce {
				return told.Data.ID, nil
			}
		case <-late:
			return "", nil
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}
