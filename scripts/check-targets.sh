#!/usr/bin/env bash
# Every C++ source is compiled by the release build and every Go test is in a
# package: a test file that no target names would look alive and never run.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/files.sh"

failed=0
cd "$root"

compiled=$(sed -n 's/^ *"file": "\(.*\)",\{0,1\}$/\1/p' "$build/core/release/compile_commands.json")
while IFS= read -r file; do
  if ! grep -qxF "$root/$file" <<<"$compiled"; then
    echo "$file: in no target of the C++ build"
    failed=1
  fi
done < <(tree_files '*.cpp' '*.c' | grep -v '^cgo_bridge/' || true)

tested=$(for module in $(go_modules); do
  (cd "$module" && go list -f '{{$dir := .Dir}}{{range .TestGoFiles}}{{$dir}}/{{.}}
{{end}}{{range .XTestGoFiles}}{{$dir}}/{{.}}
{{end}}' ./...)
done)
while IFS= read -r file; do
  if ! grep -qxF "$root/$file" <<<"$tested"; then
    echo "$file: in no package that is tested (no module around it, or a build tag)"
    failed=1
  fi
done < <(tree_files '*_test.go')
exit $failed
