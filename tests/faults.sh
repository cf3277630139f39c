#!/usr/bin/env bash
# Breaks upstreams in seven ways under load and tells what became of every frame; docs/faults.md.
set -euo pipefail
shopt -s inherit_errexit
bin=${WAYMARK_BIN:+$(realpath "$WAYMARK_BIN")}
cd "$(dirname "$0")/.."
# shellcheck source=deploy/lib.sh
source deploy/lib.sh

usage() {
  cat <<'END'
usage: tests/faults.sh [--seconds N] [--connections N] [--rate N] [--away N] [--only TEXT] [--list]

Installs what is missing (Debian packages), builds release, and runs three upstreams behind a proxy
under load while they are killed, stopped, hung, cut off, all gone, flapping, and slow. A checker
reads what clients and upstreams wrote down. Ends with a table of what was lost (nothing may be),
delivered twice, answered twice, out of order, and how long clients waited; exits with 0 if all is
well. A full run takes about ten minutes and needs root for one of the seven, the blackhole.

  --seconds N      length of each run, 60 by default
  --connections N  clients, 200 by default
  --rate N         frames a second of all clients together, 2000 by default
  --away N         how long all upstreams stay away at a time, 20 s by default
  --only TEXT      only runs whose name holds TEXT: killed, stopped, hung, blackhole, gone, flapping, slow
  --list           name the runs and do nothing

WAYMARK_BIN=DIR takes the programs from DIR and builds nothing. WAYMARK_TIME_SCALE=N stretches the
deadlines on a slow machine.
END
}

readonly runs=tests/faults/test_faults.py
pytest=(env PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m pytest -p no:cacheprovider)
declare -A options=([seconds]=60 [connections]=200 [rate]=2000 [away]=20)
only=()
while (($#)); do
  case $1 in
    --seconds | --connections | --rate | --away)
      [[ ${2:-} =~ ^[0-9]+$ ]] || { usage >&2; exit 2; }
      options[${1#--}]=$2
      shift
      ;;
    --only)
      [[ -n ${2:-} ]] || { usage >&2; exit 2; }
      only=(-k "$2")
      shift
      ;;
    --list) sed -n 's/^def test_\(.*\)(.*/\1/p' "$runs" | tr _ ' '; exit 0 ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done

lists=(deploy/apt/test.txt)
[[ -n $bin ]] || lists+=(deploy/apt/build.txt)
mapfile -t missing < <(missing_packages "${lists[@]}")
if ((${#missing[@]})); then
  say "Installing with apt-get: ${missing[*]}"
  install_packages "${missing[@]}"
fi
if [[ -z $bin ]]; then
  [[ -f build/release/build.ninja ]] || cmake --preset release -DWAYMARK_TESTS=OFF
  ninja -C build/release bin/waymark bin/waymark-stub
  bin=$PWD/build/release/bin
fi
exec env WAYMARK_BIN="$bin" "${pytest[@]}" -v -s --tb=short "$runs" "${only[@]}" \
  --seconds "${options[seconds]}" --connections "${options[connections]}" \
  --rate "${options[rate]}" --away "${options[away]}"
