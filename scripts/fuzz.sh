#!/usr/bin/env bash
# Runs the fuzz targets (or those that are named), FUZZ_SECONDS each (60), from
# the seeds in the tree and what earlier runs have kept in build/fuzz/. What is
# found is in build/fuzz/TARGET/finds/: mend it, and keep it as a seed.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

cd "$root"
targets=("$@")
if (($# == 0)); then targets=(session inflate header config yaml route address); fi
[[ -f $build/core/fuzz/build.ninja ]] || cmake --preset fuzz
cmake --build --preset fuzz --target "${targets[@]/#/fuzz_}"

failed=()
for target in "${targets[@]}"; do
  say "fuzz_$target, ${FUZZ_SECONDS:-60} s"
  work=$build/fuzz/$target
  mkdir -p "$work/corpus" "$work/finds"
  "$build/core/fuzz/tests/fuzz/fuzz_$target" -max_total_time="${FUZZ_SECONDS:-60}" -max_len=4096 -timeout=25 \
    -rss_limit_mb=1024 -print_final_stats=1 -artifact_prefix="$work/finds/" \
    "$work/corpus" "tests/fuzz/seeds/$target" >"$work/log" 2>&1 || failed+=("$target")
  grep -aE '^stat::(number_of_executed_units|peak_rss_mb)|^broken|ERROR|runtime error' "$work/log" || true
done
if ((${#failed[@]})); then die "found something in: ${failed[*]}; see build/fuzz/TARGET/log and finds/"; fi
say "nothing found"
