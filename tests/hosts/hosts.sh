#!/usr/bin/env bash
# Hosts for tests: a small network of machines inside this one, with cables that can be pulled.
#
#   hosts.sh up N [RATE]       N hosts, node-a, node-b, …, joined by a switch; links of RATE (default 1gbit)
#   hosts.sh list              name, address, state, link rate, process id of its init
#   hosts.sh exec HOST CMD...  runs CMD on the host (or on "switch": a machine that sees them all, for a client)
#   hosts.sh cut HOST          pulls the cable
#   hosts.sh part HOST HOST    the two no longer reach each other, while all others reach both
#   hosts.sh join HOST HOST    … and again
#   hosts.sh slow HOST RATE    changes the rate of its link, in both directions
#   hosts.sh cpu HOST CORES    lets it use so many cores, 0.5 for half of one; "all" for no limit
#   hosts.sh kill HOST         loses power: first the cable, so that nobody gets a farewell, then every process
#   hosts.sh restore HOST      power, cable, rate and cores as "up" made them; its home is as it was
#   hosts.sh down              ends and removes everything
#
# RATE: a number with kbit, mbit or gbit, or "unlimited". Each host has an address (10.77.0.1, …), hostname, process
# ids, mounts, /etc/hosts and a home ($HOME, the same path everywhere) of its own; files elsewhere are this machine's.
# The switch lives in a network namespace of its own: no interface of this machine is touched.
# LONGSHIP_HOSTS=NAME keeps a second set of hosts apart from the first. Needs root; exit codes: 0 done, 1 failed,
# 2 wrong call, 77 this machine cannot do it (the reason is printed).
set -euo pipefail
export LC_ALL=C

readonly self=$(readlink -f "$0")
readonly set_name=${LONGSHIP_HOSTS:-hosts}
readonly root=/run/longship-hosts/$set_name
readonly home=$root/home
readonly network=10.77.0
readonly hosts_max=50
readonly patience=10  # Seconds for a namespace to come or go; it takes milliseconds.

say() { printf 'hosts: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
usage() { sed -n '2,/^set -/s/^# \{0,1\}//p' "$self" | sed '$d' >&2; exit 2; }
wrong() { say "$*"; exit 2; }
cannot() { say "SKIPPED: $*"; exit 77; }

# --- What this machine must be able to do.

checkRights() {
  local tool
  [ "$(id -u)" = 0 ] || cannot "hosts for tests need root (network namespaces): sudo bash $0 …"
  for tool in ip tc unshare nsenter setpriv flock; do
    command -v $tool > /dev/null || cannot "$tool is missing: apt-get install iproute2 util-linux"
  done
  # One attempt in a namespace that ends with it says more than any list of capabilities.
  unshare --net --uts --pid --mount --fork bash -c '
    mount -t proc proc /proc && ip link add bridge type bridge && ip link add one type veth peer name two &&
    tc qdisc add dev one root tbf rate 1gbit burst 256k latency 50ms' > /dev/null 2>&1 ||
    cannot "this kernel or container allows no namespaces, or has no veth, bridge or tbf"
}

checkRate() {
  [[ $1 =~ ^([0-9]+(\.[0-9]+)?(kbit|mbit|gbit)|unlimited)$ ]] ||
    wrong "\"$1\" is no rate: expected a number with kbit, mbit or gbit, such as 100mbit, or \"unlimited\"."
}

# --- Names, addresses, processes.

nameOf() {  # 1 → node-a, 26 → node-z, 27 → node-aa, like the nodes of a demo cluster
  local rest=$1 text="" alphabet=abcdefghijklmnopqrstuvwxyz
  while [ "$rest" -gt 0 ]; do
    text=${alphabet:(rest - 1) % 26:1}$text
    rest=$(((rest - 1) / 26))
  done
  echo "node-$text"
}
known() { ls "$root/hosts" 2> /dev/null | sort -V; }
numberOf() { cat "$root/hosts/$1/number"; }
addressOf() { echo "$network.$(numberOf "$1")"; }
portOf() { echo "port$(numberOf "$1")"; }

startOf() {  # when a process began, so that its number is not mistaken for its successor's
  local stat
  stat=$(cat "/proc/$1/stat" 2> /dev/null) || return 1
  # shellcheck disable=SC2086 # fields are words
  set -- ${stat##*) }
  [ "$1" != Z ] && echo "${20}"
}
# The init of a folder (host or switch), when it lives.
initOf() {
  local id began
  read -r id began 2> /dev/null < "$1/init" || return 1
  [ "$(startOf "$id")" = "$began" ] && echo "$id"
}
hostInit() { initOf "$root/hosts/$1"; }
switchInit() { initOf "$root/switch"; }

needUp() { switchInit > /dev/null || die "there are no hosts; make some: bash $0 up 3"; }
needHost() {
  needUp
  [ -e "$root/hosts/$1/number" ] || wrong "there is no host \"$1\": expected one of $(known | xargs)."
}

inNet() { nsenter --target "$1" --net -- "${@:2}"; }

endInit() {  # <folder>
  local id
  id=$(initOf "$1") || { rm -f "$1/init"; return 0; }
  kill -KILL "$id"
  # All processes of the namespace go with its init.
  timeout $patience tail --pid="$id" --sleep-interval=0.02 -f /dev/null || die "process $id does not end"
  rm -f "$1/init"
}

# --- The first process of a host: it holds the namespaces and takes in orphans.

runInit() {  # <folder> <hostname>
  local folder=$1 id _
  # /proc is still the outer one here, so this is the number by which others know us.
  read -r id _ < /proc/self/stat
  echo "$2" > /proc/sys/kernel/hostname
  mount --bind "$folder/hosts" /etc/hosts
  mount --bind "$folder/home" "$home"
  # The old /sys shows the outer interfaces.
  mount -t sysfs sysfs /sys
  echo "$id $(startOf "$id")" > "$folder/init.new"
  mount -t proc proc /proc
  ip link set lo up
  mv "$folder/init.new" "$folder/init"
  echo ready > "$folder/ready"
  cd "$home"
  # Bash reaps what is orphaned here; nobody ever writes into this pipe.
  exec 0<> "$folder/never" > /dev/null 2>&1
  while :; do read -r _ || true; done
}

startInit() {  # <folder> <hostname>
  local word=""
  mkdir -p "$1/home/.run" "$1/home/.tmp" "$home"
  chmod 700 "$1/home/.run"
  rm -f "$1/ready" "$1/never"
  mkfifo "$1/ready" "$1/never"
  # Not in our session and without our lock: it outlives this command.
  setsid unshare --net --uts --pid --mount --fork bash "$self" --init "$1" "$2" \
    < /dev/null > "$1/log" 2>&1 9>&- &
  read -r -t $patience word <> "$1/ready" || true
  [ "$word" = ready ] || die "$2 did not start: $(tail -n 1 "$1/log")"
}

# --- Cables and cores.

shape() {  # <init> <device> <rate>
  if [ "$3" = unlimited ]; then
    inNet "$1" tc qdisc del dev "$2" root 2> /dev/null || true
    return 0
  fi
  # A bucket of 2 ms, not below two large segments: tbf drops what does not fit.
  local burst
  burst=$(awk -v rate="$3" 'BEGIN {
    unit = rate ~ /gbit/ ? 1e9 : rate ~ /mbit/ ? 1e6 : 1e3
    bytes = rate * unit / 8 * 0.002
    printf "%d", bytes < 32768 ? 32768 : bytes }')
  inNet "$1" tc qdisc replace dev "$2" root tbf rate "$3" burst "$burst" latency 50ms
}

setRate() {  # <host> <rate>; both ends, because each end holds back only what it sends
  shape "$(hostInit "$1")" eth0 "$2"
  shape "$(switchInit)" "$(portOf "$1")" "$2"
  echo "$2" > "$root/hosts/$1/rate"
}

plugIn() {  # <host>
  local switch port init number
  switch=$(switchInit); init=$(hostInit "$1"); port=$(portOf "$1"); number=$(numberOf "$1")
  if ! inNet "$switch" ip link show "$port" > /dev/null 2>&1; then
    # The same hardware address after a loss of power, else the others keep talking to the old one for a while.
    inNet "$switch" ip link add "$port" type veth peer name eth0 address "$(printf 02:4c:53:00:00:%02x "$number")" \
      netns "$init"
    inNet "$init" ip address add "$network.$number/24" dev eth0
    inNet "$init" ip link set eth0 up
    inNet "$switch" ip link set "$port" master bridge
  fi
  inNet "$switch" ip link set "$port" up
}

unplug() { inNet "$(switchInit)" ip link set "$(portOf "$1")" down 2> /dev/null || true; }

# The folder of this set in the hierarchy that limits processors; nothing where there is none.
coresFolder() {
  local place
  place=$(awk '$3 == "cgroup" && $4 ~ /(^|,)cpu(,|$)/ { print $2; exit }' /proc/mounts)
  if [ -z "$place" ]; then
    place=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
    [ -n "$place" ] && grep -qw cpu "$place/cgroup.controllers" 2> /dev/null || return 1
    grep -qw cpu "$place/cgroup.subtree_control" || echo +cpu > "$place/cgroup.subtree_control" || return 1
  fi
  echo "$place/longship-$set_name"
}

limitCores() {  # <host> <cores>
  local folder quota
  folder=$(coresFolder 2> /dev/null)/$1 || { [ "$2" = all ] && return 0; return 1; }
  if [ "$2" = all ] && [ ! -d "$folder" ]; then return 0; fi
  mkdir -p "$folder" 2> /dev/null || return 1
  if [ -e "$folder/cpu.cfs_quota_us" ]; then
    quota=$(awk -v cores="$2" 'BEGIN { printf "%d", cores == "all" ? -1 : cores * 100000 }')
    echo 100000 > "$folder/cpu.cfs_period_us" && echo "$quota" > "$folder/cpu.cfs_quota_us" || return 1
  else
    # The controller reaches a host's folder through its parent.
    grep -qw cpu "${folder%/*}/cgroup.subtree_control" || echo +cpu > "${folder%/*}/cgroup.subtree_control" || return 1
    quota=$(awk -v cores="$2" 'BEGIN { if (cores == "all") print "max"; else printf "%d", cores * 100000 }')
    echo "$quota 100000" > "$folder/cpu.max" || return 1
  fi
  adoptProcesses "$1" "$folder"
}

adoptProcesses() {  # <host> <cgroup folder>: all processes whose namespace of process ids is the host's
  local space process
  space=$(readlink "/proc/$(hostInit "$1")/ns/pid")
  for process in /proc/[0-9]*; do
    if [ "$(readlink "$process/ns/pid" 2> /dev/null)" = "$space" ]; then
      echo "${process#/proc/}" > "$2/cgroup.procs" 2> /dev/null || true
    fi
  done
}

forgetCores() {  # removes the cgroups; they are empty once their processes are reaped
  local folder one
  folder=$(coresFolder 2> /dev/null) || return 0
  for one in "$folder"/*/ "$folder"; do
    if [ -d "$one" ]; then
      timeout $patience bash -c 'until rmdir "$1" 2> /dev/null; do read -r -t 0.02 _ <> <(:) || true; done' - "$one" ||
        say "the cgroup $one is still in use"
    fi
  done
}

# --- Commands.

startSwitch() {
  switchInit > /dev/null && return 0
  startInit "$root/switch" switch
  local switch
  switch=$(switchInit)
  # An address of its own: else it is that of a port, and another one once this port is gone; the hosts would keep
  # talking to the old one.
  inNet "$switch" ip link add bridge address 02:4c:53:00:00:fe type bridge stp_state 0 forward_delay 0
  inNet "$switch" ip address add $network.254/24 dev bridge
  inNet "$switch" ip link set bridge up
}

startHost() {  # <host>
  hostInit "$1" > /dev/null && return 0
  # What is left of the cable of a host that lost its power.
  inNet "$(switchInit)" ip link del "$(portOf "$1")" 2> /dev/null || true
  startInit "$root/hosts/$1" "$1"
}

writeHosts() {  # the same /etc/hosts for all, written in place: it is bind-mounted
  local text one
  text=$(
    echo "127.0.0.1 localhost"
    for one in $(known); do echo "$(addressOf "$one") $one"; done
    echo "$network.254 switch"
  )
  for one in "$root"/hosts/*/ "$root/switch/"; do echo "$text" > "${one}hosts"; done
}

up() {
  [ $# -ge 1 ] && [ $# -le 2 ] || usage
  [[ $1 =~ ^[0-9]+$ ]] && [ "$1" -ge 1 ] && [ "$1" -le $hosts_max ] ||
    wrong "\"$1\" is no number of hosts: expected 1 to $hosts_max."
  local count=$1 rate=${2:-1gbit} number host
  checkRate "$rate"
  mkdir -p "$root/hosts" "$root/switch"
  : >> "$root/switch/hosts"
  startSwitch
  for host in $(known); do
    if [ "$(numberOf "$host")" -gt "$count" ]; then removeHost "$host"; fi
  done
  for ((number = 1; number <= count; number++)); do
    host=$(nameOf "$number")
    mkdir -p "$root/hosts/$host"
    echo "$number" > "$root/hosts/$host/number"
    echo "$rate" > "$root/hosts/$host/rate.first"
  done
  writeHosts
  for host in $(known); do restore "$host"; done
  list
}

restore() {
  [ $# = 1 ] || usage
  needHost "$1"
  startHost "$1"
  plugIn "$1"
  setRate "$1" "$(cat "$root/hosts/$1/rate.first")"
  limitCores "$1" all || true
  rm -f "$root/hosts/$1/cores"
}

removeHost() {
  unplug "$1"
  endInit "$root/hosts/$1"
  inNet "$(switchInit)" ip link del "$(portOf "$1")" 2> /dev/null || true
  rm -rf "${root:?}/hosts/$1"
}

cut() {
  [ $# = 1 ] || usage
  needHost "$1"
  hostInit "$1" > /dev/null || die "$1 has no power; it comes back with: bash $0 restore $1"
  unplug "$1"
}

# Each is told a hardware address for the other that nobody has: what it sends is lost on the way, in silence.
part() {
  [ $# = 2 ] || usage
  tellNeighbour "$1" "$2" replace lladdr 02:00:00:00:ff:ff nud permanent
  tellNeighbour "$2" "$1" replace lladdr 02:00:00:00:ff:ff nud permanent
}

join() {
  [ $# = 2 ] || usage
  tellNeighbour "$1" "$2" del
  tellNeighbour "$2" "$1" del
}

tellNeighbour() {  # <host> <of host> <replace|del> [what]
  local init
  needHost "$1"
  needHost "$2"
  init=$(hostInit "$1") || die "$1 has no power; it comes back with: bash $0 restore $1"
  inNet "$init" ip neigh "$3" "$(addressOf "$2")" dev eth0 "${@:4}"
}

slow() {
  [ $# = 2 ] || usage
  checkRate "$2"
  needHost "$1"
  hostInit "$1" > /dev/null || die "$1 has no power; it comes back with: bash $0 restore $1"
  setRate "$1" "$2"
}

cpu() {
  [ $# = 2 ] || usage
  [[ $2 =~ ^([0-9]+(\.[0-9]+)?|all)$ ]] && [[ ! $2 =~ ^0+(\.0*)?$ ]] ||
    wrong "\"$2\" is no number of cores: expected a number such as 0.5, or \"all\"."
  needHost "$1"
  hostInit "$1" > /dev/null || die "$1 has no power; it comes back with: bash $0 restore $1"
  limitCores "$1" "$2" || cannot "cores cannot be limited here: no cgroup (v1 cpu, v2 cpu) can be written"
  echo "$2" > "$root/hosts/$1/cores"
}

kill_() {
  [ $# = 1 ] || usage
  needHost "$1"
  unplug "$1"
  endInit "$root/hosts/$1"
  # The kernel takes a dead host's cable away when it gets round to it.
  inNet "$(switchInit)" ip link del "$(portOf "$1")" 2> /dev/null || true
}

list() {
  needUp
  local host init state
  printf '%-10s %-12s %-8s %-10s %s\n' HOST ADDRESS STATE RATE PROCESS
  for host in $(known); do
    if ! init=$(hostInit "$host"); then
      init=- state=killed
    elif inNet "$(switchInit)" ip -o link show "$(portOf "$host")" 2> /dev/null | grep -q '[<,]UP[,>]'; then
      state=up
    else
      state=cut
    fi
    printf '%-10s %-12s %-8s %-10s %s\n' "$host" "$(addressOf "$host")" $state "$(cat "$root/hosts/$host/rate")" "$init"
  done
}

down() {
  [ -d "$root" ] || return 0
  local host
  for host in $(known); do endInit "$root/hosts/$host"; done
  endInit "$root/switch"
  forgetCores
  rm -rf "$root"
  rmdir --ignore-fail-on-non-empty "${root%/*}"
}

exec_() {
  [ $# -ge 2 ] || usage
  local host=$1 init folder
  shift
  if [ "$host" = switch ]; then
    needUp
    init=$(switchInit)
  else
    needHost "$host"
    init=$(hostInit "$host") || die "$host has no power; it comes back with: bash $0 restore $host"
    if [ -e "$root/hosts/$host/cores" ] && folder=$(coresFolder); then
      echo $$ > "$folder/$host/cgroup.procs"
    fi
  fi
  # Entering a mount namespace forgets the folder one stands in. Entering one of process ids leaves nsenter here, as
  # the parent: whoever kills that means the command.
  exec nsenter --target "$init" --net --uts --pid --mount -- setpriv --pdeathsig KILL \
    env -u LONGSHIP_HOME -u XDG_DATA_HOME -u XDG_CONFIG_HOME HOME="$home" XDG_RUNTIME_DIR="$home/.run" \
    TMPDIR="$home/.tmp" \
    bash -c 'cd "$1" && shift && exec "$@"' bash "$PWD" "$@"
}

main() {
  [ $# -ge 1 ] || usage
  local command=$1
  shift
  case $command in
    --init) runInit "$@" ;;
    check) checkRights ;;
    exec) [ "$(id -u)" = 0 ] || cannot "hosts for tests need root"; exec_ "$@" ;;
    up | down | list | cut | part | join | restore | slow | cpu | kill)
      checkRights
      # One command at a time for a set.
      mkdir -p /run/lock
      exec 9> "/run/lock/longship-hosts-$set_name.lock"
      flock 9
      if [ "$command" = kill ]; then command=kill_; fi
      "$command" "$@"
      ;;
    -h | --help | help) usage ;;
    *) say "unknown command \"$command\""; usage ;;
  esac
}

[[ $set_name =~ ^[A-Za-z0-9_-]+$ ]] || wrong "LONGSHIP_HOSTS=\"$set_name\": expected letters, digits, '-' and '_'."
main "$@"
