package casttest

import (
	"encoding/binary"
	"time"
)

// WAV is a playable file of silence that lasts d, 8,000 bytes a second: media for tests that need some.
func WAV(d time.Duration) []byte {
	const rate = 8000
	n := uint32(d.Seconds() * rate)
	b := append([]byte{}, "RIFF"...)
	b = binary.LittleEndian.AppendUint32(b, 36+n)
	b = append(b, "WAVEfmt "...)
	b = binary.LittleEndian.AppendUint32(b, 16)
	b = binary.LittleEndian.AppendUint16(b, 1) // PCM
	b = binary.LittleEndian.AppendUint16(b, 1) // channels
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = binary.LittleEndian.AppendUint32(b, rate) // bytes a second
	b = binary.LittleEndian.AppendUint16(b, 1)    // bytes a sample
	b = binary.LittleEndian.AppendUint16(b, 8)    // bits a sample
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, n)
	for range n {
		b = append(b, 0x80)
	}
	return b
}
