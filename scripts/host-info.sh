#!/usr/bin/env bash
# host-info.sh OUT [kuiperd]: writes to OUT, as key=value lines, what a plugin
# must be built like to load into that kuiperd; without one, what cgo_bridge's
# own go.mod says (eKuiper 2.4.0). OUT is left alone when nothing changed.
# Ends with an error that says why when no plugin can be built for the host.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

contract=github.com/lf-edge/ekuiper/contract/v2
out=${1:?usage: host-info.sh OUT [kuiperd]}
host=${2:-}

default_info() {
  # Same answer as the last branch of host_info, without reading a binary.
  awk -v contract="$contract" '
    $1 == "go" {print "go=go" $2}
    $1 == "require" && $2 == contract {print "contract=" $3}
    $1 == contract {print "contract=" $2}' "$root/cgo_bridge/go.mod"
}

why_no_build_info() { python3 "$root/scripts/gobinary.py" why "$host"; }

# setting KEY: the value of a "build KEY=value" line, empty when there is none.
setting() { sed -n "s/^\tbuild\t$1=//p" <<<"$info" | head -n 1; }

host_info() {
  local refused="cannot build a plugin for $host"
  [[ -f $host && -r $host ]] || die "$refused: there is no such file, or it cannot be read"
  local info
  info=$(go version -m "$host" 2>/dev/null) || die "$refused: $(why_no_build_info)"
  [[ $info == *$'\n'* ]] || die "$refused: $(why_no_build_info)"

  local go
  go=$(head -n 1 <<<"$info" | sed 's/.*: \(go[^ ]*\|devel[^ ]*\).*/\1/')
  [[ $go == go1.* ]] || die "$refused: it was built with a Go that is no release ($go)"
  local minor=${go#go1.}
  ((${minor%%[!0-9]*} >= 24)) || die "$refused: it was built with $go; the plugin needs a host built with Go 1.24 or later (eKuiper 2.2 or later)"

  local kind version replaced
  read -r kind version replaced < <(awk -v contract="$contract" '
    $1 == "dep" && $2 == contract {found = 1; version = $3; next}
    found && $1 == "=>" {print "replaced", version, $2 "@" $3; done = 1; exit}
    found {print "plain", version; done = 1; exit}
    END {if (found && !done) print "plain", version; if (!found) print "none"}' <<<"$info") || true
  case $kind:$version in
    none:*) die "$refused: there is no $contract in it, so it is no eKuiper 2.x" ;;
    replaced:*) die "$refused: its $contract $version is replaced by $replaced; a plugin needs that very source" ;;
    *:v*.*) ;;
    *) die "$refused: its $contract comes from a local folder ($version); a plugin needs that very source" ;;
  esac

  [[ $(setting CGO_ENABLED) == 1 ]] || die "$refused: it was built without cgo (CGO_ENABLED=$(setting CGO_ENABLED)), such a host cannot load plugins"
  [[ $(setting -trimpath) == true ]] || die "$refused: it was built without -trimpath, so only a plugin built in the very same folders would load; rebuild the host with -trimpath"
  [[ $(setting -compiler) == gc ]] || die "$refused: it was built with another compiler ($(setting -compiler))"
  local arch
  arch=$(go env GOHOSTARCH)
  [[ $(setting GOOS)/$(setting GOARCH) == linux/$arch ]] ||
    die "$refused: it is for $(setting GOOS)/$(setting GOARCH), this machine builds for linux/$arch"

  local loader
  loader=$(LC_ALL=C readelf -l "$host" | sed -n 's/.*program interpreter: \(.*\)]/\1/p')
  # Whether musl is installed here says nothing: it is the compiler that would have to build for it.
  if [[ $loader == *musl* && $(cc -dumpmachine) != *musl* ]]; then
    die "$refused: it runs on musl ($loader), as Alpine's do, and this machine builds for glibc. musl is not supported" \
      "(docs/install.md); take a kuiperd for glibc: of the images -slim, -slim-python or -full, or of eKuiper's package for Debian"
  fi

  printf '%s\n' "go=$go" "contract=$version"
  local key value
  for key in -tags -race -msan -asan -gcflags -asmflags GOEXPERIMENT GOFIPS140 GOAMD64 GOARM64 GOARM; do
    value=$(setting "$key")
    if [[ -n $value ]]; then echo "$key=$value"; fi
  done
}

mkdir -p "$(dirname "$out")"
if [[ -n $host ]]; then answer=$(host_info); else answer=$(default_info); fi
if [[ ! -f $out || $answer != "$(<"$out")" ]]; then printf '%s\n' "$answer" >"$out"; fi
