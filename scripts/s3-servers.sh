#!/bin/sh
# Builds the S3 servers that the tests use, versitygw and MinIO or those that are named, each once into a cache folder, and prints
# where each is and how long it took. Exits with 1 and says why when one cannot be built; the tests then skip what needs it, by name.
set -u
cache="${TEST_CACHE_FOLDER:-$HOME/.cache/natrium}/bin"
most_minutes=30

# NAME VERSION PACKAGE
build() {
  folder="$cache/$1-$2"
  program="$folder/$1"
  start=$(date +%s)
  if [ ! -x "$program" ]; then
    if ! command -v go >/dev/null; then
      echo "scripts/s3-servers.sh: Go is not installed, so $1 cannot be built" >&2
      return 1
    fi
    mkdir -p "$folder" || return 1
    # built beside and moved, so that an interrupted build leaves nothing that looks whole
    draft=$(mktemp -d "$folder/build-XXXXXX") || return 1
    if ! GOBIN="$draft" GOFLAGS=-modcacherw timeout "${most_minutes}m" go install -ldflags '-s -w' "$3@$2" >"$draft/log" 2>&1; then
      tail -n 5 "$draft/log" >&2
      echo "scripts/s3-servers.sh: $1 could not be built" >&2
      rm -rf "$draft"
      return 1
    fi
    mv "$draft/$1" "$program"
    rm -rf "$draft"
  fi
  echo "$program ($(($(date +%s) - start)) s)"
}

failed=0
[ $# -gt 0 ] || set -- versitygw minio
for name in "$@"; do
  case "$name" in
    versitygw) build versitygw v1.8.0 github.com/versity/versitygw/cmd/versitygw ;;
    minio) build minio v0.0.0-20260212201848-7aac2a2c5b7c github.com/minio/minio ;;
    *)
      echo "scripts/s3-servers.sh: there is no $name; there are versitygw and minio" >&2
      false
      ;;
  esac || failed=1
done
exit "$failed"
