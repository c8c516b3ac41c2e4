package casttest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"localcast/cast/casttest"
	"localcast/cast/wire"
)

// songs are files a.wav to e.wav of 10 s each.
func songs() map[string][]byte {
	out := make(map[string][]byte)
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		out[name+".wav"] = casttest.WAV(10 * time.Second)
	}
	return out
}

// items are queue items of songs, one for each letter; more goes into each of them.
func items(letters string, more obj) []any {
	var out []any
	for _, l := range letters {
		it := obj{"customData": obj{"name": string(l)}, "media": obj{
			"contentId": "http://host/" + string(l) + ".wav", "contentType": "audio/wav",
			"customData": obj{"entry": string(l)},
		}}
		maps.Copy(it, more)
		out = append(out, it)
	}
	return out
}

// queue starts letters and returns at the first PLAYING. Its session is 1 and its items are 1, 2, 3...
func (st *stage) queue(letters string, more obj) (s *sender, app string) {
	st.t.Helper()
	s = st.awake("sender-1")
	app = s.launch()
	fields := obj{"items": items(letters, nil)}
	maps.Copy(fields, more)
	e := s.answer(s.ask(app, wire.Media, "QUEUE_LOAD", fields))
	if e.state() != "BUFFERING" {
		st.t.Fatalf("QUEUE_LOAD is answered by %s", e.Text)
	}
	s.awaitState("PLAYING")
	return s, app
}

// now is the queue by letters, the current item in brackets.
func (st *stage) now() string {
	snap := st.r.Snapshot()
	var b strings.Builder
	current := string(snap.CustomData)
	for _, url := range snap.Queue {
		l := strings.TrimSuffix(strings.TrimPrefix(url, "http://host/"), ".wav")
		if current == `{"entry":"`+l+`"}` {
			l = "[" + l + "]"
		}
		b.WriteString(l)
	}
	return b.String()
}

func TestAQueuePlaysThrough(t *testing.T) {
	bubble(t, casttest.Config{}, songs(), func(t *testing.T, st *stage) {
		s, _ := st.queue("abc", obj{"startIndex": 1})
		pass(10 * time.Second)
		e := s.awaitState("IDLE/FINISHED")
		if m := e.media(); m.CurrentItemID != 2 || m.LoadingItemID != 3 {
			t.Errorf("between two items: %s", e.Text)
		}
		e = s.awaitState("PLAYING")
		if m := e.media(); m.CurrentItemID != 3 || m.MediaSessionID != 1 || e.RequestID != 0 {
			t.Errorf("the next: %s", e.Text)
		}
		pass(10 * time.Second)
		if e := s.awaitState("IDLE/FINISHED"); e.media().LoadingItemID != 0 {
			t.Errorf("the end: %s", e.Text)
		}
		loads := st.r.Loads()
		if len(loads) != 2 || loads[0].Requester != "sender-1" || loads[1].Requester != "" ||
			string(loads[1].CustomData) != `{"entry":"c"}` {
			t.Errorf("loads %+v", loads)
		}
	})
}

func TestRepeatModes(t *testing.T) {
	for mode, want := range map[string]string{
		"REPEAT_OFF":    "a b ",
		"REPEAT_SINGLE": "a a a a a a ",
		"REPEAT_ALL":    "a b a b a b ",
	} {
		t.Run(mode, func(t *testing.T) {
			bubble(t, casttest.Config{}, songs(), func(t *testing.T, st *stage) {
				st.queue("ab", obj{"repeatMode": mode})
				pass(55 * time.Second)
				var played strings.Builder
				for _, l := range st.r.Loads() {
					fmt.Fprintf(&played, "%c ", l.ContentID[len("http://host/")])
				}
				if played.String() != want {
					t.Errorf("played %s, want %s", played.String(), want)
				}
			})
		})
	}
}

func TestQueueEdits(t *testing.T) {
	ask := func(kind string, fields obj) func(*sender, string) event {
		return func(s *sender, app string) event {
			all := obj{"mediaSessionId": 1}
			maps.Copy(all, fields)
			return s.answer(s.ask(app, wire.Media, kind, all))
		}
	}
	for name, row := range map[string]struct {
		edit func(*sender, string) event
		want string // the queue, after abc with b playing
		load bool   // another item is loaded
	}{
		"insert at the end":       {ask("QUEUE_INSERT", obj{"items": items("d", nil)}), "a[b]cd", false},
		"insert before the next":  {ask("QUEUE_INSERT", obj{"items": items("de", nil), "insertBefore": 3}), "a[b]dec", false},
		"insert before the first": {ask("QUEUE_INSERT", obj{"items": items("d", nil), "insertBefore": 1}), "da[b]c", false},
		"insert and play": {ask("QUEUE_INSERT", obj{"items": items("de", nil), "insertBefore": 3,
			"currentItemIndex": 1}), "abd[e]c", true},
		"remove what comes":         {ask("QUEUE_REMOVE", obj{"itemIds": []int{3}}), "a[b]", false},
		"remove what was":           {ask("QUEUE_REMOVE", obj{"itemIds": []int{1}}), "[b]c", false},
		"remove what plays":         {ask("QUEUE_REMOVE", obj{"itemIds": []int{2}}), "a[c]", true},
		"remove what is not there":  {ask("QUEUE_REMOVE", obj{"itemIds": []int{9}}), "a[b]c", false},
		"move to the end":           {ask("QUEUE_REORDER", obj{"itemIds": []int{1}}), "[b]ca", false},
		"move before another":       {ask("QUEUE_REORDER", obj{"itemIds": []int{3}, "insertBefore": 1}), "ca[b]", false},
		"move two, in their order":  {ask("QUEUE_REORDER", obj{"itemIds": []int{3, 2}, "insertBefore": 1}), "c[b]a", false},
		"jump by one":               {ask("QUEUE_UPDATE", obj{"jump": 1}), "ab[c]", true},
		"jump back":                 {ask("QUEUE_UPDATE", obj{"jump": -1}), "[a]bc", true},
		"jump before the beginning": {ask("QUEUE_UPDATE", obj{"jump": -5}), "[a]bc", true},
		"jump to an item":           {ask("QUEUE_UPDATE", obj{"currentItemId": 1}), "[a]bc", true},
		"jump to what plays":        {ask("QUEUE_UPDATE", obj{"currentItemId": 2}), "a[b]c", false},
		"a mode and no jump":        {ask("QUEUE_UPDATE", obj{"repeatMode": "REPEAT_ALL"}), "a[b]c", false},
		"round the end with repeat": {ask("QUEUE_UPDATE", obj{"repeatMode": "REPEAT_ALL", "jump": 2}), "[a]bc", true},
		"round the begin by repeat": {ask("QUEUE_UPDATE", obj{"repeatMode": "REPEAT_ALL", "jump": -2}), "ab[c]", true},
		"past the end":              {ask("QUEUE_UPDATE", obj{"jump": 2}), "", false},
		"remove the rest with it":   {ask("QUEUE_REMOVE", obj{"itemIds": []int{2, 3}}), "", false},
		"a LOAD with queueData":     {ask("LOAD", obj{"queueData": obj{"items": items("de", nil), "startIndex": 1}}), "d[e]", true},
		"a LOAD replaces the queue": {ask("LOAD", items("d", nil)[0].(obj)), "[d]", true},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, casttest.Config{}, songs(), func(t *testing.T, st *stage) {
				s, app := st.queue("abc", obj{"startIndex": 1})
				before := len(st.r.Loads())
				e := row.edit(s, app)
				if e.Type != "MEDIA_STATUS" || e.Destination != wire.Broadcast {
					t.Errorf("answered to %s by %s", e.Destination, e.Text)
				}
				if got := st.now(); got != row.want {
					t.Errorf("the queue is %s, want %s", got, row.want)
				}
				if loads := len(st.r.Loads()) - before; (loads > 0) != row.load {
					t.Errorf("%d items were loaded", loads)
				}
				if !row.load && row.want != "" && st.r.Snapshot().PlayerState != "PLAYING" {
					t.Errorf("play was disturbed: %s", e.Text)
				}
			})
		})
	}
}

func TestItemsAreUpdated(t *testing.T) {
	bubble(t, casttest.Config{}, songs(), func(t *testing.T, st *stage) {
		s, app := st.queue("abc", nil)
		s.answer(s.ask(app, wire.Media, "QUEUE_UPDATE", obj{"mediaSessionId": 1, "items": []any{
			obj{"itemId": 2, "customData": "new", "startTime": 4}, obj{"itemId": 99, "customData": "nobody's"},
		}}))
		e := s.answer(s.ask(app, wire.Media, "GET_STATUS", nil))
		if got := string(e.media().Items[1].CustomData); got != `"new"` {
			t.Errorf("the item's custom data is %s", got)
		}
		pass(12 * time.Second)
		if got := st.r.Snapshot().Position.Round(time.Millisecond); got != 6*time.Second {
			t.Errorf("2 s after its start from 4 s it is at %v", got)
		}
	})
}

func TestQueueChangesAreTold(t *testing.T) {
	type change struct {
		ChangeType              string
		ItemIDs, ReorderItemIDs []int
		InsertBefore            int
	}
	for name, row := range map[string]struct {
		kind   string
		fields obj
		want   change
	}{
		"insert":  {"QUEUE_INSERT", obj{"items": items("de", nil), "insertBefore": 2}, change{"INSERT", []int{4, 5}, nil, 2}},
		"remove":  {"QUEUE_REMOVE", obj{"itemIds": []int{3}}, change{"REMOVE", []int{3}, nil, 0}},
		"reorder": {"QUEUE_REORDER", obj{"itemIds": []int{3}, "insertBefore": 2}, change{"UPDATE", []int{1, 3, 2}, []int{3}, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, casttest.Config{}, songs(), func(t *testing.T, st *stage) {
				s, app := st.queue("abc", nil)
				fields := obj{"mediaSessionId": 1}
				maps.Copy(fields, row.fields)
				s.ask(app, wire.Media, row.kind, fields)
				e := s.await("QUEUE_CHANGE", func(e event) bool { return e.Type == "QUEUE_CHANGE" })
				var got change
				err := json.Unmarshal([]byte(e.Text), &got)
				if err != nil || fmt.Sprint(got) != fmt.Sprint(row.want) || e.RequestID != 0 {
					t.Errorf("told as %s, want %+v", e.Text, row.want)
				}
			})
		})
	}
}

func TestItemsAreWindowed(t *testing.T) {
	bubble(t, casttest.Config{}, songs(), func(t *testing.T, st *stage) {
		s, app := st.queue("abcde", obj{"startIndex": 2})
		ids := func(e event) (out []int) {
			var body struct {
				ItemIDs []int
				Items   []struct{ ItemID int }
			}
			if err := json.Unmarshal([]byte(e.Text), &body); err != nil {
				t.Fatal(err)
			}
			for _, it := range body.Items {
				out = append(out, it.ItemID)
			}
			return append(out, body.ItemIDs...)
		}
		var window []int
		for _, it := range s.answer(s.ask(app, wire.Media, "GET_STATUS", nil)).media().Items {
			window = append(window, it.ItemID)
		}
		if !slices.Equal(window, []int{2, 3, 4}) {
			t.Errorf("a status has items %v", window)
		}
		one := obj{"mediaSessionId": 1}
		e := s.answer(s.ask(app, wire.Media, "QUEUE_GET_ITEM_IDS", one))
		if e.Type != "QUEUE_ITEM_IDS" || !slices.Equal(ids(e), []int{1, 2, 3, 4, 5}) || e.Destination != "sender-1" {
			t.Errorf("item ids are told as %s", e.Text)
		}
		e = s.answer(s.ask(app, wire.Media, "QUEUE_GET_ITEMS", obj{"mediaSessionId": 1, "itemIds": []int{5, 1}}))
		if e.Type != "QUEUE_ITEMS" || !slices.Equal(ids(e), []int{1, 5}) ||
			!strings.Contains(e.Text, `"customData":{"name":"e"}`) {
			t.Errorf("items are told as %s", e.Text)
		}
		around := obj{"mediaSessionId": 1, "itemId": 4, "prevCount": 1, "nextCount": 5}
		e = s.answer(s.ask(app, wire.Media, "QUEUE_GET_ITEMS", around))
		if !slices.Equal(ids(e), []int{3, 4, 5}) {
			t.Errorf("a window is told as %s", e.Text)
		}
	})
}

func TestPreloading(t *testing.T) {
	next := obj{"preloadTime": 4}
	t.Run("begins preloadTime before the end and is used", func(t *testing.T) {
		bubble(t, casttest.Config{}, songs(), func(t *testing.T, st *stage) {
			s, _ := st.queue("ab", obj{"items": items("ab", next)})
			pass(6*time.Second - time.Millisecond)
			if n := len(st.r.Loads()); n != 1 {
				t.Errorf("%d loads too early", n)
			}
			pass(2 * time.Millisecond)
			e := s.await("preloadedItemId", func(e event) bool { return e.media().PreloadedItemID != 0 })
			if m := e.media(); m.PreloadedItemID != 2 || m.CurrentItemID != 1 || m.PlayerState != "PLAYING" {
				t.Errorf("told as %s", e.Text)
			}
			if l := st.r.Loads(); len(l) != 2 || l[1].Began || !l[1].Loaded {
				t.Errorf("loads %+v", l)
			}
			pass(4 * time.Second)
			s.awaitState("IDLE/FINISHED")
			if m := s.awaitState("PLAYING").media(); m.CurrentItemID != 2 || m.PreloadedItemID != 0 {
				t.Errorf("then %+v", m)
			}
			if l := st.r.Loads(); len(l) != 2 || !l[1].Began {
				t.Errorf("loads %+v", l)
			}
		})
	})
	t.Run("is given up when another item becomes the next", func(t *testing.T) {
		bubble(t, casttest.Config{}, songs(), func(t *testing.T, st *stage) {
			s, app := st.queue("abc", obj{"items": items("abc", next)})
			pass(7 * time.Second)
			s.answer(s.ask(app, wire.Media, "QUEUE_REMOVE", obj{"mediaSessionId": 1, "itemIds": []int{2}}))
			pass(time.Second)
			l := st.r.Loads()
			if len(l) != 3 || l[1].Ended != "CANCELLED" || l[2].ContentID != "http://host/c.wav" || l[2].Began {
				t.Errorf("loads %+v", l)
			}
		})
	})
	t.Run("is given up by a jump elsewhere", func(t *testing.T) {
		bubble(t, casttest.Config{}, songs(), func(t *testing.T, st *stage) {
			s, app := st.queue("abc", obj{"items": items("abc", next)})
			pass(7 * time.Second)
			s.answer(s.ask(app, wire.Media, "QUEUE_UPDATE", obj{"mediaSessionId": 1, "jump": 2}))
			l := st.r.Loads()
			if len(l) != 3 || l[1].Began || l[1].Ended != "CANCELLED" || l[2].ContentID != "http://host/c.wav" {
				t.Errorf("loads %+v", l)
			}
		})
	})
	t.Run("is not done while one item repeats", func(t *testing.T) {
		bubble(t, casttest.Config{}, songs(), func(t *testing.T, st *stage) {
			st.queue("ab", obj{"items": items("ab", next), "repeatMode": "REPEAT_SINGLE"})
			pass(9 * time.Second)
			if n := len(st.r.Loads()); n != 1 {
				t.Errorf("%d loads", n)
			}
		})
	})
}

func TestAnItemThatFailsIsPassedOver(t *testing.T) {
	bubble(t, casttest.Config{}, songs(), func(t *testing.T, st *stage) {
		s, _ := st.queue("axb", nil)
		pass(10 * time.Second)
		s.awaitState("IDLE/FINISHED")
		if e := s.awaitState("IDLE/ERROR"); e.media().LoadingItemID != 3 {
			t.Errorf("told as %s", e.Text)
		}
		s.awaitState("PLAYING")
		if got := st.now(); got != "ax[b]" {
			t.Errorf("the queue is %s", got)
		}
	})
}

func TestAQueueInWhichAllFailsComesToRest(t *testing.T) {
	bubble(t, casttest.Config{}, nil, func(t *testing.T, st *stage) {
		s := st.awake("sender-1")
		app := s.launch()
		e := s.answer(s.ask(app, wire.Media, "QUEUE_LOAD", obj{"items": items("abc", nil), "repeatMode": "REPEAT_ALL"}))
		if e.Type != "LOAD_FAILED" {
			t.Errorf("answered by %s", e.Text)
		}
		pass(time.Minute)
		if got := st.r.Snapshot(); got.PlayerState != "IDLE" || len(got.Queue) != 0 || len(got.Loads) != 3 {
			t.Errorf("after a minute: %+v", got)
		}
	})
}

func TestPlaybackDurationEndsAnItem(t *testing.T) {
	bubble(t, casttest.Config{}, songs(), func(t *testing.T, st *stage) {
		st.queue("ab", obj{"items": items("ab", obj{"startTime": 2, "playbackDuration": 3})})
		pass(2900 * time.Millisecond)
		if got := st.now(); got != "[a]b" {
			t.Errorf("too early: %s", got)
		}
		pass(200 * time.Millisecond)
		if got := st.now(); got != "a[b]" {
			t.Errorf("too late: %s", got)
		}
	})
}

func TestSomebodyWithARemoteSkips(t *testing.T) {
	bubble(t, casttest.Config{}, songs(), func(t *testing.T, st *stage) {
		s, _ := st.queue("abc", obj{"startIndex": 1})
		if !st.r.Next() {
			t.Error("there is a next one")
		}
		if m := s.awaitState("IDLE/INTERRUPTED").media(); m.LoadingItemID != 3 {
			t.Errorf("told as %+v", m)
		}
		s.awaitState("PLAYING")
		if got := st.now(); got != "ab[c]" || st.r.Next() {
			t.Errorf("the queue is %s, behind its end is something", got)
		}
		if !st.r.Previous() || !st.r.Next() || !st.r.Previous() || !st.r.Previous() || st.r.Previous() {
			t.Errorf("to and fro it comes to %s", st.now())
		}
		if ahead := st.r.Snapshot().Ahead; len(ahead) != 2 || ahead[0].ID != 2 || string(ahead[0].CustomData) != `{"entry":"b"}` {
			t.Errorf("ahead stands %+v", ahead)
		}
	})
}

func TestADeviceThatKnowsNoQueue(t *testing.T) {
	bubble(t, casttest.Config{}, songs(), func(t *testing.T, st *stage) {
		s, app := st.queue("a", nil)
		one := obj{"mediaSessionId": 1, "items": items("b", nil)}
		st.r.RefuseQueue(true)
		if e := s.answer(s.ask(app, wire.Media, "QUEUE_INSERT", one)); e.Type != "INVALID_REQUEST" || !strings.Contains(e.Text, "INVALID_COMMAND") {
			t.Errorf("refused as %s", e.Text)
		}
		st.r.RefuseQueue(false)
		s.answer(s.ask(app, wire.Media, "QUEUE_INSERT", one))
		if got := st.now(); got != "[a]b" {
			t.Errorf("the queue is %s", got)
		}
	})
}
