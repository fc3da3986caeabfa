#!/usr/bin/env bash
# The C++ tests with ASan and UBSan and with TSan, the shim's with Go's race
# detector: sanitize.sh [asan | tsan | race]… (default: all three).
set -euo pipefail
source "$(dirname "$0")/lib.sh"

cd "$root"
eval "$("$root/scripts/cgo-env.sh")"
fuzz=(session inflate header config yaml route address)
targets=(ekws_unit ekws_abi ekws_conformance ekws-echo "${fuzz[@]/#/fuzz_}")
# Names, a line each: some steps run in the background.
failed=$(mktemp)
trap 'rm -f "$failed"' EXIT

step() {
  local name=$1
  shift
  say "$name"
  timeout 1800 "$@" || echo "$name" >>"$failed"
}

# Each binary as one process: with a sanitizer the start of one costs more than most tests.
run_tests() {
  local preset=$1 tests=$build/core/$1/tests log=$build/core/$1/abi.log target abi apart=''
  shift
  # UBSan looks at objects through a pipe, for which these leave it no descriptor. TSan runs them.
  if [[ $preset == asan ]]; then apart='OutOfDescriptors.*'; fi
  [[ -f $build/core/$preset/build.ninja ]] || cmake --preset "$preset"
  cmake --build --preset "$preset" --target "${targets[@]}"
  # Half of what these tests do is wait: the others run beside them.
  {
    step "$preset abi" "$@" "$tests/abi/ekws_abi" --gtest_brief=1 --gtest_filter="-Throw.*:$apart"
    # Failing allocations by themselves, so that a leak there is theirs.
    step "$preset abi, allocations that fail" "$@" "$tests/abi/ekws_abi" --gtest_brief=1 --gtest_filter=Throw.*
  } >"$log" 2>&1 &
  abi=$!
  step "$preset unit" "$@" "$tests/unit/ekws_unit" --gtest_brief=1 --gtest_filter="-$apart"
  step "$preset conformance" "$@" "$tests/conformance/ekws_conformance" --gtest_brief=1
  for target in "${fuzz[@]}"; do
    step "$preset fuzz_$target" "$@" "$tests/fuzz/fuzz_$target" "tests/fuzz/seeds/$target"/*
  done 2> >(grep -v "^tests/fuzz/seeds/" >&2)
  wait "$abi" || echo "$preset abi" >>"$failed"
  cat "$log"
}

asan() {
  export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1
  run_tests asan
}

tsan() {
  # TSan does not know where kernels with high randomness put things.
  local fixed=()
  if setarch -R true 2>/dev/null; then fixed=(setarch -R); fi
  export TSAN_OPTIONS=halt_on_error=1
  run_tests tsan "${fixed[@]}"
}

race() {
  scripts/build-core.sh ekws_core
  step "cgo_bridge with -race" env -C cgo_bridge go test -race -count=1 ./...
}

if (($# == 0)); then set -- asan tsan race; fi
for what in "$@"; do "$what"; done
if [[ -s $failed ]]; then
  say "failed: $(paste -sd, "$failed" | sed 's/,/, /g')"
  exit 1
fi
say "nothing found by the sanitizers"
