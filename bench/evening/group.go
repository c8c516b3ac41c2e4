//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// group is a control group that bounds memory, of version 2 where that has a memory controller, else of version 1.
type group struct {
	dir string
	v2  bool
}

func newGroup(limit int64) (*group, error) {
	name := fmt.Sprintf("localcast-evening-%d", os.Getpid())
	controllers, _ := os.ReadFile("/sys/fs/cgroup/cgroup.controllers")
	g := &group{filepath.Join("/sys/fs/cgroup/memory", name), false}
	file := "memory.limit_in_bytes"
	if strings.Contains(string(controllers), "memory") {
		g, file = &group{filepath.Join("/sys/fs/cgroup", name), true}, "memory.max"
	}
	if err := os.Mkdir(g.dir, 0o755); err != nil {
		return nil, fmt.Errorf("make a control group, which wants root and a memory controller: %w", err)
	}
	if err := os.WriteFile(filepath.Join(g.dir, file), fmt.Append(nil, limit), 0o600); err != nil {
		g.remove()
		return nil, fmt.Errorf("bound its memory: %w", err)
	}
	return g, nil
}

// remove removes it once its processes are gone.
func (g *group) remove() { _ = os.Remove(g.dir) }

func (g *group) procs() string { return filepath.Join(g.dir, "cgroup.procs") }

// peak is the most memory that the group ever had; 0 where the kernel is too old to tell.
func (g *group) peak() int64 {
	file := "memory.max_usage_in_bytes"
	if g.v2 {
		file = "memory.peak"
	}
	text, _ := os.ReadFile(filepath.Join(g.dir, file))
	n, _ := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n
}

// kills is how many processes the kernel has killed for memory.
func (g *group) kills() (int, error) {
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
