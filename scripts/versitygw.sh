#!/bin/sh
# Builds versitygw, the S3 server that the tests use, once into a cache folder, and prints where it is.
# Exits with 1 and says why when it cannot be built; the tests then skip what needs it, by name.
set -eu
version=v1.8.0
folder="${TEST_CACHE_FOLDER:-$HOME/.cache/natrium}/bin/versitygw-$version"
program="$folder/versitygw"

if [ ! -x "$program" ]; then
  if ! command -v go >/dev/null; then
    echo "scripts/versitygw.sh: Go is not installed, so versitygw cannot be built" >&2
    exit 1
  fi
  mkdir -p "$folder"
  # built beside and moved, so that an interrupted build leaves nothing that looks whole
  draft=$(mktemp -d "$folder/build-XXXXXX")
  trap 'rm -rf "$draft"' EXIT
  GOBIN="$draft" GOFLAGS=-modcacherw go install -ldflags '-s -w' \
    "github.com/versity/versitygw/cmd/versitygw@$version" >&2
  mv "$draft/versitygw" "$program"
fi
echo "$program"
