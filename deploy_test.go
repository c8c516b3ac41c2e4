package main

import (
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestTheServiceIsHardened asks systemd how much the unit exposes: 0 is nothing, 10 all.
func TestTheServiceIsHardened(t *testing.T) {
	const most = 2.5
	analyze := peer(t, "systemd-analyze")
	out, err := exec.CommandContext(t.Context(), analyze, "security", "--offline=true", "--no-pager", "deploy/localcast.service").CombinedOutput()
	if err != nil && strings.Contains(string(out), "unrecognized option") {
		t.Skip("not on this system: its systemd is older than 250")
	}
	level := regexp.MustCompile(`exposure level for localcast\.service: ([0-9.]+)`).FindStringSubmatch(string(out))
	if err != nil || level == nil {
		t.Fatalf("systemd-analyze: %v\n%s", err, out)
	}
	if exposed, err := strconv.ParseFloat(level[1], 64); err != nil || exposed > most {
		t.Errorf("the exposure is %s, want at most %v", level[1], most)
	}
}
