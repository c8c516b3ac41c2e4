package bridge

import (
	"slices"

	"localcast/bridge/media"
)

// maxRefused bounds the formats that are remembered of one device; there are no more than a few dozen in use.
const maxRefused = 64

// tastes is what a device's goroutine learns of the formats that the device plays.
type tastes struct {
	// fault is why what fails now failed, as far as the player tells.
	fault Fault
	// played is true once something of ours has started on this link: the device reaches us, so that what fails then fails
	// for itself.
	played bool
	// doubted are formats of which one file failed without a clear reason, with that file. A second one settles it.
	doubted map[string]media.ID
}

// failed learns from an item that the device did not play. It reports whether more formats are known as refused.
func (t *tastes) failed(d *media.Device, item media.Item) bool {
	format := formatOf(item)
	if format == "" || t.fault == FaultElsewhere || slices.Contains(d.Refused, format) || len(d.Refused) >= maxRefused {
		return false
	}
	if t.fault != FaultFormat {
		first, doubted := t.doubted[format]
		if !doubted && t.played && len(t.doubted) < maxRefused {
			t.doubted[format] = item.ID
		}
		if !doubted || first == item.ID || !t.played {
			return false
		}
	}
	delete(t.doubted, format)
	d.Refused = append(slices.Clone(d.Refused), format)
	return true
}

// started learns from an item that plays. It reports whether fewer formats are known as refused.
func (t *tastes) started(d *media.Device, item media.Item) bool {
	t.played = true
	format := formatOf(item)
	delete(t.doubted, format)
	at := slices.Index(d.Refused, format)
	if at < 0 {
		return false
	}
	d.Refused = slices.Delete(slices.Clone(d.Refused), at, at+1)
	return true
}

// faultOf tells what the failure of a load says of its file.
func faultOf(k FailKind) Fault {
	switch k {
	case FailRefused:
		return FaultUnknown
	case FailFormat:
		return FaultFormat
	}
	return FaultElsewhere
}

// learn takes what an event tells of a format, and has it remembered.
func (r *running) learn(kind EventType, item media.Item) {
	switch {
	case kind == ItemStarted && r.tastes.started(&r.info, item):
		r.log.Info("the device plays what it had refused", "item", item.ID)
	case kind == ItemFailed && r.tastes.failed(&r.info, item):
		r.log.Info("the device refuses a format", "item", item.ID, "format", describeFormat(item))
	default:
		return
	}
	r.changedTastes.Store(true)
	r.show()
}
