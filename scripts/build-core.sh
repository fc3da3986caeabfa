#!/usr/bin/env bash
# Builds targets of the C++ tree (default: all) with the release preset.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

cd "$root"
mkdir -p "$build/core"
# Ninja does not notice another one in the same folder.
exec {lock}>"$build/core/lock"
flock "$lock"
[[ -f $build/core/release/build.ninja ]] || cmake --preset release
if (($#)); then set -- --target "$@"; fi
cmake --build --preset release "$@"
