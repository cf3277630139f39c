#!/usr/bin/env bash
# From a fresh clone to TCP clients that talk to three gRPC upstreams through Waymark.
set -euo pipefail
shopt -s inherit_errexit
bin=${WAYMARK_BIN:+$(realpath "$WAYMARK_BIN")}
cd "$(dirname "$0")/.."
# shellcheck source=deploy/lib.sh
source deploy/lib.sh

usage() {
  cat <<'END'
usage: deploy/quickstart.sh [--yes] [--check]

Installs what is missing (Debian packages, after asking), builds, starts three upstreams and
Waymark, lets three clients talk through it, and stays up until Ctrl-C.

  --yes    do not ask before installing
  --check  unattended: on free ports, verify the answers, stop everything, exit 0 if all was well

WAYMARK_BIN=DIR takes the programs from DIR and builds nothing. WAYMARK_START_TIMEOUT=N waits N
seconds for each of them instead of 30.
END
}

yes=0 check=0
for argument in "$@"; do
  case $argument in
    --yes) yes=1 ;;
    --check) check=1 ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done

readonly reply='template:{id}: {payload}' # what the upstreams answer
readonly start_timeout=${WAYMARK_START_TIMEOUT:-30} stop_timeout=30 # seconds
dir=
declare -A pids=() # what runs now, by name
declare -a upstream_ports=() answers=()

# Ends one child and waits for it. KILL is for one that does not heed TERM.
stop_child() {
  local name=$1 pid=${pids[$1]} deadline=$((SECONDS + stop_timeout))
  unset "pids[$name]"
  kill -TERM "$pid" 2>/dev/null || true
  while kill -0 "$pid" 2>/dev/null && ((SECONDS < deadline)); do sleep 0.05; done
  kill -KILL "$pid" 2>/dev/null && say "$name did not stop within $stop_timeout s and was killed"
  wait "$pid" 2>/dev/null || true
}

# Waymark first: it delivers what it holds while its upstreams still live.
stop_all() {
  local status=$? name
  trap '' INT TERM
  for name in build waymark "${!pids[@]}"; do
    [[ -z ${pids[$name]:-} ]] || stop_child "$name"
  done
  [[ -z $dir ]] || rm -rf "$dir"
  exit "$status"
}
trap stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

install_what_is_missing() {
  local -a lists missing
  mapfile -t lists < <(say deploy/apt/build.txt && web_list)
  ((check)) || lists+=(deploy/apt/try.txt)
  mapfile -t missing < <(missing_packages "${lists[@]}")
  ((${#missing[@]})) || return 0
  say "These Debian packages are missing and will be installed with apt-get:"
  say "${missing[*]}" | fold -s -w 96 | sed 's/^/  /'
  ((yes)) || confirm "Install them?" || die "nothing was installed (--yes answers yes)"
  install_packages "${missing[@]}"
}

# The build runs as a child that is waited for, so that a signal ends it at once.
build() {
  [[ -f build/release/build.ninja ]] || cmake --preset release -DWAYMARK_TESTS=OFF
  ninja -C build/release bin/waymark bin/waymark-stub </dev/null &
  pids[build]=$!
  wait "${pids[build]}" || die "the build failed"
  unset "pids[build]"
}

choose_ports() {
  local port owner
  if ((check)); then
    client_port=$(free_port) telemetry_port=$(free_port) admin_port=$(free_port)
    upstream_ports=(0 0 0)
    return
  fi
  client_port=7999 telemetry_port=9464 admin_port=8000
  upstream_ports=(7001 7002 7003)
  for port in "$client_port" "$telemetry_port" "$admin_port" "${upstream_ports[@]}"; do
    owner=$(port_owner "$port") || continue
    die "port $port is in use by $owner; stop it and run this again"
  done
}

# start NAME COMMAND...: in the background, with its output in $dir/NAME.log.
start() {
  local name=$1
  shift
  "$@" >"$dir/$name.log" 2>&1 </dev/null &
  pids[$name]=$!
}

# wait_for NAME COMMAND...: until the command succeeds; dies with every log if NAME ended, or if time
# ran out.
wait_for() {
  local name=$1 deadline=$((SECONDS + start_timeout))
  shift
  until "$@"; do
    if ! kill -0 "${pids[$name]}" 2>/dev/null || ((SECONDS >= deadline)); then
      tail -n 20 "$dir"/*.log >&2
      ((${#answers[@]} == 0)) || printf 'last answer: %s\n' "${answers[@]}" >&2
      die "$name ended, or was not there within $start_timeout s: $* (the logs are above)"
    fi
    sleep 0.05
  done
}

# What waymark-stub prints once it is bound.
listening_port() { sed -n 's/^listening on .*:\([0-9]*\)$/\1/p' "$dir/$1.log"; }
is_listening() { [[ -n $(listening_port "$1") ]]; }

start_upstreams() {
  local i
  for i in 1 2 3; do
    start "stub-$i" "$bin/waymark-stub" --listen "127.0.0.1:${upstream_ports[i - 1]}" \
      --id "stub-$i" --reply "$reply"
  done
  for i in 1 2 3; do
    wait_for "stub-$i" is_listening "stub-$i"
    upstream_ports[i - 1]=$(listening_port "stub-$i")
  done
}

# Whether Waymark's /readyz answers 200.
is_ready() {
  local status=
  {
    exec {http}<>"/dev/tcp/127.0.0.1/$telemetry_port" || return 1
    printf 'GET /readyz HTTP/1.0\r\n\r\n' >&"$http"
    read -r -t 5 _ status _ <&"$http" || true
    exec {http}>&-
  } 2>/dev/null
  [[ $status == 200 ]]
}

# One worker, so that three clients in a row meet three upstreams in turn.
start_waymark() {
  cat >"$dir/waymark.yaml" <<END
workers: 1
listeners:
  - name: devices
    bind: 127.0.0.1:$client_port
    pool: default
    framing: line
pools:
  - name: default
    upstreams:
      - 127.0.0.1:${upstream_ports[0]}
      - 127.0.0.1:${upstream_ports[1]}
      - 127.0.0.1:${upstream_ports[2]}
telemetry: { bind: "127.0.0.1:$telemetry_port" }
admin: { bind: "127.0.0.1:$admin_port" }
state: $dir/state
END
  start waymark "$bin/waymark" serve -c "$dir/waymark.yaml"
  wait_for waymark is_ready
}

# Three clients at once, each sends a line and reads one back into answers[].
let_clients_talk() {
  local i fd
  local -a clients=()
  answers=()
  for i in 1 2 3; do
    exec {fd}<>"/dev/tcp/127.0.0.1/$client_port" || die "client $i could not connect"
    clients+=("$fd")
    printf 'hello from client %d\n' "$i" >&"$fd"
  done
  for i in 1 2 3; do
    fd=${clients[i - 1]}
    IFS= read -r -t 10 "answers[$i]" <&"$fd" || answers[i]="(no answer)"
    exec {fd}>&-
  done
}

# The proxy is ready with its first upstream; the others may come a moment later.
three_upstreams_answered() {
  local i
  let_clients_talk
  local -A seen=()
  for i in 1 2 3; do
    [[ ${answers[i]} =~ ^(stub-[123]):\ hello\ from\ client\ $i$ ]] || return 1
    seen[${BASH_REMATCH[1]}]=1
  done
  ((${#seen[@]} == 3))
}

show_answers() {
  local i
  printf "\n%s\n" "Three clients spoke, and each was answered by the upstream it is pinned to:"
  for i in 1 2 3; do
    printf '  client %d: "hello from client %d"  ->  "%s"\n' "$i" "$i" "${answers[i]}"
  done
}

show_what_to_try() {
  printf '\nWaymark is up. Try in another terminal:\n'
  printf '  %-36s %s\n' \
    "nc 127.0.0.1 $client_port" "type lines; each comes back with its upstream's name" \
    "" "(a second nc meets the next upstream)" \
    "the dashboard, in a browser" "http://127.0.0.1:$admin_port/#token=$(<"$dir/state/admin.token")" \
    "curl -s 127.0.0.1:$telemetry_port/metrics" "what Waymark counts" \
    "kill ${pids[stub-1]}" "ends stub-1: its clients stay connected, type on"
  printf '  %s\n%39s%s\n' \
    "$bin/waymark-stub --listen 127.0.0.1:${upstream_ports[0]} --id stub-1 --reply '$reply'" \
    "" "brings it back"
  printf 'Configuration and logs: %s\nCtrl-C stops everything.\n' "$dir"
}

if [[ -z $bin ]]; then
  install_what_is_missing
  build
  bin=$PWD/build/release/bin
fi
choose_ports
dir=$(mktemp -d "${TMPDIR:-/tmp}/waymark-quickstart.XXXXXX")
start_upstreams
start_waymark
wait_for waymark three_upstreams_answered
show_answers
if ((check)); then
  printf "\nThe check passed.\n"
  exit 0
fi
trap 'exit 0' INT TERM # from here on it is the way to end
show_what_to_try
wait "${pids[waymark]}" || true
tail -n 20 "$dir/waymark.log" >&2
die "waymark ended (its log is above)"
