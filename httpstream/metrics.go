package httpstream

import (
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// The values of Config.Metrics.
const (
	metricsLoopback = "loopback"
	metricsAll      = "all"
	metricsOff      = "off"
)

// metrics is what /metrics tells, in a registry of its own. Names are those of Prometheus' conventions.
type metrics struct {
	handler   http.Handler
	refused   prometheus.Counter
	responses *prometheus.CounterVec
}

func newMetrics(m *meter, more []prometheus.Collector) *metrics {
	active := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "localcast_http_streams_active",
		Help: "Media responses under way.",
	}, func() float64 { return float64(m.active.Load()) })
	bytes := prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "localcast_http_stream_bytes_total",
		Help: "Bytes of media handed to clients.",
	}, func() float64 { return float64(m.bytes.Load()) })
	refused := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "localcast_http_streams_refused_total",
		Help: "Media requests answered 503 because all streams were in use.",
	})
	responses := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "localcast_http_responses_total",
		Help: "Answers by kind of address and status.",
	}, []string{"kind", "code"})
	stalls := prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "localcast_http_stream_stalls_total",
		Help: "Pauses of 10 s and more within media responses: the player had enough, or the network or the disk hung.",
	}, func() float64 { return float64(m.stalls.Load()) })
	firstByte := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name:    "localcast_http_first_byte_seconds",
		Help:    "From a request for media to its first bytes, told when the response has ended.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	})
	m.ended = func(st *stream) {
		if d := st.firstByte.Load(); d > 0 {
			firstByte.Observe(time.Duration(d).Seconds())
		}
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(active, bytes, stalls, firstByte, refused, responses, newWatching(m))
	registry.MustRegister(more...)
	return &metrics{promhttp.HandlerFor(registry, promhttp.HandlerOpts{}), refused, responses}
}

// answered counts an answer. kind is one of a few, never what a client sent.
func (m *metrics) answered(kind string, status int) {
	m.responses.WithLabelValues(kind, strconv.Itoa(status)).Inc()
}

func (s *Server) serveMetrics(w http.ResponseWriter, r *http.Request, rest string) (int, error) {
	if rest != "" || s.config.Metrics == metricsOff {
		return fail(w, http.StatusNotFound, "there is nothing at this address"), nil
	}
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	if s.config.Metrics == metricsLoopback && (err != nil || !remote.Addr().Unmap().IsLoopback()) {
		return fail(w, http.StatusForbidden, "metrics are for this machine alone (http.metrics)"), nil
	}
	s.metrics.handler.ServeHTTP(w, r)
	return http.StatusOK, nil
}
