package probe

// inUserData finds the tags: udta/meta/ilst, as iTunes writes them.
func (m *mp4) inUserData(kind string, body, end int64) error {
	switch kind {
	case "meta":
		// In ISO files meta has version and flags, in QuickTime's none.
		b, err := m.s.upTo(body, 8)
		if err != nil {
			return nil
		}
		if len(b) == 8 && string(b[4:8]) != "hdlr" {
			body += 4
		}
		_ = m.walk(body, end, 3, m.inUserData)
	case "ilst":
		_ = m.walk(body, end, 4, m.tagItem)
	}
	return nil // broken tags are no tags
}

func (m *mp4) tagItem(kind string, body, end int64) error {
	return m.walk(body, end, 5, func(inner string, from, to int64) error {
		if inner != "data" || to-from < 8 {
			return nil
		}
		if kind == "covr" {
			m.info.Picture = true
			if m.coverAt == 0 {
				m.coverAt, m.coverSize = from+8, to-from-8
			}
			return nil
		}
		b, err := m.s.bytes(from, int(min(to-from, maxTag+8)))
		if err != nil {
			return err
		}
		m.setTag(kind, b[8:])
		return nil
	})
}

func (m *mp4) setTag(kind string, value []byte) {
	t := &m.info.Tags
	switch kind {
	case "\xa9nam":
		t.set("TITLE", string(value))
	case "\xa9ART":
		t.set("ARTIST", string(value))
	case "\xa9alb":
		t.set("ALBUM", string(value))
	case "aART":
		t.set("ALBUMARTIST", string(value))
	case "\xa9gen":
		t.set("GENRE", string(value))
	case "\xa9day":
		t.set("DATE", string(value))
	case "trkn":
		if len(value) >= 4 {
			t.Track = be16(value[2:])
		}
	case "disk":
		if len(value) >= 4 {
			t.Disc = be16(value[2:])
		}
	}
}
