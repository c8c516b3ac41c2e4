package cast

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"localcast/bridge"
	"localcast/bridge/media"
)

// window is a MEDIA_STATUS of session 1 in which the item with the id current is in that state. The items are told as
// ids; item n is ours, of the entry en and with the serial n, unless a * stands behind it.
func window(state string, current int, items, more string) string {
	var list []string
	for word := range strings.FieldsSeq(items) {
		id, foreign := strings.CutSuffix(word, "*")
		item := fmt.Sprintf(`{"itemId":%s,"media":{"contentId":"http://192.0.2.10:8010/film.mp4"`, id)
		if !foreign {
			item += fmt.Sprintf(`,"customData":{"bridge":"b","entry":"e%s","serial":%[1]s}`, id)
		}
		list = append(list, item+"}}")
	}
	text := fmt.Sprintf(`{"type":"MEDIA_STATUS","requestId":0,"status":[{"mediaSessionId":1,"playerState":%q,"currentItemId":%d`, state, current)
	if len(list) > 0 {
		text += `,"items":[` + strings.Join(list, ",") + `]`
	}
	return text + more + "}]}"
}

// alone is playing with the item 1, and nothing stands ahead of it; followed has the items 1 and 2.
func alone(t *testing.T) *rig {
	r := playing(t)
	r.media(window("PLAYING", 1, "1", ""))
	r.forget()
	return r
}

func followed(t *testing.T) *rig {
	r := playing(t)
	r.media(window("PLAYING", 1, "1 2", ""))
	r.forget()
	return r
}

// restarted meets the item 1 on the device, which it has not loaded.
func restarted(t *testing.T) *rig {
	r := newRig(t)
	r.receiver(ourApp)
	r.media(status("PLAYING", 1, `,"currentItemId":1`))
	r.forget()
	return r
}

// prepare is the order that the entry shall follow, or nothing for 0.
func prepare(serial uint64, entry int) bridge.Order {
	o := bridge.Order{Serial: serial, Kind: bridge.OrderPrepare}
	if entry != 0 {
		o.Load = &bridge.Load{
			Tag: bridge.Tag{Bridge: "b", Entry: fmt.Sprintf("e%d", entry), Serial: serial}, Item: media.Item{Title: "Film"},
			URL: "http://192.0.2.10:8010/film.mp4", ContentType: "video/mp4",
		}
	}
	return o
}

// answered is a window that answers the last request of a kind.
func answered(kind, text string) string {
	return strings.Replace(text, `"requestId":0`, `"requestId":@`+kind, 1)
}

func TestPrepare(t *testing.T) {
	run(t, []step{
		{
			"the next is inserted behind what plays", alone, func(r *rig) {
				r.do(prepare(5, 2))
				r.media(answered("QUEUE_INSERT", window("PLAYING", 1, "1 2", "")))
			}, []string{"done 5", "playing e1/1 at 0"}, []string{"app-1 QUEUE_INSERT"},
		},
		{
			"what stands there as it should is left alone, whatever its serial", followed, func(r *rig) {
				r.do(prepare(5, 2))
			}, []string{"done 5", "playing e1/1 at 0"}, nil,
		},
		{
			"nothing shall follow, and nothing does", alone, func(r *rig) { r.do(prepare(5, 0)) },
			[]string{"done 5", "playing e1/1 at 0"}, nil,
		},
		{
			"nothing shall follow any more", followed, func(r *rig) {
				r.do(prepare(5, 0))
				r.media(answered("QUEUE_REMOVE", window("PLAYING", 1, "1", "")))
			}, []string{"done 5", "playing e1/1 at 0"}, []string{"app-1 QUEUE_REMOVE"},
		},
		{
			"another takes its place: it comes before the old one goes, so that at no moment nothing follows", followed,
			func(r *rig) {
				r.do(prepare(5, 3))
				if before, _ := r.sent[0].whole("insertBefore"); before != 2 {
					r.t.Errorf("inserted before %d", before)
				}
				r.media(answered("QUEUE_INSERT", window("PLAYING", 1, "1 3 2", "")))
				if ids := fmt.Sprint(r.sent[1].object["itemIds"]); ids != "[2]" {
					r.t.Errorf("removed %s", ids)
				}
			}, []string{"done 5", "playing e1/1 at 0"}, []string{"app-1 QUEUE_INSERT", "app-1 QUEUE_REMOVE"},
		},
		{
			"the same with another address takes its place", followed, func(r *rig) {
				o := prepare(5, 2)
				o.Load.URL += "?anew"
				r.do(o)
			}, nil, []string{"app-1 QUEUE_INSERT"},
		},
		{
			"the same from another position takes its place", followed, func(r *rig) {
				o := prepare(5, 2)
				o.Load.Position = 7
				r.do(o)
			}, nil, []string{"app-1 QUEUE_INSERT"},
		},
		{
			"an end overtakes an insertion: the old one plays and is not taken out", followed, func(r *rig) {
				r.do(prepare(5, 3))
				r.media(window("IDLE", 1, "", `,"idleReason":"FINISHED","loadingItemId":2`))
				r.media(answered("QUEUE_INSERT", window("PLAYING", 2, "3 2", "")))
			},
			[]string{"ended e1/1 finished at 0 then e2/2", "loading e2/2 at 0", "done 5", "playing e2/2 at 0"},
			[]string{"app-1 QUEUE_INSERT"},
		},
		{
			"an end overtakes an insertion, and there is nothing left to insert into", alone, func(r *rig) {
				r.do(prepare(5, 2))
				r.media(window("IDLE", 1, "", `,"idleReason":"FINISHED"`))
				r.says("app-1", "urn:x-cast:com.google.cast.media", `{"type":"INVALID_PLAYER_STATE","requestId":@QUEUE_INSERT,"x":1}`)
			},
			[]string{"ended e1/1 finished at 0", "app Default Media Receiver",
				"done 5 refused: the device cannot do that at this moment"}, []string{"app-1 QUEUE_INSERT"},
		},
		{
			"of those that come while one is under way only the last counts", alone, func(r *rig) {
				r.do(prepare(5, 2))
				r.do(prepare(6, 3))
				r.do(prepare(7, 0))
				r.media(answered("QUEUE_INSERT", window("PLAYING", 1, "1 2", "")))
			},
			[]string{"done 6 cancelled: replaced by a later command", "done 5", "playing e1/1 at 0"},
			[]string{"app-1 QUEUE_INSERT", "app-1 QUEUE_REMOVE"},
		},
		{
			"a receiver that knows no queue messages", alone, func(r *rig) {
				r.do(prepare(5, 2))
				r.says("app-1", "urn:x-cast:com.google.cast.media",
					`{"type":"INVALID_REQUEST","requestId":@QUEUE_INSERT,"reason":"INVALID_COMMAND"}`)
			}, []string{"done 5 unsupported: the device does not know that command"}, []string{"app-1 QUEUE_INSERT"},
		},
		{
			"a receiver that does not answer", alone, func(r *rig) {
				r.do(prepare(5, 2))
				r.after(5 * time.Second)
			}, []string{"done 5 timeout: the device did not answer in time"}, []string{"app-1 QUEUE_INSERT"},
		},
		{
			"nothing of ours plays", online, func(r *rig) { r.do(prepare(5, 2)) },
			[]string{"done 5 refused: nothing of ours plays that anything could follow"}, nil,
		},
		{
			"after a restart the receiver is asked for what it has", restarted, func(r *rig) {
				r.do(prepare(5, 2))
				text := window("", 1, "1 2", "")
				r.says("app-1", "urn:x-cast:com.google.cast.media",
					`{"type":"QUEUE_ITEMS","requestId":@QUEUE_GET_ITEMS,`+text[strings.Index(text, `"items"`):len(text)-2])
			}, []string{"done 5", "playing e1/1 at 0"}, []string{"app-1 QUEUE_GET_ITEMS"},
		},
		{
			"one that does not tell gets the item all the same", restarted, func(r *rig) {
				r.do(prepare(5, 2))
				r.says("app-1", "urn:x-cast:com.google.cast.media", `{"type":"INVALID_REQUEST","requestId":@QUEUE_GET_ITEMS,"reason":"x"}`)
			}, nil, []string{"app-1 QUEUE_GET_ITEMS", "app-1 QUEUE_INSERT"},
		},
		{
			"what is taken out has just begun: nobody has stopped it", followed, func(r *rig) {
				r.do(prepare(5, 3))
				r.media(answered("QUEUE_INSERT", window("PLAYING", 1, "1 3 2", "")))
				r.media(window("IDLE", 1, "", `,"idleReason":"INTERRUPTED","loadingItemId":2`))
				r.media(window("PLAYING", 2, "1 3 2", `,"currentTime":0`))
				r.media(answered("QUEUE_REMOVE", window("IDLE", 2, "", `,"idleReason":"CANCELLED"`)))
			}, []string{"done 5", "playing e1/1 at 0", "loading e1/1 at 0", "ended e1/1 interrupted at 0 then e2/2", "playing e2/2 at 0",
				"ended e2/2 cancelled at 0 overtaken", "app Default Media Receiver"}, []string{"app-1 QUEUE_INSERT", "app-1 QUEUE_REMOVE"},
		},
		{
			"the receiver is on its way to what is taken out", followed, func(r *rig) {
				r.do(prepare(5, 3))
				r.media(answered("QUEUE_INSERT", window("PLAYING", 1, "1 3 2", "")))
				r.media(window("IDLE", 1, "", `,"idleReason":"INTERRUPTED","loadingItemId":2`))
				r.media(answered("QUEUE_REMOVE", window("IDLE", 2, "", `,"idleReason":"CANCELLED"`)))
			}, []string{"done 5", "playing e1/1 at 0", "loading e1/1 at 0", "ended e1/1 interrupted at 0 overtaken", "app Default Media Receiver"},
			[]string{"app-1 QUEUE_INSERT", "app-1 QUEUE_REMOVE"},
		},
		{
			"somebody stops what plays while something is taken out", followed, func(r *rig) {
				r.do(prepare(5, 0))
				r.media(window("IDLE", 1, "", `,"idleReason":"CANCELLED"`))
			}, []string{"ended e1/1 cancelled at 0", "app Default Media Receiver"}, []string{"app-1 QUEUE_REMOVE"},
		},
		{
			"a lost link", alone, func(r *rig) {
				r.do(prepare(5, 2))
				r.do(prepare(6, 3))
				r.s.abort(&bridge.Fail{Kind: bridge.FailOffline, Message: "gone"})
			}, []string{"done 5 offline: gone", "done 6 offline: gone"}, []string{"app-1 QUEUE_INSERT"},
		},
	})
}

func TestTheReceiverMovesOn(t *testing.T) {
	run(t, []step{
		{
			"by itself", followed, func(r *rig) {
				r.media(window("IDLE", 1, "", `,"idleReason":"FINISHED","loadingItemId":2`))
				r.media(window("PLAYING", 2, "1 2", `,"currentTime":1`))
			}, []string{"ended e1/1 finished at 0 then e2/2", "loading e2/2 at 0", "playing e2/2 at 1"}, nil,
		},
		{
			"to an item that is told with its media alone", alone, func(r *rig) {
				r.media(window("IDLE", 1, "", `,"idleReason":"FINISHED","loadingItemId":9`))
				r.media(`{"type":"MEDIA_STATUS","status":[{"mediaSessionId":1,"playerState":"BUFFERING","currentTime":0,"currentItemId":9,` +
					`"media":{"contentId":"http://192.0.2.10:8010/b.mp4","customData":{"bridge":"b","entry":"e9","serial":9}}}]}`)
			}, []string{"loading e1/1 at 0", "ended e1/1 finished at 0 then e9/9", "buffering e9/9 at 0"}, nil,
		},
		{
			"because somebody in the room wants the next", followed, func(r *rig) {
				r.media(window("IDLE", 1, "", `,"idleReason":"INTERRUPTED","loadingItemId":2`))
			}, []string{"ended e1/1 interrupted at 0 then e2/2", "loading e2/2 at 0"}, nil,
		},
		{
			"because the item has failed", followed, func(r *rig) {
				r.media(window("IDLE", 1, "", `,"idleReason":"ERROR","loadingItemId":2,"detailedErrorCode":104`))
			}, []string{"ended e1/1 error at 0 then e2/2 the device cannot play this format", "loading e2/2 at 0"}, nil,
		},
		{
			"and the word of the end is lost: the time tells", followed, func(r *rig) {
				r.now = r.now.Add(95 * time.Second)
				r.media(window("PLAYING", 2, "1 2", `,"currentTime":3`))
			}, []string{"ended e1/1 finished at 95 then e2/2", "playing e2/2 at 0"}, nil,
		},
		{
			"and the word of a jump is lost", followed, func(r *rig) {
				r.now = r.now.Add(10 * time.Second)
				r.media(window("PLAYING", 2, "1 2", ""))
			}, []string{"ended e1/1 interrupted at 10 then e2/2", "playing e2/2 at 0"}, nil,
		},
		{
			"to an item that somebody else has put there", alone, func(r *rig) {
				r.media(`{"type":"MEDIA_STATUS","status":[{"mediaSessionId":1,"playerState":"PLAYING","currentTime":4,"currentItemId":9,` +
					`"media":{"contentId":"http://elsewhere/x.mp4"}}]}`)
			}, []string{"ended e1/1 interrupted at 0", "playing - at 4"}, nil,
		},
		{
			"and the item that was to come never shows", alone, func(r *rig) {
				r.media(window("IDLE", 1, "", `,"idleReason":"FINISHED","loadingItemId":9`))
				r.media(window("IDLE", 9, "", `,"idleReason":"ERROR"`))
			}, []string{"loading e1/1 at 0", "ended e1/1 finished at 0", "app Default Media Receiver"}, nil,
		},
		{
			"on a receiver that does not give back what is ours", alone, func(r *rig) {
				r.do(prepare(5, 2))
				r.media(answered("QUEUE_INSERT", strings.Replace(window("PLAYING", 1, "1 7*", ""), "film.mp4\"}}]", "film.mp4\"}}]", 1)))
				r.media(window("IDLE", 1, "", `,"idleReason":"FINISHED","loadingItemId":7`))
			}, []string{"done 5", "playing e1/1 at 0", "ended e1/1 finished at 0 then e2/5", "loading e2/5 at 0"}, []string{"app-1 QUEUE_INSERT"},
		},
	})
}

func TestWhatStandsAheadIsTold(t *testing.T) {
	r := followed(t)
	ahead := func() string {
		r.media(window("PLAYING", 1, "", ""))
		if a := r.told[len(r.told)-1].(bridge.Status).Media.Ahead; a != nil {
			return a.Tag.Entry
		}
		return ""
	}
	if got := ahead(); got != "e2" {
		t.Errorf("ahead stands %q", got)
	}
	r.media(`{"type":"QUEUE_CHANGE","requestId":0,"changeType":"REMOVE","itemIds":[2]}`)
	if got := ahead(); got != "" {
		t.Errorf("after its removal %q stands ahead", got)
	}
	r.media(window("PLAYING", 1, "1 3*", ""))
	if got := ahead(); got != "" {
		t.Errorf("another's item is told as %q", got)
	}
}

// TestWindows merges windows of a queue into what is known of it.
func TestWindows(t *testing.T) {
	for _, row := range []struct{ known, window, want string }{
		{"", "1 2", "1 2"},
		{"1 2", "1 2 3", "1 2 3"},
		{"1 2 3", "2 3 4", "1 2 3 4"},
		{"1 2 3 4", "1 2", "1 2 3 4"},
		{"1 2 3 4", "2 4", "1 2 4"},
		{"1 2 3", "1 3 2", "1 3 2"},
		{"1 2 3", "3 1", "2 3 1"},
		{"1 2 3", "7 8", "7 8"},
		{"1 2", "1 3", "1 3 2"},
		{"1 2 3", "7 2", "1 7 2 3"},
		{"1 2 3", "", "1 2 3"},
	} {
		read := func(ids string) object {
			o, err := parse(window("PLAYING", 1, ids, ""))
			if err != nil {
				t.Fatal(err)
			}
			list, _ := o.list("status")
			return list[0]
		}
		var q receiverQueue
		q.merge(read(row.known))
		q.merge(read(row.window))
		var got []string
		for _, it := range q.items {
			got = append(got, fmt.Sprint(it.id))
		}
		if !slices.Equal(got, strings.Fields(row.want)) {
			t.Errorf("%q and then %q is %q, want %q", row.known, row.window, got, row.want)
		}
	}
}

// leaving is a load of an entry by somebody who believes that the serial from plays.
func leaving(serial uint64, entry int, from uint64) bridge.Order {
	o := prepare(serial, entry)
	o.Kind, o.Load.From = bridge.OrderLoad, from
	return o
}

func TestALoadOfWhatStandsAhead(t *testing.T) {
	run(t, []step{
		{
			"the receiver goes there", followed, func(r *rig) {
				r.do(leaving(5, 2, 1))
				if id, _ := r.sent[0].whole("currentItemId"); id != 2 {
					r.t.Errorf("sent to the item %d", id)
				}
				r.media(window("IDLE", 1, "", `,"idleReason":"INTERRUPTED","loadingItemId":2`))
				r.media(answered("QUEUE_UPDATE", window("PLAYING", 2, "1 2", "")))
				if d := r.told[2].(bridge.Done); d.Plays == nil || d.Plays.Serial != 2 {
					r.t.Errorf("answered %+v", d)
				}
			},
			[]string{"ended e1/1 interrupted at 0 then e2/2", "loading e2/2 at 0", "done 5", "playing e2/2 at 0"},
			[]string{"app-1 QUEUE_UPDATE"},
		},
		{
			"the receiver has gone there by itself meanwhile", followed, func(r *rig) {
				r.media(window("IDLE", 1, "", `,"idleReason":"FINISHED","loadingItemId":2`))
				r.media(window("PLAYING", 2, "1 2", ""))
				r.do(leaving(5, 2, 1))
			},
			[]string{"ended e1/1 finished at 0 then e2/2", "loading e2/2 at 0", "playing e2/2 at 0", "done 5"}, nil,
		},
		{
			"it goes there by itself, and loads still", followed, func(r *rig) {
				r.media(window("IDLE", 1, "", `,"idleReason":"FINISHED","loadingItemId":2`))
				r.do(leaving(5, 2, 1))
				r.media(window("PLAYING", 2, "1 2", ""))
			},
			[]string{"ended e1/1 finished at 0 then e2/2", "loading e2/2 at 0", "done 5", "playing e2/2 at 0"}, nil,
		},
		{
			"it is on its way there", alone, func(r *rig) {
				r.do(prepare(4, 2))
				r.do(leaving(5, 2, 1))
				r.media(answered("QUEUE_INSERT", window("PLAYING", 1, "1 2", "")))
			}, []string{"done 4", "playing e1/1 at 0"}, []string{"app-1 QUEUE_INSERT", "app-1 QUEUE_UPDATE"},
		},
		{
			"it was refused there, and is loaded", alone, func(r *rig) {
				r.do(prepare(4, 2))
				r.do(leaving(5, 2, 1))
				r.says("app-1", "urn:x-cast:com.google.cast.media", `{"type":"INVALID_REQUEST","requestId":@QUEUE_INSERT,"reason":"x"}`)
			},
			[]string{"done 4 refused: the device did not accept the request (x)"}, []string{"app-1 QUEUE_INSERT", "app-1 LOAD"},
		},
		{
			"a jump that is refused becomes a load", followed, func(r *rig) {
				r.do(leaving(5, 2, 1))
				r.says("app-1", "urn:x-cast:com.google.cast.media", `{"type":"INVALID_REQUEST","requestId":@QUEUE_UPDATE,"reason":"x"}`)
			}, nil, []string{"app-1 QUEUE_UPDATE", "app-1 LOAD"},
		},
		{
			"what stands ahead cannot be played", followed, func(r *rig) {
				r.do(leaving(5, 2, 1))
				r.says("app-1", "urn:x-cast:com.google.cast.media", `{"type":"LOAD_FAILED","requestId":@QUEUE_UPDATE,"itemId":2}`)
			}, []string{"done 5 refused: the device could not play it"}, []string{"app-1 QUEUE_UPDATE"},
		},
		{
			"another one stands ahead", followed, func(r *rig) { r.do(leaving(5, 3, 1)) }, nil, []string{"app-1 LOAD"},
		},
		{
			"the same is to begin elsewhere", followed, func(r *rig) {
				o := leaving(5, 2, 1)
				o.Load.Position = 30
				r.do(o)
			}, nil, []string{"app-1 LOAD"},
		},
		{
			"what plays is to begin anew", followed, func(r *rig) { r.do(leaving(5, 1, 1)) }, nil, []string{"app-1 LOAD"},
		},
		{
			"an order about what follows does not outlive a load", alone, func(r *rig) {
				r.do(prepare(3, 2))
				r.do(prepare(4, 3))
				r.do(leaving(5, 4, 1))
				r.media(answered("QUEUE_INSERT", window("PLAYING", 1, "1 2", "")))
			},
			[]string{"done 4 cancelled: replaced by a later command", "done 3", "playing e1/1 at 0"},
			[]string{"app-1 QUEUE_INSERT", "app-1 LOAD"},
		},
	})
}
