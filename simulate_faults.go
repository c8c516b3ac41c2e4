package main

import (
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"localcast/cast/casttest"
)

// A simulatedFault is something that happens to a simulated Chromecast when its letter is typed.
type simulatedFault struct {
	key, name, what string
	do              func(*simulation) string // says what is so now
}

const (
	thinNetwork = 4 << 10 // bytes per second
	slowLaunch  = 20 * time.Second
)

// simulatedFaults are all that can be asked for, what a person in the room does among them.
func simulatedFaults() []simulatedFault {
	return []simulatedFault{
		{"p", "pause", "pause, or go on, as a remote control does", (*simulation).pause},
		{"f", "finish", "end the item that plays", (*simulation).finish},
		{"n", "next", "play the next item of the queue, as a remote control does", func(s *simulation) string {
			return s.skip((*casttest.Receiver).Next)
		}},
		{"v", "previous", "play the item before", func(s *simulation) string { return s.skip((*casttest.Receiver).Previous) }},
		{"+", "louder", "turn the volume up", func(s *simulation) string { return s.turn(+0.1) }},
		{"-", "quieter", "turn the volume down", func(s *simulation) string { return s.turn(-0.1) }},
		{"t", "takeover", "another app takes the device", func(s *simulation) string {
			s.tv.TakeOver("233637DE", "YouTube")
			return "YouTube runs"
		}},
		{"c", "close", "stop casting: the app closes", func(s *simulation) string {
			s.tv.CloseApp()
			return "the app is closed"
		}},
		{"d", "drop", "cut every link", func(s *simulation) string {
			s.tv.Drop()
			return "every link is cut"
		}},
		{"s", "silence", "hang, or answer again", (*simulation).hush},
		{"r", "power", "take the plug out, or put it in: links end by no word", (*simulation).power},
		{"m", "move", "get another address, or a group another leader", (*simulation).move},
		{"b", "bandwidth", "a network of 4 KiB/s, or a good one again", (*simulation).thinOut},
		{"w", "slow-launch", "apps need 20 s to start, or no time again", (*simulation).slowDown},
		{"u", "launch-error", "refuse the next launch", func(s *simulation) string {
			s.tv.RefuseLaunch(1, "CANCELLED")
			return "the next LAUNCH is refused"
		}},
		{"e", "load-failed", "refuse the next load without saying why", (*simulation).failLoad},
		{"l", "lost-finished", "tell nobody that the next item has ended", func(s *simulation) string {
			s.tv.LoseFinished()
			return "the next FINISHED is lost"
		}},
		{"q", "no-queue", "know no queue messages, or know them again", (*simulation).unlearnQueue},
		{"i", "binary", "send binary frames", func(s *simulation) string {
			s.tv.SendBinary()
			return "sent"
		}},
		{"g", "garbage", "send a frame of garbage", func(s *simulation) string {
			s.tv.SendGarbage()
			return "sent"
		}},
		{"o", "oversize", "send a frame that is too long", func(s *simulation) string {
			s.tv.SendOversize()
			return "sent"
		}},
		{"y", "odd", "send messages with members of odd types", func(s *simulation) string {
			s.tv.SendOdd()
			return "sent"
		}},
	}
}

// simulatedFaultList lists them by a format of key, name and what.
func simulatedFaultList(format string) string {
	var b strings.Builder
	for _, f := range simulatedFaults() {
		fmt.Fprintf(&b, format, f.key, f.name, f.what)
	}
	return b.String()
}

func (s *simulation) pause() string {
	switch s.tv.Snapshot().PlayerState {
	case "PLAYING", "BUFFERING":
		s.tv.Pause()
		return "paused"
	case "PAUSED":
		s.tv.Resume()
		return "it goes on"
	}
	return "nothing plays"
}

func (s *simulation) finish() string {
	if s.tv.Finish() {
		return "the item is at its end"
	}
	return "nothing plays"
}

func (s *simulation) skip(to func(*casttest.Receiver) bool) string {
	if to(s.tv) {
		return "another item plays"
	}
	return "there is none"
}

func (s *simulation) unlearnQueue() string {
	s.noQueue = !s.noQueue
	s.tv.RefuseQueue(s.noQueue)
	if s.noQueue {
		return "queue messages are refused"
	}
	return "queue messages are known"
}

func (s *simulation) turn(by float64) string {
	now := s.tv.Snapshot()
	s.tv.SetVolume(now.Volume+by, now.Muted)
	return "done"
}

func (s *simulation) hush() string {
	s.silent = !s.silent
	s.tv.SetSilent(s.silent)
	if s.silent {
		return "the device hangs"
	}
	return "it answers again"
}

func (s *simulation) power() string {
	if s.off = !s.off; s.off {
		s.silent = false
		s.tv.PowerOff()
		return "the plug is out"
	}
	s.tv.PowerOn()
	return "the plug is in"
}

func (s *simulation) move() string {
	host, _, err := net.SplitHostPort(s.tv.Addr())
	if err == nil {
		var ln net.Listener
		if ln, err = net.Listen("tcp", net.JoinHostPort(host, "0")); err == nil {
			err = s.tv.Move(ln)
		}
	}
	if err != nil {
		return err.Error()
	}
	return "it listens on " + s.tv.Addr()
}

func (s *simulation) thinOut() string {
	if s.thin = !s.thin; s.thin {
		s.tv.SetBandwidth(thinNetwork)
		return "4 KiB/s"
	}
	s.tv.SetBandwidth(0)
	return "a good network"
}

func (s *simulation) slowDown() string {
	if s.slow = !s.slow; s.slow {
		s.tv.SetLaunchDelay(slowLaunch)
		return "apps need " + slowLaunch.String()
	}
	s.tv.SetLaunchDelay(0)
	return "apps start at once"
}

func (s *simulation) failLoad() string {
	var used atomic.Bool
	s.tv.SetRefuse(func(string) *casttest.LoadError {
		if used.Swap(true) {
			return nil
		}
		return &casttest.LoadError{}
	})
	return "the next LOAD fails"
}
