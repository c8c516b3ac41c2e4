# syntax=docker/dockerfile:1
# The base holds data only (certificates, time zones, the names of users), so the build machine's copy serves every platform.
# It is not published for linux/arm/v6, which is why the image is not made FROM it.
FROM --platform=$BUILDPLATFORM gcr.io/distroless/static-debian12:nonroot AS base

FROM --platform=$BUILDPLATFORM golang:1.26-alpine AS build
ARG TARGETOS TARGETARCH TARGETVARIANT VERSION=dev
RUN mkdir -p /image/data /image/tmp && chown 65532:65532 /image/data && chmod 1777 /image/tmp
WORKDIR /src
RUN --mount=type=bind,target=. --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH GOARM=${TARGETVARIANT#v} \
    go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$VERSION" -o /image/usr/local/bin/localcast .

FROM scratch
ARG VERSION=dev
LABEL org.opencontainers.image.title="LocalCast" \
      org.opencontainers.image.description="Plays your own films and music on Chromecasts, driven over MQTT" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION"
COPY --from=base /etc /etc
COPY --from=base /usr/share/zoneinfo /usr/share/zoneinfo
COPY LICENSE /usr/share/doc/localcast/LICENSE
COPY --from=build /image /
ENV PATH=/usr/local/bin
USER 65532:65532
# A config.yaml in the folder where the program starts is read, so a configuration belongs at /data/config.yaml.
WORKDIR /data
VOLUME /data
EXPOSE 8010
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --start-interval=2s --retries=3 CMD ["localcast", "-health"]
ENTRYPOINT ["localcast", "-data", "/data"]
