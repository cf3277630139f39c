#!/usr/bin/env bash
# From a fresh clone to a running lab: TCP clients that talk to three gRPC upstreams through Waymark.
set -euo pipefail
shopt -s inherit_errexit
bin=${WAYMARK_BIN:+$(realpath "$WAYMARK_BIN")}
cd "$(dirname "$0")/.."
# shellcheck source=deploy/lib.sh
source deploy/lib.sh

usage() {
  cat <<'END'
usage: deploy/quickstart.sh [--yes] [--free-ports] [--check]

Installs what is missing (Debian packages, after asking), builds, starts a lab of Waymark and three
upstreams (waymark-lab), lets clients talk through it, and stays up until Ctrl-C.

  --yes         do not ask before installing
  --free-ports  take ports that are free instead of 7999, 8000, ..., and a lab beside any other
  --check       unattended: on free ports, verify the answers, kill an upstream and verify that its
                clients go on, stop everything, exit 0 if all was well

WAYMARK_BIN=DIR takes the programs from DIR and builds nothing. WAYMARK_START_TIMEOUT=N waits N
seconds for the lab instead of 30.
END
}

yes=0 check=0 free_ports=0
for argument in "$@"; do
  case $argument in
    --yes) yes=1 ;;
    --free-ports) free_ports=1 ;;
    --check) check=1 free_ports=1 ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done

readonly start_timeout=${WAYMARK_START_TIMEOUT:-30} stop_timeout=30 # seconds
dir=
proxy=               # where clients go, ADDRESS:PORT
declare -A pids=()   # what runs now, by name
declare -a lab=()    # waymark-lab, and which lab
declare -a clients=() answers=()

# Ends one child and waits for it. KILL is for one that does not heed TERM.
stop_child() {
  local name=$1 pid=${pids[$1]} deadline=$((SECONDS + stop_timeout))
  unset "pids[$name]"
  kill -TERM "$pid" 2>/dev/null || true
  while kill -0 "$pid" 2>/dev/null && ((SECONDS < deadline)); do sleep 0.05; done
  kill -KILL "$pid" 2>/dev/null && say "$name did not stop within $stop_timeout s and was killed"
  wait "$pid" 2>/dev/null || true
}

stop_all() {
  local status=$? name
  trap '' INT TERM
  for name in build load lab; do
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
  ninja -C build/release bin/waymark bin/waymark-stub bin/waymark-lab bin/waymarkctl </dev/null &
  pids[build]=$!
  wait "${pids[build]}" || die "the build failed"
  unset "pids[build]"
}

# start NAME COMMAND...: in the background, with its output in $dir/NAME.log. It ends with this script,
# whatever that ends of.
start() {
  local name=$1
  shift
  setpriv --pdeathsig TERM "$@" >"$dir/$name.log" 2>&1 </dev/null &
  pids[$name]=$!
}

# Starts the lab and waits until its proxy has its three upstreams. On free ports it is one that is
# found by its directory alone.
start_lab() {
  local ports='{ clients: 7999, admin: 8000, telemetry: 9464, registry: 8001, upstreams: 7001 }'
  lab=("$bin/waymark-lab")
  if ((free_ports)); then
    ports='{ clients: 0, admin: 0, telemetry: 0, registry: 0, upstreams: 0 }'
    lab+=(--dir "$dir/lab")
  fi
  cat >"$dir/lab.yaml" <<END
upstreams: 3
reply: "template:{id}: {payload}"
ports: $ports
END
  start lab "${lab[@]}" up -c "$dir/lab.yaml" --timeout "$start_timeout"
  until grep -q '^The lab is up' "$dir/lab.log"; do
    kill -0 "${pids[lab]}" 2>/dev/null || {
      cat "$dir/lab.log" >&2
      die "the lab has not come up (it has said why above)"
    }
    sleep 0.05
  done
  proxy=$(of_proxy 4)
}

# A column of the proxy in the table that the lab prints: 4 its address, 5 admin, 6 telemetry.
of_proxy() { awk -v column="$1" '$1 == "proxy-1" && NF == 6 { print $column }' "$dir/lab.log"; }
admin_token_file() { sed -n 's/^  waymarkctl .*--token-file \([^ ]*\) .*/\1/p' "$dir/lab.log"; }
dashboard() { sed -n 's/^  proxy-1  *\(http:.*\)/\1/p' "$dir/lab.log"; }

connect_clients() {
  local i fd
  for i in 1 2 3; do
    exec {fd}<>"/dev/tcp/${proxy/://}" || die "client $i could not connect"
    clients[i]=$fd
  done
}

# Each of the three sends a line and reads one back into answers[].
let_clients_talk() {
  local i
  for i in 1 2 3; do
    # What is written to a connection that is gone ends the subshell alone.
    (printf 'hello from client %d\n' "$i" >&"${clients[i]}") 2>/dev/null || true
  done
  for i in 1 2 3; do
    IFS= read -r -t 10 "answers[$i]" <&"${clients[i]}" || answers[i]="(no answer)"
  done
}

disconnect_clients() {
  local fd
  for fd in "${clients[@]}"; do exec {fd}>&-; done
}

# Dies unless each client has an answer to its own line, and these upstreams, no other, have answered.
verify_answers() {
  local i answered=0
  local -A seen=()
  for i in 1 2 3; do
    [[ ${answers[i]} =~ ^(stub-[123]):\ hello\ from\ client\ $i$ ]] || continue
    seen[${BASH_REMATCH[1]}]=1
    ((answered += 1))
  done
  [[ $answered == 3 && $(printf '%s\n' "${!seen[@]}" | sort | xargs) == "$*" ]] || {
    printf 'answer: %s\n' "${answers[@]}" >&2
    die "each client was to be answered, by $*"
  }
}

show_answers() {
  local i
  for i in 1 2 3; do
    printf '  client %d: "hello from client %d"  ->  "%s"\n' "$i" "$i" "${answers[i]}"
  done
}

# A load ends with another code than 0 if one of its clients is cut off.
check_that_clients_go_on() {
  start load "${lab[@]}" load --clients 6 --rate 30 --for 3s
  "${lab[@]}" kill stub-1 || die "stub-1 could not be killed"
  let_clients_talk
  verify_answers stub-2 stub-3
  printf '\nstub-1 was killed, and they go on:\n'
  show_answers
  local load=${pids[load]}
  wait "$load" || {
    cat "$dir/load.log" >&2
    die "clients of the load were cut off"
  }
  unset "pids[load]"
}

show_what_to_try() {
  printf '\nWaymark is up, and a few clients talk through it. See them in a browser:\n\n  %s\n\n' \
    "$(dashboard)"
  printf '%s\n' "Kill stub-1 on its Lab page and watch its clients go on elsewhere." \
    "Or in another terminal, after" \
    "  export PATH=$bin:\$PATH" \
    "  export WAYMARK_ADMIN=http://$(of_proxy 5) WAYMARK_TOKEN_FILE=$(admin_token_file)"
  ((!free_ports)) || printf 'and each waymark-lab with %s:\n' "${lab[*]:1}"
  printf '  %-37s %s\n' \
    "nc ${proxy/:/ }" "type lines; each comes back with its upstream's name" \
    "" "(a second nc meets the next upstream)" \
    "waymark-lab kill stub-1" "ends it; its clients stay connected, type on" \
    "waymark-lab start stub-1" "brings it back" \
    "waymark-lab set stub-2 --delay 200ms" "slows it down" \
    "waymark-lab ps" "what runs" \
    "waymark-lab" "asks what to do" \
    "waymarkctl stats" "frames, answers, failures and times, by upstream" \
    "curl -s $(of_proxy 6)/metrics" "what Waymark counts"
  printf 'Ctrl-C stops everything.\n'
}

if [[ -z $bin ]]; then
  install_what_is_missing
  build
  bin=$PWD/build/release/bin
fi
dir=$(mktemp -d "${TMPDIR:-/tmp}/waymark-quickstart.XXXXXX")
start_lab
connect_clients
let_clients_talk
verify_answers stub-1 stub-2 stub-3
printf '\nThree clients spoke, and each was answered by the upstream it is pinned to:\n'
show_answers
if ((check)); then
  check_that_clients_go_on
  disconnect_clients
  printf '\nThe check passed.\n'
  exit 0
fi
disconnect_clients
start load "${lab[@]}" load --clients 6 --rate 30
trap 'exit 0' INT TERM # from here on it is the way to end
show_what_to_try
wait "${pids[lab]}" && exit 0 # waymark-lab down
cat "$dir/lab.log" >&2
die "the lab has ended (it has said why above)"
