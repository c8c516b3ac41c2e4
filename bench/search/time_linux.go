package main

import (
	"time"

	"golang.org/x/sys/unix"
)

// processorTime is what this thread has had of a processor: unlike the clock it does not count what others do meanwhile.
func processorTime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		return 0
	}
	return time.Duration(t.Nano())
}
