#!/bin/sh
# Builds every fuzz target with clang and runs each for a while: tests/fuzz/run.sh [SECONDS_EACH]
# Prints one line a target. Exit 1 on a finding; its input stays in build/fuzz/findings.
set -eu

seconds=${1:-10}
root=$(CDPATH='' cd "$(dirname "$0")/../.." && pwd)
build=$root/build/fuzz
findings=$build/findings
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

if ! { cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DCMAKE_CXX_COMPILER=clang++ \
    -DWAYMARK_FUZZERS=ON -DWAYMARK_DASHBOARD=OFF -DWAYMARK_SANITIZE=fuzzer-no-link,address,undefined &&
  cmake --build "$build" --target fuzzers; } >"$work/build.log" 2>&1; then
  cat "$work/build.log"
  echo "fuzz: the targets do not build"
  exit 1
fi

mkdir -p "$findings"
failed=0
for target in "$build"/fuzz/*_fuzz; do
  name=$(basename "$target")
  mkdir "$work/$name"
  if "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 -seed="${WAYMARK_SEED:-0}" \
    -artifact_prefix="$findings/$name-" "$work/$name" >"$work/$name.log" 2>&1; then
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$name.log")
    echo "$name: $runs runs in $seconds s, no finding"
  else
    failed=1
    grep -v '^#' "$work/$name.log" | tail -n 60
    echo "$name: FAILED, input kept in $findings"
  fi
done
exit $failed
