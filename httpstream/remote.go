package httpstream

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"time"
)

const remoteTimeout = 5 * time.Second

// Remote asks other servers about what users give the address of. The zero value is ready; it keeps no connections.
type Remote struct{}

// ContentType asks for the headers of what lies at address, an http or https URL, following redirections for at most 5 s, and
// returns its MIME type without parameters. The error says what the server answered.
func (Remote) ContentType(ctx context.Context, address string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, remoteTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, address, http.NoBody)
	if err != nil {
		return "", fmt.Errorf("ask for the content type: %w", err)
	}
	client := http.Client{Transport: &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DisableKeepAlives:      true,
		MaxResponseHeaderBytes: maxHeaderBytes,
	}}
	resp, err := client.Do(r)
	if err != nil {
		return "", fmt.Errorf("ask for the content type: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("ask for the content type of %s: the server answers %s", address, resp.Status)
	}
	kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil {
		return "", fmt.Errorf("ask for the content type of %s: the server tells none", address)
	}
	return kind, nil
}
