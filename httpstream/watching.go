package httpstream

import "github.com/prometheus/client_golang/prometheus"

// watching tells /metrics of the streams under way, of each device and item as long as it lasts. There are no more of them than
// there may be streams.
type watching struct {
	meter                *meter
	bytes, rate, stalled *prometheus.Desc
}

func newWatching(m *meter) *watching {
	labels := []string{"device", "item"}
	return &watching{
		meter:   m,
		bytes:   prometheus.NewDesc("localcast_http_stream_sent_bytes", "Bytes handed to a client that streams now.", labels, nil),
		rate:    prometheus.NewDesc("localcast_http_stream_rate_bytes", "Bytes a second to a client that streams now, over 5 s.", labels, nil),
		stalled: prometheus.NewDesc("localcast_http_stream_stalls", "Stalls of 10 s and more of a client that streams now.", labels, nil),
	}
}

// Describe implements prometheus.Collector.
func (w *watching) Describe(out chan<- *prometheus.Desc) {
	out <- w.bytes
	out <- w.rate
	out <- w.stalled
}

// Collect implements prometheus.Collector. A device may have several connections for one item; they count together.
func (w *watching) Collect(out chan<- prometheus.Metric) {
	type who struct{ device, item string }
	type figures struct{ bytes, rate, stalls int64 }
	all := map[who]figures{}
	for _, st := range w.meter.now() {
		k := who{st.device, string(st.item)}
		f := all[k]
		all[k] = figures{f.bytes + st.bytes.Load(), f.rate + st.rate.Load(), f.stalls + st.stalls.Load()}
	}
	for k, f := range all {
		out <- prometheus.MustNewConstMetric(w.bytes, prometheus.GaugeValue, float64(f.bytes), k.device, k.item)
		out <- prometheus.MustNewConstMetric(w.rate, prometheus.GaugeValue, float64(f.rate), k.device, k.item)
		out <- prometheus.MustNewConstMetric(w.stalled, prometheus.GaugeValue, float64(f.stalls), k.device, k.item)
	}
}
