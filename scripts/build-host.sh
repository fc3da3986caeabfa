#!/usr/bin/env bash
# Builds the real kuiperd and kuiper that tests/host pins, and a writable copy
# of the etc/ that belongs to them.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

module=github.com/lf-edge/ekuiper/v2
out=$build/host

cd "$root/tests/host"
version=$(go list -m -f '{{.Version}}' $module)
say "building kuiperd and kuiper ${version#v} (some minutes the first time)"
mkdir -p "$out"
retry go list -mod=readonly -deps $module/cmd/kuiperd $module/cmd/kuiper >/dev/null
# -mod=readonly: the committed go.mod and go.sum are all it takes.
CGO_ENABLED=1 go build -mod=readonly -trimpath -o "$out/" \
  -ldflags "-X $module/cmd.Version=${version#v} -X $module/cmd.LoadFileType=relative" \
  $module/cmd/kuiperd $module/cmd/kuiper

rm -rf "$out/etc"
# The module cache is read-only; a host rewrites its configuration.
cp -r --no-preserve=mode,ownership "$(go list -m -f '{{.Dir}}' $module)/etc" "$out/etc"
touch "$out/kuiperd"
