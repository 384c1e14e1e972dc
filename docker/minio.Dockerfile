# MinIO from its source, in the version that the tests use: its makers publish no images any more.
# The other base brings what its health check runs on.
FROM golang:1.26.8-bookworm AS build
RUN GOBIN=/minio go install -ldflags '-s -w' github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c

FROM node:24.21.0-bookworm-slim
COPY --from=build /minio/minio /usr/local/bin/minio
COPY docker/health.mjs /natrium/docker/health.mjs
RUN install -d -o node -g node -m 700 /objects
WORKDIR /natrium
USER node
EXPOSE 9000
CMD ["minio", "server", "/objects", "--address", ":9000"]
HEALTHCHECK --interval=10s --timeout=8s --start-period=30s CMD ["node", "docker/health.mjs", "http://127.0.0.1:9000/minio/health/ready"]
