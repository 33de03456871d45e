#!/usr/bin/env bash
# Makes Longship ready on this machine and opens it: packages, release build, installation for this user, demo.
#
#   bash installer/quickstart.sh             says what it will do, does it, opens the studio on a demo cluster
#   bash installer/quickstart.sh --no-open   stops before the last step
#   bash installer/quickstart.sh --remove    removes what was installed for this user (not packages, not your data)
#
# Without a display the demo trains in this terminal instead. Can be run again: what is there already is not done twice.
# Root's rights are needed for missing packages only; started through sudo it builds and opens as the calling user.
# Exit codes: 0 done; 1 something failed (the log is named); 3 packages are missing and may not be installed.
set -euo pipefail

source=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Measured on bare machines with two cores: Debian 12 fetches 392 MB and uses 1.6 GB, Debian 13 419 MB and 1.8 GB.
fetchMb=420
packagesGb=1.8
buildGb=0.4
buildCoreMinutes=20
diskFreeGbMin=5

say() { printf '%s\n' "$*"; }

# --- who: the user that builds, owns and opens Longship -------------------------------------------------------------

setUser() {
  user=$(id -un)
  home=$HOME
  # Started through sudo: root installs packages, everything else belongs to the person who called.
  if [ "$(id -u)" = 0 ] && [ -n "${SUDO_USER:-}" ] && [ "$SUDO_USER" != root ]; then
    user=$SUDO_USER
    home=$(getent passwd "$user" | cut -d: -f6)
  fi
  prefix=$home/.local
  state=$prefix/state/longship
  log=$state/quickstart.log
  installed=$state/installed.txt
}

# asUser <command>: as that user, with the display of the session that called sudo.
asUser() {
  if [ "$user" = "$(id -un)" ]; then
    "$@"
    return
  fi
  local runtime
  runtime=/run/user/$(id -u "$user")
  local variables=(HOME="$home" USER="$user" LOGNAME="$user" XDG_RUNTIME_DIR="$runtime")
  if [ -n "${DISPLAY:-}" ]; then variables+=(DISPLAY="$DISPLAY"); fi
  # sudo takes WAYLAND_DISPLAY away; the session's socket is still there.
  if [ -z "${WAYLAND_DISPLAY:-}" ] && [ -S "$runtime/wayland-0" ]; then WAYLAND_DISPLAY=wayland-0; fi
  if [ -n "${WAYLAND_DISPLAY:-}" ]; then variables+=(WAYLAND_DISPLAY="$WAYLAND_DISPLAY"); fi
  local authority=${XAUTHORITY:-$home/.Xauthority}
  if [ -e "$authority" ]; then variables+=(XAUTHORITY="$authority"); fi
  runuser -u "$user" -- env -u SUDO_USER -u SUDO_UID -u SUDO_GID -u SUDO_COMMAND "${variables[@]}" "$@"
}

# The clone may belong to someone else, or an earlier run as root may have made its build folder.
setBuildFolder() {
  build=$source/build/release
  if ! asUser mkdir -p "$build" 2> /dev/null || ! asUser test -w "$build" ||
    { [ -e "$build/build.ninja" ] && ! asUser test -w "$build/build.ninja"; }; then
    build=$home/.cache/longship/build
    asUser mkdir -p "$build"
  fi
}

# --- progress: one line a step --------------------------------------------------------------------------------------

step=0
begin() {
  step=$((step + 1))
  title=$1
  stepStarted=$SECONDS
  if [ -t 1 ]; then printf '[%d/4] %s …' "$step" "$title"; fi
}

# progress <text>: on a terminal the line is written again; in a file there is only its end.
progress() {
  if [ -t 1 ]; then printf '\r\033[K[%d/4] %s: %.60s' "$step" "$title" "$1"; fi
}

finish() {
  local took=$((SECONDS - stepStarted))
  if [ -t 1 ]; then printf '\r\033[K'; fi
  printf '[%d/4] %s: %s' "$step" "$title" "$1"
  if [ $took -ge 2 ]; then printf ' (%d s)' $took; fi
  printf '\n'
}

failed() {
  if [ -t 1 ]; then printf '\n'; fi
  say "[$step/4] $title: failed. The end of the log:"
  tail -n 15 "$log" | sed 's/^/  | /'
  say "The whole log: $log"
  say "When the cause is gone, run the same command again; it goes on where it stopped."
  exit 1
}

# Reads a program's output, keeps it in the log, and shows the progress in it.
follow() {
  local line
  while IFS= read -r line; do
    printf '%s\n' "$line" >> "$log"
    case $line in
      dlstatus:*) line=${line#dlstatus:*:} && progress "fetching, ${line%%.*} %" ;;
      pmstatus:*) line=${line#pmstatus:*:} && progress "unpacking and setting up, ${line%%.*} %" ;;
      \[*/*\]\ *) line=${line%%\]*} && progress "${line#\[} files" ;;
    esac
  done
}

# --- the plan -------------------------------------------------------------------------------------------------------

# GB free on the fullest of the file systems that are written to, and where that is.
freeSpace() {
  df -P -k "$home" "$source" /var /usr | awk 'NR > 1 && (!least || $4 < least) { least = $4; where = $6 }
                                              END { printf "%d %s\n", least / 1048576, where }'
}

remainingFiles() {
  if [ ! -e "$build/build.ninja" ] || ! command -v ninja > /dev/null; then echo all; return; fi
  # As that user: even a dry run of ninja makes the folders of what it would build.
  asUser ninja -C "$build" -n 2> /dev/null | grep -c '^\[' || true
}

plan() {
  local free where minutes remaining
  say "Longship: set-up for $user on this machine"
  mapfile -t missing < <(bash "$source/installer/packages.sh" --missing build run)
  remaining=$(remainingFiles)
  minutes=$((buildCoreMinutes / cores > 0 ? buildCoreMinutes / cores : 1))
  read -r free where < <(freeSpace)
  if [ ${#missing[@]} = 0 ]; then
    say "  packages  all there"
  else
    say "  packages  ${#missing[@]} are missing; with what they need up to $fetchMb MB to fetch, $packagesGb GB on disk"
  fi
  if [ "$remaining" = all ]; then
    say "  build     release, about $minutes min on $cores cores, $buildGb GB in $build"
  elif [ "$remaining" = 0 ]; then
    say "  build     all there, in $build"
  else
    say "  build     goes on where it was, in $build"
  fi
  say "  install   for $user only: commands in $prefix/bin, menu entry, icon   (--remove undoes it)"
  say "  disk      $free GB free on $where"
  say "  log       $log"
  if [ "$free" -lt $diskFreeGbMin ] && { [ ${#missing[@]} -gt 0 ] || [ "$remaining" = all ]; }; then
    say "Stopped: $diskFreeGbMin GB must be free, $free GB are free on $where. Nothing was changed."
    exit 1
  fi
  say
}

# --- the steps ------------------------------------------------------------------------------------------------------

installPackages() {
  begin Packages
  if [ ${#missing[@]} = 0 ]; then finish "all there"; return; fi
  local code=0
  # Errors of packages.sh itself are for the person: the line for the administrator must be seen.
  { bash "$source/installer/packages.sh" --progress build run 2> "$messages" | follow; } || code=$?
  cat "$messages" >> "$log"
  if [ $code = 3 ]; then
    if [ -t 1 ]; then printf '\n'; fi
    cat "$messages"
    exit 3
  fi
  [ $code = 0 ] || failed
  finish "${#missing[@]} installed with what they need"
}

buildAll() {
  begin Build
  local available jobs
  available=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)
  jobs=$((available / 800 < cores ? available / 800 : cores))
  jobs=$((jobs < 1 ? 1 : jobs))
  # -S and -B instead of the preset's own folder, which another user may own.
  (cd "$source" && asUser cmake --preset release -B "$build") >> "$log" 2>&1 || failed
  if [ "$(remainingFiles)" = 0 ]; then finish "nothing to do"; return; fi
  # A line per finished file; NINJA_STATUS makes "[57/210] ", whatever the person has set.
  asUser env NINJA_STATUS="[%f/%t] " ninja -C "$build" -j "$jobs" 2>&1 | follow || failed
  finish "done"
}

installForUser() {
  begin Install
  asUser cmake --install "$build" --prefix "$prefix" >> "$log" 2>&1 || failed
  asUser sh -c 'sort -u "$1/install_manifest.txt" > "$2"' -- "$build" "$installed"
  # The entry names the program by its whole path: ~/.local/bin is in no PATH before the next login.
  asUser sed -i "s#^Exec=longship-studio#Exec=\"$prefix/bin/longship-studio\"#" \
    "$prefix/share/applications/org.longship.Studio.desktop" >> "$log" 2>&1 || true
  refreshDesktop
  finish "commands in $prefix/bin, menu entry \"Longship\""
}

# Menus notice a new entry sooner; they work without.
refreshDesktop() {
  for tool in "update-desktop-database $prefix/share/applications" \
    "gtk-update-icon-cache -q -t $prefix/share/icons/hicolor"; do
    if command -v "${tool%% *}" > /dev/null; then asUser $tool >> "$log" 2>&1 || true; fi
  done
}

sayBlas() {
  local library
  # Reads to the end: ldconfig with nobody to write to would end this script (pipefail).
  library=$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p |
    awk '$1 == "libblas.so.3" && !found { found = $NF } END { print found }')
  case $(readlink -f "$library" 2> /dev/null) in
    */openblas*/* | */mkl/* | */blis*/* | "") return ;;
  esac
  say "Warning: libblas.so.3 is the reference BLAS ($library); training is 10 to 30 times slower with it than with"
  say "  OpenBLAS. Remedy: sudo apt-get install libopenblas0-pthread, then as root choose openblas-pthread in"
  say "  update-alternatives --config libblas.so.3-$(gcc -print-multiarch 2> /dev/null || uname -m)-linux-gnu" |
    sed 's/-linux-gnu-linux-gnu$/-linux-gnu/'
}

sayGpu() {
  if ! ls /proc/driver/nvidia/gpus/* > /dev/null 2>&1; then
    say "No GPU here: training on CPU."
  elif ! grep -qs 'with CUDA; training can use GPUs' "$log"; then
    say "There is an NVIDIA GPU, but this libtorch was built without CUDA: training on CPU."
  fi
}

sayTomorrow() {
  local studio=longship-studio terminal=longship
  case ":$PATH:" in
    *":$prefix/bin:"*) ;;
    *) studio=$prefix/bin/$studio terminal=$prefix/bin/$terminal ;;
  esac
  say "Tomorrow: \"Longship\" in the menu, or $studio; in a terminal: $terminal demo"
}

# Why no window can be opened; empty when one can.
whyNoDisplay() {
  if [ -z "${DISPLAY:-}" ] && [ -z "${WAYLAND_DISPLAY:-}" ] && [ "$user" = "$(id -un)" ]; then
    echo "neither DISPLAY nor WAYLAND_DISPLAY is set"
    return
  fi
  local answer
  if ! answer=$(ulimit -c 0; asUser env -u QT_QPA_PLATFORM timeout 20 "$build/bin/longship-display-check" 2>&1); then
    printf '%s\n' "$answer" >> "$log"
    answer=$(printf '%s\n' "$answer" | grep -m 1 -i 'could not connect' || echo "no window could be opened")
    echo "${answer#*: }"
  fi
}

open() {
  begin Open
  local why
  why=$(whyNoDisplay)
  if [ -n "$why" ]; then
    finish "in this terminal ($why)"
    say
    asUser "$prefix/bin/longship" demo || { say "The demo ended with exit code $?."; exit 1; }
    return
  fi
  # A session of its own: the studio stays when this terminal goes.
  asUser setsid "$prefix/bin/longship-studio" >> "$log" 2>&1 < /dev/null &
  local pid=$!
  # A studio that cannot start ends within moments; this waits for that end, at most two seconds.
  timeout 2 tail --pid=$pid -s 0.1 -f /dev/null || true
  kill -0 $pid 2> /dev/null || failed
  disown $pid
  finish "the studio is open on a demo cluster of three agents; press Enter, then Train"
}

remove() {
  if [ ! -e "$installed" ]; then
    say "Nothing to remove: there is no list of installed files ($installed)."
    return
  fi
  local file count=0
  while IFS= read -r file; do
    case $file in
      "$prefix"/*) if [ -e "$file" ]; then asUser rm -f "$file" && count=$((count + 1)); fi ;;
    esac
  done < "$installed"
  asUser rm -f "$installed"
  refreshDesktop
  say "Removed $count files from $prefix."
  say "Kept: your runs and models (${XDG_DATA_HOME:-$prefix/share}/longship), the settings"
  say "(${XDG_CONFIG_HOME:-$home/.config}/longship), the build folder and the system's packages."
}

main() {
  local opening=yes
  setUser
  cores=$(nproc)
  case ${1:-} in
    "") ;;
    --no-open) opening=no ;;
    --remove) log=/dev/null; remove; return ;;
    *) sed -n '2,/^set -/s/^# \{0,1\}//p' "$0" | sed '$d' >&2; exit 2 ;;
  esac
  asUser mkdir -p "$state"
  setBuildFolder
  plan
  asUser sh -c 'date -u > "$1"' -- "$log"
  messages=$(mktemp)
  trap 'rm -f "$messages"' EXIT
  trap 'say; say "Interrupted. Run the same command again; it goes on where it stopped."; exit 130' INT
  installPackages
  buildAll
  installForUser
  sayBlas
  sayGpu
  sayTomorrow
  if [ $opening = yes ]; then open; fi
}

# Tests read the functions in without running anything.
if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
