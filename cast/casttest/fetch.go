package casttest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// A fetchError says why media cannot be fetched, in the terms of LOAD_FAILED.
type fetchError struct {
	code  int
	final bool // trying again is of no use
	err   error
}

func (e *fetchError) Error() string { return e.err.Error() }
func (e *fetchError) Unwrap() error { return e.err }

// The detailedErrorCodes of LOAD_FAILED that fetching can lead to.
const (
	codeNetwork     = 103
	codeUnsupported = 104
)

// An answer is a response that is being read.
type answer struct {
	body   io.ReadCloser
	cancel context.CancelFunc
	record *FetchRecord // only the device touches it
	sum    hash.Hash
}

// userAgent is that of a Chromecast Ultra.
const userAgent = "Mozilla/5.0 (X11; Linux armv7l) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.5735.90 " +
	"Safari/537.36 CrKey/1.56.500000"

// playerOrigin is where the Default Media Receiver's page comes from.
const playerOrigin = "https://www.gstatic.com"

// open asks for the bytes from offset on.
func (s *source) open(offset int64) error {
	ctx, cancel := context.WithCancel(s.order.ctx)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil || req.URL.Scheme != "http" && req.URL.Scheme != "https" {
		cancel()
		return &fetchError{codeUnsupported, true, fmt.Errorf("%q is no URL that the device fetches", s.url)}
	}
	req.Header.Set("Range", fmt.Sprintf("bytes=%d-", offset))
	req.Header.Set("User-Agent", userAgent)
	req.Header.Set("Accept-Encoding", "identity;q=1, *;q=0")
	if s.cors {
		req.Header.Set("Origin", playerOrigin)
	}
	record := &FetchRecord{URL: s.url, Range: req.Header.Get("Range"), Offset: offset}
	s.dev.post(func() { s.dev.fetches.add(record) })
	patience := time.AfterFunc(s.dev.cfg.FetchTimeout, cancel)
	res, err := s.dev.client.Do(req)
	patience.Stop()
	if err != nil {
		cancel()
		if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
			err = wrapped.Err // without the URL, which may carry a token
		}
		why := err.Error()
		if s.order.ctx.Err() != nil {
			why = ""
		}
		s.dev.post(func() { record.Err, record.Done = why, true })
		return &fetchError{codeNetwork, false, err}
	}
	s.answer = &answer{body: res.Body, cancel: cancel, record: record, sum: sha256.New()}
	s.dev.post(func() {
		record.Status, record.ContentType, record.ContentRange =
			res.StatusCode, res.Header.Get("Content-Type"), res.Header.Get("Content-Range")
	})
	if err := s.check(res, offset); err != nil {
		s.closeAnswer(err)
		return err
	}
	s.at, s.ended = offset, false
	return nil
}

// check refuses what a player cannot use, and learns the size of the whole.
func (s *source) check(res *http.Response, offset int64) error {
	switch {
	case res.StatusCode >= 500:
		return &fetchError{codeNetwork, false, fmt.Errorf("server answers %s", res.Status)}
	case res.StatusCode == http.StatusOK && offset == 0:
		s.size = res.ContentLength
	case res.StatusCode == http.StatusPartialContent:
		start, size, ok := contentRange(res.Header.Get("Content-Range"))
		if !ok || start != offset {
			return &fetchError{codeNetwork, true, fmt.Errorf("asked for bytes from %d, got %q", offset,
				res.Header.Get("Content-Range"))}
		}
		s.size = size
	default:
		return &fetchError{codeUnsupported, true, fmt.Errorf("server answers %s", res.Status)}
	}
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if !s.text && (strings.HasPrefix(kind, "text/") || kind == "application/json") {
		return &fetchError{codeUnsupported, true, fmt.Errorf("server says that it is %s", kind)}
	}
	if allowed := res.Header.Get("Access-Control-Allow-Origin"); s.cors && allowed != "*" && allowed != playerOrigin {
		return &fetchError{codeUnsupported, true, errors.New("server does not allow the player's origin (CORS)")}
	}
	return nil
}

// contentRange reads `bytes 0-99/100`. A size of `*` is -1.
func contentRange(h string) (start, size int64, ok bool) {
	rest, ok := strings.CutPrefix(h, "bytes ")
	span, total, ok2 := strings.Cut(rest, "/")
	first, _, ok3 := strings.Cut(span, "-")
	if !ok || !ok2 || !ok3 {
		return 0, 0, false
	}
	start, err := strconv.ParseInt(first, 10, 64)
	if err != nil {
		return 0, 0, false
	}
	if total == "*" {
		return start, -1, true
	}
	size, err = strconv.ParseInt(total, 10, 64)
	return start, size, err == nil
}

// read reads some bytes of the open answer, and keeps the records. It returns io.EOF at the end of the body.
func (s *source) read(buf []byte) (int, error) {
	a := s.answer
	n, err := a.body.Read(buf)
	if err != nil && s.at+int64(n) == s.size {
		err = io.EOF // a connection that breaks with the last byte has done its work
	}
	if n > 0 {
		a.sum.Write(buf[:n])
		if s.at == s.summed {
			s.sum.Write(buf[:n])
			s.summed += int64(n)
		}
		s.at += int64(n)
		s.dev.post(func() { a.record.Bytes += int64(n) })
		s.throttle(n)
	}
	if errors.Is(err, io.EOF) {
		s.ended = true
		if s.size < 0 {
			s.size = s.at
		}
		if s.summed == s.size {
			whole := hex.EncodeToString(s.sum.Sum(nil))
			s.dev.post(func() { s.dev.sourceWhole(s, whole) })
		}
		s.closeAnswer(io.EOF)
	}
	return n, err
}

// throttle takes the time that n bytes need on the network.
func (s *source) throttle(n int) {
	wait := s.dev.network.fetched(n)
	if wait <= 0 {
		return
	}
	t := time.NewTimer(s.dev.clock.real(wait))
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.order.ctx.Done():
	}
}

// closeAnswer ends the open request, if any: io.EOF means that the body was read whole, nil that it is no longer wanted.
func (s *source) closeAnswer(why error) {
	a := s.answer
	if a == nil {
		return
	}
	s.answer = nil
	a.cancel()
	a.body.Close()
	digest := hex.EncodeToString(a.sum.Sum(nil))
	s.dev.post(func() {
		a.record.Done, a.record.SHA256 = true, digest
		switch {
		case errors.Is(why, io.EOF):
			a.record.Complete = true
		case why != nil:
			a.record.Err = why.Error()
		}
	})
}
