#!/bin/sh
# Runs the unit and contract suites on other versions of Node, 22 and 24 or those that are named, by the binaries of npm's package
# `node`, which it keeps in a cache folder. The last line counts the tests of all: N passed, N failed. Needs what npm test has built.
set -u
cd "$(dirname "$0")/.." || exit 1
cache="${TEST_CACHE_FOLDER:-$HOME/.cache/natrium}/nodes"
passed=0
failed=0
skipped=0

# MAJOR: where its binary is; installs it if the cache has none
node_of() {
  program="$cache/$1/node_modules/node/bin/node"
  if [ ! -x "$program" ]; then
    mkdir -p "$cache" || return 1
    # installed beside and moved, so that an interrupted installation leaves nothing that looks whole
    draft=$(mktemp -d "$cache/install-XXXXXX") || return 1
    echo '{ "private": true }' >"$draft/package.json"
    # the script of the package fetches its binary from npm's registry
    if ! npm install --prefix "$draft" --ignore-scripts=false --no-audit --no-fund --loglevel=error "node@$1" >&2 ||
      ! mv "$draft" "$cache/$1"; then
      rm -rf "$draft"
      return 1
    fi
  fi
  echo "$program"
}

# TEXT NAME: the number that stands before the name
count() {
  number=$(printf '%s\n' "$1" | sed -nE "s/.*[^0-9]([0-9]+) $2.*/\1/p")
  echo "${number:-0}"
}

[ $# -gt 0 ] || set -- 22 24
for major in "$@"; do
  start=$(date +%s)
  if ! node=$(node_of "$major"); then
    echo "scripts/other-nodes.sh: Node $major could not be installed from npm" >&2
    failed=$((failed + 1))
    continue
  fi
  echo "--- Node $("$node" --version)"
  report=$(mktemp)
  # first on the path, since tests start processes of their own
  PATH="$(dirname "$node"):$PATH" "$node" node_modules/vitest/vitest.mjs run --configLoader runner \
    --reporter=default --reporter=json --outputFile.json="$report" test/unit test/contract
  status=$?
  counts=$("$node" -e '
    const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(require("fs").readFileSync(process.argv[1]));
    console.log(`: ${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`);
  ' "$report" || echo ': 0 passed')
  rm -f "$report"
  passed=$((passed + $(count "$counts" passed)))
  skipped=$((skipped + $(count "$counts" skipped)))
  broken=$(count "$counts" failed)
  # a file that could not be loaded has no tests to fail
  if [ "$status" -ne 0 ] && [ "$broken" -eq 0 ]; then broken=1; fi
  failed=$((failed + broken))
  echo "--- Node $major$counts ($(($(date +%s) - start)) s)"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
