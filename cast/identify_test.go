package cast

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"localcast/bridge"
)

// setupService answers as a device's does.
type setupService func(*http.Request) (*http.Response, error)

func (s setupService) RoundTrip(r *http.Request) (*http.Response, error) { return s(r) }

func answer(code int, body string) setupService {
	return func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: code, Status: http.StatusText(code), Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

func TestAskIdentity(t *testing.T) {
	const dashed = "01234567-89ab-cdef-0123-456789abcdef"
	for name, row := range map[string]struct {
		service         setupService
		id, name, model string
	}{
		"an old firmware": {answer(200, `{"name":"Kitchen","ssdp_udn":"`+dashed+`","uptime":7.5}`), someID, "Kitchen", ""},
		"a new firmware": {
			answer(200, `{"name":"Kitchen","device_info":{"ssdp_udn":"`+dashed+`","model_name":"Chromecast"}}`),
			someID, "Kitchen", "Chromecast",
		},
		"none":            {answer(200, `{"name":"Kitchen"}`), "", "", ""},
		"no JSON":         {answer(200, `<html>`), "", "", ""},
		"an error":        {answer(404, `{"ssdp_udn":"`+dashed+`"}`), "", "", ""},
		"nobody":          {func(*http.Request) (*http.Response, error) { return nil, errors.New("refused") }, "", "", ""},
		"without a bound": {answer(200, `{"x":"`+strings.Repeat("x", identifyMax)+`","ssdp_udn":"`+dashed+`"}`), "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			id, name, model, err := askIdentity(t.Context(), &http.Client{Transport: row.service}, "192.0.2.20")
			if id != row.id || name != row.name || model != row.model || (err == nil) != (id != "") {
				t.Errorf("got %q %q %q %v", id, name, model, err)
			}
		})
	}
}

func TestAnIDIsAskedForUntilItIsTold(t *testing.T) {
	asked := make(chan string, 10)
	d := New(Config{Static: []Static{{Host: "kitchen.lan", Port: 8009, Topic: "k"}, {Host: "group.lan", Port: 32001}}}, quiet())
	d.setup = setupService(func(r *http.Request) (*http.Response, error) {
		if asked <- r.URL.String(); len(asked) == 1 {
			return nil, errors.New("no route")
		}
		return answer(200, `{"name":"Kitchen","ssdp_udn":"`+someID+`"}`)(r)
	})
	place := d.directory.place(d.directory.statics()[0])
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var seen []bridge.Sighting
	err := d.Run(ctx, func(s bridge.Sighting) {
		switch seen = append(seen, s); {
		case s.ID != "":
			cancel()
		case len(seen) == 2:
			place.found("192.0.2.20", 8009) // a link is made
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) != 3 || seen[0].ID != "" || seen[2].ID != someID || seen[2].Name != "Kitchen" || seen[2].Host != "kitchen.lan" {
		t.Errorf("told %+v", seen)
	}
	close(asked)
	for url := range asked {
		if url != "http://kitchen.lan:8008/setup/eureka_info" { // a group's host would tell its leader's id
			t.Errorf("asked %s", url)
		}
	}
}
