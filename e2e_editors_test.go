package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// editor is one of several clients that change the same queue, each only if it is as it has seen it last.
type editor struct {
	name    string
	client  paho.Client
	answers chan string
	asked   int
}

type edited struct {
	Status, Transaction string
	Error               *struct{ Code string }
	Data                struct {
		Revision int
		Entry    string
		Entries  []json.RawMessage // names, or whole entries of a list
	}
}

func newEditor(t *testing.T, broker, name string) *editor {
	t.Helper()
	e := &editor{name: name, answers: make(chan string, 100)}
	e.client = paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + broker).SetClientID(name).
		SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { e.answers <- string(m.Payload()) }))
	for _, do := range []func() paho.Token{e.client.Connect, func() paho.Token { return e.client.Subscribe("editors/"+name, 1, nil) }} {
		if token := do(); !token.WaitTimeout(patience) || token.Error() != nil {
			t.Fatalf("%s cannot reach the broker: %v", name, token.Error())
		}
	}
	t.Cleanup(func() { e.client.Disconnect(100) })
	return e
}

// ask sends a command with more arguments, and returns its answer.
func (e *editor) ask(command, arguments string) (edited, error) {
	e.asked++
	transaction := fmt.Sprintf("%s-%d", e.name, e.asked)
	e.client.Publish("localcast/kuche_tv/command/"+command, 1, false,
		fmt.Sprintf(`{%s"transaction":%q,"response_topic":"editors/%s"}`, arguments, transaction, e.name))
	select {
	case said := <-e.answers:
		var a edited
		if err := json.Unmarshal([]byte(said), &a); err != nil || a.Transaction != transaction {
			return a, fmt.Errorf("%s was answered with %s", transaction, said)
		}
		return a, nil
	case <-time.After(patience):
		return edited{}, fmt.Errorf("%s: no answer", transaction)
	}
}

// add adds songs one by one, and returns the entries that were acknowledged and how often somebody else was faster.
func (e *editor) add(songs int) (entries []string, late int, err error) {
	now, err := e.ask("queue_list", "")
	for len(entries) < songs && err == nil {
		var a edited
		a, err = e.ask("queue_add", fmt.Sprintf(`"query":"song a","revision":%d,`, now.Data.Revision))
		switch {
		case err != nil:
		case a.Status == "ok":
			entries, now = append(entries, a.Data.Entry), a
		case a.Error.Code == "conflict":
			late++
			now, err = e.ask("queue_list", "")
		default:
			err = fmt.Errorf("queue_add: %s", a.Error.Code)
		}
	}
	return entries, late, err
}

// TestEditorsLoseNothing has several clients change one queue at once.
func TestEditorsLoseNothing(t *testing.T) {
	const editors, songs = 3, 8
	brokers(t, func(t *testing.T, address string, embedded bool) {
		h := newHome(t, address, time.Minute, time.Minute)
		h.start(h.config(embedded))
		h.listen()
		h.ear.ready(2)
		var mu sync.Mutex
		var all []string
		var failed error
		conflicts := 0
		var working sync.WaitGroup
		for i := range editors {
			e := newEditor(t, h.broker, fmt.Sprint("editor_", i))
			working.Go(func() {
				entries, late, err := e.add(songs)
				mu.Lock()
				defer mu.Unlock()
				all, conflicts, failed = append(all, entries...), conflicts+late, errors.Join(failed, err)
			})
		}
		working.Wait()
		if failed != nil {
			t.Fatal(failed)
		}
		left, err := newEditor(t, h.broker, "reader").ask("queue_list", "")
		if err != nil {
			t.Fatal(err)
		}
		var there []string
		for _, entry := range left.Data.Entries {
			there = append(there, decode[struct{ Entry string }](t, string(entry)).Entry)
		}
		slices.Sort(all)
		slices.Sort(there)
		if !slices.Equal(all, there) {
			t.Errorf("acknowledged were %v, in the queue are %v", all, there)
		}
		if left.Data.Revision != editors*songs {
			t.Errorf("the revision is %d after %d changes", left.Data.Revision, editors*songs)
		}
		t.Logf("%d times another was faster", conflicts)
	})
}
