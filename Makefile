# What developers, releases and .ci/run call. `make` alone lists the targets.
SHELL       := bash
.SHELLFLAGS := -euo pipefail -c

VERSION     ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
PLATFORMS   := linux-amd64 linux-arm64 linux-armv7 linux-armv6
FUZZTIME    ?= 10s
IMAGE       ?= localcast
GOLANGCI    := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
# The same commit makes the same archives: their files carry the time of the commit.
export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)

export CGO_ENABLED = 0
GO_BUILD = go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$(VERSION)"

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## ./localcast for this machine
	$(GO_BUILD) -o localcast .

.PHONY: test
test: ## every test; those that need a program which is not here say so and are left out
	go test ./...

.PHONY: race
race: ## every test with the race detector, which needs a C compiler
	CGO_ENABLED=1 go test -race ./...

.PHONY: lint
lint: ## gofmt, go vet and golangci-lint
	@test -z "$$(gofmt -l .)" || { echo "gofmt -w is wanted for:"; gofmt -l .; exit 1; }
	go vet ./...
	go run $(GOLANGCI) run

# Before Go 1.27 the end of -fuzztime may count as a failure: "context deadline exceeded", and no input (golang/go#75804).
.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (10s)
	@packages=$$(go list ./...); for package in $$packages; do \
	  targets=$$(go test -list '^Fuzz' $$package | sed -n '/^Fuzz/p'); \
	  for target in $$targets; do \
	    said=$$(go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$package 2>&1) || \
	      { grep -q '^    context deadline exceeded$$' <<<"$$said" && ! grep -q 'Failing input' <<<"$$said"; } || \
	      { echo "$$said"; exit 1; }; \
	    echo "$$package $$target: $$(grep '^fuzz: elapsed' <<<"$$said" | tail -n 1)"; \
	  done; \
	done

.PHONY: bench-scan
bench-scan: ## the first scan and an unchanged rescan of 100,000 files, beside a plain walk
	@go run ./bench/scan

# TITLES: a folder with movies.tsv (title, year) and tracks.tsv (title, artist, album); titles are made up without.
.PHONY: eval-search
eval-search: ## how well the search finds, at 10,000, 100,000 and 1,000,000 items, beside SQLite FTS5; 2 GB of memory, minutes
	go run ./bench/search -items 10000,100000,1000000 -titles "$(TITLES)"

.PHONY: bench-names
bench-names: ## how many file names are read right, beside a rule of thumb
	@go run ./bench/names

BINARIES := $(PLATFORMS:%=dist/%/localcast)
ARCHIVES := $(PLATFORMS:%=dist/localcast-$(VERSION)-%.tar.gz)

.PHONY: cross
cross: $(BINARIES) ## dist/PLATFORM/localcast for the four platforms

# For linux-armv6 the stem is armv6: GOARCH=arm GOARM=6. The go command knows best what is up to date.
$(BINARIES): dist/linux-%/localcast: FORCE
	GOOS=linux GOARCH=$(patsubst armv%,arm,$*) GOARM=$(patsubst armv%,%,$(filter armv%,$*)) $(GO_BUILD) -o $@ .
FORCE:

.PHONY: release
release: $(ARCHIVES) ## archives for the four platforms and their checksums, the same for the same commit
	cd dist && sha256sum $(^F) > SHA256SUMS

$(ARCHIVES): dist/localcast-$(VERSION)-%.tar.gz: dist/%/localcast README.md LICENSE config.yaml deploy/localcast.service
	tar --create --format=ustar --sort=name --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX --mtime=@$(SOURCE_DATE_EPOCH) \
	  --transform='s,.*/,,;s,^,localcast-$(VERSION)-$*/,' $^ | gzip --no-name --best > $@

.PHONY: docker
docker: ## the container image for this machine
	docker build --build-arg VERSION=$(VERSION) --tag $(IMAGE):$(VERSION) .

.PHONY: bench-queue
bench-queue: ## one edit of a queue of 10, 1,000 and 10,000 entries: deciding, and writing to the disk that holds TMPDIR
	go test -run '^$$' -bench 'Edit|Replace|BenchmarkQueue' -benchmem ./bridge/queue ./bridge/store

.PHONY: bench-http
bench-http: ## the streamer beside nginx and http.ServeContent: CPU, first byte, stalled readers, a lossy link; as root
	go run ./bench/http

.PHONY: bench-evening
bench-evening: build ## 8 films and 100,000 items in a control group of 768 MB, 10 minutes; as root
	go run ./bench/evening

# The relay beside it wants an interpreter with pychromecast and paho-mqtt: make bench-mqtt PYTHON=python3
PYTHON ?=
.PHONY: bench-mqtt
bench-mqtt: build ## from a receiver's event to its MQTT message, 50 devices, 60 s, on Mosquitto
	go run ./bench/mqtt -program ./localcast -python "$(PYTHON)"

.PHONY: clean
clean: ## removes what the targets above made
	rm -rf dist localcast
