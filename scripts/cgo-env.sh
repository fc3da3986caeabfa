#!/usr/bin/env bash
# Prints, as lines for eval, the environment in which cgo_bridge is built and
# tested: cgo-env.sh [the core's archive].
set -euo pipefail
source "$(dirname "$0")/lib.sh"

core=${1:-$build/core/release/plugin/libekws_core.a}
# Everything of C++ comes in statically and hidden, so that the plugin needs
# libc alone and meets no other OpenSSL or libstdc++ of its process.
# --exclude-libs is not on the list of flags that #cgo allows: hence the
# environment.
libs="-l:libssl.a -l:libcrypto.a -l:libz.a -l:libyaml.a -l:libpcre2-8.a -l:libstdc++.a -lm"
printf 'export CGO_ENABLED=1\n'
printf 'export CGO_LDFLAGS=%q\n' "$core $libs -static-libgcc -Wl,--exclude-libs,ALL"
for name in PATH GOTOOLCHAIN GOFLAGS GOWORK ${!EKWS_@}; do
  if [[ -n ${!name:-} ]]; then printf 'export %s=%q\n' "$name" "${!name}"; fi
done
