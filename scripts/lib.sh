# Sourced by the other scripts: where things are, and how to speak.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1  # a clone elsewhere finds what this one compiled
build=$root/build

say() { printf '== %s\n' "$*"; }

# Tries what downloads again, three times; what fails for another reason fails all the same, 17 seconds later.
retry() {
  local rest
  for rest in 2 5 10; do
    "$@" && return
    sleep "$rest"
  done
  "$@"
}

die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}
