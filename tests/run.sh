#!/usr/bin/env bash
# Builds and tests everything. The last line is "N passed, N failed".
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."
# shellcheck source=deploy/lib.sh
source deploy/lib.sh

usage() {
  cat <<'END'
usage: tests/run.sh [--fast] [--only GROUP]...

Installs what the tests need (Debian packages), builds, and runs these groups:
  build        release build, warnings are errors
  unit         tests/unit and tests/regress
  layers       the include table of src/README.md
  scripts      shellcheck, yamllint, deploy/quickstart.sh against stand-ins
  metrics      promtool over the alert rules, the dashboard against the table of metrics
  format       clang-format
  model        seeded schedules against the proxy's decisions, and faults it has to notice
  fuzz         every fuzz target for ten seconds
  e2e          the real programs over real sockets
  faults       upstreams break under load, a checker reads the journals (tests/faults.sh: longer)
  web          the dashboard in Chromium against the real programs
  install      the installed SDK builds an upstream with find_package(waymark)
  package      the Debian package in a fresh root: installs, serves, goes without a trace
  quickstart   deploy/quickstart.sh --yes --check
  asan, tsan   build, unit and e2e again under the sanitizers

  --fast   leaves out asan and tsan
  --only   only this group (and the build it needs); may be repeated

Logs: build/test-logs/GROUP.log
WAYMARK_SEED=N draws other random inputs than those of every run.
END
}

all_groups=(build unit layers scripts metrics format model fuzz e2e faults web install package quickstart asan tsan)
groups=()
fast=0
while (($#)); do
  case $1 in
    --fast) fast=1 ;;
    --only)
      [[ " ${all_groups[*]} " == *" ${2:-} "* ]] || { usage >&2; exit 2; }
      groups+=("$2")
      shift
      ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done
if ((${#groups[@]} == 0)); then
  groups=("${all_groups[@]}")
  ((fast)) && groups=("${groups[@]:0:14}") # without asan and tsan
fi

# What is random in unit tests and fuzzing begins alike in every run.
export WAYMARK_SEED=${WAYMARK_SEED:-20261122}
readonly logs=$PWD/build/test-logs
jobs=$(nproc)
readonly jobs
passed=0 failed=0
declare -a failed_steps=()
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
# Debian's gRPC is not instrumented; without this its own locking is reported as races.
export TSAN_OPTIONS=ignore_noninstrumented_modules=1:halt_on_error=1
export PYTHONDONTWRITEBYTECODE=1

# Debian's python3, which sees the apt packages, whatever python3 is first in PATH.
python() { /usr/bin/python3 "$@"; }

# count_junit FILE: "PASSED FAILED" of a JUnit report, skipped tests in neither; fails without tests.
count_junit() {
  python - "$1" <<'END'
import sys, xml.etree.ElementTree as xml
suites = list(xml.parse(sys.argv[1]).iter("testsuite"))
total = lambda *names: sum(int(suite.get(name, 0)) for suite in suites for name in names)
failed = total("failures", "errors")
print(total("tests") - total("skipped", "disabled") - failed, failed)
sys.exit(total("tests") == 0)
END
}

elapsed() { printf '%d:%02d' $(((SECONDS - $1) / 60)) $(((SECONDS - $1) % 60)); }

# The running step is a child that is waited for, so that a signal ends both at once.
child=
stop() {
  [[ -z $child ]] || kill -TERM "$child" 2>/dev/null || true
  exit "$1"
}
trap 'stop 130' INT
trap 'stop 143' TERM

# step NAME LIMIT COMMAND...: runs a command for at most LIMIT seconds, with its output in a log. If
# it leaves a JUnit report in the place of @REPORT@ its tests are counted, otherwise it counts as one.
# Returns whether all is well.
step() {
  local name=$1 limit=$2 started=$SECONDS status=0 ok=0 bad=0
  local log=$logs/$name.log report=$logs/$name.xml
  shift 2
  rm -f "$report"
  say "== $name"
  timeout --kill-after=20 "$limit" "${@//@REPORT@/$report}" </dev/null >"$log" 2>&1 &
  child=$!
  wait "$child" || status=$?
  child=
  read -r ok bad < <(count_junit "$report" 2>/dev/null) || ok=0 bad=0
  # A step that failed may have died before it counted.
  if ((status != 0 && bad == 0)); then bad=1; fi
  if ((status == 0 && ok + bad == 0)); then ok=1; fi
  passed=$((passed + ok)) failed=$((failed + bad))
  if ((bad == 0)); then
    say "   $ok passed ($(elapsed "$started"))"
    return 0
  fi
  failed_steps+=("$name")
  tail -n 80 "$log" | sed 's/^/   | /'
  ((status != 124)) || say "   stopped after $limit s"
  say "   $ok passed, $bad failed ($(elapsed "$started")), log: $log"
  return 1
}

build_preset() { # STEP PRESET
  # shellcheck disable=SC2016
  step "$1" 2400 bash -c 'cmake --preset "$1" -DWAYMARK_TESTS=ON -DWAYMARK_DASHBOARD=ON && ninja -C "build/$1" -j "$2"' \
    - "$2" "$jobs"
}

unit_tests() { # STEP PRESET
  step "$1" 1200 ctest --preset "$2" -j "$jobs" --timeout 180 --no-tests=error \
    --output-junit @REPORT@
}

python_tests() { # STEP LIMIT FOLDER [OPTION]...
  step "$1" "$2" /usr/bin/python3 -m pytest -q -ra -p no:cacheprovider --junitxml=@REPORT@ "${@:3}"
}

e2e_tests() { # STEP PRESET
  local -A slower=([release]=2 [asan]=4 [tsan]=6) # deadlines, not waits
  local before=$failed
  local -x WAYMARK_TIME_SCALE=${slower[$2]} WAYMARK_BIN=$PWD/build/$2/bin
  # Most of a test is waiting for something: one more of them than there are cores.
  python_tests "$1" 1800 tests/e2e -n $((jobs + 1)) ||
    { [[ $2 != release ]] && alone "$1" && failed=$before; }
}

# A program ten times slower than it is may miss a deadline because of those beside it. So up to three
# tests that failed under a sanitizer, without a report of it, are tried once more alone, and named.
alone() { # STEP
  local log=$logs/$1.log
  local -a names
  ! grep -Eq '(Address|Leak|Thread|UndefinedBehavior)Sanitizer|runtime error:' "$log" || return 1
  mapfile -t names < <(awk '/^(FAILED|ERROR) tests\// { sub(/^[A-Z]+ /, ""); sub(/ - .*/, ""); print }' "$log" | sort -u)
  ((${#names[@]} >= 1 && ${#names[@]} <= 3)) || return 1
  python_tests "$1-alone" 600 "${names[@]}" || return 1
  unset "failed_steps[-1]"
  printf '   failed beside others, passed alone: %s\n' "${names[@]}"
}

model_tests() {
  WAYMARK_BUILD=$PWD/build/release python_tests model 900 tests/model -n "$jobs"
}

# A root is made and entered by root: another user is told so, and the tests are skipped.
package_tests() { WAYMARK_BUILD=$PWD/build/release python_tests package 600 tests/package; }

web_tests() {
  local -x WAYMARK_BIN=$PWD/build/release/bin WAYMARK_TIME_SCALE=2
  step web 900 tests/web/run.sh @REPORT@
}

fault_runs() { WAYMARK_BIN=$PWD/build/release/bin python_tests faults 600 tests/faults; }

check_format() {
  local -a sources
  mapfile -t sources < <(find src include cmd tests bench examples -name '*.h' -o -name '*.cc')
  step format 120 clang-format --dry-run -Werror "${sources[@]}"
}

# The release build comes once, before the first group that needs it.
release_built=unknown
with_release() {
  if [[ $release_built == unknown ]]; then
    if build_preset build release; then release_built=yes; else release_built=no; fi
  fi
  if [[ $release_built == yes ]]; then "$@"; else say "== not run without a build: $*"; fi
}

sanitized() { # PRESET
  build_preset "$1-build" "$1" || return 0
  unit_tests "$1-unit" "$1" || true
  e2e_tests "$1-e2e" "$1" || true
}

run_group() {
  case $1 in
    build) with_release true ;;
    unit) with_release unit_tests unit release ;;
    layers) python_tests layers 120 tests/layers ;;
    scripts) python_tests scripts 300 tests/scripts ;;
    metrics) python_tests metrics 120 tests/metrics ;;
    format) check_format ;;
    model) with_release model_tests ;;
    fuzz) step fuzz 1200 tests/fuzz/run.sh 10 ;;
    e2e) with_release e2e_tests e2e release ;;
    faults) with_release fault_runs ;;
    web) with_release web_tests ;;
    install) with_release step install 300 tests/install/run.sh build/release ;;
    package) with_release package_tests ;;
    quickstart) with_release step quickstart 900 deploy/quickstart.sh --yes --check ;;
    asan | tsan) sanitized "$1" ;;
  esac
}

mkdir -p "$logs"
mapfile -t lists < <(web_list)
mapfile -t missing < <(missing_packages deploy/apt/build.txt deploy/apt/test.txt "${lists[@]}")
if ((${#missing[@]})); then
  say "== installing ${missing[*]}"
  install_packages "${missing[@]}" >"$logs/apt.log" 2>&1 || {
    tail -n 40 "$logs/apt.log" >&2
    die "could not install what the tests need"
  }
fi
for group in "${groups[@]}"; do
  run_group "$group" || true
done

printf "\nRan for %s.\n" "$(elapsed 0)"
((failed == 0)) || say "Failed: ${failed_steps[*]}"
say "$passed passed, $failed failed"
((failed == 0))
