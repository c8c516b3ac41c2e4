package casttest

import "time"

// clock is the device's time: package time's, scaled.
type clock struct {
	start time.Time
	speed float64
}

// now is how much device time has passed since the start.
func (c clock) now() time.Duration {
	return time.Duration(float64(time.Since(c.start)) * c.speed)
}

// real is how long d of device time lasts. It is rounded up, so that what is due after it is due indeed.
func (c clock) real(d time.Duration) time.Duration {
	return time.Duration(float64(d)/c.speed) + time.Nanosecond
}

// A playhead tells the position of play at any moment without ticking.
type playhead struct {
	position time.Duration // at since
	since    time.Duration // device time
	rate     float64       // 0 while paused or stalled
}

func (p playhead) at(now time.Duration) time.Duration {
	return p.position + time.Duration(float64(now-p.since)*p.rate)
}

// until is the device time that play needs from now to position, and whether it will ever come there.
func (p playhead) until(now, position time.Duration) (time.Duration, bool) {
	if p.rate <= 0 {
		return 0, false
	}
	return max(0, time.Duration(float64(position-p.at(now))/p.rate)), true
}
