package httpstream

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strconv"
	"time"
)

// health is the body of /healthz.
type health struct {
	Status  string `json:"status"`
	Broker  bool   `json:"broker"`
	Library bool   `json:"library"`
	Disk    bool   `json:"disk"`
}

// serveHealth answers 200 while the process serves, and 503 only where the data directory cannot be written.
func (s *Server) serveHealth(w http.ResponseWriter, r *http.Request, rest string) (int, error) {
	if rest != "" {
		return fail(w, http.StatusNotFound, "there is nothing at this address"), nil
	}
	answer := health{Status: "degraded", Disk: s.disk.writable()}
	answer.Broker, answer.Library = s.config.Health()
	status := http.StatusOK
	switch {
	case !answer.Disk:
		status = http.StatusServiceUnavailable
	case answer.Broker && answer.Library:
		answer.Status = "ok"
	}
	body, err := json.Marshal(answer)
	if err != nil {
		return fail(w, http.StatusInternalServerError, "health cannot be told"), nil
	}
	w.Header().Set("Cache-Control", "no-store")
	return write(w, status, "application/json", append(body, '\n'))
}

// write answers with a whole body; net/http drops it where the request is HEAD.
func write(w http.ResponseWriter, status int, contentType string, body []byte) (int, error) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, err := w.Write(body)
	return status, err
}

const (
	diskTimeout = 2 * time.Second
	diskRecent  = 5 * time.Second // how long a result is good, so that questions cost no writes
)

// diskCheck finds out whether a directory can be written. A disk that hangs holds one goroutine, whoever asks.
type diskCheck struct {
	dir string
	// result holds the last result while nobody is checking.
	result chan diskResult
}

type diskResult struct {
	ok bool
	at time.Time
}

func newDiskCheck(dir string) *diskCheck {
	d := &diskCheck{dir, make(chan diskResult, 1)}
	d.result <- diskResult{}
	return d
}

// writable answers within diskTimeout.
func (d *diskCheck) writable() bool {
	timeout := time.NewTimer(diskTimeout)
	defer timeout.Stop()
	select {
	case last := <-d.result:
		if time.Since(last.at) < diskRecent {
			d.result <- last
			return last.ok
		}
	case <-timeout.C:
		return false
	}
	done := make(chan bool, 1)
	go func() {
		ok := tryWrite(d.dir) == nil
		d.result <- diskResult{ok, time.Now()}
		done <- ok
	}()
	select {
	case ok := <-done:
		return ok
	case <-timeout.C:
		return false
	}
}

// tryWrite writes without a sync, so that a healthy disk is not worn.
func tryWrite(dir string) error {
	f, err := os.CreateTemp(dir, ".healthz-*")
	if err != nil {
		return err
	}
	_, err = f.WriteString("localcast\n")
	return errors.Join(err, f.Close(), os.Remove(f.Name()))
}
