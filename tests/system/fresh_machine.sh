#!/usr/bin/env bash
# Runs the two commands of the README on a bare machine: a root folder with nothing but Debian's minimal set in it.
#
#   bash tests/system/fresh_machine.sh bookworm|trixie [--user] [--keep] [-- COMMAND...]
#
#   --user     as an ordinary user without sudo; the packages are put there by root before
#   --keep     leaves the folder for a look; the next line printed says where
#   COMMAND    instead of the two commands, inside the clone
#
# Needs root, debootstrap and about 6 GB under /var/tmp (or $TMPDIR). Tests what is committed, not the working tree.
# Mounts and processes live in namespaces of their own and end with this script, however it ends.
set -euo pipefail

usage() { sed -n '2,/^set -/s/^# \{0,1\}//p' "$0" | sed '$d' >&2; exit 2; }
fail() { printf 'fresh_machine: %s\n' "$*" >&2; exit 1; }
step() { printf '\n=== %s  (%s)\n' "$*" "$(date -u +%H:%M:%S)"; }

release=${1:-}
case $release in bookworm | trixie) shift ;; *) usage ;; esac
user=root
keep=no
while [ $# -gt 0 ]; do
  case $1 in
    --user) user=sailor; shift ;;
    --keep) keep=yes; shift ;;
    --) shift; break ;;
    *) usage ;;
  esac
done

source=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)

# The mirror that this machine uses, so that a local or dated one is used here, too.
hostMirror() {
  local found
  found=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources 2> /dev/null |
    sed -n 's/^URIs: *\([^ ]*\).*/\1/p; s/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\) .*/\2/p' |
    sed -n '/\/debian\/\{0,1\}$/p') || true
  found=${found%%$'\n'*}
  echo "${found:-http://deb.debian.org/debian}"
}

writeSources() {
  local mirror=$1
  {
    echo "deb $mirror $release main"
    echo "deb $mirror $release-updates main"
    echo "deb ${mirror%/debian*}/debian-security $release-security main"
  } > "$root/etc/apt/sources.list"
  # A proxy of this machine's apt is needed there, too.
  apt-config dump 2> /dev/null | grep -i '^Acquire::http.*Proxy' > "$root/etc/apt/apt.conf.d/90proxy" || true
}

makeRoot() {
  local mirror
  mirror=$(hostMirror)
  step "Debian $release from $mirror into $root"
  debootstrap --variant=minbase "$release" "$root" "$mirror" > "$root.log" 2>&1 ||
    { tail -20 "$root.log" >&2; fail "debootstrap failed"; }
  writeSources "$mirror"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  if [ $user != root ]; then chroot "$root" useradd --create-home $user; fi
  home=$(chroot "$root" sh -c "echo ~$user")
  git clone -q --no-hardlinks "$source" "$root$home/longship"
  chroot "$root" chown -R $user: "$home/longship"
}

# inside <command>: in the root, in the clone, with a bare environment: no display, no variable of this machine.
inside() {
  unshare --mount --propagation private --pid --fork --kill-child --mount-proc="$root/proc" \
    bash -c 'root=$1 user=$2 home=$3; shift 3
      mount --rbind /dev "$root/dev" && mount --rbind /sys "$root/sys" && mount -t tmpfs tmpfs "$root/tmp" || exit 1
      exec chroot --userspec="$user" "$root" env -i HOME="$home" USER="$user" TERM=dumb LANG=C.UTF-8 \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        bash -c "cd ~/longship && \"\$@\"" -- "$@"' -- "$root" "$1" "$home" "${@:2}" < /dev/null
}

timed() {
  local start=$SECONDS
  step "$* as $user"
  inside $user "$@" || fail "\"$*\" failed on $release as $user (exit $?)"
  echo "--- $* as $user: $((SECONDS - start)) s"
}

[ "$(id -u)" = 0 ] || fail "needs root (chroot and mounts)"
command -v debootstrap > /dev/null || fail "needs debootstrap: apt-get install debootstrap"
root=$(mktemp -d "${TMPDIR:-/var/tmp}/longship-$release-XXXXXX")
chmod 755 "$root"
cleanUp() {
  if [ $keep = yes ]; then echo "kept: $root"; return; fi
  # Nothing is mounted below it in this namespace; --one-file-system in case that is ever untrue.
  rm -rf --one-file-system "$root" "$root.log"
}
trap cleanUp EXIT
makeRoot
if [ $user != root ]; then
  step "packages, by root"
  home=/root inside root bash "$(chroot "$root" sh -c "echo ~$user")/longship/installer/packages.sh" build run test
fi
if [ $# -gt 0 ]; then
  timed "$@"
else
  timed bash installer/quickstart.sh
  timed bash installer/quickstart.sh
  timed bash tests/run.sh
fi
step "$release: all of it works"
