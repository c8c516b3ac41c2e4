package cast

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"localcast/bridge"
)

const (
	identifyTimeout = 4 * time.Second
	identifyMax     = 64 << 10 // bytes of an answer
	// devicePort is the port of a device itself. A group has another one, and its host would tell the leader's id.
	devicePort = 8009
)

// identify asks the devices of the configuration that have no id who they are: at first, and whenever one of them is
// linked. It runs until ctx ends.
func (d *Devices) identify(ctx context.Context, tell func(bridge.Sighting)) {
	client := &http.Client{
		Timeout: identifyTimeout, Transport: d.setup,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	for {
		var asking sync.WaitGroup
		for _, p := range d.directory.unnamed() {
			if p.static.Port != devicePort {
				continue
			}
			asking.Go(func() {
				id, name, model, err := askIdentity(ctx, client, p.static.Host)
				if err != nil {
					d.log.Debug("the device did not tell its id", "remote", p.static.Host, "err", err)
					return
				}
				tell(d.directory.learn(p, id, name, model))
			})
		}
		asking.Wait()
		select {
		case <-ctx.Done():
			return
		case <-d.directory.nameless:
		}
	}
}

// askIdentity asks a device's setup service, which answers by plain HTTP. ssdp_udn is the id that mDNS tells; newer
// firmware puts it into device_info.
func askIdentity(ctx context.Context, client *http.Client, host string) (id, name, model string, err error) {
	url := "http://" + net.JoinHostPort(host, "8008") + "/setup/eureka_info"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", "", "", fmt.Errorf("ask for the id: %w", err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", "", "", fmt.Errorf("ask for the id: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, identifyMax))
	if err != nil {
		return "", "", "", fmt.Errorf("ask for the id: %w", err)
	}
	o, err := parse(string(body))
	if err != nil || resp.StatusCode != http.StatusOK {
		return "", "", "", fmt.Errorf("ask for the id: %s answered %s", url, resp.Status)
	}
	info := o.object("device_info")
	for _, text := range []string{o.text("ssdp_udn"), info.text("ssdp_udn")} {
		if id = plainID(text); isID(id) {
			return id, o.text("name"), info.text("model_name"), nil
		}
	}
	return "", "", "", fmt.Errorf("ask for the id: %s told none", url)
}
