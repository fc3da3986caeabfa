#!/usr/bin/env bash
# check-exports.sh Websocket.so: what it needs is libc alone, no newer than
# promised; what it exports is what cgo_bridge/exports.allowed names.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

so=${1:?usage: check-exports.sh Websocket.so}
allowed=$root/cgo_bridge/exports.allowed
failed=0

needed=$(LC_ALL=C readelf -d "$so" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
foreign=$(grep -vE '^(libc|libm)\.so\.6$|^ld-linux.*\.so\.[0-9]+$' <<<"$needed" || true)
if [[ -n $foreign ]]; then
  echo "$so needs more than libc:"
  sed 's/^/  /' <<<"$foreign"
  failed=1
fi

# Ubuntu 22.04 has this one. The floor is what the plugin imports, wherever it is built.
glibc=2.35
floor=$(nm -D --undefined-only "$so" | sed -n 's/.*@GLIBC_\([0-9.]*\)$/\1/p' | sort -Vu | tail -n 1)
[[ -n $floor ]] || die "$so imports nothing of glibc: nm has changed its output"
if [[ $(printf '%s\n' "$glibc" "$floor" | sort -V | tail -n 1) != "$glibc" ]]; then
  echo "$so needs glibc $floor, $glibc is promised; by these:"
  nm -D --undefined-only "$so" | grep "@GLIBC_${floor//./\\.}$"
  failed=1
fi

exported=$(nm -D --defined-only --format=posix "$so" | awk '{print $1}')
[[ $exported == *Websocket* ]] || die "$so exports no Websocket: it is no plugin of ours"
stray=$(grep -vxE -f <(grep -vE '^(#|$)' "$allowed") <<<"$exported" || true)
if [[ -n $stray ]]; then
  echo "$so exports $(wc -l <<<"$stray") symbols that $allowed does not name, the first of them:"
  head -n 20 <<<"$stray" | sed 's/^/  /'
  failed=1
fi

exit $failed
