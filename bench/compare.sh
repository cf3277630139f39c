#!/usr/bin/env bash
# Measures what a frame costs Waymark, HAProxy and nginx; bench/README.md tells how to read it.
set -euo pipefail
shopt -s inherit_errexit
bin=${WAYMARK_BIN:+$(realpath "$WAYMARK_BIN")}
cd "$(dirname "$0")/.."
# shellcheck source=deploy/lib.sh
source deploy/lib.sh

usage() {
  cat <<'END'
usage: bench/compare.sh [--quick] [--rounds N] [--rows REGEX] [--peers LIST] [--write] [--list]

Installs HAProxy and nginx where they are missing (Debian packages; their services are not started),
builds release, and measures every row of the table in turns: HAProxy, nginx, Waymark with
upstreams that ack and with upstreams that do not, and again. TLS and PROXY rows: HAProxy and Waymark.
A full run takes about 40 minutes and writes the table of bench/README.md; any other run prints it.
Raw results go to build/bench/.

  --quick        windows of 1 s, one round, few rows unless --rows names them
  --rounds N     turns of every row, 3 by default
  --rows REGEX   only rows whose name matches: 'TLS|PROXY|identity', '^4 KiB x 1,000, TLS$'
  --peers LIST   of haproxy, nginx, waymark and no-acks; all by default
  --write        write the table of bench/README.md after a partial run too
  --list         name the rows and do nothing

WAYMARK_BIN=DIR takes the programs from DIR and builds nothing.
END
}

# Debian starts a service as soon as it is installed; nothing here needs it, and its port may be
# somebody's. policy-rc.d is how an installation is told not to.
install_without_starting() {
  local policy=/usr/sbin/policy-rc.d
  if [[ -e $policy ]]; then
    install_packages "$@"
    return
  fi
  trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod 755 "$policy"
  install_packages "$@"
  as_root rm -f "$policy"
  trap - EXIT
}

for argument in "$@"; do
  case $argument in
    -h | --help) usage; exit 0 ;;
    --list) exec /usr/bin/python3 bench/compare.py "$@" ;;
  esac
done

lists=(deploy/apt/bench.txt)
[[ -n $bin ]] || lists+=(deploy/apt/build.txt)
mapfile -t missing < <(missing_packages "${lists[@]}")
if ((${#missing[@]})); then
  say "Installing with apt-get: ${missing[*]}"
  install_without_starting "${missing[@]}"
fi
if [[ -z $bin ]]; then
  [[ -f build/release/build.ninja ]] || cmake --preset release -DWAYMARK_TESTS=OFF
  ninja -C build/release bin/waymark bin/waymark-stub bin/waymark-load bin/waymark-bench-echo
  bin=$PWD/build/release/bin
fi
exec /usr/bin/python3 bench/compare.py --bin "$bin" "$@"
