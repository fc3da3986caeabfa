#!/usr/bin/env bash
# The soak of tests/e2e for SOAK_MINUTES (30): host and plugin are there already
# (`make soak` sees to it). Its plot and its numbers lie in build/soak/.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

eval "$("$root/scripts/cgo-env.sh")"
export SOAK_MINUTES=${SOAK_MINUTES:-30}
cd "$root/tests/e2e"
# What it does not need to start, draw and clean up is left to it as patience.
exec go test -count=1 -v -run '^TestSoak$' -timeout "$((SOAK_MINUTES + 15))m" .
