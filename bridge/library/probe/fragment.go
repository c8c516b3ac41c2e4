package probe

// fragments is what a movie says of its fragments (ISO/IEC 14496-12, section 8.8), by track.
type fragments struct {
	timescale map[int64]int64 // ticks a second
	duration  map[int64]int64 // of a sample whose fragment states none, in ticks
}

// maxTracks bounds the tracks of a file that are remembered.
const maxTracks = 64

// fragmentsEnd returns the end, in seconds, of a fragmented file that states no duration: from its segment indexes, else from the
// fragments themselves; 0 if that would take too much reading.
func (m *mp4) fragmentsEnd() float64 {
	indexed := map[int64]float64{} // by track
	last := 0.0
	err := m.walk(0, m.s.size, 0, func(kind string, body, to int64) error {
		switch kind {
		case "sidx":
			m.segmentIndex(body, indexed)
		case "moof":
			if len(indexed) == 0 {
				return m.walk(body, to, 1, func(kind string, body, to int64) error {
					if kind != "traf" {
						return nil
					}
					end, err := m.fragmentEnd(body, to)
					last = max(last, end)
					return err
				})
			}
		}
		return nil
	})
	longest := 0.0
	for _, d := range indexed {
		longest = max(longest, d)
	}
	switch {
	case longest > 0:
		return longest
	case err != nil:
		return 0
	}
	return last
}

// segmentIndex adds the durations in a sidx box to those of its track. What refers to another index is counted there.
func (m *mp4) segmentIndex(body int64, sums map[int64]float64) {
	b, err := m.s.bytes(body, 32)
	if err != nil || len(sums) > maxTracks {
		return
	}
	track, scale, count, first := be32(b[4:]), be32(b[8:]), be16(b[22:]), body+24
	if b[0] != 0 {
		count, first = be16(b[30:]), body+32
	}
	sum := int64(0)
	for i := range count {
		b, err := m.s.bytes(first+12*int64(i), 12)
		if err != nil {
			return
		}
		if b[0]&0x80 == 0 {
			sum += be32(b[4:])
		}
	}
	if scale > 0 {
		sums[track] += float64(sum) / float64(scale)
	}
}

// fragmentEnd returns where the samples of a traf end, in seconds.
func (m *mp4) fragmentEnd(body, end int64) (float64, error) {
	var track, begin, length, perSample int64
	err := m.walk(body, end, 2, func(kind string, body, end int64) error {
		switch kind {
		case "tfhd":
			b, err := m.s.bytes(body, int(min(end-body, 32)))
			if err != nil || len(b) < 8 {
				return err
			}
			track = be32(b[4:])
			perSample = m.fragments.duration[track]
			if d, ok := fragmentDuration(b); ok {
				perSample = d
			}
		case "tfdt":
			b, err := m.s.bytes(body, int(min(end-body, 12)))
			if err != nil || len(b) < 8 {
				return err
			}
			begin = be32(b[4:])
			if b[0] == 1 && len(b) == 12 {
				begin = int64(be64(b[4:]))
			}
		case "trun":
			n, err := m.runLength(body, perSample)
			length += n
			return err
		}
		return nil
	})
	if scale := m.fragments.timescale[track]; scale > 0 {
		return float64(begin+length) / float64(scale), err
	}
	return 0, err
}

// fragmentDuration returns the default_sample_duration of a tfhd.
func fragmentDuration(b []byte) (int64, bool) {
	flags, at := be32(b)&0xffffff, 8
	if flags&0x1 != 0 {
		at += 8
	}
	if flags&0x2 != 0 {
		at += 4
	}
	if flags&0x8 == 0 || len(b) < at+4 {
		return 0, false
	}
	return be32(b[at:]), true
}

// runLength sums the durations of a trun's samples, in ticks.
func (m *mp4) runLength(body, perSample int64) (int64, error) {
	b, err := m.s.bytes(body, 8)
	if err != nil {
		return 0, err
	}
	flags, count := be32(b)&0xffffff, be32(b[4:])
	if flags&0x100 == 0 {
		return count * perSample, nil
	}
	at, width := body+8, int64(0)
	for bit := int64(0x1); bit <= 0x4; bit += 3 { // data-offset, first-sample-flags
		if flags&bit != 0 {
			at += 4
		}
	}
	for bit := int64(0x100); bit <= 0x800; bit <<= 1 {
		if flags&bit != 0 {
			width += 4
		}
	}
	sum := int64(0)
	for i := range count {
		b, err := m.s.bytes(at+i*width, 4)
		if err != nil {
			return sum, err
		}
		sum += be32(b)
	}
	return sum, nil
}
