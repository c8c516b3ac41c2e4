package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"localcast/cast/casttest"
	"localcast/mqtt/broker"
)

const (
	// killsEnv is how often the program is killed, plainKills where it is not set, and in one evening; seedEnv repeats the
	// choices of the first.
	killsEnv, plainKills = "LOCALCAST_KILLS", 20
	seedEnv              = "LOCALCAST_KILL_SEED"
	// waiting is how many entries there always are that have not played, so that something stands ahead at all times.
	waiting = 4
)

// TestKilledInTheEvening kills the program again and again, at any moment of an evening of commands, while the simulated
// Chromecast plays on. No change that was acknowledged is lost, and the Chromecast's own log shows that each entry that was
// not removed has started once, and that nothing was loaded while the right thing played.
func TestKilledInTheEvening(t *testing.T) {
	kills, seed := plainKills, uint64(time.Now().UnixNano())
	if n, err := strconv.Atoi(os.Getenv(killsEnv)); err == nil {
		kills = n
	}
	if n, err := strconv.ParseUint(os.Getenv(seedEnv), 10, 64); err == nil {
		seed = n
	}
	for ; kills > 0; kills -= plainKills {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Logf("to repeat its choices: %s=%d", seedEnv, seed)
			e := newKillEvening(t, seed)
			e.begin()
			for range min(kills, plainKills) {
				e.round()
			}
			e.last()
			e.judge()
		})
		seed++
	}
}

// killEvening is a household whose program dies often.
type killEvening struct {
	*home
	random *rand.Rand
	songs  string // where they are served
	config string

	program *exec.Cmd
	died    chan struct{} // closed when the program has ended
	from    int           // what was heard since it was started

	asked    int
	queue    []string        // the entries as they must be by what was acknowledged
	maybe    string          // what the command without an answer would have done: "add", or "remove e7", or "move e7"
	known    map[string]bool // every entry there ever was
	removed  map[string]bool
	nexts    int // how many times next was sent: each may interrupt once
	repeat   string
	revision int
}

func newKillEvening(t *testing.T, seed uint64) *killEvening {
	t.Helper()
	e := &killEvening{
		home:   &home{t: t, dir: t.TempDir(), log: &logBuffer{}},
		random: rand.New(rand.NewPCG(seed, 0)), known: map[string]bool{}, removed: map[string]bool{}, repeat: "off",
	}
	b, err := broker.New(broker.Config{Listen: "127.0.0.1:0"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	songs := httptest.NewServer(http.HandlerFunc(serveSong))
	t.Cleanup(songs.Close)
	e.broker, e.songs = b.Addr().String(), songs.URL
	// Nothing here ends by the clock: the songs last for hours, and nobody loses patience.
	if e.tv, err = casttest.NewReceiver(casttest.Config{
		Name: "Küche TV", ReadAhead: 64 << 10, IdleTimeout: -1, PauseTimeout: -1, Silence: -1,
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.tv.Close)
	if err := os.Mkdir(filepath.Join(e.dir, "media"), 0o755); err != nil {
		t.Fatal(err)
	}
	e.home.config(false)
	e.config = filepath.Join(e.dir, "config.yaml")
	text, err := os.ReadFile(e.config)
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, "homeassistant: {enabled: false}\n"...)
	e.write("config.yaml", text)
	e.listen()
	return e
}

// serveSong serves ten hours of silence.
func serveSong(w http.ResponseWriter, r *http.Request) {
	const size = 10 * 3600 * 8000
	head := casttest.WAV(0)
	binary.LittleEndian.PutUint32(head[4:], 36+size)
	binary.LittleEndian.PutUint32(head[40:], size)
	w.Header().Set("Content-Type", "audio/wav")
	http.ServeContent(w, r, "", time.Time{}, io.NewSectionReader(silence(head), 0, int64(len(head)+size)))
}

// silence is a file that begins with some bytes, and zeros after them.
type silence []byte

func (s silence) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	if off < int64(len(s)) {
		copy(p, s[off:])
	}
	return len(p), nil
}

// start runs the program.
func (e *killEvening) start() {
	e.t.Helper()
	e.from = e.ear.mark()
	e.program, e.died = exec.Command(os.Args[0], "-config", e.config), make(chan struct{})
	e.program.Env = append(os.Environ(), asProgram+"=1")
	e.program.Stdout, e.program.Stderr = e.log, e.log
	if err := e.program.Start(); err != nil {
		e.t.Fatal(err)
	}
	program, died := e.program, e.died
	go func() {
		_ = program.Wait() // it was killed
		close(died)
	}()
	e.t.Cleanup(func() {
		_ = program.Process.Kill() // it may have ended
		<-died
	})
}

// hear waits for a message since the program was started, or for the program's end: then everything that it had said has
// been heard, since the broker tells its will last.
func (e *killEvening) hear(from int, what func(heard) bool) (payload string, ok bool) {
	e.t.Helper()
	timeout := time.NewTimer(4 * patience)
	defer timeout.Stop()
	look := func() (string, bool) {
		e.ear.mu.Lock()
		defer e.ear.mu.Unlock()
		for _, m := range e.ear.heard[from:] {
			if what(m) {
				return m.payload, true
			}
		}
		return "", false
	}
	died := e.died
	for {
		wasOnline, gone := e.fate()
		if payload, ok := look(); ok {
			return payload, true
		}
		if died == nil && (gone || !wasOnline) {
			return "", false
		}
		select {
		case <-e.ear.news:
		case <-died:
			died = nil
		case <-timeout.C:
			e.t.Fatalf("the program said nothing fitting:\n%s", e.log)
		}
	}
}

// fate reports whether the program has come so far that the broker will tell of its end, and whether that was heard: maybe
// before the command that waits for an answer. What comes before it was online is told of the one before it.
func (e *killEvening) fate() (wasOnline, gone bool) {
	e.ear.mu.Lock()
	defer e.ear.mu.Unlock()
	for _, m := range e.ear.heard[e.from:] {
		if m.topic == "bridge/availability" {
			gone = wasOnline && m.payload == "offline"
			wasOnline = wasOnline || m.payload == "online"
		}
	}
	return wasOnline, gone
}

// ready waits until the program obeys, and has met the Chromecast; false if it dies first. It is asked for something that
// changes nothing until it says yes: what was published may be a late word of the one before it.
func (e *killEvening) ready() bool {
	e.t.Helper()
	from, mark := e.ear.mark(), fmt.Sprintf(`"ready%d-`, e.asked)
	deadline := time.After(4 * patience)
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		e.asked++
		e.ear.say("kuche_tv/command/mute", fmt.Sprintf(`{"muted":false,"transaction":%s%d"}`, mark, e.asked))
		select {
		case <-again.C:
		case <-e.died:
			e.hear(e.from, func(heard) bool { return false })
			return false
		case <-deadline:
			e.t.Fatalf("the program never obeys:\n%s", e.log)
		}
		e.ear.mu.Lock()
		obeys := slices.ContainsFunc(e.ear.heard[from:], func(m heard) bool {
			return m.topic == "kuche_tv/response/mute" && strings.Contains(m.payload, mark) && strings.Contains(m.payload, `"status":"ok"`)
		})
		e.ear.mu.Unlock()
		if obeys {
			return true
		}
	}
}

type killAnswer struct {
	Status      string
	Transaction string
	Error       *struct{ Code, Message string }
	Data        struct {
		Revision, Length int
		Entry            *string
		Entries          []json.RawMessage
	}
}

// ask sends a command and returns its answer; false if the program dies without one.
func (e *killEvening) ask(command string, arguments map[string]any) (a killAnswer, ok bool) {
	e.t.Helper()
	e.asked++
	id := fmt.Sprint("t", e.asked)
	if arguments == nil {
		arguments = map[string]any{}
	}
	arguments["transaction"] = id
	payload, err := json.Marshal(arguments)
	if err != nil {
		e.t.Fatal(err)
	}
	from := e.ear.mark()
	e.ear.say("kuche_tv/command/"+command, string(payload))
	_, ok = e.hear(from, func(m heard) bool {
		if m.topic != "kuche_tv/response/"+command || !strings.Contains(m.payload, `"`+id+`"`) {
			return false
		}
		a = decode[killAnswer](e.t, m.payload)
		return a.Transaction == id
	})
	return a, ok
}

// begin fills the queue and plays it.
func (e *killEvening) begin() {
	e.t.Helper()
	e.start()
	if !e.ready() {
		e.t.Fatalf("the program does not start:\n%s", e.log)
	}
	for i := range 2 * waiting {
		if a, ok := e.ask("queue_add", e.song(i)); !ok || a.Status != "ok" {
			e.t.Fatalf("queue_add answered %+v", a)
		}
	}
	e.believe()
	if a, ok := e.ask("play", nil); !ok || a.Status != "ok" {
		e.t.Fatalf("play answered %+v", a)
	}
	e.kill()
}

func (e *killEvening) song(n int) map[string]any {
	return map[string]any{"url": fmt.Sprintf("%s/%d.wav", e.songs, n), "title": fmt.Sprint("Song ", n)}
}

// kill ends the program, and waits until all that it had said is heard.
func (e *killEvening) kill() {
	e.t.Helper()
	_ = e.program.Process.Kill() // it may have ended
	e.hear(e.from, func(heard) bool { return false })
}

// round starts the program, lets things happen, and kills it somewhere among them.
func (e *killEvening) round() {
	e.t.Helper()
	e.start()
	program := e.program
	kill := func(within time.Duration) {
		time.AfterFunc(time.Duration(e.random.Int64N(int64(within))), func() {
			_ = program.Process.Kill() // it may have ended
		})
	}
	if e.random.IntN(4) == 0 { // while it starts
		kill(300 * time.Millisecond)
		e.hear(e.from, func(heard) bool { return false })
		return
	}
	if !e.ready() {
		e.t.Fatalf("the program does not start:\n%s", e.log)
	}
	kill(250 * time.Millisecond)
	if !e.remembers() || !e.compare() {
		return
	}
	if e.tv.Snapshot().MediaSessionID == 0 { // a load was lost with the program: the queue waits
		if _, ok := e.ask("play", nil); !ok {
			return
		}
	}
	for e.step() {
	}
}

// list asks for the queue.
func (e *killEvening) list() (entries []string, ok bool) {
	e.t.Helper()
	a, ok := e.ask("queue_list", map[string]any{"limit": 500})
	for _, raw := range a.Data.Entries {
		entries = append(entries, decode[struct{ Entry string }](e.t, string(raw)).Entry)
	}
	if ok && a.Data.Revision < e.revision {
		e.t.Errorf("revision %d, %d was acknowledged", a.Data.Revision, e.revision)
	}
	e.revision = max(e.revision, a.Data.Revision)
	return entries, ok
}

// believe takes the queue for what it is now.
func (e *killEvening) believe() bool {
	e.t.Helper()
	entries, ok := e.list()
	if !ok {
		return false
	}
	e.learn(entries)
	return true
}

func (e *killEvening) learn(entries []string) {
	for _, id := range e.queue {
		e.removed[id] = e.removed[id] || !slices.Contains(entries, id)
	}
	for _, id := range entries {
		e.known[id] = true
	}
	e.queue, e.maybe = entries, ""
}

// compare holds the queue against what was acknowledged; what nobody answered may have happened or not. false if the program
// dies before it has told.
func (e *killEvening) compare() bool {
	e.t.Helper()
	entries, ok := e.list()
	if !ok {
		return false
	}
	what, which, _ := strings.Cut(e.maybe, " ")
	for _, id := range e.queue {
		if !slices.Contains(entries, id) && (what != "remove" || id != which) {
			e.t.Errorf("%s is lost: the queue is %v, acknowledged was %v", id, entries, e.queue)
		}
	}
	added := 0
	for _, id := range entries {
		if !slices.Contains(e.queue, id) {
			added++
		}
	}
	if added > 1 || added == 1 && what != "add" {
		e.t.Errorf("the queue is %v, acknowledged was %v", entries, e.queue)
	}
	// The order of those to come; the receiver alone is true about what has begun.
	started := e.started()
	common := func(from, in []string) (out []string) {
		for _, id := range from {
			if slices.Contains(in, id) && started[id] == 0 && (what != "move" || id != which) {
				out = append(out, id)
			}
		}
		return out
	}
	if got, want := common(entries, e.queue), common(e.queue, entries); !slices.Equal(got, want) {
		e.t.Errorf("the order of what comes is %v, acknowledged was %v", got, want)
	}
	e.learn(entries)
	return true
}

// remembers holds what else was acknowledged against what the program tells first.
func (e *killEvening) remembers() bool {
	e.t.Helper()
	state, ok := e.hear(e.from, func(m heard) bool { return m.topic == "kuche_tv/state" && !m.retained })
	if !ok {
		return false
	}
	if got := decode[deviceState](e.t, state).Repeat; e.repeat != "" && got != e.repeat {
		e.t.Errorf("repeat is %s, acknowledged was %s", got, e.repeat)
	}
	return true
}

// started is how often each entry has begun to play on the Chromecast.
func (e *killEvening) started() map[string]int {
	out := map[string]int{}
	for _, l := range e.tv.Loads() {
		if l.Began {
			out[entryOf(e.t, l)]++
		}
	}
	return out
}

func entryOf(t *testing.T, l casttest.LoadRecord) string {
	t.Helper()
	return decode[struct{ Entry string }](t, string(l.CustomData)).Entry
}

// waits are the entries that have not begun, in their order.
func (e *killEvening) waits() (out []string) {
	started := e.started()
	for _, id := range e.queue {
		if started[id] == 0 {
			out = append(out, id)
		}
	}
	return out
}

// step lets one thing happen; false if the program has died.
func (e *killEvening) step() bool {
	e.t.Helper()
	waits := e.waits()
	few := len(waits) <= waiting
	switch n := e.random.IntN(12); {
	case few || n == 0:
		return e.add()
	case n <= 2:
		return e.remove(waits[e.random.IntN(len(waits))])
	case n <= 4:
		return e.move(waits[e.random.IntN(len(waits))])
	case n == 5:
		// Whoever asks for the next one means the one behind what plays: what has just been asked of the Chromecast, or has just
		// ended there, would be passed over unheard.
		if ok, obeys := e.settled(); !ok || !obeys {
			return obeys
		}
		e.nexts++
		_, ok := e.ask("next", nil)
		return ok
	case n == 6:
		e.repeat = "" // not known until it is answered
		mode := []string{"off", "all"}[e.random.IntN(2)]
		_, ok := e.ask("repeat", map[string]any{"mode": mode})
		if ok {
			e.repeat = mode
		}
		return ok
	case n == 7:
		_, ok := e.ask([]string{"pause", "resume"}[e.random.IntN(2)], nil)
		return ok
	case len(e.tv.Snapshot().Ahead) != 1: // else nothing would go on, or two things while the program may be dead
	case n <= 10: // it plays to its end
		e.tv.Finish()
	default: // somebody with a remote control
		e.tv.Next()
	}
	return e.alive()
}

// settled waits until the program tells of the entry that the Chromecast plays. ok is false if it does not within a while, or if
// nothing plays; obeys is false if it dies.
func (e *killEvening) settled() (ok, obeys bool) {
	e.t.Helper()
	late := time.NewTimer(time.Second) // it decides what is done next, and judges nothing
	defer late.Stop()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for {
		if s := e.tv.Snapshot(); s.MediaSessionID != 0 && !s.Loading && s.PlayerState != "IDLE" {
			plays := decode[struct{ Entry string }](e.t, string(s.CustomData)).Entry
			if e.told() == plays && e.started()[plays] > 0 {
				return true, e.alive()
			}
		}
		select {
		case <-look.C:
		case <-late.C:
			return false, e.alive()
		case <-e.died:
			return false, e.alive()
		}
	}
}

// told is the entry of which the program has told last.
func (e *killEvening) told() string {
	e.ear.mu.Lock()
	defer e.ear.mu.Unlock()
	for _, m := range slices.Backward(e.ear.heard[e.from:]) {
		if m.topic == "kuche_tv/state" {
			return decode[deviceState](e.t, m.payload).Entry
		}
	}
	return ""
}

func (e *killEvening) alive() bool {
	select {
	case <-e.died:
		e.hear(e.from, func(heard) bool { return false })
		return false
	default:
		return true
	}
}

func (e *killEvening) add() bool {
	e.t.Helper()
	song := e.song(e.asked)
	song["enqueue"] = []string{"add", "next"}[e.random.IntN(2)]
	if song["enqueue"] == "next" { // behind what plays, if that is known
		ok, obeys := e.settled()
		if !obeys {
			return false
		}
		if !ok {
			song["enqueue"] = "add"
		}
	}
	e.maybe = "add"
	a, ok := e.ask("play", song)
	if !ok {
		return false
	}
	if a.Status != "ok" {
		e.t.Errorf("play answered %+v", a)
	}
	e.revision = max(e.revision, a.Data.Revision)
	if a.Data.Entry == nil {
		e.t.Fatalf("play answered without an entry: %+v", a)
	}
	id := *a.Data.Entry
	e.known[id] = true
	waits := e.waits()
	if song["enqueue"] == "add" || len(waits) == 0 {
		e.queue = append(e.queue, id)
	} else {
		e.queue = slices.Insert(e.queue, slices.Index(e.queue, waits[0]), id)
	}
	e.maybe = ""
	return true
}

func (e *killEvening) remove(id string) bool {
	e.t.Helper()
	e.maybe = "remove " + id
	a, ok := e.ask("queue_remove", map[string]any{"entry": id})
	if !ok {
		return false
	}
	if a.Status != "ok" {
		e.t.Errorf("queue_remove %s answered %+v", id, a)
	}
	e.revision = max(e.revision, a.Data.Revision)
	e.queue = slices.DeleteFunc(e.queue, func(other string) bool { return other == id })
	e.removed[id], e.maybe = true, ""
	return true
}

// move puts an entry in the place of another that waits, if the queue is what it was when that was looked up.
func (e *killEvening) move(id string) bool {
	e.t.Helper()
	if ok, obeys := e.settled(); !ok || !obeys { // in the place of what is about to play it would be passed over
		return obeys
	}
	if !e.compare() {
		return false
	}
	waits := e.waits()
	if len(waits) == 0 || !slices.Contains(waits, id) {
		return true
	}
	to := slices.Index(e.queue, waits[e.random.IntN(len(waits))])
	e.maybe = "move " + id
	a, ok := e.ask("queue_move", map[string]any{"entry": id, "to": to, "revision": e.revision})
	if !ok {
		return false
	}
	if a.Status == "ok" {
		e.revision = max(e.revision, a.Data.Revision)
		e.queue = slices.DeleteFunc(e.queue, func(other string) bool { return other == id })
		e.queue = slices.Insert(e.queue, to, id)
	}
	e.maybe = ""
	return true
}

// last lets the queue play to its end.
func (e *killEvening) last() {
	e.t.Helper()
	e.start()
	if !e.ready() || !e.compare() {
		e.t.Fatalf("the program does not start:\n%s", e.log)
	}
	must := func(command string, arguments map[string]any) {
		e.t.Helper()
		if a, ok := e.ask(command, arguments); !ok || a.Status != "ok" {
			e.t.Fatalf("%s answered %+v %+v", command, a, a.Error)
		}
	}
	must("repeat", map[string]any{"mode": "off"})
	must("play", nil)
	for len(e.waits()) > 0 {
		before := len(e.waits())
		ctx, cancel := context.WithTimeout(e.t.Context(), patience)
		_, err := e.tv.Await(ctx, func(s casttest.Snapshot) bool { return len(s.Ahead) == 1 && !s.Loading })
		cancel()
		if err != nil { // a Chromecast that was too slow to answer is given nothing any more while this item plays
			e.nexts++
			must("next", nil)
			continue
		}
		e.tv.Finish()
		if len(e.waits()) == before && e.tv.Snapshot().MediaSessionID == 0 {
			e.t.Fatal("the Chromecast has stopped")
		}
	}
	from := e.ear.mark()
	ctx, cancel := context.WithTimeout(e.t.Context(), 4*patience)
	defer cancel()
	if s, err := e.tv.Await(ctx, func(s casttest.Snapshot) bool { return s.MediaSessionID != 0 && !s.Loading }); err != nil {
		e.t.Fatalf("the Chromecast plays nothing at the end: %v, %+v", err, s.Queue)
	}
	e.tv.Finish()
	e.hear(from, func(m heard) bool {
		return m.topic == "kuche_tv/state" && strings.Contains(m.payload, `"queue_index":null`)
	})
}

// judge reads the Chromecast's own log.
func (e *killEvening) judge() {
	e.t.Helper()
	loads := slices.DeleteFunc(e.tv.Loads(), func(l casttest.LoadRecord) bool { return !l.Began })
	// An entry to which the Chromecast goes in the very moment in which another is asked for plays again in its turn, and one to
	// which it goes in the moment in which that is taken out of its queue is loaded then: nothing else cancels here.
	overtaken := map[string]int{}
	for i, l := range loads[:max(0, len(loads)-1)] {
		again := l.Ended == "INTERRUPTED" || l.Ended == "CANCELLED" && entryOf(e.t, l) == entryOf(e.t, loads[i+1])
		if l.Requester == "" && again && loads[i+1].Requester != "" {
			overtaken[entryOf(e.t, l)]++
		}
	}
	for id := range e.known {
		if n := e.started()[id]; n > 1+overtaken[id] || n == 0 && !e.removed[id] {
			e.t.Errorf("%s has started %d times", id, n)
		}
	}
	finished := map[string]bool{}
	interrupted, ahead := 0, 0
	for i, l := range loads {
		id := entryOf(e.t, l)
		if l.Requester == "" {
			ahead++
		}
		if l.Requester != "" && finished[id] {
			e.t.Errorf("%s was loaded after its end", id)
		}
		if l.Requester != "" && i > 0 && loads[i-1].Ended == "INTERRUPTED" {
			was := entryOf(e.t, loads[i-1])
			if was == id {
				e.t.Errorf("%s was loaded while it played", id)
			}
			if !e.removed[was] {
				interrupted++
			}
		}
		finished[id] = finished[id] || l.Ended == "FINISHED"
	}
	if interrupted > e.nexts {
		e.t.Errorf("%d entries were interrupted by a load, %d times next was asked for", interrupted, e.nexts)
	}
	if ahead == 0 {
		e.t.Error("the Chromecast has never gone on by itself")
	}
	e.t.Logf("%d entries, %d started, %d by the Chromecast itself, %d commands", len(e.known), len(loads), ahead, e.asked)
	if e.t.Failed() {
		for _, l := range loads {
			e.t.Logf("%s requester %q session %d ended %q", l.CustomData, l.Requester, l.MediaSessionID, l.Ended)
		}
		e.t.Logf("the program said:\n%s", e.log)
	}
}
