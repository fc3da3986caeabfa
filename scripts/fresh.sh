#!/usr/bin/env bash
# Runs the README's commands in a bare Debian 12 that has make and nothing else:
# fresh.sh [make target…] (default: demo test). The Debian is unpacked into
# build/fresh/root, its caches and HOME are empty, the tree in it is a clone of
# HEAD. Mirror, proxies and certificates are this machine's own; another mirror:
# MIRROR=http://… . All mounts are in a mount namespace that ends with the run.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

suite=bookworm
work=$build/fresh
inside=$work/root
if (($#)); then targets=("$@"); else targets=(demo test); fi

# "uri suite component" of every Debian 12 archive this machine's apt uses.
machine_sources() {
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    grep -E " ($suite|$suite-updates|$suite-security) main$" | sort -u
}

make_base() {
  local mirror=${MIRROR:-$(machine_sources | awk -v s=$suite '$2 == s {print $1; exit}')}
  [[ -n $mirror ]] || die "this machine's apt knows no archive of Debian 12 ($suite): give one by MIRROR=http://…"
  local proxy=
  eval "$(apt-config shell proxy Acquire::http::Proxy)"
  say "bootstrapping Debian 12 into build/fresh"
  rm -rf --one-file-system "$inside"
  env ${proxy:+"http_proxy=$proxy"} debootstrap --variant=minbase --include=make "$suite" "$inside" "$mirror"
  tar -C "$inside" -cf "$work/base.tar.new" .
  mv "$work/base.tar.new" "$work/base.tar"
}

# What reaches the registries from here, and no package, tool or cache.
copy_network_settings() {
  cp -L /etc/resolv.conf /etc/hosts "$inside/etc/"
  if [[ -z ${MIRROR:-} ]]; then
    machine_sources | sed 's/^/deb /' >"$inside/etc/apt/sources.list"
  fi
  apt-config dump | { grep -E '^Acquire::(http|https|Check-|Retries|ForceIP)' || true; } >"$inside/etc/apt/apt.conf.d/99machine"
  if [[ -f /etc/pip.conf ]]; then cp -L /etc/pip.conf "$inside/etc/"; fi
  if compgen -G '/usr/local/share/ca-certificates/*.crt' >/dev/null; then
    mkdir -p "$inside/usr/local/share/ca-certificates"
    cp -L /usr/local/share/ca-certificates/*.crt "$inside/usr/local/share/ca-certificates/"
  fi
}

network_environment() {
  local name value
  for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY \
    PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_TRUSTED_HOST PIP_DEFAULT_TIMEOUT; do
    if [[ -n ${!name:-} ]]; then printf '%s\n' "$name=${!name}"; fi
  done
  for name in GOPROXY GOSUMDB GONOSUMDB GONOPROXY GOPRIVATE; do
    value=$(go env $name 2>/dev/null || true)
    if [[ -n $value ]]; then printf '%s\n' "$name=$value"; fi
  done
}

run_inside() {
  local environment
  mapfile -t environment < <(network_environment)
  # The pid namespace ends whatever was left running together with the run.
  unshare --mount --pid --fork --kill-child bash -euc '
    inside=$1; shift
    mount -t proc proc "$inside/proc"
    mount --rbind /dev "$inside/dev"
    exec chroot "$inside" "$@"' - "$inside" \
    env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
    "${environment[@]}" bash -euc 'cd /src; for target; do echo "== make $target"; make "$target"; done' - "${targets[@]}"
}

((EUID == 0)) || die "root is needed (debootstrap, chroot)"
"$root/scripts/deps.sh" fresh
git -C "$root" rev-parse --quiet --verify HEAD >/dev/null || die "there is no commit to clone"
if [[ -n $(git -C "$root" status --porcelain) ]]; then say "note: what is not committed is not in the clone"; fi

mkdir -p "$work"
[[ -f $work/base.tar ]] || make_base
rm -rf --one-file-system "$inside"
mkdir "$inside"
tar -C "$inside" -xf "$work/base.tar"
copy_network_settings
git clone --quiet --no-hardlinks "$root" "$inside/src"
run_inside
rm -rf --one-file-system "$inside"
say "passed in a fresh Debian 12: ${targets[*]}"
