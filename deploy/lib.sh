# Helpers of the scripts; source it, do not run it.
# shellcheck shell=bash

say() { printf '%s\n' "$*"; }

die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# confirm QUESTION: true for an answer that begins with y; false without a terminal to ask on.
confirm() {
  local answer=
  read -r -p "$1 [y/N] " answer || true
  [[ ${answer,,} == y* ]]
}

# missing_packages LIST...: the packages named in these files that are not installed, one a line.
missing_packages() {
  local package
  while read -r package; do
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
      say "$package"
  done < <(sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$@")
}

# web_list: the list of what builds the dashboard; nothing where some npm is, from wherever it came.
web_list() { command -v npm >/dev/null || say deploy/apt/web.txt; }

# as_root COMMAND...: through sudo unless this is root already.
as_root() {
  if ((EUID == 0)); then
    "$@"
  else
    command -v sudo >/dev/null || die "needs root (or sudo) to run: $*"
    sudo "$@"
  fi
}

# without_services COMMAND...: as root, while packages that are installed start no server. A policy
# of the machine's own is left alone.
without_services() {
  # shellcheck disable=SC2016
  as_root bash -c '
    policy=/usr/sbin/policy-rc.d
    if [[ ! -e $policy ]]; then
      trap "rm -f $policy" EXIT
      printf "#!/bin/sh\nexit 101\n" >"$policy"
      chmod 755 "$policy"
    fi
    "$@"' - "$@"
}

# disable_services PACKAGE...: nor are their servers started with the machine. What systemd itself
# brings is no server.
disable_services() {
  local -a units packages
  command -v systemctl >/dev/null || return 0
  mapfile -t packages < <(printf '%s\n' "$@" | grep -vx systemd)
  ((${#packages[@]})) || return 0
  mapfile -t units < <(dpkg-query -L "${packages[@]}" 2>/dev/null |
    sed -n 's|^\(/usr\)\{0,1\}/lib/systemd/system/\([^/]*\.service\)$|\2|p')
  ((${#units[@]} == 0)) || as_root systemctl --quiet disable "${units[@]}"
}

# install_packages PACKAGE...: from Debian's archive, asking nothing. Of those that bring a server
# only the programs are wanted.
install_packages() {
  command -v apt-get >/dev/null || die "needs Debian's apt-get to install: $*"
  local -a apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
  as_root "${apt[@]}" update </dev/null
  without_services "${apt[@]}" install -y --no-install-recommends "$@" </dev/null
  disable_services "$@"
}
