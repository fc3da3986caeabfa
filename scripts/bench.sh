#!/usr/bin/env bash
# The benches, one after the other, and the report of them. Host, plugin and the
# plugins of tests/host are there already (`make bench` sees to it). Variables:
#   BENCH_PARTS  which of host, scale, core, micro; the report shows the others
#                as they were last measured
#   BENCH_QUICK  1: a few short measurements of each, to see that all of it
#                works; its report stays under build/
set -euo pipefail
source "$(dirname "$0")/lib.sh"

parts=${BENCH_PARTS:-host scale core}
if [[ -z ${BENCH_PARTS:-} && -d $root/bench/micro ]]; then parts+=" micro"; fi
quick=${BENCH_QUICK:-}
raw=$build/bench/full
report=$root/docs
results=$root/bench/results
if [[ $quick ]]; then
  raw=$build/bench/quick
  report=$raw
  results=$raw
fi
programs=$build/core/release/bench
export EKWS_BENCH_CLIENT=$programs/ekws-bench-client EKWS_BENCH_RECV=$programs/ekws-bench-recv

prepare() {
  local targets=(ekws-bench-client ekws-bench-recv) part
  for part in $parts; do
    case $part in
      host | scale) (cd "$root/bench" && go build -o "$build/bench/$part-bench" "./$part") ;;
      core) targets+=(ekws-bench-core) ;;
      micro)
        "$root/scripts/deps.sh" bench
        targets+=(ekws-bench-micro)
        ;;
      *) die "BENCH_PARTS: $part: host, scale, core, micro are wanted" ;;
    esac
  done
  "$root/scripts/build-core.sh" "${targets[@]}"
}

# Each part writes into $raw/<part>.jsonl.part, in the time that it may take.
run_host() { timeout --foreground -k 20 40m "$build/bench/host-bench" -out "$1" ${quick:+-quick}; }
run_scale() { timeout --foreground -k 20 15m "$build/bench/scale-bench" -out "$1" ${quick:+-connections 200 -rounds 1}; }
run_core() { timeout --foreground -k 20 15m "$programs/ekws-bench-core" ${quick:+1 0.02} >"$1"; }
run_micro() {
  timeout --foreground -k 20 10m "$programs/ekws-bench-micro" --benchmark_out="$1" --benchmark_out_format=json \
    --benchmark_repetitions=5 --benchmark_enable_random_interleaving=true \
    --benchmark_min_time="$([[ $quick ]] && echo 0.01 || echo 0.2)" >&2
}

# What was built, and the part before, leave a load average that says nothing of
# what else runs; what does not go away is told, and marked in the report.
quiet() {
  local end=$((SECONDS + 180)) told=
  for (( ; ; )); do
    read -r load _ </proc/loadavg
    if [[ $quick ]] || ((SECONDS >= end)) || below 0.7; then break; fi
    if [[ ! $told ]]; then say "bench: load average $load: waiting for less than 0.7, 3 minutes at most"; fi
    told=1
    sleep 5
  done
}
below() { awk -v load="$load" -v most="$1" 'BEGIN { exit !(load < most) }'; }

# A part that fails leaves what it had measured, marked as not complete.
measure() {
  local part=$1 start ended=complete load
  quiet
  start=$SECONDS
  say "bench: $part, at a load average of $load"
  "run_$part" "$raw/$part.part" || ended=incomplete
  say "bench: $part: $ended after $((SECONDS - start)) s"
  mv "$raw/$part.part" "$raw/$part.jsonl"
  "$root/bench/report/machine.py" "$part" "$ended" $((SECONDS - start)) "$load" >"$raw/$part.machine.json"
  [[ $ended == complete ]]
}

mkdir -p "$raw" "$results"
prepare
failed=()
for part in $parts; do measure "$part" || failed+=("$part"); done
"$root/bench/report/report.py" --raw "$raw" --results "$results" --docs "$report"
say "bench: $report/performance.md"
if ((${#failed[@]})); then die "not complete: ${failed[*]}"; fi
