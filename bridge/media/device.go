package media

// DeviceKind is what a Chromecast is.
type DeviceKind string

// The kinds of device. A device whose kind is not known yet counts as a video device.
const (
	VideoDevice DeviceKind = "video"
	AudioDevice DeviceKind = "audio"
	GroupDevice DeviceKind = "group"
)

// Device says which Chromecast is meant and where it was last seen. What is not known is empty.
type Device struct {
	// Topic is the name a device has in topics, a slug of a-z 0-9 _; once given it is its own for ever.
	Topic string
	// ID is the Cast id, 32 lower-case hex digits; "" while a device that was only configured has not told it.
	ID    string
	Name  string // the friendly name
	Model string
	Host  string // an IP address, or a name from the configuration
	Port  int
	Kind  DeviceKind
	// Capabilities holds "audio", "video" and "group".
	Capabilities []string
	// Refused are the formats that it did not play though it reached the file.
	Refused []string
}
