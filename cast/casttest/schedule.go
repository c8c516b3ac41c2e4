package casttest

import "time"

// startBytes is how much must be fetched before play starts, or goes on after a stall.
const startBytes = 64 << 10

// schedule does what is due and sets the timer for what will be.
func (d *device) schedule() {
	d.stop(d.due)
	d.due = nil
	for d.settle() {
	}
	if wait, ok := d.untilDue(); ok {
		d.due = d.after(wait, func() {})
	}
}

// slack makes up for rounding when positions and bytes are compared.
const slack = 10 * time.Microsecond

// settle does one thing that is due, and reports whether it did.
func (d *device) settle() bool {
	now := d.clock.now()
	if at, ok := d.closesAt(); ok && now >= at {
		d.log.Info("app closes, nobody uses it")
		d.endApp()
		d.broadcastReceiver(0)
		return true
	}
	if d.session == nil || d.session.play.loading {
		return false
	}
	if d.preloadDue(now) {
		return true
	}
	p := d.session.play
	position := p.head.at(now) + slack
	end, ends := p.end()
	switch {
	case p.stalled && p.enough(d.cfg.ReadAhead):
		p.stalled = false
		d.move(p, p.head.position)
		d.broadcastMedia(0, brief)
	case p.stalled || p.paused:
		return false
	case ends && position >= end:
		d.endItem("FINISHED")
	case p.starves() && position >= p.fetchedTo():
		p.stalled = true
		d.move(p, p.head.at(now))
		d.broadcastMedia(0, brief)
	default:
		return false
	}
	return true
}

// untilDue is how long it is until something happens by itself, if it does.
func (d *device) untilDue() (wait time.Duration, ok bool) {
	now := d.clock.now()
	earliest := func(w time.Duration, due bool) {
		if due && (!ok || w < wait) {
			wait, ok = w, true
		}
	}
	if at, closes := d.closesAt(); closes {
		earliest(at-now, true)
	}
	if d.session == nil || d.session.play.loading {
		return wait, ok
	}
	p := d.session.play
	if end, ends := p.end(); ends {
		earliest(p.head.until(now, end))
	}
	if p.starves() {
		earliest(p.head.until(now, p.fetchedTo()))
	}
	if at, preloads := d.session.preloadAt(); preloads {
		earliest(p.head.until(now, at))
	}
	return wait, ok
}

// closesAt is the device time at which the app closes for want of use.
func (d *device) closesAt() (time.Duration, bool) {
	patience := d.cfg.IdleTimeout
	switch {
	case d.idle():
		return 0, false
	case d.session != nil && (d.session.play.loading || !d.session.play.paused):
		return 0, false
	case d.session != nil:
		patience = d.cfg.PauseTimeout
	}
	return d.idleSince + patience, patience > 0
}

// end is the position at which p's item is over, if it has one.
func (p *play) end() (time.Duration, bool) {
	end, ok := p.duration, p.duration > 0
	if p.live && p.ended {
		end, ok = p.fetchedTo(), true
	}
	if stop := p.start + p.item.playbackDuration; p.item.playbackDuration > 0 && (!ok || stop < end) {
		end, ok = stop, true
	}
	return end, ok
}

// starves reports whether play can come to the end of what is fetched.
func (p *play) starves() bool { return !p.ended && p.medium.kind != image }

// fetchedTo is the position up to which bytes are there.
func (p *play) fetchedTo() time.Duration { return fromSeconds(float64(p.upTo) / p.pace) }

// enough reports whether play can begin or go on.
func (p *play) enough(readAhead int64) bool {
	if p.ended || p.medium.kind == image {
		return p.ended
	}
	need := int64(startBytes)
	if readAhead > 0 {
		need = min(need, readAhead/2)
	}
	return p.upTo-int64(p.head.position.Seconds()*p.pace) >= need
}
