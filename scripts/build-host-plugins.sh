#!/usr/bin/env bash
# Builds the Go plugins that the tests give to kuiperd beside ours, each from a
# folder of tests/host, whose module says which builds of packages they share
# with it: codec.so, customformat.so, generator.so and latency.so in build/host/.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

out=$build/host
say "building the plugins of the tests and benches"
# Some packages that kuiperd gets through eKuiper's module are imported directly
# here. Go wants such in go.mod; in a copy, so that the pins stay kuiperd's own.
mkdir -p "$out/mod"
cp "$root/tests/host/go.mod" "$root/tests/host/go.sum" "$out/mod/"
cd "$root/tests/host"
for name in codec customformat generator latency; do
  CGO_ENABLED=1 go build -modfile="$out/mod/go.mod" -mod=mod -trimpath -buildmode=plugin -o "$out/$name.so" "./$name"
done
