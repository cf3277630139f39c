#!/usr/bin/env bash
# An upstream outside of this tree: installs the SDK of a build directory under a prefix of its own,
# builds examples/cpp with find_package(waymark), runs it and has one frame echoed.
#
#   tests/install/run.sh BUILD_DIR
set -euo pipefail

build=${1:?usage: tests/install/run.sh BUILD_DIR}
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
echo_pid=
clean_up() {
  if [[ -n $echo_pid ]]; then
    kill "$echo_pid" 2>/dev/null || true
    wait "$echo_pid" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap clean_up EXIT

cmake --build "$build" --target waymark_sdk >"$work/log" || { cat "$work/log"; exit 1; }
cmake --install "$build" --prefix "$work/prefix" --component sdk >/dev/null
if grep -rqF "$root" "$work/prefix/lib" --include='*.cmake'; then
  echo "the installed package names the source tree" >&2
  exit 1
fi

cmake -S "$root/examples/cpp" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" \
  >"$work/log" || { cat "$work/log"; exit 1; }
cmake --build "$work/build" >"$work/log" || { cat "$work/log"; exit 1; }

mkfifo "$work/out"
"$work/build/echo" 127.0.0.1:0 >"$work/out" &
echo_pid=$!
read -r -t 10 line <"$work/out"
/usr/bin/python3 "$root/tests/install/echo_once.py" "${line#listening on }"
echo "installed SDK: builds and echoes"
