#!/usr/bin/env bash
# All tests, one after the other, each to its end: a failure does not hide what
# comes after it. Host and plugin are there already (`make test` sees to it).
set -euo pipefail
source "$(dirname "$0")/lib.sh"

eval "$("$root/scripts/cgo-env.sh")"
failed=()
step() {
  local name=$1
  shift
  say "$name"
  "$@" || failed+=("$name")
}
in_folder() (cd "$1" && shift && "$@")

step "C++ build" "$root/scripts/build-core.sh"
# One C++ build: the tests run on what is shipped; dev, asan and tsan are for developers.
step "C++ tests" in_folder "$root" ctest --preset release --parallel "$(nproc)"
step "exported symbols" "$root/scripts/check-exports.sh" "$EKWS_PLUGIN"
# -count=1: Go's test cache does not see the archive, the plugin or the host.
step "go test cgo_bridge" in_folder "$root/cgo_bridge" go test -count=1 ./...
step "go test tools" in_folder "$root/tools" go test -count=1 ./...
step "go test bench" in_folder "$root/bench" go test -count=1 ./...
step "go test tests/e2e" in_folder "$root/tests/e2e" go test -count=1 -timeout 60m ./...

if ((${#failed[@]})); then
  say "failed: $(printf '%s, ' "${failed[@]}" | sed 's/, $//')"
  exit 1
fi
say "all tests passed"
