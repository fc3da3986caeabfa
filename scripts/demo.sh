#!/usr/bin/env bash
# Builds the demo and the load tool and runs the demo, which ends by itself
# unless it is given -keep.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

"$root/scripts/build-core.sh" ekws-load
(cd "$root/tools" && go build -o "$build/tools/ekws-demo" ./demo)
exec "$build/tools/ekws-demo" "$@"
