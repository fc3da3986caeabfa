#!/usr/bin/env bash
# build-plugin.sh OUTDIR ARCHIVE: builds OUTDIR/Websocket.so for the host that
# OUTDIR/host.txt describes (see host-info.sh), linked with the core's ARCHIVE.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

out=$(cd "$1" && pwd)
# Two makes for one folder must not write over one another.
exec {lock}>"$out/lock"
flock "$lock"
eval "$("$root/scripts/cgo-env.sh" "$2")"

go= contract= flags=()
while IFS='=' read -r key value; do
  case $key in
    go) go=$value ;;
    contract) contract=$value ;;
    -*) if [[ $value == true ]]; then flags+=("$key"); else flags+=("$key=$value"); fi ;;
    GO*) export "$key=$value" ;;
    *) die "$out/host.txt: unknown key $key" ;;
  esac
done <"$out/host.txt"
[[ -n $go && -n $contract ]] || die "$out/host.txt: no Go or contract version in it"

export GOTOOLCHAIN=$go
# From a folder outside every module: the go line of cgo_bridge/go.mod may ask
# for a newer Go than the host's.
version=$(cd / && go version 2>&1) || die "the Go toolchain $go, which this host was built with, cannot be had: $version"

# The loader wants the plugin's packages built as the host's were: its Go, its
# contract. So go.mod and go.sum are made for each host, here and not in the tree.
mkdir -p "$out/mod"
cp "$root/cgo_bridge/go.mod" "$root/cgo_bridge/go.sum" "$out/mod/"
(cd "$out/mod" && go mod edit -go="${go#go}" -toolchain=none \
  -require="github.com/lf-edge/ekuiper/contract/v2@$contract" go.mod)

say "building Websocket.so for $go, contract $contract"
cd "$root/cgo_bridge"
go build -modfile="$out/mod/go.mod" -mod=mod -trimpath -buildvcs=false -buildmode=plugin \
  "${flags[@]}" -o "$out/Websocket.so.new" .
# Renamed into place: a host that has the old file open keeps it.
mv "$out/Websocket.so.new" "$out/Websocket.so"
say "$out/Websocket.so"
