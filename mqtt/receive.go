package mqtt

import (
	"time"

	"localcast/bridge"
)

// receive handles a message that was published just now. It runs on the connection's own goroutine and never waits.
func (c *Client) receive(topic string, payload []byte, commands func(bridge.Command)) {
	to, ok := c.topics.parse(topic)
	if !ok || len(payload) == 0 {
		return
	}
	c.log.Debug("received", "topic", topic, "bytes", len(payload))
	r := c.topics.decode(to, payload)
	if r.Err != nil {
		c.refuse(r)
		return
	}
	if r.Reply.transaction != nil {
		r.Reply.key = keyOf(topic, payload)
		answers, first := c.repeats.begin(r.Reply.key, time.Now())
		if !first {
			c.log.Debug("received again", "topic", topic)
			c.post(answers...)
			return
		}
	}
	r.Command.Origin = r.Reply
	commands(r.Command)
}

// refuse answers a command that could not be decoded.
func (c *Client) refuse(r request) {
	device := r.Reply.device
	if topic, ok := c.known(device); ok {
		device = topic
	}
	speech := "Something in that command is not right"
	if !r.Reply.known {
		speech = "I do not know that command"
	}
	c.Answer(bridge.Answer{
		Command: bridge.Command{Name: r.Reply.name, Origin: r.Reply},
		Device:  device, Err: r.Err, Speech: speech,
	})
}
