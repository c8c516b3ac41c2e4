package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"localcast/bridge/media"
	"localcast/cast"
	"localcast/cast/casttest"
)

func TestScanAndSearch(t *testing.T) {
	folder, data := filepath.Join(t.TempDir(), "films"), t.TempDir()
	for _, name := range []string{"Heat (1995).mp4", "Ronin (1998).mp4", "tv/Bluey/Bluey S01E02 Hospital.mkv"} {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
		old := time.Now().Add(-time.Hour)
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	config := writeConfig(t, fmt.Sprintf("library: {folders: [%q]}\ndata_dir: %q\nlog: {level: error}", folder, data))
	rows := []struct {
		args     string
		code     int
		out, err string // what is printed holds these
	}{
		{"search heat", exitFailed, "", "nothing in the library matches \"heat\"\nthe catalogue is empty: localcast scan reads the folders\n"},
		{"scan", exitOK, "100 %\n3 items: 2 movies, 1 episodes, 0 videos, 0 tracks, 0 images; 0 playlists\n3 added, 0 removed, in ", ""},
		{"scan", exitOK, "0 added, 0 removed, in ", ""},
		{"search heat", exitOK, "movie  Heat, 1995  films/Heat (1995).mp4\n", ""},
		{"search bluey hospital", exitOK, "episode  Bluey, S01E02 Hospital", ""},
		{"search zzzzzz", exitFailed, "", "nothing in the library matches \"zzzzzz\"\n"},
		{"search", exitUsage, "", "search for what? localcast search WORDS\n"},
		{"scan everything", exitUsage, "", `scan takes no "everything"`},
		{"scan -media " + filepath.Join(folder, "gone"), exitFailed, "0 items", "not available: gone\n"},
	}
	for _, row := range rows {
		t.Run(row.args, func(t *testing.T) {
			code, out, stderr := runMain(t, append([]string{"-config", config}, strings.Fields(row.args)...)...)
			if code != row.code || !strings.Contains(out, row.out) || !strings.Contains(stderr, row.err) {
				t.Errorf("exit code %d, printed\n%s%s\nwanted %d and\n%s%s", code, out, stderr, row.code, row.out, row.err)
			}
		})
	}
}

func TestScanBesideARunningBridge(t *testing.T) {
	data := t.TempDir()
	release, err := lockDataDir(data)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	config := writeConfig(t, fmt.Sprintf("mqtt: {base_topic: home/cast}\nlibrary: {folders: [/nowhere]}\ndata_dir: %q", data))
	for args, ask := range map[string]string{
		"scan": "rescan with the payload {}", "search the third man": "search with the payload the third man",
	} {
		want := "localcast runs with data_dir " + data + ": publish home/cast/bridge/command/" + ask + "\n"
		code, out, stderr := runMain(t, append([]string{"-config", config}, strings.Fields(args)...)...)
		if code != exitFailed || out != "" || stderr != want {
			t.Errorf("%s: exit code %d, printed %q%q, wanted %q", args, code, out, stderr, want)
		}
	}
}

func TestScanWithoutFolders(t *testing.T) {
	code, out, stderr := runMain(t, "scan", "-config", writeConfig(t, fmt.Sprintf("data_dir: %q", t.TempDir())))
	if code != exitUsage || out != "" || stderr != "no folder: library.folders or -media names one\n" {
		t.Errorf("exit code %d, printed %q%q", code, out, stderr)
	}
}

func TestProgress(t *testing.T) {
	at := func(p float64) media.LibraryStatus {
		return media.LibraryStatus{Scanning: true, Progress: p, Counts: media.Counts{Movies: 7}}
	}
	var b bytes.Buffer
	lines := progress{out: &b}
	for _, p := range []float64{0, 0.05, 0.12, 0.35, 0.36} {
		lines.show(at(p))
	}
	lines.show(media.LibraryStatus{})
	lines.clear()
	if want := "10 %\n20 %\n30 %\n"; b.String() != want {
		t.Errorf("lines %q", b.String())
	}
	lines.complete()
	if want := "10 %\n20 %\n30 %\n40 %\n50 %\n60 %\n70 %\n80 %\n90 %\n100 %\n"; b.String() != want {
		t.Errorf("lines %q", b.String())
	}
	b.Reset()
	bar := progress{out: &b, terminal: true}
	bar.show(at(0.5))
	bar.clear()
	bar.complete()
	want := "\r[####################....................]  50 %  7 items \r" + strings.Repeat(" ", barWidth+30) + "\r"
	if b.String() != want {
		t.Errorf("bar %q", b.String())
	}
}

// TestDevices looks for a simulated Chromecast by mDNS on the loopback interface.
func TestDevices(t *testing.T) {
	lo, err := net.InterfaceByName("lo")
	if err != nil || lo.Flags&net.FlagUp == 0 {
		t.Skipf("not on this system: no interface lo: %v", err)
	}
	tv, err := casttest.NewReceiver(casttest.Config{Name: "Kitchen", Listen: "127.0.0.1:0", Advertise: lo})
	if err != nil {
		t.Fatal(err)
	}
	defer tv.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	wanted := func(d media.Device) bool { return d.ID == tv.ID() || d.Host == "192.0.2.20" } // others may advertise there, too
	seen := map[string]bool{}
	found, err := findDevices(ctx, cast.Config{
		Discovery: true, Interfaces: []string{lo.Name}, Static: []cast.Static{{Host: "192.0.2.20", Port: 8010, Name: "Attic"}},
	}, slog.New(slog.DiscardHandler), func(d media.Device) {
		if seen[d.Name] = seen[d.Name] || wanted(d); seen["Kitchen"] && seen["Attic"] {
			cancel()
		}
	})
	found = slices.DeleteFunc(found, func(d media.Device) bool { return !wanted(d) })
	if err != nil || len(found) != 2 || found[0].Name != "Attic" || found[1].Name != "Kitchen" || found[1].Host != "127.0.0.1" ||
		found[1].Kind != media.VideoDevice || len(found[1].ID) != 32 {
		t.Errorf("found %+v, %v", found, err)
	}
}
