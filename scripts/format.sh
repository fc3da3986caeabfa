#!/usr/bin/env bash
# Formats C++ and Go in place, as check.sh wants it.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/files.sh"

cd "$root"
cpp_files | xargs -r clang-format -i
tree_files '*.go' | xargs -r "$(go env GOROOT)/bin/gofmt" -w
