package cast

import (
	"context"
	"net"

	"localcast/bridge"
	"localcast/bridge/media"
)

// SetDial puts the network of a player that does not run yet into the hands of a test.
func SetDial(p bridge.Player, dial func(ctx context.Context, address string) (net.Conn, error)) {
	p.(*player).dial = dial
}

// See lets discovery see a device.
func (d *Devices) See(dev media.Device) { d.directory.see(dev) }

// Missing reports whether discovery sweeps without pause.
func (d *Devices) Missing() bool { return d.directory.missing() }

// SilentAfter is how long a link may be silent.
const SilentAfter = silentAfter
