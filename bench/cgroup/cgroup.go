//go:build linux

// Package cgroup bounds the memory of what is measured, the page cache included: a control group of version 2 where that has
// a memory controller, else of version 1. It wants root.
package cgroup

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// Group is a control group.
type Group struct {
	dir string
	v2  bool
}

// New makes a group of limit bytes. name tells groups of one process apart.
func New(name string, limit int64) (*Group, error) {
	name = fmt.Sprintf("localcast-%s-%d", name, os.Getpid())
	controllers, _ := os.ReadFile("/sys/fs/cgroup/cgroup.controllers")
	g := &Group{filepath.Join("/sys/fs/cgroup/memory", name), false}
	file := "memory.limit_in_bytes"
	if strings.Contains(string(controllers), "memory") {
		g, file = &Group{filepath.Join("/sys/fs/cgroup", name), true}, "memory.max"
	}
	if err := os.Mkdir(g.dir, 0o755); err != nil {
		return nil, fmt.Errorf("make a control group, which wants root and a memory controller: %w", err)
	}
	if err := os.WriteFile(filepath.Join(g.dir, file), fmt.Append(nil, limit), 0o600); err != nil {
		g.Remove()
		return nil, fmt.Errorf("bound its memory: %w", err)
	}
	return g, nil
}

// Remove removes the group once its processes are gone.
func (g *Group) Remove() { _ = os.Remove(g.dir) }

// Command returns a command that joins the group and becomes the program, which never runs outside.
func (g *Group) Command(program string, args ...string) *exec.Cmd {
	const join = `echo 0 > "$1" && shift && exec "$@"`
	return exec.Command("sh", append([]string{"-c", join, "sh", filepath.Join(g.dir, "cgroup.procs"), program}, args...)...)
}

// Peak is the most memory that the group ever had; 0 where the kernel is too old to tell.
func (g *Group) Peak() int64 {
	file := "memory.max_usage_in_bytes"
	if g.v2 {
		file = "memory.peak"
	}
	text, _ := os.ReadFile(filepath.Join(g.dir, file))
	n, _ := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n
}

// Kills is how many processes the kernel has killed for memory.
func (g *Group) Kills() (int, error) {
	file := "memory.oom_control"
	if g.v2 {
		file = "memory.events"
	}
	text, err := os.ReadFile(filepath.Join(g.dir, file))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if n, ok := strings.CutPrefix(line, "oom_kill "); ok {
			return strconv.Atoi(strings.TrimSpace(n))
		}
	}
	return 0, errors.New("the kernel does not tell what it has killed")
}
