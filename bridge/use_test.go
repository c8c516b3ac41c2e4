package bridge

import (
	"strings"
	"testing"

	"localcast/bridge/media"
	"localcast/bridge/queue"
)

func TestUse(t *testing.T) {
	begun, watched := media.Use{Position: 900, Plays: 1}, media.Use{Watched: true, Plays: 1}
	for _, row := range []struct {
		name     string
		kind     media.Kind
		length   float64
		before   media.Use
		position float64
		ended    bool
		want     media.Use
	}{
		{"a film just begun", media.Movie, 6000, media.Use{}, 59, false, media.Use{}},
		{"a film after a minute", media.Movie, 6000, media.Use{}, 60, false, media.Use{Position: 60}},
		{"a film near its end", media.Movie, 6000, media.Use{}, 5399, false, media.Use{Position: 5399}},
		{"at nine tenths it is watched", media.Movie, 6000, begun, 5400, false, watched},
		{"an episode at its end", media.Episode, 1500, begun, 1500, true, watched},
		{"a watched film, glanced at", media.Movie, 6000, watched, 20, false, watched},
		{"a watched film, played again", media.Movie, 6000, watched, 120, false, media.Use{Position: 120, Plays: 1}},
		{"a film that was begun, and begun anew", media.Movie, 6000, begun, 5, false, media.Use{Plays: 1}},
		{"a short video has no place", media.Video, 200, media.Use{}, 100, false, media.Use{}},
		{"a short video is watched too", media.Video, 200, media.Use{}, 180, false, media.Use{Watched: true}},
		{"a video of unknown length", media.Video, 0, media.Use{}, 100, false, media.Use{Position: 100}},
		{"a song", media.Track, 6000, media.Use{Plays: 3}, 3000, false, media.Use{Plays: 3}},
		{"a song at its end", media.Track, 200, media.Use{Plays: 3}, 200, true, media.Use{Plays: 3}},
	} {
		p := queue.Played[media.Item]{Position: row.position, Duration: row.length, Ended: row.ended}
		p.Entry.Item.Kind = row.kind
		row.want.LastAt = 7
		if got := used(row.before, p, 7); got != row.want {
			t.Errorf("%s: got %+v, want %+v", row.name, got, row.want)
		}
	}
	if u := used(media.Use{Plays: 2}, queue.Played[media.Item]{First: true}, 7); u.Plays != 3 {
		t.Errorf("a play that begins makes 2 plays %d", u.Plays)
	}
}

// TestTheRightOne describes each episode as one letter: w watched, p in the midst, - neither; a digit behind it is when it
// was last played, 0 where there is none.
func TestTheRightOne(t *testing.T) {
	for _, row := range []struct {
		name     string
		kind     media.Kind
		episodes string
		first    int
		start    float64
	}{
		{"nothing was watched", media.Show, "- - -", 0, 0},
		{"one is in the midst", media.Show, "w1 p2 -", 1, 100},
		{"the first is watched", media.Show, "w1 - -", 1, 0},
		{"one was watched out of order", media.Show, "- w1 - -", 2, 0},
		{"what comes next is watched too", media.Show, "w5 w1 -", 2, 0},
		{"what comes next was begun once", media.Show, "w5 p1 -", 1, 100},
		{"an old one in the midst does not count against newer ones", media.Show, "p1 w2 -", 2, 0},
		{"all are watched", media.Show, "w1 w2 w3", 0, 0},
		{"the last is watched, earlier ones are not", media.Show, "- - w3", 0, 0},
		{"the next was only glanced at", media.Show, "w1 -2 -", 1, 0},
		{"played at the same moment the later counts", media.Show, "w1 w1 -", 2, 0},
		{"a season as a show", media.Season, "w1 p2 -", 1, 100},
		{"an album from its start", media.Album, "w1 p2 -", 0, 0},
		{"a folder too", media.Folder, "w1 p2 -", 0, 0},
		{"a playlist too", media.Playlist, "w1 p2 -", 0, 0},
	} {
		uses := map[media.ID]media.Use{}
		var items []media.Item
		for i, word := range strings.Fields(row.episodes) {
			id := media.ID(rune('a' + i))
			u := media.Use{Watched: word[0] == 'w'}
			if word[0] == 'p' {
				u.Position = 100
			}
			if len(word) > 1 {
				u.LastAt = int64(word[1] - '0')
			}
			items, uses[id] = append(items, media.Item{ID: id}), u
		}
		first, start := rightOne(row.kind, items, func(id media.ID) media.Use { return uses[id] })
		if first != row.first || start != row.start {
			t.Errorf("%s: it begins with %d at %g, want %d at %g", row.name, first, start, row.first, row.start)
		}
	}
}
