#!/usr/bin/env bash
# Every rule that a tool can check; goes on after a failure and names all that
# failed in the end.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/files.sh"

eval "$("$root/scripts/cgo-env.sh")"
cd "$root"

clang_format() { cpp_files | xargs -r clang-format --dry-run -Werror; }

go_format() {
  local unformatted
  unformatted=$(tree_files '*.go' | xargs -r "$(go env GOROOT)/bin/gofmt" -l)
  if [[ -n $unformatted ]]; then
    printf 'not formatted (make format):\n%s\n' "$unformatted"
    return 1
  fi
}

go_vet() {
  local module rc=0
  for module in $(go_modules); do
    (cd "$module" && go vet ./...) || rc=1
  done
  return $rc
}

generated() {
  local tool=$build/core/release/plugin/ekws-options
  "$tool" --check "$root"
}

failed=()
check() {
  local name=$1
  shift
  if "$@"; then echo "ok      $name"; else
    echo "FAILED  $name"
    failed+=("$name")
  fi
}

# First: compile_commands.json and ekws-options come from it.
check "C++ build, warnings as errors" scripts/build-core.sh
check "clang-format" clang_format
check "gofmt" go_format
check "go vet" go_vet
check "include directions" python3 scripts/check-includes.py "$root"
check "exported symbols" scripts/check-exports.sh "$EKWS_PLUGIN"
check "generated files" generated
check "every text in docs/troubleshoot.md" python3 scripts/check-messages.py "$root"
check "file sizes" scripts/check-sizes.sh
check "every source in a target" scripts/check-targets.sh

if ((${#failed[@]})); then die "${#failed[@]} of the checks failed"; fi
say "all checks passed"
