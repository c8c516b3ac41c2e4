package webvtt

import "testing"

// BenchmarkConvert converts a SubRip file of 10 MB, a hundred times the usual.
func BenchmarkConvert(b *testing.B) {
	data := srt(145_000)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Convert(b.Context(), data, "en"); err != nil {
			b.Fatal(err)
		}
	}
}
