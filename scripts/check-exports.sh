#!/usr/bin/env bash
# check-exports.sh Websocket.so: what it needs is libc alone, what it exports is
# what cgo_bridge/exports.allowed names.
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

exported=$(nm -D --defined-only --format=posix "$so" | awk '{print $1}')
[[ $exported == *Websocket* ]] || die "$so exports no Websocket: it is no plugin of ours"
stray=$(grep -vxE -f <(grep -vE '^(#|$)' "$allowed") <<<"$exported" || true)
if [[ -n $stray ]]; then
  echo "$so exports $(wc -l <<<"$stray") symbols that $allowed does not name, the first of them:"
  head -n 20 <<<"$stray" | sed 's/^/  /'
  failed=1
fi

exit $failed
