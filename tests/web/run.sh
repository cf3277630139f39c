#!/usr/bin/env bash
# The dashboard's tests: tests/web/run.sh [REPORT]. REPORT becomes a JUnit file.
set -euo pipefail
report=${1:-}
report=${report:+$(realpath -m "$report")}
cd "$(dirname "$0")"

# Only where package-lock.json is another one than last time.
stamp=node_modules/.waymark-lock
wanted=$(sha256sum <package-lock.json)
[[ -f $stamp && $(<"$stamp") == "$wanted" ]] || {
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
  printf '%s\n' "$wanted" >"$stamp"
}
(cd ../../web && node_modules/.bin/tsc --noEmit)

args=(--test --test-concurrency=1 --test-reporter=spec --test-reporter-destination=stdout)
[[ -z $report ]] || args+=(--test-reporter=./harness/junit.mjs "--test-reporter-destination=$report")
exec node "${args[@]}" ./*.test.mjs
