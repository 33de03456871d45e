#!/usr/bin/env bash
# The one table of the system packages that Longship needs, and their installation with apt.
#
#   installer/packages.sh [build] [run] [test]    installs what is missing (default: build run)
#   installer/packages.sh --list [GROUP]...       prints the names for this release, one a line
#   installer/packages.sh --missing [GROUP]...    prints the ones that are not installed, one a line
#
# Exit codes: 0 all is there; 1 apt failed; 3 packages are missing and this user may not install any (the line
# to hand to an administrator is printed).
# --progress before the groups: apt's own progress lines (dlstatus, pmstatus) stand among the output.
set -euo pipefail
export LC_ALL=C

# group | names                                    | what for
# Names after the first are for releases that lack it: the first one that apt knows is taken; a line of which
# apt knows no name is dropped, because that release needs no such package.
table() {
  cat <<'TABLE'
build | g++                                        | the compiler
build | cmake                                      |
build | ninja-build                                |
build | ccache                                     | quick rebuilds
build | pkg-config pkgconf                         |
build | libtorch-dev                               | worker: tensors, autograd
build | libopenblas0-pthread                       | worker: libtorch-dev alone brings the slow reference BLAS
build | zlib1g-dev                                 | worker: datasets are .gz files
build | libzmq3-dev                                | transport
build | cppzmq-dev                                 | transport
build | libsodium-dev                              | keys, tokens
build | libssl-dev                                 | SHA-256 at the speed of the processor's own instructions
build | libflatbuffers-dev                         | protocol
build | flatbuffers-compiler                       | protocol: makes the codec during the build
build | libsqlite3-dev                             | history
build | libsqlitecpp-dev                           | history
build | libspdlog-dev                              | logs
build | libfmt-dev                                 | texts with numbers in them
build | libcli11-dev                               | command line
build | nlohmann-json3-dev                         | JSON
build | libyaml-cpp-dev                            | job files
build | libexpected-dev                            | Result<T>
build | libssh-dev                                 | nodes over SSH
build | libzstd-dev                                | nodes over SSH: libtorch goes packed
build | qt6-base-dev                               | studio
build | libqt6opengl6-dev                          | studio: else CMake finds no Qt Charts (not in Debian 13)
build | qt6-charts-dev libqt6charts6-dev           | studio
build | qt6-svg-dev libqt6svg6-dev                 | studio: icons
build | qt6-tools-dev                              | studio: translations
build | qt6-l10n-tools                             | studio: translations
run   | libqt6svg6 libqt6svg6t64                   | studio: the icon plug-in
run   | qt6-wayland                                | studio: window on a Wayland desktop
run   | fonts-open-sans                            | studio: tabular digits
run   | fonts-wqy-microhei                         | studio: Chinese
run   | dataset-fashion-mnist                      | the demo's data
test  | libgtest-dev                               |
test  | librapidcheck-dev                          | property tests
test  | xvfb                                       | a screen for window tests where there is none
test  | xauth                                      | for xvfb-run
test  | openssh-server                             | core/deploy: real servers on loopback
test  | iproute2                                   | tests/hosts: networks of namespaces
test  | procps                                     | tests/hosts: pgrep
test  | python3                                    | tests/tidy
test  | git                                        | tests/tidy: the list of files
test  | clang-format                               | tests/tidy: formatting
TABLE
}

say() { printf '%s\n' "$*" >&2; }

# One line of the table per needed package: its alternatives, blank separated.
rowsOf() {
  local group names _
  # shellcheck disable=SC2086 # the names of a row are words
  table | while IFS='|' read -r group names _; do
    case " $* " in *" ${group// /} "*) echo $names ;; esac
  done
}

isInstalled() { [[ " $installed " == *" $1 "* ]]; }

readInstalled() {
  installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' | awk '$2 == "installed" { printf "%s ", $1 }')
}

# Of each row the name that is installed, else the first that apt knows. `known` costs a call of apt, so it is
# asked for only once and only when something is missing.
resolve() {
  local row name chosen known="" asked=""
  while read -r row; do
    chosen=""
    for name in $row; do
      if isInstalled "$name"; then chosen=$name; break; fi
    done
    if [ -z "$chosen" ] && [ -z "$asked" ]; then
      # A name counts when apt could install it: "Candidate:" is not "(none)".
      known=" $(apt-cache policy $(rowsOf "$@") 2>/dev/null |
        awk '/^[^ ].*:$/ { name = substr($1, 1, length($1) - 1) }
             /^  Candidate:/ && $2 != "(none)" { printf "%s ", name }')"
      asked=yes
    fi
    if [ -z "$chosen" ]; then
      for name in $row; do
        if [[ "$known" == *" $name "* ]]; then chosen=$name; break; fi
      done
      # Before the first "apt-get update" apt knows nothing: then the first name stands for the row.
      if [ -z "$chosen" ] && [ "$known" = " " ]; then chosen=${row%% *}; fi
    fi
    if [ -n "$chosen" ]; then echo "$chosen"; fi
  done < <(rowsOf "$@")
}

missingOf() {
  local name
  resolve "$@" | while read -r name; do
    isInstalled "$name" || echo "$name"
  done
}

# How this user gets root's rights: "" for root, "sudo" where that works without or with a question, "none".
rights() {
  if [ "$(id -u)" = 0 ]; then echo ""; return; fi
  if command -v sudo > /dev/null && { sudo -n true 2> /dev/null || { [ -t 0 ] && sudo -v; }; }; then
    echo sudo
  else
    echo none
  fi
}

# NEEDRESTART_SUSPEND: Ubuntu would otherwise ask in a dialogue which services to restart.
# 9>&1: apt closes the descriptor for its progress before it starts dpkg; it must not be the one to which the
# packages' own scripts write. Opened behind sudo, which closes all but the first three.
aptGet() {
  $sudo env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 LC_ALL=C sh -c 'exec apt-get "$@" 9>&1' -- \
    -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" < /dev/null
}

install() {
  local missing
  mapfile -t missing < <(missingOf "$@")
  if [ ${#missing[@]} = 0 ]; then return 0; fi
  sudo=$(rights)
  if [ "$sudo" = none ]; then
    say "This user may not install packages. Please ask an administrator of this machine to run:"
    say "apt-get update && apt-get install --no-install-recommends ${missing[*]}"
    return 3
  fi
  # The lists may be missing or old: names are chosen again after the update.
  aptGet update || say "The package lists could not be updated; going on with the ones that are here."
  mapfile -t missing < <(missingOf "$@")
  aptGet "${progress[@]}" install "${missing[@]}" || { say "apt-get could not install: ${missing[*]}"; return 1; }
  quietServers "${missing[@]}"
}

# The tests start SSH servers of their own on loopback. A machine that had none must not offer one to its network
# because of them: what the package has enabled just now is disabled again.
quietServers() {
  case " $* " in *" openssh-server "*) ;; *) return 0 ;; esac
  if command -v systemctl > /dev/null; then
    local unit
    for unit in ssh.socket ssh.service; do
      $sudo systemctl disable --now "$unit" > /dev/null 2>&1 || true  # which of the two there is differs
    done
    say "openssh-server was installed for the tests; its service is off (systemctl enable --now ssh turns it on)."
  fi
}

main() {
  local action=install
  progress=()
  case "${1:-}" in
    --progress) progress=(-o APT::Status-Fd=9); shift ;;
    --list | --missing) action=${1#--}; shift ;;
    -h | --help) sed -n '2,/^set -/s/^# \{0,1\}//p' "$0" | sed '$d'; return 0 ;;
  esac
  if [ $# = 0 ]; then set -- build run; fi
  for group in "$@"; do
    case $group in
      build | run | test) ;;
      *) say "Unknown group \"$group\": expected build, run or test."; return 2 ;;
    esac
  done
  if ! command -v apt-get > /dev/null || ! command -v dpkg-query > /dev/null; then
    say "Longship's set-up knows Debian 12, Debian 13 and Ubuntu 24.04, which have apt-get; there is none here."
    say "Install what the table in installer/packages.sh names with your system's tool, then build with CMake."
    return 1
  fi
  readInstalled
  case $action in
    list) resolve "$@" ;;
    missing) missingOf "$@" ;;
    install) install "$@" ;;
  esac
}

main "$@"
