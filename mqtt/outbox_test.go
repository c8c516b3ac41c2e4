package mqtt

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// departure is a message that left an outbox, and when.
type departure struct {
	message
	at time.Duration // since the bubble began
}

// office empties an outbox as a session does, with a broker that takes everything at once.
type office struct {
	o    *outbox
	ack  func(message) // hears of each message that the broker has
	t0   time.Time
	stop chan struct{}
	done chan struct{}

	mu   sync.Mutex // no channel orders two takes with nothing between them
	left []departure
}

// open starts to empty o. It must be called in a bubble.
func open(o *outbox) *office { return openFor(o, o.acknowledged) }

func openFor(o *outbox, ack func(message)) *office {
	p := &office{o: o, ack: ack, t0: time.Now(), stop: make(chan struct{}), done: make(chan struct{})}
	go p.run()
	synctest.Wait()
	return p
}

func (p *office) run() {
	defer close(p.done)
	for {
		m, ok, wait := p.o.next(time.Now(), false)
		if ok {
			p.mu.Lock()
			p.left = append(p.left, departure{m, time.Since(p.t0)})
			p.mu.Unlock()
			p.ack(m)
			continue
		}
		var due <-chan time.Time
		if wait > 0 {
			due = time.After(wait)
		}
		select {
		case <-p.stop:
			return
		case <-p.o.wake:
		case <-due:
		}
	}
}

// take lets d pass and returns what left since the last call.
func (p *office) take(d time.Duration) []departure {
	<-time.After(d)
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	left := p.left
	p.left = nil
	return left
}

func (p *office) close() {
	close(p.stop)
	<-p.done
}

// told names departures as "topic=payload", without the base.
func told(left []departure) []string {
	var names []string
	for _, d := range left {
		names = append(names, strings.TrimPrefix(d.topic, "localcast/")+"="+string(d.payload))
	}
	return names
}

func expect(t *testing.T, got []departure, want ...string) {
	t.Helper()
	if !slices.Equal(told(got), want) {
		t.Errorf("left:\n %s\nwant:\n %s", strings.Join(told(got), "\n "), strings.Join(want, "\n "))
	}
}

// inBubble runs a test with an outbox that has a session and nothing to say.
func inBubble(t *testing.T, test func(t *testing.T, o *outbox)) {
	synctest.Test(t, func(t *testing.T) {
		o := newOutbox(contract)
		o.begin()
		test(t, o)
	})
}

func reply1(payload string) message {
	return message{topic: "localcast/kitchen/response/play", payload: []byte(payload), qos: 1, answer: true}
}

func TestStatesArePaced(t *testing.T) {
	inBubble(t, func(t *testing.T, o *outbox) {
		p := open(o)
		defer p.close()
		// A slider moves: 200 states in two seconds.
		for i := range 200 {
			o.put("kitchen", leafState, []byte(strconv.Itoa(i)))
			<-time.After(10 * time.Millisecond)
		}
		left := p.take(time.Second)
		if left[0].at != 0 || string(left[0].payload) != "0" {
			t.Errorf("the first state left as %s after %v, want it at once", left[0].payload, left[0].at)
		}
		if last := left[len(left)-1]; string(last.payload) != "199" || last.at > 2200*time.Millisecond {
			t.Errorf("the last state left as %s after %v", last.payload, last.at)
		}
		for i := range left {
			inSecond := 0
			for _, d := range left[i:] {
				if d.at < left[i].at+time.Second {
					inSecond++
				}
			}
			if inSecond > 10 {
				t.Errorf("%d states in the second from %v", inSecond, left[i].at)
			}
		}
		if len(left) < 14 {
			t.Errorf("only %d states left", len(left))
		}
	})
}

func TestPaceIsOfOneDevice(t *testing.T) {
	inBubble(t, func(t *testing.T, o *outbox) {
		p := open(o)
		defer p.close()
		for i := range 50 {
			o.put("device"+strconv.Itoa(i), leafState, []byte("x"))
		}
		if left := p.take(0); len(left) != 50 {
			t.Errorf("%d states of 50 devices left at once", len(left))
		}
	})
}

func TestPaceOfTheBridge(t *testing.T) {
	for leaf, pace := range map[string]time.Duration{leafLibrary: time.Second, leafStreams: 5 * time.Second} {
		inBubble(t, func(t *testing.T, o *outbox) {
			p := open(o)
			defer p.close()
			for i := range 110 {
				o.put(onBridge, leaf, []byte(strconv.Itoa(i)))
				<-time.After(100 * time.Millisecond)
			}
			left := p.take(10 * time.Second)
			for i := 1; i < len(left); i++ {
				if gap := left[i].at - left[i-1].at; gap < pace {
					t.Errorf("%s: two messages in %v", leaf, gap)
				}
			}
			if got := string(left[len(left)-1].payload); got != "109" || left[0].at != 0 {
				t.Errorf("%s: first after %v, last %s", leaf, left[0].at, got)
			}
			if want := int(11*time.Second/pace) + 1; len(left) < want-1 || len(left) > want+1 {
				t.Errorf("%s: %d messages in 11 s", leaf, len(left))
			}
		})
	}
}

func TestOrder(t *testing.T) {
	type step = func(o *outbox)
	put := func(leaf, payload string) step { return func(o *outbox) { o.put("kitchen", leaf, []byte(payload)) } }
	post := func(payload string) step { return func(o *outbox) { o.post(reply1(payload)) } }
	for name, row := range map[string]struct {
		steps []step
		want  []string
	}{
		"an answer leaves before the state it caused": {
			[]step{post("ok"), put(leafState, "playing")},
			[]string{"kitchen/response/play=ok", "kitchen/state=playing"},
		},
		"and a state told before it leaves before it": {
			[]step{put(leafState, "buffering"), post("ok")},
			[]string{"kitchen/state=buffering", "kitchen/response/play=ok"},
		},
		"a state that waits does not carry what an answer caused past it": {
			[]step{put(leafState, "buffering"), post("ok"), put(leafState, "playing")},
			[]string{"kitchen/response/play=ok", "kitchen/state=playing"},
		},
		"the queue leaves before the state that counts in it": {
			[]step{put(leafQueue, "q1"), put(leafState, "s1"), put(leafQueue, "q2"), put(leafState, "s2")},
			[]string{"kitchen/queue=q2", "kitchen/state=s2"},
		},
		"also when the queue changed after the state": {
			[]step{put(leafState, "s1"), put(leafQueue, "q2"), put(leafState, "s2")},
			[]string{"kitchen/queue=q2", "kitchen/state=s2"},
		},
		"coming online: state, then availability": {
			[]step{put(leafState, "idle"), put(leafAvailability, online)},
			[]string{"kitchen/state=idle", "kitchen/availability=online"},
		},
		"coming online with a state that changes again": {
			[]step{put(leafState, "idle"), put(leafAvailability, online), post("ok"), put(leafState, "playing")},
			[]string{"kitchen/response/play=ok", "kitchen/state=playing", "kitchen/availability=online"},
		},
		"going offline: availability, then state": {
			[]step{put(leafState, "playing"), put(leafAvailability, offline), put(leafState, "off")},
			[]string{"kitchen/availability=offline", "kitchen/state=off"},
		},
		"a chosen entry after its queue, a chosen result after its search": {
			[]step{put(leafSelectQueue, "None"), put(leafSelectResults, "None"), put(leafQueue, "q"), put(leafSearch, "s")},
			[]string{"kitchen/queue=q", "kitchen/select/queue=None", "kitchen/search=s", "kitchen/select/results=None"},
		},
		"answers keep their order": {
			[]step{post("1"), post("2"), put(leafState, "s"), post("3")},
			[]string{"kitchen/response/play=1", "kitchen/response/play=2", "kitchen/state=s", "kitchen/response/play=3"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, o *outbox) {
				for _, s := range row.steps {
					s(o)
				}
				p := open(o)
				defer p.close()
				expect(t, p.take(time.Second), row.want...)
			})
		})
	}
}

func TestSameIsNotToldAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, o *outbox) {
		p := open(o)
		defer p.close()
		o.put("kitchen", leafArtwork, []byte("http://a"))
		expect(t, p.take(time.Second), "kitchen/artwork=http://a")
		o.put("kitchen", leafArtwork, []byte("http://a"))
		expect(t, p.take(time.Second))
		o.put("kitchen", leafArtwork, []byte("http://b"))
		expect(t, p.take(time.Second), "kitchen/artwork=http://b")
	})
}

func TestConnectTellsEverythingInTheOrderOfTheContract(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOutbox(contract)
		for _, leaf := range []string{leafDevices, leafSearch, leafInfo, leafPlaylists, leafStreams, leafLibrary} {
			o.put(onBridge, leaf, []byte("x"))
		}
		for _, device := range []string{"kitchen", "attic"} {
			for _, leaf := range slices.Backward(leaves(device)) {
				o.put(device, leaf, []byte("x"))
			}
		}
		want := []string{
			"attic/availability", "attic/state", "attic/queue", "attic/search", "attic/artwork", "attic/select/queue",
			"attic/select/results",
			"kitchen/availability", "kitchen/state", "kitchen/queue", "kitchen/search", "kitchen/artwork", "kitchen/select/queue",
			"kitchen/select/results",
			"bridge/info", "bridge/library", "bridge/streams", "bridge/playlists", "bridge/devices", "bridge/search",
		}
		for i := range want {
			want[i] += "=x"
		}
		for range 2 { // a second connection is told the same, at once
			o.begin()
			p := open(o)
			expect(t, p.take(0), want...)
			p.close()
			o.end(nil)
		}
	})
}

func TestAnswersOutliveAConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, o *outbox) {
		o.post(reply1("sent"), message{topic: "localcast/kitchen/event", payload: []byte("e1")}, reply1("waiting"))
		sent, _, _ := o.next(time.Now(), false)
		o.end([]message{sent})
		o.post(message{topic: "localcast/kitchen/event", payload: []byte("e2")}, reply1("later"))
		o.put("kitchen", leafState, []byte("s"))
		o.begin()
		p := open(o)
		defer p.close()
		expect(t, p.take(0), "kitchen/response/play=sent", "kitchen/response/play=waiting", "kitchen/response/play=later",
			"kitchen/state=s")
	})
}

func TestAnswersAreBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, o *outbox) {
		o.end(nil)
		told := 0
		for i := range maxAnswers + 5 {
			if o.post(reply1(strconv.Itoa(i))) {
				told++
			}
		}
		if told != 1 {
			t.Errorf("the overflow is told %d times, want once", told)
		}
		if dropped := o.begin(); dropped != 5 {
			t.Errorf("%d answers dropped, want 5", dropped)
		}
		p := open(o)
		defer p.close()
		left := p.take(0)
		if len(left) != maxAnswers || string(left[0].payload) != "5" {
			t.Errorf("%d answers left, from %s on; want the latest %d", len(left), left[0].payload, maxAnswers)
		}
	})
}

func TestAFloodOnAConnectionIsBounded(t *testing.T) {
	for _, row := range []struct {
		name        string
		answers     int
		payload     string
		left, fresh int // how many wait in the end, and which is the oldest
	}{
		{"as many as may wait", maxLetters, "", maxLetters, 0},
		{"more than may wait", maxLetters + 5, "", maxLetters, 5},
		{"larger than may wait", 20, strings.Repeat("x", maxBytes/10), 9, 11},
		{"one that is larger than all", 3, strings.Repeat("x", maxBytes), 1, 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, o *outbox) {
				o.begin()
				for i := range row.answers {
					o.post(reply1(strconv.Itoa(i) + row.payload))
				}
				p := open(o)
				defer p.close()
				left := p.take(0)
				if len(left) != row.left || !strings.HasPrefix(string(left[0].payload), strconv.Itoa(row.fresh)) {
					t.Errorf("%d answers left, from %.10s on; want %d from %d on", len(left), left[0].payload, row.left, row.fresh)
				}
			})
		})
	}
}

func TestClearedTopicsAreForgottenOnceTheBrokerHasHeard(t *testing.T) {
	inBubble(t, func(t *testing.T, o *outbox) {
		o.put("kitchen", leafState, []byte("s"))
		p := open(o)
		p.take(0)
		p.close()
		o.end(nil)
		o.clear("kitchen") // while there is no broker
		if o.has("kitchen") {
			t.Error("a device that is gone is still known")
		}
		o.begin()
		p = open(o)
		expect(t, p.take(0), "kitchen/availability=", "kitchen/state=", "kitchen/queue=", "kitchen/search=", "kitchen/artwork=",
			"kitchen/select/queue=", "kitchen/select/results=")
		p.close()
		o.end(nil)
		o.begin()
		p = open(o)
		expect(t, p.take(time.Second))
		o.put("kitchen", leafState, []byte("s")) // it came again, as new
		expect(t, p.take(time.Second), "kitchen/state=s")
		p.close()
	})
}

func TestLogIsPacedAndBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, o *outbox) {
		p := open(o)
		defer p.close()
		for i := range 3 * maxLogs {
			o.log(message{topic: "localcast/bridge/log", payload: []byte(strconv.Itoa(i))})
		}
		left := p.take(time.Minute)
		if len(left) < maxLogs || len(left) > maxLogs+1 {
			t.Errorf("%d lines left", len(left))
		}
		for i := range left {
			if at := time.Duration(i) * logPace; left[i].at != at {
				t.Errorf("line %d left after %v, want %v", i, left[i].at, at)
			}
		}
	})
}

func TestHurryKeepsNoPace(t *testing.T) {
	inBubble(t, func(t *testing.T, o *outbox) {
		for i := range 20 {
			o.put("kitchen", leafState, []byte(strconv.Itoa(i)))
			if _, ok, _ := o.next(time.Now(), true); !ok {
				t.Fatalf("state %d waits", i)
			}
		}
		o.put(onBridge, leafStreams, []byte("1"))
		o.next(time.Now(), false)
		o.put(onBridge, leafStreams, []byte("2"))
		if m, ok, _ := o.next(time.Now(), true); !ok || string(m.payload) != "2" {
			t.Errorf("the last of the streams waits")
		}
	})
}

// FuzzOutbox plays any sequence of tellings and departures and holds what must be true: at the end the broker has the last
// payload of each topic; the queue never lags behind the state that was told with it; no more than ten states in a second.
func FuzzOutbox(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7})
	f.Add([]byte{1, 0, 7, 7, 1, 0, 3, 1, 0, 6, 2, 7, 7, 7})
	f.Fuzz(func(t *testing.T, steps []byte) {
		o := newOutbox(contract)
		o.begin()
		now := noon
		version := 0
		broker := make(map[string]string)
		var states []time.Time
		depart := func(hurry bool) bool {
			m, ok, _ := o.next(now, hurry)
			if !ok {
				return false
			}
			if m.retained {
				broker[m.topic] = string(m.payload)
			}
			if m.topic == "localcast/kitchen/state" {
				if queue := broker["localcast/kitchen/queue"]; number0(queue) < number0(string(m.payload)) {
					t.Fatalf("state %s left while the queue is at %q", m.payload, queue)
				}
				if states = append(states, now); !hurry && len(states) > 10 && now.Sub(states[len(states)-11]) < time.Second {
					t.Fatal("eleven states in a second")
				}
			}
			return true
		}
		for _, s := range steps {
			switch s % 8 {
			case 0:
				o.put("kitchen", leafState, fmt.Append(nil, version))
			case 1:
				version++
				o.put("kitchen", leafQueue, fmt.Append(nil, version))
			case 2:
				o.put("kitchen", leafAvailability, []byte(online))
			case 3:
				o.put("kitchen", leafAvailability, []byte(offline))
			case 4:
				o.post(reply1("x"))
			case 5:
				now = now.Add(time.Duration(s) * time.Millisecond)
			default:
				depart(false)
			}
		}
		for depart(true) {
		}
		for leaf, s := range o.lanes["kitchen"] {
			if broker[s.topic] != string(s.payload) {
				t.Errorf("the broker has %q of %s, want %q", broker[s.topic], leaf, s.payload)
			}
		}
	})
}

func number0(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

func TestRepeats(t *testing.T) {
	r := newRepeats()
	k := keyOf("localcast/kitchen/command/play", []byte(`{"transaction":1}`))
	begin := func(k key, at time.Duration) (string, bool) {
		answers, first := r.begin(k, noon.Add(at))
		if len(answers) == 0 {
			return "", first
		}
		return string(answers[0].payload), first
	}
	for _, row := range []struct {
		what   string
		do     func() (string, bool)
		answer string
		first  bool
	}{
		{"the first time", func() (string, bool) { return begin(k, 0) }, "", true},
		{"again while under way", func() (string, bool) { return begin(k, 1) }, "", false},
		{"again when answered", func() (string, bool) { r.done(k, []message{reply1("ok")}); return begin(k, 2) }, "ok", false},
		{"another topic", func() (string, bool) {
			return begin(keyOf("localcast/hall/command/play", []byte(`{"transaction":1}`)), 3)
		}, "", true},
		{"just within the time", func() (string, bool) { return begin(k, repeatTime-1) }, "ok", false},
		{"when the time is over", func() (string, bool) { return begin(k, repeatTime) }, "", true},
		{"after busy", func() (string, bool) { r.done(k, nil); return begin(k, repeatTime+1) }, "", true},
	} {
		if answer, first := row.do(); answer != row.answer || first != row.first {
			t.Errorf("%s: %q, %v; want %q, %v", row.what, answer, first, row.answer, row.first)
		}
	}
	for i := range 2 * maxRepeats {
		r.begin(keyOf("x", []byte(strconv.Itoa(i))), noon.Add(repeatTime))
	}
	if len(r.known) > maxRepeats || len(r.age) > maxRepeats {
		t.Errorf("%d commands are remembered, want at most %d", len(r.known), maxRepeats)
	}
}
